"""The gloss of interests, and the glossary it rests on."""

from collections import defaultdict
from pathlib import Path

import pytest

from hame_match.match.dictionary import FOLDERS_VARIABLE
from hame_match.match.gloss import (
    GLOSSARY,
    LONGEST_TERM,
    NO_TERM,
    Source,
    gloss,
    glossary,
    left_out,
    version,
)

FILES = sorted(GLOSSARY.glob("*.tsv"))
LANGUAGES = {"fi": 0, "sv": 1}


@pytest.fixture(autouse=True)
def no_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, "")


def entries(file):
    return [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:] if line and not line.startswith("#")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_of_the_glossary_has_three_columns_and_a_term(file):
    assert file.read_text("utf-8").splitlines()[0] == "fi\tsv\ten"
    rows = entries(file)
    assert all(len(row) == 3 and all(cell == cell.strip() and cell for cell in row) for row in rows)
    assert all(len(row[0].split()) <= LONGEST_TERM for row in rows)
    assert [row for row in rows if row[0] == row[1] == NO_TERM or row[2] == NO_TERM] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_term_of_the_glossary_stands_twice_with_different_senses(language):
    """One with a capital may differ from the one without: Suomi is the country, suomi the language."""
    senses = defaultdict(set)
    for file in FILES:
        for row in entries(file):
            term = row[LANGUAGES[language]]
            senses[term if term[0].isupper() else term.lower()].add(row[2])
    del senses[NO_TERM]
    assert {term: found for term, found in senses.items() if len(found) > 1} == {}


def test_no_line_of_the_glossary_stands_twice():
    lines = [tuple(row[:2]) for file in FILES for row in entries(file)]
    assert [line for line in set(lines) if lines.count(line) > 1] == []


def test_the_glossary_is_big_enough_to_be_of_use():
    assert len(glossary("fi")) > 6000
    assert len(glossary("sv")) > 5500


@pytest.mark.parametrize(
    ("finnish", "english"),
    [
        ("Hitsaus- ja särmäysrobottien ohjelmointi", "welding press braking robot programming"),
        ("sivuvirtojen jalostus", "side stream"),
        ("maaperän kasvukunto", "soil"),
        ("konenäöllä", "machine vision"),
        ("hulevesien", "stormwater"),
        ("kuntayhtymälle", "joint municipal authority"),
    ],
)
def test_inflected_words_and_compounds_find_their_english(finnish, english):
    assert english in gloss(finnish, "fi").english


@pytest.mark.parametrize(
    ("finnish", "english"),
    [
        ("sopimusviljelijöidemme", "contract farmer"),  # a possessive
        ("kauppakin", "trade"),  # a clitic
        ("turvallista", "safe"),  # a partitive simplemma takes for a verb
        ("turvallisempia", "safe"),  # a comparative
        ("hitsattuja", "weld"),  # a participle
        ("opiskelemaan", "study"),  # an infinitive
        ("datan", "data"),  # simplemma gives an abbreviation's base
        ("katon", "roof"),  # two nouns share the form
        ("kierrätysterästä", "recycled steel"),
        ("liikeanturit", "motion sensor"),
        ("haitta-aineet", "harmful substance"),
        ("pk-yrityksiä", "small and medium-sized enterprise"),
        ("EU:n", "EU"),
        ("1930-luvulta", "1930s"),
        ("29-vuotiaita", "year-old"),
    ],
)
def test_endings_simplemma_does_not_know_are_taken_off(finnish, english):
    assert gloss(finnish, "fi").english == english


def test_a_country_and_its_language_are_told_apart_by_the_capital():
    assert gloss("Museo on Suomessa", "fi").english == "museum Finland"
    assert gloss("kotikielenä suomi", "fi").english == "home language Finnish language"


@pytest.mark.parametrize("piece", ["pajoja", "paikkoja", "jaksoja"])
def test_an_ending_is_not_taken_for_the_last_part_of_a_compound(piece):
    assert "ditch" not in gloss(f"lasi{piece} lataus{piece}", "fi").english


@pytest.mark.parametrize(
    ("finnish", "english"),
    [
        ("satelliittikuvista", "satellite image"),
        ("kadunkulmalle", "street corner"),
        ("vertaistyö", "peer work"),
        ("ammoniakkikäyttöisistä", "ammonia use"),
        ("kohtuuhintaisuuden", "affordability"),
        ("pakolaisuutta", "refugee"),
    ],
)
def test_compounds_of_changed_stems_find_their_parts(finnish, english):
    assert gloss(finnish, "fi").english == english


@pytest.mark.parametrize(
    ("finnish", "coincidence"), [("murrosikäisille", "father"), ("puolalaista", "law"), ("satokasvina", "grow")]
)
def test_the_ending_of_an_adjective_is_no_last_part(finnish, coincidence):
    assert coincidence not in gloss(finnish, "fi").english


def test_function_words_and_light_verbs_are_neither_glossed_nor_unknown():
    found = gloss("Haluaisimme, että niistä saataisiin meille jotakin.", "fi")
    assert (found.english, found.unknown) == ("", ())
    assert len(found.written(Source.LEFT_OUT)) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_left_out_are_lower_case(language):
    assert left_out(language)
    assert [word for word in left_out(language) if word != word.lower()] == []


def test_both_senses_of_a_term_are_kept():
    assert gloss("näyttöä", "fi").english == "evidence display"


def test_the_share_of_known_words_counts_only_words_that_tell_something():
    assert gloss("Kehitämme robotteja ja xyzzyttimiä", "fi").known == 0.5
    assert gloss("ja tai", "fi").known == gloss("", "fi").known == 1.0


def test_unknown_words_are_named_and_left_out_and_names_stay():
    found = gloss("Qwertyjen robotit ja HAMK 3D", "fi")
    assert found.unknown == ("Qwertyjen",)
    assert found.english == "robot HAMK 3D"
    assert found.written(Source.NAME) == ("HAMK", "3D")


def test_swedish_is_glossed_too():
    assert "welding" in gloss("Vi utvecklar svetsning med robotar", "sv").english


def test_a_text_without_words_gives_an_empty_gloss():
    assert gloss("... !", "fi") == gloss("", "fi")
    assert gloss("123", "fi").english == ""


def write_dictionary(folder: Path) -> None:
    text = "harava /harava/ <n>\nrake, hand rake\n"
    folder.mkdir()
    (folder / "freedict-fin-eng.dict").write_text(text, "utf-8")
    (folder / "freedict-fin-eng.index").write_text(f"harava\tA\t{chr(ord('a') + len(text) - 26)}\n", "utf-8")


def test_the_general_dictionary_stands_behind_the_glossary(tmp_path, monkeypatch):
    assert gloss("robottiharava", "fi").unknown == ("robottiharava",)
    write_dictionary(tmp_path / "dictd")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path / "dictd"))
    found = gloss("Haravat ja robottiharavat, robotit", "fi")
    assert found.english == "rake robot rake robot"
    assert found.written(Source.DICTIONARY) == ("Haravat", "robottiharavat")
    assert found.written(Source.GLOSSARY) == ("robotit",)


def test_the_version_tells_whether_a_dictionary_is_installed(tmp_path, monkeypatch):
    without = version()
    write_dictionary(tmp_path / "dictd")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path / "dictd"))
    assert version().startswith(f"{without}+dictionary-")
    monkeypatch.setenv(FOLDERS_VARIABLE, "")
    assert version() == without
