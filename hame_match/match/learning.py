"""What a manager's decisions teach about an actor's list.

Pure: judgements, call vectors and the relevance that the profile alone gives (the prior) come in; a learnt relevance
and what it rests on go out.

**Subject.** Logistic regression over call vectors whose offset is the prior: relevance' = σ(logit(prior) + w·x), with a
normal prior on w. With no judgement w is 0 and the list is the prior's; with few it stays close. It is solved over the
judgements, not the dimensions, as the mode of a Gaussian process with a linear kernel (Rasmussen and Williams 2006,
algorithm 3.1).

**Guard.** Each pair of a suitable and an unsuitable call is left out in turn and put in order by what the others teach
(leave-pair-out, Airola et al. 2011; in closed form at the mode). Only as far as that beats the prior is it followed.

**Reasons.** A rejection teaches the subject only where its reason speaks of it. "Too big" is no word about the subject:
such reasons set rules about what a call states, which lower a call or flag it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from hame_match.match.fusion import STRONG, WORTH_A_LOOK
from hame_match.match.ranking import Matrix, Vector, unit
from hame_match.match.terms import CallTerms
from hame_match.model.lesson import Influence, Judgement, LearntRule, LessonState, RuleKind
from hame_match.model.match import Decision, Reason, RejectionReason, Review, Verdict

VARIANCE = 8.0
"""Variance of the learnt direction: how far one approved call may move a call just like it. Chosen by leaving one
actor out (`benchmarks/learning.py`)."""
BIAS_VARIANCE = 4.0
"""Variance of how strict a manager is overall; taken out of the vectors' account and never added to a list."""
NEGATIVE_WEIGHT = 0.2
"""A rejection counts a fifth of an approval, as in Rocchio's classic 0.75 to 0.15: what was shown and rejected lies
near the actor's field, and what it is pushed away from is often the next suitable call."""
FULL_TRUST = 2.0
"""Standard errors by which the learnt list must beat the prior to be followed in full; in between in proportion."""
_LEAST_OF_A_KIND = 2
"""Suitable calls, and unsuitable ones, from which on the error of what is gained can be told at all."""
DEMOTION = float(np.log(STRONG / (1 - STRONG)) - np.log(WORTH_A_LOOK / (1 - WORTH_A_LOOK)))
"""Logits that a rule takes off a call: one label down."""
MOST_INFLUENCES = 3
"""Judged calls named for one call; more explains less."""

_STEPS = 25
_ENOUGH = 1e-6
_LEAST_CURVATURE = 1e-4  # a prior that is nearly sure would make the working response run away
_EDGE = 1e-6

Doubles = NDArray[np.float64]

TEACHES: Mapping[RejectionReason, bool] = {
    RejectionReason.NOT_OUR_FIELD: True,
    RejectionReason.NOT_ELIGIBLE: False,
    RejectionReason.TOO_BIG: False,
    RejectionReason.TOO_SMALL: False,
    RejectionReason.NO_CO_FUNDING: False,
    RejectionReason.NO_TIME: False,
    RejectionReason.NO_PARTNERS: False,
    RejectionReason.ALREADY_KNOWN: False,
    RejectionReason.OTHER: False,
}
"""Whether a reason says that the subject is unwanted."""


def judgement_of(review: Review) -> Judgement | None:
    """Return what `review` teaches; None while it is pending."""
    match review.decision:
        case Decision.APPROVED:
            return Judgement(review.actor, review.call_id, positive=True)
        case Decision.REJECTED:
            weight = 1.0 if review.reason is not None and TEACHES[review.reason] else 0.0
            return Judgement(review.actor, review.call_id, positive=False, weight=weight, reason=review.reason)
        case Decision.PENDING:
            return None
        case _:
            assert_never(review.decision)


@dataclass(frozen=True)
class Learnt:
    """What judgements teach about the subject.

    Attributes:
        state: whether it is followed.
        rows: (n_judged, d) float64, unit rows of the judged calls.
        weights: (n_judged,) float64, in logits per unit of similarity; what each judged call adds to calls like it.
        prior_loss: mean loss of the prior over pairs, 0 is none.
        learnt_loss: the same of the learnt order, each pair left out.
        trust: share of the learnt effect that is followed, in [0, 1].
    """

    state: LessonState
    rows: Doubles
    weights: Doubles
    prior_loss: float = 0.0
    learnt_loss: float = 0.0
    trust: float = 0.0

    def effects(self, matrix: Matrix) -> Doubles:
        """Return what each judged call adds to each call of `matrix` (n, d): (n, n_judged) float64, in logits."""
        return np.asarray(unit(matrix).astype(np.float64) @ self.rows.T * self.weights)


def learn(
    prior: Vector,
    matrix: Matrix,
    positive: Sequence[bool],
    weights: Sequence[float],
    *,
    variance: float = VARIANCE,
    negative_weight: float = NEGATIVE_WEIGHT,
    full_trust: float = FULL_TRUST,
) -> Learnt:
    """Learn from judged calls.

    Args:
        prior: relevance of each by the profile alone, (n_judged,) in (0, 1).
        matrix: their rows of the corpus, (n_judged, d).
        positive: whether the subject of each suits.
        weights: how much each teaches, above 0.
        variance: see `VARIANCE`.
        negative_weight: see `NEGATIVE_WEIGHT`.
        full_trust: see `FULL_TRUST`; 0, for measurements only, follows what does not beat the prior, too.

    Returns:
        Nothing that moves a list (`weights` all 0) without at least two suitable and two unsuitable calls, or where the
        learnt order does not beat the prior's on pairs that were left out.
    """
    rows = unit(matrix).astype(np.float64)
    signs = np.asarray(positive, dtype=bool)
    nothing = np.zeros(len(signs))
    if min(int(signs.sum()), int((~signs).sum())) < _LEAST_OF_A_KIND:
        return Learnt(LessonState.TOO_FEW, rows, nothing)
    offset = logit(prior)
    counts = np.asarray(weights, dtype=np.float64) * np.where(signs, 1.0, negative_weight)
    inverse, working, dual = _mode(offset, variance * rows @ rows.T + BIAS_VARIANCE, signs, counts)
    before, after = _left_out(offset, inverse, working, dual, signs)
    losses = np.logaddexp(0.0, -before), np.logaddexp(0.0, -after)
    trust = _trust(losses[0] - losses[1], full_trust) if full_trust else 1.0
    return Learnt(
        LessonState.USED if trust else LessonState.NOT_BETTER,
        rows,
        variance * dual * trust,
        float(losses[0].mean()),
        float(losses[1].mean()),
        trust,
    )


def logit(relevance: Vector | Doubles) -> Doubles:
    """Return the log odds of a relevance in [0, 1], kept finite."""
    inside = np.clip(np.asarray(relevance, dtype=np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def moved(prior: Vector, effect: Doubles) -> Vector:
    """Return relevances moved by `effect` (logits), (n,) in (0, 1); where the effect is 0 exactly the prior."""
    changed = 1.0 / (1.0 + np.exp(-(logit(prior) + effect)))
    return np.where(effect == 0.0, prior, changed).astype(np.float32)


def _mode(offset: Doubles, kernel: Doubles, signs: NDArray[np.bool_], counts: Doubles) -> tuple[Doubles, ...]:
    """Return (inverse of kernel plus noise, working response, dual weights) at the mode, by Newton's method."""
    target = signs.astype(np.float64)
    latent = np.zeros(len(target))
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(offset + latent)))
        curvature = counts * np.maximum(chance * (1 - chance), _LEAST_CURVATURE)
        working = latent + counts * (target - chance) / curvature
        inverse = np.asarray(np.linalg.inv(kernel + np.diag(1.0 / curvature)), dtype=np.float64)
        dual = inverse @ working
        step = kernel @ dual - latent
        latent = latent + step
        if np.abs(step).max() < _ENOUGH:
            break
    return inverse, working, dual


def _left_out(
    offset: Doubles, inverse: Doubles, working: Doubles, dual: Doubles, signs: NDArray[np.bool_]
) -> tuple[Doubles, Doubles]:
    """Return the margins of pairs (suitable minus unsuitable): the prior's, and those learnt without the pair.

    Leaving a block out of a kernel fit takes the inverse of the block alone (Rasmussen and Williams 2006, section
    5.4.2, for one; here for two).

    Returns:
        Two arrays (n_positive, n_negative) float64, in logits; above 0 is the right order.
    """
    first, second = np.ix_(np.flatnonzero(signs), np.flatnonzero(~signs))
    one, both, other = inverse[first, first], inverse[first, second], inverse[second, second]
    determinant = one * other - both * both
    left = working[first] - (other * dual[first] - both * dual[second]) / determinant
    right = working[second] - (one * dual[second] - both * dual[first]) / determinant
    before = offset[first] - offset[second]
    return np.asarray(before), np.asarray(before + left - right)


def _trust(gains: Doubles, full: float) -> float:
    """Return how far the learnt order is followed: 0 where it gains nothing, 1 from `full` standard errors on.

    The pairs share calls, so the error is that of a two-sample U statistic (DeLong et al. 1988).

    Args:
        gains: (n_positive, n_negative), at least two each, loss of the prior minus loss of the learnt order.
        full: above 0.
    """
    mean = float(gains.mean())
    error = float(np.sqrt(sum(gains.mean(axis=axis).var(ddof=1) / gains.shape[1 - axis] for axis in (0, 1))))
    if mean <= 0:
        return 0.0
    return min(1.0, mean / (full * error)) if error else 1.0


def rules_of(judgements: Iterable[Judgement], terms: Mapping[str, CallTerms]) -> tuple[LearntRule, ...]:
    """Return the rules that reasons set, in the order of `RuleKind`.

    | reason | rule |
    |---|---|
    | too-big | calls whose grants begin at the smallest such call's size go down |
    | too-small | calls whose grants end at the largest such call's size go down |
    | no-co-funding | calls that ask for money of one's own go down |
    | no-partners | calls that ask for partners are flagged |

    A size that was approved elsewhere is not too big or too small: the limit moves beyond it, or the rule falls away.

    Args:
        judgements: of one actor.
        terms: call id to what it states, of every judged call.
    """
    judged = [one for one in judgements if one.call_id in terms]
    rules = [
        *_too_big(judged, terms),
        *_too_small(judged, terms),
        *_asking(judged, RejectionReason.NO_CO_FUNDING, RuleKind.CO_FUNDING, demotes=True),
        *_asking(judged, RejectionReason.NO_PARTNERS, RuleKind.CONSORTIUM, demotes=False),
    ]
    return tuple(rules)


def _least(terms: CallTerms) -> Decimal | None:
    return terms.grant_min if terms.grant_min is not None else terms.grant_max


def _most(terms: CallTerms) -> Decimal | None:
    return terms.grant_max if terms.grant_max is not None else terms.grant_min


def _too_big(judged: Sequence[Judgement], terms: Mapping[str, CallTerms]) -> list[LearntRule]:
    sizes = {one.call_id: _least(terms[one.call_id]) for one in judged}
    fine = max((size for one in judged if one.positive and (size := sizes[one.call_id]) is not None), default=None)
    hit = {
        one.call_id: size
        for one in judged
        if one.reason is RejectionReason.TOO_BIG
        and (size := sizes[one.call_id]) is not None
        and (fine is None or size > fine)
    }
    return [LearntRule(RuleKind.TOO_BIG, True, min(hit.values()), tuple(sorted(hit)))] if hit else []


def _too_small(judged: Sequence[Judgement], terms: Mapping[str, CallTerms]) -> list[LearntRule]:
    sizes = {one.call_id: _most(terms[one.call_id]) for one in judged}
    fine = min((size for one in judged if one.positive and (size := sizes[one.call_id]) is not None), default=None)
    hit = {
        one.call_id: size
        for one in judged
        if one.reason is RejectionReason.TOO_SMALL
        and (size := sizes[one.call_id]) is not None
        and (fine is None or size < fine)
    }
    return [LearntRule(RuleKind.TOO_SMALL, True, max(hit.values()), tuple(sorted(hit)))] if hit else []


def _asking(judged: Sequence[Judgement], reason: RejectionReason, kind: RuleKind, *, demotes: bool) -> list[LearntRule]:
    found = tuple(sorted(one.call_id for one in judged if one.reason is reason))
    return [LearntRule(kind, demotes, None, found)] if found else []


def flags_of(rules: Iterable[LearntRule], terms: CallTerms) -> tuple[tuple[LearntRule, Reason], ...]:
    """Return the rules that a call hits, each with the stated fact; what a call does not state hits nothing."""
    hits = []
    for rule in rules:
        fact = _fact(rule, terms)
        if fact:
            hits.append((rule, Reason("learnt", Verdict.UNKNOWN, f"learnt_{rule.kind.value}", fact)))
    return tuple(hits)


def _fact(rule: LearntRule, terms: CallTerms) -> str:
    match rule.kind:
        case RuleKind.TOO_BIG:
            size = _least(terms)
            return str(size) if size is not None and rule.limit is not None and size >= rule.limit else ""
        case RuleKind.TOO_SMALL:
            size = _most(terms)
            return str(size) if size is not None and rule.limit is not None and size <= rule.limit else ""
        case RuleKind.CO_FUNDING:
            return terms.own_money
        case RuleKind.CONSORTIUM:
            return terms.partners
        case _:
            assert_never(rule.kind)


def strongest(effects: Doubles, call_ids: Sequence[str], most: int = MOST_INFLUENCES) -> tuple[Influence, ...]:
    """Return the `most` judged calls of largest effect, strongest first; those without any are left out.

    Args:
        effects: (n_judged,) float64, in logits.
        call_ids: the judged calls, in the same order.
        most: how many.
    """
    order = sorted(range(len(call_ids)), key=lambda place: (-abs(float(effects[place])), call_ids[place]))
    return tuple(Influence(call_ids[place], float(effects[place])) for place in order[:most] if effects[place] != 0.0)
