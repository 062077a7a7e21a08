import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hame_match.match import standing
from hame_match.match.standing import standardised, standing_of

RELEVANCES = arrays(np.float32, st.integers(2, 30), elements=st.floats(0.0078125, 0.9921875, width=32))


def test_the_examples_hold() -> None:
    result = doctest.testmod(standing)
    assert (result.failed, result.attempted > 0) == (0, True)


def test_a_narrow_actor_s_best_call_stands_above_a_broad_actor_s_common_one() -> None:
    broad = np.array([0.6, 0.65, 0.7, 0.55], np.float32)
    narrow = np.array([0.5, 0.05, 0.06, 0.04], np.float32)
    assert broad[0] > narrow[0]
    assert standing_of(broad, 0).z < standing_of(narrow, 0).z


def test_places_count_from_one_and_equal_values_share_the_best() -> None:
    values = np.array([0.2, 0.9, 0.2, 0.4], np.float32)
    assert [standing_of(values, row).place for row in range(4)] == [3, 1, 3, 2]
    assert standing_of(values, 0).of == 4


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.4, 0.4], [1.0, 1.0]])
def test_calls_that_are_all_alike_stand_at_zero(values: list[float]) -> None:
    assert standardised(np.array(values, np.float32)).tolist() == [0.0] * len(values)


def test_the_ends_of_the_scale_are_finite() -> None:
    assert np.isfinite(standardised(np.array([0.0, 1.0, 0.5], np.float32))).all()
    assert standardised(np.zeros(0, np.float32)).shape == (0,)


@given(RELEVANCES)
def test_standing_never_turns_an_actor_s_own_order_round(values: np.ndarray) -> None:
    scores = standardised(values)
    order = np.argsort(values, kind="stable")
    assert (np.diff(scores[order]) >= -1e-4).all()
    assert abs(float(scores.mean())) < 1e-2
