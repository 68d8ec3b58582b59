"""
Webhooks: events on their way to programs outside, signed, and tried again where they are not taken.

A message is the event's JSON with the header ``Moling-Signature: t=…,v1=…``: seconds since 1970, and the HMAC-SHA256 of
``t.body`` in hexadecimal. The key of a webhook is derived from the office's key file, so it is kept nowhere. Messages
may come twice; their ``id`` tells.

An address is anybody's choice, so it must not become a way into the office's own network: names are resolved here,
every address that they have must be a public one, and the connection goes to the very address that was looked at. No
redirect is followed, and neither a slow nor a long answer holds us up (OWASP Server-Side Request Forgery Prevention).
"""

import hashlib
import hmac
import http.client
import ipaddress
import logging
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from api.errors import ApiError, UnfitFormError
from api.i18n import N_
from api.store.errors import StoreClosedError, StoreError
from api.store.key_file import find_key, make_key
from api.store.scope import RegencyCode
from api.store.store import Store
from api.store.tables import json_text
from api.store.webhooks import Delivery, end_attempt, has_due, take_due

LOG: Final = logging.getLogger(__name__)
LONGEST_S: Final = 10.0
"""Of an attempt in all, in seconds."""
PAUSE_S: Final = 2.0
"""Between two looks at what is due."""
MOST_ANSWER: Final = 64 * 1024
"""Bytes of an answer; a longer one counts as a failure."""
SIGNATURE: Final = "Moling-Signature"
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""IPv6 that leads to any IPv4, ours too: NAT64, 6to4, Teredo."""


class UndeliveredError(ApiError):
    """An attempt did not reach the address, or was not taken."""


@dataclass(frozen=True, slots=True)
class Posting:
    """
    How messages go out.

    Attributes
    ----------
    key_file
        Of the office; made at first use, for this user alone.
    allows_private
        Whether addresses of this machine and its network may be called, and by plain http.
    """

    key_file: Path
    allows_private: bool = False

    def key(self, regency: RegencyCode, webhook: str) -> str:
        """
        The key of a webhook, as its program was told.

        Raises
        ------
        LetterKeyError
            When the key file cannot be used.
        """
        return _webhook_key(self.key_file, regency, webhook)

    def check_address(self, address: str) -> None:
        """
        Refuse an address that messages are never sent to, as far as it tells without a look at the network.

        Raises
        ------
        UnfitFormError
            When it is one.
        """
        parts = _parts(address)
        if parts is None or not (parts.scheme == "https" or self.allows_private):
            raise UnfitFormError(N_("Write an address such as https://example.go.id/moling, without a password."))
        assert parts.hostname is not None
        try:
            number = ipaddress.ip_address(parts.hostname)
        except ValueError:  # a name; what it leads to is looked at when it is called
            return
        if not self._may_call(number):
            raise UnfitFormError(N_("This address is not one that everybody can reach."))

    def deliver_due(self, store: Store, now: datetime) -> int:
        """
        Attempt what is to be attempted by now; how many attempts were made.

        Called again and again by whoever works in the background; it returns after one round over all regencies.
        """
        made = 0
        for regency in store.list_regencies():
            if not store.read(regency, lambda scope: has_due(scope, at=now)):
                continue
            for delivery, address in store.write(regency, lambda scope: take_due(scope, at=now)):
                self._attempt(store, regency, delivery, address, now)
                made += 1
        return made

    def deliver_until(self, stop: threading.Event, store: Store) -> None:
        """Attempt what becomes due, until told to stop; what the store or the key refuses is tried again."""
        while not stop.wait(PAUSE_S):
            try:
                self.deliver_due(store, datetime.now(UTC))
            except StoreClosedError:
                return
            except StoreError as error:
                LOG.warning("webhooks wait: %s", error)

    def _attempt(self, store: Store, regency: RegencyCode, delivery: Delivery, address: str, now: datetime) -> None:
        status: int | None = None
        is_taken = False
        try:
            body = json_text(delivery.payload).encode()
            status = self.send(address, body, signature(self.key(regency, delivery.webhook), body, now))
            is_taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        except UndeliveredError as error:
            LOG.info("webhook %s of %s not reached: %s", delivery.webhook, regency, error)
        store.write(
            regency,
            lambda scope: end_attempt(scope, delivery.id, is_delivered=is_taken, status=status, at=now),
        )

    def send(self, address: str, body: bytes, signed: str) -> int:
        """
        Send one message; the status of its answer.

        Raises
        ------
        UndeliveredError
            When the address may not be called or does not answer in time, or at too great length.
        """
        parts = _parts(address)
        if parts is None or not (parts.scheme == "https" or self.allows_private):
            raise UndeliveredError("no address for messages")
        connection = self._connect(parts)
        timer = threading.Timer(
            LONGEST_S, _cut, [connection.sock]
        )  # an answer may outlive the connection's own hold of it
        timer.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Content-Type": "application/json", SIGNATURE: signed, "User-Agent": "Moling"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            if len(answer.read(MOST_ANSWER + 1)) > MOST_ANSWER:
                raise UndeliveredError("answer too long")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UndeliveredError(type(error).__name__) from error
        finally:
            timer.cancel()
            connection.close()
        return answer.status

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        reached = self._reach(host, port)
        connection: http.client.HTTPConnection
        try:
            if parts.scheme == "https":
                connection = http.client.HTTPSConnection(host, port)
                connection.sock = _contexts().wrap_socket(reached, server_hostname=host)
            else:
                connection = http.client.HTTPConnection(host, port)
                connection.sock = reached
        except (OSError, ValueError) as error:
            reached.close()
            raise UndeliveredError(type(error).__name__) from error
        connection.auto_open = 0  # what is connected is what was looked at
        return connection

    def _reach(self, host: str, port: int) -> socket.socket:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UndeliveredError("name not known") from error
        if not found or not all(
            self._may_call(ipaddress.ip_address(str(each[4][0]).partition("%")[0])) for each in found
        ):
            raise UndeliveredError("not a public address")
        for family, kind, protocol, _, place in found[:2]:
            reached = socket.socket(family, kind, protocol)
            reached.settimeout(LONGEST_S / 2)
            try:
                reached.connect(place)
            except OSError:
                reached.close()
            else:
                return reached
        raise UndeliveredError("no connection")

    def _may_call(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if self.allows_private:
            return True
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped is not None:
                return self._may_call(address.ipv4_mapped)
            if any(address in tunnel for tunnel in _TUNNELS):
                return False
        return address.is_global and not address.is_multicast and not address.is_reserved


def signature(key: str, body: bytes, now: datetime) -> str:
    """The header that tells a program that a message is ours, and of when."""
    at = int(now.timestamp())
    told = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={told}"


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    is_fit = parts.scheme in {"https", "http"} and parts.hostname and "@" not in parts.netloc and port != 0
    return parts if is_fit and address.isascii() and address.isprintable() and " " not in address else None


def _cut(reached: socket.socket) -> None:
    with suppress(OSError):
        reached.shutdown(socket.SHUT_RDWR)


@cache
def _contexts() -> ssl.SSLContext:
    return ssl.create_default_context()


def _webhook_key(file: Path, regency: RegencyCode, webhook: str) -> str:
    master = find_key(file) or make_key(file)
    return hmac.new(master, f"moling webhook\0{regency}\0{webhook}".encode(), hashlib.sha256).hexdigest()
