"""Guards around every test, and what many of them need.

The socket guard itself stands in pyproject.toml: no test leaves this machine.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hame_match.store import Store, open_store

_OURS = ("HAME_MATCH_CONFIG", "HAME_MATCH_SMTP_PASSWORD")


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set by whoever runs the tests must not reach them; nor may a proxy stand before loopback."""
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    # Lists must not depend on a dictionary that happens to be installed.
    monkeypatch.setenv("HAME_MATCH_DICTIONARIES", "")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1")


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(None) as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "hame-match.sqlite"


@pytest.fixture
def unused_port() -> int:
    """A port of loopback that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
