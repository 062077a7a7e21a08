"""Takes every due mail through a transport, one after the other, with each step on disk before the next."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Protocol

from hame_match.deliver.outbox import (
    Accepted,
    ConfirmedDelivered,
    Event,
    Expired,
    Failure,
    LostAfterDot,
    LostBeforeDot,
    Outcome,
    RunFault,
    advance,
    is_due,
)
from hame_match.deliver.sentlog import SentLog
from hame_match.deliver.transport import Transport
from hame_match.errors import TransportError
from hame_match.model.digest import Delivery, DeliveryState
from hame_match.progress import Progress

FAULTS = 3
"""Faults in a row, none of them a recipient's, after which the run stops."""


class Ledger(Protocol):
    """The outbox of the database, as sending sees it. Every method commits before it returns."""

    def claim(self, delivery_id: int, at: datetime) -> bool:
        """Record the intent to send, just before the mail leaves.

        Sets the state to IN_DOUBT and counts one attempt, only if the state is QUEUED or RETRY and the recipient still
        wants the mail.

        Returns:
            False when it may not be sent any more: nothing was changed by us, and it is passed over.
        """

    def settle(
        self, delivery_id: int, state: DeliveryState, answer: str, next_at: datetime | None, at: datetime
    ) -> None:
        """Record how a try ended.

        Counts one attempt when the new state is RETRY or FAILED and the row is still QUEUED or RETRY: it was turned
        away before it was claimed, and the next wait must be longer.
        """


@dataclass(frozen=True, slots=True)
class SendReport:
    """What a run did.

    Attributes:
        sent: mails that the server took.
        known: mails that the log of sent mails had; they were marked, not sent.
        retry: mails to be tried again later.
        failed: mails refused for good.
        in_doubt: mails whose fate a person must find out.
        expired: mails too old to be sent.
        passed_over: mails that somebody else took, or that are not wanted any more.
        left: mails not reached because the run was asked to stop.
    """

    sent: int = 0
    known: int = 0
    retry: int = 0
    failed: int = 0
    in_doubt: int = 0
    expired: int = 0
    passed_over: int = 0
    left: int = 0


_COUNTED = {
    DeliveryState.SENT: "sent",
    DeliveryState.RETRY: "retry",
    DeliveryState.FAILED: "failed",
    DeliveryState.IN_DOUBT: "in_doubt",
    DeliveryState.EXPIRED: "expired",
}


def send_all(
    deliveries: Iterable[Delivery],
    transport: Transport,
    ledger: Ledger,
    sent_log: SentLog,
    now: Callable[[], datetime],
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send every delivery that is due; at most one mail is ever in doubt because of a crash.

    No transaction of the ledger is open while the transport talks.

    Args:
        deliveries: in the order to send. Give every delivery that is queued, waits for another try or is in doubt:
            those not due yet are left alone, and one in doubt is settled when the log knows that it has gone.
        transport: the way out; closed at the end.
        ledger: the outbox.
        sent_log: what has gone before, whatever the ledger says.
        now: the clock, UTC.
        progress: told after every delivery.
        stop: asked before every delivery; True ends the run after the mail in hand, see `stop_on_signal`.

    Returns:
        The counts.

    Raises:
        TransportError: mail cannot be sent at all, or `FAULTS` faults came in a row. Mails that did not go are queued
            as before; run again when the cause is gone.
    """
    return _Run(transport, ledger, sent_log, now).over(list(deliveries), progress, stop)


class _Run:
    """One run over the outbox: what it has counted and how many faults came in a row."""

    def __init__(self, transport: Transport, ledger: Ledger, sent_log: SentLog, now: Callable[[], datetime]) -> None:
        self._transport, self._ledger, self._sent_log, self._now = transport, ledger, sent_log, now
        self._counts = dict.fromkeys(SendReport.__slots__, 0)
        self._faults = 0

    def over(self, deliveries: list[Delivery], progress: Progress, stop: Callable[[], bool]) -> SendReport:
        due = [delivery for delivery in deliveries if not self._closed(delivery)]
        try:
            for done, delivery in enumerate(due):
                if stop():
                    self._counts["left"] = len(due) - done
                    break
                self._send(delivery)
                progress("send", done + 1, len(due))
        finally:
            self._transport.close()
        return SendReport(**self._counts)

    def _closed(self, delivery: Delivery) -> bool:
        """Settle what needs no server, before one is asked: gone already, too old, or not due."""
        if delivery.message_id in self._sent_log and delivery.state in _SENDABLE | {DeliveryState.IN_DOUBT}:
            self._settle(delivery, delivery.state, ConfirmedDelivered(), "known")
            return True
        if delivery.state in _SENDABLE and delivery.expires_at <= self._now():
            self._settle(delivery, delivery.state, Expired(), "expired")
            return True
        return not is_due(delivery.state, delivery.next_at, self._now())

    def _send(self, delivery: Delivery) -> None:
        while (refused := self._transport.begin(delivery)) is not None:
            if not isinstance(refused, RunFault):
                self._settle(delivery, delivery.state, refused)
                self._count_fault(refused)
                return
            self._settle(delivery, delivery.state, refused)
            self._count_fault(refused)
        if not self._ledger.claim(delivery.delivery_id, self._now()):
            self._transport.abandon()
            self._counts["passed_over"] += 1
            return
        outcome = self._transport.finish(delivery)
        if isinstance(outcome, Accepted):
            self._sent_log.add(delivery.message_id, self._now())
        self._settle(delivery, DeliveryState.IN_DOUBT, outcome)
        self._count_fault(outcome)

    def _settle(self, delivery: Delivery, state: DeliveryState, event: Event, counted: str = "") -> None:
        at = self._now()
        step = advance(state, event, attempts=delivery.attempts, at=at, expires_at=delivery.expires_at)
        self._ledger.settle(delivery.delivery_id, step.state, step.answer, step.next_at, at)
        if name := counted or _COUNTED.get(step.state):
            self._counts[name] += 1

    def _count_fault(self, outcome: Outcome | Failure) -> None:
        """Stop the run when the trouble is not one mail's.

        Raises:
            TransportError: at once for a lasting fault, else for `FAULTS` in a row.
        """
        if not isinstance(outcome, RunFault | LostBeforeDot | LostAfterDot):
            self._faults = 0
            return
        self._faults += 1
        if isinstance(outcome, RunFault) and outcome.lasting:
            raise TransportError(f"no mail can be sent: {outcome.answer}; what was not sent stays queued")
        if self._faults >= FAULTS:
            raise TransportError(
                f"{FAULTS} faults in a row, the last one: {outcome.answer}; the run stopped, the rest stays queued"
            )


_SENDABLE = frozenset({DeliveryState.QUEUED, DeliveryState.RETRY})


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Turn SIGTERM and SIGINT into a question, so that the mail in hand is finished; a second SIGINT interrupts.

    A signal that came is handed on at the end to whoever had asked for it before, such as a scheduler that must stop.

    Yields:
        Whether a signal has come. Outside the main thread no signal can be caught, and it stays False.
    """
    asked = threading.Event()
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()
        came.append(number)
        del frame

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for caught in came:
        earlier = before[signal.Signals(caught)]
        if callable(earlier) and earlier is not signal.default_int_handler:
            earlier(caught, None)
