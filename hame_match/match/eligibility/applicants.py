"""Who may apply, read from the sentences of a call: named, shut out, or nobody said.

Strict to exclude: a type is shut out only by a sentence that says so. A mere mention ("in cooperation with
municipalities") names nobody.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hame_match.match.eligibility.law import law_of
from hame_match.match.eligibility.reading import Spoken, quote, quoted, spoken
from hame_match.model.call import ApplicantType, Call

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
    r"are eligible|is eligible|eligible (?:applicants|entities|beneficiaries)|may apply|can apply|"
    r"(?:calls?|topic|grants?|scheme|competition|prize|fund|programme|applications?)\b[^.;]{0,30}\bopen (?:only )?to|applicants (?:must|may|can) be",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:vain|ainoastaan|yksinomaan|endast|bara|only|exclusively|solely)\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:ei|eivät) (?:kuitenkaan |enää )?(?:voida (?:kuitenkaan )?(?:myöntää|hyväksyä)|voi (?:hakea|olla|saada)|myönnetä|ole (?:hakukelpoi|tukikelpoi|avustuskelpoi|oikeutet|tarkoitet))"
    r"|kan inte|beviljas inte|inte (?:beviljas|söka)|är inte (?:berättiga|avse)|"
    r"not (?:be )?(?:eligible|granted|awarded|open|entitled)|cannot (?:apply|be)|may not apply|are ineligible|excluded from",
    re.IGNORECASE,
)
_BUT = re.compile(r",? (?:mutta|men|but|however)\b|;\s")
_SME_PHRASE = re.compile(
    r"pien\w+ (?:ja|tai) keskisuur\w+(?: \w+){0,2}? yrity\w+|små och medelstora(?: \w+){0,2}? företag\w*|"
    r"small and medium-?sized (?:\w+ )?(?:enterprises|companies|undertakings)",
    re.IGNORECASE,
)
_SIZES = (
    ("micro", re.compile(r"mikroyrity|micro-?(?:enterpris|compan)|mikroföretag", re.IGNORECASE)),
    (
        "small",
        re.compile(r"\bpienyrity|\bpienille yrityksille|\bsmall (?:enterpris|compan)|\bsmåföretag", re.IGNORECASE),
    ),
)
_SIZE_WORDS = re.compile(r"mikroyrity\w*|pienyrity\w*", re.IGNORECASE)
_LARGE = re.compile(
    r"\bsuur\w+ yrity\w+|\bsuuryrity\w+|\bstora företag|\bstorföretag|\blarge (?:companies|enterprises|undertakings)",
    re.IGNORECASE,
)
# A researcher who applies with a host, and persons who apply for themselves.
_INVESTIGATOR = re.compile(
    r"\bprincipal investigators?\b[^.;]{0,80}\b(?:may|can|must|whose|are|is|submit|apply|eligible)\b|\bopen to principal investigators\b"
    r"|\b(?:postdoctoral|individual) (?:researchers?|fellows?)\b[^.;]{0,60}\b(?:may|can|must) (?:apply|submit|hold|have)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"\bapurah\w+[^.;]{0,120}\b(?:tutkij\w+lle|taiteilij\w+lle|ammattitaiteilij\w+|opiskelij\w+lle|tutkimusryhm\w+lle|työryhm\w+lle|väitöskirja\w*|tohtoriopin\w+|jatko-opin\w+|jatko-opinto-oikeu\w*)"
    r"|\bhenkilökohtai\w+ (?:apuraha|avustus|rahoitus)\w*|\bvoit hakea matka|\btutkijat voivat hakea|\bhankejohtajat\b"
    r"|\b(?:applicants?|participants?|candidates?|contestants?)\b[^.;]{0,60}\bmust\b[^.;]{0,30}\bbe (?:a )?natural persons?\b"
    r"|\bpersonligt (?:bidrag|stipendium)|\bstipendi\w+[^.;]{0,60}\b(?:forskare|konstnärer|studerande)"
    r"|\b(?:fellowships?|scholarships?)\b[^.;]{0,60}\b(?:for|to) (?:\w+ ){0,3}(?:researchers|students|artists)",
    re.IGNORECASE,
)
_PERSONAL_TITLE = re.compile(
    r"\bapuraha\w*|\w*stipendi\w*|\bfellowships?\b|\bscholarships?\b|\btraineeships?\b", re.IGNORECASE
)
_ORGANISED = re.compile(
    r"yhteisö(?:t|ille|jen)\b|järjestö|yhdisty|yrity(?:kset|ksille)|organisaatio\w*|säätiö(?:t|ille)\b|kunnat\b|kunnille\b|organi[sz]ations (?:may|can)",
    re.IGNORECASE,
)
# What follows these words is company kept, not an applicant.
_COMPANY_KEPT = re.compile(
    r"(?:yhteistyössä|yhdessä|kumppanei\w+|kohderyhm\w+|i samarbete med|tillsammans med|in cooperation with|together with|"
    r"in collaboration with|for the benefit of|targeting|(?:employees|staff|members|officials) of).*",
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
    r"legal entities \((?:either )?(?:public or private|private or public)(?: bodies)?\)|any (?:type of )?legal entit(?:y|ies)(?! established in (?!.{0,40}(?:member state|the union|eligible countr)))|kaikki oikeushenkilöt|oikeuskelpoi\w+ yhteisö\w*|juridis\w+ yhteisö(?:ille|t)"
    r"|(?:voivat hakea|hakijana voi olla)[^.;]{0,60}\byhteisöt?\b|alla juridiska personer",
    re.IGNORECASE,
)


_ROOTS = (
    "myön", "hak", "tarkoitettu", "bevilja", "sök", "avset", "eligib", "appl", "open to", "granted", "awarded", "entitled", "excluded",
    "legal", "oikeushenkil", "oikeuskelpoi", "juridis", "yhteisö", "berättiga",
)  # fmt: skip
# What a project does with its money: others apply to it later, in a call of its own.
_PASSED_ON = ("fstp", "third parties", "third party", "sub-grant", "subgrant", "cascade funding")
_PERSON_ROOTS = (
    "apurah",
    "stipend",
    "henkilökoht",
    "matka",
    "tutkijat",
    "hankejohtaj",
    "personlig",
    "fellow",
    "scholarship",
    "natural person",
)


@dataclass(frozen=True, slots=True)
class ApplicantFacts:
    """What a call says of applicants; every fact with the sentence that says it.

    Attributes:
        named: type to sentence, for types that may apply.
        shut_out: type to sentence, for types that may not.
        only: the sentence that limits applicants to those named; empty when none does.
        anybody: the sentence that lets every legal entity apply; empty when none does.
        people_only: the sentence that shuts out every organisation; empty when none does.
        large_out: the sentence that shuts out large companies; empty when none does.
        sizes: size classes (``micro``, ``small``) that `only` limits companies to; empty when it does not.
    """

    named: dict[ApplicantType, str] = field(default_factory=dict)
    shut_out: dict[ApplicantType, str] = field(default_factory=dict)
    only: str = ""
    anybody: str = ""
    people_only: str = ""
    large_out: str = ""
    sizes: frozenset[str] = frozenset()


def types_in(text: str) -> frozenset[ApplicantType]:
    """Return the applicant types that `text` names, in Finnish, Swedish or English.

    >>> sorted(types_in("kunnille ja rekisteröidyille yhdistyksille"))
    [<ApplicantType.ASSOCIATION: 'association'>, <ApplicantType.MUNICIPALITY: 'municipality'>]
    """
    return frozenset(ApplicantType(str(found.lastgroup)) for found in _KINDS.finditer(text))


def applicant_facts(call: Call, said: Iterable[Spoken] | None = None) -> ApplicantFacts:
    """Return what the text of `call` says of applicants.

    Eligibility sections are read first; everywhere a sentence must say that somebody may or may not apply.

    Args:
        call: the call.
        said: its sentences, where they are cut already.
    """
    facts = ApplicantFacts(dict.fromkeys(call.applicant_types, ""))
    only = anybody = people_only = large_out = ""
    sizes: frozenset[str] = frozenset()
    for one in spoken(call) if said is None else said:
        if not one.has(_ROOTS) or one.has(_PASSED_ON):
            continue
        for clause in _clauses(one.text):
            if _NOT.search(clause):
                sentence = _shown(one.text)
                if not large_out and _LARGE.search(clause):
                    large_out = sentence
                shut_out = _recipients(_SOME.sub("", clause))
                for kind in types_in(shut_out):
                    facts.shut_out.setdefault(kind, sentence)
                if not people_only and _NO_ORGANISATION.search(shut_out):
                    people_only = sentence
                continue
            if not anybody and _ANYBODY.search(clause):
                anybody = _shown(one.text)
            if not _GRANTS.search(clause):
                continue
            recipients = _SME_PHRASE.sub("pk-yritykset", _recipients(_KEPT_BEFORE.sub("", clause)))
            kinds = types_in(recipients)
            sentence = _shown(one.text)
            for kind in kinds:
                if not facts.named.get(kind):
                    facts.named[kind] = sentence
            if kinds and not only and _ONLY.search(clause):
                only, sizes = sentence, _sizes(recipients)
    return ApplicantFacts(facts.named, facts.shut_out, only, anybody, people_only, large_out, sizes)


def _shown(sentence: str) -> str:
    found = _GRANTS.search(sentence) or _NOT.search(sentence) or _ANYBODY.search(sentence)
    return quoted(found) if found else quote(sentence, 0, 0)


def _clauses(sentence: str) -> list[str]:
    return _BUT.split(sentence)


def _sizes(text: str) -> frozenset[str]:
    found = frozenset(size for size, pattern in _SIZES if pattern.search(text))
    return frozenset() if ApplicantType.SME in types_in(_SIZE_WORDS.sub("", text)) else found


def _recipients(sentence: str) -> str:
    kept = _COMPANY_KEPT.sub("", sentence)
    return " ".join(_ALLATIVE.findall(kept)) if _GIVEN.search(kept) else kept


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Whether persons apply.

    Attributes:
        with_host: what says that a researcher applies together with a host; empty when nothing does.
        alone: what says that a person or a group of persons applies; empty when nothing does.
        quoted: whether they are sentences of the call.
    """

    with_host: str = ""
    alone: str = ""
    quoted: bool = True


def person_facts(call: Call, said: Iterable[Spoken]) -> PersonFacts:
    """Return whether a person applies rather than an organisation."""
    said = tuple(said)
    host = next(
        (
            quoted(found)
            for one in said
            if one.has(("investigator", "postdoctoral", "individual")) and (found := _INVESTIGATOR.search(one.text))
        ),
        "",
    )
    if law_of(call).person:
        return PersonFacts(with_host=host) if host else PersonFacts(with_host=call.type_of_action or "", quoted=False)
    if host and call.source.startswith("eu_"):
        return PersonFacts(with_host=host)
    for one in said:
        if one.has(_PERSON_ROOTS) and (found := _PERSONAL.search(one.text)) and not _ORGANISED.search(one.text):
            return PersonFacts(alone=quoted(found))
    for title in call.titles.values():
        if _PERSONAL_TITLE.search(title) and not any(_ORGANISED.search(one.text) for one in said):
            return PersonFacts(alone=title, quoted=False)
    return PersonFacts()
