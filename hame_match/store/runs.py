"""The ledger: every crawl, and which job has run for which period."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from hame_match.model.run import Health, SpiderRun
from hame_match.store.database import instant_text, wrapping_errors


def _spider_run(row: Mapping[str, Any]) -> SpiderRun:
    return SpiderRun(
        run_id=row["run_id"],
        spider=row["spider"],
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=datetime.fromisoformat(row["finished_at"]),
        health=Health(row["health"]),
        reason=row["reason"],
        found=row["found"],
        new=row["new"],
        changed=row["changed"],
        unchanged=row["unchanged"],
        skipped=json.loads(row["skipped"]),
        notes=tuple(json.loads(row["notes"])),
    )


@wrapping_errors
class SpiderRunTable:
    """Keeps every judged crawl."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, run: SpiderRun) -> int:
        """Record a crawl; return its number. Expects an open transaction."""
        cursor = self._db.execute(
            "INSERT INTO spider_runs (spider, started_at, finished_at, health, reason, found, new, changed,"
            " unchanged, skipped, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run.spider,
                instant_text(run.started_at),
                instant_text(run.finished_at),
                run.health,
                run.reason,
                run.found,
                run.new,
                run.changed,
                run.unchanged,
                json.dumps(dict(run.skipped), ensure_ascii=False),
                json.dumps(list(run.notes), ensure_ascii=False),
            ],
        )
        return int(cursor.lastrowid or 0)

    def latest(self) -> dict[str, SpiderRun]:
        """Return spider to its latest run."""
        rows = self._db.query(
            "SELECT * FROM spider_runs WHERE run_id IN (SELECT max(run_id) FROM spider_runs GROUP BY spider)"
        )
        return {row["spider"]: _spider_run(row) for row in rows}

    def last_healthy(self, spider: str) -> SpiderRun | None:
        """Return the latest run of `spider` that was not FAILED, or None."""
        for row in self._db.query(
            "SELECT * FROM spider_runs WHERE spider = ? AND health <> 'FAILED' ORDER BY run_id DESC LIMIT 1", [spider]
        ):
            return _spider_run(row)
        return None

    def healthy_counts(self, spider: str, limit: int = 8) -> list[int]:
        """Return how many calls the last OK runs of `spider` found, latest first."""
        rows = self._db.query(
            "SELECT found FROM spider_runs WHERE spider = ? AND health = 'OK' ORDER BY run_id DESC LIMIT ?",
            [spider, limit],
        )
        return [row["found"] for row in rows]


class JobState(StrEnum):
    """How far a job is for one period."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class JobRun:
    """One job for one period.

    Attributes:
        job: ``crawl``, ``match``, ``prepare`` or ``send``.
        period: day or ISO week it is for.
        state: how far it is; LATE waits for a person's word.
        started_at: UTC instant.
        finished_at: UTC instant, None while it runs.
        detail: what came of it, in a line.
    """

    job: str
    period: str
    state: JobState
    started_at: datetime
    finished_at: datetime | None
    detail: str


def _job_run(row: Mapping[str, Any]) -> JobRun:
    return JobRun(
        job=row["job"],
        period=row["period"],
        state=JobState(row["state"]),
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
        detail=row["detail"],
    )


@wrapping_errors
class JobRunTable:
    """Keeps one row per job and period; what has no finished row is due."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, job: str, period: str) -> JobRun | None:
        """Return the run of `job` for `period`, or None."""
        for row in self._db.query("SELECT * FROM job_runs WHERE job = ? AND period = ?", [job, period]):
            return _job_run(row)
        return None

    def begin(self, job: str, period: str, at: datetime) -> None:
        """Record that `job` starts for `period`, in the place of an unfinished or failed start."""
        self._db.execute(
            "INSERT INTO job_runs (job, period, state, started_at, finished_at, detail) VALUES (?, ?, ?, ?, NULL, '')"
            " ON CONFLICT (job, period) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,"
            " finished_at = NULL, detail = ''",
            [job, period, JobState.RUNNING, instant_text(at)],
        )

    def finish(self, job: str, period: str, state: JobState, detail: str, at: datetime) -> None:
        """Record how `job` ended for `period`."""
        self._db.execute(
            "UPDATE job_runs SET state = ?, detail = ?, finished_at = ? WHERE job = ? AND period = ?",
            [state, detail, instant_text(at), job, period],
        )

    def latest(self) -> dict[str, JobRun]:
        """Return job to its latest run."""
        rows = self._db.query("SELECT * FROM job_runs ORDER BY started_at, period")
        return {row["job"]: _job_run(row) for row in rows}
