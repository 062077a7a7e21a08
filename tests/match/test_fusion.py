import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.match import fusion
from hame_match.match.fusion import PROFILE, PROJECT, STRONG, WORTH_A_LOOK, Weights, label_of, relevance
from hame_match.model.match import Label

part = st.floats(-1, 1, width=32)


@pytest.mark.parametrize("weights", [PROFILE, PROJECT])
@given(parts=st.lists(st.tuples(part, st.floats(0, 1, width=32), part), min_size=1, max_size=20))
def test_relevance_lies_between_zero_and_one_and_never_falls_with_a_signal(
    weights: Weights, parts: list[tuple[float, float, float]]
) -> None:
    semantic, lexical, fit = (np.float32(column) for column in zip(*parts, strict=True))
    values = relevance(semantic, lexical, fit, weights)
    assert ((values > 0) & (values <= 1)).all()
    step = np.float32(0.1)
    for more in ((semantic + step, lexical, fit), (semantic, lexical + step, fit), (semantic, lexical, fit + step)):
        assert (relevance(*more, weights) >= values).all()


def test_words_count_more_for_texts_of_projects_and_the_type_of_action_only_for_actors() -> None:
    assert PROJECT.lexical / PROJECT.semantic > PROFILE.lexical / PROFILE.semantic > 0
    assert PROFILE.fit > 0 == PROJECT.fit


def test_labels_begin_at_their_limits() -> None:
    assert label_of(STRONG) is Label.STRONG
    assert label_of(np.nextafter(STRONG, 0)) is Label.WORTH_A_LOOK
    assert label_of(WORTH_A_LOOK) is Label.WORTH_A_LOOK
    assert label_of(np.nextafter(WORTH_A_LOOK, 0)) is Label.WEAK
    assert 0 < fusion.WORTH_A_LOOK < fusion.STRONG < 1
