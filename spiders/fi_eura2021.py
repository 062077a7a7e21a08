"""Calls of the EU's regional and structural funds in Finland."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from hame_match.collect.eura import USED_KEYS, is_over, parse_detail, parse_list, parse_notice
from hame_match.collect.health import GAP
from hame_match.collect.spider import CallSpider
from hame_match.errors import ParseError, SourceFault
from hame_match.model.call import Call

NOT_THERE = frozenset({404, 410})


class Eura2021(CallSpider):
    """Open and coming calls of the ERDF, the ESF+ and the JTF in Finland, from EURA 2021.

    A notice whose own page is not served keeps what the list says of it; when none is served, the service has changed.
    """

    name = "fi_eura2021"
    title = "EURA 2021, alue- ja rakennepolitiikan rahastot"
    addresses: ClassVar[dict[str, str]] = {
        "list": "https://eura2021.fi/hakuilmoitukset/",
        "notice": "https://eura2021.fi/hakuilmoitukset/hakuilmoitus/",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.done = self.total = 0
        self.codes: Mapping[str, Mapping[str, Any]] = {}
        self.order: list[str] = []
        self.calls: dict[str, Call] = {}
        self.without_page: list[str] = []

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the one page that lists every notice."""
        yield Request(self.address("list"), self.parse_list)

    def parse_list(self, response: Response) -> Iterator[Request]:
        """Ask for the page of every notice that is open or will be."""
        listing = parse_list(response.text)
        self.codes = listing.codes
        wanted = [row for row in listing.rows if self.is_wanted(row)]
        self.order = [row["id"] for row in wanted]
        self.total = len(wanted)
        for row in wanted:
            self.audit(row, USED_KEYS)
            yield Request(
                f"{self.address('notice')}{quote(row['id'], safe='')}/",
                self.parse_page,
                errback=self.missing_page,
                cb_kwargs={"row": row},
            )

    def is_wanted(self, row: Mapping[str, Any]) -> bool:
        """Return whether one can apply or will be able to, and count the row if not."""
        try:
            over = is_over(row, self.now)
        except ParseError as exc:
            self.record_error(row["id"], str(exc))
            return False
        if over:
            self.skip("ended")
        return not over

    def parse_page(self, response: Response, row: dict[str, Any]) -> Iterator[Call]:
        """Read a notice with its own page, or without it where the page does not hold the notice."""
        try:
            notice = parse_detail(response.text, row["id"])
        except SourceFault as exc:
            self.note(str(exc))
            self.without_page.append(name_of(row))
            notice = None
        yield from self.finish(row, notice)

    def missing_page(self, failure: Failure) -> Iterator[Call]:
        """Read a notice whose page is not there; any other failure is a fault."""
        response = getattr(failure.value, "response", None)
        if not isinstance(response, Response) or response.status not in NOT_THERE:
            self.missing(failure)
            return
        row = failure.request.cb_kwargs["row"]  # type: ignore[attr-defined]  # Scrapy puts it there
        self.without_page.append(name_of(row))
        yield from self.finish(row, None)

    def finish(self, row: dict[str, Any], notice: dict[str, Any] | None) -> Iterator[Call]:
        """Read a row and its page; after the last one yield the calls, in the list's order."""
        self.done += 1
        self.advance(self.done, self.total)
        for call in self.read(row["id"], parse_notice, row, notice, self.codes, self.now, self.note):
            self.calls[row["id"]] = call
        if self.done == self.total:
            yield from (self.calls[key] for key in self.order if key in self.calls)

    def closed(self, reason: str) -> None:
        """Say which notices had no page, once everything is read."""
        if reason != "finished" or not self.without_page:
            return
        if len(self.without_page) == self.total:
            self._add_fault(f"the page of none of the {self.total} notices was served: their address has changed")
        else:
            some = ", ".join(self.without_page[:5])
            self.note(f"{GAP}{len(self.without_page)} notices were served without their own page: {some}")


def name_of(row: Mapping[str, Any]) -> str:
    """Return the public identifier of a row, or its id without one."""
    return str(row.get("hakutunnus") or row["id"])
