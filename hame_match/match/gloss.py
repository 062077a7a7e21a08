"""Finnish and Swedish interests as English words, so that they meet English calls.

A word-by-word gloss reads badly ("side stream upgrading pilot scale") and still carries the subject over; measured, it
brings Finnish profiles nearly as close to English calls as a person's translation does (see ``docs/concepts.md``). The
words come from our own glossary of the field, ``glossary/*.tsv``; simplemma gives base forms, compounds are split.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hame_match.errors import HameMatchError
from hame_match.match.lexical import is_stop_word

GLOSSARY = Path(__file__).with_name("glossary")
LONGEST_TERM = 4
"""Words of the longest multi-word term."""
SHORTEST_PART = 3
"""A shorter piece of a compound is more often a coincidence than a word."""
DEEPEST = 3
"""Parts of a compound; longer ones are rare and their splits are guesses."""

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Gloss:
    """A text in English words.

    Attributes:
        english: the words in the order of the text; may be empty.
        unknown: words of the text that nothing was found for, in order, each once.
    """

    english: str
    unknown: tuple[str, ...]


@functools.cache
def glossary(language: str) -> Mapping[str, str]:
    """Return term to English for ``fi`` or ``sv``, from every file of the glossary; read once.

    Raises:
        HameMatchError: a line of a file has not three columns; file and line are named.
    """
    column = {"fi": 0, "sv": 1}[language]
    terms: dict[str, str] = {}
    for file in sorted(GLOSSARY.glob("*.tsv")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#") or number == 1:
                continue
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) != 3 or not all(cells):
                raise HameMatchError(f"{file}:{number}: a term needs three columns parted by tabs: fi, sv, en")
            terms.setdefault(cells[column].lower(), cells[2])
    return terms


@functools.lru_cache(maxsize=50_000)
def lemma(word: str, language: str) -> str:
    """Return the base form of a lower-case word, the word itself when simplemma does not know it."""
    import simplemma

    return str(simplemma.lemmatize(word, lang=language, low_memory=True)).lower()


@functools.cache
def gloss(text: str, language: str) -> Gloss:
    """Return `text` (``fi`` or ``sv``) in English words, function words left out.

    A term of several words is found by its base forms or by its forms as written; a compound that is no term by its
    parts. A word that stays unknown is left out, unless it is written like a name (in capitals or with digits), which
    English calls share.
    """
    terms = _by_lemmas(language)
    words = _WORD.findall(text)
    lowered = [word.lower() for word in words]
    found: list[str] = []
    unknown: dict[str, None] = {}
    position = 0
    while position < len(words):
        length, english = _term_at(lowered, position, language, terms)
        if not english:
            length, word = 1, lowered[position]
            english = " ".join(_parts(word, language))
            if not english and _is_name(words[position]):
                english = words[position]
            if not english and not is_stop_word(word, language) and not word.isdigit():
                unknown[words[position]] = None
        if english and not (length == 1 and is_stop_word(lowered[position], language)):
            found.append(english)
        position += length
    return Gloss(" ".join(found), tuple(unknown))


@functools.cache
def _by_lemmas(language: str) -> Mapping[tuple[str, ...], str]:
    terms: dict[tuple[str, ...], str] = {}
    for term, english in glossary(language).items():
        words = tuple(term.split())
        terms[words] = english
        if len(words) > 1:
            terms.setdefault(tuple(lemma(word, language) for word in words), english)
    return terms


def _term_at(words: list[str], position: int, language: str, terms: Mapping[tuple[str, ...], str]) -> tuple[int, str]:
    for length in range(min(LONGEST_TERM, len(words) - position), 1, -1):
        written = tuple(words[position : position + length])
        for candidate in (written, tuple(lemma(word, language) for word in written)):
            if candidate in terms:
                return length, terms[candidate]
    return 1, ""


def _parts(word: str, language: str) -> tuple[str, ...]:
    """Return the English of a word: as written, by its base form, or by the parts of the compound."""
    if "-" in word:
        pieces = [_parts(piece, language) for piece in word.split("-") if piece]
        return tuple(english for piece in pieces for english in piece)
    terms = glossary(language)
    for form in (word, lemma(word, language)):
        if form in terms:
            return (terms[form],)
    return _split(lemma(word, language), language, DEEPEST)


@functools.cache
def _split(compound: str, language: str, parts: int) -> tuple[str, ...]:
    """Return the English of the parts of `compound`, the longest last part first; empty when it cannot be split."""
    terms = glossary(language)
    if compound in terms:
        return (terms[compound],)
    if parts == 1:
        return ()
    for cut in range(SHORTEST_PART, len(compound) - SHORTEST_PART + 1):
        tail = compound[cut:]
        if tail not in terms:
            continue
        for head in _heads(compound[:cut], language):
            if head in terms:
                return (terms[head], terms[tail])
            if split := _split(head, language, parts - 1):
                return (*split, terms[tail])
    return ()


def _heads(head: str, language: str) -> Iterator[str]:
    """Yield forms under which the first part of a compound may be a term: as it stands, and its base form."""
    yield head
    # "osien|käyttö" and "maan|viljely" hold a genitive, Swedish "forsknings|resultat" a joining s.
    if language == "sv" and head.endswith("s"):
        yield head[:-1]
    base = lemma(head, language)
    if base != head:
        yield base


def _is_name(word: str) -> bool:
    mixed = any(character.isdigit() for character in word) and not word.isdigit()
    return mixed or (len(word) > 1 and word.isupper())
