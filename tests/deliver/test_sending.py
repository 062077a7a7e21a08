import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hame_match.deliver.outbox import Accepted, Failure, Outcome
from hame_match.deliver.sending import SendReport, Transport, send_all, stop_on_signal
from hame_match.deliver.sentlog import SentLog
from hame_match.deliver.smtp import SmtpTransport
from hame_match.deliver.transport import FolderTransport, file_name
from hame_match.errors import TransportError
from hame_match.model.digest import Delivery, DeliveryState
from hame_match.progress import silent
from tests.deliver.ledgers import MemoryLedger
from tests.deliver.make import NOW, delivery
from tests.deliver.servers import DROP, ScriptedServer, free_port
from tests.deliver.test_smtp import server

S = DeliveryState


class Run:
    """One outbox, one log and one clock over several runs."""

    def __init__(self, folder: Path, *rows: Delivery) -> None:
        self.folder, self.ledger, self.now = folder, MemoryLedger(*rows), NOW

    def clock(self) -> datetime:
        return self.now

    def send(self, transport: Transport, stop: Callable[[], bool] = lambda: False) -> SendReport:
        log = SentLog(self.folder / "sent.log")
        return send_all(list(self.ledger.rows.values()), transport, self.ledger, log, self.clock, silent, stop)

    def through(self, script: dict[str, str | list[str]]) -> tuple[SendReport, ScriptedServer]:
        with ScriptedServer(script) as fake:
            return self.send(SmtpTransport(server(fake.port))), fake


def three(**changes: object) -> tuple[Delivery, ...]:
    return tuple(delivery(number, **changes) for number in (1, 2, 3))


def test_every_mail_goes_once(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    report, fake = run.through({})
    assert report == SendReport(sent=3)
    assert fake.received == [row.raw for row in three()]
    assert run.ledger.history == [(n, state) for n in (1, 2, 3) for state in (S.IN_DOUBT, S.SENT)]
    assert run.through({})[1].commands == []


def test_one_refused_recipient_does_not_stop_the_others(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    report, _ = run.through({"rcpt": ["250 ok", "550 5.1.1 <r2@example.org> unknown", "250 ok"]})
    assert report == SendReport(sent=2, failed=1)
    assert run.ledger.states() == ["sent", "failed", "sent"]
    assert run.ledger.rows[2].answer == "550 5.1.1 <…> unknown"


def test_greylisting_is_passed_on_the_second_try_with_the_same_bytes(tmp_path: Path) -> None:
    run = Run(tmp_path, delivery())
    report, _ = run.through({"rcpt": "451 4.7.1 greylisted"})
    assert report == SendReport(retry=1)
    row = run.ledger.rows[1]
    assert (row.state, row.attempts, row.next_at) == (S.RETRY, 1, NOW + timedelta(minutes=30))
    run.now = NOW + timedelta(minutes=29)
    assert run.through({})[1].commands == []
    run.now = NOW + timedelta(minutes=30)
    report, fake = run.through({})
    assert (report, fake.received) == (SendReport(sent=1), [delivery().raw])
    assert run.ledger.rows[1].attempts == 2


def test_every_failed_try_waits_longer_until_the_mail_expires(tmp_path: Path) -> None:
    run = Run(tmp_path, delivery())
    waits = []
    while (row := run.ledger.rows[1]).state in (S.QUEUED, S.RETRY):
        run.now = row.next_at or run.now
        run.through({"rcpt": "451 4.3.2 later"})
        if run.ledger.rows[1].next_at:
            waits.append((run.ledger.rows[1].next_at - run.now) / timedelta(hours=1))
    assert waits == [0.5, 1, 2, 4, 8, 16, 24]
    assert run.ledger.rows[1].state is S.EXPIRED
    assert run.ledger.rows[1].answer == "451 4.3.2 later"


def test_a_mail_too_old_expires_without_a_server(tmp_path: Path) -> None:
    run = Run(tmp_path, delivery(expires_at=NOW))
    assert run.send(SmtpTransport(server(free_port()))) == SendReport(expired=1)
    assert run.ledger.rows[1].state is S.EXPIRED


@pytest.mark.parametrize("state", [S.DRAFTED, S.IN_DOUBT, S.SENT, S.FAILED, S.EXPIRED, S.CANCELLED])
def test_only_queued_and_retried_mails_are_tried(tmp_path: Path, state: DeliveryState) -> None:
    run = Run(tmp_path, delivery(state=state))
    assert run.send(SmtpTransport(server(free_port()))) == SendReport()
    assert run.ledger.history == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"mail": "530 5.7.0 must log in"}, "530 5.7.0"),
        ({"rcpt": "550 5.7.26 no DMARC"}, "550 5.7.26"),
        ({"mail": "552 5.3.4 too big"}, "552 5.3.4"),
        ({"banner": "554 no service"}, "554 no service"),
        ({"dot": "550 5.7.1 policy"}, "550 5.7.1"),
    ],
    ids=str,
)
def test_what_no_recipient_is_to_blame_for_stops_the_run_and_keeps_the_queue(
    tmp_path: Path, script: dict[str, str | list[str]], said: str
) -> None:
    run = Run(tmp_path, *three())
    with pytest.raises(TransportError, match=said):
        run.through(script)
    assert run.ledger.states() == ["queued", "queued", "queued"]
    assert run.through({})[0] == SendReport(sent=3)


def test_three_refused_connections_stop_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    with pytest.raises(TransportError, match=r"3 faults in a row.*refused"):
        run.send(SmtpTransport(server(free_port())))
    assert set(run.ledger.history) == {(1, S.QUEUED)}  # never claimed, and the reason stands beside it


def test_three_broken_connections_in_a_row_stop_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, *three(), delivery(4))
    with pytest.raises(TransportError, match="3 faults in a row"):
        run.through({"dot": DROP})
    assert run.ledger.states() == ["in_doubt", "in_doubt", "in_doubt", "queued"]


def test_a_fault_between_good_mails_does_not_stop_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, *(delivery(number) for number in range(1, 8)))
    report, _ = run.through({"dot": ["250 ok", DROP, DROP, "250 ok", DROP, DROP, "250 ok"]})
    assert report == SendReport(sent=3, in_doubt=4)


def test_a_connection_lost_before_the_mail_is_tried_again_later(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    report, _ = run.through({"data": ["354 go", DROP, "354 go"]})
    assert report == SendReport(sent=2, retry=1)
    assert run.ledger.states() == ["sent", "retry", "sent"]
    assert run.ledger.rows[2].next_at == NOW + timedelta(minutes=30)


def test_a_mail_taken_or_unwanted_at_the_last_moment_is_passed_over(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    rows = list(run.ledger.rows.values())
    run.ledger.rows[2] = replace(run.ledger.rows[2], state=S.CANCELLED)
    with ScriptedServer() as fake:
        log = SentLog(tmp_path / "sent.log")
        report = send_all(rows, SmtpTransport(server(fake.port)), run.ledger, log, run.clock, silent)
    assert report == SendReport(sent=2, passed_over=1)
    assert len(fake.received) == 2
    assert "rset" in fake.commands
    assert run.ledger.rows[2].state is S.CANCELLED


def test_a_restored_backup_never_sends_again(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    run.through({})
    restored = Run(tmp_path, delivery(1), delivery(2, state=S.IN_DOUBT), delivery(3, state=S.RETRY, next_at=NOW))
    report, fake = restored.through({})
    assert report == SendReport(known=3)
    assert fake.commands == []
    assert restored.ledger.states() == ["sent", "sent", "sent"]


def test_asked_to_stop_the_run_ends_after_the_mail_in_hand(tmp_path: Path) -> None:
    run = Run(tmp_path, *three())
    asked = iter([False, True])
    with ScriptedServer() as fake:
        report = run.send(SmtpTransport(server(fake.port)), lambda: next(asked))
    assert report == SendReport(sent=1, left=2)
    assert run.ledger.states() == ["sent", "queued", "queued"]
    assert fake.commands[-1] == "quit"


def test_sigterm_is_a_question_and_the_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signal() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_no_signal_is_caught() -> None:
    seen: list[bool] = []

    def inside() -> None:
        with stop_on_signal() as stop:
            seen.append(stop())

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [False]


class Killed(BaseException):
    """The process dies here: nothing after it runs."""


class KilledAt:
    """A transport that dies at a point; what reached the server counts."""

    def __init__(self, point: str) -> None:
        self.point, self.delivered = point, 0

    def begin(self, delivery: Delivery) -> Failure | None:
        if self.point == "before the claim":
            raise Killed
        return None

    def finish(self, delivery: Delivery) -> Outcome:
        if self.point == "before the end":
            raise Killed
        self.delivered += 1
        if self.point == "after the end":
            raise Killed
        return Accepted("250 ok")

    def abandon(self) -> None: ...

    def close(self) -> None: ...


class LedgerKilledAtSettle(MemoryLedger):
    def settle(self, *_: object, **__: object) -> None:
        raise Killed


@pytest.mark.parametrize(
    ("point", "state_after", "delivered", "report"),
    [
        ("before the claim", "queued", 0, SendReport(sent=1)),
        ("before the end", "in_doubt", 0, SendReport()),
        ("after the end", "in_doubt", 1, SendReport()),
        ("before the record", "in_doubt", 1, SendReport(known=1)),
    ],
)
def test_killed_at_any_point_a_mail_is_never_sent_twice(
    tmp_path: Path, point: str, state_after: str, delivered: int, report: SendReport
) -> None:
    ledger = (LedgerKilledAtSettle if point == "before the record" else MemoryLedger)(delivery())
    first = KilledAt(point)
    with pytest.raises(Killed):
        send_all(list(ledger.rows.values()), first, ledger, SentLog(tmp_path / "sent.log"), lambda: NOW, silent)
    assert (ledger.states(), first.delivered) == ([state_after], delivered)
    again = Run(tmp_path, *ledger.rows.values())
    second = KilledAt("nowhere")
    assert again.send(second) == report
    assert first.delivered + second.delivered <= 1


def test_the_folder_gets_each_mail_once(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path / "outbox")
    mail = delivery()
    for _ in range(2):
        assert transport.begin(mail) is None
        assert transport.finish(mail) == Accepted(file_name(mail))
    other = delivery(2)
    transport.begin(other)
    transport.finish(other)
    files = sorted((tmp_path / "outbox").iterdir())
    assert sorted(file.name for file in files) == sorted([file_name(mail), file_name(other)])
    assert all(file.name.startswith("2026-W37-energia-esimerkki-") and file.suffix == ".eml" for file in files)
    assert (tmp_path / "outbox" / file_name(mail)).read_bytes() == mail.raw


def test_a_folder_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    run = Run(tmp_path, delivery())
    with pytest.raises(TransportError, match=r"delivery\.folder"):
        run.send(FolderTransport(tmp_path / "outbox"))
    assert run.ledger.states() == ["queued"]


_SENDER = """
import sys, time
from pathlib import Path
from hame_match.deliver.sending import send_all, stop_on_signal
from hame_match.deliver.sentlog import SentLog
from hame_match.deliver.smtp import SmtpTransport
from hame_match.progress import silent
from tests.deliver.ledgers import MemoryLedger
from tests.deliver.make import NOW, delivery
from tests.deliver.test_smtp import server
ledger = MemoryLedger(*(delivery(n) for n in range(1, 6)))
log = SentLog(Path(sys.argv[2]))
with stop_on_signal() as stop:
    transport = SmtpTransport(server(int(sys.argv[1])))
    report = send_all(list(ledger.rows.values()), transport, ledger, log, lambda: NOW, silent, stop)
print(report.sent, report.left, *ledger.states())
"""


def test_sigterm_in_the_middle_of_a_mail_finishes_it_and_stops(tmp_path: Path) -> None:
    with ScriptedServer({"dot": "slow 250 ok"}) as fake:
        process = subprocess.Popen(
            [sys.executable, "-c", _SENDER, str(fake.port), str(tmp_path / "sent.log")],
            cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while not fake.received and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert output.split() == ["1", "4", "sent", "queued", "queued", "queued", "queued"]
    assert len(fake.received) == 1
