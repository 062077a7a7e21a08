"""A list of every mail that has gone, kept outside the database so that a restored backup never sends twice."""

import os
from datetime import datetime
from pathlib import Path

from hame_match.errors import StoreError


class SentLog:
    """An append-only file of one line per mail: the instant and the Message-ID.

    Args:
        file: made when the first mail goes; its folder must exist.

    Raises:
        StoreError: the file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            lines = file.read_bytes().split(b"\n") if file.exists() else []
        except OSError as exc:
            raise StoreError(f"{file}: the log of sent mails cannot be read: {exc.strerror}") from exc
        # A line that a power cut broke off has no key of ours.
        fields = [line.decode("ascii", "replace").split(" ") for line in lines]
        self._keys = {parts[1] for parts in fields if len(parts) == 2 and parts[1][:1] == "<" and parts[1][-1:] == ">"}
        self._torn = bool(lines and lines[-1])

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, message_id: str, at: datetime) -> None:
        """Record a mail; it is on disk when this returns.

        Args:
            message_id: value of its Message-ID.
            at: aware instant.

        Raises:
            StoreError: the file cannot be written.
        """
        line = f"{at.isoformat()} {message_id}\n".encode("ascii")
        try:
            made = not self._file.exists()
            with self._file.open("ab") as stream:
                stream.write(b"\n" + line if self._torn else line)
                stream.flush()
                os.fsync(stream.fileno())
            if made:
                _sync_folder(self._file.parent)
        except OSError as exc:
            raise StoreError(f"{self._file}: the log of sent mails cannot be written: {exc.strerror}") from exc
        self._torn = False
        self._keys.add(message_id)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
