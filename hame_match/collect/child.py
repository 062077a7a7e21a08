"""The child process that runs one spider: ``python -m hame_match.collect.child JOB.json``.

A process of its own, since Twisted's reactor can run only once in a process, and a crawl that hangs can be killed. It
writes `output.CALLS_FILE` and `output.REPORT_FILE` into the job's folder and, on standard output, a line
``{"done": 3, "total": 9}`` for progress. The exit code is 0 when there is a report, even of a crawl that went badly.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from hame_match.collect.output import write_report
from hame_match.collect.scrapy_settings import scrapy_settings
from hame_match.collect.spider import MOST_MESSAGES, CallSpider
from hame_match.errors import CrawlError, HameMatchError
from hame_match.settings import CrawlSettings

PROGRESS_INTERVAL: Final = 0.2
"""Seconds between two progress lines, so that a fast crawl does not flood the pipe."""


class Job(BaseModel):
    """What the parent wants done.

    Attributes:
        spider: name of the spider.
        now: instant of the crawl.
        folder: existing folder for the results.
        settings: how to crawl.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    spider: str
    now: AwareDatetime
    folder: str
    settings: CrawlSettings


def run(job: Job) -> None:
    """Crawl with the spider that the job names.

    Raises:
        CrawlError: there is no such spider, or it did not even start.
        SettingsError: the settings replace an address that the spider does not have.
    """
    crawl_with(_find(job), job)


def crawl_with(spider_class: type[CallSpider], job: Job) -> None:
    """Crawl and leave the calls and the report in the job's folder; needs the network, or the replay server.

    Can be done once in a process. Raises what `run` does.
    """
    settings = Settings(scrapy_settings(job.settings, job.folder))
    addresses = dict(job.settings.sources.get(job.spider, {}))
    spider_class(now=job.now, addresses=addresses)  # says what is wrong with them, before Scrapy starts
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider_class)
    started = time.monotonic()
    process.crawl(crawler, now=job.now, addresses=addresses, tell_progress=_progress_lines())
    process.start()
    spider = cast("CallSpider | None", crawler.spider)
    if spider is None:
        raise CrawlError(f"the spider {job.spider} did not start")
    report = _report(spider, crawler.stats.get_stats(), time.monotonic() - started)
    write_report(Path(job.folder), report)


def _find(job: Job) -> type[CallSpider]:
    name = job.spider
    loader = SpiderLoader(Settings(scrapy_settings(job.settings, job.folder)))
    if name not in loader.list():
        raise CrawlError(f"there is no spider called {name!r} (there are: {', '.join(sorted(loader.list()))})")
    found = loader.load(name)
    if not issubclass(found, CallSpider):
        raise CrawlError(f"the spider {name!r} is no CallSpider")
    return found


def _progress_lines() -> Any:
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < PROGRESS_INTERVAL:
            return
        last = time.monotonic()
        print(json.dumps({"done": done, "total": max(done, total)}), flush=True)

    return tell


def _report(spider: CallSpider, stats: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {
        "spider": spider.name,
        "finish_reason": stats.get("finish_reason", "unknown"),
        "calls": stats.get("hame/calls", 0),
        "skipped": dict(spider.skipped),
        "record_errors": spider.record_errors[:MOST_MESSAGES],
        "faults": spider.faults,
        "notes": spider.notes,
        "requests": stats.get("downloader/request_count", 0),
        "seconds": round(seconds, 3),
        "unused_keys": dict(spider.unused_keys.most_common(200)),
    }


def main() -> None:
    """Read the job file named on the command line and run it."""
    try:
        if len(sys.argv) != 2:
            raise CrawlError("usage: python -m hame_match.collect.child JOB.json")
        run(Job.model_validate_json(Path(sys.argv[1]).read_bytes()))
    except (HameMatchError, OSError, ValidationError) as exc:
        sys.exit(f"error: {exc}")


if __name__ == "__main__":
    main()
