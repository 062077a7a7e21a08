"""How `matches reverse` and `matches consortium` look, to people and to programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from hame_match.cli.output import deadline_text, local_day, print_table
from hame_match.deliver.words import Words
from hame_match.language import shorten
from hame_match.match.consortium import Consortium, Member, decisive
from hame_match.model.call import StoredCall
from hame_match.model.match import Reason

if TYPE_CHECKING:
    from hame_match.jobs.reverse import ForActor

QUOTES = 3
"""Sentences shown of each member; JSON has them all."""
MISSING = 3
"""Uncovered sentences shown; the rest is counted."""


def _call_json(stored: StoredCall) -> dict[str, object]:
    call = stored.call
    return {
        "call_id": stored.call_id,
        "identifier": call.identifier,
        "title": call.title(call.original_language())[0],
        "url": call.url,
    }


def _reason_json(reason: Reason, words: Words) -> dict[str, object]:
    return {
        "rule": reason.rule,
        "verdict": reason.verdict.value,
        "code": reason.code,
        "fact": reason.fact,
        "text": words.reason(reason),
    }


def _heading(stored: StoredCall, words: Words, now: datetime) -> None:
    call = stored.call
    click.secho(call.title(call.original_language())[0], bold=True)
    click.echo(f"{stored.call_id} · {deadline_text(call, now, words.language)}\n{call.url}\n")


def reverse_json(stored: StoredCall, found: Sequence["ForActor"], words: Words) -> dict[str, object]:
    """Return what `matches reverse --json` says."""
    return {
        **_call_json(stored),
        "actors": [
            {
                "actor": one.actor,
                "name": one.name,
                "z": round(one.standing.z, 3),
                "place": one.standing.place,
                "of": one.standing.of,
                "relevance": round(one.relevance, 4),
                "label": words.name(one.label),
                "eligibility": one.verdict.value,
                "reasons": [_reason_json(reason, words) for reason in one.reasons],
                "decisive": decisive(one.verdict, one.reasons).code,
                "evidence": one.evidence.sentence,
                "evidence_language": one.evidence.language,
                "interest": one.evidence.interest,
                "review": one.review.value if one.review is not None else None,
                "given_at": one.given_at,
                "quiet": one.quiet,
            }
            for one in found
        ],
    }


def print_reverse(stored: StoredCall, found: Sequence["ForActor"], hidden: int, words: Words, now: datetime) -> None:
    """Print the actors for one call."""
    _heading(stored, words, now)
    for number, one in enumerate(found, start=1):
        place = words("reverse.place", place=one.standing.place, of=one.standing.of)
        click.secho(f"{number}. {one.name} ({one.actor})", bold=True)
        click.echo(f"   {words.name(one.label)} · {place}")
        click.echo(f"   {shorten(one.evidence.interest, 160)}")
        click.echo(f"   → {shorten(one.evidence.sentence, 220) or '–'}")
        reason = decisive(one.verdict, one.reasons)
        click.echo(f"   {words.name(one.verdict)}: {shorten(words.reason(reason), 160)}")
        review = words(f"decision.{one.review.value}") if one.review is not None else words("reverse.not_listed")
        quiet = ""
        if one.quiet:
            quiet = " · " + words("reverse.quiet", day=local_day(one.given_at) if one.given_at else "")
        click.echo(f"   {review}{quiet}\n")
    if hidden:
        click.echo(words.many("reverse.hidden", hidden))


def consortium_json(stored: StoredCall, found: Consortium, words: Words) -> dict[str, object]:
    """Return what `matches consortium --json` says."""
    return {
        **_call_json(stored),
        "coverage": round(found.coverage, 4),
        "redundancy": round(found.redundancy, 4),
        "score": round(found.score, 4),
        "members": [_member_json(member, words) for member in found.members],
        "missing": {
            "roles": [
                {"role": one.role.value, "text": words.role(one.role.value), "sentence": one.sentence}
                for one in found.unfilled
            ],
            "sentences": list(found.uncovered),
            "foreign_partners": found.foreign_partners,
            "questions": [{"actor": actor, **_reason_json(reason, words)} for actor, reason in found.open_questions],
        },
        "left_out": [
            {"actor": one.actor, "covers": round(one.covers, 4), "reason": _reason_json(one.reason, words)}
            for one in found.left_out
        ],
        "nothing_to_add": found.nothing_to_add,
    }


def _member_json(member: Member, words: Words) -> dict[str, object]:
    return {
        "actor": member.actor,
        "name": member.name,
        "roles": [role.value for role in member.roles],
        "covers": round(member.covers, 4),
        "adds": round(member.adds, 4),
        "evidence": [
            {"sentence": one.sentence, "interest": one.interest, "degree": round(one.degree, 4)}
            for one in member.evidence
        ],
        "eligibility": member.verdict.value,
        "reasons": [_reason_json(reason, words) for reason in member.reasons],
    }


def print_consortium(stored: StoredCall, found: Consortium, words: Words, now: datetime) -> None:
    """Print a consortium and what it lacks."""
    _heading(stored, words, now)
    if len(found.members) < 2:
        click.echo(words("consortium.none") + "\n")
    else:
        click.echo(words("consortium.covers", share=_percent(found.coverage), again=_percent(found.redundancy)) + "\n")
    for number, member in enumerate(found.members, start=1):
        roles = ", ".join(words.role(role.value) for role in member.roles)
        click.secho(f"{number}. {member.name} ({member.actor}): {roles}", bold=True)
        click.echo("   " + words("consortium.member", share=_percent(member.covers), adds=_percent(member.adds)))
        for one in member.evidence[:QUOTES]:
            click.echo(f"   → {shorten(one.sentence, 200)}\n     {shorten(one.interest, 130)}")
        reason = decisive(member.verdict, member.reasons)
        click.echo(f"   {words.name(member.verdict)}: {shorten(words.reason(reason), 160)}\n")
    missing = _missing(found, words)
    if missing:
        click.secho(words("consortium.missing"), bold=True)
        for line in missing:
            click.echo(f"- {line}")
        click.echo()
    rows = [
        (one.actor, _percent(one.covers), shorten(words.reason(one.reason), 100))
        for one in found.left_out
        if one.covers > 0
    ]
    if rows:
        columns = (words("consortium.actor"), words("consortium.would_cover"), words("consortium.why"))
        print_table(words("consortium.left_out"), columns, rows)


def _missing(found: Consortium, words: Words) -> list[str]:
    lines = []
    for want in found.unfilled:
        sentence = shorten(want.sentence, 160)
        lines.append(words("consortium.unfilled", role=words.role(want.role.value), sentence=sentence))
    if found.foreign_partners:
        lines.append(words("consortium.foreign"))
    for actor, reason in found.open_questions:
        lines.append(f"{actor}: {shorten(words.reason(reason), 160)}")
    lines += [words("consortium.uncovered", sentence=shorten(text, 200)) for text in found.uncovered[:MISSING]]
    more = len(found.uncovered) - MISSING
    if more > 0:
        lines.append(words.many("consortium.more", more))
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
