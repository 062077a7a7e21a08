"""Which base forms find more words of the glossary: simplemma alone, simplemma and our endings, or Voikko.

    python benchmarks/lemmas.py --differences 60 profiles/*.yaml TEXTS.json ...

Reads the Finnish texts of YAML and JSON files and prints, for the words that are no function words, each counted once,
the share that gets English, without a general dictionary and with the one installed. Voikko is measured where it is
there: ``apt-get install libvoikko1 voikko-fi`` and ``pip install libvoikko``.
"""

import argparse
import functools
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from hame_match.match import base_forms as ours
from hame_match.match import gloss as glossing
from hame_match.match.dictionary import FOLDERS_VARIABLE
from hame_match.match.gloss import GlossedWord, Source
from hame_match.match.lexical import guess_language

WORD = re.compile(r"[^\W_]+(?:[-'’:][^\W_]+)*")
SHORTEST_TEXT = 40
"""Shorter strings of a JSON file are codes and names, whose language cannot be guessed."""

Forms = Callable[[str, str], tuple[str, ...]]


def strings(value: object) -> Iterator[str]:
    """Yield every string in a decoded file."""
    if isinstance(value, str):
        yield re.sub(r"<[^>]+>", " ", value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def words_of(files: list[Path]) -> list[str]:
    """Return the different words of the Finnish texts of `files`, in order: a profile's interests, else all texts."""
    found: dict[str, None] = {}
    for file in files:
        text = file.read_text("utf-8")
        content = yaml.safe_load(text)["interests"] if file.suffix == ".yaml" else json.loads(text)
        for one in strings(content):
            if len(one) > SHORTEST_TEXT and guess_language(one) == "fi":
                found.update(dict.fromkeys(word for word in WORD.findall(one) if not word.isdigit()))
    return list(found)


def simplemma_alone(word: str, language: str) -> tuple[str, ...]:
    """Return the word and simplemma's base form."""
    return tuple(dict.fromkeys((word, ours.lemma(word, language))))


def voikko() -> Forms | None:
    """Return Voikko's base forms, or None where it is not installed."""
    try:
        from libvoikko import Voikko
    except ImportError:
        return None
    analyser = Voikko("fi")

    @functools.cache
    def forms(word: str, _: str) -> tuple[str, ...]:
        bases = (analysis.get("BASEFORM", "").lower().replace("=", "") for analysis in analyser.analyze(word))
        return tuple(dict.fromkeys((word, *filter(None, bases))))

    return forms


def glossed(words: list[str], forms: Forms) -> dict[str, GlossedWord]:
    """Return each of `words` that is no function word with its English by `forms`."""
    glossing.base_forms = forms
    glossing.lemma = lambda word, language: (*forms(word, language), word)[1]
    for name in ("_gloss", "_word", "_split_into", "_split_inflected", "_by_lemmas"):
        getattr(glossing, name).cache_clear()
    every = {word: glossing.gloss(word, "fi").words for word in words}
    return {word: found[0] for word, found in every.items() if found and found[0].source is not Source.LEFT_OUT}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare base forms by the words the gloss finds with them.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--differences", type=int, default=0, help="print so many words glossed differently")
    given = parser.parse_args()
    words = words_of(given.files)
    variants = {"simplemma alone": simplemma_alone, "simplemma and our endings": ours.base_forms, "Voikko": voikko()}
    installed = os.environ.get(FOLDERS_VARIABLE)
    results = {}
    for title, folders in (("glossary", ""), ("glossary and dictionary", installed)):
        os.environ.pop(FOLDERS_VARIABLE, None)
        if folders is not None:
            os.environ[FOLDERS_VARIABLE] = folders
        for name, forms in variants.items():
            if forms is None:
                print(f"{title:25} {name:27} is not installed")
                continue
            found = results[title, name] = glossed(words, forms)
            share = sum(word.source is not Source.UNKNOWN for word in found.values()) / max(1, len(found))
            print(f"{title:25} {name:27} {len(found):6} words {share:7.1%} found")
    if given.differences and ("glossary", "Voikko") in results:
        mine, other = results["glossary", "simplemma and our endings"], results["glossary", "Voikko"]
        differing = sorted(word for word in mine.keys() & other.keys() if mine[word].english != other[word].english)
        print(f"{len(differing)} words differ")
        for word in sorted(random.Random(7).sample(differing, min(given.differences, len(differing)))):
            print(f"{word} | {mine[word].english or '–'} | {other[word].english or '–'}")


if __name__ == "__main__":
    main()
