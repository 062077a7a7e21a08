"""Whether a crawl can be trusted: a pure judgement on its report and on earlier runs."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from hame_match.model.run import CrawlReport, Health

UNREADABLE: Final = "unreadable"
"""The reason in `CrawlReport.skipped` that counts every unreadable record; `record_errors` holds only some messages."""
GAP: Final = "gap: "
"""How a note starts that reports records the source says it has and did not serve."""
HISTORY: Final = 8
"""Earlier healthy runs looked at: about a week of nightly crawls, so that an old slump is forgotten."""
MOST_UNREADABLE: Final = 0.2
"""Share of records; more means that the source has changed its format, not that a few records are odd."""
LEAST_OF_MEDIAN: Final = 0.5
"""Share of the median of earlier runs; even a mass deadline has not halved the EU's list in a week."""

_UNCHANGED: Final = "Nothing stored was changed; the next crawl tries again."


def judge(report: CrawlReport, history: Sequence[int], minimum: int) -> tuple[Health, str]:
    """Return the health of a crawl and the reason, which is empty when all is well.

    Args:
        report: what the child process said.
        history: numbers of calls of earlier OK runs of the same spider, oldest first; may be empty.
        minimum: fewest calls the spider must find.

    Returns:
        FAILED: nothing of it may change what is stored. SUSPECT: it is stored, and a person should look. OK.
    """
    unreadable = unreadable_records(report)
    records = report.calls + unreadable
    if report.faults:
        more = f" (and {len(report.faults) - 1} more faults)" if len(report.faults) > 1 else ""
        return Health.FAILED, f"{_sentence(report.faults[0])}{more} {_UNCHANGED}"
    if report.finish_reason != "finished":
        return Health.FAILED, f"{_stopped(report.finish_reason)} {_UNCHANGED}"
    if report.calls == 0 and not unreadable:
        return Health.FAILED, f"No calls were found at all: the source is down or has changed its form. {_UNCHANGED}"
    if unreadable > MOST_UNREADABLE * records:
        return Health.FAILED, (
            f"{unreadable} of {records} records could not be read, the first: {_first(report)}. "
            f"The source has probably changed its form, and the spider must be mended. {_UNCHANGED}"
        )
    if report.calls < minimum:
        return Health.FAILED, (
            f"Only {report.calls} calls were found; this source never has fewer than {minimum}. {_UNCHANGED}"
        )
    doubts = _doubts(report, list(history)[-HISTORY:], unreadable)
    if doubts:
        return Health.SUSPECT, " ".join([*doubts, "What came was stored; compare it with the source's own page."])
    return Health.OK, ""


def unreadable_records(report: CrawlReport) -> int:
    """Return how many records of the source could not be read."""
    return max(report.skipped.get(UNREADABLE, 0), len(report.record_errors))


def _doubts(report: CrawlReport, history: list[int], unreadable: int) -> list[str]:
    doubts = []
    if history and report.calls < LEAST_OF_MEDIAN * median(history):
        usual = f"{median(history):.0f}"
        doubts.append(f"Only {report.calls} calls were found; the median of the last {len(history)} runs is {usual}.")
    if unreadable:
        doubts.append(
            f"{unreadable} of {report.calls + unreadable} records could not be read, the first: {_first(report)}."
        )
    doubts += [_sentence(note.removeprefix(GAP)) for note in report.notes if note.startswith(GAP)]
    return doubts


def _first(report: CrawlReport) -> str:
    return report.record_errors[0].rstrip(".") if report.record_errors else "unknown"


def _stopped(finish_reason: str) -> str:
    reasons = {
        "closespider_timeout": "The crawl took longer than [crawl] limit_seconds allows and was stopped.",
        "closespider_pagecount": "The spider asked for far too many pages and was stopped.",
        "start_error": "The spider failed before its first request; `hame-match spiders check` shows why.",
        "shutdown": "The crawl was interrupted.",
    }
    return reasons.get(finish_reason, f"The crawl did not come to its end (Scrapy says: {finish_reason}).")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:] if not text.startswith("http") else text
    return text if text.endswith((".", "!", "?")) else f"{text}."
