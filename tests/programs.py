"""System programs that some tests need: skipped without them on a bare machine, failed without them in CI."""

import os
import shutil

import pytest


def need(program: str, package: str) -> str:
    """Return the path of `program`; where it is missing, skip the test with a reason, or fail it in CI."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        reason = f"needs {program}: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(f"CI must have every program; {reason}")
        pytest.skip(reason)
    return path
