"""May this actor apply to this call? Rules with three answers, each with what it rests on.

Strict to exclude: only a stated fact says no, and a missing fact is `UNKNOWN`, never a no. `docs/eligibility.md` has the
tables of all rules.
"""

from collections.abc import Callable

from hame_match.match.eligibility.circles import closed_circle_rule, defence_rule, ownership_rule
from hame_match.match.eligibility.conditions import language_rule, trl_rule
from hame_match.match.eligibility.consortium import consortium_rule
from hame_match.match.eligibility.excludes import exclude_rule
from hame_match.match.eligibility.facts import CallFacts, facts_of
from hame_match.match.eligibility.funding import co_funding_rule, de_minimis_rule, money_rule
from hame_match.match.eligibility.kinds import applicant_type_rule, person_rule
from hame_match.match.eligibility.places import region_rule
from hame_match.match.eligibility.standing import status_rule
from hame_match.model.actor import Actor
from hame_match.model.match import DECISIVE_RULES, Reason, Verdict
from hame_match.model.region import Region

__all__ = [
    "RULES", "CallFacts", "Rule", "applicant_type_rule", "closed_circle_rule", "co_funding_rule", "consortium_rule",
    "de_minimis_rule", "defence_rule", "exclude_rule", "facts_of", "judge", "language_rule", "money_rule",
    "ownership_rule", "person_rule", "region_rule", "status_rule", "trl_rule",
]  # fmt: skip

Rule = Callable[[CallFacts, Actor, Region], Reason]
RULES: tuple[Rule, ...] = (
    status_rule, closed_circle_rule, applicant_type_rule, person_rule, region_rule, defence_rule, exclude_rule,
    consortium_rule, co_funding_rule, ownership_rule, de_minimis_rule, money_rule, trl_rule, language_rule,
)  # fmt: skip
"""Every rule, in the order its answers are shown: what decides first."""


def judge(facts: CallFacts, actor: Actor, region: Region) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return all rules together and what each found.

    Returns:
        (ineligible if any rule says so, else unknown if one of the decisive rules cannot tell, else eligible; reasons in
        the order of the rules).
    """
    reasons = tuple(rule(facts, actor, region) for rule in RULES)
    verdict = Verdict.ELIGIBLE
    for reason in reasons:
        if reason.verdict is Verdict.INELIGIBLE:
            return Verdict.INELIGIBLE, reasons
        # Partners, an own share, owners and the like are conditions to meet; who may apply at all is the verdict.
        if reason.verdict is Verdict.UNKNOWN and reason.rule in DECISIVE_RULES:
            verdict = Verdict.UNKNOWN
    return verdict, reasons
