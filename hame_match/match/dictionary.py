"""General dictionaries installed on the machine, in the format of dictd; read, never required, never shipped.

A dictionary is two files. The index has one line per headword: headword, offset and length parted by tabs, the numbers
in base 64 (digits ``A-Za-z0-9+/``, most significant first). The text is UTF-8, plain (``.dict``) or compressed
(``.dict.dz``, which gzip reads). Source: dictfmt(1) and dictzip(1) of the DICT project (https://www.dict.org).
FreeDict's Finnish and Swedish dictionaries (Debian's ``dict-freedict-fin-eng`` and ``dict-freedict-swe-eng``) come so.
"""

import functools
import gzip
import hashlib
import logging
import os
import re
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

FOLDERS_VARIABLE = "HAME_MATCH_DICTIONARIES"
STANDARD_FOLDERS = ("/usr/share/dictd", "/usr/local/share/dictd", "/opt/homebrew/share/dictd")
NAMES = {"fi": "fin-eng", "sv": "swe-eng"}
"""Names of the dictionaries into English, by language."""

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_DIGITS = {digit: value for value, digit in enumerate(_ALPHABET)}
_SENSE = re.compile(r"^\s*\d+\.\s*")
_NEXT_SENSE = re.compile(r"\s+\d+\.(?:\s|$)")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>")
_ENGLISH = re.compile(r"[^\W\d_](?:[^\W_]|[ '’-])*")
LONGEST_ENGLISH = 4
"""Words of an equivalent; a longer one explains rather than translates."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary of one language into English; empty where none is installed.

    Attributes:
        file: the index it was read from; None where there is none.
        note: what is wrong with it, for a person; empty when nothing is.
        version: the first 8 hexadecimal digits of SHA-256 of both files; empty where there is none.
        entries: lower-case headword to its entries, in the order of the index.
    """

    file: Path | None
    note: str
    version: str
    entries: Mapping[str, tuple[str, ...]]

    def english(self, word: str, *, name: bool = False) -> str:
        """Return the first English equivalent of a lower-case headword, of its first sense; empty when it has none.

        Args:
            word: the headword in lower case.
            name: only entries whose headword is written with a capital, such as countries.
        """
        for entry in self.entries.get(word, ()):
            if (not name or entry[:1].isupper()) and (found := first_equivalent(entry)):
                return found
        return ""


NONE = Dictionary(None, "", "", {})


def folders() -> tuple[Path, ...]:
    """Return where dictionaries are looked for, in order.

    ``HAME_MATCH_DICTIONARIES`` replaces the standard folders and the user's own; set and empty, there are none.
    """
    if (named := os.environ.get(FOLDERS_VARIABLE)) is not None:
        return tuple(Path(folder).expanduser() for folder in named.split(os.pathsep) if folder)
    own = platformdirs.user_data_path("hame-match", appauthor=False) / "dictionaries"
    return (own, *map(Path, STANDARD_FOLDERS))


@functools.cache
def installed(language: str, where: tuple[Path, ...]) -> Dictionary:
    """Return the dictionary of ``fi`` or ``sv`` of the first folder that has one; read once.

    A damaged one is not used: it comes back empty, with a note that is also logged.
    """
    name = NAMES[language]
    for folder in where:
        for stem in (f"freedict-{name}", name, f"{name}/{name}"):
            index = folder / f"{stem}.index"
            if index.is_file():
                dictionary = _read(index)
                if dictionary.note:
                    _log.warning("%s", dictionary.note)
                return dictionary
    return NONE


def _read(index: Path) -> Dictionary:
    base = str(index).removesuffix(".index")
    try:
        lines = index.read_bytes()
        packed = Path(f"{base}.dict.dz")
        written = packed.read_bytes() if packed.is_file() else Path(f"{base}.dict").read_bytes()
        text = gzip.decompress(written) if packed.is_file() else written
        entries = _entries(lines.decode("utf-8"), text)
    except (OSError, EOFError, zlib.error, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        note = f"{index}: the dictionary cannot be read and is not used: {reason}; install its package again"
        return Dictionary(index, note, "", {})
    return Dictionary(index, "", hashlib.sha256(lines + written).hexdigest()[:8], entries)


def _entries(index: str, text: bytes) -> dict[str, tuple[str, ...]]:
    """Return headword to entries.

    Raises:
        ValueError: a line has not three columns, a number is none, or an entry lies outside the text.
    """
    entries: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(index.splitlines(), start=1):
        headword, *cells = line.split("\t")
        if headword.startswith("00database"):
            continue
        if len(cells) < 2:
            raise ValueError(f"line {number} of the index has not three columns")
        start, length = base64_number(cells[0]), base64_number(cells[1])
        if start + length > len(text):
            raise ValueError(f"line {number} of the index points outside the text")
        word = headword.lower()
        entries[word] = (*entries.get(word, ()), text[start : start + length].decode("utf-8"))
    return entries


def base64_number(digits: str) -> int:
    """Return a number of an index.

    Raises:
        ValueError: a digit is none.

    >>> base64_number("dq6"), base64_number("A")
    (121530, 0)
    """
    number = 0
    for digit in digits:
        if digit not in _DIGITS:
            raise ValueError(f"{digits!r} is not a number in base 64")
        number = number * 64 + _DIGITS[digit]
    return number


def first_equivalent(entry: str) -> str:
    r"""Return the first English equivalent of an entry: the words before a comma in the first sense that has any.

    The first line is the headword itself; a prefix or a suffix (written with a hyphen) has no equivalent.

    >>> first_equivalent("kuori /kuori/ <n>\n1. shell, peel\nympäröivä kerros\n2. chancel\n")
    'shell'
    >>> first_equivalent("ala- /ala/ <prefix>\nlow, lower\n")
    ''
    """
    head, *lines = entry.strip().splitlines() or [""]
    headword = head.split(" /")[0].strip()
    if headword.startswith("-") or headword.endswith("-"):
        return ""
    for position, line in enumerate(lines):
        if position and not _SENSE.match(line):
            continue
        sense = _NEXT_SENSE.split(_SENSE.sub("", line))[0]
        for equivalent in re.split(r"[,;]", _ASIDE.sub(" ", sense)):
            words = equivalent.split()
            if 0 < len(words) <= LONGEST_ENGLISH and _ENGLISH.fullmatch(" ".join(words)):
                return " ".join(words)
    return ""
