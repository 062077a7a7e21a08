"""Opening the database, its transactions, and the one object that gives access to all table families."""

import functools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlite_utils import Database

from hame_match.errors import StoreError
from hame_match.store.schema import migrations

if TYPE_CHECKING:
    from hame_match.store.calls import CallTable
    from hame_match.store.digests import DigestTable, Outbox
    from hame_match.store.lessons import LessonTable
    from hame_match.store.matches import MatchTable, ReviewTable
    from hame_match.store.runs import JobRunTable, SpiderRunTable
    from hame_match.store.search import SearchIndex
    from hame_match.store.vectors import VectorTable

C = TypeVar("C", bound=type)


def instant_text(instant: datetime) -> str:
    """Return an aware instant as UTC text of fixed width.

    >>> instant_text(datetime.fromisoformat("2026-08-03T09:00:00+03:00"))
    '2026-08-03T06:00:00.000000+00:00'
    """
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def wrapping_errors(cls: C) -> C:
    """Make every public method of a table family raise `StoreError` for an error of SQLite."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except sqlite3.Error as exc:
                raise _explained(exc) from exc

        return guarded

    for name, member in list(vars(cls).items()):
        if callable(member) and not name.startswith("_") and not isinstance(member, type):
            setattr(cls, name, wrap(member))
    return cls


def _explained(exc: sqlite3.Error) -> StoreError:
    text = str(exc)
    if "locked" in text or "busy" in text:
        return StoreError(f"the database is in use by another process ({text}); try again when it has finished")
    if "disk is full" in text or "disk I/O" in text:
        return StoreError(f"the database cannot be written ({text}); make room on the disk and run the command again")
    if "readonly" in text:
        return StoreError(f"the database cannot be written ({text}); check who owns the file")
    if "malformed" in text or "not a database" in text:
        return StoreError(f"the database is damaged ({text}); restore the last backup")
    return StoreError(f"the database refused: {text}")


@contextmanager
def _transaction(db: Database) -> Iterator[None]:
    try:
        db.conn.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as exc:
        raise _explained(exc) from exc
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    try:
        db.conn.execute("COMMIT")
    except sqlite3.Error as exc:
        db.rollback()
        raise _explained(exc) from exc


class Store:
    """One open database; not to be shared between threads.

    Attributes:
        calls: calls, versions, events.
        search: stems for full-text search.
        vectors: embeddings.
        matches: ranked lists.
        reviews: people's decisions.
        lessons: what was learnt from them, and from when on they count.
        digests: digests and their items.
        outbox: deliveries.
        spider_runs: crawls.
        job_runs: the ledger of jobs.
    """

    calls: "CallTable"
    search: "SearchIndex"
    vectors: "VectorTable"
    matches: "MatchTable"
    reviews: "ReviewTable"
    lessons: "LessonTable"
    digests: "DigestTable"
    outbox: "Outbox"
    spider_runs: "SpiderRunTable"
    job_runs: "JobRunTable"

    def __init__(self, db: Database) -> None:
        from hame_match.store.calls import CallTable
        from hame_match.store.digests import DigestTable, Outbox
        from hame_match.store.lessons import LessonTable
        from hame_match.store.matches import MatchTable, ReviewTable
        from hame_match.store.runs import JobRunTable, SpiderRunTable
        from hame_match.store.search import SearchIndex
        from hame_match.store.vectors import VectorTable

        self._db = db
        self.calls = CallTable(db)
        self.search = SearchIndex(db)
        self.vectors = VectorTable(db)
        self.matches = MatchTable(db)
        self.reviews = ReviewTable(db)
        self.lessons = LessonTable(db)
        self.digests = DigestTable(db)
        self.outbox = Outbox(db)
        self.spider_runs = SpiderRunTable(db)
        self.job_runs = JobRunTable(db)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside one transaction: all of them happen or none.

        Raises:
            StoreError: another process holds the database for more than ten seconds.
        """
        with _transaction(self._db):
            yield

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_foreign(db: Database, file: Path | None) -> None:
    if db.table_names() and not db.table(migrations.migrations_table).exists():
        raise StoreError(f"{file}: is the database of another program; name a file of its own in [workspace] database")


def _refuse_newer(db: Database, file: Path | None) -> None:
    known = {migration.name for migration in migrations._migrations}  # noqa: SLF001 - no public list of names
    newer = [applied.name for applied in migrations.applied(db) if applied.name not in known]
    if newer:
        raise StoreError(
            f"{file}: made by a newer version of hame-match (it has {', '.join(newer)}); update the program"
        )


def open_store(file: Path | None) -> Store:
    """Open the database, making or upgrading it as needed.

    Args:
        file: the SQLite file; None gives one in memory.

    Raises:
        StoreError: the folder is missing, the file is no database, or a newer version of the program made it.
    """
    if file is not None and not file.parent.is_dir():
        raise StoreError(f"{file}: the folder does not exist; `hame-match init DIR` makes a workspace")
    db = None
    try:
        connection = sqlite3.connect(":memory:" if file is None else str(file), timeout=10)
        db = Database(connection)
        _refuse_foreign(db, file)
        # FULL keeps the last commits over a power cut: the outbox must never forget what it has sent.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            db.conn.execute(f"PRAGMA {pragma}").close()
        _refuse_newer(db, file)
        if migrations.pending(db):
            # All of them or none; whoever else opens the file at the same time waits and finds them done.
            with _transaction(db):
                migrations.apply(db)
    except sqlite3.Error as exc:
        if db is not None:
            db.close()
        raise StoreError(f"{file}: {_explained(exc)}") from exc
    except StoreError:
        if db is not None:
            db.close()
        raise
    return Store(db)
