"""Every state a mail can be in and every way between them: a pure state machine.

    drafted -> queued -> in_doubt -> sent
                 |  \\-> retry -> in_doubt ...         a passing trouble
                 |-> failed | expired | cancelled
    in_doubt -> sent | queued                         a person's word, or the log of what has gone

The intent (`in_doubt`) is on disk before the first byte of a mail leaves. Killed at any moment, a mail is therefore
either not gone, or gone and recorded, or visibly in doubt; it is never sent twice and never lost in silence.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from hame_match.errors import DigestError
from hame_match.model.digest import DeliveryState

FIRST_WAIT = timedelta(minutes=30)
"""RFC 5321, 4.5.4.1 asks for at least 30 minutes; greylisting servers turn away anything much earlier."""
LONGEST_WAIT = timedelta(hours=24)

_WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.RETRY})
FINAL = frozenset({DeliveryState.SENT, DeliveryState.EXPIRED, DeliveryState.CANCELLED})
"""States that nothing leads out of."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A person approved the digest."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The intent to send is recorded; DATA comes next."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the mail."""

    answer: str


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """The server said "later" (4xx)."""

    answer: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """The server said "never" (5xx) to this recipient or this mail."""

    answer: str


@dataclass(frozen=True, slots=True)
class LostBeforeDot:
    """The connection broke before the end of the mail was sent: the server cannot have it."""

    answer: str


@dataclass(frozen=True, slots=True)
class LostAfterDot:
    """The connection broke after the end of the mail: the server may have it."""

    answer: str


@dataclass(frozen=True, slots=True)
class RunFault:
    """Something is wrong that no recipient is to blame for: connection, login, certificate, sender, policy.

    Attributes:
        answer: what the server or the network said.
        lasting: trying again will not help until a person has changed something.
    """

    answer: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """The time after which the mail is not sent any more has passed."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A person called it off, or the recipient does not want the mail any more."""


@dataclass(frozen=True, slots=True)
class ConfirmedDelivered:
    """A person found that a mail in doubt has arrived, or the log of sent mails has it."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """A person wants a mail in doubt, or one that failed, to be sent again: the same bytes and Message-ID."""


Failure = TemporaryFailure | PermanentFailure | LostBeforeDot | RunFault
"""How beginning a mail can end when the server does not want it now."""
Outcome = Accepted | TemporaryFailure | PermanentFailure | LostBeforeDot | LostAfterDot | RunFault
"""How sending a mail can end."""
Event = Outcome | Approved | Begun | Expired | Cancelled | ConfirmedDelivered | SendAgain


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads.

    Attributes:
        state: the new state.
        next_at: UTC instant of the next try, for RETRY only.
        answer: what to record beside it.
    """

    state: DeliveryState
    next_at: datetime | None = None
    answer: str = ""


def advance(state: DeliveryState, event: Event, *, attempts: int, at: datetime, expires_at: datetime) -> Step:
    """Return where `event` leads a mail that is in `state`.

    Args:
        state: where it is.
        event: what happened.
        attempts: tries that had begun before this one.
        at: UTC instant of the event.
        expires_at: UTC instant after which it is not sent any more; a next try that would come later expires it now.

    Returns:
        The new state; for a passing trouble with the time of the next try.

    Raises:
        DigestError: the event cannot happen in this state.
    """
    match event:
        case Approved() if state is DeliveryState.DRAFTED:
            return Step(DeliveryState.QUEUED)
        case Begun() if state in _WAITING:
            return Step(DeliveryState.IN_DOUBT)
        case Accepted(answer) if state is DeliveryState.IN_DOUBT:
            return Step(DeliveryState.SENT, answer=answer)
        case LostAfterDot(answer) if state is DeliveryState.IN_DOUBT:
            return Step(DeliveryState.IN_DOUBT, answer=answer)
        case TemporaryFailure(answer) | LostBeforeDot(answer) if state in _WAITING or state is DeliveryState.IN_DOUBT:
            next_at = at + wait(attempts)
            if next_at >= expires_at:
                return Step(DeliveryState.EXPIRED, answer=answer)
            return Step(DeliveryState.RETRY, next_at, answer)
        case PermanentFailure(answer) if state in _WAITING or state is DeliveryState.IN_DOUBT:
            return Step(DeliveryState.FAILED, answer=answer)
        case RunFault(answer) if state in _WAITING or state is DeliveryState.IN_DOUBT:
            return Step(DeliveryState.QUEUED, answer=answer)
        case Expired() if state in _WAITING or state is DeliveryState.DRAFTED:
            return Step(DeliveryState.EXPIRED)
        case Cancelled() if state in _WAITING or state in (DeliveryState.DRAFTED, DeliveryState.FAILED):
            return Step(DeliveryState.CANCELLED)
        case ConfirmedDelivered() if state in _WAITING or state is DeliveryState.IN_DOUBT:
            return Step(DeliveryState.SENT)
        case SendAgain() if state in (DeliveryState.IN_DOUBT, DeliveryState.FAILED):
            return Step(DeliveryState.EXPIRED if at >= expires_at else DeliveryState.QUEUED)
        case (
            Approved() | Begun() | Accepted() | LostAfterDot() | TemporaryFailure() | LostBeforeDot()
            | PermanentFailure() | RunFault() | Expired() | Cancelled() | ConfirmedDelivered() | SendAgain()
        ):  # fmt: skip
            name = type(event).__name__
            raise DigestError(f"a mail that is {state} cannot take {name}; only these can: {_takers(event)}")
        case _:
            assert_never(event)


def wait(attempts: int) -> timedelta:
    """Return the wait before the next try: 30 minutes, doubled for each earlier try, at most 24 hours.

    Args:
        attempts: tries before the one that just failed.

    >>> [str(wait(attempts)) for attempts in (0, 1, 5, 6, 1000)]
    ['0:30:00', '1:00:00', '16:00:00', '1 day, 0:00:00', '1 day, 0:00:00']
    """
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


def is_due(state: DeliveryState, next_at: datetime | None, at: datetime) -> bool:
    """Return whether a mail in `state` may be tried at `at`: it is queued, or its time to try again has come."""
    return state is DeliveryState.QUEUED or (state is DeliveryState.RETRY and (next_at is None or next_at <= at))


def _takers(event: Event) -> str:
    match event:
        case Approved():
            return "drafted"
        case Begun():
            return "queued, retry"
        case Accepted() | LostAfterDot():
            return "in_doubt"
        case SendAgain():
            return "in_doubt, failed"
        case Expired():
            return "drafted, queued, retry"
        case Cancelled():
            return "drafted, queued, retry, failed"
        case _:
            return "queued, retry, in_doubt"
