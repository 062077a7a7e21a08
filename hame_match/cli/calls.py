"""``hame-match calls``: what is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from hame_match.cli.output import as_json, deadline_text, money_text, print_json, print_table
from hame_match.cli.session import workspace_of
from hame_match.deliver.words import load_words
from hame_match.errors import NotFoundError
from hame_match.language import READING_LANGUAGES, shorten
from hame_match.match.themes import Lexicon, ThemeTag, tags_of
from hame_match.model.call import CallStatus, Deadline, StoredCall, next_deadline, status_at
from hame_match.model.region import Region
from hame_match.profiles import closest

if TYPE_CHECKING:
    from hame_match.jobs.workspace import Workspace


@click.group("calls")
def command() -> None:
    """List, find and show the calls that are stored.

    Example: hame-match calls list --source fi_eura2021
    """


def _deadline_json(deadline: Deadline) -> dict[str, object]:
    return {"on": deadline.on, "at": deadline.at, "kind": deadline.kind.value}


def call_json(stored: StoredCall, now: datetime, tags: Sequence[ThemeTag]) -> dict[str, object]:
    """Return what `calls list --json` says of a call and its themes."""
    call = stored.call
    return {
        "call_id": stored.call_id,
        "source": call.source,
        "source_key": call.source_key,
        "identifier": call.identifier,
        "title": call.title(call.original_language())[0],
        "titles": dict(call.titles),
        "status": status_at(call, now).value,
        "opens_on": call.opens_on,
        "deadlines": [_deadline_json(deadline) for deadline in call.deadlines],
        "next_deadline": _deadline_json(ahead) if (ahead := next_deadline(call, now)) else None,
        "continuous": call.continuous,
        "url": call.url,
        "funder": call.funder,
        "programme": call.programme,
        "type_of_action": call.type_of_action,
        "kind": call.kind.value,
        "parent_title": call.parent_title,
        "project": call.project,
        "budget_total": call.budget_total,
        "grant_min": call.grant_min,
        "grant_max": call.grant_max,
        "expected_grants": call.expected_grants,
        "regions": call.regions,
        "region_note": call.region_note,
        "themes": [
            {"code": tag.code, "sentence": tag.sentence, "language": tag.language, "score": tag.score} for tag in tags
        ],
        "languages": list(call.languages),
        "text_chars": call.text_chars,
        "version": stored.version,
        "first_seen": stored.first_seen,
        "last_seen": stored.last_seen,
    }


@command.command("list")
@click.option("--source", metavar="NAME", help="Only calls of this spider.")
@click.option("--theme", metavar="CODE", help="Only calls about this theme of the region, see region.yaml.")
@click.option("--all", "all_", is_flag=True, help="Closed calls, too.")
@as_json
@click.pass_context
def list_(context: click.Context, source: str | None, theme: str | None, all_: bool, json_: bool) -> None:
    """List the calls that are open or to be opened, by deadline.

    Example: hame-match calls list --theme food_system
    """
    with workspace_of(context) as workspace:
        now = workspace.clock()
        region = workspace.region
        if theme:
            _check_theme(region, theme)
        stored = workspace.store.calls.all(source)
        if source and not stored:
            from hame_match.jobs.crawling import known_spiders

            known_spiders([source])
    shown = [one for one in stored if all_ or status_at(one.call, now) is not CallStatus.CLOSED]
    tags: dict[str, tuple[ThemeTag, ...]] = {}
    if theme or json_:
        lexicon = Lexicon(region.themes)
        tags = {one.call_id: tags_of(one.call, lexicon) for one in shown}
    if theme:
        shown = [one for one in shown if any(tag.code == theme for tag in tags[one.call_id])]
    shown.sort(key=lambda one: _by_deadline(one, now))
    if json_:
        print_json([call_json(one, now, tags[one.call_id]) for one in shown])
        return
    rows = _rows(shown, now)
    empty = f"No call is about {theme}." if theme and stored else "No calls; run `hame-match spiders run`."
    print_table("", _COLUMNS, rows, empty=empty)
    if rows:
        click.echo(f"{len(shown)} of {len(stored)} stored calls.")


_COLUMNS = ("call", "title", "status", "deadline", "grant")


def _rows(shown: Sequence[StoredCall], now: datetime) -> list[tuple[str, ...]]:
    return [
        (
            one.call_id,
            shorten(one.call.title(one.call.original_language())[0], 70),
            status_at(one.call, now).value,
            deadline_text(one.call, now, "fi"),
            money_text(one.call, "fi"),
        )
        for one in shown
    ]


@command.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Calls shown at most.")
@click.option("--all", "all_", is_flag=True, help="Closed calls, too.")
@as_json
@click.pass_context
def search(context: click.Context, words: tuple[str, ...], limit: int, all_: bool, json_: bool) -> None:
    """Find calls by words of their text, in other inflections, too, the best first.

    Words may be Finnish, Swedish or English. Calls that hold every word are found; where none does, those that hold
    some.

    Example: hame-match calls search vesistöjen kunnostus
    """
    from hame_match.jobs import searching

    with workspace_of(context) as workspace:
        now = workspace.clock()
        hits = searching.search(workspace, " ".join(words), closed=all_, most=limit)
        if json_:
            lexicon = Lexicon(workspace.region.themes)
            print_json([call_json(one, now, tags_of(one.call, lexicon)) for one in hits.calls])
            return
    asked = " ".join(words)
    if hits.total and not hits.calls:
        empty = f"None of the {hits.looked_at} best calls with {asked!r} is open; --all shows closed ones."
    else:
        empty = f"No call holds {asked!r}."
    print_table("", _COLUMNS, _rows(hits.calls, now), empty=empty)
    if hits.calls:
        held = "every word" if hits.every_word else "some of the words; none holds them all"
        click.echo(f"{len(hits.calls)} shown; {hits.total} stored calls hold {held}.")


def _by_deadline(stored: StoredCall, now: datetime) -> tuple[bool, str, str]:
    ahead = next_deadline(stored.call, now)
    return (ahead is None, ahead.on.isoformat() if ahead else "", stored.call_id)


def _check_theme(region: Region, code: str) -> None:
    """Raise `NotFoundError` unless the region has a theme of this code that can be found on calls."""
    known = [theme.code for theme in region.themes]
    theme = region.theme(code)
    if theme is None:
        names = ", ".join(known) or "none"
        raise NotFoundError(f"there is no theme {code!r}{closest(code, known)}; the themes are: {names}")
    if not any(theme.words.of(language) for language in ("fi", "sv", "en")):
        raise NotFoundError(f"the theme {code!r} has no words, so no call can be about it; add words to region.yaml")


def _print_themes(workspace: "Workspace", tags: Sequence[ThemeTag], language: str) -> None:
    words = load_words(language)
    click.secho(f"\n{words('themes.heading')}", bold=True)
    for tag in tags:
        theme = workspace.region.theme(tag.code)
        name = theme.name(language) if theme else tag.code
        click.echo(f"{name}\n  {words('language.quote_open')}{tag.sentence}{words('language.quote_close')}")
    if not tags:
        click.echo(words("themes.none"))


@command.command("show")
@click.argument("call_id", metavar="CALL")
@click.option(
    "--language",
    type=click.Choice(READING_LANGUAGES),
    default="fi",
    show_default=True,
    help="Language of dates, amounts and names of themes.",
)
@as_json
@click.pass_context
def show(context: click.Context, call_id: str, language: str, json_: bool) -> None:
    """Show one call with its text, the region's themes it is about, and what happened to it.

    Example: hame-match calls show fi_haeavustuksia:va-lou-2026-5
    """
    with workspace_of(context) as workspace:
        now = workspace.clock()
        stored = workspace.store.calls.get(call_id)
        if stored is None:
            raise NotFoundError(f"there is no call {call_id!r}; `hame-match calls list --all` lists them")
        events = workspace.store.calls.events_of(call_id)
        tags = tags_of(stored.call, Lexicon(workspace.region.themes))
    call = stored.call
    if json_:
        sections = [section.model_dump(mode="json") for section in call.sections]
        history = [{"kind": e.kind.value, "at": e.at, "fields": list(e.fields), "version": e.version} for e in events]
        print_json({**call_json(stored, now, tags), "sections": sections, "events": history})
        return
    click.secho(call.title(call.original_language())[0], bold=True)
    click.echo(f"{call.url}\n{call.funder} · {call.programme or '–'} · {call.type_of_action or '–'}")
    click.echo(f"{status_at(call, now).value}; {deadline_text(call, now, language)}; {money_text(call, language)}")
    _print_themes(workspace, tags, language)
    for section in call.sections:
        click.secho(f"\n[{section.language}] {section.heading or section.role.value}", bold=True)
        click.echo(section.text)
    click.echo()
    for event in events:
        fields = f": {', '.join(event.fields)}" if event.fields else ""
        click.echo(f"{event.at:%Y-%m-%d} {event.kind.value}{fields}")
