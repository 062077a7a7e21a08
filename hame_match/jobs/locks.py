"""One process at a time for what must not happen twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hame_match.errors import BusyError


@contextmanager
def sole(file: Path, what: str) -> Iterator[None]:
    """Hold the lock `file` while the block lasts; the system frees it when the process dies.

    Args:
        file: made if missing, and left.
        what: the work, for the message.

    Raises:
        BusyError: another process holds it.
    """
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise BusyError(f"{what} is already running in another process (it holds {file}); wait until it ends") from exc
    try:
        yield
    finally:
        lock.release()
