"""How well the region's themes are found on calls, against labels made by reading the calls.

    python benchmarks/themes.py                # precision, recall and F1, and what was wrong
    python benchmarks/themes.py --choose       # how the constants were chosen, on the tuning half only
    python benchmarks/themes.py --calls 1000   # how long it takes

Labels: ``themes-labels.tsv``, written before the first version of the tagger: call id and codes of the region's themes,
``-`` for none; halved by the SHA-256 of the id, one half to choose the constants on. Whoever wrote the words of the
themes had read those calls; ``themes-labels-unseen.tsv`` holds calls that were drawn and labelled when the words were
final, before they were tagged, and is the figure to believe. The calls lie beside the checkout (``../shared/data``).
"""

import argparse
import hashlib
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs.evaluation_files import read_calls
from hame_match.match import themes
from hame_match.match.themes import Lexicon, ThemeTag, tags_of
from hame_match.model.call import Call, Section, SectionRole
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_region

HERE = Path(__file__).resolve().parent
SHARED = HERE / "../../shared/data"
Labels = Mapping[str, frozenset[str]]


@dataclass
class Counts:
    """Right, wrong and missed tags."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def row(self) -> str:
        """Return number of labels, precision, recall and F1 as cells of a table."""
        precision = self.right / max(self.right + self.wrong, 1)
        recall = self.right / max(self.right + self.missed, 1)
        return f"{self.right + self.missed} | {precision:.2f} | {recall:.2f} | {self.f1:.2f}"

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 when nothing is right."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


def labels(file: Path) -> Labels:
    """Return call id to the codes of its themes, in the file's order."""
    pairs = (line.split("\t") for line in file.read_text("utf-8").splitlines())
    return {call_id: frozenset() if codes == "-" else frozenset(codes.split()) for call_id, codes in pairs}


def halves(all_labels: Labels) -> tuple[Labels, Labels]:
    """Return (tuning half, test half), of equal size, parted by the hash of the call's id."""
    ids = sorted(all_labels, key=lambda one: hashlib.sha256(one.encode()).hexdigest())
    middle = len(ids) // 2
    return {one: all_labels[one] for one in ids[:middle]}, {one: all_labels[one] for one in ids[middle:]}


def stored_calls() -> dict[str, Call]:
    """Return the recorded calls by the ids that the labels use."""
    found = dict(read_calls(SHARED / "eval/actor-calls.jsonl.gz"))
    calendar = json.loads((SHARED / "fi/calls_fi_text/hankerahoituskalenteri_funding_data_2026-09-10.json").read_text())
    for row in calendar["hankkeet"]:
        found[f"kalenteri:{row['id']}"] = _finnish(row["id"], row["nimi"], row["kuvaus"])
    for file in sorted((SHARED / "fi/haeavustuksia").glob("hae_page_*.json")):
        for row in json.loads(file.read_text())["hakuilmoitukset"]:
            key = row["hakuasianAsianumero"]
            found[f"haeavustuksia:{key}"] = _finnish(key, row["nimi"]["fi"], row["kuvaus"]["fi"])
    one = json.loads((SHARED / "fi/eura2021/eura_row_and_codes.json").read_text())["row"]
    page = json.loads((SHARED / "fi/eura2021/eura_page_data.json").read_text())["preRenderData"]["hankehaku"]
    for row in (one, *page):
        found[f"eura:{row['id']}"] = _finnish(row["id"], row["otsikko"], "")
    return found


def _finnish(key: str, title: str, text: str) -> Call:
    sections = (Section(role=SectionRole.DESCRIPTION, language="fi", text=text),) if text else ()
    url = "https://example.org/"
    return Call(source="fi_x", source_key=key, titles={"fi": title}, sections=sections, url=url, funder="x")


def compare(wanted: Labels, tagged: Callable[[str], Iterable[ThemeTag]], codes: Iterable[str]) -> dict[str, Counts]:
    """Return the counts of every theme, and of all together under ``all``."""
    counts = {code: Counts() for code in (*codes, "all")}
    for call_id, right in wanted.items():
        given = {tag.code for tag in tagged(call_id)}
        for code in given | right:
            for one in (counts[code], counts["all"]):
                one.right += code in given & right
                one.wrong += code in given - right
                one.missed += code in right - given
    return counts


def choose(tuning: Labels, calls: Mapping[str, Call], lexicon: Lexicon) -> None:
    """Print the constants that are best on the tuning half, best first."""
    found = []
    for weight, few, least in itertools.product(
        (0.1, 0.2, 0.3, 0.4, 0.5), (1, 2, 4, 8), (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
    ):
        themes.TITLE_WEIGHT, themes.FEW_SENTENCES, themes.THRESHOLD = weight, few, least
        counts = compare(tuning, lambda call_id: tags_of(calls[call_id], lexicon), lexicon.codes)["all"]
        found.append((counts.f1, weight, few, least, counts.row()))
    print(
        "| title weighs | few sentences | threshold | labels | precision | recall | F1 |\n|---|---|---|---|---|---|---|"
    )
    for _, weight, few, least, row in sorted(found, reverse=True)[:12]:
        print(f"| {weight} | {few} | {least} | {row} |")


def measure(calls: Mapping[str, Call], lexicon: Lexicon) -> None:
    """Print the figures of every set, and every wrong and missed tag."""
    tuning, test = halves(labels(HERE / "themes-labels.tsv"))
    sets = {"tuning": tuning, "test": test}
    if (unseen := HERE / "themes-labels-unseen.tsv").exists():
        sets["unseen"] = labels(unseen)
    given = {call_id: tags_of(calls[call_id], lexicon) for wanted in sets.values() for call_id in wanted}
    print("| set | theme | labels | precision | recall | F1 |\n|---|---|---|---|---|---|")
    for name, wanted in sets.items():
        for code, counts in compare(wanted, given.__getitem__, lexicon.codes).items():
            print(f"| {name} ({len(wanted)}) | {code} | {counts.row()} |")
    for name, wanted in sets.items():
        for call_id, right in wanted.items():
            for tag in given[call_id]:
                if tag.code not in right:
                    print(f"\n{name}: wrong {tag.code} ({tag.score}) on {call_id}\n  {tag.sentence}")
            for code in sorted(right - {tag.code for tag in given[call_id]}):
                print(f"\n{name}: missed {code} on {call_id}\n  {calls[call_id].title('en')[0]}")


def clock(count: int, calls: Mapping[str, Call], lexicon: Lexicon) -> None:
    """Print how long `count` calls take from their stored texts, in a fresh lexicon."""
    some = list(itertools.islice(itertools.cycle(calls.values()), count))
    begun, used = time.perf_counter(), time.process_time()
    tagged = sum(bool(tags_of(call, lexicon)) for call in some)
    spent = time.process_time() - used
    print(f"{count} calls, {tagged} tagged: {time.perf_counter() - begun:.2f} s, {spent:.2f} s of one core")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choose", action="store_true", help="how the constants were chosen")
    parser.add_argument("--calls", type=int, help="time so many calls")
    asked = parser.parse_args()
    if not SHARED.exists():
        sys.exit(f"the recorded calls are not here ({SHARED.resolve()}): there is nothing to read the labels against")
    calls = stored_calls()
    lexicon = Lexicon(load_region(bundled("profiles") / REGION_FILE).themes)
    if asked.choose:
        choose(halves(labels(HERE / "themes-labels.tsv"))[0], calls, lexicon)
    elif asked.calls:
        clock(asked.calls, calls, lexicon)
    else:
        measure(calls, lexicon)


if __name__ == "__main__":
    main()
