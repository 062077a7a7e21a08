"""How a row of the EU portal's search service is read, field by field.

Field names and forms as in recorded answers of 2023 to 2026 (apiVersion 2.101 to 2.155). Everything here is pure.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from hame_match.collect.parsing import html_to_text, parse_euros, parse_instant, split_sections, take
from hame_match.errors import ParseError
from hame_match.language import clean_line, shorten
from hame_match.model.call import CallStatus, Deadline, DeadlineKind, Section, SectionRole

Row = Mapping[str, Any]
"""A result as served; what a call is made of stands in its ``metadata``, or in itself where it has none."""

GRANT, CASCADE = "1", "8"
STATUSES: Final = {
    "31094501": CallStatus.FORTHCOMING,
    "31094502": CallStatus.OPEN,
    "31094503": CallStatus.CLOSED,
}
LEAST_BUDGET: Final = Decimal(1000)
"""EUR; a cascade call's budget is free text, and "1.2" once meant millions."""

_KEY: Final = re.compile(r"(?P<key>\d+(?:TOPICS|COMPETITIVE_CALL))(?P<language>[a-z]{2})")
_MIRROR: Final = "SEDIA_PRD_CENTRICITY"
_HEADINGS: Final = {
    "Expected Outcome": SectionRole.OUTCOME,
    "Expected Outcomes": SectionRole.OUTCOME,
    "Expected Impact": SectionRole.OUTCOME,
    "Expected Impacts": SectionRole.OUTCOME,
    "Scope": SectionRole.SCOPE,
    "Objective": SectionRole.OBJECTIVE,
    "Objectives": SectionRole.OBJECTIVE,
    "Specific Challenge": SectionRole.DESCRIPTION,
}


def fields_of(row: Row) -> Mapping[str, Any]:
    """Return what holds a row's fields: its ``metadata``, or the row itself where it has none."""
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, dict) else row


def values(row: Row, field: str) -> list[str]:
    """Return a field's values; empty where the row has none.

    >>> values({"metadata": {"title": ["A"]}}, "title"), values({"title": "A"}, "title"), values({}, "title")
    (['A'], ['A'], [])
    """
    found = fields_of(row).get(field)
    return [str(value) for value in (found if isinstance(found, list) else [found]) if value not in (None, "")]


def value(row: Row, field: str) -> str | None:
    """Return the first value of a field; None where the row has none."""
    return next(iter(values(row, field)), None)


def source_key(row: Row) -> str:
    """Return the id of the call a row is about: its reference without the language.

    Raises:
        ParseError: the reference has another form.

    >>> source_key({"reference": "11143COMPETITIVE_CALLen"})
    '11143COMPETITIVE_CALL'
    """
    reference = take(row, "reference", str, "a row of the search service")
    match = _KEY.fullmatch(reference)
    if match is None:
        raise ParseError(f"{reference}: is not a reference such as 50129464TOPICSen")
    return match["key"]


def language(row: Row) -> str:
    """Return the language of a row's text, a two-letter code."""
    return value(row, "language") or str(row.get("language") or "en")


def is_mirror(row: Row) -> bool:
    """Return whether a row comes from the abandoned mirror, whose rows are "open" with dates of years ago."""
    return value(row, "DATASOURCE") == _MIRROR


def best_row(rows: Sequence[Row]) -> Row:
    """Return the row to believe among those of one call: the latest queued, then the most filled; not a stub."""
    return max(
        rows,
        key=lambda row: (bool(values(row, "status") and values(row, "deadlineDate")), *_freshness(row)),
    )


def _freshness(row: Row) -> tuple[str, int]:
    filled = sum(1 for found in fields_of(row).values() if found not in (None, "", [], "[]", ["[]"]))
    return value(row, "esDA_QueueDate") or "", filled


def written_date(text: str) -> date:
    """Return the date of an instant as the service writes it, in the instant's own offset, which may be missing.

    Topics end at 17:00 in Brussels; the service gives midnight or 17:00 with a false +0000. Cascade calls end at 17:00
    (103 of 220) or 23:59 (44 of 220) in summer as in winter, so theirs is a wall clock with a false +0000 as well. Only
    the date can be trusted.

    Raises:
        ParseError: it is no ISO 8601.

    >>> written_date("2023-12-07T01:00:00.000+0100").isoformat(), written_date("2023-12-07").isoformat()
    ('2023-12-07', '2023-12-07')
    """
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return parse_instant(text).date()  # says what is wrong with it


def deadlines(row: Row) -> tuple[Deadline, ...]:
    """Return the deadlines of a row, past ones too, in its order.

    Raises:
        ParseError: a date or the model of the deadlines cannot be read.
    """
    days = dict.fromkeys(written_date(text) for text in values(row, "deadlineDate"))
    model = value(row, "deadlineModel") or "single-stage"
    if model == "two-stage":
        kinds = [DeadlineKind.FIRST_STAGE] + [DeadlineKind.SECOND_STAGE] * len(days)
    elif model == "multiple cut-off" or (model == "single-stage" and len(days) > 1):
        kinds = [DeadlineKind.CUT_OFF] * len(days)
    elif model == "single-stage":
        kinds = [DeadlineKind.SINGLE]
    else:
        raise ParseError(f"deadlineModel: {model!r} is none of single-stage, two-stage, multiple cut-off")
    return tuple(Deadline(on=day, kind=kind) for day, kind in zip(days, kinds, strict=False))


def is_stale(found: Sequence[Deadline], now: datetime) -> bool:
    """Return whether every deadline has passed at `now`; a call without deadlines is not stale."""
    return bool(found) and all(deadline.passed(now) for deadline in found)


@dataclass(frozen=True, slots=True)
class Money:
    """What a call says of money, in EUR; None where it says nothing."""

    total: Decimal | None = None
    smallest: Decimal | None = None
    largest: Decimal | None = None
    grants: int | None = None


def money(row: Row) -> Money:
    """Return the money of a row.

    A topic's ``budgetOverview`` lists all topics of its call; only the entries of this topic count. Zero means that
    nothing is said.

    Raises:
        ParseError: it is there and cannot be read.
    """
    if value(row, "type") == CASCADE:
        text = value(row, "budget")
        amount = parse_euros(text) if text else None
        return Money(total=amount if amount is not None and amount >= LEAST_BUDGET else None)
    overview, identifier = value(row, "budgetOverview"), value(row, "identifier")
    if overview is None:
        return Money()
    try:
        listed = json.loads(overview)["budgetTopicActionMap"].values()
        own = [entry for entries in listed for entry in entries if entry["action"].startswith(f"{identifier} ")]
        years = [_amount(year) for entry in own for year in (entry.get("budgetYearMap") or {}).values()]
        limits = [(_amount(entry.get("minContribution")), _amount(entry.get("maxContribution"))) for entry in own]
        grants = [_amount(entry.get("expectedGrants")) for entry in own]
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ParseError(f"budgetOverview: {shorten(overview, 60)!r} has another form: {type(exc).__name__}") from exc
    # A pair of limits in the wrong order is meant the other way round.
    smallest = [min(low, high or low) for low, high in limits if low]
    largest = [max(low, high) for low, high in limits if high]
    return Money(
        total=sum(years) or None,
        smallest=min(smallest, default=None),
        largest=max(largest, default=None),
        grants=int(sum(grants)) or None,
    )


def _amount(found: object) -> Decimal:
    """Return an amount, 0 where nothing is said."""
    return Decimal(0) if found in (None, "") else parse_euros(found)


def sections(row: Row) -> tuple[Section, ...]:
    """Return the text of a row, cut at its headings, the conditions last."""
    text = "\n".join(html_to_text(part) for field in ("descriptionByte", "description") for part in values(row, field))
    found = split_sections(text, _HEADINGS, "en")
    conditions = html_to_text("\n".join(values(row, "topicConditions")))
    if conditions:
        found += (Section(role=SectionRole.CONDITIONS, language="en", text=conditions),)
    return found


def keywords(row: Row) -> tuple[str, ...]:
    """Return the keywords without the identifiers that come first; they are a list, or one string that holds one."""
    found = values(row, "keywords")
    if len(found) == 1 and found[0].startswith("["):
        try:
            found = [str(word) for word in json.loads(found[0])]
        except ValueError as exc:
            raise ParseError(f"keywords: {shorten(found[0], 80)!r} is no list") from exc
    identifiers = {value(row, "identifier"), value(row, "callIdentifier")}
    words = (clean_line(word) for word in found if word not in identifiers)
    return tuple(dict.fromkeys(word for word in words if word))
