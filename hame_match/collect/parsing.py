"""Strict reading of what sources serve: fields, instants, dates and money.

Every function is pure and either returns what the text certainly says or raises `ParseError`. For HTML see
`html_to_text` and `split_sections`, which are offered here too.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple, TypeVar

from hame_match.collect.text import html_to_text, split_sections
from hame_match.errors import ParseError
from hame_match.language import HELSINKI, shorten

__all__ = [
    "FoundDate",
    "ParseError",
    "find_dates",
    "html_to_text",
    "parse_date",
    "parse_euros",
    "parse_instant",
    "split_sections",
    "take",
]

T = TypeVar("T")


def take(record: Mapping[str, object], key: str, kind: type[T], subject: str) -> T:
    """Return the mandatory field `key` of `record`.

    Args:
        record: a JSON object of the source.
        key: the field.
        kind: the type its value must have; bool is no int.
        subject: what the record is, for the message, such as its id.

    Raises:
        ParseError: the field is missing or of another type.

    >>> take({"id": "a1"}, "id", str, "call a1")
    'a1'
    """
    if key not in record:
        raise ParseError(f"{subject}: the field {key!r} is missing (there are: {shorten(', '.join(record), 200)})")
    value = record[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ParseError(f"{subject}: {key}: {shorten(repr(value), 80)} is not a {kind.__name__}")
    return value


def parse_instant(text: str) -> datetime:
    """Return an ISO 8601 instant with its offset, as served; `astimezone` it before taking a Finnish date from it.

    Raises:
        ParseError: it is no ISO 8601, or has no clock time or no offset.

    >>> parse_instant("2026-03-31T21:01:00Z").astimezone(HELSINKI).date().isoformat()
    '2026-04-01'
    >>> parse_instant("2026-09-15T00:00:00.000+0000").isoformat()
    '2026-09-15T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise ParseError(f"{shorten(text, 80)!r} is not an instant such as 2026-09-15T16:15:00Z") from exc
    if moment.tzinfo is None:
        raise ParseError(f"{shorten(text, 80)!r} has no offset from UTC, so it is no certain instant")
    return moment


class FoundDate(NamedTuple):
    """A date that a text gives, with the clock time beside it if there is one."""

    on: date
    at: time | None = None

    @property
    def instant(self) -> datetime | None:
        """The instant in Helsinki time; None without a clock time."""
        return None if self.at is None else datetime.combine(self.on, self.at, HELSINKI)


_MONTHS: Final = {
    "tammikuuta": 1, "helmikuuta": 2, "maaliskuuta": 3, "huhtikuuta": 4, "toukokuuta": 5, "kesäkuuta": 6,
    "heinäkuuta": 7, "elokuuta": 8, "syyskuuta": 9, "lokakuuta": 10, "marraskuuta": 11, "joulukuuta": 12,
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6,
    "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_DATE: Final = re.compile(
    rf"(?<![\d.,/-])(?P<iso>\d{{4}}-\d\d-\d\d)(?P<clock>T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?(?![\d-])"
    r"|(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)"
    rf"|(?<!\d)(?P<name_day>\d{{1,2}})\.?\s+(?P<name>(?i:{'|'.join(_MONTHS)}))\s+(?P<name_year>\d{{4}})(?!\d)"
)
_JOIN: Final = r"\s*(?:[–—−-]|,|\bja\b|\boch\b|\band\b)\s*"
_PARTIAL: Final = re.compile(rf"(?<![\d.])(\d{{1,2}})\.(?:\s?(\d{{1,2}})\.)?{_JOIN}$")
_TIME: Final = re.compile(
    r",?\s*(?:(?:klo|kello|kl\.?|at)\s*(\d{1,2})(?:[.:](\d\d))?(?!\d)|(\d{1,2}):(\d\d)(?::\d\d)?(?!\d))", re.IGNORECASE
)


def find_dates(text: str) -> list[FoundDate]:
    """Return the dates a text gives, in its order; never one without a year.

    Understood are ``1.10.2026``, ``1. lokakuuta 2026``, ``1 October 2026``, ISO dates and instants (the latter as
    Helsinki date and time), a clock time after them (``klo 16.15``, ``16:15``), and days that share the year of a
    later one: ``20.5.–18.9.2024``, ``1.–31.10.2026``, ``9.5., 31.8. ja 31.10.2022``. An impossible date is no date.

    >>> [f"{found.on} {found.at}" for found in find_dates("Haku 15.12.–31.1.2027 klo 16.15, tulokset 1.–15.9.")]
    ['2026-12-15 None', '2027-01-31 16:15:00']
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    found: list[FoundDate] = []
    before = 0
    for match in _DATE.finditer(text):
        moment = _read(match)
        if moment is None:
            continue
        if not match["iso"]:
            found += _sharing_the_year(text[before : match.start()], moment.on)
            clock = _TIME.match(text, match.end())
            moment = moment._replace(at=_clock(clock)) if clock else moment
            before = clock.end() if clock else match.end()
        else:
            before = match.end()
        found.append(moment)
    return found


def _read(match: re.Match[str]) -> FoundDate | None:
    try:
        if match["clock"]:
            local = parse_instant(match["iso"] + match["clock"]).astimezone(HELSINKI)
            return FoundDate(local.date(), local.time())
        if match["iso"]:
            return FoundDate(date.fromisoformat(match["iso"]))
        if match["name"]:
            return FoundDate(date(int(match["name_year"]), _MONTHS[match["name"].lower()], int(match["name_day"])))
        return FoundDate(date(int(match["year"]), int(match["month"]), int(match["day"])))
    except ValueError:
        return None


def _sharing_the_year(text: str, later: date) -> list[FoundDate]:
    """Return the days without a year that lead up to the date `later`, such as the start of a period."""
    days: list[FoundDate] = []
    while match := _PARTIAL.search(text):
        month = int(match[2] or later.month)
        try:
            day = date(later.year, month, int(match[1]))
            # A period that starts in a later month than it ends has started the year before.
            day = day if day <= later else date(later.year - 1, month, int(match[1]))
        except ValueError:
            break
        days.insert(0, FoundDate(day))
        text, later = text[: match.start()], day
    return days


def _clock(match: re.Match[str]) -> time | None:
    hour, minute = int(match[1] or match[3]), int(match[2] or match[4] or 0)
    # "klo 24" is the end of the day, which a date alone says already.
    return time(hour, minute) if hour < 24 and minute < 60 else None


def parse_date(text: str) -> date:
    """Return the one date of `text`, see `find_dates`.

    Raises:
        ParseError: there is none with a year, or more than one.

    >>> parse_date("1.10.2026")
    datetime.date(2026, 10, 1)
    """
    found = find_dates(text)
    if len(found) != 1:
        problem = "holds no date with a year" if not found else f"holds {len(found)} dates"
        raise ParseError(f"{shorten(text, 80)!r} {problem}; expected one such as 1.10.2026")
    return found[0].on


_UNIT: Final = re.compile(r"(?i)(€|\beuroa?\b|\beur\b|\beuros?\b)")
_MILLIONS: Final = re.compile(r"(?i)(\bmilj\.?|\bmiljoonaa?\b|\bmillions?\b|(?<=\d)\s*m€|(?<=\d)\s*meur\b)")
_LARGEST: Final = Decimal("1e14")


def parse_euros(value: object) -> Decimal:
    """Return an amount in EUR, to the cent.

    Numbers and texts such as ``1 234 567,50 €``, ``1,500,000``, ``1.500.000`` and ``3,5 milj. €`` are understood. A
    point or comma before exactly three digits divides thousands: no source writes tenths of a cent.

    Raises:
        ParseError: it is no amount, or negative.

    >>> parse_euros("1\\N{NO-BREAK SPACE}234 567,50 €"), parse_euros(30500), parse_euros("3,5 milj. €")
    (Decimal('1234567.50'), Decimal('30500'), Decimal('3500000.0'))
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise ParseError(f"{shorten(repr(value), 80)} is not an amount of money")
    factor = 1
    if isinstance(value, str):
        text, scaled = _MILLIONS.subn("", value)
        factor = 1_000_000 if scaled else 1
        digits = _plain_number(re.sub(r"[\s'’]", "", _UNIT.sub("", text)))
    else:
        digits = "" if isinstance(value, float) and not math.isfinite(value) else str(value)
    try:
        amount = Decimal(digits) * factor
    except InvalidOperation as exc:
        raise ParseError(f"{shorten(repr(value), 80)} is not an amount of money such as 1 234,50 €") from exc
    if not amount.is_finite() or not 0 <= amount < _LARGEST:
        raise ParseError(f"{shorten(repr(value), 80)} is not an amount between 0 and {_LARGEST:f} EUR")
    # Cents, so that 0.1 + 0.2 of a source's arithmetic does not become a change of the call.
    return amount if amount == amount.to_integral_value() else round(amount, 2)


def _plain_number(text: str) -> str:
    """Return a written number with a point before its decimals and no other mark; empty when it is none."""
    if not re.fullmatch(r"\d+(?:[.,]\d+)*", text):
        return ""
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return text
    groups = re.split(r"[.,]", text)
    decimals = "" if len(groups[-1]) == 3 and len(set(marks)) == 1 else groups.pop()
    if (len(groups[0]) > 3 and len(groups) > 1) or any(len(group) != 3 for group in groups[1:]):
        return ""
    if len(set(marks[: len(groups) - 1])) > 1:
        return ""
    return "".join(groups) + (f".{decimals}" if decimals else "")
