"""The alarm clock as the real program; the workspace crawls nothing and has no actors, so that a tick is quick."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hame_match.store import open_store
from hame_match.store.runs import JobState

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "hame-match.toml").write_text("[crawl]\nspiders = []\n", "utf-8")
    return tmp_path


def start(folder: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scheduler.py"), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = start(folder, *arguments, **environment)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def ledger(folder: Path) -> dict[str, JobState]:
    with open_store(folder / "hame-match.sqlite") as store:
        return {job: found.state for job, found in store.job_runs.latest().items()}


def test_once_runs_what_is_due_and_records_it(folder: Path) -> None:
    code, err = run(folder, "--once")
    assert code == 0, err
    assert {"crawl", "match"} <= ledger(folder).keys()
    assert set(ledger(folder).values()) == {JobState.DONE}
    assert "INFO crawl" in err
    assert run(folder, "--once") == (0, "")


def test_the_settings_may_be_named_by_option_or_variable(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert run(elsewhere, "--once", "--config", str(folder / "hame-match.toml"))[0] == 0
    assert run(elsewhere, "--once", HAME_MATCH_CONFIG=str(folder / "hame-match.toml"))[0] == 0
    assert ledger(folder)


def test_without_settings_it_says_what_to_do(tmp_path: Path) -> None:
    code, err = run(tmp_path, "--once")
    assert code == 1
    assert "hame-match init" in err
    assert "Traceback" not in err


def test_two_schedulers_cannot_run_at_once_and_a_killed_one_is_not_in_the_way(folder: Path) -> None:
    first = start(folder)
    try:
        # The first tick is over when the ledger has its last job; the lock is held from before it until the end.
        deadline = time.monotonic() + 60
        while not (folder / "hame-match.sqlite").exists() or "match" not in ledger(folder):
            assert time.monotonic() < deadline
            assert first.poll() is None
            time.sleep(0.1)
        code, err = run(folder, "--once")
        assert code == 1
        assert "the scheduler is already running in another process" in err
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert run(folder, "--once")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_asked_to_stop_ends_without_a_fault(folder: Path, number: signal.Signals) -> None:
    process = start(folder)
    assert process.stderr is not None
    while "match" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(1)  # it begins to wait
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "Traceback" not in err
