"""What holds for every command of the program, now and later."""

import inspect
import re
from collections.abc import Iterator

import click
import pytest

from hame_match.cli import _NOUNS, cli
from tests.cli.running import hame

Path = tuple[str, ...]


def commands(group: click.Group = cli, path: Path = ()) -> Iterator[tuple[Path, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = list(commands())
LEAVES = [(path, command) for path, command in ALL if not isinstance(command, click.Group)]


def test_there_are_the_commands_of_the_specification() -> None:
    assert {" ".join(path) for path, _ in LEAVES} >= {
        "init", "demo", "status", "spiders list", "spiders run", "spiders check", "calls list", "calls show",
        "actors list", "actors check", "matches run", "matches list", "matches show", "matches approve",
        "matches reject", "digests prepare", "digests preview", "digests list", "digests send", "run weekly",
    }  # fmt: skip


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_help_is_one_sentence_and_an_example(path: Path) -> None:
    ran = hame(*path, "--help")
    assert (ran.code, ran.err) == (0, "")
    command = dict(ALL)[path]
    first, *rest = inspect.cleandoc(command.help or "").split("\n\n")
    assert first.endswith(".")
    assert first.count(". ") == 0, "the first paragraph is one sentence"
    assert any(line.startswith(f"Example: hame-match {path[0]}") for line in rest), "an example that can be typed"
    assert hame(*path, "-h").out == ran.out


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_the_example_is_a_command_that_exists(path: Path) -> None:
    example = re.search(r"Example: hame-match (.+)", dict(LEAVES)[path].help or "")
    assert example
    assert tuple(example[1].split()[: len(path)]) == path


def test_the_list_of_commands_says_of_each_what_its_own_help_says() -> None:
    tops = {path[0]: command for path, command in ALL if len(path) == 1}
    assert tops.keys() == _NOUNS.keys()
    for name, (_, text) in _NOUNS.items():
        assert text.endswith(".")
        assert text in hame("--help").out or text.split()[0] in hame("--help").out
        assert tops[name].help


@pytest.mark.parametrize("path", [path for path, _ in LEAVES if path[-1] == "list"], ids=" ".join)
def test_every_listing_takes_json(path: Path) -> None:
    assert "--json" in hame(*path, "--help").out


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_every_option_has_help(path: Path) -> None:
    for parameter in dict(LEAVES)[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.name}"


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_an_unknown_option_is_a_usage_error(path: Path) -> None:
    ran = hame(*path, "--no-such-option")
    assert ran.code == 2
    assert "No such option" in ran.err


@pytest.mark.parametrize("arguments", [("nonsense",), ("matches", "nonsense"), ("matches", "list"), ("init",)])
def test_what_cannot_be_understood_is_a_usage_error(arguments: Path) -> None:
    ran = hame(*arguments)
    assert ran.code == 2
    assert "Usage: hame-match" in ran.err
    assert "Traceback" not in ran.err


NEEDS_WORKSPACE = [
    ("status",),
    ("calls", "list"),
    ("actors", "list"),
    ("spiders", "run"),
    ("matches", "list", "--actor", "x"),
    ("matches", "run"),
    ("digests", "list"),
    ("digests", "send"),
    ("run", "weekly"),
    ("run", "due"),
]


@pytest.mark.parametrize("arguments", NEEDS_WORKSPACE, ids=" ".join)
def test_without_a_workspace_the_remedy_is_told(
    arguments: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(folder)
    ran = hame(*arguments)
    assert ran.code == 1
    assert "make a workspace with `hame-match init DIR`" in ran.err
    assert ran.out == ""
    assert list(folder.iterdir()) == []
