"""How mail leaves: what a transport must do, and the one that writes files."""

import hashlib
import os
import re
from pathlib import Path
from typing import Protocol

from hame_match.deliver.outbox import Accepted, Failure, Outcome, RunFault
from hame_match.model.digest import Delivery


class Transport(Protocol):
    """A way for mail to leave, in two steps: the intent is recorded between `begin` and `finish`."""

    def begin(self, delivery: Delivery) -> Failure | None:
        """Prepare to send: connect when needed, name sender and recipient. None when the way is free."""

    def finish(self, delivery: Delivery) -> Outcome:
        """Send the bytes of the delivery begun last."""

    def abandon(self) -> None:
        """Forget the delivery begun last; nothing of it has left."""

    def close(self) -> None:
        """Say goodbye; the transport may be used again afterwards."""


class FolderTransport:
    """Writes each mail as an ``.eml`` file; the same mail again replaces its file.

    Args:
        folder: made when the first mail comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, delivery: Delivery) -> Failure | None:
        """Make the folder."""
        del delivery
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            return RunFault(f"delivery.folder: {self._folder}: {exc.strerror}", lasting=True)
        return None

    def finish(self, delivery: Delivery) -> Outcome:
        """Write the file under another name, then give it its own: it is there whole or not at all."""
        file = self._folder / file_name(delivery)
        partial = file.with_name(f".{file.name}.partial")
        try:
            with partial.open("wb") as stream:
                stream.write(delivery.raw)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(file)
        except OSError as exc:
            return RunFault(f"delivery.folder: {file}: {exc.strerror}", lasting=True)
        return Accepted(file.name)

    def abandon(self) -> None:
        """Nothing was begun that could stay behind."""

    def close(self) -> None:
        """Nothing is open."""


def file_name(delivery: Delivery) -> str:
    """Return the file name of a mail: week, actor and a short hash that tells its recipients apart."""
    key = hashlib.sha256(delivery.message_id.encode()).hexdigest()[:10]
    actor = re.sub(r"[^a-z0-9-]", "-", delivery.actor)
    return f"{delivery.week}-{actor}-{key}.eml"
