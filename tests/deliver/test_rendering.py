import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from hame_match.deliver.rendering import TEXT_COLUMNS, render
from hame_match.errors import DigestError
from hame_match.model.actor import Basis
from hame_match.model.digest import Digest, DigestItem, Message
from tests.deliver.make import NOW, actor, digest, eu_call, item, match, recipient, settings, six_items
from tests.strategies import evil_text

DIGESTS = {"one": digest(), "six": digest(*six_items(), more=3)}
HTML_BYTES = 40_000


class Page(HTMLParser):
    """What a reader gets from the HTML: words, links, elements and their languages."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._skip = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._skip += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.pieces.append(data)

    @property
    def words(self) -> str:
        return plain(" ".join(self.pieces))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def rendered(of: Digest = DIGESTS["six"], language: str = "fi", **changes: object) -> Message:
    return render(of, actor(), recipient(language=language), settings(**changes), NOW)


@pytest.fixture(params=[(name, language) for name in DIGESTS for language in ("fi", "en")], ids="-".join)
def message(request: pytest.FixtureRequest) -> Message:
    name, language = request.param
    return rendered(DIGESTS[name], language)


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert rendered() == rendered()


def test_the_html_is_small_and_needs_nothing_from_elsewhere(message: Message) -> None:
    assert len(message.html.encode()) < HTML_BYTES
    page = Page(message.html)
    assert not {tag for tag, _ in page.elements} & {"img", "link", "script", "iframe", "object", "form", "video", "svg"}
    assert not re.search(r"url\s*\(|@import|@font-face|\bsrc\s*=|\bbackground\s*=", message.html)
    assert all(urlsplit(link["href"] or "").scheme in ("https", "mailto") for link in page.all("a"))


def test_every_style_is_inlined_and_only_media_rules_stay(message: Message) -> None:
    styles = "".join(re.findall(r"<style>(.*?)</style>", message.html, re.DOTALL))
    assert re.sub(r"@media[^{]+\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", styles).strip() == ""
    assert "prefers-color-scheme:dark" in styles.replace(" ", "")
    sizes = [int(size) for size in re.findall(r"font-size:\s*(\d+)px", message.html)]
    assert min(size for size in sizes if size > 1) >= 16
    assert not re.search(r"display:\s*(flex|grid)|var\(--|position:\s*(absolute|fixed)", message.html)


def test_tables_are_layout_and_the_mail_is_one_article(message: Message) -> None:
    page = Page(message.html)
    assert all(table["role"] == "presentation" for table in page.all("table"))
    (article,) = (div for div in page.all("div") if div.get("role") == "article")
    assert article["aria-roledescription"] == "email"
    assert article["lang"] == page.all("html")[0]["lang"]


def test_headings_come_in_order(message: Message) -> None:
    levels = [tag for tag, _ in Page(message.html).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == "h1"
    assert set(levels[1:]) == {"h2"}


def test_every_title_deadline_and_link_of_the_html_stands_in_the_text(message: Message) -> None:
    page, text = Page(message.html), plain(message.text)
    for link in page.all("a"):
        address = link["href"] or ""
        if address.startswith("mailto:"):
            assert urlsplit(address).path in text
        else:
            assert f"\n{address}\n" in re.sub(r"\n +", "\n", message.text)
    for title in re.findall(r"<h2[^>]*>(.*?)</h2>", message.html, re.DOTALL):
        assert re.sub(r"^\d\. ", "", Page(title).words) in text
    for value in re.findall(r"<strong>(.*?)</strong>", message.html, re.DOTALL):
        assert Page(value).words in text


def test_whole_sentences_of_the_html_stand_in_the_text(message: Message) -> None:
    text = plain(message.text).lower()
    for paragraph in re.findall(r"<(?:p|td)[^>]*>([^<]{12,})<", message.html):
        if "mailto" not in paragraph:
            words = re.sub(r" (Haun nimestä|Its title|Each title) .*", "", Page(paragraph).words)
            assert words.lower().rstrip(":") in text


def test_the_text_is_narrow_numbered_and_signed(message: Message) -> None:
    lines = message.text.split("\n")
    assert all(len(line) <= TEXT_COLUMNS or line.strip().startswith("https://") for line in lines)
    assert lines.count("-- ") == 1
    numbers = [int(line.split(".")[0]) for line in lines if re.match(r"\d\. ", line)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(re.findall("<h2", message.html))
    assert "\n\n\n\n" not in message.text


def test_foreign_words_carry_their_language() -> None:
    finnish, english = Page(rendered().html), Page(rendered(language="en").html)
    assert finnish.all("html")[0]["lang"] == "fi"
    assert {span["lang"] for span in finnish.all("span") if "lang" in span} == {"en"}
    assert {span["lang"] for span in english.all("span") if "lang" in span} == {"fi"}
    assert '<span lang="en">Nutrient recovery from digestate' in rendered().html


def test_what_an_actor_must_know_is_there() -> None:
    words = Page(rendered().html).words
    for expected in (
        "Hei Maija!",
        "Poimimme teille tällä viikolla 6 rahoitushakua, sopivin ensin.",
        "Lähin määräaika on ti 8.9.2026.",
        "Vahva osuma",
        "ti 16.2.2027 , kaksivaiheisen haun 1. vaihe, klo 17.00 Brysselin aikaa, ellei haussa toisin sanota",
        "pe 18.9.2026 klo 16.15",
        "11 päivää jäljellä",
        "päättyy huomenna",
        "avautuu 99 päivän kuluttua",
        "jatkuva haku",
        "European Commission · Horizon Europe · HORIZON Innovation Actions",
        "Voiko organisaationne hakea?",
        "Lisäksi 3 hakua odottaa seuraavaa viestiä.",
        "Saatte tämän viestin, koska olette antaneet siihen suostumuksenne.",
        "Lähettäjä: Häme-match, hame-match@example.org",
        "Peruuttakaa nämä viestit sähköpostilla",
        "Tietosuojaseloste",
    ):
        assert expected in words


def test_the_subject_says_how_many_and_until_when() -> None:
    assert rendered().subject == "Rahoitushaut, viikko 37: 6 hakua teille, lähin määräaika 8.9.2026"
    assert rendered(DIGESTS["one"], "en").subject == "Funding calls, week 37: one for you, deadline 16 February 2027"
    rolling = eu_call(deadlines=(), continuous=True)
    assert rendered(digest(item(rolling))).subject == "Rahoitushaut, viikko 37: yksi haku teille"


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("language", ["fi", "en"])
def test_every_basis_is_told(basis: Basis, language: str) -> None:
    one = render(DIGESTS["one"], actor(), recipient(basis=basis, language=language), settings(), NOW)
    assert {"fi": "Saatte tämän viestin, koska", "en": "You receive this message because"}[language] in plain(one.text)


def test_nobody_to_answer_leaves_out_the_invitation_and_the_header() -> None:
    one = rendered(DIGESTS["one"], reply_to="", privacy_url="", unsubscribe="lopeta@example.org")
    assert "Osuiko" not in one.text
    assert "Tietosuojaseloste" not in one.html
    assert b"List-Unsubscribe: <mailto:lopeta@example.org?" in one.raw.replace(b"\r\n ", b" ")


def test_the_address_to_stop_falls_back_to_the_sender() -> None:
    assert "mailto:hame-match@example.org?subject=" in rendered(DIGESTS["one"], reply_to="").html


def test_a_recipient_without_a_name_is_greeted() -> None:
    one = render(DIGESTS["one"], actor(), recipient(name=""), settings(), NOW)
    assert "Hei!" in one.text


def test_an_empty_digest_and_a_foreign_one_are_refused() -> None:
    with pytest.raises(DigestError, match="an empty digest is never made"):
        render(replace(DIGESTS["one"], items=()), actor(), recipient(), settings(), NOW)
    with pytest.raises(DigestError, match="it was made for energia-esimerkki"):
        render(DIGESTS["one"], actor(slug="kunta"), recipient(), settings(), NOW)


def test_a_wrong_sender_is_named() -> None:
    with pytest.raises(DigestError, match=r"digest\.sender: 'nobody'"):
        rendered(sender="nobody")


def test_markup_in_a_call_stays_text() -> None:
    call = eu_call(titles={"en": '<script>alert(1)</script> "x" {{ 7 * 7 }} & more'}, funder="<b>Evil</b>")
    html = rendered(digest(item(call, evidence='"><img src=x onerror=alert(1)>'))).html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "{{ 7 * 7 }} &amp; more" in html


def test_one_bad_title_fails_one_mail_with_a_clear_error() -> None:
    good = eu_call()
    bad = good.model_copy(update={"url": "https://x.example/\ud800"})
    with pytest.raises(DigestError):
        rendered(digest(DigestItem(match(bad), bad)))
    assert rendered(digest(DigestItem(match(good), good)))


@hypothesis_settings(max_examples=60, deadline=None)
@given(title=evil_text(), words=evil_text(), name=evil_text())
def test_hostile_text_changes_neither_headers_nor_elements(title: str, words: str, name: str) -> None:
    calm, call = eu_call(), eu_call(titles={"en": f"A {title}"}, programme=f"P {words}", funder=f"F {name}")
    evidence = f"The evidence is {words}"
    hostile = digest(DigestItem(match(call, evidence=evidence), call))
    message = render(hostile, actor(name=f"N {name}"), recipient(name=name), settings(), NOW)
    expected = rendered(digest(item(calm)))
    assert [tag for tag, _ in Page(message.html).elements] == [tag for tag, _ in Page(expected.html).elements]
    assert message.message_id == expected.message_id
    assert all(len(line) <= TEXT_COLUMNS or "https://" in line for line in message.text.split("\n"))


def test_only_the_html_says_that_a_title_is_a_link() -> None:
    message = rendered()
    assert "Haun nimestä pääsette kunkin haun omalle sivulle." in Page(message.html).words
    assert "Haun nimestä" not in message.text
