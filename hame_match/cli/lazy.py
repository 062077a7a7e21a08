"""A group of commands whose modules are imported only when one is used, so that ``--help`` is quick."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that knows its commands by name and help, and imports them when asked.

    Args:
        nouns: command name to (module in `hame_match.cli`, its help in one sentence); the module has a command of the
            name ``command``.
        attributes: passed on to click.
    """

    def __init__(self, *, nouns: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._nouns = nouns

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order a newcomer meets them."""
        del ctx
        return list(self._nouns)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in self._nouns:
            return None
        module = importlib.import_module(f"hame_match.cli.{self._nouns[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._nouns.items()])
