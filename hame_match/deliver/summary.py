"""One sentence of a call that tells what it is, in its own words."""

import re
from collections.abc import Iterator

from hame_match.language import shorten
from hame_match.model.call import Call, SectionRole

SUMMARY_CHARS = 180
"""Two to three lines of a mail."""

_ORDER = (SectionRole.DESCRIPTION, SectionRole.OBJECTIVE, SectionRole.SCOPE, SectionRole.OUTCOME)
_LEAST_CHARS = 40
_HEADING = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?\s+)?(?:Scope|Objectives?|Expected (?:Outcomes?|Impacts?)|Background)\s*:\s*"
)
_FOOTNOTE = re.compile(r"\s?\[\d{1,3}\]")
_END = re.compile(r"(?<!\besim\.)(?<!\bmm\.)(?<!\bns\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<=[.!?])\s+(?=[\"“”«(]?[A-ZÅÄÖ])")
# What hundreds of EU topics begin with; it tells nothing about the one at hand.
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
      | (?:in\saddition|furthermore|moreover|however|therefore|for\sexample|to\sthis\send)\b
      | (?:see|please|note|nb)\b
      | (?:haku|hakuaika)\s(?:on\s)?(?:auki|päättyy|alkaa)\b
      | (?:lue\slisää|katso|hakemus\stehdään)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def summarise(call: Call, evidence: str = "") -> tuple[str, str]:
    """Return the first sentence that tells what `call` is about, shortened, and its language.

    The sentence is verbatim but for footnote marks. Sentences that stand in hundreds of calls are passed over. When
    `evidence` comes first, the reader sees it anyway and nothing is added.

    Args:
        call: the call.
        evidence: the sentence shown as evidence.

    Returns:
        The sentence, at most `SUMMARY_CHARS` long, and its language; two empty strings when the call has none.
    """
    language = call.original_language()
    for role in _ORDER:
        for section in call.sections:
            if section.role is not role or section.language != language:
                continue
            for sentence in _sentences(section.text):
                if _tells_something(sentence):
                    same = bool(evidence) and (sentence in evidence or evidence in sentence)
                    return ("", "") if same else (shorten(sentence, SUMMARY_CHARS), language)
    return "", ""


def _sentences(text: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        for sentence in _END.split(_HEADING.sub("", paragraph)):
            yield _FOOTNOTE.sub("", sentence).strip(" -–•*")


def _tells_something(sentence: str) -> bool:
    return len(sentence) >= _LEAST_CHARS and not sentence.endswith(":") and not _EMPTY_WORDS.match(sentence)
