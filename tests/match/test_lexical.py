import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.match.lexical import call_stems, guess_language, stems
from hame_match.model.call import SectionRole
from tests.builders import a_call, section
from tests.strategies import evil_text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", "robotti robotin robottia robotit"),
        ("fi", "kunta kunnan kuntaa"),
        ("sv", "kommun kommunen kommuner kommunerna"),
        ("en", "robot robots"),
        ("en", "manufacturing manufacture manufactures"),
    ],
)
def test_forms_of_a_word_share_their_stem(language: str, words: str) -> None:
    found = stems(words, language)
    if language == "fi" and words.startswith("kunta"):
        # consonant gradation is beyond Snowball: the strong and the weak grade are two stems, not three
        assert len(set(found)) == 2
    else:
        assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Säde ja sade", "fi", ["säde", "sade"]),
        ("vuoden 2027 haku 1 a", "fi", []),
        ("We are the projects", "en", []),
        ("och det som", "sv", []),
        ("", "fi", []),
        ("!!! ... –", "fi", []),
        ("Crème brûlée", "fr", ["crème", "brûlée"]),
    ],
)
def test_letters_are_kept_and_words_that_tell_nothing_are_not(text: str, language: str, expected: list[str]) -> None:
    assert stems(text, language) == expected


def test_a_compound_with_a_dash_is_found_by_its_parts_too() -> None:
    assert {"älykäs-robot", "robot"} <= set(stems("älykäs-robot", "en"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Teemme robotteja ja automaatiota elintarviketeollisuudelle.", "fi"),
        ("Vi utvecklar robotar och automation för livsmedelsindustrin.", "sv"),
        ("We make robots and automation for the food industry.", "en"),
        ("", "fi"),
        ("12345", "fi"),
    ],
)
def test_the_language_of_an_interest_is_guessed(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_the_stems_of_a_call_are_those_of_its_subject_in_all_its_languages() -> None:
    call = a_call(
        titles={"fi": "Robotit", "sv": "Kommuner"},
        sections=(
            section("Hitsausta.", SectionRole.SCOPE),
            section("Welding.", SectionRole.OUTCOME, "en"),
            section("Tilinpäätös.", SectionRole.CONDITIONS),
        ),
        parent_title="Machines",
        keywords=("konenäkö",),
    )
    title, body = call_stems(call)
    assert title.split() == [*stems("Robotit", "fi"), *stems("Kommuner", "sv"), *stems("Machines", "en")]
    assert body.split() == [*stems("Hitsausta", "fi"), *stems("Welding", "en"), *stems("konenäkö", "fi")]


@given(evil_text(), st.sampled_from(["fi", "sv", "en", "de"]))
def test_any_text_gives_words_that_are_safe_to_index(text: str, language: str) -> None:
    for stem in stems(text, language):
        assert stem
        assert not any(character.isspace() or character in '"\0*()' for character in stem)
    assert guess_language(text) in {"fi", "sv", "en"}
