"""Ranks data of an evaluation as the product ranks: the same texts, vectors, scores and order, in a database in memory.

Nothing here knows a judgement; `jobs.measuring` holds runs against them.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from hame_match.errors import EvaluationError
from hame_match.jobs.evaluation_files import Query, read_calls, read_ids, read_queries, read_topics
from hame_match.jobs.ground import Ground, Scores, Vectors, index, score
from hame_match.jobs.trec import RankedList, write_run
from hame_match.jobs.workspace import Workspace
from hame_match.match import fusion, gloss, ranking
from hame_match.match.eligibility import facts_of, judge
from hame_match.match.ranking import Corpus, FacetText
from hame_match.match.windows import CallWindows, lenders, text_hash, windows_of
from hame_match.model.actor import Actor
from hame_match.model.call import Call
from hame_match.model.match import Verdict

MOST = 1000
"""Documents of a list of topics; what `trec_eval` looks at by custom."""
BLOCK = 64
"""Queries embedded at once: enough texts to sort by length, few enough to forget."""
SAMPLE = 256
"""Queries of a kind from which is learnt what their texts have in common."""


def rank_actors(
    workspace: Workspace,
    calls: Path,
    actors: Sequence[Actor],
    run: Path,
    *,
    language: Literal["fi", "en"] | None = None,
    eligibility: bool = False,
    keep: int | None = None,
) -> int:
    """Rank every call of a file for every actor, write the run and return the number of lists.

    Args:
        workspace: gives the model, the region and an empty database; its own actors are not asked.
        calls: see `evaluation_files.read_calls`.
        actors: the profiles.
        run: TREC run to write.
        language: leave the actors only their interests, or only their English; None leaves what they have.
        eligibility: leave out the calls that the rules shut an actor out of.
        keep: end a list after so many calls, as `match.keep` does in daily work; None keeps all.

    Raises:
        EvaluationError: a file is wrong, there is no actor, or one has nothing in `language`.
        EmbeddingError: the model is missing or broken.
    """
    if not actors:
        raise EvaluationError("there is no profile to rank for: the folder holds no .yaml file of an actor")
    asked = [actor if language is None else in_language(actor, language) for actor in actors]
    documents = read_calls(calls)
    ground = ground_for(workspace, documents, asked)
    corpus = ground.corpus
    ids = _ids(documents)

    def lists() -> Iterator[RankedList]:
        for number, actor in enumerate(asked, start=1):
            scores = ground.scores(workspace, actor)
            rows = ranking.order(scores.relevance, corpus.call_ids, actor.slug)
            if eligibility:
                rows = [
                    row
                    for row in rows
                    if _may_apply(judge(ground.facts[corpus.call_ids[row]], actor, workspace.region))
                ]
            yield _ranked(actor.slug, rows[:keep], scores, corpus, ids)
            workspace.progress("rank", number, len(asked))

    return write_run(run, lists(), _tag(ground.vectors))


def in_language(actor: Actor, language: Literal["fi", "en"]) -> Actor:
    """Return `actor` with only its own interests (``fi``) or only their English by a person (``en``).

    Raises:
        EvaluationError: it has no English interests.
    """
    if language == "en" and not actor.interests_en:
        raise EvaluationError(f"{actor.slug}: has no interests_en; leave --language out or write them")
    interests = actor.interests if language == "fi" else actor.interests_en
    return actor.model_copy(update={"interests": interests, "interests_en": (), "interests_sv": ()})


def rank_topics(workspace: Workspace, topics: Path, queries: Path, run: Path, candidates: Path | None = None) -> int:
    """Rank the topics of a file for every query of another, write the first `MOST` and return the number of lists.

    Memory holds the topics and `SAMPLE` queries of each kind; the others come and go in blocks.

    Args:
        workspace: gives the model and an empty database.
        topics: see `evaluation_files.read_topics`.
        queries: see `evaluation_files.read_queries`.
        run: TREC run to write.
        candidates: ids of the topics to rank, one a line; what is common and usual is still learnt from all.

    Raises:
        EvaluationError: a file is wrong or holds nothing, or a candidate is no topic.
        EmbeddingError: the model is missing or broken.
    """
    documents = read_topics(topics)
    wanted = None if candidates is None else _among(documents, candidates, topics)
    total, samples = backgrounds(read_queries(queries))
    if not total:
        raise EvaluationError(f"{queries}: holds no query")
    windows, vectors = prepared(workspace, documents)
    examples = ranking.background_of(workspace.examples)
    vectors.need_queries(text.text for texts in (examples, *samples.values()) for text in texts)
    spaces = {kind: vectors.space(windows, [*examples, *texts]) for kind, texts in samples.items()}
    # What calls have in common is the same in every space. Usual similarities are asked of all topics, too.
    corpus = ranking.corpus_of(windows, vectors.known, next(iter(spaces.values())))
    ids = _ids(documents)

    def lists() -> Iterator[RankedList]:
        done = 0
        for block in _blocks(read_queries(queries)):
            texts = list(dict.fromkeys(text.text for query in block for facet in query.facets for text in facet.texts))
            fresh = dict(zip(map(text_hash, texts), vectors.embedder.embed_queries(texts), strict=True))
            for query in block:
                space = spaces[query.kind]
                scores = score(workspace.store.search, query.facets, corpus, fresh, space, weights=fusion.PROJECT)
                rows = ranking.order(scores.relevance, corpus.call_ids, query.query_id)
                if wanted is not None:
                    rows = [row for row in rows if corpus.call_ids[row] in wanted]
                yield _ranked(query.query_id, rows[:MOST], scores, corpus, ids)
            done += len(block)
            workspace.progress("rank", done, total)

    return write_run(run, lists(), _tag(vectors))


def ground_for(workspace: Workspace, documents: Mapping[str, Call], actors: Sequence[Actor]) -> Ground:
    """Return documents, all of them to rank, in one space with the interests of `actors` and of the examples.

    Args:
        workspace: gives the model, the examples and an empty database.
        documents: id in the input to call.
        actors: whose lists will be asked for.

    Raises:
        EmbeddingError: the model is missing or broken.
    """
    windows, vectors = prepared(workspace, documents)
    background = ranking.background_of((*actors, *workspace.examples))
    vectors.need_queries(text.text for text in background)
    space = vectors.space(windows, background)
    corpus = ranking.corpus_of(windows, vectors.known, space)
    facts = {call.call_id: facts_of(call, workspace.clock()) for call in documents.values()}
    return Ground(windows, vectors, space, corpus, facts)


def prepared(workspace: Workspace, documents: Mapping[str, Call]) -> tuple[dict[str, CallWindows], Vectors]:
    """Put documents into the database and return (call id to windows, the vectors of all windows).

    Args:
        workspace: gives the model and an empty database.
        documents: id in the input to call.

    Raises:
        EmbeddingError: the model is missing or broken.
    """
    store = workspace.store
    with store.transaction():
        store.calls.import_crawl(documents.values(), workspace.clock())
    index(store, {call.call_id: call for call in store.calls.all()})
    borrowed = lenders(documents.values())
    windows = {call.call_id: windows_of(call, borrowed.get(call.call_id)) for call in documents.values()}
    vectors = Vectors(workspace)
    vectors.need_passages(text for call in windows.values() for text in call.texts)
    return windows, vectors


def backgrounds(queries: Iterable[Query]) -> tuple[int, dict[str, list[FacetText]]]:
    """Return the number of queries, and kind to the texts of at most `SAMPLE` queries, chosen by a hash of their id."""
    heaps: dict[str, list[tuple[int, str, Query]]] = {}
    total = 0
    for query in queries:
        total += 1
        heap = heaps.setdefault(query.kind, [])
        heapq.heappush(heap, (-int(text_hash(query.query_id), 16), query.query_id, query))
        if len(heap) > SAMPLE:
            heapq.heappop(heap)
    return total, {
        kind: [text for _, _, query in heap for facet in query.facets for text in facet.texts]
        for kind, heap in heaps.items()
    }


def _blocks(queries: Iterator[Query]) -> Iterator[list[Query]]:
    while block := list(islice(queries, BLOCK)):
        yield block


def _among(documents: Mapping[str, Call], candidates: Path, topics: Path) -> set[str]:
    """Return the call ids of the candidates that a file names."""
    wanted = read_ids(candidates)
    if unknown := sorted(wanted - documents.keys()):
        raise EvaluationError(f"{candidates}: {len(unknown)} ids are not in {topics}, the first is {unknown[0]}")
    return {documents[given].call_id for given in wanted}


def _ids(documents: Mapping[str, Call]) -> dict[str, str]:
    return {call.call_id: given for given, call in documents.items()}


def _may_apply(judged: tuple[Verdict, object]) -> bool:
    return judged[0] is not Verdict.INELIGIBLE


def _ranked(query_id: str, rows: Sequence[int], scores: Scores, corpus: Corpus, ids: Mapping[str, str]) -> RankedList:
    return RankedList(
        query_id,
        [ids[corpus.call_ids[row]] for row in rows],
        [float(scores.relevance[row]) for row in rows],
    )


def _tag(vectors: Vectors) -> str:
    return "-".join(f"hame-match-{ranking.RANKER}/{vectors.model_id}/{gloss.version()}".split())
