"""What the scheduler does at a tick; nothing is crawled, and mails go into a folder."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hame_match.jobs import schedule
from hame_match.jobs.reviewing import decide
from hame_match.jobs.schedule import run_due, run_weekly
from hame_match.jobs.workspace import Workspace
from hame_match.model.digest import DeliveryState
from hame_match.settings import Settings
from hame_match.store import Store
from hame_match.store.runs import JobRun, JobState
from tests.builders import NOW, a_call, a_workspace, an_actor, put_calls

SUNDAY = NOW - timedelta(hours=12)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(SUNDAY)


@pytest.fixture
def workspace(store: Store, tmp_path: Path, clock: Clock) -> Workspace:
    put_calls(store, a_call("a"), a_call("b"))
    return a_workspace(store, tmp_path, an_actor(), now=clock, crawl={"spiders": ()})


def short(runs: list[JobRun]) -> list[tuple[str, str, str]]:
    return [(run.job, run.period, run.state.value) for run in runs]


def approve_all(workspace: Workspace) -> None:
    for actor in workspace.actors:
        matches = workspace.store.matches.of_actor(actor.slug)
        decide(workspace, actor.slug, [match.call_id for match in matches], reviewer="tester")


def mails(workspace: Workspace) -> int:
    return len(list((workspace.settings.root / "outbox").glob("*.eml")))


def test_a_week_from_the_sunday_on(workspace: Workspace, clock: Clock) -> None:
    workspace.store.job_runs.begin("send", "2026-W36", SUNDAY)
    workspace.store.job_runs.finish("send", "2026-W36", JobState.DONE, "", SUNDAY)
    clock.now = SUNDAY - timedelta(hours=2)
    assert short(run_due(workspace)) == [("crawl", "2026-09-06", "done"), ("match", "2026-09-06", "done")]
    approve_all(workspace)
    clock.now = SUNDAY
    assert short(run_due(workspace)) == [("prepare", "2026-W37", "done")]
    assert run_due(workspace) == []
    assert mails(workspace) == 0
    clock.now = NOW
    assert short(run_due(workspace)) == [
        ("crawl", "2026-09-07", "done"),
        ("match", "2026-09-07", "done"),
        ("send", "2026-W37", "done"),
    ]
    assert mails(workspace) == 1
    clock.now = NOW + timedelta(hours=2)
    assert run_due(workspace) == []


def test_what_was_approved_too_late_waits_for_a_persons_word(workspace: Workspace, clock: Clock) -> None:
    run_due(workspace)
    approve_all(workspace)
    clock.now = NOW + timedelta(hours=40)
    runs = {run.job: run for run in run_due(workspace)}
    assert runs["send"].state is JobState.LATE
    assert "more than 36 hours late and not sent to esimerkki-konepaja" in runs["send"].detail
    assert "hame-match digests send" in runs["send"].detail
    assert mails(workspace) == 0
    assert run_due(workspace) == []


def test_a_week_without_anything_to_send_is_not_called_late(workspace: Workspace, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=40)
    runs = {run.job: run for run in run_due(workspace)}
    assert (runs["send"].state, runs["send"].detail[:6]) == (JobState.DONE, "0 sent")


def test_a_killed_run_is_done_again_and_sends_nothing_twice(workspace: Workspace, clock: Clock) -> None:
    run_due(workspace)
    approve_all(workspace)
    clock.now = NOW
    run_due(workspace)
    workspace.store.job_runs.begin("send", "2026-W37", NOW)  # as a killed process leaves it
    before = sorted((workspace.settings.root / "outbox").glob("*.eml"))
    times = [file.stat().st_mtime_ns for file in before]
    assert short(run_due(workspace)) == [("send", "2026-W37", "done")]
    assert [file.stat().st_mtime_ns for file in before] == times


def test_a_failed_job_is_recorded_and_the_others_run(store: Store, tmp_path: Path, clock: Clock) -> None:
    workspace = a_workspace(store, tmp_path, an_actor(), now=clock, crawl={"spiders": ("no_such_spider",)})
    runs = {run.job: run for run in run_due(workspace)}
    assert runs["crawl"].state is JobState.FAILED
    assert "there is no spider 'no_such_spider'" in runs["crawl"].detail
    assert runs["match"].state is JobState.DONE
    clock.now += timedelta(minutes=59)
    assert run_due(workspace) == []
    clock.now += timedelta(minutes=1)
    assert short(run_due(workspace)) == [("crawl", "2026-09-06", "failed")]


class BrokenEmbedder:
    model_id, dimension = "broken", 3

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *_: 1 / 0


def test_a_fault_of_ours_is_recorded_logged_and_stops_no_other_job(
    store: Store, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    put_calls(store, a_call())
    workspace = a_workspace(
        store,
        tmp_path,
        an_actor(),
        now=clock,
        embedder=BrokenEmbedder(),
        crawl={"spiders": ()},  # type: ignore[arg-type]
    )
    with caplog.at_level(logging.ERROR):
        runs = {run.job: run for run in run_due(workspace)}
    assert runs["match"].state is JobState.FAILED
    assert runs["match"].detail.startswith("a fault in hame-match itself, see the log: ZeroDivisionError")
    assert runs["prepare"].state is JobState.DONE
    assert "ZeroDivisionError" in caplog.text


def test_while_the_mail_server_is_down_it_is_asked_once_an_hour(
    store: Store, tmp_path: Path, clock: Clock, unused_port: int
) -> None:
    put_calls(store, a_call("a"))
    smtp = {"transport": "smtp", "host": "127.0.0.1", "port": unused_port, "security": "none", "timeout_seconds": 1}
    workspace = a_workspace(store, tmp_path, an_actor(), now=clock, crawl={"spiders": ()}, delivery=smtp)
    run_due(workspace)
    approve_all(workspace)
    tries = []
    for minutes in range(0, 180, 10):
        clock.now = NOW + timedelta(minutes=minutes)
        tries += [(minutes, run.job, run.state.value) for run in run_due(workspace) if run.job in ("send", "resend")]
    assert tries == [(0, "send", "failed"), (60, "send", "failed"), (120, "send", "failed")]
    [delivery] = store.outbox.find()
    assert delivery.state is DeliveryState.QUEUED


def test_what_has_expired_while_the_server_was_down_is_settled_without_it(
    store: Store, tmp_path: Path, clock: Clock, unused_port: int
) -> None:
    put_calls(store, a_call("a"))
    smtp = {"transport": "smtp", "host": "127.0.0.1", "port": unused_port, "security": "none", "timeout_seconds": 1}
    workspace = a_workspace(store, tmp_path, an_actor(), now=clock, crawl={"spiders": ()}, delivery=smtp)
    run_due(workspace)
    approve_all(workspace)
    clock.now = NOW
    run_due(workspace)
    clock.now = NOW + timedelta(days=5)
    run_due(workspace)
    [delivery] = store.outbox.find()
    assert delivery.state is DeliveryState.EXPIRED


def test_weekly_by_hand_does_all_four_and_records_them(workspace: Workspace, clock: Clock) -> None:
    clock.now = NOW
    periods = [("crawl", "2026-09-07"), ("match", "2026-09-07"), ("prepare", "2026-W37"), ("send", "2026-W37")]
    assert short(run_weekly(workspace)) == [(*period, "done") for period in periods]
    approve_all(workspace)
    assert short(run_weekly(workspace)) == [(*period, "done") for period in periods]
    assert mails(workspace) == 1
    run_weekly(workspace)
    assert mails(workspace) == 1
    assert run_due(workspace) == []


def test_on_a_sunday_weekly_by_hand_is_for_the_coming_week(workspace: Workspace) -> None:
    assert {run.period for run in run_weekly(workspace) if run.job in ("prepare", "send")} == {"2026-W37"}


def test_every_job_that_can_be_due_can_be_run() -> None:
    jobs = {
        job.job
        for hour in range(24 * 7)
        for job in schedule.due_jobs(NOW + timedelta(hours=hour), Settings(), lambda job, period: None)
    }
    assert jobs == set(schedule._WORK)
