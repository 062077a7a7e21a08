"""Recorded EU calls as rows for `SediaSite`, for tests and acceptance where the recorded data lie beside the checkout.

A snapshot is a daily harvest of everything open or forthcoming on the EU portal, reduced by its author; the rows are
therefore *assembled*: real identifiers, titles, dates, amounts and texts in the documented shape of the search
index, together with the nuisances that the index serves and the harvest had removed.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hame_match.demo.sedia_rows import (
    Budget,
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

Facets = dict[str, list[dict[str, Any]]]
GRANT, PROSPECT, CASCADE = "1", "2", "8"
SECOND_STAGE = timedelta(days=159)
"""Between the two stages of the 2027 soil topics, whose full row is recorded; the snapshots hold only the first."""
EARLIER_CUT_OFF = timedelta(days=180)
"""Between a cut-off and the one before it; the snapshots hold only the next."""

_HEADING = re.compile(r"(Expected Outcome|Expected Impact|Objective|Scope):")
_FOOTNOTE = re.compile(r"\[(\d+)\]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
# The first paragraph of the conditions holds an attribute with a ">" in it, on which naive tag strippers stumble.
_CONDITIONS = '<p><strong title="a>">General conditions</strong></p>{}'


def shared_data() -> Path | None:
    """Returns the folder of the recorded data beside the checkout, or None."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None


def read_snapshot(snapshot: Path) -> dict[str, Any]:
    """Returns a snapshot, gzipped or not, as its author wrote it."""
    data = snapshot.read_bytes()
    parsed: dict[str, Any] = json.loads(gzip.decompress(data) if snapshot.suffix == ".gz" else data)
    return parsed


def expected(snapshot: Path) -> dict[str, dict[str, Any]]:
    """Returns the grants and cascade calls of a snapshot by reference: what a harvest of its rows must find."""
    grants = read_snapshot(snapshot)["grants"]
    return {grant["id"]: grant for grant in grants if grant["kind"]["id"] in {GRANT, CASCADE}}


def read_texts(texts: Path) -> dict[str, dict[str, Any]]:
    """Returns the full texts by reference and by topic id.

    The file starts with a BOM, its objects stand end to end without newlines and its texts are double-encoded UTF-8.
    """
    data = texts.read_bytes()
    text = (gzip.decompress(data) if texts.suffix == ".gz" else data).decode("utf-8-sig")
    found: dict[str, dict[str, Any]] = {}
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        record, position = decoder.raw_decode(text, position)
        record["description"] = repaired(record["description"] or "")
        record["topicConditions"] = repaired(record["topicConditions"] or "")
        found.setdefault(record["topicId"], record)
        found[record["reference"]] = record
        while position < len(text) and text[position].isspace():
            position += 1
    return found


def repaired(text: str) -> str:
    """Undoes UTF-8 that was read as Windows-1252 and written as UTF-8, run by run, where it was.

    >>> repaired("itâ€™s Hämeenlinna")
    'it’s Hämeenlinna'
    """
    return _NON_ASCII.sub(_repaired_run, text).replace("\ufeff", "")


def sedia_rows(snapshot: Path, texts: Path | None = None) -> tuple[list[Row], Facets]:
    """Returns the rows and facets of a snapshot with everything that makes a harvest hard, always the same.

    Beside a row per call there are translations, stubs that repeat a reference, rows of the stale mirror, cascade
    rows without metadata, and rows of types nobody asked for.

    Args:
        snapshot: a file of ``ft_feed_weekly``.
        texts: the file of full texts; without it, or for a topic it lacks, the snapshot's abstract is the text.
    """
    feed = read_snapshot(snapshot)
    full = read_texts(texts) if texts else {}
    grants = feed["grants"]
    rows = topic_rows([_topic(grant, full) for grant in grants if grant["kind"]["id"] != CASCADE])
    rows += [cascade_row(_cascade(grant)) for grant in grants if grant["kind"]["id"] == CASCADE]
    return [served for row in rows for served in _with_nuisances(row)] + _others(), feed["facets"]


def _topic(grant: dict[str, Any], full: dict[str, dict[str, Any]]) -> Topic:
    text = full.get(grant["id"]) or full.get(grant["identifier"]) or {}
    model = text.get("deadlineModel") or ("two-stage" if "two-stage" in grant["identifier"] else "single-stage")
    return Topic(
        reference=grant["id"],
        type=grant["kind"]["id"],
        identifier=grant["identifier"],
        title=grant["title"],
        start=_local(grant["startDate"]),
        deadlines=_deadlines(grant["deadlineDate"], model),
        deadline_model=model,
        status=grant["status"]["id"],
        call_identifier=grant["callIdentifier"] or "",
        call_title=grant["callTitle"] or "",
        type_of_action=grant["actionType"],
        programme=grant["frameworkProgrammes"][0]["id"],
        divisions=tuple(division["id"] for division in grant["programmeDivisions"]),
        destination=grant["destination"] or "",
        keywords_as_string=_share(grant["id"], "keywords", 11),
        description=_html(text.get("description") or grant["abstract"] or ""),
        conditions=_CONDITIONS.format(_html(text["topicConditions"])) if text.get("topicConditions") else "",
        budget=_budget(grant["budget"]),
        url=grant["url"],
    )


def _cascade(grant: dict[str, Any]) -> Cascade:
    return Cascade(
        reference=grant["id"],
        identifier=grant["identifier"],
        title=grant["title"],
        call_title=grant["callTitle"],
        call_ccm2_id=grant["url"].rpartition("/")[2],
        start=_local(grant["startDate"]),
        deadlines=(_local(grant["deadlineDate"]),),
        programme=grant["frameworkProgrammes"][0]["id"],
        bare=_share(grant["id"], "bare", 15),
    )


def _deadlines(known: str | None, model: str) -> tuple[str, ...]:
    if known is None:
        return ()
    first = _local(known)
    if model == "two-stage":
        return (first, f"{date.fromisoformat(first[:10]) + SECOND_STAGE}")
    if model == "multiple cut-off":
        return (f"{date.fromisoformat(first[:10]) - EARLIER_CUT_OFF}", first)
    return (first,)


def _budget(budget: dict[str, Any] | None) -> Budget | None:
    if budget is None:
        return None
    return Budget(
        total=budget["totalBudgetEur"],
        grants=budget["expectedGrants"],
        smallest=budget["minContributionEur"],
        largest=budget["maxContributionEur"],
        year=budget["years"][0] if budget["years"] else "0",
    )


def _with_nuisances(row: Row) -> list[Row]:
    """Returns a row with what the index serves beside it; the stub comes first, as it was seen to."""
    reference = row["reference"]
    if "TOPICS" not in reference:
        return [row]
    served = [row]
    if _share(reference, "stub", 40):
        served.insert(0, stub(row))
    if _share(reference, "mirror", 25) and row["metadata"].get("typesOfAction"):
        served.append(stale_mirror(row))
    if _share(reference, "translation", 7):
        served += [translation(row, language, f"[{language}] {row['summary']}") for language in ("de", "fi", "fr")]
    return served


def _others() -> list[Row]:
    return [
        other_row("0", "9001TENDERSen", "Supply of laboratory furniture", status="31094502"),
        other_row("0", "9002TENDERSen", "Framework contract for translation services", status="31094501"),
        other_row("3", "9003PAGESen", "How to take part"),
        other_row("6", "9004UPDATESen", "A deadline has been moved", status="31094502"),
    ]


def _html(text: str) -> str:
    """Returns running text as the portal's HTML: known headings set apart, one paragraph per sentence group."""
    parts = _HEADING.split(text)
    blocks = _paragraphs(parts[0])
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        blocks.append(f'<p class="topicdescriptionkind">{heading}:</p>')
        blocks += _paragraphs(body)
    return "".join(blocks)


def _paragraphs(text: str) -> list[str]:
    # The full texts lost their paragraph breaks: a sentence end directly before a capital letter is one.
    pieces = re.split(r"\n{2,}|(?<=[a-z\])][.;:])(?=[A-Z])", text)
    escaped = [html.escape(piece.strip(), quote=False) for piece in pieces if piece.strip()]
    return ["<p>" + _FOOTNOTE.sub(r"<sup>[\1]</sup>", piece) + "</p>" for piece in escaped]


def _repaired_run(match: re.Match[str]) -> str:
    try:
        # The five bytes that Windows-1252 leaves free came through as control characters.
        data = b"".join(char.encode("latin-1" if "\x80" <= char <= "\x9f" else "cp1252") for char in match[0])
        return data.decode()
    except UnicodeError:
        return match[0]


def _local(instant: str) -> str:
    """Returns ``2026-09-15T17:00:04.000Z`` as the same wall-clock time without zone and milliseconds."""
    return instant[:19]


def _share(reference: str, purpose: str, one_in: int) -> bool:
    return zlib.crc32(f"{purpose}:{reference}".encode()) % one_in == 0
