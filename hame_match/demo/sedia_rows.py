"""Result rows of the SEDIA search index, built from the few facts that tell one call from another.

The shape is that of recorded answers of 2026 (apiVersion 2.151 and later). Dates are given as ``2026-09-15`` or
``2026-09-15T17:00`` and served in the index's own format, ``2026-09-15T00:00:00.000+0000``.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PORTAL = "https://ec.europa.eu/info/funding-tenders/opportunities"
FORTHCOMING, OPEN, CLOSED = "31094501", "31094502", "31094503"
API_VERSION = "2.155"
_SORT_STATUS = {OPEN: "1", FORTHCOMING: "2", CLOSED: "3"}
_ACTION_SUFFIX = {
    "Research and Innovation Actions": "RIA",
    "Innovation Actions": "IA",
    "Coordination and Support Actions": "CSA",
    "Project Grants": "PJG",
    "Lump Sum Grants": "LS",
}

Row = dict[str, Any]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Budget(_Facts):
    """Money of one topic in euros; None where the call does not say."""

    total: float | None = None
    grants: int | None = None
    smallest: float | None = None
    largest: float | None = None
    year: str = "2026"


class Topic(_Facts):
    """A grant topic (type 1) or a call of external action (type 2)."""

    reference: str
    identifier: str
    title: str
    start: str
    deadlines: tuple[str, ...] = ()
    deadline_model: str = "single-stage"
    status: str = OPEN
    type: str = "1"
    call_identifier: str = ""
    call_title: str = ""
    type_of_action: str | None = None
    programme: str = "43108390"
    divisions: tuple[str, ...] = ()
    destination: str = ""
    priorities: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    keywords_as_string: bool = False
    description: str = ""
    conditions: str = ""
    budget: Budget | None = None
    url: str = ""


class Cascade(_Facts):
    """A call of a funded project for third parties (type 8): ``identifier`` and ``title`` are its parent topic's."""

    reference: str
    identifier: str
    title: str
    call_title: str
    call_ccm2_id: str
    start: str
    deadlines: tuple[str, ...]
    deadline_model: str = "single-stage"
    programme: str = "43108390"
    project_acronym: str = ""
    project_name: str = ""
    description: str = ""
    budget: str = ""
    duration: str = ""
    bare: bool = False
    """Whether the row has no ``metadata`` and carries its fields itself, as five of 1,339 rows were seen to do."""


def stamp(value: str) -> str:
    """Returns a date or a local date and time in the index's format.

    >>> stamp("2026-09-15"), stamp("2026-09-15T17:00")
    ('2026-09-15T00:00:00.000+0000', '2026-09-15T17:00:00.000+0000')
    """
    return f"{datetime.fromisoformat(value):%Y-%m-%dT%H:%M:%S}.000+0000"


def action_code(label: str) -> str:
    """Returns the code that stands before a type of action in ``actions`` and ``budgetOverview``.

    >>> action_code("HORIZON  Research and Innovation Actions"), action_code("HORIZON JU Innovation Actions")
    ('HORIZON-RIA', 'HORIZON-JU-IA')
    """
    programme, _, rest = " ".join(label.split()).partition(" ")
    unit = "JU-" if rest.startswith("JU ") else ""
    rest = rest.removeprefix("JU ")
    initials = "".join(word[0] for word in rest.split() if word[0].isupper())
    return f"{programme}-{unit}{_ACTION_SUFFIX.get(rest, initials)}"


def topic_rows(topics: Sequence[Topic]) -> list[Row]:
    """Returns one row per topic, in the order given; each lists the budgets of all topics of its call."""
    siblings: dict[str, list[Topic]] = defaultdict(list)
    for topic in topics:
        siblings[topic.call_identifier].append(topic)
    return [_topic_row(topic, siblings[topic.call_identifier]) for topic in topics]


def cascade_row(cascade: Cascade) -> Row:
    """Returns the row of a cascade call; its status is always open, for the index never updates it."""
    metadata = {
        "identifier": [cascade.identifier],
        "title": [cascade.title],
        "callTitle": [cascade.call_title],
        "callccm2Id": [cascade.call_ccm2_id],
        "type": ["8"],
        "status": [OPEN],
        "sortStatus": ["1"],
        "startDate": [stamp(cascade.start)],
        "es_SortDate": [stamp(cascade.start)],
        "deadlineDate": [stamp(day) for day in cascade.deadlines],
        "deadlineModel": [cascade.deadline_model],
        "frameworkProgramme": [cascade.programme],
        "programmePeriod": ["2021 - 2027"],
        "projectAcronym": [cascade.project_acronym] if cascade.project_acronym else [],
        "projectName": [cascade.project_name] if cascade.project_name else [],
        "description": [cascade.description] if cascade.description else [],
        "budget": [cascade.budget] if cascade.budget else [],
        "duration": [cascade.duration] if cascade.duration else [],
    }
    url = f"{PORTAL}/portal/screen/opportunities/competitive-calls-cs/{cascade.call_ccm2_id}"
    row = _result(cascade.reference, url, cascade.call_title, metadata)
    return {**row.pop("metadata"), **row} if cascade.bare else row


def translation(row: Row, language: str, title: str) -> Row:
    """Returns the same call's row in another language; its body stays English, as sampled ones were."""
    reference = row["reference"].removesuffix(row["language"]) + language
    metadata = {**row["metadata"], "language": [language], "title": [title], "REFERENCE": [reference]}
    return {
        **row,
        "reference": reference,
        "language": language,
        "summary": title,
        "checksum": _checksum(reference),
        "metadata": metadata,
    }


def stub(row: Row) -> Row:
    """Returns a second row of the same reference, older and without dates, money and text."""
    lost = {"startDate", "deadlineDate", "es_SortDate", "descriptionByte", "topicConditions", "budgetOverview"}
    lost |= {"actions", "deadlineModel", "keywords", "tags"}
    metadata = {key: value for key, value in row["metadata"].items() if key not in lost}
    metadata["esDA_QueueDate"] = [stamp("2025-11-02T04:10")]
    return {**row, "metadata": metadata, "checksum": _checksum(row["reference"] + "stub")}


def stale_mirror(row: Row, start: str = "2023-01-10", deadline: str = "2023-09-20T17:00") -> Row:
    """Returns the row that an abandoned mirror still serves for a topic: "open", with dates of years ago."""
    source = row["metadata"]
    keep = ["ccm2Id", "identifier", "title", "callIdentifier", "callccm2Id", "frameworkProgramme", "type"]
    keep += ["programmeDivision", "typesOfAction", "typeOfMGAs", "programmePeriod", "language"]
    action = "".join(source["typesOfAction"][0].split())
    epoch = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000)
    identifier = source["identifier"][0]
    url = f"{PORTAL}/data/topicDetails/{identifier}.json"
    metadata = {
        **{key: source[key] for key in keep if key in source},
        "status": [OPEN],
        "sortStatus": ["1"],
        "startDate": [stamp(start)],
        "es_SortDate": [stamp(start)],
        "deadlineDate": [stamp(deadline)],
        "deadlineModel": ["single-stage"],
        "keywords": [json.dumps(source.get("keywords", []), ensure_ascii=False)],
        "corporate-search-version": ["102"],
        "url": [url],
    }
    reference = f"{source['ccm2Id'][0]}{action}{epoch}"
    return _result(reference, url, row["summary"], metadata, source="SEDIA_PRD_CENTRICITY")


def other_row(kind: str, reference: str, title: str, **fields: str) -> Row:
    """Returns a row of a kind we do not want: ``0`` tender, ``3`` portal page, ``6`` news on a call."""
    metadata = {"type": [kind], "title": [title], **{key: [value] for key, value in fields.items()}}
    return _result(reference, f"{PORTAL}/portal/screen/opportunities/{kind}/{reference}", title, metadata)


def _topic_row(topic: Topic, siblings: Sequence[Topic]) -> Row:
    ccm2_id = topic.reference.partition("TOPICS")[0].partition("PROSPECTS")[0]
    metadata: dict[str, list[str]] = {
        "identifier": [topic.identifier],
        "title": [topic.title],
        "ccm2Id": [ccm2_id],
        "type": [topic.type],
        "status": [topic.status],
        "sortStatus": [_SORT_STATUS[topic.status]],
        "startDate": [stamp(topic.start)],
        "es_SortDate": [stamp(topic.start)],
        "deadlineDate": [stamp(day) for day in topic.deadlines],
        "deadlineModel": [topic.deadline_model],
        "frameworkProgramme": [topic.programme],
        "programmeDivision": list(topic.divisions),
        "programmePeriod": ["2021 - 2027"],
        "crossCuttingPriorities": list(topic.priorities),
        "focusArea": [],
        "latestInfos": ["[]"],
        "links": ["[]"],
    }
    keywords = [topic.identifier, topic.call_identifier, *topic.keywords]
    metadata["keywords"] = [json.dumps(keywords)] if topic.keywords_as_string else keywords
    optional = {
        "callIdentifier": topic.call_identifier,
        "callTitle": topic.call_title,
        "destination": topic.destination,
        "descriptionByte": topic.description,
        "topicConditions": topic.conditions,
    }
    metadata |= {key: [value] for key, value in optional.items() if value}
    if topic.type_of_action:
        metadata["typesOfAction"] = [topic.type_of_action]
        metadata["typeOfMGAs"] = ["43027846"]
        metadata["actions"] = [_actions(topic)]
    if topic.budget:
        metadata["budgetOverview"] = [_budget_overview(siblings)]
    url = topic.url or f"{PORTAL}/portal/screen/opportunities/topic-details/{topic.identifier}"
    return _result(topic.reference, url, topic.title, metadata)


def _actions(topic: Topic) -> str:
    label = topic.type_of_action or ""
    mga = {"id": 43027846, "abbreviation": "HORIZON-AG", "description": "HORIZON Action Grant Budget-Based"}
    procedure: dict[str, object] = {"abbreviation": topic.deadline_model, "description": topic.deadline_model}
    if topic.deadline_model == "two-stage":
        procedure["id"] = 31094505
    action = {
        "types": [{"typeOfAction": f"{action_code(label)} {label}", "typeOfMGA": [mga]}],
        "status": {"id": int(topic.status)},
        "plannedOpeningDate": topic.start[:10],
        "submissionProcedure": procedure,
        "deadlineDates": [day[:10] for day in topic.deadlines],
    }
    return json.dumps([action])


def _budget_overview(siblings: Sequence[Topic]) -> str:
    entries: dict[str, list[dict[str, object]]] = {}
    years = set()
    for topic in siblings:
        if topic.budget is None:
            continue
        label = topic.type_of_action or ""
        entry: dict[str, object] = {
            "action": f"{topic.identifier} - {action_code(label)} {label}",
            "expectedGrants": topic.budget.grants,
            "minContribution": _plain(topic.budget.smallest),
            "maxContribution": _plain(topic.budget.largest),
            "budgetYearMap": {topic.budget.year: f"{topic.budget.total:.0f}" if topic.budget.total else "0"},
            "plannedOpeningDate": topic.start[:10],
            "deadlineModel": topic.deadline_model,
            "deadlineDates": [day[:10] for day in topic.deadlines],
        }
        years.add(topic.budget.year)
        # The key is an internal number; ours only has to differ from topic to topic.
        key = str(int(_checksum(topic.identifier)[:5], 16))
        entries.setdefault(key, []).append({name: value for name, value in entry.items() if value is not None})
    return json.dumps({"budgetYearsColumns": sorted(years), "budgetTopicActionMap": entries})


def _result(reference: str, url: str, summary: str, metadata: Mapping[str, list[str]], source: str = "SEDIA") -> Row:
    """Returns the English result object around ``metadata``."""
    mirror = source != "SEDIA"
    return {
        "apiVersion": API_VERSION,
        "reference": reference,
        "url": url,
        "contentType": "text/plain",
        "language": "en",
        "databaseLabel": "" if mirror else "SEDIA",
        "database": "SEDIA",
        "summary": summary,
        "content": summary,
        "weight": 4.0,
        "groupById": metadata.get("sortStatus", ["1"])[0],
        "accessRestriction": False,
        "checksum": _checksum(reference),
        "metadata": {
            "language": ["en"],
            "DATASOURCE": [source],
            "REFERENCE": [reference],
            "esDA_QueueDate": [stamp("2026-07-26T22:15")],
            "url": [url],
            **metadata,
        },
        "enrichedMetadata": {},
        "children": [],
        "highlightedFragments": [],
        "citation": f"{summary}. Available at: {url}",
    }


def _plain(amount: float | None) -> float | None:
    return int(amount) if amount is not None and amount == int(amount) else amount


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()
