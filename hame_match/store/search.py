"""Full-text search over the stems of calls, by SQLite's FTS5 and its BM25."""

from collections.abc import Collection, Container, Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from hame_match.language import clean_line
from hame_match.store.database import wrapping_errors

COMMON = 0.25
"""Share of the calls; a stem in more of them tells nothing."""
FEW = 20
"""With fewer calls than this a share means nothing."""
TITLE_WEIGHT = 3.0
"""A word in the title counts as three in the body; the usual choice for short titles over long texts."""
OPENING = 6
"""Letters from which a stem that is searched for may open a longer one: ``vesistö`` finds ``vesistöj`` and
``vesistökunnostus``, but ``port`` no portfolio."""

_Postings = tuple[NDArray[np.int32], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        call_ids: the best calls, best first.
        total: number of calls that fit, among them those beyond the best.
        every_word: whether these hold every word; else no call does, and these hold some.
    """

    call_ids: tuple[str, ...]
    total: int
    every_word: bool


@wrapping_errors
class SearchIndex:
    """Keeps the stems of each call and ranks calls by them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._common_stems: frozenset[str] | None = None
        self._scores: dict[str, _Postings] = {}
        self._call_ids: list[str] = []
        self._row_of_rowid: dict[int, int] = {}

    def outdated(self) -> list[str]:
        """Return ids of calls whose stems are missing or of an older content, sorted."""
        rows = self._db.query(
            "SELECT c.call_id FROM calls c LEFT JOIN call_stems s ON s.call_id = c.call_id"
            " WHERE s.content_hash IS NOT c.content_hash ORDER BY c.call_id"
        )
        return [row["call_id"] for row in rows]

    def put(self, entries: Iterable[tuple[str, str, str, str]]) -> None:
        """Store stems; expects an open transaction.

        Args:
            entries: (call id, content hash, stems of the title, stems of the text), stems joined by blanks.
        """
        self._common_stems = None
        self._scores = {}
        self._call_ids = []
        for call_id, digest, title, body in entries:
            self._db.execute(
                "INSERT INTO call_stems (call_id, content_hash, title, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (call_id) DO UPDATE SET"
                " content_hash = excluded.content_hash, title = excluded.title, body = excluded.body",
                [call_id, digest, title, body],
            )

    def rank(self, stems: Sequence[str], among: Set[str] | None = None) -> dict[str, float]:
        """Return call id to BM25 score, higher is better, for calls that hold any of `stems`.

        Stems that stand in more than a quarter of all calls are not looked for: they hardly move BM25, and their long
        lists are nearly all the work.

        Args:
            stems: words to look for; any characters are safe, each is quoted.
            among: the calls to answer for; None is all.

        Returns:
            Empty when `stems` is empty or nothing holds one.
        """
        total = self._total(stems)
        hits = np.flatnonzero(total)
        found = zip((self._call_ids[row] for row in hits.tolist()), total[hits].tolist(), strict=True)
        return {call_id: score for call_id, score in found if among is None or call_id in among}

    def best(self, stems: Sequence[str], most: int, among: Container[str]) -> list[str]:
        """Return the ids of the `most` calls of `among` with the highest `rank`, best first; equal ones by age."""
        total = self._total(stems)
        hits = np.flatnonzero(total)
        found: list[str] = []
        for row in hits[np.argsort(-total[hits], kind="stable")].tolist():
            if len(found) >= most:
                break
            if self._call_ids[row] in among:
                found.append(self._call_ids[row])
        return found

    def _total(self, stems: Sequence[str]) -> NDArray[np.float64]:
        """Return the BM25 score of every call indexed, rows as `_call_ids`."""
        if not self._call_ids:
            numbered = self._db.execute("SELECT rowid, call_id FROM call_stems ORDER BY rowid").fetchall()
            self._call_ids = [call_id for _, call_id in numbered]
            self._row_of_rowid = {rowid: row for row, (rowid, _) in enumerate(numbered)}
        common = self._common()
        total = np.zeros(len(self._call_ids))
        # SQLite reads a query only up to a NUL and takes no lone surrogate; `clean_line` leaves neither.
        for stem in dict.fromkeys(map(clean_line, stems)):
            if stem and stem not in common:
                rows, scores = self._scores_of(stem)
                total[rows] += scores
        return total

    def _scores_of(self, stem: str) -> _Postings:
        """Return the calls of one stem with their BM25, remembered: BM25 adds up over words, and actors share theirs.

        Twelve bytes a call and stem: all the stems of 20,000 calls together fit into 60 MB.
        """
        if stem not in self._scores:
            found = self._db.execute(
                "SELECT rowid, -bm25(call_stems_fts, ?, 1.0) FROM call_stems_fts WHERE call_stems_fts MATCH ?",
                [TITLE_WEIGHT, _quoted(stem)],
            ).fetchall()
            rows = np.fromiter((self._row_of_rowid[rowid] for rowid, _ in found), np.int32, len(found))
            self._scores[stem] = rows, np.fromiter((score for _, score in found), np.float64, len(found))
        return self._scores[stem]

    def find(self, words: Sequence[Collection[str]], most: int) -> Found:
        """Return the calls that hold every word, best first; where no call does, those that hold any.

        Args:
            words: for each word its stems, such as one for each language it may be in; one of them is enough. Those
                of `OPENING` letters or more may go on, in another inflection or a compound.
            most: number of calls wanted.
        """
        groups = [[_opening(line) for stem in stems if (line := clean_line(stem))] for stems in words]
        clauses = [f"({' OR '.join(group)})" for group in groups if group]
        if not clauses:
            return Found((), 0, every_word=True)
        for joined in (" AND ", " OR "):
            asked = joined.join(clauses)
            rows = self._db.execute(
                "SELECT s.call_id FROM call_stems_fts JOIN call_stems s ON s.rowid = call_stems_fts.rowid"
                " WHERE call_stems_fts MATCH ? AND call_stems_fts.rank MATCH ? ORDER BY call_stems_fts.rank LIMIT ?",
                [asked, f"bm25({TITLE_WEIGHT}, 1.0)", most],
            ).fetchall()
            if rows:
                counted = "SELECT count(*) FROM call_stems_fts WHERE call_stems_fts MATCH ?"
                (total,) = self._db.execute(counted, [asked]).fetchone()
                return Found(tuple(call_id for (call_id,) in rows), total, every_word=joined == " AND ")
        return Found((), 0, every_word=False)

    def _common(self) -> frozenset[str]:
        if self._common_stems is None:
            self._db.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stem_counts USING fts5vocab(main, call_stems_fts, row)"
            )
            calls = self._db.table("call_stems").count
            rows = self._db.execute("SELECT term FROM temp.stem_counts WHERE doc > ?", [max(calls * COMMON, FEW)])
            self._common_stems = frozenset(term for (term,) in rows.fetchall())
        return self._common_stems


def _opening(stem: str) -> str:
    return f"{_quoted(stem)}*" if len(stem) >= OPENING else _quoted(stem)


def _quoted(stem: str) -> str:
    escaped = stem.replace('"', '""')
    return f'"{escaped}"'
