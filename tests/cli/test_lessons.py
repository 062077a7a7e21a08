"""`matches explain` and `actors forget`, over a small workspace."""

import io
from pathlib import Path

import pytest

from hame_match.jobs.matching import rank_all
from hame_match.jobs.workspace import Workspace
from hame_match.settings import load
from tests.builders import NOW, HashEmbedder, a_call, an_actor, put_calls, write_profiles
from tests.cli.running import at_now, hame, opened

ACTOR = "esimerkki-konepaja"
WELDING = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa"
WASTE = "Avustuksella mitataan leikkuujätettä ja energian kulutusta konepajoissa"


def rank(folder: Path) -> None:
    with opened(folder) as store:
        rank_all(Workspace(load(folder / "hame-match.toml"), store, lambda: NOW, embedder=HashEmbedder()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert hame("init", "w").code == 0
    monkeypatch.chdir(tmp_path / "w")
    write_profiles(Path("profiles"), [an_actor()])
    with opened(Path()) as store:
        for name, text in (("robotti", WELDING), ("jate", WASTE)):
            put_calls(store, *(a_call(f"{name}-{n}", f"{text}. Kierros {n}.") for n in range(1, 5)))
    rank(Path())
    return Path()


@pytest.fixture
def taught(folder: Path) -> Path:
    assert at_now("matches", "approve", "--actor", ACTOR, "jate-1", "jate-2", "jate-3").code == 0
    assert (
        at_now("matches", "reject", "--actor", ACTOR, "robotti-1", "robotti-2", "--reason", "not-our-field").code == 0
    )
    assert at_now("matches", "reject", "--actor", ACTOR, "robotti-3", "--reason", "no-co-funding").code == 0
    rank(folder)
    return folder


def test_nothing_is_learnt_without_decisions(folder: Path) -> None:
    ran = at_now("matches", "explain", "--actor", ACTOR)
    assert (ran.code, ran.out) == (0, "Yhtään päätöstä ei ole opittavaksi: lista seuraa pelkkää profiilia.\n")
    said = at_now("matches", "explain", "--actor", ACTOR, "--json").json
    assert (said["state"], said["influences"], said["call"]) == (None, [], None)


def test_what_was_learnt_is_told_in_plain_words(taught: Path) -> None:
    told = at_now("matches", "explain", "--actor", ACTOR, "--call", "jate-4")
    assert told.code == 0
    for words in (
        "Opittu järjestys voitti profiilin",
        "3 puolesta, 2 vastaan. Muita, jotka eivät kerro aiheesta: 1.",
        "Lisää tällaisia",
        "omarahoitusta, laskee listalla (yksi hylkäys)",
        "Osuvuus profiilin mukaan",
    ):
        assert words in told.out
    assert "Learnt from the reasons" in at_now("matches", "explain", "--actor", ACTOR, "--language", "en").out


def test_programs_get_the_same_as_json(taught: Path) -> None:
    said = at_now("matches", "explain", "--actor", ACTOR, "--call", "jate-4", "--json").json
    assert said["state"] == "used"
    assert said["judgements"] == {"positive": 3, "negative": 2, "silent": 1, "waiting": 0}
    assert 0 < said["trust"] <= 1
    assert [rule["rule"] for rule in said["rules"]] == ["co_funding"]
    call = said["call"]
    assert call["prior"] + call["learnt"] == pytest.approx(call["relevance"], abs=2e-4)
    assert call["because"][0]["title"]
    shown = at_now("matches", "show", "--actor", ACTOR, "jate-4", "--json").json
    assert (shown["learnt"], shown["flags"]) == (call["learnt"], [])


def test_forgetting_asks_first_and_is_told_afterwards(taught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked = at_now("actors", "forget", "--actor", ACTOR)
    assert asked.code == 1
    assert "Forget what 6 decisions" in asked.out
    assert at_now("matches", "explain", "--actor", ACTOR, "--json").json["forgotten_at"] is None
    done = at_now("actors", "forget", "--actor", ACTOR, "--yes")
    assert (done.code, "6 decisions" in done.out) == (0, True)
    assert "`hame-match matches run`" in at_now("matches", "explain", "--actor", ACTOR).out
    rank(taught)
    said = at_now("matches", "explain", "--actor", ACTOR, "--json").json
    assert (said["state"], said["judgements"]["waiting"]) == (None, 0)
    reviews = {match["review"] for match in at_now("matches", "list", "--actor", ACTOR, "--all", "--json").json}
    assert reviews == {"approved", "rejected", "pending"}


def test_an_unknown_actor_is_named(folder: Path) -> None:
    for arguments in (("matches", "explain"), ("actors", "forget", "--yes")):
        ran = at_now(*arguments, "--actor", "x")
        assert (ran.code, "there is no actor 'x'" in ran.err) == (1, True)
