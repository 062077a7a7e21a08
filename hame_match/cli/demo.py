"""``hame-match demo``: the whole way, offline."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hame_match.cli.matches import list_table
from hame_match.cli.session import bars, pinned
from hame_match.cli.spiders import print_runs
from hame_match.language import HELSINKI

if TYPE_CHECKING:
    from hame_match.jobs.workspace import Workspace

SHOWN_ACTOR = "kaarnapuron-konepaja"
SHOWN_MATCHES = 8


@click.command("demo")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-out"), show_default=True,
    help="Folder for the demo's workspace and digests.",
)  # fmt: skip
@click.pass_context
def command(context: click.Context, out: Path) -> None:
    """Run the whole way offline on bundled calls and six fictional actors.

    Collects about fifty calls from a server on this machine, ranks them with the real model, approves the best as a
    manager would and writes the digests. Its clock stands at 3 August 2026 unless --now moves it.

    Example: hame-match demo --out try
    """
    from hame_match.demo.sites import DEMO_NOW
    from hame_match.demo.walk import demo_settings, walk

    now = pinned(context) or DEMO_NOW
    settings = demo_settings(out)

    def show(workspace: "Workspace") -> None:
        click.echo(f"The best calls for {workspace.actor(SHOWN_ACTOR).name} ({SHOWN_ACTOR}):")
        list_table(workspace, SHOWN_ACTOR, "fi", SHOWN_MATCHES)

    with bars() as progress:
        walked = walk(settings, now, progress, show)
    print_runs(walked.runs)
    mails = [file for file in walked.written if file.suffix == ".eml"]
    if mails:
        click.echo(f"{walked.approved} matches approved as a manager would; {len(mails)} digests written to {out}:")
        for file in mails:
            click.echo(f"  {out / file.name} (and .html, .txt)")
    else:
        click.echo(f"Nothing is new since the last run: no digest was written again; those in {out} are as they were.")
    pin = f"--now {now.astimezone(HELSINKI):%Y-%m-%dT%H:%M}"
    click.echo("\nGo on from here (the demo's clock is pinned):")
    click.echo(f"  cd {out}")
    click.echo(f"  hame-match {pin} matches list --actor {SHOWN_ACTOR}")
    click.echo(f"  hame-match {pin} matches show --actor {SHOWN_ACTOR} 1")
    click.echo(f"  hame-match {pin} status")
