"""The command line: ``hame-match <noun> <verb>``, a thin caller of `hame_match.jobs`."""

import io
import sys

import click

from hame_match.cli.lazy import LazyGroup
from hame_match.errors import HameMatchError

_NOUNS = {
    "init": ("init", "Make a workspace: settings and a folder for profiles."),
    "demo": ("demo", "Run the whole way offline on bundled calls and fictional actors."),
    "spiders": ("spiders", "List, run and check the spiders that collect calls."),
    "calls": ("calls", "List, find and show the calls that are stored."),
    "actors": ("actors", "List the actors and check their profiles."),
    "matches": ("matches", "Rank calls for the actors; list, approve and reject matches."),
    "digests": ("digests", "Prepare, preview and send the weekly digests."),
    "run": ("run", "Do by hand what the scheduler does."),
    "evaluate": ("evaluate", "Rank data that people have judged and measure what the ranking finds."),
    "status": ("status", "Show sources, what waits, what is due and what failed."),
}


@click.group(cls=LazyGroup, nouns=_NOUNS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hame-match", message="%(prog)s %(version)s")
@click.option(
    "--config", metavar="FILE", envvar="HAME_MATCH_CONFIG", help="Settings file; ./hame-match.toml if not given."
)
@click.option("--now", metavar="ISO", help="Pin the clock, e.g. 2026-08-03T09:00 (Helsinki time without an offset).")
@click.pass_context
def cli(context: click.Context, config: str | None, now: str | None) -> None:
    """Find open R&D&I funding calls for the actors of a region and mail each a weekly digest.

    Example: hame-match demo
    """
    context.obj = {"config": config, "now": now}


def main() -> None:
    """Run the command line; an error of ours is printed without a traceback and gives exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal lacks must not stop a command
    try:
        cli(prog_name="hame-match")
    except HameMatchError as exc:
        click.echo(f"Error: {exc}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
