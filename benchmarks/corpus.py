"""Calls and actors of a size to measure with: recorded ones where the data lie beside the checkout, else made up."""

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hame_match.collect.runner import crawl
from hame_match.demo.sedia import SediaSite
from hame_match.demo.server import ReplayServer
from hame_match.demo.sites import DEMO_NOW, demo_sites
from hame_match.jobs.workspace import Workspace
from hame_match.model.actor import Actor
from hame_match.model.call import Call
from hame_match.progress import Progress, silent
from hame_match.settings import CrawlSettings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / "../shared/data/eu"
SNAPSHOT = SHARED / "ft_feed_weekly/grants_2026-07-27.json.gz"
TEXTS = SHARED / "cordisdata/open.jsonl.gz"
SPIDER = "eu_funding_tenders"


class StoredVectors:
    """Stands for vectors that are in the database already: a fixed random one for each text, made at no cost."""

    model_id = "benchmark"
    dimension = 384
    centring = 1.0

    def embed_queries(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        """Return one unit row per text, the same for the same text."""
        del progress
        rows = [np.random.default_rng(_seed(text)).standard_normal(self.dimension) for text in texts]
        matrix = np.asarray(rows, np.float32).reshape(len(rows), self.dimension)
        return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), np.float32)

    embed_passages = embed_queries


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def site() -> tuple[SediaSite, datetime, str]:
    """Return a stand-in for the EU's search service, the instant it stands for, and where its calls are from."""
    if SNAPSHOT.exists():
        from tests.feeds import read_snapshot, sedia_rows

        rows, facets = sedia_rows(SNAPSHOT, TEXTS)
        now = datetime.fromisoformat(read_snapshot(SNAPSHOT)["generatedAt"])
        return SediaSite(rows, facets), now, f"{SNAPSHOT.name} with the full texts of cordisdata"
    found = next(site for site in demo_sites().values() if isinstance(site, SediaSite))
    return found, DEMO_NOW, "the demo's calls"


def calls(count: int) -> tuple[list[Call], datetime, str]:
    """Return `count` calls, the instant they are seen at, and where they are from; copies when there are too few."""
    source, now, origin = site()
    with ReplayServer(dict.fromkeys(source.hosts, source)) as server:
        found = crawl(SPIDER, CrawlSettings(replay=server.url), now).calls
    copies = [
        call if not number else call.model_copy(update={"source_key": f"{call.source_key}-{number}"})
        for number in range(-(-count // len(found)))
        for call in found
    ]
    return copies[:count], now + timedelta(minutes=1), origin


def actors(workspace: Workspace, count: int) -> list[Actor]:
    """Return `count` actors whose interests are drawn, with fixed chance, from those of the examples."""
    examples = workspace.examples
    interests = [text for actor in examples for text in actor.interests]
    chance = random.Random(7)
    return [
        examples[number % len(examples)].model_copy(
            update={
                "slug": f"actor-{number}",
                "interests": tuple(f"{text} ({number})" for text in chance.sample(interests, 4)),
                "interests_en": (),
                "interests_sv": (),
            }
        )
        for number in range(count)
    ]
