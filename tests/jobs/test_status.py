from datetime import date
from pathlib import Path

from hame_match.jobs.status import status_of
from hame_match.model.call import Deadline
from hame_match.model.digest import DeliveryState
from hame_match.model.run import Health, SpiderRun
from hame_match.store import Store
from hame_match.store.runs import JobState
from tests.builders import NOW, a_call, a_match, a_message, a_workspace, an_actor, put_calls


def test_a_new_workspace_has_everything_due_and_nothing_wrong(store: Store, tmp_path: Path) -> None:
    status = status_of(a_workspace(store, tmp_path, an_actor()))
    assert [(source.latest, source.healthy) for source in status.sources] == [(None, None)] * 3
    assert [job.job for job in status.due] == ["crawl", "match", "send"]
    assert (status.calls["open"], status.actors, status.pending, status.trouble) == (0, 1, {}, [])


def test_a_failed_source_still_tells_when_it_was_well(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        for found, health in ((9, Health.OK), (0, Health.FAILED)):
            store.spider_runs.add(SpiderRun("fi_eura2021", NOW, NOW, health, "", found))
    [source] = [s for s in status_of(a_workspace(store, tmp_path)).sources if s.spider == "fi_eura2021"]
    assert source.latest is not None
    assert source.healthy is not None
    assert (source.latest.health, source.healthy.found) == (Health.FAILED, 9)


def test_calls_matches_mails_and_jobs_are_counted(store: Store, tmp_path: Path) -> None:
    put_calls(
        store,
        a_call("a"),
        a_call("old", deadlines=(Deadline(on=date(2026, 9, 1)),)),
        a_call("soon", opens_on=date(2026, 12, 1), deadlines=()),
    )
    with store.transaction():
        store.matches.replace("x", [a_match("fi_haeavustuksia:a", actor="x")])
        digest = store.digests.put("x", "2026-W37", ["fi_haeavustuksia:a"], 0, NOW)
        store.outbox.draft(digest, [a_message(number) for number in range(1, 9)], NOW, NOW)
    for number, state in enumerate(DeliveryState, start=1):
        store.outbox.settle(number, state, "", None, NOW)
    store.job_runs.begin("send", "2026-W37", NOW)
    store.job_runs.finish("send", "2026-W37", JobState.FAILED, "no server", NOW)
    status = status_of(a_workspace(store, tmp_path))
    assert status.calls == {"forthcoming": 1, "open": 1, "closed": 1, "unknown": 0}
    assert status.pending == {"x": 1}
    assert (status.drafts, status.waiting) == (1, 2)
    assert {delivery.state for delivery in status.trouble} == {
        DeliveryState.IN_DOUBT,
        DeliveryState.FAILED,
        DeliveryState.EXPIRED,
    }
    assert status.jobs["send"].state is JobState.FAILED


def test_looking_changes_nothing(store: Store, tmp_path: Path) -> None:
    put_calls(store, a_call())
    before = list(store._db.conn.iterdump())
    status_of(a_workspace(store, tmp_path, an_actor()))
    assert list(store._db.conn.iterdump()) == before
