"""Running a spider written for one test in a child process, against sites on loopback."""

import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from hame_match.demo.server import ALLOW_ALL, Response, html_response, not_found, text_response
from hame_match.model.call import Call
from hame_match.model.run import CrawlReport

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 8, 3, 6, tzinfo=UTC)

HEAD = '''
import sys
from pathlib import Path
from scrapy import Request
from hame_match.collect import ParseError, SourceFault, child
from hame_match.collect.spider import CallSpider
from hame_match.model.call import Call

class Odd(CallSpider):
    """A spider for a test."""
    name = "odd"
    title = "Odd"
    addresses = {"list": "https://example.org/list", "other": "https://other.example.org/x"}

    async def start(self):
        yield Request(self.address("list"), self.parse)

    def call(self, key):
        return Call(source="odd", source_key=key, titles={"fi": key}, url="https://example.org/", funder="X")

    def parse(self, response):
        yield self.call("a")
'''
TAIL = """
child.crawl_with(Odd, child.Job.model_validate_json(Path(sys.argv[1]).read_bytes()))
"""


class Site:
    """Answers each path with what a test gives for it: text, a `Response`, or a function of the request."""

    def __init__(self, robots: str = ALLOW_ALL, **pages: object) -> None:
        self.pages = {"robots_txt": robots, "list": "<p>here</p>", **pages}

    def respond(self, request):
        page = self.pages.get(request.path.strip("/").replace(".", "_").replace("/", "_"))
        if callable(page):
            page = page(request)
        if page is None:
            return not_found()
        if request.path == "/robots.txt":
            return text_response(page)
        return page if isinstance(page, Response) else html_response(page)


def run_spider(folder: Path, body: str, **settings: object) -> tuple[CrawlReport, list[Call], str]:
    """Crawl with `HEAD` and the methods of `body`; return the report, the calls and what stood on stderr."""
    script, job = folder / "odd.py", folder / "job.json"
    script.write_text(HEAD + textwrap.indent(textwrap.dedent(body), "    ") + TAIL, "utf-8")
    job.write_text(
        json.dumps({"spider": "odd", "now": NOW.isoformat(), "folder": str(folder), "settings": settings}), "utf-8"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(job)],
        capture_output=True,
        text=True,
        timeout=100,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    report = folder / "report.json"
    assert report.exists(), done.stderr
    lines = (folder / "calls.jsonl").read_text("utf-8").splitlines()
    return (
        TypeAdapter(CrawlReport).validate_json(report.read_bytes()),
        [Call.model_validate_json(line) for line in lines],
        done.stderr,
    )
