"""Who may apply, read from the sentences of a call: named, shut out, or nobody said.

Strict to exclude: a type is shut out only by a sentence that says so. A mere mention ("in cooperation with
municipalities") names nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hame_match.model.call import ApplicantType, Call, SectionRole
from hame_match.sentences import sentences

_T = ApplicantType
_NOUNS: tuple[tuple[ApplicantType, str], ...] = (
    (_T.SME, r"pien\w+ ja keskisuur\w+|pk-yrity\w*|mikroyrity\w*|pienyrity\w*|små och medelstora(?= företag)|smes?\b|small and medium-?sized|start-?ups?"),
    (_T.COMPANY, r"(?<!pk-)(?<!mikro)(?<!pien)\byrity(?!stoimin)\w*|osakeyhtiö\w*|toiminimi\w*|företag\w*|compan(?:y|ies)|enterprises?|undertakings?"),
    (_T.MUNICIPALITY, r"\bkun(?:ta|nan|nat|nille|tien|tia|taa|nalle|nalla|nilla)\b|kaupun(?:gi|ki)\w*|\bkommun(?:er|en|erna)?\b|municipalit(?:y|ies)|local authorit(?:y|ies)"),
    (_T.PUBLIC_BODY, r"kuntayhtym\w*|julkis\w+ (?:yhteisö|toimij|organisaatio|taho)\w*|julkisoikeudelli\w+|hyvinvointialue\w*|maakun(?:nan |ta)lii\w+|viranomais\w*|samkommun\w*|offentlig\w* (?:aktör|organ|samfund)\w*|public (?:bod(?:y|ies)|authorit(?:y|ies)|entit(?:y|ies)|organi[sz]ations?)"),
    (_T.HIGHER_EDUCATION, r"korkeakoulu\w*|ammattikorkeakoulu\w*|yliopisto\w*|högskol\w*|universitet\w*|universit(?:y|ies)|higher education"),
    (_T.RESEARCH, r"tutkimuslaito\w*|tutkimusorganisaatio\w*|tutkimusryhm\w*|forskningsinstitut\w*|forskningsorganisation\w*|research (?:organi[sz]ations?|institut\w+|teams?|performing)"),
    (_T.ASSOCIATION, r"yhdisty(?:s|k)\w*|järjestö\w*|\bseur(?:a|at|oille|ojen|ojä|alle)\b|kansalaisjärjestö\w*|förening\w*|organisationer inom tredje|associations?|non-?profit|civil society|ngos?\b"),
    (_T.FOUNDATION, r"säätiö\w*|stiftelse\w*|foundations?"),
    (_T.NATURAL_PERSON, r"yksityishenkilö\w*|luonnollis\w+ henkilö\w*|\bprivatperson\w*|fysiska personer|natural persons?|individuals"),
)  # fmt: skip
_KINDS = re.compile("|".join(f"(?P<{kind.value}>{pattern})" for kind, pattern in _NOUNS), re.IGNORECASE)

_GRANTS = re.compile(
    r"voidaan (?:kuitenkin )?myöntää|voi(?:vat|daan)? hakea|hakija(?:na|ksi|t|a)?\b.{0,40}\bvoi(?:vat)? olla|on tarkoitettu|"
    r"avustus(?:ta)? myönnetään|hakukelpoi\w+|kan beviljas|kan sökas? av|kan söka|sökande kan vara|är avset\w* för|"
    r"are eligible|is eligible|eligible (?:applicants|entities|beneficiaries)|may apply|can apply|open to|applicants (?:must|may|can) be",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:vain|ainoastaan|yksinomaan|endast|bara|only|exclusively|solely)\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:ei|eivät) (?:voida|voi|kuitenkaan voida|myönnetä|ole)\b|ei voida myöntää|eivät ole hakukelpoisia|kan inte|beviljas inte|"
    r"not (?:be )?(?:eligible|granted|awarded|open)|cannot (?:apply|be)|may not apply|are ineligible|excluded from",
    re.IGNORECASE,
)
# What follows these words is company kept, not an applicant.
_COMPANY_KEPT = re.compile(
    r"(?:yhteistyössä|yhdessä|kumppanei\w+|kohderyhm\w+|i samarbete med|tillsammans med|in cooperation with|together with|"
    r"in collaboration with|for the benefit of|targeting).*",
    re.IGNORECASE,
)
_KEPT_BEFORE = re.compile(r"[^,.;]*\b(?:kanssa|hyväksi)\b", re.IGNORECASE)
# The recipient of "myöntää" stands in the allative; "yritysten omiin investointeihin" shuts out a use, not companies.
_GIVEN = re.compile(r"myön(?:tää|netä|netään)\b", re.IGNORECASE)
_ALLATIVE = re.compile(r"\b[\w-]+lle\b|\bja\b", re.IGNORECASE)
# Only some of a kind: large ones, or those that a clause describes.
_SOME = re.compile(
    r"\bsuur\w+ (?:yrity\w+|företag)|\blarge (?:companies|enterprises)|\b[\w-]+, (?:jo\w+|som|which|that)\b.*|\b[\w-]+ (?:without|with|that|which|who|whose)\b.*",
    re.IGNORECASE,
)
_NO_ORGANISATION = re.compile(
    r"\b(?:muille )?(?:yhteisöille|oikeushenkilöille|organisaatioille)\b|legal persons\b", re.IGNORECASE
)
_ANYBODY = re.compile(
    r"any (?:type of )?legal entit(?:y|ies)|kaikki oikeushenkilöt|oikeuskelpoi\w+ yhteisö\w*", re.IGNORECASE
)


_SPEAKS = re.compile(
    r"myön|haki?ja|hake[ae]|hakukelpoi|tarkoitettu|bevilja|sök|avset|eligib|appl(?:y|icant)|open to|granted|awarded"
    r"|excluded|legal (?:entit|person)|oikeushenkil|oikeuskelpoi",
    re.IGNORECASE,
)
"""Roots that every pattern above needs one of."""


@dataclass(frozen=True, slots=True)
class ApplicantFacts:
    """What a call says of applicants; every fact with the sentence that says it.

    Attributes:
        named: type to sentence, for types that may apply.
        shut_out: type to sentence, for types that may not.
        only: the sentence that limits applicants to those named; empty when none does.
        anybody: the sentence that lets every legal entity apply; empty when none does.
        people_only: the sentence that shuts out every organisation; empty when none does.
    """

    named: dict[ApplicantType, str] = field(default_factory=dict)
    shut_out: dict[ApplicantType, str] = field(default_factory=dict)
    only: str = ""
    anybody: str = ""
    people_only: str = ""


def types_in(text: str) -> frozenset[ApplicantType]:
    """Return the applicant types that `text` names, in Finnish, Swedish or English.

    >>> sorted(types_in("kunnille ja rekisteröidyille yhdistyksille"))
    [<ApplicantType.ASSOCIATION: 'association'>, <ApplicantType.MUNICIPALITY: 'municipality'>]
    """
    return frozenset(ApplicantType(str(found.lastgroup)) for found in _KINDS.finditer(text))


def applicant_facts(call: Call) -> ApplicantFacts:
    """Return what the text of `call` says of applicants.

    Eligibility sections are read first and any of their sentences may name applicants; elsewhere a sentence must say
    that somebody may or may not apply.
    """
    facts = ApplicantFacts(dict.fromkeys(call.applicant_types, ""))
    only = anybody = people_only = ""
    ordered = sorted(call.sections, key=lambda section: section.role is not SectionRole.ELIGIBILITY)
    for section in ordered:
        for sentence in _speaking(section.text):
            if _NOT.search(sentence):
                shut_out = _recipients(_SOME.sub("", sentence))
                for kind in types_in(shut_out):
                    facts.shut_out.setdefault(kind, sentence)
                if not people_only and _NO_ORGANISATION.search(shut_out):
                    people_only = sentence
                continue
            if not anybody and _ANYBODY.search(sentence):
                anybody = sentence
            if not _GRANTS.search(sentence):
                continue
            kinds = types_in(_recipients(_KEPT_BEFORE.sub("", sentence)))
            for kind in kinds:
                if not facts.named.get(kind):
                    facts.named[kind] = sentence
            if kinds and _ONLY.search(sentence):
                only = only or sentence
    return ApplicantFacts(facts.named, facts.shut_out, only, anybody, people_only)


def _speaking(text: str) -> Iterator[str]:
    """Yield the sentences that may say who can apply; most lines of a work programme never do."""
    for line in text.split("\n"):
        if _SPEAKS.search(line):
            yield from sentences(line)


def _recipients(sentence: str) -> str:
    kept = _COMPANY_KEPT.sub("", sentence)
    return " ".join(_ALLATIVE.findall(kept)) if _GIVEN.search(kept) else kept
