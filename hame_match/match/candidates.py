"""Chooses the calls that are worth scoring for an actor: the best by meaning, found exactly and block by block.

Pure numpy. What comes after (words, eligibility, evidence) costs far more per call than a product of vectors, so it is
asked of the candidates only. Memory is one block of actors against one block of calls, whatever the number of both.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hame_match.match.ranking import BEST_FACETS, Corpus, Matrix, Rows

BY_MEANING = 1000
"""Calls of an actor that are scored at least because of their meaning; with fewer calls in all, every one is."""
PART = 4
"""One of so many calls is scored because of its meaning. Measured: a quarter holds 99 % of what projects were funded
under, and every call of the first 50 of a list; a twentieth loses 2 to 5 % of the former."""
BY_WORDS = 50
"""Calls of an interest that are scored because of its words, wherever meaning puts them."""
ACTORS_AT_ONCE = 256
CALLS_AT_ONCE = 4096
"""A block of 256 actors with four interests each against 4,096 calls: large enough for both cores to be busy with the
product (measured: smaller blocks take up to twice as long), small enough for about 50 MiB."""

_Keys = NDArray[np.int64]


def by_meaning(calls: int) -> int:
    """Return how many of so many calls are scored because of their meaning.

    >>> by_meaning(700), by_meaning(20_000)
    (1000, 5000)
    """
    return max(BY_MEANING, calls // PART)


def best_by_meaning(facets: Sequence[Mapping[str, Matrix]], corpus: Corpus, most: int) -> list[Rows]:
    """Return for each actor the rows of its `most` best calls by `ranking.semantic_scores`, exactly; rows ascending.

    Of calls with equal scores those with lower row numbers are taken. A corpus of at most `most` calls is taken whole.

    Args:
        facets: for each actor, call language to (n_facets, d), see `ranking.facet_matrices`; hand over about
            `ACTORS_AT_ONCE` actors, whose keys of `most` + 2 `CALLS_AT_ONCE` calls at most are held at once.
        corpus: the calls.
        most: number of calls wanted, at least 1.

    Raises:
        ValueError: `most` is less than 1.
    """
    if most < 1:
        raise ValueError(f"most: {most} is less than 1")
    calls = len(corpus.call_ids)
    if calls <= most:
        return [np.arange(calls) for _ in facets]
    found: list[Rows] = [np.arange(0)] * len(facets)
    for actors in _alike(facets):
        best: _Keys = np.empty((len(actors), 0), np.int64)
        for language, rows in _blocks(corpus.languages):
            stacked = np.stack([facets[actor][language] for actor in actors])
            fresh = _keys(_mean_of_best(stacked, corpus.matrix[rows]), rows)
            best = np.concatenate([best, fresh], axis=1)
            if best.shape[1] >= most + CALLS_AT_ONCE:  # not sooner: a language's last block may hold a few calls
                best = _first(best, most)
        for actor, keys in zip(actors, _first(best, most), strict=True):
            found[actor] = np.sort(_rows(keys))
    return found


def _alike(facets: Sequence[Mapping[str, Matrix]]) -> Iterator[list[int]]:
    """Yield groups of actors with the same number of facets, whose matrices can be stacked."""
    by_count: dict[int, list[int]] = {}
    for actor, matrices in enumerate(facets):
        by_count.setdefault(len(next(iter(matrices.values()))), []).append(actor)
    for actors in by_count.values():
        for start in range(0, len(actors), ACTORS_AT_ONCE):
            yield actors[start : start + ACTORS_AT_ONCE]


def _blocks(languages: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Yield (language, rows of calls in it), at most `CALLS_AT_ONCE` at a time."""
    all_languages = np.asarray(languages)
    for language in dict.fromkeys(languages):
        rows = np.flatnonzero(all_languages == language)
        for start in range(0, len(rows), CALLS_AT_ONCE):
            yield language, rows[start : start + CALLS_AT_ONCE]


def _mean_of_best(facets: Matrix, calls: Matrix) -> Matrix:
    """Return the mean similarity of the `BEST_FACETS` best facets; (a, f, d) and (n, d) to (a, n)."""
    actors, count, width = facets.shape
    product = (facets.reshape(actors * count, width) @ calls.T).reshape(actors, count, len(calls))
    # The best so far in descending order; each facet is carried down past them, in place. Cheaper than sorting.
    best: list[Matrix] = []
    spare = np.empty((actors, len(calls)), np.float32)
    for facet in range(count):
        carried = product[:, facet]
        for place, above in enumerate(best):
            np.maximum(above, carried, out=spare)
            np.minimum(above, carried, out=carried)
            best[place], spare = spare, above
        if len(best) < BEST_FACETS:
            best.append(carried)
    total = best[0]
    for further in best[1:]:
        total = total + further
    return np.asarray(total / np.float32(len(best)), np.float32)


def _keys(scores: Matrix, rows: Rows) -> _Keys:
    """Return whole numbers that order as the scores do, and by descending row where they are equal; (a, n) to (a, n).

    The bits of a float32, those of a negative one turned, order as the numbers do (IEEE 754); the row is put below.
    """
    bits = (scores + np.float32(0)).view(np.int32)  # + 0 makes -0 a 0, which it equals
    ordered = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits)
    return (ordered.astype(np.int64) << 32) | (np.int64(0xFFFFFFFF) - rows)


def _first(keys: _Keys, most: int) -> _Keys:
    """Return the `most` greatest keys of each row, in no order; there are more."""
    return np.partition(keys, -most, axis=1)[:, -most:]


def _rows(keys: _Keys) -> Rows:
    return (np.int64(0xFFFFFFFF) - (keys & np.int64(0xFFFFFFFF))).astype(np.intp)
