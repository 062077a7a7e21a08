"""Sentences of a call's text, and which of them say nothing about its subject."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

LONGEST = 240
"""Most characters of a quotation; three lines of a mail. A longer sentence is parted, see `_parts`."""
_RUN_TOGETHER = 1200
"""Longer stretches without an end mark are tables run together; no part of them reads well."""
_LEAST_PART = 100
"""A sentence is not cut shorter than this, so that what is left says something."""
_LEAST_WORDS = 3
COMMON_FROM = 3
"""A sentence that stands in so many calls tells of none of them; two may be the same topic of two years."""
SHORTEST = 30
"""Shorter stretches are headings or leftovers."""

# Work programmes repeat these in hundreds of topics; haeavustuksia and EURA have their own. A stretch that starts
# with one tells how to apply or report, not what the call is about.
_BOILERPLATE = re.compile(
    r"""^(?:[-–•\d.\s]*)(?:
      projects?(?:\sresults)?\s(?:are|is|should)\s(?:expected|be\sexpected|to)?\s*(?:to\s)?contribute
    | projects\sresults\sare\sexpected
    | (?:beyond\s.{3,40},\s)?(?:the|this)\s(?:topic|action|call)\s(?:also\s)?(?:
        requires\sthe\seffective | should\sinvolve\sthe\seffective | contributes\sto\sthe\s(?:step|implementation)
        | implements | is\s(?:part|one)\sof | supports\sthe\sfollow-up | encompasses\sactions\swithin
        | aims\sat\ssupporting\sactivities\sthat\sare\senabling )
    | in\sthis\stopic,?\sthe\sintegration
    | activities\s(?:may|are\sexpected\sto)\s(?:start|achieve)
    | (?:the\sactions?\sshall\shave\san\sindicative|the\sduration\sand\sthe\sstarting)
    | (?:.{0,40}technology\sreadiness\slevel|the\sreference\strl)
    | (?:indicative\s(?:budget|number)|range\sof\sfinancial|management\smode|form\sof\sfunding|funding\srate)
    | (?:one|two|at\sleast\sone)\sproposals?\s(?:is|are)\sto\sbe\sfunded
    | (?:however,\s)?depending\son\sthe\squality\sof
    | the\s(?:commission|jrc|joint\sresearch\scentre(?:\s\(jrc\))?)\s
        (?:considers|may\sparticipate|estimates|will\sfacilitate|would\sbear)
    | nonetheless,\sthis\sdoes\snot\spreclude
    | coordination\samong\sthe\ssuccessful
    | (?:concrete|particular)\sefforts\sshould\sbe\smade
    | (?:in\sterms\sof\squantitative\simpact|the\sresults\sand\simpacts\sshould\sbe|this\sdemonstration\sshould\srely)
    | (?:whenever\sthe\sexpected\sexploitation|(?:the\s|an\s)?exploitation\splans?\s(?:is|are|should))
    | (?:international\scooperation\sis\sencouraged|the\sparticipation\sof\sstart-ups|ensure\scomplementarit)
    | (?:unless\sotherwise\sagreed|beneficiaries\sthat\sintend)
    | (?:furthermore,\s|in\saddition,\s)?(?:the\s)?proposed\sactivities\sshould\sbe\scomplementary
    | (?:see|cf\.?|for\smore\sinformation|for\sfurther\sinformation|further\s(?:information|details)|please)\b
    | (?:https?://|www\.)
    | targeted\stypes\sof
    | (?:lisätietoja|lisätiedot|katso|hakemus\s(?:tehdään|jätetään|toimitetaan)|avustusta\shaetaan)\b
    | (?:haku(?:aika)?\s(?:on|alkaa|päättyy)|(?:avustus|tuki)\son\s(?:valtakunnallinen|enintään|vähintään))\b
    | (?:mitä\srahoitetaan|kuka\svoi\shakea|ei\skuvausta)\b
    | (?:mer\sinformation|ansökan\s(?:görs|lämnas))\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# "Proposals should ..." tells how to write one, unless what follows is what a project does.
_ASKED = re.compile(
    r"""^(?:[-–•\d.\s]*)
      (?:(?:finally|moreover|furthermore|in\saddition|additionally|to\sthat\send|therefore
           |where\s(?:applicable|relevant|appropriate)),?\s(?:.{0,40}\s)?)?
      (?:all\s|the\s|each\s|successful\s)*
      (?:proposals?|projects?|applicants|consortia|actions\s(?=shall))(?:\sunder\sthis\stopic)?\s
      (?:should|shall|must|may|could|(?:is|are)\s(?:not\s)?(?:strongly\s)?(?:expected|encouraged|invited|required)(?:\sto\b)?)
      ,?\s?(?:also\s|therefore\s|further\s|clearly\s|specifically\s)?""",
    re.IGNORECASE | re.VERBOSE,
)
_DOES = re.compile(
    r"""(?:
      address|adapt|advance|aim|analyse|assess|cover|create|demonstrate(?!\s(?:how|that|in))|deploy|design|develop|enable
    | enhance|evaluate|examine|explore|focus|foster|help|implement|improve|increase|integrate|investigate|look|map
    | optimise|pilot|produce|promote|provide|reduce|research|scale|set\sup|strengthen|study|support|tackle|target|test
    | train|transform|validate
    )\b(?!.{0,30}\b(?:
      all|some|one\sor|at\sleast|following|applicable|multi-actor|gender\sdimension|details|information|evidence
    | results\sthat|impacts?|plans?|exploitation|dissemination|indicators?|proof
    )\b)""",
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
    r"^(?:(?:expected (?:outcomes?|impacts?|results)|scope|objectives?|background|description)\s*:\s*)?"
    # What announces a list that is run together with it; the list is the subject.
    r"(?:(?:projects?|proposals?|actions?)\b[^:.]{0,110}\b(?:following|these|listed)\b[^:.]{0,60}:\s*(?=\S))?",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s*\[\d{1,3}\]")
_GLUED = re.compile(r"(?<=[a-zåäö)][.;:])(?:null(?=[A-ZÅÄÖ])|(?=[A-ZÅÄÖ][a-zåäö]))")  # "null" as the portal serves it


# A sentence that says what is not funded quotes badly as a reason to apply.
_REFUSAL = re.compile(
    r"\b(?:ei|eivät) (?:voi|voida|voitu|myönnetä|käytetä|rahoiteta|tueta|kata|koske|saa|ole)\b|\bei (?:kuitenkaan )?voi"
    r"|\b(?:kan|beviljas|stöds|gäller) inte\b|\b(?:not|never) (?:be )?(?:eligible|funded|covered|supported|granted|accepted|financed)"
    r"|\b(?:cannot|will not|is excluded|are excluded|ineligible)\b",
    re.IGNORECASE,
)


# Two or more named papers in a sentence: it places the call in the Union's policy and says nothing of its subject.
_PAPERS = re.compile(
    r"\b(?:Green Deal|Directive|Regulation|Declaration|Recommendation|Communication|Strateg(?:y|ies)|(?:Action )?Plan|Act|Agenda"
    r"|(?:Work )?Programme|Agreement|Partnership|Report|Policy|Vision|Union of Skills|Compass|Roadmap)\b"
)
_MOST_PAPERS = 1
# Tells how the world is, not what is wanted.
_FIGURES = re.compile(
    r"\d\s?(?:%|percent\b|per\s?cent\b|prosentti)|\b(?:estimated|accounted for|statistics)\b", re.IGNORECASE
)
_ITEMS = re.compile(r"(?<=;)\s+|(?<=[a-zåäö)])[.;]\s?(?=[A-ZÅÄÖ•]|-\s?[a-zåäö])|\s*•\s*")
_CLAUSE = re.compile(r"[,;:)](?=\s)|\s[–-](?=\s)")


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
    >>> is_boilerplate("Proposals should build on earlier projects."), is_boilerplate("Proposals should develop robots.")
    (True, False)
    >>> is_boilerplate("Robots that learn a new product in a day.")
    False
    """
    if sentence.endswith(":") or _BOILERPLATE.match(sentence):
        return True
    asked = _ASKED.match(sentence)
    return asked is not None and not _DOES.match(sentence, asked.end())


def telling_sentences(text: str, common: Collection[str] = ()) -> list[str]:
    """Return what is worth quoting, in order, each once, `SHORTEST` to `LONGEST` characters long.

    No boilerplate, nothing that is refused, and, where anything else is left, no sentence that names policy papers,
    gives figures or is among `common`. A longer sentence gives its parts; what was cut is marked by an ellipsis, and between them it
    stands word for word.

    Args:
        text: cleaned text.
        common: keys of sentences that many calls share, see `common_sentences`.
    """
    kept = [
        sentence
        for sentence in sentences(text)
        if SHORTEST <= len(sentence) <= _RUN_TOGETHER and not is_boilerplate(sentence) and not _REFUSAL.search(sentence)
    ]
    own = [sentence for sentence in kept if _key(sentence) not in common]
    telling = [s for s in own if len(_PAPERS.findall(s)) <= _MOST_PAPERS and not _FIGURES.search(s)]
    parts = (part for sentence in telling or own or kept for part in _parts(sentence))
    return list(dict.fromkeys(part for part in parts if _reads(part)))


def _reads(part: str) -> bool:
    # A bracket that closes and never opened: the rest of an abbreviation taken for the end of a sentence.
    torn = ")" in part[2:] and "(" not in part[: part.index(")", 2)]
    return len(part) >= SHORTEST and len(part.split()) >= _LEAST_WORDS and not torn


def common_sentences(texts: Iterable[str]) -> frozenset[str]:
    """Return the keys of sentences that stand in `COMMON_FROM` or more of `texts`, whatever their numbers.

    Args:
        texts: one cleaned text per call.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({_key(sentence) for sentence in sentences(text)})
    return frozenset(key for key, count in counts.items() if count >= COMMON_FROM)


def _key(sentence: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", sentence.casefold()))


def _parts(sentence: str) -> list[str]:
    """Return `sentence`, or, when it is too long, the items of a list in it, each cut at the end of a clause."""
    if len(sentence) <= LONGEST and "•" not in sentence:
        return [sentence]
    parts: list[str] = []
    for item in _ITEMS.split(sentence):
        opened = "… " if parts and item[:1].islower() else ""
        part = opened + item.strip("; ")
        if len(part) > LONGEST:
            part = part[: LONGEST - 1]
            ends = [clause.start() for clause in _CLAUSE.finditer(part, _LEAST_PART)]
            part = part[: ends[-1] if ends else part.rindex(" ") if " " in part else None].rstrip(" ,;:–-") + "…"
        elif part[-1:] not in ".!?":
            part = f"{part[: LONGEST - 1]}…"
        parts.append(part)
    return parts
