"""Records a manager's decisions on matches."""

from hame_match.errors import NotFoundError
from hame_match.jobs.workspace import Workspace
from hame_match.model.match import Match, Review
from hame_match.review.decisions import approve, reject


def find_match(workspace: Workspace, actor: str, call: str) -> Match:
    """Return the match of an actor by call id, or by its rank in the list written as a number.

    Raises:
        NotFoundError: no such actor or match.
    """
    workspace.actor(actor)
    matches = workspace.store.matches.of_actor(actor)
    for match in matches:
        if match.call_id == call or (call.isascii() and call.isdigit() and match.rank == int(call)):
            return match
    by_key = [match for match in matches if match.call_id.partition(":")[2] == call]
    if len(by_key) == 1:
        return by_key[0]
    raise NotFoundError(
        f"{actor} has no match {call!r}; give a rank or a call id of `hame-match matches list --actor {actor}`"
    )


def decide(
    workspace: Workspace, actor: str, calls: list[str], *, reviewer: str, note: str = "", reason: str | None = None
) -> list[Review]:
    """Approve matches, or reject them when a reason code is given; all of them or none.

    Raises:
        NotFoundError: a match does not exist; nothing was recorded.
        ReviewError: the reason is no known code; nothing was recorded.
    """
    now = workspace.clock()
    matches = [find_match(workspace, actor, call) for call in calls]
    reviews = [
        approve(match, reviewer, note, now) if reason is None else reject(match, reason, reviewer, note, now)
        for match in matches
    ]
    with workspace.store.transaction():
        for review in reviews:
            workspace.store.reviews.put(review)
    return reviews
