import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.match import fusion
from hame_match.match.fusion import (
    PROFILE,
    PROJECT,
    STRONG,
    WORTH_A_LOOK,
    Scale,
    Weights,
    label_of,
    relevance,
    scale_of,
)
from hame_match.model.match import Label

part = st.floats(-1, 1, width=32)


@pytest.mark.parametrize("weights", [PROFILE, PROJECT])
@given(parts=st.lists(st.tuples(part, st.floats(0, 1, width=32), part), min_size=1, max_size=20))
def test_relevance_lies_between_zero_and_one_and_never_falls_with_a_signal(
    weights: Weights, parts: list[tuple[float, float, float]]
) -> None:
    semantic, lexical, fit = (np.float32(column) for column in zip(*parts, strict=True))
    scale = Scale(0.05, 0.1)
    values = relevance(semantic, lexical, fit, weights, scale)
    assert ((values >= 0) & (values <= 1)).all()
    step = np.float32(0.1)
    for more in ((semantic + step, lexical, fit), (semantic, lexical + step, fit), (semantic, lexical, fit + step)):
        assert (relevance(*more, weights, scale) >= values).all()


def test_words_count_more_for_texts_of_projects_and_the_type_of_action_only_for_actors() -> None:
    assert PROJECT.lexical / PROJECT.prominence > PROFILE.lexical / PROFILE.prominence > 0
    assert PROFILE.fit > 0 == PROJECT.fit


def test_labels_begin_at_their_limits() -> None:
    assert label_of(STRONG) is Label.STRONG
    assert label_of(np.nextafter(STRONG, 0)) is Label.WORTH_A_LOOK
    assert label_of(WORTH_A_LOOK) is Label.WORTH_A_LOOK
    assert label_of(np.nextafter(WORTH_A_LOOK, 0)) is Label.WEAK
    assert 0 < fusion.WORTH_A_LOOK < fusion.STRONG < 1


def test_the_same_standing_out_is_the_same_relevance_for_an_actor_whose_similarities_all_lie_higher() -> None:
    similarities = np.linspace(-0.2, 0.5, 1000, dtype=np.float32)
    nothing = np.zeros_like(similarities)

    def of(semantic: np.ndarray) -> np.ndarray:
        return relevance(semantic, nothing, nothing, PROFILE, scale_of(semantic))

    np.testing.assert_allclose(of(similarities), of(similarities * np.float32(0.8) + np.float32(0.1)), atol=0.02)


def test_a_list_of_few_calls_is_held_against_what_is_usual() -> None:
    """Else the better of two calls that both say nothing to the actor would stand out."""
    few = np.float32([0.01, 0.02])
    nothing = np.zeros_like(few)
    assert relevance(few, nothing, nothing, PROFILE, scale_of(few)).max() < WORTH_A_LOOK
    assert scale_of(np.zeros(0, np.float32)).spread > 0


def test_an_actor_nothing_suits_is_recommended_nothing_and_no_small_grant_either() -> None:
    semantic = np.float32([*np.linspace(-0.08, 0.08, 700), 0.12])
    nothing, suits = np.zeros_like(semantic), np.full_like(semantic, 0.6)
    for fit in (nothing, suits):
        assert relevance(semantic, nothing, fit, PROFILE, scale_of(semantic)).max() < WORTH_A_LOOK
