"""The search service behind the EU Funding & Tenders Portal, with the manners and faults recorded of it.

Built after public notes and recorded answers of 2023 to 2026. Where the service's behaviour is not known (an apiKey
it does not know, a page beyond the window) the choice here is ours.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hame_match.demo.sedia_query import (
    PlainFieldError,
    QueryFormatError,
    fits_text,
    matches,
    read_parts,
    values,
)
from hame_match.demo.sedia_rows import API_VERSION, Row
from hame_match.demo.server import (
    ALLOW_ALL,
    Faults,
    Request,
    Response,
    html_response,
    json_response,
    not_found,
    text_response,
    without_notes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PORTAL_HOST, API_HOST = "ec.europa.eu", "api.tech.ec.europa.eu"
CONFIG_PATH = "/info/funding-tenders/opportunities/portal/assets/openid-login-config.json"
SEARCH_PATH, FACET_PATH = "/search-api/prod/rest/search", "/search-api/prod/rest/facet"
API_KEY = "SEDIA"
PAGE_CAP = 100
WINDOW = 10_000
UNFILTERED_TOTAL = 634_000
"""What the service claims to have found, at the least, when it ignored the filter."""

FAULTS: Final = (
    "config_missing",
    "empty",
    "facet_error",
    "html_instead",
    "ignored_filter",
    "overload",
    "short_pages",
    "truncated_json",
)


class SediaSite:
    """Both hosts of the EU portal: its settings file and its search service.

    Args:
        rows: result objects as served, in every language and of every type; keys starting with ``_`` are dropped.
        facets: facet name -> values with ``rawValue`` and ``value`` (the label as served, still URL-encoded). Counts
            are of the rows found; a code without a label here is served with itself as its label.
        faults: of `FAULTS`, on for ever or for a number of answers. ``config_missing`` and ``facet_error`` hit the
            settings file and the facet service, all others the search: ``overload`` answers 429 and 503 in turn,
            ``short_pages`` leaves one row out of every page, though another order or page size shows it.
        robots: the robots.txt of both hosts.
    """

    hosts = (PORTAL_HOST, API_HOST)

    def __init__(
        self,
        rows: Sequence[Row],
        facets: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        *,
        faults: Mapping[str, int] | Iterable[str] = (),
        robots: str = ALLOW_ALL,
    ) -> None:
        self._rows: list[Row] = without_notes(list(rows))
        self._facets = dict(facets or {})
        self._faults = Faults(FAULTS, faults)
        self._robots = robots
        self._overloaded = 0

    def respond(self, request: Request) -> Response:
        """Answers the settings file, the search, the facets and robots.txt; anything else is 404."""
        if request.path == "/robots.txt":
            return text_response(self._robots)
        if (request.host, request.path) == (PORTAL_HOST, CONFIG_PATH):
            return not_found() if self._faults.strikes("config_missing") else json_response(_config())
        if request.host != API_HOST or request.path not in {SEARCH_PATH, FACET_PATH}:
            return not_found()
        if request.method != "POST":
            return _error(405, "error", "Method Not Allowed", Allow="POST")
        if request.params.get("apiKey") != API_KEY:
            return _error(400, "businessError", "No result found")
        try:
            parts = read_parts(request.headers.get("content-type", ""), request.body)
            if request.path == FACET_PATH:
                return self._facet(request, parts)
            return self._search(request, parts)
        except PlainFieldError:
            return _error(500, "throwable", "Content type 'text/plain' not supported")
        except QueryFormatError:
            return _error(400, "businessError", "Invalid Query format")

    def _facet(self, request: Request, parts: dict[str, Any] | None) -> Response:
        if self._faults.strikes("facet_error"):
            return _error(500, "throwable", "Internal error")
        found = self._found(request, parts)
        facets = []
        for name, labels in self._facets.items():
            label = {entry["rawValue"]: entry["value"] for entry in labels}
            counts = Counter(value for row in found for value in values(row, name))
            entries = [
                {"apiVersion": API_VERSION, "rawValue": code, "value": label.get(code, code), "count": count}
                for code, count in counts.most_common()
            ]
            facets.append({"apiVersion": API_VERSION, "name": name, "count": len(entries), "values": entries})
        return json_response({"apiVersion": API_VERSION, "terms": _terms(request), "facets": facets})

    def _search(self, request: Request, parts: dict[str, Any] | None) -> Response:
        if self._faults.strikes("overload"):
            self._overloaded += 1
            if self._overloaded % 2:
                return _error(429, "error", "Too Many Requests", Retry_After="1")
            return _error(503, "error", "Service Unavailable")
        if self._faults.strikes("html_instead"):
            return html_response("<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>")
        if self._faults.strikes("ignored_filter"):
            parts = None
        found = self._found(request, parts)
        total = len(found) if parts is not None else UNFILTERED_TOTAL + len(found)
        if self._faults.strikes("empty"):
            found, total = [], 0
        page, size = _number(request, "pageNumber", 1), min(_number(request, "pageSize", 10), PAGE_CAP)
        shown = _page(found, (parts or {}).get("sort"), page, size)
        if self._faults.strikes("short_pages"):
            del shown[len(shown) // 2 : len(shown) // 2 + 1]
        fields = (parts or {}).get("displayFields")
        response = json_response(
            {
                "apiVersion": API_VERSION,
                "terms": _terms(request),
                "responseTime": 65,
                "totalResults": total,
                "pageNumber": page,
                "pageSize": size,
                "sort": "relevance",
                "groupByField": "sortStatus",
                "queryLanguage": {"language": "en", "probability": 0.0},
                "bestBets": [],
                "warnings": [],
                "results": [_shown(row, fields) for row in shown],
            }
        )
        if self._faults.strikes("truncated_json"):
            return Response(body=response.body[: len(response.body) * 2 // 3])
        return response

    def _found(self, request: Request, parts: dict[str, Any] | None) -> list[Row]:
        """Returns the rows that fit; with no multipart body (None) the filter counts for nothing."""
        if parts is None:
            return list(self._rows)
        languages, query = parts.get("languages"), parts.get("query")
        if query is not None:
            matches({}, query)  # a faulty query is one even when there are no rows
        return [
            row
            for row in self._rows
            if (query is None or matches(row, query))
            and (not languages or row["language"] in languages)
            and fits_text(row, _terms(request))
        ]


def _config() -> dict[str, Any]:
    rest = f"https://{API_HOST}/search-api/prod/rest"
    sedia = {
        "corporateSearchUrl": f"{rest}/search",
        "facetUrl": f"{rest}/facet",
        "corporateSearchApiKey": API_KEY,
    }
    return {"modules": {"sedia": sedia}}


def _page(found: Sequence[Row], sort: Any, page: int, size: int) -> list[Row]:
    """Returns one page, empty beyond the window of 10,000.

    Sorted by a field, rows lacking it are left out. Without a sort, or by sortStatus, the order among equals is drawn
    anew for every page, so that pages overlap and rows go missing.
    """
    field = sort.get("field") if isinstance(sort, dict) else None
    if field in {None, "sortStatus"}:
        shuffled = sorted(
            enumerate(found),
            key=lambda item: (values(item[1], "sortStatus"), zlib.crc32(f"{page}:{item[0]}".encode())),
        )
        ordered = [row for _, row in shuffled]
    else:
        having = [row for row in found if values(row, field)]
        descending = str(sort.get("order", "ASC")).upper() == "DESC"
        ordered = sorted(having, key=lambda row: (values(row, field)[0], row["reference"]), reverse=descending)
    start = (page - 1) * size
    return ordered[start : min(start + size, WINDOW)]


def _shown(row: Row, fields: Any) -> Row:
    if not isinstance(fields, list) or "metadata" not in row:
        return row
    return {**row, "metadata": {key: value for key, value in row["metadata"].items() if key in fields}}


def _terms(request: Request) -> str:
    return request.params.get("text", "***")


def _number(request: Request, name: str, default: int) -> int:
    text = request.params.get(name, "")
    return max(int(text), 1) if text.isdecimal() else default


def _error(status: int, kind: str, message: str, **headers: str) -> Response:
    return json_response({"type": kind, "message": message}, status, **headers)
