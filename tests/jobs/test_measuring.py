import math
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hame_match.errors import EvaluationError
from hame_match.jobs.calibration import BINS, Calibration, calibration_of
from hame_match.jobs.comparing import compare
from hame_match.jobs.measuring import CEILING, EXPONENTIAL, KEPT, Part, by_query, measure, score_run
from hame_match.jobs.trec import Judgements, RankedList, write_run


def graded(grades: Mapping[str, Mapping[str, int]]) -> Judgements:
    """Judgements of two judges; the grades are sums of theirs."""
    return Judgements({query: dict(found) for query, found in grades.items()}, 4, graded=True)


def trec(grades: Mapping[str, Mapping[str, int]]) -> Judgements:
    return Judgements({query: dict(found) for query, found in grades.items()}, 1, graded=False)


def falling(*documents: str) -> dict[str, float]:
    return {document: 0.9 - 0.01 * place for place, document in enumerate(documents)}


def value(judgements: Judgements, ranked: Mapping[str, float], name: str, part: Part | None = None) -> float:
    return by_query(judgements, {"q": ranked}, part=part or Part())[name]["q"]


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    judgements = graded({"q": {"a": 6, "b": 4, "x": 0, "y": 3}})
    assert value(judgements, falling("a", "b", "x", "y"), "AUC") == 1
    assert value(judgements, falling("x", "a", "y", "b"), "AUC") == pytest.approx(1 / 4)
    assert value(judgements, dict.fromkeys("abxy", 0.5), "AUC") == 0.5


def test_auc_of_a_pool_is_asked_over_what_was_judged_and_what_is_missing_comes_last() -> None:
    judgements = graded({"q": {"a": 6, "b": 4, "x": 0}})
    assert value(judgements, falling("unseen", "a", "b", "x"), "AUC") == 1
    assert value(judgements, falling("a", "x"), "AUC") == 0.5, "b is not in the list: behind x"


def test_auc_of_whole_lists_is_asked_over_the_candidates() -> None:
    judgements = trec({"q": {"a": 1}})
    assert value(judgements, falling("x", "a", "y"), "AUC") == 0.5
    candidates = Part(candidates={"a", "x", "y", "z1", "z2"})
    assert value(judgements, falling("x", "a", "y"), "AUC", candidates) == pytest.approx(3 / 4)
    assert value(judgements, falling("x", "y"), "AUC", candidates) == pytest.approx(1 / 4), "tied with z1 and z2"


def test_a_query_with_nothing_but_relevant_documents_has_no_auc() -> None:
    judgements = graded({"q": {"a": 6}, "p": {"a": 6, "x": 0}})
    figures = measure(judgements, {"q": falling("a"), "p": falling("x", "a")}).figures
    assert (figures["AUC"].mean, figures["AUC"].queries, figures["MRR"].queries) == (0, 1, 2)
    assert "AUC" not in measure(graded({"q": {"a": 6}}), {"q": falling("a")}).figures


def test_the_gain_of_the_exponential_measure_is_two_to_the_grade_less_one() -> None:
    judgements = graded({"q": {"a": 6, "b": 4, "c": 3}})
    found = sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate((1.5, 2, 3)))
    best = sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate((3, 2, 1.5)))
    assert value(judgements, falling("c", "b", "a"), EXPONENTIAL) == pytest.approx(found / best, abs=1e-5)
    assert EXPONENTIAL not in by_query(trec({"q": {"a": 1}}), {"q": falling("a")})


def test_the_two_gains_are_not_mixed_up() -> None:
    judgements = graded({f"q{n}": {"a": 6, "b": 2, "c": 1} for n in range(5)})
    ranked = {f"q{n}": falling("b", "a", "c") for n in range(5)}
    for _ in range(5):
        values = by_query(judgements, ranked)
        linear = (2 + 6 / math.log2(3) + 0.5) / (6 + 2 / math.log2(3) + 0.5)
        assert list(values["nDCG@10"].values()) == pytest.approx([linear] * 5)
        assert all(0 < one < linear - 0.05 for one in values[EXPONENTIAL].values())


def test_the_ceiling_is_what_five_places_can_hold() -> None:
    two = graded({"q": {"a": 6, "b": 4, **dict.fromkeys("uvwxyz", 0)}})
    assert value(two, falling("u", "a", "v", "w", "b", "x"), CEILING) == 1
    six = graded({"q": {**dict.fromkeys("abcdef", 4), "x": 0}})
    assert value(six, falling("x", *"abcdef"), CEILING) == pytest.approx(4 / 5)


def test_what_survives_the_candidate_stage_is_told_with_the_length_of_the_lists() -> None:
    judgements = graded({"q": {"a": 6, "b": 4, "x": 0}})
    measured = measure(judgements, {"q": falling("unseen", "a")})
    assert (measured.figures[KEPT].mean, measured.length) == (0.5, 2)


def test_a_part_holds_its_queries_and_documents_only() -> None:
    part = Part({"q"}, {"a", "b", "x"}, {"q": {"b"}})
    judgements = part.of_judgements(trec({"q": {"a": 1, "b": 1, "z": 1}, "p": {"a": 1}, "n": {"z": 1}}))
    assert judgements.grades == {"q": {"a": 1}}
    assert part.of_run({"q": {"z": 0.3, "b": 0.2, "a": 0.1}, "p": {"a": 1}}) == {"q": {"a": 0.1}}
    assert set(part.others("q")) == {"a", "x"}


def test_known_topics_are_left_out_before_measuring(tmp_path: Path) -> None:
    qrels = tmp_path / "q.tsv"
    qrels.write_text("o 0 new 1\n", "utf-8")
    run = tmp_path / "r.trec"
    write_run(run, [RankedList("o", ["seen", "new", "x"], [0.9, 0.8, 0.7])], "test")
    assert score_run(qrels, run).figures["MRR"].mean == 0.5
    assert score_run(qrels, run, part=Part({"o"}, None, {"o": {"seen"}})).figures["MRR"].mean == 1
    with pytest.raises(EvaluationError, match="is the part that was asked for in both"):
        score_run(qrels, run, part=Part({"other"}))


def calibrated(pairs: Sequence[tuple[float, bool]]) -> Calibration:
    grades = {f"d{n}": 4 if relevant else 0 for n, (_, relevant) in enumerate(pairs)}
    found = calibration_of(graded({"q": grades}), {"q": {f"d{n}": score for n, (score, _) in enumerate(pairs)}})
    assert isinstance(found, Calibration)
    return found


def test_a_relevance_that_comes_true_has_no_error() -> None:
    found = calibrated([(0.25, True), *[(0.25, False)] * 3, (0.75, False), *[(0.75, True)] * 3])
    assert found.error.mean == pytest.approx(0)
    assert [(one.documents, one.said, one.found) for one in found.bins if one.documents] == [
        (4, 0.25, 0.25),
        (4, 0.75, 0.75),
    ]


def test_the_error_is_weighted_by_the_documents_of_a_bin() -> None:
    found = calibrated([(0.9, False), (0.1, False), (0.1, False), (0.1, True)])
    assert found.error.mean == pytest.approx(1 / 4 * 0.9 + 3 / 4 * abs(0.1 - 1 / 3))
    assert (found.documents, found.error.low, found.error.queries) == (4, None, 1)


def test_the_bins_are_ten_of_equal_width_and_the_last_holds_one() -> None:
    found = calibrated([(0.0, False), (0.1, False), (0.999, True), (1.0, True)])
    assert [one.documents for one in found.bins] == [1, 1, *[0] * 7, 2]
    assert [(one.low, one.high) for one in found.bins] == [(n / 10, (n + 1) / 10) for n in range(BINS)]
    assert found.bins[5].said is None


def test_each_label_has_its_precision() -> None:
    labels = calibrated([(0.9, True), (0.7, False), (0.4, True), (0.35, False), (0.31, False), (0.1, False)]).labels
    assert [(name, one.documents, one.relevant) for name, one in labels.items()] == [
        ("strong", 2, 1),
        ("worth_a_look", 3, 1),
        ("weak", 1, 0),
    ]
    assert labels["strong"].precision == 0.5
    assert (labels["strong"].recall, labels["strong"].false_positives) == (0.5, 0.25)
    assert calibrated([(0.9, True), (0.8, False)]).labels["weak"].precision is None


def test_the_interval_of_the_error_is_over_the_queries() -> None:
    random = np.random.default_rng(1)
    grades = {f"q{q}": {f"d{d}": 4 * int(random.random() < 0.5) for d in range(30)} for q in range(12)}
    run = {query: dict.fromkeys(found, 0.55) for query, found in grades.items()}
    found = calibration_of(graded(grades), run)
    assert isinstance(found, Calibration)
    assert found.error.low is not None
    assert found.error.high is not None
    assert found.error.low <= found.error.mean <= found.error.high
    assert calibration_of(graded(grades), run) == found


@pytest.mark.parametrize(
    ("scores", "grades", "why"),
    [
        ({"a": 1.2, "x": 0.1}, {"a": 4, "x": 0}, "are no probabilities"),
        ({"a": 0.2, "x": -0.1}, {"a": 4, "x": 0}, "from -0.1 to 0.2"),
        ({"z": 0.2}, {"a": 4, "x": 0}, "holds no judged document"),
        ({"a": 0.2, "z": 0.1}, {"a": 4}, "every judged document in the run is relevant"),
    ],
)
def test_what_cannot_be_calibrated_says_why(scores: dict[str, float], grades: dict[str, int], why: str) -> None:
    assert why in str(calibration_of(graded({"q": grades}), {"q": scores}))
    measured = measure(graded({"q": grades}), {"q": scores})
    assert measured.calibration is None
    assert why in str(measured.uncalibrated)


def paired(own: Sequence[float], other: Sequence[float]) -> tuple[dict[str, float], dict[str, float]]:
    return ({f"q{n}": one for n, one in enumerate(own)}, {f"q{n}": one for n, one in enumerate(other)})


def test_the_paired_test_of_few_queries_tries_every_exchange() -> None:
    own, other = paired([0.5, 0.6, 0.9, 0.4, 0.8], [0.4, 0.2, 0.3, 0.5, 0.1])
    differences = [0.1, 0.4, 0.6, -0.1, 0.7]
    as_large = [
        abs(sum(sign * one for sign, one in zip(signs, differences, strict=True))) >= sum(differences) - 1e-9
        for signs in product((1, -1), repeat=5)
    ]
    found = compare({"AP": own}, {"AP": other}, "other").differences["AP"]
    assert found.p == pytest.approx(sum(as_large) / 32)
    assert (found.mean, found.other, found.queries) == (pytest.approx(0.34), pytest.approx(0.3), 5)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.mean < found.high


def test_the_paired_test_sees_a_steady_difference_and_none_in_noise() -> None:
    random = np.random.default_rng(2)
    base = random.random(200)
    steady = compare({"AP": paired(base + 0.02, base)[0]}, {"AP": paired(base, base)[0]}, "b").differences["AP"]
    assert steady.p is not None
    assert steady.p < 0.001
    noise = compare({"AP": paired(base, base)[0]}, {"AP": paired(random.permutation(base), base)[0]}, "b")
    assert noise.differences["AP"].p == pytest.approx(1, abs=0.05)


def test_the_same_run_does_not_differ_from_itself() -> None:
    own, _ = paired([0.5, 0.25], [])
    found = compare({"AP": own, "AUC": {}}, {"AP": own, "AUC": {}}, "itself")
    assert set(found.differences) == {"AP"}
    assert (found.differences["AP"].mean, found.differences["AP"].p, found.not_in_both) == (0, 1, 0)


def test_only_queries_of_both_runs_are_compared() -> None:
    found = compare({"AP": {"a": 1.0, "b": 0.5}}, {"AP": {"b": 0.25, "c": 1.0}}, "other")
    assert found.not_in_both == 2
    assert (found.differences["AP"].mean, found.differences["AP"].p) == (0.25, None)
    with pytest.raises(EvaluationError, match="other: has no query in common"):
        compare({"AP": {"a": 1.0}}, {"AP": {"c": 1.0}}, "other")


def test_several_runs_are_compared_at_once(tmp_path: Path) -> None:
    qrels = tmp_path / "q.tsv"
    qrels.write_text("".join(f"q{n} 0 good 1\n" for n in range(6)), "utf-8")
    for name, order in (("best", ["good", "x"]), ("worse", ["x", "good"])):
        lists = [RankedList(f"q{n}", order, [0.9, 0.8]) for n in range(6)]
        write_run(tmp_path / f"{name}.trec", lists, name)
    best, worse = tmp_path / "best.trec", tmp_path / "worse.trec"
    measured = score_run(qrels, best, against=[worse, best])
    assert list(measured.against) == [str(worse), str(best)]
    found = measured.against[str(worse)].differences["MRR"]
    assert (found.mean, found.p) == (0.5, pytest.approx(2 / 64))
    assert measured.against[str(best)].differences["MRR"].mean == 0
