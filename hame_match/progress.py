"""How long work tells how far it is, without knowing who looks."""

from typing import Protocol


class Progress(Protocol):
    """Called as work proceeds; draws a bar on a terminal and does nothing elsewhere."""

    def __call__(self, label: str, done: int, total: int) -> None:
        """Report that `done` of `total` units of the work called `label` are finished."""


def silent(label: str, done: int, total: int) -> None:
    """Ignore the report; the `Progress` of tests and of background runs."""
    del label, done, total
