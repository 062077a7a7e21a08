"""Learns the weights of `hame_match.match.fusion` and measures them on what they were not learnt from.

    python training/fusion.py actors                        # graded actors, leaving one actor out in turn
    python training/fusion.py projects --adapter FILE       # projects of the fold of topics that adapter did not see

A logistic regression of how far a call stands out by meaning, of words and of the fit of its type of action. Graded
pools hold calls that some ranking found, so they flatter what pools were not made by: the fit of types that suit an
actor was therefore set low by hand (`match.action_fit`), after looking at lists for calls that only their type brought
up. `--adapter` names another adapter than the shipped one; for projects one trained with ``adapter.py --held-out 0``.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from data import EVAL, rows, topics
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs.evaluating import backgrounds, ground_for, in_language, prepared
from hame_match.jobs.evaluation_files import read_calls, read_queries, read_topics
from hame_match.jobs.ground import Scores, score
from hame_match.jobs.measuring import CEILING, EXPONENTIAL, measure
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match import fusion, ranking, weights
from hame_match.match.adapter import ADAPTER
from hame_match.match.embedding import CENTRING, Embedder, load_embedder
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import Settings
from hame_match.store import open_store

PULL = 0.3
"""Inverse strength of the regularisation (C) on signals brought to standard deviation 1."""


@dataclass
class Judged:
    """The judged calls of one actor in one language: ids, (n, 3) signals and (n,) whether they are called relevant."""

    actor: str
    language: str
    calls: list[str]
    signals: np.ndarray
    relevant: np.ndarray


def judged_actors(embedder: Embedder, store_file: Path | None) -> list[Judged]:
    """Return the graded actors, each once with its Finnish interests and once with its English ones."""
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    region = load_region(bundled("profiles") / REGION_FILE)
    actors = load_actors(EVAL / "actors", region)
    found = []
    with open_store(store_file) as store:
        workspace = Workspace(Settings(), store, progress=told, embedder=embedder)
        for language in ("fi", "en"):
            asked = [in_language(actor, language) for actor in actors]
            ground = ground_for(workspace, calls, asked)
            row_of = {call_id: row for row, call_id in enumerate(ground.corpus.call_ids)}
            for actor in asked:
                scores = ground.scores(workspace, actor)
                grades = {one: grade for one, grade in judgements.grades[actor.slug].items() if one in calls}
                chosen = [row_of[calls[one].call_id] for one in grades]
                found.append(
                    Judged(
                        actor.slug,
                        language,
                        list(grades),
                        signals_of(scores)[chosen],
                        np.array([grade >= judgements.relevant_from for grade in grades.values()]),
                    )
                )
    return found


def told(label: str, done: int, total: int) -> None:
    """Tell the progress of long work on stderr."""
    if done == total or not done % 1024:
        print(f"{label} {done}/{total}", file=sys.stderr, flush=True)


def regression(signals: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Return (weight of each signal..., offset) of a regularised logistic regression."""
    scale = signals.std(axis=0) + 1e-9
    model = LogisticRegression(C=PULL, max_iter=1000).fit(signals / scale, relevant)
    return np.append(model.coef_[0] / scale, model.intercept_[0])


def chance_of(signals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return relevances of (n, k) signals."""
    return np.asarray(1 / (1 + np.exp(-(signals @ weights[:-1] + weights[-1]))))


def loss(chances: np.ndarray, relevant: np.ndarray) -> float:
    """Return the mean negative log likelihood."""
    right = np.where(relevant, chances, 1 - chances)
    return float(-np.log(np.clip(right, 1e-6, 1)).mean())


def signals_of(scores: Scores) -> np.ndarray:
    """Return (n, 3): prominence, agreement of words, fit of the type of action."""
    return fusion.signals(scores.semantic, scores.lexical, scores.fit, scores.scale)


def learnt(found: list[Judged]) -> np.ndarray:
    """Return the weights of the signals and the offset, from all of `found`."""
    return regression(np.concatenate([o.signals for o in found]), np.concatenate([o.relevant for o in found]))


def actors(embedder: Embedder, store: Path | None) -> None:
    """Learn from the graded actors, print the weights and what came of actors left out."""
    found = judged_actors(embedder, store)
    curve = learnt(found)
    print(f"PROFILE: prominence {curve[0]:.2f}, lexical {curve[1]:.2f}, fit {curve[2]:.2f}, offset {curve[3]:.2f}")
    chances = [chance_of(one.signals, learnt([other for other in found if other.actor != one.actor])) for one in found]
    relevant, together = np.concatenate([one.relevant for one in found]), np.concatenate(chances)
    print(
        f"left out: log loss {loss(together, relevant):.3f}, share of relevant {relevant.mean():.3f}, "
        f"calibration error {calibration_error(together, relevant):.3f}"
    )
    for limit in (0.3, 0.4, 0.5, 0.55, 0.6, 0.7):
        above = together >= limit
        print(f"  relevance >= {limit:.2f}: {above.sum()} of {len(above)}, precision {relevant[above].mean():.2f}")
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    for language in ("fi", "en"):
        run = {
            one.actor: dict(zip(one.calls, map(float, chance), strict=True))
            for one, chance in zip(found, chances, strict=True)
            if one.language == language
        }
        figures = measure(judgements, run).figures
        shown = ", ".join(f"{name} {figures[name].mean:.2f}" for name in (EXPONENTIAL, CEILING, "R@10"))
        print(f"  left out, {language}: {shown}")


def calibration_error(chances: np.ndarray, relevant: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over equally wide bins."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [
        abs(chances[place == b].mean() - relevant[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(np.sum(gaps))


def projects(embedder: Embedder, fold: int) -> None:
    """Learn from the projects of one fold, print the weights, and what more or less of words would give there."""
    every = topics()
    of_project = {row["id"]: every[row["topic"]] for row in rows(EVAL / "queries-projects.jsonl.gz")}
    queries = [q for q in read_queries(EVAL / "queries-projects.jsonl.gz") if of_project[q.query_id].fold == fold]
    with open_store(None) as store:
        workspace = Workspace(Settings(), store, progress=told, embedder=embedder)
        documents = read_topics(EVAL / "topics.jsonl.gz")
        windows, vectors = prepared(workspace, documents)
        _, samples = backgrounds(iter(queries))
        vectors.need_queries(text.text for texts in samples.values() for text in texts)
        vectors.need_queries(text.text for query in queries for facet in query.facets for text in facet.texts)
        spaces = {kind: vectors.space(windows, texts) for kind, texts in samples.items()}
        corpus = ranking.corpus_of(windows, vectors.known, next(iter(spaces.values())))
        place = {name: corpus.call_ids.index(call.call_id) for name, call in documents.items()}
        scored = []
        for query in queries:
            space = spaces[query.kind]
            scores = score(store.search, query.facets, corpus, vectors.known, space, weights=fusion.PROJECT)
            scored.append((signals_of(scores)[:, :2], place[of_project[query.query_id].topic_id]))
    relevant = np.concatenate([np.arange(len(signals)) == wanted for signals, wanted in scored])
    curve = regression(np.concatenate([signals for signals, _ in scored]), relevant)
    print(f"PROJECT: prominence {curve[0]:.2f}, lexical {curve[1]:.2f}, offset {curve[2]:.2f}")
    for lexical in (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0):
        gains: dict[str, list[float]] = {}
        for query, (signals, wanted) in zip(queries, scored, strict=True):
            values = signals[:, 0] + lexical * signals[:, 1]
            rank = int((values > values[wanted]).sum())
            gains.setdefault(query.kind, []).append(1 / np.log2(rank + 2) if rank < 10 else 0.0)
        figures = ", ".join(f"{kind} {np.mean(gain):.3f} of {len(gain)}" for kind, gain in sorted(gains.items()))
        print(f"  lexical {lexical} x prominence: nDCG@10 {figures}")


def main() -> None:
    """Learn what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("actors", "projects"))
    parser.add_argument("--adapter", type=Path, default=ADAPTER)
    parser.add_argument("--cache", type=Path, default=None, help="where that model is unpacked; the user's cache")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--store", type=Path, default=None, help="database that keeps the vectors of actors' calls")
    args = parser.parse_args()
    shipped = args.adapter == ADAPTER
    embedder = (
        load_embedder() if shipped else load_embedder(str(weights.unpacked_model(args.cache, adapter=args.adapter)))
    )
    embedder.centring = CENTRING  # a folder's own would be that of a model we know nothing of
    if args.what == "actors":
        actors(embedder, args.store)
    else:
        projects(embedder, args.fold)


if __name__ == "__main__":
    main()
