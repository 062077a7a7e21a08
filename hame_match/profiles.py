"""Reads what people write by hand: the region and the actors' profiles, with errors that name file and line.

The types are in `hame_match.model`; this is the edge that turns YAML into them. Only plain YAML is read: text, numbers,
true/false, lists and mappings. Tags, aliases and merge keys are refused, so that a file can neither run code nor blow
up in memory.
"""

import difflib
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hame_match.errors import HameMatchError, ProfileError, RegionError
from hame_match.language import shorten
from hame_match.model.actor import Actor
from hame_match.model.region import Region

REGION_FILE = "region.yaml"
"""The one file of a profile folder that is no actor."""

MAX_BYTES = 256 * 1024
"""A profile is a page of text (the longest known has 4 kB); anything this big is another kind of file."""

_MAX_DEPTH = 12  # a profile needs three; PyYAML recurses per level and would exhaust the stack
_SCALARS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MAPPING, _SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"

_Path: TypeAlias = tuple[str | int, ...]
_ModelT = TypeVar("_ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Problem:
    line: int
    text: str


@dataclass(slots=True)
class _Document:
    """A YAML file: its data, the line of every value, and what is wrong with its form."""

    file: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[_Path, int] = field(default_factory=dict)
    problems: list[_Problem] = field(default_factory=list)
    reported: set[_Path] = field(default_factory=set)

    def line_of(self, path: _Path) -> int:
        """Return the line of the value at `path`, or of the nearest thing around it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report(self, path: _Path, text: str) -> None:
        """Add a problem of the value at `path`, unless it has one already: the first is the cause of the others."""
        if path in self.reported:
            return
        self.reported.add(path)
        label = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        self.problems.append(_Problem(self.line_of(path), f"{label}: {text}" if label else text))

    def messages(self) -> Iterator[str]:
        """Yield one message per problem, by line."""
        for problem in sorted(self.problems, key=lambda p: p.line):
            yield f"{self.file}:{problem.line}: {problem.text}"


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes only; refuses what no profile needs."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.current_event.start_mark
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not allowed; write the value out", problem_mark=mark
            )
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            mark = self.current_event.start_mark
            raise yaml.MarkedYAMLError(problem=f"more than {_MAX_DEPTH} levels inside each other", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def closest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean '...'?)`` with the most similar of `known`, empty when none is similar.

    >>> closest("Hämenlinna", ["Forssa", "Hämeenlinna"])
    " (did you mean 'Hämeenlinna'?)"
    >>> closest("Tampere", ["Forssa", "Hämeenlinna"])
    ''
    """
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    if not found and len(word) > 2:
        found = [candidate for candidate in by_lower if candidate.startswith(word.lower())]
    return f" (did you mean {by_lower[found[0]]!r}?)" if found else ""


def _scalar(loader: _PlainLoader, node: yaml.ScalarNode, path: _Path, document: _Document) -> object:
    if node.tag == _TIMESTAMP:
        return node.value  # nothing in a profile is a date; text that looks like one stays text
    if node.tag not in _SCALARS:
        document.report(path, f"the tag {node.tag!r} is not allowed; write plain text")
        return None
    try:
        value: object = loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        # such as an integer of thousands of digits, which Python refuses to read
        document.report(path, f"{shorten(str(node.value), 40)!r} cannot be read; put text into quotation marks")
        return None
    return value


def _read_mapping(loader: _PlainLoader, node: yaml.MappingNode, path: _Path, document: _Document) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(_Problem(line, "a key must be a word"))
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key in mapping:
            first = document.lines[here]
            document.problems.append(_Problem(line, f"{key}: stands twice (first on line {first})"))
            continue
        document.lines[here] = line
        mapping[key] = _read_node(loader, value_node, here, document)
    return mapping


def _read_node(loader: _PlainLoader, node: yaml.Node, path: _Path, document: _Document) -> object:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(loader, node, path, document)
    if node.tag not in (_MAPPING, _SEQUENCE):
        document.report(path, f"the tag {node.tag!r} is not allowed; leave it out")
        return None
    if isinstance(node, yaml.MappingNode):
        return _read_mapping(loader, node, path, document)
    items = []
    for number, item in enumerate(node.value):
        here = (*path, number)
        document.lines[here] = item.start_mark.line + 1
        items.append(_read_node(loader, item, here, document))
    return items


def _yaml_problem(exc: yaml.YAMLError, text: str) -> _Problem:
    if isinstance(exc, yaml.MarkedYAMLError):
        mark = exc.problem_mark or exc.context_mark
        words = [str(part) for part in (exc.context, exc.problem) if part]
        return _Problem(mark.line + 1 if mark else 1, f"is not plain YAML: {', '.join(words)}")
    if isinstance(exc, yaml.reader.ReaderError):
        line = text.count("\n", 0, exc.position) + 1
        return _Problem(line, f"is not plain YAML: the character {chr(exc.character)!r} is not allowed")
    return _Problem(1, f"is not plain YAML: {' '.join(str(exc).split())}")


def _read(file: Path) -> _Document:
    """Return the YAML mapping in `file` with its lines; problems of form are in `problems`, nothing is raised."""
    document = _Document(file)
    try:
        raw = file.read_bytes()
    except OSError as exc:
        document.problems.append(_Problem(1, f"cannot be read: {exc.strerror or exc}"))
        return document
    if len(raw) > MAX_BYTES:
        document.problems.append(_Problem(1, f"has {len(raw)} bytes, more than the {MAX_BYTES} of any profile"))
        return document
    try:
        text = unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        document.problems.append(_Problem(line, "is not UTF-8 text; save the file again as UTF-8"))
        return document
    loader = None
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        if node is None:
            document.problems.append(_Problem(1, "is empty"))
        elif not isinstance(node, yaml.MappingNode):
            document.problems.append(_Problem(1, "must be lines of the form 'key: value'"))
        else:
            read = _read_node(loader, node, (), document)
            document.data = read if isinstance(read, dict) else {}
    except yaml.YAMLError as exc:
        document.problems.append(_yaml_problem(exc, text))
    finally:
        if loader is not None:
            loader.dispose()
    return document


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _known_keys(model: type[BaseModel], path: _Path) -> tuple[str, ...]:
    """Return the keys that the mapping at `path` of a `model` may have."""
    for part in path:
        if isinstance(part, str):
            inner = {info.alias or name: info for name, info in model.model_fields.items()}.get(part)
            model = next(_models_in(inner.annotation), model) if inner else model
    return tuple(info.alias or name for name, info in model.model_fields.items())


def _found(value: object) -> str:
    return shorten(repr(value), 60)


def _say(error: ErrorDetails, model: type[BaseModel], path: _Path) -> str:
    """Return what is wrong in a person's words, with the value found and what to do."""
    value, kind, context = error["input"], error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"unknown key{closest(str(path[-1]), _known_keys(model, path[:-1]))}"
    if kind in ("enum", "literal_error"):
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        guess = closest(value, allowed) if isinstance(value, str) else ""
        return f"{_found(value)} is not one of {', '.join(allowed)}{guess}"
    if value is None:
        return "has no value; leave the line out or write one"
    if kind == "string_type":
        return f"must be text, found {_found(value)}; put it into quotation marks"
    if kind in ("tuple_type", "model_type", "model_attributes_type"):
        return f"must be {'a list' if kind == 'tuple_type' else 'keys with values'}, found {_found(value)}"
    if kind == "string_pattern_mismatch":
        return f"{_found(value)} does not have the right form ({context['pattern']})"
    if kind == "decimal_parsing":
        return f"{_found(value)} is not a number; write it without blanks, such as 50000"
    if kind == "too_short":
        return "must have at least one"
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg']}, found {_found(value)}"


def _validate(document: _Document, model: type[_ModelT]) -> _ModelT | None:
    """Return `document` as a `model`, None when it is none; every reason is added to its problems."""
    if document.problems and not document.data:
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as exc:
        for error in exc.errors():
            path: _Path = tuple(error["loc"])
            document.report(path, _say(error, model, path))
        return None


def load_region(file: Path) -> Region:
    """Read the region file.

    Args:
        file: such as ``profiles/region.yaml``.

    Returns:
        The region.

    Raises:
        RegionError: the file cannot be read or is wrong; one line per problem, each with file and line.
    """
    document = _read(file)
    region = _validate(document, Region)
    _raise_if_any(document.messages(), RegionError)
    if region is None:
        raise RegionError(f"{file}: cannot be read")  # every None has left a message
    return region


def _raise_if_any(messages: Iterable[str], error: type[HameMatchError]) -> None:
    found = list(messages)
    if found:
        raise error("\n".join(found))


def _texts(data: Mapping[str, Any], key: str) -> list[str]:
    values = data.get(key)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _check_against_region(document: _Document, region: Region) -> None:
    municipality = document.data.get("municipality")
    if isinstance(municipality, str) and region.municipality(municipality) is None:
        by_swedish = {found.name_sv: found.name for found in region.municipalities if found.name_sv}
        hint = (
            f" (did you mean {by_swedish[municipality]!r}?)"
            if municipality in by_swedish
            else closest(municipality, region.municipality_names)
        )
        document.report(("municipality",), f"{municipality!r} is not a municipality of the region{hint}")
    themes = document.data.get("s3_themes")
    codes = [theme.code for theme in region.themes]
    for number, theme in enumerate(themes if isinstance(themes, list) else []):
        if isinstance(theme, str) and theme not in codes:
            document.report(("s3_themes", number), f"{theme!r} is not a theme of the region{closest(theme, codes)}")


def _check_itself(document: _Document) -> None:
    slug = document.data.get("slug")
    if isinstance(slug, str) and slug != document.file.stem:
        document.report(("slug",), f"{slug!r} is unlike the file name; write slug: {document.file.stem} or rename it")
    for key in ("interests", "s3_themes", "languages", "roles"):
        seen: set[Hashable] = set()
        for number, value in enumerate(_texts(document.data, key)):
            if value in seen:
                document.report((key, number), f"{shorten(value, 40)!r} stands twice")
            seen.add(value)
    facets = len(_texts(document.data, "interests"))
    for key in ("interests_en", "interests_sv"):
        translated = len(_texts(document.data, key))
        if translated and translated != facets:
            document.report((key,), f"has {translated} facets but interests has {facets}; translate all or none")


def load_actors(folder: Path, region: Region) -> list[Actor]:
    """Read every profile of a folder: its ``*.yaml`` files but ``region.yaml`` and hidden ones.

    Args:
        folder: such as ``profiles``; folders inside it are not read.
        region: what municipalities and themes are checked against.

    Returns:
        The actors by slug; empty for an empty folder.

    Raises:
        ProfileError: the folder cannot be read or any profile is wrong; one line per problem of any file, each with
            file and line.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as exc:
        raise ProfileError(f"{folder}: the folder of profiles cannot be read: {exc.strerror or exc}") from exc
    messages: list[str] = []
    actors: dict[str, Actor] = {}
    where: dict[str, Path] = {}
    for file in files:
        if file.suffix.lower() in (".yml", ".yaml") and file.suffix != ".yaml":
            messages.append(f"{file}:1: would not be read; name it {file.stem}.yaml")
        if file.suffix != ".yaml" or file.name == REGION_FILE:
            continue
        document = _read(file)
        actor = _validate(document, Actor)
        _check_against_region(document, region)
        _check_itself(document)
        slug = document.data.get("slug")
        if isinstance(slug, str):
            if slug in where:
                document.report(("slug",), f"{slug!r} is already the slug of {where[slug]}")
            where.setdefault(slug, file)
        messages.extend(document.messages())
        if actor is not None:
            actors.setdefault(actor.slug, actor)
    _raise_if_any(messages, ProfileError)
    return sorted(actors.values(), key=lambda actor: actor.slug)
