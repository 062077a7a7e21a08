"""``hame-match evaluate`` from the command line, with a tiny model in place of the real one."""

import json
from pathlib import Path

import ir_measures
import pytest

from hame_match.jobs import ground
from tests.builders import HashEmbedder, an_actor, write_profiles
from tests.cli.running import hame

CALLS = [
    {"id": "ROBOTS", "title": "Welding robots for small series", "text": "", "language": "en", "twin_of": None},
    {"id": "BOOKS", "title": "Kirjastojen lukupiirit", "text": "Lukupiirit saavat tukea.", "language": "fi"},
]
QRELS = "actor\tcall_id\tgrade_a\tgrade_b\nlib\tBOOKS\t3\t3\nlib\tROBOTS\t0\t0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is no workspace, with the files of an evaluation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ground, "load_embedder", lambda *_, **__: HashEmbedder())
    write_profiles(
        tmp_path / "actors",
        [an_actor("lib", interests=("Kirjastomme lukupiirit tarvitsevat tukea.",), interests_en=("Welding robots.",))],
    )
    lines = [json.dumps(row) for row in CALLS]
    (tmp_path / "calls.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "qrels.tsv").write_text(QRELS, "utf-8")
    return tmp_path


def ranked(*more: str) -> str:
    ran = hame("evaluate", "actors", "--calls", "calls.jsonl", "--actors", "actors", "--run", "out.trec", *more)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def first(folder: Path) -> str:
    best = min(ir_measures.read_trec_run(str(folder / "out.trec")), key=lambda scored: -scored.score)
    return str(best.doc_id)


def test_actors_are_ranked_and_scored_without_a_workspace(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    assert ranked() == "1 lists written to out.trec.\n"
    assert {path.name for path in folder.iterdir()} == before | {"out.trec"}
    ran = hame("evaluate", "score", "--qrels", "qrels.tsv", "--run", "out.trec", "--json")
    assert (ran.code, ran.json["queries"], ran.json["ungraded"]) == (0, 1, 0.0)
    assert ran.json["figures"]["P@5 / ceiling"] == {"mean": 1.0, "low": None, "high": None, "queries": 1}
    shown = hame("evaluate", "score", "--qrels", "qrels.tsv", "--run", "out.trec").out
    assert "nDCG@10" in shown
    assert "1 queries; half of the lists have 2 documents or more." in shown
    assert "Calibration error" in shown
    assert ran.json["calibration"]["documents"] == 2
    assert set(ran.json["calibration"]["labels"]) == {"strong", "worth_a_look", "weak"}


def test_runs_are_compared_query_by_query(folder: Path) -> None:
    ranked("--language", "en")
    (folder / "out.trec").rename(folder / "english.trec")
    ranked("--language", "fi", "--keep", "1")
    arguments = ("evaluate", "score", "--qrels", "qrels.tsv", "--run", "out.trec", "--against", "english.trec")
    shown = hame(*arguments)
    assert (shown.code, shown.err) == (0, "")
    assert "Against english.trec" in shown.out
    found = hame(*arguments, "--json").json["against"]["english.trec"]["differences"]["MRR"]
    assert (found["other"], found["mean"], found["p"]) == (0.5, 0.5, None)


def test_scores_that_are_no_probabilities_are_told(folder: Path) -> None:
    (folder / "bm25.trec").write_text("lib Q0 BOOKS 1 12.5 x\nlib Q0 ROBOTS 2 3.1 x\n", "utf-8")
    ran = hame("evaluate", "score", "--qrels", "qrels.tsv", "--run", "bm25.trec")
    assert ran.code == 0
    assert "No calibration error and no labels: the scores, from 3.1 to 12.5, are no probabilities" in ran.out
    assert hame("evaluate", "score", "--qrels", "qrels.tsv", "--run", "bm25.trec", "--json").json["calibration"] is None


def test_a_part_of_organisations_is_scored_without_the_topics_they_know(folder: Path) -> None:
    topics = [{"id": f"T{n}", "title": title, "text": None} for n, title in enumerate(("Peat", "Robots", "Books"))]
    past = [{"title": "Welding robots", "objective": ""}]
    rows = [
        {"org_id": "o1", "projects": past, "focused": True, "seen": ["T1"]},
        {"org_id": "o2", "projects": past, "focused": False, "seen": []},
    ]
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, topics)), "utf-8")
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (folder / "ids.txt").write_text("T0\nT1\n", "utf-8")
    (folder / "q.qrels").write_text("o1 0 T0 1\no2 0 T0 1\n", "utf-8")
    files = ("--topics", "t.jsonl", "--queries", "q.jsonl", "--candidates", "ids.txt")
    assert hame("evaluate", "topics", *files, "--run", "out.trec").code == 0
    score = ("evaluate", "score", "--qrels", "q.qrels", "--run", "out.trec", "--candidates", "ids.txt", "--json")
    part = ("--queries", "q.jsonl", "--where", "focused=true")
    assert hame(*score).json["queries"] == 2
    first = hame(*score, *part).json
    assert (first["queries"], first["figures"]["MRR"]["mean"], first["figures"]["AUC"]["mean"]) == (1, 0.5, 0)
    second = hame(*score, *part, "--leave-out", "seen").json
    assert second["figures"]["MRR"]["mean"] == 1


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--where", "kind=title"), "are fields of --queries: name that file, too"),
        (("--queries", "calls.jsonl", "--where", "title"), "write FIELD=VALUE"),
    ],
)
def test_half_a_condition_is_a_usage_error(folder: Path, options: tuple[str, ...], what: str) -> None:
    ran = hame("evaluate", "score", "--qrels", "qrels.tsv", "--run", "out.trec", *options)
    assert ran.code == 2
    assert what in " ".join(ran.err.split())


def test_the_language_of_the_interests_can_be_chosen(folder: Path) -> None:
    ranked("--language", "fi")
    assert first(folder) == "BOOKS"
    ranked("--language", "en")
    assert first(folder) == "ROBOTS"


def test_topics_are_ranked_for_projects(folder: Path) -> None:
    topics = [{"id": "T1", "title": "Peat", "text": "Peat."}, {"id": "T2", "title": "Robots", "text": None}]
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, topics)), "utf-8")
    (folder / "q.jsonl").write_text('{"id": "p1", "kind": "title", "title": "Welding robots"}\n', "utf-8")
    ran = hame("evaluate", "topics", "--topics", "t.jsonl", "--queries", "q.jsonl", "--run", "out.trec")
    assert (ran.code, ran.err, first(folder)) == (0, "", "T2")
    line = (folder / "out.trec").read_text("utf-8").splitlines()[0].split()
    assert line[:4] == ["p1", "Q0", "T2", "1"]
    assert line[5].startswith("hame-match-")


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("calls.jsonl", '{"id": 1}\n', "calls.jsonl:1: id: "),
        ("actors/x.yaml", "slug: x\nfoo: 1\n", "x.yaml:2: foo"),
    ],
)
def test_a_wrong_file_is_named(folder: Path, file: str, text: str, what: str) -> None:
    (folder / file).write_text(text, "utf-8")
    ran = hame("evaluate", "actors", "--calls", "calls.jsonl", "--actors", "actors", "--run", "out.trec")
    assert ran.code == 1
    assert what in ran.err
    assert not (folder / "out.trec").exists()


def test_settings_that_are_named_must_exist(folder: Path) -> None:
    ran = hame(
        "--config", "no.toml", "evaluate", "actors", "--calls", "calls.jsonl", "--actors", "actors", "--run", "o.trec"
    )
    assert ran.code == 1
    assert "no.toml" in ran.err
