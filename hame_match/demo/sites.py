"""The demo's stand-ins for the three sources, filled with the calls of ``data/``.

Each record there carries a ``_facts`` note: what in it is real (identifiers, titles, dates and amounts of a call
published in 2026) and what is constructed. All descriptions are our own words.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hame_match.demo.eura import EuraSite
from hame_match.demo.haeavustuksia import HaeavustuksiaSite
from hame_match.demo.sedia import SediaSite
from hame_match.demo.sedia_rows import (
    Cascade,
    Row,
    Topic,
    cascade_row,
    other_row,
    stale_mirror,
    stub,
    topic_rows,
    translation,
)
from hame_match.demo.server import Site, without_notes

DATA = Path(__file__).with_name("data")
DEMO_NOW: Final = datetime(2026, 8, 3, 9, 0, tzinfo=ZoneInfo("Europe/Helsinki"))
"""The demo's clock; most of its calls are open or forthcoming then."""


def demo_sites() -> dict[str, Site]:
    """Returns the site of every host of the demo's three sources; reads the data files beside this module."""
    sites = (demo_sedia(), demo_haeavustuksia(), demo_eura())
    return {host: site for site in sites for host in site.hosts}


def demo_sedia() -> SediaSite:
    """Returns the EU search service with the demo's topics, cascade calls and the nuisances it serves beside them."""
    data = _read("sedia.json")
    return SediaSite(_sedia_rows(data), data["facets"])


def demo_haeavustuksia() -> HaeavustuksiaSite:
    """Returns haeavustuksia.fi with the demo's notices as they stand at `DEMO_NOW`."""
    data = _read("haeavustuksia.json")
    return HaeavustuksiaSite(data["notices"], data["authorities"], now=DEMO_NOW)


def demo_eura() -> EuraSite:
    """Returns eura2021.fi with the demo's notices and code lists."""
    data = _read("eura2021.json")
    return EuraSite(data["notices"], data["codes"])


def _sedia_rows(data: dict[str, Any]) -> list[Row]:
    """Returns the rows of a data file: stubs first, then calls, translations, stale mirrors and other types."""
    rows = topic_rows([Topic.model_validate(topic) for topic in data["topics"]])
    by_reference = {row["reference"]: row for row in rows}
    rows += [cascade_row(Cascade.model_validate(cascade)) for cascade in data["cascade"]]
    nuisances = data["nuisances"]
    translations = [
        translation(by_reference[entry["of"]], entry["language"], entry["title"]) for entry in nuisances["translations"]
    ]
    mirrors = [stale_mirror(by_reference[reference]) for reference in nuisances["stale_mirrors"]]
    stubs = [stub(by_reference[reference]) for reference in nuisances["stubs"]]
    return [*stubs, *rows, *translations, *mirrors, *(other_row(**entry) for entry in nuisances["others"])]


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = without_notes(json.loads((DATA / name).read_text(encoding="utf-8")))
    return data
