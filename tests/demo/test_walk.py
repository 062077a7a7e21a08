"""The demo's walk where it ends early; the whole of it is in the acceptance tests."""

from pathlib import Path
from typing import NoReturn

import pytest

from hame_match.demo import walk as walking
from hame_match.demo.walk import demo_settings, walk
from hame_match.errors import BusyError
from hame_match.jobs.locks import sole
from hame_match.match import dictionary
from hame_match.progress import silent


def test_a_second_demo_in_the_same_folder_is_refused_before_it_does_anything(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path / "demo-out")
    lock = tmp_path / "demo-out" / "hame-match.sqlite.demo.lock"
    with sole(lock, "the demo"), pytest.raises(BusyError, match=r"^the demo is already running in another process"):
        walk(settings, None, silent, lambda workspace: None)
    assert not settings.database.exists()


@pytest.mark.parametrize("own", ["/my/dictionaries", None])
def test_the_demo_uses_no_dictionary_of_the_machine(
    own: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own is None:
        monkeypatch.delenv(dictionary.FOLDERS_VARIABLE)
    else:
        monkeypatch.setenv(dictionary.FOLDERS_VARIABLE, own)
    usual, seen = dictionary.folders(), []

    def stop(workspace: object) -> NoReturn:
        seen.append(dictionary.folders())
        raise BusyError("enough")

    monkeypatch.setattr(walking, "crawl_all", stop)
    with pytest.raises(BusyError, match="enough"):
        walk(demo_settings(tmp_path / "demo-out"), None, silent, lambda workspace: None)
    assert seen == [()]
    assert dictionary.folders() == usual != ()
