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
    from hame_match.jobs.measuring import Measured
    from hame_match.jobs.workspace import Workspace

_FILE = click.Path(path_type=Path, dir_okay=False)
_RUN_OUT = click.option("--run", "run", type=_FILE, required=True, metavar="OUT.trec", help="TREC run to write.")


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
@click.pass_context
def actors(
    context: click.Context,
    calls: Path,
    actors: Path,
    run: Path,
    language: Literal["fi", "en"] | None,
    eligibility: bool,
) -> None:
    """Rank every call of a file for every actor of a folder.

    Example: hame-match evaluate actors --calls actor-calls.jsonl.gz --actors actors --run out.trec --language fi
    """
    from hame_match.jobs.evaluating import rank_actors
    from hame_match.paths import bundled
    from hame_match.profiles import REGION_FILE, load_actors, load_region

    asked = load_actors(actors, load_region(bundled("profiles") / REGION_FILE))
    with _in_memory(context) as workspace:
        lists = rank_actors(workspace, calls, asked, run, language=language, eligibility=eligibility)
    click.echo(f"{lists} lists written to {run}.")


@command.command("topics")
@click.option("--topics", type=_FILE, required=True, metavar="T.jsonl[.gz]", help="The topics to rank.")
@click.option(
    "--queries", type=_FILE, required=True, metavar="Q.jsonl[.gz]", help="Projects or organisations to rank them for."
)
@_RUN_OUT
@click.pass_context
def topics(context: click.Context, topics: Path, queries: Path, run: Path) -> None:
    """Rank the topics of a file for every project or organisation of another; 1,000 each are written.

    Example: hame-match evaluate topics --topics topics.jsonl.gz --queries queries-projects.jsonl.gz --run out.trec
    """
    from hame_match.jobs.evaluating import rank_topics

    with _in_memory(context) as workspace:
        lists = rank_topics(workspace, topics, queries, run)
    click.echo(f"{lists} lists written to {run}.")


@command.command("score")
@click.option("--qrels", type=_FILE, required=True, metavar="Q.tsv", help="Judgements: of two judges, or TREC qrels.")
@click.option("--run", "run", type=_FILE, required=True, metavar="OUT.trec", help="TREC run to measure.")
@as_json
def score(qrels: Path, run: Path, json_: bool) -> None:
    """Measure a run by judgements, with 95 % bootstrap intervals over the queries.

    Example: hame-match evaluate score --qrels qrels-actors.tsv --run out.trec
    """
    from hame_match.jobs.measuring import score_run

    measured = score_run(qrels, run)
    if json_:
        print_json(dataclasses.asdict(measured))
        return
    _print(measured)


def _print(measured: "Measured") -> None:
    rows = [
        (name, f"{one.mean:.3f}", "–" if one.low is None or one.high is None else f"{one.low:.3f}–{one.high:.3f}")
        for name, one in measured.figures.items()
    ]
    print_table("", ("measure", "mean", "95 %"), rows)
    click.echo(f"{measured.queries} queries.")
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
