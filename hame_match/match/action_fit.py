"""How well a type of action suits a kind of actor, whatever its subject.

Funders publish one list for everybody: fellowships for a researcher, calls of a defence fund, partnerships of
ministries, small grants that a project passes on to companies. Nobody is shut out by this signal (that is what
`match.eligibility` is for); it moves a call down, or up, among calls of the same subject. The table is common knowledge
of the field, not learnt; how much it counts is (`match.fusion`).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from hame_match.model.actor import Actor, ActorType
from hame_match.model.call import Call


class Action(StrEnum):
    """What kind of thing a call funds, as far as it decides who would apply."""

    COLLABORATION = "collaboration"
    """Projects of partners, and everything that is none of the others."""
    CASCADE = "cascade"
    """A project passes small grants on, mostly to companies."""
    ACCELERATOR = "accelerator"
    """Equity and grants for one growing company."""
    PRIZE = "prize"
    FELLOWSHIP = "fellowship"
    """For a researcher, an artist or a student in person."""
    TRAINING_NETWORK = "training_network"
    """Doctoral and staff networks of universities."""
    INFRASTRUCTURE = "infrastructure"
    """Large research facilities and computers."""
    PARTNERSHIP = "partnership"
    """Between funders, ministries or those already chosen."""
    WIDENING = "widening"
    """For countries whose research is to catch up; Finland is none."""
    OUTSIDE_EUROPE = "outside_europe"
    """For other parts of the world, the outermost regions among them."""
    DEFENCE = "defence"


# The first that is found counts.
_NAMED: Final = tuple(
    (action, re.compile(pattern))
    for action, pattern in (
        (Action.DEFENCE, r"^EDF-|\bEDF\b|European Defence"),
        (Action.PARTNERSHIP,
         r"Programme Cofund|[Cc]o-?funded (?:European )?[Pp]artnership|Framework Partnership|\bFPA\b|\bSGA\b"),
        (Action.OUTSIDE_EUROPE, r"EuropeAid|NDICI|Outermost|outermost"),
        (Action.FELLOWSHIP,
         r"\bERC\b|Postdoctoral|\bMSCA[- ]PF\b|[Ff]ellowship|ERA Chairs|puraha|[Ss]tipendi|cholarship|nternship"),
        (Action.WIDENING, r"\bWIDERA\b|\bWIDENING\b|Twinning Bottom-Up"),
        (Action.TRAINING_NETWORK, r"\bMSCA\b|Doctoral Network|Staff Exchange"),
        (Action.ACCELERATOR, r"EIC[ -]Accelerator|EIC[ -]STEP"),
        (Action.PRIZE, r"\bPrizes?\b|\bPRIZE\b"),
        (Action.INFRASTRUCTURE, r"\bINFRA-|EUROHPC|EuroHPC"),
        (Action.CASCADE, r"[Cc]ascade|third parties"),
    )
)  # fmt: skip

_COMPANY: Final = {
    Action.CASCADE: 0.6,
    Action.ACCELERATOR: 0.45,
    Action.PRIZE: -0.3,
    Action.FELLOWSHIP: -1.0,
    Action.TRAINING_NETWORK: -0.7,
    Action.INFRASTRUCTURE: -0.5,
    Action.PARTNERSHIP: -1.0,
    Action.WIDENING: -1.0,
    Action.OUTSIDE_EUROPE: -1.0,
    Action.DEFENCE: -0.7,
}
_LARGE_COMPANY: Final = _COMPANY | {Action.CASCADE: -0.3, Action.ACCELERATOR: -0.7}
_RESEARCH: Final = {
    Action.CASCADE: 0.0,
    Action.ACCELERATOR: -1.0,
    Action.PRIZE: -0.3,
    Action.FELLOWSHIP: -0.6,
    Action.TRAINING_NETWORK: -0.3,
    Action.INFRASTRUCTURE: -0.3,
    Action.PARTNERSHIP: -1.0,
    Action.WIDENING: -1.0,
    Action.OUTSIDE_EUROPE: -0.7,
    Action.DEFENCE: -0.7,
}
_OTHERS: Final = {
    Action.CASCADE: 0.2,
    Action.ACCELERATOR: -1.0,
    Action.PRIZE: 0.0,
    Action.FELLOWSHIP: -1.0,
    Action.TRAINING_NETWORK: -1.0,
    Action.INFRASTRUCTURE: -0.7,
    Action.PARTNERSHIP: -1.0,
    Action.WIDENING: -1.0,
    Action.OUTSIDE_EUROPE: -1.0,
    Action.DEFENCE: -1.0,
}
_TABLE: Final[Mapping[ActorType, Mapping[Action, float]]] = {
    ActorType.SME: _COMPANY,
    ActorType.ENERGY_COMPANY: _COMPANY,
    ActorType.COOPERATIVE: _COMPANY,
    ActorType.LARGE_COMPANY: _LARGE_COMPANY,
    ActorType.HIGHER_EDUCATION: _RESEARCH,
    ActorType.RESEARCH_ORGANISATION: _RESEARCH,
}


def action_of(call: Call) -> Action:
    """Return what kind of thing `call` funds, by its identifier, type of action, titles and programme."""
    parts = (call.identifier, call.type_of_action, *call.titles.values(), call.programme)
    line = " | ".join(part for part in parts if part)
    return next((action for action, named in _NAMED if named.search(line)), Action.COLLABORATION)


def fit(actor: Actor, action: Action) -> float:
    """Return how well `action` suits an actor of this kind, in [-1, 1]; 0 says nothing either way."""
    return _TABLE.get(actor.actor_type, _OTHERS).get(action, 0.0)
