"""What the framework makes of good and bad sources: full crawls in a child process against loopback."""

import time

import pytest

from hame_match.demo.server import ReplayServer, Response
from tests.collect.crawling import Site, run_spider


@pytest.fixture
def crawl(tmp_path):
    def run(body="", site=None, **settings):
        with ReplayServer({"example.org": site or Site(), "other.example.org": Site(x="ok")}) as server:
            report, calls, stderr = run_spider(tmp_path, body, **{"replay": server.url, "retries": 1, **settings})
            return report, calls, stderr, server.requests

    return run


def test_good_crawl_writes_calls_and_a_clean_report(crawl):
    report, calls, stderr, seen = crawl()
    assert [call.source_key for call in calls] == ["a"]
    assert (report.finish_reason, report.calls, report.faults, report.requests) == ("finished", 1, (), 2)
    assert stderr == ""
    assert [(line.host, line.path) for line in seen] == [("example.org", "/robots.txt"), ("example.org", "/list")]


def test_bad_record_is_counted_and_the_next_one_read(crawl):
    report, calls, _, _ = crawl(
        """
        def parse(self, response):
            for key in ("a", "", "b", "c"):
                yield from self.read(f"record {key}", self.make, key)

        def make(self, key):
            if key == "b":
                raise ParseError("record b: the field 'title' is missing")
            if key == "c":
                self.skip("ended")
                return None
            return self.call(key)
        """
    )
    assert [call.source_key for call in calls] == ["a"]
    assert report.skipped == {"unreadable": 2, "ended": 1}
    assert report.record_errors[0].startswith("record : source_key: String should have at least 1 character")
    assert report.record_errors[1] == "record b: the field 'title' is missing"
    assert report.faults == ()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("raise SourceFault('the filter was ignored')", "the filter was ignored"),
        ("raise ParseError('no list in it')", "https://example.org/list: the page cannot be read: no list in it"),
        ("yield {}[1]", "https://example.org/list: the spider failed on it: KeyError: 1"),
        ("self.fault('no more'); yield Request(self.address('other'))", "no more"),
        ("yield self.call('a'); yield self.call('a')", "two records have the key a"),
        ("yield {'title': 'x'}", "the spider odd yielded dict, not a Call of its own"),
        ("yield self.call('a').model_copy(update={'source': 'eu'})", "not a Call of its own"),
        ("yield Request('https://example.org/gone', self.parse)", "https://example.org/gone answered HTTP 404"),
        ("yield Request('https://elsewhere.net/x', self.parse)", "1 requests were refused: to a host that is not one"),
    ],
)
def test_fault_of_the_source_marks_the_run(crawl, statement, fault):
    report, _, _, _ = crawl(f"def parse(self, response):\n    {statement}\n    yield from ()")
    assert len(report.faults) == 1
    assert fault in report.faults[0]


def test_fault_stops_the_crawl(crawl):
    report, _, _, seen = crawl(
        """
        def parse(self, response):
            self.fault("enough")
            for number in range(100):
                yield Request(f"https://example.org/list?{number}", self.parse)
        """
    )
    assert report.finish_reason == "fault"
    assert len(seen) < 40


def test_exception_before_the_first_request_is_no_finish(crawl):
    report, calls, stderr, _ = crawl("async def start(self):\n    raise ValueError('odd')\n    yield")
    assert report.finish_reason == "start_error"
    assert calls == []
    assert "ValueError: odd" in stderr


@pytest.mark.parametrize(
    ("page", "fault", "requests"),
    [
        (Response(500), "https://example.org/list answered HTTP 500", 3),
        (Response(429, headers={"Retry-After": "1"}), "answered HTTP 429 and asks to wait 1", 3),
        (Response(403), "answered HTTP 403", 2),
        (Response(302, headers={"Location": "/list"}), "max redirections reached", 7),
        (Response(302, headers={"Location": "https://login.elsewhere.net/"}), "a host that is not one of its", 2),
        (Response(302, headers={"Location": "http://127.0.0.1:1/admin"}), "a host that is not one of its", 2),
        (Response(302, headers={"Location": "file:///etc/hostname"}), "answered HTTP 302", 2),
    ],
)
def test_page_that_does_not_come_is_a_fault(crawl, page, fault, requests):
    report, _, _, seen = crawl(site=Site(list=page))
    assert fault in report.faults[0]
    assert len(seen) == requests


def test_page_that_robots_txt_forbids_is_not_asked_for(crawl):
    report, _, _, seen = crawl(site=Site(robots="User-agent: hame-match\nDisallow: /list\n"))
    assert report.faults[0].startswith(
        "https://example.org/list is forbidden by the source's robots.txt; ask the source"
    )
    assert [line.path for line in seen] == ["/robots.txt"]


def test_slow_page_and_huge_page_are_faults(crawl):
    def slow(request):
        time.sleep(2.5)

    report, _, _, _ = crawl(site=Site(list=slow), timeout_seconds=1, retries=0)
    assert "https://example.org/list did not come: DownloadTimeoutError" in report.faults[0]
    report, _, _, _ = crawl(site=Site(list="x" * (21 * 1024 * 1024)), retries=0)
    assert "https://example.org/list did not come: DownloadCancelledError" in report.faults[0]


def test_retry_that_succeeds_leaves_no_trace(crawl):
    answers = iter([Response(503), "<p>here"])
    report, calls, _, _ = crawl(site=Site(list=lambda request: next(answers)))
    assert (len(calls), report.faults) == (1, ())


def test_retried_page_cannot_redirect_to_another_host_either(crawl):
    answers = iter([Response(503), Response(302, headers={"Location": "http://127.0.0.1:1/admin"})])
    report, _, _, seen = crawl(site=Site(list=lambda request: next(answers)))
    assert "a host that is not one of its addresses" in report.faults[0]
    assert {line.host for line in seen} == {"example.org"}


def test_redirects_stay_in_the_replay_and_keep_original_addresses(crawl):
    def absolute(request):
        return Response(301, headers={"Location": f"http://{request.headers['host']}/other.example.org/x?a=1"})

    body = """
    def parse(self, response):
        self.note(response.url)
        self.note(response.request.url)
        yield self.call("a")
    """
    report, _, _, seen = crawl(body, site=Site(list=absolute))
    assert report.notes == ("https://other.example.org/x?a=1",)
    assert seen[-1].host == "other.example.org"
    location = {"Location": "/example.org/there"}
    report, _, _, _ = crawl(body, site=Site(list=Response(301, headers=location), there="ok"))
    assert report.notes == ("https://example.org/there",)


def test_replay_asks_nobody_else(crawl, monkeypatch):
    report, _, _, seen = crawl(
        """
        async def start(self):
            meta = {"proxy": "http://127.0.0.1:9"}
            yield Request("http://example.org/list", self.parse, meta=meta)
        """
    )
    assert report.faults == ()
    assert {line.host for line in seen} == {"example.org"}


def test_no_console_and_no_remote_control_are_open(crawl):
    report, _, _, _ = crawl(
        """
        def parse(self, response):
            for extension in self.crawler.extensions.middlewares:
                self.note(type(extension).__name__)
            yield self.call("a")
        """
    )
    assert report.notes
    assert not {"TelnetConsole", "RemoteControl", "RemoteControlServer"} & set(report.notes)


def test_time_limit_ends_the_crawl_with_a_report(crawl):
    def slow(request):
        time.sleep(0.5)
        return "<p>"

    body = """
    custom_settings = {"CLOSESPIDER_TIMEOUT": 1}

    def parse(self, response):
        yield Request(response.url, self.parse)
    """
    report, _, _, _ = crawl(body, site=Site(list=slow))
    assert report.finish_reason == "closespider_timeout"
    assert report.faults == ()


def live(body, tmp_path, site, **settings):
    """Crawl without replay; the settings send the spider to loopback by address."""
    with ReplayServer({"example.org": site}) as server:
        addresses = {"list": f"{server.url}/example.org/list", "other": server.url}
        started = time.monotonic()
        report, calls, _ = run_spider(
            tmp_path, body, sources={"odd": addresses}, **{"delay_seconds": 0, "retries": 1, **settings}
        )
        return report, calls, time.monotonic() - started, server.requests


def test_live_crawl_waits_as_long_as_retry_after_asks(tmp_path):
    answers = iter([Response(429, headers={"Retry-After": "3"}), "<p>here"])
    report, calls, seconds, _ = live("", tmp_path, Site(list=lambda request: next(answers)))
    assert (len(calls), report.faults) == (1, ())
    assert 3 <= report.seconds < 8, seconds


def test_live_crawl_leaves_a_source_alone_that_asks_for_an_hour(tmp_path):
    page = Response(503, headers={"Retry-After": "3600"})
    report, _, _, seen = live("", tmp_path, Site(list=page))
    assert "answered HTTP 503 and asks to wait 3600" in report.faults[0]
    assert [line.path for line in seen if line.host == "example.org"] == ["/list"]


def test_live_crawl_makes_pauses_and_says_who_it_is(tmp_path):
    agents = []

    def page(request):
        agents.append(request.headers["user-agent"])
        return "<p>"

    body = """
    def parse(self, response):
        if "?" not in response.url:
            yield Request(response.url + "?2", self.parse)
    """
    report, _, _, _ = live(body, tmp_path, Site(list=page), delay_seconds=2, contact="https://example.org/bot")
    assert report.seconds > 2
    assert len(agents) == 2
    assert all(agent.startswith("hame-match/") and "(+https://example.org/bot)" in agent for agent in agents)


def test_too_many_pages_stop_the_spider(crawl, tmp_path):
    report, _, _, _ = crawl(
        """
        custom_settings = {"CLOSESPIDER_PAGECOUNT": 30}

        def parse(self, response):
            yield Request(response.url, self.parse)
        """
    )
    assert report.finish_reason == "closespider_pagecount"
