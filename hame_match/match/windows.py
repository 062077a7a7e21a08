"""What of a call is embedded: its title and its text about the subject, cut into windows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from hame_match.model.call import SUBJECT_ROLES, Call
from hame_match.sentences import is_boilerplate, sentences

WINDOW_CHARS = 1100
"""About 280 tokens: measured better than the whole text at once and than single sentences."""
MOST_WINDOWS = 12
"""Some work-programme topics run over thirty pages; what comes later is conditions."""
BORROWED_WINDOWS = 3
"""Of a parent topic: enough to say the field, too few to drown the title, which is all that is the call's own."""


@dataclass(frozen=True, slots=True)
class CallWindows:
    """The texts of one call that are embedded.

    Attributes:
        language: language of the texts.
        texts: the windows in order, at least one; each starts with the title.
        heading_only: there is no text, so that the only window is the heading.
    """

    language: str
    texts: tuple[str, ...]
    heading_only: bool = False


def text_hash(text: str) -> str:
    """Return the SHA-256 (hex) by which the vector of `text` is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def subject_text(call: Call, language: str) -> str:
    """Return the call's text about its subject in `language`, sections parted by lines; may be empty."""
    return "\n".join(s.text for s in call.sections if s.role in SUBJECT_ROLES and s.language == language)


def heading_of(call: Call, language: str) -> str:
    """Return title, parent topic and project in one line: all that a call without text has."""
    parts = [call.title(language)[0], call.parent_title, call.project]
    return ". ".join(dict.fromkeys(part.rstrip(". ") for part in parts if part))


def lenders(calls: Iterable[Call]) -> dict[str, Call]:
    """Return the topics whose text calls without a text of their own borrow: id of the borrower to the topic.

    A cascade call names its topic by identifier. A topic that is closed lends, too; a cascade call never does, because
    its identifier is that of its topic and its text that of its own project.

    Args:
        calls: every call known.
    """
    topics: dict[tuple[str, str], Call] = {}
    borrowers = []
    for call in calls:
        if call.has_text:
            if call.identifier and not is_cascade(call):
                topics[call.source, call.identifier.casefold()] = call
        elif call.identifier:
            borrowers.append((call.call_id, (call.source, call.identifier.casefold())))
    return {call_id: topics[key] for call_id, key in borrowers if key in topics}


def is_cascade(call: Call) -> bool:
    """Return whether a call passes on money that a project got from a topic."""
    return call.parent_title is not None or call.project is not None


def windows_of(call: Call, lender: Call | None = None) -> CallWindows:
    """Return what is embedded of `call`, in its original language, without boilerplate.

    A call without text has one window, its title with its parent topic and project, and after it the first windows
    of its `lender`, each under its own title.

    Args:
        call: the call.
        lender: the topic whose text it borrows, see `lenders`; None when there is none.
    """
    language = call.original_language()
    heading = heading_of(call, language)
    own = [f"{heading}. {window}" for window in _cut(subject_text(call, language))[:MOST_WINDOWS]]
    if own or lender is None:
        return CallWindows(language, tuple(own) or (heading,), heading_only=not own)
    borrowed = _cut(subject_text(lender, language))[:BORROWED_WINDOWS]
    return CallWindows(language, (heading, *(f"{heading}. {window}" for window in borrowed)))


def _cut(text: str) -> list[str]:
    windows: list[str] = []
    current = ""
    for sentence in sentences(text):
        if is_boilerplate(sentence):
            continue
        if current and len(current) + len(sentence) > WINDOW_CHARS:
            windows.append(current)
            current = ""
        current = f"{current} {sentence}".strip()[: 2 * WINDOW_CHARS]
    return [*windows, current] if current else windows
