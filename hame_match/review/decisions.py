"""What a decision on a match does; pure."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from hame_match.errors import ReviewError
from hame_match.model.match import Decision, Match, RejectionReason, Review


class ReviewState(StrEnum):
    """What a manager sees of a match: decided, waiting, or decided on an older content of the call."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGED = "changed"


def state_of(match: Match, review: Review | None) -> ReviewState:
    """Return where the review of `match` stands.

    A decision made on an older content of the call still holds, but the match comes back as changed.
    """
    if review is None:
        return ReviewState.PENDING
    if review.content_hash != match.content_hash:
        return ReviewState.CHANGED
    return ReviewState(review.decision.value)


def approve(match: Match, reviewer: str, note: str, now: datetime) -> Review:
    """Return the review that approves `match`."""
    return Review(match.actor, match.call_id, Decision.APPROVED, None, note, reviewer, now, match.content_hash)


def reject(match: Match, reason: str, reviewer: str, note: str, now: datetime) -> Review:
    """Return the review that rejects `match`.

    Raises:
        ReviewError: `reason` is no known code.
    """
    try:
        code = RejectionReason(reason)
    except ValueError as exc:
        codes = ", ".join(sorted(RejectionReason))
        raise ReviewError(f"{reason!r} is not a reason to reject a match; use one of {codes}") from exc
    approved = approve(match, reviewer, note, now)
    return replace(approved, decision=Decision.REJECTED, reason=code)
