"""Full-text search over the stems of calls, by SQLite's FTS5 and its BM25."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from hame_match.language import clean_line
from hame_match.store.database import wrapping_errors

COMMON = 0.25
"""Share of the calls; a stem in more of them tells nothing."""
FEW = 20
"""With fewer calls than this a share means nothing."""
TITLE_WEIGHT = 3.0
"""A word in the title counts as three in the body; the usual choice for short titles over long texts."""


@wrapping_errors
class SearchIndex:
    """Keeps the stems of each call and ranks calls by them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._common_stems: frozenset[str] | None = None
        self._scores: dict[str, list[tuple[str, float]]] = {}

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
        for call_id, digest, title, body in entries:
            self._db.execute(
                "INSERT INTO call_stems (call_id, content_hash, title, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (call_id) DO UPDATE SET"
                " content_hash = excluded.content_hash, title = excluded.title, body = excluded.body",
                [call_id, digest, title, body],
            )

    def rank(self, stems: Sequence[str]) -> dict[str, float]:
        """Return call id to BM25 score, higher is better, for calls that hold any of `stems`.

        Stems that stand in more than a quarter of all calls are not looked for: they hardly move BM25, and their long
        lists are nearly all the work.

        Args:
            stems: words to look for; any characters are safe, each is quoted.

        Returns:
            Empty when `stems` is empty or nothing holds one.
        """
        common = self._common()
        total: dict[str, float] = {}
        # SQLite reads a query only up to a NUL and takes no lone surrogate; `clean_line` leaves neither.
        for stem in dict.fromkeys(map(clean_line, stems)):
            if stem and stem not in common:
                for call_id, score in self._scores_of(stem):
                    total[call_id] = total.get(call_id, 0.0) + score
        return total

    def _scores_of(self, stem: str) -> list[tuple[str, float]]:
        """Return (call id, BM25 score) for one stem, remembered: BM25 adds up over words, and actors share theirs."""
        if stem not in self._scores:
            quoted = stem.replace('"', '""')
            rows = self._db.execute(
                "SELECT s.call_id, -bm25(call_stems_fts, ?, 1.0) FROM call_stems_fts"
                " JOIN call_stems s ON s.rowid = call_stems_fts.rowid WHERE call_stems_fts MATCH ?",
                [TITLE_WEIGHT, f'"{quoted}"'],
            )
            self._scores[stem] = rows.fetchall()
        return self._scores[stem]

    def _common(self) -> frozenset[str]:
        if self._common_stems is None:
            self._db.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stem_counts USING fts5vocab(main, call_stems_fts, row)"
            )
            calls = self._db.table("call_stems").count
            rows = self._db.execute("SELECT term FROM temp.stem_counts WHERE doc > ?", [max(calls * COMMON, FEW)])
            self._common_stems = frozenset(term for (term,) in rows.fetchall())
        return self._common_stems
