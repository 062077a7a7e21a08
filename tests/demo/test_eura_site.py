"""The stand-in for EURA 2021 hides its data in a script, percent-encoded, as the real one does."""

import json
import re
from urllib.parse import unquote

import pytest

from hame_match.demo.eura import HOST, EuraSite
from tests.demo.client import ask, serving

KEY = "d62b6d71-91c0-40e3-83b3-c5db0d51f134"
CODES = {
    "rahasto": {"ESR+": {"koodi": "ESR+", "fi": "Euroopan sosiaalirahasto plus (ESR+)"}},
    "maakunta": {"05": {"koodi": "05", "fi": "Kanta-Häme"}},
}
SCRIPT = re.compile(r'<script type="__PREACT_CLI_DATA__">([^<]*)</script>')


def notice(key=KEY, **facts):
    row = {
        "id": key,
        "tila": "haettavissa",
        "hakuaika": {"alku": "2026-06-01", "loppu": "2026-09-30"},
        "otsikko": "Työelämän kehittäminen & osaaminen",
        "rahasto": "ESR+",
        "hakutunnus": "PSUEVK-105",
        **facts,
    }
    detail = {"kuvaus": "<p>100 % <b>tuki</b> a+b</p>", "kokonaistuki": "1\u00a0250\u00a0000,00\u00a0€"}
    return {"_facts": "constructed", "row": row, "ilmoitus": detail}


def site(**options):
    return EuraSite([notice(), notice("2", tila="paattynyt")], CODES, **options)


def raw(answer):
    found = SCRIPT.search(answer.text)
    assert found, "no data script in the page"
    return found[1]


def data(answer):
    return json.loads(unquote(raw(answer)))["preRenderData"]


def listed(server):
    return ask(f"{server.url}/{HOST}/hakuilmoitukset/")


def detail(server, key=KEY):
    return ask(f"{server.url}/{HOST}/hakuilmoitukset/hakuilmoitus/{key}/")


def test_list_holds_all_notices_and_codes_percent_encoded():
    with serving(site()) as server:
        answer = listed(server)
    assert raw(answer).startswith("%7B%22preRenderData%22")
    assert [row["id"] for row in data(answer)["hankehaku"]] == [KEY, "2"]
    assert data(answer)["koodisto"] == CODES
    assert data(answer)["hankehaku"][0]["otsikko"] == "Työelämän kehittäminen & osaaminen"


def test_plus_is_sent_as_it_is_and_is_no_space():
    with serving(site()) as server:
        answer = listed(server)
    assert "ESR+" in raw(answer)
    assert data(answer)["hankehaku"][0]["rahasto"] == "ESR+"


def test_our_notes_are_not_served():
    with serving(site()) as server:
        assert "_facts" not in listed(server).text + detail(server).text


@pytest.mark.parametrize("path", ["/hakuilmoitukset", f"/hakuilmoitukset/hakuilmoitus/{KEY}"])
def test_page_without_its_last_slash_is_redirected(path):
    with serving(site()) as server:
        answer = ask(f"{server.url}/{HOST}{path}")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}{path}/")


def test_detail_page_has_the_notice_and_the_whole_code_list():
    with serving(site()) as server:
        found = data(detail(server))
    assert found["ilmoitus"]["kuvaus"] == "<p>100 % <b>tuki</b> a+b</p>"
    assert found["ilmoitus"]["kokonaistuki"] == "1\u00a0250\u00a0000,00\u00a0€"
    assert found["ilmoitus"]["hakutunnus"] == "PSUEVK-105"
    assert found["koodisto"] == CODES


def test_unknown_notice_and_path_are_404_and_robots_is_there():
    with serving(site()) as server:
        assert detail(server, "0").status == 404
        assert ask(f"{server.url}/{HOST}/api/").status == 404
        assert ask(f"{server.url}/{HOST}/robots.txt").text.startswith("User-agent: *")


def test_no_script_leaves_a_page_without_data():
    with serving(site(faults={"no_script"})) as server:
        answer = listed(server)
    assert answer.status == 200
    assert "__PREACT_CLI_DATA__" not in answer.text


def test_bad_json_is_cut_short():
    with serving(site(faults={"bad_json"})) as server:
        answer = listed(server)
    with pytest.raises(json.JSONDecodeError):
        data(answer)


def test_empty_keeps_the_codes_but_has_no_notices():
    with serving(site(faults={"empty"})) as server:
        found = data(listed(server))
    assert (found["hankehaku"], found["koodisto"]) == ([], CODES)


def test_unknown_state_stands_on_the_first_row_only():
    with serving(site(faults={"unknown_tila"})) as server:
        assert [row["tila"] for row in data(listed(server))["hankehaku"]] == ["siirretty", "paattynyt"]
        assert data(detail(server))["ilmoitus"]["tila"] == "haettavissa"


def test_detail_404_leaves_the_list_alone():
    with serving(site(faults={"detail_404": 1})) as server:
        assert [detail(server).status for _ in range(2)] == [404, 200]
        assert listed(server).status == 200
