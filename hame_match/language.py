"""Text as it must be inside, and dates and money as Finns, Swedes and the English write them."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

HELSINKI = ZoneInfo("Europe/Helsinki")
"""The zone of everything shown; inside, instants are UTC."""

READING_LANGUAGES = ("fi", "en")
"""Languages a recipient can read the digest in; each has a word file in ``templates/words``."""

_KEPT_CONTROLS = "\n\t"
_JOINERS = "\u200c\u200d"
_WEEKDAYS = {
    "fi": ("ma", "ti", "ke", "to", "pe", "la", "su"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _kept(character: str) -> str:
    if character in _KEPT_CONTROLS or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co", "Cn", "Zs"):
        return " "
    return "" if category == "Cf" else character


def clean_text(text: str) -> str:
    """Return scraped or typed text made safe to keep: NFC, no control characters, no runs of blanks.

    Line breaks stay (at most one empty line in a row). Bidirectional overrides, zero-width marks, byte-order marks and
    lone surrogates go; the joiners that some scripts need stay.

    >>> clean_text("  Ha\\u0308me\\u202e \\x00 on\\r\\n\\n\\n\\n kaunis ")
    'Häme on\\n\\nkaunis'
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " "))
    text = re.sub("[\u2028\u2029]", "\n", text)
    # isprintable() is false exactly for the categories handled below: most texts need no look at each character
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = "".join(map(_kept, text))
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean_line(text: str) -> str:
    """Return `clean_text` on one line, for titles, names and headings.

    >>> clean_line("Two\\nlines")
    'Two lines'
    """
    return re.sub(r"\s+", " ", clean_text(text))


def shorten(text: str, limit: int) -> str:
    """Return `text` cut at a word to at most `limit` characters, with an ellipsis when anything was cut.

    >>> shorten("Vesistöjen kunnostus", 12)
    'Vesistöjen…'
    """
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if " " in cut[limit // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.–-") + "…"


def format_date(day: date, language: str, *, weekday: bool = False) -> str:
    """Return a date as it is written in `language`, ``fi`` or ``en``.

    >>> format_date(date(2027, 2, 16), "fi", weekday=True)
    'ti 16.2.2027'
    >>> format_date(date(2027, 2, 16), "en")
    '16 February 2027'
    """
    if language == "fi":
        text = f"{day.day}.{day.month}.{day.year}"
    else:
        text = f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
    return f"{_WEEKDAYS[language][day.weekday()]} {text}" if weekday else text


def format_instant(instant: datetime, language: str, *, weekday: bool = False) -> str:
    """Return an aware instant as Helsinki wall-clock time.

    >>> from datetime import UTC
    >>> format_instant(datetime(2026, 10, 30, 14, 15, tzinfo=UTC), "fi")
    '30.10.2026 klo 16.15'
    """
    local = instant.astimezone(HELSINKI)
    day = format_date(local.date(), language, weekday=weekday)
    if language == "fi":
        return f"{day} klo {local.hour}.{local.minute:02d}"
    return f"{day} at {local.hour:02d}:{local.minute:02d}"


def format_money(amount: Decimal, language: str) -> str:
    """Return an amount in EUR, rounded to whole euros and shortened to millions where that loses nothing.

    >>> format_money(Decimal(8500000), "fi").replace("\\N{NO-BREAK SPACE}", " ")
    '8,5 milj. €'
    >>> format_money(Decimal(60000), "fi").replace("\\N{NO-BREAK SPACE}", " ")
    '60 000 €'
    >>> format_money(Decimal(60000), "en")
    '€60,000'
    """
    locale = {"fi": "fi_FI", "en": "en_GB"}[language]
    millions = amount / 1_000_000
    if amount >= 1_000_000 and millions == round(millions, 2):
        number = format_decimal(millions.normalize(), locale=locale)
        return f"{number} milj. €" if language == "fi" else f"€{number} million"
    number = format_decimal(round(amount), locale=locale)
    return f"{number} €" if language == "fi" else f"€{number}"
