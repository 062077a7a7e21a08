"""Which calls an actor gets this week: a pure decision."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from hame_match.model.call import Call, CallStatus, status_at
from hame_match.model.digest import DigestItem
from hame_match.model.match import Decision, Match, Review


def choose(
    matches: Sequence[Match],
    reviews: Mapping[str, Review],
    calls: Mapping[str, Call],
    already_sent: Collection[str],
    now: datetime,
    max_items: int,
) -> tuple[list[DigestItem], int]:
    """Return what goes into the digest of one actor.

    In it are matches that a person approved, of calls that this actor has not been given before and that are not
    closed at `now`. A person's word wins over the rules: an approved match stays even when its verdict is ineligible.

    Args:
        matches: of one actor, in any order.
        reviews: call id to the decision on it; a call without one is pending.
        calls: call id to the call as it stands, at least for every approved match.
        already_sent: ids of calls this actor has been given.
        now: aware instant.
        max_items: most calls in one digest, at least 1.

    Returns:
        The items, highest relevance first, and how many more wait for the next digest. No items means no digest.

    Raises:
        KeyError: an approved match is of a call that is not in `calls`.
    """
    approved = [
        match
        for match in matches
        if (review := reviews.get(match.call_id)) is not None
        and review.decision is Decision.APPROVED
        and match.call_id not in already_sent
        and status_at(calls[match.call_id], now) is not CallStatus.CLOSED
    ]
    approved.sort(key=lambda match: (-match.relevance, match.rank, match.call_id))
    items = [DigestItem(match, calls[match.call_id]) for match in approved[:max_items]]
    return items, len(approved) - len(items)
