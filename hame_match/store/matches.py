"""Ranked lists, replaced by every ranking, and people's reviews, which no ranking touches."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from hame_match.model.match import (
    Decision,
    Label,
    Match,
    Reason,
    RejectionReason,
    Review,
    ScoreParts,
    Verdict,
)
from hame_match.store.database import instant_text, wrapping_errors


def _match(row: Mapping[str, Any]) -> Match:
    return Match(
        actor=row["actor"],
        call_id=row["call_id"],
        rank=row["rank"],
        relevance=row["relevance"],
        label=Label(row["label"]),
        parts=ScoreParts(row["semantic"], row["lexical"], row["fit"], row["learnt"]),
        verdict=Verdict(row["verdict"]),
        reasons=_reasons(row["reasons"]),
        evidence=row["evidence"],
        evidence_language=row["evidence_language"],
        interest=row["interest"],
        content_hash=row["content_hash"],
        ranker=row["ranker"],
        at=datetime.fromisoformat(row["at"]),
        second_evidence=row["second_evidence"],
        second_interest=row["second_interest"],
        borrowed_from=row["borrowed_from"],
        folded_into=row["folded_into"],
        flags=_reasons(row["flags"]),
    )


def _reasons(text: str) -> tuple[Reason, ...]:
    return tuple(Reason(rule, Verdict(verdict), *said) for rule, verdict, *said in json.loads(text))


def _reasons_text(reasons: Iterable[Reason]) -> str:
    return json.dumps([[r.rule, r.verdict, r.code, r.fact, r.sentence] for r in reasons], ensure_ascii=False)


@wrapping_errors
class MatchTable:
    """Keeps one ranked list per actor."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, actor: str, matches: Iterable[Match]) -> None:
        """Put a new list in the place of the actor's old one; expects an open transaction."""
        self._db.execute("DELETE FROM matches WHERE actor = ?", [actor])
        self._db.table("matches").insert_all(
            {
                "actor": match.actor,
                "call_id": match.call_id,
                "rank": match.rank,
                "relevance": match.relevance,
                "label": match.label,
                "semantic": match.parts.semantic,
                "lexical": match.parts.lexical,
                "verdict": match.verdict,
                "fit": match.parts.fit,
                "learnt": match.parts.learnt,
                "reasons": _reasons_text(match.reasons),
                "flags": _reasons_text(match.flags),
                "evidence": match.evidence,
                "evidence_language": match.evidence_language,
                "interest": match.interest,
                "content_hash": match.content_hash,
                "ranker": match.ranker,
                "at": instant_text(match.at),
                "second_evidence": match.second_evidence,
                "second_interest": match.second_interest,
                "borrowed_from": match.borrowed_from,
                "folded_into": match.folded_into,
            }
            for match in matches
        )

    def forget_others(self, actors: Iterable[str]) -> None:
        """Delete the lists of everybody not in `actors`; reviews stay. Expects an open transaction."""
        kept = set(actors)
        for (actor,) in self._db.execute("SELECT DISTINCT actor FROM matches").fetchall():
            if actor not in kept:
                self._db.execute("DELETE FROM matches WHERE actor = ?", [actor])

    def of_actor(self, actor: str) -> list[Match]:
        """Return the actor's list, best first; empty when it was never ranked."""
        return [_match(row) for row in self._db.query("SELECT * FROM matches WHERE actor = ? ORDER BY rank", [actor])]

    def get(self, actor: str, call_id: str) -> Match | None:
        """Return one match, or None."""
        for row in self._db.query("SELECT * FROM matches WHERE actor = ? AND call_id = ?", [actor, call_id]):
            return _match(row)
        return None

    def pending_counts(self) -> dict[str, int]:
        """Return actor to number of matches that wait for a decision, for actors that have any.

        A match waits when nobody has decided or the call has changed since; one the actor may not apply to does not,
        nor one that is folded into another that was not rejected: their line counts once.
        """
        rows = self._db.query(
            "SELECT m.actor AS actor, count(*) AS n FROM matches m LEFT JOIN reviews r"
            " ON r.actor = m.actor AND r.call_id = m.call_id"
            " LEFT JOIN reviews l ON l.actor = m.actor AND l.call_id = m.folded_into AND l.decision = 'rejected'"
            " WHERE m.verdict <> 'ineligible' AND (m.folded_into = '' OR l.call_id IS NOT NULL)"
            " AND r.content_hash IS NOT m.content_hash GROUP BY m.actor"
        )
        return {row["actor"]: row["n"] for row in rows}


def _review(row: Mapping[str, Any]) -> Review:
    return Review(
        actor=row["actor"],
        call_id=row["call_id"],
        decision=Decision(row["decision"]),
        reason=RejectionReason(row["reason"]) if row["reason"] else None,
        note=row["note"],
        reviewer=row["reviewer"],
        at=datetime.fromisoformat(row["at"]),
        content_hash=row["content_hash"],
    )


@wrapping_errors
class ReviewTable:
    """Keeps the latest review of each (actor, call)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, review: Review) -> None:
        """Record a decision in the place of an earlier one; expects an open transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO reviews (actor, call_id, decision, reason, note, reviewer, at, content_hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                review.actor,
                review.call_id,
                review.decision,
                review.reason,
                review.note,
                review.reviewer,
                instant_text(review.at),
                review.content_hash,
            ],
        )

    def of_actor(self, actor: str) -> dict[str, Review]:
        """Return call id to review for one actor."""
        rows = self._db.query("SELECT * FROM reviews WHERE actor = ? ORDER BY call_id", [actor])
        return {row["call_id"]: _review(row) for row in rows}

    def last_approved(self) -> dict[str, datetime]:
        """Return actor to the UTC instant of its latest approval, for actors that have any."""
        rows = self._db.query("SELECT actor, max(at) AS at FROM reviews WHERE decision = 'approved' GROUP BY actor")
        return {row["actor"]: datetime.fromisoformat(row["at"]) for row in rows}
