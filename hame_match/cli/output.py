"""How listings look: rich tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from hame_match.language import HELSINKI, format_date, format_instant, format_money
from hame_match.model.call import Call, Deadline, next_deadline

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for programs.")


def print_json(value: object) -> None:
    """Print `value` as JSON; dates in ISO 8601, amounts as numbers; escaped where the output is not UTF-8."""
    escaped = not (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(value, ensure_ascii=escaped, indent=2, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "") -> None:
    """Print a table, or `empty` when it has no rows; text of sources is never read as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = [[Text(str(cell)) for cell in row] for row in rows]
    if not found and empty:
        click.echo(empty)
        return
    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in found:
        table.add_row(*row)
    console = Console()
    # Where nobody watches there is no width to fit in: a fixed one keeps lines readable in files and pipes.
    if not console.is_terminal:
        console = Console(width=120)
    console.print(table)


def deadline_text(call: Call, now: datetime, language: str) -> str:
    """Return the next deadline of `call` for a newcomer as a person reads it in a list."""
    deadline = next_deadline(call, now)
    if deadline is not None:
        return _deadline(deadline, language)
    if call.deadlines:
        return {"fi": "päättynyt", "en": "closed"}[language]
    if call.continuous:
        return {"fi": "jatkuva", "en": "continuous"}[language]
    return "–"


def _deadline(deadline: Deadline, language: str) -> str:
    return format_instant(deadline.at, language) if deadline.at else format_date(deadline.on, language)


def local_day(instant: datetime | None) -> str:
    """Return the day of `instant` in Helsinki as in lists; a dash for None."""
    return f"{instant.astimezone(HELSINKI):%Y-%m-%d}" if instant is not None else "–"


def money_text(call: Call, language: str) -> str:
    """Return the size of one grant, or else the whole budget, in a few words; a dash when nothing is stated."""
    amount = call.grant_max or call.grant_min or call.budget_total
    return format_money(amount, language) if amount else "–"
