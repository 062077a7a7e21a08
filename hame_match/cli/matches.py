"""``hame-match matches``: the ranked lists and the manager's decisions."""

import getpass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from hame_match.cli.output import as_json, deadline_text, print_json, print_table
from hame_match.cli.session import workspace_of
from hame_match.deliver.words import Words, load_words
from hame_match.language import shorten
from hame_match.model.call import StoredCall
from hame_match.model.match import Decision, Match, RejectionReason, Review, Verdict, question_of
from hame_match.review.decisions import ReviewState, state_of

if TYPE_CHECKING:
    from hame_match.jobs.workspace import Workspace

_LANGUAGE = click.option(
    "--language",
    type=click.Choice(["fi", "en"]),
    default="fi",
    show_default=True,
    help="Language of labels and reasons.",
)
_CALL = click.option(
    "--call", "call", required=True, metavar="C", help="Id of an open call, or its identifier where only one has it."
)
_ACTOR = click.option("--actor", required=True, metavar="A", help="Slug of the actor, see `hame-match actors list`.")


@click.group("matches")
def command() -> None:
    """Rank calls for the actors; list, approve and reject matches.

    Example: hame-match matches list --actor kaarnapuron-konepaja
    """


@command.command("run")
@as_json
@click.pass_context
def run(context: click.Context, json_: bool) -> None:
    """Rank all open calls for every actor; decisions already made stay.

    Example: hame-match matches run
    """
    from hame_match.jobs.matching import rank_all

    with workspace_of(context) as workspace:
        ranked = rank_all(workspace)
        folder = workspace.settings.profiles
    if json_:
        print_json({name: getattr(ranked, name) for name in ranked.__slots__})
        return
    if not ranked.actors:
        click.echo(f"No actors yet; add profiles to {folder} (malli.yaml.example shows how).")
        return
    click.echo(
        f"Ranked {ranked.calls} calls for {ranked.actors} {'actor' if ranked.actors == 1 else 'actors'}; "
        f"{ranked.closed} closed calls were left out, "
        f"{ranked.embedded} texts were new to the model."
    )


def text_basis(match: Match, stored: StoredCall) -> str:
    """Return what a match rests on: ``own`` text, that of its ``topic``, or its ``title`` alone."""
    if match.borrowed_from:
        return "topic"
    return "own" if stored.call.has_text else "title"


def match_json(match: Match, stored: StoredCall, review: Review | None, words: Words) -> dict[str, object]:
    """Return what `matches list --json` says of a match."""
    return {
        "rank": match.rank,
        "call_id": match.call_id,
        "source": stored.call.source,
        "source_key": stored.call.source_key,
        "identifier": stored.call.identifier,
        "title": stored.call.title(stored.call.original_language())[0],
        "relevance": round(match.relevance, 4),
        "label": words.name(match.label),
        "eligibility": match.verdict.value,
        "reasons": [
            {
                "rule": r.rule,
                "verdict": r.verdict.value,
                "code": r.code,
                "fact": r.fact,
                "sentence": r.sentence,
                "text": words.reason(r),
                "question": "" if r.verdict is Verdict.ELIGIBLE else words.check(r),
            }
            for r in match.reasons
        ],
        "question": words.check(asked) if (asked := question_of(match.reasons)) else "",
        "evidence": match.evidence,
        "evidence_language": match.evidence_language,
        "interest": match.interest,
        "second_evidence": match.second_evidence,
        "second_interest": match.second_interest,
        "borrowed_from": match.borrowed_from,
        "text": text_basis(match, stored),
        "folded_into": match.folded_into,
        "semantic": round(match.parts.semantic, 4),
        "lexical": round(match.parts.lexical, 4),
        "fit": round(match.parts.fit, 4),
        "learnt": round(match.parts.learnt, 4),
        "flags": [{"code": flag.code, "fact": flag.fact, "text": words.reason(flag)} for flag in match.flags],
        "review": state_of(match, review).value,
        "ranker": match.ranker,
    }


@command.command("list")
@_ACTOR
@click.option("--limit", type=click.IntRange(1), default=None, help="Only the first ones.")
@click.option("--pending", is_flag=True, help="Only those that wait for a decision.")
@click.option(
    "--all", "all_", is_flag=True, help="Also calls the actor cannot apply to, and sister calls in lines of their own."
)
@_LANGUAGE
@as_json
@click.pass_context
def list_(
    context: click.Context, actor: str, limit: int | None, pending: bool, all_: bool, language: str, json_: bool
) -> None:
    """List an actor's matches, best first, with the sentence of the call that fits best; +N are its sister calls.

    Example: hame-match matches list --actor kaarnapuron-konepaja --limit 10
    """
    words = load_words(language)
    with workspace_of(context) as workspace:
        workspace.actor(actor)
        found = _found(workspace, actor)
        now = workspace.clock()
    waiting = (ReviewState.PENDING, ReviewState.CHANGED)
    sisters = _sisters(found)
    shown = [
        (match, stored, review)
        for match, stored, review in found
        if (all_ or (match.verdict is not Verdict.INELIGIBLE and not _is_within(match, sisters)))
        and (not pending or state_of(match, review) in waiting)
    ][:limit]
    if json_:
        print_json(
            [
                match_json(match, stored, review, words) | {"sisters": sisters.get(match.call_id, [])}
                for match, stored, review in shown
            ]
        )
        return
    _print_matches(shown, actor, language, now, {} if all_ else sisters)


def list_table(workspace: "Workspace", actor: str, language: str, limit: int) -> None:
    """Print the first matches of an actor's list as `matches list` does."""
    found = _found(workspace, actor)
    sisters = _sisters(found)
    shown = [one for one in found if one[0].verdict is not Verdict.INELIGIBLE and not _is_within(one[0], sisters)]
    _print_matches(shown[:limit], actor, language, workspace.clock(), sisters)


def _sisters(found: list[tuple[Match, StoredCall, Review | None]]) -> dict[str, list[str]]:
    """Return leader to its sisters; a leader that was rejected has none, so that each waits for a look of its own."""
    rejected = {match.call_id for match, _, review in found if review and review.decision is Decision.REJECTED}
    sisters: dict[str, list[str]] = {}
    for match, _, _ in found:
        if match.folded_into and match.folded_into not in rejected:
            sisters.setdefault(match.folded_into, []).append(match.call_id)
    return sisters


def _is_within(match: Match, sisters: dict[str, list[str]]) -> bool:
    return match.call_id in sisters.get(match.folded_into, ())


def _print_matches(
    shown: list[tuple[Match, StoredCall, Review | None]],
    actor: str,
    language: str,
    now: datetime,
    sisters: dict[str, list[str]],
) -> None:
    words = load_words(language)
    rows = [
        (
            match.rank,
            words.name(match.label),
            shorten(stored.call.title(stored.call.original_language())[0], 60)
            + (f" +{len(sisters[match.call_id])}" if match.call_id in sisters else ""),
            deadline_text(stored.call, now, language),
            _why(match, stored, words),
            words(f"decision.{state_of(match, review).value}"),
        )
        for match, stored, review in shown
    ]
    empty = f"Nothing to show for {actor}; `hame-match spiders run` and then `hame-match matches run` fill the list."
    columns = {
        "fi": ("#", "osuma", "haku", "määräaika", "miksi", "päätös"),
        "en": ("#", "match", "call", "deadline", "why", "review"),
    }[language]
    print_table("", columns, rows, empty=empty)


def _why(match: Match, stored: StoredCall, words: Words) -> str:
    if not match.evidence:
        return "–" if stored.call.has_text else words("list.title_only")
    said = f"{words('list.from_topic')} {match.evidence}" if match.borrowed_from else match.evidence
    return shorten(said, 110) + (f" {words('list.second')}" if match.second_evidence else "")


def _found(workspace: "Workspace", actor: str) -> list[tuple[Match, StoredCall, Review | None]]:
    reviews = workspace.store.reviews.of_actor(actor)
    found = []
    for match in workspace.store.matches.of_actor(actor):
        stored = workspace.store.calls.get(match.call_id)
        if stored is not None:
            found.append((match, stored, reviews.get(match.call_id)))
    return found


@command.command("show")
@_ACTOR
@click.argument("call", metavar="CALL")
@_LANGUAGE
@as_json
@click.pass_context
def show(context: click.Context, actor: str, call: str, language: str, json_: bool) -> None:
    """Show one match with every reason; CALL is a rank or a call id.

    Example: hame-match matches show --actor kaarnapuron-konepaja 1
    """
    from hame_match.jobs.reviewing import find_match

    words = load_words(language)
    with workspace_of(context) as workspace:
        match = find_match(workspace, actor, call)
        stored = workspace.store.calls.get(match.call_id)
        found = _found(workspace, actor)
        review = workspace.store.reviews.of_actor(actor).get(match.call_id)
        now = workspace.clock()
    if stored is None:
        raise AssertionError("a match refers to a stored call")
    if json_:
        print_json(
            match_json(match, stored, review, words)
            | {"sisters": [m.call_id for m, _, _ in found if m.folded_into == match.call_id]}
        )
        return
    click.secho(stored.call.title(stored.call.original_language())[0], bold=True)
    click.echo(stored.call.url)
    click.echo(f"{match.call_id} · {words.name(match.label)} · {match.relevance:.2f}")
    click.echo(deadline_text(stored.call, now, language))
    click.echo(f"\n{match.interest}\n→ {match.evidence or '–'}")
    if match.second_evidence:
        click.echo(f"\n{match.second_interest}\n→ {match.second_evidence}")
    if match.borrowed_from:
        click.echo(words("digest.borrowed", topic=match.borrowed_from))
    elif not stored.call.has_text:
        click.echo(words("digest.no_text"))
    click.echo()
    for sister, sister_call, _ in found:
        if match.call_id in (sister.folded_into, sister.call_id) and sister is not match and sister.folded_into:
            click.echo(f"+ {sister.rank} {shorten(sister_call.call.title()[0], 80)} ({sister.call_id})")
    click.echo(f"{words.name(match.verdict)}:")
    for reason in match.reasons:
        click.echo(f"  {words.name(reason.verdict)}: {words.reason(reason)}")
        if reason.sentence:
            click.echo(f"      {words('language.quote_open')}{reason.sentence}{words('language.quote_close')}")
    if asked := question_of(match.reasons):
        click.echo(f"{words('digest.check')}: {words.check(asked)}")
    for flag in match.flags:
        click.echo(f"  ! {words.reason(flag)}")
    click.echo(f"\n{state_of(match, review).value}" + (f" {review.at:%Y-%m-%d} {review.reviewer}" if review else ""))
    if review and (review.reason or review.note):
        click.echo(" ".join(part for part in (review.reason, review.note) if part))


@command.command("explain")
@_ACTOR
@click.option("--call", metavar="C", help="What it does to this call: a rank or a call id of the actor's list.")
@_LANGUAGE
@as_json
@click.pass_context
def explain(context: click.Context, actor: str, call: str | None, language: str, json_: bool) -> None:
    """Tell what was learnt from an actor's decisions and how it moves the list, or one call of it.

    Example: hame-match matches explain --actor kaarnapuron-konepaja --call 1
    """
    from hame_match.cli import lessons
    from hame_match.jobs.learning import explain as explain_actor

    with workspace_of(context) as workspace:
        found = explain_actor(workspace, actor, call)
    words = load_words(language)
    if json_:
        print_json(lessons.explained_json(actor, found, words))
        return
    lessons.print_explained(actor, found, words)


def _decide(context: click.Context, actor: str, calls: tuple[str, ...], note: str, reason: str | None) -> None:
    from hame_match.jobs.reviewing import decide

    with workspace_of(context) as workspace:
        reviews = decide(workspace, actor, list(calls), reviewer=_reviewer(), note=note, reason=reason)
    for review in reviews:
        click.echo(f"{review.decision.value}: {review.call_id}" + (f" ({review.reason})" if review.reason else ""))


def _reviewer() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


@command.command("approve")
@_ACTOR
@click.argument("calls", metavar="CALL...", nargs=-1, required=True)
@click.option("--note", default="", help="Free words to remember.")
@click.pass_context
def approve(context: click.Context, actor: str, calls: tuple[str, ...], note: str) -> None:
    """Approve matches for the actor's next digest; CALL is a rank or a call id.

    Example: hame-match matches approve --actor kaarnapuron-konepaja 1 3
    """
    _decide(context, actor, calls, note, None)


@command.command("reject")
@_ACTOR
@click.argument("calls", metavar="CALL...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="CODE", help=f"Why: one of {', '.join(sorted(RejectionReason))}.")
@click.option("--note", default="", help="Free words to remember.")
@click.pass_context
def reject(context: click.Context, actor: str, calls: tuple[str, ...], reason: str, note: str) -> None:
    """Reject matches with a reason code; CALL is a rank or a call id.

    Example: hame-match matches reject --actor kaarnapuron-konepaja 2 --reason too-big
    """
    _decide(context, actor, calls, note, reason)


@command.command("reverse")
@_CALL
@click.option("--limit", type=click.IntRange(1), default=None, help="Only the first ones.")
@click.option("--all", "all_", is_flag=True, help="Also actors that may not apply.")
@_LANGUAGE
@as_json
@click.pass_context
def reverse(context: click.Context, call: str, limit: int | None, all_: bool, language: str, json_: bool) -> None:
    """List the actors that one call suits, best first, each with its reasons.

    The order compares how unusual the call is for each actor, not their relevances, which are scales of their own.

    Example: hame-match matches reverse --call fi_haeavustuksia:va-lou-2026-5
    """
    from hame_match.cli import partners
    from hame_match.jobs.reverse import actors_for

    with workspace_of(context) as workspace:
        stored, found = actors_for(workspace, call)
        now = workspace.clock()
    shown = [one for one in found if all_ or one.verdict is not Verdict.INELIGIBLE]
    words = load_words(language)
    if json_:
        print_json(partners.reverse_json(stored, shown[:limit], words))
        return
    partners.print_reverse(stored, shown[:limit], len(found) - len(shown), words, now)


@command.command("consortium")
@_CALL
@click.option(
    "--size",
    type=click.IntRange(2, 4),
    default=4,
    show_default=True,
    help="Most members; fewer where more add nothing.",
)
@_LANGUAGE
@as_json
@click.pass_context
def consortium(context: click.Context, call: str, size: int, language: str, json_: bool) -> None:
    """Propose two to four actors that suit a call together: roles, what each covers, what is missing.

    Example: hame-match matches consortium --call HORIZON-CL4-2027-01-TWIN-01 --size 3
    """
    from hame_match.cli import partners
    from hame_match.jobs.partners import consortium_for

    with workspace_of(context) as workspace:
        stored, found = consortium_for(workspace, call, size)
        now = workspace.clock()
    words = load_words(language)
    if json_:
        print_json(partners.consortium_json(stored, found, words))
        return
    partners.print_consortium(stored, found, words, now)
