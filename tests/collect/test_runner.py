"""The parent's side: listing spiders and running one, whatever happens to the child."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from hame_match.collect import runner
from hame_match.demo.server import ReplayServer
from hame_match.errors import CrawlError
from hame_match.settings import CrawlSettings
from tests.collect.crawling import ROOT

NOW = datetime(2026, 8, 3, 6, tzinfo=UTC)
EU = "eu_funding_tenders"


class Slow:
    def respond(self, request):
        time.sleep(4)


def test_spiders_are_listed_quickly_and_without_scrapy():
    code = (
        "import sys, hame_match.collect, hame_match.collect.health\n"
        "from hame_match.collect.runner import spider_names\n"
        "print(*[info.name for info in spider_names()])\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('scrapy', 'twisted', 'spiders')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    names, loaded = done.stdout.splitlines()
    assert EU in names.split()
    assert loaded == "[]"


def test_declarations_that_are_no_literals_are_named(tmp_path, monkeypatch):
    (tmp_path / "fi_x.py").write_text("class X(CallSpider):\n    name = make()\n")
    monkeypatch.setattr(runner, "_spiders_folder", lambda: tmp_path)
    with pytest.raises(CrawlError, match=r"X\.name must be a plain literal"):
        runner.spider_names()
    (tmp_path / "fi_x.py").write_text("class X(CallSpider):\n    name = 'x'\n")
    with pytest.raises(CrawlError, match="X must declare name, title and addresses"):
        runner.spider_names()


def test_unknown_spider_is_named_with_the_known_ones():
    with pytest.raises(CrawlError, match=f"no spider called 'eu'.*{EU}"):
        runner.crawl("eu", CrawlSettings(), NOW)


def test_child_refuses_an_unknown_spider_too(tmp_path):
    job = f'{{"spider": "x", "now": "2026-01-01T00:00Z", "folder": "{tmp_path}", "settings": {{}}}}'
    (tmp_path / "job.json").write_text(job)
    done = subprocess.run(
        [sys.executable, "-m", "hame_match.collect.child", str(tmp_path / "job.json")],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no spider called 'x' (there are: eu_funding_tenders")


def test_unknown_address_in_the_settings_is_named():
    settings = CrawlSettings(replay="http://127.0.0.1:9", sources={EU: {"serach": "https://x.eu"}})
    with pytest.raises(CrawlError, match=r"\[crawl.sources.eu_funding_tenders\] serach: no such address .*search"):
        runner.crawl(EU, settings, NOW)


def test_source_that_cannot_be_reached_gives_a_report():
    crawled = runner.crawl(EU, CrawlSettings(replay="http://127.0.0.1:9", retries=0), NOW)
    assert crawled.calls == []
    assert "api.tech.ec.europa.eu" in crawled.report.faults[0]
    assert "did not come" in crawled.report.faults[0]


def test_nothing_of_the_current_folder_is_imported(tmp_path, monkeypatch):
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "__init__.py").write_text("raise RuntimeError('the wrong spiders')")
    (tmp_path / "scrapy.py").write_text("raise RuntimeError('the wrong scrapy')")
    monkeypatch.chdir(tmp_path)
    crawled = runner.crawl(EU, CrawlSettings(replay="http://127.0.0.1:9", retries=0), NOW)
    assert crawled.report.spider == EU
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scrapy.py", "spiders"]


def test_child_that_hangs_is_killed_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "GRACE_SECONDS", -8)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with ReplayServer({"ec.europa.eu": Slow()}) as server:
        started = time.monotonic()
        with pytest.raises(CrawlError, match="stopped after 2 seconds"):
            runner.crawl(EU, CrawlSettings(replay=server.url, limit_seconds=10), NOW)
    assert time.monotonic() - started < 8
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("import os; os.abort()", "without a report .exit code -6.: it said nothing"),
        ("raise SystemExit('error: no memory')", "no memory"),
        ("1/0", "ZeroDivisionError"),
        ("pass", "exit code 0"),
    ],
)
def test_child_that_dies_is_told_with_its_last_words(tmp_path, monkeypatch, child, words):
    fake_python(tmp_path, monkeypatch, child)
    with pytest.raises(CrawlError, match=words):
        runner.crawl(EU, CrawlSettings(), NOW)


@pytest.mark.parametrize(
    ("report", "calls"),
    [
        ("{", ""),
        ('{"spider": "x"}', ""),
        ('{"spider": "x", "finish_reason": "finished", "calls": 1}', ""),
        ('{"spider": "x", "finish_reason": "finished", "calls": 1}', '{"source": "x"}\n'),
    ],
)
def test_results_are_checked_on_entry(tmp_path, monkeypatch, report, calls):
    fake_python(
        tmp_path,
        monkeypatch,
        f"open('report.json', 'w').write({report!r}); open('calls.jsonl', 'w').write({calls!r})",
    )
    with pytest.raises(CrawlError, match=r"cannot be read|holds 0"):
        runner.crawl(EU, CrawlSettings(), NOW)


def test_progress_lines_become_progress_and_others_are_ignored(tmp_path, monkeypatch):
    report = '{"spider": "x", "finish_reason": "finished", "calls": 0}'
    fake_python(
        tmp_path,
        monkeypatch,
        f"print('{{\"done\": 1, \"total\": 3}}\\nnoise\\n[1]\\n{{}}'); open('report.json', 'w').write({report!r})",
    )
    told = []
    crawled = runner.crawl(EU, CrawlSettings(), NOW, lambda label, done, total: told.append((label, done, total)))
    assert told == [(EU, 1, 3)]
    assert crawled.report.finish_reason == "finished"


def fake_python(folder, monkeypatch, code):
    """Let the runner start a Python that runs `code` in the job's folder in place of the child."""
    python = folder / "python"
    python.write_text(f"#!{sys.executable}\n{code}\n")
    python.chmod(0o755)
    monkeypatch.setattr(runner.sys, "executable", str(python))
    monkeypatch.setenv("PATH", os.environ["PATH"])
