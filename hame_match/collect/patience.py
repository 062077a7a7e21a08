"""Waiting before a request is tried again, as long as the source asks for; Scrapy itself tries again at once."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

FIRST_PAUSE: Final = 2.0
"""Seconds before the first further try; doubled for each one after."""
LONGEST_PAUSE: Final = 120.0
"""Seconds; a source that asks for more is left alone and the run fails: the next night's crawl is the retry."""


def asked_pause(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None when it asks for none.

    >>> asked_pause("7", datetime(2026, 1, 1, tzinfo=UTC))
    7.0
    >>> asked_pause("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    >>> asked_pause("soon", datetime(2026, 1, 1, tzinfo=UTC)) is None
    True
    """
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class PatientRetry(RetryMiddleware):
    """Scrapy's retries with pauses: Retry-After where given, else 2, 4, 8 ... seconds; no pauses on replay."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PatientRetry":
        """Return the middleware for `crawler`."""
        middleware: PatientRetry = super().from_crawler(crawler)
        return middleware

    # Scrapy awaits what its middlewares return, so that these two may be coroutines though its own are not.
    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the request to try again after a pause, or the response where that is no use."""
        again: Request | Response = super().process_response(request, response)
        if isinstance(again, Request):
            header = response.headers.get("Retry-After")
            pause = asked_pause(header.decode("latin-1") if header else None, datetime.now(UTC))
            if pause is not None and pause > LONGEST_PAUSE:
                return response
            await self._wait(again, pause)
        return again

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """Return the request to try again after a pause, or None where that is no use."""
        again: Request | Response | None = super().process_exception(request, exception)
        if isinstance(again, Request):
            await self._wait(again, None)
        return again

    async def _wait(self, again: Request, pause: float | None) -> None:
        # Scrapy exempts further tries from its filters, among them the one that keeps a redirect on the allowed hosts.
        again.dont_filter = False
        if self.crawler.settings.getbool("HAME_PATIENT"):
            growing = FIRST_PAUSE * 2 ** (again.meta["retry_times"] - 1)
            await asyncio.sleep(min(LONGEST_PAUSE, growing if pause is None else pause))
