"""Crawls sources and records what they had; one source's trouble never touches another's calls."""

from collections.abc import Sequence

from hame_match.collect.health import judge
from hame_match.collect.runner import Crawled, SpiderInfo, crawl, spider_names
from hame_match.errors import CrawlError, NotFoundError
from hame_match.jobs.workspace import Workspace
from hame_match.model.run import CrawlReport, Health, SpiderRun


def known_spiders(names: Sequence[str]) -> list[SpiderInfo]:
    """Return the spiders of these names in this order.

    Raises:
        NotFoundError: one is unknown.
    """
    known = {spider.name: spider for spider in spider_names()}
    for name in names:
        if name not in known:
            raise NotFoundError(f"there is no spider {name!r}; the spiders are: {', '.join(known)}")
    return [known[name] for name in names]


def crawl_all(workspace: Workspace, names: Sequence[str] = ()) -> list[SpiderRun]:
    """Run spiders one after the other and import what each found.

    Args:
        workspace: where to and how.
        names: the spiders; none means those of ``[crawl] spiders``.

    Returns:
        One recorded run per spider, in order. A FAILED run changed no call.

    Raises:
        NotFoundError: a name is unknown; nothing was run.
    """
    chosen = known_spiders(names or workspace.settings.crawl.spiders)
    return [_crawl_one(workspace, spider) for spider in chosen]


def _crawl_one(workspace: Workspace, spider: SpiderInfo) -> SpiderRun:
    store, started = workspace.store, workspace.clock()
    try:
        crawled = crawl(spider.name, workspace.settings.crawl, started, workspace.progress)
    except CrawlError as exc:
        report = CrawlReport(spider.name, "crashed", 0, faults=(str(exc),))
        crawled = Crawled(report, [])
    report = crawled.report
    history = store.spider_runs.healthy_counts(spider.name)[::-1]
    health, reason = judge(report, history, spider.minimum_calls)
    with store.transaction():
        if health is Health.FAILED:
            new = changed = unchanged = 0
        else:
            counts = store.calls.import_crawl(crawled.calls, started)
            new, changed, unchanged = counts.new, counts.changed, counts.unchanged
        run = SpiderRun(
            spider=spider.name,
            started_at=started,
            finished_at=workspace.clock(),
            health=health,
            reason=reason,
            found=report.calls,
            new=new,
            changed=changed,
            unchanged=unchanged,
            skipped=dict(report.skipped),
            notes=report.notes,
        )
        store.spider_runs.add(run)
    return run
