"""From calls to actors on the command line; what needs the real model runs on the demo's calls."""

import json
from pathlib import Path

import pytest

from hame_match.cli import partners
from hame_match.deliver.words import load_words
from hame_match.jobs.matching import rank_all
from hame_match.jobs.partners import consortium_for
from hame_match.jobs.reverse import actors_for
from hame_match.jobs.workspace import Workspace
from hame_match.language import READING_LANGUAGES
from hame_match.settings import load
from hame_match.store import Store
from tests.builders import NOW, HashEmbedder, a_call, a_workspace, an_actor, put_calls, write_profiles
from tests.cli.running import at_now, hame, opened

ACTOR = "esimerkki-konepaja"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert hame("init", "w").code == 0
    monkeypatch.chdir(tmp_path / "w")
    write_profiles(Path("profiles"), [an_actor()])
    with opened(Path()) as store:
        put_calls(store, a_call("a"), a_call("b", titles={"fi": "Hitsaus"}))
    return Path()


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(store, a_call("a"), a_call("b", titles={"fi": "[bold]Hitsaus[/bold]"}))
    library = an_actor("kirjasto", interests=("Lukupiirit ja kirjastot.",), name="Kirjasto [i]ry[/i]")
    made = a_workspace(store, tmp_path, an_actor(), library)
    rank_all(made)
    return made


@pytest.mark.parametrize("verb", ["reverse", "consortium"])
def test_a_call_that_is_none_and_lists_that_are_missing_are_named_with_the_remedy(folder: Path, verb: str) -> None:
    unknown = at_now("matches", verb, "--call", "nothing")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no call 'nothing'; `hame-match calls list`" in unknown.err
    unranked = at_now("matches", verb, "--call", "a", "--json")
    assert (unranked.code, unranked.out) == (1, "")
    assert "run `hame-match matches run` first" in unranked.err
    (folder / "profiles" / f"{ACTOR}.yaml").unlink()
    nobody = at_now("matches", verb, "--call", "a")
    assert nobody.code == 1
    assert "add profiles to" in nobody.err


@pytest.mark.parametrize("size", ["1", "5"])
def test_a_consortium_has_two_to_four_members(folder: Path, size: str) -> None:
    assert at_now("matches", "consortium", "--call", "a", "--size", size).code == 2


def test_quiet_actors_are_listed_until_something_is_approved(folder: Path) -> None:
    before = at_now("actors", "quiet", "--json").json
    assert before == [
        {
            "actor": ACTOR, "name": "Esimerkin Konepaja Oy", "approved_at": None, "sent_at": None, "waiting": 0,
            "best": None,
        }
    ]  # fmt: skip
    with opened(folder) as store:
        rank_all(Workspace(load(folder / "hame-match.toml"), store, lambda: NOW, embedder=HashEmbedder()))
    waiting = at_now("actors", "quiet", "--json").json[0]
    assert (waiting["waiting"], waiting["best"]["rank"]) == (2, 1)
    assert "1 of 1 actors have had nothing for 31 days." in at_now("actors", "quiet").out
    assert at_now("matches", "approve", "--actor", ACTOR, "a").code == 0
    assert at_now("actors", "quiet", "--json").json == []
    assert "Every actor got a call or a mail within 7 days." in at_now("actors", "quiet", "--days", "7").out


@pytest.mark.parametrize("language", READING_LANGUAGES)
def test_actors_of_a_call_are_printed_with_their_reasons(
    workspace: Workspace, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = load_words(language)
    stored, found = actors_for(workspace, "b")
    partners.print_reverse(stored, found, 2, words, NOW)
    printed = capsys.readouterr().out
    for one in found:
        assert f"{one.name} ({one.actor})" in printed
        assert words.name(one.label) in printed
    assert words("reverse.quiet", day="") in printed
    assert words.many("reverse.hidden", 2) in printed
    said = json.loads(json.dumps(partners.reverse_json(stored, found, words), default=str))
    assert [one["actor"] for one in said["actors"]] == [one.actor for one in found]
    assert all(one["decisive"] in {reason["code"] for reason in one["reasons"]} for one in said["actors"])


@pytest.mark.parametrize("language", READING_LANGUAGES)
def test_a_consortium_is_printed_with_what_is_missing(
    workspace: Workspace, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = load_words(language)
    stored, found = consortium_for(workspace, "a")
    partners.print_consortium(stored, found, words, NOW)
    printed = capsys.readouterr().out
    assert all(member.name in printed for member in found.members)
    if len(found.members) < 2:
        assert words("consortium.none") in printed
    for want in found.unfilled:
        assert words.role(want.role.value) in printed
    said = json.loads(json.dumps(partners.consortium_json(stored, found, words), default=str))
    assert [one["actor"] for one in said["members"]] == [one.actor for one in found.members]
    assert said["missing"].keys() == {"roles", "sentences", "foreign_partners", "questions"}
