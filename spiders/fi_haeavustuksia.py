"""Grants of the Finnish state: ministries, agencies, Business Finland and the regional state offices."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from hame_match.collect.haeavustuksia import (
    SECTIONS,
    STANDARD_TERMS,
    USED_KEYS,
    ListPage,
    check_list,
    has_standard_terms,
    is_gap,
    parse_json,
    parse_notice,
    parse_page,
)
from hame_match.collect.health import GAP
from hame_match.collect.spider import CallSpider
from hame_match.errors import ParseError
from hame_match.model.call import Call

PAGE_SIZE = 100
NOT_THERE = frozenset({404, 410})


@dataclass
class Notice:
    """A notice whose sections are being fetched, one after the other."""

    item: dict[str, Any]
    left: list[str] = field(default_factory=lambda: [f"hakuilmoitus/{name}" for name in SECTIONS])
    parts: dict[str, object] = field(default_factory=dict)
    asked_terms: bool = False

    @property
    def key(self) -> str:
        """The source's id."""
        return str(self.item["hakuasianAsianumero"])


class Haeavustuksia(CallSpider):
    """Open and coming grants of the Finnish state, from the service behind haeavustuksia.fi.

    A section that is not served is a gap; when no notice has any section, the service has changed.
    """

    name = "fi_haeavustuksia"
    title = "Haeavustuksia.fi, valtion avustukset"
    addresses: ClassVar[dict[str, str]] = {
        "list": "https://www.haeavustuksia.fi/api/haku/list-items",
        "notice": "https://www.haeavustuksia.fi/api/haku/",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages: list[ListPage] = []
        self.done = self.total = 0
        self.calls: dict[str, Call] = {}
        self.without_text: list[str] = []
        self.gaps: Counter[str] = Counter()

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page of the list."""
        yield self.page(1)

    def page(self, number: int) -> Request:
        """Return the request for a page of the list."""
        parameters = {
            "Pagination.Page": number,
            "Pagination.PageSize": PAGE_SIZE,
            "Language": "fi",
            "SearchTerm": "",
            "VaOrgLyhenne": "",
            "ShowFuture": "true",
            "ShowOngoing": "true",
            "ShowEnded": "false",
            "HideExternal": "false",
        }
        return Request(f"{self.address('list')}?{urlencode(parameters)}", self.parse_list)

    def parse_list(self, response: Response) -> Iterator[Request]:
        """Ask for the next page, or for the notices once the list is whole."""
        number = len(self.pages) + 1
        page = parse_page(parse_json(response.text, f"page {number} of the list"), number)
        self.pages.append(page)
        if page.items and number < page.pages:
            yield self.page(number + 1)
            return
        items = check_list(self.pages)
        self.total = len(items)
        for item in items:
            self.audit(item, USED_KEYS)
            yield self.next_part(Notice(item))

    def next_part(self, notice: Notice) -> Request:
        """Return the request for the next section of a notice."""
        part = notice.left.pop(0)
        return Request(
            f"{self.address('notice')}{quote(notice.key, safe='')}/{part}",
            self.parse_part,
            errback=self.missing_part,
            cb_kwargs={"notice": notice, "part": part},
        )

    def parse_part(self, response: Response, notice: Notice, part: str) -> Iterator[Request | Call]:
        """Keep a section and go on."""
        try:
            data = parse_json(response.text, part) if isinstance(response, TextResponse) else None
        except ParseError:
            data = None  # the site's own start page, which it serves for addresses it does not know
        if is_gap(data):
            self.gaps[part] += 1
        else:
            notice.parts[part.rpartition("/")[2]] = data
        yield from self.go_on(notice)

    def missing_part(self, failure: Failure) -> Iterator[Request | Call]:
        """Take a section that is not there for a gap; anything else is a fault."""
        response = getattr(failure.value, "response", None)
        if not isinstance(response, Response) or response.status not in NOT_THERE:
            self.missing(failure)
            return
        request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        self.gaps[request.cb_kwargs["part"]] += 1
        yield from self.go_on(request.cb_kwargs["notice"])

    def go_on(self, notice: Notice) -> Iterator[Request | Call]:
        """Ask for the next section; after the last one of the last notice yield the calls, in the list's order."""
        if not notice.left and not notice.asked_terms and has_standard_terms(list(notice.parts.values())):
            notice.asked_terms = True
            notice.left = [f"vakioehdot/{name}" for name in STANDARD_TERMS]
        if notice.left:
            yield self.next_part(notice)
            return
        self.done += 1
        self.advance(self.done, self.total)
        if not notice.parts:
            self.without_text.append(notice.key)
        for call in self.read(notice.key, parse_notice, notice.item, notice.parts, self.now):
            self.calls[notice.key] = call
        if self.done == self.total:
            order = [item["hakuasianAsianumero"] for page in self.pages for item in page.items]
            yield from (self.calls[key] for key in order if key in self.calls)

    def closed(self, reason: str) -> None:
        """Say what was not served, once everything is read."""
        if reason != "finished" or not self.total:
            return
        if len(self.without_text) == self.total:
            self._add_fault(f"no section of any of the {self.total} notices was served: their address has changed")
        elif self.without_text:
            some = ", ".join(self.without_text[:5])
            self.note(f"{GAP}{len(self.without_text)} notices were served without any section, such as {some}")
        for part, number in sorted(self.gaps.items()):
            self.note(f"{part} was empty or not served for {number} of {self.total} notices")
