"""``hame-match calls``: what is stored."""

from datetime import datetime

import click

from hame_match.cli.output import as_json, deadline_text, money_text, print_json, print_table
from hame_match.cli.session import workspace_of
from hame_match.errors import NotFoundError
from hame_match.language import shorten
from hame_match.model.call import CallStatus, Deadline, StoredCall, next_deadline, status_at


@click.group("calls")
def command() -> None:
    """List and show the calls that are stored.

    Example: hame-match calls list --source fi_eura2021
    """


def _deadline_json(deadline: Deadline) -> dict[str, object]:
    return {"on": deadline.on, "at": deadline.at, "kind": deadline.kind.value}


def call_json(stored: StoredCall, now: datetime) -> dict[str, object]:
    """Return what `calls list --json` says of a call."""
    call = stored.call
    return {
        "call_id": stored.call_id,
        "source": call.source,
        "source_key": call.source_key,
        "identifier": call.identifier,
        "title": call.title(call.original_language())[0],
        "titles": dict(call.titles),
        "status": status_at(call, now).value,
        "opens_on": call.opens_on,
        "deadlines": [_deadline_json(deadline) for deadline in call.deadlines],
        "next_deadline": _deadline_json(ahead) if (ahead := next_deadline(call, now)) else None,
        "continuous": call.continuous,
        "url": call.url,
        "funder": call.funder,
        "programme": call.programme,
        "type_of_action": call.type_of_action,
        "kind": call.kind.value,
        "parent_title": call.parent_title,
        "project": call.project,
        "budget_total": call.budget_total,
        "grant_min": call.grant_min,
        "grant_max": call.grant_max,
        "expected_grants": call.expected_grants,
        "regions": call.regions,
        "region_note": call.region_note,
        "languages": list(call.languages),
        "text_chars": call.text_chars,
        "version": stored.version,
        "first_seen": stored.first_seen,
        "last_seen": stored.last_seen,
    }


@command.command("list")
@click.option("--source", metavar="NAME", help="Only calls of this spider.")
@click.option("--all", "all_", is_flag=True, help="Closed calls, too.")
@as_json
@click.pass_context
def list_(context: click.Context, source: str | None, all_: bool, json_: bool) -> None:
    """List the calls that are open or to be opened, by deadline.

    Example: hame-match calls list --source eu_funding_tenders --json
    """
    with workspace_of(context) as workspace:
        now = workspace.clock()
        stored = workspace.store.calls.all(source)
        if source and not stored:
            from hame_match.jobs.crawling import known_spiders

            known_spiders([source])
    shown = [one for one in stored if all_ or status_at(one.call, now) is not CallStatus.CLOSED]
    shown.sort(key=lambda one: _by_deadline(one, now))
    if json_:
        print_json([call_json(one, now) for one in shown])
        return
    rows = [
        (
            one.call_id,
            shorten(one.call.title(one.call.original_language())[0], 70),
            status_at(one.call, now).value,
            deadline_text(one.call, now, "fi"),
            money_text(one.call, "fi"),
        )
        for one in shown
    ]
    print_table(
        "", ("call", "title", "status", "deadline", "grant"), rows, empty="No calls; run `hame-match spiders run`."
    )
    if rows:
        click.echo(f"{len(shown)} of {len(stored)} stored calls.")


def _by_deadline(stored: StoredCall, now: datetime) -> tuple[bool, str, str]:
    ahead = next_deadline(stored.call, now)
    return (ahead is None, ahead.on.isoformat() if ahead else "", stored.call_id)


@command.command("show")
@click.argument("call_id", metavar="CALL")
@as_json
@click.pass_context
def show(context: click.Context, call_id: str, json_: bool) -> None:
    """Show one call with its text and what happened to it.

    Example: hame-match calls show fi_haeavustuksia:va-lou-2026-5
    """
    with workspace_of(context) as workspace:
        now = workspace.clock()
        stored = workspace.store.calls.get(call_id)
        if stored is None:
            raise NotFoundError(f"there is no call {call_id!r}; `hame-match calls list --all` lists them")
        events = workspace.store.calls.events_of(call_id)
    call = stored.call
    if json_:
        sections = [section.model_dump(mode="json") for section in call.sections]
        history = [{"kind": e.kind.value, "at": e.at, "fields": list(e.fields), "version": e.version} for e in events]
        print_json({**call_json(stored, now), "sections": sections, "events": history})
        return
    click.secho(call.title(call.original_language())[0], bold=True)
    click.echo(f"{call.url}\n{call.funder} · {call.programme or '–'} · {call.type_of_action or '–'}")
    click.echo(f"{status_at(call, now).value}; {deadline_text(call, now, 'fi')}; {money_text(call, 'fi')}")
    for section in call.sections:
        click.secho(f"\n[{section.language}] {section.heading or section.role.value}", bold=True)
        click.echo(section.text)
    click.echo()
    for event in events:
        fields = f": {', '.join(event.fields)}" if event.fields else ""
        click.echo(f"{event.at:%Y-%m-%d} {event.kind.value}{fields}")
