"""The alarm clock: once a minute it asks the ledger what is due and runs it.

It holds no state and no logic: whatever is killed, switched off or started twice, the ledger knows what has been done.
"""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from hame_match.errors import HameMatchError
from hame_match.jobs.locks import sole
from hame_match.jobs.schedule import run_due
from hame_match.jobs.workspace import Workspace
from hame_match.settings import FILE_NAME, Settings, load
from hame_match.store import open_store

_LOG = logging.getLogger("hame_match.scheduler")


def tick(settings: Settings) -> None:
    """Run what is due now; an error is logged and the next tick tries again."""
    try:
        with open_store(settings.database) as store:
            for run in run_due(Workspace(settings, store)):
                level = logging.INFO if run.state in ("done", "running") else logging.ERROR
                _LOG.log(level, "%s %s: %s %s", run.job, run.period, run.state, run.detail)
    except HameMatchError as exc:
        _LOG.error("%s", exc)


def main() -> int:
    """Run until stopped; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="hame-match-scheduler",
        description="Crawls nightly, prepares digests on Sunday and sends what is approved on Monday morning.",
        epilog="example: hame-match-scheduler --config /srv/hame/hame-match.toml",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(os.environ.get("HAME_MATCH_CONFIG", FILE_NAME)),
        help="settings file (default: %(default)s)",
    )
    parser.add_argument("--once", action="store_true", help="run what is due and exit, for cron or a systemd timer")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        settings = load(arguments.config)
        lock = settings.database.with_name(settings.database.name + ".scheduler.lock")
        with sole(lock, "the scheduler"):
            tick(settings)
            if not arguments.once:
                _wait_and_tick(settings)
    except HameMatchError as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _wait_and_tick(settings: Settings) -> None:
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler

    # Ticks run in the main thread, where sending can finish the mail in hand when a signal asks it to stop.
    scheduler = BlockingScheduler(timezone="Europe/Helsinki", executors={"default": DebugExecutor()})
    # The ledger decides what runs, so a tick that comes late or is left out costs nothing.
    scheduler.add_job(
        tick, "interval", minutes=1, args=[settings], max_instances=1, coalesce=True, misfire_grace_time=None
    )

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        scheduler.shutdown(wait=False)  # what runs now comes to its end first

    # SIGINT, too: a program started in the background by a shell inherits it as ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    scheduler.start()


if __name__ == "__main__":
    sys.exit(main())
