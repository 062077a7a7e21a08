"""The settings of a workspace: one TOML file, checked before anything runs.

Every setting has a default, so an empty file is a complete one. Relative paths are relative to the file.
"""

import os
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hame_match.errors import SettingsError
from hame_match.language import HELSINKI

FILE_NAME = "hame-match.toml"
PASSWORD_VARIABLE = "HAME_MATCH_SMTP_PASSWORD"  # noqa: S105 - the name of a variable, not a password


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _replay_address(value: str) -> str:
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise ValueError(f"{value!r} is not a web address such as http://127.0.0.1:8765")
    return value.rstrip("/")


class WorkspaceSettings(_Section):
    """Where things are kept.

    Attributes:
        database: the SQLite file.
        profiles: folder of actor profiles.
        region: region file; empty takes the one of Kanta-Häme shipped with the program.
        cache: folder for unpacked weights; empty takes the user's cache.
    """

    database: str = "hame-match.sqlite"
    profiles: str = "profiles"
    region: str = ""
    cache: str = ""


class CrawlSettings(_Section):
    """How spiders behave.

    Attributes:
        spiders: spiders of a nightly crawl.
        contact: address or page put into the User-Agent, so that a source can reach us.
        delay_seconds: pause between two requests to a host.
        timeout_seconds: longest wait for one response.
        limit_seconds: longest time for one spider.
        retries: further tries of a failed request.
        replay: base address of a replay server; every request goes there and no pauses are made.
        sources: addresses by spider that replace its own, as ``[crawl.sources.NAME] key = "value"``.
    """

    spiders: tuple[str, ...] = ("eu_funding_tenders", "fi_haeavustuksia", "fi_eura2021")
    contact: str = "https://www.hameenliitto.fi/"
    delay_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    limit_seconds: Annotated[int, Field(ge=10, le=7200)] = 3600
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    replay: Annotated[str, AfterValidator(_replay_address)] = ""
    sources: dict[str, dict[str, str]] = {}


class EmbeddingSettings(_Section):
    """The embedding model.

    Attributes:
        model: ``bundled`` or any sentence-transformers name or path.
        precision: ``auto`` uses bf16 where the processor has it.
        threads: processor threads; 0 leaves the choice to the library.
    """

    model: Annotated[str, Field(min_length=1)] = "bundled"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    threads: Annotated[int, Field(ge=0, le=256)] = 0


class MatchSettings(_Section):
    """The ranked lists.

    Attributes:
        keep: matches kept per actor.
    """

    keep: Annotated[int, Field(ge=1, le=1000)] = 50


class DigestSettings(_Section):
    """What a digest holds and who it is from.

    Attributes:
        max_items: most calls in one digest; the rest waits for the next.
        sender: address the mail is from.
        sender_name: name beside it.
        reply_to: a person who answers; empty leaves it out.
        unsubscribe: address for List-Unsubscribe; empty takes `reply_to`, else `sender`.
        list_id: host part of List-Id, also used in Message-ID.
        privacy_url: page of the privacy notice, shown in the footer; empty leaves it out.
        expires_hours: a mail not sent this long after its approval is not sent any more.
        late_hours: a digest not approved this long after its Monday asks for a person's word.
    """

    max_items: Annotated[int, Field(ge=1, le=30)] = 6
    sender: str = "hame-match@example.org"
    sender_name: str = "Häme-match"
    reply_to: str = ""
    unsubscribe: str = ""
    list_id: str = "digest.hame-match.example.org"
    privacy_url: str = ""
    expires_hours: Annotated[int, Field(ge=1, le=168)] = 72
    late_hours: Annotated[int, Field(ge=1, le=168)] = 36


class DeliverySettings(_Section):
    """How mail leaves.

    Attributes:
        transport: ``folder`` writes .eml files; ``smtp`` sends.
        folder: where ``folder`` writes.
        host: SMTP server.
        port: its port.
        security: ``starttls``, ``tls`` or ``none``; certificates are always verified.
        ca_file: certificates to trust instead of the system's; empty takes the system's.
        username: login name; empty sends without login.
        password_file: file whose first line is the password; the variable HAME_MATCH_SMTP_PASSWORD wins over it.
        local_hostname: name given in EHLO; empty takes the machine's.
        timeout_seconds: longest wait for a reply to a command.
        reply_timeout_seconds: longest wait for the reply after the mail's last byte (RFC 5321, 4.5.3.2.6).
    """

    transport: Literal["folder", "smtp"] = "folder"
    folder: str = "outbox"
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    username: str = ""
    password_file: str = ""
    local_hostname: str = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    reply_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 600


Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ScheduleSettings(_Section):
    """When the scheduler does what, in Helsinki time.

    Attributes:
        crawl: time of the nightly crawl; not between 02:00 and 05:00, when clocks change.
        prepare: time on Sunday when digests are prepared.
        send: time on Monday when approved digests are sent.
    """

    crawl: Clock = "01:15"
    prepare: Clock = "18:00"
    send: Clock = "07:00"


class Settings(_Section):
    """Everything that can be set; one attribute per table of the file.

    Attributes:
        root: folder that relative paths start from.
        file: the file read; None for defaults.
    """

    workspace: WorkspaceSettings = WorkspaceSettings()
    crawl: CrawlSettings = CrawlSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    match: MatchSettings = MatchSettings()
    digest: DigestSettings = DigestSettings()
    delivery: DeliverySettings = DeliverySettings()
    schedule: ScheduleSettings = ScheduleSettings()
    root: Path = Path()
    file: Path | None = None

    def path(self, value: str) -> Path:
        """Return `value` of the file as a path: absolute as it is, relative from the file's folder."""
        return self.root / Path(value).expanduser()

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path(self.workspace.database)

    @property
    def profiles(self) -> Path:
        """The folder of actor profiles."""
        return self.path(self.workspace.profiles)


def load(file: Path) -> Settings:
    """Read and check a settings file.

    Args:
        file: the TOML file.

    Returns:
        The settings, with `root` the file's folder.

    Raises:
        SettingsError: it is missing, is no TOML, or holds an unknown key or a wrong value.
    """
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise SettingsError(f"{file}: no such settings file; `hame-match init DIR` makes a workspace with one") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{file}: is not UTF-8; save the file again as UTF-8") from exc
    except OSError as exc:
        raise SettingsError(f"{file}: cannot be read: {exc.strerror}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"{file}: is not TOML: {exc}") from exc
    for reserved in ("root", "file"):
        if reserved in data:
            raise SettingsError(f"{file}: {reserved}: unknown setting")
    try:
        return Settings(**data, root=file.resolve().parent, file=file.resolve())
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        problem = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"]
        found = "" if first["type"] in ("extra_forbidden", "missing") else f" (found {first['input']!r})"
        raise SettingsError(f"{file}: {name}: {problem}{found}; docs/operations.md lists every setting") from exc


def smtp_password(settings: Settings) -> str:
    """Return the SMTP password from the environment or the password file; empty when neither is set.

    Raises:
        SettingsError: the password file cannot be read or is empty.
    """
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    if not settings.delivery.password_file:
        return ""
    file = settings.path(settings.delivery.password_file)
    try:
        password = file.read_text("utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{file}: the password file cannot be read: {exc}") from exc
    if not password:
        raise SettingsError(f"{file}: the password file is empty; put the password on its first line")
    return password


def parse_now(text: str) -> datetime:
    """Return the instant given to ``--now``; without an offset it is Helsinki time, a date is its midnight.

    Raises:
        SettingsError: `text` is not ISO 8601, or so far off that a week before or after it has no date.

    >>> parse_now("2026-08-03T09:00").isoformat()
    '2026-08-03T09:00:00+03:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise SettingsError(f"{text!r} is not a time such as 2026-08-03T09:00") from exc
    if not 1970 <= moment.year < 9999:
        raise SettingsError(f"{text!r} is in the year {moment.year}; give one between 1970 and 9998")
    return moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)
