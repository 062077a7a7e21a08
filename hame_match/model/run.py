"""One crawl of one source: what it found and whether it can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """Whether a crawl can be trusted; a FAILED one changes nothing that is stored."""

    OK = "OK"
    SUSPECT = "SUSPECT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What the child process says of one crawl; pure data, not yet judged against earlier runs.

    Attributes:
        spider: name of the spider.
        finish_reason: Scrapy's word, ``finished`` when it came to its end.
        calls: number of different calls written.
        skipped: reason to number of records left out on purpose.
        record_errors: messages of records that could not be read, at most fifty.
        faults: why the source as a whole cannot be trusted; any makes the run FAILED.
        notes: what a manager should know though nothing failed.
        requests: number of requests sent.
        seconds: wall-clock duration.
        unused_keys: keys of the source nobody used, with counts.
    """

    spider: str
    finish_reason: str
    calls: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    record_errors: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    unused_keys: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpiderRun:
    """A judged and recorded crawl.

    Attributes:
        spider: name of the spider.
        started_at: UTC instant.
        finished_at: UTC instant.
        health: the verdict.
        reason: why the verdict is not OK, else empty.
        found: different calls the source had.
        new: of these, never seen before.
        changed: of these, with other meaningful content than before.
        unchanged: the rest.
        skipped: reason to number of records left out on purpose.
        notes: what a manager should know though nothing failed.
        run_id: row number once recorded.
    """

    spider: str
    started_at: datetime
    finished_at: datetime
    health: Health
    reason: str
    found: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    run_id: int | None = None
