"""The demo's calls are what they claim: enough of them, alive at the demo's clock, honest about what is real."""

import json
import re
from datetime import date, datetime
from urllib.parse import unquote, urlencode

import pytest

from hame_match.demo.eura import HOST as EURA
from hame_match.demo.haeavustuksia import HOST as HAE
from hame_match.demo.haeavustuksia import SECTIONS
from hame_match.demo.sedia import API_HOST, FACET_PATH, PORTAL_HOST, SEARCH_PATH
from hame_match.demo.server import ReplayServer
from hame_match.demo.sites import DATA, DEMO_NOW, demo_sites
from tests.demo.client import MULTIPART, ask, multipart

TODAY = DEMO_NOW.date()
FILES = ("sedia.json", "haeavustuksia.json", "eura2021.json")


def read(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server():
    with ReplayServer(demo_sites()) as running:
        yield running


@pytest.fixture(scope="module")
def sedia(server):
    query = {"bool": {"must": [{"terms": {"type": ["1", "8"]}}, {"terms": {"status": ["31094501", "31094502"]}}]}}
    parts = {"query": query, "languages": ["en"], "sort": {"field": "identifier", "order": "ASC"}}
    params = urlencode({"apiKey": "SEDIA", "text": "***", "pageSize": 100, "pageNumber": 1})
    return ask(f"{server.url}/{API_HOST}{SEARCH_PATH}?{params}", multipart(parts), MULTIPART).json


def words(text):
    return len(re.sub(r"<[^>]+>", " ", text).split())


def test_clock_is_the_morning_of_the_third_of_august_in_helsinki():
    assert DEMO_NOW.isoformat() == "2026-08-03T09:00:00+03:00"


def test_every_host_has_its_site():
    assert set(demo_sites()) == {PORTAL_HOST, API_HOST, HAE, EURA}


def test_there_are_about_fifty_calls():
    count = len(read("sedia.json")["topics"]) + len(read("sedia.json")["cascade"])
    count += len(read("haeavustuksia.json")["notices"]) + len(read("eura2021.json")["notices"])
    assert 50 <= count <= 60


@pytest.mark.parametrize("name", FILES)
def test_every_record_says_what_in_it_is_real(name):
    data = read(name)
    for record in [entry for key in ("topics", "cascade", "notices") for entry in data.get(key, [])]:
        assert re.search("real|constructed", record["_facts"]), record


@pytest.mark.parametrize("name", FILES)
def test_texts_name_no_person_and_no_address(name):
    text = (DATA / name).read_text(encoding="utf-8")
    assert "@" not in text
    assert not re.search(r"\+358|\b0\d{2} \d{3} \d{4}\b", text)


def test_search_serves_nuisances_beside_the_calls(sedia):
    references = [row["reference"] for row in sedia["results"]]
    assert sedia["totalResults"] == len(references) == 25 + 7 + 2 + 1
    assert len(set(references)) == len(references) - 1
    assert sum("metadata" not in row for row in sedia["results"]) == 1
    fields = [row.get("metadata", row) for row in sedia["results"]]
    assert sum(entry["DATASOURCE"] == ["SEDIA_PRD_CENTRICITY"] for entry in fields) == 2


def test_topics_have_a_fair_text_with_headings():
    for topic in read("sedia.json")["topics"]:
        if topic["identifier"] == "DIGITAL-2026-SKILLS-10-EDTECH":
            assert "description" not in topic
            continue
        assert 120 <= words(topic["description"]) <= 250, topic["identifier"]
        assert 'class="topicdescriptionkind">Scope:' in topic["description"]


def test_eu_calls_show_every_state_at_the_demos_clock():
    topics = {topic["identifier"]: topic for topic in read("sedia.json")["topics"]}
    two_stage = topics["HORIZON-CL6-2026-02-FARM2FORK-01-two-stage"]
    assert two_stage["deadlines"][0] < TODAY.isoformat() < two_stage["deadlines"][1]
    last = {key: date.fromisoformat(topic["deadlines"][-1][:10]) for key, topic in topics.items()}
    assert all(day > TODAY for day in last.values())
    assert sum((day - TODAY).days <= 14 for day in last.values()) >= 1
    started = {key: date.fromisoformat(topic["start"][:10]) <= TODAY for key, topic in topics.items()}
    assert sum(started.values()) >= 15
    assert sum(not begun for begun in started.values()) >= 4
    stale = topics["PPPA-2026-YOUTH-SOCIAL-MEDIA-DESIGN"]
    assert (stale["status"], stale["start"]) == ("31094501", "2026-07-30"), "begun, though its status says otherwise"


def test_labels_are_served_encoded_and_some_codes_have_none(server):
    parts = {"query": {"bool": {"must": []}}, "languages": ["en"]}
    answer = ask(f"{server.url}/{API_HOST}{FACET_PATH}?apiKey=SEDIA&text=***", multipart(parts), MULTIPART).json
    values = {facet["name"]: {v["rawValue"]: v["value"] for v in facet["values"]} for facet in answer["facets"]}
    assert values["frameworkProgramme"]["43637601"] == "Pilot Projects %26 Preparation Actions (PPPA)"
    assert values["frameworkProgramme"]["43353764"] == "Erasmus  (ERASMUS )"
    assert values["programmeDivision"]["45288972"] == "45288972"


def test_notices_have_all_sections_and_say_who_may_apply(server):
    params = urlencode({"Pagination.PageSize": 100, "ShowFuture": "true", "ShowOngoing": "true", "ShowEnded": "true"})
    items = ask(f"{server.url}/{HAE}/api/haku/list-items?{params}").json["hakuilmoitukset"]
    assert len(items) == 13
    for item in items:
        key = item["hakuasianAsianumero"]
        got = {name: ask(f"{server.url}/{HAE}/api/haku/{key}/hakuilmoitus/{name}").json for name in SECTIONS}
        assert all(got.values()), key
        who = got["myontoperusteet"]["kenelleAvustustaVoidaanMyontaa"]["fi"]
        assert "voidaan myöntää" in who
        assert "ei voida myöntää" in who
        if got["lisaehdot"]["hasVakioehdot"]:
            assert ask(f"{server.url}/{HAE}/api/haku/{key}/vakioehdot/ehdot").status == 200
        if got["yleistiedot"]["isHakulomakePreviewEligible"]:
            assert ask(f"{server.url}/{HAE}/api/haku/{key}/hakemuslomake/HakijanTiedot").status == 200


def test_notices_show_every_state_at_the_demos_clock():
    states = {"future": 0, "ongoing": 0, "ended": 0}
    for notice in read("haeavustuksia.json")["notices"]:
        start, end = (
            datetime.fromisoformat(notice["item"][name]) for name in ("hakuAlkaaDateTimeUtc", "hakuPaattyyDateTimeUtc")
        )
        states["future" if start > DEMO_NOW else "ended" if end < DEMO_NOW else "ongoing"] += 1
    assert states == {"future": 1, "ongoing": 11, "ended": 1}


def test_structural_fund_notices_resolve_their_codes(server):
    page = ask(f"{server.url}/{EURA}/hakuilmoitukset/").text
    data = json.loads(unquote(re.search(r'__PREACT_CLI_DATA__">([^<]*)<', page)[1]))["preRenderData"]
    codes = data["koodisto"]
    assert len(data["hankehaku"]) == 10
    for row in data["hankehaku"]:
        assert row["rahasto"] in codes["rahasto"]
        assert row.get("viranomainen", "2601") in codes["viranomainen"]
        assert row.get("alue", "ETELA_SUOMI") in codes["alue"]
        assert set(row.get("maakunnat", [])) <= set(codes["maakunta"])
        detail = ask(f"{server.url}/{EURA}/hakuilmoitukset/hakuilmoitus/{row['id']}/").text
        notice = json.loads(unquote(re.search(r'__PREACT_CLI_DATA__">([^<]*)<', detail)[1]))["preRenderData"][
            "ilmoitus"
        ]
        assert notice["otsikko"] == row["otsikko"]
        assert set(notice["erityistavoitteet"]) <= set(codes["erityistavoite"])


def test_structural_funds_hold_every_kind_of_region():
    rows = {notice["row"]["hakutunnus"]: notice["row"] for notice in read("eura2021.json")["notices"]}
    assert "05" in rows["UUMLII-118"]["maakunnat"]
    assert rows["UUMLII-118"]["viranomainen"] == "2601"
    assert rows["KESEVK-137"]["viranomainen"] == "6310"
    assert (rows["PSUEVK-105"]["alue"], rows["PSUEVK-105"]["maakunnat"]) == ("VALTAKUNNALLINEN", [])
    assert (rows["KASEVK-088"]["alue"], rows["KASEVK-088"]["maakunnat"]) == ("ETELA_SUOMI", [])
    assert rows["LAPLII-064"]["maakunnat"] == ["19"]
    assert "maakunnat" not in rows["KASEVK-071"]
    assert {row["tila"] for row in rows.values()} == {"haettavissa", "julkaistu", "paattynyt"}


def test_stub_stands_before_the_row_it_repeats(sedia):
    repeated = [row["metadata"] for row in sedia["results"] if row["reference"] == "51121636TOPICSen"]
    assert ["deadlineDate" in fields for fields in repeated] == [False, True]
