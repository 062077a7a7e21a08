"""Builders of what the tests of `deliver` need; every argument may be overridden."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hame_match.model.actor import Actor, Basis, Recipient
from hame_match.model.call import Call, Deadline, DeadlineKind, Section, SectionRole
from hame_match.model.digest import Delivery, DeliveryState, Digest, DigestItem
from hame_match.model.match import Decision, Label, Match, Reason, Review, ScoreParts, Verdict
from hame_match.settings import DigestSettings

NOW = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
"""A Monday, 07.00 in Helsinki."""

INTERESTS = (
    "Biokaasulaitoksemme käsittelee lantaa, biojätettä ja elintarviketeollisuuden sivuvirtoja.",
    "Erotamme mädätteestä typen ja fosforin kierrätyslannoitteeksi, jota viljelijät oikeasti ostavat.",
)
INTERESTS_EN = (
    "Our biogas plant treats manure, biowaste and side streams of the food industry.",
    "We separate nitrogen and phosphorus from digestate into a recycled fertiliser that farmers really buy.",
)


def actor(**changes: Any) -> Actor:
    values: dict[str, Any] = {
        "slug": "energia-esimerkki",
        "name": "Ylä-Loimen Energia ja Biokaasu Oy",
        "fictional": True,
        "actor_type": "energy_company",
        "interests": INTERESTS,
        "interests_en": INTERESTS_EN,
    }
    return Actor(**(values | changes))


def recipient(**changes: Any) -> Recipient:
    values: dict[str, Any] = {"address": "maija@example.org", "name": "Maija", "basis": Basis.CONSENT}
    return Recipient(**(values | changes))


def eu_call(key: str = "HORIZON-CL6-2027-01-BIOECON-03", **changes: Any) -> Call:
    values: dict[str, Any] = {
        "source": "eu_funding_tenders",
        "source_key": key,
        "titles": {"en": "Nutrient recovery from digestate and other secondary raw materials"},
        "sections": (
            Section(
                role=SectionRole.OUTCOME,
                language="en",
                text="Projects are expected to contribute to all of the following expected outcomes:\nSoil is better.",
            ),
            Section(
                role=SectionRole.SCOPE,
                language="en",
                text="Nutrients in manure and digestate are lost to water and air in many regions. "
                "Full-scale plants must separate nitrogen and phosphorus into products that farmers buy.",
            ),
        ),
        "url": f"https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/{key}",
        "funder": "European Commission",
        "programme": "Horizon Europe",
        "type_of_action": "HORIZON Innovation Actions",
        "opens_on": date(2026, 9, 1),
        "deadlines": (Deadline(on=date(2027, 2, 16)),),
        "grant_min": Decimal(4_000_000),
        "grant_max": Decimal(5_500_000),
        "budget_total": Decimal(22_000_000),
        "expected_grants": 4,
    }
    return Call(**(values | changes))


def finnish_call(key: str = "va-mmm-2026-7", **changes: Any) -> Call:
    values: dict[str, Any] = {
        "source": "fi_haeavustuksia",
        "source_key": key,
        "titles": {"fi": "Biokaasun ja kierrätyslannoitevalmisteiden tuotantolaitosinvestointiavustuksen kokeiluhaku"},
        "sections": (
            Section(
                role=SectionRole.DESCRIPTION,
                language="fi",
                text="Avustuksella tuetaan maatilojen ja biokaasulaitosten yhteisiä investointeja. Hakijoina voivat "
                "olla myös kuntien omistamat yhtiöt ja osuuskunnat.",
            ),
        ),
        "url": f"https://www.haeavustuksia.fi/fi/haku/{key}",
        "funder": "Maa- ja metsätalousministeriö",
        "opens_on": date(2026, 8, 1),
        "deadlines": (Deadline(on=date(2026, 9, 18), at=datetime(2026, 9, 18, 13, 15, tzinfo=UTC)),),
        "grant_max": Decimal(400_000),
    }
    return Call(**(values | changes))


def match(call: Call, **changes: Any) -> Match:
    values: dict[str, Any] = {
        "actor": "energia-esimerkki",
        "call_id": call.call_id,
        "rank": 1,
        "relevance": 0.8,
        "label": Label.STRONG,
        "parts": ScoreParts(0.5, 0.5),
        "verdict": Verdict.ELIGIBLE,
        "reasons": (),
        "evidence": "Full-scale plants must separate nitrogen and phosphorus into products that farmers buy.",
        "evidence_language": "en",
        "interest": INTERESTS[1],
        "content_hash": "h",
        "ranker": "r",
        "at": NOW,
    }
    return Match(**(values | changes))


def review(call: Call, decision: Decision = Decision.APPROVED) -> Review:
    return Review("energia-esimerkki", call.call_id, decision, None, "", "tester", NOW, "h")


def item(call: Call, **changes: Any) -> DigestItem:
    return DigestItem(match(call, **changes), call)


def digest(*items: DigestItem, **changes: Any) -> Digest:
    values: dict[str, Any] = {
        "actor": "energia-esimerkki",
        "week": "2026-W37",
        "items": items or (item(eu_call()),),
        "more": 0,
        "made_at": NOW,
    }
    return Digest(**(values | changes))


def settings(**changes: Any) -> DigestSettings:
    values: dict[str, Any] = {"reply_to": "projekti@example.org", "privacy_url": "https://example.org/tietosuoja"}
    return DigestSettings(**(values | changes))


def six_items() -> tuple[DigestItem, ...]:
    """Everything that looks different: stages, instants, forthcoming, continuous, cascade, last day, open questions."""
    unknown, no = Verdict.UNKNOWN, Verdict.INELIGIBLE
    staged = eu_call(
        deadlines=(
            Deadline(on=date(2027, 2, 16), kind=DeadlineKind.FIRST_STAGE),
            Deadline(on=date(2027, 9, 14), kind=DeadlineKind.SECOND_STAGE),
        )
    )
    coming = eu_call(
        "HORIZON-CL5-2027-03-D3-11",
        titles={"en": "Flexibility services and storage for distribution grids"},
        opens_on=date(2026, 12, 15),
        deadlines=(Deadline(on=date(2027, 4, 20)),),
    )
    rolling = finnish_call(
        "J1",
        source="fi_eura2021",
        titles={"fi": "Jatkuva haku: energiatehokkuus ja uusiutuva energia Etelä-Suomessa"},
        deadlines=(),
        continuous=True,
        grant_max=None,
        budget_total=Decimal(1_500_000),
    )
    cascade = eu_call(
        "casc-1",
        titles={"en": "AgriFlex – 1st open call for pilots of energy communities"},
        sections=(),
        parent_title="Energy communities in rural areas",
        project="AgriFlex",
        deadlines=(Deadline(on=date(2026, 9, 30)),),
        type_of_action="Cascade funding",
    )
    tomorrow = eu_call(
        "LIFE-2026-CET-BIO",
        titles={
            "en": "Boosting sustainable biomethane production: one-stop shops, permitting and community benefit "
            "sharing for new plants in rural regions of the Union"
        },
        deadlines=(Deadline(on=date(2026, 9, 8)),),
        programme="LIFE",
    )
    return (
        item(staged, reasons=(Reason("status", Verdict.ELIGIBLE, "status_open"),)),
        item(
            finnish_call(),
            verdict=unknown,
            interest=INTERESTS[0],
            evidence="Hakijoina voivat olla myös kuntien omistamat yhtiöt ja osuuskunnat.",
            evidence_language="fi",
            reasons=(
                Reason("applicant_type", unknown, "applicant_type_unknown"),
                Reason("region", unknown, "region_unknown"),
            ),
        ),
        item(coming, label=Label.WORTH_A_LOOK),
        item(rolling, label=Label.WORTH_A_LOOK, evidence_language="fi", evidence="Avustuksella tuetaan investointeja."),
        item(cascade, label=Label.WEAK, evidence="", evidence_language=""),
        item(
            tomorrow,
            label=Label.WEAK,
            verdict=no,
            reasons=(
                Reason("exclude", no, "exclude_hit", "ei ydinvoimaa: nuclear"),
                Reason("money", unknown, "money_unknown", "7000000"),
            ),
        ),
    )


def delivery(number: int = 1, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "delivery_id": number,
        "digest_id": 1,
        "actor": "energia-esimerkki",
        "week": "2026-W37",
        "recipient": f"r{number}@example.org",
        "message_id": f"<{number:020x}@digest.example.org>",
        "sender": "hame-match@example.org",
        "raw": b"Subject: test\r\n\r\nHei!\r\n.dot\r\n",
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "next_at": None,
        "expires_at": NOW + timedelta(hours=72),
        "answer": "",
        "changed_at": NOW,
    }
    return Delivery(**(values | changes))
