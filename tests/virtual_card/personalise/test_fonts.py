"""A Japanese font is found, named, or done without; never silently."""

from pathlib import Path

import pytest

from virtual_card.errors import CardUsageError
from virtual_card.personalise import fonts
from virtual_card.personalise.fonts import VARIABLE, WITHOUT_JAPANESE, Font, find_font, font_at


@pytest.fixture
def own_font(tmp_path: Path) -> Path:
    """A font file that every machine has: the one inside Pillow, written out under a Japanese font's name."""
    path = tmp_path / "ipaexg.ttf"
    loaded = WITHOUT_JAPANESE.at(16)
    loaded.font_bytes if hasattr(loaded, "font_bytes") else None
    path.write_bytes(loaded.path.getvalue())  # type: ignore[union-attr]
    return path


def test_a_file_that_is_no_font_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "wrong.ttf"
    wrong.write_bytes(b"no font")
    monkeypatch.setenv(VARIABLE, str(wrong))
    with pytest.raises(CardUsageError) as caught:
        find_font()
    assert "fonts-noto-cjk" in str(caught.value) and VARIABLE in str(caught.value)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CardUsageError, match="no font"):
        font_at("/nowhere/font.ttf")


def test_a_machine_without_a_japanese_font_gets_pillows_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path), str(tmp_path / "absent")))
    fonts._found.cache_clear()
    try:
        assert find_font() == WITHOUT_JAPANESE
    finally:
        fonts._found.cache_clear()


def test_a_known_font_is_found_in_a_folder_below(
    own_font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "truetype" / "ipaexfont"
    below.mkdir(parents=True)
    own_font.rename(below / "ipaexg.ttf")
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path),))
    fonts._found.cache_clear()
    try:
        assert find_font() == Font(str(below / "ipaexg.ttf"))
    finally:
        fonts._found.cache_clear()


def test_the_variable_names_a_font_or_none(own_font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(own_font))
    assert find_font() == Font(str(own_font))
    monkeypatch.setenv(VARIABLE, "none")
    assert find_font() == WITHOUT_JAPANESE


def test_a_font_tells_each_character_that_it_lacks_once(own_font: Path) -> None:
    assert WITHOUT_JAPANESE.lacks("A 東京 東 B") == "東京"
    assert Font(str(own_font)).lacks("AB 1") == ""


def test_a_fonts_name_does_not_tell_the_folders_of_the_machine(own_font: Path) -> None:
    assert Font(str(own_font)).name == "ipaexg.ttf"
