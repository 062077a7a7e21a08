import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hame_match.collect.eura import is_over, parse_detail, parse_list, parse_notice, region_rule, window
from hame_match.collect.health import judge
from hame_match.collect.runner import Crawled, crawl
from hame_match.demo.eura import EuraSite
from hame_match.demo.server import ReplayServer, Request, Response
from hame_match.errors import ParseError, SourceFault
from hame_match.model.call import Call, CallStatus, SectionRole, status_at
from hame_match.model.run import Health
from hame_match.settings import CrawlSettings

NAME = "fi_eura2021"
NOW = datetime(2026, 9, 14, 6, tzinfo=UTC)
CODES: dict[str, dict[str, Any]] = {
    "rahasto": {"EAKR": {"fi": "Euroopan aluekehitysrahasto (EAKR)"}, "JTF": {"fi": "JTF"}},
    "alue": {
        "VALTAKUNNALLINEN": {"fi": "Valtakunnallinen"},
        "ETELA_SUOMI": {"fi": "Etelä-Suomi"},
        "LANSI_SUOMI": {"fi": "Länsi-Suomi"},
        "KAUPUNGIT": {"fi": "Suuret kaupungit"},
    },
    "viranomainen": {"2601": {"fi": "Uudenmaan liitto"}, "2619": {"fi": "Lapin liitto"}},
    "maakunta": {"ylimaakunnallinen": {"fi": "Ylimaakunnallinen"}, "valtakunnallinen/S": {"fi": "Valtakunnallinen"}},
    "kustannusmalli": {"FLAT40": {"fi": "Palkat ja 40 %"}, "X": {"fi": "Yksi"}},
    "muu": {"X": {"fi": "Toinen"}},
}
SOUTH = ("FI1B1", "FI1C1", "FI1C2", "FI1C6", "FI1C7", "FI1C5")


def row(key: str = "a1", **changes: object) -> dict[str, Any]:
    return {
        "id": key,
        "tila": "haettavissa",
        "hakuaika": {"alku": "2026-09-01", "loppu": "2026-10-30"},
        "otsikko": f"Haku {key}",
        "rahasto": "EAKR",
        "viranomainen": "2601",
        "hakutunnus": f"UUMLII-{key}",
        **changes,
    }


def html(data: object, *, encode: bool = True) -> str:
    text = json.dumps({"preRenderData": data}, ensure_ascii=False)
    return f'<html><script type="__PREACT_CLI_DATA__">{quote(text, safe="+") if encode else text}</script></html>'


def listed(rows: list[Any]) -> str:
    return html({"hankehaku": rows, "koodisto": CODES})


def read(notice: dict[str, Any] | None = None, **changes: object) -> Call:
    notes: list[str] = []
    return parse_notice(row(**changes), notice, CODES, NOW, notes.append)


# --- the pages ---


@pytest.mark.parametrize("encode", [True, False])
def test_the_data_of_a_page_are_decoded_and_a_plus_stays_a_plus(encode: bool) -> None:
    served = html({"hankehaku": [row(rahasto="ESR+", otsikko="100 % ä")], "koodisto": {}}, encode=encode)
    listing = parse_list(served)
    assert (listing.rows[0]["rahasto"], listing.rows[0]["otsikko"]) == ("ESR+", "100 % ä")


@pytest.mark.parametrize(
    ("served", "words"),
    [
        ("<html></html>", "no script __PREACT_CLI_DATA__"),
        ('<script type="__PREACT_CLI_DATA__">%7B%22pre</script>', "no percent-encoded JSON"),
        ('<script type="__PREACT_CLI_DATA__">%7B%22a%22%3A%22%E4%22%7D</script>', "no percent-encoded JSON"),
        ('<script type="__PREACT_CLI_DATA__">%5B%5D</script>', "no object preRenderData"),
        (html({"koodisto": {}}), "'hankehaku' is missing"),
        (html({"hankehaku": []}), "'koodisto' is missing"),
        (listed([]), "the list has no rows"),
        (listed(["x"]), "row 1 of the list has no id"),
        (listed([row("a"), row("a")]), "names a twice"),
        (listed([row("a"), row("b", tila="avoin")]), "b has the unknown tila 'avoin' .*haettavissa, julkaistu"),
        (listed([row("a", tila=None)]), "unknown tila None"),
        (listed([row("a", tila=["haettavissa"])]), "unknown tila"),
    ],
)
def test_a_list_that_cannot_be_trusted_is_a_fault(served: str, words: str) -> None:
    with pytest.raises(SourceFault, match=words):
        parse_list(served)


@pytest.mark.parametrize(
    ("served", "words"),
    [
        ("<html></html>", "a1: the page has no script"),
        (html({"koodisto": {}}), "a1: its page has no ilmoitus"),
        (html({"ilmoitus": {"id": "b2"}}), "a1: its page holds another notice, b2"),
    ],
)
def test_a_page_without_its_notice_is_refused(served: str, words: str) -> None:
    with pytest.raises(SourceFault, match=words):
        parse_detail(served, "a1")


# --- time and state ---


@pytest.mark.parametrize(
    ("changes", "over"),
    [
        ({}, False),
        ({"tila": "julkaistu"}, False),
        ({"hakuaika": {"alku": "2026-05-01", "loppu": "2026-09-14"}}, False),
        ({"hakuaika": {"alku": "2026-05-01", "loppu": "2026-09-13"}}, True),
        ({"hakuaika": None}, False),
        ({"tila": "paattynyt", "hakuaika": None}, True),
        ({"tila": "paattynyt", "hakuaika": {"alku": "1.4.2022"}}, True),
        ({"tila": "paattynyt"}, False),
    ],
)
def test_the_dates_decide_what_is_over(changes: dict[str, object], over: bool) -> None:
    assert is_over(row(**changes), NOW) is over


def test_the_last_day_lasts_until_midnight_in_helsinki() -> None:
    last = row(hakuaika={"alku": "2026-05-01", "loppu": "2026-09-14"})
    assert not is_over(last, datetime(2026, 9, 14, 20, 59, tzinfo=UTC))
    assert is_over(last, datetime(2026, 9, 14, 21, 1, tzinfo=UTC))


def test_a_notice_closed_before_its_last_day_becomes_a_closed_call() -> None:
    call = read({"jatkuvaHaku": True}, tila="paattynyt", alue="VALTAKUNNALLINEN")
    assert status_at(call, NOW) is CallStatus.CLOSED


@pytest.mark.parametrize(("tila", "status"), [("haettavissa", CallStatus.OPEN), ("julkaistu", CallStatus.FORTHCOMING)])
def test_without_dates_the_sources_word_counts(tila: str, status: CallStatus) -> None:
    assert status_at(read(tila=tila, hakuaika=None), NOW) is status


def test_dates_without_a_clock_time_stay_whole_days() -> None:
    call = read()
    assert (call.opens_on, call.opens_at) == (date(2026, 9, 1), None)
    assert (call.deadlines[0].on, call.deadlines[0].at) == (date(2026, 10, 30), None)


@pytest.mark.parametrize(
    ("notice", "end", "continuous", "deadlines"),
    [
        ({"jatkuvaHaku": True}, "2030-12-31", True, 0),
        ({"jatkuvaHaku": True}, "2027-12-31", True, 1),
        ({"jatkuvaHaku": None}, "2026-10-30", False, 1),
        ({}, "2030-12-31", True, 0),
        (None, "2026-10-30", False, 1),
    ],
)
def test_a_technical_end_is_no_deadline(
    notice: dict[str, Any] | None, end: str, continuous: bool, deadlines: int
) -> None:
    call = read(notice, hakuaika={"alku": "2026-01-12", "loppu": end})
    assert (call.continuous, len(call.deadlines)) == (continuous, deadlines)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"alku": "1.9.2026", "loppu": "2026-10-30"}, "hakuaika.alku: '1.9.2026' is not a date"),
        ({"alku": 20260901}, "hakuaika.alku"),
        ({"alku": "2026-10-30", "loppu": "2026-09-01"}, "before it starts"),
        ("1.9.–30.10.2026", "is no period"),
    ],
)
def test_a_period_that_is_none_makes_the_record_unreadable(period: object, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        window(row(hakuaika=period))


# --- the region ---

NATIONAL, NOT_SAID = (), None
REGIONS = {
    "listed": ({"alue": "ETELA_SUOMI", "maakunnat": ["01", "05"]}, ("FI1B1", "FI1C2"), "Haku koskee Kanta-Hämettä"),
    "listed without an area": ({"maakunnat": ["05"]}, ("FI1C2",), "Haku koskee Kanta-Hämettä"),
    "national": ({"alue": "VALTAKUNNALLINEN", "maakunnat": []}, NATIONAL, "Valtakunnallinen haku"),
    "national by its regions": ({"maakunnat": ["valtakunnallinen/S"]}, NATIONAL, "Valtakunnallinen haku"),
    "all of the south": (
        {"alue": "ETELA_SUOMI", "maakunnat": []},
        SOUTH,
        "Haku koskee Etelä-Suomea, myös Kanta-Hämettä",
    ),
    "all of the south, no list": ({"alue": "ETELA_SUOMI"}, SOUTH, "Haku koskee Etelä-Suomea, myös Kanta-Hämettä"),
    "elsewhere in the south": (
        {"alue": "ETELA_SUOMI", "maakunnat": ["01"]},
        ("FI1B1",),
        "Vain kumppanina: haku koskee Uuttamaata",
    ),
    "three regions elsewhere": (
        {"alue": "LANSI_SUOMI", "maakunnat": ["06", "13", "15"]},
        ("FI19B", "FI198", "FI19A"),
        "Vain kumppanina: haku koskee Pirkanmaata, Keski-Suomea ja Pohjanmaata",
    ),
    "an area elsewhere": (
        {"alue": "LANSI_SUOMI", "maakunnat": []},
        ("FI19",),
        "Vain kumppanina: haun alue on Länsi-Suomi",
    ),
    "an area nobody knows": (
        {"alue": "KAUPUNGIT"},
        NOT_SAID,
        "Haun alue on Suuret kaupungit: tarkista, koskeeko se Kanta-Hämettä",
    ),
    "across regions": (
        {"maakunnat": ["ylimaakunnallinen"]},
        NOT_SAID,
        "Ylimaakunnallinen haku, jonka maakunnat eivät käy ilmi",
    ),
    "nothing said": ({}, NOT_SAID, "Haun alue ei käy ilmi"),
    "just transition elsewhere": (
        {"rahasto": "JTF", "maakunnat": ["19"]},
        ("FI1D7",),
        "Vain kumppanina: haku koskee Lappia. JTF-rahoitusta ei myönnetä Kanta-Hämeeseen",
    ),
}


@pytest.mark.parametrize(("changes", "regions", "note"), REGIONS.values(), ids=REGIONS.keys())
def test_how_far_a_notice_concerns_kanta_hame(
    changes: dict[str, object], regions: tuple[str, ...] | None, note: str
) -> None:
    call = read(**changes)
    assert (call.regions, call.region_note) == (regions, note)


@pytest.mark.parametrize(
    "text",
    [
        "Hanke toteutetaan Kanta-Hämeessä.",
        "KANTA-HÄMEEN kunnat voivat hakea",
        "myös Kanta‑Hämettä koskevat hankkeet",
        "Kanta-Häme ja Pirkanmaa",
        "Kanta- ja Päijät-Hämeen yhteinen haku",
        "Kanta-, Päijät- ja Etelä-Hämeen",
        "projekt i Egentliga Tavastland",
    ],
)
def test_a_notice_that_names_the_region_is_relevant_wherever_it_is_for(text: str) -> None:
    rule = region_rule(row(alue="LANSI_SUOMI", maakunnat=["06"]), CODES, [text])
    assert rule.regions == ("FI19B", "FI1C2")
    assert rule.note == "Haun kuvauksessa mainitaan Kanta-Häme"


@pytest.mark.parametrize("text", ["Päijät-Hämeessä", "Hämeen liitto", "Hämeenlinna", "kanta-asiakkaat", "Etelä-Häme"])
def test_other_names_do_not_make_it_relevant(text: str) -> None:
    rule = region_rule(row(alue="LANSI_SUOMI", maakunnat=["06"]), CODES, [text])
    assert rule.note == "Vain kumppanina: haku koskee Pirkanmaata"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"maakunnat": ["5"]}, "maakunnat: '5' is not in the code list"),
        ({"maakunnat": "05"}, "'05' is not a list of codes"),
        ({"maakunnat": [5]}, "is not a list of codes"),
        ({"alue": "ETELÄ"}, "alue: 'ETELÄ' is not in the code list"),
        ({"viranomainen": "1"}, "viranomainen: '1' is not in the code list"),
        ({"rahasto": "XYZ"}, "rahasto: 'XYZ' is not in the code list"),
        ({"hakutunnus": None}, "hakutunnus"),
        ({"otsikko": None}, "otsikko"),
    ],
)
def test_an_unknown_code_makes_the_record_unreadable(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read(**changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["fi", "alku", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
optional_keys = st.sampled_from(sorted({*row(), "alue", "maakunnat", "eakrTyyppi"} - {"id", "tila"}))
detail_keys = st.sampled_from(["kuvaus", "kokonaistuki", "jatkuvaHaku", "lisatiedot"])


@given(key=optional_keys, value=json_values, detail_key=detail_keys, detail=json_values)
def test_whatever_a_field_holds_the_record_is_read_or_unreadable(
    key: str, value: object, detail_key: str, detail: object
) -> None:
    changed = row() | {key: value}
    notes: list[str] = []
    try:
        is_over(changed, NOW)
        call = parse_notice(changed, {detail_key: detail}, CODES, NOW, notes.append)
    except (ParseError, ValidationError):
        return
    assert call.titles


# --- money and text ---


@pytest.mark.parametrize(
    ("value", "total"),
    [("1\u00a0250\u00a0000,50 €", "1250000.50"), ("4 200 000", "4200000"), (0, None), ("", None), (None, None)],
)
def test_the_total_support_is_the_budget(value: object, total: str | None) -> None:
    call = read({"kokonaistuki": value})
    assert (None if call.budget_total is None else str(call.budget_total)) == total


def test_money_that_cannot_be_read_is_noted_and_does_not_cost_the_call() -> None:
    notes: list[str] = []
    call = parse_notice(row(), {"kokonaistuki": "sovitaan"}, CODES, NOW, notes.append)
    assert call.budget_total is None
    assert "'sovitaan' is not an amount" in notes[0]


def test_only_codes_that_occur_in_the_notice_are_named() -> None:
    call = read({"kustannukset": {"mallit": ["FLAT40"]}, "tunniste": "X", "kuvaus": "<p>Haku.</p>"})
    texts = [section.text for section in call.sections]
    assert texts == ["Haku.", "Palkat ja 40 %"]


def test_keys_tell_by_their_name_what_they_are_about() -> None:
    notice = {
        "valintaperusteet": "Hankkeet pisteytetään näin.",
        "tukikelpoisetHakijat": "Kunnat ja korkeakoulut hakevat.",
        "erityistavoite": "Tutkimus ja innovaatiot etenevät.",
        "lisatiedot": "Kysy lisää rahoittajan neuvonnasta.",
    }
    roles = [section.role for section in read(notice).sections]
    assert roles == [SectionRole.CRITERIA, SectionRole.ELIGIBILITY, SectionRole.OBJECTIVE, SectionRole.CONDITIONS]


# --- whole crawls, in a child process ---


def site(number: int = 3, **options: Any) -> EuraSite:
    notices = [{"row": row(f"a{n}", alue="VALTAKUNNALLINEN"), "ilmoitus": {"kuvaus": f"<p>Kuvaus {n}</p>"}}
               for n in range(1, number + 1)]  # fmt: skip
    ended = {
        "row": row("old", tila="paattynyt", hakuaika={"alku": "2022-01-01", "loppu": "2022-03-01"}),
        "ilmoitus": {},
    }
    return EuraSite([*notices, ended], CODES, **options)


def crawl_site(served: Any) -> tuple[Crawled, Health, str, list[str]]:
    with ReplayServer({EuraSite.hosts[0]: served}) as server:
        crawled = crawl(NAME, CrawlSettings(replay=server.url, retries=0), NOW)
        asked = [seen.path for seen in server.requests]
    return crawled, *judge(crawled.report, [], 1), asked


class Broken:
    """The site with another answer for one path."""

    def __init__(self, inner: EuraSite, path: str, response: Response) -> None:
        self.inner, self.path, self.response = inner, path, response

    def respond(self, request: Request) -> Response:
        return self.response if request.path == self.path else self.inner.respond(request)


def test_a_crawl_brings_what_is_open_with_its_own_page_and_counts_what_ended() -> None:
    crawled, health, reason, asked = crawl_site(site())
    assert (health, reason) == (Health.OK, "")
    assert [(call.source_key, call.sections[0].text) for call in crawled.calls] == [
        ("a1", "Kuvaus 1"), ("a2", "Kuvaus 2"), ("a3", "Kuvaus 3"),
    ]  # fmt: skip
    assert crawled.report.skipped == {"ended": 1}
    assert not any("old" in path for path in asked)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no_script", "no script __PREACT_CLI_DATA__"),
        ("bad_json", "no percent-encoded JSON"),
        ("empty", "he list has no rows"),
        ("unknown_tila", "a1 has the unknown tila 'siirretty'"),
        ("detail_404", "he page of none of the 3 notices was served"),
    ],
)
def test_a_fault_of_the_source_fails_the_run_and_says_why(fault: str, words: str) -> None:
    _, health, reason, _ = crawl_site(site(faults=[fault]))
    assert health is Health.FAILED
    assert words in reason


@pytest.mark.parametrize("response", [Response(404), Response(200, b"<html></html>", "text/html")])
def test_a_notice_without_its_own_page_keeps_what_the_list_says(response: Response) -> None:
    crawled, health, reason, _ = crawl_site(Broken(site(), "/hakuilmoitukset/hakuilmoitus/a2/", response))
    assert (len(crawled.calls), health) == (3, Health.SUSPECT)
    assert "without their own page: UUMLII-a2" in reason


@pytest.mark.parametrize("path", ["/hakuilmoitukset/", "/hakuilmoitukset/hakuilmoitus/a2/"])
def test_a_server_error_fails_the_run_so_that_no_call_loses_its_text(path: str) -> None:
    _, health, reason, _ = crawl_site(Broken(site(), path, Response(500)))
    assert health is Health.FAILED
    assert "answered HTTP 500" in reason


def test_a_record_that_cannot_be_read_is_counted_and_the_others_are_kept() -> None:
    served = [{"row": row(f"a{n}"), "ilmoitus": {}} for n in range(1, 7)]
    served[0]["row"]["viranomainen"] = "1"
    served += [{"row": row("b1", hakuaika={"alku": "heti"}), "ilmoitus": {}}]
    served += [{"row": row(f"c{n}"), "ilmoitus": {}} for n in range(1, 7)]
    crawled, health, reason, _ = crawl_site(EuraSite(served, CODES))
    assert (len(crawled.calls), health) == (11, Health.SUSPECT)
    assert "2 of 13 records could not be read" in reason
