"""Asks whether relevance is a probability: calibration error, reliability, and what the labels are worth.

A run carries relevance as its score: `evaluating` writes what lists are ordered by, and where that is calibrated the
score is the probability that a judge calls the document relevant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hame_match.jobs.comparing import Figure, percentiles, resamples
from hame_match.jobs.trec import Judgements, Run
from hame_match.match.fusion import label_of
from hame_match.model.match import Label

BINS = 10
"""Of equal width, as in the papers; the last one holds 1."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The judged documents whose relevance lies in an interval.

    Attributes:
        low: lower end, belongs to it.
        high: upper end, does not, except 1.
        documents: number of pairs of a query and a judged document.
        said: mean relevance; None of no documents.
        found: share that is relevant; None of no documents.
    """

    low: float
    high: float
    documents: int
    said: float | None
    found: float | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """The judged documents that carry a label.

    Attributes:
        documents: number of pairs of a query and a judged document.
        relevant: number of them that are relevant.
        precision: share of them that is relevant; None of no documents.
        recall: share of all relevant judged documents in the run that carry the label.
        false_positives: share of all others that carry it.
    """

    documents: int
    relevant: int
    precision: float | None
    recall: float | None
    false_positives: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether relevance is what it says.

    Attributes:
        documents: number of pairs of a query and a judged document in the run.
        error: expected calibration error, in [0, 1], lower is better, with its interval over the queries.
        bins: the reliability table, `BINS` rows, from 0 on.
        labels: label to what carries it.
    """

    documents: int
    error: Figure
    bins: list[Bin]
    labels: dict[str, Labelled]


def calibration_of(judgements: Judgements, run: Run) -> Calibration | str:
    """Return the calibration of a run over the judged documents it holds, or why it cannot be asked.

    The expected calibration error is the mean distance of said and found share over `BINS` bins of equal width,
    weighted by their documents (Naeini et al., AAAI 2015; Guo et al., ICML 2017). Documents of all queries count alike.
    """
    pairs = [
        [
            (score, grades[document] >= judgements.relevant_from)
            for document, score in run[query].items()
            if document in grades
        ]
        for query, grades in judgements.grades.items()
        if query in run
    ]
    flat = np.array([pair for of_query in pairs for pair in of_query], dtype=np.float64).reshape(-1, 2)
    scores, relevant = flat[:, 0], flat[:, 1] > 0
    if not len(flat):
        return "the run holds no judged document"
    if scores.min() < 0 or scores.max() > 1:
        return (
            f"the scores, from {scores.min():.3g} to {scores.max():.3g}, are no probabilities: they are not in [0, 1]"
        )
    if relevant.all():
        return "every judged document in the run is relevant: nothing tells how often relevance is wrong"
    # One row a query, so that queries can be drawn: (queries, BINS, documents | said | found).
    sums = np.stack([_sums(np.array(of_query, dtype=np.float64).reshape(-1, 2)) for of_query in pairs])
    total = sums.sum(axis=0)
    drawn = sums[resamples(len(sums))].sum(axis=1) if len(sums) > 1 else None
    low, high = percentiles(_error(drawn)) if drawn is not None else (None, None)
    return Calibration(
        documents=len(flat),
        error=Figure(float(_error(total[None])[0]), low, high, len(sums)),
        bins=[_bin(number, *map(float, row)) for number, row in enumerate(total)],
        labels=_labels([label_of(score) for score in scores], relevant),
    )


def _sums(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (BINS, 3): documents, sum of scores, number of relevant ones, by bin; `pairs` is (n, score | relevant)."""
    rows = np.minimum((pairs[:, 0] * BINS).astype(np.int64), BINS - 1)
    weights = (None, pairs[:, 0], pairs[:, 1])
    return np.stack([np.bincount(rows, weights=weight, minlength=BINS) for weight in weights], axis=1)


def _error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the calibration error of each of (n, BINS, 3) sums: (n,)."""
    return np.asarray(np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1) / sums[..., 0].sum(axis=-1))


def _bin(number: int, documents: float, said: float, relevant: float) -> Bin:
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        documents=int(documents),
        said=said / documents if documents else None,
        found=relevant / documents if documents else None,
    )


def _labels(labels: Sequence[Label], relevant: NDArray[np.bool_]) -> dict[str, Labelled]:
    found = {}
    for label in Label:
        carries = np.array([one is label for one in labels])
        documents, right = int(carries.sum()), int((carries & relevant).sum())
        found[label.value] = Labelled(
            documents=documents,
            relevant=right,
            precision=_share(right, documents),
            recall=_share(right, int(relevant.sum())),
            false_positives=_share(documents - right, int((~relevant).sum())),
        )
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
