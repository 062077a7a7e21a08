"""What every spider inherits: addresses, counting what was left out, and saying when a source cannot be trusted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, ParamSpec
from urllib.parse import urlsplit

import scrapy
from pydantic import ValidationError
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from hame_match.collect.health import UNREADABLE
from hame_match.errors import ParseError, SettingsError, SourceFault
from hame_match.language import clean_line, shorten
from hame_match.model.call import Call

P = ParamSpec("P")

MOST_MESSAGES: Final = 50
"""Messages of one sort kept in a report; the number of unreadable records is counted in full."""
_SILENT_LOSSES: Final = {
    "offsite/filtered": "to a host that is not one of its addresses (has the source moved, or does it redirect?)",
    "depth/request_ignored_count": "too deep",
}
"""Statistics of Scrapy for requests dropped without telling the spider, and why they were dropped."""


class CallSpider(scrapy.Spider):
    """A spider of one source.

    A subclass declares `name`, `title` and `addresses`, yields requests from `start` and, from its callbacks, `Call`s.
    It should read each record with `read`, so that one bad record does not end the crawl. A request without an errback
    of its own gets `missing`; an exception in a callback is a fault of the source.

    Attributes:
        name: unique name, ``<cc>_<funder>``, as the module is called.
        title: the source's name for people.
        addresses: key -> web address. Settings replace them by key; a spider takes them with `address`.
        minimum_calls: fewer calls than this make a run FAILED.
        now: the instant of the crawl, aware; a spider has no other clock.
        allowed_domains: hosts of the addresses; requests to others are refused and make the run FAILED.
    """

    name: str
    title: ClassVar[str]
    addresses: ClassVar[Mapping[str, str]]
    minimum_calls: ClassVar[int] = 1

    def __init__(
        self,
        now: datetime,
        addresses: Mapping[str, str] | None = None,
        tell_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Prepare a crawl.

        Args:
            now: the instant of the crawl, aware.
            addresses: those of the settings, which replace the spider's own by key.
            tell_progress: called by `advance`.

        Raises:
            SettingsError: a key that the spider does not have.
        """
        super().__init__()
        self.now = now
        given = dict(addresses or {})
        if unknown := sorted(set(given) - set(self.addresses)):
            known = ", ".join(sorted(self.addresses))
            raise SettingsError(f"[crawl.sources.{self.name}] {unknown[0]}: no such address (there are: {known})")
        self._addresses = {**self.addresses, **given}
        self.overridden = frozenset(given)
        self.allowed_domains = sorted({urlsplit(url).hostname or "" for url in self._addresses.values()})
        self.skipped: Counter[str] = Counter()
        self.record_errors: list[str] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.unused_keys: Counter[str] = Counter()
        self._tell_progress = tell_progress

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "CallSpider":
        """Return the spider connected to `crawler`; called by Scrapy."""
        spider: CallSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._request_scheduled, signals.request_scheduled)
        crawler.signals.connect(spider._spider_error, signals.spider_error)
        crawler.signals.connect(spider._item_error, signals.item_error)
        crawler.signals.connect(spider._spider_closed, signals.spider_closed)
        return spider

    def address(self, key: str) -> str:
        """Return the web address called `key`: that of the settings if they have one, else the spider's own."""
        return self._addresses[key]

    def read(self, subject: str, parse: Callable[P, Call | None], *args: P.args, **kwargs: P.kwargs) -> Iterator[Call]:
        """Yield the call that ``parse(*args, **kwargs)`` makes of one record, or count it as unreadable.

        Args:
            subject: the record's id, for the message.
            parse: a pure function; None means that the record is no call, which it should count with `skip`.
            *args: its arguments.
            **kwargs: its keyword arguments.
        """
        try:
            call = parse(*args, **kwargs)
        except ParseError as exc:
            self.record_error(subject, str(exc))
        except ValidationError as exc:
            self.record_error(subject, _wrong_fields(exc))
        else:
            if call is not None:
                yield call

    def skip(self, reason: str, number: int = 1) -> None:
        """Count records left out on purpose."""
        self.skipped[reason] += number

    def record_error(self, subject: str, problem: str) -> None:
        """Count a record that could not be read; the crawl goes on."""
        self.skipped[UNREADABLE] += 1
        message = problem if problem.startswith(subject) else f"{subject}: {problem}"
        if len(self.record_errors) < MOST_MESSAGES:
            self.record_errors.append(shorten(clean_line(message), 500))

    def fault(self, reason: str) -> None:
        """Mark the source as one that cannot be trusted in this run, and stop; the run will be FAILED."""
        first = not self.faults
        self._add_fault(reason)
        if first and hasattr(self, "crawler"):
            self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="fault"))

    def note(self, text: str) -> None:
        """Tell the manager something that is no failure."""
        text = shorten(clean_line(text), 500)
        if text not in self.notes and len(self.notes) < MOST_MESSAGES:
            self.notes.append(text)

    def audit(self, record: Mapping[str, object], used_keys: Collection[str]) -> None:
        """Count the keys of `record` that are not among `used_keys`: what the source says and nobody reads."""
        self.unused_keys.update(key for key in record if key not in used_keys)

    def advance(self, done: int, total: int) -> None:
        """Report that `done` of about `total` pages or records are read, for a progress bar."""
        if self._tell_progress is not None:
            self._tell_progress(done, total)

    def missing(self, failure: Failure) -> None:
        """Count a page that did not come as a fault: the errback of every request that has none of its own."""
        request = getattr(failure, "request", None)
        url = request.url.partition("?")[0] if request else "a page"
        self.fault(f"{url} {why_missing(failure.value)}")

    def _add_fault(self, reason: str) -> None:
        reason = shorten(clean_line(reason), 500)
        if reason not in self.faults and len(self.faults) < MOST_MESSAGES:
            self.faults.append(reason)

    def _request_scheduled(self, request: scrapy.Request) -> None:
        if request.errback is None:
            request.errback = self.missing

    def _spider_error(self, failure: Failure, response: Response) -> None:
        error = failure.value
        if isinstance(error, SourceFault):
            self.fault(str(error))
        elif isinstance(error, ParseError):
            self.fault(f"{response.url}: the page cannot be read: {error}")
        else:
            self.fault(f"{response.url}: the spider failed on it: {type(error).__name__}: {error}")

    def _item_error(self, failure: Failure) -> None:
        self.fault(str(failure.value))

    def _spider_closed(self) -> None:
        for statistic, why in _SILENT_LOSSES.items():
            if number := self.crawler.stats.get_value(statistic):
                self._add_fault(f"{number} requests were refused: {why}")


def why_missing(error: BaseException | None) -> str:
    """Return in a few words why a page did not come."""
    response = getattr(error, "response", None)
    if isinstance(response, Response):
        wait = response.headers.get("Retry-After")
        asked = f" and asks to wait {wait.decode('latin-1')}" if wait else ""
        return f"answered HTTP {response.status}{asked}"
    if "robots.txt" in str(error):
        return "is forbidden by the source's robots.txt; ask the source, or take the spider out of [crawl] spiders"
    return f"did not come: {type(error).__name__}: {error}"


def _wrong_fields(error: ValidationError) -> str:
    problems = error.errors()[:3]
    return "; ".join(
        f"{'.'.join(map(str, at['loc'])) or 'call'}: {at['msg']} (found {shorten(repr(at['input']), 80)})"
        for at in problems
    )
