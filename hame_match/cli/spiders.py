"""``hame-match spiders``: the sources."""

import sys
from pathlib import Path

import click

from hame_match.cli.output import as_json, print_json, print_table
from hame_match.cli.session import settings_of, workspace_of
from hame_match.language import HELSINKI
from hame_match.model.run import Health, SpiderRun
from hame_match.settings import CrawlSettings, Settings


@click.group("spiders")
def command() -> None:
    """List, run and check the spiders that collect calls.

    Example: hame-match spiders run fi_eura2021
    """


@command.command("list")
@as_json
@click.pass_context
def list_(context: click.Context, json_: bool) -> None:
    """List the spiders, what they read and how their last run went.

    Example: hame-match spiders list
    """
    from hame_match.collect.runner import spider_names

    with workspace_of(context) as workspace:
        latest = workspace.store.spider_runs.latest()
        nightly = workspace.settings.crawl.spiders
    spiders = spider_names()
    if json_:
        print_json(
            [
                {
                    "name": spider.name,
                    "title": spider.title,
                    "summary": spider.summary,
                    "addresses": dict(spider.addresses),
                    "nightly": spider.name in nightly,
                    "last_run": run_json(latest[spider.name]) if spider.name in latest else None,
                }
                for spider in spiders
            ]
        )
        return
    rows = []
    for spider in spiders:
        run = latest.get(spider.name)
        last = (
            f"{run.finished_at.astimezone(HELSINKI):%Y-%m-%d %H:%M} {run.health}, {run.found} calls"
            if run
            else "never run"
        )
        rows.append((spider.name, spider.title, "yes" if spider.name in nightly else "no", last))
    print_table("", ("spider", "reads", "nightly", "last run"), rows)


def run_json(run: SpiderRun) -> dict[str, object]:
    """Return what `spiders run --json` says of a run."""
    return {
        "spider": run.spider,
        "health": run.health.value,
        "found": run.found,
        "new": run.new,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "skipped": dict(run.skipped),
        "reason": run.reason,
        "notes": list(run.notes),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def replayed(settings: Settings, replay: str | None) -> Settings:
    """Return the settings with the replay server of --replay, if one is given.

    Raises:
        click.BadParameter: it is no web address.
    """
    if not replay:
        return settings
    try:
        crawl = CrawlSettings(**{**settings.crawl.model_dump(), "replay": replay})
    except ValueError as exc:
        raise click.BadParameter(
            f"{replay!r} is not an address such as http://127.0.0.1:8765", param_hint="--replay"
        ) from exc
    return settings.model_copy(update={"crawl": crawl})


@command.command("run")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--replay", metavar="URL", help="Send every request to a replay server instead of its host.")
@as_json
@click.pass_context
def run(context: click.Context, names: tuple[str, ...], replay: str | None, json_: bool) -> None:
    """Run spiders, all of the settings if none is named, and store what they find.

    The exit code is 1 when any run is FAILED; a failed run changes nothing that is stored.

    Example: hame-match spiders run eu_funding_tenders
    """
    from hame_match.jobs.crawling import crawl_all

    with workspace_of(context, replayed(settings_of(context), replay)) as workspace:
        runs = crawl_all(workspace, names)
    if json_:
        print_json([run_json(run) for run in runs])
    else:
        print_runs(runs)
    if any(run.health is Health.FAILED for run in runs):
        sys.exit(1)


def print_runs(runs: list[SpiderRun]) -> None:
    """Print what each run found, then why anything was skipped or is in doubt."""
    rows = [
        (run.spider, run.health.value, run.found, run.new, run.changed, run.unchanged, sum(run.skipped.values()))
        for run in runs
    ]
    print_table("", ("spider", "health", "found", "new", "changed", "unchanged", "skipped"), rows)
    for run in runs:
        for reason, count in sorted(run.skipped.items()):
            click.echo(f"{run.spider}: skipped {count}: {reason}")
        for note in run.notes:
            click.echo(f"{run.spider}: {note}")
        if run.reason:
            click.echo(f"{run.spider}: {run.health.value}: {run.reason}", err=run.health is Health.FAILED)


@command.command("check")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--replay", metavar="URL", help="Send every request to a replay server instead of its host.")
@as_json
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], replay: str | None, json_: bool) -> None:
    """Run spiders without storing anything, to see whether their sources can still be read.

    Example: hame-match spiders check fi_haeavustuksia
    """
    from hame_match.jobs.crawling import crawl_all
    from hame_match.jobs.workspace import Workspace
    from hame_match.store import open_store

    with workspace_of(context, replayed(settings_of(context), replay)) as workspace, open_store(None) as scratch:
        trial = Workspace(workspace.settings, scratch, workspace.clock, workspace.progress)
        runs = crawl_all(trial, names)
    if json_:
        print_json([run_json(run) for run in runs])
    else:
        print_runs(runs)
        click.echo("Nothing was stored.")
    if any(run.health is Health.FAILED for run in runs):
        sys.exit(1)


@command.command("replay-demo", hidden=True)
@click.option("--port", default=0, show_default=True, help="Port on loopback; 0 takes a free one.")
@click.option("--address-file", type=click.Path(path_type=Path), help="File to write the address to.")
def replay_demo(port: int, address_file: Path | None) -> None:
    """Serve the demo's sources on loopback until interrupted, to try --replay by hand.

    Example: hame-match spiders replay-demo --port 8765
    """
    import threading

    from hame_match.demo.server import ReplayServer
    from hame_match.demo.sites import demo_sites

    with ReplayServer(demo_sites(), port) as server:
        click.echo(server.url)
        if address_file:
            address_file.write_text(server.url, "utf-8")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
