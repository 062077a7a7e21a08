"""Crawls through the jobs: real spiders in child processes against the demo's replay server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hame_match.demo.eura import EuraSite
from hame_match.demo.haeavustuksia import HaeavustuksiaSite
from hame_match.demo.server import ReplayServer, Site
from hame_match.demo.sites import DEMO_NOW, demo_sites
from hame_match.errors import NotFoundError
from hame_match.jobs.crawling import crawl_all, known_spiders
from hame_match.jobs.workspace import Workspace
from hame_match.model.run import Health
from hame_match.store import Store
from tests.builders import a_workspace

SPIDERS = ("eu_funding_tenders", "fi_haeavustuksia", "fi_eura2021")


def at(workspace: Workspace, replay: str, days: int = 0) -> Workspace:
    crawl = workspace.settings.crawl.model_copy(update={"replay": replay, "retries": 0})
    settings = workspace.settings.model_copy(update={"crawl": crawl})
    return replace(workspace, settings=settings, clock=lambda: DEMO_NOW + timedelta(days=days))


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    return a_workspace(store, tmp_path, now=DEMO_NOW)


@pytest.fixture(scope="module")
def replay() -> Iterator[str]:
    with ReplayServer(demo_sites()) as server:
        yield server.url


def everything(store: Store, source: str) -> list[object]:
    calls = store.calls.all(source)
    return [calls, *(store.calls.events_of(stored.call_id) for stored in calls)]


def test_a_first_crawl_is_all_new_and_a_second_all_unchanged(workspace: Workspace, replay: str) -> None:
    runs = crawl_all(at(workspace, replay))
    assert [(run.spider, run.health) for run in runs] == [(spider, Health.OK) for spider in SPIDERS]
    assert all(run.found == run.new > 0 for run in runs)
    assert sum(run.found for run in runs) == workspace.store.calls.count() >= 45
    before = {stored.call_id: stored.content_hash for stored in workspace.store.calls.all()}
    again = crawl_all(at(workspace, replay, days=0))
    assert [(run.new, run.changed, run.unchanged) for run in again] == [(0, 0, run.found) for run in runs]
    assert {stored.call_id: stored.content_hash for stored in workspace.store.calls.all()} == before


def broken(name: str) -> dict[str, Site]:
    """The demo's sites with nothing behind one source."""
    sites = demo_sites()
    kinds = {"fi_eura2021": EuraSite, "fi_haeavustuksia": HaeavustuksiaSite}
    return {host: site for host, site in sites.items() if not isinstance(site, kinds[name])}


@pytest.mark.parametrize("name", ["fi_eura2021", "fi_haeavustuksia"])
def test_a_failed_run_changes_nothing_and_the_other_sources_go_on(workspace: Workspace, replay: str, name: str) -> None:
    names = ("fi_haeavustuksia", "fi_eura2021")
    crawl_all(at(workspace, replay), [name])
    before = everything(workspace.store, name)
    with ReplayServer(broken(name)) as server:
        runs = {run.spider: run for run in crawl_all(at(workspace, server.url), names)}
    failed = runs.pop(name)
    assert failed.health is Health.FAILED
    assert failed.reason
    assert (failed.new, failed.changed, failed.unchanged) == (0, 0, 0)
    assert [run.health for run in runs.values()] == [Health.OK]
    assert everything(workspace.store, name) == before
    assert workspace.store.spider_runs.latest()[name].health is Health.FAILED
    healthy = workspace.store.spider_runs.last_healthy(name)
    assert healthy is not None
    assert healthy.found > 0


def test_a_server_that_is_not_there_fails_the_run(workspace: Workspace, unused_port: int) -> None:
    [run] = crawl_all(at(workspace, f"http://127.0.0.1:{unused_port}"), ["fi_eura2021"])
    assert run.health is Health.FAILED
    assert workspace.store.calls.count() == 0


def test_an_unknown_spider_runs_nothing(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match=f"no spider 'nope'; the spiders are: {', '.join(sorted(SPIDERS))}"):
        crawl_all(workspace, ["fi_eura2021", "nope"])
    assert workspace.store.spider_runs.latest() == {}


def test_spiders_are_run_in_the_order_asked_for() -> None:
    assert [info.name for info in known_spiders(["fi_eura2021", "eu_funding_tenders"])] == [
        "fi_eura2021",
        "eu_funding_tenders",
    ]
