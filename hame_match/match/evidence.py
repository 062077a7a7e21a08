"""The sentences of a call that fit an actor's interests best, word for word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hame_match.match.lexical import stems
from hame_match.match.ranking import Facet, Matrix, Rows, Space, Vector, unit
from hame_match.match.windows import subject_text, text_hash
from hame_match.model.call import Call
from hame_match.sentences import telling_sentences

MOST_SENTENCES = 40
"""A topic's later sentences repeat or set conditions."""
CENTRAL = 0.3
"""Weight of a sentence's nearness to the whole call: a side remark in an interest's words is no reason to apply."""
SHARED_WORDS = 0.15
"""Full marks for `MANY_WORDS` stems that sentence and interest share: a reader sees at once why it is quoted."""
MANY_WORDS = 4
CLOSE = 0.12
"""A second sentence is given when its score is not further behind the first one's."""
ANSWERS = 0.35
"""Least similarity of a second sentence to its own interest. Below it the sentence is what the call is about and says
nothing of that interest: read off 98 second sentences of the bundled calls, of which 8 are left."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a call was matched.

    Attributes:
        sentence: verbatim sentence of the call, or of the topic whose text it borrows; empty when there is no text.
        language: its language.
        interest: the interest it answers.
        second_sentence: another one that answers another interest about as well; empty when there is none.
        second_interest: the interest that one answers; empty when there is none.
        borrowed_from: title of the topic the sentences are from; empty when they are the call's own.
    """

    sentence: str
    language: str
    interest: str
    second_sentence: str = ""
    second_interest: str = ""
    borrowed_from: str = ""


@dataclass(frozen=True, slots=True)
class Quotable:
    """What of a call may be quoted.

    Attributes:
        language: language of the sentences.
        sentences: in the call's order; may be empty.
        rows: (n_sentences, d) their centred unit rows; None when the sentences have no vectors yet.
        borrowed_from: title of the topic the sentences are from; empty when they are the call's own.
    """

    language: str
    sentences: tuple[str, ...]
    rows: Matrix | None
    borrowed_from: str = ""


def candidates(call: Call, lender: Call | None = None, common: Collection[str] = ()) -> list[str]:
    """Return the sentences of `call` that may be quoted, in order; the title's are no evidence.

    Args:
        call: the call.
        lender: the topic whose text it borrows when it has none, see `windows.lenders`.
        common: keys of sentences that many calls share, see `sentences.common_sentences`.
    """
    language = call.original_language()
    text = subject_text(call, language) or (subject_text(lender, language) if lender is not None else "")
    return telling_sentences(text, common)[:MOST_SENTENCES]


def quotable(
    call: Call, sentences: Sequence[str], vectors: Mapping[str, Vector], space: Space, lender: Call | None = None
) -> Quotable:
    """Return `sentences` of `call`, or of its `lender`, with their rows, if every one of them has a vector."""
    language = call.original_language()
    found = [vectors.get(text_hash(sentence)) for sentence in sentences]
    known = [vector for vector in found if vector is not None]
    complete = bool(known) and len(known) == len(found)
    rows = space.centred_passages(np.stack(known), language) if complete else None
    return Quotable(
        language, tuple(sentences), rows, lender.title(language)[0] if lender is not None and sentences else ""
    )


def choose(from_call: Quotable, facets: Sequence[Facet], facet_rows: Matrix, row: Vector, best: Rows) -> Evidence:
    """Return the best pair of sentence and interest, and the second best where it answers another interest.

    Only the interests that gave the call its score are asked. A sentence counts by its similarity to the interest, by
    how near it is to the call as a whole, and by the words it shares with the interest.

    Args:
        from_call: what of the call may be quoted; without rows its first sentence is taken.
        facets: the actor's facets.
        facet_rows: their centred unit rows, (n_facets, d).
        row: the call's row of the corpus, (d,).
        best: the facets that gave the call its score, best first, see `ranking.two_best`.
    """
    if from_call.rows is None:
        first = next(iter(from_call.sentences), "")
        return Evidence(first, from_call.language, facets[int(best[0])].interest, borrowed_from=from_call.borrowed_from)
    central = from_call.rows @ unit(row)
    found = []
    for facet in map(int, best):
        similarity = from_call.rows @ facet_rows[facet]
        values = similarity + CENTRAL * central + SHARED_WORDS * _shared(facets[facet], from_call)
        sentence = int(np.argmax(values))
        found.append((float(values[sentence]), sentence, facet, float(similarity[sentence])))
    found.sort(key=lambda one: -one[0])
    (value, sentence, facet, _), *others = found
    second_sentence = second_interest = ""
    for other_value, other, other_facet, answers in others:
        if other != sentence and value - other_value <= CLOSE and answers >= ANSWERS:
            second_sentence, second_interest = from_call.sentences[other], facets[other_facet].interest
    return Evidence(
        from_call.sentences[sentence],
        from_call.language,
        facets[facet].interest,
        second_sentence,
        second_interest,
        from_call.borrowed_from,
    )


def _shared(facet: Facet, from_call: Quotable) -> Vector:
    """Return how many stems each sentence shares with the wording for its language; (n_sentences,) in [0, 1]."""
    wording = facet.wording_for(from_call.language)
    if wording.words_language != from_call.language:
        return np.zeros(len(from_call.sentences), np.float32)
    asked = _stem_set(wording.text, from_call.language)
    shares = [len(asked & _stem_set(s, from_call.language)) / MANY_WORDS for s in from_call.sentences]
    return np.minimum(np.asarray(shares, np.float32), 1)


@lru_cache(maxsize=30_000)
def _stem_set(text: str, language: str) -> frozenset[str]:
    """Return the stems of `text`; remembered, for many actors are shown the same calls."""
    return frozenset(stems(text, language))
