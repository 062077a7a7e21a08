"""Learns the weights of `hame_match.match.fusion` and measures them on what they were not learnt from.

    python training/fusion.py actors                        # graded actors, leaving one actor out in turn
    python training/fusion.py projects --adapter FILE       # projects of the fold of topics that adapter did not see

A logistic regression of three signals. How much words count beside meaning also decides which two interests a call is
held against, so that one number is chosen from a grid; scikit-learn finds the rest. `--adapter` names another adapter
than the shipped one; for projects one that was trained with ``adapter.py --held-out 0``.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from data import EVAL, rows, topics
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs import matching
from hame_match.jobs.evaluating import backgrounds, in_language, prepared
from hame_match.jobs.evaluation_files import read_calls, read_queries, read_topics
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match import ranking, weights
from hame_match.match.adapter import ADAPTER
from hame_match.match.eligibility import facts_of
from hame_match.match.embedding import Embedder, load_embedder
from hame_match.match.fusion import Weights
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import Settings
from hame_match.store import open_store

WORDS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8)
"""How far full agreement of words moves a call, in units of similarity."""
PULL = 1.0
"""Inverse strength of the regularisation (C) on signals brought to standard deviation 1."""


@dataclass
class Judged:
    """The judged calls of one actor in one language; arrays of (n_facets, n) and (n,)."""

    actor: str
    similarities: np.ndarray
    agreements: np.ndarray
    fit: np.ndarray
    relevant: np.ndarray

    def signals(self, words: float) -> np.ndarray:
        """Return (n, 2): meaning and words as one, and the fit."""
        semantic, lexical = ranking.two_best(self.similarities, self.agreements, Weights(1, words, 0, 0))
        return np.stack([semantic + words * lexical, self.fit], axis=1)


def judged_actors(embedder: Embedder) -> list[Judged]:
    """Return the graded actors, each once with its Finnish interests and once with its English ones."""
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    region = load_region(bundled("profiles") / REGION_FILE)
    actors = load_actors(EVAL / "actors", region)
    found = []
    with open_store(None) as store:
        workspace = Workspace(Settings(), store, progress=told, embedder=embedder)
        windows, vectors = prepared(workspace, calls)
        facts = {call.call_id: facts_of(call, workspace.clock()) for call in calls.values()}
        for language in ("fi", "en"):
            asked = [in_language(actor, language) for actor in actors]
            background = ranking.background_of((*asked, *workspace.examples))
            vectors.need_queries(text.text for text in background)
            space = matching.space_of(windows, background, vectors.known)
            corpus = ranking.corpus_of(windows, vectors.known, space)
            row_of = {call_id: row for row, call_id in enumerate(corpus.call_ids)}
            for actor in asked:
                facets = ranking.facets_of(actor)
                matrices = ranking.facet_matrices(facets, corpus.languages, vectors.known, space)
                words = [store.search.rank(matching.stems_of(facet), corpus.call_ids) for facet in facets]
                fit = matching.fits(actor, (facts[one] for one in corpus.call_ids), region)
                grades = {one: grade for one, grade in judgements.grades[actor.slug].items() if one in calls}
                chosen = [row_of[calls[one].call_id] for one in grades]
                found.append(
                    Judged(
                        actor.slug,
                        ranking.facet_similarities(matrices, corpus)[:, chosen],
                        ranking.facet_agreements(words, corpus.call_ids)[:, chosen],
                        fit[chosen],
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


def learnt(found: list[Judged]) -> tuple[float, np.ndarray]:
    """Return (weight of words, weights of the signals): the best likelihood of actors left out in turn."""
    best = min(WORDS, key=lambda words: float(np.mean(left_out(found, lambda _: words)[1])))
    signals = np.concatenate([one.signals(best) for one in found])
    return best, regression(signals, np.concatenate([one.relevant for one in found]))


def left_out(found: list[Judged], choose: object) -> tuple[list[np.ndarray], list[float]]:
    """Return (relevances of each one's calls, losses), each learnt from the other actors; `choose` gives `words`."""
    chances, losses = [], []
    for one in found:
        others = [other for other in found if other.actor != one.actor]
        words = choose(others)  # type: ignore[operator]
        weights = regression(
            np.concatenate([other.signals(words) for other in others]), np.concatenate([o.relevant for o in others])
        )
        chances.append(chance_of(one.signals(words), weights))
        losses.append(loss(chances[-1], one.relevant))
    return chances, losses


def actors(embedder: Embedder) -> None:
    """Learn from the graded actors, print the weights and what came of actors left out."""
    found = judged_actors(embedder)
    words, weights = learnt(found)
    print(
        f"PROFILE = Weights(semantic={weights[0]:.2f}, lexical={weights[0] * words:.2f}, fit={weights[1]:.2f}, "
        f"offset={weights[2]:.2f})  # words {words}"
    )
    chances, losses = left_out(found, lambda others: learnt(others)[0])
    relevant = np.concatenate([one.relevant for one in found])
    together = np.concatenate(chances)
    print(
        f"left out: log loss {np.mean(losses):.3f}, share of relevant {relevant.mean():.3f}, "
        f"calibration error {calibration_error(together, relevant):.3f}"
    )
    for limit in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
        above = together >= limit
        print(f"  relevance >= {limit:.2f}: {above.sum()} of {len(above)}, precision {relevant[above].mean():.2f}")


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
    """Learn from the projects of one fold, print the weights and what came of the half not learnt from."""
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
        spaces = {kind: matching.space_of(windows, texts, vectors.known) for kind, texts in samples.items()}
        corpus = ranking.corpus_of(windows, vectors.known, next(iter(spaces.values())))
        place = {name: corpus.call_ids.index(call.call_id) for name, call in documents.items()}
        scored = []
        for query in queries:
            matrices = ranking.facet_matrices(query.facets, corpus.languages, vectors.known, spaces[query.kind])
            words = [store.search.rank(matching.stems_of(facet), corpus.call_ids) for facet in query.facets]
            scored.append(
                (
                    ranking.facet_similarities(matrices, corpus),
                    ranking.facet_agreements(words, corpus.call_ids),
                    place[of_project[query.query_id].topic_id],
                )
            )
    for words in WORDS:
        gains: dict[str, list[float]] = {}
        signals, relevant = [], []
        for query, (similarities, agreements, wanted) in zip(queries, scored, strict=True):
            semantic, lexical = ranking.two_best(similarities, agreements, Weights(1, words, 0, 0))
            score = semantic + words * lexical
            rank = int((score > score[wanted]).sum())
            gains.setdefault(query.kind, []).append(1 / np.log2(rank + 2) if rank < 10 else 0.0)
            signals.append(score[:, None])
            relevant.append(np.arange(len(score)) == wanted)
        weights = regression(np.concatenate(signals), np.concatenate(relevant))
        likelihood = loss(chance_of(np.concatenate(signals), weights), np.concatenate(relevant))
        figures = ", ".join(f"{kind} {np.mean(found):.3f} of {len(found)}" for kind, found in sorted(gains.items()))
        print(
            f"words {words}: nDCG@10 {figures}; log loss {likelihood:.5f}; PROJECT = Weights("
            f"semantic={weights[0]:.2f}, lexical={weights[0] * words:.2f}, fit=0.0, offset={weights[1]:.2f})"
        )


def main() -> None:
    """Learn what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("actors", "projects"))
    parser.add_argument("--adapter", type=Path, default=ADAPTER)
    parser.add_argument("--cache", type=Path, default=None, help="where that model is unpacked; the user's cache")
    parser.add_argument("--fold", type=int, default=0)
    args = parser.parse_args()
    embedder = load_embedder(str(weights.unpacked_model(args.cache, adapter=args.adapter)))
    if args.what == "actors":
        actors(embedder)
    else:
        projects(embedder, args.fold)


if __name__ == "__main__":
    main()
