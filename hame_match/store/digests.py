"""Digests and the outbox: what each actor gets in a week and where each mail is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from hame_match.model.digest import Delivery, DeliveryState, Message
from hame_match.store.database import instant_text, wrapping_errors

_REFUNDABLE = "('failed', 'expired', 'cancelled')"
"""States in which nobody got the mail; its calls may come again."""


@wrapping_errors
class DigestTable:
    """Keeps which calls are in which digest."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, actor: str, week: str) -> int | None:
        """Return the number of the actor's digest of `week`, or None."""
        for row in self._db.query("SELECT digest_id FROM digests WHERE actor = ? AND week = ?", [actor, week]):
            return int(row["digest_id"])
        return None

    def put(self, actor: str, week: str, call_ids: Sequence[str], more: int, made_at: datetime) -> int:
        """Record a digest, replacing the calls of the actor's draft of that week; expects an open transaction.

        Returns:
            The digest's number.
        """
        digest_id = self.find(actor, week)
        if digest_id is None:
            cursor = self._db.execute(
                "INSERT INTO digests (actor, week, more, made_at) VALUES (?, ?, ?, ?)",
                [actor, week, more, instant_text(made_at)],
            )
            digest_id = int(cursor.lastrowid or 0)
        else:
            self._db.execute(
                "UPDATE digests SET more = ?, made_at = ? WHERE digest_id = ?",
                [more, instant_text(made_at), digest_id],
            )
            self._db.execute("DELETE FROM digest_items WHERE digest_id = ?", [digest_id])
        self._db.table("digest_items").insert_all(
            {"digest_id": digest_id, "position": position, "call_id": call_id}
            for position, call_id in enumerate(call_ids, start=1)
        )
        return digest_id

    def delete(self, digest_id: int) -> None:
        """Delete a draft with its deliveries; expects an open transaction."""
        for table in ("digest_items", "deliveries", "digests"):
            self._db.execute(f"DELETE FROM {table} WHERE digest_id = ?", [digest_id])

    def items(self, digest_id: int) -> list[str]:
        """Return the call ids of a digest in its order."""
        rows = self._db.query("SELECT call_id FROM digest_items WHERE digest_id = ? ORDER BY position", [digest_id])
        return [row["call_id"] for row in rows]

    def given(self, actor: str) -> set[str]:
        """Return ids of calls the actor has got, may have got or is about to get by mail; drafts do not count."""
        rows = self._db.query(
            "SELECT DISTINCT i.call_id AS call_id FROM digest_items i"
            " JOIN digests g ON g.digest_id = i.digest_id JOIN deliveries d ON d.digest_id = g.digest_id"
            f" WHERE g.actor = ? AND d.state NOT IN {_REFUNDABLE} AND d.state <> 'drafted'",
            [actor],
        )
        return {row["call_id"] for row in rows}


def _delivery(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        delivery_id=row["delivery_id"],
        digest_id=row["digest_id"],
        actor=row["actor"],
        week=row["week"],
        recipient=row["recipient"],
        message_id=row["message_id"],
        sender=row["sender"],
        raw=bytes(row["raw"]),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_at=datetime.fromisoformat(row["next_at"]) if row["next_at"] else None,
        expires_at=datetime.fromisoformat(row["expires_at"]),
        answer=row["answer"],
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


@wrapping_errors
class Outbox:
    """Keeps every delivery with its bytes; the ledger that sending asks and tells.

    `claim` and `settle` commit at once: no transaction is open while a server is spoken to.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def draft(self, digest_id: int, messages: Iterable[Message], expires_at: datetime, at: datetime) -> None:
        """Put rendered mails in the place of a digest's drafts; expects an open transaction.

        A delivery that is past its draft keeps its bytes and its state.
        """
        self._db.execute("DELETE FROM deliveries WHERE digest_id = ? AND state = 'drafted'", [digest_id])
        for message in messages:
            self._db.execute(
                "INSERT INTO deliveries (digest_id, recipient, message_id, sender, raw, state, attempts, next_at,"
                " expires_at, answer, changed_at) VALUES (?, ?, ?, ?, ?, 'drafted', 0, NULL, ?, '', ?)"
                " ON CONFLICT (digest_id, recipient) DO NOTHING",
                [
                    digest_id,
                    message.recipient,
                    message.message_id,
                    message.sender,
                    message.raw,
                    instant_text(expires_at),
                    instant_text(at),
                ],
            )

    def queue(self, week: str, expires_at: datetime, at: datetime) -> int:
        """Release the drafts of `week` for sending; return how many. Expects an open transaction."""
        cursor = self._db.execute(
            "UPDATE deliveries SET state = 'queued', expires_at = ?, changed_at = ? WHERE state = 'drafted'"
            " AND digest_id IN (SELECT digest_id FROM digests WHERE week = ?)",
            [instant_text(expires_at), instant_text(at), week],
        )
        return cursor.rowcount

    def find(
        self,
        *,
        states: Iterable[DeliveryState] | None = None,
        week: str | None = None,
        digest_id: int | None = None,
    ) -> list[Delivery]:
        """Return deliveries in the order they were made, narrowed by what is given."""
        conditions, parameters = ["1"], list[object]()
        if states is not None:
            wanted = list(states)
            conditions.append(f"d.state IN ({', '.join('?' * len(wanted))})")
            parameters += wanted
        if week is not None:
            conditions.append("g.week = ?")
            parameters.append(week)
        if digest_id is not None:
            conditions.append("d.digest_id = ?")
            parameters.append(digest_id)
        rows = self._db.query(
            "SELECT d.*, g.actor AS actor, g.week AS week FROM deliveries d"
            f" JOIN digests g ON g.digest_id = d.digest_id WHERE {' AND '.join(conditions)}"
            " ORDER BY d.delivery_id",
            parameters,
        )
        return [_delivery(row) for row in rows]

    def last_sent(self) -> dict[str, datetime]:
        """Return actor to the UTC instant when a mail last went to one of its people, for actors that got any."""
        rows = self._db.query(
            "SELECT g.actor AS actor, max(d.changed_at) AS at FROM deliveries d"
            " JOIN digests g ON g.digest_id = d.digest_id WHERE d.state = 'sent' GROUP BY g.actor"
        )
        return {row["actor"]: datetime.fromisoformat(row["at"]) for row in rows}

    def due(self, now: datetime) -> list[Delivery]:
        """Return what may be sent at `now`: queued, or to be tried again by now; not what has expired."""
        return [
            delivery
            for delivery in self.find(states=[DeliveryState.QUEUED, DeliveryState.RETRY])
            if delivery.expires_at > now and (delivery.next_at is None or delivery.next_at <= now)
        ]

    def overdue(self, now: datetime) -> list[Delivery]:
        """Return what waits to be sent but has expired at `now`."""
        waiting = self.find(states=[DeliveryState.QUEUED, DeliveryState.RETRY])
        return [delivery for delivery in waiting if delivery.expires_at <= now]

    def claim(self, delivery_id: int, at: datetime) -> bool:
        """Record, just before DATA, that this mail may be out; False when it is not to be sent any more."""
        cursor = self._db.execute(
            "UPDATE deliveries SET state = 'in_doubt', attempts = attempts + 1, next_at = NULL, changed_at = ?"
            " WHERE delivery_id = ? AND state IN ('queued', 'retry')",
            [instant_text(at), delivery_id],
        )
        return cursor.rowcount == 1

    def settle(
        self, delivery_id: int, state: DeliveryState, answer: str, next_at: datetime | None, at: datetime
    ) -> None:
        """Record what became of a delivery.

        A try turned away before DATA counts as one attempt, too (RETRY, FAILED, or EXPIRED with an answer); one after
        it was counted when the delivery was claimed.
        """
        turned_away = state in (DeliveryState.RETRY, DeliveryState.FAILED) or (
            state is DeliveryState.EXPIRED and answer != ""
        )
        self._db.execute(
            "UPDATE deliveries SET answer = ?, next_at = ?, changed_at = ?,"
            " attempts = attempts + (? AND state IN ('queued', 'retry')), state = ? WHERE delivery_id = ?",
            [answer, instant_text(next_at) if next_at else None, instant_text(at), turned_away, state, delivery_id],
        )
