"""What a person's decisions teach about an actor's list, and what was learnt from them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hame_match.model.match import RejectionReason


@dataclass(frozen=True, slots=True)
class Judgement:
    """One word about one call for one actor: a review, or any other sign of what suits.

    Attributes:
        actor: slug of the actor.
        call_id: the call.
        positive: whether its subject suits.
        weight: how much it teaches about the subject, in [0, 1]; 0 teaches nothing of it, as "no time".
        reason: the reason code of a rejection; some set a rule.
    """

    actor: str
    call_id: str
    positive: bool
    weight: float = 1.0
    reason: RejectionReason | None = None


class LessonState(StrEnum):
    """Whether decisions about the subject change a list."""

    TOO_FEW = "too_few"
    NOT_BETTER = "not_better"
    USED = "used"


class RuleKind(StrEnum):
    """What a reason code asks of later calls."""

    TOO_BIG = "too_big"
    TOO_SMALL = "too_small"
    CO_FUNDING = "co_funding"
    CONSORTIUM = "consortium"


@dataclass(frozen=True, slots=True)
class LearntRule:
    """A rule that reasons of rejections set.

    Attributes:
        kind: what it looks at.
        demotes: whether a call it hits goes down; else it is only flagged.
        limit: EUR; the size from which (too big) or up to which (too small) a grant is hit; None for other kinds.
        call_ids: the rejected calls it comes from, sorted.
    """

    kind: RuleKind
    demotes: bool
    limit: Decimal | None
    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Influence:
    """How strongly one judged call speaks.

    Attributes:
        call_id: the judged call.
        effect: in logits; positive lifts what is like it, negative lowers it.
    """

    call_id: str
    effect: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt for one actor at one ranking.

    Attributes:
        actor: slug of the actor.
        at: UTC instant of the ranking it was used for.
        state: whether the decisions about the subject change the list.
        positive: judgements that its subject suits.
        negative: judgements that it does not.
        silent: judgements that teach nothing about the subject.
        prior_loss: loss of the profile alone over pairs of a suitable and an unsuitable call; 0 is none.
        learnt_loss: loss of the learnt list over the same pairs, each pair left out of what it was learnt from.
        trust: how far the learnt list is followed, in [0, 1]; 0 unless `state` is used.
        influences: the judged calls that count, strongest first; empty unless `state` is used.
        rules: what reasons of rejections ask, in the order of `RuleKind`.
        because: call id to the judged calls that move it most, strongest first, for the calls of the list.
    """

    actor: str
    at: datetime
    state: LessonState
    positive: int
    negative: int
    silent: int
    prior_loss: float = 0.0
    learnt_loss: float = 0.0
    trust: float = 0.0
    influences: tuple[Influence, ...] = ()
    rules: tuple[LearntRule, ...] = ()
    because: tuple[tuple[str, tuple[Influence, ...]], ...] = ()
