from hypothesis import given

from hame_match.match.windows import (
    BORROWED_WINDOWS,
    MOST_WINDOWS,
    WINDOW_CHARS,
    heading_of,
    lenders,
    text_hash,
    windows_of,
)
from hame_match.model.call import Call, SectionRole
from tests.builders import a_call, an_eu_call, section
from tests.strategies import evil_text

TITLE = "Avustus robottihitsauksen kokeiluihin"


def sentence(number: int, length: int = 200) -> str:
    return (f"Virke numero {number} kertoo hitsauksesta ja " + "x" * length)[: length - 1] + "."


def test_every_window_starts_with_the_title_and_holds_whole_sentences() -> None:
    texts = [sentence(number) for number in range(12)]
    windows = windows_of(a_call(text=" ".join(texts))).texts
    assert len(windows) == 3
    assert all(window.startswith(f"{TITLE}. ") for window in windows)
    assert " ".join(window.removeprefix(f"{TITLE}. ") for window in windows) == " ".join(texts)
    assert all(len(window) <= len(TITLE) + 2 + WINDOW_CHARS + 1 for window in windows)


def test_a_call_without_text_is_its_title_parent_and_project() -> None:
    call = an_eu_call(sections=(), parent_title="Energy communities.", project="AgriFlex")
    assert windows_of(call).texts == ("Robots that learn a new product in a day. Energy communities. AgriFlex",)


TOPIC = an_eu_call("T-1", identifier="HORIZON-CL4-2024-RESILIENCE-01-41")


def a_cascade_call(key: str = "casc-1", **changes: object) -> Call:
    values = {"identifier": "HORIZON-CL4-2024-Resilience-01-41", "sections": (), "project": "MANTRA"}
    return an_eu_call(key, **(values | changes))


def test_a_cascade_call_without_text_borrows_that_of_its_topic_after_its_own_title() -> None:
    call = a_cascade_call()
    lender = lenders([call, TOPIC])[call.call_id]
    first, *borrowed = windows_of(call, lender).texts
    assert first == "Robots that learn a new product in a day. MANTRA"
    assert borrowed == [f"{first}. {sentence}" for sentence in (TOPIC.sections[0].text,)]


def test_a_topic_lends_no_more_than_says_the_field() -> None:
    book = an_eu_call(
        "T-2", sections=(section(" ".join(sentence(number) for number in range(99)), SectionRole.SCOPE, "en"),)
    )
    assert len(windows_of(a_cascade_call(), book).texts) == 1 + BORROWED_WINDOWS


def test_a_call_with_text_of_its_own_borrows_nothing() -> None:
    call = a_cascade_call(sections=TOPIC.sections)
    assert lenders([call, TOPIC]) == {}
    assert windows_of(call, TOPIC) == windows_of(call)


def test_only_the_topic_itself_lends() -> None:
    sister = a_cascade_call("casc-2", sections=TOPIC.sections)
    other = an_eu_call("T-3", identifier="HORIZON-CL4-2024-RESILIENCE-01-42")
    assert lenders([a_cascade_call(), sister, other, a_cascade_call("casc-3", identifier=None)]) == {}


def test_a_heading_names_nothing_twice() -> None:
    assert heading_of(a_call(parent_title=TITLE), "fi") == TITLE


def test_conditions_and_boilerplate_are_not_embedded() -> None:
    call = a_call(
        sections=(
            section("Robotit hitsaavat pieniä sarjoja konepajoissa.", SectionRole.SCOPE),
            section("Hakijan on toimitettava tilinpäätös liitteineen.", SectionRole.CONDITIONS),
            section("Hakemus tehdään verkkopalvelussa.", SectionRole.SCOPE),
        )
    )
    assert windows_of(call).texts == (f"{TITLE}. Robotit hitsaavat pieniä sarjoja konepajoissa.",)


def test_a_call_of_nothing_but_boilerplate_is_its_heading() -> None:
    assert windows_of(a_call(text="Hakemus tehdään verkkopalvelussa.")).texts == (TITLE,)


def test_the_language_is_that_of_most_of_the_text() -> None:
    call = a_call(
        titles={"fi": "Otsikko", "en": "Title"},
        sections=(
            section("Lyhyt suomenkielinen johdanto."),
            section("A much longer text in English. " * 9, language="en"),
        ),
    )
    windows = windows_of(call)
    assert windows.language == "en"
    assert windows.texts[0].startswith("Title. A much longer")
    assert "suomenkielinen" not in windows.texts[0]


def test_a_sentence_without_end_is_cut_and_a_book_is_not_read_to_its_end() -> None:
    assert len(windows_of(a_call(text="x" * 10_000)).texts[0]) <= len(TITLE) + 2 + 2 * WINDOW_CHARS
    book = " ".join(sentence(number) for number in range(500))
    assert len(windows_of(a_call(text=book)).texts) == MOST_WINDOWS


@given(evil_text())
def test_any_text_gives_windows_of_a_size_a_model_can_read(text: str) -> None:
    windows = windows_of(a_call(text=f"Alku. {text}")).texts
    assert 1 <= len(windows) <= MOST_WINDOWS
    assert all(TITLE in window and len(window) <= len(TITLE) + 2 + 2 * WINDOW_CHARS for window in windows)


def test_hashes_of_texts_differ_as_the_texts_do() -> None:
    assert len(text_hash("ä")) == 64
    assert text_hash("ä") != text_hash("a")
