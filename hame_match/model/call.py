"""A call: one thing one can apply to, as its source published it, and what can be derived from that."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from hame_match.language import HELSINKI, clean_line, clean_text


class CallKind(StrEnum):
    """What a published record is; only a call has a window to apply in."""

    CALL = "call"
    FUNDING_SCHEME = "funding_scheme"
    ADVANCE_INFORMATION = "advance_information"


class CallStatus(StrEnum):
    """Where a call stands for somebody who has not applied yet."""

    FORTHCOMING = "forthcoming"
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class DeadlineKind(StrEnum):
    """What a deadline ends."""

    SINGLE = "single"
    FIRST_STAGE = "first_stage"
    SECOND_STAGE = "second_stage"
    CUT_OFF = "cut_off"


class ApplicantType(StrEnum):
    """Who may apply, as far as a call says."""

    COMPANY = "company"
    SME = "sme"
    MUNICIPALITY = "municipality"
    PUBLIC_BODY = "public_body"
    HIGHER_EDUCATION = "higher_education"
    RESEARCH = "research"
    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    NATURAL_PERSON = "natural_person"


class SectionRole(StrEnum):
    """What a part of a call's text is about; outcome and scope tell what the call is for, conditions do not."""

    DESCRIPTION = "description"
    OUTCOME = "outcome"
    SCOPE = "scope"
    OBJECTIVE = "objective"
    ELIGIBILITY = "eligibility"
    CRITERIA = "criteria"
    CONDITIONS = "conditions"


SUBJECT_ROLES = frozenset({SectionRole.DESCRIPTION, SectionRole.OUTCOME, SectionRole.SCOPE, SectionRole.OBJECTIVE})
"""Roles whose text tells what a call is about; only these are embedded and quoted."""


def _web_address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in url.strip()):
        raise ValueError(f"{url!r} is not a web address (http or https)")
    return url.strip()


Line = Annotated[str, BeforeValidator(lambda v: clean_line(v) if isinstance(v, str) else v), Field(min_length=1)]
"""One line of cleaned, non-empty text."""
Text = Annotated[str, BeforeValidator(lambda v: clean_text(v) if isinstance(v, str) else v), Field(min_length=1)]
"""Cleaned, non-empty text of one or more lines."""
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
WebAddress = Annotated[str, AfterValidator(_web_address)]
# One way to write each amount and instant, so that 5E+4 after 50000.00 is no change of a call.
Euros = Annotated[
    Decimal,
    Field(ge=0, max_digits=14),
    AfterValidator(lambda v: Decimal(int(v)) if v == v.to_integral_value() else Decimal(f"{v:.2f}")),
]
Instant = Annotated[AwareDatetime, AfterValidator(lambda v: v.astimezone(UTC))]
"""An aware instant, kept in UTC."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Deadline(_Frozen):
    """The end of a time to apply.

    Attributes:
        on: the day; for an instant its day in Helsinki.
        at: the instant, when the source gives a true clock time; None means the whole day, no time is invented.
        kind: what it ends.
    """

    on: date
    at: Instant | None = None
    kind: DeadlineKind = DeadlineKind.SINGLE

    def passed(self, now: datetime) -> bool:
        """Return whether it is over at `now` (aware); a date-only deadline lasts the whole day in Helsinki."""
        if self.at is not None:
            return self.at <= now
        return self.on < now.astimezone(HELSINKI).date()


class Section(_Frozen):
    """A part of a call's text, under the heading its source gave it."""

    role: SectionRole
    language: LanguageCode
    text: Text
    heading: str = ""


class Call(_Frozen):
    """What a source said about one call; the type of everything a spider yields.

    Attributes:
        source: name of the spider.
        source_key: the source's own stable id, raw.
        identifier: the public identifier, such as a topic id; not unique for cascade calls.
        titles: language to title, at least one.
        sections: the text, in the source's order; may be empty.
        url: the public page.
        funder: who pays, in the source's words.
        programme: programme or fund.
        type_of_action: form of funding, such as ``HORIZON Innovation Actions``.
        parent_title: title of the topic a cascade call belongs to.
        project: acronym and name of the project that runs a cascade call.
        published_status: the source's own word; used only for a call without any date.
        opens_on: first day to apply; `opens_at` gives the instant where the source has a true one.
        deadlines: every deadline in the source's order, past ones too.
        continuous: applications are taken without a real end; technical end dates are not deadlines.
        budget_total: EUR for all projects together.
        grant_min: least EUR for one project.
        grant_max: most EUR for one project.
        expected_grants: number of projects meant to be funded.
        applicant_types: who may apply where the source says so as a code; text is read by the eligibility rules.
        regions: NUTS codes the call is limited to; empty means no limit, None that the source does not say.
        region_note: how far the call concerns the home region, in the source's terms.
        keywords: the source's own.
    """

    source: Line
    source_key: Annotated[str, Field(min_length=1, max_length=200)]
    identifier: Line | None = None
    titles: dict[LanguageCode, Line] = Field(min_length=1)
    sections: tuple[Section, ...] = ()
    url: WebAddress
    funder: Line
    programme: Line | None = None
    type_of_action: Line | None = None
    kind: CallKind = CallKind.CALL
    parent_title: Line | None = None
    project: Line | None = None
    published_status: CallStatus | None = None
    opens_on: date | None = None
    opens_at: Instant | None = None
    deadlines: tuple[Deadline, ...] = ()
    continuous: bool = False
    budget_total: Euros | None = None
    grant_min: Euros | None = None
    grant_max: Euros | None = None
    expected_grants: Annotated[int, Field(ge=0)] | None = None
    applicant_types: tuple[ApplicantType, ...] = ()
    regions: tuple[Line, ...] | None = None
    region_note: Line | None = None
    keywords: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _grants_in_order(self) -> "Call":
        if self.grant_min is not None and self.grant_max is not None and self.grant_min > self.grant_max:
            raise ValueError(f"grant_min {self.grant_min} is more than grant_max {self.grant_max}")
        return self

    @property
    def call_id(self) -> str:
        """The id everywhere inside: ``source:source_key``."""
        return f"{self.source}:{self.source_key}"

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the text, or of the title when there is no text; sorted."""
        return tuple(sorted({section.language for section in self.sections} or set(self.titles)))

    @property
    def has_text(self) -> bool:
        """Whether the call says anything about its subject besides its title."""
        return any(section.role in SUBJECT_ROLES for section in self.sections)

    @property
    def text_chars(self) -> int:
        """Number of characters of all sections."""
        return sum(len(section.text) for section in self.sections)

    def title(self, *preferred: str) -> tuple[str, str]:
        """Return (title, its language): the first of `preferred` that exists, else English, Finnish, any."""
        for language in (*preferred, "en", "fi", *sorted(self.titles)):
            if language in self.titles:
                return self.titles[language], language
        raise AssertionError("a call has at least one title")

    def original_language(self) -> str:
        """Return the language the call was written in: that of most of its text, else of its title."""
        weight: dict[str, int] = {}
        for section in self.sections:
            weight[section.language] = weight.get(section.language, 0) + len(section.text)
        if weight:
            return max(sorted(weight), key=weight.__getitem__)
        return self.title("fi" if self.source.startswith("fi_") else "en")[1]


MEANINGFUL = frozenset(Call.model_fields) - {
    "source", "source_key", "url", "published_status", "keywords", "programme", "funder", "region_note",
}  # fmt: skip
"""Fields a reader would call a change; labels, links and status words change without one."""


def content_hash(call: Call) -> str:
    """Return the SHA-256 (hex) of the meaningful fields of `call`: equal exactly when nothing meaningful differs."""
    facts = call.model_dump(mode="json", include=set(MEANINGFUL))
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def changed_fields(old: Call, new: Call) -> tuple[str, ...]:
    """Return the names of the meaningful fields that differ, sorted; empty when none does."""
    return tuple(sorted(field for field in MEANINGFUL if getattr(old, field) != getattr(new, field)))


def _for_newcomers(deadlines: Iterable[Deadline]) -> list[Deadline]:
    return [deadline for deadline in deadlines if deadline.kind is not DeadlineKind.SECOND_STAGE]


def next_deadline(call: Call, now: datetime) -> Deadline | None:
    """Return the first deadline that a newcomer can still meet at `now` (aware); None when there is none.

    The second stage of a two-stage call is no deadline for newcomers.
    """
    ahead = [deadline for deadline in _for_newcomers(call.deadlines) if not deadline.passed(now)]
    return min(ahead, key=lambda d: (d.on, d.at or datetime.max.replace(tzinfo=UTC)), default=None)


def status_at(call: Call, now: datetime) -> CallStatus:
    """Return where `call` stands at `now` (aware), from its dates; the source's word counts only without dates."""
    today = now.astimezone(HELSINKI).date()
    if _for_newcomers(call.deadlines) and next_deadline(call, now) is None:
        return CallStatus.CLOSED
    if call.opens_at is not None and call.opens_at > now:
        return CallStatus.FORTHCOMING
    if call.opens_at is None and call.opens_on is not None and call.opens_on > today:
        return CallStatus.FORTHCOMING
    if call.deadlines or (call.continuous and call.opens_on is not None):
        return CallStatus.OPEN
    if call.published_status is not None:
        return call.published_status
    return CallStatus.OPEN if call.continuous else CallStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call and what we know about it.

    Attributes:
        call: what the source said last.
        call_id: the id inside.
        first_seen: UTC instant of the run that brought it first.
        last_seen: UTC instant of the last healthy run that still had it.
        content_hash: of `call`.
        version: 1 for the first content, one more for every change.
    """

    call: Call
    call_id: str
    first_seen: datetime
    last_seen: datetime
    content_hash: str
    version: int


class CallEventKind(StrEnum):
    """What happened to a call between two crawls."""

    NEW = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A difference between what a source said before and now.

    Attributes:
        call_id: the call.
        kind: what happened.
        at: UTC instant of the crawl.
        fields: names of the fields that changed; empty for a new call.
        version: the version of the call that the event brought.
    """

    call_id: str
    kind: CallEventKind
    at: datetime
    fields: tuple[str, ...]
    version: int
