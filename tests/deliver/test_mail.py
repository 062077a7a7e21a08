import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings

from hame_match.deliver.mail import (
    HEADERS,
    LINE_CHARS,
    MESSAGE_ID_CHARS,
    Draft,
    ascii_address,
    build,
    clean_header,
    mailto,
    make_message_id,
    verify,
)
from hame_match.errors import DigestError, HeaderError
from tests.deliver.make import NOW
from tests.strategies import NASTY, evil_text

DRAFT = Draft(
    message_id="<0123456789abcdef0123@digest.example.org>",
    at=NOW,
    sender="hame-match@example.org",
    sender_name="Häme-match",
    reply_to="projekti@example.org",
    recipient="maija@example.org",
    recipient_name="Maija Mäkinen",
    subject="Rahoitushaut, viikko 37",
    list_id="digest.example.org",
    list_name="Häme-match",
    unsubscribe="mailto:projekti@example.org?subject=unsubscribe%20x",
    language="fi",
    text="Hei!\n\n-- \nLähettäjä\n",
    html="<p>Hei! äö €</p>\n",
)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_has_the_headers_of_a_polite_list_and_no_others() -> None:
    message = read(build(DRAFT))
    assert tuple(message.keys()) == HEADERS
    assert message["From"] == "Häme-match <hame-match@example.org>"
    assert message["To"] == "Maija Mäkinen <maija@example.org>"
    assert message["Reply-To"] == "projekti@example.org"
    assert message["Date"] == "Mon, 07 Sep 2026 07:00:00 +0300"
    assert message["List-Id"] == "Hame-match <digest.example.org>"
    assert message["List-Unsubscribe"] == "<mailto:projekti@example.org?subject=unsubscribe%20x>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "list"
    assert message["Content-Language"] == "fi"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_reply_to_is_left_out_when_nobody_answers() -> None:
    assert "Reply-To" not in read(build(replace(DRAFT, reply_to="")))


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert build(DRAFT) == build(DRAFT)


@pytest.mark.parametrize("nasty", NASTY)
def test_known_attacks_add_no_header(nasty: str) -> None:
    message = read(build(replace(DRAFT, subject=nasty, recipient_name=nasty, sender_name=nasty, list_name=nasty)))
    assert tuple(message.keys()) == HEADERS
    assert message["Bcc"] is None


@settings(max_examples=200, deadline=None)
@given(subject=evil_text(), name=evil_text(), sender=evil_text())
def test_no_text_adds_a_header_or_a_recipient(subject: str, name: str, sender: str) -> None:
    raw = build(replace(DRAFT, subject=subject, recipient_name=name, sender_name=sender, list_name=sender))
    message = read(raw)
    assert tuple(message.keys()) == HEADERS
    assert [one.addr_spec for one in message["To"].addresses] == [DRAFT.recipient]
    assert [one.addr_spec for one in message["From"].addresses] == [DRAFT.sender]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= LINE_CHARS


@settings(max_examples=100, deadline=None)
@given(text=evil_text(), html=evil_text())
def test_any_text_arrives_or_is_refused_with_its_name(text: str, html: str) -> None:
    draft = replace(DRAFT, text=text, html=html)
    if re.search("[\ud800-\udfff]", text + html):
        with pytest.raises(DigestError, match=DRAFT.message_id):
            build(draft)
        return
    message = read(build(draft))
    for kind, meant in (("plain", text), ("html", html)):
        body = message.get_body((kind,))
        assert body is not None
        assert body.get_content().split() == meant.split()


def test_a_lone_surrogate_in_the_text_is_an_error_of_this_mail() -> None:
    with pytest.raises(DigestError, match="cannot be encoded"):
        build(replace(DRAFT, text="\ud800"))


def test_lines_that_begin_with_a_dot_or_from_arrive() -> None:
    text = ".\n..\nFrom here\n" + "ä" * 2000 + "\n"
    body = read(build(replace(DRAFT, text=text))).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"Precedence: list\r\n", b"Precedence: list\r\nBcc: evil@example.org\r\n", "headers are"),
        (b"\r\nTo: ", b"\r\nTo: evil@example.org, ", "To is"),
        (b"Subject: Rahoitushaut", b"Subject: Muuta", "Subject is"),
        (b"Precedence: list\r\n", b"Precedence: list\n", "CRLF"),
        (b"Hei!", b"Hoi!", "plain part reads otherwise"),
        (b"Hei!", b"H\xe4i!", "ASCII"),
        (b"Rahoitushaut", b"Rahoitushaut" + b"a" * 1000, "998"),
    ],
)
def test_a_mail_that_is_not_as_meant_is_refused(before: bytes, after: bytes, said: str) -> None:
    raw = build(DRAFT)
    assert before in raw
    with pytest.raises(HeaderError, match=said):
        verify(raw.replace(before, after, 1), DRAFT)


def test_the_message_id_is_stable_and_short() -> None:
    ours = make_message_id("kunta", "2026-W32", "A@example.org", "digest.example.org")
    assert ours == make_message_id("kunta", "2026-W32", "a@example.org", "digest.example.org")
    others = {
        make_message_id("kunta", "2026-W33", "a@example.org", "digest.example.org"),
        make_message_id("kunta2", "2026-W32", "a@example.org", "digest.example.org"),
        make_message_id("kunta", "2026-W32", "b@example.org", "digest.example.org"),
    }
    assert len(others | {ours}) == 4
    assert len(ours) <= MESSAGE_ID_CHARS
    assert f"Message-ID: {DRAFT.message_id}\r\n".encode() in build(DRAFT)


def test_a_list_id_that_makes_the_message_id_too_long_is_refused() -> None:
    assert len(make_message_id("a", "w", "r", "x" * 37)) == MESSAGE_ID_CHARS
    with pytest.raises(DigestError, match="longer than 37 characters"):
        make_message_id("a", "w", "r", "x" * 38)
    with pytest.raises(DigestError, match="not a host name"):
        make_message_id("a", "w", "r", "a b>")


def test_international_domains_become_ascii_and_wrong_addresses_are_named() -> None:
    assert ascii_address("info@hämeenlinna.fi", "x") == "info@xn--hmeenlinna-q5a.fi"
    for wrong in ("", "a@b@c.fi", "a b@c.fi", "a@c.fi\r\nBcc: x@y.fi", "<a@c.fi>", "mäki@c.fi"):
        with pytest.raises(DigestError, match=r"digest\.sender"):
            ascii_address(wrong, "digest.sender")


def test_mailto_is_escaped() -> None:
    assert mailto("a@example.org", "a b&c?") == "mailto:a@example.org?subject=a%20b%26c%3F"


@given(evil_text())
def test_a_clean_header_is_one_short_line_without_encoded_words(text: str) -> None:
    cleaned = clean_header(text)
    assert len(cleaned) <= 180
    assert "=?" not in cleaned
    assert cleaned == cleaned.strip()
    assert cleaned.isprintable() or any(c in cleaned for c in "\u200c\u200d")
    assert clean_header(cleaned) == cleaned
