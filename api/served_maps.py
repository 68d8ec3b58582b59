"""
Map pages served by an office: taken apart, so that they run under its policy, and their files kept for a while.

A page is taken apart whenever it is asked for, which puts its files here; so they are there when the browser comes for
them, also after this process began anew. Equal files of different maps are one file.
"""

import threading
from collections import OrderedDict
from typing import Final

from fastapi.responses import HTMLResponse, Response
from starlette.requests import Request

from api.assets import CACHE_CONTROL, Asset, asset
from maps.served_page import served_page

_MOST_BYTES: Final = 48_000_000
MAP_HEADERS: Final = {"X-Frame-Options": "SAMEORIGIN"}


class ServedMaps:
    """
    Files of map pages by name, the latest used up to some memory.

    Parameters
    ----------
    prefix
        Where the office serves them, ``/peta/`` for instance.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._files: OrderedDict[str, Asset] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def answer(self, page: str) -> Response:
        """A map page, fit for a frame of our own pages."""
        apart = served_page(page, lambda name: self._prefix + name)
        for name, content in apart.files.items():
            self._keep(name, content)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        )
        return HTMLResponse(apart.html, headers={"Content-Security-Policy": policy, **MAP_HEADERS})

    def find(self, http_request: Request, name: str) -> Response | None:
        """The file of that name; None where no page that is known has it."""
        with self._lock:
            found = self._files.get(name)
            if found is None:
                return None
            self._files.move_to_end(name)
        headers = {"Cache-Control": CACHE_CONTROL.replace("public", "private"), "Vary": "Accept-Encoding"}
        if found.gzipped is not None and "gzip" in http_request.headers.get("accept-encoding", ""):
            return Response(found.gzipped, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(found.content, media_type=found.media_type, headers=headers)

    def _keep(self, name: str, content: str) -> None:
        with self._lock:
            if name in self._files:
                self._files.move_to_end(name)
                return
            made = asset(name, content.encode())
            self._files[name] = made
            self._size += len(made.content) + len(made.gzipped or b"")
            while self._size > _MOST_BYTES and len(self._files) > 1:
                _, dropped = self._files.popitem(last=False)
                self._size -= len(dropped.content) + len(dropped.gzipped or b"")
