"""How many must apply together, and whether one may apply alone."""

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

_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "kaksi": 2, "kahden": 2, "kahta": 2, "kolme": 3, "kolmen": 3, "kolmea": 3, "neljä": 4, "neljän": 4, "viisi": 5, "viiden": 5,
    "två": 2, "tre": 3, "fyra": 4, "fem": 5,
}  # fmt: skip
_NUMBER = rf"(?P<number>\d{{1,2}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_MEMBERS = (
    r"(?:applicants?|(?:legal )?entities|beneficiaries|organi[sz]ations|partners|participants|members"
    r"|hakija\w*|organisaatio\w*|kumppan\w*|osapuol\w*|toteuttaj\w*|partn[ie]r\w*|sökande|organisationer|parter)"
)
_LEAST = re.compile(
    rf"\b(?:at least|(?:a )?minimum(?: of)?|vähintään|minst|ainakin|include?s?,? as beneficiar(?:y|ies),)\s+{_NUMBER}\s+(?:\([\w ]+\)\s+)?(?:[\w/-]+,?\s+){{0,5}}?{_MEMBERS}\b",
    re.IGNORECASE,
)
# A number of something applicants do, reach or are joined by is no number of applicants.
_DEMANDED = re.compile(
    r"consorti|submitted by|participation|participate|must (?:be|include|involve|comprise)|shall|require|applicants?\b.*\bfrom"
    r"|konsorti|yhteishan|yhteishak|hake|hankkee?ssa on oltava|on oltava|edellyt|söka|konsortium|krävs|projektet ska",
    re.IGNORECASE,
)
_IF = re.compile(r"^\W*(?:in case of|if |consortia of (?:two|three)|jos |om )", re.IGNORECASE)
_MANY_LANDS = re.compile(
    r"(?:from|in|of) (?:at least )?(?:\w+ )?(?:\(\d\) )?(?:different|separate) (?:\w+[ -]){0,4}?(?:countr|member|participating|associated|state)"
    r"|each (?:established )?(?:in|from) (?:a )?different|eri maista|eri maassa|(?:kolmesta|kahdesta|\d) (?:eri )?maasta|från olika länder|i olika länder"
    r"|different (?:eligible )?countries",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(?:single|sole) (?:applicants?|legal entit(?:y|ies)|compan(?:y|ies)|beneficiar(?:y|ies)|entit(?:y|ies)|organi[sz]ations?|SMEs?)\b"
    r"|\bcollaborative or individual\b|\bindividual applicants? (?:may|can)\b|\bmono-?beneficiar|\bone or more (?:legal entities|applicants|beneficiaries|organi[sz]ations)|\bno consortium (?:is )?(?:required|needed)"
    r"|yhden organisaation|yksittäi\w+ hakija|voi(?:vat|daan)? hakea (?:myös )?(?:yksin|itsenäisesti)\b|yksin tai (?:yhdessä|yhteis)|joko yksin|ensam eller tillsammans|enskild sökande",
    re.IGNORECASE,
)
_NOT_ALONE = re.compile(
    r"\bnot\b|\bcannot\b|\bno single\b|\bineligible\b|\bei(?:vät)? (?:voi|ole|hyväksytä)\b|\binte\b|\b(?:any|every|each|per|in a) single\b"
    # infrastructure consortia and the like, which apply for their members
    r"|\bERICs?\b|may participate as",
    re.IGNORECASE,
)
_LED_ELSEWHERE = re.compile(
    r"(?:participation as |eligible )?coordinators?\b[^.]{0,120}\b(?:limited to|must be|only)\b[^.]{0,80}\bwidening countr",
    re.IGNORECASE,
)


_LEAST_ROOTS = ("as beneficiar", "at least", "minimum", "vähintään", "minst", "ainakin")
_ALONE_ROOTS = (
    "single", "individual", "sole", "mono", "one or more", "no consortium", "yhden org", "yksittäi", "yksin", "itsenäisesti", "ensam",
    "enskild",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConsortiumFacts:
    """How many must apply together; every fact with the sentence that says it.

    Attributes:
        least: least number of applicants; None when no sentence says.
        abroad: they must be from different countries.
        sentence: what says so.
        alone: the sentence that lets a single applicant apply; empty when none does.
        led_elsewhere: the sentence that keeps the lead to countries without Finland; empty when none does.
    """

    least: int | None = None
    abroad: bool = False
    sentence: str = ""
    alone: str = ""
    led_elsewhere: str = ""


def consortium_facts(said: Iterable[Spoken]) -> ConsortiumFacts:
    """Return what the sentences say of consortia; the first that says a number decides."""
    least: int | None = None
    abroad, sentence, alone, led = False, "", "", ""
    for one in said:
        if one.has(("third part", "fstp")):
            continue
        if not led and "widening" in one.low and (found := _LED_ELSEWHERE.search(one.text)):
            led = quoted(found)
        if (
            not alone
            and one.has(_ALONE_ROOTS)
            and (found := _ALONE.search(one.text))
            and not _NOT_ALONE.search(quoted(found))
        ):
            alone = quoted(found)
            continue
        if least is None and one.has(_LEAST_ROOTS) and (found := _LEAST.search(one.text)):
            part = quoted(found)
            if _DEMANDED.search(part) and not _IF.search(part):
                word = found["number"].lower()
                least = _NUMBERS.get(word) or int(word)
                abroad, sentence = bool(_MANY_LANDS.search(part)), part
    return ConsortiumFacts(least, abroad, sentence, alone, led)


def consortium_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the actor can apply alone; having to find partners is a condition, never a no.

    | the call says | answer |
    |---|---|
    | a single applicant may apply, or one is the least number | eligible |
    | at least so many must apply together | unknown: has it got them? |
    | coordinators come from other countries only | unknown: will it join as a partner? |
    | nothing, and the law asks for one | eligible |
    | nothing, and the law asks for several | unknown |
    | nothing | unknown |
    """
    del actor, region
    said = facts.consortium
    if said.led_elsewhere:
        return Reason("consortium", Verdict.UNKNOWN, "consortium_led_elsewhere", "", said.led_elsewhere)
    if said.alone:
        return Reason("consortium", Verdict.ELIGIBLE, "consortium_alone", "", said.alone)
    if said.least is not None:
        if said.least < 2:
            return Reason("consortium", Verdict.ELIGIBLE, "consortium_alone", "", said.sentence)
        code = "consortium_abroad" if said.abroad else "consortium_partners"
        return Reason("consortium", Verdict.UNKNOWN, code, str(said.least), said.sentence)
    if facts.law.partners == 1:
        return Reason("consortium", Verdict.ELIGIBLE, "consortium_alone_by_law", facts.call.type_of_action or "")
    if facts.law.partners is not None:
        return Reason("consortium", Verdict.UNKNOWN, "consortium_by_law", str(facts.law.partners))
    return _SILENT


_SILENT = Reason("consortium", Verdict.UNKNOWN, "consortium_unknown")
