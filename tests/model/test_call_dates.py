from datetime import UTC, date, datetime, timedelta

import pytest

from hame_match.language import HELSINKI
from hame_match.model.call import CallStatus, Deadline, DeadlineKind, next_deadline, status_at
from tests.builders import a_call

FORTHCOMING, OPEN, CLOSED, UNKNOWN = CallStatus.FORTHCOMING, CallStatus.OPEN, CallStatus.CLOSED, CallStatus.UNKNOWN


def helsinki(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI).astimezone(UTC)


def on(day: str, kind: DeadlineKind = DeadlineKind.SINGLE) -> Deadline:
    return Deadline(on=date.fromisoformat(day), kind=kind)


def instant(text: str) -> Deadline:
    moment = helsinki(text)
    return Deadline(on=moment.astimezone(HELSINKI).date(), at=moment)


TWO_STAGES = (on("2026-10-01", DeadlineKind.FIRST_STAGE), on("2027-03-01", DeadlineKind.SECOND_STAGE))
CUT_OFFS = (on("2026-03-01", DeadlineKind.CUT_OFF), on("2026-11-01", DeadlineKind.CUT_OFF))
NOON = "2026-09-07T12:00"


@pytest.mark.parametrize(
    ("facts", "now", "status", "next_on"),
    [
        ({"deadlines": (on("2026-09-07"),)}, "2026-09-07T00:00", OPEN, "2026-09-07"),
        ({"deadlines": (on("2026-09-07"),)}, "2026-09-07T23:59:59", OPEN, "2026-09-07"),
        ({"deadlines": (on("2026-09-07"),)}, "2026-09-08T00:00", CLOSED, None),
        ({"deadlines": (instant("2026-09-07T16:15"),)}, "2026-09-07T16:14:59", OPEN, "2026-09-07"),
        ({"deadlines": (instant("2026-09-07T16:15"),)}, "2026-09-07T16:15", CLOSED, None),
        ({"deadlines": TWO_STAGES}, NOON, OPEN, "2026-10-01"),
        ({"deadlines": TWO_STAGES}, "2026-10-02T00:00", CLOSED, None),
        ({"deadlines": CUT_OFFS}, NOON, OPEN, "2026-11-01"),
        ({"deadlines": CUT_OFFS[::-1], "opens_on": None}, "2026-01-01T00:00", OPEN, "2026-03-01"),
        ({"deadlines": TWO_STAGES[1:]}, NOON, OPEN, None),
        ({"opens_on": date(2026, 9, 8)}, "2026-09-07T23:59", FORTHCOMING, "2026-10-30"),
        ({"opens_on": date(2026, 9, 8)}, "2026-09-08T00:00", OPEN, "2026-10-30"),
        (
            {"opens_on": date(2026, 9, 7), "opens_at": helsinki("2026-09-07T09:00")},
            "2026-09-07T08:59",
            FORTHCOMING,
            "x",
        ),
        ({"opens_on": date(2026, 9, 7), "opens_at": helsinki("2026-09-07T09:00")}, "2026-09-07T09:00", OPEN, "x"),
        ({"deadlines": (), "opens_on": date(2026, 1, 1), "continuous": True}, NOON, OPEN, None),
        ({"deadlines": (), "opens_on": date(2027, 1, 1), "continuous": True}, NOON, FORTHCOMING, None),
        ({"deadlines": (), "opens_on": None, "continuous": True}, NOON, OPEN, None),
        ({"deadlines": (), "opens_on": None}, NOON, UNKNOWN, None),
        ({"deadlines": (), "opens_on": date(2026, 1, 1)}, NOON, UNKNOWN, None),
        ({"deadlines": (), "opens_on": None, "published_status": OPEN}, NOON, OPEN, None),
        ({"deadlines": (), "opens_on": None, "published_status": CLOSED}, NOON, CLOSED, None),
        # the source's word against its own dates
        ({"published_status": CLOSED}, NOON, OPEN, "2026-10-30"),
        ({"deadlines": (on("2026-09-01"),), "published_status": OPEN}, NOON, CLOSED, None),
        ({"opens_on": date(2026, 9, 8), "published_status": OPEN}, NOON, FORTHCOMING, "2026-10-30"),
    ],
)
def test_where_a_call_stands(facts: dict[str, object], now: str, status: CallStatus, next_on: str | None) -> None:
    call = a_call(**facts)
    assert status_at(call, helsinki(now)) is status
    ahead = next_deadline(call, helsinki(now))
    expected = "2026-10-30" if next_on == "x" else next_on
    assert (ahead.on.isoformat() if ahead else None) == expected


@pytest.mark.parametrize(
    ("day", "last_utc"),
    [
        ("2026-03-29", "2026-03-29T20:59:59+00:00"),  # the day that has 23 hours
        ("2026-10-25", "2026-10-25T21:59:59+00:00"),  # the day that has 25
        ("2026-07-01", "2026-07-01T20:59:59+00:00"),
        ("2026-12-31", "2026-12-31T21:59:59+00:00"),
    ],
)
def test_a_day_without_a_clock_time_lasts_until_midnight_in_helsinki(day: str, last_utc: str) -> None:
    last = datetime.fromisoformat(last_utc)
    assert not on(day).passed(last)
    assert on(day).passed(last + timedelta(seconds=1))


def test_of_two_deadlines_on_a_day_the_one_with_a_time_comes_first() -> None:
    call = a_call(deadlines=(on("2026-09-10"), instant("2026-09-10T12:00")))
    assert next_deadline(call, helsinki("2026-09-10T11:00")) == instant("2026-09-10T12:00")
    assert next_deadline(call, helsinki("2026-09-10T12:00")) == on("2026-09-10")
