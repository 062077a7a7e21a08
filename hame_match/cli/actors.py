"""``hame-match actors``: who the calls are for."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from hame_match.cli.output import as_json, local_day, print_json, print_table
from hame_match.cli.session import workspace_of

if TYPE_CHECKING:
    from hame_match.match.gloss import Source
from hame_match.language import shorten


@click.group("actors")
def command() -> None:
    """List the actors and check their profiles.

    Example: hame-match actors check
    """


@command.command("list")
@as_json
@click.pass_context
def list_(context: click.Context, json_: bool) -> None:
    """List the actors of the workspace.

    Example: hame-match actors list
    """
    with workspace_of(context) as workspace:
        actors = workspace.actors
        folder = workspace.settings.profiles
    if json_:
        print_json(
            [
                {
                    "slug": actor.slug,
                    "name": actor.name,
                    "actor_type": actor.actor_type.value,
                    "municipality": actor.municipality,
                    "interests": list(actor.interests),
                    "recipients": sum(recipient.subscribed for recipient in actor.recipients),
                    "fictional": actor.fictional,
                }
                for actor in actors
            ]
        )
        return
    rows = [
        (
            actor.slug,
            actor.name,
            actor.actor_type.value,
            actor.municipality or "–",
            len(actor.interests),
            sum(recipient.subscribed for recipient in actor.recipients),
        )
        for actor in actors
    ]
    empty = f"No actors yet; add profiles to {folder} (malli.yaml.example shows how)."
    print_table("", ("actor", "name", "type", "municipality", "interests", "recipients"), rows, empty=empty)


@command.command("quiet")
@click.option("--days", type=click.IntRange(1), default=31, show_default=True, help="How long is too long.")
@as_json
@click.pass_context
def quiet(context: click.Context, days: int, json_: bool) -> None:
    """List the actors that have had nothing for a month, longest first: no call approved, no mail sent.

    Example: hame-match actors quiet --days 60
    """
    from hame_match.jobs.reverse import quiet_actors

    with workspace_of(context) as workspace:
        found = quiet_actors(workspace, days)
        titles = {
            one.actor: stored.call.title(stored.call.original_language())[0]
            for one in found
            if one.best is not None and (stored := workspace.store.calls.get(one.best.call_id)) is not None
        }
        total = len(workspace.actors)
    if json_:
        print_json(
            [
                {
                    "actor": one.actor,
                    "name": one.name,
                    "approved_at": one.approved_at,
                    "sent_at": one.sent_at,
                    "waiting": one.waiting,
                    "best": {"rank": one.best.rank, "call_id": one.best.call_id, "title": titles[one.actor]}
                    if one.best is not None
                    else None,
                }
                for one in found
            ]
        )
        return
    if not found:
        nobody = "No actors yet." if not total else f"Every actor got a call or a mail within {days} days."
        click.echo(nobody)
        return
    rows = [
        (
            one.actor,
            local_day(one.approved_at),
            local_day(one.sent_at),
            one.waiting,
            f"{one.best.rank}. {shorten(titles[one.actor], 60)}" if one.best is not None else "–",
        )
        for one in found
    ]
    print_table("", ("actor", "approved", "sent", "waiting", "best that waits"), rows)
    click.echo(f"{len(found)} of {total} actors have had nothing for {days} days.")


@command.command("check")
@click.option("--actor", metavar="A", help="Only this actor, with the gloss of every interest.")
@click.pass_context
def check(context: click.Context, actor: str | None) -> None:
    """Check every profile; errors name file and line.

    Of each actor it tells the words that could not be put into English; with --actor also the English of every
    interest, and which words it is from the general dictionary for. It ends with how many words are from where.

    Example: hame-match actors check --actor oma-toimija
    """
    from hame_match.match.gloss import Source
    from hame_match.match.ranking import glosses_of

    with workspace_of(context) as workspace:
        actors = [workspace.actor(actor)] if actor else workspace.actors
        folder = workspace.settings.profiles
    counts = Counter[Source]()
    for one in actors:
        if not any(recipient.subscribed for recipient in one.recipients):
            click.echo(f"{one.slug}: nobody gets its digest; add recipients when somebody should")
        glosses = glosses_of(one)
        counts.update(word.source for _, found in glosses for word in found.words)
        if actor:
            for interest, found in glosses:
                click.echo(f"\n{interest}\n  → {found.english or '(no word was found)'}")
                general = [
                    f"{word.written} ({word.english})" for word in found.words if word.source is Source.DICTIONARY
                ]
                if general:
                    click.echo(f"  by the dictionary: {', '.join(dict.fromkeys(general))}")
        unknown = list(dict.fromkeys(word for _, found in glosses for word in found.unknown))
        if unknown:
            click.echo(f"{one.slug}: no English for: {', '.join(unknown)}")
            click.echo("  Say it in other words, or write the interest in English into interests_en.")
    if counts:
        _tell_sources(counts)
    if not actors:
        click.echo(f"No profiles yet in {folder}; copy malli.yaml.example to NAME.yaml and edit it.")
    else:
        click.echo(f"{'1 profile' if len(actors) == 1 else f'{len(actors)} profiles'} in {folder}: in order.")


def _tell_sources(counts: "Counter[Source]") -> None:
    """Print how many words of the interests got their English from where, and which dictionaries there are."""
    from hame_match.match import dictionary
    from hame_match.match.gloss import Source, version

    click.echo(
        f"Words: {counts[Source.GLOSSARY]} by the glossary, {counts[Source.DICTIONARY]} by a general dictionary, "
        f"{counts[Source.NAME]} names, {counts[Source.LEFT_OUT]} function words, {counts[Source.UNKNOWN]} unknown "
        f"({version()})."
    )
    where = dictionary.folders()
    found = [dictionary.installed(language, where) for language in dictionary.NAMES]
    for one in found:
        if one.note:
            click.echo(one.note)
    files = [str(one.file) for one in found if one.file and not one.note]
    if files:
        click.echo(f"Dictionaries: {', '.join(files)}.")
    elif not any(one.note for one in found):
        click.echo("No general dictionary is installed; docs/howto/add-terms.md tells how to add one.")


@command.command("forget")
@click.option("--actor", required=True, metavar="A", help="Slug of the actor, see `hame-match actors list`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@click.pass_context
def forget(context: click.Context, actor: str, yes: bool, json_: bool) -> None:
    """Forget what was learnt from an actor's decisions; the decisions themselves stay.

    The next `hame-match matches run` ranks by the profile alone and learns from decisions made after now.

    Example: hame-match actors forget --actor oma-toimija --yes
    """
    from hame_match.jobs import learning

    with workspace_of(context) as workspace:
        count = learning.to_forget(workspace, actor)
        if not yes:
            click.confirm(f"Forget what {count} decisions for {actor} have taught?", abort=True)
        learning.forget(workspace, actor)
    if json_:
        print_json({"actor": actor, "forgotten": count})
        return
    click.echo(
        f"{'1 decision' if count == 1 else f'{count} decisions'} for {actor} teach no more and stay as decisions; "
        "the next `hame-match matches run` ranks by the profile."
    )
