"""The EU spider against the replayed search service with its manners and faults, and against odd rows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scrapy import Request
from scrapy.http import TextResponse

from hame_match.collect import sedia
from hame_match.collect.health import judge
from hame_match.collect.runner import Crawled, crawl
from hame_match.demo.sedia import SediaSite
from hame_match.demo.sedia_rows import (
    FORTHCOMING,
    OPEN,
    Topic,
    cascade_row,
    stale_mirror,
    stub,
    topic_rows,
    translation,
)
from hame_match.demo.sedia_rows import Cascade as CascadeFacts
from hame_match.demo.server import ReplayServer, Response, json_response
from hame_match.errors import ParseError, SourceFault
from hame_match.model.call import Call
from hame_match.model.run import Health
from hame_match.settings import CrawlSettings
from spiders.eu_funding_tenders import EuFundingTenders, Search, parse_topic

NOW = datetime(2026, 8, 3, 6, tzinfo=UTC)
NAME = "eu_funding_tenders"


def topic(number: int, **changes: Any) -> Topic:
    facts: dict[str, Any] = {
        "reference": f"{50000000 + number}TOPICSen",
        "identifier": f"HORIZON-TEST-2026-{number:03d}",
        "title": f"Topic {number}",
        "start": "2026-05-01",
        "deadlines": ("2026-10-01",),
        "description": f"<p>Text of topic {number}</p>",
    }
    return Topic(**{**facts, **changes})


def rows() -> list[dict[str, Any]]:
    """Return 250 open and 30 forthcoming topics with the index's nuisances, and 20 cascade calls of one topic."""
    found = topic_rows([topic(number) for number in range(250)])
    found += topic_rows([topic(number, status=FORTHCOMING, start="2026-12-01") for number in range(250, 280)])
    found += [
        cascade_row(
            CascadeFacts(
                reference=f"{11000 + number}COMPETITIVE_CALLen",
                identifier="HORIZON-EUROSTARS-2021",
                title="Eurostars",
                call_title=f"Cascade {number}",
                call_ccm2_id="46214053",
                start="2026-05-01",
                deadlines=("2026-11-01T17:00",),
                bare=number == 3,
            )
        )
        for number in range(20)
    ]
    over = topic_rows([topic(900, deadlines=("2026-08-01",))])
    copies = [stub(found[5]), translation(found[6], "fi", "Suomeksi")]
    mirror = topic_rows([topic(7, type_of_action="HORIZON Innovation Actions")])[0]
    return [*found, *over, *copies, stale_mirror(mirror)]


def harvest(site: SediaSite, **settings: Any) -> tuple[Crawled, ReplayServer]:
    with ReplayServer(dict.fromkeys(site.hosts, site)) as server:
        return crawl(NAME, CrawlSettings(replay=server.url, retries=1, **settings), NOW), server


def judged(site: SediaSite) -> tuple[Health, str]:
    return judge(harvest(site)[0].report, [], EuFundingTenders.minimum_calls)


def test_every_call_comes_once_and_nothing_else():
    crawled, server = harvest(SediaSite(rows()))
    assert sorted(call.source_key for call in crawled.calls) == sorted(
        [f"{50000000 + number}TOPICS" for number in range(280)]
        + [f"{11000 + number}COMPETITIVE_CALL" for number in range(20)]
    )
    assert crawled.report.skipped == {"deadline passed": 1, "stale mirror row": 1, "repeated row": 1}
    assert crawled.report.faults == ()
    assert crawled.report.unused_keys == {}
    assert judge(crawled.report, [], 10) == (Health.OK, "")
    searches = [seen for seen in server.requests if seen.path.endswith("/search")]
    assert len(searches) == 4


def test_topic_is_the_real_row_not_the_stub():
    crawled, _ = harvest(SediaSite(rows()))
    (call,) = [call for call in crawled.calls if call.source_key == "50000005TOPICS"]
    assert call.deadlines
    assert call.sections[0].text == "Text of topic 5"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("ignored_filter", "The filter was ignored: the search service claims 634304 results, far more than exist."),
        ("html_instead", "is no whole JSON; it begins '<!DOCTYPE html>"),
        ("truncated_json", "is no whole JSON; it begins"),
        ("empty", "The search service found nothing at all, though some calls are always open."),
        ("overload", "https://api.tech.ec.europa.eu/search-api/prod/rest/search answered HTTP"),
    ],
)
def test_fault_of_the_service_fails_the_run(fault, reason):
    health, said = judged(SediaSite(rows(), faults=[fault]))
    assert health is Health.FAILED
    assert reason in said


@pytest.mark.parametrize("faults", [{"overload": 1}, {"truncated_json": 0}, ["short_pages"]])
def test_passing_weakness_is_overcome(faults):
    crawled, _ = harvest(SediaSite(rows(), faults=faults))
    assert len(crawled.calls) == 300
    assert judge(crawled.report, [], 10)[0] is Health.OK


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ("config_missing", "the portal's settings file answered HTTP 404; the known addresses were used"),
        ("facet_error", "the names of the programmes are missing: the service answered HTTP 500"),
    ],
)
def test_what_is_not_needed_may_fail(fault, note):
    crawled, _ = harvest(SediaSite(rows(), faults=[fault]))
    assert len(crawled.calls) == 300
    assert crawled.report.notes == (note,)
    assert judge(crawled.report, [], 10)[0] is Health.OK


class Moved(SediaSite):
    """A portal whose settings file names other addresses."""

    def __init__(self, address: str) -> None:
        super().__init__(rows())
        self.address = address

    def respond(self, request: Any) -> Response:
        if request.path.endswith(".json"):
            service = {
                "corporateSearchUrl": f"{self.address}/search",
                "facetUrl": f"{self.address}/facet",
                "corporateSearchApiKey": "SEDIA",
            }
            return json_response({"modules": {"sedia": service}})
        return super().respond(request)


def test_service_that_moves_within_the_eu_is_followed():
    class There(Moved):
        hosts = (*SediaSite.hosts, "search.ec.europa.eu")

        def respond(self, request: Any) -> Response:
            if request.host == "search.ec.europa.eu" and request.path != "/robots.txt":
                request = type(request)(
                    request.method, "api.tech.ec.europa.eu", f"/search-api/prod/rest{request.path}",
                    request.query, request.headers, request.body,
                )  # fmt: skip
            return super().respond(request)

    crawled, server = harvest(There("https://search.ec.europa.eu"))
    assert len(crawled.calls) == 300
    assert "the search service has moved to https://search.ec.europa.eu/search" in crawled.report.notes
    assert {seen.host for seen in server.requests} == {"ec.europa.eu", "search.ec.europa.eu"}


@pytest.mark.parametrize("address", ["https://evil.example.org", "http://api.tech.ec.europa.eu", "file:///etc"])
def test_strange_address_of_the_settings_file_is_not_used(address):
    crawled, server = harvest(Moved(address))
    assert len(crawled.calls) == 300
    assert f"the portal's settings file names a strange address ({address}/search)" in crawled.report.notes[0]
    assert {seen.host for seen in server.requests} == set(SediaSite.hosts)


def test_address_of_the_users_settings_wins():
    class There(SediaSite):
        hosts = (*SediaSite.hosts, "mirror.example.org")

        def respond(self, request: Any) -> Response:
            if request.host == "mirror.example.org" and request.path == "/find":
                request = type(request)(
                    request.method, "api.tech.ec.europa.eu", "/search-api/prod/rest/search",
                    request.query, request.headers, request.body,
                )  # fmt: skip
            return super().respond(request)

    crawled, server = harvest(There(rows()), sources={NAME: {"search": "https://mirror.example.org/find"}})
    assert len(crawled.calls) == 300
    assert [seen.path for seen in server.requests if seen.host == "mirror.example.org"].count("/find") == 4


def page(total: int, found: list[dict[str, Any]]) -> TextResponse:
    return TextResponse("https://x.eu/", body=json.dumps({"totalResults": total, "results": found}).encode())


def plain(reference: str, status: str = OPEN, **metadata: Any) -> dict[str, Any]:
    fields = {"type": ["1"], "status": [status], "identifier": [reference], "title": ["T"], **metadata}
    return {"reference": reference, "url": "https://x.eu/", "metadata": fields}


def everything(spider: EuFundingTenders, serve: Any) -> list[Call]:
    """Let `serve` answer every request of the spider; return the calls."""
    spider._labels = {"P1": "One", "P2": "Two"}
    waiting, calls = [spider._ask(spider._searches.popleft())], []
    while waiting:
        request = waiting.pop()
        response = serve(request.cb_kwargs["search"], request.cb_kwargs["page"])
        for result in spider.parse_page(response, **request.cb_kwargs):
            (waiting if isinstance(result, Request) else calls).append(result)
    return calls


def test_rows_that_are_never_shown_are_a_gap_after_a_second_pass():
    asked = []

    def serve(search: Search, number: int) -> TextResponse:
        asked.append((search.status, search.second_pass, number))
        shown = [plain(f"{number}{status}TOPICSen", search.status) for number, status in [(number, search.status)]]
        return page(150 if search.status == OPEN else 1, shown)

    spider = EuFundingTenders(now=NOW)
    calls = everything(spider, serve)
    assert [ask for ask in asked if ask[1]] == [(OPEN, True, 1), (OPEN, True, 2), (OPEN, True, 3)]
    assert spider.notes == ["gap: 147 of 150 open results were never shown, in two passes"]
    assert len(calls) == 4


def test_row_that_the_index_holds_twice_is_no_gap():
    def serve(search: Search, number: int) -> TextResponse:
        return page(2, [plain(f"1{search.status}TOPICSen", search.status)] * 2)

    spider = EuFundingTenders(now=NOW)
    assert len(everything(spider, serve)) == 2
    assert spider.notes == []


def test_too_many_results_are_asked_for_programme_by_programme():
    asked = []

    def serve(search: Search, number: int) -> TextResponse:
        asked.append(search.programme)
        if search.status == FORTHCOMING:
            return page(1, [plain("1TOPICSen", FORTHCOMING)])
        if search.programme is None:
            return page(sedia.WINDOW + 1, [plain("2TOPICSen")])
        return page(1, [plain(f"{search.programme[1]}000TOPICSen")])

    spider = EuFundingTenders(now=NOW)
    assert {call.source_key for call in everything(spider, serve)} == {"1TOPICS", "1000TOPICS", "2000TOPICS"}
    assert asked == [None, None, "P1", "P2"]
    assert spider.notes == ["gap: 9999 of 10001 open results were never shown, in two passes"]


def test_split_without_a_list_of_programmes_is_a_fault():
    spider = EuFundingTenders(now=NOW)
    with pytest.raises(SourceFault, match="no list of programmes"):
        list(spider.parse_page(page(sedia.WINDOW + 1, [plain("1TOPICSen")]), Search(OPEN), 1))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no whole JSON"),
        ("[]", "is no JSON object but a list"),
        ("{}", "changed its form: the search page: the field 'totalResults' is missing"),
        ('{"totalResults": "5", "results": []}', "totalResults: '5' is not a int"),
        ('{"totalResults": 5, "results": {}}', "results: {} is not a list"),
        ('{"totalResults": 5, "results": [1]}', "a result is no object"),
        ('{"totalResults": 5, "results": [{"reference": "r", "type": ["0"]}]}', "filter was ignored: r has type 0"),
        ('{"totalResults": 5, "results": [{"reference": "r", "status": "31094503"}]}', "r has status 31094503"),
        ('{"totalResults": 20001, "results": []}', "filter was ignored: the search service claims 20001"),
    ],
)
def test_page_of_another_form_is_a_fault(text, fault):
    with pytest.raises(SourceFault, match=fault):
        sedia.read_page(text, ("1", "8"), (OPEN,))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**7) | st.text(max_size=12) | st.sampled_from(["1", "8", OPEN, "[]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELD = st.sampled_from([*sedia.DISPLAY_FIELDS, "reference", "metadata", "url", "summary", "language"])
OVERVIEW = st.builds(
    lambda entry: json.dumps({"budgetTopicActionMap": {"1": [entry]}}),
    st.fixed_dictionaries(
        {"action": st.just("T - x")},
        optional=dict.fromkeys(("minContribution", "maxContribution", "expectedGrants", "budgetYearMap"), JSON),
    ),
)


@given(st.dictionaries(FIELD, JSON, max_size=12), st.dictionaries(FIELD, JSON, max_size=6), OVERVIEW)
def test_any_row_is_read_or_refused(metadata, row, overview):
    known = {"type": ["1"], "title": ["T"], "identifier": ["T"], "budgetOverview": [overview]}
    whole = {"reference": "1TOPICSen", "url": "https://x.eu/", "metadata": {**known, **metadata}, **row}
    notes: list[str] = []
    try:
        parse_topic(whole, {}, {"1": "https://x.eu/t/", "8": "https://x.eu/c/"}, notes.append)
    except (ParseError, ValidationError):
        return


@given(st.lists(st.dictionaries(FIELD, JSON, max_size=8), max_size=4))
def test_any_rows_end_in_calls_errors_or_a_fault(found):
    spider = EuFundingTenders(now=NOW)
    spider._searches.clear()
    try:
        results = list(spider.parse_page(page(len(found), found), Search(OPEN, second_pass=True), 1))
    except SourceFault:
        return
    assert all(isinstance(result, Call) for result in results)
