"""
Phones of crews: a planner's invitation lets one in, once; it opens its vehicle's days until it is shut out or expires.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.auth.caller import Caller
from api.errors import NotThereError
from api.itineraries.crew_days import find_unit
from api.office import Office
from api.sessions import DEVICE_LASTS
from api.store.scope import Reading, RegencyCode, Writing
from api.store.secrets import (
    ListedSecret,
    Purpose,
    find_subject,
    keep_secret,
    list_secrets,
    new_secret,
    revoke_listed,
    revoke_secret,
)
from geodata.fleet import Unit

INVITATION_LASTS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Crew:
    """
    A vehicle with the phones of its crew.

    Attributes
    ----------
    number
        The vehicle's in its marks, from 1.
    devices
        Phones that are let in, the oldest first.
    """

    unit: Unit
    number: int
    devices: tuple[ListedSecret, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    What lets one phone in.

    Attributes
    ----------
    path
        Of the page that it opens; whoever has it may let a phone in until it ends.
    """

    unit: Unit
    path: str
    ends: datetime


def list_crews(office: Office, caller: Caller) -> tuple[Crew, ...]:
    """All vehicles of the regency with their phones."""
    regency = _regency(caller)
    units = office.region(regency).fleet.units
    at = office.now()

    def look(scope: Reading) -> tuple[Crew, ...]:
        return tuple(
            Crew(unit, number, list_secrets(scope, Purpose.DEVICE, unit.id, at=at))
            for number, unit in enumerate(units, start=1)
        )

    return office.read(regency, look)


def invite(office: Office, caller: Caller, vehicle: str) -> Invitation:
    """
    Let one phone of that vehicle's crew in.

    Raises
    ------
    NotThereError
        When there is no such vehicle.
    """
    regency = _regency(caller)
    _, unit = find_unit(office, regency, vehicle)
    secret, at = new_secret(regency), office.now()

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, Purpose.DEVICE_INVITATION, unit.id, lasts=INVITATION_LASTS, by=caller.by, at=at)

    office.write(regency, keep)
    return Invitation(unit, f"/perangkat/{secret}", at + INVITATION_LASTS)


def admit(office: Office, caller: Caller) -> str:
    """
    The secret of a new device for the vehicle whose invitation the caller holds; the invitation is used up by it.

    Raises
    ------
    NotThereError
        When the invitation was used meanwhile, or its vehicle is no more.
    """
    regency = _regency(caller)
    find_unit(office, regency, caller.subject)
    secret, at = new_secret(regency), office.now()

    def exchange(scope: Writing) -> None:
        # Looked at here again: two phones may hold the same picture.
        vehicle = find_subject(scope, caller.secret, Purpose.DEVICE_INVITATION, at=at)
        if vehicle is None:
            raise NotThereError
        revoke_secret(scope, caller.secret, by=caller.by, at=at)
        keep_secret(scope, secret, Purpose.DEVICE, vehicle, lasts=DEVICE_LASTS, by=caller.by, at=at)

    office.write(regency, exchange)
    return secret


def shut_out(office: Office, caller: Caller, vehicle: str, device: str) -> None:
    """
    Let a phone see nothing any more.

    Parameters
    ----------
    device
        The hash by which it is listed.

    Raises
    ------
    NotThereError
        When the vehicle has no such phone.
    """
    at = office.now()

    def revoke(scope: Writing) -> None:
        if not revoke_listed(scope, Purpose.DEVICE, vehicle, device, by=caller.by, at=at):
            raise NotThereError

    office.write(_regency(caller), revoke)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency
