"""What is due, asked from the ledger, and doing it: the scheduler and ``run`` are two callers of this."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hame_match.errors import CrawlError, HameMatchError
from hame_match.jobs.crawling import crawl_all
from hame_match.jobs.digests import prepare, ready, send, send_waiting
from hame_match.jobs.matching import rank_all
from hame_match.jobs.workspace import Workspace
from hame_match.language import HELSINKI
from hame_match.model.digest import iso_week
from hame_match.model.run import Health
from hame_match.settings import Settings
from hame_match.store.runs import JobRun, JobState

RETRY_AFTER = timedelta(hours=1)
"""A job that failed is tried again this much later: often enough to recover, seldom enough to be polite."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that should run now.

    Attributes:
        job: ``crawl``, ``match``, ``prepare`` or ``send``.
        period: day or ISO week it is for.
        late: it is so late that a person has to say whether it should still run.
    """

    job: str
    period: str
    late: bool = False


Lookup = Callable[[str, str], JobRun | None]


def due_jobs(now: datetime, settings: Settings, lookup: Lookup) -> list[Due]:
    """Return what should run at `now` (aware), in the order to run it.

    A job is due from its time on until its period ends, as long as the ledger has no finished run of it: so a machine
    that was off catches up, and a clock that shows an hour twice changes nothing. Only the latest period counts; a
    week that was missed altogether is not made up for.

    Args:
        now: the instant.
        settings: the times.
        lookup: (job, period) to its run in the ledger, or None.
    """
    local = now.astimezone(HELSINKI)
    day = _day_begun(local, settings.schedule.crawl)
    jobs = [Due("crawl", day.isoformat()), Due("match", day.isoformat())]
    monday = local.date() - timedelta(days=local.weekday())
    sends_at = datetime.combine(monday, _time(settings.schedule.send), HELSINKI)
    prepares_at = datetime.combine(monday + timedelta(days=6), _time(settings.schedule.prepare), HELSINKI)
    if local >= sends_at:
        # In UTC: two times of one zone are subtracted as clocks show them, an hour wrong where summer time ends.
        late = now.astimezone(UTC) - sends_at.astimezone(UTC) > timedelta(hours=settings.digest.late_hours)
        jobs.append(Due("send", iso_week(monday), late))
    if local >= prepares_at:
        jobs.append(Due("prepare", iso_week(monday + timedelta(days=7))))
    return [job for job in jobs if _unfinished(lookup(job.job, job.period), job, now)]


def _day_begun(local: datetime, clock: str) -> date:
    return local.date() if local.time() >= _time(clock) else local.date() - timedelta(days=1)


def _time(clock: str) -> time:
    return time.fromisoformat(clock)


def _unfinished(run: JobRun | None, job: Due, now: datetime) -> bool:
    if run is None:
        return True
    if run.state is JobState.LATE:
        return not job.late
    if run.state is JobState.FAILED:
        return _rested(run, now)
    # A run that is still marked as running when somebody holds the scheduler's lock was killed.
    return run.state is JobState.RUNNING


def _rested(run: JobRun | None, now: datetime) -> bool:
    failed_at = run.finished_at if run is not None and run.state is JobState.FAILED else None
    # A clock that was set back must not hold up a retry for as long as it was wrong.
    return failed_at is None or abs(now - failed_at) >= RETRY_AFTER


def run_due(workspace: Workspace) -> list[JobRun]:
    """Run what is due and send what waits for another try; the caller holds the scheduler's lock.

    A job that fails is recorded with its reason, tried again after `RETRY_AFTER`, and does not stop the others.

    Returns:
        The runs made, in order; a late digest that somebody waits for stands there as LATE and was not sent.
    """
    ledger = workspace.store.job_runs
    done = [_run(workspace, job) for job in due_jobs(workspace.clock(), workspace.settings, ledger.get)]
    now = workspace.clock()
    if workspace.store.outbox.due(now) or workspace.store.outbox.overdue(now):
        # While no mail can be sent at all, the server is asked once an hour and not at every tick.
        latest = ledger.latest()
        if all(_rested(latest.get(job), now) for job in ("send", "resend")):
            done.append(_record(workspace, Due("resend", now.isoformat(timespec="minutes")), _resend))
    return done


def _run(workspace: Workspace, job: Due) -> JobRun:
    if job.late and (waiting := ready(workspace)):
        ledger, now = workspace.store.job_runs, workspace.clock()
        ledger.begin(job.job, job.period, now)
        words = (
            f"more than {workspace.settings.digest.late_hours} hours late and not sent to {', '.join(waiting)}; "
            "if it should still go, run `hame-match digests send`"
        )
        ledger.finish(job.job, job.period, JobState.LATE, words, now)
        return _found(workspace, job)
    return _record(workspace, job, _WORK[job.job])


def _record(workspace: Workspace, job: Due, work: Callable[[Workspace], str]) -> JobRun:
    ledger = workspace.store.job_runs
    ledger.begin(job.job, job.period, workspace.clock())
    try:
        state, detail = JobState.DONE, work(workspace)
    except HameMatchError as exc:
        state, detail = JobState.FAILED, str(exc)
    except Exception as exc:  # noqa: BLE001 - the job boundary: a fault of ours must not stop the other jobs
        _LOG.exception("%s %s", job.job, job.period)
        state, detail = JobState.FAILED, f"a fault in hame-match itself, see the log: {type(exc).__name__}: {exc}"
    ledger.finish(job.job, job.period, state, detail, workspace.clock())
    return _found(workspace, job)


def _found(workspace: Workspace, job: Due) -> JobRun:
    run = workspace.store.job_runs.get(job.job, job.period)
    if run is None:
        raise AssertionError("a run that was just recorded is there")
    return run


def _crawl(workspace: Workspace) -> str:
    runs = crawl_all(workspace)
    failed = [run.spider for run in runs if run.health is Health.FAILED]
    if failed and len(failed) == len(runs):
        raise CrawlError(f"every source failed: {', '.join(failed)}; `hame-match status` says why")
    text = f"{sum(run.new for run in runs)} new, {sum(run.changed for run in runs)} changed"
    return f"{text}; FAILED: {', '.join(failed)}" if failed else text


def _match(workspace: Workspace) -> str:
    ranked = rank_all(workspace)
    return f"{ranked.calls} calls ranked for {ranked.actors} actors"


def _prepare(workspace: Workspace) -> str:
    prepared = prepare(workspace)
    failed = [one.actor for one in prepared if one.failed]
    text = f"{sum(1 for one in prepared if one.items)} digests drafted"
    return f"{text}; FAILED: {', '.join(failed)}" if failed else text


def _send(workspace: Workspace) -> str:
    report = send(workspace)[1]
    return f"{report.sent} sent, {report.retry} to be tried again, {report.failed} failed, {report.in_doubt} in doubt"


def _resend(workspace: Workspace) -> str:
    report = send_waiting(workspace)
    return f"{report.sent} sent, {report.retry} to be tried again, {report.failed} failed, {report.expired} expired"


_WORK: dict[str, Callable[[Workspace], str]] = {
    "crawl": _crawl,
    "match": _match,
    "prepare": _prepare,
    "send": _send,
}


def run_weekly(workspace: Workspace) -> list[JobRun]:
    """Crawl, match, prepare and send now, as the scheduler would over a week; each is recorded in the ledger.

    What went out for this week is not sent again.
    """
    now = workspace.clock().astimezone(HELSINKI)
    monday = now.date() - timedelta(days=now.weekday())
    day, week = now.date().isoformat(), iso_week(monday + timedelta(days=7) if now.isoweekday() == 7 else monday)
    jobs = [Due("crawl", day), Due("match", day), Due("prepare", week), Due("send", week)]
    return [_record(workspace, job, _WORK[job.job]) for job in jobs]
