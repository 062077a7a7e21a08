"""The wording of everything a person reads, one file per language in ``templates/words``."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from hame_match.errors import DigestError
from hame_match.language import READING_LANGUAGES, format_money
from hame_match.model.actor import ActorType, Basis
from hame_match.model.call import ApplicantType, CallKind, CallStatus, DeadlineKind
from hame_match.model.digest import DeliveryState
from hame_match.model.match import Decision, Label, Reason, RejectionReason, Verdict
from hame_match.paths import bundled

Named = (
    Label | Verdict | Decision | RejectionReason | CallStatus | CallKind | DeadlineKind | ApplicantType | ActorType
    | Basis | DeliveryState
)  # fmt: skip
"""Closed sets of which every member has a wording."""

NAMED: dict[type[Named], str] = {
    Label: "label",
    Verdict: "verdict",
    Decision: "decision",
    RejectionReason: "rejection",
    CallStatus: "status",
    CallKind: "kind",
    DeadlineKind: "deadline_kind",
    ApplicantType: "applicant_type",
    ActorType: "actor_type",
    Basis: "basis",
    DeliveryState: "delivery",
}
"""The table of each closed set in the word files."""

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """The wording in one language; a key or value that is missing is an error, never an empty word.

    Attributes:
        language: ``fi`` or ``en``.
        phrases: dotted key to phrase.
    """

    language: str
    phrases: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the phrase `key` with its places filled.

        A bracketed part of the phrase is left out when one of its values is empty or not given.

        Args:
            key: dotted key, such as ``digest.greeting``.
            values: value of each ``{place}``.

        Raises:
            DigestError: no such phrase, or a place outside brackets has no value.
        """
        phrase = self.phrases.get(key)
        if phrase is None:
            raise DigestError(f"templates/words/{self.language}.toml: there is no wording {key!r}; add it")

        def optional(part: re.Match[str]) -> str:
            return part[1] if all(str(values.get(place, "")) for place in _PLACE.findall(part[1])) else ""

        def fill(place: re.Match[str]) -> str:
            if place[1] not in values:
                raise DigestError(f"templates/words/{self.language}.toml: {key}: no value for {place[0]}")
            return str(values[place[1]])

        return _PLACE.sub(fill, _OPTIONAL.sub(optional, phrase))

    def many(self, key: str, number: int, **values: object) -> str:
        """Return ``key.one`` or ``key.many``, whichever suits `number`, with ``{number}`` and the other places filled.

        Raises:
            DigestError: as for a call.
        """
        return self(f"{key}.one" if number == 1 else f"{key}.many", number=number, **values)

    def name(self, member: Named) -> str:
        """Return the wording of a member of a closed set, such as ``Label.STRONG``."""
        return self(f"{NAMED[type(member)]}.{member.value}")

    def role(self, role: str) -> str:
        """Return the wording of a role of a profile, such as ``pilot_site``."""
        return self(f"role.{role}")

    def reason(self, reason: Reason) -> str:
        """Return what one eligibility rule found, with its fact where the wording has a place for it."""
        return self(f"reason.{reason.code}", fact=self._fact(reason))

    def check(self, reason: Reason) -> str:
        """Return the question that an unanswered rule leaves to the actor, as a sentence."""
        if f"check.{reason.code}" in self.phrases:
            return self(f"check.{reason.code}", fact=self._fact(reason))
        sentence = self.reason(reason)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def _fact(self, reason: Reason) -> str:
        if reason.rule in ("money", "learnt") and _AMOUNT.fullmatch(reason.fact):
            return format_money(Decimal(reason.fact), self.language)
        if reason.rule == "language":
            return ", ".join(self.phrases.get(f"tongue.{code}", code) for code in reason.fact.split(", ") if code)
        return reason.fact


@cache
def load_words(language: str) -> Words:
    """Return the wording in `language`, ``fi`` or ``en``; the file is read once.

    Raises:
        DigestError: the language has no word file, or the file is wrong.
    """
    if language not in READING_LANGUAGES:
        raise DigestError(f"there is no wording in {language!r}; the languages are {', '.join(READING_LANGUAGES)}")
    file = bundled("templates") / "words" / f"{language}.toml"
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise DigestError(f"{file}: cannot be read: {exc}") from exc
    return Words(language, dict(_flatten(table, "")))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value.strip():
            yield prefix + key, value
        else:
            raise DigestError(f"templates/words: {prefix}{key}: {value!r} is not a phrase")
