"""What the adapter was trained on, as far as it is ours: one line per topic, whole and once."""

import csv
from pathlib import Path

import pytest

INTERESTS = Path(__file__).parents[1] / "training" / "interests"


@pytest.mark.skipif(not INTERESTS.is_dir(), reason="training/ lies only in a checkout")
def test_every_topic_has_one_line_with_a_finnish_and_an_english_sentence() -> None:
    seen: set[str] = set()
    for path in sorted(INTERESTS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                assert len(row) == 5, f"{path.name}: {row[0]} has {len(row)} columns"
                topic, title, finnish, english, _ = row
                assert topic not in seen, f"{topic} stands twice"
                assert title
                assert finnish
                assert english
                assert finnish != english
                seen.add(topic)
    assert len(seen) == 566
