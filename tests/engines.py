"""
Real routing engines for tests: OSRM and Valhalla as their wheels bring them, servers included.

The wheels need Python 3.12 or later. ``make .venv-engines/stamp`` sets up an environment of their own, or
``MOLING_ROUTING_ENGINE_PYTHON`` names the Python of one that has ``osrm-bindings`` or ``pyvalhalla``. Without either
the tests that need them are skipped.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN_PYTHON = ROOT / ".venv-engines/bin/python"
VARIABLE = "MOLING_ROUTING_ENGINE_PYTHON"
WORDS = ("osrm", "valhalla")
_FIND = (
    "import importlib.util as u, sys; s = u.find_spec(sys.argv[1]); print(s.submodule_search_locations[0] if s else '')"
)


@dataclass(frozen=True)
class EngineData:
    """Roads that an engine has been given, ready to be served."""

    word: str
    folder: Path
    programs: Path

    @contextmanager
    def serve(self, most: int = 100, port: int = 0) -> Iterator[str]:
        """The engine's own server on this machine, and its address; it takes about ``most`` places at once."""
        port = port or _free_port()
        with (self.folder / f"served-{port}.log").open("wb") as log:
            process = subprocess.Popen(self._command(port, most), cwd=self.folder, stdout=log, stderr=log)
            try:
                _wait_for(port, process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait()

    def _command(self, port: int, most: int) -> list[str]:
        if self.word == "osrm":
            routed = str(self.programs / "osrm-routed")
            limits = ["--max-table-size", str(most), "-t", "1"]
            return [routed, "--algorithm", "mld", "-i", "127.0.0.1", "-p", str(port), *limits, "roads"]
        settings = json.loads((self.folder / "valhalla.json").read_text())
        settings["service_limits"]["auto"] |= {"max_matrix_location_pairs": (most // 2) ** 2}
        settings["httpd"]["service"]["listen"] = f"tcp://127.0.0.1:{port}"
        # Addresses of sockets may have 107 letters, which folders of tests exceed; so they are named from within.
        settings["httpd"]["service"] |= {
            "loopback": f"ipc://l{port}",
            "interrupt": f"ipc://i{port}",
            "drain_seconds": 0,
            "shutdown_seconds": 0,
        }
        for part in ("loki", "thor", "odin"):
            settings[part]["service"]["proxy"] = f"ipc://{part}{port}"
        path = self.folder / f"valhalla-{port}.json"
        path.write_text(json.dumps(settings))
        return [str(self.programs / "valhalla_service"), str(path), "1"]


def engine_data(word: str, extract: Path, folder: Path, profile: str | None = None) -> EngineData:
    """
    The roads of an ``.osm.pbf`` made ready for an engine, in an empty folder; skips where there is no such engine.

    Parameters
    ----------
    profile
        What OSRM makes of ways, in Lua, with ``profiles`` in place of the folder of its own profiles; by default its
        own one for cars.
    """
    package = _package(word)
    programs = package / "bin"
    (folder / "roads.osm.pbf").write_bytes(extract.read_bytes())
    if word == "osrm":
        profiles = package / "share/profiles"
        lua = profiles / "car.lua"
        if profile is not None:
            lua = folder / "profile.lua"
            lua.write_text(profile.replace("profiles", str(profiles)), encoding="utf-8")
        _run(folder, programs / "osrm-extract", "-t", "1", "-p", lua, "roads.osm.pbf")
        _run(folder, programs / "osrm-partition", "-t", "1", "roads")
        _run(folder, programs / "osrm-customize", "-t", "1", "roads")
    else:
        (folder / "tiles").mkdir()
        make = "import json, valhalla; print(json.dumps(valhalla.get_config(tile_dir='tiles', tile_extract='')))"
        made = subprocess.run([_python(), "-c", make], check=True, capture_output=True, text=True, cwd=folder)
        settings = json.loads(made.stdout)
        for key in ("tile_extract", "admin", "timezone", "transit_dir", "landmarks"):
            settings["mjolnir"].pop(key, None)
        settings["mjolnir"]["concurrency"] = 1
        (folder / "valhalla.json").write_text(json.dumps(settings))
        _run(folder, programs / "valhalla_build_tiles", "-c", "valhalla.json", "roads.osm.pbf")
    return EngineData(word, folder, programs)


@cache
def _package(word: str) -> Path:
    python = _python()
    if not Path(python).exists():
        pytest.skip(f"No routing engines: {python} is not there (make .venv-engines/stamp, or {VARIABLE})")
    found = subprocess.run([python, "-c", _FIND, word], check=True, capture_output=True, text=True).stdout.strip()
    if not found:
        pytest.skip(f"{python} has no package {word}")
    return Path(found)


def _python() -> str:
    return os.environ.get(VARIABLE, str(OWN_PYTHON))


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert isinstance(port, int)
    return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]", seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not come up")
