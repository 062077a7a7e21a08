"""The sender is killed at random moments, and no mail goes out twice or is lost in silence."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hame_match.model.match import Verdict
from hame_match.store import open_store
from tests.builders import NOW, a_call, a_match, a_review, an_actor, put_calls, write_profiles

ROOT = Path(__file__).parents[2]
KILLS = 50
MAILS = 40
SEED = 20260907

SETTINGS = """
[delivery]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
local_hostname = "localhost"
"""


@pytest.fixture
def server(tmp_path: Path, unused_port: int) -> Iterator[tuple[int, Path]]:
    arrived = tmp_path / "arrived"
    arrived.touch()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mail_server.py")), str(unused_port), str(arrived)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "listening\n"
    yield unused_port, arrived
    process.kill()
    process.wait()
    process.stdout.close()


def hame(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "hame_match.cli", "--now", NOW.isoformat(), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def new_round(folder: Path, port: int) -> None:
    """A workspace with one approved match for each of `MAILS` actors."""
    folder.mkdir()
    (folder / "hame-match.toml").write_text(SETTINGS.format(port=port), "utf-8")
    actors = [an_actor(f"toimija-{folder.name}-{number}") for number in range(MAILS)]
    write_profiles(folder / "profiles", actors)
    call = a_call()
    with open_store(folder / "hame-match.sqlite") as store:
        put_calls(store, call)
        with store.transaction():
            for actor in actors:
                store.matches.replace(actor.slug, [a_match(actor=actor.slug, verdict=Verdict.ELIGIBLE)])
                store.reviews.put(a_review(actor=actor.slug))


def kill_somewhere(folder: Path, arrived: Path, dice: random.Random) -> bool:
    """Start the sender and kill it: some time after its first mail, or else after its start."""
    size = arrived.stat().st_size
    wait, from_start = dice.uniform(0.0, 0.35), dice.random() < 0.2
    process = hame(folder, "digests", "send", "--yes")
    if from_start:
        time.sleep(dice.uniform(0.05, 0.6))
    else:
        while arrived.stat().st_size == size and process.poll() is None:
            time.sleep(0.002)
        time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def listed(folder: Path) -> list[dict[str, str]]:
    out, err = hame(folder, "digests", "list", "--json").communicate()
    assert not err
    found: list[dict[str, str]] = json.loads(out)
    return found


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifty_kills_send_nothing_twice_and_lose_nothing_in_silence(tmp_path: Path, server: tuple[int, Path]) -> None:
    port, arrived = server
    dice = random.Random(SEED)
    kills = rounds = in_doubt = in_doubt_arrived = 0
    while kills < KILLS:
        folder = tmp_path / f"r{rounds}"
        new_round(folder, port)
        rounds += 1
        # A round is over when there is nothing left to kill: a sender that found all done ends by itself.
        while kills < KILLS and (killed := kill_somewhere(folder, arrived, dice)):
            kills += killed
        out, err = (last := hame(folder, "digests", "send", "--yes")).communicate()
        deliveries = listed(folder)
        states = Counter(delivery["state"] for delivery in deliveries)
        assert "Traceback" not in err, err
        assert sum(states.values()) == MAILS
        assert set(states) <= {"sent", "in_doubt"}, states
        # What is in doubt is shown to whoever sends.
        assert "in_doubt" in out if states["in_doubt"] else last.returncode == 0
        received = Counter(arrived.read_text().split())
        assert max(received.values()) == 1, "a mail arrived twice"
        for delivery in deliveries:
            if delivery["state"] == "sent":
                assert received[delivery["message_id"]] == 1, "a mail marked as sent never arrived"
        in_doubt += states["in_doubt"]
        in_doubt_arrived += sum(
            received[delivery["message_id"]] for delivery in deliveries if delivery["state"] == "in_doubt"
        )
        with closing(sqlite3.connect(folder / "hame-match.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    total = sum(Counter(arrived.read_text().split()).values())
    assert total == rounds * MAILS - in_doubt + in_doubt_arrived
    assert in_doubt <= kills
    assert in_doubt > 0, "no kill hit a mail under way: the test proves nothing"
    print(f"{kills} kills, {rounds} rounds, {rounds * MAILS} mails, {in_doubt} in doubt ({in_doubt_arrived} arrived)")
