"""Base forms of Finnish and Swedish words: those of simplemma's list, and guesses by the commonest endings.

A guess is only worth something held against a list of words: callers try the forms in order and take the first that is
a term. The rules are those of school grammar; Iso suomen kielioppi (https://scripta.kotus.fi/visk) has them all.
"""

import functools
import re
from collections.abc import Iterable, Iterator

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
_LONGER_THAN_ENDINGS = 6
_POSSESSED = re.compile(r".+(?:mme|nne|nsa|nsä|[ae]an|een|ään|kin)")
_ADJECTIVES = ("tu", "ty", "nut", "nyt", "nen", "va", "vä")
_INEN = re.compile(rf"(.+i)(?:sten|s(?:e|i){_CASE})|(.{{2,}}l[aä]i)st[aä]")
_SURELY_INEN = re.compile(r".{4,}(?:[aeouyäö]is[ei].+|l[aä]ist[aä])")
"""Nothing but an adjective in -inen: "ikäisille" of no isä, "italialaista" of no laki."""
_RATHER = {"pinna": "pinta", "palvelus": "palvelu", "nurmikka": "nurmikko", "nuora": "nuori"}
"""The commoner word by the one simplemma has for their common forms: "pinnalle", "palvelusta"."""
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
_PASSIVE_PRESENT = re.compile(rf"(.{{2,}}?)(tt|t)([aä])v[aäi](?:i?{_CASE})?")
_AGENT = re.compile(r"(.{3,}?)m(?:[aä](?:n|t|lle|ksi|(?:ss|st|ll|lt)[aä])|i(?:en|a|ä|lle|ksi|(?:ss|st|ll|lt)[aä]))")
_VERBAL_NOUN = re.compile(r"(.{3,}?)mi(?:nen|se(?:n|en|ssa|ssä|sta|stä|lla|llä|lle|na|nä|ksi|t)|sta|stä)")
_PASSIVE_STEMS = {"tt": "t", "t": "dlnrt", "d": "d", "l": "l", "n": "n", "r": "r"}
"""Consonants of a passive by that of its participle: käyte|tty käyte|tään, automatisoi|tu automatisoi|daan."""
_VOWEL = "aeiouyäö"
_CLOSED = re.compile(rf"(.+[{_VOWEL}])(?:n|t|ksi|lle|(?:ss|st|ll|lt|tt)[aä])")
"""A singular whose ending closes the syllable, so that the stem is weak: "silla|lle" of silta."""
_OPEN = re.compile(rf"(.+([{_VOWEL}]))(?:n[aä]|h?\2n|seen)")
"""A singular whose stem is strong: "silta|na", "silta|an", "osoittee|seen"."""
_PLURAL_CLOSED = re.compile(r"(.+[^i])i(?:ksi|lle|(?:ss|st|ll|lt|tt)[aä])")
_PLURAL_OPEN = re.compile(rf"(.+[^i])(?:i(?:en|in|hin|siin|den|tten|a|ä|n[aä]|t[aä])|(?<=[{_VOWEL}])(?:jen|j[aä]))")
_LONG_I_STEM = re.compile(r".+[^r]ei(?:den|tten|t[aä])")
"""Plurals in which e is none of an i: "osoittei|ta" of osoite, not of osoitti; "paperei|ta" of paperi is one."""
_WEAKER = {
    "kk": "k",
    "pp": "p",
    "tt": "t",
    "nt": "nn",
    "lt": "ll",
    "rt": "rr",
    "mp": "mm",
    "nk": "ng",
    "p": "v",
    "t": "d",
    "k": "",
}
"""The weak grade of consonants by the strong one, the longest first; Iso suomen kielioppi, § 41."""
_STRONGER = (*((weak, strong) for strong, weak in _WEAKER.items() if weak), *((f"{c}j", f"{c}k") for c in "lrh"))
_HUSHED = re.compile(rf"(?!.*(?:uu|yy|ii|ee|ll.|rr.)$)(.*[{_VOWEL}lrh])([{_VOWEL}])")
"""A weak stem whose k is gone: "jala|t" of jalka, "ruoa|n" of ruoka."""
_ENDS_OF_E_STEMS = (
    ("se", "nen"),
    ("kse", "s"),
    ("ude", "us"),
    ("yde", "ys"),
    ("uute", "uus"),
    ("yyte", "yys"),
    ("ime", "in"),
    ("de", "si"),
    ("te", "si"),
    ("he", "s"),
)
"""Ends of the stem of a singular and of its base form: "naise|n" nainen, "varaukse|n" varaus, "vede|n" vesi."""
_SWEDISH = ("ernas", "arnas", "orna", "erna", "arna", "ens", "ets", "en", "et", "er", "ar", "or", "s", "n", "t", "a")


@functools.lru_cache(maxsize=100_000)
def lemma(word: str, language: str) -> str:
    """Return the base form of a lower-case word, the word itself when simplemma does not know it.

    >>> lemma("anturit", "fi"), lemma("datan", "fi")
    ('anturi', 'data')
    """
    import simplemma

    base = str(simplemma.lemmatize(word, lang=language, low_memory=True)).lower().rstrip(".")
    if language == "fi" and not _fits(base, word):
        return word
    # Of a compound it does not know it may give the first part: "purku" of "purku|puuta".
    lost = word[len(base) :] if language == "fi" and word.startswith(base) else ""
    if len(lost) >= _LONGER_THAN_A_CASE and not _ENDING.fullmatch(lost):
        return word
    return _RATHER.get(base, base) if word != base else word


def _is_listed(word: str) -> bool:
    """Return whether simplemma's list has the form; of others it guesses the base."""
    import simplemma

    return simplemma.is_known(word, "fi", low_memory=True)


def _fits(base: str, word: str) -> bool:
    """Return whether simplemma's base is none of its bad guesses: "veri" of vertais|työ, "isä" of käyttö|isistä."""
    if base.endswith("isä") and _INEN.fullmatch(word):
        return False
    fair = len(word) - len(base) < _LONGER_THAN_ENDINGS or word.startswith(base) or _POSSESSED.fullmatch(word)
    return bool(fair) or _is_listed(word)


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
        if base != word and not _is_listed(word):
            # Of "kuljettavia" simplemma guesses kulkea; the rules know better.
            forms = dict.fromkeys((word, *(() if base.endswith(_ADJECTIVES) else _participles(word)), base))
        for form in (word, base):
            forms.update(dict.fromkeys(_finnish(form)))
        forms.update(dict.fromkeys(declined(word)))
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
        # Behind it the adjective: "aikuisuu|teen" of aikuinen.
        if found[1].endswith(("isuu", "isyy")):
            yield f"{found[1][:-3]}nen"


def declined(word: str) -> Iterator[str]:
    """Yield the nouns and adjectives whose form a Finnish word may be by its case ending and the grade of its stem.

    >>> "silta" in declined("sillalle"), "kuva" in declined("kuvista"), "rikas" in declined("rikkaita")
    (True, True, True)
    """
    if found := _INEN.fullmatch(word):
        yield f"{found[1] or found[2]}nen"
        if _SURELY_INEN.fullmatch(word):
            # Where there is no such adjective: "ammoniakki|käyttö|isiä" is of such use.
            if found[1] and not found[1].endswith(("lai", "läi")):
                yield found[1][:-1]
            return
    if found := _CLOSED.fullmatch(word):
        # A lone k, p or t is weak here: "tuki|t" is of tukki, not of tuki.
        for stem in (*(() if _WEAK.fullmatch(word) else (found[1],)), *_strong(found[1])):
            yield from _of_singular(stem)
    if found := _OPEN.fullmatch(word):
        yield from _of_singular(found[1])
    if found := _PLURAL_CLOSED.fullmatch(word):
        for stem in (found[1], *_strong(found[1])):
            yield from _of_plural(stem)
    if found := _PLURAL_OPEN.fullmatch(word):
        # "laatiko|iden" of laatikko is weak, too.
        for stem in (found[1], *_strong(found[1])):
            if not (_LONG_I_STEM.fullmatch(word) and stem.endswith("e")):
                yield from _of_plural(stem)
            else:
                yield _weak(stem)


def _strong(stem: str) -> Iterator[str]:
    """Yield what a weak stem may be in the strong grade: "silla" silta, "laatiko" laatikko, "pinn" pint.

    >>> list(_strong("silla")), list(_strong("jala"))
    (['silta'], ['jalka'])
    """
    body, vowel = (stem[:-1], stem[-1]) if stem[-1] in _VOWEL else (stem, "")
    for weak, strong in _STRONGER:
        if body.endswith(weak) and body[-2:] not in _WEAKER and body[: -len(weak)][-1:] not in ("", "s", weak):
            yield f"{body[: -len(weak)]}{strong}{vowel}"
    if found := _HUSHED.fullmatch(stem):
        yield f"{found[1]}k{found[2]}"


def _weak(stem: str) -> str:
    """Return a strong stem in the weak grade: "osoitte" osoite, "rikka" rika; itself when nothing changes."""
    body, vowel = stem[:-1], stem[-1]
    ends = (strong for strong in _WEAKER if body.endswith(strong) and body[: -len(strong)][-1:] not in ("", "s"))
    strong = next(ends, "")
    return f"{body[: -len(strong)]}{_WEAKER[strong]}{vowel}" if strong else stem


def _of_singular(stem: str) -> Iterator[str]:
    """Yield the base forms of a stem before the ending of a singular."""
    yield stem
    if stem.endswith("e") and stem[-2] not in _VOWEL:
        # "suome|n" of suomi, "jäsene|n" of jäsen
        yield f"{stem[:-1]}i"
        if stem.endswith(("ne", "le", "re")):
            yield stem[:-1]
    if stem.endswith("ee"):
        # "huonee|n", "osoittee|n"
        yield stem[:-1]
        yield _weak(stem[:-1])
    for end, base in _ENDS_OF_E_STEMS:
        if stem.endswith(end):
            yield f"{stem[: -len(end)]}{base}"
            if end == "ime":
                # "puhaltime|n" of puhallin
                yield f"{_weak(stem[:-2])[:-1]}in"
    # "rikkaa|n" of rikas, "maksuttoma|n" of maksuton
    if stem.endswith(("aa", "ää")):
        yield f"{stem[:-1]}s"
        yield f"{_weak(stem[:-1])}s"
    if stem.endswith(("ttoma", "ttömä")):
        yield f"{stem[:-4]}{stem[-3]}n"


def _of_plural(stem: str) -> Iterator[str]:
    """Yield the base forms of a stem before the i of a plural."""
    back = next((letter in "aou" for letter in reversed(stem) if letter in "aouäöy"), False)
    if stem[-1] not in _VOWEL:
        # "kuv|ista" of kuva, "nuor|ista" of nuori, "jäsen|istä"
        whole = f"{stem}{'a' if back else 'ä'}"
        # After a, e or i the a of a short noun becomes an o: "palkk|ien" is of palkki, "palkko|jen" of palkka.
        vowel = next((letter for letter in reversed(stem) if letter in _VOWEL), "")
        if vowel not in "aei":
            yield whole
        yield f"{stem}i"
        if vowel in "aei" and (not back or stem.endswith(("m", "n", "l", "v", "r"))):
            yield whole
        if stem.endswith(("n", "l", "r")):
            yield stem
        if stem.endswith("s"):
            yield f"{stem[:-1]}nen"
        if stem.endswith("ks"):
            yield f"{stem[:-2]}s"
        if stem.endswith("im"):
            yield f"{stem[:-1]}n"
            yield f"{_weak(stem[:-1])[:-1]}in"
        if stem.endswith(("ttom", "ttöm")):
            yield f"{stem[:-3]}{stem[-2]}n"
        return
    yield stem
    if stem.endswith(("o", "ö")):
        # "kirjo|issa" of kirja, "tekijö|issä" of tekijä
        yield f"{stem[:-1]}{'a' if stem[-1] == 'o' else 'ä'}"
    if stem.endswith("e"):
        # "pankke|ja" of pankki, "osoitte|ita" of osoite
        yield f"{stem[:-1]}i"
        yield _weak(stem)
    if stem.endswith(("a", "ä")):
        # "rikka|ita" of rikas
        yield f"{stem}s"
        yield f"{_weak(stem)}s"


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
    """Yield the verbs an infinitive, a noun in -minen or a participle may come from, by a form simplemma knows."""
    yield from _active(word, (_MA_INFINITIVE, _VERBAL_NOUN))
    yield from _participles(word)
    yield from _active(word, (_AGENT,))


def _active(word: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[str]:
    for pattern in patterns:
        if found := pattern.fullmatch(word):
            stem = found[1]
            if stem.endswith(("a", "ä")):
                yield f"{stem}{stem[-1]}"
            elif len(stem) > _SHORTEST and stem.endswith(("i", "o", "u", "y", "ö")):
                # "etsi|vä" of etsiä, whose other forms simplemma takes for a noun's
                yield f"{stem}a"
                yield f"{stem}ä"
            for plural in (f"{stem}vat", f"{stem}vät") if stem[-1] in _VOWEL else ():
                if _is_of(verb := lemma(plural, "fi"), stem):
                    yield verb


def _participles(word: str) -> Iterator[str]:
    yield from _active(word, (_ACTIVE_PRESENT, _ACTIVE_PAST))
    for pattern in (_PASSIVE_PAST, _PASSIVE_PRESENT):
        if found := pattern.fullmatch(word):
            stem, consonant, vowel = found.groups()
            a = "a" if vowel in "ua" else "ä"
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
