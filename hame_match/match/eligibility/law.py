"""What the EU's regulations say of a type of action where the call itself is silent.

Horizon Europe: Regulation (EU) 2021/695, articles 22 (who may take part, how many), 26 (procurement), 34 (funding
rates) and 48 (EIC Accelerator). European Defence Fund: Regulation (EU) 2021/697, articles 9 and 10. A call may provide
otherwise, so what its text says goes first.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from hame_match.model.call import Call


@dataclass(frozen=True, slots=True)
class Law:
    """What holds for every call of a type of action.

    Attributes:
        action: start of the type of action, as the EU writes it.
        anybody: any legal entity may take part.
        partners: least number of legal entities, each in a different country; 1 when one may apply alone; None unknown.
        rate: percentage of the costs paid; None when the call decides.
        rate_for_profit: the same for those that make a profit, where it differs.
        person: a researcher applies together with a host organisation.
        companies: for small and medium-sized companies and, in part, slightly bigger ones.
        defence: for actors of defence, not controlled from outside the EU and its associates.
    """

    action: re.Pattern[str]
    anybody: bool = False
    partners: int | None = None
    rate: int | None = None
    rate_for_profit: int | None = None
    person: bool = False
    defence: bool = False
    companies: bool = False


def _action(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LAWS = (
    # Joint undertakings set rates of their own.
    Law(_action(r"^HORIZON[ -]JU[ -](?:Research and )?Innovation Actions"), anybody=True, partners=3),
    Law(_action(r"^HORIZON[ -]JU[ -]Coordination and Support"), anybody=True, partners=1),
    Law(_action(r"^(?:HORIZON|EURATOM)[ -]Research and Innovation Actions"), anybody=True, partners=3, rate=100),
    Law(_action(r"^(?:HORIZON|EURATOM)[ -]Innovation Actions"), anybody=True, partners=3, rate=100, rate_for_profit=70),
    Law(_action(r"^(?:HORIZON|EURATOM)[ -]Coordination and Support"), anybody=True, partners=1, rate=100),
    Law(_action(r"^HORIZON TMA MSCA Postdoctoral"), person=True, partners=1),
    Law(_action(r"^HORIZON TMA MSCA (?:Doctoral Networks|Staff Exchanges)"), anybody=True, partners=3),
    Law(_action(r"^HORIZON TMA MSCA Cofund"), anybody=True, partners=1),
    Law(_action(r"^HORIZON ERC\b"), person=True, partners=1, rate=100),
    Law(_action(r"^HORIZON EIC (?:Accelerator|Equity)"), companies=True, partners=1),
    Law(_action(r"^EDF (?:Research|Development|Lump Sum)"), partners=3, defence=True),
    Law(_action(r"^EDF\b"), defence=True),
)  # fmt: skip
NONE = Law(_action(r"^"))
"""Nothing is known beyond the call."""


def law_of(call: Call) -> Law:
    """Return what holds for the type of action of `call`; `NONE` when nothing is known."""
    return _law(call.type_of_action or "")


@lru_cache(maxsize=1000)
def _law(action: str) -> Law:
    return next((law for law in _LAWS if law.action.search(action)), NONE)
