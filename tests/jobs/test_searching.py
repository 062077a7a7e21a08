from datetime import date
from pathlib import Path

import pytest

from hame_match.jobs.searching import LOOKED_AT, search
from hame_match.jobs.workspace import Workspace
from hame_match.model.call import Deadline
from hame_match.store import Store
from tests.builders import a_call, a_workspace, an_eu_call, put_calls, section

CLOSED = (Deadline(on=date(2026, 9, 6)),)


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(
        store,
        a_call("vesi", "Vesistöjen kunnostukseen myönnetään tukea.", titles={"fi": "Järvien hoito"}),
        a_call(
            "sv", titles={"sv": "Bidrag för utbildning"}, sections=(section("Utbildningar i företag.", language="sv"),)
        ),
        an_eu_call("EU-1", "Hydrogen storage for regional ports.", titles={"en": "Hydrogen"}),
        a_call("vanha", "Vesistöjen kunnostus.", titles={"fi": "Vesistöt"}, deadlines=CLOSED),
    )
    return a_workspace(store, tmp_path)


def keys(workspace: Workspace, words: str, *, closed: bool = False) -> set[str]:
    return {stored.call.source_key for stored in search(workspace, words, closed=closed).calls}


@pytest.mark.parametrize(
    ("words", "key"),
    [("vesistö", "vesi"), ("kunnostuksen vesistössä", "vesi"), ("utbildning", "sv"), ("hydrogen in ports", "EU-1")],
)
def test_a_word_of_any_of_the_three_languages_is_found_in_any_form(workspace: Workspace, words: str, key: str) -> None:
    assert keys(workspace, words) == {key}


def test_closed_calls_are_shown_on_request(workspace: Workspace) -> None:
    assert keys(workspace, "vesistö") == {"vesi"}
    assert keys(workspace, "vesistö", closed=True) == {"vesi", "vanha"}


def test_words_that_tell_nothing_are_not_looked_for(workspace: Workspace) -> None:
    assert keys(workspace, "ja vesistö the och") == {"vesi"}
    hits = search(workspace, "ja the och")
    assert (hits.calls, hits.total) == ((), 0)


def test_a_search_that_no_call_answers_whole_says_so(workspace: Workspace) -> None:
    assert search(workspace, "vesistö").every_word
    hits = search(workspace, "vesistö hydrogen")
    assert not hits.every_word
    assert {stored.call.source_key for stored in hits.calls} == {"vesi", "EU-1"}
    assert hits.total == 3, "the closed one, too"


def test_what_came_after_the_last_search_is_found(store: Store, workspace: Workspace) -> None:
    assert keys(workspace, "kirjasto") == set()
    put_calls(store, a_call("uusi", "Kirjaston kokoelmat."))
    assert keys(workspace, "kirjastoissa") == {"uusi"}


def test_at_most_so_many_hits_are_read(store: Store, workspace: Workspace) -> None:
    closed = (a_call(f"k{number}", "Kirjaston kokoelmat.", deadlines=CLOSED) for number in range(LOOKED_AT + 5))
    put_calls(store, *closed)
    hits = search(workspace, "kirjastossa")
    assert (hits.calls, hits.total, hits.looked_at) == ((), LOOKED_AT + 5, LOOKED_AT)
    assert len(search(workspace, "kirjastossa", closed=True, most=7).calls) == 7
