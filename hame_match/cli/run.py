"""``hame-match run``: the scheduler's work by hand."""

import sys

import click

from hame_match.cli.output import as_json, print_json, print_table
from hame_match.cli.session import settings_of, workspace_of
from hame_match.cli.spiders import replayed
from hame_match.store.runs import JobRun, JobState


@click.group("run")
def command() -> None:
    """Do by hand what the scheduler does.

    Example: hame-match run weekly
    """


def _print_jobs(runs: list[JobRun], json_: bool) -> None:
    if json_:
        print_json([{"job": r.job, "period": r.period, "state": r.state.value, "detail": r.detail} for r in runs])
    else:
        rows = [(run.job, run.period, run.state.value, run.detail) for run in runs]
        print_table("", ("job", "for", "state", "result"), rows, empty="Nothing is due.")
    if any(run.state in (JobState.FAILED, JobState.LATE) for run in runs):
        sys.exit(1)


@command.command("weekly")
@click.option("--replay", metavar="URL", help="Send every request to a replay server instead of its host.")
@as_json
@click.pass_context
def weekly(context: click.Context, replay: str | None, json_: bool) -> None:
    """Crawl, match, prepare and send what is approved, now.

    Example: hame-match run weekly
    """
    from hame_match.jobs.schedule import run_weekly

    with workspace_of(context, replayed(settings_of(context), replay)) as workspace:
        runs = run_weekly(workspace)
    _print_jobs(runs, json_)


@command.command("due")
@as_json
@click.pass_context
def due(context: click.Context, json_: bool) -> None:
    """Run what the scheduler would run now, once; for cron or a systemd timer.

    Example: hame-match run due
    """
    from hame_match.jobs.locks import sole
    from hame_match.jobs.schedule import run_due

    with (
        workspace_of(context) as workspace,
        sole(workspace.beside_database(".scheduler.lock"), "the scheduler"),
    ):
        runs = run_due(workspace)
    _print_jobs(runs, json_)
