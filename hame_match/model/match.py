"""A match of an actor and a call, and what a person decided about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Three-valued answer to whether an actor may apply; a missing fact is never a no."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNKNOWN = "unknown"


class Label(StrEnum):
    """How strongly a match is recommended, in three steps."""

    STRONG = "strong"
    WORTH_A_LOOK = "worth_a_look"
    WEAK = "weak"


class Decision(StrEnum):
    """What a person decided about a match."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class RejectionReason(StrEnum):
    """Why a match was rejected; the codes of ``matches reject --reason``."""

    NOT_OUR_FIELD = "not-our-field"
    NOT_ELIGIBLE = "not-eligible"
    TOO_BIG = "too-big"
    TOO_SMALL = "too-small"
    NO_CO_FUNDING = "no-co-funding"
    NO_TIME = "no-time"
    NO_PARTNERS = "no-partners"
    ALREADY_KNOWN = "already-known"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """What one eligibility rule found.

    Attributes:
        rule: name of the rule, such as ``status`` or ``region``.
        verdict: the rule's answer.
        code: key of the wording in ``templates/words``; an unknown has a question under the same key.
        fact: the value that the answer rests on, such as an amount; empty when none was found.
        sentence: the sentence of the call that the answer rests on, word for word; empty when none says it.
    """

    rule: str
    verdict: Verdict
    code: str
    fact: str = ""
    sentence: str = ""


DECISIVE_RULES = frozenset({"status", "closed_circle", "applicant_type", "person", "region", "defence", "exclude"})
"""Rules whose unknown leaves the whole verdict unknown: whether one may apply at all. The others ask for something that
can be met, such as partners."""


def question_of(reasons: Sequence[Reason]) -> Reason | None:
    """Return the one reason whose question to ask first; None when nothing is open.

    A no before what is unknown, what decides the verdict before the rest, and of the rest only what the call itself
    states: every topic asks for partners by law, and a question that always comes is not read.

    Args:
        reasons: in the order of the rules.
    """
    open_ = [reason for reason in reasons if reason.verdict is Verdict.UNKNOWN]
    asked = [
        *(reason for reason in reasons if reason.verdict is Verdict.INELIGIBLE),
        *(reason for reason in open_ if reason.rule in DECISIVE_RULES),
        *(
            reason
            for reason in open_
            if reason.rule not in DECISIVE_RULES and (reason.sentence or reason.code == "money_share")
        ),
    ]
    return next(iter(asked), None)


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """What a relevance was made of; the first two in [0, 1], higher is better.

    Attributes:
        semantic: similarity of the actor's two best interests to the call's windows, after centring.
        lexical: agreement of their words, from BM25.
        fit: how well the type of action suits this kind of actor, in [-1, 1].
        learnt: what decisions added to the relevance, in (-1, 1); the rest is the relevance of the profile alone.
    """

    semantic: float
    lexical: float
    fit: float = 0.0
    learnt: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """One actor and one call.

    Attributes:
        actor: slug of the actor.
        call_id: the call.
        rank: place in the actor's list, from 1.
        relevance: in [0, 1], higher is better; orders the list.
        label: `relevance` in three steps.
        parts: what `relevance` was made of.
        verdict: all rules together: ineligible if one is, else unknown if a decisive one is, else eligible.
        reasons: what each rule found, in the order of the rules.
        evidence: the sentence of the call that fits best, verbatim, cuts marked by an ellipsis; empty when the call
            has no text and borrows none.
        evidence_language: language of `evidence`.
        interest: the actor's interest that the evidence answers.
        content_hash: of the call that was ranked.
        ranker: version of the ranker and id of the model.
        at: UTC instant the ranking was made for.
        second_evidence: a sentence that answers another interest about as well; empty when there is none.
        second_interest: the interest it answers; empty when there is none.
        borrowed_from: title of the topic whose text was embedded and is quoted, because the call has none of its own;
            empty otherwise.
        folded_into: id of a better match of the same list whose sister this call is; empty for all others.
        flags: rules learnt from reasons of rejections that the call hits, each with the stated fact; no verdict.
    """

    actor: str
    call_id: str
    rank: int
    relevance: float
    label: Label
    parts: ScoreParts
    verdict: Verdict
    reasons: tuple[Reason, ...]
    evidence: str
    evidence_language: str
    interest: str
    content_hash: str
    ranker: str
    at: datetime
    second_evidence: str = ""
    second_interest: str = ""
    borrowed_from: str = ""
    folded_into: str = ""
    flags: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A person's decision on a match; it outlives every new ranking.

    Attributes:
        actor: slug of the actor.
        call_id: the call.
        decision: approved or rejected; a match without a review is pending.
        reason: code of a rejection, else None.
        note: free words of the reviewer.
        reviewer: who decided.
        at: UTC instant.
        content_hash: of the call when it was decided; a newer content asks for another look.
    """

    actor: str
    call_id: str
    decision: Decision
    reason: RejectionReason | None
    note: str
    reviewer: str
    at: datetime
    content_hash: str
