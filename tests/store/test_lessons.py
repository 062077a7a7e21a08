from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hame_match.model.lesson import Influence, LearntRule, Lesson, LessonState, RuleKind
from hame_match.store import Store
from tests.builders import NOW

LESSON = Lesson(
    actor="x",
    at=NOW,
    state=LessonState.USED,
    positive=3,
    negative=2,
    silent=1,
    prior_loss=0.7,
    learnt_loss=0.5,
    trust=0.8,
    influences=(Influence("fi:ä", 0.5), Influence("fi:b", -0.25)),
    rules=(
        LearntRule(RuleKind.TOO_BIG, True, Decimal("400000.50"), ("fi:c",)),
        LearntRule(RuleKind.CONSORTIUM, False, None, ("fi:d", "fi:e")),
    ),
    because=(("fi:f", (Influence("fi:ä", 0.125),)),),
)


def test_a_lesson_is_read_back_with_all_its_parts(store: Store) -> None:
    with store.transaction():
        store.lessons.replace([LESSON])
    assert store.lessons.get("x") == LESSON


def test_a_new_ranking_replaces_every_lesson(store: Store) -> None:
    with store.transaction():
        store.lessons.replace([LESSON, replace(LESSON, actor="y")])
        store.lessons.replace([replace(LESSON, state=LessonState.NOT_BETTER)])
    found = store.lessons.get("x")
    assert found is not None
    assert found.state is LessonState.NOT_BETTER
    assert store.lessons.get("y") is None


def test_the_last_forgetting_counts(store: Store) -> None:
    assert store.lessons.forgotten_at("x") is None
    with store.transaction():
        store.lessons.forget("x", NOW)
        store.lessons.forget("x", NOW + timedelta(days=1))
    assert store.lessons.forgotten_at("x") == NOW + timedelta(days=1)
    assert store.lessons.forgotten_at("y") is None
