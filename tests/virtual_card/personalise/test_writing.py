"""Words are broken into lines and made smaller until they fit."""

from virtual_card.personalise.fonts import WITHOUT_JAPANESE
from virtual_card.personalise.writing import set_words

FONT = WITHOUT_JAPANESE


def test_words_that_cannot_fit_are_cut_off_and_said_to_be() -> None:
    setting = set_words("WORD " * 200, 100, 30, FONT, largest=20, smallest=10)
    assert setting.clipped
    assert setting.size == 10
    assert len(setting.lines) == 2


def test_short_words_are_set_as_large_as_asked() -> None:
    setting = set_words("KIM", 300, 60, FONT, largest=24, smallest=9)
    assert (setting.size, setting.lines, setting.clipped) == (24, ("KIM",), False)


def test_longer_words_are_set_smaller() -> None:
    setting = set_words("WICKRAMASINGHE", 100, 30, FONT, largest=24, smallest=5)
    assert setting.size < 24 and setting.lines == ("WICKRAMASINGHE",)


def test_latin_words_are_not_torn_apart() -> None:
    setting = set_words("DELA CRUZ MARIA CRISTINA", 160, 60, FONT, largest=18, smallest=18)
    assert " ".join(setting.lines) == "DELA CRUZ MARIA CRISTINA"
    assert len(setting.lines) == 2


def test_a_buildings_name_stays_whole_while_it_fits_on_a_line() -> None:
    setting = set_words("東京都足立区中央本町 第二メゾン国際", 220, 60, FONT, largest=20, smallest=20)
    assert setting.lines == ("東京都足立区中央本町", "第二メゾン国際")


def test_japanese_text_without_spaces_is_broken_anywhere() -> None:
    setting = set_words("東京都足立区中央本町", 100, 60, FONT, largest=20, smallest=20)
    assert setting.lines == ("東京都足立", "区中央本町")


def test_a_line_break_in_the_words_is_kept() -> None:
    assert set_words("KIM\n金", 300, 60, FONT, largest=20, smallest=9).lines == ("KIM", "金")
