"""What an actor has ruled out, looked for in what names the subject of a call."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hame_match.match.lexical import stems
from hame_match.model.actor import Actor
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

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
_CLEAR = Reason("exclude", Verdict.ELIGIBLE, "exclude_clear")


def topics_in(line: str) -> tuple[str, ...]:
    """Return what names each known topic in `line`, in their order; empty where nothing does."""
    return tuple(found.group(0) if (found := named.search(line)) else "" for _, named in _COMPILED)


def exclude_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the call is about something the actor does not want.

    A phrase about a known topic is looked for in titles, programme and keywords in any language; any other phrase
    excludes only when all its stems stand in a title. Roles ("not as coordinator") say nothing about a subject.
    """
    del region
    for unwanted in _unwanted(actor.excludes, actor.languages[0]):
        for topic in unwanted.topics:
            if hit := facts.topics[topic]:
                return Reason("exclude", Verdict.INELIGIBLE, "exclude_hit", f"{unwanted.phrase}: {hit}")
        if unwanted.stems and unwanted.stems <= facts.subject_stems:
            return Reason("exclude", Verdict.INELIGIBLE, "exclude_hit", unwanted.phrase)
    return _CLEAR


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """A phrase of an actor's excludes: the known topics it names, or else the stems of its words."""

    phrase: str
    topics: tuple[int, ...]
    stems: frozenset[str]


@lru_cache(maxsize=1000)
def _unwanted(excludes: tuple[str, ...], language: str) -> tuple[_Unwanted, ...]:
    found = []
    for phrase in excludes:
        if _ROLE.search(phrase):
            continue
        topics = tuple(number for number, (said, _) in enumerate(_COMPILED) if said.search(phrase))
        words = "" if topics else _NEGATION.sub("", re.sub(r"\(.*?\)", "", phrase))
        found.append(_Unwanted(phrase, topics, frozenset(stems(words, language))))
    return tuple(found)
