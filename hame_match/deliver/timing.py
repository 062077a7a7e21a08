"""When one can apply, in the words of the reader."""

from dataclasses import dataclass
from datetime import date, datetime

from hame_match.deliver.words import Words
from hame_match.language import HELSINKI, format_date, format_instant
from hame_match.model.call import Call, CallKind, CallStatus, Deadline, DeadlineKind, next_deadline, status_at

URGENT_DAYS = 14
"""A deadline this near is shown as urgent: two weeks is about what a small application takes."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When one can apply for a call.

    Attributes:
        opens: the opening of a forthcoming call; empty when it is open or the source gives no day.
        name: what `deadline` is: ``Määräaika`` or, without one, ``Hakuaika``.
        deadline: the day or instant, ``jatkuva haku``, or that it is not known.
        note: what to know about the stage and the time of day; may be empty.
        soon: the same in two or three words counted from now, such as ``24 päivää jäljellä``; may be empty.
        day: day of the deadline, None when there is none.
        urgent: the deadline is at most `URGENT_DAYS` away.
    """

    opens: str
    name: str
    deadline: str
    note: str
    soon: str
    day: date | None
    urgent: bool


def timing(call: Call, now: datetime, words: Words) -> Timing:
    """Return when one can apply for `call`, seen from `now` (aware).

    A day without a clock time stays one. Topics of the EU portal close at 17:00 Brussels time by custom (EU Funding &
    Tenders Portal, Online Manual); that is added as a note, never as a fact.
    """
    today = now.astimezone(HELSINKI).date()
    status = status_at(call, now)
    deadline = next_deadline(call, now)
    opens = soon = ""
    if status is CallStatus.FORTHCOMING:
        opens, soon = _opening(call, today, words)
    if deadline is None:
        name = words("digest.time")
        if call.continuous:
            text = words("timing.continuous")
        else:
            waits = status is CallStatus.FORTHCOMING or call.kind is CallKind.ADVANCE_INFORMATION
            text = words("timing.not_yet_told" if waits else "timing.not_told")
        return Timing(opens, name, text, "", soon or (text if call.continuous else ""), None, urgent=False)
    days = (deadline.on - today).days
    return Timing(
        opens=opens,
        name=words("digest.deadline"),
        deadline=deadline_text(deadline, words.language),
        note=", ".join(note for note in (_kind_note(deadline, words), _clock_note(call, deadline, words)) if note),
        soon=soon or _left(days, words),
        day=deadline.on,
        urgent=not soon and days <= URGENT_DAYS,
    )


def deadline_text(deadline: Deadline, language: str) -> str:
    """Return a deadline with its weekday, unbreakable: an instant in Helsinki time, a day as a day.

    >>> deadline_text(Deadline(on=date(2027, 2, 16)), "fi").replace("\N{NO-BREAK SPACE}", " ")
    'ti 16.2.2027'
    """
    if deadline.at is not None:
        return _whole(format_instant(deadline.at, language, weekday=True))
    return whole_date(deadline.on, language)


def whole_date(day: date, language: str) -> str:
    """Return a day with its weekday that no line break can part."""
    return _whole(format_date(day, language, weekday=True))


def _whole(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _kind_note(deadline: Deadline, words: Words) -> str:
    return "" if deadline.kind is DeadlineKind.SINGLE else words(f"timing.{deadline.kind.value}")


def _clock_note(call: Call, deadline: Deadline, words: Words) -> str:
    if deadline.at is not None:
        return ""
    # Projects that pass EU money on set their own hour.
    of_portal = call.source.startswith("eu_") and call.project is None and call.parent_title is None
    return words("timing.brussels" if of_portal else "timing.check_time")


def _left(days: int, words: Words) -> str:
    if days <= 0:
        return words("timing.closes_today")
    return words("timing.closes_tomorrow") if days == 1 else words("timing.days_left", number=days)


def _opening(call: Call, today: date, words: Words) -> tuple[str, str]:
    if call.opens_at is not None:
        text = _whole(format_instant(call.opens_at, words.language, weekday=True))
        days = (call.opens_at.astimezone(HELSINKI).date() - today).days
    elif call.opens_on is not None:
        text = whole_date(call.opens_on, words.language)
        days = (call.opens_on - today).days
    else:
        return "", words("timing.opens_later")
    if days < 0:  # the source calls it forthcoming after its own day
        return text, words("timing.opens_later")
    if days <= 1:
        return text, words("timing.opens_today" if days == 0 else "timing.opens_tomorrow")
    return text, words("timing.opens_in_days", number=days)
