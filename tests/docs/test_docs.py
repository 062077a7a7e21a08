"""The documentation says what the program does, and what it shows can be run."""

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATE = ROOT / "docs" / "generate.py"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", GENERATE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examples_in_the_checker_itself_hold(generate: ModuleType) -> None:
    result = doctest.testmod(generate)
    assert result.attempted >= 3
    assert result.failed == 0


def test_documentation_is_in_order() -> None:
    done = subprocess.run([sys.executable, GENERATE, "--check"], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_that_is_not_hidden_is_in_the_reference(generate: ModuleType) -> None:
    text = generate.reference()
    for names, _ in generate.commands():
        assert f"# {' '.join(names) or 'hame-match'}\n" in text
    assert "replay-demo" not in text


def test_every_command_has_help_in_a_sentence_and_an_example_that_exists(generate: ModuleType) -> None:
    for names, command in generate.commands():
        text, example = generate._help_of(command)
        assert text.partition("\n\n")[0].endswith("."), names
        assert example.startswith("hame-match"), names
        assert generate.why_wrong(example.removeprefix("hame-match").strip(), whole=True) == "", names


def test_stale_reference_is_found(generate: ModuleType) -> None:
    assert list(generate.stale_reference(generate.reference())) == []
    assert "make docs" in next(iter(generate.stale_reference(generate.reference() + "x")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x](nowhere.md)", "points nowhere"),
        ("![x](images/none.png)", "points nowhere"),
        ("[x](concepts.md#no-such-heading)", "names a heading that is not there"),
        ("[x](#none)\n# One", "names a heading"),
    ],
)
def test_broken_link_is_found(generate: ModuleType, text: str, words: str) -> None:
    (problem,) = generate.broken_links(generate.Page("docs/x.md", text))
    assert words in problem


def test_good_links_and_those_in_code_pass(generate: ModuleType) -> None:
    text = "# One two\n[a](#one-two) [b](concepts.md#digest) `[c](no.md)`\n```text\n[d](no.md)\n```\n"
    assert (
        list(generate.broken_links(generate.Page("docs/concepts.md", text + "[e](../LICENSE) [f](mailto:a@b.fi)")))
        == []
    )


def test_missing_unknown_and_wrong_settings_are_found(generate: ModuleType) -> None:
    known = generate.settings()
    rows = [f"| `{name}` | `{default}` | x |" for name, default in known.items()]
    assert list(generate.wrong_settings(generate.Page("x", "\n".join(rows)))) == []
    rows[0] = rows[0].replace(f"`{known['workspace.database']}`", '`"other"`')
    rows[1] = "| `crawl.nonsense` | `1` | x |"
    found = list(generate.wrong_settings(generate.Page("x", "\n".join(rows))))
    assert len(found) == 3
    assert "the default of workspace.database" in found[0]
    assert "workspace.profiles" in found[1]
    assert "no setting crawl.nonsense" in found[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```sh\nhame-match fly\n```", "there is no command 'fly'"),
        ("```console\n$ cd x && hame-match digests fly | head\n```", "there is no command 'fly'"),
        ("```sh\nhame-match matches list\n```", "Missing option '--actor'"),
        ("```sh\nhame-match status --loud\n```", "No such option"),
        ("```ini\nExecStart=/srv/bin/hame-match run now\n```", "there is no command 'now'"),
        ("see `hame-match calls list --loud`", "No such option"),
    ],
)
def test_command_that_does_not_exist_is_found(generate: ModuleType, text: str, words: str) -> None:
    (problem,) = generate.wrong_commands(generate.Page("x", text))
    assert words in problem


def test_commands_that_exist_pass(generate: ModuleType) -> None:
    text = (
        "`hame-match matches list --actor A` or `hame-match digests settle`\n"
        "```sh\nhame-match --now 2026-08-03T09:00 matches approve --actor a 1 3  # two\n"
        "hame-match-scheduler --once\n```\n"
        "```text\nhame-match fly\n```\n"
    )
    assert len(list(generate.shown_commands(text))) == 3
    assert list(generate.wrong_commands(generate.Page("x", text))) == []


def test_test_that_does_not_exist_is_found(generate: ModuleType) -> None:
    assert (
        list(generate.missing_tests(generate.Page("x", "`tests/docs/test_docs.py::test_documentation_is_in_order`")))
        == []
    )
    (problem,) = generate.missing_tests(generate.Page("x", "`tests/docs/test_docs.py::test_that_is_not_there`"))
    assert "test_that_is_not_there" in problem
    assert len(list(generate.missing_tests(generate.Page("x", "`tests/docs/test_none.py::test_a`")))) == 1


def _console(text: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    lines = _console((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    assert len(lines) > 20
    script = "\n".join(["set -eu", *(f"echo '+ {number}' >&2; {line}" for number, line in enumerate(lines))])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    assert "Nothing is new since the last run" in done.stdout
    assert "Sent 1 mail " in done.stdout
    assert "Sent 0 mails " in done.stdout
    assert (tmp_path / "demo-out" / "next.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert len(list((tmp_path / "demo-out" / "outbox").glob("2026-W33-*.eml"))) == 1


@pytest.mark.slow
def test_the_spider_of_the_how_to_works(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "howto" / "add-a-source.md").read_text("utf-8")
    for folder in ("hame_match", "spiders", "tests/spiders"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    files = re.findall(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(files) == 4
    for name, content in files:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    (inserted,) = re.findall(
        r"^<!-- insert: tests/spiders/test_fixtures.py -->\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    (entry,) = re.findall(r'the line `("fi_koesaatio": \w+,)`', text)
    fixtures = tmp_path / "tests" / "spiders" / "test_fixtures.py"
    before, declaration, after = fixtures.read_text("utf-8").partition("READERS:")
    opening, brace, entries = after.partition("= {\n")
    assert declaration
    assert brace
    fixtures.write_text(f"{before}{inserted}\n\n{declaration}{opening}{brace}    {entry}\n{entries}", "utf-8")

    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for command in (
        ["-m", "tests.spiders.test_fixtures"],
        [
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/spiders/test_fi_koesaatio.py",
            "tests/spiders/test_fixtures.py",
            "tests/spiders/test_all_spiders.py",
            "--import-mode=importlib",
            "-k",
            "koesaatio",
        ],
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert '"grant_max": "12000"' in (tmp_path / "tests/spiders/fi_koesaatio/one-grant/output.json").read_text("utf-8")
    assert " passed" in done.stdout
    assert " failed" not in done.stdout
