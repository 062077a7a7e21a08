"""``hame-match status``: everything at a glance."""

from datetime import datetime

import click

from hame_match.cli.output import as_json, print_json, print_table
from hame_match.cli.session import workspace_of
from hame_match.cli.spiders import run_json
from hame_match.jobs.status import Source, Status, status_of
from hame_match.language import HELSINKI


@click.command("status")
@as_json
@click.pass_context
def command(context: click.Context, json_: bool) -> None:
    """Show sources, last runs, what waits for review, what is due and what failed.

    Example: hame-match status
    """
    with workspace_of(context) as workspace:
        status = status_of(workspace)
    if json_:
        print_json(_json(status))
        return
    _print(status)


def _json(status: Status) -> dict[str, object]:
    return {
        "sources": [
            {
                "spider": source.spider,
                "last_run": run_json(source.latest) if source.latest else None,
                "last_healthy_at": source.healthy.finished_at if source.healthy else None,
            }
            for source in status.sources
        ],
        "calls": status.calls,
        "actors": status.actors,
        "pending_reviews": status.pending,
        "due": [{"job": job.job, "period": job.period, "late": job.late} for job in status.due],
        "jobs": {
            name: {"period": r.period, "state": r.state.value, "detail": r.detail, "finished_at": r.finished_at}
            for name, r in status.jobs.items()
        },
        "deliveries": {
            "drafted": status.drafts,
            "waiting": status.waiting,
            "trouble": [
                {
                    "delivery_id": d.delivery_id,
                    "actor": d.actor,
                    "week": d.week,
                    "state": d.state.value,
                    "answer": d.answer,
                }
                for d in status.trouble
            ],
        },
    }


def _print(status: Status) -> None:
    print_table("Sources", ("spider", "health", "last run", "found", "new", "reason"), map(_source_row, status.sources))
    calls = ", ".join(f"{count} {name}" for name, count in status.calls.items() if count) or "none yet"
    click.echo(f"Calls: {calls}.\n")
    rows = [(actor, count) for actor, count in status.pending.items()]
    print_table(
        "Waiting for review", ("actor", "matches"), rows, empty=f"Nothing waits for review ({status.actors} actors)."
    )
    jobs = [(run.job, run.period, run.state.value, run.detail) for run in status.jobs.values()]
    print_table("Jobs", ("job", "for", "state", "result"), jobs, empty="No job has run by itself yet.")
    due = ", ".join(f"{job.job} {job.period}{' (late)' if job.late else ''}" for job in status.due)
    click.echo(f"Due: {due or 'nothing'}.")
    click.echo(f"Mail: {status.drafts} drafted, {status.waiting} waiting to be sent.")
    trouble = [(d.delivery_id, d.week, d.actor, d.state.value, d.answer) for d in status.trouble]
    if trouble:
        print_table("Needs a person", ("#", "week", "actor", "state", "answer"), trouble)


def _source_row(source: Source) -> tuple[object, ...]:
    run = source.latest
    if run is None:
        return (source.spider, "never run", "–", "–", "–", "")
    reason = run.reason
    if run.health.value == "FAILED" and source.healthy:
        reason += f" Last healthy run: {_local(source.healthy.finished_at)}."
    return (source.spider, run.health.value, _local(run.finished_at), run.found, run.new, reason)


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(HELSINKI):%Y-%m-%d %H:%M}"
