"""Tells a difference from chance: bootstrap intervals over the queries, and paired tests of two rankings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hame_match.errors import EvaluationError

RESAMPLES = 2000
"""Bootstrap samples of an interval."""
SHUFFLES = 9999
"""Random exchanges of a test; with at most 13 queries every one of the 2^n there are is tried instead."""
_SEED = 20261122

Sample = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure over the queries.

    Attributes:
        mean: in [0, 1], higher is better.
        low: lower end of the 95 % bootstrap interval over the queries; None with one query.
        high: its upper end.
        queries: number of queries that have the measure.
    """

    mean: float
    low: float | None
    high: float | None
    queries: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How one ranking differs from another in one measure, over the queries of both.

    Attributes:
        mean: mean of the differences, in [-1, 1]; above 0 the first ranking is better.
        low: lower end of the 95 % paired bootstrap interval; None with one query.
        high: its upper end.
        p: chance of a difference as large or larger, either way, if it made no difference which ranking gave which
            value; None with one query.
        other: the mean of the other ranking.
        queries: number of queries compared.
    """

    mean: float
    low: float | None
    high: float | None
    p: float | None
    other: float
    queries: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ranking held against another, pair by pair.

    Attributes:
        not_in_both: number of queries that only one of the two has.
        differences: name of the measure to the difference.
    """

    not_in_both: int
    differences: dict[str, Difference]


def compare(own: Mapping[str, Mapping[str, float]], other: Mapping[str, Mapping[str, float]], name: str) -> Comparison:
    """Compare two rankings: measure to query to value; measures that only one has are left out.

    The test is the paired randomisation test (Smucker, Allan & Carterette, CIKM 2007), two-sided. Nothing is corrected
    for the number of measures and rankings compared.

    Args:
        own: the ranking that is asked about.
        other: the one it is held against.
        name: how an error names the other.

    Raises:
        EvaluationError: no query is in both.
    """
    differences = {}
    for measure, values in own.items():
        held = other.get(measure, {})
        queries = [query for query in values if query in held]
        if queries:
            pairs = np.array([(values[query], held[query]) for query in queries], dtype=np.float64)
            differences[measure] = _difference(pairs[:, 0], pairs[:, 1])
    if not differences:
        raise EvaluationError(f"{name}: has no query in common with the run; are both of the same data?")
    asked = [{query for values in one.values() for query in values} for one in (own, other)]
    return Comparison(len(asked[0] ^ asked[1]), differences)


def figure_of(values: Sequence[float]) -> Figure:
    """Return the mean with its percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13)."""
    sample = np.asarray(values, dtype=np.float64)
    return Figure(float(sample.mean()), *_interval(sample), len(sample))


def resamples(queries: int) -> NDArray[np.int64]:
    """Return row numbers of bootstrap samples of the queries, the same ones every time; (RESAMPLES, queries)."""
    random = np.random.default_rng(_SEED)
    return np.stack([random.integers(queries, size=queries) for _ in range(RESAMPLES)])


def percentiles(values: Sample) -> tuple[float, float]:
    """Return the ends of the 95 % interval of bootstrapped values."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _difference(own: Sample, other: Sample) -> Difference:
    from scipy.stats import permutation_test

    differences = own - other
    chance = None
    if len(differences) > 1:
        tested = permutation_test(
            (differences,), np.mean, permutation_type="samples", vectorized=True, n_resamples=SHUFFLES, batch=500,
            axis=0, random_state=_SEED,
        )  # fmt: skip
        chance = float(tested.pvalue)
    return Difference(float(differences.mean()), *_interval(differences), chance, float(other.mean()), len(differences))


def _interval(sample: Sample) -> tuple[float | None, float | None]:
    return percentiles(sample[resamples(len(sample))].mean(axis=1)) if len(sample) > 1 else (None, None)
