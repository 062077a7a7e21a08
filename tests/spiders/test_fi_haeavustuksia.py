import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hame_match.collect.haeavustuksia import check_list, is_gap, parse_notice, parse_page
from hame_match.collect.health import judge
from hame_match.collect.runner import Crawled, crawl
from hame_match.demo.haeavustuksia import SECTIONS, HaeavustuksiaSite
from hame_match.demo.server import ReplayServer, Request, Response
from hame_match.errors import ParseError, SourceFault
from hame_match.model.call import Call, CallStatus, SectionRole, status_at
from hame_match.model.run import Health
from hame_match.settings import CrawlSettings

NAME = "fi_haeavustuksia"
NOW = datetime(2026, 9, 14, 6, tzinfo=UTC)


def item(key: str = "va-ym-2026-14", **changes: object) -> dict[str, Any]:
    """Return an item of the list with the recorded keys."""
    return {
        "hakuasianAsianumero": key,
        "nimi": {"fi": f"Haku {key}", "sv": None, "en": None, "richFi": None, "richSv": None, "richEn": None},
        "kuvaus": {"fi": "Avustusta kunnille ja yhdistyksille.", "sv": None, "en": None},
        "hakuAlkaaDateTimeUtc": "2026-09-01T05:00:00.000Z",
        "hakuPaattyyDateTimeUtc": "2026-10-30T14:15:00.000Z",
        "hakuTyyppi": "Maaraaikainen",
        "julkaisuTyyppi": "Hakuilmoitus",
        "vastuullinenJarjestajaOrganisaatio": {"nimi": {"fi": "Ympäristöministeriö"}, "lyhenne": "YM"},
        **changes,
    }


def page(items: list[dict[str, Any]], total: int | None = None, pages: int = 1) -> dict[str, Any]:
    return {"totalCount": len(items) if total is None else total, "pageCount": pages, "hakuilmoitukset": items}


def read(parts: dict[str, object] | None = None, **changes: object) -> Call:
    return parse_notice(item(**changes), parts or {}, NOW)


# --- the list ---


@pytest.mark.parametrize("key", ["hakuasianAsianumero", "nimi", "kuvaus", "hakuTyyppi", "julkaisuTyyppi"])
def test_a_notice_without_a_mandatory_key_is_a_fault_that_names_the_key(key: str) -> None:
    broken = item()
    del broken[key]
    with pytest.raises(SourceFault, match=f"page 3 of the list: .* lacks the mandatory key {key}"):
        parse_page(page([broken]), 3)


@pytest.mark.parametrize("key", ["totalCount", "pageCount", "hakuilmoitukset"])
def test_a_page_without_a_mandatory_key_is_a_fault_that_names_the_key(key: str) -> None:
    broken = page([item()])
    del broken[key]
    with pytest.raises(SourceFault, match=key):
        parse_page(broken, 1)


@pytest.mark.parametrize("data", [[], None, "x", {"totalCount": "1", "pageCount": 1, "hakuilmoitukset": []}])
def test_another_shape_than_the_lists_is_a_fault(data: object) -> None:
    with pytest.raises(SourceFault):
        parse_page(data, 1)


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([page([], 0)], "the list is empty"),
        ([page([item("a")], 2, 2), page([item("b")], 3, 2)], "totalCount was 2, on page 2 3"),
        ([page([item("a")], 2, 2), page([item("a")], 2, 2)], "names a twice"),
        ([page([item("a")], 2)], "holds 1 notices but says totalCount 2"),
        ([page([item("a")], 3, 3), page([], 3, 3)], "page 2 of 3 of the list is empty"),
    ],
)
def test_pages_that_disagree_are_a_fault(pages: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(SourceFault, match=reason):
        check_list([parse_page(data, number) for number, data in enumerate(pages, 1)])


# --- times ---


def test_days_are_taken_in_helsinki_not_cut_from_utc() -> None:
    call = read(hakuAlkaaDateTimeUtc="2026-03-31T21:01:00Z", hakuPaattyyDateTimeUtc="2026-11-30T21:59:00Z")
    assert call.opens_on == date(2026, 4, 1)
    assert call.deadlines[0].on == date(2026, 11, 30)
    assert call.deadlines[0].at == datetime(2026, 11, 30, 21, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "end", "continuous", "deadline"),
    [
        ("Jatkuva", "2036-12-31T21:59:00Z", True, None),
        ("Jatkuva", "2030-12-30T21:59:00Z", True, None),
        ("Jatkuva", None, True, None),
        ("Jatkuva", "2026-12-31T21:59:00Z", True, date(2026, 12, 31)),
        ("Maaraaikainen", "2030-12-31T21:59:00Z", True, None),
        ("Maaraaikainen", "2029-06-30T20:59:00Z", False, date(2029, 6, 30)),
        ("Maaraaikainen", None, False, None),
    ],
)
def test_a_technical_end_is_no_deadline(kind: str, end: str | None, continuous: bool, deadline: date | None) -> None:
    call = read(hakuTyyppi=kind, hakuPaattyyDateTimeUtc=end)
    assert call.continuous is continuous
    assert [found.on for found in call.deadlines] == ([deadline] if deadline else [])


def test_a_notice_without_any_time_has_an_unknown_status() -> None:
    call = read(hakuAlkaaDateTimeUtc=None, hakuPaattyyDateTimeUtc=None)
    assert status_at(call, NOW) is CallStatus.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"hakuTyyppi": "Kertaluonteinen"}, "hakuTyyppi: 'Kertaluonteinen' is not one of Jatkuva, Maaraaikainen"),
        ({"hakuTyyppi": None}, "hakuTyyppi: None"),
        ({"julkaisuTyyppi": "Ennakkotieto"}, "julkaisuTyyppi: 'Ennakkotieto'"),
        ({"hakuPaattyyDateTimeUtc": "30.10.2026"}, "hakuPaattyyDateTimeUtc: '30.10.2026' is not an instant"),
        ({"hakuPaattyyDateTimeUtc": "2026-10-30T14:15:00"}, "no offset"),
        ({"hakuPaattyyDateTimeUtc": 1793369700}, "is not a str"),
        ({"hakuPaattyyDateTimeUtc": "2026-08-30T14:15:00Z"}, "before it opens"),
        ({"nimi": {"fi": None, "sv": None}}, "no title in any language"),
        ({"nimi": None}, "no title in any language"),
    ],
)
def test_a_value_of_an_unknown_kind_makes_the_record_unreadable(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ParseError, match=f"va-ym-2026-14: .*{problem}"):
        read(**changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["fi", "nimi", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(item())), value=json_values, part=json_values)
def test_whatever_a_field_holds_the_record_is_read_or_unreadable(key: str, value: object, part: object) -> None:
    try:
        call = parse_notice(item() | {key: value}, {"perustiedot": part}, NOW)
    except (ParseError, ValidationError):
        return
    assert call.titles


# --- who pays, and what it is ---


@pytest.mark.parametrize(
    ("organisation", "funder"),
    [
        ({"nimi": {"fi": "Museovirasto", "sv": "Museiverket"}, "lyhenne": "MV"}, "Museovirasto"),
        ({"nimi": {"fi": None, "sv": "Museiverket"}}, "Museiverket"),
        ({"nimi": None, "lyhenne": "MV"}, "MV"),
        ({}, "Suomen valtio"),
        (None, "Suomen valtio"),
    ],
)
def test_the_funder_is_the_organisation_or_else_the_state(organisation: object, funder: str) -> None:
    assert read(vastuullinenJarjestajaOrganisaatio=organisation).funder == funder


def test_the_id_is_one_segment_of_the_address() -> None:
    call = parse_notice(item("va ä/1"), {}, NOW)
    assert call.url == "https://www.haeavustuksia.fi/fi/haku/va%20%C3%A4%2F1"
    assert call.source_key == "va ä/1"


@pytest.mark.parametrize(
    ("parts", "form"),
    [
        ({"yleistiedot": {"avustuslaji": "MuuErityisavustus"}}, "Muu erityisavustus"),
        ({"perustiedot": {"tiedot": [{"avustusLaji": {"fi": "Hankeavustus"}}]}}, "Hankeavustus"),
        ({"yleistiedot": {"avustuslaji": None}}, None),
        ({}, None),
    ],
)
def test_the_form_of_the_grant_is_taken_where_the_notice_gives_it(parts: dict[str, object], form: str | None) -> None:
    assert read(parts).type_of_action == form


# --- text ---


def test_sections_tell_by_their_name_what_they_are_about() -> None:
    parts: dict[str, object] = {name: {"x": {"fi": f"Teksti {name}"}} for name in (*SECTIONS, "ehdot")}
    roles = {section.text: section.role for section in read(parts).sections}
    assert roles == {
        "Avustusta kunnille ja yhdistyksille.": SectionRole.DESCRIPTION,
        "Teksti yleistiedot": SectionRole.DESCRIPTION,
        "Teksti hakuaika": SectionRole.CONDITIONS,
        "Teksti perustiedot": SectionRole.DESCRIPTION,
        "Teksti myontoperusteet": SectionRole.ELIGIBILITY,
        "Teksti arviointiperusteet": SectionRole.CRITERIA,
        "Teksti lisaehdot": SectionRole.CONDITIONS,
        "Teksti ehdot": SectionRole.CONDITIONS,
    }


def test_the_purpose_inside_the_grounds_for_granting_is_what_the_call_is_about() -> None:
    html = (
        "<h3>Kenelle/mille avustusta voidaan myöntää</h3><p>Kunnille.</p>"
        "<h3>Mihin käyttötarkoituksiin avustusta voidaan myöntää</h3><p>Kosteikkoihin.</p>"
    )
    by_heading = read({"myontoperusteet": {"sisalto": {"fi": html}}}).sections[1:]
    by_key = read({"myontoperusteet": {"kayttotarkoitukset": {"fi": "Kosteikkoihin."}}}).sections[1:]
    assert [(section.role, section.text) for section in by_heading] == [
        (SectionRole.ELIGIBILITY, "Kunnille."),
        (SectionRole.SCOPE, "Kosteikkoihin."),
    ]
    assert [section.role for section in by_key] == [SectionRole.SCOPE]


def test_a_text_repeated_word_for_word_stands_once() -> None:
    summary = {"x": {"fi": "Avustusta kunnille ja yhdistyksille."}, "nimi": {"fi": "Haku va-ym-2026-14"}}
    assert len(read({"yleistiedot": summary, "perustiedot": summary}).sections) == 1


def test_links_never_count_as_what_a_call_is_about() -> None:
    call = read({"perustiedot": {"linkki": {"url": "https://a.example/", "text": "Lue lisää"}}})
    assert [section.role for section in call.sections] == [SectionRole.DESCRIPTION, SectionRole.CONDITIONS]


@pytest.mark.parametrize("served", [{}, None, [], "x", {"error": {"code": "X"}}, {"errors": ["X"], "a": 1}])
def test_an_empty_or_error_object_is_a_gap(served: object) -> None:
    assert is_gap(served)


@pytest.mark.parametrize("served", [{"a": 1}, {"error": None, "a": 1}])
def test_an_object_with_content_is_no_gap(served: object) -> None:
    assert not is_gap(served)


# --- whole crawls, in a child process ---


def notices(number: int) -> list[dict[str, Any]]:
    sections: dict[str, Any] = {name: {"kohta": {"fi": f"Tietoa osasta {name}."}} for name in SECTIONS}
    found = [{"item": item(f"va-ym-2026-{n}"), "sections": copy.deepcopy(sections)} for n in range(1, number + 1)]
    found[0]["sections"]["lisaehdot"]["hasVakioehdot"] = True
    found[0]["vakioehdot"] = {"yleista": {"teksti": {"fi": "Sovelletaan valtionavustuslakia."}}}
    return found


def crawl_site(site: Any) -> tuple[Crawled, Health, str, list[str]]:
    with ReplayServer({site.hosts[0]: site}) as server:
        crawled = crawl(NAME, CrawlSettings(replay=server.url, retries=0), NOW)
        asked = [f"{seen.path}?{seen.query}" for seen in server.requests]
    return crawled, *judge(crawled.report, [], 1), asked


class Broken:
    """The site with other answers under the paths that hold a word."""

    hosts = HaeavustuksiaSite.hosts

    def __init__(self, site: HaeavustuksiaSite, word: str, response: Response) -> None:
        self.site, self.word, self.response = site, word, response

    def respond(self, request: Request) -> Response:
        return self.response if self.word in request.path else self.site.respond(request)


def test_a_crawl_brings_every_notice_with_every_section() -> None:
    crawled, health, reason, asked = crawl_site(HaeavustuksiaSite(notices(3), now=NOW))
    assert (health, reason) == (Health.OK, "")
    assert [call.source_key for call in crawled.calls] == ["va-ym-2026-1", "va-ym-2026-2", "va-ym-2026-3"]
    assert {section.heading for section in crawled.calls[0].sections} >= {"Perustiedot: kohta", "Vakioehdot: yleistä"}
    assert sum("vakioehdot" in path for path in asked) == 5
    assert sum("hakemuslomake" in path for path in asked) == 0
    assert crawled.report.unused_keys == {}


def test_a_long_list_is_read_page_by_page_with_the_switches_set() -> None:
    crawled, health, _, asked = crawl_site(HaeavustuksiaSite(notices(101), now=NOW))
    lists = [path for path in asked if "list-items" in path]
    assert (len(crawled.calls), health, len(lists)) == (101, Health.OK, 2)
    for part in ("ShowFuture=true", "ShowOngoing=true", "ShowEnded=false", "HideExternal=false", "PageSize=100"):
        assert part in lists[0]


@pytest.mark.parametrize(
    ("fault", "number", "words"),
    [
        ("empty", 2, "list is empty"),
        ("missing_key", 2, "lacks the mandatory key hakuasianAsianumero"),
        ("repeat_id", 2, "names va-ym-2026-1 twice"),
        ("total_changes", 101, "totalCount was 101, on page 2 102"),
        ("section_404", 2, "o section of any of the 2 notices was served"),
        ("section_error_object", 2, "o section of any of the 2 notices was served"),
    ],
)
def test_a_fault_of_the_source_fails_the_run_and_says_why(fault: str, number: int, words: str) -> None:
    _, health, reason, _ = crawl_site(HaeavustuksiaSite(notices(number), now=NOW, faults=[fault]))
    assert health is Health.FAILED
    assert words in reason


@pytest.mark.parametrize("fault", ["section_404", "section_error_object"])
def test_a_missing_section_is_a_gap_and_no_failure(fault: str) -> None:
    crawled, health, _, _ = crawl_site(HaeavustuksiaSite(notices(3), now=NOW, faults={fault: 1}))
    assert (len(crawled.calls), health) == (3, Health.OK)
    assert any("empty or not served for 1 of 3 notices" in note for note in crawled.report.notes)


def test_a_notice_without_any_section_is_kept_and_doubted() -> None:
    site = Broken(HaeavustuksiaSite(notices(3), now=NOW), "va-ym-2026-2/hakuilmoitus", Response(404))
    crawled, health, reason, _ = crawl_site(site)
    assert (len(crawled.calls), health) == (3, Health.SUSPECT)
    assert "1 notices were served without any section, such as va-ym-2026-2" in reason


def test_the_start_page_in_place_of_a_section_is_a_gap() -> None:
    shell = Response(200, b"<!doctype html><div id=root></div>", "text/html")
    crawled, health, _, _ = crawl_site(Broken(HaeavustuksiaSite(notices(2), now=NOW), "arviointi", shell))
    assert (len(crawled.calls), health) == (2, Health.OK)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_section_that_fails_otherwise_fails_the_run_so_that_no_call_loses_its_text(status: int) -> None:
    site = Broken(HaeavustuksiaSite(notices(2), now=NOW), "perustiedot", Response(status))
    _, health, reason, _ = crawl_site(site)
    assert health is Health.FAILED
    assert f"answered HTTP {status}" in reason


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (Response(500), "answered HTTP 500"),
        (Response(404), "answered HTTP 404"),
        (Response(200, b"<html></html>", "text/html"), "is not JSON"),
        (Response(200, b"[]"), "is not an object but list"),
    ],
)
def test_a_missing_list_fails_the_run(response: Response, words: str) -> None:
    _, health, reason, _ = crawl_site(Broken(HaeavustuksiaSite(notices(2), now=NOW), "list-items", response))
    assert health is Health.FAILED
    assert words in reason


def test_a_record_that_cannot_be_read_is_counted_and_the_others_are_kept() -> None:
    served = notices(6)
    served[2]["item"]["hakuTyyppi"] = "Kertaluonteinen"
    crawled, health, reason, _ = crawl_site(HaeavustuksiaSite(served, now=NOW))
    assert (len(crawled.calls), health) == (5, Health.SUSPECT)
    assert "va-ym-2026-3: hakuTyyppi: 'Kertaluonteinen'" in reason


def test_keys_nobody_reads_are_counted() -> None:
    served = notices(2)
    served[0]["item"]["tunnuskuva"] = "ym.svg"
    crawled, *_ = crawl_site(HaeavustuksiaSite(served, now=NOW))
    assert crawled.report.unused_keys == {"tunnuskuva": 1}


def test_the_same_answers_give_the_same_calls() -> None:
    site = HaeavustuksiaSite(notices(2), now=NOW)
    first, second = crawl_site(site)[0].calls, crawl_site(site)[0].calls
    assert json.dumps([call.model_dump(mode="json") for call in first]) == json.dumps(
        [call.model_dump(mode="json") for call in second]
    )
