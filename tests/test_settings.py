import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from hame_match.errors import SettingsError
from hame_match.jobs.new_workspace import make_workspace
from hame_match.settings import PASSWORD_VARIABLE, DeliverySettings, Settings, load, parse_now, smtp_password

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def settings_file(folder: Path, text: str) -> Path:
    file = folder / "hame-match.toml"
    file.write_text(text, "utf-8")
    return file


def all_settings() -> list[str]:
    names = []
    for section, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += [f"{section}.{name}" for name in kind.model_fields]
    return names


def test_an_empty_file_is_a_complete_one(tmp_path: Path) -> None:
    settings = load(settings_file(tmp_path, ""))
    assert settings.delivery.transport == "folder"
    assert settings.database == tmp_path / "hame-match.sqlite"
    assert settings.profiles == tmp_path / "profiles"


def test_the_file_that_init_writes_holds_only_defaults_and_known_names(tmp_path: Path) -> None:
    make_workspace(tmp_path / "w", examples=False)
    file = tmp_path / "w" / "hame-match.toml"
    defaults = Settings().model_dump(exclude={"root", "file"})
    assert load(file).model_dump(exclude={"root", "file"}) == defaults
    # every line that is commented out is a setting, too: with the marks taken away the file is still right
    uncommented = re.sub(r"^# (?=[a-z_]+ = )", "", file.read_text("utf-8"), flags=re.MULTILINE)
    assert load(settings_file(tmp_path, uncommented)).delivery.password_file == "smtp-password"


def test_relative_paths_start_at_the_file_and_absolute_ones_stay(tmp_path: Path) -> None:
    text = f'[workspace]\ndatabase = "data/x.sqlite"\nprofiles = "{tmp_path / "elsewhere"}"\n'
    settings = load(settings_file(tmp_path, text))
    assert settings.database == tmp_path / "data" / "x.sqlite"
    assert settings.profiles == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[crawl]\nspeed = 3\n", r"crawl\.speed: unknown setting"),
        ("[crwal]\n", r"crwal: unknown setting"),
        ("root = '/'\n", r"root: unknown setting"),
        ("[crawl]\ndelay_seconds = -1\n", r"crawl\.delay_seconds: .*greater than or equal to 0 \(found -1\)"),
        ("[crawl]\nreplay = 'localhost'\n", r"crawl\.replay: .*'localhost' is not a web address"),
        ("[delivery]\ntransport = 'pigeon'\n", r"delivery\.transport: .*'folder' or 'smtp' \(found 'pigeon'\)"),
        ("[delivery]\nport = 0\n", r"delivery\.port: "),
        ("[schedule]\nsend = '7:00'\n", r"schedule\.send: "),
        ("[schedule]\nsend = '24:00'\n", r"schedule\.send: "),
        ("[digest]\nmax_items = 0\n", r"digest\.max_items: "),
        ("crawl = 3\n", r"crawl: "),
        ("[crawl\n", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_value(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        load(settings_file(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "hame-match.toml"))


def test_a_file_that_is_missing_a_folder_or_not_text_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hame-match init DIR"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "hame-match.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="save the file again as UTF-8"):
        load(tmp_path / "hame-match.toml")


def with_password(folder: Path, text: str) -> Settings:
    (folder / "secret").write_text(text, "utf-8")
    return Settings(root=folder, delivery=DeliverySettings(username="x", password_file="secret"))


def test_the_password_is_the_first_line_of_its_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert smtp_password(Settings()) == ""
    assert smtp_password(with_password(tmp_path, "sala sana\nmuuta\n")) == "sala sana"
    monkeypatch.setenv(PASSWORD_VARIABLE, "toinen")
    assert smtp_password(with_password(tmp_path, "sala sana\n")) == "toinen"


@pytest.mark.parametrize("text", ["", "\n", "  \nsalasana\n"])
def test_an_empty_password_file_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="the password file is empty"):
        smtp_password(with_password(tmp_path, text))


def test_a_missing_password_file_is_an_error(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, delivery=DeliverySettings(password_file="none"))
    with pytest.raises(SettingsError, match="the password file cannot be read"):
        smtp_password(settings)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-03T09:00", datetime(2026, 8, 3, 6, tzinfo=UTC)),
        ("2026-12-03T09:00", datetime(2026, 12, 3, 7, tzinfo=UTC)),
        ("2026-08-03", datetime(2026, 8, 2, 21, tzinfo=UTC)),
        ("2026-08-03T09:00Z", datetime(2026, 8, 3, 9, tzinfo=UTC)),
        ("2026-08-03T09:00+02:00", datetime(2026, 8, 3, 7, tzinfo=UTC)),
    ],
)
def test_now_is_helsinki_time_unless_it_says_otherwise(text: str, instant: datetime) -> None:
    assert parse_now(text) == instant


@pytest.mark.parametrize("text", ["", "now", "3.8.2026", "2026-13-01", "0001-01-01", "9999-12-31T23:59-12:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(repr(text))):
        parse_now(text)


def test_every_setting_has_its_words_in_the_docstring_of_its_section() -> None:
    for section, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name in kind.model_fields:
                assert re.search(rf"^\s+{name}: \S", kind.__doc__ or "", re.MULTILINE), f"{section}.{name}"


@pytest.mark.skipif(not OPERATIONS.exists(), reason="docs/operations.md is not written yet")
def test_every_setting_is_documented() -> None:
    text = OPERATIONS.read_text("utf-8")
    missing = [
        name
        for name in all_settings()
        if f"`{name}`" not in text and not re.search(rf"`{name.partition('.')[2]}`", text)
    ]
    assert not missing
