"""Every spider reads its saved inputs to exactly the calls saved beside them.

A case is a folder ``<spider>/<case>`` with ``input.json`` or ``input.html``, ``meta.json`` (label, origin, now, about)
and ``output.json``: the calls, without fields that have their default, and what else the reading said. After a change
that is meant, write the outputs again with ``python -m tests.spiders.test_fixtures`` and read the difference.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import TextResponse

from hame_match.collect import eura, haeavustuksia
from hame_match.collect.runner import spider_names
from hame_match.model.call import Call
from spiders.eu_funding_tenders import EuFundingTenders

HERE = Path(__file__).resolve().parent
LABELS = {"recorded", "assembled", "constructed"}
Read = tuple[list[Call], dict[str, Any]]


def read_haeavustuksia(text: str, now: datetime) -> Read:
    """Read one notice: its item of the list, and its sections by name."""
    data = json.loads(text)
    return [haeavustuksia.parse_notice(data["item"], data["sections"], now)], {}


def read_eura(text: str, now: datetime) -> Read:
    """Read the list page, or its rows with the notices of their own pages."""
    if text.startswith("<"):
        listing, notices = eura.parse_list(text), {}
    else:
        data = json.loads(text)
        listing, notices = eura.Listing(tuple(data["hankehaku"]), data["koodisto"]), data["ilmoitukset"]
    notes: list[str] = []
    wanted = [row for row in listing.rows if not eura.is_over(row, now)]
    calls = [eura.parse_notice(row, notices.get(row["id"]), listing.codes, now, notes.append) for row in wanted]
    return calls, {"ended": len(listing.rows) - len(wanted), "notes": notes}


def read_eu(text: str, now: datetime) -> Read:
    """Read the results for each status, one page each, as the spider does."""
    data = json.loads(text)
    spider = EuFundingTenders(now=now)
    facets = TextResponse(spider.address("facet"), body=json.dumps({"facets": data["facets"]}).encode())
    waiting, calls = list(spider.parse_labels(facets)), []
    while waiting:
        request = waiting.pop(0)
        rows = data["results"][request.cb_kwargs["search"].status]
        page = json.dumps({"totalResults": len(rows), "results": rows}).encode()
        for result in spider.parse_page(TextResponse(request.url, body=page), **request.cb_kwargs):
            (calls if isinstance(result, Call) else waiting).append(result)
    return calls, {"skipped": spider.skipped, "record_errors": spider.record_errors, "notes": spider.notes}


READERS: dict[str, Callable[[str, datetime], Read]] = {
    "eu_funding_tenders": read_eu,
    "fi_eura2021": read_eura,
    "fi_haeavustuksia": read_haeavustuksia,
}


def cases() -> list[Path]:
    return sorted(meta.parent for name in READERS for meta in HERE.glob(f"{name}/*/meta.json"))


def read_case(case: Path) -> dict[str, Any]:
    """Return what the case's input is read to, in the form of ``output.json``."""
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    text = next(case.glob("input.*")).read_text("utf-8")
    calls, said = READERS[case.parent.name](text, datetime.fromisoformat(meta["now"]))
    return {"calls": [call.model_dump(mode="json", exclude_defaults=True) for call in calls], **said}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_input_is_read_to_its_output(case: Path) -> None:
    assert read_case(case) == json.loads((case / "output.json").read_text("utf-8"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case_says_what_it_is(case: Path) -> None:
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    assert set(meta) == {"label", "origin", "now", "about"}
    assert meta["label"] in LABELS
    assert datetime.fromisoformat(meta["now"]).tzinfo is not None
    assert len(list(case.glob("input.*"))) == 1


@pytest.mark.parametrize("name", sorted(READERS))
def test_spider_has_cases(name: str) -> None:
    assert name in {info.name for info in spider_names()}
    assert [case for case in cases() if case.parent.name == name]


def write_outputs() -> None:
    """Write every ``output.json`` anew."""
    for case in cases():
        text = json.dumps(read_case(case), ensure_ascii=False, indent=2)
        (case / "output.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    write_outputs()
