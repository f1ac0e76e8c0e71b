"""Steps of the role `card`: a reader and one card in it.

No step judges. What a card must answer stands in the feature; a Then step only names the check.
"""

from __future__ import annotations

import re
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from conformance.scenes import card_trials as trials
from conformance.scenes.card_probes import BY_WORDS, Probe
from conformance.scenes.card_samples import CHILD, PLAIN, RARE_KANJI, WRITTEN
from conformance.stage import Stage
from sim.base.instant import parse_iso

NOW: Final = parse_iso("2026-09-01T10:00:00+09:00")
"""When a card is tried. A chip has no clock; journals have."""

CARDS: Final = {
    "第１世代の在留カード": "1",
    "第１世代の特別永住者証明書": "2",
    "第２世代の在留カード": "05",
    "第２世代の特別永住者証明書": "06",
    "特定在留カード": "07",
    "特定特別永住者証明書": "08",
}
CARD: Final = f"(?P<card>{'|'.join(CARDS)})"
VARIANTS: Final = {
    None: PLAIN,
    "写真のない": CHILD,
    "住居地の書き込まれた": WRITTEN,
    "まれな漢字の住居地の書き込まれた": RARE_KANJI,
}
VARIANT: Final = "(?:(?P<variant>写真のない|(?:まれな漢字の)?住居地の書き込まれた))?"
IMAGES: Final = {
    "券面（表）イメージ": ("face_image", ["tiff-g4"]),
    "氏名イメージ": ("name_image", ["tiff-g4"]),
    "住居地イメージ": ("address_image", ["tiff-g4"]),
    "顔写真": ("photo", ["jp2", "j2k"]),
}
"""The images: field, and the forms that the specification allows (JPEG 2000 as file or codestream)."""
FIELDS: Final = {
    "住居地": "address",
    "追記年月日": "address_date",
    "市町村コード": "address_municipality",
    "番号": "number",
    "生年月日": "birth",
    "性別": "sex",
    "国籍・地域": "nationality",
    "在留期間満了日": "period_expiry",
    "カード有効期間満了日": "card_expiry",
}
FREE: Final = {"仕様バージョン": ("MF/EF01", "C0"), "カード種別": ("MF/EF02", "C1")}


@pytest.fixture
def tried() -> dict[str, Probe]:
    """What was tried last in this case."""
    return {}


@given(parsers.re(f"{VARIANT}{CARD}が読取装置にある"))
def lies(stage: Stage, card: str, variant: str | None) -> None:
    stage.scene.lay(CARDS[card], VARIANTS[variant])
    stage.at(NOW)


# --- what a reader does ---------------------------------------------------------------------------------
@when(parsers.re(f"(?P<words>{'|'.join(map(re.escape, BY_WORDS))})"))
def tries(stage: Stage, tried: dict[str, Probe], words: str) -> None:
    tried["last"] = stage.scene.probe(words)


@when("仕様バージョンとカード種別を認証なしで読む")
def reads_free(stage: Stage) -> None:
    stage.scene.free(0x0B)
    stage.scene.free(0x0A)


@when("券面の番号ですべてのファイルを読む")
def reads(stage: Stage) -> None:
    stage.scene.read()


@when("短縮長、拡張長、分割のいずれの読み方でも読む")
def reads_each_way(stage: Stage) -> None:
    stage.scene.read_each_way()


@when("読取ソフトウェアがする読み方で読む")
def reads_by_habit(stage: Stage) -> None:
    trials.habits(stage.scene)


@when("乱数を8回もらう")
def challenges(stage: Stage) -> None:
    trials.challenges(stage.scene)


@when("読取装置の側の値を変えずに、二度認証して同じファイルを読む")
def sessions(stage: Stage) -> None:
    trials.sessions(stage.scene)


@when("認証の前と後に、ファイルを一つずつ保護なしで読み出そうとする")
def tries_locked(stage: Stage) -> None:
    trials.locked(stage.scene)


@when("ファイルを途中の位置から少しずつ読む")
def reads_pieces(stage: Stage) -> None:
    trials.pieces(stage.scene)


@when("認証の後、書込みのコマンドを一つずつ試す")
def writes(stage: Stage) -> None:
    trials.writing(stage.scene)


@when("意味のないコマンドを一つずつ送る")
def nonsense(stage: Stage) -> None:
    trials.nonsense(stage.scene)


@when("在留APを選択し、券面の番号で読み、在留APを選び直す")
def selects_application(stage: Stage) -> None:
    trials.specified(stage.scene)


# --- what must be seen ----------------------------------------------------------------------------------
@then(parsers.re("応答は(?P<sw>[0-9A-F]{4}(?:又は[0-9A-F]{4})*)である"))
def answered(stage: Stage, tried: dict[str, Probe], sw: str) -> None:
    probe = tried["last"]
    stage.expect(probe.check, probe=probe.id, sw=sw.split("又は"))


@then("カードも番号を知っていることを示す")
def proves(stage: Stage) -> None:
    stage.expect("card_proves")


@then("ATRはタイプBのカードのものである")
def atr(stage: Stage) -> None:
    stage.expect("card_atr")


@then("どのコマンドにもステータスワードで答えている")
def status_words(stage: Stage) -> None:
    stage.expect("card_status_words")


@then(parsers.re(f"認証なしで読んだ(?P<file>{'|'.join(FREE)})は「(?P<value>[^」]*)」である"))
def free_is(stage: Stage, file: str, value: str) -> None:
    place, tag = FREE[file]
    stage.expect("card_free_files", file=place, tag=tag, value=value)


@then(parsers.re(f"認証なしで(?P<file>{'|'.join(FREE)})を読める"))
def free_there(stage: Stage, file: str) -> None:
    place, tag = FREE[file]
    stage.expect("card_free_files", file=place, tag=tag)


@then("乱数はどれも8バイトで、二度と同じにならない")
def challenge_fresh(stage: Stage) -> None:
    stage.expect("card_challenge_fresh")


@then(parsers.re(r"渡してはならない(?P<files>\d+)通りの読出しは、どれも断られる"))
def locked(stage: Stage, files: str) -> None:
    stage.expect("card_locked", files=int(files))


@then("セッション鍵は毎回違う")
def session_fresh(stage: Stage) -> None:
    stage.expect("card_session_fresh")


@then(parsers.parse("{ways:d}通りとも同じ内容である"))
def same_each_way(stage: Stage, ways: int) -> None:
    stage.expect("card_strategies", ways=ways)


@then(parsers.re("(?P<habits>[a-z-]+(?:、[a-z-]+)*)のどの読み方でも読める"))
def read_by_habits(stage: Stage, habits: str) -> None:
    stage.expect("card_habits", habits=habits.split("、"))


@then("途中から読んだ内容は、ファイルのその部分と同じである")
def pieces_same(stage: Stage) -> None:
    stage.expect("card_pieces")


@then("保護付きの応答は、オブジェクト86、指示子01、ブロック単位の暗号文である")
def padded(stage: Stage) -> None:
    stage.expect("card_padding")


@then("書込みはすべて断られ、カードの内容は変わらない")
def not_written(stage: Stage) -> None:
    stage.expect("card_writing")


@then("どれも断られ、カードはその後も応答する")
def robust(stage: Stage) -> None:
    stage.expect("card_robustness")


@then(parsers.re("ファイルは(?P<files>[0-9]+)個で、ほかのファイルはない"))
def files(stage: Stage, files: str) -> None:
    stage.expect("card_files", files=int(files))
    stage.expect("card_well_formed")


@then(parsers.re("ファイル(?P<file>(?:MF|DF[123])/EF0[1-4])は(?P<length>[0-9]+)バイトである"))
def file_size(stage: Stage, file: str, length: str) -> None:
    stage.expect("card_file_size", file=file, length=int(length))


@then(parsers.re("カード種別は「(?P<type>0?[1-8])」で、ファイルの構成もその種別のものである"))
def type_is(stage: Stage, type: str) -> None:
    stage.expect("card_type", type=type)


@then("署名は正しく、公開鍵証明書は試験用の認証局のものである")
def signature(stage: Stage) -> None:
    stage.expect("card_signature")


@then(parsers.re("写真はなく、署名は(?P<signed>ある|ない)"))
def child(stage: Stage, signed: str) -> None:
    stage.expect("card_unsigned_child", signed=signed == "ある")


@then(parsers.re(f"(?P<image>{'|'.join(IMAGES)})は復号でき、(?P<most>[0-9]+)バイト以内である"))
def image(stage: Stage, image: str, most: str) -> None:
    field, forms = IMAGES[image]
    stage.expect("card_image", image=field, forms=forms, most=int(most))


@then("文字データはUTF-8で、日付とコードは仕様の値である")
def text(stage: Stage) -> None:
    stage.expect("card_text")


@then(parsers.re(f"(?P<field>{'|'.join(FIELDS)})は「(?P<value>[^」]*)」である"))
def field(stage: Stage, field: str, value: str) -> None:
    stage.expect("card_field", field=FIELDS[field], text=value)


@then("内容は、与えたカードファイルのとおりである")
def content(stage: Stage) -> None:
    stage.expect("card_content")


# --- specified cards ------------------------------------------------------------------------------------
@then(parsers.re("在留APを選択でき、カード種別は「(?P<type>0[78])」である"))
def application(stage: Stage, type: str) -> None:
    stage.expect("card_specified_application", type=type)


@then(parsers.re("(?P<files>[0-9]+)個のファイルをすべて読め、署名は正しい"))
def specified_read(stage: Stage, files: str) -> None:
    stage.expect("card_specified_reading", files=int(files))


@then(parsers.re("在留APを選び直した後の読出しの応答は(?P<sw>[0-9A-F]{4}(?:又は[0-9A-F]{4})*)である"))
def reselected(stage: Stage, sw: str) -> None:
    stage.expect("card_specified_reselection", sw=sw.split("又は"))
