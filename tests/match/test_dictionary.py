"""General dictionaries of dictd, as installed and as damaged."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.match import dictionary
from hame_match.match.dictionary import FOLDERS_VARIABLE, NAMES, NONE, base64_number, first_equivalent, installed
from tests.programs import need_file

ENTRIES = {
    "harava": "harava /harava/ <n>\n1. rake, hand rake\npuutarhatyökalu\n2. spread\n",
    "kuusi": "kuusi /kuusi/ <n>\nspruce, fir\n",
    "Saksa": "Saksa /saksa/ <n>\nGermany\n",
}
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def in_base_64(number: int) -> str:
    return (in_base_64(number // 64) if number >= 64 else "") + DIGITS[number % 64]


def written(folder: Path, *, packed: bool = True, name: str = "freedict-fin-eng") -> Path:
    text, lines = b"", ["00databaseutf8\tA\tB"]
    for headword, entry in ENTRIES.items():
        content = entry.encode("utf-8")
        lines.append(f"{headword.lower()}\t{in_base_64(len(text))}\t{in_base_64(len(content))}")
        text += content
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.index").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / (f"{name}.dict.dz" if packed else f"{name}.dict")).write_bytes(gzip.compress(text) if packed else text)
    return folder


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_a_dictionary_gives_the_first_equivalent_of_the_first_sense(tmp_path: Path, packed: bool) -> None:
    found = installed("fi", (written(tmp_path / "dictd", packed=packed),))
    assert (found.english("harava"), found.english("kuusi"), found.english("qwerty")) == ("rake", "spruce", "")
    assert (found.note, len(found.version)) == ("", 8)


def test_a_name_is_only_looked_up_among_names(tmp_path: Path) -> None:
    found = installed("fi", (written(tmp_path / "dictd"),))
    assert (found.english("kuusi", name=True), found.english("saksa", name=True)) == ("", "Germany")


def test_the_first_folder_that_has_one_counts_and_a_folder_of_its_own_will_do(tmp_path: Path) -> None:
    own = written(tmp_path / "own" / "fin-eng", name="fin-eng").parent
    written(tmp_path / "dictd")
    assert installed("fi", (tmp_path / "none", own, tmp_path / "dictd")).file == own / "fin-eng" / "fin-eng.index"


def test_without_a_dictionary_nothing_is_found_and_nothing_is_wrong(tmp_path: Path) -> None:
    assert installed("sv", (tmp_path,)) == NONE
    assert installed("fi", ()) == NONE


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("freedict-fin-eng.dict.dz", b"no gzip", "Not a gzipped file"),
        ("freedict-fin-eng.dict.dz", gzip.compress(b"too short"), "line 2 of the index points outside the text"),
        ("freedict-fin-eng.dict.dz", gzip.compress(b"cut off" * 1000)[:40], "ended before"),
        ("freedict-fin-eng.index", b"harava\tA\n", "line 1 of the index has not three columns"),
        ("freedict-fin-eng.index", b"harava\tA\t?\n", "'?' is not a number in base 64"),
        ("freedict-fin-eng.index", b"\xff\tA\tB\n", "utf-8"),
    ],
)
def test_a_damaged_dictionary_is_named_and_not_used(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    folder = written(tmp_path / "dictd")
    (folder / name).write_bytes(content)
    found = installed("fi", (folder,))
    assert str(folder / "freedict-fin-eng.index") in found.note
    assert reason in found.note
    assert (found.english("harava"), found.version) == ("", "")


def test_an_index_without_its_text_is_damaged(tmp_path: Path) -> None:
    (written(tmp_path / "dictd") / "freedict-fin-eng.dict.dz").unlink()
    assert "No such file" in installed("fi", (tmp_path / "dictd",)).note


def test_the_variable_replaces_the_standard_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, "")
    assert dictionary.folders() == ()
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    assert dictionary.folders() == (tmp_path,)
    monkeypatch.delenv(FOLDERS_VARIABLE)
    assert Path("/usr/share/dictd") in dictionary.folders()


@pytest.mark.parametrize(
    ("entry", "english"),
    [
        ("mielekäs /x/ <adj>\nreasonable, sensible\njolla on merkitystä\n", "reasonable"),
        ("kehittää /x/ <v>\ndevelop 2.\nmuokata paremmaksi\n 3.\nkäsitellä kuvaksia\n", "develop"),
        ("x /x/\n 1. (rare) \nselitys\n2. rake (tool), fork\n", "rake"),
        ("x /x/\none two three four five, rake\n", "rake"),
        ("ala- /x/ <prefix>\nlow\n", ""),
        ("x /x/\n", ""),
        ("", ""),
    ],
)
def test_an_entry_gives_its_first_usable_equivalent(entry: str, english: str) -> None:
    assert first_equivalent(entry) == english


@given(st.integers(min_value=0, max_value=2**40))
def test_numbers_of_an_index_are_read_as_they_are_written(number: int) -> None:
    assert base64_number(in_base_64(number)) == number


@pytest.mark.parametrize(("language", "word", "english"), [("fi", "harava", "rake"), ("sv", "skog", "forest")])
def test_the_dictionaries_of_debian_are_read_whole(language: str, word: str, english: str) -> None:
    index = Path(f"/usr/share/dictd/freedict-{NAMES[language]}.index")
    need_file(index, f"dict-freedict-{NAMES[language]}")
    found = installed(language, (index.parent,))
    assert (found.note, found.english(word)) == ("", english)
    assert sum(not found.english(headword) for headword in found.entries) < len(found.entries) * 0.05
