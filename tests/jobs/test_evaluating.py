import gzip
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import ir_measures
import numpy as np
import pytest

from hame_match.errors import EvaluationError
from hame_match.jobs.evaluating import BLOCK, MOST, in_language, rank_actors, rank_topics
from hame_match.jobs.evaluation_files import (
    Where,
    read_calls,
    read_ids,
    read_part,
    read_queries,
    read_topics,
)
from hame_match.jobs.matching import rank_all
from hame_match.jobs.measuring import CEILING, EXPONENTIAL, KEPT, score_run
from hame_match.jobs.trec import RankedList, read_qrels, read_run, write_run
from hame_match.jobs.workspace import Workspace
from hame_match.match.ranking import order
from hame_match.model.actor import Actor
from hame_match.settings import Settings
from hame_match.store import Store, open_store
from tests.builders import NOW, HashEmbedder, a_workspace, an_actor, put_calls

FINNISH = ("Tarvitsemme hitsausrobotteja pienten sarjojen valmistukseen.",)
ENGLISH = ("We run a library and its reading circles.",)


def call_row(key: str, title: str, text: str | None = None, **changes: Any) -> dict[str, Any]:
    row = {
        "id": key, "source": "eu-topic", "title": title, "text": text or f"{title} in the region.", "language": "en",
        "twin_of": None, "parent_title": None, "conditions": None, "deadline": "2020-01-01", "status": "closed",
        "programme": None, "action_type": None, "budget": {"text": "unknown"}, "text_note": None,
    }  # fmt: skip
    return row | changes


CALLS = [
    call_row("Lib/1_-_en", "Reading circles of a library"),
    call_row("ROBOTS", "Welding robots for small series"),
    call_row("hitsaus-ö", "Hitsausrobottien kokeilut pienissä sarjoissa", language="fi", source="research.fi"),
    call_row("TWIN", "Welding robots for small series", twin_of="ROBOTS"),
    call_row("PEAT", "Peat and bogs", text="  "),
]
TOPICS = [
    {"id": "T-ROBOT", "title": "Welding robots", "text": "Welding robots. Industry of tomorrow."},
    {"id": "T-BOOK", "title": "Reading circles", "text": "Reading circles. Culture."},
    {"id": "T-PEAT", "title": "Peat", "text": "Peat"},
]


def written(file: Path, rows: Iterable[object]) -> Path:
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    return Workspace(Settings(root=tmp_path), store, lambda: NOW, embedder=HashEmbedder())


def run_for(
    workspace: Workspace,
    folder: Path,
    *actors: Actor,
    rows: Iterable[object] = CALLS,
    language: Literal["fi", "en"] | None = None,
    eligibility: bool = False,
) -> dict[str, dict[str, float]]:
    calls, out = written(folder / "calls.jsonl", rows), folder / "out.trec"
    rank_actors(workspace, calls, actors, out, language=language, eligibility=eligibility)
    return read_run(out)


def test_every_call_is_ranked_for_every_actor_and_twins_are_left_out(workspace: Workspace, tmp_path: Path) -> None:
    run = run_for(workspace, tmp_path, an_actor("a"), an_actor("b", interests=ENGLISH))
    assert {actor: set(found) for actor, found in run.items()} == {
        name: {"Lib/1_-_en", "ROBOTS", "hitsaus-ö", "PEAT"} for name in ("a", "b")
    }
    assert next(iter(run["b"])) == "Lib/1_-_en"


def test_an_evaluation_orders_as_the_product_does(workspace: Workspace, tmp_path: Path) -> None:
    calls = read_calls(written(tmp_path / "calls.jsonl", CALLS))
    found = run_for(workspace, tmp_path, an_actor())
    with open_store(None) as store:
        put_calls(store, *calls.values())
        product = a_workspace(store, tmp_path, an_actor())
        rank_all(product)
        listed = {match.call_id: match.relevance for match in store.matches.of_actor("esimerkki-konepaja")}
    evaluated = {calls[given].call_id: score for given, score in found["esimerkki-konepaja"].items()}
    assert list(evaluated) == list(listed)
    assert evaluated == pytest.approx(listed, abs=1e-6)


def test_the_language_chooses_the_interests() -> None:
    actor = an_actor(interests=FINNISH, interests_en=ENGLISH, interests_sv=("Vi har ett bibliotek.",))
    finnish, english = in_language(actor, "fi"), in_language(actor, "en")
    assert (finnish.interests, finnish.interests_en, finnish.interests_sv) == (FINNISH, (), ())
    assert (english.interests, english.interests_en, english.interests_sv) == (ENGLISH, (), ())
    with pytest.raises(EvaluationError, match="esimerkki-konepaja: has no interests_en"):
        in_language(an_actor(interests=FINNISH), "en")


@pytest.mark.parametrize(
    ("language", "seen"), [("fi", {FINNISH[0]}), ("en", {ENGLISH[0]}), (None, {FINNISH[0], ENGLISH[0]})]
)
def test_only_the_chosen_language_reaches_the_model(
    store: Store, tmp_path: Path, language: Literal["fi", "en"] | None, seen: set[str]
) -> None:
    embedder = HashEmbedder()
    workspace = Workspace(Settings(root=tmp_path), store, lambda: NOW, embedder=embedder)
    run_for(workspace, tmp_path, an_actor(interests=FINNISH, interests_en=ENGLISH), language=language)
    assert {FINNISH[0], ENGLISH[0]} & set(embedder.queries) == seen


def test_eligibility_leaves_out_what_the_rules_shut_out(workspace: Workspace, tmp_path: Path) -> None:
    closed = call_row("SME-ONLY", "Robots", text="Vain kunnat voivat hakea avustusta.", language="fi", source="x")
    firm = an_actor(actor_type="large_company")
    assert "SME-ONLY" in run_for(workspace, tmp_path, firm, rows=[*CALLS, closed])[firm.slug]
    with open_store(None) as store:
        again = Workspace(Settings(root=tmp_path), store, lambda: NOW, embedder=HashEmbedder())
        kept = run_for(again, tmp_path, firm, rows=[*CALLS, closed], eligibility=True)[firm.slug]
    assert "SME-ONLY" not in kept
    assert {"ROBOTS", "PEAT"} <= kept.keys(), "a deadline that has passed shuts nobody out here"


def test_a_list_of_calls_ends_where_it_is_told(workspace: Workspace, tmp_path: Path) -> None:
    calls, out = written(tmp_path / "calls.jsonl", CALLS), tmp_path / "out.trec"
    rank_actors(workspace, calls, [an_actor("a", interests=ENGLISH)], out)
    whole = list(read_run(out)["a"])
    rank_actors(workspace, calls, [an_actor("a", interests=ENGLISH)], out, keep=2)
    assert list(read_run(out)["a"]) == whole[:2]


def test_gzipped_and_plain_files_are_read_alike(tmp_path: Path) -> None:
    plain, zipped = written(tmp_path / "c.jsonl", CALLS), written(tmp_path / "c.gz", CALLS)
    assert read_calls(plain) == read_calls(zipped)
    assert list(read_calls(plain)) == ["Lib/1_-_en", "ROBOTS", "hitsaus-ö", "PEAT"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "Expecting property name"),
        ("[]", "is no JSON object"),
        ({"id": "X"}, "title: Field required"),
        (call_row("has blanks", "X"), "id: "),
        (call_row("ROBOTS", "X"), "the id 'ROBOTS' stands twice"),
        (call_row("X", " "), "titles"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(tmp_path: Path, line: object, what: str) -> None:
    file = written(tmp_path / "calls.jsonl", [*CALLS[:2], "", line])
    with pytest.raises(EvaluationError) as raised:
        read_calls(file)
    assert str(raised.value).startswith(f"{file}:4: ")
    assert what in str(raised.value)


def test_what_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    broken = written(tmp_path / "c.gz", CALLS)
    broken.write_bytes(broken.read_bytes()[:-20])
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes("ö".encode("latin-1"))
    for file in (broken, latin, tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(EvaluationError, match="cannot be read"):
            read_calls(file)
    with pytest.raises(EvaluationError, match="holds nothing to rank"):
        read_calls(written(tmp_path / "empty.jsonl", []))


def test_a_topic_does_not_say_its_title_twice(tmp_path: Path) -> None:
    topics = read_topics(written(tmp_path / "t.jsonl", TOPICS))
    assert topics["T-ROBOT"].sections[0].text == "Industry of tomorrow."
    assert topics["T-PEAT"].sections == ()


def test_a_title_is_one_facet_a_long_text_several_and_an_organisation_one_per_project(tmp_path: Path) -> None:
    long = "Robots weld metal parts of many kinds in small series. " * 60
    queries = written(
        tmp_path / "q.jsonl",
        [
            {"id": "t", "kind": "title", "title": "Robots", "objective": "", "topic": "T-ROBOT"},
            {"id": "p", "kind": "objective", "title": "Robots", "objective": long},
            {"org_id": "o", "name": "Firm", "projects": [{"title": "A", "objective": "b"}, {"title": "C"}]},
        ],
    )
    title, project, organisation = read_queries(queries)
    assert [facet.interest for facet in title.facets] == ["Robots"]
    assert len(project.facets) > 2
    assert all(facet.interest.startswith("Robots. ") for facet in project.facets)
    assert [facet.interest for facet in organisation.facets] == ["A. b", "C"]
    assert (title.kind, project.kind, organisation.kind) == ("title", "objective", "organisation")


def test_a_project_without_a_title_is_ranked_by_its_objective_and_without_both_is_an_error(tmp_path: Path) -> None:
    untitled = {"id": "p", "kind": "objective", "title": "", "objective": "Robots weld parts. They learn quickly."}
    past = {"org_id": "o", "projects": [{"title": "", "objective": "Peat."}, {"title": "", "objective": ""}]}
    short = untitled | {"id": "s", "objective": "Robots"}
    project, brief, organisation = read_queries(written(tmp_path / "q.jsonl", [untitled, short, past]))
    assert all(facet.interest.startswith("Robots weld parts. ") for facet in project.facets)
    assert brief.facets[0].interest.startswith("Robots")
    assert [facet.interest for facet in organisation.facets] == ["Peat."]
    for empty in (untitled | {"objective": " "}, past | {"projects": []}):
        with pytest.raises(EvaluationError, match=r":1: .*nothing to rank by"):
            list(read_queries(written(tmp_path / "e.jsonl", [empty])))


def test_topics_are_ranked_for_more_queries_than_a_block(workspace: Workspace, tmp_path: Path) -> None:
    subjects = ["Welding robots of tomorrow", "Reading circles and culture"]
    queries = [{"id": f"q{n}", "kind": "title", "title": f"{subjects[n % 2]} {n}"} for n in range(2 * BLOCK + 3)]
    out = tmp_path / "out.trec"
    number = rank_topics(workspace, written(tmp_path / "t.gz", TOPICS), written(tmp_path / "q.jsonl", queries), out)
    run = read_run(out)
    assert number == len(run) == len(queries)
    assert [next(iter(run[f"q{n}"])) for n in range(4)] == ["T-ROBOT", "T-BOOK", "T-ROBOT", "T-BOOK"]


def test_only_candidates_are_ranked_and_keep_their_scores(workspace: Workspace, tmp_path: Path) -> None:
    topics = written(tmp_path / "t.jsonl", TOPICS)
    queries = written(tmp_path / "q.jsonl", [{"id": "q", "title": "Welding robots"}])
    out, ids = tmp_path / "out.trec", written(tmp_path / "ids.txt", ["T-PEAT", "", "T-BOOK"])
    rank_topics(workspace, topics, queries, out)
    whole = read_run(out)["q"]
    rank_topics(workspace, topics, queries, out, ids)
    assert read_run(out)["q"] == {one: score for one, score in whole.items() if one != "T-ROBOT"}
    with pytest.raises(EvaluationError, match=r"more.txt: 1 ids are not in .*t.jsonl, the first is T-NONE"):
        rank_topics(workspace, topics, queries, out, written(tmp_path / "more.txt", ["T-PEAT", "T-NONE"]))


def test_a_part_of_the_queries_is_chosen_by_their_fields(tmp_path: Path) -> None:
    file = written(
        tmp_path / "q.jsonl",
        [
            {"id": "p1", "kind": "title", "bottom_up": False, "year": 2024},
            {"id": "p2", "kind": "title", "bottom_up": True},
            {"org_id": "o1", "kind": "title", "focused": True, "seen": ["T1", "T2"]},
        ],
    )
    assert set(read_part(file, [], None)) == {"p1", "p2", "o1"}
    assert set(read_part(file, [Where("kind", "title"), Where("bottom_up", "false")], None)) == {"p1"}
    assert set(read_part(file, [Where("year", "2024")], None)) == {"p1"}
    assert read_part(file, [Where("focused", "true")], "seen") == {"o1": {"T1", "T2"}}
    with pytest.raises(EvaluationError, match=r"no row has kind=Title; the fields are: id, kind, bottom_up, year"):
        read_part(file, [Where("kind", "Title")], None)
    with pytest.raises(EvaluationError, match=r"no row has the field 'known'; there are: id, kind"):
        read_part(file, [], "known")
    with pytest.raises(EvaluationError, match=r"q.jsonl:1: kind: is no list of ids"):
        read_part(file, [], "kind")


def test_a_list_of_ids_has_one_on_a_line(tmp_path: Path) -> None:
    assert read_ids(written(tmp_path / "i.txt", ["A", "", "B"])) == {"A", "B"}
    with pytest.raises(EvaluationError, match=r"i.txt:2: 'B C' holds blanks"):
        read_ids(written(tmp_path / "i.txt", ["A", "B C"]))
    with pytest.raises(EvaluationError, match="holds no id"):
        read_ids(written(tmp_path / "i.txt", []))


def test_a_list_of_topics_ends_at_a_thousand(workspace: Workspace, tmp_path: Path) -> None:
    topics = [{"id": f"T{n}", "title": f"Topic {n}", "text": None} for n in range(MOST + 5)]
    queries = written(tmp_path / "q.jsonl", [{"id": "q", "title": "Robots"}])
    rank_topics(workspace, written(tmp_path / "t.jsonl", topics), queries, tmp_path / "out.trec")
    assert len(read_run(tmp_path / "out.trec")["q"]) == MOST


def test_no_query_and_no_actor_are_errors_and_leave_no_file(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out.trec"
    topics = written(tmp_path / "t.jsonl", TOPICS)
    with pytest.raises(EvaluationError, match="holds no query"):
        rank_topics(workspace, topics, written(tmp_path / "q.jsonl", []), out)
    with pytest.raises(EvaluationError, match="no profile"):
        rank_actors(workspace, written(tmp_path / "c.jsonl", CALLS), [], out)
    assert not list(tmp_path.glob("out*"))


def a_run(file: Path, lists: dict[str, Sequence[str]], scores: Sequence[float] | None = None) -> Path:
    ranked = [RankedList(query, ids, scores or list(np.linspace(0.9, 0.1, len(ids)))) for query, ids in lists.items()]
    write_run(file, ranked, "test")
    return file


def test_equal_scores_keep_their_order_for_every_reader(tmp_path: Path) -> None:
    ids = [f"d{n}" for n in order(np.zeros(50, np.float32), [str(n) for n in range(50)], "actor")]
    file = a_run(tmp_path / "out.trec", {"q": ids}, [0.5] * 50)
    scores = list(read_run(file)["q"].values())
    assert all(a > b for a, b in zip(np.float32(scores), np.float32(scores[1:]), strict=False))
    assert scores == pytest.approx([0.5] * 50, abs=1e-5)
    grades = {"q": {document: len(ids) - place for place, document in enumerate(ids)}}
    best = ir_measures.calc_aggregate([ir_measures.nDCG @ 50], grades, ir_measures.read_trec_run(str(file)))
    assert best[ir_measures.nDCG @ 50] == pytest.approx(1)


GRADED = "actor\tcall_id\tgrade_a\tgrade_b"


def test_graded_lists_are_condensed_and_the_ungraded_share_is_told(tmp_path: Path) -> None:
    qrels = written(tmp_path / "q.tsv", [GRADED, "a\tgood\t2\t2", "a\tfair\t2\t1", "a\tbad\t0\t0", "b\tx\t1\t2"])
    run = a_run(tmp_path / "r.trec", {"a": ["unseen", "good", "fair", "bad"], "b": ["x"], "c": ["y"]})
    measured = score_run(qrels, run)
    assert (measured.queries, measured.without_relevant, measured.not_judged) == (1, 1, 1)
    assert measured.ungraded == pytest.approx(0.25)
    assert {name: figure.mean for name, figure in measured.figures.items()} == pytest.approx(
        {"nDCG@10": 1, EXPONENTIAL: 1, "R@10": 1, "R@50": 1, "MRR": 1, "AP": 1, CEILING: 1, "AUC": 1, KEPT: 1}
    )
    assert measured.figures["MRR"].low is None


def test_the_first_five_are_held_against_their_ceiling(tmp_path: Path) -> None:
    rows = [f"a\tc{n}\t3\t3" if n < 2 else f"a\tc{n}\t0\t0" for n in range(8)]
    qrels = written(tmp_path / "q.tsv", [GRADED, *rows])
    run = a_run(tmp_path / "r.trec", {"a": ["c0", "c2", "c3", "c4", "c5", "c1"]})
    assert score_run(qrels, run).figures[CEILING].mean == pytest.approx(0.5)


def test_trec_qrels_are_measured_on_whole_lists_with_intervals(tmp_path: Path) -> None:
    qrels = written(tmp_path / "q.tsv", [f"q{n}\t0\tgood\t1" for n in range(20)])
    lists: dict[str, Sequence[str]] = {f"q{n}": ["good", "x"] if n % 2 else ["x", "good"] for n in range(10)}
    measured = score_run(qrels, a_run(tmp_path / "r.trec", lists))
    rr = measured.figures["MRR"]
    assert (measured.queries, measured.not_ranked, measured.ungraded) == (10, 10, None)
    assert rr.mean == pytest.approx(0.75)
    assert rr.low is not None
    assert rr.high is not None
    assert 0.5 <= rr.low < rr.mean < rr.high <= 1
    assert score_run(qrels, tmp_path / "r.trec") == measured, "the same intervals every time"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "holds no judgement"),
        ([GRADED], "holds no judgement"),
        (["q 0 d 1", "q 0 d"], ":2: has 3 columns"),
        (["q 0 d one"], ":1: invalid literal"),
        (["q 0 d 1", "q 0 d 1"], ":2: q d stands twice"),
    ],
)
def test_bad_judgements_are_named(tmp_path: Path, lines: list[str], what: str) -> None:
    file = written(tmp_path / "q.tsv", lines)
    with pytest.raises(EvaluationError) as raised:
        read_qrels(file)
    assert str(file) in str(raised.value)
    assert what in str(raised.value)


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "holds no ranking"),
        (["q Q0 d 1 0.5"], ":1: has 5 columns"),
        (["q Q0 d 1 high tag"], ":1: could not convert"),
        (["q Q0 d 1 0.5 tag", "q Q0 d 2 0.4 tag"], ":2: q d stands twice"),
    ],
)
def test_a_bad_run_is_named(tmp_path: Path, lines: list[str], what: str) -> None:
    file = written(tmp_path / "r.trec", lines)
    with pytest.raises(EvaluationError) as raised:
        read_run(file)
    assert str(file) in str(raised.value)
    assert what in str(raised.value)


def test_a_run_of_other_data_is_refused(tmp_path: Path) -> None:
    qrels = written(tmp_path / "q.tsv", ["q 0 d 1", "z 0 d 0"])
    with pytest.raises(EvaluationError, match="same data"):
        score_run(qrels, a_run(tmp_path / "r.trec", {"z": ["d"], "other": ["d"]}))


def test_without_the_package_of_the_measures_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(EvaluationError, match="pip install ir-measures"):
        score_run(tmp_path / "q.tsv", tmp_path / "r.trec")


def test_an_older_run_outlives_an_error(tmp_path: Path) -> None:
    file = a_run(tmp_path / "r.trec", {"q": ["d"]})

    def failing() -> Iterable[RankedList]:
        yield RankedList("q", ["other"], [1.0])
        raise EvaluationError("stopped")

    with pytest.raises(EvaluationError, match="stopped"):
        write_run(file, failing(), "test")
    assert list(read_run(file)["q"]) == ["d"]
    assert [path.name for path in tmp_path.iterdir()] == ["r.trec"]
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_run(tmp_path / "no" / "r.trec", [], "test")
