"""Builders of what the tests need; every value may be overridden, the rest is plausible and fixed."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hame_match.jobs.workspace import Workspace
from hame_match.match.embedding import Embedder
from hame_match.match.lexical import guess_language, stems
from hame_match.model.actor import Actor, Basis, Recipient
from hame_match.model.call import Call, Deadline, Section, SectionRole
from hame_match.model.digest import Message
from hame_match.model.match import Decision, Label, Match, Reason, Review, ScoreParts, Verdict
from hame_match.progress import Progress, silent
from hame_match.settings import (
    CrawlSettings,
    DeliverySettings,
    DigestSettings,
    EmbeddingSettings,
    MatchSettings,
    Settings,
)
from hame_match.store import Store

NOW = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
"""A Monday, 07.00 in Helsinki: the week 2026-W37."""


def section(text: str, role: SectionRole = SectionRole.DESCRIPTION, language: str = "fi") -> Section:
    return Section(role=role, language=language, text=text)


def a_call(key: str = "va-tem-2026-1", text: str | None = None, **changes: Any) -> Call:
    """A Finnish grant that is open at `NOW`; `text` becomes its description."""
    values: dict[str, Any] = {
        "source": "fi_haeavustuksia",
        "source_key": key,
        "titles": {"fi": "Avustus robottihitsauksen kokeiluihin"},
        "sections": (section(text or "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa."),),
        "url": f"https://www.haeavustuksia.fi/fi/haku/{key}",
        "funder": "Työ- ja elinkeinoministeriö",
        "opens_on": date(2026, 8, 1),
        "deadlines": (Deadline(on=date(2026, 10, 30)),),
        "regions": (),
    }
    return Call(**(values | changes))


def an_eu_call(key: str = "HORIZON-CL4-2026-01-TWIN-01", text: str | None = None, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "source": "eu_funding_tenders",
        "identifier": key,
        "titles": {"en": "Robots that learn a new product in a day"},
        "sections": (
            section(text or "Welding robots must adapt to small series of metal parts.", SectionRole.SCOPE, "en"),
        ),
        "url": f"https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/{key}",
        "funder": "European Commission",
        "programme": "Horizon Europe",
        "type_of_action": "HORIZON Innovation Actions",
        "deadlines": (Deadline(on=date(2027, 2, 16)),),
    }
    return a_call(key, **(values | changes))


def a_recipient(address: str = "maija@example.org", **changes: Any) -> Recipient:
    return Recipient(**({"address": address, "basis": Basis.CONSENT} | changes))


def an_actor(slug: str = "esimerkki-konepaja", **changes: Any) -> Actor:
    values: dict[str, Any] = {
        "slug": slug,
        "name": "Esimerkin Konepaja Oy",
        "fictional": True,
        "actor_type": "sme",
        "municipality": "Hausjärvi",
        "interests": (
            "Tarvitsemme hitsausrobotteja pienten sarjojen valmistukseen.",
            "Haluamme pienentää leikkuujätettä ja mitata energian kulutusta.",
        ),
        "recipients": (a_recipient(f"{slug}@example.org"),),
    }
    return Actor(**(values | changes))


def a_match(call_id: str = "fi_haeavustuksia:va-tem-2026-1", **changes: Any) -> Match:
    values: dict[str, Any] = {
        "actor": "esimerkki-konepaja",
        "call_id": call_id,
        "rank": 1,
        "relevance": 0.75,
        "label": Label.STRONG,
        "parts": ScoreParts(semantic=0.5, lexical=0.25),
        "verdict": Verdict.ELIGIBLE,
        "reasons": (Reason("status", Verdict.ELIGIBLE, "status_open"),),
        "evidence": "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa.",
        "evidence_language": "fi",
        "interest": "Tarvitsemme hitsausrobotteja pienten sarjojen valmistukseen.",
        "content_hash": "hash-1",
        "ranker": "1/test",
        "at": NOW,
    }
    return Match(**(values | changes))


def a_review(call_id: str = "fi_haeavustuksia:va-tem-2026-1", **changes: Any) -> Review:
    values: dict[str, Any] = {
        "actor": "esimerkki-konepaja",
        "call_id": call_id,
        "decision": Decision.APPROVED,
        "reason": None,
        "note": "",
        "reviewer": "tester",
        "at": NOW,
        "content_hash": "hash-1",
    }
    return Review(**(values | changes))


def a_message(number: int = 1, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "message_id": f"<{number:020x}@digest.example.org>",
        "sender": "hame-match@example.org",
        "recipient": f"r{number}@example.org",
        "subject": "Rahoitushaut",
        "raw": f"Message-ID: <{number:020x}@digest.example.org>\r\nSubject: x\r\n\r\nHei {number}!\r\n".encode(),
        "text": "Hei!",
        "html": "<p>Hei!</p>",
    }
    return Message(**(values | changes))


class HashEmbedder:
    """A tiny deterministic embedder: stems hashed into 512 dimensions, so that texts that share words are near.

    Counts what it was asked for in `passages` and `queries`.
    """

    dimension = 512
    centring = 1.0

    def __init__(self, model_id: str = "hash-512") -> None:
        self.model_id = model_id
        self.passages: list[str] = []
        self.queries: list[str] = []

    def embed_queries(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        self.queries += texts
        return self._rows(texts)

    def embed_passages(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        self.passages += texts
        return self._rows(texts)

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), self.dimension), 1e-3, np.float32)  # no text is a row of zeros
        for row, text in zip(rows, texts, strict=True):
            for stem in stems(text, guess_language(text)):
                for piece in (stem, stem[:5]):
                    digest = hashlib.sha256(piece.encode()).digest()
                    row[int.from_bytes(digest[2:4]) % self.dimension] += 1 if digest[1] % 2 else -1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def settings_in(folder: Path, **sections: Any) -> Settings:
    """Settings of a workspace in `folder`; a section is given as a dict of what differs from the defaults."""
    kinds = {"crawl": CrawlSettings, "digest": DigestSettings, "delivery": DeliverySettings, "match": MatchSettings}
    made = {name: kinds[name](**values) for name, values in sections.items()}
    # A model that does not exist: a test that forgets its embedder fails at once and loads nothing.
    return Settings(root=folder, embedding=EmbeddingSettings(model=str(folder / "no-model")), **made)


def write_profiles(folder: Path, actors: Sequence[Actor]) -> None:
    """Write each actor as a profile file; JSON is YAML, too."""
    folder.mkdir(exist_ok=True)
    for actor in actors:
        profile = actor.model_dump_json(by_alias=True, exclude_defaults=True, indent=1)
        (folder / f"{actor.slug}.yaml").write_text(profile, "utf-8")


def a_workspace(
    store: Store,
    folder: Path,
    *actors: Actor,
    now: datetime | Callable[[], datetime] = NOW,
    embedder: Embedder | None = None,
    **sections: Any,
) -> Workspace:
    """A workspace over `store` with these actors and a tiny embedder; `now` is its clock."""
    settings = settings_in(folder, **sections)
    write_profiles(settings.profiles, actors)
    clock = now if callable(now) else lambda: now
    return Workspace(settings, store, clock, embedder=embedder or HashEmbedder())


def put_calls(store: Store, *calls: Call, at: datetime = NOW) -> None:
    with store.transaction():
        store.calls.import_crawl(calls, at)
