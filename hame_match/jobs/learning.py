"""Applies what decisions teach to an actor's scores, and tells or forgets what was learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from hame_match.jobs.reviewing import find_match
from hame_match.jobs.workspace import Workspace
from hame_match.match import learning
from hame_match.match.ranking import Matrix, Vector
from hame_match.match.terms import CallTerms, terms_of
from hame_match.model.actor import Actor
from hame_match.model.call import StoredCall
from hame_match.model.lesson import Influence, Judgement, Lesson
from hame_match.model.match import Match, Reason

if TYPE_CHECKING:
    from hame_match.jobs.ground import Ground, Scores


@dataclass(frozen=True)
class Taught:
    """One actor's relevances after learning; the vectors have shape (n_calls,), rows as in the corpus (or see `only`).

    Attributes:
        relevance: what the list is ordered by, in (0, 1).
        gain: relevance minus that of the profile alone, in (-1, 1).
        flags: row to the learnt rules its call hits.
        lesson: what was learnt, without `because`; None when nothing was judged.
        effects: (n_calls, n_judged), what each judged call added, in logits.
        judged_ids: the judged calls, as the columns of `effects`; none when they move nothing.
    """

    relevance: Vector
    gain: Vector
    flags: Mapping[int, tuple[Reason, ...]]
    lesson: Lesson | None
    effects: Matrix
    judged_ids: tuple[str, ...]

    def only(self, rows: Sequence[int]) -> "Taught":
        """Return what is taught of the calls of `rows`, in that order: all that a list needs to remember."""
        kept = list(rows)
        return replace(
            self,
            relevance=self.relevance[kept],
            gain=self.gain[kept],
            flags={place: self.flags[row] for place, row in enumerate(kept) if row in self.flags},
            effects=self.effects[kept],
        )

    def lesson_for(self, call_ids: Sequence[str]) -> Lesson | None:
        """Return the lesson with what moves the calls of `call_ids`, one for each row."""
        if self.lesson is None:
            return None
        because = tuple(
            (call_id, found)
            for call_id, effects in zip(call_ids, self.effects, strict=True)
            if (found := learning.strongest(effects, self.judged_ids))
        )
        return replace(self.lesson, because=because)


class Classroom:
    """Teaches the actors of one ranking; what calls state is read once for all of them."""

    def __init__(self, workspace: Workspace, ground: "Ground", stored: Mapping[str, StoredCall]) -> None:
        self._workspace = workspace
        self._ground = ground
        self._stored = stored
        self._rows = {call_id: row for row, call_id in enumerate(ground.corpus.call_ids)}
        self._terms: dict[str, CallTerms] = {}

    def taught(self, actor: Actor, scores: "Scores", now: datetime) -> Taught:
        """Return `scores` of `actor` after what its decisions teach; without any they are exactly what they were."""
        judgements = [one for one in judgements_of(self._workspace, actor.slug) if one.call_id in self._stored]
        nothing = np.zeros((len(self._rows), 0), np.float32)
        if not judgements:
            return Taught(scores.relevance, np.zeros_like(scores.relevance), {}, None, nothing, ())
        subject = [one for one in judgements if one.weight > 0]
        prior, matrix = self._judged(actor, scores, [one.call_id for one in subject])
        learnt = learning.learn(prior, matrix, [one.positive for one in subject], [one.weight for one in subject])
        ids = tuple(one.call_id for one in subject)
        effects = learnt.effects(self._ground.corpus.matrix) if learnt.trust else nothing
        moving = ids if learnt.trust else ()
        rules = learning.rules_of(judgements, {one.call_id: self._terms_of(one.call_id) for one in judgements})
        flags: dict[int, tuple[Reason, ...]] = {}
        effect = effects.sum(axis=1, dtype=np.float64)
        for row, call_id in enumerate(self._ground.corpus.call_ids if rules else ()):
            hits = learning.flags_of(rules, self._terms_of(call_id))
            if hits:
                flags[row] = tuple(reason for _, reason in hits)
                effect[row] -= learning.DEMOTION * any(rule.demotes for rule, _ in hits)
        relevance = learning.moved(scores.relevance, effect)
        lesson = Lesson(
            actor=actor.slug,
            at=now,
            state=learnt.state,
            positive=sum(one.positive for one in subject),
            negative=sum(not one.positive for one in subject),
            silent=len(judgements) - len(subject),
            prior_loss=learnt.prior_loss,
            learnt_loss=learnt.learnt_loss,
            trust=learnt.trust,
            influences=learning.strongest(learnt.weights, ids, len(ids)),
            rules=rules,
        )
        gain = (relevance - scores.relevance).astype(np.float32)
        return Taught(relevance, gain, flags, lesson, effects.astype(np.float32), moving)

    def _judged(self, actor: Actor, scores: "Scores", call_ids: Sequence[str]) -> tuple[Vector, Matrix]:
        """Return (prior relevances, corpus rows) of judged calls; those closed by now are scored apart."""
        closed = [call_id for call_id in call_ids if call_id not in self._rows]
        apart: dict[str, tuple[float, Vector]] = {}
        if closed:
            corpus, relevance = self._ground.apart(self._workspace, actor, closed, scores.scale)
            apart = {
                call_id: (float(value), row)
                for call_id, value, row in zip(corpus.call_ids, relevance, corpus.matrix, strict=True)
            }
        pairs = [
            apart[call_id]
            if call_id in apart
            else (float(scores.relevance[self._rows[call_id]]), self._ground.corpus.matrix[self._rows[call_id]])
            for call_id in call_ids
        ]
        dimension = self._ground.corpus.matrix.shape[1]
        rows = np.stack([row for _, row in pairs]) if pairs else np.zeros((0, dimension), np.float32)
        return np.asarray([value for value, _ in pairs], np.float32), rows

    def _terms_of(self, call_id: str) -> CallTerms:
        if call_id not in self._terms:
            self._terms[call_id] = terms_of(self._stored[call_id].call)
        return self._terms[call_id]


def judgements_of(workspace: Workspace, actor: str) -> list[Judgement]:
    """Return what the decisions of an actor teach, by call id; those forgotten are left out."""
    since = workspace.store.lessons.forgotten_at(actor)
    reviews = workspace.store.reviews.of_actor(actor).values()
    found = (learning.judgement_of(review) for review in reviews if since is None or review.at > since)
    return [one for one in found if one is not None]


@dataclass(frozen=True, slots=True)
class Explained:
    """What the present list of an actor has learnt.

    Attributes:
        lesson: of the last ranking; None when nothing was judged before it.
        waiting: judgements that the next ranking will learn from anew, or no longer.
        forgotten_at: UTC instant up to which decisions were forgotten, or None.
        titles: call id to title, of every call named in `lesson`.
        match: the call asked for, or None.
        because: the judged calls that move it, strongest first.
    """

    lesson: Lesson | None
    waiting: int
    forgotten_at: datetime | None
    titles: Mapping[str, str]
    match: Match | None
    because: tuple[Influence, ...]


def explain(workspace: Workspace, actor: str, call: str | None) -> Explained:
    """Return what was learnt for an actor, and what it does to `call`, a rank or call id of its list.

    Raises:
        NotFoundError: no such actor or match.
    """
    workspace.actor(actor)
    match = find_match(workspace, actor, call) if call else None
    lesson = workspace.store.lessons.get(actor)
    judged = len(judgements_of(workspace, actor))
    known = lesson.positive + lesson.negative + lesson.silent if lesson else 0
    because = dict(lesson.because).get(match.call_id, ()) if lesson and match else ()
    named = {one.call_id for one in because}
    if lesson:
        named |= {one.call_id for one in lesson.influences} | {one for rule in lesson.rules for one in rule.call_ids}
    if match:
        named.add(match.call_id)
    titles = {}
    for call_id in sorted(named):
        stored = workspace.store.calls.get(call_id)
        if stored is not None:
            titles[call_id] = stored.call.title(stored.call.original_language())[0]
    forgotten = workspace.store.lessons.forgotten_at(actor)
    return Explained(lesson, judged - known, forgotten, titles, match, because)


def to_forget(workspace: Workspace, actor: str) -> int:
    """Return how many decisions teach something about an actor's list.

    Raises:
        NotFoundError: no such actor.
    """
    workspace.actor(actor)
    return len(judgements_of(workspace, actor))


def forget(workspace: Workspace, actor: str) -> None:
    """Let the decisions of an actor up to now teach no more; they stay as decisions.

    Raises:
        NotFoundError: no such actor.
    """
    workspace.actor(actor)
    with workspace.store.transaction():
        workspace.store.lessons.forget(actor, workspace.clock())
