import tracemalloc
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hame_match.match import candidates
from hame_match.match.candidates import best_by_meaning
from hame_match.match.ranking import Corpus, Matrix, semantic_scores

LANGUAGES = ("en", "fi", "sv")


def a_corpus(matrix: Matrix, languages: Sequence[str]) -> Corpus:
    return Corpus(tuple(f"c{row}" for row in range(len(matrix))), tuple(languages), matrix)


def naive(facets: Sequence[Mapping[str, Matrix]], corpus: Corpus, most: int) -> list[list[int]]:
    """Every score of every actor, sorted; of equal ones the lower row first."""
    found = []
    for matrices in facets:
        scores = semantic_scores(matrices, corpus)
        best = sorted(range(len(scores)), key=lambda row: (-float(scores[row]), row))
        found.append(sorted(best[:most]))
    return found


def whole(chance: np.random.Generator, *shape: int) -> Matrix:
    """Small whole numbers, whose products are exact in whatever order they are added up: equal scores are equal."""
    return chance.integers(-2, 3, shape).astype(np.float32)


def drawn(seed: int, calls: int, counts: Sequence[int], width: int = 3) -> tuple[list[dict[str, Matrix]], Corpus]:
    chance = np.random.default_rng(seed)
    languages = [LANGUAGES[number] for number in chance.integers(0, len(LANGUAGES), calls)]
    facets = [{language: whole(chance, count, width) for language in LANGUAGES} for count in counts]
    return facets, a_corpus(whole(chance, calls, width), languages)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    calls=st.integers(1, 60),
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=7),
    most=st.integers(1, 70),
    actors_at_once=st.integers(1, 8),
    calls_at_once=st.integers(1, 70),
)
def test_blocks_give_what_sorting_every_score_gives(
    seed: int, calls: int, counts: list[int], most: int, actors_at_once: int, calls_at_once: int
) -> None:
    # Whole numbers of three dimensions: most scores stand several times, some are zero or below.
    facets, corpus = drawn(seed, calls, counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "ACTORS_AT_ONCE", actors_at_once)
        patch.setattr(candidates, "CALLS_AT_ONCE", calls_at_once)
        found = best_by_meaning(facets, corpus, most)
    assert [rows.tolist() for rows in found] == naive(facets, corpus, most)


def test_real_numbers_of_several_languages_give_the_same_calls() -> None:
    chance = np.random.default_rng(3)
    languages = [LANGUAGES[number] for number in chance.integers(0, 3, 9000)]
    corpus = a_corpus(chance.standard_normal((9000, 32), np.float32), languages)
    facets = [
        {language: chance.standard_normal((count, 32), np.float32) for language in LANGUAGES} for count in (1, 4, 4, 2)
    ]
    assert [rows.tolist() for rows in best_by_meaning(facets, corpus, 500)] == naive(facets, corpus, 500)


def test_of_equal_calls_the_earlier_rows_are_taken_however_the_blocks_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = a_corpus(np.ones((50, 2), np.float32), ["fi"] * 50)
    for calls_at_once in (1, 7, 50):
        monkeypatch.setattr(candidates, "CALLS_AT_ONCE", calls_at_once)
        (rows,) = best_by_meaning([{"fi": np.ones((2, 2), np.float32)}], corpus, 9)
        assert rows.tolist() == list(range(9))


def test_minus_zero_is_zero() -> None:
    matrix = np.array([[0.0], [-0.0], [-1.0], [0.0]], np.float32)
    (rows,) = best_by_meaning([{"fi": np.ones((1, 1), np.float32)}], a_corpus(matrix, ["fi"] * 4), 2)
    assert rows.tolist() == [0, 1]


def test_a_small_corpus_is_taken_whole() -> None:
    facets, corpus = drawn(1, 20, [2])
    (rows,) = best_by_meaning(facets, corpus, 20)
    assert rows.tolist() == list(range(20))


def test_nobody_and_nothing_are_no_trouble() -> None:
    facets, corpus = drawn(1, 20, [2])
    assert best_by_meaning([], corpus, 5) == []
    assert [rows.size for rows in best_by_meaning(facets, a_corpus(corpus.matrix[:0], []), 5)] == [0]


def test_asking_for_no_call_is_an_error() -> None:
    with pytest.raises(ValueError, match="most: 0 is less than 1"):
        best_by_meaning(*drawn(1, 3, [1]), 0)


@pytest.mark.parametrize("calls", [10_000, 40_000])
def test_memory_does_not_grow_with_the_calls(calls: int) -> None:
    chance = np.random.default_rng(5)
    corpus = a_corpus(chance.standard_normal((calls, 16), np.float32), ["en"] * calls)
    facets = [{"en": chance.standard_normal((4, 16), np.float32)} for _ in range(candidates.ACTORS_AT_ONCE)]
    tracemalloc.start()
    try:
        best_by_meaning(facets, corpus, 1000)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    every_product = len(facets) * 4 * calls * corpus.matrix.itemsize / 2**20
    assert peak < 64, f"{peak:.0f} MiB at {calls} calls"
    if calls == 40_000:
        assert every_product > 2 * 64, "so the bound says something: all products at once would break it"
