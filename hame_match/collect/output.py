"""What a crawl leaves in its folder: one JSON line per call, and the report."""

import json
import os
from pathlib import Path
from typing import Any, Final, TextIO

from scrapy.crawler import Crawler

from hame_match.errors import SourceFault
from hame_match.model.call import Call

CALLS_FILE: Final = "calls.jsonl"
REPORT_FILE: Final = "report.json"


class CallWriter:
    """The item pipeline: writes each call once.

    Raises:
        SourceFault: from `process_item`, which Scrapy turns into a fault: two different calls have one key, or
            something other than a call of this spider was yielded.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._file = Path(crawler.settings["HAME_FOLDER"]) / CALLS_FILE
        self._part = self._file.with_suffix(".part")
        self._stream: TextIO | None = None
        self._keys: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CallWriter":
        """Return the pipeline of `crawler`; called by Scrapy."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Open the file."""
        self._stream = self._part.open("w", encoding="utf-8")

    def process_item(self, item: Any) -> Any:
        """Write one call."""
        spider = self._crawler.spider
        name = spider.name if spider else ""
        if not isinstance(item, Call) or item.source != name:
            raise SourceFault(f"the spider {name} yielded {type(item).__name__}, not a Call of its own")
        if item.source_key in self._keys:
            raise SourceFault(f"two records have the key {item.source_key}; the source's ids cannot be trusted")
        if self._stream is None:
            raise SourceFault("a call came after the end of the crawl")
        self._keys.add(item.source_key)
        self._stream.write(item.model_dump_json() + "\n")
        return item

    def close_spider(self) -> None:
        """Close the file; it appears under its name only when it is whole."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._part.replace(self._file)
            self._crawler.stats.set_value("hame/calls", len(self._keys))


def write_report(folder: Path, report: dict[str, Any]) -> None:
    """Write the report so that it is there whole or not at all."""
    part = folder / f"{REPORT_FILE}.part"
    with part.open("w", encoding="utf-8") as stream:
        json.dump(report, stream, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(folder / REPORT_FILE)
