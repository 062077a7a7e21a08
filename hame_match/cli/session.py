"""What a command works in: the workspace named by --config, the clock of --now, a progress bar."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hame_match.errors import SettingsError
from hame_match.settings import FILE_NAME, Settings, load, parse_now

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from hame_match.jobs.workspace import Workspace


def settings_of(context: click.Context) -> Settings:
    """Return the settings of --config, of HAME_MATCH_CONFIG, or of the current folder.

    Raises:
        SettingsError: there are none, or they are wrong.
    """
    named = context.obj["config"]
    if not named and not Path(FILE_NAME).exists():
        raise SettingsError(
            f"there is no {FILE_NAME} here; make a workspace with `hame-match init DIR` and work in it, "
            "or name its file with --config or HAME_MATCH_CONFIG"
        )
    return load(Path(named or FILE_NAME))


def pinned(context: click.Context) -> datetime | None:
    """Return the instant of --now, or None.

    Raises:
        click.BadParameter: it is no time.
    """
    text = context.obj["now"]
    if not text:
        return None
    try:
        return parse_now(text).astimezone(UTC)
    except SettingsError as exc:
        raise click.BadParameter(str(exc), param_hint="--now") from exc


@contextmanager
def workspace_of(context: click.Context, settings: Settings | None = None) -> Iterator["Workspace"]:
    """Open the workspace of a command and close it after; `settings` replaces those of --config.

    Raises:
        SettingsError: there is no workspace.
        StoreError: its database cannot be opened.
    """
    from hame_match.jobs import workspace as surroundings
    from hame_match.store import open_store

    settings = settings or settings_of(context)
    moment = pinned(context)

    clock = surroundings.system_clock if moment is None else lambda: moment
    with open_store(settings.database) as store, bars() as progress:
        yield surroundings.Workspace(settings, store, clock, progress)


class Bars:
    """Progress bars on standard error; drawn only on a terminal and only for work that reports."""

    def __init__(self) -> None:
        self._rich: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._shown = sys.stderr.isatty()

    def __call__(self, label: str, done: int, total: int) -> None:
        """Move the bar called `label`."""
        if not self._shown:
            return
        if self._rich is None:
            from rich.console import Console
            from rich.progress import Progress

            self._rich = Progress(console=Console(stderr=True), transient=True)
            self._rich.start()
        if label not in self._tasks:
            self._tasks[label] = self._rich.add_task(label, total=total)
        self._rich.update(self._tasks[label], completed=done, total=total or None)

    def stop(self) -> None:
        """Take the bars off the screen."""
        if self._rich is not None:
            self._rich.stop()


@contextmanager
def bars() -> Iterator[Bars]:
    """Give progress bars that are gone when the block ends."""
    shown = Bars()
    try:
        yield shown
    finally:
        shown.stop()
