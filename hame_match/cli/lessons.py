"""How `matches explain` looks, to people and to programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from hame_match.deliver.words import Words
from hame_match.language import format_instant, format_money, shorten
from hame_match.model.lesson import Influence, LearntRule, Lesson, LessonState
from hame_match.model.match import Match

if TYPE_CHECKING:
    from hame_match.jobs.learning import Explained

MOST = 5
"""Judged calls shown that lift, and that lower; JSON has them all."""


def explained_json(actor: str, found: "Explained", words: Words) -> dict[str, object]:
    """Return what `matches explain --json` says."""
    lesson = found.lesson
    return {
        "actor": actor,
        "at": lesson.at if lesson else None,
        "state": lesson.state.value if lesson else None,
        "text": _state(lesson, words),
        "judgements": {
            "positive": lesson.positive if lesson else 0,
            "negative": lesson.negative if lesson else 0,
            "silent": lesson.silent if lesson else 0,
            "waiting": found.waiting,
        },
        "prior_loss": round(lesson.prior_loss, 4) if lesson else None,
        "learnt_loss": round(lesson.learnt_loss, 4) if lesson else None,
        "trust": round(lesson.trust, 4) if lesson else 0.0,
        "influences": [_influence_json(one, found) for one in (lesson.influences if lesson else ())],
        "rules": [
            {
                "rule": rule.kind.value,
                "demotes": rule.demotes,
                "limit_eur": rule.limit,
                "calls": list(rule.call_ids),
                "text": _rule(rule, words),
            }
            for rule in (lesson.rules if lesson else ())
        ],
        "forgotten_at": found.forgotten_at,
        "call": _call_json(found.match, found, words) if found.match else None,
    }


def _call_json(match: Match, found: "Explained", words: Words) -> dict[str, object]:
    return {
        "call_id": match.call_id,
        "title": found.titles.get(match.call_id, ""),
        "prior": round(match.relevance - match.parts.learnt, 4),
        "learnt": round(match.parts.learnt, 4),
        "relevance": round(match.relevance, 4),
        "because": [_influence_json(one, found) for one in found.because],
        "flags": [{"code": flag.code, "fact": flag.fact, "text": words.reason(flag)} for flag in match.flags],
    }


def _influence_json(one: Influence, found: "Explained") -> dict[str, object]:
    return {"call_id": one.call_id, "title": found.titles.get(one.call_id, ""), "effect": round(one.effect, 4)}


def print_explained(actor: str, found: "Explained", words: Words) -> None:
    """Print what was learnt for an actor, and for a call if one was asked for."""
    lesson = found.lesson
    if found.forgotten_at:
        click.echo(words("learning.forgotten", at=format_instant(found.forgotten_at, words.language)))
    if found.waiting:
        click.echo(words("learning.waiting"))
    click.echo(_state(lesson, words))
    if lesson is None:
        return
    click.echo(
        words("learning.counts", positive=lesson.positive, negative=lesson.negative, silent=lesson.silent, actor=actor)
    )
    for key, lifts in (("learning.more_like", True), ("learning.less_like", False)):
        shown = [one for one in lesson.influences if (one.effect > 0) is lifts][:MOST]
        if shown:
            click.echo(f"\n{words(key)}")
            for line in _lines(shown, found):
                click.echo(line)
    if lesson.rules:
        click.echo(f"\n{words('learning.rules')}")
        for rule in lesson.rules:
            click.echo(f"  {_rule(rule, words)}")
    if found.match:
        _print_call(found.match, found, words)


def _print_call(match: Match, found: "Explained", words: Words) -> None:
    click.secho(f"\n{found.titles.get(match.call_id, match.call_id)}", bold=True)
    prior = match.relevance - match.parts.learnt
    if not match.parts.learnt:
        click.echo(words("learning.unmoved", relevance=f"{match.relevance:.2f}"))
    else:
        click.echo(words("learning.moved", prior=f"{prior:.2f}", relevance=f"{match.relevance:.2f}"))
    for line in _lines(found.because, found):
        click.echo(line)
    for flag in match.flags:
        click.echo(f"  {shorten(words.reason(flag), 220)}")


def _lines(influences: "tuple[Influence, ...] | list[Influence]", found: "Explained") -> Iterator[str]:
    for one in influences:
        yield f"  {one.effect:+.2f}  {shorten(found.titles.get(one.call_id, one.call_id), 90)}"


def _state(lesson: Lesson | None, words: Words) -> str:
    if lesson is None:
        return words("learning.nothing")
    share = f"{lesson.trust:.0%}" if lesson.state is LessonState.USED else ""
    return words(f"learning.{lesson.state.value}", share=share.replace("%", " %") if words.language == "fi" else share)


def _rule(rule: LearntRule, words: Words) -> str:
    limit = format_money(rule.limit, words.language) if rule.limit is not None else ""
    return words.many(f"learning.rule.{rule.kind.value}", len(rule.call_ids), limit=limit)
