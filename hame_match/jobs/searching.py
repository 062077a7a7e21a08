"""Finds stored calls by words, in whichever of the three languages they are written."""

from dataclasses import dataclass

from hame_match.jobs.workspace import Workspace
from hame_match.match.lexical import call_stems, stems
from hame_match.model.call import CallStatus, StoredCall, status_at
from hame_match.store import Store

_LANGUAGES = ("fi", "sv", "en")
SHOWN = 20
"""Calls shown unless asked otherwise."""
LOOKED_AT = 200
"""Hits read to see whether they are open; a search whose open calls stand further down wants another word."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found.

    Attributes:
        calls: the best calls, best first.
        total: number of calls that fit, closed ones among them.
        looked_at: how many of these were read to choose `calls`.
        every_word: whether they hold every word; else no call does, and these hold some.
    """

    calls: tuple[StoredCall, ...]
    total: int
    looked_at: int
    every_word: bool


def search(workspace: Workspace, words: str, *, closed: bool = False, most: int = SHOWN) -> Hits:
    """Return the calls that hold `words`, in whatever inflection the stemmers know.

    A word is looked for by its Finnish, its Swedish and its English stem, for nobody says which language it is in.
    Brings the index up to date where calls have come or changed.

    Args:
        workspace: gives the database and the clock.
        words: any text; words that tell nothing, such as ``ja`` and ``the``, are not looked for.
        closed: whether to show calls that nobody can apply for any more.
        most: number of calls wanted.
    """
    store, now = workspace.store, workspace.clock()
    bring_up_to_date(store)
    found = store.search.find(_stems_by_word(words), most if closed else LOOKED_AT)
    chosen: list[StoredCall] = []
    looked_at = 0
    for call_id in found.call_ids:
        if len(chosen) >= most:
            break
        looked_at += 1
        stored = store.calls.get(call_id)
        if stored is not None and (closed or status_at(stored.call, now) is not CallStatus.CLOSED):
            chosen.append(stored)
    return Hits(tuple(chosen), found.total, looked_at, found.every_word)


def bring_up_to_date(store: Store) -> None:
    """Index the calls whose stems are missing or of an older content."""
    outdated = store.search.outdated()
    if not outdated:
        return
    with store.transaction():
        store.search.put(
            (call_id, stored.content_hash, *call_stems(stored.call))
            for call_id in outdated
            if (stored := store.calls.get(call_id)) is not None
        )


def _stems_by_word(words: str) -> list[list[str]]:
    """Return for each word its stems, one for each language in which it tells something.

    >>> _stems_by_word("ja tuulivoiman")
    [['tuulivoim', 'tuulivoiman', 'tuulivoiman']]
    """
    found = []
    for word in words.split():
        by_language = [stems(word, language) for language in _LANGUAGES]
        # A word that tells nothing in one language is hardly meant in another: "on", "och", "the".
        if all(by_language):
            found.append([stem for one in by_language for stem in one])
    return found
