"""Holds a run against judgements: the measures are ir-measures' own, here only chosen, averaged and doubted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hame_match.errors import EvaluationError
from hame_match.jobs.trec import Judgements, read_qrels, read_run

if TYPE_CHECKING:
    from ir_measures import Measure

CEILING = "P@5 / ceiling"
"""P@5 over what the best order of the judged documents would have: an actor may have fewer than five relevant calls."""
RESAMPLES = 2000
_SEED = 20261122

Run = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure over the queries.

    Attributes:
        mean: in [0, 1], higher is better.
        low: lower end of the 95 % bootstrap interval over the queries; None with one query.
        high: its upper end.
    """

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run is worth by its judgements.

    Attributes:
        queries: number of queries measured: in the run, and with a relevant document.
        not_ranked: judged queries that the run lacks; they are left out, not counted as zero.
        not_judged: queries of the run without judgements.
        without_relevant: queries of both for which no document is relevant.
        graded: two judges graded a pool: ungraded calls were dropped before measuring (condensed lists).
        ungraded: mean share of the first ten, before that, that nobody graded; None for TREC qrels.
        figures: name of the measure to its figure.
    """

    queries: int
    not_ranked: int
    not_judged: int
    without_relevant: int
    graded: bool
    ungraded: float | None
    figures: dict[str, Figure]


def score_run(qrels: Path, run: Path) -> Measured:
    """Return the measures of a run; deterministic, the bootstrap has a fixed seed.

    Args:
        qrels: see `trec.read_qrels`.
        run: TREC run.

    Raises:
        EvaluationError: ir-measures is not installed, a file is wrong, or the two have no query in common for which
            something is relevant.
    """
    _library()
    return measure(read_qrels(qrels), read_run(run), of=str(run))


def measure(judgements: Judgements, ranked: Run, *, of: str = "the run") -> Measured:
    """Return the measures of rankings: query to document to score, higher is better.

    Args:
        judgements: what judges said.
        ranked: the rankings; equal scores are ordered by document id, as `trec_eval` does.
        of: how an error names the rankings.

    Raises:
        EvaluationError: the two have no query in common for which something is relevant.
    """
    common = [query for query in judgements.grades if query in ranked]
    asked = [query for query in common if _has_relevant(judgements, query)]
    if not asked:
        raise EvaluationError(
            f"{of}: none of its {len(ranked)} queries has a relevant document; are run and qrels of the same data?"
        )
    grades = {query: judgements.grades[query] for query in asked}
    whole: Run = {query: ranked[query] for query in asked}
    lists = _condensed(whole, grades) if judgements.graded else whole
    return Measured(
        queries=len(asked),
        not_ranked=len(judgements.grades) - len(common),
        not_judged=len(ranked.keys() - judgements.grades.keys()),
        without_relevant=len(common) - len(asked),
        graded=judgements.graded,
        ungraded=_ungraded(grades, whole) if judgements.graded else None,
        figures=_figures(grades, judgements.relevant_from, lists),
    )


def _library() -> None:
    try:
        import ir_measures  # noqa: F401
    except ImportError as exc:
        raise EvaluationError(
            'the measures need the package ir-measures: pip install "hame-match[evaluate]", or pip install ir-measures'
        ) from exc


def _has_relevant(judgements: Judgements, query: str) -> bool:
    return max(judgements.grades[query].values()) >= judgements.relevant_from


def _condensed(run: Run, grades: Mapping[str, Mapping[str, int]]) -> Run:
    return {
        query: {document: score for document, score in found.items() if document in grades[query]}
        for query, found in run.items()
    }


def _figures(grades: Mapping[str, Mapping[str, int]], relevant_from: int, run: Run) -> dict[str, Figure]:
    from ir_measures import AP, RR, P, R, nDCG

    first_five = P(rel=relevant_from) @ 5
    named = {
        # Gains are linear, so that sums of two grades give what their means would.
        "nDCG@10": nDCG @ 10,
        "R@10": R(rel=relevant_from) @ 10,
        "R@50": R(rel=relevant_from) @ 50,
        "RR": RR(rel=relevant_from),
        "AP": AP(rel=relevant_from),
    }
    by_query = _by_query([*named.values(), first_five], grades, run)
    ideal = _by_query([first_five], grades, grades)[str(first_five)]
    figures = {name: _figure([by_query[str(measure)][query] for query in grades]) for name, measure in named.items()}
    figures[CEILING] = _figure([by_query[str(first_five)][query] / ideal[query] for query in grades])
    return figures


def _ungraded(grades: Mapping[str, Mapping[str, int]], run: Run) -> float:
    from ir_measures import Judged

    judged = Judged @ 10
    return 1.0 - float(np.mean(list(_by_query([judged], grades, run)[str(judged)].values())))


def _by_query(
    measures: "Sequence[Measure]", grades: Mapping[str, Mapping[str, int]], run: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Return measure to query to value."""
    import ir_measures

    qrels = {query: dict(judged) for query, judged in grades.items()}
    lists = {query: {document: float(score) for document, score in found.items()} for query, found in run.items()}
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in measures}
    for metric in ir_measures.iter_calc(list(measures), qrels, lists):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return values


def _figure(values: Sequence[float]) -> Figure:
    """Return the mean with its percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13)."""
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < 2:
        return Figure(float(sample.mean()), None, None)
    random = np.random.default_rng(_SEED)
    means = [random.choice(sample, len(sample)).mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return Figure(float(sample.mean()), float(low), float(high))
