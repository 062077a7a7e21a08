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


def test_a_ranking_answers_only_for_the_calls_asked_about(store: Store) -> None:
    index(store, a_call("a", "Robotti hitsaa."), a_call("b", "Robotti lajittelee."), a_call("c", "Kirjasto."))
    whole, asked = store.search.rank(["robot"]), {"fi_haeavustuksia:b", "fi_haeavustuksia:c", "fi_haeavustuksia:gone"}
    assert whole.keys() == {"fi_haeavustuksia:a", "fi_haeavustuksia:b"}
    assert store.search.rank(["robot"], asked) == {"fi_haeavustuksia:b": whole["fi_haeavustuksia:b"]}


def test_the_best_are_the_first_of_the_ranking_among_the_calls_asked_about(store: Store) -> None:
    calls = [a_call(str(number), "Robotti hitsaa. " + "Kirjasto. " * number) for number in range(9)]
    index(store, *calls)
    scores = store.search.rank(["robot"])
    best = sorted(scores, key=scores.__getitem__, reverse=True)
    assert store.search.best(["robot"], 3, set(scores)) == best[:3]
    assert store.search.best(["robot"], 3, set(best[1:])) == best[1:4]
    assert store.search.best(["robot"], 99, set(best[:2])) == best[:2]
    assert store.search.best(["hevonen"], 3, set(scores)) == []


def test_the_index_answers_from_what_it_holds_now(store: Store) -> None:
    index(store, a_call("a", "Robotti hitsaa."))
    assert len(store.search.rank(["robot"])) == 1
    index(store, a_call("b", "Robotti lajittelee."))
    assert len(store.search.rank(["robot"])) == 2


def test_a_search_wants_every_word_and_takes_some_where_no_call_has_all(store: Store) -> None:
    index(store, a_call("a", "Robotti hitsaa."), a_call("b", "Robotti lajittelee."), a_call("c", "Kirjasto."))
    every = store.search.find([["robot"], ["lajittel", "lajittelee"]], 10)
    assert (every.call_ids, every.total, every.every_word) == (("fi_haeavustuksia:b",), 1, True)
    some = store.search.find([["robot"], ["kirjasto", "kirjast"]], 2)
    assert (len(some.call_ids), some.total, some.every_word) == (2, 3, False)
    assert store.search.find([["hevonen"]], 10).total == 0
    assert store.search.find([[], [" "]], 10).call_ids == ()


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
        assert store.search.find([words, words], 5).total <= 1


@settings(max_examples=60, deadline=None)
@given(evil_text())
def test_any_text_of_a_source_can_be_indexed_and_found(text: str) -> None:
    with open_store(None) as store:
        index(store, a_call("a", f"Robotti hitsaa. {text}"))
        assert found(store, "robotti") == ["a"]
