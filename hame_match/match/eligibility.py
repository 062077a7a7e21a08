"""May this actor apply to this call? Rules with three answers, each with what it rests on.

Strict to exclude: only a stated fact says no, and a missing fact is `UNKNOWN`, never a no.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from hame_match.match.applicants import ApplicantFacts, applicant_facts
from hame_match.match.lexical import stems
from hame_match.model.actor import Actor
from hame_match.model.call import ApplicantType, Call, CallStatus, status_at
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

# What actors say they do not want, in their words, and how calls name it. A phrase in other words is looked for by its
# stems in titles of its own language.
_TOPICS: tuple[tuple[str, str], ...] = (
    (r"puolustu|sotila|ase(?:tek|ellis)|försvar|defen[cs]e|military",
     r"\bdefen[cs]e\b|\bmilitary\b|\bEDF-|European Defence|\bpuolustus(?!kyky)|försvars"),
    (r"ydinvoim|ydinener|kärnkraft|nuclear",
     r"\bnuclear\b|\bfission\b|\bfusion\b|\bEuratom\b|ydinvoim|ydinener|kärnkraft"),
    (r"avaruu|satelliit|rymd|\bspace\b",
     r"\bspace\b(?! (?:of|for|heating))|\bsatellites?\b|\blaunchers?\b|avaruus|rymd"),
    (r"perustutki|grundforskning|basic research",
     r"\bERC-|\bERC\b|frontier research|perustutkimu|grundforskning"),
    (r"kliini|lääke(?:kehi|tutki)|clinical|drug",
     r"\bclinical trials?\b|\bclinical stud(?:y|ies)\b|\bmedicinal products?\b|\bdrug (?:discovery|development)\b|kliini\w+ lääke"),
    (r"merituuli|meri- tai tuulivoi|tuulivoi|offshore|wind power",
     r"\boffshore\b|\bwind (?:energy|power|farms?|turbines?)\b|\bocean energy\b|tuulivoim"),
    (r"kala|meribio|vesivilje|fisher|aquacult",
     r"\bfish(?:ery|eries|ing)?\b|\baquaculture\b|\bmarine biomass\b|\bseafood\b|kalatalou|kalastu|vesivilje"),
    (r"elokuv|film|audiovisu",
     r"\bfilms?\b|\baudiovisual\b|\bMEDIA-|elokuva"),
    (r"esittäv\w+ taide|teatter|performing",
     r"\bperforming arts\b|\btheatre\b|esittäv\w+ tai|teatteri"),
    (r"kehitysma|kehitysyhteis|utvecklingsländ|developing countr",
     r"\bdeveloping countr|\bdevelopment cooperation\b|\bsub-saharan\b|kehitysmaa|kehitysyhteistyö"),
    (r"teräste|steel ?works",
     r"\bsteel ?making\b|\bsteel(?:works| plants?| industry)\b|\bRFCS\b|terästehda"),
    (r"kuvantami|imaging",
     r"\bmedical imaging\b|\bimaging\b|kuvantami"),
    (r"kaivos|mining|gruv",
     r"\bmining\b|\bmines?\b|kaivos|gruv"),
    (r"asevelvol|turve|torv|peat",
     r"\bpeat\b|\bturve|torv"),
)  # fmt: skip
_COMPILED = tuple((re.compile(said, re.IGNORECASE), re.compile(named, re.IGNORECASE)) for said, named in _TOPICS)
_ROLE = re.compile(r"koordinaattori|vetäjä|samordnare|koordinator|coordinator", re.IGNORECASE)
_NEGATION = re.compile(r"^(?:ei|eivät|emme|inte|inga|no|not|without)\s+", re.IGNORECASE)
_HORIZON_OPEN = re.compile(
    r"^HORIZON(?:[ -]JU)?[ -](?:Research and Innovation Actions|Innovation Actions|Coordination and Support)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CallFacts:
    """One call with what the rules ask of it, read once for all actors.

    Attributes:
        call: the call.
        status: where it stands at the moment of ranking.
    """

    call: Call
    status: CallStatus

    @cached_property
    def applicants(self) -> ApplicantFacts:
        """What the text says of applicants."""
        return applicant_facts(self.call)

    @cached_property
    def subject_line(self) -> str:
        """Everything short that names the subject: titles, parent, project, programme, identifier, keywords."""
        call = self.call
        parts = [*call.titles.values(), call.parent_title, call.project, call.programme, call.identifier]
        return " | ".join(part for part in (*parts, *call.keywords) if part)

    @cached_property
    def subject_stems(self) -> frozenset[str]:
        """Stems of the titles, each in its language."""
        return frozenset(stem for language, title in self.call.titles.items() for stem in stems(title, language))


def facts_of(call: Call, now: datetime) -> CallFacts:
    """Return the facts of `call` at `now` (aware)."""
    return CallFacts(call, status_at(call, now))


def status_rule(facts: CallFacts, actor: Actor, region: Region) -> Reason:
    """Answer whether a newcomer can still apply.

    | status | answer |
    |---|---|
    | open, forthcoming | eligible |
    | closed | ineligible |
    | unknown | unknown |
    """
    del actor, region
    match facts.status:
        case CallStatus.OPEN | CallStatus.FORTHCOMING:
            verdict = Verdict.ELIGIBLE
        case CallStatus.CLOSED:
            verdict = Verdict.INELIGIBLE
        case CallStatus.UNKNOWN:
            verdict = Verdict.UNKNOWN
    return Reason("status", verdict, f"status_{facts.status}")


def applicant_type_rule(facts: CallFacts, actor: Actor, region: Region) -> Reason:
    """Answer whether the call takes applicants of the actor's type.

    | the call says | answer |
    |---|---|
    | one of the actor's types may apply, or any legal entity | eligible |
    | one of the actor's types is shut out and none may apply, or every organisation is shut out | ineligible |
    | only others may apply | ineligible |
    | others are named without "only", or nothing is said | unknown |
    """
    del region
    said = facts.applicants
    sure, possible = actor.applicant_types, actor.possible_applicant_types
    for kind in sorted(sure & said.named.keys() - said.shut_out.keys()):
        return Reason("applicant_type", Verdict.ELIGIBLE, "applicant_type_named", said.named[kind])
    if said.people_only and not said.named:
        return Reason("applicant_type", Verdict.INELIGIBLE, "applicant_type_excluded", said.people_only)
    # A university is a research organisation, too, but shutting out those need not mean it.
    decisive = (sure - {ApplicantType.RESEARCH}) or sure
    for kind in sorted(decisive & said.shut_out.keys()):
        if not (sure | possible) & said.named.keys():
            return Reason("applicant_type", Verdict.INELIGIBLE, "applicant_type_excluded", said.shut_out[kind])
    if said.only and not (sure | possible) & said.named.keys() and sure:
        return Reason("applicant_type", Verdict.INELIGIBLE, "applicant_type_others_only", said.only)
    if said.anybody:
        return Reason("applicant_type", Verdict.ELIGIBLE, "applicant_type_named", said.anybody)
    action = facts.call.type_of_action or ""
    if _HORIZON_OPEN.match(action):
        # Regulation (EU) 2021/695, article 22: any legal entity may take part in an action of these types.
        return Reason("applicant_type", Verdict.ELIGIBLE, "applicant_type_named", action)
    sentence = next((text for text in said.named.values() if text), "")
    return Reason("applicant_type", Verdict.UNKNOWN, "applicant_type_unknown", sentence)


def region_rule(facts: CallFacts, actor: Actor, region: Region) -> Reason:
    """Answer whether the call is open to the actor's region.

    | the call is limited to | answer |
    |---|---|
    | nothing, or a region that holds the home region | eligible |
    | other regions | ineligible |
    | the source does not say | unknown |
    """
    del actor
    note, limits = facts.call.region_note or "", facts.call.regions
    if limits is None:
        return Reason("region", Verdict.UNKNOWN, "region_unknown", note)
    if not limits or any(region.lies_in(code) for code in limits):
        return Reason("region", Verdict.ELIGIBLE, "region_ok", note)
    return Reason("region", Verdict.INELIGIBLE, "region_other", note or ", ".join(limits))


def exclude_rule(facts: CallFacts, actor: Actor, region: Region) -> Reason:
    """Answer whether the call is about something the actor does not want.

    A phrase about a known topic is looked for in titles, programme and keywords in any language; any other phrase
    excludes only when all its stems stand in a title. Roles ("not as coordinator") say nothing about a subject.
    """
    del region
    for unwanted in _unwanted(actor.excludes, actor.languages[0]):
        for pattern in unwanted.patterns:
            if hit := pattern.search(facts.subject_line):
                return Reason("exclude", Verdict.INELIGIBLE, "exclude_hit", f"{unwanted.phrase}: {hit.group(0)}")
        if unwanted.stems and unwanted.stems <= facts.subject_stems:
            return Reason("exclude", Verdict.INELIGIBLE, "exclude_hit", unwanted.phrase)
    return Reason("exclude", Verdict.ELIGIBLE, "exclude_clear")


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """A phrase of an actor's excludes: patterns of a known topic, or else the stems of its words."""

    phrase: str
    patterns: tuple[re.Pattern[str], ...]
    stems: frozenset[str]


@lru_cache(maxsize=1000)
def _unwanted(excludes: tuple[str, ...], language: str) -> tuple[_Unwanted, ...]:
    found = []
    for phrase in excludes:
        if _ROLE.search(phrase):
            continue
        patterns = tuple(named for said, named in _COMPILED if said.search(phrase))
        words = "" if patterns else _NEGATION.sub("", re.sub(r"\(.*?\)", "", phrase))
        found.append(_Unwanted(phrase, patterns, frozenset(stems(words, language))))
    return tuple(found)


def money_rule(facts: CallFacts, actor: Actor, region: Region) -> Reason:
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
        return Reason("money", Verdict.ELIGIBLE, "money_fits")
    if low is None and high is None:
        return Reason("money", Verdict.UNKNOWN, "money_unknown")
    amount = str(high if high is not None else low)
    if wanted.overlaps(low, high):
        return Reason("money", Verdict.ELIGIBLE, "money_fits", amount)
    too_big = low is not None and wanted.max_eur is not None and low > wanted.max_eur
    if too_big and (not actor.roles or set(actor.roles) & {"partner", "pilot_site"}):
        return Reason("money", Verdict.UNKNOWN, "money_share", amount)
    return Reason("money", Verdict.INELIGIBLE, "money_outside", amount)


Rule = Callable[[CallFacts, Actor, Region], Reason]
RULES: tuple[Rule, ...] = (status_rule, applicant_type_rule, region_rule, exclude_rule, money_rule)
"""Every rule, in the order its answers are shown."""


def judge(facts: CallFacts, actor: Actor, region: Region) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return all rules together and what each found.

    Returns:
        (ineligible if any rule says so, else unknown if any cannot tell, else eligible; reasons in rule order).
    """
    reasons = tuple(rule(facts, actor, region) for rule in RULES)
    verdicts = {reason.verdict for reason in reasons}
    if Verdict.INELIGIBLE in verdicts:
        return Verdict.INELIGIBLE, reasons
    # An unknown grant size alone raises no question: the funder's page states it.
    open_questions = {r.verdict for r in reasons if r.rule != "money"}
    return (Verdict.UNKNOWN if Verdict.UNKNOWN in open_questions else Verdict.ELIGIBLE), reasons
