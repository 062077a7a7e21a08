"""A client of the replay server, with nothing but the standard library."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from hame_match.demo.server import ReplayServer, Site


class ServedSite(Site, Protocol):
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


@contextmanager
def serving(*sites: ServedSite) -> Iterator[ReplayServer]:
    """Serves sites under all their hosts."""
    with ReplayServer({host: site for site in sites for host in site.hosts}) as server:
        yield server


def ask(
    url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> Answer:
    """Asks once and returns the answer, whatever its status; redirects are not followed."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with _OPENER.open(request, timeout=10) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def multipart(parts: Mapping[str, Any], *, filename: str | None = "blob", json_type: bool = True) -> bytes:
    """Returns a multipart body with the boundary ``frontier``; by default as the search service wants it."""
    lines = []
    for name, value in parts.items():
        file = f'; filename="{filename}"' if filename else ""
        lines += ["--frontier", f'Content-Disposition: form-data; name="{name}"{file}']
        lines += ["Content-Type: application/json"] if json_type else []
        lines += ["", value if isinstance(value, str) else json.dumps(value)]
    return "\r\n".join([*lines, "--frontier--", ""]).encode()


MULTIPART = {"Content-Type": "multipart/form-data; boundary=frontier"}
