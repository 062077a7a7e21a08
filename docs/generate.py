"""Writes the command reference and checks that the documentation says what the program does.

    python docs/generate.py           writes docs/cli.md from the commands' own help
    python docs/generate.py --check   writes nothing; exits 1 and says what is wrong

Checked are: docs/cli.md is what would be written; relative links and their headings exist; docs/operations.md has every
setting with its default and none that does not exist; every ``hame-match`` command that is shown exists, with its
options; every test that is named exists.
"""  # noqa: INP001 - a script, in no package

import inspect
import json
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import click
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the checkout's own package, whatever else is installed

from hame_match.cli import cli  # noqa: E402
from hame_match.settings import Settings  # noqa: E402

PROGRAM = "hame-match"
REFERENCE = "docs/cli.md"
OPERATIONS = "docs/operations.md"
SHELL_FENCES = frozenset({"console", "sh", "ini"})
"""Fenced blocks whose lines are commands; what only looks like one is fenced as ``text``."""

_HEADER = """\
# Commands

<!-- Written by docs/generate.py from the commands' own help. Do not edit; run `make docs`. -->

`--config FILE` and `--now ISO` stand before the noun and hold for everything below it. An error is printed on stderr
and gives exit code 1, a wrong command line exit code 2. Every listing takes `--json`.
"""
_FENCE = re.compile(r"^(?P<mark>```+|~~~+)(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=mark)[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(hame-match(?: [^`]+)?)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_SETTING_ROW = re.compile(r"^\| `(?P<name>[a-z_]+\.[a-z_]+)` \| `(?P<default>[^`]*)` \|", re.MULTILINE)
_TEST = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<name>\w+)")
_SHELL_END = frozenset({"|", "||", "&&", ";", ">", ">>", "2>", "<", "&"})


class Page(NamedTuple):
    """A page of the documentation.

    Attributes:
        path: relative to the repository, with forward slashes.
        text: its Markdown.
    """

    path: str
    text: str


def pages() -> list[Page]:
    """Return every page that is checked; reads the files."""
    files = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    files += sorted((ROOT / "docs").rglob("*.md"))
    return [Page(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files]


def commands(
    command: click.Command = cli, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield (names after the program's, command) of every command that is not hidden, groups before their members."""
    if command.hidden:
        return
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=PROGRAM)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            if member is not None:
                yield from commands(member, (*names, name))


def _context(names: tuple[str, ...], command: click.Command) -> click.Context:
    context = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    if not names:
        return context
    for name in names[:-1]:
        context = click.Context(click.Group(name), parent=context, info_name=name)
    return click.Context(command, parent=context, info_name=names[-1])


def _help_of(command: click.Command) -> tuple[str, str]:
    """Return a command's help without its example, and the example."""
    text, _, example = inspect.cleandoc(command.help or "").partition("\nExample: ")
    paragraphs = (textwrap.fill(" ".join(paragraph.split()), 118) for paragraph in text.split("\n\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph), example.strip()


def _option_rows(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is None or isinstance(parameter, click.Argument):
            continue
        names, words = (" ".join(part.split()).replace("|", "\\|") for part in record)
        yield f"| `{names}` | {words} |"


def reference() -> str:
    """Return docs/cli.md: usage, help, options and example of every command that is not hidden."""
    parts = [_HEADER]
    for names, command in commands():
        context = _context(names, command)
        text, example = _help_of(command)
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        title = " ".join(names) or PROGRAM
        part = [f"{'###' if len(names) > 1 else '##'} {title}", text, f"```text\n{usage}\n```"]
        rows = list(_option_rows(command, context))
        if rows:
            part.append("| option | meaning |\n|---|---|\n" + "\n".join(rows))
        if example:
            part.append(f"Example:\n\n```sh\n{example}\n```")
        parts.append("\n\n".join(part) + "\n")
    return "\n".join(parts)


def stale_reference(written: str) -> Iterator[str]:
    """Yield a problem when `written` is not what `reference` gives."""
    if written != reference():
        yield f"{REFERENCE}: is not what the commands' help says; run `make docs`"


def _slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it.

    >>> _slug("What to do when: a source FAILED")
    'what-to-do-when-a-source-failed'
    """
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _prose(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return _FENCE.sub("", text)


def _anchors(text: str) -> set[str]:
    return {_slug(heading) for heading in re.findall(r"^#+ (.+)$", _prose(text), re.MULTILINE)}


def broken_links(page: Page) -> Iterator[str]:
    """Yield a problem for every relative link of `page` that points to no file or to no heading of one."""
    for match in _LINK.finditer(re.sub(r"`[^`\n]*`", "", _prose(page.text))):
        target, _, anchor = match["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = ROOT / PurePosixPath(page.path).parent / target
        if target and not file.exists():
            yield f"{page.path}: the link {match['target']} points nowhere"
        elif anchor and (not target or file.suffix == ".md"):
            text = file.read_text("utf-8") if target else page.text
            if anchor not in _anchors(text):
                yield f"{page.path}: the link {match['target']} names a heading that is not there"


def _toml(value: object) -> str:
    """Return a default as it would stand in the settings file.

    >>> _toml(("a", "b")), _toml(True), _toml(""), _toml(1.5), _toml({})
    ('["a", "b"]', 'true', '""', '1.5', '{}')
    """
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def settings() -> dict[str, str]:
    """Return ``table.key`` to default, as TOML, of every setting."""
    found: dict[str, str] = {}
    for table, info in Settings.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for key, inner in kind.model_fields.items():
                found[f"{table}.{key}"] = _toml(inner.get_default(call_default_factory=True))
    return found


def wrong_settings(page: Page) -> Iterator[str]:
    """Yield a problem for every setting that `page` lacks, that does not exist, or whose default is another."""
    described = {match["name"]: match["default"] for match in _SETTING_ROW.finditer(page.text)}
    known = settings()
    for name, default in known.items():
        if name not in described:
            yield f"{page.path}: the setting {name} (default {default}) is missing from the tables"
        elif described[name] != default:
            yield f"{page.path}: the default of {name} is {default}, not {described[name]}"
    for name in described.keys() - known.keys():
        yield f"{page.path}: there is no setting {name}"


def shown_commands(text: str) -> Iterator[tuple[str, bool]]:
    """Yield (arguments, whole) of every hame-match command in a page.

    Args:
        text: Markdown. Blocks fenced as `SHELL_FENCES` hold whole commands; in the text a command may lack arguments.
    """
    for fence in _FENCE.finditer(text):
        if fence["info"].strip() in SHELL_FENCES:
            for line in fence["body"].replace("\\\n", " ").splitlines():
                arguments = _arguments(line)
                if arguments is not None:
                    yield arguments, True
    for inline in _INLINE.finditer(_prose(text)):
        if "<" in inline[1] or "|" in inline[1]:  # a pattern, such as <noun> <verb> or list | show
            continue
        yield inline[1].removeprefix(PROGRAM).strip(), False


def _arguments(line: str) -> str | None:
    """Return what follows the program's name on a line of a shell block, None when it is no such command.

    >>> _arguments("$ cd x && .venv/bin/hame-match status | head"), _arguments("hame-match-scheduler --once")
    ('status', None)
    """
    try:
        words = shlex.split(line.removeprefix("$ ").replace("ExecStart=", ""), comments=True)
    except ValueError:
        return None
    for position, word in enumerate(words):
        if word.rpartition("/")[2] == PROGRAM and "=" not in word:
            rest = words[position + 1 :]
            end = next((at for at, found in enumerate(rest) if found in _SHELL_END), len(rest))
            return shlex.join(rest[:end])
    return None


def why_wrong(arguments: str, *, whole: bool) -> str:
    """Return why ``hame-match ARGUMENTS`` cannot be run, empty when it can; nothing is run.

    Args:
        arguments: as on a command line.
        whole: mandatory options and arguments must be there, too.
    """
    command: click.Command = cli
    rest, context = shlex.split(arguments), click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    try:
        while isinstance(command, click.Group):
            _, rest, _ = command.make_parser(context).parse_args(args=rest)
            if not rest:
                return ""
            name, rest = rest[0], rest[1:]
            found = command.get_command(context, name)
            if found is None:
                return f"there is no command {name!r} in {context.command_path!r}"
            command, context = found, click.Context(found, parent=context, info_name=name)
        if whole and not {"-h", "--help"} & set(rest):
            command.make_context(context.info_name, rest, parent=context.parent)
        else:
            command.make_parser(context).parse_args(args=rest)
    except click.UsageError as exc:
        return exc.format_message()
    return ""


def wrong_commands(page: Page) -> Iterator[str]:
    """Yield a problem for every hame-match command shown in `page` that does not exist."""
    for arguments, whole in shown_commands(page.text):
        if problem := why_wrong(arguments, whole=whole):
            yield f"{page.path}: `{PROGRAM} {arguments}`: {problem}"


def missing_tests(page: Page) -> Iterator[str]:
    """Yield a problem for every test named as ``tests/FILE.py::test_name`` in `page` that does not exist."""
    for match in _TEST.finditer(page.text):
        file = ROOT / match["file"]
        if not file.exists() or not re.search(
            rf"^ *(?:async )?def {match['name']}\(", file.read_text("utf-8"), re.MULTILINE
        ):
            yield f"{page.path}: there is no test {match[0]}"


def problems() -> list[str]:
    """Return everything that is wrong with the documentation; reads its files."""
    found: list[str] = []
    for page in pages():
        if page.path == REFERENCE:
            found += stale_reference(page.text)
        if page.path == OPERATIONS:
            found += wrong_settings(page)
        found += broken_links(page)
        found += wrong_commands(page)
        found += missing_tests(page)
    for missing in {REFERENCE, OPERATIONS} - {page.path for page in pages()}:
        found.append(f"{missing}: is missing")
    return found


def main() -> int:
    """Write the reference, or check everything; return the exit code."""
    if sys.argv[1:] == ["--check"]:
        found = problems()
        for problem in found:
            print(problem, file=sys.stderr)
        return 1 if found else 0
    if sys.argv[1:]:
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    (ROOT / REFERENCE).write_text(reference(), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
