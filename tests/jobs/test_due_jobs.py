from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.jobs.schedule import Due, due_jobs
from hame_match.language import HELSINKI
from hame_match.settings import DigestSettings, ScheduleSettings, Settings
from hame_match.store.runs import JobRun, JobState

Ledger = dict[tuple[str, str], JobRun]


def at(text: str) -> datetime:
    """An instant as Helsinki's clocks show it, given in UTC as the system's clock gives it."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)).astimezone(UTC)


def a_run(job: str, period: str, state: JobState, finished: str | None = None) -> JobRun:
    end = at(finished) if finished else None
    return JobRun(job, period, state, end or at("2026-01-01T00:00"), end, "")


def due(now: str, *runs: JobRun, **schedule: str) -> list[str]:
    ledger: Ledger = {(run.job, run.period): run for run in runs}
    settings = Settings(schedule=ScheduleSettings(**schedule))
    jobs = due_jobs(at(now), settings, lambda job, period: ledger.get((job, period)))
    return [f"{job.job} {job.period}{' late' if job.late else ''}" for job in jobs]


def weekly(now: str, *runs: JobRun, **schedule: str) -> list[str]:
    return [job for job in due(now, *runs, **schedule) if job.startswith(("send", "prepare"))]


def nightly(now: str, *runs: JobRun, **schedule: str) -> list[str]:
    return [job for job in due(now, *runs, **schedule) if job.startswith(("crawl", "match"))]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-09-06T17:59:59", ["send 2026-W36 late"]),
        ("2026-09-06T18:00", ["send 2026-W36 late", "prepare 2026-W37"]),
        ("2026-09-06T23:59", ["send 2026-W36 late", "prepare 2026-W37"]),
        ("2026-09-07T00:00", []),
        ("2026-09-07T06:59:59", []),
        ("2026-09-07T07:00", ["send 2026-W37"]),
        ("2026-09-08T19:00", ["send 2026-W37"]),
        ("2026-09-08T19:00:01", ["send 2026-W37 late"]),
        ("2026-09-12T12:00", ["send 2026-W37 late"]),
    ],
)
def test_the_week_of_an_empty_ledger(now: str, expected: list[str]) -> None:
    assert weekly(now) == expected


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-09-07T01:14:59", "2026-09-06"),
        ("2026-09-07T01:15", "2026-09-07"),
        ("2026-09-07T23:59", "2026-09-07"),
        ("2026-09-08T00:30", "2026-09-07"),
    ],
)
def test_the_night_belongs_to_the_day_at_whose_time_it_began(now: str, day: str) -> None:
    assert nightly(now) == [f"crawl {day}", f"match {day}"]


def test_what_is_done_is_not_due_and_the_order_is_that_of_the_work() -> None:
    done = [a_run("crawl", "2026-09-06", JobState.DONE), a_run("send", "2026-W36", JobState.DONE)]
    assert due("2026-09-06T18:00", *done) == ["match 2026-09-06", "prepare 2026-W37"]


def test_a_machine_that_was_off_on_monday_morning_sends_when_it_comes_back() -> None:
    assert weekly("2026-09-07T08:00") == ["send 2026-W37"]
    assert weekly("2026-09-08T18:30") == ["send 2026-W37"]


def test_a_machine_off_for_three_weeks_asks_about_this_week_only() -> None:
    old = [a_run("send", "2026-W36", JobState.DONE)]
    assert weekly("2026-09-25T12:00", *old) == ["send 2026-W39 late"]


def test_a_late_digest_is_asked_about_once() -> None:
    late = a_run("send", "2026-W37", JobState.LATE, "2026-09-09T08:00")
    assert weekly("2026-09-09T08:01", late) == []
    assert weekly("2026-09-13T12:00", late) == []


def test_a_digest_called_late_by_a_clock_that_was_wrong_is_sent_when_it_is_right() -> None:
    late = a_run("send", "2026-W37", JobState.LATE, "2026-09-09T08:00")
    assert weekly("2026-09-07T08:00", late) == ["send 2026-W37"]


def test_a_run_that_was_killed_is_due_again() -> None:
    assert weekly("2026-09-07T08:00", a_run("send", "2026-W37", JobState.RUNNING)) == ["send 2026-W37"]


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-09-07T07:59:59", False),
        ("2026-09-07T08:00", True),
        ("2026-09-07T12:00", True),
    ],
)
def test_a_failed_job_is_tried_again_after_an_hour(now: str, again: bool) -> None:
    failed = a_run("send", "2026-W37", JobState.FAILED, "2026-09-07T07:00")
    assert bool(weekly(now, failed)) is again


def test_a_failure_recorded_by_a_clock_that_was_ahead_does_not_wait_for_it() -> None:
    failed = a_run("send", "2026-W37", JobState.FAILED, "2026-09-12T07:00")
    assert weekly("2026-09-07T09:00", failed) == ["send 2026-W37"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-27T18:00", ["send 2026-W52 late", "prepare 2026-W53"]),
        ("2026-12-28T07:00", ["send 2026-W53"]),
        ("2026-12-31T23:59", ["send 2026-W53 late"]),
        ("2027-01-01T00:01", ["send 2026-W53 late"]),
        ("2027-01-03T18:00", ["send 2026-W53 late", "prepare 2027-W01"]),
        ("2027-01-04T06:59", []),
        ("2027-01-04T07:00", ["send 2027-W01"]),
        ("2025-12-29T07:00", ["send 2026-W01"]),
    ],
)
def test_the_turn_of_the_year_has_one_key_per_week(now: str, expected: list[str]) -> None:
    assert weekly(now) == expected


def test_the_hour_that_comes_twice_in_autumn_crawls_once() -> None:
    """25 October 2026: 03.30 comes at 00.30 UTC and again at 01.30 UTC."""
    first, second = "2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00"
    done = [a_run(job, "2026-10-25", JobState.DONE) for job in ("crawl", "match")]
    assert nightly(first, crawl="03:30") == ["crawl 2026-10-25", "match 2026-10-25"]
    assert nightly(second, *done, crawl="03:30") == []
    # Between the two the clock shows a time before 03.30 again: the day before is not asked for anew.
    before = [a_run(job, "2026-10-24", JobState.DONE) for job in ("crawl", "match")]
    assert nightly("2026-10-25T01:05+00:00", *done, *before, crawl="03:30") == []


def test_the_hour_that_is_left_out_in_spring_is_made_up_for_at_its_end() -> None:
    """28 March 2027: 02.59.59 is followed by 04.00."""
    assert nightly("2027-03-28T00:59:59+00:00", crawl="03:30")[0] == "crawl 2027-03-27"
    assert nightly("2027-03-28T01:00:00+00:00", crawl="03:30")[0] == "crawl 2027-03-28"


@pytest.mark.parametrize(
    ("now", "hours", "late"),
    [
        # From Monday 19.10.2026 07.00 summer time to Sunday 25.10. 07.00 winter time are 145 hours.
        ("2026-10-25T06:00", 144, False),
        ("2026-10-25T06:01", 144, True),
        # From Monday 22.3.2027 07.00 winter time to Sunday 28.3. 07.00 summer time are 143 hours.
        ("2027-03-28T08:00", 144, False),
        ("2027-03-28T08:01", 144, True),
    ],
)
def test_lateness_is_counted_in_hours_that_passed(now: str, hours: int, late: bool) -> None:
    settings = Settings(digest=DigestSettings(late_hours=hours))
    [send] = [job for job in due_jobs(at(now), settings, lambda job, period: None) if job.job == "send"]
    assert send.late is late


def test_the_times_of_the_settings_are_used() -> None:
    assert weekly("2026-09-07T09:29", send="09:30") == []
    assert weekly("2026-09-07T09:30", send="09:30") == ["send 2026-W37"]
    assert weekly("2026-09-06T12:00", a_run("send", "2026-W36", JobState.DONE), prepare="12:00") == ["prepare 2026-W37"]


@given(
    start=st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: at("2026-01-01T00:00") + timedelta(minutes=minutes)),
    steps=st.lists(st.timedeltas(timedelta(hours=-3), timedelta(days=3)), min_size=1, max_size=60),
)
def test_however_the_clock_runs_each_job_runs_once_per_period(start: datetime, steps: list[timedelta]) -> None:
    ledger: Ledger = {}
    ran: list[Due] = []
    now = start
    for step in steps:
        now += step
        for job in due_jobs(now, Settings(), lambda job, period: ledger.get((job, period))):
            ran.append(job)
            state = JobState.LATE if job.late else JobState.DONE
            ledger[job.job, job.period] = JobRun(job.job, job.period, state, now, now, "")
    done = [(job.job, job.period) for job in ran if not job.late]
    assert len(done) == len(set(done))
