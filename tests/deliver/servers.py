"""Real servers on loopback for the tests: one that follows a script of faults, one that is a proper SMTP server."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DROP = "drop"
"""A step at which the server closes the connection instead of answering."""
SILENT = "silent"
"""A step at which the server says nothing more."""

SLOW = "slow "
"""Before an answer: it comes after 0.6 seconds."""


_HEALTHY = {
    "banner": "220 test",
    "ehlo": "250 test",
    "data": "354 go",
    "quit": "221 bye",
}


class ScriptedServer:
    """An SMTP server whose answers are given per step; a step left out gets the answer of a healthy server.

    Steps: ``banner``, ``ehlo``, ``mail``, ``rcpt``, ``data``, ``body`` (before the mail's end), ``dot``. An answer may
    be a list: one for each time the step comes, the last for ever.

    Attributes:
        received: the mails that came to their end, as sent.
        commands: every line of every client.
        connections: how often a client came.
    """

    def __init__(self, script: dict[str, str | list[str]] | None = None) -> None:
        self._script = script or {}
        self._counts: dict[str, int] = {}
        self.received: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)

    def _answer(self, step: str) -> str:
        planned = self._script.get(step, _HEALTHY.get(step, "250 ok"))
        if isinstance(planned, str):
            return planned
        count = self._counts[step] = self._counts.get(step, 0) + 1
        return planned[min(count, len(planned)) - 1]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with closing(connection), connection.makefile("rwb") as stream:
                self._serve(stream)  # type: ignore[arg-type]
        except (OSError, ValueError):
            return

    def _say(self, stream: socket.SocketIO, step: str) -> str:
        """Return what was answered; empty when the conversation is over."""
        answer = self._answer(step)
        if answer == DROP:
            return ""
        if answer == SILENT:
            threading.Event().wait(30)
            return ""
        if answer.startswith(SLOW):
            time.sleep(0.6)
            answer = answer.removeprefix(SLOW)
        stream.write(answer.encode() + b"\r\n")
        stream.flush()
        return "" if answer.startswith("421") else answer

    def _serve(self, stream: socket.SocketIO) -> None:
        if not self._say(stream, "banner"):
            return
        for line in stream:
            command = line.decode().strip()
            self.commands.append(command)
            verb = command.split(" ")[0].lower()
            answer = self._say(stream, verb)
            if not answer or verb == "quit":
                return
            if verb == "data" and answer.startswith("354") and not self._body(stream):
                return

    def _body(self, stream: socket.SocketIO) -> bool:
        if self._answer("body") == DROP:
            stream.readline()
            return False
        lines = []
        for line in stream:
            if line == b".\r\n":
                self.received.append(b"".join(lines))
                return bool(self._say(stream, "dot"))
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return False


def make_certificate(folder: Path, name: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """Return (certificate file to trust, context of a server that has it): made here, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return certificate_file, context


def free_port() -> int:
    """Return a port nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
