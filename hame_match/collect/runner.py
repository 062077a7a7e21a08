"""The parent's side of a crawl: which spiders there are, and running one of them in a child process."""

import ast
import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from pydantic import TypeAdapter, ValidationError

import hame_match
from hame_match.errors import CrawlError
from hame_match.model.call import Call
from hame_match.model.run import CrawlReport
from hame_match.progress import Progress, silent
from hame_match.settings import CrawlSettings

GRACE_SECONDS: Final = 60
"""Time beyond [crawl] limit_seconds for the child to come to its end by itself."""
_TAIL_LINES: Final = 12
_REPORT: Final = TypeAdapter(CrawlReport)


@dataclass(frozen=True, slots=True)
class SpiderInfo:
    """What a spider says of itself.

    Attributes:
        name: its name.
        title: the source's name for people.
        summary: first line of its docstring.
        addresses: key -> web address, as the spider has them.
        minimum_calls: fewest calls it must find, see `health.judge`.
    """

    name: str
    title: str
    summary: str
    addresses: Mapping[str, str]
    minimum_calls: int = 1


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl brought: its report, not yet judged, and the calls in the source's order."""

    report: CrawlReport
    calls: list[Call]


def spider_names() -> list[SpiderInfo]:
    """Return all spiders, by name; reads their source files without importing them, and so without scrapy.

    Raises:
        CrawlError: the package of spiders is missing, or a spider's declarations are not plain literals.
    """
    found = [info for file in sorted(_spiders_folder().glob("*.py")) for info in _declared(file)]
    return sorted(found, key=lambda info: info.name)


def crawl(name: str, settings: CrawlSettings, now: datetime, progress: Progress = silent) -> Crawled:
    """Run one spider in a child process and return what it found.

    Args:
        name: the spider.
        settings: how to crawl; `limit_seconds` is enforced from outside, too.
        now: instant of the crawl, aware.
        progress: told of pages or records read, under the spider's name.

    Raises:
        CrawlError: there is no such spider, or the child died, was killed at the time limit, or left no valid report.
    """
    known = [info.name for info in spider_names()]
    if name not in known:
        raise CrawlError(f"there is no spider called {name!r} (there are: {', '.join(known)})")
    with tempfile.TemporaryDirectory(prefix="hame-match-crawl-") as temporary:
        folder = Path(temporary)
        job = {
            "spider": name,
            "now": now.isoformat(),
            "folder": str(folder),
            "settings": settings.model_dump(mode="json"),
        }
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        with (folder / "stderr").open("w+b") as stderr:
            code, killed = _run_child(folder, stderr.fileno(), settings.limit_seconds + GRACE_SECONDS, name, progress)
        tail = _tail(folder / "stderr")
        if killed:
            raise CrawlError(
                f"{name}: the crawl was stopped after {settings.limit_seconds + GRACE_SECONDS} seconds "
                f"([crawl] limit_seconds is {settings.limit_seconds})"
            )
        if code != 0 or not (folder / "report.json").exists():
            if tail.startswith("error: "):
                raise CrawlError(f"{name}: {tail.removeprefix('error: ')}")
            raise CrawlError(f"{name}: the crawling process ended without a report (exit code {code}): {tail}")
        return _results(folder, name)


def _run_child(folder: Path, stderr: int, limit: float, name: str, progress: Progress) -> tuple[int, bool]:
    """Return the child's exit code and whether it had to be killed."""
    root = Path(hame_match.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.getenv("PYTHONPATH")]))}
    killed = threading.Event()
    # -P and the folder as working directory: nothing in the user's current folder is imported by accident.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hame_match.collect.child", str(folder / "job.json")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )

    def stop() -> None:
        killed.set()
        _kill(process)

    alarm = threading.Timer(limit, stop)
    alarm.daemon = True
    alarm.start()
    try:
        if process.stdout is not None:
            for done, total in _progress(process.stdout):
                progress(name, done, total)
        return process.wait(), killed.is_set()
    finally:
        alarm.cancel()
        _kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _kill(process: "subprocess.Popen[str]") -> None:
    """End the child and whatever it started; does nothing once it has ended."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _progress(lines: TextIO | Any) -> Iterator[tuple[int, int]]:
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            yield int(told["done"]), int(told["total"])


def _tail(file: Path) -> str:
    lines = [line for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
    return "\n".join(lines[-_TAIL_LINES:]) or "it said nothing"


def _results(folder: Path, name: str) -> Crawled:
    try:
        report = _REPORT.validate_json((folder / "report.json").read_bytes())
        file = folder / "calls.jsonl"
        lines = file.read_text("utf-8").split("\n") if file.exists() else []
        calls = [Call.model_validate_json(line) for line in lines if line]
    except (ValidationError, OSError, UnicodeDecodeError) as exc:
        raise CrawlError(f"{name}: what the crawling process left cannot be read: {exc}") from exc
    if len(calls) != report.calls:
        raise CrawlError(f"{name}: the report names {report.calls} calls and the file holds {len(calls)}")
    return Crawled(report, calls)


def _spiders_folder() -> Path:
    spec = importlib.util.find_spec("spiders")
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise CrawlError("the package 'spiders' is missing from this installation: install hame-match again with pip")
    return Path(places[0])


def _declared(file: Path) -> Iterator[SpiderInfo]:
    """Yield the spiders that a module declares with plain literals."""
    for node in ast.parse(file.read_text("utf-8"), str(file)).body:
        if not isinstance(node, ast.ClassDef) or "CallSpider" not in {ast.unparse(base) for base in node.bases}:
            continue
        values: dict[str, Any] = {}
        for statement in node.body:
            target, value = _assignment(statement)
            if target in {"name", "title", "addresses", "minimum_calls"} and value is not None:
                try:
                    values[target] = ast.literal_eval(value)
                except ValueError as exc:
                    raise CrawlError(f"{file}: {node.name}.{target} must be a plain literal") from exc
        summary = (ast.get_docstring(node) or "").partition("\n")[0]
        try:
            yield SpiderInfo(summary=summary, **values)
        except TypeError as exc:
            raise CrawlError(f"{file}: {node.name} must declare name, title and addresses") from exc


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return "", None
