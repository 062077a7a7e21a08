"""The sentences of a call that may say who can apply and how, cut once for every rule; nothing here judges."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from hame_match.model.call import Call, SectionRole
from hame_match.sentences import sentences

LONGEST_QUOTE = 400
"""Characters; work programmes run whole chapters together, of which only the part around the words is quoted."""

# Roots of which every pattern of every rule needs one; most sentences of a work programme have none.
_ROOTS = (
    "myön", "hake", "haki", "haku", "haka", "kutsu", "tarkoitettu", "omarahoit", "prosent", "%", "kumppan", "konsorti", "valmiustas",
    "minimis", "vähämerkity", "apurah", "stipend", "tuki ", "tukea", "avustu", "toteuttaja", "veturi", "oikeushenkil", "oikeuskelpoi",
    "yhteisö", "organisaatio", "bevilja", "sök", "avset", "egenfinans", "procent", "mindre betydelse", "inbjud", "minst ", "bidrag", "stöd", "förening",
    "eligib", "apply", "applic", "open to", "granted", "awarded", "excluded", "legal", "consorti", "beneficiar", "partner", "trl",
    "readiness", "funding rate", "co-f", "cofin", "language", "controlled", "ownership", "limited to", "restricted", "single",
    "principal investigator", "fellow", "scholarship", "hop-on", "invit", "nominated", "widening", "proposals must", "participa",
)  # fmt: skip
# Where the portal's headings and paragraphs are glued together: "ConditionsIn order to", "countries.A number".
_SEAM = re.compile(
    r"(?<=[a-z.)\]:;])(?=(?:In|The|This|These|Due|Proposals?|Applications?|Applicants?|Participation|Only|For|If|Activities|A|At|"
    r"Eligible|Other|Legal|To|Where|When|Consortia|Beneficiaries|Additional|Specific|Restrictions?|Any)\b)"
    r"|(?<=[a-z])(?=described\b)|(?<=[a-z.)])(?=\d[ab]?\. [A-Z])|(?<=null)(?=[A-Z])"
)
_BREAK = re.compile(r"[;:•▪·]\s|\]\]|(?<=[.!?)])\s+|(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ][a-zåäö]+ )")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence of a call and the role of the section it stands in.

    Attributes:
        text: the sentence, word for word.
        role: of its section.
        low: `text` in lower case.
    """

    text: str
    role: SectionRole
    low: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", self.text.lower())

    def has(self, roots: tuple[str, ...]) -> bool:
        """Return whether one of `roots` (lower case) stands in it; far cheaper than a pattern that would need one."""
        return holds(self.low, roots)


def spoken(call: Call) -> tuple[Spoken, ...]:
    """Return the sentences of `call` that may bear on a rule, each once, those of eligibility sections first.

    Every sentence stands in the call word for word, apart from footnote marks.
    """
    ordered = sorted(call.sections, key=lambda section: section.role is not SectionRole.ELIGIBILITY)
    found = {
        sentence: Spoken(sentence, section.role)
        for section in reversed(ordered)
        for line in section.text.split("\n")
        if _may_speak(line)
        for piece in _SEAM.split(line)
        for sentence in sentences(piece)
        if _may_speak(sentence)
    }
    rank = {section.role: number for number, section in enumerate(reversed(ordered))}
    return tuple(sorted(found.values(), key=lambda one: -rank[one.role]))


def _may_speak(text: str) -> bool:
    return holds(text.lower(), _ROOTS)


def holds(low: str, roots: tuple[str, ...]) -> bool:
    """Return whether one of `roots` stands in `low`; a plain loop, since it is asked for every sentence."""
    for root in roots:  # noqa: SIM110 - a generator costs three times as much
        if root in low:
            return True
    return False


@lru_cache(maxsize=4096)
def quote(sentence: str, start: int, end: int) -> str:
    """Return `sentence`, or where it is overlong the part of it that holds ``[start, end)``; always word for word.

    >>> quote("Short enough.", 0, 5)
    'Short enough.'
    """
    if len(sentence) <= LONGEST_QUOTE:
        return sentence
    breaks = [found.end() for found in _BREAK.finditer(sentence)]
    left = max((place for place in breaks if place <= start), default=0)
    right = min((place for place in breaks if place >= end), default=len(sentence))
    room = max(LONGEST_QUOTE - (end - start), 0) // 2
    left, right = max(left, start - room), min(right, end + room)
    return sentence[left:right].strip()


def quoted(found: re.Match[str]) -> str:
    """Return the quotation around a match in a sentence."""
    return quote(found.string, found.start(), found.end())
