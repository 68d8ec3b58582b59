"""
`moling serve`: the office's pages, or one planned folder's, in the browser; and `moling run`, an office to try out.

One process serves an office, and one thread of it writes (`api.store.writer`); solving is the workers' business.
"""

import argparse
import socket
import subprocess
import sys
from pathlib import Path

from api.errors import BadInputError
from api.i18n import Gettext, Language

_PORTS = 65_536
_KEEP_ALIVE_S = 75


def add_serve_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling serve``."""
    text = gettext("a folder that moling plan wrote; without it, the office of the store is served")
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", help=text)
    _add_address_arguments(parser, gettext)


def add_run_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling run``."""
    text = gettext("folder of the example office; made at first, kept after (default: run)")
    parser.add_argument("--data", metavar="FOLDER", type=Path, default=Path("run"), help=text)
    _add_address_arguments(parser, gettext)


def _add_address_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("--host", default="127.0.0.1", help=gettext("address to listen on (default 127.0.0.1)"))
    parser.add_argument("--port", type=int, default=8000, help=gettext("port (default 8000; 0: any free one)"))


def run_serve(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Serve until Ctrl-C: a folder's plan, or the office.

    Raises
    ------
    BadInputError
        When the folder is no plan's, the store cannot be used, or the address cannot.
    """
    _check_port(arguments.port, lang.gettext)
    if arguments.folder is None:
        return _serve_office(arguments, lang)
    from api.app import create_week_app  # noqa: PLC0415 (slow to load: a wrong folder is told first)
    from api.itineraries.service import read_week  # noqa: PLC0415

    week = read_week(arguments.folder)
    hosts = {"127.0.0.1", "localhost", arguments.host}
    app = create_week_app(week, hosts=tuple(sorted(hosts)) if arguments.host != "0.0.0.0" else ("*",))  # noqa: S104 (asked for)
    with _listen(arguments.host, arguments.port, lang.gettext) as listener:
        address = f"http://{arguments.host}:{listener.getsockname()[1]}/"
        print(lang.gettext("Serving {week} at {address}, Ctrl-C ends.").format(week=week.iso_week, address=address))
        _serve(app, listener)
    return 0


def run_example(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Serve an example office until Ctrl-C, with one worker; at the first time make it, and tell its accounts.

    Raises
    ------
    BadInputError
        When its folder cannot be used, or the address cannot.
    """
    _check_port(arguments.port, lang.gettext)
    from api.example import use_example  # noqa: PLC0415 (slow to load)

    for line in use_example(arguments.data, lang):
        print(line, flush=True)
    # The settings are in the environment by now, for both.
    with subprocess.Popen([sys.executable, "-m", "api.cli", "worker"], stdin=subprocess.DEVNULL) as worker:
        try:
            return _serve_office(arguments, lang)
        finally:
            worker.terminate()


def _serve_office(arguments: argparse.Namespace, lang: Language) -> int:
    from api.administration.commands import telling  # noqa: PLC0415 (slow to load)
    from api.office import Office  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415
    from api.wiring import office_app  # noqa: PLC0415

    with (
        telling(lang.gettext) as settings,
        _listen(arguments.host, arguments.port, lang.gettext) as listener,
        open_store(settings.database_url, wait_s=settings.write_wait_s) as store,
    ):
        office = Office(settings, store)
        app = office_app(office)
        address = f"http://{arguments.host}:{listener.getsockname()[1]}/"
        print(lang.gettext("Serving the office at {address}, Ctrl-C ends.").format(address=address), flush=True)
        try:
            _serve(app, listener)
        finally:
            office.close()
    return 0


def _serve(app: object, listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 (slow to load)

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
        # A proxy in front says who really calls; only one on this machine is believed.
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
    )
    uvicorn.Server(config).run(sockets=[listener])


def _check_port(port: int, gettext: Gettext) -> None:
    if not 0 <= port < _PORTS:
        raise BadInputError(gettext("--port is {port}; it must be from 0 to 65535.").format(port=port))


def _listen(host: str, port: int, gettext: Gettext) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # who reads the address may use it at once
    except OSError as error:
        listener.close()
        text = gettext("Cannot listen on {host}:{port}: {why}. Choose another with --port.")
        raise BadInputError(text.format(host=host, port=port, why=error.strerror)) from error
    return listener
