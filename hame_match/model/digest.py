"""What one actor gets in one week, and its way to each recipient."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hame_match.model.call import Call
from hame_match.model.match import Match


class DeliveryState(StrEnum):
    """Where a mail to one recipient is; see ``docs/concepts.md`` for the ways between the states."""

    DRAFTED = "drafted"
    QUEUED = "queued"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One call in a digest: the match that brought it and the call as it stood when the digest was made.

    Attributes:
        match: the match.
        call: its call.
        sisters: sister calls told of in the same entry, best first.
        given: ids of those sisters that were approved, too, and so need no entry of their own any more.
    """

    match: Match
    call: Call
    sisters: tuple[Call, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What one actor gets for one ISO week.

    Attributes:
        actor: slug of the actor.
        week: ISO week, such as ``2026-W32``.
        items: approved matches, best first, never empty.
        more: number of further approved matches that wait for the next digest.
        made_at: UTC instant.
        digest_id: row number once stored.
    """

    actor: str
    week: str
    items: tuple[DigestItem, ...]
    more: int
    made_at: datetime
    digest_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered mail: exactly these bytes go out, on every attempt.

    Attributes:
        message_id: value of Message-ID, with angle brackets; made from actor, week and recipient.
        sender: envelope sender.
        recipient: envelope recipient.
        subject: the cleaned subject.
        raw: the message as sent, CRLF line ends, ASCII only.
        text: its plain part.
        html: its HTML part.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    raw: bytes
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One digest on its way to one recipient; a row of the outbox.

    Attributes:
        delivery_id: row number.
        digest_id: the digest.
        actor: slug of the actor.
        week: ISO week of the digest.
        recipient: envelope recipient.
        message_id: stable over attempts.
        sender: envelope sender.
        raw: the bytes to send.
        state: where it is.
        attempts: times DATA was begun or a try failed before it.
        next_at: UTC instant of the next try, for RETRY.
        expires_at: UTC instant after which it is not sent any more.
        answer: the server's last words or our reason, without addresses.
        changed_at: UTC instant of the last change of state.
    """

    delivery_id: int
    digest_id: int
    actor: str
    week: str
    recipient: str
    message_id: str
    sender: str
    raw: bytes
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    expires_at: datetime
    answer: str
    changed_at: datetime


def iso_week(day: date) -> str:
    """Return the ISO week of `day` as the key of everything weekly.

    >>> iso_week(date(2026, 12, 31)), iso_week(date(2027, 1, 3)), iso_week(date(2027, 1, 4))
    ('2026-W53', '2026-W53', '2027-W01')
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
