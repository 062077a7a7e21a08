"""Which actors of the region together suit one call: what each covers of it, in which role, and what is missing.

Pure: similarities come in, a choice goes out. A call is taken apart into its telling sentences. An actor covers a
sentence as far as its nearest interest is unusually near to it, measured against what is usual for this actor. A
consortium covers a sentence as well as its best member does, so a second member of the same kind adds nothing
(weighted maximum coverage, a submodular function: Nemhauser, Wolsey and Fisher 1978). What several members cover is
subtracted as redundancy, and every member costs a little, so that nobody is in it for nothing. The best choice is found
by trying all of a short list; no sum of single scores is involved.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from hame_match.match.eligibility.applicants import types_in
from hame_match.match.ranking import Matrix, Vector
from hame_match.model.actor import Actor, ActorType
from hame_match.model.call import SUBJECT_ROLES, ApplicantType, Call, SectionRole
from hame_match.model.match import Reason, Verdict
from hame_match.sentences import sentences

MOST_MEMBERS = 4
"""A region seldom sends more partners into one project."""
USUAL, UNUSUAL = 0.85, 0.98
"""Quantiles of an actor's similarity to texts of other calls between which coverage rises from 0 to 1: a sentence
begins to count where it is nearer than 85 texts of 100, and counts in full from one text of fifty on. A sentence says
less than a whole text: with nine of ten and one of two hundred, a museum covered 9 % of a call on living heritage."""
LEAST_STANDING = 0.9
"""Only actors for whom the call as a whole is unusual are asked (standard deviations above their mean call): single
sentences are often near to somebody who has nothing to do with the call."""
LEAST_COVERED = 0.12
"""An actor that covers less of a call has no business in it, whatever its role."""
REDUNDANCY_PRICE = 0.25
"""What a share of the call covered once more costs, relative to a share covered for the first time."""
MEMBER_PRICE = 0.06
"""What one more member costs, as a share of the call: agreements and meetings are no gift."""
ROLE_WORTH = 0.045
"""What filling a role that the call asks for is worth, as a share of the call; less than a member costs, so that nobody
is in it for a role alone."""
SHORT_LIST = 24
"""Actors that are tried in every combination (12,950 choices of up to four): those that cover most alone, and of each
role the best."""
UNCOVERED = 0.2
"""A sentence whose best member covers less counts as missing."""


class PartnerRole(StrEnum):
    """What an actor is in a consortium; wordings in ``templates/words`` under ``role``."""

    COORDINATOR = "coordinator"
    RESEARCH = "research"
    SME = "sme"
    COMPANY = "company"
    PUBLIC = "public"
    ASSOCIATION = "association"
    PILOT_SITE = "pilot_site"
    PARTNER = "partner"


_KIND: dict[ActorType, PartnerRole] = {
    ActorType.SME: PartnerRole.SME,
    ActorType.LARGE_COMPANY: PartnerRole.COMPANY,
    ActorType.ENERGY_COMPANY: PartnerRole.COMPANY,
    ActorType.COOPERATIVE: PartnerRole.COMPANY,
    ActorType.MUNICIPALITY: PartnerRole.PUBLIC,
    ActorType.JOINT_MUNICIPAL_AUTHORITY: PartnerRole.PUBLIC,
    ActorType.PUBLIC_BODY: PartnerRole.PUBLIC,
    ActorType.HIGHER_EDUCATION: PartnerRole.RESEARCH,
    ActorType.RESEARCH_ORGANISATION: PartnerRole.RESEARCH,
    ActorType.ASSOCIATION: PartnerRole.ASSOCIATION,
    ActorType.FOUNDATION: PartnerRole.ASSOCIATION,
}
_ASKED_AS: dict[ApplicantType, PartnerRole] = {
    ApplicantType.SME: PartnerRole.SME,
    ApplicantType.COMPANY: PartnerRole.COMPANY,
    ApplicantType.MUNICIPALITY: PartnerRole.PUBLIC,
    ApplicantType.PUBLIC_BODY: PartnerRole.PUBLIC,
    ApplicantType.HIGHER_EDUCATION: PartnerRole.RESEARCH,
    ApplicantType.RESEARCH: PartnerRole.RESEARCH,
    ApplicantType.ASSOCIATION: PartnerRole.ASSOCIATION,
    ApplicantType.FOUNDATION: PartnerRole.ASSOCIATION,
}
_TOGETHER = re.compile(
    r"\b(?:involv|includ|engag|participat|partner|consorti|collaborat|cooperat|co-creat|multi-actor|stakeholder"
    r"|bring\w* together|together with|mukana|osallist|yhteisty|yhdessä|kumppan|samarbet|tillsammans|medverk)",
    re.IGNORECASE,
)
_PILOT = re.compile(
    r"\b(?:pilot|demonstrat|living lab|test ?-?beds?\b|testing facilit|real[- ](?:life|world)|kokeil|pilot|koealust"
    r"|demonstra|försök|testmiljö)",
    re.IGNORECASE,
)
_NO_LEAD = re.compile(
    r"\b(?:ei|emme|inte|not|no)\b.*(?:koordinaattori|vetäjä|samordnare|coordinat|koordinator)", re.IGNORECASE
)
_COLLABORATIVE = re.compile(r"^HORIZON(?:[ -]JU)?[ -](?:Research and Innovation|Innovation) Actions", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Aspects:
    """A call in parts.

    Attributes:
        sentences: in the call's order, verbatim; may be empty.
        weights: (n_sentences,) float32, each at least 0, sum 1: how much a sentence speaks of the call's subject.
    """

    sentences: tuple[str, ...]
    weights: Vector


@dataclass(frozen=True, slots=True)
class Candidate:
    """An actor that may be a partner.

    Attributes:
        actor: its profile.
        z: how high the call stands among all calls of the actor, see `match.standing`.
        covers: (n_sentences,) float32 in [0, 1], how well it covers each sentence.
        interests: for each sentence the interest nearest to it.
        verdict: whether it may apply.
        reasons: what each rule found.
    """

    actor: Actor
    z: float
    covers: Vector
    interests: tuple[str, ...]
    verdict: Verdict
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role a call asks for, and the sentence that does; the coordinator is always wanted and has none."""

    role: PartnerRole
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """A sentence of the call that a member covers, the interest it answers and how well, in [0, 1]."""

    sentence: str
    interest: str
    degree: float


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a consortium.

    Attributes:
        actor: slug.
        name: official name.
        roles: what it is in it, at least one.
        covers: share of the call it covers alone, in [0, 1].
        adds: share of the call that the others leave to it, in [0, 1].
        evidence: what it covers, sentences that nobody else covers as well first.
        verdict: whether it may apply.
        reasons: what each rule found.
    """

    actor: str
    name: str
    roles: tuple[PartnerRole, ...]
    covers: float
    adds: float
    evidence: tuple[Covered, ...]
    verdict: Verdict
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An actor that covers something of the call and may not apply; `covers` is the share it would have covered."""

    actor: str
    covers: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Consortium:
    """Actors that together suit a call, and what is missing; fewer than two members are no consortium yet.

    Attributes:
        members: the coordinator first, then by what they cover.
        coverage: share of the call that is covered, in [0, 1].
        redundancy: share of the call that is covered more than once; may be over 1.
        score: what choices were compared by, higher is better.
        unfilled: roles that are wanted and that no member has.
        uncovered: sentences that nobody in it covers, weightiest first.
        open_questions: of members, on consortium, readiness level and co-funding: (slug, reason).
        foreign_partners: the call needs partners from other countries, whoever is in it here.
        left_out: those who may not apply, who would cover most first.
        nothing_to_add: number of actors that may apply and were not needed, or cover nothing.
    """

    members: tuple[Member, ...]
    coverage: float
    redundancy: float
    score: float
    unfilled: tuple[Wanted, ...]
    uncovered: tuple[str, ...]
    open_questions: tuple[tuple[str, Reason], ...]
    foreign_partners: bool
    left_out: tuple[LeftOut, ...]
    nothing_to_add: int


def aspects_of(found: Sequence[str], rows: Matrix, call_row: Vector) -> Aspects:
    """Return the sentences of a call with their weights.

    Args:
        found: the sentences.
        rows: (n_sentences, d) their centred unit rows.
        call_row: (d,) the call's row of the corpus; a sentence weighs as much as it is like the call as a whole.
    """
    near = np.maximum(rows @ call_row, 0) if len(found) else np.zeros(0)
    total = float(near.sum())
    even = np.full(len(found), 1 / max(len(found), 1))
    return Aspects(tuple(found), np.asarray(near / total if total > 0 else even, dtype=np.float32))


def covered_by(facet_rows: Matrix, sentence_rows: Matrix, usual: Matrix) -> tuple[Vector, list[int]]:
    """Return how well one actor covers each sentence, and the number of the interest that does.

    Args:
        facet_rows: (n_facets, d) centred unit rows of its interests, in the wording for the call's language.
        sentence_rows: (n_sentences, d) of the call.
        usual: (n_texts, d) of texts of other calls in that language: what similarity is usual for this actor. With
            none, the similarity itself is the coverage.

    Returns:
        ((n_sentences,) float32 in [0, 1], facet numbers).
    """
    similarity = facet_rows @ sentence_rows.T
    low, high = np.quantile((facet_rows @ usual.T).max(axis=0), (USUAL, UNUSUAL)) if len(usual) else (0.0, 1.0)
    covers = (similarity.max(axis=0) - low) / max(float(high - low), 1e-6)
    return np.asarray(np.clip(covers, 0, 1), dtype=np.float32), [int(best) for best in similarity.argmax(axis=0)]


def coverage(covers: Matrix, weights: Vector) -> float:
    """Return the share of a call that actors cover together, in [0, 1]; each sentence counts its best.

    Args:
        covers: (n_actors, n_sentences) in [0, 1]; nobody covers nothing.
        weights: (n_sentences,), sum 1.
    """
    return float(covers.max(axis=0) @ weights) if len(covers) else 0.0


def redundancy(covers: Matrix, weights: Vector) -> float:
    """Return the share of a call that is covered again by a second, third ... actor; arguments as `coverage`."""
    return float(covers.sum(axis=0) @ weights) - coverage(covers, weights) if len(covers) else 0.0


def roles_of(actor: Actor) -> frozenset[PartnerRole]:
    """Return what an actor can be in a consortium: by its type, and by the roles its profile names.

    Who names no roles at all may be anything; who says "not as coordinator" never is one.
    """
    roles = {_KIND[actor.actor_type]} if actor.actor_type in _KIND else set()
    if "pilot_site" in actor.roles:
        roles.add(PartnerRole.PILOT_SITE)
    willing = "coordinator" in actor.roles or not actor.roles
    if willing and not any(_NO_LEAD.search(phrase) for phrase in actor.excludes):
        roles.add(PartnerRole.COORDINATOR)
    return frozenset(roles)


def wanted_by(call: Call) -> tuple[Wanted, ...]:
    """Return the roles that a call asks for, each with its sentence: a coordinator, then in the call's order.

    A sentence asks for a type of organisation when it names the type and speaks of taking part; a pilot site when it
    speaks of trying out.
    """
    wanted = {PartnerRole.COORDINATOR: Wanted(PartnerRole.COORDINATOR)}
    language = call.original_language()
    roles = SUBJECT_ROLES | {SectionRole.ELIGIBILITY}
    texts = (part.text for part in call.sections if part.role in roles and part.language == language)
    for sentence in (sentence for text in texts for sentence in sentences(text)):
        asked = set[PartnerRole]()
        if _TOGETHER.search(sentence):
            asked = {_ASKED_AS[kind] for kind in types_in(sentence) if kind in _ASKED_AS}
        if _PILOT.search(sentence):
            asked.add(PartnerRole.PILOT_SITE)
        for role in sorted(asked):
            wanted.setdefault(role, Wanted(role, sentence))
    return tuple(wanted.values())


def needs_foreign_partners(call: Call) -> bool:
    """Return whether a call is of a type that takes three organisations from three countries.

    Regulation (EU) 2021/695, article 22(2), for research and innovation actions and innovation actions.
    """
    return bool(_COLLABORATIVE.match(call.type_of_action or ""))


def filled(wanted: Iterable[Wanted], roles: Iterable[frozenset[PartnerRole]]) -> set[PartnerRole]:
    """Return which of the `wanted` roles actors with these `roles` fill; an SME is a company, too."""
    have = {role for one in roles for role in one}
    if PartnerRole.SME in have:
        have.add(PartnerRole.COMPANY)
    return {one.role for one in wanted} & have


def choose(
    call: Call, aspects: Aspects, candidates: Sequence[Candidate], wanted: Sequence[Wanted], size: int = MOST_MEMBERS
) -> Consortium:
    """Return the best consortium of at most `size` of the candidates.

    Args:
        call: the call.
        aspects: its sentences.
        candidates: the actors, each once; who is `INELIGIBLE` is left out with the reason that decides.
        wanted: see `wanted_by`.
        size: most members, at least 2.
    """
    own = {one.actor.slug: coverage(one.covers[None, :], aspects.weights) for one in candidates}
    fit = [one for one in candidates if one.verdict is not Verdict.INELIGIBLE]
    able = [one for one in fit if one.z >= LEAST_STANDING and own[one.actor.slug] >= LEAST_COVERED]
    able.sort(key=lambda one: -own[one.actor.slug])
    chosen, score = _best(_short(able, wanted), aspects.weights, wanted, size)
    covers = np.array([one.covers for one in chosen], np.float32).reshape(len(chosen), len(aspects.sentences))
    best = covers.max(axis=0) if len(chosen) else np.zeros(len(aspects.sentences), np.float32)
    have = filled(wanted, [roles_of(one.actor) for one in chosen])
    missing = [row for row in np.argsort(-aspects.weights, kind="stable") if best[row] < UNCOVERED]
    questions = [(one.actor.slug, reason) for one in chosen for reason in one.reasons if _is_question(reason)]
    return Consortium(
        members=_members(chosen, covers, aspects),
        coverage=coverage(covers, aspects.weights),
        redundancy=redundancy(covers, aspects.weights),
        score=score,
        unfilled=tuple(one for one in wanted if one.role not in have),
        uncovered=tuple(aspects.sentences[row] for row in missing),
        open_questions=tuple(questions),
        foreign_partners=needs_foreign_partners(call)
        and not any(reason.rule == "consortium" for _, reason in questions),
        left_out=tuple(
            LeftOut(one.actor.slug, own[one.actor.slug], decisive(one.verdict, one.reasons))
            for one in sorted(candidates, key=lambda one: (-own[one.actor.slug], one.actor.slug))
            if one.verdict is Verdict.INELIGIBLE
        ),
        nothing_to_add=len(fit) - len(chosen),
    )


def decisive(verdict: Verdict, reasons: Sequence[Reason]) -> Reason:
    """Return the first reason that says what all rules together say; there is always one.

    Raises:
        ValueError: `verdict` is not what any of the reasons says.
    """
    for reason in reasons:
        if reason.verdict is verdict:
            return reason
    raise ValueError(f"no rule says {verdict.value}")


_SILENT = frozenset({"consortium_unknown", "consortium_by_law", "trl_unknown", "co_funding_unknown"})
"""Codes of what the call itself does not say, which is no question to a member."""


def _is_question(reason: Reason) -> bool:
    asked = reason.rule in {"consortium", "trl", "co_funding"} and reason.verdict is not Verdict.ELIGIBLE
    return asked and reason.code not in _SILENT


def _short(able: Sequence[Candidate], wanted: Sequence[Wanted]) -> list[Candidate]:
    """Return at most `SHORT_LIST` of `able` (who covers most first), with the best of each wanted role among them."""
    of_role = (next((one for one in able if filled([want], [roles_of(one.actor)])), None) for want in wanted)
    first = {one.actor.slug: one for one in of_role if one is not None}
    for one in able:
        if len(first) >= SHORT_LIST:
            break
        first.setdefault(one.actor.slug, one)
    return list(first.values())


def _best(
    short: Sequence[Candidate], weights: Vector, wanted: Sequence[Wanted], size: int
) -> tuple[list[Candidate], float]:
    """Return the choice with the best score and the score; one actor alone where a second is worth less than it costs.

    The score is `coverage - REDUNDANCY_PRICE x redundancy - MEMBER_PRICE x members + ROLE_WORTH x roles filled`.
    """
    covers = np.array([one.covers for one in short], np.float32).reshape(len(short), len(weights))
    roles = [roles_of(one.actor) for one in short]
    alone = covers @ weights
    best: tuple[float, tuple[int, ...]] = (-np.inf, ())
    for members in range(1, min(size, len(short)) + 1):
        picks = np.array(list(combinations(range(len(short)), members)))
        together = covers[picks].max(axis=1) @ weights
        again = alone[picks].sum(axis=1) - together
        full = np.array([len(filled(wanted, [roles[row] for row in pick])) for pick in picks])
        scores = together - REDUNDANCY_PRICE * again - MEMBER_PRICE * members + ROLE_WORTH * full
        first = int(np.argmax(scores))
        if scores[first] > best[0] + 1e-9:  # of two alike, the smaller
            best = (float(scores[first]), tuple(int(row) for row in picks[first]))
    return [short[row] for row in best[1]], best[0] if best[1] else 0.0


def _members(chosen: Sequence[Candidate], covers: Matrix, aspects: Aspects) -> tuple[Member, ...]:
    alone = [coverage(row[None, :], aspects.weights) for row in covers]
    order = sorted(range(len(chosen)), key=lambda row: (-alone[row], chosen[row].actor.slug))
    leader = next((row for row in order if PartnerRole.COORDINATOR in roles_of(chosen[row].actor)), None)
    members = []
    for row in sorted(order, key=lambda row: row != leader):
        one, others = chosen[row], np.delete(covers, row, axis=0)
        rest = others.max(axis=0) if len(others) else np.zeros_like(one.covers)
        roles = roles_of(one.actor) - ({PartnerRole.COORDINATOR} if row != leader else set())
        adds = np.maximum(one.covers - rest, 0)
        # What only this member covers says best why it is in.
        rank = np.argsort(-(adds + one.covers) * aspects.weights, kind="stable")
        members.append(
            Member(
                actor=one.actor.slug,
                name=one.actor.name,
                roles=tuple(role for role in PartnerRole if role in (roles or {PartnerRole.PARTNER})),
                covers=alone[row],
                adds=float(adds @ aspects.weights),
                evidence=tuple(
                    Covered(aspects.sentences[at], one.interests[at], float(one.covers[at]))
                    for at in rank
                    if one.covers[at] > 0
                ),
                verdict=one.verdict,
                reasons=one.reasons,
            )
        )
    return tuple(members)
