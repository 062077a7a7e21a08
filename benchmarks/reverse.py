"""In which order actors should stand for one call: by relevance, or by how unusual the call is for each of them.

    python benchmarks/reverse.py [--vectors FILE]

Data: the graded actors beside the checkout (``../shared/data/eval``). A call counts when two actors or more were graded
for it and not all alike. Concordance is the share of pairs of actors, graded differently for one call, that an order
puts the right way round (0.5 is chance, ties count half); nDCG is over the graded actors of a call. The interval is a
bootstrap over calls of the difference to relevance. Nothing in the program was tuned on these figures.
"""

import argparse
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs.evaluating import ground_for
from hame_match.jobs.evaluation_files import read_calls
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match.ranking import Vector
from hame_match.match.standing import standardised
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import Settings
from hame_match.store import open_store

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
RESAMPLES, SEED = 2000, 20261122


def percentile(relevance: Vector) -> Vector:
    """Return the share of the actor's calls that stand lower, (n_calls,) in [0, 1]."""
    places = np.argsort(np.argsort(relevance, kind="stable"), kind="stable")
    return np.asarray(places / max(len(relevance) - 1, 1), dtype=np.float32)


ORDERS: dict[str, Callable[[Vector], Vector]] = {
    "relevance": lambda relevance: relevance,
    "percentile within the actor": percentile,
    "z-score within the actor (shipped)": standardised,
}


def concordant(grades: dict[str, int], scores: dict[str, float]) -> tuple[float, int]:
    """Return (pairs put right, pairs) of actors graded differently for one call.

    >>> concordant({"a": 4, "b": 0, "c": 0}, {"a": 0.5, "b": 0.5, "c": 0.1})
    (1.5, 2)
    """
    pairs = [(a, b) for a, b in combinations(sorted(grades), 2) if grades[a] != grades[b]]
    signs = [np.sign(scores[a] - scores[b]) * np.sign(grades[a] - grades[b]) for a, b in pairs]
    return float(sum((sign + 1) / 2 for sign in signs)), len(pairs)


def ndcg(grades: dict[str, int], scores: dict[str, float]) -> float:
    """Return nDCG over the graded actors of one call, of which at least one grade is above 0."""
    discount = 1 / np.log2(np.arange(2, len(grades) + 2))
    found = [grades[actor] for actor in sorted(grades, key=lambda actor: (-scores[actor], actor))]
    return float(np.dot(found, discount) / np.dot(sorted(grades.values(), reverse=True), discount))


def main() -> None:
    """Rank, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, help="database that keeps the vectors between runs")
    options = parser.parse_args()
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    actors = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
    values: dict[str, Vector] = {}
    with open_store(options.vectors) as store:
        workspace = Workspace(Settings(), store)
        ground = ground_for(workspace, calls, actors)
        corpus = ground.corpus
        for actor in actors:
            scores = ground.scores(workspace, actor)
            values[actor.slug] = scores.relevance
    rows = {call_id: row for row, call_id in enumerate(corpus.call_ids)}
    by_call: dict[str, dict[str, int]] = {}
    for slug, grades in judgements.grades.items():
        for given, grade in grades.items():
            if given in calls:
                by_call.setdefault(calls[given].call_id, {})[slug] = grade
    graded = {call_id: grades for call_id, grades in by_call.items() if len(set(grades.values())) > 1}
    resampled = np.random.default_rng(SEED).integers(0, len(graded), (RESAMPLES, len(graded)))
    print("| actors of a call by | concordance | difference to relevance | nDCG |\n|---|---|---|---|")
    base = np.zeros(RESAMPLES)
    for name, order in ORDERS.items():
        scores = {slug: order(relevance) for slug, relevance in values.items()}
        right, total, gains = [], [], []
        for call_id, grades in graded.items():
            own = {slug: float(scores[slug][rows[call_id]]) for slug in grades}
            found, pairs = concordant(grades, own)
            right.append(found)
            total.append(pairs)
            gains.append(ndcg(grades, own))
        drawn = np.array(right)[resampled].sum(axis=1) / np.array(total)[resampled].sum(axis=1)
        if name == "relevance":
            base = drawn
        low, high = np.quantile(drawn - base, (0.025, 0.975))
        difference = "–" if name == "relevance" else f"{low:+.3f} to {high:+.3f}"
        print(f"| {name} | {sum(right) / sum(total):.3f} | {difference} | {np.mean(gains):.3f} |")
    print(f"\n{len(graded)} calls, {sum(total)} pairs of actors")


if __name__ == "__main__":
    main()
