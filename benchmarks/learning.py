"""What decisions teach, measured by a simulated manager: without learning, with Rocchio's, and with ours.

    python benchmarks/learning.py
    python benchmarks/learning.py --vectors FILE --cache FILE.npz --seeds 100

Data: the graded actors beside the checkout (``../shared/data/eval``): 8 fictional actors, about 43 graded calls each.
For each actor and seed the graded calls are halved at random: one half is what the manager sees, the other comes later
and is what is measured. The manager judges five calls at a time in the order of the list shown, which is made anew
after each five: a mean grade of 2 or more is approved, less is rejected as not our field; calls nobody graded are
skipped. nDCG@10 (gain: the mean grade) and AUC (2 or more against less) are of the later half alone, so no judged call
is measured. With 40 judgements some three calls are left to measure on: that table has its own base, and AUC only.

A manager who answers by chance, and one who errs in every fifth answer, show what the guard is worth.

The two constants of `match.learning`, the variance and the weight of a rejection, are chosen for each actor on the
other seven (leave one actor out, the best nDCG@10 over 5, 10 and 20 judgements); so are Rocchio's two weights.
Intervals are 95 %, by 2,000 bootstrap samples of the actors.
"""

import argparse
import csv
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.match import learning

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
BATCH = 5
JUDGED = (0, 5, 10, 20)
MANY = 40
RELEVANT = 2.0
VARIANCES, NEGATIVE_WEIGHTS = (1.0, 2.0, 4.0, 8.0), (0.2, 0.5, 1.0)
ROCCHIO = ((0.75, 0.15), (0.5, 0.1), (0.25, 0.05), (0.25, 0.25), (0.5, 0.5))
SLOPE = 11.5
"""Logits of one of cosine in the shipped relevance; Rocchio's vectors are added to the query, so on that scale."""

Doubles = NDArray[np.float64]
Learner = Callable[[NDArray[np.float32], NDArray[np.float32], list[bool], NDArray[np.float32]], Doubles]
"""Prior, rows and answers of what is judged, and the rows of all calls; gives logits to add to each of those."""


@dataclass(frozen=True)
class Graded:
    """One actor: prior relevances (n,), rows of the corpus (n, d), mean grades (n,)."""

    prior: NDArray[np.float32]
    rows: NDArray[np.float32]
    grades: Doubles


def graded(cache: Path | None, database: Path | None) -> dict[str, Graded]:
    """Return the graded calls of every actor; reads what an earlier run left in `cache`, or embeds what has no vector.

    `cache` knows no version of the ranking or the model: after either changed it must go. `database` does.
    """
    if cache is None or not cache.exists():
        found = _embedded(database)
        if cache is not None:
            parts = {
                f"{slug}/{name}": getattr(one, name) for slug, one in found.items() for name in one.__annotations__
            }
            np.savez(cache, **parts)
        return found
    with np.load(cache) as stored:
        slugs = sorted({name.partition("/")[0] for name in stored.files})
        return {slug: Graded(*(stored[f"{slug}/{name}"] for name in Graded.__annotations__)) for slug in slugs}


def _embedded(database: Path | None) -> dict[str, Graded]:
    from hame_match.jobs.evaluating import ground_for
    from hame_match.jobs.evaluation_files import read_calls
    from hame_match.jobs.workspace import Workspace
    from hame_match.paths import bundled
    from hame_match.profiles import REGION_FILE, load_actors, load_region
    from hame_match.settings import Settings
    from hame_match.store import open_store

    judged: dict[str, dict[str, float]] = defaultdict(dict)
    with (EVAL / "qrels-actors.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            judged[row["actor"]][row["call_id"]] = (float(row["grade_a"]) + float(row["grade_b"])) / 2
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    actors = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
    rows_of = {name: row for row, name in enumerate(calls)}
    found = {}
    with open_store(database) as store:
        workspace = Workspace(Settings(), store)
        ground = ground_for(workspace, calls, actors)
        corpus = ground.corpus
        for actor in actors:
            prior = ground.scores(workspace, actor).relevance
            grades = {name: grade for name, grade in judged[actor.slug].items() if name in rows_of}
            rows = [rows_of[name] for name in grades]
            found[actor.slug] = Graded(prior[rows], corpus.matrix[rows], np.asarray(list(grades.values())))
    return found


def nothing(
    prior: NDArray[np.float32], rows: NDArray[np.float32], answers: list[bool], all_: NDArray[np.float32]
) -> Doubles:
    """Learn nothing."""
    del prior, rows, answers
    return np.zeros(len(all_))


def rocchio(positive: float, negative: float) -> Learner:
    """Return Rocchio's: the mean of the approved is added to the query, that of the rejected taken off."""

    def learner(prior, rows, answers, all_):  # type: ignore[no-untyped-def]
        del prior
        said, near = np.asarray(answers), learning.unit(all_) @ learning.unit(rows).T
        effect = np.zeros(len(all_))
        if said.any():
            effect += positive * SLOPE * near[:, said].mean(axis=1)
        if not said.all():
            effect -= negative * SLOPE * near[:, ~said].mean(axis=1)
        return effect

    return learner


def ours(
    variance: float = learning.VARIANCE,
    weight: float = learning.NEGATIVE_WEIGHT,
    *,
    full_trust: float = learning.FULL_TRUST,
) -> Learner:
    """Return the learner of the product, or the same with another guard; 0 is none."""

    def learner(prior, rows, answers, all_):  # type: ignore[no-untyped-def]
        learnt = learning.learn(
            prior, rows, answers, [1.0] * len(answers), variance=variance, negative_weight=weight, full_trust=full_trust
        )
        return learnt.effects(all_).sum(axis=1)

    return learner


def ndcg(scores: Doubles, grades: Doubles, depth: int = 10) -> float:
    """Return nDCG@depth with the grade as gain; NaN when no grade is above 0."""
    discount = 1 / np.log2(np.arange(2, depth + 2))
    best = np.sort(grades)[::-1][:depth]
    got = grades[np.argsort(-scores, kind="stable")[:depth]]
    ideal = float((best * discount[: len(best)]).sum())
    return float((got * discount[: len(got)]).sum()) / ideal if ideal else float("nan")


def auc(scores: Doubles, grades: Doubles) -> float:
    """Return the chance that a suitable call stands before an unsuitable one; NaN when one kind is missing."""
    suitable = grades >= RELEVANT
    if suitable.all() or not suitable.any():
        return float("nan")
    first, second = scores[suitable][:, None], scores[~suitable]
    return float((first > second).mean() + 0.5 * (first == second).mean())


def simulate(
    one: Graded, learner: Learner, seed: int, errs: float, judged: Sequence[int], later: int
) -> list[tuple[float, float]]:
    """Return (nDCG@10, AUC) of the `later` calls after each number of judgements in `judged`.

    `errs` is the share of wrong answers; 1 answers by chance, at the true rate of approval.
    """
    random = np.random.default_rng(seed)
    places = random.permutation(len(one.grades))
    measured, seen = places[:later], list(places[later:])
    answers = one.grades >= RELEVANT
    if errs == 1:
        answers = random.permutation(answers)
    elif errs:
        answers = answers ^ (random.random(len(answers)) < errs)
    base, effect = learning.logit(one.prior), np.zeros(len(answers))
    done: list[int] = []
    found = []
    for count in range(0, max(judged) + 1, BATCH):
        while len(done) < min(count, len(seen)):
            done.append(max((row for row in seen if row not in done), key=lambda row: base[row] + effect[row]))
        if done:
            effect = learner(one.prior[done], one.rows[done], [bool(answers[row]) for row in done], one.rows)
        if count in judged:
            scores = (base + effect)[measured]
            found.append((ndcg(scores, one.grades[measured]), auc(scores, one.grades[measured])))
    return found


def curve(
    actors: dict[str, Graded], learners: dict[str, Learner], seeds: int, errs: float = 0.0, many: bool = False
) -> NDArray[np.float64]:
    """Return (n_actors, n_counts, 2) means over seeds, each actor with its own learner."""
    rows = []
    for slug, one in actors.items():
        judged, later = ((MANY,), len(one.grades) - MANY) if many else (JUDGED, len(one.grades) // 2)
        runs = [simulate(one, learners[slug], seed, errs, judged, later) for seed in range(seeds) if later > 0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # an actor may have no seed with both kinds of calls
            rows.append(np.nanmean(runs, axis=0) if runs else np.full((len(judged), 2), np.nan))
    return np.asarray(rows)


def interval(values: Doubles) -> str:
    """Return the mean over actors and its 95 % bootstrap interval."""
    known = values[~np.isnan(values)]
    random = np.random.default_rng(7)
    means = random.choice(known, (2000, len(known))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{known.mean():.3f} ({low:.3f} to {high:.3f})"


def chosen(actors: dict[str, Graded], options: dict[str, Learner], seeds: int) -> dict[str, Learner]:
    """Return for each actor the option that is best for all others; prints what was chosen."""
    quality = {
        name: curve(actors, dict.fromkeys(actors, one), seeds)[:, 1:, 0].mean(axis=1) for name, one in options.items()
    }
    best = {}
    for place, slug in enumerate(actors):
        best[slug] = max(options, key=lambda name: float(np.delete(quality[name], place).mean()))
    everybody = max(options, key=lambda name: float(quality[name].mean()))
    print(f"chosen, leaving one actor out: {sorted(set(best.values()))}; on all eight: {everybody}", flush=True)
    return {slug: options[name] for slug, name in best.items()}


def main() -> None:
    """Choose, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, help="keep prior and vectors of the graded calls in this .npz")
    parser.add_argument("--vectors", type=Path, help="database that keeps the vectors between runs")
    parser.add_argument("--seeds", type=int, default=30)
    arguments = parser.parse_args()
    actors = graded(arguments.cache, arguments.vectors)
    few = max(5, arguments.seeds // 3)
    same = dict.fromkeys
    learners: dict[str, dict[str, Learner]] = {
        "no learning": same(actors, nothing),
        "Rocchio 0.75/0.15": same(actors, rocchio(0.75, 0.15)),
        "Rocchio, weights left one out": chosen(actors, {f"{p}/{n}": rocchio(p, n) for p, n in ROCCHIO}, few),
        "ours, constants left one out": chosen(
            actors, {f"{v}/{w}": ours(v, w) for v, w in product(VARIANCES, NEGATIVE_WEIGHTS)}, few
        ),
        "ours, as shipped": same(actors, ours()),
        "ours, followed in full from one standard error": same(actors, ours(full_trust=1.0)),
        "ours, without the guard": same(actors, ours(full_trust=0.0)),
    }
    for title, errs in (("who knows", 0.0), ("who errs in every fifth answer", 0.2), ("who answers by chance", 1.0)):
        print(f"\nA manager {title}: nDCG@10 / AUC of calls not judged")
        print("| learning | " + " | ".join(f"{count} judgements" for count in JUDGED) + " | nDCG@10, last less first |")
        print("|---|" + "---|" * (len(JUDGED) + 1))
        for name, each in learners.items():
            values = curve(actors, each, arguments.seeds, errs)
            cells = [f"{interval(values[:, n, 0])} / {interval(values[:, n, 1])}" for n in range(len(JUDGED))]
            print(f"| {name} | {' | '.join(cells)} | {interval(values[:, -1, 0] - values[:, 0, 0])} |", flush=True)
    print(f"\n{MANY} judgements, AUC of the few calls left (actors with more than {MANY} graded calls)")
    for name, each in learners.items():
        values = curve(actors, each, 3 * arguments.seeds, many=True)
        print(f"| {name} | {interval(values[:, 0, 1])} |", flush=True)


if __name__ == "__main__":
    main()
