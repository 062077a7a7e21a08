"""Whether the call takes applicants such as the actor: its type and size, and organisations at all."""

from typing import TYPE_CHECKING

from hame_match.model.actor import Actor
from hame_match.model.call import ApplicantType
from hame_match.model.match import Reason, Verdict
from hame_match.model.region import Region

if TYPE_CHECKING:
    from hame_match.match.eligibility.facts import CallFacts

_COMPANIES = frozenset({ApplicantType.COMPANY, ApplicantType.SME})
_YES = "applicant_type_named"


def applicant_type_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether the call takes applicants of the actor's type and size.

    | the call says | answer |
    |---|---|
    | only micro or small companies may apply, and the actor is a bigger one; is of unknown size | ineligible; unknown |
    | one of the actor's types may apply, or any legal entity | eligible |
    | large companies may not, and the actor is one by its type or the EU's definition of size | ineligible |
    | one of the actor's types is shut out and none may apply, or every organisation is shut out | ineligible |
    | only others may apply | ineligible |
    | nothing, and the law of its type of action lets any legal entity take part | eligible |
    | nothing, and that law takes small and medium-sized companies: the actor is one; cannot be one | eligible; ineligible |
    | others are named without "only", or nothing is said | unknown |
    """
    del region
    said = facts.applicants
    sure, possible = actor.applicant_types, actor.possible_applicant_types
    company, size = ApplicantType.COMPANY in sure, actor.size_class
    if company and said.sizes and size is not None and size not in said.sizes and not _bigger_too(said.sizes, size):
        return _no("applicant_type_size", said.only)
    if company and said.sizes and size is None:
        return Reason("applicant_type", Verdict.UNKNOWN, "applicant_type_size_unknown", "", said.only)
    for kind in sorted(sure & said.named.keys() - said.shut_out.keys()):
        return _yes(said.named[kind])
    if company and said.large_out and size == "large":
        return _no("applicant_type_size", said.large_out)
    if said.people_only and not said.named:
        return _no("applicant_type_excluded", said.people_only)
    # A university is a research organisation, too, but shutting out those need not mean it.
    decisive = (sure - {ApplicantType.RESEARCH}) or sure
    for kind in sorted(decisive & said.shut_out.keys()):
        if not (sure | possible) & said.named.keys():
            return _no("applicant_type_excluded", said.shut_out[kind])
    if said.only and not (sure | possible) & said.named.keys() and sure:
        return _no("applicant_type_others_only", said.only)
    if said.anybody:
        return _yes(said.anybody)
    if facts.law.companies and (ApplicantType.SME in sure or not (sure | possible) & _COMPANIES):
        verdict = Verdict.ELIGIBLE if ApplicantType.SME in sure else Verdict.INELIGIBLE
        code = "applicant_type_companies" if ApplicantType.SME in sure else "applicant_type_companies_only"
        return Reason("applicant_type", verdict, code, facts.call.type_of_action or "")
    if facts.law.anybody:
        return Reason("applicant_type", Verdict.ELIGIBLE, "applicant_type_by_law", facts.call.type_of_action or "")
    sentence = next((text for text in said.named.values() if text), "")
    return Reason("applicant_type", Verdict.UNKNOWN, "applicant_type_unknown", "", sentence) if sentence else _SILENT


def _bigger_too(sizes: frozenset[str], size: str) -> bool:
    """Return whether a call for small companies takes this smaller one, too."""
    return "small" in sizes and size == "micro"


def _yes(sentence: str) -> Reason:
    return Reason("applicant_type", Verdict.ELIGIBLE, _YES, "", sentence)


def _no(code: str, sentence: str) -> Reason:
    return Reason("applicant_type", Verdict.INELIGIBLE, code, "", sentence)


_SILENT = Reason("applicant_type", Verdict.UNKNOWN, "applicant_type_unknown")


def person_rule(facts: "CallFacts", actor: Actor, region: Region) -> Reason:
    """Answer whether an organisation applies at all, or a person does.

    | the call says | answer |
    |---|---|
    | a researcher applies with a host organisation (ERC, MSCA postdoctoral fellowships) | unknown: has the actor one? |
    | persons apply, and it names no organisation of the actor's type | unknown: will somebody of the actor apply? |
    | otherwise | eligible |
    """
    del region
    said = facts.persons
    if said.with_host:
        return _person("person_with_host", said.with_host, quoted=said.quoted)
    if said.alone and not actor.applicant_types & facts.applicants.named.keys():
        return _person("person_alone", said.alone, quoted=said.quoted)
    return _ORGANISATIONS


def _person(code: str, what: str, *, quoted: bool) -> Reason:
    return Reason("person", Verdict.UNKNOWN, code, "" if quoted else what, what if quoted else "")


_ORGANISATIONS = Reason("person", Verdict.ELIGIBLE, "person_none")
