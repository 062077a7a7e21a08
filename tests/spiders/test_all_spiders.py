"""What holds for every spider there is."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from hame_match.collect.runner import SpiderInfo, spider_names
from hame_match.collect.scrapy_settings import scrapy_settings
from hame_match.collect.spider import CallSpider
from hame_match.errors import SettingsError
from hame_match.settings import CrawlSettings

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 8, 3, 6, tzinfo=UTC)
LOADER = SpiderLoader(Settings(scrapy_settings(CrawlSettings(), "/tmp")))
SPIDERS = {info.name: info for info in spider_names()}


@pytest.fixture(params=SPIDERS)
def info(request) -> SpiderInfo:
    return SPIDERS[request.param]


@pytest.fixture
def spider(info: SpiderInfo) -> CallSpider:
    found = LOADER.load(info.name)(now=NOW)
    assert isinstance(found, CallSpider)
    return found


def test_every_spider_that_scrapy_finds_is_listed():
    assert sorted(SPIDERS) == sorted(LOADER.list())
    assert set(CrawlSettings().spiders) <= set(SPIDERS)


def test_listing_says_what_the_class_has(info, spider):
    assert (info.name, info.title, info.addresses) == (spider.name, spider.title, spider.addresses)
    assert info.minimum_calls == spider.minimum_calls >= 1
    assert info.summary == (type(spider).__doc__ or "").partition("\n")[0]
    assert info.summary.endswith(".")


def test_spider_is_named_as_its_module(info, spider):
    assert type(spider).__module__ == f"spiders.{info.name}"
    assert info.name[:3] in {"eu_", "fi_"}


def test_addresses_are_https_and_the_only_hosts_allowed(info, spider):
    assert info.addresses
    assert all(url.startswith("https://") for url in info.addresses.values())
    assert set(spider.allowed_domains) == {urlsplit(url).hostname for url in info.addresses.values()}


def test_no_address_stands_elsewhere_in_the_module(info):
    text = (HERE.parents[1] / "spiders" / f"{info.name}.py").read_text("utf-8")
    for url in info.addresses.values():
        assert text.count(f'"{url}"') == 1
        text = text.replace(f'"{url}"', "")
    assert "https://" not in text.replace('startswith("https://")', "")


def test_settings_replace_addresses_by_key_and_unknown_keys_are_refused(info):
    key = next(iter(info.addresses))
    spider = LOADER.load(info.name)(now=NOW, addresses={key: "http://127.0.0.1:1/x"})
    assert spider.address(key) == "http://127.0.0.1:1/x"
    assert "127.0.0.1" in spider.allowed_domains
    with pytest.raises(SettingsError, match=rf"\[crawl.sources.{info.name}\] nowhere: no such address"):
        LOADER.load(info.name)(now=NOW, addresses={"nowhere": "https://x.fi/"})


def test_spider_has_fixtures(info):
    assert list((HERE / info.name).glob("*/output.json"))


@pytest.mark.timeout(20)
def test_first_request_goes_to_one_of_the_addresses(spider):
    start = spider.start()
    try:
        start.__anext__().send(None)
    except StopIteration as found:
        request = found.value
    assert any(request.url.startswith(url) for url in spider.addresses.values())
