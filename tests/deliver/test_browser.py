"""How a digest looks on the narrowest phone and on a desk, by day and by night."""

from collections.abc import Iterator
from typing import Any

import pytest

from hame_match.deliver.rendering import render
from tests.deliver.make import NOW, actor, digest, recipient, settings, six_items
from tests.programs import need

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

WIDEST = "Math.max(...[...document.querySelectorAll('td,p,h1,h2')].map(e => e.scrollWidth - e.clientWidth))"
SMALLEST = """
    Math.min(
        ...[...document.querySelectorAll('p,h1,h2,.fact,.name')].map(e => parseFloat(getComputedStyle(e).fontSize))
    )
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = need("chromium", "chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700])
def test_a_digest_fits_and_can_be_read_by_everybody(browser: Any, width: int, scheme: str, language: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    message = render(digest(*six_items(), more=2), actor(), recipient(language=language), settings(), NOW)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(message.html)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(WIDEST) <= 1
    assert page.evaluate(SMALLEST) >= 16
    dark = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    # A mail is no page: the client around it brings the main landmark.
    found = Axe().run(page, options={"rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}})
    problems = [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]
    unclear = [one["id"] for one in found.response["incomplete"] if one["id"] == "color-contrast"]
    assert (problems, unclear) == ([], [])
    assert asked == []
    context.close()
