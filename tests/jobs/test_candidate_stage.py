from pathlib import Path

import pytest

from hame_match.jobs.matching import rank_all
from hame_match.match import candidates
from hame_match.store import Store, open_store
from tests.builders import a_call, a_workspace, an_actor, put_calls

WORDS = ("hitsaus", "robotti", "konepaja", "kirjasto", "järvi", "hevonen", "metsä", "leipä", "museo", "satama")


def many(store: Store) -> None:
    put_calls(
        store,
        *(
            a_call(str(number), f"Tuetaan aihetta {one} ja {other} seudulla {number}.", titles={"fi": f"{one} {other}"})
            for number, (one, other) in enumerate((one, other) for one in WORDS for other in WORDS)
        ),
    )


def listed(folder: Path, *, keep: int = 5) -> list[tuple[str, float]]:
    folder.mkdir()
    with open_store(None) as store:
        many(store)
        workspace = a_workspace(store, folder, an_actor(interests=("Hitsaus ja robotti konepajassa.", "Satama.")))
        rank_all(workspace)
        return [(one.call_id, one.relevance) for one in store.matches.of_actor("esimerkki-konepaja")][:keep]


def test_the_top_of_a_list_is_the_same_from_candidates_as_from_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = listed(tmp_path / "whole")
    monkeypatch.setattr(candidates, "BY_MEANING", 30)
    monkeypatch.setattr(candidates, "PART", 1000)
    assert listed(tmp_path / "few") == whole


def test_words_and_eligibility_are_asked_of_candidates_only(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "BY_MEANING", 7)
    monkeypatch.setattr(candidates, "PART", 1000)
    monkeypatch.setattr(candidates, "BY_WORDS", 1)
    many(store)
    rank_all(a_workspace(store, tmp_path, an_actor(interests=("Hitsaus ja robotti konepajassa.", "Satama."))))
    assert 7 <= len(store.matches.of_actor("esimerkki-konepaja")) <= 9


def test_a_call_far_off_in_meaning_is_a_candidate_by_its_words(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "BY_MEANING", 3)
    monkeypatch.setattr(candidates, "PART", 1000)
    monkeypatch.setattr(candidates, "BY_WORDS", 2)
    many(store)
    put_calls(store, a_call("far", "Kaukana tästä " * 40 + "ratapölkky.", titles={"fi": "Kaukana kaikesta muusta"}))
    actor = an_actor(interests=("Hitsaus ja robotti konepajassa.", "Ratapölkky."))
    workspace = a_workspace(store, tmp_path, actor)
    rank_all(workspace)
    assert "fi_haeavustuksia:far" in {one.call_id for one in store.matches.of_actor(actor.slug)}
    monkeypatch.setattr(candidates, "BY_WORDS", 0)
    rank_all(workspace)
    assert "fi_haeavustuksia:far" not in {one.call_id for one in store.matches.of_actor(actor.slug)}
