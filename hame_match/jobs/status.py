"""What a manager should know at a glance: sources, what waits, what is due, what failed."""

from dataclasses import dataclass

from hame_match.jobs.digests import ready
from hame_match.jobs.schedule import Due, due_jobs
from hame_match.jobs.workspace import Workspace
from hame_match.model.call import CallStatus, status_at
from hame_match.model.digest import Delivery, DeliveryState
from hame_match.model.run import SpiderRun
from hame_match.store.runs import JobRun


@dataclass(frozen=True, slots=True)
class Source:
    """One source and how its last crawl went; `healthy` is the last crawl that could be trusted."""

    spider: str
    latest: SpiderRun | None
    healthy: SpiderRun | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `hame-match status` shows.

    Attributes:
        sources: the spiders of the settings.
        calls: status to number of stored calls.
        actors: number of actors.
        pending: actor to number of matches without a review.
        due: jobs that the scheduler would run now.
        jobs: job to its latest run.
        trouble: deliveries that are in doubt, failed or expired.
        waiting: number of deliveries queued or to be tried again.
        drafts: number of drafted deliveries.
    """

    sources: list[Source]
    calls: dict[str, int]
    actors: int
    pending: dict[str, int]
    due: list[Due]
    jobs: dict[str, JobRun]
    trouble: list[Delivery]
    waiting: int
    drafts: int


def status_of(workspace: Workspace) -> Status:
    """Return the state of the workspace; reads only."""
    store, now = workspace.store, workspace.clock()
    latest = store.spider_runs.latest()
    counts = dict.fromkeys((status.value for status in CallStatus), 0)
    for stored in store.calls.all():
        counts[status_at(stored.call, now)] += 1
    states = DeliveryState
    return Status(
        sources=[
            Source(spider, latest.get(spider), store.spider_runs.last_healthy(spider))
            for spider in workspace.settings.crawl.spiders
        ],
        calls=counts,
        actors=len(workspace.actors),
        pending=store.matches.pending_counts(),
        due=[
            job
            for job in due_jobs(now, workspace.settings, store.job_runs.get)
            if not job.late or ready(workspace)  # nobody waits for a digest that holds nothing
        ],
        jobs=store.job_runs.latest(),
        trouble=store.outbox.find(states=[states.IN_DOUBT, states.FAILED, states.EXPIRED]),
        waiting=len(store.outbox.find(states=[states.QUEUED, states.RETRY])),
        drafts=len(store.outbox.find(states=[states.DRAFTED])),
    )
