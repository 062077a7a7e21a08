"""``hame-match init``: a new workspace."""

from pathlib import Path

import click

from hame_match.jobs.new_workspace import make_workspace
from hame_match.settings import FILE_NAME


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--examples", is_flag=True, help="Put the six fictional actors in, to try things out.")
def command(folder: Path, examples: bool) -> None:
    """Make a workspace in DIR: a settings file and a folder for profiles.

    Example: hame-match init haku
    """
    make_workspace(folder, examples=examples)
    click.echo(f"Made {folder / FILE_NAME} and {folder / 'profiles'}.")
    click.echo("Next: copy profiles/malli.yaml.example to NAME.yaml, edit it (slug: NAME), and in the folder run")
    click.echo("  hame-match actors check\n  hame-match spiders run\n  hame-match matches run")
