"""How long the command line takes to start, beside a Python that starts and does nothing.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 11
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "hame-match --help": [sys.executable, "-m", "hame_match.cli", "--help"],
    "hame-match matches --help": [sys.executable, "-m", "hame_match.cli", "matches", "--help"],
}


def main() -> None:
    """Measure in turns, so that a slow moment of the machine hits every command, and print the medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    for name, found in times.items():
        print(f"{name}: median {statistics.median(found):.3f} s, best {min(found):.3f} s")


if __name__ == "__main__":
    main()
