"""The demo as a newcomer runs it: in a folder of its own, as a process of its own, with the real model."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from hame_match.demo.sites import DEMO_NOW
from hame_match.match.evidence import candidates
from hame_match.sentences import is_boilerplate
from hame_match.store import open_store

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.model, pytest.mark.slow]


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str
    files: Mapping[str, tuple[int, bytes]]


def demo(folder: Path, *arguments: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-m", "hame_match.cli", "demo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=220,
    )
    files = {
        file.name: (file.stat().st_mtime_ns, file.read_bytes())
        for file in sorted((folder / "demo-out").iterdir())
        if file.suffix in (".eml", ".html", ".txt")
    }
    return Run(done.returncode, done.stdout, done.stderr, files)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> Run:
    return demo(folder)


@pytest.fixture(scope="module")
def second(folder: Path, first: Run) -> Run:
    return demo(folder)


def test_six_digests_are_written_in_three_forms(first: Run) -> None:
    assert (first.code, first.err) == (0, "")
    forms = {suffix: {Path(n).stem for n in first.files if n.endswith(suffix)} for suffix in (".eml", ".html", ".txt")}
    assert len(forms[".eml"]) >= 6
    assert forms[".eml"] == forms[".html"] == forms[".txt"]
    for name, (_, data) in first.files.items():
        if name.endswith(".eml"):
            message = message_from_bytes(data, policy=policy.default)
            assert message["Subject"]
            assert message["To"]
            assert not message.defects


def test_the_screen_shows_a_list_where_the_digests_are_and_what_to_do_next(first: Run) -> None:
    for words in ("kaarnapuron-konepaja", "OK", "demo-out/", "matches list --actor", "status"):
        assert words in first.out
    assert re.search(r"^ *1 +\S", first.out, re.MULTILINE)
    for name in first.files:
        if name.endswith(".eml"):
            assert name in first.out


def test_a_second_run_says_that_nothing_is_new_and_rewrites_nothing(first: Run, second: Run) -> None:
    assert (second.code, second.err) == (0, "")
    assert "Nothing is new" in second.out
    assert second.files == first.files


def test_every_evidence_is_verbatim_and_tells_something(folder: Path, first: Run) -> None:
    matches = 0
    with open_store(folder / "demo-out" / "hame-match.sqlite") as store:
        calls = {stored.call_id: stored.call for stored in store.calls.all()}
        actors = {delivery.actor for delivery in store.outbox.find()}
        assert len(actors) == 6
        for actor in actors:
            for match in store.matches.of_actor(actor):
                call = calls[match.call_id]
                text = "".join("".join(section.text for section in call.sections).split())
                assert bool(match.evidence) == bool(candidates(call))
                for quotation in (match.evidence, match.second_evidence):
                    # An ellipsis marks a cut.
                    assert all("".join(part.split()) in text for part in quotation.split("…"))
                    assert not is_boilerplate(quotation)
                matches += 1
    assert matches > 200


def test_the_same_folder_elsewhere_gives_the_same_bytes(first: Run, tmp_path: Path) -> None:
    again = demo(tmp_path)
    assert again.out == first.out
    assert {name: data for name, (_, data) in again.files.items()} == {
        name: data for name, (_, data) in first.files.items()
    }


def test_the_readme_shows_the_tables_the_demo_prints(first: Run) -> None:
    printed = {line.rstrip() for line in first.out.splitlines()}
    shown = (ROOT / "README.md").read_text("utf-8").partition("```text\n")[2].partition("```")[0].splitlines()
    # What one line says of a call hangs on the last bits of the model's arithmetic; the rest is the same everywhere.
    fixed = [line for line in shown if line.startswith((" #", " spider", " eu_", " fi_", "eu_", "fi_", "The best"))]
    assert len(fixed) == 9
    assert [line for line in fixed if line not in printed] == []
    assert {line.split()[-2] for line in shown if re.match(r" \d ", line)} == {"odottaa"}


@pytest.mark.parametrize("verb", ["reverse", "consortium"])
def test_the_way_from_a_call_to_actors_works_on_the_demo_s_calls(folder: Path, first: Run, verb: str) -> None:
    assert first.code == 0
    with open_store(folder / "demo-out" / "hame-match.sqlite") as store:
        best = store.matches.of_actor("kaarnapuron-konepaja")[0].call_id
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "hame_match.cli",
            "--now",
            DEMO_NOW.isoformat(),
            "matches",
            verb,
            "--call",
            best,
            "--json",
        ],
        cwd=folder / "demo-out",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=220,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["call_id"] == best
    people = said["actors"] if verb == "reverse" else said["members"]
    assert "kaarnapuron-konepaja" in [one["actor"] for one in people]
