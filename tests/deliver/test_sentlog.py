from pathlib import Path

import pytest

from hame_match.deliver.sentlog import SentLog
from hame_match.errors import StoreError
from tests.deliver.make import NOW

A, B, C = "<a@example.org>", "<b@example.org>", "<c@example.org>"


def test_what_was_added_is_there_after_a_new_start(tmp_path: Path) -> None:
    log = SentLog(tmp_path / "sent.log")
    assert A not in log
    log.add(A, NOW)
    log.add(B, NOW)
    again = SentLog(tmp_path / "sent.log")
    assert (A in again, B in again, C in again, len(again)) == (True, True, False, 2)
    assert (tmp_path / "sent.log").read_text() == f"{NOW.isoformat()} {A}\n{NOW.isoformat()} {B}\n"


@pytest.mark.parametrize("torn", [1, 10, 30, 45])
def test_a_line_broken_off_is_no_key_and_harms_no_other(tmp_path: Path, torn: int) -> None:
    file = tmp_path / "sent.log"
    log = SentLog(file)
    log.add(A, NOW)
    whole = file.read_bytes()
    log.add(B, NOW)
    file.write_bytes(file.read_bytes()[: len(whole) + torn] if torn < 42 else whole + b"\xff\x00")
    again = SentLog(file)
    assert (A in again, B in again) == (True, False)
    again.add(C, NOW)
    last = SentLog(file)
    assert (A in last, B in last, C in last) == (True, False, True)


def test_a_log_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        SentLog(tmp_path)
    with pytest.raises(StoreError, match="cannot be written"):
        SentLog(tmp_path / "missing" / "sent.log").add(A, NOW)
