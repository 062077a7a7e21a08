"""Runs the command line in this process, through the same `main` as the program."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hame_match.cli import main
from hame_match.store import Store, open_store
from tests.builders import NOW


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def hame(*arguments: str, encoding: str = "utf-8") -> Ran:
    """Run ``hame-match ARGUMENTS`` on a terminal of this encoding and return its exit code and what it wrote."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
    before, sys.argv = sys.argv, ["hame-match", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.argv = before
    texts = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]  # type: ignore[attr-defined]
    return Ran(code, *texts)


def at_now(*arguments: str) -> Ran:
    return hame("--now", NOW.isoformat(), *arguments)


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    with open_store(folder / "hame-match.sqlite") as store:
        yield store
