"""What a spam filter thinks of our mail."""

import re
import subprocess
from pathlib import Path

import pytest

from hame_match.deliver.rendering import render
from tests.deliver.make import NOW, actor, digest, recipient, settings, six_items
from tests.programs import need

pytestmark = pytest.mark.spam

MOST = 0.5
"""Mail is junk from 5.0; a digest has no reason to come near it."""
PREFERENCES = "use_bayes 0\nbayes_auto_learn 0\ndns_available no\n"


def score(raw: bytes, folder: Path) -> tuple[float, str]:
    (folder / "prefs").write_text(PREFERENCES)
    done = subprocess.run(
        [need("spamassassin", "spamassassin"), "-L", "-x", "-p", str(folder / "prefs")],
        input=raw,
        capture_output=True,
        check=True,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
    )
    status = re.search(rb"^X-Spam-Status: (.*(?:\r?\n[ \t].*)*)", done.stdout, re.MULTILINE)
    assert status, done.stdout[:2000]
    found = re.search(rb"score=(-?[\d.]+)", status[1])
    assert found
    return float(found[1]), status[1].decode()


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("count", [1, 6])
def test_a_digest_is_far_from_spam(language: str, count: int, tmp_path: Path) -> None:
    of = digest(*six_items()[:count])
    message = render(of, actor(), recipient(language=language), settings(), NOW)
    points, why = score(message.raw, tmp_path)
    assert points <= MOST, why


def test_the_filter_does_find_spam(tmp_path: Path) -> None:
    """The string every filter must take for spam (GTUBE, spamassassin.apache.org/gtube)."""
    gtube = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    assert score(b"Subject: test\r\n\r\n" + gtube + b"\r\n", tmp_path)[0] > 100
