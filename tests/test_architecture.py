"""The shape of the house: which way imports run, what is loaded when, and what every module must have."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("hame_match/**/*.py"), *ROOT.glob("spiders/*.py"), ROOT / "scheduler.py"])
HEAVY = ("torch", "scrapy", "sentence_transformers", "transformers", "twisted", "sklearn", "apscheduler")

SPY = f"""
import sys
sys.argv = ["hame-match", *sys.argv[1:]]
from hame_match.cli import main
try:
    main()
except SystemExit as end:
    code = end.code or 0
else:
    code = 0
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print("LOADED", loaded, file=sys.stderr)
sys.exit(code)
"""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python(folder: Path, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_imports_run_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is in the lint group; `make check` runs it")
    done = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lazy")
    done = python(folder, SPY, "init", ".", "--examples")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("status",),
        ("calls", "list", "--json"),
        ("actors", "check"),
        ("spiders", "list"),
        ("matches", "list", "--actor", "kaarnapuron-konepaja"),
        ("matches", "--help"),
        ("matches", "run", "--help"),
        ("digests", "list"),
        ("digests", "prepare"),
        ("digests", "send", "--yes"),
        ("demo", "--help"),
        ("run", "weekly", "--help"),
    ],
    ids=" ".join,
)
def test_no_heavy_library_is_loaded_before_it_is_needed(workspace: Path, arguments: tuple[str, ...]) -> None:
    done = python(workspace, SPY, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "LOADED []"


def test_the_alarm_clock_loads_its_library_only_to_wait(tmp_path: Path) -> None:
    code = f"import sys, scheduler; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert python(tmp_path, code).stdout == "[]\n"


def test_the_spy_sees_what_is_loaded(tmp_path: Path) -> None:
    code = f"import scrapy, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert "scrapy" in python(tmp_path, code).stdout


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    if text.strip():
        assert docstring, f"{named(path)} has no docstring"
        assert docstring.splitlines()[0].rstrip().endswith((".", "?", "!"))


def test_an_exception_of_any_kind_is_caught_only_at_the_job_boundary() -> None:
    broad = {
        named(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {ast.unparse(part) for part in ast.walk(node.type)
                                                                    if isinstance(part, ast.Name)})
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    }  # fmt: skip
    assert broad == {"hame_match/jobs/schedule.py"}


def test_the_clock_is_read_only_at_the_edge() -> None:
    readers = {
        named(path)
        for path in MODULES
        if any(f"{name}(" in path.read_text("utf-8") for name in ("datetime.now", "date.today", "utcnow", "time.time"))
    }
    # patience: a server's Retry-After may be a date
    assert readers == {"hame_match/jobs/workspace.py", "hame_match/collect/patience.py"}


def test_no_module_is_a_drawer_for_everything() -> None:
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "util", "helpers", "common", "misc", "core", "manager", "base"}
