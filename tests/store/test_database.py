import inspect
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hame_match.errors import StoreError
from hame_match.model.digest import DeliveryState
from hame_match.model.run import Health, SpiderRun
from hame_match.store import Store, open_store
from hame_match.store.runs import JobState
from tests.builders import NOW, a_call, a_match, a_message, a_review, put_calls

TABLES = sorted(name for name in vars(open_store(None)) if not name.startswith("_"))
ROOT = Path(__file__).parents[2]

CALLS: dict[str, Callable[[Store], object]] = {
    "calls.all": lambda s: s.calls.all(),
    "calls.count": lambda s: s.calls.count(),
    "calls.events": lambda s: s.calls.events(NOW),
    "calls.events_of": lambda s: s.calls.events_of("x"),
    "calls.get": lambda s: s.calls.get("x"),
    "calls.import_crawl": lambda s: s.calls.import_crawl([a_call()], NOW),
    "digests.delete": lambda s: s.digests.delete(1),
    "digests.find": lambda s: s.digests.find("x", "2026-W37"),
    "digests.given": lambda s: s.digests.given("x"),
    "digests.items": lambda s: s.digests.items(1),
    "digests.put": lambda s: s.digests.put("x", "2026-W37", [], 0, NOW),
    "job_runs.begin": lambda s: s.job_runs.begin("send", "2026-W37", NOW),
    "job_runs.finish": lambda s: s.job_runs.finish("send", "2026-W37", JobState.DONE, "", NOW),
    "job_runs.get": lambda s: s.job_runs.get("send", "2026-W37"),
    "job_runs.latest": lambda s: s.job_runs.latest(),
    "lessons.forget": lambda s: s.lessons.forget("x", NOW),
    "lessons.forgotten_at": lambda s: s.lessons.forgotten_at("x"),
    "lessons.get": lambda s: s.lessons.get("x"),
    "lessons.replace": lambda s: s.lessons.replace([]),
    "matches.forget_others": lambda s: s.matches.forget_others([]),
    "matches.get": lambda s: s.matches.get("x", "y"),
    "matches.of_actor": lambda s: s.matches.of_actor("x"),
    "matches.pending_counts": lambda s: s.matches.pending_counts(),
    "matches.replace": lambda s: s.matches.replace("x", [a_match()]),
    "outbox.claim": lambda s: s.outbox.claim(1, NOW),
    "outbox.draft": lambda s: s.outbox.draft(1, [a_message()], NOW, NOW),
    "outbox.due": lambda s: s.outbox.due(NOW),
    "outbox.find": lambda s: s.outbox.find(),
    "outbox.last_sent": lambda s: s.outbox.last_sent(),
    "outbox.overdue": lambda s: s.outbox.overdue(NOW),
    "outbox.queue": lambda s: s.outbox.queue("2026-W37", NOW, NOW),
    "outbox.settle": lambda s: s.outbox.settle(1, DeliveryState.SENT, "", None, NOW),
    "reviews.last_approved": lambda s: s.reviews.last_approved(),
    "reviews.of_actor": lambda s: s.reviews.of_actor("x"),
    "reviews.put": lambda s: s.reviews.put(a_review()),
    "search.best": lambda s: s.search.best(["robotti"], 1, {"x"}),
    "search.find": lambda s: s.search.find([["robotti"]], 1),
    "search.outdated": lambda s: s.search.outdated(),
    "search.put": lambda s: s.search.put([("x", "h", "a", "b")]),
    "search.rank": lambda s: s.search.rank(["robotti"]),
    "spider_runs.add": lambda s: s.spider_runs.add(SpiderRun("x", NOW, NOW, Health.OK, "", 1)),
    "spider_runs.healthy_counts": lambda s: s.spider_runs.healthy_counts("x"),
    "spider_runs.last_healthy": lambda s: s.spider_runs.last_healthy("x"),
    "spider_runs.latest": lambda s: s.spider_runs.latest(),
    "vectors.load": lambda s: s.vectors.load(["x"], "m"),
    "vectors.put": lambda s: s.vectors.put({"x": np.zeros(2, np.float32)}, "m"),
}


def test_every_public_method_of_every_table_family_is_tried_below(store: Store) -> None:
    methods = {
        f"{family}.{name}"
        for family in TABLES
        for name, member in inspect.getmembers(getattr(store, family), callable)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys()


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_damaged_database_gives_a_store_error(store: Store, name: str) -> None:
    tables = [row[0] for row in store._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    store._db.conn.execute("PRAGMA foreign_keys=OFF")
    for table in tables:
        if not table.startswith("sqlite_"):
            store._db.conn.execute(f'DROP TABLE IF EXISTS "{table}"')
    with pytest.raises(StoreError, match="the database refused: no such table"):
        CALLS[name](store)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_closed_database_gives_a_store_error(name: str) -> None:
    store = open_store(None)
    store.close()
    with pytest.raises(StoreError):
        CALLS[name](store)


def test_a_store_in_memory_and_one_in_a_file_hold_the_same_tables(database: Path, store: Store) -> None:
    names = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with open_store(database) as stored:
        assert list(stored._db.execute(names)) == list(store._db.execute(names))


def test_opening_again_changes_nothing(database: Path) -> None:
    with open_store(database) as store:
        put_calls(store, a_call())
    with closing(sqlite3.connect(database)) as raw:
        before = list(raw.iterdump())
    with open_store(database) as store:
        assert store.calls.count() == 1
    with closing(sqlite3.connect(database)) as raw:
        assert list(raw.iterdump()) == before


def test_the_outbox_survives_a_power_cut_and_keys_are_kept(database: Path) -> None:
    with open_store(database) as store:
        pragmas = {name: store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert store._db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Path) -> None:
    open_store(database).close()
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('hame_match', 'z_9', '')")
        raw.commit()
        before = list(raw.iterdump())
    with pytest.raises(StoreError, match=r"newer version of hame-match \(it has z_9\); update the program"):
        open_store(database)
    with closing(sqlite3.connect(database)) as raw:
        assert list(raw.iterdump()) == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(database: Path) -> None:
    database.write_bytes(b"Dear diary, " * 100)
    with pytest.raises(StoreError, match="the database is damaged"):
        open_store(database)
    assert database.read_bytes() == b"Dear diary, " * 100


def test_a_missing_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere.*hame-match init"):
        open_store(tmp_path / "nowhere" / "x.sqlite")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_the_place_of_the_file_is_a_store_error(database: Path) -> None:
    database.mkdir()
    with pytest.raises(StoreError, match="unable to open"):
        open_store(database)


def test_a_database_held_by_another_process_says_so(database: Path) -> None:
    with open_store(database) as store, closing(sqlite3.connect(database, isolation_level=None)) as other:
        store._db.conn.execute("PRAGMA busy_timeout=50")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another process"):
            put_calls(store, a_call())
        with pytest.raises(StoreError, match="in use by another process"):
            store.outbox.claim(1, NOW)
        assert store.calls.all() == []  # reading goes on


def test_a_read_only_database_says_who_to_ask(database: Path) -> None:
    with open_store(database) as store:
        # What SQLite says of a file that may not be written, whoever runs the test.
        store._db.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="check who owns the file"):
            put_calls(store, a_call())


def interrupted(store: Store) -> None:
    store.calls.import_crawl([a_call("a")], NOW)
    raise KeyboardInterrupt


def test_a_transaction_is_whole_or_nothing(database: Path) -> None:
    with open_store(database) as store:
        with pytest.raises(KeyboardInterrupt), store.transaction():
            interrupted(store)
        assert store.calls.count() == 0
        put_calls(store, a_call("b"))  # the connection can be used again
        assert store.calls.count() == 1


def test_a_full_disk_is_named(database: Path) -> None:
    with open_store(database) as store:
        put_calls(store, a_call("a"))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        with pytest.raises(StoreError, match="make room on the disk"):
            put_calls(store, *(a_call(str(number), "x" * 50_000) for number in range(20)))
        assert [stored.call.source_key for stored in store.calls.all()] == ["a"]


CHILD = """
import sys, time
from pathlib import Path
from datetime import timedelta
from hame_match.store import open_store
from tests.builders import NOW, a_call
with open_store(Path(sys.argv[1])) as store, store.transaction():
    store.calls.import_crawl([a_call("a", "uusi teksti")] + [a_call(f"k{n}", "x" * 5000) for n in range(500)],
                             NOW + timedelta(days=1))
    print("half way", flush=True)
    time.sleep(60)
"""


def child(code: str, *arguments: Any) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=environment
    )


def test_a_process_killed_inside_a_transaction_leaves_nothing(database: Path) -> None:
    with open_store(database) as store:
        put_calls(store, a_call("a"))
    with child(CHILD, database) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
    with open_store(database) as store:
        [stored] = store.calls.all()
        assert (stored.call, stored.last_seen) == (a_call("a"), NOW)
        assert len(store.calls.events(NOW - timedelta(days=9))) == 1
        assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        put_calls(store, a_call("b"))  # nobody holds a lock


OPEN = """
import sys, time
from pathlib import Path
from hame_match.store import open_store
time.sleep(max(0, float(sys.argv[2]) - time.time()))
open_store(Path(sys.argv[1])).close()
"""


def test_several_processes_may_make_the_same_database_at_once(database: Path) -> None:
    start = time.time() + 1.5
    processes = [child(OPEN, database, start) for _ in range(4)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    with open_store(database) as store:
        assert store.calls.count() == 0


def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_store(file)
    assert file.read_bytes() == before
