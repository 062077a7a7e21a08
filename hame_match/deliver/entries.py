"""What the digest says about each call, worked out before any template sees it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hame_match.deliver.summary import summarise
from hame_match.deliver.timing import Timing, timing
from hame_match.deliver.words import Words
from hame_match.language import format_money, shorten
from hame_match.model.actor import Actor
from hame_match.model.call import Call
from hame_match.model.digest import Digest, DigestItem
from hame_match.model.match import Label, Match, question_of

INTEREST_CHARS = 260
EVIDENCE_CHARS = 240
"""No sentence that is stored is longer; this holds for lists of an older version."""
SECOND_CHARS = 160
"""The second reason is told more briefly than the first."""
SISTERS = 4
"""Most sisters named in an entry; the others are counted."""

_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Said:
    """Words in a language of their own, which a screen reader must know.

    Attributes:
        text: the words.
        language: code such as ``en``; empty when unknown.
    """

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of facts: its name, what it is, and a quieter remark."""

    name: str
    text: Said
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sister:
    """Another call of the same family: title, public page, and its deadline where that is another one."""

    title: Said
    url: str
    deadline: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of a digest as it is read.

    Attributes:
        number: place in the digest, from 1.
        title: as its source wrote it.
        url: the public page.
        label: how strong the match is.
        label_words: the same in words.
        when: the days as words.
        summary: a sentence on what the call is; None when the source gives none.
        interest: the actor's interest that it answers; None when there is none.
        evidence: the sentence of the call that answers it; None when the call has no text.
        source: where the evidence is from, in words.
        second_interest: another interest the call answers; None when it rests on one.
        second_evidence: the sentence that answers that one; None when it rests on one.
        note: what the match rests on when the call has no text of its own; empty when it has.
        sisters: other calls of the same family, as links, at most `SISTERS`.
        sisters_words: what introduces them; empty when there are none.
        sisters_more: how many more there are, in words; empty when all are named.
        facts: deadline, money, funder and open questions, most important first.
    """

    number: int
    title: Said
    url: str
    label: Label
    label_words: str
    when: Timing
    summary: Said | None
    interest: Said | None
    evidence: Said | None
    source: str
    second_interest: Said | None
    second_evidence: Said | None
    note: str
    sisters: tuple[Sister, ...]
    sisters_words: str
    sisters_more: str
    facts: tuple[Fact, ...]


def entries(digest: Digest, actor: Actor, words: Words, now: datetime) -> tuple[Entry, ...]:
    """Return the calls of `digest` in its order, in the language of `words`, as they stand at `now` (aware)."""
    return tuple(_entry(number, item, actor, words, now) for number, item in enumerate(digest.items, start=1))


def _entry(number: int, item: DigestItem, actor: Actor, words: Words, now: datetime) -> Entry:
    call, match = item.call, item.match
    when = timing(call, now, words)
    title, title_language = call.title(call.original_language())
    return Entry(
        number=number,
        title=Said(title, title_language),
        url=call.url,
        label=match.label,
        label_words=words(f"digest.label.{match.label.value}"),
        when=when,
        summary=_summary(call, match, words),
        interest=_interest(match.interest, actor, words.language),
        evidence=Said(shorten(match.evidence, EVIDENCE_CHARS), match.evidence_language) if match.evidence else None,
        source=words("digest.evidence_topic" if match.borrowed_from else "digest.evidence"),
        second_interest=_interest(match.second_interest, actor, words.language),
        second_evidence=(
            Said(shorten(match.second_evidence, SECOND_CHARS), match.evidence_language)
            if match.second_evidence
            else None
        ),
        note=_note(call, match, words),
        sisters=tuple(_sister(sister, when, words, now) for sister in item.sisters[:SISTERS]),
        sisters_words=words.many("digest.sisters", len(item.sisters)) if item.sisters else "",
        sisters_more=words.many("digest.sisters_more", unnamed) if (unnamed := len(item.sisters) - SISTERS) > 0 else "",
        facts=(*_time_facts(when, words), *_money_facts(call, words), _funder(call, words), *_remarks(match, words)),
    )


def _summary(call: Call, match: Match, words: Words) -> Said | None:
    text, language = summarise(call, match.evidence)
    if text and not (match.second_evidence and text.rstrip("…") in match.second_evidence):
        return Said(text, language)
    if call.project or call.parent_title:
        # A project that passes EU money on: its topic is the nearest thing to a description.
        return Said(words("digest.cascade", fact=call.project or call.parent_title), words.language)
    return None


def _note(call: Call, match: Match, words: Words) -> str:
    if match.borrowed_from:
        return words("digest.borrowed", topic=match.borrowed_from)
    return "" if call.has_text else words("digest.no_text")


def _sister(call: Call, leader: Timing, words: Words, now: datetime) -> Sister:
    title, language = call.title(call.original_language())
    when = timing(call, now, words)
    return Sister(Said(title, language), call.url, when.deadline if when.deadline != leader.deadline else "")


def _interest(interest: str, actor: Actor, language: str) -> Said | None:
    if not interest:
        return None
    translated = {"en": actor.interests_en, "sv": actor.interests_sv}
    spoken = {"fi": actor.interests, **{code: texts for code, texts in translated.items() if texts}}
    for code, texts in spoken.items():
        if interest not in texts:
            continue
        place = texts.index(interest)
        reader = spoken.get(language, ())
        if len(reader) == len(texts):
            return Said(shorten(reader[place], INTEREST_CHARS), language)
        return Said(shorten(interest, INTEREST_CHARS), code)
    return Said(shorten(interest, INTEREST_CHARS))


def _time_facts(when: Timing, words: Words) -> list[Fact]:
    facts = [Fact(when.name, Said(when.deadline, words.language), when.note)]
    if when.opens:
        facts.insert(0, Fact(words("digest.opens"), Said(when.opens, words.language)))
    return facts


def _money_facts(call: Call, words: Words) -> list[Fact]:
    share = money_range(call.grant_min, call.grant_max, words)
    share = words("money.per_project", amount=share) if share else ""
    total = ""
    if call.budget_total and not _pooled(call):
        total = words("money.total", amount=_money(call.budget_total, words.language))
        if call.expected_grants:
            total = f"{total} {words.many('money.grants', call.expected_grants)}"
    if not share and not total:
        return []
    return [Fact(words("digest.money"), Said(share or total, words.language), total if share else "")]


def _pooled(call: Call) -> bool:
    """Return whether the total is a pot that other topics of the call share: far more than its projects can get."""
    if call.budget_total is None or not call.grant_max or not call.expected_grants:
        return False
    return call.budget_total > 2 * call.grant_max * call.expected_grants


def money_range(low: Decimal | None, high: Decimal | None, words: Words) -> str:
    """Return an amount between `low` and `high` (EUR, None or 0 is open) in words; empty when both are open."""
    low, high = low or None, high or None
    if low is not None and low == high:
        return _money(low, words.language)
    if low is None:
        return words("money.up_to", high=_money(high, words.language)) if high is not None else ""
    if high is None:
        return words("money.at_least", low=_money(low, words.language))
    first, last = _money(low, words.language), _money(high, words.language)
    millions, euros = f"{_NBSP}milj.{_NBSP}€", f"{_NBSP}€"
    if first.endswith(millions) == last.endswith(millions):
        # One unit for both, as it is written in Finnish: 4–5,5 milj. €.
        first = first.removesuffix(millions if last.endswith(millions) else euros)
    return words("money.range", low=first, high=last)


def _money(amount: Decimal, language: str) -> str:
    return format_money(amount, language).replace(" ", _NBSP)


def _funder(call: Call, words: Words) -> Fact:
    named = dict.fromkeys(part for part in (call.funder, call.programme, call.type_of_action) if part)
    return Fact(words("digest.funder"), Said(" · ".join(named), call.original_language()))


def _remarks(match: Match, words: Words) -> list[Fact]:
    asked = question_of(match.reasons)
    return [Fact(words("digest.check"), Said(words.check(asked), words.language))] if asked else []
