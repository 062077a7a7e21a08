from dataclasses import replace
from datetime import timedelta

import pytest

from hame_match.model.run import Health, SpiderRun
from hame_match.store import Store
from hame_match.store.runs import JobState
from tests.builders import NOW


def a_run(spider: str = "fi_eura2021", health: Health = Health.OK, found: int = 10, days: int = 0) -> SpiderRun:
    at = NOW + timedelta(days=days)
    return SpiderRun(
        spider, at, at + timedelta(seconds=9), health, "" if health is Health.OK else "why", found, 1, 2, 7
    )


def add(store: Store, *runs: SpiderRun) -> None:
    with store.transaction():
        for run in runs:
            store.spider_runs.add(run)


def test_a_run_is_read_back_with_what_was_skipped_and_noted(store: Store) -> None:
    run = replace(a_run(), skipped={"päättynyt": 3}, notes=("gap: kaksi puuttuu",))
    add(store, run)
    assert store.spider_runs.latest() == {"fi_eura2021": replace(run, run_id=1)}


def test_the_latest_run_is_the_one_recorded_last_whatever_the_clock_said(store: Store) -> None:
    add(store, a_run(found=1, days=5), a_run(found=2), a_run("other", found=3))
    assert {name: run.found for name, run in store.spider_runs.latest().items()} == {"fi_eura2021": 2, "other": 3}


def test_the_last_healthy_run_is_the_last_that_was_not_failed(store: Store) -> None:
    add(store, a_run(found=1), a_run(found=2, health=Health.SUSPECT), a_run(found=0, health=Health.FAILED))
    healthy = store.spider_runs.last_healthy("fi_eura2021")
    assert healthy is not None
    assert healthy.found == 2
    assert store.spider_runs.last_healthy("none") is None


def test_only_ok_runs_make_the_history_latest_first(store: Store) -> None:
    add(store, *(a_run(found=number) for number in range(12)))
    add(store, a_run(found=99, health=Health.FAILED), a_run(found=98, health=Health.SUSPECT), a_run("other", found=97))
    assert store.spider_runs.healthy_counts("fi_eura2021", 3) == [11, 10, 9]
    assert len(store.spider_runs.healthy_counts("fi_eura2021")) == 8


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.LATE])
def test_a_job_is_running_until_it_has_ended(store: Store, state: JobState) -> None:
    assert store.job_runs.get("send", "2026-W37") is None
    store.job_runs.begin("send", "2026-W37", NOW)
    running = store.job_runs.get("send", "2026-W37")
    assert running is not None
    assert (running.state, running.finished_at, running.detail) == (JobState.RUNNING, None, "")
    store.job_runs.finish("send", "2026-W37", state, "3 sent", NOW + timedelta(minutes=1))
    ended = store.job_runs.get("send", "2026-W37")
    assert ended is not None
    assert (ended.state, ended.started_at, ended.finished_at) == (state, NOW, NOW + timedelta(minutes=1))
    assert ended.detail == "3 sent"


def test_a_job_begun_again_forgets_how_it_ended_before(store: Store) -> None:
    store.job_runs.begin("send", "2026-W37", NOW)
    store.job_runs.finish("send", "2026-W37", JobState.FAILED, "no server", NOW)
    store.job_runs.begin("send", "2026-W37", NOW + timedelta(hours=1))
    again = store.job_runs.get("send", "2026-W37")
    assert again is not None
    assert (again.state, again.finished_at, again.detail) == (JobState.RUNNING, None, "")


def test_the_latest_run_of_each_job(store: Store) -> None:
    for week, hours in (("2026-W37", 0), ("2026-W38", 1)):
        store.job_runs.begin("send", week, NOW + timedelta(hours=hours))
    store.job_runs.begin("crawl", "2026-09-07", NOW)
    assert {job: run.period for job, run in store.job_runs.latest().items()} == {
        "send": "2026-W38",
        "crawl": "2026-09-07",
    }
