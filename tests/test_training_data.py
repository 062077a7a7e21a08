"""What the adapter was trained on, as far as it is ours: every line whole, and once."""

import csv
from pathlib import Path

import pytest

TRAINING = Path(__file__).parents[1] / "training"
INTERESTS, SENTENCES = TRAINING / "interests", TRAINING / "sentences"
pytestmark = pytest.mark.skipif(not TRAINING.is_dir(), reason="training/ lies only in a checkout")


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


def test_every_sentence_stands_once_in_finnish_and_english_and_every_fourth_in_swedish() -> None:
    rows = [
        row
        for path in sorted(SENTENCES.glob("*.tsv"))
        for row in csv.reader(path.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
    assert {len(row) for row in rows} == {3}
    assert all(finnish and english and finnish != english for finnish, english, _ in rows)
    assert len({finnish for finnish, _, _ in rows}) == len(rows) == 1507
    assert sum(bool(swedish) for _, _, swedish in rows) == 377
