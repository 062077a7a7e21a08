"""Where applicants must be: countries, regions, municipalities."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hame_match.match.eligibility.reading import Spoken, quoted
from hame_match.model.actor import Actor
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

_REGIONS = (
    ("FI1B1", r"uudellamaalla|uudenmaan"), ("FI1C1", r"varsinais-suome\w+"), ("FI196", r"satakunna\w+"),
    ("FI1C2", r"kanta-hämee\w+|kanta-häme|egentliga tavastland"), ("FI19B", r"pirkanmaa\w*"), ("FI1C6", r"päijät-hämee\w+"),
    ("FI1C7", r"kymenlaakso\w*"), ("FI1C5", r"etelä-karjala\w*"), ("FI1DA", r"etelä-savo\w*"), ("FI1DB", r"pohjois-savo\w*"),
    ("FI1DC", r"pohjois-karjala\w*"), ("FI198", r"keski-suome\w+"), ("FI199", r"etelä-pohjanmaa\w*"), ("FI19A", r"(?<!-)pohjanmaa\w*"),
    ("FI1D5", r"keski-pohjanmaa\w*"), ("FI1D9", r"pohjois-pohjanmaa\w*"), ("FI1D8", r"kainuu\w*"), ("FI1D7", r"lapissa|lapin"),
    ("FI200", r"ahvenanmaa\w*|åland\w*"),
)  # fmt: skip
"""NUTS code (2024) and the region's name as it is inflected where it limits."""
_REGION = re.compile("|".join(f"(?P<{code}>\\b(?:{pattern}))" for code, pattern in _REGIONS), re.IGNORECASE)
# Who is somewhere, not what happens there: "kunnille, jotka toimivat Lapissa", "yrityksille, joiden toimipaikka on".
_SEATED = re.compile(
    r"(?:jotka|joka|joilla|joiden|jonka)\b[^.;]{0,60}\b(?:toimi\w+|sijaitse\w+|toimipaik\w+|kotipaik\w+|asu\w+)\b[^.;]{0,200}"
    r"|\b(?:hakija\w*|hakijan|tuensaaja\w*)\b[^.;]{0,60}\b(?:toimipaik\w+|kotipaik\w+|toimi[av]\w*|sijait\w+|on oltava)\b[^.;]{0,120}"
    r"|(?:ssa|ssä|lla|llä) (?:toimiv|sijaitsev|asuv)\w+",
    re.IGNORECASE,
)
_SEAT_ROOTS = ("toimi", "sijait", "kotipaik", "asuv", "asuu")
_LAND_ROOTS = ("entities established", "widening")
_ONLY = re.compile(
    r"\b(?:vain|ainoastaan|yksinomaan|endast|bara|only)\b|on oltava|pitää olla|tulee olla", re.IGNORECASE
)
_ESTABLISHED = re.compile(
    r"(?:limited to|open (?:only )?to|only|restricted to)[^.;]{0,60}\b(?:legal )?entities established in (?P<where>[^.;]{3,300})",
    re.IGNORECASE,
)
_EUROPE = re.compile(
    r"member states|eu countr|european union|\bthe union\b|\bunion\b|\bEEA\b|finland|europe\b|eligible countr|participating states|\bprogramme countr",
    re.IGNORECASE,
)
_NOT_FINLAND = re.compile(
    r"widening countr|outermost region|third countr|developing countr|low- and middle", re.IGNORECASE
)
_COORDINATOR = re.compile(r"coordinator", re.IGNORECASE)
_NEWCOMER = re.compile(
    r"(?:additional|new) (?:beneficiar|partner|participant)\w*[^.;]{0,60}\bfrom (?:a |an )?(?:eligible )?widening countr",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What sentences say of where applicants must be.

    Attributes:
        here: the sentence that takes applicants of the EU or its members; empty when none does.
        elsewhere: the sentence that takes only those of countries without Finland; empty when none does.
        seated: parts of sentences that say where applicants are in Finland, and whether they say "only".
    """

    here: str = ""
    elsewhere: str = ""
    seated: tuple[tuple[str, bool], ...] = ()


def place_facts(said: Iterable[Spoken]) -> PlaceFacts:
    """Return what the sentences say of countries, regions and municipalities."""
    here = elsewhere = ""
    seated: list[tuple[str, bool]] = []
    for one in said:
        if one.has(_LAND_ROOTS) and (found := _ESTABLISHED.search(one.text)):
            part = quoted(found)
            if _EUROPE.search(found["where"]):
                here = here or part
            elif _NOT_FINLAND.search(found["where"]) and not _COORDINATOR.search(part):
                elsewhere = elsewhere or part
        elif one.has(_LAND_ROOTS) and (found := _NEWCOMER.search(one.text)):
            elsewhere = elsewhere or quoted(found)
        if one.has(_SEAT_ROOTS) and _SEATED.search(one.text):
            seated.append((one.text, bool(_ONLY.search(one.text))))
    return PlaceFacts(here, elsewhere, tuple(seated))


@lru_cache(maxsize=64)
def _town_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        "|".join(rf"(?P<m{number}>\b{_stem(name)}\w*)" for number, name in enumerate(names)), re.IGNORECASE
    )


def _stem(name: str) -> str:
    """Return what a municipality's name keeps in every case.

    >>> [_stem(name) for name in ("Forssa", "Jokioinen", "Loppi", "Riihimäki", "Hausjärvi")]
    ['Forssa', 'Jokioi(?:nen|s)', 'Lopp?i?', 'Riihimä(?:ki|e|i)', 'Hausjärv']
    """
    if name.endswith("nen"):
        return rf"{name[:-3]}(?:nen|s)"
    if name.endswith("ppi"):
        return rf"{name[:-2]}p?i?"
    if name.endswith("ki"):
        return rf"{name[:-2]}(?:ki|e|i)"
    return name.removesuffix("i")


def region_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the call is open to the actor's country, region and municipality.

    | the call is limited to | answer |
    |---|---|
    | the actor's municipality or its region by a sentence | eligible |
    | other municipalities of the region, with a word for only | ineligible |
    | other municipalities or regions, without one | unknown |
    | nothing, or a NUTS area that holds the home region | eligible |
    | other NUTS areas, or countries without Finland | ineligible |
    | the source does not say | unknown |

    The areas of a structural fund call come from EURA by its own rule (see `docs/sources.md`): a call is for the home
    region when it lists the region, is national or for all of southern Finland, or names the region.
    """
    note, limits = facts.call.region_note or "", facts.call.regions
    said = facts.places
    if said.elsewhere:
        return Reason("region", Verdict.INELIGIBLE, "region_other", "", said.elsewhere)
    if limits and not any(region.lies_in(code) for code in limits):
        return Reason("region", Verdict.INELIGIBLE, "region_other", note or ", ".join(limits))
    if said.seated and (found := _seat(said.seated, actor, region)) is not None:
        return found
    if limits is None:
        return Reason("region", Verdict.UNKNOWN, "region_unknown", note)
    return Reason("region", Verdict.ELIGIBLE, "region_ok", note, said.here) if note or said.here else _REGION_OK


_REGION_OK = Reason("region", Verdict.ELIGIBLE, "region_ok")


def _seat(seated: tuple[tuple[str, bool], ...], actor: Actor, region: Region) -> Reason | None:
    names = region.municipality_names
    towns = _town_pattern(names)
    elsewhere: Reason | None = None
    for sentence, only in seated:
        municipalities = {names[int(str(found.lastgroup)[1:])] for found in towns.finditer(sentence)}
        regions = {str(found.lastgroup) for found in _REGION.finditer(sentence)}
        if actor.municipality in municipalities or region.nuts3 in regions:
            return Reason("region", Verdict.ELIGIBLE, "region_ok", "", sentence)
        if municipalities and actor.municipality and only:
            return Reason("region", Verdict.INELIGIBLE, "region_other", "", sentence)
        if municipalities or regions:
            elsewhere = elsewhere or Reason("region", Verdict.UNKNOWN, "region_seat", "", sentence)
    return elsewhere
