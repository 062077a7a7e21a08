"""Words of calls and interests as stems, so that inflected forms meet."""

import functools
import re
from typing import Protocol, cast

import snowballstemmer

from hame_match.model.call import SUBJECT_ROLES, Call

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_ALGORITHMS = {"fi": "finnish", "sv": "swedish", "en": "english"}

# Words so common in calls and profiles that they tell nothing; the usual function words and the field's own.
_STOP = {
    "fi": """ja on ei se ne että joka jotka jossa tai sekä myös kuin mutta kun jos niin ovat oli olla voi voidaan voivat
        me meidän meille olemme teemme haluamme etsimme tämä tämän tätä näitä nämä siihen sen sitä niitä niiden heidän
        hän he hakea haku haun hakuun hanke hankkeen hankkeet hankkeita avustus avustusta avustuksen rahoitus rahoitusta
        tuki tukea kehittää kehittäminen kehitämme uusi uusia uuden eri muu muut muita yli alle noin kanssa mukaan
        avulla kautta vuoden vuonna vuosi sekä myös ilman asti jo vain vielä enää siten kuten esimerkiksi""",
    "sv": """och att det som en ett den är på av för med till i om inte kan ska de vi vår våra eller samt även från
        stöd bidrag projekt utveckla ny nya olika""",
    "en": """the of and to in a an for on with that by as is are be will from this at or its their it which these such
        should can may has have not we our us they more new also project projects proposals proposal topic action
        actions call expected outcomes outcome scope eu european europe support development develop including
        based through between into other all any across within where when how what""",
}


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


@functools.cache
def _stemmer(language: str) -> _Stemmer:
    return cast(_Stemmer, snowballstemmer.stemmer(_ALGORITHMS[language]))


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(_STOP[language].split())


@functools.lru_cache(maxsize=200_000)
def _stem(word: str, language: str) -> str:
    return _stemmer(language).stemWord(word)


def stems(text: str, language: str) -> list[str]:
    """Return the stems of the words of `text` in order, without words that tell nothing.

    Snowball's Finnish, Swedish and English stemmers; another language is only lower-cased. Numbers and single
    letters are left out, so that years and list marks do not count as words.

    >>> stems("Vesistön kunnostus ja vesistöt", "fi")
    ['vesistö', 'kunnostus', 'vesistö']
    """
    words = [word for word in _WORD.findall(text.lower()) if len(word) > 1 and not word.isdigit()]
    if language not in _ALGORITHMS:
        return words
    stop = _stop_words(language)
    found: list[str] = []
    for word in words:
        if word in stop:
            continue
        stem = _stem(word, language)
        found.append(stem)
        if "-" in word:
            found += [_stem(part, language) for part in word.split("-") if len(part) > 1 and not part.isdigit()]
    return found


def call_stems(call: Call) -> tuple[str, str]:
    """Return (stems of the title, stems of the subject text) of `call` in all its languages, joined by blanks."""
    title: list[str] = []
    for language, text in call.titles.items():
        title += stems(text, language)
    for extra in (call.parent_title, call.project):
        if extra:
            title += stems(extra, "en")
    body: list[str] = []
    for section in call.sections:
        if section.role in SUBJECT_ROLES:
            body += stems(section.text, section.language)
    for keyword in call.keywords:
        body += stems(keyword, call.original_language())
    return " ".join(title), " ".join(body)


def guess_language(text: str) -> str:
    """Return ``fi``, ``sv`` or ``en``, by the function words and letters of `text`; Finnish when nothing tells.

    >>> guess_language("We make robots for the food industry"), guess_language("Teemme robotteja")
    ('en', 'fi')
    """
    words = _WORD.findall(text.lower())
    counts = {language: sum(word in _stop_words(language) for word in words) for language in _ALGORITHMS}
    return max(counts, key=lambda language: counts[language])


def is_stop_word(word: str, language: str) -> bool:
    """Return whether a lower-case word is so common that it tells nothing."""
    return word in _stop_words(language)
