"""How the search service of the EU Funding & Tenders Portal (SEDIA) is asked, and whether its answer is whole.

The service is public and listed on the portal's page "APIs", but not documented; what is known comes from public
clients and recorded answers of 2023 to 2026. Everything here is pure; `sedia_fields` reads the rows.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlencode

from hame_match.collect.parsing import take
from hame_match.collect.sedia_fields import Row, value, values
from hame_match.errors import ParseError, SourceFault
from hame_match.language import clean_line, shorten

API_KEY: Final = "SEDIA"
"""Public; the portal's own settings file names it."""
PAGE_SIZE: Final = 100
"""The service gives no more, whatever is asked."""
WINDOW: Final = 10_000
"""Results of one query that can be paged through."""
IMPLAUSIBLE: Final = 20_000
"""Results of one query; all calls of all years are about 11,000, every kind of page 634,000 and more."""
DISPLAY_FIELDS: Final = (
    "identifier", "title", "callIdentifier", "callTitle", "callccm2Id", "type", "status", "language",
    "startDate", "deadlineDate", "deadlineModel", "frameworkProgramme", "typesOfAction", "keywords",
    "descriptionByte", "topicConditions", "budgetOverview", "DATASOURCE", "esDA_QueueDate",
    "description", "projectAcronym", "projectName", "budget",
)  # fmt: skip
IGNORED_FIELDS: Final = frozenset({"REFERENCE", "url", "es_SortDate", "sortStatus"})
"""Housekeeping that comes though nobody asked for it."""
_LOST_PLUS: Final = {"43353764": "Erasmus+ (ERASMUS+)", "43254019": "European Social Fund Plus (ESF+)"}


def multipart(parts: Mapping[str, object]) -> tuple[bytes, str]:
    """Return the body that carries each part as a JSON file, and its Content-Type.

    The service answers 500 to plain form fields and ignores the query, with status 200, in any other kind of body.
    """
    boundary = "hame-match-part"
    lines = []
    for name, content in parts.items():
        lines += [
            f"--{boundary}",
            f'Content-Disposition: form-data; name="{name}"; filename="{name}.json"',
            "Content-Type: application/json",
            "",
            json.dumps(content),
        ]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode(), f"multipart/form-data; boundary={boundary}"


def search_url(address: str, api_key: str, page: int = 1, page_size: int = PAGE_SIZE) -> str:
    """Return the address to send a query to; `page` counts from 1."""
    numbers = {"apiKey": api_key, "text": "***", "pageSize": page_size, "pageNumber": page}
    return f"{address}?{urlencode(numbers, safe='*')}"


def query(types: Iterable[str], statuses: Iterable[str], programme: str | None = None) -> dict[str, Any]:
    """Return the query for rows of these types and statuses, of one framework programme if given."""
    terms: list[dict[str, Any]] = [{"terms": {"type": [*types]}}, {"terms": {"status": [*statuses]}}]
    if programme is not None:
        terms.append({"terms": {"frameworkProgramme": [programme]}})
    return {"bool": {"must": terms}}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results: how many the query has in all, and the rows of this page."""

    total: int
    rows: tuple[Row, ...]


def read_page(text: str, types: Collection[str], statuses: Collection[str]) -> Page:
    """Return a page of search results.

    Args:
        text: the response.
        types: those asked for.
        statuses: those asked for.

    Raises:
        SourceFault: it is no page of results, or the service did not heed the query.
    """
    document = read_json(text)
    try:
        total = take(document, "totalResults", int, "the search page")
        rows = take(document, "results", list, "the search page")
    except ParseError as exc:
        raise SourceFault(f"the search service has changed its form: {exc}") from exc
    if total > IMPLAUSIBLE:
        raise SourceFault(f"the filter was ignored: the search service claims {total} results, far more than exist")
    for row in rows:
        if not isinstance(row, dict):
            raise SourceFault("the search service has changed its form: a result is no object")
        for name, asked in (("type", types), ("status", statuses)):
            if other := set(values(row, name)) - set(asked):
                raise SourceFault(
                    f"the filter was ignored: {row.get('reference')} has {name} {', '.join(sorted(other))}, "
                    f"which was not asked for"
                )
    return Page(total, tuple(rows))


def read_json(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        SourceFault: it is none.
    """
    try:
        document = json.loads(text)
    except ValueError as exc:
        seen = shorten(clean_line(text[:200]), 60)
        raise SourceFault(
            f"the portal's answer of {len(text)} characters is no whole JSON; it begins {seen!r}"
        ) from exc
    if not isinstance(document, dict):
        raise SourceFault(f"the portal's answer is no JSON object but a {type(document).__name__}")
    return document


def programme_labels(document: Mapping[str, Any]) -> dict[str, str]:
    """Return code -> name of the framework programmes in a facet answer, or nothing if it has none.

    Labels come percent-encoded and without their plus signs.

    >>> entry = {"rawValue": "43252449", "value": "Research Fund for Coal %26 Steel (RFCS)"}
    >>> programme_labels({"facets": [{"name": "frameworkProgramme", "values": [entry]}]})
    {'43252449': 'Research Fund for Coal & Steel (RFCS)'}
    """
    labels: dict[str, str] = {}
    for facet in document.get("facets") or []:
        if isinstance(facet, dict) and facet.get("name") == "frameworkProgramme":
            for entry in facet.get("values") or []:
                code, label = str(entry.get("rawValue", "")), str(entry.get("value", ""))
                if code and label:
                    labels[code] = _LOST_PLUS.get(code) or clean_line(unquote(label)) or code
    return labels


@dataclass(slots=True)
class Harvest:
    """The rows of one search, over one or two passes through its pages.

    The same row can be served twice, because pages overlap, or because the index really holds it twice; only a second
    pass tells the one from the other.
    """

    total: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    served: list[int] = field(default_factory=list)
    fresh: int = 0

    def begin(self) -> None:
        """Start a pass."""
        self.served.append(0)
        self.fresh = 0

    def add(self, page: Page) -> None:
        """Keep the rows of a page."""
        self.total = page.total
        self.served[-1] += len(page.rows)
        for row in page.rows:
            identity = "|".join(str(part) for part in (row.get("reference"), row.get("checksum"), _queued(row)))
            self.fresh += identity not in self.rows
            self.rows[identity] = row

    @property
    def gap(self) -> int:
        """How many of the results that the service claims were not seen; 0 when all were."""
        repeated = len(self.served) > 1 and not self.fresh and min(self.served) >= self.total
        return 0 if repeated else max(0, self.total - len(self.rows))


def _queued(row: Row) -> str | None:
    return value(row, "esDA_QueueDate")
