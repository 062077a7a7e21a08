"""The region's smart-specialisation themes on a call, each with the sentence of the call that caused it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hame_match.language import shorten
from hame_match.match.windows import subject_text
from hame_match.model.actor import Actor
from hame_match.model.call import Call
from hame_match.model.region import Theme
from hame_match.sentences import telling_sentences

MOST_THEMES = 3
"""A call that fits every theme fits none in particular."""
LONGEST_QUOTE = 240
"""Characters of a sentence that are shown: three lines of a terminal."""
TITLE_WEIGHT = 0.5
"""Of a hit in the title, beside a share of sentences in [0, 1]."""
FEW_SENTENCES = 2
"""Added to the number of sentences: one hit tags a text of up to three; a missed call costs more than a weak one."""
THRESHOLD = 0.2
"""Least score of a tag. These three were chosen on the tuning half of the labels, see `benchmarks/themes.py`."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class ThemeTag:
    """A theme of the region that a call is about.

    Attributes:
        code: of the theme.
        sentence: verbatim from the call, at most `LONGEST_QUOTE` characters, an ellipsis where it was cut.
        language: of the sentence.
        score: share of the call's telling sentences with a word of the theme, and `TITLE_WEIGHT` for its title;
            higher is better, at least `THRESHOLD`.
    """

    code: str
    sentence: str
    language: str
    score: float


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One word of a term; an open end stands for any letters."""

    text: str
    open_front: bool
    open_back: bool

    def fits(self, word: str) -> bool:
        if self.open_front:
            return self.text in word if self.open_back else word.endswith(self.text)
        return word.startswith(self.text) if self.open_back else word == self.text


@dataclass(frozen=True, slots=True)
class _Term:
    code: str
    patterns: tuple[_Pattern, ...]

    def fits(self, words: Sequence[str], start: int) -> bool:
        if start + len(self.patterns) > len(words):
            return False
        return all(pattern.fits(words[start + at]) for at, pattern in enumerate(self.patterns) if at)


class Lexicon:
    """The words of the region's themes, made ready to be looked up; remembers what it found for every word."""

    def __init__(self, themes: Iterable[Theme]) -> None:
        self.codes: tuple[str, ...] = ()
        self._terms: dict[str, list[_Term]] = {"fi": [], "sv": [], "en": []}
        self._starting: dict[tuple[str, str], tuple[_Term, ...]] = {}
        for theme in themes:
            self.codes += (theme.code,)
            for language, terms in self._terms.items():
                terms += [_term(theme.code, written) for written in theme.words.of(language)]

    def hits(self, text: str, language: str) -> Iterator[tuple[str, int]]:
        """Yield (code of a theme, where in `text` its word starts) in the text's order, for every word of a theme."""
        matches = list(_WORD.finditer(text.lower()))
        words = [match[0] for match in matches]
        for at, word in enumerate(words):
            for term in self._starting_with(word, language):
                if term.fits(words, at):
                    yield term.code, matches[at].start()

    def _starting_with(self, word: str, language: str) -> tuple[_Term, ...]:
        key = (language, word)
        found = self._starting.get(key)
        if found is None:
            found = tuple(term for term in self._terms.get(language, ()) if term.patterns[0].fits(word))
            self._starting[key] = found
        return found


def _term(code: str, written: str) -> _Term:
    parts = re.findall(r"\*?[^\W_]+\*?", written.lower())
    return _Term(code, tuple(_Pattern(part.strip("*"), part.startswith("*"), part.endswith("*")) for part in parts))


def tags_of(call: Call, lexicon: Lexicon) -> tuple[ThemeTag, ...]:
    """Return the themes `call` is about, best first, at most `MOST_THEMES`; empty when no theme reaches `THRESHOLD`.

    A theme's score is the share of telling sentences that have one of its words, and `TITLE_WEIGHT` more when the
    title, the parent topic or the project has one. Text and title of the call's original language are read.

    Args:
        call: the call.
        lexicon: the words of the region's themes.
    """
    language = call.original_language()
    heading = [(call.title(language)[0], language)]
    heading += [(extra, "en") for extra in (call.parent_title, call.project) if extra]
    sentences = [(sentence, language) for sentence in telling_sentences(subject_text(call, language))]
    in_heading, in_text = _found(heading, lexicon), _found(sentences, lexicon)
    tags = []
    for code in lexicon.codes:
        score = TITLE_WEIGHT * (code in in_heading) + len(in_text.get(code, ())) / (len(sentences) + FEW_SENTENCES)
        if score >= THRESHOLD:
            # A title is quoted only where no sentence says it.
            best = max(in_text.get(code) or in_heading[code], key=lambda quote: quote.words)
            tags.append(ThemeTag(code, shorten(best.text, LONGEST_QUOTE), best.language, round(score, 3)))
    tags.sort(key=lambda tag: -tag.score)  # stable: of equal ones the region's order
    return tuple(tags[:MOST_THEMES])


@dataclass(frozen=True, slots=True)
class _Quote:
    text: str
    language: str
    words: int


def _found(texts: Iterable[tuple[str, str]], lexicon: Lexicon) -> Mapping[str, list[_Quote]]:
    """Return the texts that have a word of each theme, in order, with how many words there are."""
    found: dict[str, list[_Quote]] = {}
    for text, language in texts:
        places: dict[str, set[int]] = {}
        for code, start in lexicon.hits(text, language):
            places.setdefault(code, set()).add(start)
        for code, where in places.items():
            found.setdefault(code, []).append(_Quote(text, language, len(where)))
    return found


def shared_themes(actor: Actor, tags: Iterable[ThemeTag]) -> tuple[str, ...]:
    """Return the codes of `tags` that `actor` has among its own themes, in the order of the tags; may be empty."""
    return tuple(tag.code for tag in tags if tag.code in actor.s3_themes)
