"""The tables, as migrations that only ever grow: a released one is never edited.

Instants are UTC text of fixed width, so that they sort as they read. Nested facts are JSON text.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("hame_match")


@migrations()
def calls_001(db: Database) -> None:
    """Calls with every version they had, what happened to them, and their stems for full-text search."""
    db.table("calls").create(
        {
            "call_id": str,
            "source": str,
            "source_key": str,
            "content": str,
            "content_hash": str,
            "version": int,
            "first_seen": str,
            "last_seen": str,
        },
        pk="call_id",
        not_null={"source", "source_key", "content", "content_hash", "version", "first_seen", "last_seen"},
        strict=True,
    )
    db.table("calls").create_index(["source", "source_key"], unique=True)
    db.table("call_versions").create(
        {"call_id": str, "version": int, "content": str, "content_hash": str, "at": str},
        pk=("call_id", "version"),
        foreign_keys=[("call_id", "calls", "call_id")],
        not_null={"content", "content_hash", "at"},
        strict=True,
    )
    db.table("call_events").create(
        {"event_id": int, "call_id": str, "kind": str, "fields": str, "version": int, "at": str},
        pk="event_id",
        foreign_keys=[("call_id", "calls", "call_id")],
        not_null={"call_id", "kind", "fields", "version", "at"},
        strict=True,
    )
    db.table("call_events").create_index(["at"])
    db.table("call_stems").create(
        {"call_id": str, "content_hash": str, "title": str, "body": str},
        pk="call_id",
        foreign_keys=[("call_id", "calls", "call_id")],
        not_null={"content_hash", "title", "body"},
        strict=True,
    )
    # Stems are folded before they come here, so the tokenizer keeps ä, ö and å apart from a and o.
    db.table("call_stems").enable_fts(["title", "body"], create_triggers=True, tokenize="unicode61 remove_diacritics 0")


@migrations()
def vectors_001(db: Database) -> None:
    """Vectors by what was embedded and by which model."""
    db.table("vectors").create(
        {"content_hash": str, "model_id": str, "vector": bytes},
        pk=("content_hash", "model_id"),
        not_null={"vector"},
        strict=True,
    )


@migrations()
def matches_001(db: Database) -> None:
    """Ranked lists, replaced at every run, and reviews, which outlive them."""
    db.table("matches").create(
        {
            "actor": str,
            "call_id": str,
            "rank": int,
            "relevance": float,
            "label": str,
            "semantic": float,
            "lexical": float,
            "verdict": str,
            "reasons": str,
            "evidence": str,
            "evidence_language": str,
            "interest": str,
            "content_hash": str,
            "ranker": str,
            "at": str,
        },
        pk=("actor", "call_id"),
        foreign_keys=[("call_id", "calls", "call_id")],
        not_null={"rank", "relevance", "label", "verdict", "reasons", "content_hash", "ranker", "at"},
        strict=True,
    )
    db.table("reviews").create(
        {
            "actor": str,
            "call_id": str,
            "decision": str,
            "reason": str,
            "note": str,
            "reviewer": str,
            "at": str,
            "content_hash": str,
        },
        pk=("actor", "call_id"),
        foreign_keys=[("call_id", "calls", "call_id")],
        not_null={"decision", "note", "reviewer", "at", "content_hash"},
        strict=True,
    )


@migrations()
def digests_001(db: Database) -> None:
    """Digests, one per actor and week, and the outbox."""
    db.table("digests").create(
        {"digest_id": int, "actor": str, "week": str, "more": int, "made_at": str},
        pk="digest_id",
        not_null={"actor", "week", "more", "made_at"},
        strict=True,
    )
    db.table("digests").create_index(["actor", "week"], unique=True)
    db.table("digest_items").create(
        {"digest_id": int, "position": int, "call_id": str},
        pk=("digest_id", "position"),
        foreign_keys=[("digest_id", "digests", "digest_id"), ("call_id", "calls", "call_id")],
        not_null={"call_id"},
        strict=True,
    )
    db.table("digest_items").create_index(["call_id"])
    db.table("deliveries").create(
        {
            "delivery_id": int,
            "digest_id": int,
            "recipient": str,
            "message_id": str,
            "sender": str,
            "raw": bytes,
            "state": str,
            "attempts": int,
            "next_at": str,
            "expires_at": str,
            "answer": str,
            "changed_at": str,
        },
        pk="delivery_id",
        foreign_keys=[("digest_id", "digests", "digest_id")],
        not_null={"digest_id", "recipient", "message_id", "sender", "raw", "state", "attempts", "expires_at"},
        strict=True,
    )
    db.table("deliveries").create_index(["digest_id", "recipient"], unique=True)
    db.table("deliveries").create_index(["message_id"], unique=True)


@migrations()
def runs_001(db: Database) -> None:
    """The ledger: what was crawled, and which job has run for which period."""
    db.table("spider_runs").create(
        {
            "run_id": int,
            "spider": str,
            "started_at": str,
            "finished_at": str,
            "health": str,
            "reason": str,
            "found": int,
            "new": int,
            "changed": int,
            "unchanged": int,
            "skipped": str,
            "notes": str,
        },
        pk="run_id",
        not_null={"spider", "started_at", "finished_at", "health", "reason", "found", "skipped", "notes"},
        strict=True,
    )
    db.table("spider_runs").create_index(["spider", "run_id"])
    db.table("job_runs").create(
        {
            "job": str,
            "period": str,
            "state": str,
            "started_at": str,
            "finished_at": str,
            "detail": str,
        },
        pk=("job", "period"),
        not_null={"state", "started_at", "detail"},
        strict=True,
    )


@migrations()
def lessons_001(db: Database) -> None:
    """What decisions teach: from when on they count, what the last ranking learnt, and what it did to matches."""
    db.table("learning_starts").create(
        {"actor": str, "forgotten_at": str}, pk="actor", not_null={"forgotten_at"}, strict=True
    )
    db.table("lessons").create(
        {"actor": str, "at": str, "content": str}, pk="actor", not_null={"at", "content"}, strict=True
    )
    db.table("matches").add_column("learnt", "REAL", not_null_default=0.0)
    db.table("matches").add_column("flags", str, not_null_default="[]")


@migrations()
def matches_002(db: Database) -> None:
    """What a line of a list says besides: a second sentence, whose text is quoted, and the match it is folded into."""
    for column in ("second_evidence", "second_interest", "borrowed_from", "folded_into"):
        db.table("matches").add_column(column, str, not_null_default="")


@migrations()
def matches_003(db: Database) -> None:
    """How well the type of action suits the kind of actor: a part of the relevance."""
    db.table("matches").add_column("fit", "REAL", not_null_default=0.0)
