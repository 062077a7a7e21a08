"""Judgements and runs in TREC's formats, as `trec_eval` reads them (https://github.com/usnistgov/trec_eval)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hame_match.errors import EvaluationError
from hame_match.jobs.evaluation_files import lines, naming

GRADED_HEADER = ("actor", "call_id", "grade_a", "grade_b")
"""First line of judgements by two judges; a file without it is TREC qrels."""

Run = Mapping[str, Mapping[str, float]]
"""Query id to document id to score, higher is better."""


@dataclass(frozen=True, slots=True)
class RankedList:
    """The documents of one query, best first: ids as in the input, and their scores, higher is better."""

    query_id: str
    ids: Sequence[str]
    scores: Sequence[float]


@dataclass(frozen=True, slots=True)
class Judgements:
    """What judges said.

    Attributes:
        grades: query id to document id to grade, higher is better.
        relevant_from: least grade of a relevant document.
        graded: two judges graded a pool; `grades` are then their sums, so that they stay whole numbers.
    """

    grades: dict[str, dict[str, int]]
    relevant_from: int
    graded: bool


def read_qrels(file: Path) -> Judgements:
    """Return judgements: of two judges (with the header `GRADED_HEADER`), or TREC qrels (query, 0, document, grade).

    A call is relevant from a mean grade of 2, a document of TREC qrels from 1.

    Raises:
        EvaluationError: the file cannot be read, a line is wrong, a pair stands twice or nothing is judged.
    """
    grades: dict[str, dict[str, int]] = {}
    graded = False
    for number, line in lines(file):
        cells = line.split()
        if not grades and tuple(cells) == GRADED_HEADER:
            graded = True
            continue
        with naming(file, number):
            if len(cells) != 4:
                raise ValueError(
                    f"has {len(cells)} columns, not 4: {' '.join(GRADED_HEADER)}, or query 0 document grade"
                )
            query, document = (cells[0], cells[1]) if graded else (cells[0], cells[2])
            of_query = grades.setdefault(query, {})
            if document in of_query:
                raise ValueError(f"{query} {document} stands twice")
            of_query[document] = int(cells[2]) + int(cells[3]) if graded else int(cells[3])
    if not grades:
        raise EvaluationError(f"{file}: holds no judgement")
    return Judgements(grades, 4 if graded else 1, graded)


def read_run(file: Path) -> dict[str, dict[str, float]]:
    """Return query to document to score of a TREC run; its rank column says nothing, as for `trec_eval`.

    Raises:
        EvaluationError: the file cannot be read, a line is wrong, a pair stands twice or nothing is ranked.
    """
    run: dict[str, dict[str, float]] = {}
    for number, line in lines(file):
        cells = line.split()
        with naming(file, number):
            if len(cells) != 6:
                raise ValueError(f"has {len(cells)} columns, not 6: query Q0 document rank score tag")
            of_query = run.setdefault(cells[0], {})
            if cells[2] in of_query:
                raise ValueError(f"{cells[0]} {cells[2]} stands twice")
            of_query[cells[2]] = float(cells[4])
    if not run:
        raise EvaluationError(f"{file}: holds no ranking")
    return run


def write_run(file: Path, lists: Iterable[RankedList], tag: str) -> int:
    """Write a TREC run as lists come and return their number; an error leaves an older file as it was.

    Scores are written as float32, which `trec_eval` computes in, each below the one before it: a reader that breaks
    ties by id keeps our order.

    Raises:
        EvaluationError: the file cannot be written.
    """
    partial, written = file.with_name(f"{file.name}.part"), 0
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as stream:
            for one in lists:
                last = np.float32(np.inf)
                for rank, (document, score) in enumerate(zip(one.ids, one.scores, strict=True), start=1):
                    last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
                    stream.write(f"{one.query_id} Q0 {document} {rank} {last:.9g} {tag}\n")
                written += 1
        partial.replace(file)
    except OSError as exc:
        raise EvaluationError(f"{file}: cannot be written: {exc.strerror or exc}") from exc
    finally:
        partial.unlink(missing_ok=True)
    return written
