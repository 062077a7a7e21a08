"""Which calls an actor gets this week: a pure decision."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from hame_match.model.call import Call, CallStatus, status_at
from hame_match.model.digest import DigestItem
from hame_match.model.match import Decision, Match, Review, Verdict


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

    Sisters (matches folded into one, see `match.diversity`) share an entry, that of the best approved one. It tells of
    the others unless they were rejected, given before, are closed or out of the actor's reach. Telling of a sister is
    not approving it: one that nobody approved may still come in an entry of its own.

    Args:
        matches: of one actor, in any order.
        reviews: call id to the decision on it; a call without one is pending.
        calls: call id to the call as it stands, at least for every approved match; other
            sisters that are missing here are not told of.
        already_sent: ids of calls this actor has been given.
        now: aware instant.
        max_items: most entries in one digest, at least 1.

    Returns:
        The items, highest relevance first, and how many more wait for the next digest. No items means no digest.

    Raises:
        KeyError: an approved match is of a call that is not in `calls`.
    """
    approved = {
        match.call_id
        for match in matches
        if (review := reviews.get(match.call_id)) is not None and review.decision is Decision.APPROVED
    }
    rejected = {call_id for call_id, review in reviews.items() if review.decision is Decision.REJECTED}
    families: dict[str, list[Match]] = {}
    for match in sorted(matches, key=lambda match: (-match.relevance, match.rank, match.call_id)):
        told = match.call_id in approved or (
            match.call_id not in rejected and match.call_id in calls and match.verdict is not Verdict.INELIGIBLE
        )
        if told and match.call_id not in already_sent and status_at(calls[match.call_id], now) is not CallStatus.CLOSED:
            families.setdefault(match.folded_into or match.call_id, []).append(match)
    items = []
    for family in families.values():
        leader = next((match for match in family if match.call_id in approved), None)
        if leader is not None:
            sisters = [calls[match.call_id] for match in family if match is not leader]
            given = tuple(sister.call_id for sister in sisters if sister.call_id in approved)
            items.append(DigestItem(leader, calls[leader.call_id], tuple(sisters), given))
    items.sort(key=lambda item: (-item.match.relevance, item.match.rank, item.match.call_id))
    return items[:max_items], max(0, len(items) - max_items)
