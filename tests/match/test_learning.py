"""What decisions teach: close to the prior with few, exactly the prior where nothing is gained, never by chance."""

from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from hame_match.match import learning
from hame_match.match.fusion import STRONG, WORTH_A_LOOK
from hame_match.match.learning import (
    DEMOTION,
    TEACHES,
    flags_of,
    judgement_of,
    learn,
    logit,
    moved,
    rules_of,
    strongest,
)
from hame_match.match.ranking import unit
from hame_match.match.terms import CallTerms
from hame_match.model.lesson import Influence, Judgement, LearntRule, LessonState, RuleKind
from hame_match.model.match import Decision, RejectionReason
from tests.builders import a_review

Reasons = RejectionReason
DIMENSIONS = 64


def vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32))


def taught(
    count: int, seed: int, *, chance: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[bool]]:
    """Calls of two subjects, and a manager who wants the first; the prior knows nothing. By chance: any answer."""
    random = np.random.default_rng(seed)
    wanted = random.random(count) < 0.4
    wanted[:2] = True, False
    matrix = vectors(count, seed) + np.where(wanted, 0.8, -0.8)[:, None] * vectors(1, 99)
    prior = random.uniform(0.2, 0.7, count).astype(np.float32)
    answers = random.permutation(wanted) if chance else wanted
    return prior, unit(matrix), [bool(one) for one in answers]


def ones(count: int) -> list[float]:
    return [1.0] * count


def test_what_a_manager_wants_is_learnt() -> None:
    prior, matrix, wanted = taught(60, 1)
    learnt = learn(prior[:20], matrix[:20], wanted[:20], ones(20))
    assert learnt.state is LessonState.USED
    assert learnt.learnt_loss < learnt.prior_loss
    after = moved(prior[20:], learnt.effects(matrix[20:]).sum(axis=1))
    new = np.asarray(wanted[20:])

    def order(values: NDArray[np.float32]) -> float:
        return float((values[new][:, None] > values[~new]).mean())

    assert order(after) > order(prior[20:]) + 0.2


def test_without_two_kinds_of_answers_there_is_nothing_to_learn() -> None:
    for answers in ([], [True], [False], [True] * 8, [False] * 8):
        count = len(answers)
        learnt = learn(np.full(count, 0.5, np.float32), vectors(count), answers, ones(count))
        assert learnt.state is LessonState.TOO_FEW
        assert not learnt.effects(vectors(5, 1)).any()


def test_decisions_by_chance_leave_the_profile_mostly_alone() -> None:
    shares = []
    for seed in range(100):
        prior, matrix, answers = taught(24, seed, chance=True)
        shares.append(learn(prior, matrix, answers, ones(24)).trust)
    assert np.mean([share == 0 for share in shares]) > 0.5
    assert np.mean(shares) < 0.35
    firm = [learn(*taught(24, seed), ones(24)).trust for seed in range(20)]
    assert np.mean(firm) > 0.95


def test_where_nothing_is_gained_on_pairs_left_out_the_prior_is_kept_exactly() -> None:
    kept = 0
    for seed in range(20):
        prior, matrix, _ = taught(20, seed)
        learnt = learn(prior, vectors(20, seed + 500), [bool(value > 0.45) for value in prior], ones(20))
        if learnt.state is LessonState.NOT_BETTER:
            kept += 1
            assert learnt.learnt_loss >= learnt.prior_loss
            assert np.array_equal(moved(prior, learnt.effects(matrix).sum(axis=1)), prior)
        else:
            assert learnt.learnt_loss < learnt.prior_loss
    assert kept >= 5


@pytest.mark.parametrize("count", [2, 3])
def test_few_decisions_stay_close_to_the_prior(count: int) -> None:
    for seed in range(30):
        prior, matrix, answers = taught(40, seed)
        learnt = learn(prior[:count], matrix[:count], answers[:count], ones(count))
        effect = learnt.effects(matrix).sum(axis=1)
        # Calls like a judged one may move by up to two labels; strangers hardly move.
        assert np.abs(effect).max() <= 2.5
        strangers = learnt.effects(vectors(200, seed + 1000)).sum(axis=1)
        assert np.abs(strangers).mean() < 0.3


def test_no_effect_gives_the_same_bits() -> None:
    prior = np.random.default_rng(0).random(100).astype(np.float32)
    assert np.array_equal(moved(prior, np.zeros(100)), prior)


def test_left_out_pairs_are_what_learning_without_them_gives() -> None:
    prior, matrix, answers = taught(12, 5)
    signs = np.asarray(answers)
    counts = np.ones(12)
    kernel = 4.0 * matrix.astype(np.float64) @ matrix.T + 4.0
    inverse, working, dual = learning._mode(logit(prior), kernel, signs, counts)
    _, after = learning._left_out(logit(prior), inverse, working, dual, signs)
    # At the mode's curvature the closed form is exact: solve once more without the pair.
    noise = np.linalg.inv(inverse) - kernel
    first, second = np.flatnonzero(signs)[0], np.flatnonzero(~signs)[0]
    rest = [row for row in range(12) if row not in (first, second)]
    solved = np.linalg.solve((kernel + noise)[np.ix_(rest, rest)], working[rest])
    latent = kernel[np.ix_([first, second], rest)] @ solved
    expected = logit(prior)[first] - logit(prior)[second] + latent[0] - latent[1]
    assert after[0, 0] == pytest.approx(expected)


def test_a_sure_prior_breaks_nothing() -> None:
    prior = np.asarray([1.0, 0.0, 1.0, 0.0], np.float32)
    learnt = learn(prior, vectors(4), [False, True, True, False], ones(4))
    assert np.isfinite(learnt.weights).all()
    assert np.isfinite(moved(prior, learnt.effects(vectors(4)).sum(axis=1))).all()


def test_the_same_call_judged_twice_breaks_nothing() -> None:
    one = np.repeat(vectors(1), 4, axis=0)
    learnt = learn(np.full(4, 0.5, np.float32), one, [True, False, True, False], ones(4))
    assert np.isfinite(learnt.weights).all()


def test_a_weaker_word_teaches_less() -> None:
    prior, matrix, answers = taught(20, 1)
    strong = learn(prior, matrix, answers, ones(20))
    weak = learn(prior, matrix, answers, [0.1] * 20)
    assert np.abs(weak.weights).sum() < np.abs(strong.weights).sum()


def test_only_a_reason_about_the_subject_teaches_the_subject() -> None:
    assert TEACHES.keys() == set(Reasons)
    assert [reason for reason in Reasons if TEACHES[reason]] == [Reasons.NOT_OUR_FIELD]
    for reason in Reasons:
        judged = judgement_of(a_review(decision=Decision.REJECTED, reason=reason))
        assert judged is not None
        assert (judged.weight > 0) is (reason is Reasons.NOT_OUR_FIELD)
    approved = judgement_of(a_review())
    assert approved is not None
    assert (approved.positive, approved.weight) == (True, 1.0)
    assert judgement_of(a_review(decision=Decision.PENDING)) is None


def terms(low: int | None = None, high: int | None = None, own: str = "", partners: str = "") -> CallTerms:
    return CallTerms(None if low is None else Decimal(low), None if high is None else Decimal(high), own, partners)


def rejected(call_id: str, reason: RejectionReason) -> Judgement:
    return Judgement("a", call_id, positive=False, weight=0.0, reason=reason)


def approved(call_id: str) -> Judgement:
    return Judgement("a", call_id, positive=True)


STATED = {"tiny": terms(high=10_000), "small": terms(20_000, 50_000), "big": terms(2_000_000, 4_000_000),
          "huge": terms(low=8_000_000), "silent": terms()}  # fmt: skip


def test_too_big_sets_a_limit_and_hits_only_what_states_a_size() -> None:
    [rule] = rules_of([rejected("big", Reasons.TOO_BIG), rejected("huge", Reasons.TOO_BIG)], STATED)
    assert rule == LearntRule(RuleKind.TOO_BIG, True, Decimal(2_000_000), ("big", "huge"))
    hit = {name for name, one in STATED.items() if flags_of([rule], one)}
    assert hit == {"big", "huge"}
    assert flags_of([rule], STATED["huge"])[0][1].fact == "8000000"


def test_a_size_that_was_approved_is_not_too_big() -> None:
    decisions = [rejected("big", Reasons.TOO_BIG), rejected("huge", Reasons.TOO_BIG), approved("big")]
    [rule] = rules_of(decisions, STATED)
    assert rule.limit == Decimal(8_000_000)
    assert rules_of([rejected("big", Reasons.TOO_BIG), approved("huge")], STATED) == ()


def test_too_small_sets_a_limit_below_what_was_approved() -> None:
    [rule] = rules_of([rejected("small", Reasons.TOO_SMALL)], STATED)
    assert rule.limit == Decimal(50_000)
    assert {name for name, one in STATED.items() if flags_of([rule], one)} == {"tiny", "small"}
    assert rules_of([rejected("small", Reasons.TOO_SMALL), approved("tiny")], STATED) == ()


def test_a_size_that_is_not_stated_sets_no_limit() -> None:
    assert rules_of([rejected("silent", Reasons.TOO_BIG), rejected("silent", Reasons.TOO_SMALL)], STATED) == ()


def test_money_of_ones_own_lowers_and_partners_only_flag() -> None:
    rules = rules_of([rejected("big", Reasons.NO_CO_FUNDING), rejected("huge", Reasons.NO_PARTNERS)], STATED)
    assert [(rule.kind, rule.demotes) for rule in rules] == [(RuleKind.CO_FUNDING, True), (RuleKind.CONSORTIUM, False)]
    both = terms(own="Omarahoitusta on oltava 30 %.", partners="A consortium of three.")
    assert [reason.code for _, reason in flags_of(rules, both)] == ["learnt_co_funding", "learnt_consortium"]
    assert flags_of(rules, terms()) == ()


def test_other_reasons_set_no_rule() -> None:
    others = (Reasons.NOT_OUR_FIELD, Reasons.NOT_ELIGIBLE, Reasons.NO_TIME, Reasons.ALREADY_KNOWN, Reasons.OTHER)
    assert rules_of([rejected("big", reason) for reason in others], STATED) == ()


def test_a_demotion_is_one_label() -> None:
    assert moved(np.asarray([STRONG], np.float32), np.asarray([-DEMOTION]))[0] == pytest.approx(WORTH_A_LOOK, abs=1e-6)


def test_the_strongest_come_first_and_nothing_is_named_that_does_nothing() -> None:
    found = strongest(np.asarray([0.1, -0.5, 0.0, 0.3, 0.2]), ("a", "b", "c", "d", "e"))
    assert found == (Influence("b", -0.5), Influence("d", 0.3), Influence("e", 0.2))
    assert strongest(np.zeros(2), ("a", "b")) == ()
