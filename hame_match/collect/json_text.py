"""The readable text inside JSON whose inner names are not known, such as the sections of a grant notice.

Language objects (``fi``, ``sv``, ``en`` and ``richFi`` ...), HTML, rich text of web editors kept as a string of JSON,
and links are understood wherever they stand; ids, dates, codes, numbers and switches are no text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hame_match.collect.text import html_to_text
from hame_match.errors import ParseError
from hame_match.language import clean_line, clean_text

LANGUAGES: Final = ("fi", "sv", "en")
MAX_DEPTH: Final = 40
"""Levels of objects inside each other; editors nest lists a few deep, and Python's own stack ends near a thousand."""

_RICH: Final = {f"rich{language.capitalize()}": language for language in LANGUAGES}
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_ADDRESS_KEYS: Final = ("url", "href")
_LABEL_KEYS: Final = ("text", "title", "teksti", "otsikko", "nimi")
# Names of editor nodes that stand inside a line (Slate, TipTap and Lexical); every other typed node is a block.
_INLINE: Final = frozenset({"text", "link", "a", "autolink", "mention", "hashtag", "span"})
_BREAKS: Final = frozenset({"hardbreak", "linebreak", "br"})
_TAG: Final = re.compile(r"<[a-zA-Z/!]")


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text and where it stood.

    Attributes:
        path: keys from the outside in, without list positions and language codes.
        language: two-letter code.
        text: cleaned, not empty.
        is_link: it is a link, with its label before the address.
    """

    path: tuple[str, ...]
    language: str
    text: str
    is_link: bool = False


def find_texts(value: object, path: tuple[str, ...] = (), language: str | None = None) -> Iterator[FoundText]:
    """Yield the texts inside `value`, in its order.

    Text outside a language object counts as Finnish, and only when it is more than two words: what is shorter is a
    code, an id or a name. In a language object the rich text comes, and the plain one where it says something else.

    Args:
        value: parsed JSON.
        path: keys that lead to it.
        language: language of everything inside; None outside a language object.

    Raises:
        ParseError: it is nested more than `MAX_DEPTH` deep.

    >>> [(found.path, found.language, found.text) for found in find_texts({"kenelle": {"fi": "Kunnille", "sv": None}})]
    [(('kenelle',), 'fi', 'Kunnille')]
    """
    if len(path) > MAX_DEPTH:
        raise ParseError(f"{'.'.join(path[:5])}...: nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        yield from _text(value, path, language)
    elif isinstance(value, list):
        for item in value:
            # An empty key counts a level for MAX_DEPTH and is left out of what is yielded.
            yield from find_texts(item, (*path, ""), language)
    elif isinstance(value, dict):
        address = next((value[key] for key in _ADDRESS_KEYS if _is_address(value.get(key))), None)
        if isinstance(address, str):
            yield from _link(value, address, path, language)
        else:
            yield from _mapping(value, path, language)


def _mapping(value: Mapping[str, object], path: tuple[str, ...], language: str | None) -> Iterator[FoundText]:
    for spoken in LANGUAGES:
        yield from _said(value.get(spoken), value.get(f"rich{spoken.capitalize()}"), path, spoken)
    for key, inner in value.items():
        if key not in LANGUAGES and key not in _RICH:
            yield from find_texts(inner, (*path, key), language)


def _said(plain: object, rich: object, path: tuple[str, ...], language: str) -> Iterator[FoundText]:
    """Yield what a language object says in one language."""
    inside = (*path, "")
    from_rich = list(find_texts(rich, inside, language))
    said = " ".join(_words(found.text) for found in from_rich)
    for found in find_texts(plain, inside, language):
        if _words(found.text) not in said:
            yield found
    yield from from_rich


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _text(value: str, path: tuple[str, ...], language: str | None) -> Iterator[FoundText]:
    keys = tuple(key for key in path if key)
    stripped = value.strip()
    if _is_address(stripped):
        yield FoundText(keys, language or "fi", stripped, is_link=True)
        return
    document = editor_document(stripped)
    text = html_to_text(value) if document is None else editor_text(document)
    if text and (language or len(text.split()) > 2):
        yield FoundText(keys, language or "fi", text)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and bool(_ADDRESS.fullmatch(value.strip()))


def _link(
    value: Mapping[str, object], address: str, path: tuple[str, ...], language: str | None
) -> Iterator[FoundText]:
    labels = next((value[key] for key in _LABEL_KEYS if value.get(key)), None)
    spoken = labels if isinstance(labels, dict) else {language or "fi": labels}
    keys = tuple(key for key in path if key)
    found = False
    for code in LANGUAGES:
        label = spoken.get(code)
        if isinstance(label, str) and clean_line(label):
            found = True
            yield FoundText(keys, code, f"{clean_line(label)}: {address.strip()}", is_link=True)
    if not found:
        yield FoundText(keys, language or "fi", address.strip(), is_link=True)


def editor_document(text: str) -> dict[str, object] | list[object] | None:
    """Return the document of a web editor that `text` holds as JSON, None when it is ordinary text.

    >>> editor_document('{"blocks": []}'), editor_document("[huom.] Haku on auki")
    ({'blocks': []}, None)
    """
    if not text.startswith(("{", "[")):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def editor_text(document: object) -> str:
    r"""Return the text of a web editor's document, one line for each block; list items start with ``- ``.

    Written for the documents of Draft.js, Slate, TipTap, Lexical, Quill and Editor.js, which all keep inline text in
    ``text`` or ``insert`` and name their blocks in ``type``.

    Raises:
        ParseError: it is nested more than `MAX_DEPTH` deep.

    >>> editor_text({"blocks": [{"text": "Kenelle?", "type": "header-two"}, {"text": "Kunnille", "type": "unstyled"}]})
    'Kenelle?\nKunnille'
    """
    text = re.sub(r"[ \t]*\n\s*", "\n", "".join(_editor_pieces(document, 0)))
    # A bullet whose item is a paragraph or a list of its own stands alone on its line.
    return clean_text(re.sub(r"(?m)^(?:-\n)+(?:- )?", "- ", text))


def _editor_pieces(node: object, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise ParseError(f"a rich text is nested more than {MAX_DEPTH} deep")
    if isinstance(node, list):
        for item in node:
            if isinstance(item, str):  # an item of a list of Editor.js
                yield f"\n- {_plain(item)}\n"
            else:
                yield from _editor_pieces(item, depth + 1)
    if not isinstance(node, dict):
        return
    kind = str(node.get("type", "")).casefold()
    if kind in _BREAKS:
        yield "\n"
        return
    is_block = bool(kind) and kind not in _INLINE
    if is_block:
        yield "\n- " if re.search(r"list-?_?item|^li$", kind) else "\n"
    for key, inner in node.items():
        if key in ("text", "insert") and isinstance(inner, str):
            yield _plain(inner)
        elif isinstance(inner, dict | list) and key not in ("marks", "attrs", "attributes", "entityMap"):
            yield from _editor_pieces(inner, depth + 1)
    if is_block:
        yield "\n"


def _plain(text: str) -> str:
    return html_to_text(text) if _TAG.search(text) else text
