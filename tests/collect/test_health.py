"""The verdict on a crawl follows from its report and from earlier runs, with a reason a manager can act on."""

from dataclasses import replace

import pytest

from hame_match.collect.health import UNREADABLE, judge
from hame_match.model.run import CrawlReport, Health

GOOD = CrawlReport(spider="fi_x", finish_reason="finished", calls=100)


def report(**changes):
    return replace(GOOD, **changes)


def unreadable(number, calls):
    return report(calls=calls, skipped={UNREADABLE: number}, record_errors=("a7: title: missing",))


def test_good_crawl_is_ok_without_a_reason():
    assert judge(GOOD, [], 1) == (Health.OK, "")
    assert judge(GOOD, [100, 110, 190], 50) == (Health.OK, "")


@pytest.mark.parametrize(
    ("bad", "minimum", "words"),
    [
        (report(faults=("the filter was ignored",), finish_reason="fault"), 1, "The filter was ignored."),
        (report(faults=("a", "b", "c")), 1, "and 2 more faults"),
        (report(finish_reason="closespider_timeout"), 1, "limit_seconds"),
        (report(finish_reason="closespider_pagecount"), 1, "too many pages"),
        (report(finish_reason="start_error"), 1, "before its first request"),
        (report(finish_reason="shutdown"), 1, "interrupted"),
        (report(finish_reason="odd"), 1, "Scrapy says: odd"),
        (report(calls=0), 0, "No calls were found at all"),
        (report(calls=9), 10, "Only 9 calls were found; this source never has fewer than 10"),
        (unreadable(21, 79), 1, "21 of 100 records could not be read, the first: a7: title: missing."),
        (unreadable(5, 0), 1, "5 of 5 records"),
    ],
)
def test_untrustworthy_crawl_fails_and_says_why(bad, minimum, words):
    health, reason = judge(bad, [], minimum)
    assert health is Health.FAILED
    assert words in reason
    assert "Nothing stored was changed" in reason


@pytest.mark.parametrize(
    ("odd", "history", "words"),
    [
        (report(calls=49), [100] * 8, "Only 49 calls were found; the median of the last 8 runs is 100."),
        (unreadable(20, 80), [], "20 of 100 records"),
        (unreadable(1, 800), [], "1 of 801 records"),
        (report(notes=("gap: 3 of 700 results were never shown",)), [], "3 of 700 results were never shown."),
    ],
)
def test_doubtful_crawl_is_suspect_and_says_why(odd, history, words):
    health, reason = judge(odd, history, 1)
    assert health is Health.SUSPECT
    assert words in reason
    assert reason.endswith("compare it with the source's own page.")


def test_half_of_the_median_is_still_ok():
    assert judge(report(calls=50), [100], 1)[0] is Health.OK


def test_only_the_last_eight_runs_count():
    assert judge(report(calls=40), [1000] * 20 + [50] * 8, 1)[0] is Health.OK


def test_notes_alone_are_no_doubt():
    assert judge(report(notes=("the labels were missing",)), [], 1) == (Health.OK, "")


def test_every_unreadable_record_counts_though_only_fifty_messages_are_kept():
    many = report(calls=100, skipped={UNREADABLE: 300}, record_errors=("x",) * 50)
    assert judge(many, [], 1)[0] is Health.FAILED
