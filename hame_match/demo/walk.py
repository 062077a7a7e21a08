"""The demo: the whole way once, offline, through the same jobs as the real thing."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from hame_match.deliver.transport import file_name
from hame_match.demo.server import ReplayServer
from hame_match.demo.sites import DEMO_NOW, demo_sites
from hame_match.errors import DigestError, HameMatchError
from hame_match.jobs.crawling import crawl_all
from hame_match.jobs.digests import send
from hame_match.jobs.locks import sole
from hame_match.jobs.matching import rank_all
from hame_match.jobs.new_workspace import make_workspace
from hame_match.jobs.reviewing import decide
from hame_match.jobs.workspace import Workspace
from hame_match.match.dictionary import FOLDERS_VARIABLE
from hame_match.model.digest import DeliveryState
from hame_match.model.match import Label, Verdict
from hame_match.model.run import Health, SpiderRun
from hame_match.progress import Progress
from hame_match.settings import FILE_NAME, CrawlSettings, DeliverySettings, Settings, load
from hame_match.store import open_store

APPROVED = 4
"""Calls a manager with fifteen minutes would approve for one actor."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What the demo did.

    Attributes:
        runs: the three crawls.
        approved: number of matches approved this time.
        written: files of the digests written this time, three for each mail; empty when nothing was new.
    """

    runs: list[SpiderRun]
    approved: int
    written: list[Path]


def demo_settings(folder: Path) -> Settings:
    """Return the settings of the demo's workspace in `folder`, which is made if it is not there.

    Raises:
        SettingsError: the folder cannot be written or holds wrong settings.
    """
    if not (folder / FILE_NAME).exists():
        make_workspace(folder, examples=True)
    settings = load(folder / FILE_NAME)
    return settings.model_copy(update={"delivery": DeliverySettings(transport="folder", folder=".")})


def walk(settings: Settings, now: datetime | None, progress: Progress, between: Callable[[Workspace], None]) -> Walked:
    """Crawl the bundled calls, match, approve the best as a manager would, and write the digests.

    Args:
        settings: of the demo's workspace.
        now: the clock; None takes `DEMO_NOW`, for which the bundled calls were chosen.
        progress: told how far long work is.
        between: called with the open workspace when the lists are ready, before anything is approved.

    Raises:
        BusyError: another demo is running in the same folder.
        HameMatchError: a crawl failed, which cannot happen on an installation that is whole.
    """
    moment = (now or DEMO_NOW).astimezone(UTC)
    lock = settings.database.with_name(settings.database.name + ".demo.lock")
    with (
        sole(lock, "the demo"),
        _without_dictionaries(),
        ReplayServer(demo_sites()) as server,
        open_store(settings.database) as store,
    ):
        crawl = CrawlSettings(**{**settings.crawl.model_dump(), "replay": server.url})
        workspace = Workspace(settings.model_copy(update={"crawl": crawl}), store, lambda: moment, progress)
        runs = crawl_all(workspace)
        for run in runs:
            if run.health is Health.FAILED:
                raise HameMatchError(f"{run.spider}: {run.reason}")
        rank_all(workspace)
        between(workspace)
        approved = sum(_approve(workspace, actor.slug) for actor in workspace.actors)
        return Walked(runs, approved, _send(workspace))


@contextmanager
def _without_dictionaries() -> Iterator[None]:
    # The demo looks the same everywhere, whatever dictionaries a machine has.
    before = os.environ.get(FOLDERS_VARIABLE)
    os.environ[FOLDERS_VARIABLE] = ""
    try:
        yield
    finally:
        if before is None:
            del os.environ[FOLDERS_VARIABLE]
        else:
            os.environ[FOLDERS_VARIABLE] = before


def _approve(workspace: Workspace, actor: str) -> int:
    reviews = workspace.store.reviews.of_actor(actor)
    if reviews:
        return 0
    chosen = [
        match.call_id
        for match in workspace.store.matches.of_actor(actor)
        if match.label is not Label.WEAK and match.verdict is not Verdict.INELIGIBLE
    ][:APPROVED]
    decide(workspace, actor, chosen, reviewer="demo")
    return len(chosen)


def _send(workspace: Workspace) -> list[Path]:
    outbox = workspace.store.outbox
    before = {delivery.delivery_id for delivery in outbox.find(states=[DeliveryState.SENT])}
    send(workspace)
    written: list[Path] = []
    for delivery in outbox.find(states=[DeliveryState.SENT]):
        if delivery.delivery_id in before:
            continue
        eml = workspace.settings.path(workspace.settings.delivery.folder) / file_name(delivery)
        written.append(eml)
        message = message_from_bytes(delivery.raw, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise DigestError(f"{eml}: cannot be read again")
        for kind, suffix in (("html", ".html"), ("plain", ".txt")):
            body = message.get_body((kind,))
            if body is not None:
                file = eml.with_suffix(suffix)
                file.write_text(body.get_content(), "utf-8", newline="\n")
                written.append(file)
    return written
