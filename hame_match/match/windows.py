"""What of a call is embedded: its title and its text about the subject, cut into windows."""

import hashlib
from dataclasses import dataclass

from hame_match.model.call import SUBJECT_ROLES, Call
from hame_match.sentences import is_boilerplate, sentences

WINDOW_CHARS = 1100
"""About 280 tokens: measured better than the whole text at once and than single sentences."""
MOST_WINDOWS = 12
"""Some work-programme topics run over thirty pages; what comes later is conditions."""


@dataclass(frozen=True, slots=True)
class CallWindows:
    """The texts of one call that are embedded.

    Attributes:
        language: language of the texts.
        texts: the windows in order, at least one; each starts with the title.
    """

    language: str
    texts: tuple[str, ...]


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


def windows_of(call: Call) -> CallWindows:
    """Return what is embedded of `call`, in its original language, without boilerplate.

    A call without text has one window: its title with its parent topic and project.
    """
    language = call.original_language()
    heading = heading_of(call, language)
    windows: list[str] = []
    current = ""
    for sentence in sentences(subject_text(call, language)):
        if is_boilerplate(sentence):
            continue
        if current and len(current) + len(sentence) > WINDOW_CHARS:
            windows.append(current)
            current = ""
        current = f"{current} {sentence}".strip()[: 2 * WINDOW_CHARS]
    if current:
        windows.append(current)
    texts = tuple(f"{heading}. {window}" for window in windows[:MOST_WINDOWS]) or (heading,)
    return CallWindows(language, texts)
