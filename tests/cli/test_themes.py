"""The region's themes in the commands about calls."""

import re
from pathlib import Path

import pytest

from hame_match.paths import bundled
from tests.builders import a_call, an_eu_call, put_calls, section
from tests.cli.running import at_now, hame, opened


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a Finnish call about food, an EU call about robots, and one about nothing of the region's."""
    monkeypatch.chdir(tmp_path)
    assert hame("init", "w").code == 0
    monkeypatch.chdir(tmp_path / "w")
    with opened(Path()) as store:
        put_calls(
            store,
            a_call(
                "ruoka",
                titles={"fi": "Kehittämishankkeet 2027"},
                sections=(section("Avustuksella kehitetään maatilojen ja elintarvikeyritysten yhteistyötä."),),
            ),
            a_call(
                "tiet",
                titles={"fi": "Yksityistiet"},
                sections=(section("Tiekunta voi hakea tukea tien parantamiseen."),),
            ),
            an_eu_call(),
        )
    return Path()


def test_calls_are_listed_by_theme(folder: Path) -> None:
    def of(theme: str) -> list[str]:
        return [call["source_key"] for call in at_now("calls", "list", "--theme", theme, "--json").json]

    assert (of("food_system"), of("smart_services")) == (["ruoka"], ["HORIZON-CL4-2026-01-TWIN-01"])
    table = at_now("calls", "list", "--theme", "food_system")
    assert "Kehittämishankkeet" in table.out
    assert "1 of 3 stored calls" in table.out
    assert at_now("calls", "list", "--theme", "design").out.strip() == "No call is about design."


def test_every_listed_call_has_its_themes_with_the_sentence_that_caused_them(folder: Path) -> None:
    found = {call["source_key"]: call["themes"] for call in at_now("calls", "list", "--json").json}
    [food] = found["ruoka"]
    assert food == {
        "code": "food_system",
        "sentence": "Avustuksella kehitetään maatilojen ja elintarvikeyritysten yhteistyötä.",
        "language": "fi",
        "score": pytest.approx(1 / 3, abs=0.001),
    }
    assert found["tiet"] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Maakunnan teemat", "Kestävän ruokajärjestelmän edelläkävijämaakunta", "”Avustuksella kehitetään")),
        (
            "en",
            ("Themes of the region", "A pioneering region in a sustainable food system", "“Avustuksella kehitetään"),
        ),
    ],
)
def test_a_call_is_shown_with_its_themes(folder: Path, language: str, words: tuple[str, ...]) -> None:
    shown = at_now("calls", "show", "fi_haeavustuksia:ruoka", "--language", language)
    assert all(word in shown.out for word in words)
    assert at_now("calls", "show", "fi_haeavustuksia:ruoka", "--json").json["themes"][0]["code"] == "food_system"


def test_a_call_without_themes_says_so(folder: Path) -> None:
    assert "Haku ei koske mitään maakunnan teemoista." in at_now("calls", "show", "fi_haeavustuksia:tiet").out


def test_a_theme_that_is_none_is_refused_with_the_nearest(folder: Path) -> None:
    ran = at_now("calls", "list", "--theme", "food_sistem")
    assert ran.code == 1
    assert "there is no theme 'food_sistem' (did you mean 'food_system'?)" in ran.err


def test_another_regions_themes_are_used_and_one_without_words_is_refused(folder: Path) -> None:
    text = (bundled("profiles") / "region.yaml").read_text("utf-8")
    own = text[: text.index("themes:\n")] + (
        "themes:\n"
        "  - {code: roads, name_fi: Tiet, name_en: Roads, words: {fi: [tiekun*]}}\n"
        "  - {code: bare, name_fi: Paljas, name_en: Bare}\n"
    )
    Path("oma.yaml").write_text(own, "utf-8")
    settings = Path("hame-match.toml")
    stated = settings.read_text("utf-8")
    assert re.search(r"(?m)^\[workspace\]$", stated)
    settings.write_text(stated.replace("[workspace]\n", '[workspace]\nregion = "oma.yaml"\n', 1), "utf-8")
    found = at_now("calls", "list", "--theme", "roads", "--json").json
    assert [call["source_key"] for call in found] == ["tiet"]
    ran = at_now("calls", "list", "--theme", "bare")
    assert (ran.code, "the theme 'bare' has no words" in ran.err) == (1, True)
