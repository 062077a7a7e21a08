"""Scrapy's settings for every spider: polite to the source and safe for us.

Scrapy's own defaults suit neither: it ignores robots.txt, makes no pauses, does not verify certificates, accepts bodies
of a gigabyte, and opens a telnet console and a control server that runs Python.
"""

from typing import Any, Final

from hame_match import __version__
from hame_match.language import clean_line
from hame_match.settings import CrawlSettings

LARGEST_RESPONSE: Final = 20 * 1024 * 1024
"""Bytes; the largest page expected is a list of all notices of one source, about 3 MB."""
MOST_RESPONSES: Final = 5_000
"""Stops a spider that asks on and on; the largest source has about 1,100 pages."""
NOT_USED: Final = None
"""Scrapy's word for a component that is switched off."""


def scrapy_settings(crawl: CrawlSettings, folder: str) -> dict[str, Any]:
    """Return the settings of one crawl.

    Args:
        crawl: of the workspace. With `crawl.replay` no pauses are made and nothing is sent to a real host.
        folder: where the calls are written.
    """
    settings: dict[str, Any] = {
        "SPIDER_MODULES": ["spiders"],
        "HAME_FOLDER": folder,
        "HAME_REPLAY": crawl.replay,
        "ITEM_PIPELINES": {"hame_match.collect.output.CallWriter": 100},
        # Polite.
        "USER_AGENT": f"hame-match/{__version__} (+{clean_line(crawl.contact)})",
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "hame-match",
        "DOWNLOAD_DELAY": crawl.delay_seconds,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # One request at a time in all, so that a pause asked for by Retry-After stops everything.
        "CONCURRENT_REQUESTS": 1,
        # Waits longer where the source answers slowly; never less than DOWNLOAD_DELAY.
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": crawl.delay_seconds,
        "DOWNLOAD_TIMEOUT": crawl.timeout_seconds,
        "RETRY_TIMES": crawl.retries,
        "RETRY_HTTP_CODES": [408, 429, 500, 502, 503, 504, 522, 524],
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": NOT_USED,
            "hame_match.collect.patience.PatientRetry": 550,
        },
        "HAME_PATIENT": True,
        # Safe.
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": {"file": NOT_USED, "ftp": NOT_USED, "s3": NOT_USED, "data": NOT_USED},
        "DOWNLOAD_MAXSIZE": LARGEST_RESPONSE,
        "DOWNLOAD_WARNSIZE": 0,
        "CLOSESPIDER_TIMEOUT": crawl.limit_seconds,
        "CLOSESPIDER_PAGECOUNT": MOST_RESPONSES,
        "REDIRECT_MAX_TIMES": 5,
        # A page that sends the reader elsewhere after seconds is an error page, not the list that was asked for.
        "METAREFRESH_ENABLED": False,
        # No spider needs a login; also keeps tldextract from fetching its list of suffixes.
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        # A request must never be dropped in silence: spiders ask for each page once and on purpose.
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "URLLENGTH_LIMIT": 0,
        "REFERRER_POLICY": "no-referrer",
        # stderr is kept by the parent process and shown when the child dies.
        "LOG_LEVEL": "WARNING",
        "LOG_COLOR": False,
        "STATS_DUMP": False,
    }
    if crawl.replay:
        handler = "hame_match.collect.replay.ReplayHandler"
        settings["DOWNLOAD_HANDLERS"] |= {"http": handler, "https": handler}
        settings |= {
            "DOWNLOAD_DELAY": 0,
            "AUTOTHROTTLE_ENABLED": False,
            "CONCURRENT_REQUESTS": 16,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "HAME_PATIENT": False,
            # A proxy of the environment would be asked for the replaced host.
            "HTTPPROXY_ENABLED": False,
        }
    return settings
