"""The commands over a small workspace; crawls and the real model are in the acceptance tests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hame_match.demo.server import ReplayServer
from hame_match.demo.sites import demo_sites
from hame_match.jobs.matching import rank_all
from hame_match.jobs.workspace import Workspace
from hame_match.model.call import Deadline
from hame_match.model.digest import DeliveryState
from hame_match.model.match import DECISIVE_RULES, RejectionReason
from hame_match.settings import load
from tests.builders import NOW, HashEmbedder, a_call, an_actor, an_eu_call, put_calls, write_profiles
from tests.cli.running import at_now, hame, opened

ACTOR = "esimerkki-konepaja"
CALL_KEYS = {
    "call_id", "source", "source_key", "identifier", "title", "status", "opens_on", "deadlines", "url", "funder",
    "programme", "kind", "budget_total", "grant_min", "grant_max", "languages", "text_chars",
}  # fmt: skip
MATCH_KEYS = {
    "rank", "call_id", "source_key", "title", "relevance", "label", "eligibility", "reasons", "evidence", "interest",
}  # fmt: skip
RUN_KEYS = {"health", "found", "new", "changed", "unchanged", "skipped", "reason"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace made by `init`, with one actor and four calls, one of them closed."""
    monkeypatch.chdir(tmp_path)
    assert hame("init", "w").code == 0
    monkeypatch.chdir(tmp_path / "w")
    write_profiles(Path("profiles"), [an_actor()])
    with opened(Path()) as store:
        put_calls(
            store,
            a_call("a", grant_max=Decimal("60000.50"), budget_total=Decimal(2_000_000)),
            a_call("b", titles={"fi": "[bold]Hitsaus[/bold] & <i>särmäys</i>"}, deadlines=(), continuous=True),
            a_call("old", deadlines=(Deadline(on=date(2026, 9, 1)),)),
            an_eu_call(),
        )
    return Path()


@pytest.fixture
def ranked(folder: Path) -> Path:
    with opened(folder) as store:
        rank_all(Workspace(load(folder / "hame-match.toml"), store, lambda: NOW, embedder=HashEmbedder()))
    return folder


@pytest.fixture(scope="module")
def replay() -> Iterator[str]:
    with ReplayServer(demo_sites()) as server:
        yield server.url


def test_init_makes_one_settings_file_and_refuses_to_do_it_twice(tmp_path: Path) -> None:
    ran = hame("init", str(tmp_path / "uusi"), "--examples")
    assert ran.code == 0
    assert len(list(tmp_path.rglob("*.toml"))) == 1
    assert len(list((tmp_path / "uusi" / "profiles").glob("*.yaml"))) == 6
    (tmp_path / "uusi" / "hame-match.toml").write_text("# mine\n", "utf-8")
    again = hame("init", str(tmp_path / "uusi"))
    assert again.code == 1
    assert "there is a workspace here already" in again.err
    assert (tmp_path / "uusi" / "hame-match.toml").read_text("utf-8") == "# mine\n"


def test_init_without_examples_makes_no_actor(folder: Path) -> None:
    assert [file.name for file in (folder / "profiles").glob("*.yaml")] == [f"{ACTOR}.yaml"]
    assert (folder / "profiles" / "malli.yaml.example").exists()


def test_the_settings_are_found_by_option_then_variable_then_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str((folder / "hame-match.toml").resolve())
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert len(at_now("calls", "list", "--json").json) == 3
    monkeypatch.chdir(elsewhere)
    assert hame("calls", "list").code == 1
    assert len(at_now("--config", file, "calls", "list", "--json").json) == 3
    monkeypatch.setenv("HAME_MATCH_CONFIG", file)
    assert len(at_now("calls", "list", "--json").json) == 3
    ran = hame("--config", "none.toml", "calls", "list")
    assert (ran.code, "none.toml: no such settings file" in ran.err) == (1, True)


def test_calls_are_found_by_words_and_closed_ones_only_on_request(folder: Path) -> None:
    everything = at_now("calls", "list", "--all", "--json").json
    word = "hitsausrobottien"
    found = at_now("calls", "search", word, "--json").json
    with_closed = at_now("calls", "search", word, "--all", "--json").json
    assert {call["call_id"] for call in found} <= {call["call_id"] for call in with_closed}
    assert found
    assert found[0] in everything
    assert {call["status"] for call in found} <= {"open", "forthcoming", "unknown"}
    assert "stored calls hold every word." in at_now("calls", "search", word).out
    assert "No call holds 'yksisarvinen'." in at_now("calls", "search", "yksisarvinen").out
    assert len(at_now("calls", "search", word, "--all", "--limit", "1", "--json").json) == 1


def test_calls_are_listed_with_their_facts_and_closed_ones_only_on_request(folder: Path) -> None:
    found = {call["source_key"]: call for call in at_now("calls", "list", "--json").json}
    assert found.keys() == {"a", "b", "HORIZON-CL4-2026-01-TWIN-01"}
    assert all(call.keys() >= CALL_KEYS for call in found.values())
    assert found["a"]["deadlines"] == [{"on": "2026-10-30", "at": None, "kind": "single"}]
    assert (found["a"]["grant_max"], found["a"]["budget_total"]) == (60000.5, 2_000_000)
    assert (found["a"]["status"], found["a"]["languages"], found["a"]["text_chars"]) == ("open", ["fi"], 74)
    closed = {call["source_key"]: call["status"] for call in at_now("calls", "list", "--all", "--json").json}
    assert closed == dict.fromkeys(found, "open") | {"old": "closed"}
    eu = at_now("calls", "list", "--source", "eu_funding_tenders", "--json").json
    assert [call["source"] for call in eu] == ["eu_funding_tenders"]
    assert at_now("calls", "list", "--source", "fi_eura2021", "--json").json == []
    wrong = at_now("calls", "list", "--source", "fi_erua")
    assert (wrong.code, "there is no spider 'fi_erua'" in wrong.err) == (1, True)


def test_the_pinned_clock_decides_what_is_open(folder: Path) -> None:
    def keys(now: str) -> set[str]:
        return {call["source_key"] for call in hame("--now", now, "calls", "list", "--json").json}

    assert keys("2026-09-01T12:00") == {"a", "b", "old", "HORIZON-CL4-2026-01-TWIN-01"}
    assert keys("2027-01-01") == {"b", "HORIZON-CL4-2026-01-TWIN-01"}
    ran = hame("--now", "tomorrow", "calls", "list")
    assert (ran.code, "'tomorrow' is not a time such as" in ran.err) == (2, True)


def test_text_of_a_source_is_shown_as_it_is(folder: Path) -> None:
    listed = at_now("calls", "list").out
    assert "[bold]Hitsaus[/bold]" in listed
    assert "<i>särmäys</i>" in listed
    assert "[bold]Hitsaus[/bold]" in at_now("calls", "show", "fi_haeavustuksia:b").out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_that_lacks_letters_stops_nothing_and_json_stays_whole(folder: Path, encoding: str) -> None:
    clock = ("--now", NOW.isoformat())
    assert hame(*clock, "status", encoding=encoding).code == 0
    assert "[bold]Hitsaus[/bold]" in hame(*clock, "calls", "list", encoding=encoding).out
    assert hame(*clock, "calls", "list", "--json", encoding=encoding).json == at_now("calls", "list", "--json").json


def test_a_call_is_shown_with_its_text_and_its_history(folder: Path) -> None:
    with opened(folder) as store:
        put_calls(store, a_call("a", grant_max=Decimal(70_000)))
    shown = at_now("calls", "show", "fi_haeavustuksia:a", "--json").json
    assert shown["sections"][0]["text"].startswith("Avustuksella tuetaan")
    assert [event["kind"] for event in shown["events"]] == ["new", "changed"]
    assert "changed: budget_total, grant_max" in at_now("calls", "show", "fi_haeavustuksia:a").out
    missing = at_now("calls", "show", "x")
    assert (missing.code, "there is no call 'x'" in missing.err) == (1, True)


def test_matches_are_listed_with_their_reasons(ranked: Path) -> None:
    found = at_now("matches", "list", "--actor", ACTOR, "--json").json
    assert [match["rank"] for match in found] == [1, 2, 3]
    for match in found:
        assert match.keys() >= MATCH_KEYS
        assert 0 < match["relevance"] < 1
        assert match["eligibility"] in ("eligible", "unknown")
        assert {reason["rule"] for reason in match["reasons"]} >= DECISIVE_RULES
        assert all(reason["text"] for reason in match["reasons"])
        assert all(bool(reason["question"]) is (reason["verdict"] != "eligible") for reason in match["reasons"])
        assert match["interest"] in an_actor().interests
    assert len(at_now("matches", "list", "--actor", ACTOR, "--limit", "1", "--json").json) == 1
    english = at_now("matches", "list", "--actor", ACTOR, "--language", "en")
    assert "deadline" in english.out
    unknown = at_now("matches", "list", "--actor", "x", "--json")
    assert (unknown.code, f"the actors are: {ACTOR}" in unknown.err) == (1, True)


def test_a_match_that_is_shut_out_is_listed_on_request(ranked: Path) -> None:
    with opened(ranked) as store, store.transaction():
        first, *rest = store.matches.of_actor(ACTOR)
        store.matches.replace(ACTOR, [replace(first, verdict="ineligible"), *rest])  # type: ignore[arg-type]
    assert len(at_now("matches", "list", "--actor", ACTOR, "--json").json) == 2
    everything = at_now("matches", "list", "--actor", ACTOR, "--all", "--json").json
    assert [match["eligibility"] == "ineligible" for match in everything] == [True, False, False]


def test_what_is_decided_no_longer_waits_and_status_agrees(ranked: Path) -> None:
    def pending() -> tuple[int, int]:
        listed = at_now("matches", "list", "--actor", ACTOR, "--pending", "--json").json
        return len(listed), at_now("status", "--json").json["pending_reviews"].get(ACTOR, 0)

    assert pending() == (3, 3)
    assert at_now("matches", "approve", "--actor", ACTOR, "a", "--note", "hyvä").code == 0
    assert at_now("matches", "reject", "--actor", ACTOR, "fi_haeavustuksia:b", "--reason", "too-big").code == 0
    assert pending() == (1, 1)
    reviews = {
        match["call_id"]: match["review"] for match in at_now("matches", "list", "--actor", ACTOR, "--json").json
    }
    assert sorted(reviews.values()) == ["approved", "pending", "rejected"]
    assert (reviews["fi_haeavustuksia:a"], reviews["fi_haeavustuksia:b"]) == ("approved", "rejected")


def test_a_match_is_named_by_rank_id_or_key(ranked: Path) -> None:
    by_key = at_now("matches", "show", "--actor", ACTOR, "a", "--json").json
    assert at_now("matches", "show", "--actor", ACTOR, "fi_haeavustuksia:a", "--json").json == by_key
    assert at_now("matches", "show", "--actor", ACTOR, str(by_key["rank"]), "--json").json == by_key
    assert by_key["evidence"] in at_now("matches", "show", "--actor", ACTOR, "a").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ("reject", "1", "--reason", "boring"),
            1,
            "'boring' is not a reason to reject a match; use one of already-known",
        ),
        (("reject", "1"), 2, "--reason"),
        (("approve", "99"), 1, "has no match '99'"),
        (("approve", "1", "99"), 1, "has no match '99'"),
        (("approve", "²"), 1, "has no match '²'"),
        (("approve",), 2, "CALL"),
    ],
)
def test_a_decision_that_makes_no_sense_records_nothing(
    ranked: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    verb, *rest = arguments
    ran = at_now("matches", verb, "--actor", ACTOR, *rest)
    assert ran.code == code
    assert words in ran.err
    with opened(ranked) as store:
        assert store.reviews.of_actor(ACTOR) == {}


def test_every_reason_to_reject_is_named_in_the_help() -> None:
    words = " ".join(hame("matches", "reject", "--help").out.split())
    assert all(reason in words.replace("- ", "-") for reason in RejectionReason)


def test_a_digest_from_approval_to_the_folder(ranked: Path) -> None:
    nothing = at_now("digests", "preview", "--actor", ACTOR)
    assert (nothing.code, "nothing is approved" in nothing.err) == (1, True)
    at_now("matches", "approve", "--actor", ACTOR, "a")
    assert at_now("digests", "prepare", "--json").json[0]["items"] == 1
    [drafted] = at_now("digests", "list", "--json").json
    assert drafted["state"] == "drafted"
    assert at_now("digests", "preview", "--actor", ACTOR, "--html", "d.html").code == 0
    assert "<html" in Path("d.html").read_text("utf-8")
    dry = at_now("digests", "send", "--dry-run", "--json").json
    assert [delivery["recipient"] for delivery in dry] == [f"{ACTOR}@example.org"]
    assert not Path("outbox").exists()
    sent = at_now("digests", "send", "--json")
    assert (sent.code, sent.json["sent"]) == (0, 1)
    assert len(list(Path("outbox").glob("*.eml"))) == 1
    assert at_now("digests", "send", "--json").json["sent"] == 0
    assert at_now("digests", "list", "--json").json[0]["state"] == "sent"
    assert at_now("digests", "list", "--week", "2026-W01", "--json").json == []


def test_a_preview_that_cannot_be_written_says_where(ranked: Path) -> None:
    at_now("matches", "approve", "--actor", ACTOR, "a")
    ran = at_now("digests", "preview", "--actor", ACTOR, "--html", "none/d.html")
    assert (ran.code, "none/d.html: cannot be written" in ran.err) == (1, True)


def test_a_mail_in_doubt_is_shown_and_settled_by_a_person(ranked: Path) -> None:
    at_now("matches", "approve", "--actor", ACTOR, "a")
    at_now("digests", "prepare")
    with opened(ranked) as store:
        store.outbox.settle(1, DeliveryState.IN_DOUBT, "", None, NOW)
    assert [one["state"] for one in at_now("status", "--json").json["deliveries"]["trouble"]] == ["in_doubt"]
    assert "in_doubt" in at_now("digests", "send").out
    assert hame("digests", "settle", "1").code == 2
    assert "1: sent" in at_now("digests", "settle", "1", "--delivered").out
    wrong = at_now("digests", "settle", "1", "--again")
    assert (wrong.code, "sent" in wrong.err) == (1, True)


def test_actors_are_listed_and_a_wrong_profile_names_its_line(folder: Path) -> None:
    [actor] = at_now("actors", "list", "--json").json
    assert (actor["slug"], actor["recipients"], actor["fictional"]) == (ACTOR, 1, True)
    assert at_now("actors", "check").code == 0
    (folder / "profiles" / "vika.yaml").write_text("slug: vika\nname: V\nactor_type: wizard\n", "utf-8")
    ran = at_now("actors", "check")
    assert ran.code == 1
    assert "vika.yaml" in ran.err
    assert "wizard" in ran.err


def test_spiders_run_says_what_they_found_and_stores_it(folder: Path, replay: str) -> None:
    [first] = at_now("spiders", "run", "fi_eura2021", "--replay", replay, "--json").json
    assert first.keys() >= RUN_KEYS
    assert (first["health"], first["reason"]) == ("OK", "")
    assert first["found"] == first["new"] > 0
    stored = at_now("calls", "list", "--all", "--source", "fi_eura2021", "--json").json
    assert len(stored) == first["found"]
    table = at_now("spiders", "run", "fi_eura2021", "--replay", replay)
    assert table.code == 0
    assert "fi_eura2021" in table.out


def test_a_failed_run_has_exit_code_one_and_leaves_what_is_stored(folder: Path, unused_port: int) -> None:
    ran = at_now("spiders", "run", "fi_haeavustuksia", "--replay", f"http://127.0.0.1:{unused_port}", "--json")
    assert ran.code == 1
    assert ran.json[0]["health"] == "FAILED"
    assert ran.json[0]["reason"]
    assert len(at_now("calls", "list", "--all", "--json").json) == 4
    status = at_now("status", "--json").json
    assert {one["spider"]: one["last_run"] and one["last_run"]["health"] for one in status["sources"]} == {
        "eu_funding_tenders": None,
        "fi_haeavustuksia": "FAILED",
        "fi_eura2021": None,
    }


def test_checking_a_source_stores_nothing(folder: Path, replay: str) -> None:
    ran = at_now("spiders", "check", "fi_eura2021", "--replay", replay)
    assert (ran.code, "Nothing was stored." in ran.out) == (0, True)
    assert at_now("calls", "list", "--source", "fi_eura2021", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nope",), 1, "there is no spider 'nope'"),
        (("--replay", "localhost:1"), 2, "'localhost:1' is not an address"),
    ],
)
def test_a_spider_or_address_that_is_none_is_refused(
    folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = at_now("spiders", "run", *arguments)
    assert (ran.code, words in ran.err) == (code, True)


def test_spiders_are_listed_with_their_last_run(folder: Path) -> None:
    found = hame("spiders", "list", "--json").json
    assert {spider["name"] for spider in found} == {"eu_funding_tenders", "fi_haeavustuksia", "fi_eura2021"}
    assert all(spider["title"] and spider["summary"] and spider["addresses"] for spider in found)


def test_status_of_a_new_workspace_is_calm(folder: Path) -> None:
    ran = at_now("status")
    assert ran.code == 0
    assert "never run" in ran.out
    assert "3 open" in ran.out
    assert {job["job"] for job in at_now("status", "--json").json["due"]} >= {"crawl", "match"}


def test_a_database_of_a_newer_version_is_an_error_without_a_traceback(folder: Path) -> None:
    with opened(folder) as store:
        store._db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('hame_match', 'z', '')"
        )
    ran = at_now("status")
    assert (ran.code, "newer version" in ran.err, "Traceback" in ran.err) == (1, True, False)


def test_what_is_due_runs_once_by_hand(folder: Path) -> None:
    (folder / "hame-match.toml").write_text("[crawl]\nspiders = []\n", "utf-8")
    for file in (folder / "profiles").glob("*.yaml"):
        file.unlink()
    ran = at_now("run", "due", "--json")
    assert ran.code == 0, ran.err
    assert [job["job"] for job in ran.json] == ["crawl", "match", "send"]
    assert at_now("run", "due", "--json").json == []
    weekly = at_now("run", "weekly", "--json").json
    assert [(job["job"], job["state"]) for job in weekly] == [
        ("crawl", "done"), ("match", "done"), ("prepare", "done"), ("send", "done")
    ]  # fmt: skip


def test_actors_check_shows_the_gloss_and_the_words_it_does_not_know(folder: Path) -> None:
    write_profiles(Path("profiles"), [an_actor(interests=("Hitsaamme qwertyjä robotilla.",))])
    every = at_now("actors", "check")
    assert (every.code, "no English for: qwertyjä" in every.out) == (0, True)
    one = at_now("actors", "check", "--actor", ACTOR)
    assert "→ weld robot" in one.out
    assert "Words: 2 by the glossary, 0 by a general dictionary, 0 names, 0 function words, 1 unknown" in one.out
    assert "No general dictionary is installed" in one.out
    write_profiles(
        Path("profiles"),
        [an_actor(interests=("Hitsaamme qwertyjä robotilla.",), interests_en=("We weld qwertys with a robot.",))],
    )
    assert "no English" not in at_now("actors", "check").out


def test_actors_check_tells_which_words_are_by_the_dictionary_and_that_a_damaged_one_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profiles(Path("profiles"), [an_actor(interests=("Hitsaamme qwertyjä robotilla.",))])
    text = "qwertyjä /q/\nkeyboard\n"
    (folder / "dictd").mkdir()
    (folder / "dictd/freedict-fin-eng.dict").write_text(text, "utf-8")
    (folder / "dictd/freedict-fin-eng.index").write_text("qwertyjä\tA\tX\n", "utf-8")
    monkeypatch.setenv("HAME_MATCH_DICTIONARIES", str(folder / "dictd"))
    one = at_now("actors", "check", "--actor", ACTOR)
    assert "→ weld keyboard robot\n  by the dictionary: qwertyjä (keyboard)" in one.out
    assert "1 by a general dictionary" in one.out
    (folder / "damaged").mkdir()
    (folder / "damaged/freedict-fin-eng.index").write_text("qwertyjä\tA\tX\n", "utf-8")
    monkeypatch.setenv("HAME_MATCH_DICTIONARIES", str(folder / "damaged"))
    damaged = at_now("actors", "check")
    assert (damaged.code, "cannot be read and is not used: No such file" in damaged.out) == (0, True)


def test_a_week_is_an_iso_week(folder: Path) -> None:
    assert at_now("digests", "list", "--week", "banana").code == 2
    assert "No mails in 2026-W32" in at_now("digests", "list", "--week", "2026-W32").out
