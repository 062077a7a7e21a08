"""Size of the grant, the applicant's own share of the costs, and de minimis aid."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hame_match.match.eligibility.applicants import types_in
from hame_match.match.eligibility.reading import Spoken, quoted
from hame_match.model.actor import Actor, ActorType
from hame_match.model.call import ApplicantType
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

_PERCENT = r"(?P<percent>\d{1,3}(?:[.,]\d)?)\s*(?:%|prosenttia|prosentin|procent|per ?cent)"
_PAID = re.compile(
    rf"\b(?:action|operating|project) grants?(?: \(\w+\))?\s*[—–-]\s*{_PERCENT.replace('percent', 'percent0')}"
    rf"|\b(?:funding|co-?financing|reimbursement|aid|grant) (?:rate|intensity)\b[^.;]{{0,70}}?{_PERCENT}"
    rf"|\b(?:up to|maximum(?: of)?|max\.?|at most)\s+{_PERCENT.replace('percent', 'percent2')}\s+of (?:the )?(?:total |project )?(?:eligible|project|total|approved)? ?(?:costs|expenses|budget)"
    rf"|\b(?:tuki|tuen (?:määrä|osuus)|tukea|avustus|avustuksen (?:määrä|osuus)|avustusta|rahoitus|rahoitusta|rahoitusosuus|tukiprosentti|tuki-intensiteetti)\b[^.;]{{0,60}}?\b(?:enintään|korkeintaan|on|max)\s+{_PERCENT.replace('percent', 'percent3')}"
    rf"|\b(?:enintään|korkeintaan)\s+{_PERCENT.replace('percent', 'percent4')}\s+(?:[\wäö-]+\s+){{0,5}}?\w*(?:kustannuksi|menoi|kuluista)"
    rf"|\b(?:stöd|bidrag|understöd)\w*\b[^.;]{{0,60}}?\bhögst\s+{_PERCENT.replace('percent', 'percent5')}",
    re.IGNORECASE,
)
_OWN = re.compile(
    rf"\b(?:omarahoitu\w+|omavastuu\w*|egenfinansiering\w*|självfinansiering\w*|own contribution|co-?financing(?! rate)|match(?:ing)?[- ]funding)\b[^.;]{{0,70}}?\b(?:vähintään|minst|at least|on|är|is)\s+{_PERCENT}",
    re.IGNORECASE,
)
_OWN_OF = re.compile(rf"(?P<who>\b[\wäöå-]+)\s+omarahoitu\w+[^.;]{{0,40}}?{_PERCENT}", re.IGNORECASE)
_OTHERS = re.compile(rf"\b(?:muiden|muilla|muille|muut|övriga|others)\b[^.;]{{0,40}}?{_PERCENT}", re.IGNORECASE)
_NO_OWN = re.compile(
    r"omarahoitus\w*\s+ei\s+(?:vaadita|edellytetä|tarvita|ole)|ei\s+(?:vaadita|edellytetä|tarvita)\s+omarahoitus"
    r"|egenfinansiering\w* krävs inte|no (?:own contribution|co-?financing|co-?funding|match(?:ing)? funding) (?:is )?(?:required|needed)",
    re.IGNORECASE,
)
_SHARE_ROOTS = (
    "%",
    "prosent",
    "procent",
    "per cent",
    "percent",
    "omarahoitu",
    "egenfinans",
    "co-f",
    "cofin",
    "own contribution",
    "match",
)
_AID_ROOTS = ("minimis", "vähämerkity", "mindre betydelse")
_DE_MINIMIS = re.compile(r"\bde[ -]minimis\b|vähämerkityksi\w+|stöd av mindre betydelse", re.IGNORECASE)
_NO_DE_MINIMIS = re.compile(
    r"\b(?:ei ole|eivät ole|ei katsota|ei myönnetä|ei sovelleta|is not|are not|not (?:considered|granted)|är inte|inte)\b[^.;]{0,60}(?:de[ -]minimis|vähämerkityks|mindre betydelse)"
    r"|(?:de[ -]minimis|vähämerkityks)\w*[^.;]{0,40}\b(?:ei sovelleta|does not apply)",
    re.IGNORECASE,
)
_FOR_PROFIT = {
    ActorType.SME: True, ActorType.LARGE_COMPANY: True, ActorType.ENERGY_COMPANY: True, ActorType.COOPERATIVE: True,
    ActorType.DEVELOPMENT_COMPANY: False, ActorType.EDUCATIONAL_INSTITUTION: False,
}  # fmt: skip
"""Types that make a profit for their owners, and whether they surely do; all others are non-profit."""
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """Percentage of the costs an applicant pays itself; empty when no sentence says.

    Attributes:
        shares: every percentage stated for anybody.
        by_kind: that of a kind of applicant, where the call tells them apart.
        others: that of all other kinds, where the call tells some apart.
        sentence: what says so.
    """

    shares: tuple[int, ...] = ()
    by_kind: tuple[tuple[ApplicantType, int], ...] = ()
    others: int | None = None
    sentence: str = ""

    def of(self, kinds: frozenset[ApplicantType]) -> tuple[int, int] | None:
        """Return the (least, most) share of an applicant of these kinds; None when no sentence says."""
        own = [share for kind, share in self.by_kind if kind in kinds]
        if own:
            return min(own), max(own)
        if self.by_kind and self.others is not None:
            return self.others, self.others
        return (min(self.shares), max(self.shares)) if self.shares else None


def share_facts(said: Iterable[Spoken]) -> ShareFacts:
    """Return the own share that the first sentence about it states."""
    for one in said:
        if not one.has(_SHARE_ROOTS):
            continue
        if found := _NO_OWN.search(one.text):
            return ShareFacts((0,), sentence=quoted(found))
        if found := _OWN.search(one.text):
            part = quoted(found)
            by_kind = tuple(
                (kind, _whole(each["percent"]))
                for each in _OWN_OF.finditer(part)
                for kind in sorted(types_in(each["who"]))
            )
            others = _OTHERS.search(part)
            shares = [_whole(each["percent"]) for each in _OWN.finditer(part)]
            shares += [_whole(others["percent"])] if others else []
            return ShareFacts(tuple(shares), by_kind, _whole(others["percent"]) if others else None, part)
        if found := _PAID.search(one.text):
            part = quoted(found)
            paid = [next(text for text in each.groups() if text) for each in _PAID.finditer(part)]
            return ShareFacts(
                tuple(_WHOLE - _whole(text) for text in paid if 0 < _whole(text) <= _WHOLE), sentence=part
            )
    return ShareFacts()


def _whole(percent: str) -> int:
    return round(float(percent.replace(",", ".")))


def money_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether a grant of this call has a size that suits the actor.

    | size of one grant | answer |
    |---|---|
    | not stated, or the actor names no range | unknown, eligible |
    | overlaps the actor's range | eligible |
    | below the actor's least | ineligible |
    | above the actor's most, and the actor also joins as a partner | unknown: its share may fit |
    | above the actor's most otherwise | ineligible |
    """
    del region
    low, high = facts.call.grant_min, facts.call.grant_max
    wanted = actor.money
    if wanted.min_eur is None and wanted.max_eur is None:
        return _MONEY_FITS
    if low is None and high is None:
        return _MONEY_SILENT
    amount = str(high if high is not None else low)
    if wanted.overlaps(low, high):
        return Reason("money", Verdict.ELIGIBLE, "money_fits", amount)
    too_big = low is not None and wanted.max_eur is not None and low > wanted.max_eur
    if too_big and (not actor.roles or set(actor.roles) & {"partner", "pilot_site"}):
        return Reason("money", Verdict.UNKNOWN, "money_share", amount)
    return Reason("money", Verdict.INELIGIBLE, "money_outside", amount)


_MONEY_FITS = Reason("money", Verdict.ELIGIBLE, "money_fits")
_MONEY_SILENT = Reason("money", Verdict.UNKNOWN, "money_unknown")


def co_funding_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the actor can pay its own share of the costs.

    | own share that the call, or else the law of its type of action, asks for | answer |
    |---|---|
    | none | eligible |
    | the profile's `own_share_percent` covers even the highest stated | eligible |
    | the profile's `own_share_percent` is below even the lowest stated | ineligible |
    | some, and the profile says nothing or lies between | unknown: can it pay so much? |
    | nothing stated | unknown |
    """
    del region
    said = facts.shares
    asked = said.of(actor.applicant_types)
    sentence = said.sentence
    if asked is None:
        asked, sentence = _by_law(facts, actor), ""
    if asked is None:
        return _SHARE_SILENT
    least, most = asked
    share = str(most) if least == most else f"{least}–{most}"
    if most == 0:
        return Reason("co_funding", Verdict.ELIGIBLE, "co_funding_none", "", sentence)
    can = actor.money.own_share_percent
    if can is not None and can >= most:
        return Reason("co_funding", Verdict.ELIGIBLE, "co_funding_fits", share, sentence)
    if can is not None and can < least:
        return Reason("co_funding", Verdict.INELIGIBLE, "co_funding_too_much", share, sentence)
    return Reason("co_funding", Verdict.UNKNOWN, "co_funding_needed", share, sentence)


def _by_law(facts: "CallFacts", actor: Actor) -> tuple[int, int] | None:
    law = facts.law
    if law.rate is None:
        return None
    if law.rate_for_profit is None or actor.actor_type not in _FOR_PROFIT:
        return _WHOLE - law.rate, _WHOLE - law.rate
    # A development company or a school may be a company that makes no profit for its owners.
    least = law.rate_for_profit if _FOR_PROFIT[actor.actor_type] else law.rate
    return _WHOLE - least, _WHOLE - law.rate_for_profit


_SHARE_SILENT = Reason("co_funding", Verdict.UNKNOWN, "co_funding_unknown")


@dataclass(frozen=True, slots=True)
class AidFacts:
    """Whether the grant is de minimis aid (Regulation (EU) 2023/2831).

    Attributes:
        sentence: the sentence that says so; empty when none does.
        denied: the sentence that says it is not; empty when none does.
    """

    sentence: str = ""
    denied: str = ""


def aid_facts(said: Iterable[Spoken]) -> AidFacts:
    """Return what the first sentence about de minimis aid says."""
    for one in said:
        if not one.has(_AID_ROOTS):
            continue
        if found := _NO_DE_MINIMIS.search(one.text):
            return AidFacts(denied=quoted(found))
        if found := _DE_MINIMIS.search(one.text):
            return AidFacts(quoted(found))
    return AidFacts()


def de_minimis_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether room is left below the ceiling of de minimis aid: 300,000 EUR in three years since 1 January 2024.

    Regulation (EU) 2023/2831, article 3(2), for one undertaking and Member State; farming and fishing have lower
    ceilings of their own. No profile tells what an actor has got.

    | the call says | answer |
    |---|---|
    | the grant is de minimis aid | unknown: how much has the actor got in three years? |
    | it is not, or nothing | eligible |
    """
    del actor, region
    said = facts.aid
    if said.sentence:
        return Reason("de_minimis", Verdict.UNKNOWN, "de_minimis_ceiling", "", said.sentence)
    return Reason("de_minimis", Verdict.ELIGIBLE, "de_minimis_none", "", said.denied) if said.denied else _NO_AID


_NO_AID = Reason("de_minimis", Verdict.ELIGIBLE, "de_minimis_none")
