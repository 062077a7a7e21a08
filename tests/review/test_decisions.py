import pytest

from hame_match.errors import ReviewError
from hame_match.model.match import Decision, RejectionReason
from hame_match.review.decisions import ReviewState, approve, reject, state_of
from tests.builders import NOW, a_match, a_review


def test_a_match_nobody_decided_on_waits() -> None:
    assert state_of(a_match(), None) is ReviewState.PENDING


@pytest.mark.parametrize(
    ("decision", "reviewed", "state"),
    [
        (Decision.APPROVED, "hash-1", ReviewState.APPROVED),
        (Decision.REJECTED, "hash-1", ReviewState.REJECTED),
        (Decision.APPROVED, "older", ReviewState.CHANGED),
        (Decision.REJECTED, "older", ReviewState.CHANGED),
    ],
)
def test_a_decision_on_an_older_content_comes_back_as_changed(
    decision: Decision, reviewed: str, state: ReviewState
) -> None:
    review = a_review(decision=decision, content_hash=reviewed)
    assert state_of(a_match(content_hash="hash-1"), review) is state


def test_an_approval_remembers_who_when_why_and_on_what() -> None:
    match = a_match(content_hash="h")
    review = approve(match, "maija", "sopii", NOW)
    assert review == a_review(reviewer="maija", note="sopii", content_hash="h")
    assert state_of(match, review) is ReviewState.APPROVED


@pytest.mark.parametrize("reason", list(RejectionReason))
def test_every_reason_code_rejects(reason: RejectionReason) -> None:
    review = reject(a_match(), reason.value, "maija", "", NOW)
    assert (review.decision, review.reason) == (Decision.REJECTED, reason)


@pytest.mark.parametrize("reason", ["", "boring", "TOO-BIG", "too big"])
def test_another_reason_is_refused_with_the_ones_there_are(reason: str) -> None:
    with pytest.raises(ReviewError, match=r"is not a reason to reject a match; use one of already-known, .*too-small"):
        reject(a_match(), reason, "maija", "", NOW)
