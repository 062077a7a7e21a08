"""What every job needs: settings, an open database, a clock, and somebody to tell how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hame_match.errors import NotFoundError
from hame_match.model.actor import Actor
from hame_match.model.region import Region
from hame_match.paths import bundled, user_cache
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.progress import Progress, silent
from hame_match.settings import Settings
from hame_match.store import Store

if TYPE_CHECKING:
    from hame_match.match.embedding import Embedder


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Workspace:
    """The surroundings of a job.

    Attributes:
        settings: the checked settings.
        store: the open database.
        clock: gives the present instant, or the pinned one.
        progress: told how far long work is.
        embedder: the model to rank with; None loads the one of the settings when it is needed.
    """

    settings: Settings
    store: Store
    clock: Callable[[], datetime] = system_clock
    progress: Progress = field(default=silent)
    embedder: "Embedder | None" = None

    @cached_property
    def region(self) -> Region:
        """The home region, from the workspace's own file or the one shipped with the program."""
        named = self.settings.workspace.region
        return load_region(self.settings.path(named) if named else bundled("profiles") / REGION_FILE)

    @cached_property
    def actors(self) -> list[Actor]:
        """The actors of the workspace by slug; empty when nobody has been added yet."""
        return load_actors(self.settings.profiles, self.region)

    @cached_property
    def examples(self) -> list[Actor]:
        """The fictional actors shipped with the program: what interests have in common is learnt from them, too."""
        return load_actors(bundled("profiles"), load_region(bundled("profiles") / REGION_FILE))

    def actor(self, slug: str) -> Actor:
        """Return one actor.

        Raises:
            NotFoundError: there is none of that name.
        """
        for actor in self.actors:
            if actor.slug == slug:
                return actor
        names = ", ".join(actor.slug for actor in self.actors) or f"none; add profiles to {self.settings.profiles}"
        raise NotFoundError(f"there is no actor {slug!r}; the actors are: {names}")

    def beside_database(self, suffix: str) -> Path:
        """Return the path of a file that lies beside the database, such as its lock."""
        database = self.settings.database
        return database.with_name(database.name + suffix)

    @property
    def cache(self) -> Path:
        """The folder for unpacked weights."""
        named = self.settings.workspace.cache
        return self.settings.path(named) if named else user_cache()
