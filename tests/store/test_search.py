import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hame_match.match.lexical import call_stems, stems
from hame_match.model.call import Call
from hame_match.store import Store, open_store
from tests.builders import a_call, put_calls
from tests.strategies import NASTY, evil_text


def index(store: Store, *calls: Call) -> None:
    put_calls(store, *calls)
    by_id = {stored.call_id: stored for stored in store.calls.all()}
    with store.transaction():
        store.search.put(
            (call_id, by_id[call_id].content_hash, *call_stems(by_id[call_id].call))
            for call_id in store.search.outdated()
        )


def found(store: Store, words: str, language: str = "fi") -> list[str]:
    scores = store.search.rank(stems(words, language))
    return [call_id.partition(":")[2] for call_id in sorted(scores, key=scores.__getitem__, reverse=True)]


def test_inflected_forms_of_a_word_meet(store: Store) -> None:
    index(store, a_call("a", "Vesistön kunnostukseen myönnetään tukea."), a_call("b", "Kirjastojen kokoelmiin."))
    assert found(store, "vesistö") == ["a"]
    assert found(store, "kirjasto") == ["b"]


def test_a_word_in_the_title_counts_more_than_one_in_the_text(store: Store) -> None:
    index(
        store,
        a_call("text", "Tuulivoima on yksi mahdollinen aihe muiden joukossa.", titles={"fi": "Avustus kokeiluihin"}),
        a_call("title", "Jokin muu on yksi mahdollinen aihe muiden joukossa.", titles={"fi": "Avustus tuulivoima"}),
    )
    assert found(store, "tuulivoima") == ["title", "text"]


@pytest.mark.parametrize(("asked", "not_found"), [("säde", "sade"), ("sade", "säde"), ("töitä", "toita")])
def test_dotted_letters_are_letters_of_their_own(store: Store, asked: str, not_found: str) -> None:
    index(store, a_call("a", f"Sana {asked} on tässä."), a_call("b", f"Sana {not_found} on tässä."))
    assert found(store, asked) == ["a"]


def test_a_changed_call_is_outdated_until_its_stems_are_put_again(store: Store) -> None:
    index(store, a_call("a", "Hevosten hoito."))
    assert store.search.outdated() == []
    put_calls(store, a_call("a", "Kissojen hoito."))
    assert store.search.outdated() == ["fi_haeavustuksia:a"]
    index(store)
    assert found(store, "hevonen") == []
    assert found(store, "kissojen") == ["a"]


def test_nothing_is_found_for_nothing(store: Store) -> None:
    index(store, a_call())
    assert store.search.rank([]) == {}
    assert store.search.rank(["", "  "]) == {}


@pytest.mark.parametrize("word", ["R&D", "C++", "HORIZON-CL5-2026", 'a"b', "NEAR(", "title:", "*", "a*", "^a", *NASTY])
def test_no_word_is_read_as_an_operator(store: Store, word: str) -> None:
    index(store, a_call("a", "Robotti hitsaa."))
    assert store.search.rank([word, "robot"]).keys() == {"fi_haeavustuksia:a"}


def test_five_thousand_words_are_not_too_many(store: Store) -> None:
    index(store, a_call("a", "Robotti hitsaa."))
    assert store.search.rank([*(f"w{number}" for number in range(5000)), "robot"]).keys() == {"fi_haeavustuksia:a"}


@settings(max_examples=100, deadline=None)
@given(st.lists(evil_text(), max_size=4))
def test_any_text_is_safe_to_look_for(words: list[str]) -> None:
    with open_store(None) as store:
        index(store, a_call("a", "Robotti hitsaa."))
        scores = store.search.rank(words)
        assert all(score > 0 for score in scores.values()) or not scores


@settings(max_examples=60, deadline=None)
@given(evil_text())
def test_any_text_of_a_source_can_be_indexed_and_found(text: str) -> None:
    with open_store(None) as store:
        index(store, a_call("a", f"Robotti hitsaa. {text}"))
        assert found(store, "robotti") == ["a"]
