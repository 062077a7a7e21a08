"""Finnish and Swedish interests as English words, so that they meet English calls.

A word-by-word gloss reads badly ("side stream upgrading pilot scale") and still carries the subject over; measured, it
brings Finnish profiles nearly as close to English calls as a person's translation does (see ``docs/concepts.md``). The
words come from our own glossary of the field, ``glossary/*.tsv``, and behind it from a general dictionary where one is
installed (`match.dictionary`); `match.base_forms` gives base forms, compounds are split.
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hame_match.errors import HameMatchError
from hame_match.match import dictionary
from hame_match.match.base_forms import base_forms, declined, lemma
from hame_match.match.lexical import is_stop_word

GLOSSARY = Path(__file__).with_name("glossary")
SENSES = " / "
"""Parts senses of a term that are both kept: ``näyttö`` is evidence and a display."""
NO_TERM = "-"
"""Stands in a column where the line is only for the other language, whose term has a sense of its own."""
LONGEST_TERM = 4
"""Words of the longest multi-word term."""
SHORTEST_PART = 3
"""A shorter piece of a compound is more often a coincidence than a word."""
SHORTEST_GENERAL_PART = 4
"""The same where a piece is from the general dictionary, which has many short words that never make compounds."""
SHORTEST_INFLECTED = 4
"""The same with its ending: "oja" in "pajoja" is none."""
DEEPEST = 3
"""Parts of a compound; longer ones are rare and their splits are guesses."""

_WORD = re.compile(r"[^\W_]+(?:[-'’:][^\W_]+)*")
_STARTS = re.compile(r"(?:^|[.!?:;–\n])[\s\"'”’(–-]*$")
_DECADE = re.compile(r"(\d{2,4})-?lu[kv]\w*")
_ADJECTIVE_END = re.compile(r"(?:l[aä]i|[aeouyäö]i)s(?:ten|ta|tä|[ei]\w*)$|(?:is)?uu(?:tta|de|te)\w*$")
"""Where the ending of an adjective in -inen or of its noun begins.

"käyttö|isiä" has no father, "puola|laista" no law, and nothing is new ("uusi") in "pakola|isuutta".
"""
_VERB_ENDS = ("aa", "ea", "ia", "oa", "ua", "eä", "iä", "yä", "ää", "öä")
_ABBREVIATION = re.compile(r"(.+):[a-zåäö]{1,6}")

Folders = tuple[Path, ...]


class Source(StrEnum):
    """Where the English of a word is from."""

    GLOSSARY = "glossary"
    DICTIONARY = "dictionary"
    """At least a part of the word is from the general dictionary."""
    NAME = "name"
    """Left as it is: written in capitals or with digits."""
    LEFT_OUT = "left out"
    """A function word or a number, which tells nothing."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GlossedWord:
    """A word of a text, or a term of several words, and its English.

    Attributes:
        written: as it stands in the text.
        english: its English; empty when it is unknown or left out.
        source: where that is from.
    """

    written: str
    english: str
    source: Source


@dataclass(frozen=True, slots=True)
class Gloss:
    """A text in English words.

    Attributes:
        words: every word or term of the text in order.
    """

    words: tuple[GlossedWord, ...]

    @property
    def english(self) -> str:
        """The English words in the order of the text; may be empty."""
        return " ".join(word.english for word in self.words if word.english)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Words of the text that nothing was found for, in order, each once."""
        return self.written(Source.UNKNOWN)

    @property
    def known(self) -> float:
        """The share of the telling words, in [0, 1], that there is English for; 1 when no word tells anything."""
        telling = [word for word in self.words if word.source is not Source.LEFT_OUT]
        return 1.0 - sum(word.source is Source.UNKNOWN for word in telling) / len(telling) if telling else 1.0

    def written(self, source: Source) -> tuple[str, ...]:
        """Return the words of the text whose English is from `source`, in order, each once."""
        return tuple(dict.fromkeys(word.written for word in self.words if word.source is source))


@functools.cache
def glossary(language: str) -> Mapping[str, str]:
    """Return term to English for ``fi`` or ``sv``, from every file of the glossary; read once.

    A term is lower-case; one that has another sense with a capital ("Suomi", the country) is there in that form, too.

    Raises:
        HameMatchError: a line of a file has not three columns; file and line are named.
    """
    column = {"fi": 0, "sv": 1}[language]
    terms: dict[str, str] = {}
    capitalised: dict[str, str] = {}
    for file in sorted(GLOSSARY.glob("*.tsv")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#") or number == 1:
                continue
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) != 3 or not all(cells):
                raise HameMatchError(f"{file}:{number}: a term needs three columns parted by tabs: fi, sv, en")
            term, english = cells[column], cells[2].replace(SENSES, " ")
            if term == NO_TERM:
                continue
            if term[0].isupper():
                capitalised.setdefault(term, english)
            else:
                terms.setdefault(term.lower(), english)
    for term, english in capitalised.items():
        if terms.setdefault(term.lower(), english) != english:
            terms[term] = english
    return terms


@functools.cache
def left_out(language: str) -> frozenset[str]:
    """Return the words of ``glossary/left_out.LANGUAGE.txt``, lower-case: function words, which tell nothing."""
    lines = (GLOSSARY / f"left_out.{language}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def version() -> str:
    """Return what the glosses rest on, as ``glossary-3f2a90c1+dictionary-0b7c11de``; another one may rank otherwise.

    The digits are of SHA-256 of the glossary's files and of those of the installed dictionaries; without a dictionary
    the second part is missing. Reads the files the first time.
    """
    where = dictionary.folders()
    general = "".join(dictionary.installed(language, where).version for language in dictionary.NAMES)
    return f"glossary-{_glossary_version()}" + (f"+dictionary-{_digest(general.encode())}" if general else "")


@functools.cache
def _glossary_version() -> str:
    files = [file for file in sorted(GLOSSARY.iterdir()) if file.suffix in (".tsv", ".txt")]
    return _digest(b"".join(file.read_bytes() for file in files))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def gloss(text: str, language: str) -> Gloss:
    """Return `text` (``fi`` or ``sv``) in English words, function words left out.

    A term of several words is found by its base forms or by its forms as written; a compound that is no term by its
    parts; what the glossary has not, in the general dictionary. A word that stays unknown is left out, unless it is
    written like a name (in capitals or with digits), which English calls share.
    """
    return _gloss(text, language, dictionary.folders())


@functools.cache
def _gloss(text: str, language: str, where: Folders) -> Gloss:
    terms = _by_lemmas(language)
    matches = list(_WORD.finditer(text))
    words = [match[0] for match in matches]
    lowered = [word.lower() for word in words]
    inside = {place for place, match in enumerate(matches) if not _STARTS.search(text[: match.start()])}
    found: list[GlossedWord] = []
    position = 0
    while position < len(words):
        length, english = _term_at(lowered, position, language, terms)
        if english:
            found.append(GlossedWord(" ".join(words[position : position + length]), english, Source.GLOSSARY))
        else:
            found.append(_word(words[position], position in inside, language, where))
        position += length
    return Gloss(tuple(found))


@functools.lru_cache(maxsize=50_000)
def _word(written: str, inside: bool, language: str, where: Folders) -> GlossedWord:
    """Return one word of a text with its English; `inside` a sentence a capital makes a name of it."""
    # "EU:n" and "3D:nä": the ending after the colon tells nothing.
    stem = found[1] if (found := _ABBREVIATION.fullmatch(written)) else written
    word = stem.lower()
    if word.isdigit() or is_stop_word(word, language) or _is_left_out(word, language):
        return GlossedWord(written, "", Source.LEFT_OUT)
    if decade := _DECADE.fullmatch(word):
        return GlossedWord(written, f"{decade[1]}s", Source.GLOSSARY)
    if written[0].isupper() and (english := _capitalised(stem, language)):
        return GlossedWord(written, english, Source.GLOSSARY)
    if parts := _parts(word, language):
        return GlossedWord(written, " ".join(parts), Source.GLOSSARY)
    if _is_name(stem):
        return GlossedWord(written, stem, Source.NAME)
    if parts := _general_parts(word, inside and written[0].isupper(), language, where):
        return GlossedWord(written, " ".join(parts), Source.DICTIONARY)
    return GlossedWord(written, "", Source.UNKNOWN)


def _is_left_out(word: str, language: str) -> bool:
    return any(form in left_out(language) for form in (word, lemma(word, language)))


@functools.cache
def _by_lemmas(language: str) -> Mapping[tuple[str, ...], str]:
    terms: dict[tuple[str, ...], str] = {}
    for term, english in glossary(language).items():
        words = tuple(term.lower().split())
        if len(words) > 1:
            terms[words] = english
            terms.setdefault(tuple(lemma(word, language) for word in words), english)
    return terms


def _term_at(words: list[str], position: int, language: str, terms: Mapping[tuple[str, ...], str]) -> tuple[int, str]:
    for length in range(min(LONGEST_TERM, len(words) - position), 1, -1):
        written = tuple(words[position : position + length])
        for candidate in (written, tuple(lemma(word, language) for word in written)):
            if candidate in terms:
                return length, terms[candidate]
    return 1, ""


def _capitalised(word: str, language: str) -> str:
    """Return the English a word has only when it is written with a capital, as "Suomi"; mostly empty."""
    terms = glossary(language)
    forms = (base.capitalize() for base in base_forms(word.lower(), language))
    return next((terms[form] for form in forms if form in terms), "")


def _parts(word: str, language: str) -> tuple[str, ...]:
    """Return the English of a word by the glossary: as written, by its base forms, or by the parts of the compound."""
    terms = glossary(language)
    forms = base_forms(word, language)
    for form in forms:
        if form in terms:
            return (terms[form],)
    if "-" in word:
        return _hyphenated(word, language)
    for form in forms:
        if split := _split(form, language):
            return split
    return _split_inflected(word, language)


def _hyphenated(word: str, language: str) -> tuple[str, ...]:
    """Return the English of the pieces of "hitsaus-", "teräs-puu"; the first alone may be unknown."""
    pieces = [_parts(piece, language) for piece in word.split("-") if piece]
    return tuple(english for piece in pieces for english in piece)


def _split(compound: str, language: str) -> tuple[str, ...]:
    """Return the English of the parts of `compound`, the fewest parts and the longest last part first; else empty."""
    for parts in range(2, DEEPEST + 1):
        if found := _split_into(compound, language, parts):
            return found
    return ()


@functools.lru_cache(maxsize=50_000)
def _split_into(compound: str, language: str, parts: int) -> tuple[str, ...]:
    terms = glossary(language)
    for cut in range(SHORTEST_PART, len(compound) - SHORTEST_PART + 1):
        tail = compound[cut:]
        if tail not in terms or not _may_end(tail, language):
            continue
        if head := _head(compound[:cut], language, parts - 1):
            return (*head, terms[tail])
    return ()


@functools.lru_cache(maxsize=50_000)
def _split_inflected(word: str, language: str) -> tuple[str, ...]:
    """Return the English of the parts of a compound that no list has, so that only its last part shows a base form."""
    terms = glossary(language)
    last = len(word) - SHORTEST_INFLECTED
    if language == "fi" and (ending := _ADJECTIVE_END.search(word)):
        last = min(last, ending.start() - 1)
    for parts in range(1, DEEPEST):
        for cut in range(SHORTEST_PART, last + 1):
            forms = base_forms(word[cut:], language)
            tail = next((terms[form] for form in forms if _may_end(form, language) and form in terms), "")
            if tail and (head := _head(word[:cut], language, parts)):
                return (*head, tail)
    return ()


def _may_end(form: str, language: str) -> bool:
    """Return whether a base form may be the last part of a compound: no scrap, and no word that tells nothing."""
    return len(form) >= SHORTEST_PART and form not in left_out(language)


def _head(head: str, language: str, parts: int) -> tuple[str, ...]:
    """Return the English of the first part of a compound, which is itself of `parts` parts; empty when unknown."""
    terms = glossary(language)
    # "lumen|kaato" and "ilman|kierto": simplemma has another base for the genitive, or none.
    genitives = declined(head) if language == "fi" and head.endswith("n") else ()
    for form in dict.fromkeys((*_heads(head, language), *genitives)):
        if parts == 1 and form in terms:
            return (terms[form],)
        if parts > 1 and (found := _split_into(form, language, parts)):
            return found
    return ()


def _heads(head: str, language: str) -> Iterator[str]:
    """Yield forms under which the first part of a compound may be a term: as it stands, and its base form."""
    yield head
    if language == "sv":
        # Swedish "forsknings|resultat" holds a joining s, "kyrko|gård" and "gatu|bild" another vowel, "skol|bok" none.
        if head.endswith("s"):
            yield head[:-1]
        if head.endswith(("o", "u", "e")):
            yield f"{head[:-1]}a"
            yield head[:-1]
        yield f"{head}a"
        yield f"{head}e"
    elif head.endswith("s"):
        # "ihmis|keskeinen" of ihminen
        yield f"{head[:-1]}nen"
    # "osien|käyttö" and "maan|viljely" hold a genitive; of a piece with another end simplemma can only guess.
    if language != "fi" or head.endswith("n"):
        base = lemma(head, language)
        if language == "fi" and base.endswith(_VERB_ENDS):
            # "kadun|kulma" is of a street, not of regret: a first part is no verb.
            yield from declined(head)
        if base != head:
            yield base


def _general_parts(word: str, name: bool, language: str, where: Folders) -> tuple[str, ...]:
    """Return the English of a word by the general dictionary, whole or in two parts; one may be the glossary's."""
    general = dictionary.installed(language, where)
    if not general.entries:
        return ()
    forms = base_forms(word, language)
    for form in forms:
        if english := general.english(form, name=name):
            return (english,)
    if name:
        return ()
    terms = glossary(language)

    def english_of(candidates: Iterable[str]) -> str:
        for form in candidates:
            if len(form) < SHORTEST_GENERAL_PART or not _may_end(form, language):
                continue
            if english := terms.get(form) or general.english(form):
                return english
        return ""

    for cut in range(SHORTEST_GENERAL_PART, len(word) - SHORTEST_INFLECTED + 1):
        # Only forms simplemma has: a guess of ours and a piece of a compound together are too many guesses.
        tail = english_of(dict.fromkeys((word[cut:], lemma(word[cut:], language))))
        if tail and (head := english_of(_heads(word[:cut], language))):
            return (head, tail)
    return ()


def _is_name(word: str) -> bool:
    mixed = any(character.isdigit() for character in word) and not word.isdigit()
    return mixed or (len(word) > 1 and word.isupper())
