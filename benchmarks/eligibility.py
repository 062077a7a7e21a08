"""Verdicts of the eligibility rules on real calls, and their errors against labels made by hand.

    python benchmarks/eligibility.py                    the figures, per set and per rule
    python benchmarks/eligibility.py --show ID          what the rules say of one call, with the sentences
    python benchmarks/eligibility.py --draw first       the ids of a set, drawn by a fixed seed

The calls lie beside the checkout (../shared/data): the EU portal's open topics with the full texts of cordisdata and
its cascade calls, research.fi's calls, one recorded row of EURA and two of haeavustuksia.fi, and, for the second set,
the pages of euro-access.eu. The labels (eligibility-labels.tsv) hold ids and expected verdicts, nothing of the calls. A
rule without a label is expected to be silent: to say what it says of a call without a word about its subject.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus import SNAPSHOT, SPIDER, TEXTS, site
from hame_match.collect.runner import crawl
from hame_match.demo.server import ReplayServer
from hame_match.match.eligibility import RULES, facts_of, judge
from hame_match.model.actor import Actor
from hame_match.model.call import Call, Deadline, Section, SectionRole
from hame_match.model.match import Reason, Verdict
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import CrawlSettings

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent / "../shared/data"
LABELS = HERE / "eligibility-labels.tsv"
RESEARCH_FI = SHARED / "fi/calls_fi_text/hankerahoituskalenteri_funding_data_2026-09-10.json"
EURO_ACCESS = SHARED / "eu/other/euro_access_142.jsonl"
NOW = datetime(2026, 7, 27, 9, tzinfo=UTC)
SEED = 20261122
ACTORS = ("kaarnapuron-konepaja", "vanajanlaakson-kunta", "hameenkaaren-amk", "nuorten-veraja")
CHECKED = tuple(
    name
    for name in (rule.__name__.removesuffix("_rule") for rule in RULES)
    if name not in ("status", "money", "exclude")
)
"""Rules that read text; those left out compare fields of the source with fields of the profile."""
SHARES = {"eu HORIZON": 14, "eu LIFE": 4, "fi": 8}
"""Calls of the first set from each stratum, of any other `OTHERWISE`."""
OTHERWISE = 2
FRESH = 20


def pool() -> dict[str, list[Call]]:
    """Return the real calls by stratum: programme of the portal, cascade calls, and each Finnish source."""
    strata: dict[str, list[Call]] = defaultdict(list)
    for call in _portal():
        programme = re.sub(r".*\((.*)\)", r"\1", call.programme or "?")
        strata[f"eu {programme}" if call.type_of_action else "eu cascade"].append(call)
    strata["fi"] = [*_research_fi(), *_haeavustuksia(), *_eura()]
    return {name: sorted(found, key=lambda call: call.call_id) for name, found in sorted(strata.items())}


def _portal() -> tuple[Call, ...]:
    served, now, _ = site()
    with ReplayServer(dict.fromkeys(served.hosts, served)) as server:
        return tuple(crawl(SPIDER, CrawlSettings(replay=server.url), now).calls)


def _call(source: str, key: str, title: str, text: str, **changes: object) -> Call:
    language = "fi" if source.startswith("fi") else "en"
    part = Section(role=SectionRole.DESCRIPTION, language=language, text=text) if text.strip() else None
    values: dict[str, object] = {
        "source": source,
        "source_key": key[:200],
        "titles": {language: title},
        "sections": (part,) if part else (),
        "url": "https://example.org/",
        "funder": "?",
        "deadlines": (Deadline(on=date(2026, 12, 31)),),
        "regions": (),
    }
    return Call.model_validate(values | changes)


def _research_fi() -> Iterable[Call]:
    for row in json.loads(RESEARCH_FI.read_text("utf-8"))["hankkeet"]:
        if row["lahde"] == "research_fi_funding_calls":
            yield _call("fi_research", row["id"], row["nimi"], row["kuvaus"])


def _haeavustuksia() -> Iterable[Call]:
    rows = [json.loads((SHARED / "fi/haeavustuksia/list_item_va-lou-2026-5.json").read_text("utf-8"))]
    rows += json.loads((SHARED / "fi/haeavustuksia/hae_page_1.json").read_text("utf-8"))["hakuilmoitukset"]
    for row in rows:
        yield _call(
            "fi_haeavustuksia", row["hakuasianAsianumero"], row["nimi"]["fi"], row["kuvaus"]["fi"], regions=None
        )


def _eura() -> Iterable[Call]:
    row = json.loads((SHARED / "fi/eura2021/eura_row_and_codes.json").read_text("utf-8"))["row"]
    yield _call("fi_eura2021", row["id"], row["otsikko"], "", regions=())


def euro_access() -> list[Call]:
    """Return the calls of euro-access.eu with the parts that tell of eligibility as their eligibility section."""
    found = []
    for line in EURO_ACCESS.read_text("utf-8").splitlines():
        row = json.loads(line)
        told = (
            "eligible_entities",
            "project_partnership",
            "other_eligibility_criteria",
            "additional_information",
            "funding_rate",
        )
        parts = [str(row.get(name) or "") for name in told]
        if not any(parts):
            continue
        sections = tuple(
            Section(role=SectionRole.ELIGIBILITY, language="en", text=part) for part in parts if part.strip()
        ) + (
            (Section(role=SectionRole.DESCRIPTION, language="en", text=row["description"]),)
            if row["description"]
            else ()
        )
        found.append(
            _call(
                "euro_access",
                row["url"].split("/calls/")[1].split("/")[0],
                row["title"],
                "",
                sections=sections,
                identifier=row["call_number"] or None,
            )
        )
    return sorted({call.call_id: call for call in found}.values(), key=lambda call: call.call_id)


def drawn(name: str) -> list[Call]:
    """Return the calls of a set: ``first`` by strata, or ``fresh``, which shares none with it.

    The fresh set is half calls of the same sources that are not in the first set and half pages of euro-access.eu.
    """
    chance = random.Random(SEED)
    strata = pool()
    first = [
        call
        for stratum, found in strata.items()
        for call in chance.sample(found, min(SHARES.get(stratum, OTHERWISE), len(found)))
    ]
    if name == "first":
        return first
    taken = {call.call_id for call in first}
    others = [call for found in strata.values() for call in found if call.call_id not in taken]
    return chance.sample(others, FRESH // 2) + chance.sample(euro_access(), FRESH // 2)


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers of one set against its labels.

    Attributes:
        answers: number of answers compared.
        telling: those of them where label or rule says more than silence.
        wrong: (call id, actor, rule, expected, found) of each that differs.
        false_no: number of a wrong "ineligible".
        unlabelled: ids of calls without labels.
    """

    answers: int
    telling: int
    false_no: int
    wrong: tuple[tuple[str, str, str, str, Reason], ...]
    unlabelled: tuple[str, ...]


def labels() -> dict[tuple[str, str], dict[tuple[str, str], str]]:
    """Return (set, call id) to (rule, actor or ``*``) to the expected verdict; none where every rule is silent."""
    found: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for line in LABELS.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, call_id, rule, actor, verdict = line.split("\t")
        expected = found.setdefault((name, call_id), {})
        if rule != "-":
            expected[rule, actor] = verdict
    return found


def check(name: str, found: Iterable[Call], actors: Iterable[Actor]) -> Checked:
    """Compare what the rules say of the calls of a set with its labels."""
    region = load_region(bundled("profiles") / REGION_FILE)
    known, actors = labels(), list(actors)
    silent = _silent(actors)
    answers, telling, wrong, unlabelled = 0, 0, [], []
    for call in found:
        expected = known.get((name, call.call_id))
        if expected is None:
            unlabelled.append(call.call_id)
            continue
        facts = facts_of(call, NOW)
        for actor in actors:
            for reason in judge(facts, actor, region)[1]:
                if reason.rule not in CHECKED:
                    continue
                quiet = silent[actor.slug, reason.rule]
                due = expected.get((reason.rule, actor.slug), expected.get((reason.rule, "*"), quiet))
                answers += 1
                telling += (
                    (quiet not in (due, reason.verdict.value) and reason.rule != "language")
                    or due != reason.verdict.value
                    or (bool(reason.sentence) and reason.rule != "language")
                )
                if due != reason.verdict.value:
                    wrong.append((call.call_id, actor.slug, reason.rule, due, reason))
    false_no = sum(reason.verdict is Verdict.INELIGIBLE for *_, reason in wrong)
    return Checked(answers, telling, false_no, tuple(wrong), tuple(unlabelled))


def _silent(actors: Iterable[Actor]) -> Mapping[tuple[str, str], str]:
    """Return what each rule says of a call that says nothing."""
    region = load_region(bundled("profiles") / REGION_FILE)
    facts = facts_of(_call("fi_silent", "silent", "-", ""), NOW)
    return {
        (actor.slug, reason.rule): reason.verdict.value for actor in actors for reason in judge(facts, actor, region)[1]
    }


def _show(call: Call, actors: Iterable[Actor]) -> None:
    region = load_region(bundled("profiles") / REGION_FILE)
    silent = _silent(list(actors))
    print(f"\n{call.call_id} | {call.identifier} | {call.type_of_action} | {call.title()[0]}")
    answers: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for actor in actors:
        verdict, reasons = judge(facts_of(call, NOW), actor, region)
        print(f"  {actor.slug}: {verdict}")
        for reason in reasons:
            if reason.sentence or reason.verdict.value != silent[actor.slug, reason.rule]:
                answers[reason.rule, f"{reason.verdict} {reason.code}", reason.fact, reason.sentence].append(
                    actor.slug[:6]
                )
    for (rule, answer, fact, sentence), who in answers.items():
        print(f"    {rule}: {answer} {fact} [{', '.join(who)}]" + (f"\n        “{sentence}”" if sentence else ""))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", metavar="ID")
    parser.add_argument("--draw", choices=("first", "fresh"))
    arguments = parser.parse_args()
    missing = [path for path in (SNAPSHOT, TEXTS, RESEARCH_FI, EURO_ACCESS) if not path.exists()]
    if missing:
        print(
            f"nothing measured: {missing[0]} is not there; the recorded calls belong beside the checkout",
            file=sys.stderr,
        )
        return 1
    region = load_region(bundled("profiles") / REGION_FILE)
    actors = [actor for actor in load_actors(bundled("profiles"), region) if actor.slug in ACTORS]
    if arguments.draw:
        for call in drawn(arguments.draw):
            _show(call, actors)
        return 0
    if arguments.show:
        for call in [*(each for found in pool().values() for each in found), *euro_access()]:
            if arguments.show in (call.call_id, call.identifier):
                _show(call, actors)
        return 0
    for name in ("first", "fresh"):
        found = drawn(name)
        checked = check(name, found, actors)
        rules = Counter(rule for _, _, rule, _, _ in checked.wrong)
        calls_wrong = len({call_id for call_id, *_ in checked.wrong})
        wrong = len(checked.wrong)
        print(
            f"{name}: {len(found) - len(checked.unlabelled)} calls, {len(actors)} actors, {checked.answers} answers, "
            f"{wrong} wrong ({wrong / max(checked.answers, 1):.1%}; of the {checked.telling} that tell something "
            f"{wrong / max(checked.telling, 1):.1%}) in {calls_wrong} calls, {checked.false_no} false no"
        )
        for call_id, actor, rule, due, reason in checked.wrong:
            print(f"  {call_id} {actor} {rule}: expected {due}, found {reason.verdict} {reason.code}")
        if rules:
            print("  by rule:", ", ".join(f"{rule} {number}" for rule, number in rules.most_common()))
        if checked.unlabelled:
            print(f"  without labels: {', '.join(checked.unlabelled)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
