"""Which calls of a list are sisters of a better one, so that they stand in one line with it.

Pure. Sisters are topics of one programme that differ in a number, a stage, a year or a type of action, topics that
share nearly all of their text, and the cascade calls of one project. What is folded keeps its place and its reviews.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hame_match.match.ranking import Matrix, unit
from hame_match.match.windows import is_cascade, subject_text
from hame_match.model.call import Call

# Found by reading pairs of 695 calls recorded at the EU portal; see docs/concepts.md for what they give.
SAME_TITLE = 0.8
"""Share of title words in common from which titles differ in a number, a stage or a type of action only."""
LIKE_TITLE = 0.5
"""Share from which titles are of one family; text or meaning must agree, too."""
SAME_TEXT = 0.7
"""Share of the shorter text that stands in the other, too; twins of two years have 0.8 to 1, topics of one call 0.5."""
RELATED_TITLE, ALL_TEXT = 0.25, 0.90
"""Share of title words that is enough where this much of the shorter text is the other's: prizes of one competition."""
LIKE_MEANING, SAME_MEANING = 0.70, 0.90
"""Cosine of centred rows of calls. Of calls in one programme that share half of the title, those of different subjects
stay below 0.63; of those that do not, some on neighbouring subjects reach 0.86."""

_SHINGLE = 5
_WORD = re.compile(r"[^\W\d_]+")
_EMPTY = """a an and by call calls for from in of on open proposal proposals the to under via with ria ia csa lump sum
two stage haku avustus ja tai sekä"""
"""Words of titles that tell no two calls apart."""
_NO_NAMES = """a an call cascade competition competitive first fourth fstp funding grant grants innovation joint new
open pilot proposal second st nd rd the third transnational"""
"""Words that begin titles of cascade calls and name no project."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a call is held against others.

    Attributes:
        source: its spider.
        programme: first part of the identifier (two for Horizon Europe), upper case; the funder where there is none.
        identifier: whole, upper case; empty when there is none.
        cascade: whether it passes on a project's money.
        name: the project, or the first word of the title when that may be a project's name; for cascade calls only.
        words: words of the title that tell something, without numbers and identifiers.
        shingles: runs of five words of the text; empty without text.
    """

    source: str
    programme: str
    identifier: str
    cascade: bool
    name: str
    words: frozenset[str]
    shingles: frozenset[tuple[str, ...]]


def traits_of(call: Call) -> Traits:
    """Return the traits of `call`, in its original language."""
    language = call.original_language()
    identifier = (call.identifier or "").upper()
    parts = identifier.split("-")
    programme = "-".join(parts[: 2 if parts[0] == "HORIZON" else 1]) or call.funder
    title = call.title(language)[0]
    text = _WORD.findall(subject_text(call, language).casefold())
    cascade = is_cascade(call)
    return Traits(
        source=call.source,
        programme=programme,
        identifier=identifier,
        cascade=cascade,
        name=_name(call.project, title) if cascade else "",
        words=_title_words(title, identifier),
        shingles=frozenset(tuple(text[at : at + _SHINGLE]) for at in range(len(text) - _SHINGLE + 1)),
    )


def _name(project: str | None, title: str) -> str:
    if project:
        return project.casefold()
    first = next(iter(_WORD.findall(title)), "")
    return "" if first.casefold() in _NO_NAMES.split() else first.casefold()


def _title_words(title: str, identifier: str) -> frozenset[str]:
    if identifier:
        title = re.sub(re.escape(identifier), " ", title, flags=re.IGNORECASE)
    empty = _EMPTY.split()
    return frozenset(word.removesuffix("s") for word in _WORD.findall(title.casefold()) if word not in empty)


def are_sisters(one: Traits, other: Traits, cosine: float) -> bool:
    """Return whether two calls are one to a reader; the same whichever comes first.

    Args:
        one: a call.
        other: another.
        cosine: of their centred unit rows, in [-1, 1].
    """
    if one.source != other.source or one.programme != other.programme:
        return False
    if one.cascade or other.cascade:
        return (
            one.cascade
            and other.cascade
            and one.identifier == other.identifier
            and ((one.name != "" and one.name == other.name) or cosine >= SAME_MEANING)
        )
    title = _share(one.words, other.words)
    if title >= SAME_TITLE or cosine >= SAME_MEANING:
        return True
    if title >= LIKE_TITLE:
        return cosine >= LIKE_MEANING or _contained(one, other) >= SAME_TEXT
    return title >= RELATED_TITLE and _contained(one, other) >= ALL_TEXT


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _contained(one: Traits, other: Traits) -> float:
    shorter = min(len(one.shingles), len(other.shingles))
    return len(one.shingles & other.shingles) / shorter if shorter else 0.0


def fold(call_ids: Sequence[str], traits: Mapping[str, Traits], rows: Matrix) -> dict[str, str]:
    """Return sister to leader for the calls of a list that are folded; leaders and lone calls are left out.

    Walks down the list: a call joins the first leader above it whose sister it is. It is held against leaders only,
    so that no chain of likenesses joins what is not alike.

    Args:
        call_ids: the list, best first.
        traits: of every call of the list.
        rows: their centred rows in the order of `call_ids`, (n, d).
    """
    similar = unit(rows) @ unit(rows).T if len(call_ids) else np.zeros((0, 0), np.float32)
    leaders: list[int] = []
    folded: dict[str, str] = {}
    for place, call_id in enumerate(call_ids):
        for leader in leaders:
            if are_sisters(traits[call_ids[leader]], traits[call_id], float(similar[leader, place])):
                folded[call_id] = call_ids[leader]
                break
        else:
            leaders.append(place)
    return folded
