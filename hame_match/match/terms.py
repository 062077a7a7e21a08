"""What a call states about money of one's own and about partners: sentences, word for word.

Strict: only what is said counts. A call that says nothing has no terms, whatever its programme usually asks.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from hame_match.model.call import Call
from hame_match.sentences import sentences

_OWN_MONEY = re.compile(
    r"""\bomarahoitu | \bomavastuu | \bvastinraho | \begenfinansiering | \bsjälvfinansiering | \bmedfinansiering
    | \bown\s(?:contribution|funding|financing|resources) | \bmatch(?:ed|ing)?[\s-]fund
    | \bco-?(?:fund|financ)ing\s(?:is\s|of\s|by\s|from\s)?(?:the\s)?
        (?:required|requirement|applicant|beneficiar|at\sleast)
    | \b(?:funding|co-?funding|co-?financing|reimbursement)\srate\b[^.;]{0,60}?\b(?:[1-9]\d?)(?:[.,]\d+)?\s?%
    | \b(?:up\sto|maximum(?:\sof)?|no\smore\sthan)\s(?:[1-9]\d?)\s?%\s
        (?:of\s)?(?:the\s)?(?:total\s)?(?:eligible\s)?(?:project\s)?costs
    | \b(?:[1-9]\d?)(?:[.,]\d+)?\s?(?:%|prosenttia)\s[^.;]{0,60}?kustannuksista
    | \b(?:[1-9]\d?)(?:[.,]\d+)?\s?(?:%|procent)\s[^.;]{0,60}?kostnaderna
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOT_ASKED = re.compile(
    r"\b(?:ei|eikä|inte|ingen|no|not|without)\b[^.;]{0,40}?"
    r"(?:omarahoitu|omavastuu|vastinraho|vaadita|edellytetä|tarvita|krävs|finansiering"
    r"|own |co-?fund|co-?financ|required)"
    r"|\b(?:omarahoitusta|vastinrahaa)\s+ei\b",
    re.IGNORECASE,
)
_PARTNERS = re.compile(
    r"""\bconsorti(?:um|a)\s(?:must|shall|should|of|composed|is\srequired)
    | \bat\sleast\s(?:two|three|four|five|[2-9])\s(?:\w+\s){0,3}?
        (?:entities|partners|organi[sz]ations|beneficiaries|applicants)
    | \bkonsorti\w+ | \byhteishank\w+ | \bryhmähank\w+
    | \bvähintään\s(?:kaksi|kolme|neljä|kahden|kolmen|[2-9])\s(?:\w+\s){0,2}?
        (?:kumppani|organisaatio|toteuttaja|hakija|osapuol|yrity)
    | \bminst\s(?:två|tre|fyra|[2-9])\s(?:\w+\s){0,2}?(?:partner|organisation|part)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COLLABORATIVE = re.compile(r"^HORIZON(?:[ -]JU)?[ -](?:Research and Innovation|Innovation) Actions", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CallTerms:
    """What the rules of reasons look at.

    Attributes:
        grant_min: least EUR for one project, None where not stated.
        grant_max: most EUR for one project, None where not stated.
        own_money: sentence that asks for money of one's own, or states a share of the costs below all; empty if none.
        partners: sentence that asks for partners, or the type of action that does; empty if none.
    """

    grant_min: Decimal | None
    grant_max: Decimal | None
    own_money: str
    partners: str


def terms_of(call: Call) -> CallTerms:
    """Return what `call` states.

    A Horizon Europe research and innovation or innovation action needs three legal entities (Regulation (EU) 2021/695,
    article 22(2)): its type of action is the statement.
    """
    own_money = partners = ""
    for section in call.sections:
        for sentence in sentences(section.text):
            if not own_money and _OWN_MONEY.search(sentence) and not _NOT_ASKED.search(sentence):
                own_money = sentence
            if not partners and _PARTNERS.search(sentence) and not _NOT_ASKED.search(sentence):
                partners = sentence
    if not partners and _COLLABORATIVE.match(call.type_of_action or ""):
        partners = call.type_of_action or ""
    return CallTerms(call.grant_min, call.grant_max, own_money, partners)
