"""How the SEDIA search service reads a request: its multipart body and its small query language."""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from hame_match.demo.sedia_rows import Row

_FULL_FORMAT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "gt": lambda found, bound: found > bound,
    "gte": lambda found, bound: found >= bound,
    "lt": lambda found, bound: found < bound,
    "lte": lambda found, bound: found <= bound,
}
# `displayLanguage` of the facet service is the one part that is read as plain text.
_PLAIN_PARTS = {"displayLanguage"}


class PlainFieldError(Exception):
    """A part was sent as a form field instead of a JSON document: the service answers 500."""


class QueryFormatError(Exception):
    """The query is no JSON or uses an operator the service does not know: the service answers 400."""


def read_parts(content_type: str, body: bytes) -> dict[str, Any] | None:
    """Returns the JSON documents of a multipart body by name, or None if the body is no multipart form.

    Raises:
        PlainFieldError: a part has no content type ``application/json`` of its own.
        QueryFormatError: a part is not JSON.
    """
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if message.get_content_type() != "multipart/form-data" or not message.is_multipart():
        return None
    parts: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str) or name in _PLAIN_PARTS:
            continue
        # A part without a content type counts as text/plain.
        if part.get_content_type() != "application/json":
            raise PlainFieldError(name)
        try:
            parts[name] = json.loads(cast(bytes, part.get_payload(decode=True)))
        except ValueError as exc:
            raise QueryFormatError(name) from exc
    return parts


def values(row: Row, field: str) -> list[str]:
    """Returns a field's values in a row, empty if it has none; rows without metadata carry them themselves."""
    found = row.get("metadata", row).get(field, row.get(field, []))
    return found if isinstance(found, list) else [str(found)]


def matches(row: Row, query: Any) -> bool:
    """Returns whether a row fits a query.

    Known are ``bool`` with ``must`` and ``must_not``, ``term``, ``terms``, ``range`` and ``exists``. A range bound
    that is not in the index's full date format compares nothing, as in the service.

    Raises:
        QueryFormatError: the query holds anything else.
    """
    operator, content = _single(query)
    if operator == "bool":
        return _matches_bool(row, content)
    if operator == "exists":
        return bool(values(row, _single(content)[1]))
    field, wanted = _single(content)
    found = values(row, field)
    if operator == "term":
        return str(wanted) in found
    if operator == "terms" and isinstance(wanted, list):
        return any(str(value) in found for value in wanted)
    if operator == "range" and isinstance(wanted, dict) and set(wanted) <= set(_COMPARE):
        bounds = [(_COMPARE[key], bound) for key, bound in wanted.items() if _FULL_FORMAT.fullmatch(str(bound))]
        return any(all(compare(value, bound) for compare, bound in bounds) for value in found)
    raise QueryFormatError(operator)


def fits_text(row: Row, text: str) -> bool:
    """Returns whether a row fits the ``text`` parameter: ``***`` all, a quoted phrase, else any of the words."""
    if text in {"", "***"}:
        return True
    haystack = " ".join([row["summary"], *values(row, "identifier"), *values(row, "title")]).casefold()
    haystack += " ".join(values(row, "descriptionByte")).casefold()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].casefold() in haystack
    return any(word in haystack for word in text.casefold().split())


def _matches_bool(row: Row, clauses: Any) -> bool:
    if not isinstance(clauses, dict) or not set(clauses) <= {"must", "must_not"}:
        raise QueryFormatError("bool")
    must, must_not = (_clauses(clauses.get(name, [])) for name in ("must", "must_not"))
    # Lists, so that every clause is read and a faulty one is never hidden by an earlier miss.
    hits, misses = ([matches(row, clause) for clause in clauses] for clauses in (must, must_not))
    return all(hits) and not any(misses)


def _clauses(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _single(value: Any) -> tuple[str, Any]:
    if not isinstance(value, dict) or len(value) != 1:
        raise QueryFormatError(str(value))
    return next(iter(value.items()))
