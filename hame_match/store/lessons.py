"""What decisions taught at the last ranking, and from when on an actor's decisions teach."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from hame_match.model.lesson import Influence, LearntRule, Lesson, LessonState, RuleKind
from hame_match.store.database import instant_text, wrapping_errors


@wrapping_errors
class LessonTable:
    """Keeps one lesson per actor, replaced by every ranking, and when an actor's decisions were forgotten."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, lessons: Iterable[Lesson]) -> None:
        """Put the lessons of a ranking in the place of all older ones; expects an open transaction."""
        self._db.execute("DELETE FROM lessons")
        for lesson in lessons:
            self._db.execute(
                "INSERT INTO lessons (actor, at, content) VALUES (?, ?, ?)",
                [lesson.actor, instant_text(lesson.at), json.dumps(_content(lesson), ensure_ascii=False)],
            )

    def get(self, actor: str) -> Lesson | None:
        """Return what the last ranking learnt for an actor; None when nothing was judged."""
        for row in self._db.query("SELECT * FROM lessons WHERE actor = ?", [actor]):
            return _lesson(row)
        return None

    def forget(self, actor: str, at: datetime) -> None:
        """Let decisions up to `at` teach no more; they stay as decisions. Expects an open transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO learning_starts (actor, forgotten_at) VALUES (?, ?)", [actor, instant_text(at)]
        )

    def forgotten_at(self, actor: str) -> datetime | None:
        """Return the UTC instant up to which an actor's decisions were forgotten, or None."""
        for row in self._db.query("SELECT forgotten_at FROM learning_starts WHERE actor = ?", [actor]):
            return datetime.fromisoformat(row["forgotten_at"])
        return None


def _content(lesson: Lesson) -> dict[str, Any]:
    return {
        "state": lesson.state,
        "positive": lesson.positive,
        "negative": lesson.negative,
        "silent": lesson.silent,
        "prior_loss": lesson.prior_loss,
        "learnt_loss": lesson.learnt_loss,
        "trust": lesson.trust,
        "influences": _pairs(lesson.influences),
        "rules": [
            [rule.kind, rule.demotes, None if rule.limit is None else str(rule.limit), rule.call_ids]
            for rule in lesson.rules
        ],
        "because": [[call_id, _pairs(found)] for call_id, found in lesson.because],
    }


def _pairs(influences: Iterable[Influence]) -> list[list[object]]:
    return [[one.call_id, round(one.effect, 5)] for one in influences]


def _lesson(row: Mapping[str, Any]) -> Lesson:
    content = json.loads(row["content"])
    return Lesson(
        actor=row["actor"],
        at=datetime.fromisoformat(row["at"]),
        state=LessonState(content["state"]),
        positive=content["positive"],
        negative=content["negative"],
        silent=content["silent"],
        prior_loss=content["prior_loss"],
        learnt_loss=content["learnt_loss"],
        trust=content["trust"],
        influences=_influences(content["influences"]),
        rules=tuple(
            LearntRule(RuleKind(kind), demotes, None if limit is None else Decimal(limit), tuple(call_ids))
            for kind, demotes, limit, call_ids in content["rules"]
        ),
        because=tuple((call_id, _influences(found)) for call_id, found in content["because"]),
    )


def _influences(pairs: Iterable[tuple[str, float]]) -> tuple[Influence, ...]:
    return tuple(Influence(call_id, effect) for call_id, effect in pairs)
