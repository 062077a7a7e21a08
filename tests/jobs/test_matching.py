from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from hame_match.errors import EmbeddingError, ProfileError
from hame_match.jobs.matching import WITH_EVIDENCE, rank_all
from hame_match.jobs.reviewing import decide
from hame_match.jobs.workspace import Workspace
from hame_match.match import ranking
from hame_match.match.eligibility import RULES
from hame_match.match.evidence import candidates
from hame_match.match.windows import windows_of
from hame_match.model.call import Deadline
from hame_match.model.match import Verdict
from hame_match.review.decisions import ReviewState, state_of
from hame_match.store import Store, open_store
from tests.builders import NOW, HashEmbedder, a_call, a_workspace, an_actor, an_eu_call, put_calls

ROBOTS = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa."
BOOKS = "Kirjastojen lukupiirit saavat tukea uusiin kokoelmiin ja kirjallisuuden tapahtumiin."
CLOSED = (Deadline(on=date(2026, 9, 6)),)


def three(store: Store) -> None:
    put_calls(
        store,
        a_call("robots", ROBOTS, titles={"fi": "Hitsausrobottien kokeilut"}),
        a_call("books", BOOKS, titles={"fi": "Kirjastojen lukupiirit"}),
        an_eu_call("EU-1"),
    )


def test_an_actor_gets_its_own_field_first(store: Store, tmp_path: Path) -> None:
    three(store)
    library = an_actor(
        "kirjasto", interests=("Kirjastomme lukupiirit ja kirjallisuuden tapahtumat tarvitsevat tukea.",)
    )
    workspace = a_workspace(store, tmp_path, an_actor(), library)
    ranked = rank_all(workspace)
    assert (ranked.actors, ranked.calls, ranked.closed, ranked.matches) == (2, 3, 0, 6)
    assert store.matches.of_actor("kirjasto")[0].call_id == "fi_haeavustuksia:books"
    assert store.matches.of_actor("esimerkki-konepaja")[-1].call_id == "fi_haeavustuksia:books"


def test_a_match_says_what_it_rests_on(store: Store, tmp_path: Path) -> None:
    three(store)
    rank_all(a_workspace(store, tmp_path, an_actor()))
    matches = store.matches.of_actor("esimerkki-konepaja")
    assert [match.rank for match in matches] == [1, 2, 3]
    assert sorted((match.relevance for match in matches), reverse=True) == [match.relevance for match in matches]
    for match in matches:
        stored = store.calls.get(match.call_id)
        assert stored is not None
        assert match.content_hash == stored.content_hash
        assert match.interest in an_actor().interests
        assert match.evidence in candidates(stored.call)
        assert match.evidence_language == stored.call.original_language()
        assert match.ranker.startswith(f"{ranking.RANKER}/hash-512/glossary-")
        assert match.at == NOW
        assert 0 < match.relevance < 1
        assert [f"{reason.rule}_rule" for reason in match.reasons] == [rule.__name__ for rule in RULES]


def test_only_what_is_new_is_embedded(store: Store, tmp_path: Path) -> None:
    three(store)
    assert rank_all(a_workspace(store, tmp_path, an_actor())).embedded > 0
    again = HashEmbedder()
    assert rank_all(a_workspace(store, tmp_path, an_actor(), embedder=again)).embedded == 0
    assert (again.passages, again.queries) == ([], [])
    added = a_call("new", "Uimahallien laattojen pesuun on tarjolla apua kaikille halukkaille.")
    put_calls(store, added)
    third = HashEmbedder()
    rank_all(a_workspace(store, tmp_path, an_actor(), embedder=third))
    assert set(third.passages) == {*windows_of(added).texts, *candidates(added)}
    assert third.queries == []


def test_another_model_embeds_all_anew_and_mixes_nothing(store: Store, tmp_path: Path) -> None:
    three(store)
    rank_all(a_workspace(store, tmp_path, an_actor()))
    other = HashEmbedder("other")
    ranked = rank_all(a_workspace(store, tmp_path, an_actor(), embedder=other))
    assert ranked.embedded == len(other.passages) + len(other.queries) > 0
    assert all("/other/" in match.ranker for match in store.matches.of_actor("esimerkki-konepaja"))


def test_the_same_input_gives_the_same_list(tmp_path: Path) -> None:
    lists = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with open_store(None) as store:
            three(store)
            rank_all(a_workspace(store, tmp_path / name, an_actor()))
            lists.append(store.matches.of_actor("esimerkki-konepaja"))
    assert lists[0] == lists[1]


def test_closed_calls_are_left_out_but_still_teach_what_calls_have_in_common(store: Store, tmp_path: Path) -> None:
    three(store)
    put_calls(store, a_call("closed", deadlines=CLOSED))
    embedder = HashEmbedder()
    ranked = rank_all(a_workspace(store, tmp_path, an_actor(), embedder=embedder))
    assert (ranked.calls, ranked.closed) == (3, 1)
    assert "fi_haeavustuksia:closed" not in {match.call_id for match in store.matches.of_actor("esimerkki-konepaja")}
    assert set(windows_of(a_call("closed")).texts) <= set(embedder.passages)


def test_what_an_actor_may_not_apply_to_stands_behind_the_rest(store: Store, tmp_path: Path) -> None:
    three(store)
    put_calls(
        store,
        a_call("towns", f"{ROBOTS} Avustusta myönnetään vain kunnille.", titles={"fi": "Hitsausrobottien kokeilut"}),
    )
    rank_all(a_workspace(store, tmp_path, an_actor()))
    matches = store.matches.of_actor("esimerkki-konepaja")
    assert [match.verdict is Verdict.INELIGIBLE for match in matches] == [False, False, False, True]
    assert matches[-1].call_id == "fi_haeavustuksia:towns"


def test_a_list_is_as_long_as_the_settings_say(store: Store, tmp_path: Path) -> None:
    put_calls(store, *(a_call(f"k{number}", f"{ROBOTS} Kierros {number} alkaa syksyllä.") for number in range(30)))
    rank_all(a_workspace(store, tmp_path, an_actor(), match={"keep": 20}))
    matches = store.matches.of_actor("esimerkki-konepaja")
    assert len(matches) == 20
    assert all(match.evidence for match in matches)
    assert len(matches) > WITH_EVIDENCE


def test_reviews_survive_and_a_changed_call_comes_back_as_changed(store: Store, tmp_path: Path) -> None:
    three(store)
    workspace = a_workspace(store, tmp_path, an_actor())
    rank_all(workspace)
    decide(workspace, "esimerkki-konepaja", ["robots", "books"], reviewer="tester")
    put_calls(
        store, a_call("robots", f"{ROBOTS} Tuen enimmäismäärä nousi.", titles={"fi": "Hitsausrobottien kokeilut"})
    )
    rank_all(workspace)
    reviews = store.reviews.of_actor("esimerkki-konepaja")
    states = {
        match.call_id.partition(":")[2]: state_of(match, reviews.get(match.call_id))
        for match in store.matches.of_actor("esimerkki-konepaja")
    }
    assert states == {"robots": ReviewState.CHANGED, "books": ReviewState.APPROVED, "EU-1": ReviewState.PENDING}
    assert store.matches.pending_counts() == {"esimerkki-konepaja": 2}


def test_the_list_of_an_actor_that_left_is_gone(store: Store, tmp_path: Path) -> None:
    three(store)
    rank_all(a_workspace(store, tmp_path, an_actor("yksi"), an_actor("kaksi")))
    (tmp_path / "profiles" / "yksi.yaml").unlink()
    rank_all(a_workspace(store, tmp_path))
    assert store.matches.of_actor("yksi") == []
    assert len(store.matches.of_actor("kaksi")) == 3


def test_without_actors_or_calls_no_model_is_needed(store: Store, tmp_path: Path) -> None:
    nothing = a_workspace(store, tmp_path)
    no_model = Workspace(nothing.settings, store, nothing.clock)
    assert rank_all(no_model).actors == 0
    three(store)
    assert rank_all(no_model).matches == 0


@pytest.mark.model
def test_without_an_embedder_the_model_of_the_settings_is_loaded(store: Store, tmp_path: Path) -> None:
    three(store)
    given = a_workspace(store, tmp_path, an_actor())
    with pytest.raises(EmbeddingError, match="no-model"):
        rank_all(Workspace(given.settings, store, given.clock))


def test_an_only_actor_is_ranked_too(store: Store, tmp_path: Path) -> None:
    three(store)
    rank_all(a_workspace(store, tmp_path, an_actor(interests=("Hitsausrobottien käyttöönotto konepajassa.",))))
    best = store.matches.of_actor("esimerkki-konepaja")[0]
    assert best.call_id == "fi_haeavustuksia:robots"
    assert best.parts.semantic > 0


def test_a_call_without_text_is_ranked_by_its_heading_and_quotes_nothing(store: Store, tmp_path: Path) -> None:
    put_calls(
        store, an_eu_call("C-1", sections=(), parent_title="Robots for welding", project="WELD"), a_call("x", BOOKS)
    )
    embedder = HashEmbedder()
    rank_all(a_workspace(store, tmp_path, an_actor(), embedder=embedder))
    match = store.matches.get("esimerkki-konepaja", "eu_funding_tenders:C-1")
    assert match is not None
    assert match.evidence == ""
    assert match.interest in an_actor().interests
    assert "Robots that learn a new product in a day. Robots for welding. WELD" in embedder.passages


def test_a_wrong_profile_leaves_the_old_lists(store: Store, tmp_path: Path) -> None:
    three(store)
    rank_all(a_workspace(store, tmp_path, an_actor()))
    before = store.matches.of_actor("esimerkki-konepaja")
    (tmp_path / "profiles" / "vika.yaml").write_text("slug: vika\n", "utf-8")
    with pytest.raises(ProfileError):
        rank_all(a_workspace(store, tmp_path, now=NOW + timedelta(days=1)))
    assert store.matches.of_actor("esimerkki-konepaja") == before


class Stops(HashEmbedder):
    """A model that fails when it comes to the sentences for evidence."""

    def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
        if ROBOTS in texts:
            raise EmbeddingError("out of memory")
        return super().embed_passages(texts)


def test_a_model_that_fails_half_way_leaves_the_old_lists_and_keeps_its_work(store: Store, tmp_path: Path) -> None:
    put_calls(store, a_call("books", BOOKS))
    rank_all(a_workspace(store, tmp_path, an_actor()))
    before = store.matches.of_actor("esimerkki-konepaja")
    three(store)
    with pytest.raises(EmbeddingError):
        rank_all(a_workspace(store, tmp_path, an_actor(), embedder=Stops()))
    assert store.matches.of_actor("esimerkki-konepaja") == before
    third = HashEmbedder()
    rank_all(a_workspace(store, tmp_path, an_actor(), embedder=third))
    assert ROBOTS in third.passages
    assert not set(windows_of(a_call("robots", ROBOTS, titles={"fi": "Hitsausrobottien kokeilut"})).texts) & set(
        third.passages
    )


def test_progress_is_told_up_to_the_end(store: Store, tmp_path: Path) -> None:
    three(store)
    told: list[tuple[str, int, int]] = []
    given = a_workspace(store, tmp_path, an_actor())
    rank_all(Workspace(given.settings, store, given.clock, lambda *report: told.append(report), HashEmbedder()))
    assert told
    assert all(0 < done <= total for _, done, total in told)
    assert told[-1][1] == told[-1][2]


def test_the_tiny_embedder_of_these_tests_keeps_the_promises_of_an_embedder() -> None:
    rows = HashEmbedder().embed_passages(["robotti hitsaa", "robotit hitsaavat", "", "kirjasto"])
    assert rows.shape == (4, HashEmbedder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert rows[0] @ rows[1] > rows[0] @ rows[3]
    np.testing.assert_array_equal(rows[3], HashEmbedder().embed_queries(["kirjasto"])[0])
