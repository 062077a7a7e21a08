"""Sentences of a call's text, and which of them say nothing about its subject."""

import re

LONGEST = 400
"""Longer stretches without an end mark are lists run together; they are no sentence to quote."""
SHORTEST = 30
"""Shorter stretches are headings or leftovers."""

# Work programmes repeat these in hundreds of topics; haeavustuksia and EURA have their own. A stretch that starts
# with one tells how to apply or report, not what the call is about.
_BOILERPLATE = re.compile(
    r"""^(?:[-–•\d.\s]*)(?:
      (?:finally,|moreover,|in\saddition,|to\sthat\send,|therefore,|where\s(?:applicable|relevant|appropriate),)\s.{0,40}
        (?:proposals|projects|applicants)\s(?:should|are|must|could)
    | projects?(?:\sresults)?\s(?:are|is|should)\s(?:expected|be\sexpected|to)?\s*(?:to\s)?contribute
    | projects\sresults\sare\sexpected
    | (?:all\s)?(?:proposals|applicants|projects|consortia)(?:\sunder\sthis\stopic)?\s
        (?:should|are\s(?:expected|encouraged|invited|required|strongly)|must|may|are\snot\s(?:expected|required))
    | (?:the|this)\s(?:topic|action|call)\s(?:requires\sthe\seffective|contributes\sto\sthe\sstep|implements|is\spart\sof)
    | in\sthis\stopic,?\sthe\sintegration
    | activities\s(?:may|are\sexpected\sto)\s(?:start|achieve)
    | .{0,40}technology\sreadiness\slevel
    | indicative\s(?:budget|number)
    | (?:one|two|at\sleast\sone)\sproposals?\s(?:is|are)\sto\sbe\sfunded
    | the\s(?:commission|jrc)\s(?:considers|may\sparticipate|estimates)
    | nonetheless,\sthis\sdoes\snot\spreclude
    | funding\srate
    | coordination\samong\sthe\ssuccessful
    | concrete\sefforts\sshould\sbe\smade
    | (?:see|cf\.?|for\smore\sinformation|for\sfurther\sinformation|further\sinformation|please)\b
    | (?:https?://|www\.)
    | targeted\stypes\sof
    | (?:lisätietoja|lisätiedot|katso|hakemus\s(?:tehdään|jätetään|toimitetaan)|avustusta\shaetaan|haku(?:aika)?\s(?:on|alkaa|päättyy))\b
    | (?:mer\sinformation|ansökan\s(?:görs|lämnas))\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# A full stop after these ends no sentence.
_ABBREVIATIONS = re.compile(
    r"(?:\b(?i:e\.g|i\.e|etc|cf|vs|no|art|approx|incl|fig|esim|mm|ml|ts|ns|ym|yms|jne|n|klo|milj|mrd|k|t\.ex|bl\.a|d\.v\.s)|"
    r"\b(?:[A-ZÅÄÖ]|(?<![\d.])\d{1,2}))\.$"  # "5. artikla", but not "klo 16.15."
)
_LONGEST_ABBREVIATION = 10
_END = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[\"“(\[]?[A-ZÅÄÖ0-9•–-])")
_HEADING = re.compile(
    r"^(?:expected (?:outcomes?|impacts?|results)|scope|objectives?|background|description)\s*:\s*", re.IGNORECASE
)
_FOOTNOTE = re.compile(r"\s*\[\d{1,3}\]")
_GLUED = re.compile(r"(?<=[a-zåäö)][.;:])(?=[A-ZÅÄÖ][a-zåäö])")


# A sentence that says what is not funded quotes badly as a reason to apply.
_REFUSAL = re.compile(
    r"\b(?:ei|eivät) (?:voi|voida|voitu|myönnetä|käytetä|rahoiteta|tueta|kata|koske|saa|ole)\b|\bei (?:kuitenkaan )?voi"
    r"|\b(?:kan|beviljas|stöds|gäller) inte\b|\b(?:not|never) (?:be )?(?:eligible|funded|covered|supported|granted|accepted|financed)"
    r"|\b(?:cannot|will not|is excluded|are excluded|ineligible)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> list[str]:
    """Return the sentences of cleaned text in order; lines, list items and end marks part them.

    Footnote marks are dropped; apart from them every sentence stands in the text word for word.

    >>> sentences("Scope: We fund robots, e.g. for welding. Esim. 5. erä kuuluu tähän. Uusi alkaa.")
    ['We fund robots, e.g. for welding.', 'Esim. 5. erä kuuluu tähän.', 'Uusi alkaa.']
    """
    found: list[str] = []
    for line in text.split("\n"):
        pending = ""
        for piece in _END.split(_GLUED.sub(" ", _FOOTNOTE.sub("", line))):
            pending = f"{pending} {piece}".strip() if pending else piece.strip()
            if _ABBREVIATIONS.search(pending[-_LONGEST_ABBREVIATION:]):
                continue
            found.append(pending)
            pending = ""
        if pending:
            found.append(pending)
    cleaned = (_HEADING.sub("", re.sub(r"^[-–•*]\s*", "", sentence)) for sentence in found)
    return [sentence for sentence in cleaned if sentence]


def is_boilerplate(sentence: str) -> bool:
    """Return whether a sentence tells how to apply or report rather than what a call is about.

    >>> is_boilerplate("Project results are expected to contribute to all of the following expected outcomes:")
    True
    >>> is_boilerplate("Robots that learn a new product in a day.")
    False
    """
    return bool(_BOILERPLATE.match(sentence)) or sentence.endswith(":")


def telling_sentences(text: str) -> list[str]:
    """Return the sentences worth quoting, in order, each once: no boilerplate and nothing that is refused."""
    kept = (
        sentence
        for sentence in sentences(text)
        if SHORTEST <= len(sentence) <= LONGEST and not is_boilerplate(sentence) and not _REFUSAL.search(sentence)
    )
    return list(dict.fromkeys(kept))
