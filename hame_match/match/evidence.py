"""The sentence of a call that fits an interest best, word for word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hame_match.match.ranking import Facet, Matrix, Space, Vector
from hame_match.match.sentences import telling_sentences
from hame_match.match.windows import subject_text, text_hash
from hame_match.model.call import Call

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


def candidates(call: Call) -> list[str]:
    """Return the sentences of `call` that may be quoted, in order; the title's are no evidence."""
    language = call.original_language()
    return telling_sentences(subject_text(call, language))[:MOST_SENTENCES]


def choose(
    call: Call, facets: Sequence[Facet], facet_rows: Matrix, vectors: Mapping[str, Vector], space: Space, row: Vector
) -> Evidence:
    """Return the best pair of sentence and interest.

    Args:
        call: the call.
        facets: the actor's facets.
        facet_rows: their centred unit rows, (n_facets, d).
        vectors: text hash to vector; when no sentence has one, the call's first is taken.
        space: the means to take out.
        row: the call's row of the corpus, (d,); names the interest when there is no sentence.
    """
    language = call.original_language()
    quotable = candidates(call)
    sentences = [sentence for sentence in quotable if text_hash(sentence) in vectors]
    if not sentences:
        return Evidence(next(iter(quotable), ""), language, facets[int(np.argmax(facet_rows @ row))].interest)
    stacked = np.stack([vectors[text_hash(sentence)] for sentence in sentences])
    similarity = facet_rows @ space.centred_passages(stacked, language).T
    facet, sentence = np.unravel_index(int(np.argmax(similarity)), similarity.shape)
    return Evidence(sentences[int(sentence)], language, facets[int(facet)].interest)
