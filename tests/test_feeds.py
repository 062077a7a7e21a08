"""The recorded calls become rows that `SediaSite` can serve; skipped where the recorded data are absent."""

from collections import Counter

import pytest

from tests.feeds import expected, read_texts, sedia_rows, shared_data

DATA = shared_data()
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(DATA is None, reason="no recorded data in ../shared/data"),
]


@pytest.fixture(scope="module")
def snapshot():
    return DATA / "eu" / "ft_feed_weekly" / "grants_2026-07-27.json.gz"


@pytest.fixture(scope="module")
def texts():
    return DATA / "eu" / "cordisdata" / "open.jsonl.gz"


@pytest.fixture(scope="module")
def rows(snapshot, texts):
    return sedia_rows(snapshot, texts)[0]


def fields(row):
    return row.get("metadata", row)


def test_every_expected_call_has_an_english_row_with_its_dates(snapshot, rows):
    for reference, grant in expected(snapshot).items():
        mine = [row for row in rows if row["reference"] == reference]
        assert mine, reference
        dates = [day for row in mine for day in fields(row).get("deadlineDate", [])]
        assert grant["deadlineDate"][:19] in {day[:19] for day in dates}


def test_expected_holds_grants_and_cascade_calls_only(snapshot):
    assert Counter(grant["kind"]["id"] for grant in expected(snapshot).values()) == {"1": 619, "8": 76}


def test_harvest_is_hard_in_every_documented_way(rows):
    references = Counter(row["reference"] for row in rows)
    assert max(references.values()) == 2
    assert {"de", "en", "fi", "fr"} == {row["language"] for row in rows}
    assert any("metadata" not in row for row in rows)
    assert any(fields(row)["DATASOURCE"] == ["SEDIA_PRD_CENTRICITY"] for row in rows)
    assert {"0", "1", "2", "3", "6", "8"} == {fields(row)["type"][0] for row in rows}
    assert any(fields(row).get("keywords", [""])[0].startswith("[") for row in rows)
    assert any(fields(row).get("deadlineModel") == ["two-stage"] for row in rows)


def test_full_text_replaces_the_abstract_and_keeps_its_headings(rows):
    row = next(row for row in rows if row["reference"] == "50130830TOPICSen" and "descriptionByte" in fields(row))
    text = fields(row)["descriptionByte"][0]
    assert '<p class="topicdescriptionkind">Expected Outcome:</p>' in text
    assert '<p class="topicdescriptionkind">Scope:</p>' in text
    assert len(text) > 1500


def test_double_encoded_texts_are_repaired(texts):
    broken = [t["topicId"] for t in read_texts(texts).values() if "â€" in t["description"]]
    assert broken == []


def test_same_snapshot_gives_the_same_rows(snapshot, texts, rows):
    assert sedia_rows(snapshot, texts)[0] == rows


def test_abstract_is_the_text_where_no_full_texts_are_given(snapshot):
    rows, facets = sedia_rows(snapshot)
    row = next(row for row in rows if row["reference"] == "50129464TOPICSen" and "descriptionByte" in fields(row))
    assert "Expected Outcome:</p><p>" in fields(row)["descriptionByte"][0]
    assert {"type", "status", "frameworkProgramme", "programmeDivision"} == set(facets)
