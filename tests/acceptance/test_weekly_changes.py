"""Week after week, exactly what is new and what changed is recorded."""

from datetime import datetime

import pytest

from hame_match.collect.runner import crawl
from hame_match.demo.sedia import SediaSite
from hame_match.demo.server import ReplayServer
from hame_match.model.call import CallEventKind
from hame_match.settings import CrawlSettings
from hame_match.store import open_store
from tests.feeds import expected, read_snapshot, sedia_rows, shared_data

DATA = shared_data()
WEEKS = ("2026-03-30", "2026-04-06", "2026-04-13", "2026-07-06", "2026-07-13")
"""Weeks with moved deadlines, new texts, a changed budget, and more than a hundred calls gone."""
FACTS = ("identifier", "title", "callTitle", "actionType", "abstract", "startDate", "deadlineDate", "budget")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(DATA is None, reason="no recorded data in ../shared/data"),
]


def facts_of(grant):
    facts = {name: grant[name] for name in FACTS}
    facts["abstract"] = "".join((grant["abstract"] or "").split())  # another line break is no change of meaning
    facts["deadlineDate"] = (grant["deadlineDate"] or "")[:10]  # the service's clock times are not to be trusted
    if grant["kind"]["id"] == "1":
        del facts["callTitle"]  # names the whole call, not the topic
    return facts


def test_new_and_changed_calls_of_every_week_are_recorded_and_no_others():
    seen = {}
    with open_store(None) as store:
        for week in WEEKS:
            snapshot = DATA / "eu" / "ft_feed_weekly" / f"grants_{week}.json.gz"
            now = datetime.fromisoformat(read_snapshot(snapshot)["generatedAt"])
            rows, facets = sedia_rows(snapshot)  # without the full texts, whose date is another
            site = SediaSite(rows, facets)
            with ReplayServer(dict.fromkeys(site.hosts, site)) as server:
                crawled = crawl("eu_funding_tenders", CrawlSettings(replay=server.url), now)
            with store.transaction():
                store.calls.import_crawl(crawled.calls, now)
            grants = {key.removesuffix("en"): facts_of(grant) for key, grant in expected(snapshot).items()}
            events = store.calls.events(now)
            found = {
                kind: {event.call_id.partition(":")[2] for event in events if event.kind is kind}
                for kind in CallEventKind
            }
            assert found[CallEventKind.NEW] == grants.keys() - seen.keys()
            assert found[CallEventKind.CHANGED] == {
                key for key, facts in grants.items() if key in seen and seen[key] != facts
            }
            seen |= grants
