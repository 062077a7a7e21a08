"""Reads documents and queries of an evaluation: JSON Lines, plain or gzipped; errors name file and line.

Keys of a row that are not read are ignored: such files hold more than a ranker may see.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Annotated, Any, cast

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from hame_match.errors import EvaluationError
from hame_match.match.ranking import Facet, FacetText
from hame_match.match.windows import windows_of
from hame_match.model.call import Call, Section, SectionRole
from hame_match.sentences import sentences

_GZIP = b"\x1f\x8b"
_Id = Annotated[str, Field(pattern=r"^\S+$")]
"""Fits a file whose columns are parted by blanks."""


@dataclass(frozen=True, slots=True)
class Query:
    """What documents are ranked for.

    Attributes:
        query_id: id in the file.
        kind: what sort of text it is; texts of one kind have things in common.
        facets: at least one.
    """

    query_id: str
    kind: str
    facets: tuple[Facet, ...]


class _Budget(BaseModel):
    min_eur: Decimal | None = None
    max_eur: Decimal | None = None
    call_total_eur: Decimal | None = None
    expected_grants: int | None = None


class _CallRow(BaseModel):
    id: _Id
    title: str
    text: str | None
    language: str
    twin_of: str | None = None
    source: str = "eu"
    parent_title: str | None = None
    programme: str | None = None
    action_type: str | None = None
    conditions: str | None = None
    budget: _Budget | None = None


class _TopicRow(BaseModel):
    id: _Id
    title: str
    text: str | None


class _Identified(BaseModel):
    query_id: Annotated[_Id, Field(validation_alias=AliasChoices("org_id", "id"))]


class _ProjectText(BaseModel):
    title: str | None = None
    objective: str | None = None


class _ProjectRow(_ProjectText):
    id: _Id
    kind: str = "project"


class _OrganisationRow(BaseModel):
    org_id: _Id
    projects: list[_ProjectText]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on a row of queries: the field is there and its value, written as in JSON without quotes, is this.

    Attributes:
        field: name of the field.
        value: such as ``title``, ``true`` or ``3``.
    """

    field: str
    value: str

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Return whether the condition holds for a row."""
        if self.field not in row:
            return False
        value = row[self.field]
        return self.value == (value if isinstance(value, str) else json.dumps(value))


def read_calls(file: Path) -> dict[str, Call]:
    """Return the calls of a file by their id there; rows with `twin_of` are left out.

    Deadlines and status are not read: judges looked at the subject, whatever the day.

    Raises:
        EvaluationError: the file cannot be read, a line is wrong, an id stands twice or there is no call.
    """

    def made(row: dict[str, Any]) -> tuple[str, Call] | None:
        read = _CallRow.model_validate(row)
        return None if read.twin_of else (read.id, _call(read))

    return _documents(file, made)


def read_topics(file: Path) -> dict[str, Call]:
    """Return the topics of a file by their id there, as calls in English.

    Raises:
        EvaluationError: as `read_calls`.
    """

    def made(row: dict[str, Any]) -> tuple[str, Call]:
        read = _TopicRow.model_validate(row)
        # The file's text starts with the title; a call's text does not say its title again.
        text = (read.text or "").removeprefix(read.title).lstrip(". ")
        return read.id, _call(_CallRow(id=read.id, title=read.title, text=text, language="en"))

    return _documents(file, made)


def read_queries(file: Path) -> Iterator[Query]:
    """Yield the queries of a file in order: projects (a title alone, or with an objective) or organisations.

    A title is one facet. A title with an objective is cut into windows as a call is, each a facet. An organisation has
    one facet per project of its past that has a text; its name and everything else in the row are not read.

    Raises:
        EvaluationError: the file cannot be read, a line is wrong or an id stands twice.
    """
    seen: set[str] = set()
    for number, row in _rows(file):
        with naming(file, number):
            query = _organisation(row) if "org_id" in row else _project(row)
            if query.query_id in seen:
                raise ValueError(f"the id {query.query_id!r} stands twice")
        seen.add(query.query_id)
        yield query


def read_ids(file: Path) -> frozenset[str]:
    """Return the ids of a file, one a line.

    Raises:
        EvaluationError: the file cannot be read, a line holds blanks or nothing is in it.
    """
    found = set()
    for number, line in lines(file):
        with naming(file, number):
            if len(line.split()) > 1:
                raise ValueError(f"{line!r} holds blanks: one id a line")
        found.add(line)
    if not found:
        raise EvaluationError(f"{file}: holds no id")
    return frozenset(found)


def read_part(file: Path, where: Sequence[Where], left_out: str | None) -> dict[str, frozenset[str]]:
    """Return the queries of a file for which all of `where` holds: query id to the documents to leave out for it.

    Args:
        file: the queries, as `read_queries` reads them; their texts are not looked at.
        where: the conditions; none is every query.
        left_out: field of a row that holds a list of documents to leave out; None leaves out nothing.

    Raises:
        EvaluationError: the file cannot be read, a line is wrong, or no query is left; the message tells the fields.
    """
    part: dict[str, frozenset[str]] = {}
    fields: dict[str, None] = {}
    for number, row in _rows(file):
        fields |= dict.fromkeys(row)
        with naming(file, number):
            query_id = _Identified.model_validate(row).query_id
            if all(one.holds(row) for one in where):
                documents = row[left_out] if left_out and left_out in row else []
                if not isinstance(documents, list) or not all(isinstance(one, str) for one in documents):
                    raise ValueError(f"{left_out}: is no list of ids")
                part[query_id] = frozenset(documents)
    if left_out and left_out not in fields:
        raise EvaluationError(f"{file}: no row has the field {left_out!r}; there are: {', '.join(fields)}")
    if not part:
        wanted = " and ".join(f"{one.field}={one.value}" for one in where)
        raise EvaluationError(f"{file}: no row has {wanted or 'an id'}; the fields are: {', '.join(fields)}")
    return part


def _project(row: dict[str, Any]) -> Query:
    read = _ProjectRow.model_validate(row)
    text = (read.objective or "").strip()
    # Some projects have no title; what opens their objective stands for it.
    title = (read.title or "").strip() or next(iter(sentences(text)), text)
    if not title:
        raise ValueError("has neither title nor objective: nothing to rank by")
    texts = windows_of(_call(_CallRow(id="-", title=title, text=text, language="en"))).texts
    return Query(read.id, read.kind, tuple(map(_facet, texts)))


def _organisation(row: dict[str, Any]) -> Query:
    read = _OrganisationRow.model_validate(row)
    texts = [". ".join(filter(None, (project.title, project.objective))).strip() for project in read.projects]
    if not any(texts):
        raise ValueError("projects: none has a title or an objective: nothing to rank by")
    return Query(read.org_id, "organisation", tuple(_facet(text) for text in texts if text))


def _facet(text: str) -> Facet:
    return Facet(text, (FacetText("en", text),))


def _call(row: _CallRow) -> Call:
    budget = row.budget or _Budget()
    parts = ((SectionRole.DESCRIPTION, row.text), (SectionRole.CONDITIONS, row.conditions))
    return Call(
        source="eu_funding_tenders" if row.source.startswith("eu") else f"fi_{row.source}",
        source_key=row.id,
        identifier=row.id,
        titles={row.language: row.title},
        sections=tuple(
            Section(role=role, language=row.language, text=text) for role, text in parts if text and text.strip()
        ),
        url="https://example.org/",  # evaluations follow no link
        funder=row.programme or "unknown",
        programme=row.programme or None,
        type_of_action=row.action_type or None,
        parent_title=row.parent_title or None,
        budget_total=budget.call_total_eur,
        grant_min=budget.min_eur,
        grant_max=budget.max_eur,
        expected_grants=budget.expected_grants,
    )


def _documents(file: Path, made: Callable[[dict[str, Any]], tuple[str, Call] | None]) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for number, row in _rows(file):
        with naming(file, number):
            pair = made(row)
            if pair is None:
                continue
            if pair[0] in found:
                raise ValueError(f"the id {pair[0]!r} stands twice")
        found[pair[0]] = pair[1]
    if not found:
        raise EvaluationError(f"{file}: holds nothing to rank")
    return found


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines(file):
        with naming(file, number):
            row = json.loads(line)
        if not isinstance(row, dict):
            raise EvaluationError(f"{file}:{number}: is no JSON object")
        yield number, row


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of a UTF-8 file, plain or gzipped by its first bytes, without empty lines.

    Raises:
        EvaluationError: the file cannot be read.
    """
    number = 0
    try:
        with _opened(file) as stream:
            for number, line in enumerate(stream, start=1):
                if text := line.decode().strip():
                    yield number, text
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise EvaluationError(f"{file}:{number + 1}: cannot be read: {reason}") from exc


def _opened(file: Path) -> IO[bytes]:
    with file.open("rb") as stream:
        zipped = stream.read(len(_GZIP)) == _GZIP
    return cast(IO[bytes], gzip.open(file)) if zipped else file.open("rb")


@contextmanager
def naming(file: Path, number: int) -> Iterator[None]:
    """Turn what is wrong with a line, a `ValueError`, into our error that names file and line."""
    try:
        yield
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EvaluationError(f"{file}:{number}: {where}: {first['msg']}") from exc
    except ValueError as exc:  # JSON that cannot be read, too
        raise EvaluationError(f"{file}:{number}: {exc}") from exc
