"""One mail as bytes: clean headers, two parts, and proof that nothing else is in it.

The proof is needed: on Python before 3.11.10 a scraped title such as ``=?utf-8?q?a=0ABcc=3A_x?=`` in a subject becomes
a header line of its own (CVE-2024-6923, CVE-2026-1299).
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from hame_match.errors import DigestError, HeaderError
from hame_match.language import HELSINKI

HEADERS = (
    "Message-ID", "Date", "From", "Reply-To", "To", "Subject", "List-Id", "List-Unsubscribe", "Auto-Submitted",
    "Precedence", "MIME-Version", "Content-Type", "Content-Language",
)  # fmt: skip
"""Every header a mail of ours has, once each and in this order; Reply-To only when it is set."""

MESSAGE_ID_CHARS = 60
"""A longer Message-ID is folded onto a second line by `email`, which some servers cannot read."""
SUBJECT_CHARS = 180
NAME_CHARS = 60
LINE_CHARS = 998
"""Longest line without its end (RFC 5322, 2.1.1)."""

_POLICY = policy.SMTP


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a mail is built from, not yet trusted.

    Attributes:
        message_id: with angle brackets.
        at: value of Date, aware.
        sender: address the mail is from.
        sender_name: name beside it.
        reply_to: address that answers go to; empty leaves the header out.
        recipient: address the mail is for.
        recipient_name: name beside it; may be empty.
        subject: one line.
        list_id: host part of List-Id.
        list_name: name beside it.
        unsubscribe: mailto address with its subject, see `mailto`.
        language: ``fi`` or ``en``.
        text: the plain part.
        html: the HTML part.
    """

    message_id: str
    at: datetime
    sender: str
    sender_name: str
    reply_to: str
    recipient: str
    recipient_name: str
    subject: str
    list_id: str
    list_name: str
    unsubscribe: str
    language: str
    text: str
    html: str


def clean_header(text: str, limit: int = SUBJECT_CHARS) -> str:
    """Return `text` fit for a header: one line, no control characters, nothing that reads as an encoded word.

    >>> clean_header("Vesi\\r\\nBcc: x =?utf-8?q?a=0ABcc?=")
    'Vesi Bcc: x = ?utf-8?q?a=0ABcc?='
    """
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and c not in "\u200c\u200d" else c
        for c in text
    )
    return re.sub(r"\s+", " ", kept).strip().replace("=?", "= ?")[:limit].rstrip()


def clean_name(name: str) -> str:
    """Return `name` fit to stand beside an address: letters, digits and the marks that names have.

    `email` writes names with other marks in ways that it cannot read again.

    >>> clean_name("Mäki-Ahola, Oy <x@y>: =?utf-8?q?a?=")
    'Mäki-Ahola Oy x y utf-8 q a'
    """
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in "-'’& " else " " for c in clean_header(name))
    return re.sub(r"\s+", " ", kept).strip()[:NAME_CHARS].rstrip()


def ascii_address(address: str, what: str) -> str:
    """Return a mail address as it goes into headers and commands, an international domain in its ASCII form.

    Args:
        address: the address.
        what: where it comes from, for the message of the error.

    Raises:
        DigestError: it is no address, or its part before the @ is not ASCII.
    """
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as exc:
        raise DigestError(f"{what}: {address!r} is not a mail address: {exc}") from exc
    if checked.ascii_email is None:
        raise DigestError(f"{what}: {address!r} needs an extension of SMTP that we do not use; take an ASCII address")
    return checked.ascii_email


def make_message_id(actor: str, week: str, recipient: str, list_id: str) -> str:
    """Return the Message-ID of a digest: the same for the same actor, week and recipient, whenever it is made.

    Raises:
        DigestError: `list_id` is no host name or too long.

    >>> make_message_id("kunta", "2026-W32", "a@example.org", "digest.example.org")
    '<aed8f0ea04d508b364a2@digest.example.org>'
    """
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", list_id):
        raise DigestError(f"digest.list_id: {list_id!r} is not a host name such as digest.example.org")
    key = hashlib.sha256(f"{actor}\n{week}\n{recipient.lower()}".encode()).hexdigest()[:20]
    message_id = f"<{key}@{list_id}>"
    if len(message_id) > MESSAGE_ID_CHARS:
        most = MESSAGE_ID_CHARS - len(message_id) + len(list_id)
        raise DigestError(f"digest.list_id: {list_id!r} is longer than {most} characters; choose a shorter host name")
    return message_id


def mailto(address: str, subject: str) -> str:
    """Return a mailto URL.

    >>> mailto("a@example.org", "unsubscribe kunta")
    'mailto:a@example.org?subject=unsubscribe%20kunta'
    """
    return f"mailto:{quote(address, safe='@+.-_')}?subject={quote(subject)}"


def build(draft: Draft) -> bytes:
    """Return the mail as it is sent: CRLF line ends, ASCII only, the same bytes for the same draft.

    Raises:
        DigestError: a part cannot be encoded.
        HeaderError: the finished mail has a header it must not have, or lacks one.
    """
    message = EmailMessage(_POLICY)
    try:
        _set_headers(message, draft)
        message.set_content(draft.text, charset="utf-8", cte="quoted-printable")
        message.add_alternative(draft.html, subtype="html", charset="utf-8", cte="quoted-printable")
        message["Content-Language"] = draft.language  # set earlier, it would move into the first part
        # The boundary is otherwise drawn at random; "=_" cannot stand in quoted-printable text (RFC 2045, 6.7).
        message.set_boundary(f"=_{hashlib.sha256(draft.message_id.encode()).hexdigest()[:24]}")
        raw = message.as_bytes()
    except UnicodeEncodeError as exc:
        raise DigestError(f"{draft.message_id}: the text cannot be encoded: {exc.reason}") from exc
    except ValueError as exc:
        raise HeaderError(f"{draft.message_id}: a header cannot be written: {exc}") from exc
    verify(raw, draft)
    return raw


def _set_headers(message: EmailMessage, draft: Draft) -> None:
    message["Message-ID"] = draft.message_id
    message["Date"] = format_datetime(draft.at.astimezone(HELSINKI))
    message["From"] = _address(draft.sender_name, draft.sender)
    if draft.reply_to:
        message["Reply-To"] = _address("", draft.reply_to)
    message["To"] = _address(draft.recipient_name, draft.recipient)
    message["Subject"] = clean_header(draft.subject)
    list_name = re.sub(r"[^A-Za-z0-9 .-]", "", unicodedata.normalize("NFKD", clean_header(draft.list_name, 40))).strip()
    message["List-Id"] = f"{list_name} <{draft.list_id}>".strip()
    message["List-Unsubscribe"] = f"<{clean_header(draft.unsubscribe, 400)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "list"


def _address(name: str, address: str) -> Address:
    return Address(display_name=clean_name(name), addr_spec=address)


def verify(raw: bytes, draft: Draft) -> None:
    """Read the finished mail again and check that it is exactly what was meant.

    Raises:
        HeaderError: another header list, a bare line feed, a line over 998 bytes, a byte outside ASCII, a defect, or
            another sender, recipient, subject or text than in `draft`.
    """
    try:
        faults = _faults(raw, draft)
    except (AttributeError, IndexError, ValueError) as exc:  # what `email` raises for headers beyond its grammar
        raise HeaderError(f"{draft.message_id}: the finished mail cannot be read again: {exc}") from exc
    if faults:
        raise HeaderError(f"{draft.message_id}: the finished mail is not as meant: {'; '.join(faults)}")


def _faults(raw: bytes, draft: Draft) -> list[str]:
    faults = []
    read = message_from_bytes(raw, policy=_POLICY)
    if not isinstance(read, EmailMessage):
        return ["it cannot be read again"]
    expected = [name for name in HEADERS if name != "Reply-To" or draft.reply_to]
    if read.keys() != expected:
        faults.append(f"its headers are {', '.join(read.keys())}")
        return faults
    if not raw.isascii():
        faults.append("it has bytes outside ASCII")
    if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
        faults.append("it has a line end that is not CRLF")
    if any(len(line) > LINE_CHARS for line in raw.split(b"\r\n")):
        faults.append(f"it has a line of more than {LINE_CHARS} bytes")
    faults += [f"its part {part.get_content_type()} is malformed" for part in read.walk() if _defective(part)]
    for name, address in (("From", draft.sender), ("To", draft.recipient)):
        found = [one.addr_spec for one in read[name].addresses]
        if found != [address]:
            faults.append(f"{name} is {found}")
    # Where `email` folds a long value, blanks may come or go.
    if "".join(read["Subject"].split()) != "".join(clean_header(draft.subject).split()):
        faults.append(f"Subject is {str(read['Subject'])!r}")
    for kind, meant in (("plain", draft.text), ("html", draft.html)):
        body = read.get_body((kind,))
        if body is None or body.get_content().split() != meant.split():
            faults.append(f"its {kind} part reads otherwise")
    return faults


def _defective(part: EmailMessage) -> bool:
    return bool(part.defects) or any(header.defects for header in part.values())
