"""Time and memory of ranking many calls for many actors from stored vectors, and of importing a crawl again.

    python benchmarks/matching.py --calls 1000 --actors 100

Vectors are in the database before the clock starts; everything else of `matches run` is inside: reading the calls,
stems, glosses, eligibility, learning, folding, evidence and writing the lists. The bare matrix product of the same size
is the bound. With 1,000 calls and 100 actors or fewer the exit status is 1 where the best round or the memory is over
its target, so that whoever adds to a ranking sees what it costs.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus import StoredVectors, actors, calls
from hame_match.jobs.matching import rank_all
from hame_match.jobs.workspace import Workspace
from hame_match.settings import Settings
from hame_match.store import open_store

TARGET_SECONDS, TARGET_MIB = 10, 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--actors", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    found, now, origin = calls(arguments.calls)
    print(f"{len(found)} calls ({origin}), {arguments.actors} actors")
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "bench.sqlite") as store:
        workspace = Workspace(Settings(root=Path(folder)), store, lambda: now, embedder=StoredVectors())
        workspace.__dict__["actors"] = actors(workspace, arguments.actors)  # the cached property, filled by hand
        for label in ("first import", "second import, unchanged"):
            started = time.perf_counter()
            with store.transaction():
                counts = store.calls.import_crawl(found, now)
            print(f"{label}: {time.perf_counter() - started:.2f} s ({counts.new} new, {counts.unchanged} unchanged)")
        started = time.perf_counter()
        rank_all(workspace)
        print(f"first ranking, which stores stems and vectors: {time.perf_counter() - started:.2f} s")
        times = []
        for _ in range(arguments.rounds):
            started = time.perf_counter()
            ranked = rank_all(workspace)
            times.append(time.perf_counter() - started)
        assert ranked.embedded == 0, "every vector was stored"
        bare = _bare(arguments.calls, arguments.actors * 4)
        print(f"ranking from stored vectors: best {min(times):.2f} s of {', '.join(f'{t:.2f}' for t in times)}")
        print(f"the bare product alone: {bare * 1000:.1f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MiB")
    if arguments.calls <= 1000 and arguments.actors <= 100 and (min(times) > TARGET_SECONDS or peak > TARGET_MIB):
        sys.exit(f"over the target of {TARGET_SECONDS} s and {TARGET_MIB} MiB for 1,000 calls and 100 actors")


def _bare(calls_: int, facets: int) -> float:
    left, right = np.ones((facets, 384), np.float32), np.ones((384, calls_), np.float32)
    started = time.perf_counter()
    left @ right
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
