"""The sentence of a call that fits an interest best, word for word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hame_match.match.ranking import Facet, Matrix, Space, Vector
from hame_match.match.windows import subject_text, text_hash
from hame_match.model.call import Call
from hame_match.sentences import telling_sentences

MOST_SENTENCES = 40
"""A topic's later sentences repeat or set conditions."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a call was matched.

    Attributes:
        sentence: verbatim sentence of the call; empty when it has no text.
        language: its language.
        interest: the interest it answers.
    """

    sentence: str
    language: str
    interest: str


@dataclass(frozen=True, slots=True)
class Quotable:
    """What of a call may be quoted.

    Attributes:
        language: language of the sentences.
        sentences: in the call's order; may be empty.
        rows: (n_sentences, d) their centred unit rows; None when the sentences have no vectors yet.
    """

    language: str
    sentences: tuple[str, ...]
    rows: Matrix | None


def candidates(call: Call) -> list[str]:
    """Return the sentences of `call` that may be quoted, in order; the title's are no evidence."""
    language = call.original_language()
    return telling_sentences(subject_text(call, language))[:MOST_SENTENCES]


def quotable(call: Call, sentences: Sequence[str], vectors: Mapping[str, Vector], space: Space) -> Quotable:
    """Return `sentences` of `call` with their rows, if every one of them has a vector."""
    language = call.original_language()
    found = [vectors.get(text_hash(sentence)) for sentence in sentences]
    known = [vector for vector in found if vector is not None]
    complete = bool(known) and len(known) == len(found)
    rows = space.centred_passages(np.stack(known), language) if complete else None
    return Quotable(language, tuple(sentences), rows)


def choose(from_call: Quotable, facets: Sequence[Facet], facet_rows: Matrix, row: Vector) -> Evidence:
    """Return the best pair of sentence and interest.

    Args:
        from_call: what of the call may be quoted; without rows its first sentence is taken.
        facets: the actor's facets.
        facet_rows: their centred unit rows, (n_facets, d).
        row: the call's row of the corpus, (d,); names the interest when there are no rows.
    """
    if from_call.rows is None:
        first = next(iter(from_call.sentences), "")
        return Evidence(first, from_call.language, facets[int(np.argmax(facet_rows @ row))].interest)
    similarity = facet_rows @ from_call.rows.T
    facet, sentence = np.unravel_index(int(np.argmax(similarity)), similarity.shape)
    return Evidence(from_call.sentences[int(sentence)], from_call.language, facets[int(facet)].interest)
