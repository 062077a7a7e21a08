import pytest

from hame_match.deliver.outbox import (
    Accepted,
    LostAfterDot,
    LostBeforeDot,
    PermanentFailure,
    RunFault,
    TemporaryFailure,
)
from hame_match.deliver.replies import ANSWER_CHARS, Phase, answer_of, refusal, verdict

P = Phase


@pytest.mark.parametrize(
    ("phase", "code", "text", "meaning"),
    [
        (P.MAIL, 250, "ok", None),
        (P.RECIPIENT, 251, "will forward", None),
        (P.DATA, 354, "go ahead", None),
        (P.DATA, 250, "what?", LostBeforeDot),
        (P.RECIPIENT, 451, "4.7.1 greylisted", TemporaryFailure),
        (P.RECIPIENT, 450, "4.2.0 mailbox busy", TemporaryFailure),
        (P.MAIL, 452, "4.3.1 no space", TemporaryFailure),
        (P.DATA, 451, "4.3.0 later", TemporaryFailure),
        (P.RECIPIENT, 421, "4.3.2 shutting down", LostBeforeDot),
        (P.RECIPIENT, -1, "garbage", LostBeforeDot),
        (P.RECIPIENT, 550, "5.1.1 no such user", PermanentFailure),
        (P.RECIPIENT, 553, "5.1.3 bad address", PermanentFailure),
        (P.RECIPIENT, 552, "5.2.2 mailbox full", PermanentFailure),
        (P.RECIPIENT, 554, "no valid recipients", PermanentFailure),
        (P.RECIPIENT, 550, "5.7.1 sender not allowed", RunFault),
        (P.RECIPIENT, 550, "5.7.26 unauthenticated", RunFault),
        (P.RECIPIENT, 554, "5.7.1 relay access denied", RunFault),
        (P.RECIPIENT, 530, "5.7.0 authentication required", RunFault),
        (P.RECIPIENT, 535, "5.7.8 bad credentials", RunFault),
        (P.MAIL, 552, "5.3.4 message too big", RunFault),
        (P.MAIL, 553, "5.7.1 sender address rejected", RunFault),
        (P.MAIL, 501, "5.1.7 bad sender", RunFault),
        (P.CONNECT, 554, "no service", RunFault),
    ],
)
def test_a_reply_before_the_end_of_a_mail(phase: Phase, code: int, text: str, meaning: type | None) -> None:
    found = refusal(phase, code, text.encode())
    assert type(found) is (meaning or type(None))
    if isinstance(found, RunFault):
        assert found.lasting


@pytest.mark.parametrize(
    ("code", "text", "meaning"),
    [
        (250, "2.0.0 queued as 1", Accepted),
        (451, "4.7.1 later", TemporaryFailure),
        (421, "4.3.2 later", TemporaryFailure),
        (552, "5.2.3 too big for the mailbox", PermanentFailure),
        (554, "5.7.1 looks like spam", PermanentFailure),
        (550, "5.6.0 content", PermanentFailure),
        (550, "5.7.26 no DMARC", RunFault),
        (552, "5.3.4 too big for the system", RunFault),
        (354, "what?", LostAfterDot),
        (-1, "garbage", LostAfterDot),
    ],
)
def test_the_reply_to_the_end_of_a_mail(code: int, text: str, meaning: type) -> None:
    assert type(verdict(code, text.encode())) is meaning


def test_answers_are_kept_without_addresses_and_line_breaks() -> None:
    text = b"5.1.1 <maija.makinen@example.org>:\n Recipient  rejected, see mail@example.org.\x00\xff" + b"x" * 500
    kept = answer_of(550, text)
    assert kept.startswith("550 5.1.1 <…>: Recipient rejected, see <…>.")
    assert "@" not in kept
    assert len(kept) == ANSWER_CHARS
