"""Orders calls for an actor: facets against windows in one space, fused with words.

Pure: vectors come in, scores go out. Two facts decide the shape. A small multilingual model puts texts of the same
language first, so each language's common direction (its mean) is taken out of the calls and of the interests before
they are compared. And an actor is many things, so each interest is compared on its own and the two best count.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hame_match.match.gloss import Gloss, gloss
from hame_match.match.lexical import guess_language
from hame_match.match.windows import CallWindows, text_hash
from hame_match.model.actor import Actor

RANKER = "4"
"""Version of the ranking; raised whenever the same input may give another list."""

BEST_FACETS = 2
"""Measured: the mean of the two best facets beats the best one and the mean of all."""
LEAD = 0.5
"""What the first window of a call, its title and what it wants first of all, counts beside the mean of all windows.
Measured with three adapters on graded actors in Finnish and English: never worse than 0, and 0.3 to 1.2 are alike."""
HEADING_SHARE = 0.9
"""What a similarity to a title alone counts for: so short a text comes near many interests by accident. Measured: as
good for graded calls as 1, with half as many bare titles among the first twelve of a list."""
LEXICAL_HALF = 10.0
"""BM25 score that counts as half of a full lexical score."""

UNKNOWN_TOO_MANY = 0.8
"""Share of unknown words at which the own words stand alone; a gloss that knows every word does. Measured with words
taken out of the glossary at random, see ``docs/evaluation.md``."""

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
Rows = NDArray[np.intp]


GLOSS = "gloss"
"""Stands for a language where a text is English words made by `match.gloss`: their mean is not that of prose."""


@dataclass(frozen=True, slots=True)
class FacetText:
    """One wording of an interest.

    Attributes:
        language: ``fi``, ``sv``, ``en``, or `GLOSS`.
        text: the words.
        known: share of the words of the interest that a gloss has English for; 1 for what a person wrote.
    """

    language: str
    text: str
    known: float = 1.0

    @property
    def words_language(self) -> str:
        """The language its words are stemmed in."""
        return "en" if self.language == GLOSS else self.language


@dataclass(frozen=True, slots=True)
class Facet:
    """One interest of an actor in every wording there is.

    Attributes:
        interest: the actor's own words.
        texts: the own words first, then translations by a person, or a gloss where nobody wrote English.
    """

    interest: str
    texts: tuple[FacetText, ...]

    def wording_for(self, language: str) -> FacetText:
        """Return the wording to hold against calls in `language`: one in it, else the English, else the own words."""
        by_language = {text.language: text for text in self.texts}
        for wanted in (language, "en", GLOSS):
            if wanted in by_language:
                return by_language[wanted]
        return self.texts[0]

    def blend_for(self, language: str) -> tuple[tuple[FacetText, float], ...]:
        """Return the wordings whose meaning is held against calls in `language`, each with its share.

        A gloss loses what it has no English for, so beside it stand the own words, the more the less it knows.
        """
        wording = self.wording_for(language)
        if wording.language != GLOSS:
            return ((wording, 1.0),)
        share = gloss_share(wording.known)
        return ((self.texts[0], 1.0 - share), (wording, share))


def gloss_share(known: float) -> float:
    """Return what a gloss counts beside the own words, in [0, 1], when it knows `known` of them, in [0, 1]."""
    return max(0.0, 1.0 - (1.0 - known) / UNKNOWN_TOO_MANY)


def facets_of(actor: Actor) -> tuple[Facet, ...]:
    """Return the interests of `actor` in order, each with its English: written by a person, or glossed."""
    facets = []
    for position, interest in enumerate(actor.interests):
        texts = _written(actor, position)
        if not any(text.language == "en" for text in texts):
            texts += _glossed(interest)
        facets.append(Facet(interest, tuple(texts)))
    return tuple(facets)


def background_of(actors: Iterable[Actor]) -> list[FacetText]:
    """Return every wording of every interest of `actors`, glosses always among them: what interests have in common."""
    return [
        text
        for actor in actors
        for position, interest in enumerate(actor.interests)
        for text in _written(actor, position) + _glossed(interest)
    ]


def glosses_of(actor: Actor) -> list[tuple[str, Gloss]]:
    """Return (interest, its gloss) for the interests of `actor` that rest on one: those nobody wrote in English."""
    return [
        (facet.interest, gloss(facet.interest, facet.texts[0].language))
        for facet in facets_of(actor)
        if not any(text.language == "en" for text in facet.texts)
    ]


def _written(actor: Actor, position: int) -> list[FacetText]:
    interest = actor.interests[position]
    own = guess_language(interest)
    texts = [FacetText(own, interest)]
    for language, translations in (("en", actor.interests_en), ("sv", actor.interests_sv)):
        if language != own and position < len(translations):
            texts.append(FacetText(language, translations[position]))
    return texts


def _glossed(interest: str) -> list[FacetText]:
    own = guess_language(interest)
    glossed = gloss(interest, own) if own != "en" else None
    return [FacetText(GLOSS, glossed.english, glossed.known)] if glossed is not None and glossed.english else []


def unit(matrix: Matrix) -> Matrix:
    """Return rows of length 1; a row of zeros stays."""
    norms = np.linalg.norm(matrix, axis=-1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Space:
    """What is common to texts of one language, to be taken out: one mean for calls, one for interests.

    Attributes:
        call_means: language to mean vector, shape (d,), of the windows of all stored calls.
        interest_means: language to mean vector, shape (d,), of all interests known.
        share: how much of it is taken out, in [0, 1], see `Embedder.centring`.
    """

    call_means: Mapping[str, Vector]
    interest_means: Mapping[str, Vector]
    share: float = 1.0

    def centred_passages(self, vectors: Matrix, language: str) -> Matrix:
        """Return unit rows of call texts in `language` without what they have in common; (n, d) to (n, d)."""
        return self._centred(vectors, self.call_means.get(language))

    def centred_queries(self, vectors: Matrix, language: str) -> Matrix:
        """Return unit rows of interests in `language` without what they have in common; (n, d) to (n, d)."""
        return self._centred(vectors, self.interest_means.get(language))

    def _centred(self, vectors: Matrix, mean: Vector | None) -> Matrix:
        return unit(vectors if mean is None else vectors - np.float32(self.share) * mean)


def language_means(texts: Iterable[tuple[str, str]], vectors: Mapping[str, Vector]) -> dict[str, Vector]:
    """Return language to mean vector of (language, text) pairs, each text counted once.

    A language with fewer than two texts has no mean: subtracting a text from itself would leave nothing.
    """
    by_language: dict[str, dict[str, Vector]] = {}
    for language, text in texts:
        digest = text_hash(text)
        by_language.setdefault(language, {})[digest] = vectors[digest]
    return {
        language: np.mean(list(found.values()), axis=0, dtype=np.float32)
        for language, found in by_language.items()
        if len(found) > 1
    }


@dataclass(frozen=True, slots=True)
class Corpus:
    """The calls to rank as one matrix.

    Attributes:
        call_ids: ids in row order.
        languages: language of each call's windows, in row order.
        matrix: (n_calls, d) float32; a row is the mean of a call's centred windows, its first one counting for more
            (see `LEAD`), so that a product with an interest is a mean similarity (measured: better than the best one).
    """

    call_ids: tuple[str, ...]
    languages: tuple[str, ...]
    matrix: Matrix


def corpus_of(windows: Mapping[str, CallWindows], vectors: Mapping[str, Vector], space: Space) -> Corpus:
    """Return the calls of `windows` (call id to texts) as a corpus, ordered as given; empty input gives no rows."""
    rows = []
    for call in windows.values():
        stacked = np.stack([vectors[text_hash(text)] for text in call.texts])
        centred = space.centred_passages(stacked, call.language)
        row = (centred.mean(axis=0) + LEAD * centred[0]) / (1 + LEAD)
        rows.append(row * HEADING_SHARE if call.heading_only else row)
    matrix = np.stack(rows).astype(np.float32) if rows else np.zeros((0, 1), np.float32)
    return Corpus(tuple(windows), tuple(call.language for call in windows.values()), matrix)


def facet_matrices(
    facets: Sequence[Facet], languages: Iterable[str], vectors: Mapping[str, Vector], space: Space
) -> dict[str, Matrix]:
    """Return call language to (n_facets, d) float32: one centred unit row per facet, in the wordings that suit."""
    matrices = {}
    for language in set(languages):
        rows = [
            sum(
                share * space.centred_queries(vectors[text_hash(text.text)][None, :], text.language)
                for text, share in facet.blend_for(language)
            )
            for facet in facets
        ]
        matrices[language] = unit(np.concatenate(rows))
    return matrices


def facet_similarities(facets: Mapping[str, Matrix], corpus: Corpus) -> Matrix:
    """Return the similarity of each call to each interest: (n_facets, n_calls), higher is better.

    Args:
        facets: call language to (n_facets, d), see `facet_matrices`.
        corpus: the calls.
    """
    count = len(next(iter(facets.values()), ()))
    similarities = np.zeros((max(count, 1), len(corpus.call_ids)), np.float32)
    for language, matrix in facets.items():
        rows = [row for row, found in enumerate(corpus.languages) if found == language]
        if rows:
            similarities[:, rows] = matrix @ corpus.matrix[rows].T
    return similarities


def semantic_scores(facets: Mapping[str, Matrix], corpus: Corpus) -> Vector:
    """Return the similarity of each call, the mean of its two best facets: (n_calls,), higher is better."""
    best = np.sort(facet_similarities(facets, corpus), axis=0)[::-1][:BEST_FACETS]
    return np.asarray(best.mean(axis=0), np.float32)


def facet_agreements(by_facet: Sequence[Mapping[str, float]], call_ids: Sequence[str]) -> Matrix:
    """Return how well the words of each call and each interest agree: (n_facets, n_calls) in [0, 1).

    Args:
        by_facet: for each facet, call id to BM25 score (higher is better).
        call_ids: ids in row order.
    """
    rows = {call_id: row for row, call_id in enumerate(call_ids)}
    scores = np.zeros((max(len(by_facet), 1), len(call_ids)), np.float32)
    for position, found in enumerate(by_facet):
        for call_id, score in found.items():
            if call_id in rows:
                scores[position, rows[call_id]] = score / (score + LEXICAL_HALF)
    return scores


def two_best(similarities: Matrix, agreements: Matrix, words: float) -> tuple[Vector, Vector, Rows]:
    """Return (semantic, lexical, best) of each call: means over its two best facets by both together, and which.

    The means are (n_calls,); the facets, best first, are (2, n_calls), or (1, n_calls) where there is but one facet.

    Args:
        similarities: (n_facets, n_calls), see `facet_similarities`.
        agreements: (n_facets, n_calls), see `facet_agreements`.
        words: how much full agreement of words counts beside similarity.
    """
    together = similarities + words * agreements
    best = np.argsort(-together, axis=0, kind="stable")[:BEST_FACETS]
    semantic = np.take_along_axis(similarities, best, axis=0).mean(axis=0)
    lexical = np.take_along_axis(agreements, best, axis=0).mean(axis=0)
    return np.asarray(semantic, np.float32), np.asarray(lexical, np.float32), best


def order(values: Vector, call_ids: Sequence[str], actor: str) -> list[int]:
    """Return row numbers, best first; equal values by a hash, so that no name has an advantage."""
    rows = np.argsort(-values, kind="stable").tolist()
    found: list[int] = []
    for _, equal in itertools.groupby(rows, key=lambda row: float(values[row])):
        tied = list(equal)
        found += tied if len(tied) == 1 else sorted(tied, key=lambda row: text_hash(f"{actor} {call_ids[row]}"))
    return found
