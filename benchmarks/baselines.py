"""The ranking beside the simple ones of the field: chance, TF-IDF, BM25, the model alone, and a fusion of ranks.

    python benchmarks/baselines.py --out runs --cache cache

Data: ``../shared/data/eval``, see ``docs/evaluation.md``. Every ranking is written as a TREC run, read back and
measured by the code of ``hame-match evaluate score``; ours goes through the functions of ``hame-match evaluate actors``
and ``topics``. The best baseline of a task is chosen on the task itself, by its first measure, which favours it.
No parameter of a baseline was tuned; TF-IDF and BM25 ask for all words of a query at once, as search engines do.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs import evaluating
from hame_match.jobs.comparing import compare
from hame_match.jobs.evaluation_files import Query, Where, read_calls, read_ids, read_part, read_queries, read_topics
from hame_match.jobs.ground import score
from hame_match.jobs.measuring import CEILING, EXPONENTIAL, Part, by_query
from hame_match.jobs.trec import RankedList, read_qrels, read_run, write_run
from hame_match.jobs.workspace import Workspace
from hame_match.match import fusion, ranking
from hame_match.match.embedding import Embedder, load_embedder
from hame_match.match.lexical import stems
from hame_match.match.ranking import Corpus, Facet, FacetText, Space, Vector
from hame_match.match.windows import CallWindows, heading_of, subject_text, text_hash
from hame_match.model.call import Call
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.progress import Progress, silent
from hame_match.settings import Settings
from hame_match.store import Store, open_store

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
OURS = "ours"
SEEDS = 5
"""Random orders whose mean stands for chance."""
RRF = 60.0
"""Constant of reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009)."""
MEASURES = ("nDCG@10", EXPONENTIAL, "R@10", "R@50", "MRR", CEILING, "AUC")
BLOCK = 512
"""Texts embedded between two writes of the cache."""

Values = Mapping[str, Mapping[str, float]]


class CachedEmbedder:
    """An embedder that asks the model only for texts that a database does not have yet."""

    def __init__(self, embedder: Embedder, store: Store) -> None:
        self.model_id, self.dimension, self.centring = embedder.model_id, embedder.dimension, embedder.centring
        self._embedder, self._store = embedder, store

    def embed_queries(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        """See `Embedder`."""
        return self._embed("query", texts, partial(self._embedder.embed_queries, progress=progress))

    def embed_passages(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        """See `Embedder`."""
        return self._embed("passage", texts, partial(self._embedder.embed_passages, progress=progress))

    def _embed(
        self, kind: str, texts: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        # The keys of a workspace's own vectors, so that its database can be the cache.
        keys = [text_hash(text if kind == "passage" else f"{kind}\n{text}") for text in texts]
        found = self._store.vectors.load(keys, self.model_id)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        waiting = list(missing)
        for start in range(0, len(waiting), BLOCK):
            block = waiting[start : start + BLOCK]
            fresh = dict(zip(block, embed([missing[key] for key in block]), strict=True))
            with self._store.transaction():
                self._store.vectors.put(fresh, self.model_id)
            found |= fresh
            print(f"{kind}: {start + len(block)} of {len(waiting)} embedded", file=sys.stderr, flush=True)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self.dimension), np.float32)


@dataclass(frozen=True)
class Task:
    """Documents, queries and judgements, with everything that rankings are made from.

    Attributes:
        name: heading of its table.
        slug: beginning of the names of its runs.
        documents: id to call, those to rank.
        store: holds the stems of every document.
        queries: each query with only its own words.
        ours: query id to the facets that the product makes of it.
        corpus: the documents in the centred space.
        plain: the documents in the space as it is.
        space: query kind to what texts have in common.
        vectors: text hash to vector, of every window and facet.
        qrels: the judgements.
        first: the measure that ranks the baselines.
        part: the queries and documents to measure on.
        fit: query id to how well the types of action of the documents suit; none of texts of projects.
    """

    name: str
    slug: str
    documents: Mapping[str, Call]
    store: Store
    queries: Sequence[Query]
    ours: Mapping[str, tuple[Facet, ...]]
    corpus: Corpus
    plain: Corpus
    space: Mapping[str, Space]
    vectors: Mapping[str, Vector]
    qrels: Path
    first: str
    part: Part = field(default_factory=Part)
    fit: Mapping[str, Vector] = field(default_factory=dict)

    @cached_property
    def given(self) -> dict[str, str]:
        """Call id to id in the data."""
        return {call.call_id: name for name, call in self.documents.items()}

    @cached_property
    def texts(self) -> list[str]:
        """Title and subject of the documents, in the corpus' order."""
        calls = {call.call_id: call for call in self.documents.values()}
        found = [calls[call_id] for call_id in self.corpus.call_ids]
        languages = [call.original_language() for call in found]
        return [
            f"{heading_of(call, language)}\n{subject_text(call, language)}"
            for call, language in zip(found, languages, strict=True)
        ]


Scorer = Callable[[Query], Vector]
"""Gives the score of every document of the task's corpus, higher is better."""


def chance(task: Task, seed: int = 0) -> Scorer:
    """Return a ranking by nothing."""
    return lambda query: (
        np.random.default_rng([seed, int(text_hash(query.query_id)[:8], 16)])
        .random(len(task.corpus.call_ids))
        .astype(np.float32)
    )


def tfidf(task: Task) -> Scorer:
    """Return a ranking by the cosine of TF-IDF vectors, without English stop words, frequencies logarithmic."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    matrix = vectorizer.fit_transform(task.texts)
    return lambda query: np.asarray(
        (matrix @ vectorizer.transform([_words(query)]).T).toarray()[:, 0], dtype=np.float32
    )


def bm25(task: Task) -> Scorer:
    """Return a ranking by SQLite's BM25 over stems, the title counting threefold."""
    rows = {call_id: row for row, call_id in enumerate(task.corpus.call_ids)}

    def scores(query: Query) -> Vector:
        found = np.zeros(len(rows), np.float32)
        asked = [stem for one in query.facets for stem in stems(one.texts[0].text, one.texts[0].words_language)]
        for call_id, value in task.store.search.rank(asked).items():
            if call_id in rows:
                found[rows[call_id]] = value
        return found

    return scores


def model_alone(task: Task) -> Scorer:
    """Return a ranking by the model as it is: mean over windows, the two best facets."""
    return lambda query: _semantic(task, query, task.plain, Space({}, {}))


def model_centred(task: Task) -> Scorer:
    """Return the same, with what texts of a language have in common taken out."""
    return lambda query: _semantic(task, query, task.corpus, task.space[query.kind])


def fused(task: Task) -> Scorer:
    """Return the reciprocal rank fusion of BM25 and the centred model."""
    parts = (bm25(task), model_centred(task))

    def scores(query: Query) -> Vector:
        total = np.zeros(len(task.corpus.call_ids))
        for part in parts:
            order = ranking.order(part(query), task.corpus.call_ids, query.query_id)
            total[order] += 1.0 / (RRF + 1.0 + np.arange(len(order)))
        return total.astype(np.float32)

    return scores


def ours(task: Task) -> Scorer:
    """Return the ranking of the product."""
    weights = fusion.PROFILE if task.fit else fusion.PROJECT

    def scores(query: Query) -> Vector:
        facets, space, fit = task.ours[query.query_id], task.space[query.kind], task.fit.get(query.query_id)
        found = score(task.store.search, facets, task.corpus, task.vectors, space, fit=fit, weights=weights)
        return found.relevance

    return scores


SYSTEMS: dict[str, Callable[[Task], Scorer]] = {
    "chance": chance,
    "TF-IDF": tfidf,
    "BM25": bm25,
    "e5": model_alone,
    "e5, centred": model_centred,
    "RRF of BM25 and e5, centred": fused,
    OURS: ours,
}


def _words(query: Query) -> str:
    return "\n".join(facet.texts[0].text for facet in query.facets)


def _semantic(task: Task, query: Query, corpus: Corpus, space: Space) -> Vector:
    return ranking.semantic_scores(ranking.facet_matrices(query.facets, corpus.languages, task.vectors, space), corpus)


def actors_task(workspace: Workspace, language: Literal["fi", "en"]) -> Task:
    """Return the graded actors with their interests in one language."""
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    profiles = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
    asked = [evaluating.in_language(actor, language) for actor in profiles]
    ground = evaluating.ground_for(workspace, calls, asked)
    own = [
        Query(actor.slug, "actor", tuple(Facet(text, (FacetText(language, text),)) for text in actor.interests))
        for actor in asked
    ]
    return Task(
        name=f"Actors, interests in {'Finnish' if language == 'fi' else 'English'}",
        slug=f"actors-{language}",
        documents=calls,
        store=workspace.store,
        queries=own,
        ours={actor.slug: ranking.facets_of(actor) for actor in asked},
        corpus=ground.corpus,
        plain=ranking.corpus_of(ground.windows, ground.vectors.known, Space({}, {})),
        space={"actor": ground.space},
        vectors=ground.vectors.known,
        qrels=EVAL / "qrels-actors.tsv",
        first="nDCG@10",
        fit={actor.slug: ground.fits(workspace, actor) for actor in asked},
    )


def topics_task(
    workspace: Workspace,
    name: str,
    slug: str,
    *,
    data: str,
    where: Sequence[str],
    first: str,
    left_out: str | None = None,
) -> Task:
    """Return topics and a part of the queries of a file; candidates are ranked alone where there is a list of them."""
    file = EVAL / f"queries-{data}.jsonl.gz"
    part = read_part(file, [Where(*one.split("=")) for one in where], left_out)
    topics = read_topics(EVAL / "topics.jsonl.gz")
    listed = EVAL / f"candidates-{data}.txt"
    candidates = read_ids(listed) if listed.exists() else frozenset(topics)
    queries = [query for query in read_queries(file) if query.query_id in part]
    _, samples = evaluating.backgrounds(iter(queries))
    windows, vectors = evaluating.prepared(workspace, topics)
    examples = ranking.background_of(workspace.examples)
    facets = [text for query in queries for facet in query.facets for text in facet.texts]
    vectors.need_queries(text.text for text in (*examples, *facets))
    space = {kind: vectors.space(windows, [*examples, *texts]) for kind, texts in samples.items()}
    ranked: dict[str, CallWindows] = {
        call.call_id: windows[call.call_id] for given, call in topics.items() if given in candidates
    }
    return Task(
        name=name,
        slug=slug,
        documents=topics,
        store=workspace.store,
        queries=queries,
        ours={query.query_id: query.facets for query in queries},
        corpus=ranking.corpus_of(ranked, vectors.known, next(iter(space.values()))),
        plain=ranking.corpus_of(ranked, vectors.known, Space({}, {})),
        space=space,
        vectors=vectors.known,
        qrels=EVAL / f"qrels-{data}.tsv",
        first=first,
        part=Part(part.keys(), candidates, part),
    )


TASKS: dict[str, Callable[[Workspace], Task]] = {
    "actors-fi": lambda workspace: actors_task(workspace, "fi"),
    "actors-en": lambda workspace: actors_task(workspace, "en"),
    "titles": lambda workspace: topics_task(
        workspace, "Project titles", "titles", data="projects", where=["kind=title"], first="nDCG@10"
    ),
    "objectives": lambda workspace: topics_task(
        workspace, "Project titles with objective, thematic topics", "objectives", data="projects",
        where=["kind=objective", "bottom_up=false"], first="nDCG@10",
    ),
    "organisations": lambda workspace: topics_task(
        workspace, "Organisations, focused", "organisations", data="orgs", where=["focused=true"], first="AUC",
        left_out="seen_topic_ids",
    ),
}  # fmt: skip


def run_of(task: Task, scorer: Scorer, file: Path, tag: str) -> Values:
    """Rank, write the run, read it back and return measure to query to value."""

    def lists() -> Iterator[RankedList]:
        for query in task.queries:
            values = scorer(query)
            rows = ranking.order(values, task.corpus.call_ids, query.query_id)[: evaluating.MOST]
            yield RankedList(
                query.query_id,
                [task.given[task.corpus.call_ids[row]] for row in rows],
                [float(values[row]) for row in rows],
            )

    write_run(file, lists(), tag)
    judgements = task.part.of_judgements(read_qrels(task.qrels))
    return by_query(judgements, task.part.of_run(read_run(file)), of=str(file), part=task.part)


def measured(task: Task, out: Path) -> dict[str, Values]:
    """Return the values of every system, and write their runs; chance is the mean of `SEEDS` orders."""
    found: dict[str, Values] = {}
    for number, (name, system) in enumerate(SYSTEMS.items()):
        file = out / f"{task.slug}.{number}.trec"
        tag = name.replace(" ", "-").replace(",", "")
        if system is chance:
            drawn = [run_of(task, chance(task, seed), file, tag) for seed in range(SEEDS)]
            found[name] = {
                measure: {query: float(np.mean([one[measure][query] for one in drawn])) for query in values}
                for measure, values in drawn[0].items()
            }
        else:
            found[name] = run_of(task, system(task), file, tag)
        print(f"{task.slug}: {name} written to {file}", file=sys.stderr, flush=True)
    return found


def show(task: Task, found: Mapping[str, Values]) -> None:
    """Print the table of a task and the paired tests against its best baseline."""
    shown = [measure for measure in MEASURES if measure in found[OURS]]
    means = {
        name: {measure: float(np.mean(list(values[measure].values()))) for measure in shown}
        for name, values in found.items()
    }
    print(f"\n### {task.name}, {len(found[OURS][task.first])} queries, {len(task.corpus.call_ids)} documents\n")
    print(f"| ranking | {' | '.join(shown)} |\n|---|{'---|' * len(shown)}")
    for name, values in means.items():
        print(f"| {name} | {' | '.join(f'{values[measure]:.3f}' for measure in shown)} |")
    best = max((name for name in means if name != OURS), key=lambda name: means[name][task.first])
    differences = compare(found[OURS], found[best], best).differences
    print(f"\nOurs less {best}, the best baseline by {task.first}: difference, 95 % interval, p\n")
    for measure in shown:
        one = differences[measure]
        interval = "" if one.low is None else f" ({one.low:+.3f} to {one.high:+.3f}), p = {one.p:.4f}"
        print(f"- {measure}: {one.mean:+.3f}{interval}")
    sys.stdout.flush()


def main() -> None:
    """Rank, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the vectors, kept from run to run")
    parser.add_argument("--task", choices=TASKS, action="append", help="only this one; may be given again")
    parser.add_argument("--model", default=Settings().embedding.model, help="as embedding.model in the settings")
    arguments = parser.parse_args()
    if not EVAL.is_dir():
        parser.error(f"the data of the evaluation are not beside the checkout: {EVAL} is missing")
    for folder in (arguments.out, arguments.cache):
        folder.mkdir(parents=True, exist_ok=True)
    with open_store(arguments.cache / "vectors.sqlite") as cache:
        embedder = CachedEmbedder(load_embedder(arguments.model), cache)
        for name in arguments.task or TASKS:
            with open_store(None) as store:
                task = TASKS[name](Workspace(Settings(), store, embedder=embedder))
                show(task, measured(task, arguments.out))


if __name__ == "__main__":
    main()
