"""System programs that some tests need: skipped without them on a bare machine, failed without them in CI."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def need(program: str, package: str) -> str:
    """Return the path of `program`; where it is missing, skip the test with a reason, or fail it in CI."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        _go_without(program, package)
    return path


def need_file(file: Path, package: str) -> Path:
    """Return `file` of a system package; where it is missing, skip the test with a reason, or fail it in CI."""
    if not file.exists():
        _go_without(str(file), package)
    return file


def _go_without(thing: str, package: str) -> NoReturn:
    reason = f"needs {thing}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(f"CI must have every program; {reason}")
    pytest.skip(reason)
