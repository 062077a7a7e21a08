"""``hame-match digests``: what goes out."""

import re
import sys
from pathlib import Path

import click

from hame_match.cli.output import as_json, print_json, print_table
from hame_match.cli.session import workspace_of
from hame_match.errors import DigestError
from hame_match.language import HELSINKI
from hame_match.model.digest import Delivery


@click.group("digests")
def command() -> None:
    """Prepare, preview and send the weekly digests.

    Example: hame-match digests preview --actor kaarnapuron-konepaja --html digest.html
    """


@command.command("prepare")
@as_json
@click.pass_context
def prepare(context: click.Context, json_: bool) -> None:
    """Draft this week's digest of every actor from what is approved now; nothing is sent.

    Example: hame-match digests prepare
    """
    from hame_match.jobs.digests import prepare as prepare_all

    with workspace_of(context) as workspace:
        prepared = prepare_all(workspace)
    if json_:
        print_json([{name: getattr(one, name) for name in one.__slots__} for one in prepared])
    else:
        rows = [(one.actor, one.items or "–", one.recipients or "–", one.note) for one in prepared]
        print_table("", ("actor", "calls", "mails", "note"), rows, empty="No actors yet.")
    if any(one.failed for one in prepared):
        sys.exit(1)


@command.command("preview")
@click.option("--actor", required=True, metavar="A", help="Slug of the actor.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the HTML part to this file.")
@click.pass_context
def preview(context: click.Context, actor: str, html: Path | None) -> None:
    """Show the mail an actor would get now: its text, or its HTML in a file.

    Example: hame-match digests preview --actor kaarnapuron-konepaja --html digest.html
    """
    from hame_match.jobs.digests import preview as preview_of

    with workspace_of(context) as workspace:
        message = preview_of(workspace, actor)
    if html is None:
        click.echo(f"Subject: {message.subject}\n\n{message.text}")
        return
    try:
        html.write_text(message.html, "utf-8")
    except OSError as exc:
        raise DigestError(f"{html}: cannot be written: {exc.strerror}") from exc
    click.echo(f"Wrote {html}: {message.subject}")


def _delivery_json(delivery: Delivery) -> dict[str, object]:
    return {
        "delivery_id": delivery.delivery_id,
        "actor": delivery.actor,
        "week": delivery.week,
        "recipient": delivery.recipient,
        "message_id": delivery.message_id,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "next_at": delivery.next_at,
        "expires_at": delivery.expires_at,
        "answer": delivery.answer,
        "changed_at": delivery.changed_at,
    }


def _print_deliveries(deliveries: list[Delivery], empty: str) -> None:
    rows = [
        (
            delivery.delivery_id,
            delivery.week,
            delivery.actor,
            delivery.recipient,
            delivery.state.value,
            f"{delivery.changed_at.astimezone(HELSINKI):%Y-%m-%d %H:%M}",
            delivery.answer,
        )
        for delivery in deliveries
    ]
    print_table("", ("#", "week", "actor", "recipient", "state", "since", "answer"), rows, empty=empty)


@command.command("list")
@click.option("--week", metavar="WEEK", help="Only this ISO week, such as 2026-W32.")
@as_json
@click.pass_context
def list_(context: click.Context, week: str | None, json_: bool) -> None:
    """List every mail and where it is: drafted, queued, sent, in doubt, to be tried again, failed or expired.

    Example: hame-match digests list --week 2026-W32
    """
    if week and not re.fullmatch(r"\d{4}-W\d{2}", week):
        raise click.BadParameter(f"{week!r} is not an ISO week such as 2026-W32", param_hint="--week")
    with workspace_of(context) as workspace:
        deliveries = workspace.store.outbox.find(week=week)
    if json_:
        print_json([_delivery_json(delivery) for delivery in deliveries])
        return
    when = f" in {week}" if week else " yet"
    _print_deliveries(deliveries, f"No mails{when}; `hame-match digests prepare` drafts those of this week.")


@command.command("send")
@click.option("--dry-run", is_flag=True, help="Refresh the drafts and list what would be sent; send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before mail leaves by SMTP.")
@as_json
@click.pass_context
def send(context: click.Context, dry_run: bool, yes: bool, json_: bool) -> None:
    """Refresh this week's drafts and send them; each mail goes out at most once.

    Example: hame-match digests send --dry-run
    """
    from hame_match.jobs import digests

    with workspace_of(context) as workspace:
        if dry_run:
            digests.prepare(workspace)
            waiting = digests.to_send(workspace)
            if json_:
                print_json([_delivery_json(delivery) for delivery in waiting])
            else:
                _print_deliveries(waiting, "Nothing to send.")
            return
        transport = workspace.settings.delivery.transport
        if transport == "smtp" and not yes and sys.stdin.isatty():
            digests.prepare(workspace)
            count = len(digests.to_send(workspace))
            click.confirm(f"Send {count} mails through {workspace.settings.delivery.host}?", abort=True)
        prepared, report = digests.send(workspace)
        trouble = [d for d in workspace.store.outbox.find() if d.state.value in ("in_doubt", "failed", "expired")]
        folder = workspace.settings.path(workspace.settings.delivery.folder)
    if json_:
        print_json({name: getattr(report, name) for name in report.__slots__})
    else:
        where = f" to {folder}" if transport == "folder" else ""
        counts = {name: getattr(report, name) for name in report.__slots__ if name != "sent"}
        more = "".join(f", {count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        click.echo(f"Sent {report.sent} {'mail' if report.sent == 1 else 'mails'}{where}{more}.")
        for one in prepared:
            if one.failed:
                click.echo(f"{one.actor}: {one.note}", err=True)
        if trouble:
            _print_deliveries(trouble, "")
            click.echo("See `hame-match digests settle --help` for mails in doubt or failed.")
    if report.failed or report.in_doubt or any(one.failed for one in prepared):
        sys.exit(1)


@command.command("settle")
@click.argument("delivery", type=int)
@click.option("--delivered", "word", flag_value="delivered", help="It arrived: mark it as sent.")
@click.option("--again", "word", flag_value="again", help="It did not arrive: send the same bytes again.")
@click.option("--cancel", "word", flag_value="cancel", help="Do not send it.")
@click.pass_context
def settle(context: click.Context, delivery: int, word: str | None) -> None:
    """Say what became of a mail that is in doubt or failed; its number is in `digests list`.

    Example: hame-match digests settle 12 --delivered
    """
    from hame_match.deliver.outbox import Cancelled, ConfirmedDelivered, SendAgain
    from hame_match.jobs import digests

    if word is None:
        raise click.UsageError("say --delivered, --again or --cancel")
    words: dict[str, ConfirmedDelivered | SendAgain | Cancelled] = {
        "delivered": ConfirmedDelivered(),
        "again": SendAgain(),
        "cancel": Cancelled(),
    }
    with workspace_of(context) as workspace:
        settled = digests.settle(workspace, delivery, words[word])
    click.echo(f"{settled.delivery_id}: {settled.state.value}")
