"""Holds a run against judgements: the measures are those of ir-measures and scikit-learn, here chosen and averaged."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from hame_match.errors import EvaluationError
from hame_match.jobs.calibration import Calibration, calibration_of
from hame_match.jobs.comparing import Comparison, Figure, compare, figure_of
from hame_match.jobs.trec import Judgements, Run, read_qrels, read_run

if TYPE_CHECKING:
    from ir_measures import Measure

CEILING = "P@5 / ceiling"
"""P@5 over what the best order of the judged documents would have: an actor may have fewer than five relevant calls."""
EXPONENTIAL = "nDCG@10 (2^g-1)"
"""Gain 2^grade - 1 (Burges et al., ICML 2005): the best calls count for more than in plain nDCG, whose gain is the
grade (Järvelin & Kekäläinen, TOIS 2002; trec_eval). Figures of the two must not be set against each other."""
KEPT = "relevant kept"
"""Share of the relevant documents that the list holds at all: what survives the candidate stage."""
_FINE = 10_000
"""Gains are handed over as whole numbers; nDCG is the same whatever their unit."""

_Value = TypeVar("_Value")
ByQuery = Mapping[str, Mapping[str, float]]
"""Name of a measure to query to value."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the data to measure on.

    Attributes:
        queries: ids of the queries; None is all.
        candidates: the documents there are; others are dropped from run and judgements. None is all.
        left_out: query id to documents that are dropped for it, such as topics that an organisation knows already.
    """

    queries: Collection[str] | None = None
    candidates: Collection[str] | None = None
    left_out: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)

    def of_judgements(self, judgements: Judgements) -> Judgements:
        """Return the judgements of this part."""
        grades = {query: self._kept(query, found) for query, found in judgements.grades.items() if self._asked(query)}
        return dataclasses.replace(judgements, grades={query: found for query, found in grades.items() if found})

    def of_run(self, run: Run) -> Run:
        """Return the rankings of this part."""
        return {query: self._kept(query, found) for query, found in run.items() if self._asked(query)}

    def others(self, query: str) -> Collection[str]:
        """Return every candidate of a query; empty where nobody says what there is."""
        return self._kept(query, dict.fromkeys(self.candidates or (), 0))

    def _asked(self, query: str) -> bool:
        return self.queries is None or query in self.queries

    def _kept(self, query: str, found: Mapping[str, _Value]) -> dict[str, _Value]:
        known, left = self.candidates, self.left_out.get(query, ())
        return {one: value for one, value in found.items() if (known is None or one in known) and one not in left}


_ALL = Part()


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
        length: median number of documents in a list.
        figures: name of the measure to its figure.
        calibration: whether the scores are probabilities of relevance; None where that cannot be asked.
        uncalibrated: why it cannot; None where it can.
        against: name of another run to the comparison with it, pair by pair.
    """

    queries: int
    not_ranked: int
    not_judged: int
    without_relevant: int
    graded: bool
    ungraded: float | None
    length: float
    figures: dict[str, Figure]
    calibration: Calibration | None
    uncalibrated: str | None
    against: dict[str, Comparison]


def score_run(qrels: Path, run: Path, *, against: Sequence[Path] = (), part: Part = _ALL) -> Measured:
    """Return the measures of a run; deterministic, bootstrap and randomisation have a fixed seed.

    Args:
        qrels: see `trec.read_qrels`.
        run: TREC run.
        against: TREC runs to compare it with.
        part: what to measure on.

    Raises:
        EvaluationError: ir-measures is not installed, a file is wrong, or two files have no query in common for which
            something is relevant.
    """
    _library()
    judgements, ranked = part.of_judgements(read_qrels(qrels)), part.of_run(read_run(run))
    measured = measure(judgements, ranked, of=str(run), part=part)
    if not against:
        return measured
    own = by_query(judgements, ranked, of=str(run), part=part)
    others = {
        str(other): by_query(judgements, part.of_run(read_run(other)), of=str(other), part=part) for other in against
    }
    return dataclasses.replace(measured, against={name: compare(own, found, name) for name, found in others.items()})


def measure(judgements: Judgements, ranked: Run, *, of: str = "the run", part: Part = _ALL) -> Measured:
    """Return the measures of rankings: query to document to score, higher is better.

    Args:
        judgements: what judges said.
        ranked: the rankings; equal scores are ordered by document id, as `trec_eval` does.
        of: how an error names the rankings.
        part: says which other documents there are; the judgements and rankings are of that part already.

    Raises:
        EvaluationError: the two have no query in common for which something is relevant.
    """
    values = by_query(judgements, ranked, of=of, part=part)
    grades, whole = _asked(judgements, ranked, of)
    common = [query for query in judgements.grades if query in ranked]
    calibration = calibration_of(judgements, {query: ranked[query] for query in common})
    return Measured(
        queries=len(grades),
        not_ranked=len(judgements.grades) - len(common),
        not_judged=len(ranked.keys() - judgements.grades.keys()),
        without_relevant=len(common) - len(grades),
        graded=judgements.graded,
        ungraded=_ungraded(grades, whole) if judgements.graded else None,
        length=median(map(len, whole.values())),
        figures={name: figure_of(list(found.values())) for name, found in values.items() if found},
        calibration=calibration if isinstance(calibration, Calibration) else None,
        uncalibrated=calibration if isinstance(calibration, str) else None,
        against={},
    )


def by_query(judgements: Judgements, ranked: Run, *, of: str = "the run", part: Part = _ALL) -> ByQuery:
    """Return the value of each measure for each query that has a relevant document; arguments as of `measure`.

    AUC is asked over the judged documents of a pool, else over the list, what is judged, and the candidates of `part`;
    a query with nothing but relevant documents has none.

    Raises:
        EvaluationError: as `measure`.
    """
    grades, whole = _asked(judgements, ranked, of)
    lists = _condensed(whole, grades) if judgements.graded else whole
    values = _measures(grades, judgements, lists)
    values["AUC"] = {
        query: area
        for query, found in grades.items()
        if (area := _area(found, judgements, lists[query], () if judgements.graded else part.others(query))) is not None
    }
    values[KEPT] = {query: _kept(found, judgements.relevant_from, whole[query]) for query, found in grades.items()}
    return values


def _library() -> None:
    try:
        import ir_measures  # noqa: F401
    except ImportError as exc:
        raise EvaluationError(
            'the measures need the package ir-measures: pip install "hame-match[evaluate]", or pip install ir-measures'
        ) from exc


_Grades = Mapping[str, Mapping[str, int]]


def _asked(judgements: Judgements, ranked: Run, of: str) -> tuple[_Grades, Run]:
    """Return grades and lists of the queries that both have and for which something is relevant."""
    asked = [
        query
        for query, found in judgements.grades.items()
        if query in ranked and max(found.values()) >= judgements.relevant_from
    ]
    if not asked:
        raise EvaluationError(
            f"{of}: none of its {len(ranked)} queries has a relevant document; are run and qrels of the same data, "
            "and is the part that was asked for in both?"
        )
    return {query: judgements.grades[query] for query in asked}, {query: ranked[query] for query in asked}


def _condensed(run: Run, grades: _Grades) -> Run:
    return {
        query: {document: score for document, score in found.items() if document in grades[query]}
        for query, found in run.items()
    }


def _measures(grades: _Grades, judgements: Judgements, run: Run) -> dict[str, dict[str, float]]:
    from ir_measures import AP, RR, P, R, nDCG

    relevant_from = judgements.relevant_from
    first_five = P(rel=relevant_from) @ 5
    named = {
        # Gains are linear, so that sums of two grades give what their means would.
        "nDCG@10": nDCG @ 10,
        "R@10": R(rel=relevant_from) @ 10,
        "R@50": R(rel=relevant_from) @ 50,
        "MRR": RR(rel=relevant_from),
        "AP": AP(rel=relevant_from),
    }
    found = _calculated([*named.values(), first_five], grades, run)
    ideal = _calculated([first_five], grades, grades)[str(first_five)]
    values = {name: {query: found[str(measure)][query] for query in grades} for name, measure in named.items()}
    if judgements.graded:
        # Gains handed to ir-measures 0.4.3 beside plain nDCG are mixed up with it, so they stand in for the grades.
        gains = {
            query: {document: round(_FINE * (2 ** (grade / 2) - 1)) for document, grade in judged.items()}
            for query, judged in grades.items()
        }
        values[EXPONENTIAL] = _calculated([nDCG @ 10], gains, run)[str(nDCG @ 10)]
    values[CEILING] = {query: found[str(first_five)][query] / ideal[query] for query in grades}
    return values


def _area(
    grades: Mapping[str, int], judgements: Judgements, ranked: Mapping[str, float], others: Collection[str]
) -> float | None:
    """Return the area under the ROC curve: how likely a relevant document stands before another one; ties half.

    What is not in the list comes after it, tied. None where every document is relevant.
    """
    from sklearn.metrics import roc_auc_score

    documents = list(dict.fromkeys((*ranked, *grades, *others)))
    relevant = [grades.get(document, 0) >= judgements.relevant_from for document in documents]
    if all(relevant):
        return None
    last = min(ranked.values(), default=0.0) - 1
    return float(roc_auc_score(relevant, [ranked.get(document, last) for document in documents]))


def _kept(grades: Mapping[str, int], relevant_from: int, ranked: Mapping[str, float]) -> float:
    relevant = [document for document, grade in grades.items() if grade >= relevant_from]
    return sum(document in ranked for document in relevant) / len(relevant)


def _ungraded(grades: _Grades, run: Run) -> float:
    from ir_measures import Judged

    judged = Judged @ 10
    shares = _calculated([judged], grades, run)[str(judged)].values()
    return 1.0 - sum(shares) / len(shares)


def _calculated(measures: "Sequence[Measure]", grades: _Grades, run: Run) -> dict[str, dict[str, float]]:
    """Return measure to query to value."""
    import ir_measures

    qrels = {query: dict(judged) for query, judged in grades.items()}
    lists = {query: {document: float(score) for document, score in found.items()} for query, found in run.items()}
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in measures}
    for metric in ir_measures.iter_calc(list(measures), qrels, lists):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return values
