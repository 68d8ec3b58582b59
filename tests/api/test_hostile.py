"""
Hostile input on every route of the table: never a fault of ours, never an echo; and where people's words end up.

Routes and forms that are added later are tried by themselves.
"""

import json
import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.office import Office
from api.store.passwords import HashedPassword
from api.store.regions import RegionDocuments
from api.store.secrets import Purpose
from api.store.tables import METADATA
from tests.api.hostile import Caller, Route, furnish, keep_victim, routes
from tests.programs import Program

ECHO = "zqxhostilezqx"
JSON_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "text": f'"{ECHO}"'.encode(),
    "list": b"[]",
    "not a number": b'{"counts":{"record_only":NaN}}',
    "infinity": b'{"counts":{"record_only":Infinity},"days":-Infinity}',
    "beyond floats": b'{"counts":{"record_only":1e999},"place":1e999}',
    "minus nothing": b'{"place":"10204056","counts":{"record_only":-0}}',
    "beyond 63 bits": b'{"counts":{"record_only":9223372036854775808}}',
    "long number": b'{"counts":{"record_only":' + b"9" * 5000 + b"}}",
    "lone surrogate": b'{"place":"\\ud800","reason":"\\udfff","notes":["\\ud83d"]}',
    "surrogate as a name": b'{"\\ud800":1}',
    "nul": b'{"place":"a\\u0000b","reason":"a\\u0000b","address":"https://a\\u0000b"}',
    "deep list": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep inside": b'{"notes":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "twice the same name": b'{"reason":"abc","reason":"def","place":"x","place":"10204056"}',
    "byte order mark": b'\xef\xbb\xbf{"reason":"abc"}',
    "utf-16": '{"reason":"abc"}'.encode("utf-16"),
    "latin-1": b'{"reason":"caf\xe9"}',
    "cut off": b'{"reason":"ab',
    "unknown field": f'{{"{ECHO}":"{ECHO}"}}'.encode(),
    "identity number": b'{"reason":"1219042001010001","notes":["1219042001010001"],"place":"10204056"}',
    "five megabytes": b'{"reason":"' + b"x" * 5_000_000 + b'"}',
}
HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json; charset=utf-7"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 500},
    {"If-Match": "\x7f" * 50, "If-None-Match": '"' * 150},
    {"Idempotency-Key": ECHO + "!" * 50},
    {"Accept-Language": "x" * 5000},
    {"Range": "bytes=0-,5-"},
    {"Content-Length": "-1"},
    {"X-Forwarded-For": f"{ECHO}, 1.2.3.4"},
)
VALUES = (
    "",
    ECHO,
    "\0",
    "\ud800",
    "x" * 5000,
    "-1",
    "1e999",
    "9" * 30,
    "0x1",
    "../../etc/passwd",
    "%00",
    "{{7*7}}",
    "２",
)
TEXT = "Zubaidah Zqxcanary"
NUMBER = "1219045606070003"
OWN_WORDS = {
    "requests.subject",
    "requests.signatory_position",
    "requests.notes",
    "requests.details",
    "requests.letter_number",
    "request_history.reason",
    "plans.reason",
    "plan_history.reason",
    "visit_changes.reason",
    "users.name",
    "drafts.fields",
    "feedback.text",
    "feedback.answer",
    "partners.name",
    "partners.address",
    "partners.offer",
    "facilities.note",
    "idempotency_keys.body",
}
"""Columns that are made for what people write; what is written there is in no other one."""


@pytest.fixture
def parts(
    office: Office, sample: RegionDocuments, hashed: HashedPassword, office_application: FastAPI, published: str
) -> dict[str, str]:
    """One of everything."""
    parts = furnish(office, sample, hashed)
    body = {"place": "10204056", "counts": {"record_only": 3}}
    assert Program(office_application, office, "school").post("/requests", body).status_code == 201
    return parts


@pytest.fixture
def caller(office: Office, office_application: FastAPI) -> Caller:
    """Somebody."""
    return Caller(office_application, office)


def address_of(route: Route, caller: Caller, parts: dict[str, str]) -> tuple[str, str | None]:
    """An address of the route, and an account that may call it."""
    subject = {Purpose.PASSWORD_LINK: parts["user"], Purpose.DEVICE_INVITATION: parts["vehicle"]}
    if "secret" in route.parts:
        parts = {
            **parts,
            "secret": caller.secret(route.policy.purpose, subject.get(route.policy.purpose, parts["request"])),
        }
    who = next(caller.roles_of(route))
    return route.filled(**parts), None if who == "nobody" else who


def check(route: Route, answer: Any, told: object) -> None:  # noqa: ANN401
    """No fault of ours, and for programs no echo."""
    assert answer.status_code < 500, (route.method, route.path, told, answer.text[:300])
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        for echo in (ECHO, NUMBER, "1219042001010001"):
            assert echo not in answer.text, (route.method, route.path, told)
    for header in ("location", "set-cookie"):
        assert ECHO not in answer.headers.get(header, "") or "goal=" in answer.headers[header], (route.path, told)


def test_no_json_is_a_fault_of_ours(
    caller: Caller, parts: dict[str, str], office_application: FastAPI, office: Office
) -> None:
    for route in routes(office_application):
        if route.method not in {"POST", "PUT", "PATCH", "DELETE"} or not route.is_api:
            continue
        path, who = address_of(route, caller, parts)
        for told, body in JSON_BODIES.items():
            answer = caller.call(route, who, path, content=body, headers={"Content-Type": "application/json"})
            check(route, answer, told)


def test_no_header_query_or_path_is_a_fault_of_ours(
    caller: Caller, parts: dict[str, str], office_application: FastAPI, office: Office
) -> None:
    for route in routes(office_application):
        path, who = address_of(route, caller, parts)
        for headers in HEADERS:
            check(route, caller.call(route, who, path, headers=headers, content=b"{}"), headers)
        for query in (
            f"?{ECHO}=1",
            "?limit=%00&cursor=%ED%A0%80",
            "?lang=%FF&page=1e9&sort=-x&q=%00",
            "?" + "a=1&" * 2000,
        ):
            check(route, caller.call(route, who, path + query), query)
        for bad in ("%00", "%ED%A0%80", "..%2F..", "x" * 300, "1219042001010001"):
            if set(route.parts) - {"secret", "regency"}:
                check(route, caller.call(route, who, route.filled(**dict.fromkeys(route.parts, bad))), bad)
        keep_victim(office)


class _Forms(HTMLParser):
    """Forms of a page: address, and names of their fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.free: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self.forms.append((named.get("method") or "get", named.get("action") or "", {}))
        elif tag in {"input", "textarea", "select"} and self.forms and named.get("name"):
            name, kind = str(named["name"]), named.get("type") or "text"
            is_chosen = kind not in {"radio", "checkbox"} or "checked" in named
            if is_chosen or name not in self.forms[-1][2]:
                self.forms[-1][2][name] = named.get("value") or ""
            if tag == "textarea" or (tag == "input" and kind in {"text", "search", "tel", "password"}):
                self.free.add(name)


def forms(
    caller: Caller, parts: dict[str, str], app: FastAPI
) -> Iterator[tuple[Route, str | None, str, dict[str, str], set[str]]]:
    """Every form that changes something, on every page of the table, as its first role sees it; each address once."""
    seen: set[tuple[str, frozenset[str]]] = set()
    posts = {
        re.compile(re.sub(r"\\\{\w+(:\w+)?\\\}", "[^/]+", re.escape(each.path)) + "$"): each
        for each in routes(app)
        if each.method == "POST"
    }
    for route in routes(app):
        if route.method != "GET" or route.is_api:
            continue
        path, _ = address_of(route, caller, parts)
        for role in caller.roles_of(route):
            who = None if role == "nobody" else role
            page = caller.call(route, who, path)
            if page.status_code != 200 or "html" not in page.headers["content-type"]:
                continue
            reader = _Forms()
            reader.feed(page.text)
            for method, action, fields in reader.forms:
                goal = (action or path).partition("?")[0]
                key = (goal, frozenset(fields))
                target = next((each for pattern, each in posts.items() if pattern.match(goal)), None)
                if method.lower() == "post" and key not in seen and target is not None and goal != "/keluar":
                    seen.add(key)
                    yield target, who, goal, fields, reader.free


def test_no_form_is_a_fault_of_ours(
    caller: Caller, parts: dict[str, str], office_application: FastAPI, office: Office
) -> None:
    tried = 0
    for route, who, path, fields, _ in list(forms(caller, parts, office_application)):
        for value in VALUES:
            sent = {name: value.encode("utf-8", "surrogatepass") for name in fields if name != "csrf"}
            check(route, caller.call(route, who, path, data=sent), value[:20])
            keep_victim(office)
        for name in fields:
            check(route, caller.call(route, who, path, files={name: ("x\0.pdf", b"\0\1")}), name)
            check(route, caller.call(route, who, path, data={name: ["1", "2"] * 600}), name)
        tried += 1
    for route in routes(office_application):
        if route.method == "POST" and not route.is_api:
            path, who = address_of(route, caller, parts)
            for body in (b"", b"\xff\xfe=%00", b"a" * 400_000, b"&=&=" * 2000):
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                check(route, caller.call(route, who, path, content=body, headers=headers), body[:10])
            keep_victim(office)
            tried += 1
    assert tried > 10


def bodies(app: FastAPI, text: str) -> Iterator[tuple[str, str, Any]]:
    """For each free text of each body that programs send: a body that is right but for the text in it."""
    description = app.openapi()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                for body in _with_text(description, schema, text):
                    yield method.upper(), path, body


def _with_text(description: dict[str, Any], schema: dict[str, Any], text: str) -> Iterator[Any]:
    schema = _resolved(description, schema)
    if schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
        yield text
    elif schema.get("type") == "array":
        for inner in _with_text(description, schema["items"], text):
            yield [inner]
    elif schema.get("type") == "object":
        usual = {name: _example(description, each) for name, each in schema["properties"].items()}
        usual = {name: value for name, value in usual.items() if name in schema.get("required", ())}
        for name, each in schema["properties"].items():
            for inner in _with_text(description, each, text):
                yield {**usual, **({"counts": {"record_only": 1}} if "place" in usual else {}), name: inner}


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {**description["components"]["schemas"][name], **{k: v for k, v in schema.items() if k == "examples"}}
    found = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return {**_resolved(description, found[0]), **schema} if found else schema


def _example(description: dict[str, Any], schema: dict[str, Any]) -> Any:  # noqa: ANN401
    resolved = _resolved(description, schema)
    if resolved.get("examples"):
        return resolved["examples"][0]
    return resolved.get("default", resolved.get("enum", [None])[0])


def found_in(office: Office, text: str) -> set[str]:
    """Columns of the store in which a text stands."""
    found = set()
    with office.store._database.reads.begin() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column in table.c:
                    value = row[column.name]
                    told = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    if text in told or text in json.dumps(value, ensure_ascii=False, default=str):
                        found.add(f"{table.name}.{column.name}")
    return found


def test_words_stay_where_they_were_written_and_identity_numbers_nowhere(
    caller: Caller,
    parts: dict[str, str],
    office_application: FastAPI,
    office: Office,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the caller's own log of addresses
    by_path = {(each.method, each.path): each for each in routes(office_application)}
    for text in (NUMBER, f"NIK {NUMBER[:6]} {NUMBER[6:12]} {NUMBER[12:]}", TEXT):
        for method, path, body in bodies(office_application, text):
            route = by_path[method, path]
            filled, who = address_of(route, caller, parts)
            answer = caller.call(route, who, filled, json=body)
            assert answer.status_code < 500, (path, body)
            if text != TEXT:
                assert text not in answer.text, (path, body)
        for route, who, path, fields, free in list(forms(caller, parts, office_application)):
            for name in free & set(fields):
                answer = caller.call(route, who, path, data={**fields, name: text})
                assert answer.status_code < 500, (path, name)
            keep_victim(office)
    assert found_in(office, NUMBER) == set()
    assert found_in(office, f"{NUMBER[:6]} {NUMBER[6:12]}") == set()
    places = found_in(office, TEXT)
    assert places, "no words were kept at all: the test has lost its way"
    assert {each for each in places if not each.startswith("contacts.")} <= OWN_WORDS
    for record in caplog.records:
        assert TEXT not in record.getMessage(), record
        assert NUMBER not in record.getMessage(), record
    for file in tmp_path.rglob("*"):
        if file.is_file() and not re.search(r"\.db(-wal|-shm)?$", file.name):
            content = file.read_bytes()
            assert TEXT.encode() not in content, file
            assert NUMBER.encode() not in content, file
