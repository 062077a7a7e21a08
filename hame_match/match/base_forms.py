"""Base forms of Finnish and Swedish words: those of simplemma's list, and guesses by the commonest endings.

A guess is only worth something held against a list of words: callers try the forms in order and take the first that is
a term. The rules are those of school grammar; Iso suomen kielioppi (https://scripta.kotus.fi/visk) has them all.
"""

import functools
import re
from collections.abc import Iterator

_SHORTEST = 3
"""Letters that must be left when an ending is taken off."""

_CLITIC = re.compile(r"(.{3,}?)(?:kin|kaan|kään|han|hän)")
_POSSESSIVE = re.compile(r"(.{3,}?)(?:mme|nne|nsa|nsä)")
_PLURAL = re.compile(r"(.+[aouyäöe])i(?:den|ta|tä|ssa|ssä|sta|stä|hin|lla|llä|lta|ltä|lle|ksi)")
_QUALITY = re.compile(r"(.+[uy])(?:teen|den|tta|ttä|de(?:n|ssa|ssä|sta|stä|lla|llä|lle|ksi)|tena|tenä)")
_COMPARATIVE = re.compile(
    r"(.{3,}?)(?:mpi|mmin|mp[aä]{1,2}(?:n|ksi|na|nä)?|mma[nt]|mmä[nt]|mm[aä](?:ssa|ssä|sta|stä|ksi|lla|llä|lta|ltä|lle)"
    r"|mpi[aäen]n?|mmi(?:ssa|ssä|sta|stä|lla|llä|lta|ltä|lle|ksi))"
)
_SUPERLATIVE = re.compile(r"(.{3,}?)i(?:n|mm[aä](?:n|t|ssa|ssä|sta|stä|ksi|lla|llä|lle)|mpi?[aäen]{1,2}n?)")
_CASE = (
    "(?:n|t|a|ä|ta|tä|na|nä|ksi|ssa|ssä|sta|stä|lla|llä|lta|ltä|lle|seen|siin|iin|in|an|än|den|jen|ja|jä|en|ina|inä)"
)
_LONGER_THAN_A_CASE = 4
_ENDING = re.compile(rf"[eijhs]{{0,2}}{_CASE}?(?:mme|nne|nsa|nsä|ni|si|an|en|än|in)?(?:kin|kaan|kään|han|hän|ko|kö)?")
_ACTIVE_PRESENT = re.compile(rf"(.{{2,}}?)v(?:a|ä|i)(?:i?{_CASE})?")
_ACTIVE_PAST = re.compile(
    r"(.{2,}?)(?:n[uy]t|nee(?:t|n|ksi|lle|lla|llä|ssa|ssä|sta|stä|seen|na|nä)"
    r"|nei(?:ta|tä|den|lle|lla|llä|ssa|ssä|sta|stä|siin))"
)
_PASSIVE_PAST = re.compile(rf"(.{{2,}}?)(tt|t|d|l|n|r)([uy])(?:i?{_CASE})?")
_ADJECTIVE_KAS = re.compile(rf"(.{{2,}})kk([aä])(?:[aä]|i)(?:{_CASE})?")
_MA_INFINITIVE = re.compile(r"(.{3,}?)m[aä](?:an|än|ssa|ssä|sta|stä|lla|llä|tta|ttä)")
_LOST_K = re.compile(r"(.+[lr])([aä])(?:mme|n|t|tte)")
_WEAK = re.compile(r"(.+[aeiouyäö])([kpt])([aeiouyäö])(?:n|t|ssa|ssä|sta|stä|lla|llä|lta|ltä|lle|ksi)")
_VERBAL_NOUN = re.compile(r"(.{3,}?)mi(?:nen|se(?:n|en|ssa|ssä|sta|stä|lla|llä|lle|na|nä|ksi|t)|sta|stä)")
_PASSIVE_STEMS = {"tt": "t", "t": "dlnr", "d": "d", "l": "l", "n": "n", "r": "r"}
"""Consonants of a passive by that of its participle: käyte|tty käyte|tään, automatisoi|tu automatisoi|daan."""
_SWEDISH = ("ernas", "arnas", "orna", "erna", "arna", "ens", "ets", "en", "et", "er", "ar", "or", "s", "n", "t", "a")


@functools.lru_cache(maxsize=100_000)
def lemma(word: str, language: str) -> str:
    """Return the base form of a lower-case word, the word itself when simplemma does not know it.

    >>> lemma("anturit", "fi"), lemma("datan", "fi")
    ('anturi', 'data')
    """
    import simplemma

    base = str(simplemma.lemmatize(word, lang=language, low_memory=True)).lower().rstrip(".")
    # Of a compound it does not know it may give the first part: "purku" of "purku|puuta".
    lost = word[len(base) :] if language == "fi" and word.startswith(base) else ""
    return base if len(lost) < _LONGER_THAN_A_CASE or _ENDING.fullmatch(lost) else word


@functools.lru_cache(maxsize=50_000)
def base_forms(word: str, language: str) -> tuple[str, ...]:
    """Return the forms under which a lower-case word may be a term, the likeliest first: as written, then its bases.

    >>> forms = base_forms("viljelijöidemme", "fi")
    >>> forms[0], "viljelijä" in forms
    ('viljelijöidemme', True)
    >>> "turvallinen" in base_forms("turvallista", "fi")
    True
    """
    base = lemma(word, language)
    # "tillverkar" is no form of tillverkare, whose plural is like the singular.
    verb = (word[:-1],) if language == "sv" and base == f"{word}e" else ()
    forms = dict.fromkeys((word, *verb, base))
    if language == "fi":
        for form in tuple(forms):
            forms.update(dict.fromkeys(_finnish(form)))
    elif language == "sv":
        forms.update(dict.fromkeys(_swedish(word)))
    return tuple(forms)


def _finnish(word: str) -> Iterator[str]:
    for pattern in (_CLITIC, _POSSESSIVE):
        if found := pattern.fullmatch(word):
            rest = found[1]
            # "energiasta|mme" keeps its ending, "laitokse|mme" and "ota|mme" lack an n.
            for whole in (rest, f"{rest}n"):
                yield whole
                yield lemma(whole, "fi")
    # "korja|a" of korjata
    if word.endswith(("aa", "ää")):
        yield f"{word[:-1]}t{word[-1]}"
    # "pura|mme" of purkaa
    if found := _LOST_K.fullmatch(word):
        yield f"{found[1]}k{found[2]}{found[2]}"
    yield from _nouns(word)
    if found := _COMPARATIVE.fullmatch(word):
        yield from _adjectives(found[1])
    if found := _SUPERLATIVE.fullmatch(word):
        yield from _adjectives(found[1])
    if found := _ADJECTIVE_KAS.fullmatch(word):
        yield f"{found[1]}k{found[2]}s"
    if word.endswith("sti"):
        yield from _adjectives(word[:-3])
    yield from _verbs(word)
    # "kato|n" of katto: simplemma has one base of a form, the other may be the term.
    if found := _WEAK.fullmatch(word):
        yield f"{found[1]}{found[2]}{found[2]}{found[3]}"


def _nouns(word: str) -> Iterator[str]:
    # Partitives: "turvallis|ta" of turvallinen, "terä|stä" of teräs, "maa|ta", "kyyti|ä", "kulu|ja".
    if word.endswith(("sta", "stä")):
        yield f"{word[:-3]}nen"
    if word.endswith(("ta", "tä", "ja", "jä")):
        yield word[:-2]
    if word.endswith(("ia", "iä", "ua", "yä", "oa", "öä", "ea", "eä", "aa", "ää")):
        yield word[:-1]
    # Plurals: "säätiö|iden", "iso|ista"; "tutkimuksellis|in" of tutkimuksellinen.
    if found := _PLURAL.fullmatch(word):
        yield found[1]
    if word.endswith("isin"):
        yield f"{word[:-3]}nen"
    # "neutraaliu|teen" of neutraalius
    if found := _QUALITY.fullmatch(word):
        yield f"{found[1]}s"


def _adjectives(stem: str) -> Iterator[str]:
    """Yield the adjectives of the stem of a comparison or an adverb: "turvallise", "nopea", "vahve"."""
    yield stem
    if stem.endswith("se"):
        yield f"{stem[:-2]}nen"
    if stem.endswith("e"):
        yield f"{stem[:-1]}a"
        yield f"{stem[:-1]}ä"
    yield lemma(f"{stem}n", "fi")


def _verbs(word: str) -> Iterator[str]:
    """Yield the verbs a participle, an infinitive or a noun in -minen may come from, by a form simplemma knows."""
    for pattern in (_MA_INFINITIVE, _VERBAL_NOUN, _ACTIVE_PRESENT, _ACTIVE_PAST):
        if found := pattern.fullmatch(word):
            stem = found[1]
            if stem.endswith(("a", "ä")):
                yield f"{stem}{stem[-1]}"
            for plural in (f"{stem}vat", f"{stem}vät"):
                if _is_of(verb := lemma(plural, "fi"), stem):
                    yield verb
    if found := _PASSIVE_PAST.fullmatch(word):
        stem, consonant, vowel = found.groups()
        a = "a" if vowel == "u" else "ä"
        for ending in _PASSIVE_STEMS[consonant]:
            passive = f"{stem}{ending}{a}{a}n"
            if _is_of(verb := lemma(passive, "fi"), stem):
                yield verb


def _is_of(verb: str, stem: str) -> bool:
    """Return whether simplemma knew the form and its verb is about as long as the stem: else it guessed, too."""
    return verb.endswith(("a", "ä")) and not verb.endswith(("va", "vä")) and len(verb) >= len(stem)


def _swedish(word: str) -> Iterator[str]:
    for ending in _SWEDISH:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            rest = word[: -len(ending)]
            yield rest
            if ending in ("orna", "or"):
                yield f"{rest}a"
            if ending == "s":
                yield lemma(rest, "sv")
