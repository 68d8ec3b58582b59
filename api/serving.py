"""`moling serve`: a planned week in the browser, on this machine."""

import argparse
import socket
from pathlib import Path

from api.errors import BadInputError
from api.i18n import Gettext, Language

_PORTS = 65_536


def add_serve_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling serve``."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help=gettext("the folder that moling plan wrote"))
    parser.add_argument("--host", default="127.0.0.1", help=gettext("address to listen on (default 127.0.0.1)"))
    parser.add_argument("--port", type=int, default=8000, help=gettext("port (default 8000; 0: any free one)"))


def run_serve(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Serve the folder until Ctrl-C.

    Raises
    ------
    BadInputError
        When the folder is no plan's, or the address cannot be used.
    """
    import uvicorn  # noqa: PLC0415 (slow to load: a wrong folder is told first)

    from api.app import create_app  # noqa: PLC0415
    from api.itineraries.service import read_week  # noqa: PLC0415

    if not 0 <= arguments.port < _PORTS:
        text = lang.gettext("--port is {port}; it must be from 0 to 65535.")
        raise BadInputError(text.format(port=arguments.port))
    week = read_week(arguments.folder)
    hosts = {"127.0.0.1", "localhost", arguments.host}
    app = create_app(week, hosts=tuple(sorted(hosts)) if arguments.host != "0.0.0.0" else ("*",))  # noqa: S104 (asked for)
    with _listen(arguments.host, arguments.port, lang.gettext) as listener:
        address = f"http://{arguments.host}:{listener.getsockname()[1]}/"
        print(lang.gettext("Serving {week} at {address}, Ctrl-C ends.").format(week=week.iso_week, address=address))
        config = uvicorn.Config(app, log_level="warning", server_header=False)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


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
