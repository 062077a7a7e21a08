"""Spiders crawl politely and safely by setting, and without pauses on replay."""

import pytest

from hame_match.collect.scrapy_settings import scrapy_settings
from hame_match.settings import CrawlSettings

LIVE = scrapy_settings(CrawlSettings(contact="me@example.org\nX: y", delay_seconds=1.5, limit_seconds=100), "job")
REPLAY = scrapy_settings(CrawlSettings(replay="http://127.0.0.1:8765"), "job")


@pytest.mark.parametrize("settings", [LIVE, REPLAY])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROBOTSTXT_OBEY", True),
        ("DOWNLOAD_VERIFY_CERTIFICATES", True),
        ("COOKIES_ENABLED", False),
        ("TELNETCONSOLE_ENABLED", False),
        ("REMOTE_CONTROL_ENABLED", False),
        ("REDIRECT_MAX_TIMES", 5),
        ("METAREFRESH_ENABLED", False),
    ],
)
def test_safe_settings_hold_live_and_on_replay(settings, name, value):
    assert settings[name] == value


@pytest.mark.parametrize("settings", [LIVE, REPLAY])
def test_only_http_is_spoken_and_nothing_huge_accepted(settings):
    assert {scheme for scheme, handler in settings["DOWNLOAD_HANDLERS"].items() if handler is None} == {
        "file", "ftp", "s3", "data",
    }  # fmt: skip
    assert settings["DOWNLOAD_MAXSIZE"] <= 20 * 1024 * 1024


def test_live_crawl_is_slow_and_patient():
    assert LIVE["DOWNLOAD_DELAY"] == 1.5
    assert LIVE["CONCURRENT_REQUESTS"] == LIVE["CONCURRENT_REQUESTS_PER_DOMAIN"] == 1
    assert LIVE["AUTOTHROTTLE_ENABLED"]
    assert LIVE["HAME_PATIENT"]
    assert 429 in LIVE["RETRY_HTTP_CODES"]
    assert LIVE["CLOSESPIDER_TIMEOUT"] == 100


def test_replay_makes_no_pauses_and_replaces_both_handlers():
    assert REPLAY["DOWNLOAD_DELAY"] == 0
    assert not REPLAY["AUTOTHROTTLE_ENABLED"]
    assert not REPLAY["HAME_PATIENT"]
    assert not REPLAY["HTTPPROXY_ENABLED"]
    assert REPLAY["DOWNLOAD_HANDLERS"]["http"] == REPLAY["DOWNLOAD_HANDLERS"]["https"]


def test_user_agent_is_one_line():
    assert LIVE["USER_AGENT"].endswith("(+me@example.org X: y)")
