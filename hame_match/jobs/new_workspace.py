"""Makes a new workspace."""

import shutil
from pathlib import Path

from hame_match.errors import SettingsError
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE
from hame_match.settings import FILE_NAME

_SETTINGS = """\
# Settings of hame-match. Every setting has a default; docs/operations.md lists them all.
# Kaikilla asetuksilla on oletusarvo: muuta vain se, mikä on tarpeen.

[workspace]
database = "hame-match.sqlite"
profiles = "profiles"

[crawl]
# Put your own address here, so that a source can reach you.
# contact = "https://www.example.fi/yhteys"

[digest]
max_items = 6
# sender = "rahoitushaut@example.fi"
# sender_name = "Häme-match"
# reply_to = "hankepaallikko@example.fi"
# list_id = "digest.example.fi"

[delivery]
# "folder" writes .eml files into the folder below and mails nobody; "smtp" sends.
transport = "folder"
folder = "outbox"
# host = "smtp.example.fi"
# port = 587
# security = "starttls"
# username = "hame-match"
# The password comes from the variable HAME_MATCH_SMTP_PASSWORD or from the first line of a file:
# password_file = "smtp-password"
"""

_README = """\
Profiilit: yksi YAML-tiedosto toimijaa kohti. Kopioi malli.yaml.example nimelle oma-toimija.yaml ja muokkaa sitä.
Tarkista tulos komennolla: hame-match actors check

Profiles: one YAML file per actor. Copy malli.yaml.example to my-actor.yaml and edit it.
Check the result with: hame-match actors check
"""
TEMPLATE = "kaarnapuron-konepaja"
"""The example profile whose comments explain every field."""


def make_workspace(folder: Path, *, examples: bool) -> None:
    """Make settings and a profile folder in `folder`, which is made if missing; nothing is overwritten.

    Raises:
        SettingsError: there is a workspace already, or the folder cannot be written.
    """
    settings, profiles = folder / FILE_NAME, folder / "profiles"
    if settings.exists():
        raise SettingsError(f"{settings}: there is a workspace here already; choose another folder")
    source = bundled("profiles")
    try:
        profiles.mkdir(parents=True, exist_ok=True)
        (profiles / "README.txt").write_text(_README, "utf-8")
        shutil.copyfile(source / f"{TEMPLATE}.yaml", profiles / "malli.yaml.example")
        if examples:
            for file in sorted(source.glob("*.yaml")):
                if file.name != REGION_FILE:
                    shutil.copyfile(file, profiles / file.name)
        settings.write_text(_SETTINGS, "utf-8")
    except OSError as exc:
        raise SettingsError(f"{folder}: the workspace cannot be made: {exc.strerror}") from exc
