"""Steps of the role `card-application`: a counter, the card on it, and what the application says of it.

No step judges. Which check an expected result belongs to follows from what was shown, not from what came of
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from pytest_bdd import given, parsers, then, when

from conformance.scenes import card_application as desk
from conformance.scenes.card_samples import CHILD, NUMBER, PLAIN, RARE_KANJI, WRITTEN
from conformance.scenes.card_shown import broken, forged, genuine, misprinted, troubled
from conformance.stage import Stage
from sim.base.errors import HarnessError
from sim.base.instant import instant

OPENS_AT: Final = 10
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
    "写真のない": CHILD,
    "住居地の書き込まれた": WRITTEN,
    "まれな漢字の住居地の書き込まれた": RARE_KANJI,
    "証明書の後ろをNULで埋めた": "quirk:nul_padded",
    "証明書の長さが不定長形式の": "quirk:ber_indefinite",
    "証明書の長さを余分なバイトで書いた": "quirk:ber_long_lengths",
    "証明書全体が不定長形式の": "quirk:cer",
    "証明書の署名方式に空の引数が付いた": "quirk:null_parameters",
}
FORGERIES: Final = {
    "券面の氏名を書き換えた": "face_differs",
    "券面の有効期間を延ばした": "face_expiry_extended",
    "券面の写真だけを差し替えた": "swapped_photo_on_face",
    "写真と署名を取り除いた": "photo_and_signature_removed",
    "チップの券面又は氏名の画像を差し替えた": "altered_image",
    "チップの生年月日を書き換えた": "altered_text",
    "券面とチップの写真を差し替えた": "swapped_photo",
    "ほかのカードの署名を付けた": "signature_of_another",
    "署名が途中で切れた": "truncated_signature",
    "署名を取り除いた": "removed_signature",
    "知らない認証局の証明書で署名した": "unknown_ca",
    "認証局の名称を騙った": "copied_ca_name",
    "期限の切れた認証局で署名した": "expired_ca",
    "別世代の認証局で署名した": "wrong_generation_ca",
    "他人のチップを埋め込んだ": "another_chip",
    "他人のチップの内容を券面の番号で開くようにした": "another_chip_renumbered",
    "券面の番号を書き換えた": "wrong_number_printed",
    "チップの番号を書き換えた": "wrong_number_on_chip",
    "カード種別を書き換えた": "wrong_type_byte",
    "チップの内容が空の": "blank",
    "チップの住居地を書き換えた": "altered_address",
    "番号が失効した": "revoked_number",
    "資格外活動許可を書き足した": "permission_added",
    "完全に複製した": "perfect_clone",
}
PRINTED: Final = {
    "生年月日": "birth",
    "性別": "sex",
    "国籍・地域": "nationality",
    "在留資格": "status",
    "就労制限の有無": "work_restriction",
    "在留期間満了日": "period_expiry",
    "有効期間満了日": "card_expiry",
}
TROUBLES: Final = {
    "相互認証の応答のMACが違う": "wrong-mac",
    "古い乱数が返る": "stale-challenge",
    "保護された応答の末尾が欠ける": "truncated",
    "データは揃っているのに6282が返る": "end-of-file",
    "最初の読出しが6Cxxで断られる": "correct-le",
    "保護なしの6700が返る": "unprotected-status",
    "途中でカードが離れる": "removal",
    "応答が遅い": "slow",
}
BROKEN: Final = {"どのコマンドにも6F00で答える": "dead", "何も答えない": "gone"}
TERMINALS: Final = {
    "窓口の端末": desk.COUNTER,
    "単独で動く端末": desk.STANDALONE,
    "住基システムの端末": desk.REGISTRY,
    "情報連携端末": desk.EXCHANGE,
    "登録されていない機器": desk.UNKNOWN,
}
TERMINAL: Final = f"(?P<terminal>{'|'.join(TERMINALS)})"
OUTCOMES: Final = {
    "一致": "match",
    "偽変造の疑い": "mismatch",
    "目視確認": "review",
    "読取不能": "unreadable",
    "受付拒否": "refused",
}
CERTIFICATES: Final = {"有効": "valid", "期限切れ": "expired", "信頼できない": "untrusted", "ない": "absent"}
ITEMS: Final = {
    "国籍・地域": "nationality",
    "氏名": "name",
    "性別": "sex",
    "生年月日": "birth",
    "在留資格": "status",
    "在留期間": "period",
    "在留カード番号": "number",
    "在留期間満了日": "period_expiry",
    "住居地": "address",
    "裏面の住居地": "back_address",
}
DIFFER: Final = {
    "生年月日": ("birth",),
    "性別": ("sex",),
    "国籍・地域": ("nationality",),
    "在留資格": ("status", "status_code"),
    "就労制限の有無": ("work_restriction",),
    "在留期間満了日": ("period_expiry",),
    "有効期間満了日": ("card_expiry",),
    "券面": ("face_image", "birth", "sex", "nationality", "status"),
    "氏名": ("name", "name_image", "face_image"),
    "有効期間": ("card_expiry", "period_expiry", "face_image"),
    "写真": ("photo",),
    "住居地": ("address", "address_image", "back_address", "back_address_date"),
}
IMAGES: Final = {
    "券面（表）イメージ": "face_image",
    "氏名イメージ": "name_image",
    "住居地イメージ": "address_image",
    "顔写真": "photo",
}
REASONS: Final = {
    "停止中": "suspended",
    "単独の端末": "standalone",
    "権限なし": "not_authorised",
    "未対応": "unsupported",
}
PASSPHRASE: Final = "correct horse battery"
OTHER_PASSPHRASE: Final = "incorrect horse battery"


def _words(words: Iterable[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))


def _many(name: str, words: Iterable[str]) -> str:
    """A list of words, as a group of that name."""
    return f"(?P<{name}>(?:{_words(words)})(?:、(?:{_words(words)}))*)"


# --- the counter and the card ---------------------------------------------------------------------------
@given(
    parsers.re(
        r"(?:(?P<year>\d+)年(?P<month>\d+)月(?P<day>\d+)日の)?(?P<policy>書込みが実施されている)?"
        r"(?P<revoked>失効した番号を照会できる)?窓口のカード読取アプリケーションである"
    )
)
def counter(
    stage: Stage,
    year: str | None,
    month: str | None,
    day: str | None,
    policy: str | None,
    revoked: str | None,
) -> None:
    if policy:
        stage.scene.policy = "active"
    if revoked:
        stage.scene.revoked = (NUMBER,)
    if year and month and day:
        stage.at(instant(date(int(year), int(month), int(day)), OPENS_AT))
    else:
        stage.at(stage.scene.today)


@given(parsers.re(f"真正な{CARD}が提示される"))
def shows_genuine(stage: Stage, card: str) -> None:
    stage.scene.show(genuine(CARDS[card], PLAIN))


@given(parsers.re(f"(?P<variant>{_words(VARIANTS)})真正な{CARD}が提示される"))
def shows_variant(stage: Stage, variant: str, card: str) -> None:
    stage.scene.show(genuine(CARDS[card], VARIANTS[variant]))


@given(parsers.re(rf"(?P<year>\d+)年(?P<month>\d+)月(?P<day>\d+)日に交付された真正な{CARD}が提示される"))
def shows_issued(stage: Stage, year: str, month: str, day: str, card: str) -> None:
    issued = date(int(year), int(month), int(day))
    stage.scene.show(genuine(CARDS[card], f"issued:{issued.isoformat()}"))


@given(parsers.re(f"(?P<forgery>{_words(FORGERIES)})(?P<child>写真のない)?{CARD}が提示される"))
def shows_forged(stage: Stage, forgery: str, child: str | None, card: str) -> None:
    stage.scene.show(forged(CARDS[card], FORGERIES[forgery], CHILD if child else PLAIN))


@given(
    parsers.re(
        f"券面の(?P<item>{_words(PRINTED)})だけが「(?P<words>[^」]*)」に書き換えられた{CARD}が提示される"
    )
)
def shows_misprinted(stage: Stage, item: str, words: str, card: str) -> None:
    stage.scene.show(misprinted(CARDS[card], PRINTED[item], words))


@given(parsers.re(f"真正な{CARD}が提示され、(?P<always>一度だけ|毎回)、(?P<trouble>{_words(TROUBLES)})"))
def shows_troubled(stage: Stage, card: str, always: str, trouble: str) -> None:
    stage.scene.show(troubled(CARDS[card], TROUBLES[trouble], always=always == "毎回"))


@given(parsers.re(f"チップが壊れて(?P<broken>{_words(BROKEN)}){CARD}が提示される"))
def shows_broken(stage: Stage, broken: str, card: str) -> None:
    stage.scene.show(_broken(CARDS[card], BROKEN[broken]))


_broken = broken


# --- what the application is asked ----------------------------------------------------------------------
@when(parsers.re(f"{TERMINAL}でカードを読む"))
def reads(stage: Stage, terminal: str) -> None:
    stage.scene.read(TERMINALS[terminal])


@when(parsers.re(f"{TERMINAL}で、券面を見ずにカードを読む"))
def reads_blind(stage: Stage, terminal: str) -> None:
    stage.scene.read(TERMINALS[terminal], face=False)


@when("残された結果を照会する")
def asks_kept(stage: Stage) -> None:
    stage.scene.kept()


@when("取り出した内容を、暗号化した媒体で住基システムへ移す")
def carries(stage: Stage) -> None:
    stage.scene.carry(stage.scene.visits[-1:], PASSPHRASE)


@when("取り出した内容を媒体に入れ、違う合言葉で開こうとする")
def carries_wrongly(stage: Stage) -> None:
    stage.scene.carry(stage.scene.visits[-1:], PASSPHRASE, OTHER_PASSPHRASE)


@when(parsers.re(f"{TERMINAL}で住居地の書込みを求める(?:（権限は(?P<granted>認められる|認められない)）)?"))
def writes(stage: Stage, terminal: str, granted: str | None) -> None:
    stage.scene.write(TERMINALS[terminal], grants=granted == "認められる")


# --- what must be seen ----------------------------------------------------------------------------------
@then(
    parsers.re(f"結果は(?P<outcomes>「(?:{'|'.join(OUTCOMES)})」(?:又は「(?:{'|'.join(OUTCOMES)})」)*)である")
)
def outcome(stage: Stage, outcomes: str) -> None:
    scene = stage.scene
    wanted = [OUTCOMES[one] for one in re.findall("「([^」]+)」", outcomes)]
    name = "reader_specified" if scene.specified else f"reader_{scene.group}"
    stage.expect(name, visit=scene.visits[-1], outcomes=wanted)


@then("期限の過ぎたカードとして、結果は「目視確認」である")
def expired(stage: Stage) -> None:
    stage.expect("reader_expired", visit=stage.scene.visits[-1], outcomes=["review"])


@then("カードは読まれず、受け付けられない")
def refused(stage: Stage) -> None:
    stage.expect("reader_terminal", visit=stage.scene.visits[-1])


@then("単独で動く端末でも「一致」となる")
def standalone(stage: Stage) -> None:
    stage.expect("reader_standalone", visit=stage.scene.visits[-1])


@then(parsers.re(f"公開鍵証明書は「(?P<certificate>{'|'.join(CERTIFICATES)})」である"))
def certificate(stage: Stage, certificate: str) -> None:
    stage.expect("reader_certificate", visit=stage.scene.visits[-1], certificate=CERTIFICATES[certificate])


@then(parsers.re(f"相違する項目として(?P<item>{_words(DIFFER)})が示される"))
def differs(stage: Stage, item: str) -> None:
    stage.expect("reader_differs", visit=stage.scene.visits[-1], items=list(DIFFER[item]))


@then("本人確認は写真で行う")
def by_photo(stage: Stage) -> None:
    stage.expect("reader_photo_path", visit=stage.scene.visits[-1], identity="photo")


@then("本人確認は写真以外の方法で行う")
def by_other_means(stage: Stage) -> None:
    stage.expect("reader_photo_path", visit=stage.scene.visits[-1], identity="other_means")


@then("結果は、伝えられたとおりに残されている")
def kept(stage: Stage) -> None:
    stage.expect("reader_kept")


@then("読取装置はタイプBに対応している")
def type_b(stage: Stage) -> None:
    stage.expect("reader_type_b")


@then("結果と理由は食い違わない")
def consistent(stage: Stage) -> None:
    stage.expect("reader_consistent")


@then(parsers.re(f"(?P<item>{_words(ITEMS)})は、文字データ「(?P<value>[^」]*)」として取り出される"))
def item(stage: Stage, item: str, value: str) -> None:
    stage.expect("reader_item", visit=stage.scene.visits[-1], item=ITEMS[item], value=value)


@then("文字データは、チップのものと一字一句同じである")
def text(stage: Stage) -> None:
    stage.expect("reader_text")


@then("文字コードは、カードのすべての文字を表せるものである")
def encoding(stage: Stage) -> None:
    stage.expect("reader_encoding")


@then(parsers.re(f"取り出される項目は、{_many('items', ITEMS)}の順である"))
def seven(stage: Stage, items: str) -> None:
    wanted = [ITEMS[one] for one in items.split("、")]
    stage.expect("reader_seven", visit=stage.scene.visits[-1], items=wanted)


@then(parsers.re(f"画像でしか記録されていない項目は、{_many('items', ITEMS)}だけであり、文字は付かない"))
def not_guessed(stage: Stage, items: str) -> None:
    wanted = [ITEMS[one] for one in items.split("、")]
    stage.expect("reader_not_guessed", visit=stage.scene.visits[-1], items=wanted)


@then(parsers.re(f"取り出される画像は、{_many('images', IMAGES)}である"))
def images(stage: Stage, images: str) -> None:
    wanted = [IMAGES[one] for one in images.split("、")]
    stage.expect("reader_images_there", visit=stage.scene.visits[-1], images=wanted)


@then("画像は、チップのものと同じである")
def images_same(stage: Stage) -> None:
    stage.expect("reader_images")


@then("媒体で届いた内容は、住基システムの端末で直接取り出した内容と同じである")
def patterns(stage: Stage) -> None:
    visits = stage.scene.visits
    if len(visits) < 2:
        raise HarnessError("two readings must come before they can be compared")
    stage.expect("reader_patterns", direct=visits[0], carried=visits[-1])


@then(parsers.re("媒体は(?P<how>合言葉で開き|違う合言葉では開かず)、暗号化されている"))
def sealed(stage: Stage, how: str) -> None:
    stage.expect("reader_medium_sealed")


@then("媒体の使用は、書いたときも読んだときも記録されている")
def logged(stage: Stage) -> None:
    stage.expect("reader_medium_logged")


@then("カードには何も書き込まれない")
def not_written(stage: Stage) -> None:
    stage.expect("reader_reading_only")


@then("書込みの停止の間、書込みのコマンドは一つも送られない")
def never_written(stage: Stage) -> None:
    stage.expect("reader_never_writes")


@then(
    parsers.re(
        f"書込みは(?P<reasons>「(?:{_words(REASONS)})」(?:又は「(?:{_words(REASONS)})」)*)により断られる"
    )
)
def write_refused(stage: Stage, reasons: str) -> None:
    wanted = [REASONS[one] for one in re.findall("「([^」]+)」", reasons)]
    stage.expect("reader_write_refused", visit=stage.scene.visits[-1], reasons=wanted)


@then(parsers.re(r"書込みの権限は(?P<asked>\d+)回確かめられる"))
def write_asked(stage: Stage, asked: str) -> None:
    stage.expect("reader_write_asked", asked=int(asked))
