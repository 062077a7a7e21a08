"""Whether a newcomer can still apply."""

from typing import TYPE_CHECKING

from hame_match.model.actor import Actor
from hame_match.model.call import CallStatus
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

_ANSWERS = {
    CallStatus.OPEN: Reason("status", Verdict.ELIGIBLE, "status_open"),
    CallStatus.FORTHCOMING: Reason("status", Verdict.ELIGIBLE, "status_forthcoming"),
    CallStatus.CLOSED: Reason("status", Verdict.INELIGIBLE, "status_closed"),
    CallStatus.UNKNOWN: Reason("status", Verdict.UNKNOWN, "status_unknown"),
}
_SECOND_STAGE = Reason("status", Verdict.INELIGIBLE, "status_second_stage")


def status_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether a newcomer can still apply.

    | status | answer |
    |---|---|
    | open, forthcoming | eligible |
    | closed | ineligible |
    | first of two stages over: only those invited go on | ineligible |
    | unknown | unknown |
    """
    del actor, region
    return _SECOND_STAGE if facts.second_stage_only else _ANSWERS[facts.status]
