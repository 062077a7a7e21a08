"""Grant topics and cascade calls of the EU, from the search service behind the Funding & Tenders Portal."""

import math
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from hame_match.collect import ParseError, SourceFault, sedia
from hame_match.collect import sedia_fields as fields
from hame_match.collect.health import GAP
from hame_match.collect.sedia_fields import Row
from hame_match.collect.spider import CallSpider, why_missing
from hame_match.model.call import Call

TYPES = (fields.GRANT, fields.CASCADE)
WANTED_STATUSES = ("31094501", "31094502")
SECOND_PASS_SIZE = 50
KNOWN_FIELDS = frozenset(sedia.DISPLAY_FIELDS) | sedia.IGNORED_FIELDS


@dataclass(frozen=True)
class Search:
    """One query to page through; a second pass has another order and page size, which shows rows the first missed."""

    status: str
    programme: str | None = None
    second_pass: bool = False

    @property
    def page_size(self) -> int:
        """Rows of a page."""
        return SECOND_PASS_SIZE if self.second_pass else sedia.PAGE_SIZE

    def parts(self) -> dict[str, object]:
        """The parts of the request's body."""
        return {
            "query": sedia.query(TYPES, [self.status], self.programme),
            "languages": ["en"],
            # Any other order shuffles equals, so that pages overlap and rows go missing.
            "sort": {"field": "identifier", "order": "DESC" if self.second_pass else "ASC"},
            "displayFields": sedia.DISPLAY_FIELDS,
        }


class EuFundingTenders(CallSpider):
    """Grant topics and calls for cascade funding, forthcoming and open, in English."""

    name = "eu_funding_tenders"
    title = "EU Funding & Tenders Portal"
    minimum_calls = 10
    addresses: ClassVar[Mapping[str, str]] = {
        "config": "https://ec.europa.eu/info/funding-tenders/opportunities/portal/assets/openid-login-config.json",
        "search": "https://api.tech.ec.europa.eu/search-api/prod/rest/search",
        "facet": "https://api.tech.ec.europa.eu/search-api/prod/rest/facet",
        "topic": "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/",
        "cascade": "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/competitive-calls-cs/",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._service = {"search": self.address("search"), "facet": self.address("facet")}
        self._api_key = sedia.API_KEY
        self._labels: dict[str, str] = {}
        self._searches = deque(Search(status) for status in WANTED_STATUSES)
        self._harvests: dict[tuple[str, str | None], sedia.Harvest] = defaultdict(sedia.Harvest)
        self._totals: dict[str, int] = {}
        self._pages = 0
        self._pages_of_calls = {fields.GRANT: self.address("topic"), fields.CASCADE: self.address("cascade")}

    async def start(self) -> AsyncIterator[Any]:
        """Ask the portal where its search service is."""
        yield Request(self.address("config"), self.parse_config, errback=self.config_missing)

    def parse_config(self, response: Response) -> Iterator[Request]:
        """Take the service's addresses and key from the portal's settings file."""
        try:
            found = sedia.read_json(response.text)["modules"]["sedia"]
            service = {"search": str(found["corporateSearchUrl"]), "facet": str(found["facetUrl"])}
            key = str(found["corporateSearchApiKey"])
        except (SourceFault, KeyError, TypeError) as exc:
            self.note(f"the portal's settings file has changed its form ({exc}); the known addresses were used")
        else:
            self._api_key = key
            for name, url in service.items():
                self._move(name, url)
        yield self._ask_labels()

    def config_missing(self, failure: Failure) -> Iterator[Request]:
        """Go on with the known addresses."""
        self.note(f"the portal's settings file {why_missing(failure.value)}; the known addresses were used")
        yield self._ask_labels()

    def parse_labels(self, response: Response) -> Iterator[Request]:
        """Take the names of the programmes and begin to search."""
        try:
            self._labels = sedia.programme_labels(sedia.read_json(response.text))
        except (SourceFault, AttributeError) as exc:
            self.note(f"the names of the programmes cannot be read ({exc}); their codes were used")
        yield self._ask(self._searches.popleft())

    def labels_missing(self, failure: Failure) -> Iterator[Request]:
        """Search without the names of the programmes."""
        self.note(f"the names of the programmes are missing: the service {why_missing(failure.value)}")
        yield self._ask(self._searches.popleft())

    def parse_page(self, response: Response, search: Search, page: int) -> Iterator[Request | Call]:
        """Keep the rows of a page; then ask for the next page, the next search, or hand over the calls."""
        found = sedia.read_page(response.text, TYPES, [search.status])
        self._pages += 1
        pages = math.ceil(found.total / search.page_size)
        if page == 1 and search.programme is None and not search.second_pass:
            self._totals[search.status] = found.total
            if found.total > sedia.WINDOW:
                self._split(search.status)
                yield self._ask(self._searches.popleft())
                return
        harvest = self._harvests[search.status, search.programme]
        if page == 1:
            harvest.begin()
        harvest.add(found)
        self.advance(self._pages, self._pages + max(0, pages - page) + len(self._searches))
        if found.rows and page < pages:
            yield self._ask(search, page + 1)
            return
        if not search.second_pass and harvest.gap:
            self._searches.append(Search(search.status, search.programme, second_pass=True))
        if self._searches:
            yield self._ask(self._searches.popleft())
        else:
            yield from self._calls()

    def _move(self, name: str, url: str) -> None:
        """Use an address of the settings file, unless the user's settings name one or it is not the EU's."""
        host = urlsplit(url).hostname or ""
        if name in self.overridden or url == self._service[name]:
            return
        if not (url.startswith("https://") and host.endswith(".europa.eu")):
            self.note(f"the portal's settings file names a strange address ({url}); the known one was used")
            return
        self.note(f"the search service has moved to {url}")
        self._service[name] = url
        self.allowed_domains.append(host)

    def _ask_labels(self) -> Request:
        body, content_type = sedia.multipart({"query": sedia.query(TYPES, WANTED_STATUSES), "languages": ["en"]})
        return Request(
            sedia.search_url(self._service["facet"], self._api_key),
            self.parse_labels,
            method="POST",
            body=body,
            headers={"Content-Type": content_type},
            errback=self.labels_missing,
        )

    def _ask(self, search: Search, page: int = 1) -> Request:
        body, content_type = sedia.multipart(search.parts())
        return Request(
            sedia.search_url(self._service["search"], self._api_key, page, search.page_size),
            self.parse_page,
            method="POST",
            body=body,
            headers={"Content-Type": content_type, "Accept": "application/json"},
            cb_kwargs={"search": search, "page": page},
        )

    def _split(self, status: str) -> None:
        """Search programme by programme, since the service pages through no more than its window."""
        if not self._labels:
            raise SourceFault(f"more than {sedia.WINDOW} results, and no list of programmes to split the search by")
        self._searches.extend(Search(status, programme) for programme in sorted(self._labels))

    def _calls(self) -> Iterator[Call]:
        """Yield every call once, and count what was left out."""
        rows = [row for harvest in self._harvests.values() for row in harvest.rows.values()]
        if not rows:
            raise SourceFault("the search service found nothing at all, though some calls are always open")
        self._note_gaps()
        by_key: dict[str, list[Row]] = defaultdict(list)
        self._note_mirror(rows)
        for row in rows:
            if fields.is_mirror(row):
                self.skip("stale mirror row")
                continue
            if fields.language(row) != "en":
                self.skip("not in English")
                continue
            try:
                by_key[fields.source_key(row)].append(row)
            except ParseError as exc:
                self.record_error(str(row.get("reference")), str(exc))
        for key, same in by_key.items():
            if len(same) > 1:
                self.skip("repeated row", len(same) - 1)
            row = fields.best_row(same)
            if "metadata" in row:
                self.audit(fields.fields_of(row), KNOWN_FIELDS)
            for call in self.read(key, parse_topic, row, self._labels, self._pages_of_calls, self.note):
                if fields.is_stale(call.deadlines, self.now):
                    self.skip("deadline passed")
                else:
                    yield call

    def _note_mirror(self, rows: list[Row]) -> None:
        """Say which topics with a date ahead stand only in the abandoned mirror, whose rows are left out."""
        known = {fields.value(row, "identifier") for row in rows if not fields.is_mirror(row)}
        for row in rows:
            identifier = fields.value(row, "identifier")
            if fields.is_mirror(row) and identifier not in known:
                try:
                    ahead = not fields.is_stale(fields.deadlines(row), self.now)
                except ParseError:
                    ahead = False
                if ahead:
                    self.note(f"{identifier} stands only in the abandoned mirror and was left out")

    def _note_gaps(self) -> None:
        """Say how many results of each status were claimed and never served."""
        for status, total in self._totals.items():
            found = [harvest for search, harvest in self._harvests.items() if search[0] == status]
            if len(found) == 1:
                gap = found[0].gap
            else:
                gap = max(0, total - len({identity for harvest in found for identity in harvest.rows}))
            if gap:
                self.note(f"{GAP}{gap} of {total} {fields.STATUSES[status]} results were never shown, in two passes")


def parse_topic(row: Row, labels: Mapping[str, str], pages: Mapping[str, str], note: Callable[[str], None]) -> Call:
    """Return the call that a row is about.

    Args:
        row: the row to believe, see `sedia_fields.best_row`.
        labels: code -> name of the programmes; a code without a name is its own.
        pages: type of row -> where the portal's pages on such calls are.
        note: told of money that cannot be read, which does not keep the call out.

    Raises:
        ParseError: the row lacks its title or identifier, or a date cannot be read.
    """
    key = fields.source_key(row)
    identifier, topic_title = fields.value(row, "identifier"), fields.value(row, "title")
    kind = fields.value(row, "type") or "none"
    if kind not in pages:
        raise ParseError(f"{key}: type: {kind} is none of {', '.join(pages)}")
    cascade = kind == fields.CASCADE
    title = (fields.value(row, "callTitle") or row.get("summary")) if cascade else topic_title
    page_id = fields.value(row, "callccm2Id") if cascade else identifier
    if not title or not (page_id or row.get("url")):
        raise ParseError(f"{key}: has no title, or neither identifier nor address")
    try:
        money = fields.money(row)
    except ParseError as exc:
        note(f"{key}: {exc}; the call was kept without its money")
        money = fields.Money()
    opens = fields.value(row, "startDate")
    programme = fields.value(row, "frameworkProgramme")
    project = (fields.value(row, "projectAcronym"), fields.value(row, "projectName"))
    return Call(
        source=EuFundingTenders.name,
        source_key=key,
        identifier=identifier,
        titles={"en": title},
        sections=fields.sections(row),
        url=pages[kind] + quote(page_id, safe="") if page_id else str(row["url"]),
        funder="European Commission",
        programme=labels.get(programme, programme) if programme else None,
        type_of_action=" / ".join(dict.fromkeys(fields.values(row, "typesOfAction"))) or None,
        parent_title=topic_title if cascade else None,
        project=" – ".join(filter(None, project)) or None if cascade else None,
        published_status=fields.STATUSES.get(fields.value(row, "status") or ""),
        opens_on=fields.written_date(opens) if opens else None,
        deadlines=fields.deadlines(row),
        budget_total=money.total,
        grant_min=money.smallest,
        grant_max=money.largest,
        expected_grants=money.grants,
        # Topics are open to all member states unless their conditions say otherwise; cascade calls often are not.
        regions=None if cascade else (),
        keywords=fields.keywords(row),
    )
