"""``hame-match evaluate``: rank data with judgements and measure what came of it."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from hame_match.cli.output import as_json, print_json, print_table
from hame_match.cli.session import bars, pinned, settings_of
from hame_match.settings import Settings

if TYPE_CHECKING:
    from hame_match.jobs.calibration import Calibration
    from hame_match.jobs.comparing import Comparison
    from hame_match.jobs.measuring import Measured, Part
    from hame_match.jobs.workspace import Workspace

_FILE = click.Path(path_type=Path, dir_okay=False)
_RUN_OUT = click.option("--run", "run", type=_FILE, required=True, metavar="OUT.trec", help="TREC run to write.")

_CANDIDATES = click.option(
    "--candidates",
    type=_FILE,
    metavar="IDS.txt",
    help="Ids of the documents there are, one a line; others are left out.",
)


@click.group("evaluate")
def command() -> None:
    """Rank data that people have judged and measure what the ranking finds.

    No workspace is needed and none is touched; --config may name another model. Formats: docs/evaluation.md.

    Example: hame-match evaluate score --qrels qrels-actors.tsv --run out.trec
    """


@command.command("actors")
@click.option("--calls", type=_FILE, required=True, metavar="CALLS.jsonl[.gz]", help="The calls to rank.")
@click.option(
    "--actors", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR",
    help="Folder of profiles.",
)  # fmt: skip
@_RUN_OUT
@click.option(
    "--language", type=click.Choice(["fi", "en"]),
    help="Use only the interests (fi) or only interests_en (en); otherwise what a profile has.",
)  # fmt: skip
@click.option("--eligibility", is_flag=True, help="Leave out calls that the rules shut an actor out of.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="End a list after N calls, as match.keep does; all otherwise.",
)
@click.pass_context
def actors(
    context: click.Context,
    calls: Path,
    actors: Path,
    run: Path,
    language: Literal["fi", "en"] | None,
    eligibility: bool,
    keep: int | None,
) -> None:
    """Rank every call of a file for every actor of a folder.

    Example: hame-match evaluate actors --calls actor-calls.jsonl.gz --actors actors --run out.trec --language fi
    """
    from hame_match.jobs.evaluating import rank_actors
    from hame_match.paths import bundled
    from hame_match.profiles import REGION_FILE, load_actors, load_region

    asked = load_actors(actors, load_region(bundled("profiles") / REGION_FILE))
    with _in_memory(context) as workspace:
        lists = rank_actors(workspace, calls, asked, run, language=language, eligibility=eligibility, keep=keep)
    click.echo(f"{lists} lists written to {run}.")


@command.command("topics")
@click.option("--topics", type=_FILE, required=True, metavar="T.jsonl[.gz]", help="The topics to rank.")
@click.option(
    "--queries", type=_FILE, required=True, metavar="Q.jsonl[.gz]", help="Projects or organisations to rank them for."
)
@_RUN_OUT
@_CANDIDATES
@click.pass_context
def topics(context: click.Context, topics: Path, queries: Path, run: Path, candidates: Path | None) -> None:
    """Rank the topics of a file for every project or organisation of another; 1,000 each are written.

    Example: hame-match evaluate topics --topics topics.jsonl.gz --queries queries-projects.jsonl.gz --run out.trec
    """
    from hame_match.jobs.evaluating import rank_topics

    with _in_memory(context) as workspace:
        lists = rank_topics(workspace, topics, queries, run, candidates)
    click.echo(f"{lists} lists written to {run}.")


@command.command("score")
@click.option("--qrels", type=_FILE, required=True, metavar="Q.tsv", help="Judgements: of two judges, or TREC qrels.")
@click.option("--run", "run", type=_FILE, required=True, metavar="OUT.trec", help="TREC run to measure.")
@click.option(
    "--against", type=_FILE, multiple=True, metavar="OTHER.trec",
    help="TREC run to compare it with, query by query; may be given again.",
)  # fmt: skip
@click.option("--queries", type=_FILE, metavar="Q.jsonl[.gz]", help="Measure only on the queries of this file.")
@click.option(
    "--where", multiple=True, metavar="FIELD=VALUE",
    help="Of --queries only those whose field is this, such as kind=title; with several, all must hold.",
)  # fmt: skip
@click.option("--leave-out", metavar="FIELD", help="Field of --queries: ids of documents to leave out for that query.")
@_CANDIDATES
@as_json
def score(
    qrels: Path,
    run: Path,
    against: tuple[Path, ...],
    queries: Path | None,
    where: tuple[str, ...],
    leave_out: str | None,
    candidates: Path | None,
    json_: bool,
) -> None:
    """Measure a run by judgements, with 95 % bootstrap intervals over the queries.

    Example: hame-match evaluate score --qrels qrels-actors.tsv --run out.trec --against other.trec
    """
    from hame_match.jobs.measuring import score_run

    measured = score_run(qrels, run, against=against, part=_part(queries, where, leave_out, candidates))
    if json_:
        print_json(dataclasses.asdict(measured))
        return
    _print(measured)
    for name, comparison in measured.against.items():
        _print_comparison(name, comparison)
    if measured.calibration is not None:
        _print_calibration(measured.calibration)
    else:
        click.echo(f"No calibration error and no labels: {measured.uncalibrated}.")


def _part(queries: Path | None, where: tuple[str, ...], leave_out: str | None, candidates: Path | None) -> "Part":
    from hame_match.jobs.evaluation_files import Where, read_ids, read_part
    from hame_match.jobs.measuring import Part

    if queries is None and (where or leave_out):
        raise click.UsageError("--where and --leave-out are fields of --queries: name that file, too")
    wanted = []
    for one in where:
        field, equals, value = one.partition("=")
        if not field or not equals:
            raise click.UsageError(f"--where {one}: write FIELD=VALUE, such as kind=title")
        wanted.append(Where(field, value))
    left_out = {} if queries is None else read_part(queries, wanted, leave_out)
    return Part(
        queries=None if queries is None else left_out.keys(),
        candidates=None if candidates is None else read_ids(candidates),
        left_out=left_out,
    )


def _print(measured: "Measured") -> None:
    rows = [
        (name, f"{one.mean:.3f}", _interval(one.low, one.high), one.queries) for name, one in measured.figures.items()
    ]
    print_table("", ("measure", "mean", "95 %", "queries"), rows)
    click.echo(f"{measured.queries} queries; half of the lists have {measured.length:.0f} documents or more.")
    if measured.ungraded is not None:
        click.echo(
            f"Calls that nobody graded were dropped first; they are {measured.ungraded:.0%} of the first ten of a list."
        )
    for count, what in (
        (measured.not_ranked, "judged queries are not in the run and were left out"),
        (measured.not_judged, "queries of the run have no judgements and were left out"),
        (measured.without_relevant, "queries have no relevant document and were left out"),
    ):
        if count:
            click.echo(f"{count} {what}.")


def _print_comparison(name: str, comparison: "Comparison") -> None:
    rows = [
        (
            measure,
            f"{one.other:.3f}",
            f"{one.mean:+.3f}",
            _interval(one.low, one.high, "+"),
            "–" if one.p is None else f"{one.p:.4f}",
            one.queries,
        )
        for measure, one in comparison.differences.items()
    ]
    print_table(f"Against {name}", ("measure", "there", "difference", "95 %", "p", "queries"), rows)
    if comparison.not_in_both:
        click.echo(f"{comparison.not_in_both} queries are in only one of the two and were left out.")


def _print_calibration(calibration: "Calibration") -> None:
    error = calibration.error
    click.echo(
        f"Calibration error, the scores taken as chances of being relevant: {error.mean:.3f}"
        f" ({_interval(error.low, error.high)}), over {calibration.documents} judged documents."
    )
    print_table(
        "Reliability",
        ("relevance", "documents", "mean relevance", "share relevant"),
        [
            (f"{one.low:.1f}–{one.high:.1f}", one.documents, _share(one.said), _share(one.found))
            for one in calibration.bins
        ],
    )
    print_table(
        "Labels",
        ("label", "documents", "precision", "of the relevant", "of the others"),
        [
            (label, one.documents, _share(one.precision), _share(one.recall), _share(one.false_positives))
            for label, one in calibration.labels.items()
        ],
    )


def _interval(low: float | None, high: float | None, sign: str = "") -> str:
    return "–" if low is None or high is None else f"{low:{sign}.3f} to {high:{sign}.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@contextmanager
def _in_memory(context: click.Context) -> Iterator["Workspace"]:
    """Give surroundings without a workspace: settings of --config or the defaults, a database that is gone after."""
    from hame_match.jobs import workspace as surroundings
    from hame_match.store import open_store

    settings = settings_of(context) if context.obj["config"] else Settings()
    # Whoever evaluates measures the shipped region's rules, whatever region the settings name.
    settings = settings.model_copy(
        update={"workspace": settings.workspace.model_copy(update={"region": ""})},
    )
    moment = pinned(context)
    clock = surroundings.system_clock if moment is None else lambda: moment
    with open_store(None) as store, bars() as progress:
        yield surroundings.Workspace(settings, store, clock, progress)
