"""Readiness levels a call is for, and languages an application may be written in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hame_match.match.eligibility.reading import Spoken, quoted
from hame_match.model.actor import Actor
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

_LEVEL = re.compile(
    r"\b(?:TRLs?|technology readiness levels?(?: \(TRLs?\))?|(?:teknolog\w+ )?valmiustaso\w*(?: \(TRL\))?|teknisk mognadsnivå)"
    r"\s*(?:of |at )?(?P<low>[1-9])\b(?!\s*%)(?:\s*(?P<join>[-–—/]|to|and|or|ja|tai|och)\s*(?:TRL\s*)?(?P<high>[1-9])\b)?",
    re.IGNORECASE,
)
_LEVEL_ROOTS = ("trl", "readiness", "valmiustaso", "mognadsniv")
_START = re.compile(
    r"\b(?:start\w*|begin\w*|beyond|from|minimum|entry|alka\w+|lähtö\w*|börja\w*|at least|vähintään)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_MOVE = re.compile(r"\b(?:move|from)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)
_END = re.compile(
    r"\b(?:achiev\w*|reach\w*|end\w*|up to|target\w*|to|saavut\w*|päätty\w*|enintään|nå\w*)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(r"\bis a scale\b|used to assess the maturity|\bdefinition of TRL", re.IGNORECASE)
_BEFORE = 40
_FAR = 2
"""Levels between the highest of the call and the lowest of the actor that are no matter of taste any more."""

_TONGUES = {
    "fi": r"suomeksi|suomen kiel\w+|suomenkiel\w+|finnish|finska", "sv": r"ruotsiksi|ruotsin kiel\w+|ruotsinkiel\w+|swedish|svenska|tai ruotsi\w*|ja ruotsi\w*",
    "en": r"englanniksi|englannin kiel\w+|englanninkiel\w+|english|engelska|tai englanni\w*",
    "fr": r"french|ranskaksi", "de": r"german|saksaksi", "et": r"estonian|viroksi", "da": r"danish", "no": r"norwegian", "pl": r"polish",
    "es": r"spanish", "it": r"italian", "pt": r"portuguese", "lv": r"latvian", "lt": r"lithuanian", "nl": r"dutch",
}  # fmt: skip
_SPEECH = {code: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for code, pattern in _TONGUES.items()}
_WRITTEN = re.compile(
    r"\b(?:applications?|proposals?|application forms?)\b[^.;]{0,80}\b(?:must|shall|should|have to|has to|may|can|are to|is to|is|are)\b[^.;]{0,60}\b(?:written|submitted|drafted|prepared|filled|completed)\b[^.;]{0,60}"
    r"|\b(?:application|working) language\b[^.;]{0,60}|\blanguages? of (?:the )?(?:application|proposal)s?\b[^.;]{0,60}"
    r"|\bhakemu(?:s|kse[tn])\b[^.;]{0,80}\b(?:laadit|kirjoit|täyte|jätet|tehd|toimit|voi\b)\w*[^.;]{0,60}|\bhakemuksen kieli\b[^.;]{0,60}|\bhakukieli\w*\b[^.;]{0,60}"
    r"|\bansök(?:an|ningar)\b[^.;]{0,60}\b(?:skriv|lämna|göra|fyll)\w*[^.;]{0,60}",
    re.IGNORECASE,
)
_TONGUE_ROOTS = (
    "language",
    "english",
    "finnish",
    "swedish",
    "suome",
    "ruotsi",
    "englanni",
    "svensk",
    "finsk",
    "engelsk",
    "kieli",
    "kielellä",
)
_ANY_TONGUE = re.compile(
    r"(?:any|one) of the (?:official )?(?:EU )?(?:official )?languages|any (?:EU )?official (?:EU )?language",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """Technology readiness levels (1 to 9) a call is for; None is open.

    Attributes:
        low: where work starts.
        high: where it ends.
        sentence: what says so; empty when nothing does.
        expected: the call says where work starts or ends, rather than that it mentions a level.
    """

    low: int | None = None
    high: int | None = None
    sentence: str = ""
    expected: bool = False


def level_facts(said: Iterable[Spoken]) -> LevelFacts:
    """Return the widest span of readiness levels that the sentences name.

    >>> from hame_match.model.call import SectionRole
    >>> text = "Activities are expected to start at TRL 4-5 and achieve TRL 7 by the end of the project."
    >>> found = level_facts([Spoken(text, SectionRole.SCOPE)])
    >>> found.low, found.high
    (4, 7)
    """
    lows: list[int] = []
    highs: list[int] = []
    sentence = ""
    expected = False
    for one in said:
        if _EXPLAINED.search(one.text):
            continue
        for found in _LEVEL.finditer(one.text) if one.has(_LEVEL_ROOTS) else ():
            low, high = int(found["low"]), int(found["high"] or found["low"])
            before = one.text[max(0, found.start() - _BEFORE) : found.start()]
            expected = expected or bool(_START.search(before) or _END.search(before))
            if _START.search(before):
                lows.append(low)
                if _MOVE.search(before) and found["join"] == "to":
                    highs.append(high)
            elif _END.search(before):
                highs.append(high)
            else:
                lows.append(low)
                highs.append(high)
            sentence = sentence or quoted(found)
    # An end without a start that lies below every start leaves the start open.
    first = min(lows) if lows and min(lows) <= min(highs, default=9) else None
    return LevelFacts(first, max(highs, default=None), sentence, expected)


def trl_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the call's readiness levels meet those of the actor's interest.

    | levels of the call | answer |
    |---|---|
    | not stated, or the actor names none | unknown, eligible |
    | overlap the actor's, or may: one end is open | eligible |
    | one level short of the actor's, or only mentioned | unknown |
    | two levels or more apart, where the call says that work starts or ends | ineligible |
    """
    del region
    if actor.trl is None:
        return _LEVELS_ANY
    said = facts.levels
    if not said.sentence:
        return _LEVELS_SILENT
    low, high = said.low or 1, said.high or 9
    span = str(high) if low == high or said.low is None else f"{low}–{high}"
    gap = max(actor.trl[0] - high, low - actor.trl[1])
    if gap <= 0:
        return Reason("trl", Verdict.ELIGIBLE, "trl_fits", span, said.sentence)
    if gap < _FAR or not said.expected:
        return Reason("trl", Verdict.UNKNOWN, "trl_near", span, said.sentence)
    return Reason("trl", Verdict.INELIGIBLE, "trl_outside", span, said.sentence)


_LEVELS_ANY = Reason("trl", Verdict.ELIGIBLE, "trl_any")
_LEVELS_SILENT = Reason("trl", Verdict.UNKNOWN, "trl_unknown")


def written_in(said: Iterable[Spoken]) -> tuple[frozenset[str], str]:
    """Return the languages an application may be written in and the sentence that says so; empty when none does.

    ``*`` stands for every official language of the EU.
    """
    for one in said:
        for found in _WRITTEN.finditer(one.text) if one.has(_TONGUE_ROOTS) else ():
            if _ANY_TONGUE.search(found.group(0)):
                return frozenset("*"), quoted(found)
            if named := frozenset(code for code, pattern in _SPEECH.items() if pattern.search(found.group(0))):
                return named, quoted(found)
    return frozenset(), ""


def language_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the actor can write the application in a language that the call takes.

    | the call takes | answer |
    |---|---|
    | a language the actor writes in, or any official language of the EU | eligible |
    | other languages, and the profile names its own | ineligible |
    | other languages, and the profile leaves them at the default | unknown |
    | nothing said | unknown; for a topic of the EU, eligible: its portal takes every official language |
    """
    del region
    named, sentence = facts.languages
    if "*" in named or named & set(actor.languages):
        return Reason("language", Verdict.ELIGIBLE, "language_fits", ", ".join(sorted(named - {"*"})), sentence)
    if named:
        stated = "languages" in actor.model_fields_set
        verdict, code = (Verdict.INELIGIBLE, "language_other") if stated else (Verdict.UNKNOWN, "language_check")
        return Reason("language", verdict, code, ", ".join(sorted(named)), sentence)
    return _ANY_OFFICIAL if facts.call.type_of_action and facts.call.source.startswith("eu_") else _LANGUAGE_SILENT


_ANY_OFFICIAL = Reason("language", Verdict.ELIGIBLE, "language_eu")
_LANGUAGE_SILENT = Reason("language", Verdict.UNKNOWN, "language_unknown")
