"""Mail over SMTP, command by command, so that a broken connection tells whether the server can have the mail.

`smtplib.SMTP.data` raises the same error for a connection lost before and after the end of a mail. Here the body and
the line with the dot that ends it are sent apart: before the dot leaves, no server may deliver the mail (RFC 5321,
4.1.1.4); once it may have left, only a reply tells.
"""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from hame_match.deliver.outbox import (
    Failure,
    LostAfterDot,
    LostBeforeDot,
    Outcome,
    PermanentFailure,
    RunFault,
    TemporaryFailure,
)
from hame_match.deliver.replies import Phase, answer_of, refusal, verdict
from hame_match.errors import TransportError
from hame_match.model.digest import Delivery
from hame_match.settings import Settings, smtp_password

_BROKEN = (OSError, smtplib.SMTPException)
"""What smtplib raises when a connection breaks or a reply cannot be read; its own errors are OSErrors too."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """How to reach a server; see `settings.DeliverySettings` for the meaning of each value."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    ca_file: str
    username: str
    password: str
    local_hostname: str
    timeout_seconds: float
    reply_timeout_seconds: float

    def __repr__(self) -> str:
        """Return a description without the password."""
        return f"SmtpServer({self.host}:{self.port}, {self.security})"


def server_of(settings: Settings) -> SmtpServer:
    """Return the server of the settings; reads the password from the environment or its file.

    Raises:
        SettingsError: the password file cannot be read.
        TransportError: a password would travel in the clear, or a user name has no password.
    """
    delivery = settings.delivery
    password = smtp_password(settings) if delivery.username else ""
    if delivery.username and not password:
        raise TransportError(
            f"delivery.username is {delivery.username!r} but there is no password: set delivery.password_file or the "
            "variable HAME_MATCH_SMTP_PASSWORD"
        )
    return SmtpServer(
        host=delivery.host,
        port=delivery.port,
        security=delivery.security,
        ca_file=str(settings.path(delivery.ca_file)) if delivery.ca_file else "",
        username=delivery.username,
        password=password,
        local_hostname=delivery.local_hostname,
        timeout_seconds=delivery.timeout_seconds,
        reply_timeout_seconds=delivery.reply_timeout_seconds,
    )


class SmtpTransport:
    """Sends through one server over one connection, made when the first mail comes and again when it breaks.

    Certificates are always verified, and nothing is ever sent in the clear unless `security` says ``none``.

    Args:
        server: the server.

    Raises:
        TransportError: a password would travel in the clear, or the certificate file cannot be read.
    """

    def __init__(self, server: SmtpServer) -> None:
        if server.username and server.security == "none":
            raise TransportError(
                "delivery.security is 'none' but delivery.username is set: a password is never sent in the clear; "
                "choose 'starttls' or 'tls', or remove the user name"
            )
        self._server = server
        self._context = None if server.security == "none" else _context(server.ca_file)
        self._connection: smtplib.SMTP | None = None

    def begin(self, delivery: Delivery) -> Failure | None:
        """Connect when needed and name sender and recipient; a connection that went stale is made anew once."""
        stale = self._connection is not None
        failure = self._envelope(delivery)
        if isinstance(failure, LostBeforeDot) and stale:
            failure = self._envelope(delivery)
        return failure

    def finish(self, delivery: Delivery) -> Outcome:
        """Send the bytes of the mail, wait for the server's word."""
        connection = self._connection
        if connection is None or connection.sock is None:
            return LostBeforeDot("the connection was closed before the mail began")
        body = re.sub(rb"(?m)^\.", b"..", delivery.raw)
        try:
            code, text = connection.docmd("DATA")
            if refused := refusal(Phase.DATA, code, text):
                self._leave(refused)
                return refused
            connection.send(body if body.endswith(b"\r\n") else body + b"\r\n")
            # Three bytes that the system did not take have not left.
            connection.send(b".\r\n")
        except _BROKEN as exc:
            self._drop()
            return LostBeforeDot(_words(exc))
        try:
            connection.sock.settimeout(self._server.reply_timeout_seconds)
            code, text = connection.getreply()
            connection.sock.settimeout(self._server.timeout_seconds)
        except _BROKEN as exc:
            self._drop()
            return LostAfterDot(_words(exc))
        outcome = verdict(code, text)
        if code == 421 or isinstance(outcome, LostAfterDot | RunFault):
            self._drop()
        return outcome

    def abandon(self) -> None:
        """Reset the connection; when that fails it is dropped."""
        if self._connection is not None:
            try:
                code, _ = self._connection.rset()
            except _BROKEN:
                code = -1
            if code != 250:
                self._drop()

    def close(self) -> None:
        """Say QUIT; whatever comes back no longer matters."""
        if self._connection is not None:
            with suppress(*_BROKEN):
                self._connection.quit()
            self._drop()

    def _envelope(self, delivery: Delivery) -> Failure | None:
        if self._connection is None:
            connected = self._connect()
            if isinstance(connected, RunFault):
                return connected
            self._connection = connected
        size = [f"SIZE={len(delivery.raw)}"] if self._connection.has_extn("size") else []
        try:
            failure = refusal(Phase.MAIL, *self._connection.mail(delivery.sender, size))
            if failure is None:
                failure = refusal(Phase.RECIPIENT, *self._connection.rcpt(delivery.recipient))
        except _BROKEN as exc:
            failure = LostBeforeDot(_words(exc))
        if failure is not None:
            self._leave(failure)
        return failure

    def _leave(self, failure: Failure) -> None:
        """Make the connection ready for the next mail, or give it up."""
        if isinstance(failure, TemporaryFailure | PermanentFailure):
            self.abandon()
        else:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> smtplib.SMTP | RunFault:
        """Return a connection that is greeted, secured and logged in, or why there is none."""
        where = f"{self._server.host}:{self._server.port}"
        connection: smtplib.SMTP | None = None
        try:
            connection = self._open()
            fault = self._secure(connection) or self._log_in(connection)
        except smtplib.SMTPResponseException as exc:
            fault = RunFault(f"{where}: {answer_of(exc.smtp_code, exc.smtp_error)}", lasting=exc.smtp_code >= 500)
        except ssl.SSLEOFError as exc:
            fault = RunFault(f"{where}: {_words(exc)}", lasting=False)
        except ssl.SSLError as exc:
            hint = "delivery.ca_file names the certificates to trust, delivery.security the kind of TLS"
            fault = RunFault(f"{where}: TLS failed: {_words(exc)} ({hint})", lasting=True)
        except _BROKEN as exc:
            fault = RunFault(f"{where}: {_words(exc)}", lasting=False)
        else:
            if fault is None:
                return connection
        if connection is not None:
            connection.close()
        return fault

    def _open(self) -> smtplib.SMTP:
        """Connect and greet."""
        server = self._server
        name = server.local_hostname or None
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=server.timeout_seconds, context=self._context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, name, timeout=server.timeout_seconds)
        # The dot that ends a mail goes out alone; without this it would wait for the body's receipt.
        if connection.sock is not None:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _secure(self, connection: smtplib.SMTP) -> RunFault | None:
        connection.ehlo_or_helo_if_needed()
        if self._server.security != "starttls":
            return None
        if not connection.has_extn("starttls"):
            return RunFault(
                f"{self._server.host} offers no STARTTLS and nothing is sent in the clear; set delivery.security to "
                "'tls' when the port wants TLS from the start",
                lasting=True,
            )
        connection.starttls(context=self._context)
        connection.ehlo_or_helo_if_needed()
        return None

    def _log_in(self, connection: smtplib.SMTP) -> RunFault | None:
        if not self._server.username:
            return None
        try:
            connection.login(self._server.username, self._server.password)
        except smtplib.SMTPNotSupportedError as exc:
            return RunFault(f"{self._server.host} takes no login: {exc}; remove delivery.username", lasting=True)
        except smtplib.SMTPAuthenticationError as exc:
            answer = answer_of(exc.smtp_code, exc.smtp_error)
            return RunFault(f"{self._server.host} refuses the login: {answer}", lasting=exc.smtp_code >= 500)
        return None


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as exc:
        raise TransportError(f"delivery.ca_file: {ca_file}: cannot be read as certificates: {exc}") from exc


def _words(exc: Exception) -> str:
    """Return what went wrong without the class names and addresses of the library's texts."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return exc.verify_message
    if isinstance(exc, smtplib.SMTPResponseException):
        return answer_of(exc.smtp_code, exc.smtp_error)
    return str(exc.strerror if isinstance(exc, OSError) and exc.strerror else exc) or type(exc).__name__
