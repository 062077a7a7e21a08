import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hame_match.deliver.outbox import (
    Accepted,
    LostAfterDot,
    LostBeforeDot,
    Outcome,
    PermanentFailure,
    RunFault,
    TemporaryFailure,
)
from hame_match.deliver.rendering import render
from hame_match.deliver.smtp import SmtpServer, SmtpTransport, server_of
from hame_match.errors import TransportError
from hame_match.settings import DeliverySettings, Settings
from tests.deliver.make import NOW, actor, delivery, digest, recipient, settings, six_items
from tests.deliver.servers import DROP, SILENT, SLOW, ScriptedServer, free_port, make_certificate

MAIL = delivery()


def server(port: int, **changes: Any) -> SmtpServer:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "security": "none",
        "ca_file": "",
        "username": "",
        "password": "",
        "local_hostname": "test.example.org",
        "timeout_seconds": 2.0,
        "reply_timeout_seconds": 2.0,
    }
    return SmtpServer(**(values | changes))


def send(port: int, **changes: Any) -> Outcome:
    transport = SmtpTransport(server(port, **changes))
    try:
        return transport.begin(MAIL) or transport.finish(MAIL)
    finally:
        transport.close()


def scripted(script: dict[str, str | list[str]], **changes: Any) -> tuple[Outcome, ScriptedServer]:
    with ScriptedServer(script) as fake:
        return send(fake.port, **changes), fake


def test_a_mail_arrives_byte_for_byte() -> None:
    outcome, fake = scripted({})
    assert outcome == Accepted("250 ok")
    assert fake.received == [MAIL.raw]
    assert fake.commands == [
        "ehlo test.example.org", f"mail FROM:<{MAIL.sender}>", f"rcpt TO:<{MAIL.recipient}>", "DATA", "quit",
    ]  # fmt: skip


def test_the_size_is_told_to_a_server_that_asks() -> None:
    _, fake = scripted({"ehlo": "250-test\r\n250 SIZE 1000"})
    assert fake.commands[1].lower() == f"mail from:<{MAIL.sender}> size={len(MAIL.raw)}"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"rcpt": "451 4.7.1 greylisted"}, TemporaryFailure("451 4.7.1 greylisted")),
        ({"rcpt": "550 5.1.1 no such user"}, PermanentFailure("550 5.1.1 no such user")),
        ({"rcpt": "550 5.7.1 not you"}, RunFault("550 5.7.1 not you", lasting=True)),
        ({"rcpt": "421 4.3.2 going down"}, LostBeforeDot("421 4.3.2 going down")),
        ({"mail": "452 4.3.1 no space"}, TemporaryFailure("452 4.3.1 no space")),
        ({"mail": "530 5.7.0 must log in"}, RunFault("530 5.7.0 must log in", lasting=True)),
        ({"mail": "552 5.3.4 too big"}, RunFault("552 5.3.4 too big", lasting=True)),
        ({"data": "451 4.3.0 later"}, TemporaryFailure("451 4.3.0 later")),
        ({"data": "554 5.5.1 no"}, PermanentFailure("554 5.5.1 no")),
        ({"dot": "451 4.3.0 later"}, TemporaryFailure("451 4.3.0 later")),
        ({"dot": "421 4.3.0 later"}, TemporaryFailure("421 4.3.0 later")),
        ({"dot": "554 5.6.0 spam"}, PermanentFailure("554 5.6.0 spam")),
        ({"dot": "550 5.7.26 no DMARC"}, RunFault("550 5.7.26 no DMARC", lasting=True)),
    ],
    ids=str,
)
def test_replies_are_told_apart(script: dict[str, str | list[str]], expected: Outcome) -> None:
    assert scripted(script)[0] == expected


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "body"])
def test_a_connection_lost_before_the_end_cannot_have_delivered(step: str) -> None:
    outcome, fake = scripted({step: DROP})
    assert isinstance(outcome, LostBeforeDot) or (step == "body" and isinstance(outcome, LostAfterDot))
    assert fake.received == []


@pytest.mark.parametrize("answer", [DROP, SILENT, "what is this", "354 more?"])
def test_no_clear_word_after_the_end_leaves_the_mail_in_doubt(answer: str) -> None:
    outcome, fake = scripted({"dot": answer}, reply_timeout_seconds=0.3)
    assert isinstance(outcome, LostAfterDot)
    assert fake.received == [MAIL.raw]


def test_a_silent_server_is_given_up_before_the_mail_begins() -> None:
    assert isinstance(scripted({"rcpt": SILENT}, timeout_seconds=0.3)[0], LostBeforeDot)


def test_the_reply_after_the_end_may_take_longer_than_the_others() -> None:
    times = {"timeout_seconds": 0.3, "reply_timeout_seconds": 5}
    assert scripted({"dot": SLOW + "250 fine"}, **times)[0] == Accepted("250 fine")
    assert isinstance(scripted({"data": SLOW + "354 go"}, **times)[0], LostBeforeDot)


@pytest.mark.parametrize(
    ("script", "lasting"),
    [
        ({"banner": "554 5.7.1 no service for you"}, True),
        ({"banner": "421 4.3.2 too busy"}, False),
        ({"banner": DROP}, False),
        ({"ehlo": DROP}, False),
    ],
    ids=str,
)
def test_a_server_that_cannot_be_greeted_stops_the_run(script: dict[str, str | list[str]], lasting: bool) -> None:
    outcome, _ = scripted(script)
    assert isinstance(outcome, RunFault)
    assert outcome.lasting is lasting


def test_nobody_listening_is_a_fault_that_may_pass() -> None:
    outcome = send(free_port())
    assert isinstance(outcome, RunFault)
    assert not outcome.lasting
    assert "refused" in outcome.answer


def test_one_connection_serves_many_mails_and_resets_after_a_refusal() -> None:
    with ScriptedServer({"rcpt": ["250 ok", "550 5.1.1 no", "250 ok"]}) as fake:
        transport = SmtpTransport(server(fake.port))
        outcomes = [transport.begin(MAIL) or transport.finish(MAIL) for _ in range(3)]
        transport.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, PermanentFailure, Accepted]
    assert (fake.connections, len(fake.received)) == (1, 2)
    assert fake.commands.count("rset") == 1


def test_a_connection_that_went_stale_is_made_anew() -> None:
    with ScriptedServer({"mail": ["250 ok", "421 4.4.2 idle too long", "250 ok"]}) as fake:
        transport = SmtpTransport(server(fake.port))
        outcomes = [transport.begin(MAIL) or transport.finish(MAIL) for _ in range(2)]
        transport.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert fake.connections == 2


def test_an_abandoned_mail_leaves_nothing_behind() -> None:
    with ScriptedServer() as fake:
        transport = SmtpTransport(server(fake.port))
        assert transport.begin(MAIL) is None
        transport.abandon()
        transport.close()
    assert fake.received == []
    assert fake.commands[-2:] == ["rset", "quit"]


def test_no_starttls_means_no_mail() -> None:
    outcome, fake = scripted({}, security="starttls")
    assert isinstance(outcome, RunFault)
    assert outcome.lasting
    assert "offers no STARTTLS" in outcome.answer
    assert not [command for command in fake.commands if command.startswith("mail")]


class Inbox:
    """Keeps what a proper server was given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str | None, list[str], bytes, bool]] = []

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, content, session.ssl is not None))
        return "250 2.0.0 taken"


def _login(smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"hame", b"salasana")
    return AuthResult(success=good, handled=False)


@contextmanager
def proper_server(**options: Any) -> Iterator[tuple[Inbox, int]]:
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def test_a_rendered_digest_survives_the_way() -> None:
    message = render(digest(*six_items()), actor(), recipient(), settings(), NOW)
    mail = delivery(raw=message.raw, recipient=message.recipient, sender=message.sender)
    with proper_server() as (inbox, port):
        transport = SmtpTransport(server(port))
        assert (transport.begin(mail) or transport.finish(mail)) == Accepted("250 2.0.0 taken")
        transport.close()
    assert inbox.mails == [(message.sender, [message.recipient], message.raw, False)]


def test_starttls_with_a_certificate_of_our_own(tmp_path: Path) -> None:
    ca_file, context = make_certificate(tmp_path)
    with proper_server(tls_context=context, require_starttls=True) as (inbox, port):
        assert isinstance(send(port, security="starttls", ca_file=str(ca_file)), Accepted)
    assert [encrypted for *_, encrypted in inbox.mails] == [True]


def test_tls_from_the_start(tmp_path: Path) -> None:
    ca_file, context = make_certificate(tmp_path)
    with proper_server(ssl_context=context) as (inbox, port):
        assert isinstance(send(port, security="tls", ca_file=str(ca_file)), Accepted)
    assert len(inbox.mails) == 1


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    _, context = make_certificate(tmp_path)
    with proper_server(tls_context=context) as (inbox, port):
        outcome = send(port, security="starttls")
    assert isinstance(outcome, RunFault)
    assert outcome.lasting
    assert "self-signed certificate" in outcome.answer
    assert inbox.mails == []


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    ca_file, context = make_certificate(tmp_path, "elsewhere.example.org")
    with proper_server(tls_context=context) as (inbox, port):
        outcome = send(port, security="starttls", ca_file=str(ca_file))
    assert isinstance(outcome, RunFault)
    assert outcome.lasting
    assert inbox.mails == []


def test_tls_to_a_server_that_speaks_none_is_a_lasting_fault(tmp_path: Path) -> None:
    ca_file, _ = make_certificate(tmp_path)
    outcome, _ = scripted({}, security="tls", ca_file=str(ca_file))
    assert isinstance(outcome, RunFault)
    assert outcome.lasting
    assert "delivery.security" in outcome.answer


def test_login_over_tls(tmp_path: Path) -> None:
    ca_file, context = make_certificate(tmp_path)
    options = {"tls_context": context, "authenticator": _login, "auth_required": True}
    values = {"security": "starttls", "ca_file": str(ca_file), "username": "hame"}
    with proper_server(**options) as (inbox, port):
        wrong = send(port, password="arvaus", **values)
        right = send(port, password="salasana", **values)
    assert isinstance(wrong, RunFault)
    assert wrong.lasting
    assert "refuses the login" in wrong.answer
    assert "arvaus" not in wrong.answer
    assert isinstance(right, Accepted)
    assert len(inbox.mails) == 1


def test_a_password_is_never_sent_in_the_clear() -> None:
    with pytest.raises(TransportError, match="never sent in the clear"):
        SmtpTransport(server(25, username="hame", password="salasana"))


def test_a_certificate_file_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for content in (None, "no certificate"):
        if content is not None:
            file.write_text(content)
        with pytest.raises(TransportError, match=r"delivery\.ca_file"):
            SmtpTransport(server(25, security="tls", ca_file=str(file)))


def test_certificates_are_verified_in_every_secure_mode() -> None:
    for security in ("starttls", "tls"):
        context = SmtpTransport(server(25, security=security))._context
        assert context is not None
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_server_comes_from_the_settings_and_hides_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAME_MATCH_SMTP_PASSWORD", raising=False)
    with pytest.raises(TransportError, match="there is no password"):
        server_of(Settings(delivery=DeliverySettings(username="hame"), root=tmp_path))
    (tmp_path / "pw").write_text("salasana\n")
    found = server_of(
        Settings(delivery=DeliverySettings(username="hame", password_file="pw", ca_file="ca.pem"), root=tmp_path)
    )
    assert (found.password, found.ca_file, found.reply_timeout_seconds) == ("salasana", str(tmp_path / "ca.pem"), 600)
    assert "salasana" not in repr(found)
