"""Who might apply: an actor of the region and the people who get its digest."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hame_match.model.call import ApplicantType, Euros, Line


class ActorType(StrEnum):
    """What an actor is, in the words of a profile."""

    SME = "sme"
    LARGE_COMPANY = "large_company"
    ENERGY_COMPANY = "energy_company"
    COOPERATIVE = "cooperative"
    DEVELOPMENT_COMPANY = "development_company"
    MUNICIPALITY = "municipality"
    JOINT_MUNICIPAL_AUTHORITY = "joint_municipal_authority"
    PUBLIC_BODY = "public_body"
    HIGHER_EDUCATION = "higher_education"
    EDUCATIONAL_INSTITUTION = "educational_institution"
    RESEARCH_ORGANISATION = "research_organisation"
    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    MUSEUM = "museum"


_SURE: dict[ActorType, frozenset[ApplicantType]] = {
    ActorType.SME: frozenset({ApplicantType.COMPANY, ApplicantType.SME}),
    ActorType.LARGE_COMPANY: frozenset({ApplicantType.COMPANY}),
    ActorType.ENERGY_COMPANY: frozenset({ApplicantType.COMPANY}),
    ActorType.COOPERATIVE: frozenset({ApplicantType.COMPANY}),
    ActorType.DEVELOPMENT_COMPANY: frozenset({ApplicantType.COMPANY}),
    ActorType.MUNICIPALITY: frozenset({ApplicantType.MUNICIPALITY, ApplicantType.PUBLIC_BODY}),
    ActorType.JOINT_MUNICIPAL_AUTHORITY: frozenset({ApplicantType.PUBLIC_BODY}),
    ActorType.PUBLIC_BODY: frozenset({ApplicantType.PUBLIC_BODY}),
    ActorType.HIGHER_EDUCATION: frozenset({ApplicantType.HIGHER_EDUCATION, ApplicantType.RESEARCH}),
    ActorType.EDUCATIONAL_INSTITUTION: frozenset(),
    ActorType.RESEARCH_ORGANISATION: frozenset({ApplicantType.RESEARCH}),
    ActorType.ASSOCIATION: frozenset({ApplicantType.ASSOCIATION}),
    ActorType.FOUNDATION: frozenset({ApplicantType.FOUNDATION}),
    ActorType.MUSEUM: frozenset(),
}
_POSSIBLE: dict[ActorType, frozenset[ApplicantType]] = {
    # Legal forms that the type alone does not settle: such an actor is never shut out by its type.
    ActorType.ENERGY_COMPANY: frozenset({ApplicantType.SME}),
    ActorType.COOPERATIVE: frozenset({ApplicantType.SME}),
    ActorType.DEVELOPMENT_COMPANY: frozenset({ApplicantType.SME, ApplicantType.PUBLIC_BODY}),
    ActorType.JOINT_MUNICIPAL_AUTHORITY: frozenset({ApplicantType.MUNICIPALITY}),
    ActorType.PUBLIC_BODY: frozenset({ApplicantType.RESEARCH}),
    ActorType.HIGHER_EDUCATION: frozenset({ApplicantType.PUBLIC_BODY, ApplicantType.COMPANY}),
    ActorType.RESEARCH_ORGANISATION: frozenset({ApplicantType.PUBLIC_BODY, ApplicantType.COMPANY}),
    ActorType.EDUCATIONAL_INSTITUTION: frozenset(
        {
            ApplicantType.PUBLIC_BODY,
            ApplicantType.COMPANY,
            ApplicantType.FOUNDATION,
            ApplicantType.ASSOCIATION,
            ApplicantType.HIGHER_EDUCATION,
        }
    ),
    ActorType.MUSEUM: frozenset(
        {
            ApplicantType.FOUNDATION,
            ApplicantType.ASSOCIATION,
            ApplicantType.PUBLIC_BODY,
            ApplicantType.MUNICIPALITY,
            ApplicantType.RESEARCH,
        }
    ),
}


class Basis(StrEnum):
    """Why a person may be mailed (GDPR, article 6(1)); the letter is the point of the article."""

    CONSENT = "consent"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"
    PROJECT_AGREEMENT = "project_agreement"


def business_id_is_valid(business_id: str) -> bool:
    """Return whether a Finnish business id (Y-tunnus, ``NNNNNNN-N``) has the right check digit.

    Weights 7, 9, 10, 5, 8, 4, 2 modulo 11, by the Finnish Patent and Registration Office.

    >>> business_id_is_valid("2617489-3"), business_id_is_valid("2617489-4"), business_id_is_valid("26174893")
    (True, False, False)
    """
    digits, dash, check = business_id.partition("-")
    if not dash or len(digits) != 7 or len(check) != 1 or not (digits + check).isascii():
        return False
    if not (digits + check).isdigit():
        return False
    weights = (7, 9, 10, 5, 8, 4, 2)
    remainder = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    return remainder != 1 and int(check) == (11 - remainder) % 11


def _mail_address(address: str) -> str:
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as exc:
        raise ValueError(f"{address!r} is not a mail address: {exc}") from exc
    return checked.normalized


def _business_id(value: str) -> str:
    if not business_id_is_valid(value):
        raise ValueError(f"{value!r} is not a Y-tunnus: seven digits, a dash and the right check digit")
    return value


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipient(_Frozen):
    """A person of an actor who gets the digest.

    Attributes:
        address: work mail address, never guessed.
        name: as in the greeting; may be empty.
        language: language of the digest, ``fi`` or ``en``.
        basis: why this person may be mailed.
        subscribed: False stops the mail.
    """

    address: Annotated[str, AfterValidator(_mail_address)]
    name: str = ""
    language: Literal["fi", "en"] = "fi"
    basis: Basis
    subscribed: bool = True


SizeClass = Literal["micro", "small", "medium", "large"]


class Size(_Frozen):
    """How big an actor is, with the companies it belongs together with.

    Attributes:
        category: the EU's size class (Recommendation 2003/361/EC), where the actor knows it; it wins over the numbers.
        staff: annual work units.
        turnover_eur: of a year, in EUR.
        balance_eur: balance sheet total, in EUR.
        note: free words.
    """

    category: Annotated[SizeClass | None, Field(alias="class")] = None
    staff: Annotated[int, Field(ge=0)] | None = None
    turnover_eur: Euros | None = None
    balance_eur: Euros | None = None
    note: str = ""


_CEILINGS: tuple[tuple[SizeClass, int, int, int], ...] = (
    ("micro", 10, 2_000_000, 2_000_000),
    ("small", 50, 10_000_000, 10_000_000),
    ("medium", 250, 50_000_000, 43_000_000),
)
"""Size class, staff below, turnover at most, balance at most: Recommendation 2003/361/EC, annex, article 2."""


def size_class(size: Size) -> SizeClass | None:
    """Return the EU's size class of `size`: as stated, else by its numbers; None when they do not tell.

    A class needs few enough staff and either turnover or balance below its ceiling.

    >>> size_class(Size(staff=34, turnover_eur=5_600_000)), size_class(Size(staff=300)), size_class(Size(staff=34))
    ('small', 'large', None)
    >>> size_class(Size(staff=240, turnover_eur=60_000_000, balance_eur=43_000_000))
    'medium'
    """
    if size.category is not None or size.staff is None:
        return size.category
    for name, staff, turnover, balance in _CEILINGS:
        if size.staff >= staff:
            continue
        within = [
            amount <= ceiling
            for amount, ceiling in ((size.turnover_eur, turnover), (size.balance_eur, balance))
            if amount is not None
        ]
        if any(within):
            return name
        if len(within) < 2:
            return None
    return "large"


class MoneyRange(_Frozen):
    """Size of a grant that suits an actor, in EUR; either end may be open.

    Attributes:
        min_eur: least.
        max_eur: most.
        own_share_percent: most of the costs the actor can pay itself, in percent; None when it has not said.
        note: free words.
    """

    min_eur: Euros | None = None
    max_eur: Euros | None = None
    own_share_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "MoneyRange":
        if self.min_eur is not None and self.max_eur is not None and self.min_eur > self.max_eur:
            raise ValueError(f"min_eur {self.min_eur} is more than max_eur {self.max_eur}")
        return self

    def overlaps(self, low: Decimal | None, high: Decimal | None) -> bool:
        """Return whether some grant between `low` and `high` (EUR, None is open) lies in this range."""
        too_small = high is not None and self.min_eur is not None and high < self.min_eur
        too_big = low is not None and self.max_eur is not None and low > self.max_eur
        return not (too_small or too_big)


class Actor(_Frozen):
    """An actor's profile, one YAML file.

    Attributes:
        slug: short name used in files and on the command line.
        name: official name.
        fictional: an example; never a real organisation.
        actor_type: what it is.
        municipality: home municipality, as in ``region.yaml``.
        business_id: Y-tunnus with a valid check digit.
        size: size class and staff.
        interests: facets, each a sentence or two in the actor's own words; best first.
        interests_en: the same facets in English, written by a person; may be empty.
        interests_sv: the same in Swedish; may be empty.
        s3_themes: codes of the region's smart-specialisation themes.
        languages: languages the actor can apply in.
        roles: what it can be in a consortium.
        trl: least and highest technology readiness level of interest.
        money: grant size of interest.
        wants: what suits it, in free words.
        excludes: what it does not want, in free words.
        eligibility: facts about it that calls ask for, in free words.
        recipients: who gets the digest.
    """

    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    name: Line
    fictional: bool = False
    actor_type: ActorType
    municipality: Line | None = None
    business_id: Annotated[str, AfterValidator(_business_id)] | None = None
    size: Size = Size()
    interests: Annotated[tuple[Line, ...], Field(min_length=1)]
    interests_en: tuple[Line, ...] = ()
    interests_sv: tuple[Line, ...] = ()
    s3_themes: tuple[Line, ...] = ()
    languages: tuple[Literal["fi", "sv", "en"], ...] = ("fi", "en")
    roles: tuple[Literal["coordinator", "partner", "pilot_site"], ...] = ()
    trl: tuple[Annotated[int, Field(ge=1, le=9)], Annotated[int, Field(ge=1, le=9)]] | None = None
    money: MoneyRange = MoneyRange()
    wants: tuple[Line, ...] = ()
    excludes: tuple[Line, ...] = ()
    eligibility: tuple[Line, ...] = ()
    recipients: tuple[Recipient, ...] = ()

    @field_validator("trl")
    @classmethod
    def _levels_in_order(cls, trl: tuple[int, int] | None) -> tuple[int, int] | None:
        if trl is not None and trl[0] > trl[1]:
            raise ValueError(f"the lowest level {trl[0]} is above the highest {trl[1]}")
        return trl

    @field_validator("recipients")
    @classmethod
    def _addresses_differ(cls, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        seen: set[str] = set()
        for recipient in recipients:
            if recipient.address.lower() in seen:
                raise ValueError(f"{recipient.address!r} stands twice")
            seen.add(recipient.address.lower())
        return recipients

    @property
    def applicant_types(self) -> frozenset[ApplicantType]:
        """What the actor certainly is to a funder."""
        sure = _SURE[self.actor_type]
        if self.actor_type is ActorType.COOPERATIVE and self.size_class in ("micro", "small", "medium"):
            return sure | {
                ApplicantType.SME
            }  # an enterprise irrespective of its legal form: the Recommendation, article 1
        return sure

    @property
    def size_class(self) -> SizeClass | None:
        """The EU's size class; None when the profile does not tell."""
        return "large" if self.actor_type is ActorType.LARGE_COMPANY else size_class(self.size)

    @property
    def possible_applicant_types(self) -> frozenset[ApplicantType]:
        """What the actor may also be: its type alone does not settle the legal form."""
        return _POSSIBLE.get(self.actor_type, frozenset())
