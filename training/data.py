"""What the adapter is trained and tried on: topics, the projects funded under them, and interests written for them.

The topics and projects are those of the recorded ranking benchmark beside the checkout (CORDIS, Horizon Europe); they
stay there. ``interests/*.tsv`` is our own writing: for each topic a Finnish title, and what an actor of a small region
might say of itself to whom the topic would be the right call, in Finnish, English and for every third in Swedish. So is
``sentences/*.tsv``: sentences of the field in Finnish, English and for every fourth in Swedish, of no topic.
"""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
INTERESTS = Path(__file__).with_name("interests")
SENTENCES = Path(__file__).with_name("sentences")
FOLDS = 4


@dataclass
class Topic:
    """A topic with everything that was written for it.

    Attributes:
        topic_id: id in CORDIS.
        title: its title alone.
        text: title, call, destination and cluster; what is searched.
        cluster: the last sentence of `text`; topics of one cluster are each other's hard negatives.
        projects: (title, objective or empty) of the projects funded under it.
        interests: language to sentence, our own.
        title_fi: our own translation of the title; may be empty.
    """

    topic_id: str
    title: str
    text: str
    cluster: str
    projects: list[tuple[str, str]] = field(default_factory=list)
    interests: dict[str, str] = field(default_factory=dict)
    title_fi: str = ""

    @property
    def fold(self) -> int:
        """Which of `FOLDS` folds it is in, by a hash of its id: a topic is trained on or tried on, never both."""
        return hashlib.sha256(f"fold {self.topic_id}".encode()).digest()[0] % FOLDS


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def topics(folder: Path = EVAL, interests: Path = INTERESTS) -> dict[str, Topic]:
    """Return every topic by id; those of the development half have projects, and most of these interests."""
    found = {}
    for row in rows(folder / "topics.jsonl.gz"):
        cluster = row["text"].rstrip(". ").rpartition(". ")[2]
        found[row["id"]] = Topic(row["id"], row["title"], row["text"], cluster)
    for row in rows(folder / "queries-projects.jsonl.gz"):
        found[row["topic"]].projects.append((row["title"], row["objective"] or ""))
    for path in sorted(interests.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for topic_id, title_fi, *sentences in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                topic = found[topic_id]
                topic.title_fi = title_fi
                topic.interests = {
                    language: text for language, text in zip(("fi", "en", "sv"), sentences, strict=True) if text
                }
    return found


@dataclass(frozen=True)
class Sentence:
    """One meaning in Finnish, English and, or empty, Swedish."""

    fi: str
    en: str
    sv: str


def sentences(folder: Path = SENTENCES) -> list[Sentence]:
    """Return every sentence, by file and line."""
    found = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [Sentence(*row) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return found
