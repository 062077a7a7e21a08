"""One sentence of a call that tells what it is, in its own words."""

import re

from hame_match.language import shorten
from hame_match.model.call import Call, SectionRole
from hame_match.sentences import is_boilerplate, sentences

SUMMARY_CHARS = 180
"""Two to three lines of a mail."""

_ORDER = (SectionRole.DESCRIPTION, SectionRole.OBJECTIVE, SectionRole.SCOPE, SectionRole.OUTCOME)
_LEAST_CHARS = 40
_LOOKED_AT = 12
"""Sentences of a section; what comes later is detail."""
# Begins many sentences that make no sense, or tell nothing, on their own.
_EMPTY_WORDS = re.compile(
    r"""^(?:
        (?:the\s)?(?:successful\s)?projects?(?:'|’)?s?\s(?:results?\s)?(?:is|are|should|shall|must|will)\b
          .*\b(?:following|outcomes?|objectives?|impacts?|below)\b
      | (?:the\s)?(?:successful\s)?(?:proposals?|applicants?|actions?|activities)\b
          .*\b(?:following|outcomes?|below|present\sthe|describe|demonstrate|explain)\b
      | (?:the\s)?results\sof\s.*\bfollowing\b
      | (?:the\s)?expected\s(?:outcomes?|impacts?|results?)\b
      | .*\bin\sline\swith\sthe\b.*\b(?:work\sprogramme|strategy)\b.*\bsuccessful\sproposal
      | this\stopic\sis\s(?:one|part)\sof\b
      | (?:this|the)\s(?:topic|projects|action)\b.*\b(?:activities\sthat\sare\senabling|relevant\sto\sthe\sEU)
      | (?:this|the)\s(?:topic|call|action)\s(?:implements|supports)\s(?:the\s)?
          (?:implementation|European\sGreen|follow-up)
      | it\salso\b
      | (?:in\saddition|furthermore|moreover|however|therefore|for\sexample|to\sthis\send)\b
      | (?:see|please|note|nb|for\s(?:further|more)\sinformation)\b
      | (?:haku|hakuaika)\s(?:on\s)?(?:auki|päättyy|alkaa)\b
      | (?:lue\slisää|katso|hakemus\stehdään)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)

_AIM = re.compile(
    r"""^(?:
        (?:this|the)\s(?:present\s)?(?:call\s)?(?:topic|call|action|initiative|grant|award|programme)\s(?:will\s)?
          (?:aims?|supports?|focus(?:es)?|covers?|targets?|address(?:es)?|seeks?|funds?|promotes?|is\saimed)\b
      | (?:this|the)\s(?:[\w-]+\s){0,6}(?:aims\sto|will\ssupport)\b
      | (?:the\s)?(?:main\s|general\s|overall\s|specific\s)?(?:objective|aim|goal|purpose)s?\sof\s(?:this|the)\b
      | (?:avustu|rahoit|tue)\w*\s.{0,60}(?:myönnetään|tuetaan|kohdennetaan|voidaan|haetaan)
      | (?:haun|avustuksen|rahoituksen|tuen)\s(?:tavoit|tarkoit)
      | (?:haussa|avustuksella|rahoituksella|tuella)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def summarise(call: Call, evidence: str = "") -> tuple[str, str]:
    """Return a sentence that tells what `call` is about, shortened, and its language.

    It is the first one that states an aim ("This topic supports"), else simply the first; verbatim but for footnote
    marks. Sentences that stand in hundreds of calls are passed over. When it is the `evidence`, the reader sees it
    anyway and nothing is added.

    Args:
        call: the call.
        evidence: the sentence shown as evidence.

    Returns:
        The sentence, at most `SUMMARY_CHARS` long, and its language; two empty strings when the call has none.
    """
    language = call.original_language()
    texts = [
        section.text
        for role in _ORDER
        for section in call.sections
        if section.role is role and section.language == language
    ]
    telling = [
        sentence
        for text in texts
        for sentence in sentences(text)[:_LOOKED_AT]
        if len(sentence) >= _LEAST_CHARS and not is_boilerplate(sentence) and not _EMPTY_WORDS.match(sentence)
    ]
    if not telling:
        return "", ""
    chosen = next((sentence for sentence in telling if _AIM.match(sentence)), telling[0])
    if evidence and (chosen in evidence or evidence in chosen):
        return "", ""
    return shorten(chosen, SUMMARY_CHARS), language
