"""Crawling a replay server in place of the sources.

With ``[crawl] replay = "http://127.0.0.1:8765"`` the request for ``https://HOST/PATH?QUERY`` goes to
``http://127.0.0.1:8765/HOST/PATH?QUERY``. The change is made in the download handler, the last code before the wire:
everything before it (offsite rules, robots.txt, redirects, retries, spiders) sees the original addresses only, and with
replay on there is no way round it to a real host.
"""

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response


def to_replay(url: str, replay: str) -> str:
    """Return where the replay server has `url`.

    >>> to_replay("https://eura2021.fi/hakuilmoitukset/?a=1", "http://127.0.0.1:8765")
    'http://127.0.0.1:8765/eura2021.fi/hakuilmoitukset/?a=1'
    """
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{replay}/{parts.netloc}{parts.path or '/'}{query}"


def from_replay(location: str, asked: str, replay: str) -> str:
    """Return the original address that a redirect of the replay server means.

    Args:
        location: the Location header: relative, of the original host, or of the replay server.
        asked: original address of the request.
        replay: address of the replay server.

    >>> from_replay("http://127.0.0.1:8765/eura2021.fi/a/", "https://eura2021.fi/b", "http://127.0.0.1:8765")
    'https://eura2021.fi/a/'
    >>> from_replay("/a/", "https://eura2021.fi/b", "http://127.0.0.1:8765")
    'https://eura2021.fi/a/'
    """
    if location.startswith(f"{replay}/"):
        return f"{urlsplit(asked).scheme}://{location.removeprefix(f'{replay}/')}"
    host = urlsplit(asked).netloc
    if location.startswith(f"/{host}/"):
        return urljoin(asked, location.removeprefix(f"/{host}"))
    return urljoin(asked, location)


class ReplayHandler(HTTP11DownloadHandler):
    """Sends every request to the replay server and gives the response its original address back."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._replay: str = crawler.settings["HAME_REPLAY"]

    async def download_request(self, request: Request) -> Response:
        """Return the replay server's answer to `request`, under the address of `request`."""
        # Without the proxy that a spider or the environment may have named: it would be asked for the real host.
        meta = {key: value for key, value in request.meta.items() if key != "proxy"}
        response = await super().download_request(request.replace(url=to_replay(request.url, self._replay), meta=meta))
        headers = response.headers.copy()
        if location := headers.get("Location"):
            headers["Location"] = from_replay(location.decode("latin-1"), request.url, self._replay)
        return response.replace(url=request.url, headers=headers)
