"""
Calls an http server on this machine at a given rate or as fast as it answers, and tells how long answers took.

At a rate, a call is due at a fixed moment whether or not earlier ones were answered, and its time counts from then, so
that a server that stalls is not spared ("coordinated omission"). Nothing but loopback is called, and every run has an
end.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Call:
    """
    One kind of call.

    Attributes
    ----------
    name
        As in the figures.
    weight
        How often it comes, in proportion to the others.
    make
        The bytes of the next call, head and body.
    right
        Statuses that it should be answered with.
    """

    name: str
    weight: float
    make: Callable[[], bytes]
    right: frozenset[int] = frozenset({200})


@dataclass(slots=True)
class Figures:
    """
    What was measured.

    Attributes
    ----------
    seconds
        How long it went on.
    times_s
        Seconds from when a call was due to the end of its answer, by kind of call.
    wrong
        Answers of another status, and connections that broke, by kind and what came.
    """

    seconds: float = 0.0
    times_s: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        """Answers of the right status."""
        return sum(map(len, self.times_s.values()))

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: float, name: str | None = None) -> float:
        """So many percent of the answers came within these milliseconds; of one kind, or of all."""
        chosen = self.times_s.values() if name is None else [self.times_s.get(name, [])]
        times = sorted(each for times in chosen for each in times)
        return 1000 * times[min(len(times) - 1, int(len(times) * percent / 100))] if times else 0.0


async def run_load(
    port: int,
    calls: Sequence[Call],
    *,
    seconds: float,
    connections: int,
    per_second: float | None = None,
) -> Figures:
    """
    Call the server for that long.

    Parameters
    ----------
    connections
        That are kept open; each has one call on its way at most.
    per_second
        Calls that are due a second; None: as many as are answered.
    """
    figures, rng = Figures(), random.Random(1)
    begin = time.perf_counter()
    due: asyncio.Queue[float] = asyncio.Queue()
    workers = [
        asyncio.create_task(_work(port, calls, figures, random.Random(rng.random()), due, begin + seconds, per_second))
        for _ in range(connections)
    ]
    if per_second is not None:
        for number in range(int(per_second * seconds)):
            moment = begin + number / per_second
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            due.put_nowait(moment)
        for _ in workers:
            due.put_nowait(float("inf"))
    await asyncio.gather(*workers)
    figures.seconds = time.perf_counter() - begin
    return figures


async def _work(  # noqa: PLR0913, PLR0917 (what one connection needs)
    port: int,
    calls: Sequence[Call],
    figures: Figures,
    rng: random.Random,
    due: "asyncio.Queue[float]",
    end: float,
    per_second: float | None,
) -> None:
    weights = [call.weight for call in calls]
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while True:
        moment = time.perf_counter() if per_second is None else await due.get()
        if moment == float("inf") or (per_second is None and moment >= end):
            break
        call = rng.choices(calls, weights)[0]
        try:
            streams = streams or await asyncio.open_connection(_LOOPBACK, port)
            status, is_kept = await _ask(*streams, call.make())
        except (OSError, asyncio.IncompleteReadError) as error:
            figures.wrong[f"{call.name}: {type(error).__name__}"] += 1
            streams = None
            continue
        if status in call.right:
            figures.times_s.setdefault(call.name, []).append(time.perf_counter() - moment)
        else:
            figures.wrong[f"{call.name}: {status}"] += 1
        if not is_kept:
            streams[1].close()
            streams = None
    if streams is not None:
        streams[1].close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: bytes) -> tuple[int, bool]:
    writer.write(call)
    head = await reader.readuntil(_HEAD_END)
    lowered = head.lower()
    length = _length(lowered)
    if length is None:
        while (size := int((await reader.readuntil(b"\r\n"))[:-2], 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    elif length:
        await reader.readexactly(length)
    return int(head[9:12]), b"\r\nconnection: close" not in lowered


def _length(head: bytes) -> int | None:
    # None: in chunks.
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        return int(head[at + 17 : head.index(b"\r\n", at + 2)])
    return None if b"\r\ntransfer-encoding: chunked" in head else 0


def get(path: str, **headers: str) -> bytes:
    """The bytes of a GET."""
    return _call("GET", path, headers, b"")


def post_form(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a form's POST."""
    return _call("POST", path, {"Content-Type": "application/x-www-form-urlencoded", **headers}, body)


def _call(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {_LOOPBACK}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body
