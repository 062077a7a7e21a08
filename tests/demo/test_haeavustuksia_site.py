"""The stand-in for haeavustuksia.fi answers as recorded and documented, faults included."""

import json
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest

from hame_match.demo.haeavustuksia import HOST, SECTIONS, HaeavustuksiaSite
from tests.demo.client import ask, serving

NOW = datetime(2026, 8, 3, 6, 0, tzinfo=UTC)
SHOW_ALL = {"ShowFuture": "true", "ShowOngoing": "true", "ShowEnded": "true"}
ORGANISATION = {"valtionapuorganisaatioId": "0", "nimi": {"fi": "Ympäristöministeriö"}, "lyhenne": "YM"}


def notice(number, start="2026-05-31T21:00:00Z", end="2026-09-30T13:15:00.000Z", **facts):
    sections = facts.pop("sections", {"myontoperusteet": {"kenelle": {"fi": "Avustusta voidaan myöntää kunnille."}}})
    item = {
        "hakuasianAsianumero": f"va-ym-2026-{number}",
        "nimi": {"fi": facts.pop("name", f"Avustus {number}")},
        "kuvaus": {"fi": "Kuvaus", "sv": "Beskrivning"},
        "hakuAlkaaDateTimeUtc": start,
        "hakuPaattyyDateTimeUtc": end,
        "hakuTyyppi": "Maaraaikainen",
        "julkaisuTyyppi": "Hakuilmoitus",
        "vastuullinenJarjestajaOrganisaatio": facts.pop("organisation", ORGANISATION),
    }
    return {"_facts": "constructed", "item": item, "sections": sections, **facts}


def site(*notices, **options):
    return HaeavustuksiaSite(notices or [notice(n) for n in range(1, 6)], now=NOW, **options)


def listed(server, page=1, size=20, **params):
    query = {"Pagination.Page": page, "Pagination.PageSize": size, "Language": "fi", **SHOW_ALL, **params}
    return ask(f"{server.url}/{HOST}/api/haku/list-items?{urlencode(query)}")


def keys(answer):
    return [item["hakuasianAsianumero"] for item in answer.json["hakuilmoitukset"]]


def section(server, name, key="va-ym-2026-1"):
    return ask(f"{server.url}/{HOST}/api/haku/{quote(key, safe='')}/hakuilmoitus/{name}")


def test_list_is_paged_and_counted():
    with serving(site()) as server:
        pages = [listed(server, page, 2) for page in (1, 2, 3, 4)]
    assert [(page.json["totalCount"], page.json["pageCount"]) for page in pages] == [(5, 3)] * 4
    assert [len(keys(page)) for page in pages] == [2, 2, 1, 0]
    assert len({key for page in pages for key in keys(page)}) == 5


def test_page_size_is_20_unless_asked_and_100_at_most():
    with serving(site(*[notice(n) for n in range(150)])) as server:
        url = f"{server.url}/{HOST}/api/haku/list-items?{urlencode(SHOW_ALL)}"
        assert len(ask(url).json["hakuilmoitukset"]) == 20
        assert len(keys(listed(server, size=500))) == 100


def test_language_object_always_has_its_six_keys():
    with serving(site()) as server:
        name = listed(server).json["hakuilmoitukset"][0]["nimi"]
    assert name == {"fi": "Avustus 1", "sv": None, "en": None, "richFi": None, "richSv": None, "richEn": None}


def test_our_notes_are_not_served():
    with serving(site(notice(1, sections={"perustiedot": {"_facts": "ours", "a": 1}}))) as server:
        assert section(server, "perustiedot").json == {"a": 1}
        assert "_facts" not in listed(server).text


@pytest.mark.parametrize(
    ("switches", "found"),
    [
        (("ShowFuture",), [1]),
        (("ShowOngoing",), [2, 3]),
        (("ShowEnded",), [4]),
        (("ShowFuture", "ShowOngoing"), [1, 2, 3]),
        ((), []),
    ],
)
def test_states_are_switched_on_one_by_one(switches, found):
    notices = [
        notice(1, start="2026-09-01T06:00:00Z"),
        notice(2),
        notice(3, start=None, end=None),
        notice(4, end="2026-08-03T05:59:00Z"),
    ]
    chosen = {name: "true" if name in switches else "false" for name in SHOW_ALL}
    with serving(site(*notices)) as server:
        assert keys(listed(server, **chosen)) == [f"va-ym-2026-{n}" for n in found]


@pytest.mark.parametrize(("name", "word"), [("ShowEnded", "True"), ("HideExternal", "1"), ("Pagination.Page", "x")])
def test_words_it_does_not_know_are_refused(name, word):
    with serving(site()) as server:
        assert listed(server, **{name: word}).status == 400


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"SearchTerm": "hulevesi"}, [1]),
        ({"SearchTerm": ""}, [1, 2, 3]),
        ({"VaOrgLyhenne": "BF"}, [2]),
        ({"Avustuslaji": "Apuraha"}, [3]),
        ({"HideExternal": "true"}, [1, 3]),
    ],
)
def test_other_parameters_narrow_the_list(params, found):
    external = {"yleistiedot": {"ulkoinenAsiointipalveluUrl": {"url": "https://example.org/", "text": "Palvelu"}}}
    notices = [
        notice(1, name="Hulevesien hallinta — hulevesi"),
        notice(2, organisation={**ORGANISATION, "lyhenne": "BF"}, sections=external),
        notice(3, avustuslaji="Apuraha"),
    ]
    with serving(site(*notices)) as server:
        assert keys(listed(server, **params)) == [f"va-ym-2026-{n}" for n in found]


def test_six_sections_are_served_and_an_unfilled_one_is_empty():
    with serving(site()) as server:
        answers = {name: section(server, name) for name in SECTIONS}
        unknown = section(server, "salaiset"), section(server, "hakuaika", key="va-ym-2026-99")
    assert len(answers) == 6
    assert all(answer.status == 200 for answer in answers.values())
    assert answers["myontoperusteet"].json["kenelle"]["fi"] == "Avustusta voidaan myöntää kunnille."
    assert answers["lisaehdot"].json == {}
    assert [answer.status for answer in unknown] == [404, 404]


def test_id_may_be_percent_encoded():
    with serving(site()) as server:
        assert ask(f"{server.url}/{HOST}/api/haku/va%2Dym%2D2026%2D1/hakuilmoitus/hakuaika").status == 200


def test_rich_text_is_served_as_a_string_of_json():
    rich = {"type": "doc", "content": [{"type": "text", "text": "Sisältö"}]}
    with serving(site(notice(1, sections={"perustiedot": {"tarkoitus": {"richFi": rich}}}))) as server:
        text = section(server, "perustiedot").json["tarkoitus"]
    assert text["fi"] is None
    assert isinstance(text["richFi"], str)
    assert json.loads(text["richFi"]) == rich


def test_standard_terms_and_application_form_are_served_where_published():
    made = notice(1, vakioehdot={"ehdot": {"teksti": {"fi": "Ehto"}}}, hakemuslomake={"HakijanTiedot": {"a": 1}})
    with serving(site(made)) as server:
        base = f"{server.url}/{HOST}/api/haku/va-ym-2026-1"
        assert ask(f"{base}/vakioehdot/ehdot").json["teksti"]["fi"] == "Ehto"
        assert ask(f"{base}/hakemuslomake/HakijanTiedot").json == {"a": 1}
        unpublished = ask(f"{base}/hakemuslomake/ToiminnanToteutus")
    assert (unpublished.status, unpublished.json["error"]["code"]) == (404, "NOT_PUBLISHED")


def test_authorities_robots_and_the_empty_shell_of_the_public_page():
    with serving(site(authorities=[{"lyhenne": "YM", "nimi": {"fi": "Ympäristöministeriö"}}])) as server:
        base = f"{server.url}/{HOST}"
        assert ask(f"{base}/api/haku/valtionapuviranomaiset").json[0]["nimi"]["fi"] == "Ympäristöministeriö"
        assert ask(f"{base}/robots.txt").text.startswith("User-agent: *")
        page = ask(f"{base}/fi/haku/va-ym-2026-1")
        assert ask(f"{base}/api/nothing").status == 404
    assert page.status == 200
    assert "Avustus" not in page.text


def test_missing_key_takes_the_id_of_the_first_item():
    with serving(site(faults={"missing_key"})) as server:
        first, second, *_ = listed(server).json["hakuilmoitukset"]
    assert "hakuasianAsianumero" not in first
    assert second["hakuasianAsianumero"] == "va-ym-2026-2"


def test_empty_has_no_notices():
    with serving(site(faults={"empty"})) as server:
        assert listed(server).json == {"totalCount": 0, "pageCount": 0, "hakuilmoitukset": []}


def test_repeated_id_hides_another_notice():
    with serving(site(faults={"repeat_id"})) as server:
        answer = listed(server)
    assert keys(answer) == ["va-ym-2026-1", "va-ym-2026-2", "va-ym-2026-3", "va-ym-2026-4", "va-ym-2026-1"]
    assert answer.json["totalCount"] == 5


def test_total_changes_between_pages():
    with serving(site(faults={"total_changes"})) as server:
        assert [listed(server, page, 2).json["totalCount"] for page in (1, 2, 3)] == [5, 6, 6]


def test_section_may_be_missing_for_a_time():
    with serving(site(faults={"section_404": 1})) as server:
        assert [section(server, "hakuaika").status for _ in range(2)] == [404, 200]


def test_section_may_be_an_error_object_with_status_200():
    with serving(site(faults={"section_error_object"})) as server:
        answer = section(server, "hakuaika")
    assert (answer.status, list(answer.json)) == (200, ["error"])
