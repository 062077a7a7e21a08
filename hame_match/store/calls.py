"""Calls as their sources published them, every version kept, with what was new and what changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from hame_match.model.call import (
    Call,
    CallEvent,
    CallEventKind,
    StoredCall,
    changed_fields,
    content_hash,
)
from hame_match.store.database import instant_text, wrapping_errors


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many calls of a crawl were new, changed or as before."""

    new: int
    changed: int
    unchanged: int


def _stored(row: Mapping[str, Any]) -> StoredCall:
    return StoredCall(
        call=Call.model_validate_json(row["content"]),
        call_id=row["call_id"],
        first_seen=datetime.fromisoformat(row["first_seen"]),
        last_seen=datetime.fromisoformat(row["last_seen"]),
        content_hash=row["content_hash"],
        version=row["version"],
    )


@wrapping_errors
class CallTable:
    """Reads and writes calls; writes expect an open transaction of the `Store`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def import_crawl(self, calls: Iterable[Call], at: datetime) -> ImportCounts:
        """Record everything one healthy crawl found.

        A call seen before with the same meaningful content only gets a new `last_seen`; labels and links that
        changed without meaning are refreshed. A call that is missing from the crawl is left as it is.

        Args:
            calls: the calls, each `call_id` once.
            at: instant of the crawl.

        Returns:
            How many were new, changed and unchanged.
        """
        when = instant_text(at)
        known = {
            row["call_id"]: (row["content_hash"], row["version"])
            for row in self._db.query("SELECT call_id, content_hash, version FROM calls")
        }
        new = changed = unchanged = 0
        for call in calls:
            digest, content = content_hash(call), call.model_dump_json()
            before = known.get(call.call_id)
            if before is None:
                self._db.table("calls").insert(
                    {
                        "call_id": call.call_id,
                        "source": call.source,
                        "source_key": call.source_key,
                        "content": content,
                        "content_hash": digest,
                        "version": 1,
                        "first_seen": when,
                        "last_seen": when,
                    }
                )
                self._add_version(call.call_id, 1, content, digest, when, CallEventKind.NEW, ())
                new += 1
            elif before[0] == digest:
                self._db.execute(
                    "UPDATE calls SET last_seen = ?, content = ? WHERE call_id = ?", [when, content, call.call_id]
                )
                unchanged += 1
            else:
                old = self.get(call.call_id)
                fields = changed_fields(old.call, call) if old else ()
                version = before[1] + 1
                self._db.execute(
                    "UPDATE calls SET last_seen = ?, content = ?, content_hash = ?, version = ? WHERE call_id = ?",
                    [when, content, digest, version, call.call_id],
                )
                self._add_version(call.call_id, version, content, digest, when, CallEventKind.CHANGED, fields)
                changed += 1
        return ImportCounts(new, changed, unchanged)

    def _add_version(
        self,
        call_id: str,
        version: int,
        content: str,
        digest: str,
        at: str,
        kind: CallEventKind,
        fields: Sequence[str],
    ) -> None:
        self._db.table("call_versions").insert(
            {"call_id": call_id, "version": version, "content": content, "content_hash": digest, "at": at}
        )
        self._db.table("call_events").insert(
            {"call_id": call_id, "kind": kind, "fields": json.dumps(list(fields)), "version": version, "at": at}
        )

    def get(self, call_id: str) -> StoredCall | None:
        """Return one call, or None when there is none with this id."""
        for row in self._db.query("SELECT * FROM calls WHERE call_id = ?", [call_id]):
            return _stored(row)
        return None

    def all(self, source: str | None = None) -> list[StoredCall]:
        """Return every call, of `source` if given, ordered by id."""
        condition, parameters = ("WHERE source = ?", [source]) if source else ("", [])
        rows = self._db.query(f"SELECT * FROM calls {condition} ORDER BY call_id", parameters)
        return [_stored(row) for row in rows]

    def count(self) -> int:
        """Return the number of calls stored."""
        return self._db.table("calls").count

    def events(self, since: datetime) -> list[CallEvent]:
        """Return what happened to calls at `since` or later, in the order it was recorded."""
        return self._events("at >= ?", instant_text(since))

    def events_of(self, call_id: str) -> list[CallEvent]:
        """Return what happened to one call, in the order it was recorded."""
        return self._events("call_id = ?", call_id)

    def _events(self, condition: str, value: str) -> list[CallEvent]:
        rows = self._db.query(f"SELECT * FROM call_events WHERE {condition} ORDER BY event_id", [value])
        return [
            CallEvent(
                call_id=row["call_id"],
                kind=CallEventKind(row["kind"]),
                at=datetime.fromisoformat(row["at"]),
                fields=tuple(json.loads(row["fields"])),
                version=row["version"],
            )
            for row in rows
        ]
