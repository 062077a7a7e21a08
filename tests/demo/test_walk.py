"""The demo's walk where it ends early; the whole of it is in the acceptance tests."""

from pathlib import Path

import pytest

from hame_match.demo.walk import demo_settings, walk
from hame_match.errors import BusyError
from hame_match.jobs.locks import sole
from hame_match.progress import silent


def test_a_second_demo_in_the_same_folder_is_refused_before_it_does_anything(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path / "demo-out")
    lock = tmp_path / "demo-out" / "hame-match.sqlite.demo.lock"
    with sole(lock, "the demo"), pytest.raises(BusyError, match=r"^the demo is already running in another process"):
        walk(settings, None, silent, lambda workspace: None)
    assert not settings.database.exists()
