"""Against Postfix's own test server, which was not written by us."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hame_match.deliver.outbox import (
    Accepted,
    LostAfterDot,
    LostBeforeDot,
    PermanentFailure,
    RunFault,
    TemporaryFailure,
)
from tests.deliver.servers import free_port
from tests.deliver.test_smtp import send
from tests.programs import need


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Run smtp-sink on loopback."""
    port = free_port()
    process = subprocess.Popen([need("smtp-sink", "postfix"), "-u", "nobody", *options, f"127.0.0.1:{port}", "50"])
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "smtp-sink ended"
                assert time.monotonic() < deadline, "smtp-sink does not answer"
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), Accepted),
        (("-r", "rcpt", "-b", "451 4.7.1 greylisted"), TemporaryFailure),
        (("-r", ".", "-b", "451 4.3.0 later"), TemporaryFailure),
        (("-f", "rcpt", "-B", "550 5.1.1 unknown"), PermanentFailure),
        (("-f", ".", "-B", "554 5.6.0 content"), PermanentFailure),
        (("-f", "mail", "-B", "552 5.3.4 too big"), RunFault),
        (("-f", "connect", "-B", "554 5.7.1 not you"), RunFault),
        (("-q", "mail"), LostBeforeDot),
        (("-q", "rcpt"), LostBeforeDot),
        (("-q", "data"), LostBeforeDot),
        (("-q", "."), LostAfterDot),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value.__name__,
)
def test_every_fault_of_smtp_sink_has_its_meaning(options: tuple[str, ...], expected: type) -> None:
    with smtp_sink(*options) as port:
        assert type(send(port)) is expected
