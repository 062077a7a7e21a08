"""A digest as a mail to one recipient, made once and kept as bytes."""

import textwrap
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from hame_match.deliver.entries import entries
from hame_match.deliver.mail import Draft, ascii_address, build, clean_header, mailto, make_message_id
from hame_match.deliver.timing import whole_date
from hame_match.deliver.words import Words, load_words
from hame_match.errors import DigestError
from hame_match.language import clean_line, format_date
from hame_match.model.actor import Actor, Recipient
from hame_match.model.digest import Digest, Message
from hame_match.paths import bundled
from hame_match.settings import DigestSettings

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment

TEXT_COLUMNS = 74
"""Leaves room for a quoting mark in an answer (RFC 3676, 4.2 asks for at most 78)."""

_WHOLE = "\N{NO-BREAK SPACE}"


def render(digest: Digest, actor: Actor, recipient: Recipient, settings: DigestSettings, now: datetime) -> Message:
    """Return the mail that `recipient` of `actor` gets for `digest`; reads only the templates.

    Args:
        digest: at least one item.
        actor: whom it is for.
        recipient: who reads it; decides the language.
        settings: sender and footer.
        now: aware instant that days are counted from.

    Returns:
        The mail, the same bytes for the same arguments.

    Raises:
        DigestError: the digest is empty or of another actor, an address or a template is wrong, or a text cannot be
            encoded; the message names the digest.
        HeaderError: the finished mail is not exactly what was meant.
    """
    about = f"digest of {actor.slug} for {digest.week}"
    if not digest.items:
        raise DigestError(f"{about}: it has no calls; an empty digest is never made")
    if digest.actor != actor.slug:
        raise DigestError(f"{about}: it was made for {digest.actor}")
    words = load_words(recipient.language)
    sender = ascii_address(settings.sender, "digest.sender")
    address = ascii_address(recipient.address, about)
    reply_to = ascii_address(settings.reply_to, "digest.reply_to") if settings.reply_to else ""
    stop = ascii_address(settings.unsubscribe, "digest.unsubscribe") if settings.unsubscribe else reply_to or sender
    values = _values(digest, actor, recipient, now, words)
    values |= {
        "footer": (
            words("digest.checked"),
            words(f"digest.basis.{recipient.basis.value}"),
            words("digest.sender", name=settings.sender_name, address=sender),
        ),
        "feedback": words("digest.feedback") if settings.reply_to else "",
        "stop_url": mailto(stop, f"unsubscribe {actor.slug}"),
        "stop_text": words("digest.stop_text", address=stop),
        "privacy_url": settings.privacy_url,
    }
    html, text = _html(values, about), _fill("text.j2", values, about)
    draft = Draft(
        message_id=make_message_id(actor.slug, digest.week, address, settings.list_id),
        at=digest.made_at,
        sender=sender,
        sender_name=settings.sender_name,
        reply_to=reply_to,
        recipient=address,
        recipient_name=recipient.name,
        subject=str(values["subject"]),
        list_id=settings.list_id,
        list_name=settings.sender_name,
        unsubscribe=str(values["stop_url"]),
        language=recipient.language,
        text=text,
        html=html,
    )
    return Message(draft.message_id, sender, address, clean_header(draft.subject), build(draft), text, html)


def _values(digest: Digest, actor: Actor, recipient: Recipient, now: datetime, words: Words) -> dict[str, object]:
    """Return what both templates fill in, but for the footer."""
    shown = entries(digest, actor, words, now)
    count, week = len(shown), int(digest.week[-2:])
    days = [entry.when.day for entry in shown if entry.when.day is not None]
    subject = words.many("digest.subject", count, week=week)
    intro = [words.many("digest.intro", count)]
    if days:
        subject += words.many("digest.subject_deadline", count, date=format_date(min(days), words.language))
        intro.append(words.many("digest.nearest", count, date=whole_date(min(days), words.language)))
    return {
        "words": words,
        "language": words.language,
        "week": week,
        "actor": actor.name,
        "subject": subject,
        "greeting": words("digest.greeting", name=recipient.name),
        "intro": " ".join(intro),
        "links": words.many("digest.links", count),
        "entries": shown,
        "more": words.many("digest.more", digest.more) if digest.more else "",
    }


def _html(values: dict[str, object], about: str) -> str:
    from css_inline import InlineError

    try:
        return _inliner().inline(_fill("html.j2", values, about))
    except InlineError as exc:
        raise DigestError(f"{about}: the styles cannot be inlined: {exc}") from exc


def _fill(template: str, values: dict[str, object], about: str) -> str:
    from jinja2 import TemplateError

    try:
        return _environment(escaped=template == "html.j2").get_template(template).render(values)
    except TemplateError as exc:
        raise DigestError(f"{about}: templates/digest/{template}: {exc}") from exc


@cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner

    # What is scraped must never make us fetch a style sheet or read a file.
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)


@cache
def _environment(*, escaped: bool) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(bundled("templates") / "digest"),
        undefined=StrictUndefined,
        autoescape=escaped,  # noqa: S701 - off for the plain text only
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean if escaped else None,
    )
    environment.filters["wrapped"] = wrapped
    return environment


def _clean(value: object) -> object:
    """Take control characters out of whatever is put into the HTML; in the text `wrapped` does it."""
    return _one_line(value) if type(value) is str else value


def _one_line(text: str) -> str:
    """Return `text` cleaned, with the blanks that keep dates and amounts whole."""
    return _WHOLE.join(clean_line(part) for part in text.split(_WHOLE))


def wrapped(text: str, indent: str = "", following: str | None = None) -> str:
    """Return `text` on one or more lines of at most `TEXT_COLUMNS` columns; a line break in it becomes a blank.

    >>> print(wrapped("Hakuaika päättyy.", "  "))
      Hakuaika päättyy.
    """
    return textwrap.fill(
        _one_line(text),
        TEXT_COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_on_hyphens=False,
    )
