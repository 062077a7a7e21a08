"""One call with what the rules ask of it, read once for all actors."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from hame_match.match.action_fit import Action, action_of
from hame_match.match.eligibility.applicants import ApplicantFacts, PersonFacts, applicant_facts, person_facts
from hame_match.match.eligibility.circles import CircleFacts, ControlFacts, circle_facts, control_facts
from hame_match.match.eligibility.conditions import LevelFacts, level_facts, written_in
from hame_match.match.eligibility.consortium import ConsortiumFacts, consortium_facts
from hame_match.match.eligibility.excludes import topics_in
from hame_match.match.eligibility.funding import AidFacts, ShareFacts, aid_facts, share_facts
from hame_match.match.eligibility.law import Law, law_of
from hame_match.match.eligibility.places import PlaceFacts, place_facts
from hame_match.match.eligibility.reading import Spoken, spoken
from hame_match.match.lexical import stems
from hame_match.model.call import Call, CallStatus, DeadlineKind, status_at


@dataclass(frozen=True)
class CallFacts:
    """One call with what the rules ask of it, read once for all actors.

    Attributes:
        call: the call.
        status: where it stands at the moment of ranking.
        second_stage_only: its first stage is over and its second is not: only those invited go on.
    """

    call: Call
    status: CallStatus
    second_stage_only: bool = False

    @cached_property
    def spoken(self) -> tuple[Spoken, ...]:
        """The sentences that may bear on a rule."""
        return spoken(self.call)

    @cached_property
    def action(self) -> Action:
        """What kind of thing the call funds."""
        return action_of(self.call)

    @cached_property
    def law(self) -> Law:
        """What holds for the type of action by law."""
        return law_of(self.call)

    @cached_property
    def applicants(self) -> ApplicantFacts:
        """What the text says of applicants."""
        return applicant_facts(self.call, self.spoken)

    @cached_property
    def persons(self) -> PersonFacts:
        """Whether persons apply rather than organisations."""
        return person_facts(self.call, self.spoken)

    @cached_property
    def places(self) -> PlaceFacts:
        """What the text says of where applicants must be."""
        return place_facts(self.spoken)

    @cached_property
    def circle(self) -> CircleFacts:
        """Whether only some that are already chosen may apply."""
        return circle_facts(self.call, self.spoken)

    @cached_property
    def control(self) -> ControlFacts:
        """What the call asks of owners, and whether it is one of defence."""
        return control_facts(self.call, self.spoken)

    @cached_property
    def consortium(self) -> ConsortiumFacts:
        """How many must apply together."""
        return consortium_facts(self.spoken)

    @cached_property
    def shares(self) -> ShareFacts:
        """How much of the costs an applicant pays itself."""
        return share_facts(self.spoken)

    @cached_property
    def aid(self) -> AidFacts:
        """Whether the grant is de minimis aid."""
        return aid_facts(self.spoken)

    @cached_property
    def levels(self) -> LevelFacts:
        """Technology readiness levels the call is for."""
        return level_facts(self.spoken)

    @cached_property
    def languages(self) -> tuple[frozenset[str], str]:
        """Languages an application may be written in, and the sentence that says so."""
        return written_in(self.spoken)

    @cached_property
    def subject_line(self) -> str:
        """Everything short that names the subject: titles, parent, project, programme, identifier, keywords."""
        call = self.call
        parts = [*call.titles.values(), call.parent_title, call.project, call.programme, call.identifier]
        return " | ".join(part for part in (*parts, *call.keywords) if part)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """What names each known topic in the subject line; empty where nothing does."""
        return topics_in(self.subject_line)

    @cached_property
    def subject_stems(self) -> frozenset[str]:
        """Stems of the titles, each in its language."""
        return frozenset(stem for language, title in self.call.titles.items() for stem in stems(title, language))


def facts_of(call: Call, now: datetime) -> CallFacts:
    """Return the facts of `call` at `now` (aware)."""
    status = status_at(call, now)
    second = status is CallStatus.CLOSED and any(
        deadline.kind is DeadlineKind.SECOND_STAGE and not deadline.passed(now) for deadline in call.deadlines
    )
    return CallFacts(call, status, second)
