"""An HTTP server on loopback that answers for many hosts, so that a crawl needs no network.

With ``[crawl] replay = "http://127.0.0.1:PORT"`` a spider's request for ``https://HOST/PATH?QUERY`` goes to
``http://127.0.0.1:PORT/HOST/PATH?QUERY``, with the same method, headers and body. The first segment of the path
therefore names the host, and a host is a *site*: any object with ``respond(request) -> Response``.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

ALLOW_ALL = "User-agent: *\nAllow: /\n"
ALWAYS = sys.maxsize
"""A fault with this count never ends."""


@dataclass(frozen=True)
class Request:
    """One request as the replaced host would have seen it.

    Attributes:
        method: ``GET``, ``HEAD`` or ``POST``.
        host: the replaced host in lower case, such as ``eura2021.fi``.
        path: the path on that host as sent, percent-encoded, with its leading slash.
        query: what stood after the ``?``, undecoded; empty if nothing.
        headers: names in lower case.
        body: as received.
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def params(self) -> dict[str, str]:
        """The query's parameters, the last of each name, decoded; blank ones are kept."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def segments(self) -> list[str]:
        """The decoded segments of the path without empty ones: ``/a/b%20c/`` is ``["a", "b c"]``."""
        return [unquote(segment) for segment in self.path.split("/") if segment]


@dataclass(frozen=True)
class Response:
    """What a site answers; ``headers`` come on top of Content-Type and Content-Length."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Site(Protocol):
    """The stand-in for one or more hosts."""

    def respond(self, request: Request) -> Response:
        """Answers one request; called from several threads at once."""


class Seen(NamedTuple):
    """One line of the server's log."""

    method: str
    host: str
    path: str
    query: str


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    """Returns ``value`` as JSON in UTF-8; an underscore in a header's name stands for a hyphen."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def html_response(text: str, status: int = 200) -> Response:
    """Returns an HTML page in UTF-8."""
    return Response(status, text.encode(), "text/html;charset=UTF-8")


def text_response(text: str, status: int = 200) -> Response:
    """Returns plain text in UTF-8, such as a robots.txt."""
    return Response(status, text.encode(), "text/plain;charset=UTF-8")


def not_found() -> Response:
    """Returns the 404 that every site gives for a path it does not have."""
    return text_response("Not Found\n", HTTPStatus.NOT_FOUND)


def without_notes(value: Any) -> Any:
    """Returns JSON data without the keys that start with ``_``: our own notes, which no source would serve.

    >>> without_notes({"a": [{"_facts": "real", "b": 1}]})
    {'a': [{'b': 1}]}
    """
    if isinstance(value, dict):
        return {key: without_notes(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [without_notes(inner) for inner in value]
    return value


class Faults:
    """Which faults of a source are switched on, and for how many answers yet.

    Args:
        known: the names the site understands.
        wanted: names (on for ever), or name -> number of answers the fault lasts.

    Raises:
        ValueError: a wanted name is not known.
    """

    def __init__(self, known: Iterable[str], wanted: Mapping[str, int] | Iterable[str] = ()) -> None:
        counts = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(wanted, ALWAYS)
        if unknown := set(counts) - set(known):
            raise ValueError(f"no such fault: {sorted(unknown)} (known: {sorted(known)})")
        self._left = counts
        self._lock = threading.Lock()

    def strikes(self, name: str) -> bool:
        """Returns whether the fault hits this answer, and counts it."""
        with self._lock:
            left = self._left.get(name, 0)
            if left:
                self._left[name] = left - 1
            return bool(left)


class _Server(ThreadingHTTPServer):
    sites: Mapping[str, Site]
    seen: list[Seen]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Passes over a client that hung up, and reports anything else as the base class does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the site of its host and writes the answer."""

    protocol_version = "HTTP/1.1"
    server_version = "replay"
    sys_version = ""
    timeout = 30

    def _answer(self) -> None:
        server = cast(_Server, self.server)
        split = urlsplit(self.path)
        host, _, path = split.path.lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, host.lower(), f"/{path}", split.query, headers, body)
        server.seen.append(Seen(request.method, request.host, request.path, request.query))
        site = server.sites.get(request.host)
        response = site.respond(request) if site else not_found()
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = _answer  # noqa: N815 - the names the standard library looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base class
        """Says nothing: `ReplayServer.requests` is the log."""


class ReplayServer:
    """Serves ``sites`` on loopback while the ``with`` block lasts.

    Args:
        sites: host in lower case -> site. A request for any other host is answered 404.
        port: 0 takes a free one.
    """

    def __init__(self, sites: Mapping[str, Site], port: int = 0) -> None:
        self._sites = dict(sites)
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.requests: list[Seen] = []

    def __enter__(self) -> ReplayServer:
        server = _Server(("127.0.0.1", self._port), _Handler)
        server.sites, server.seen = self._sites, self.requests
        self._server = server
        # The short poll keeps the end of the block quick.
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True, name="replay")
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    @property
    def url(self) -> str:
        """The address to give as ``[crawl] replay``, without a trailing slash.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._server is None:
            raise RuntimeError("the replay server runs only inside its 'with' block")
        return f"http://127.0.0.1:{self._server.server_port}"
