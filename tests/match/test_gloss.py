"""The gloss of interests, and the glossary it rests on."""

from collections import Counter

import pytest

from hame_match.match.gloss import GLOSSARY, LONGEST_TERM, gloss, glossary

FILES = sorted(GLOSSARY.glob("*.tsv"))


def entries(file):
    return [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:] if line and not line.startswith("#")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_of_the_glossary_has_three_columns_and_no_term_stands_twice_in_a_file(file):
    assert file.read_text("utf-8").splitlines()[0] == "fi\tsv\ten"
    rows = entries(file)
    assert all(len(row) == 3 and all(cell == cell.strip() and cell for cell in row) for row in rows)
    assert all(len(row[0].split()) <= LONGEST_TERM for row in rows)
    assert [term for term, count in Counter(row[0] for row in rows).items() if count > 1] == []


def test_the_glossary_is_big_enough_to_be_of_use():
    assert len(glossary("fi")) > 5000
    assert len(glossary("sv")) > 4000


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


def test_unknown_words_are_named_and_left_out_and_names_stay():
    found = gloss("Qwertyjen robotit ja HAMK 3D", "fi")
    assert found.unknown == ("Qwertyjen",)
    assert found.english == "robot HAMK 3D"


def test_swedish_is_glossed_too():
    assert "welding" in gloss("Vi utvecklar svetsning med robotar", "sv").english


def test_a_text_without_words_gives_an_empty_gloss():
    assert gloss("... 123 !", "fi") == gloss("", "fi")
