"""From a call to the actors: whom it suits, in an order that is fair between them, and who has had nothing for long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hame_match.errors import NotFoundError, RankingError
from hame_match.jobs.ground import Ground, ground_of, index
from hame_match.jobs.workspace import Workspace
from hame_match.match import evidence, fusion
from hame_match.match.eligibility import CallFacts, facts_of, judge
from hame_match.match.evidence import Evidence
from hame_match.match.standing import Standing, standing_of
from hame_match.match.windows import lenders
from hame_match.model.actor import Actor
from hame_match.model.call import Call, CallStatus, StoredCall
from hame_match.model.match import Label, Match, Reason, Verdict
from hame_match.review.decisions import ReviewState, state_of

QUIET_DAYS = 31
"""A month: an actor that got nothing for so long may think that it was forgotten."""


@dataclass(frozen=True)
class CallAtHand:
    """A call and what every actor is held against.

    Attributes:
        stored: the call.
        facts: what the rules ask of it.
        ground: all open calls in one space.
        row: the call's row of the corpus.
        lender: the topic whose text the call borrows, see `windows.lenders`; None when it has its own or there is none.
    """

    stored: StoredCall
    facts: CallFacts
    ground: Ground
    row: int
    lender: Call | None


@dataclass(frozen=True, slots=True)
class ForActor:
    """What one call is for one actor.

    Attributes:
        actor: slug.
        name: official name.
        standing: where the call stands among all open calls of this actor; comparable between actors.
        relevance: in (0, 1), on the actor's own scale.
        label: `relevance` in three steps.
        evidence: the sentence that fits best and the interest it answers.
        verdict: whether it may apply.
        reasons: what each rule found.
        review: what a person decided; None when the call is not in the actor's list, so that there is no match.
        given_at: UTC instant of the last approval or mail, of any call; None for never.
        quiet: nothing was approved for it or sent to it for `QUIET_DAYS`.
    """

    actor: str
    name: str
    standing: Standing
    relevance: float
    label: Label
    evidence: Evidence
    verdict: Verdict
    reasons: tuple[Reason, ...]
    review: ReviewState | None
    given_at: datetime | None
    quiet: bool


@dataclass(frozen=True, slots=True)
class QuietActor:
    """An actor that has had nothing for long.

    Attributes:
        actor: slug.
        name: official name.
        approved_at: UTC instant of the last approval; None for never.
        sent_at: UTC instant of the last mail that went out; None for never.
        waiting: number of matches that wait for a decision.
        best: the first of them; None when there is none.
    """

    actor: str
    name: str
    approved_at: datetime | None
    sent_at: datetime | None
    waiting: int
    best: Match | None


def at_hand(workspace: Workspace, name: str) -> CallAtHand:
    """Return the open call called `name`: a call id, or a source key or identifier that only one open call has.

    Raises:
        NotFoundError: there is no such call, or no actor.
        RankingError: the call is closed, or no list was ever made.
        EmbeddingError: the model is missing or broken.
        ProfileError: a profile is wrong.
    """
    now, actors = workspace.clock(), workspace.actors
    stored = {call.call_id: call for call in workspace.store.calls.all()}
    facts = {call_id: facts_of(known.call, now) for call_id, known in stored.items()}
    open_ids = [call_id for call_id, fact in facts.items() if fact.status is not CallStatus.CLOSED]
    known = _named(stored, open_ids, name)
    if known.call_id not in open_ids:
        last = max(deadline.on for deadline in known.call.deadlines) if known.call.deadlines else None
        since = f"; its last deadline was {last.isoformat()}" if last else ""
        raise RankingError(f"the call {known.call_id} is closed{since}; `hame-match calls list` lists the open ones")
    if not actors:
        folder = workspace.settings.profiles
        raise NotFoundError(f"there are no actors yet; add profiles to {folder} (malli.yaml.example shows how)")
    if not any(workspace.store.matches.of_actor(actor.slug) for actor in actors):
        raise RankingError("nothing has been ranked yet; run `hame-match matches run` first")
    index(workspace.store, stored)
    ground = ground_of(workspace, stored, facts)
    row = ground.corpus.call_ids.index(known.call_id)
    lender = lenders(one.call for one in stored.values()).get(known.call_id)
    return CallAtHand(known, facts[known.call_id], ground, row, lender)


def _named(stored: Mapping[str, StoredCall], open_ids: Sequence[str], name: str) -> StoredCall:
    if name in stored:
        return stored[name]
    alike = [one for one in stored.values() if name in (one.call.source_key, one.call.identifier)]
    alike = [one for one in alike if one.call_id in open_ids] or alike
    if len(alike) == 1:
        return alike[0]
    if alike:
        ids = ", ".join(one.call_id for one in alike)
        raise NotFoundError(f"{len(alike)} calls are called {name!r}; give one of their ids: {ids}")
    raise NotFoundError(f"there is no call {name!r}; `hame-match calls list` lists the ids of the open ones")


def actors_for(workspace: Workspace, name: str) -> tuple[StoredCall, list[ForActor]]:
    """Return the call called `name` and what it is for every actor, in order of `Standing.z`, best first.

    Those who may not apply stand behind the rest. Embeds the call's sentences where they are new.

    Raises:
        NotFoundError, RankingError, EmbeddingError, ProfileError: see `at_hand`.
    """
    hand = at_hand(workspace, name)
    vectors, space, corpus = hand.ground.vectors, hand.ground.space, hand.ground.corpus
    call = hand.stored.call
    sentences = evidence.candidates(call, hand.lender)
    vectors.need_passages(sentences)
    quotable = evidence.quotable(call, sentences, vectors.known, space, hand.lender)
    given = last_given(workspace)
    found = []
    for actor in workspace.actors:
        scores = hand.ground.scores(workspace, actor)
        verdict, reasons = judge(hand.facts, actor, workspace.region)
        value, given_at = float(scores.relevance[hand.row]), given.get(actor.slug)
        rows = scores.facet_rows[corpus.languages[hand.row]]
        found.append(
            ForActor(
                actor=actor.slug,
                name=actor.name,
                standing=standing_of(scores.relevance, hand.row),
                relevance=value,
                label=fusion.label_of(value),
                evidence=evidence.choose(
                    quotable, scores.facets, rows, corpus.matrix[hand.row], scores.best[:, hand.row]
                ),
                verdict=verdict,
                reasons=reasons,
                review=_review_of(workspace, actor, hand.stored),
                given_at=given_at,
                quiet=is_quiet(given_at, workspace.clock(), QUIET_DAYS),
            )
        )
    found.sort(key=lambda one: (one.verdict is Verdict.INELIGIBLE, -one.standing.z, one.actor))
    return hand.stored, found


def _review_of(workspace: Workspace, actor: Actor, stored: StoredCall) -> ReviewState | None:
    match = workspace.store.matches.get(actor.slug, stored.call_id)
    return None if match is None else state_of(match, workspace.store.reviews.of_actor(actor.slug).get(stored.call_id))


def last_given(workspace: Workspace) -> dict[str, datetime]:
    """Return actor to the UTC instant when a call was last approved for it or mailed to it."""
    given = dict(workspace.store.reviews.last_approved())
    for actor, at in workspace.store.outbox.last_sent().items():
        given[actor] = max(at, given.get(actor, at))
    return given


def is_quiet(given_at: datetime | None, now: datetime, days: int) -> bool:
    """Return whether nothing was given in the last `days` days before `now`; both instants are aware.

    >>> from datetime import UTC
    >>> now = datetime(2026, 9, 7, 4, tzinfo=UTC)
    >>> is_quiet(None, now, 31), [is_quiet(now - timedelta(days=days), now, 31) for days in (31, 32)]
    (True, [False, True])
    """
    return given_at is None or now - given_at > timedelta(days=days)


def quiet_actors(workspace: Workspace, days: int = QUIET_DAYS) -> list[QuietActor]:
    """Return the actors for whom nothing was approved and to whom nothing was sent for `days` days.

    Those who never got anything come first, then who has waited longest. Reads only; needs no model.
    """
    now, store = workspace.clock(), workspace.store
    given, approved, sent = last_given(workspace), store.reviews.last_approved(), store.outbox.last_sent()
    never = datetime.min.replace(tzinfo=UTC)
    quiet = []
    for actor in sorted(workspace.actors, key=lambda one: (given.get(one.slug, never), one.slug)):
        if not is_quiet(given.get(actor.slug), now, days):
            continue
        waiting = _waiting(workspace, actor)
        best = next(iter(waiting), None)
        quiet.append(
            QuietActor(actor.slug, actor.name, approved.get(actor.slug), sent.get(actor.slug), len(waiting), best)
        )
    return quiet


def _waiting(workspace: Workspace, actor: Actor) -> list[Match]:
    reviews = workspace.store.reviews.of_actor(actor.slug)
    return [
        match
        for match in workspace.store.matches.of_actor(actor.slug)
        if match.verdict is not Verdict.INELIGIBLE
        and state_of(match, reviews.get(match.call_id)) in (ReviewState.PENDING, ReviewState.CHANGED)
    ]
