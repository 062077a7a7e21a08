"""Ranks every open call for every actor: embeds what is new, scores, judges eligibility, finds the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from hame_match.jobs.ground import Scores, ground_of, index
from hame_match.jobs.learning import Classroom, Taught
from hame_match.jobs.workspace import Workspace
from hame_match.match import evidence, fusion, gloss, ranking
from hame_match.match.diversity import Traits, fold, traits_of
from hame_match.match.eligibility import CallFacts, facts_of, judge
from hame_match.match.evidence import Quotable
from hame_match.match.ranking import Corpus, Rows
from hame_match.match.windows import lenders, subject_text
from hame_match.model.actor import Actor
from hame_match.model.call import CallStatus, StoredCall
from hame_match.model.match import Match, Reason, ScoreParts, Verdict
from hame_match.sentences import common_sentences

WITH_EVIDENCE = 15
"""Matches per actor whose best sentence is looked for; a person reads no further, and each costs an embedding."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a ranking did.

    Attributes:
        actors: number of actors ranked.
        calls: number of calls open or to be opened.
        closed: number of calls left out because nobody can apply any more.
        embedded: number of texts that had no vector yet.
        matches: number of matches kept.
    """

    actors: int
    calls: int
    closed: int
    embedded: int
    matches: int


@dataclass(frozen=True)
class _Listed:
    """One actor's list before the evidence is known; `kept` points into the corpus, best first.

    Scores and what is taught are of the calls kept only, in their order: whole, they would not fit for many actors.
    """

    actor: Actor
    scores: Scores
    taught: Taught
    kept: list[tuple[int, Verdict, tuple[Reason, ...]]]


def rank_all(workspace: Workspace) -> Ranked:
    """Rank all calls that are open or to be opened for every actor and replace their lists; reviews stay.

    Raises:
        EmbeddingError: the model is missing or broken; the old lists stay.
        ProfileError: a profile is wrong; the old lists stay.
    """
    store, now, actors = workspace.store, workspace.clock(), workspace.actors
    stored = {call.call_id: call for call in store.calls.all()}
    facts = {call_id: facts_of(known.call, now) for call_id, known in stored.items()}
    open_ids = [call_id for call_id, fact in facts.items() if fact.status is not CallStatus.CLOSED]
    index(workspace.store, stored)
    if not actors or not open_ids:
        with store.transaction():
            store.matches.forget_others([])
        return Ranked(len(actors), len(open_ids), len(stored) - len(open_ids), 0, 0)

    ground = ground_of(workspace, stored, facts)
    vectors, space, corpus = ground.vectors, ground.space, ground.corpus
    classroom = Classroom(workspace, ground, stored)
    listed = []
    for actor, rows in ground.candidates(workspace):
        scores = ground.scores(workspace, actor, rows)
        listed.append(_list(workspace, actor, scores, classroom.taught(actor, scores, now), corpus, rows, facts))
    shown = {corpus.call_ids[row] for one in listed for row, _, _ in one.kept}
    traits = {call_id: traits_of(stored[call_id].call) for call_id in shown}
    folded = {one.actor.slug: _folded(one, corpus, traits) for one in listed}
    common = common_sentences(subject_text(c.call, c.call.original_language()) for c in stored.values())
    borrowed = lenders(known.call for known in stored.values())
    sentences = {call_id: evidence.candidates(stored[call_id].call, borrowed.get(call_id), common) for call_id in shown}
    read = {
        call_id
        for one in listed
        for call_id in [
            corpus.call_ids[row] for row, _, _ in one.kept if corpus.call_ids[row] not in folded[one.actor.slug]
        ][:WITH_EVIDENCE]
    }
    vectors.need_passages(sentence for call_id in sorted(read) for sentence in sentences[call_id])
    quotable = {
        call_id: evidence.quotable(stored[call_id].call, found, vectors.known, space, borrowed.get(call_id))
        for call_id, found in sentences.items()
    }
    total = 0
    with store.transaction():
        store.matches.forget_others(actor.slug for actor in actors)
        for one in listed:
            matches = _matches(one, corpus, stored, quotable, folded[one.actor.slug], vectors.model_id, now)
            store.matches.replace(one.actor.slug, matches)
            total += len(matches)
        lessons = (one.taught.lesson_for([corpus.call_ids[row] for row, _, _ in one.kept]) for one in listed)
        store.lessons.replace(lesson for lesson in lessons if lesson is not None)
    return Ranked(len(actors), len(open_ids), len(stored) - len(open_ids), vectors.embedded, total)


def _list(
    workspace: Workspace,
    actor: Actor,
    scores: Scores,
    taught: Taught,
    corpus: Corpus,
    rows: Rows,
    facts: Mapping[str, CallFacts],
) -> _Listed:
    # Walk down the list and judge only as far as needed; what the actor cannot apply for goes behind the rest.
    fitting: list[tuple[int, Verdict, tuple[Reason, ...]]] = []
    unfitting: list[tuple[int, Verdict, tuple[Reason, ...]]] = []
    for place in ranking.order(taught.relevance[rows], [corpus.call_ids[row] for row in rows], actor.slug):
        row = int(rows[place])
        verdict, reasons = judge(facts[corpus.call_ids[row]], actor, workspace.region)
        (unfitting if verdict is Verdict.INELIGIBLE else fitting).append((row, verdict, reasons))
        if len(fitting) >= workspace.settings.match.keep:
            break
    kept = fitting + unfitting
    places = [row for row, _, _ in kept]
    return _Listed(actor, scores.only(places), taught.only(places), kept)


def _folded(one: _Listed, corpus: Corpus, traits: Mapping[str, Traits]) -> dict[str, str]:
    """Return sister to leader; what the actor cannot apply for neither leads nor is folded."""
    rows = [row for row, verdict, _ in one.kept if verdict is not Verdict.INELIGIBLE]
    return fold([corpus.call_ids[row] for row in rows], traits, corpus.matrix[rows])


def _matches(
    one: _Listed,
    corpus: Corpus,
    stored: Mapping[str, StoredCall],
    quotable: Mapping[str, Quotable],
    folded: Mapping[str, str],
    model_id: str,
    now: datetime,
) -> list[Match]:
    matches, scores = [], one.scores
    ranker = f"{ranking.RANKER}/{model_id}/{gloss.version()}"
    for rank, (row, verdict, reasons) in enumerate(one.kept, start=1):
        known = stored[corpus.call_ids[row]]
        found = evidence.choose(
            quotable[known.call_id],
            scores.facets,
            scores.facet_rows[corpus.languages[row]],
            corpus.matrix[row],
            scores.best[:, rank - 1],
        )
        place = rank - 1
        value = float(one.taught.relevance[place])
        matches.append(
            Match(
                actor=one.actor.slug,
                call_id=known.call_id,
                rank=rank,
                relevance=value,
                label=fusion.label_of(value),
                parts=ScoreParts(
                    semantic=float(np.clip(scores.semantic[place], 0, 1)),
                    lexical=float(scores.lexical[place]),
                    fit=float(scores.fit[place]),
                    learnt=float(one.taught.gain[place]),
                ),
                verdict=verdict,
                reasons=reasons,
                evidence=found.sentence,
                evidence_language=found.language,
                interest=found.interest,
                content_hash=known.content_hash,
                ranker=ranker,
                at=now,
                second_evidence=found.second_sentence,
                second_interest=found.second_interest,
                borrowed_from=found.borrowed_from,
                folded_into=folded.get(known.call_id, ""),
                flags=one.taught.flags.get(place, ()),
            )
        )
    return matches
