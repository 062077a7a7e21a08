"""An outbox in memory that keeps to the protocol of `sending.Ledger` and refuses what a database would."""

from dataclasses import replace
from datetime import datetime

from hame_match.model.digest import Delivery, DeliveryState

WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY)


class MemoryLedger:
    """Rows by id, and the history of every state."""

    def __init__(self, *rows: Delivery) -> None:
        self.rows = {row.delivery_id: row for row in rows}
        self.history: list[tuple[int, DeliveryState]] = []

    def claim(self, delivery_id: int, at: datetime) -> bool:
        row = self.rows[delivery_id]
        if row.state not in WAITING:
            return False
        self._put(replace(row, state=DeliveryState.IN_DOUBT, attempts=row.attempts + 1, next_at=None, changed_at=at))
        return True

    def settle(
        self, delivery_id: int, state: DeliveryState, answer: str, next_at: datetime | None, at: datetime
    ) -> None:
        row = self.rows[delivery_id]
        tried = row.state in WAITING and state in (DeliveryState.RETRY, DeliveryState.FAILED)
        self._put(
            replace(row, state=state, answer=answer, next_at=next_at, changed_at=at, attempts=row.attempts + tried)
        )

    def _put(self, row: Delivery) -> None:
        self.rows[row.delivery_id] = row
        self.history.append((row.delivery_id, row.state))

    def states(self) -> list[str]:
        return [row.state.value for row in self.rows.values()]
