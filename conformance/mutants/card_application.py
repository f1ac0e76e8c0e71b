"""Mutants of the role `card-application`: answers that say otherwise, and commands that are slipped in.

What an application says is changed on its way; what it sends to a card is changed where it calls for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from conformance.mutants.shape import Answers, Body, Mutant, answering
from conformance.protocol.conversation import Channel

READ: Final = "read_card"
UPDATE: Final = "00D68100080102030405060708"
"""UPDATE BINARY, as no reader sends it."""


class Slipping:
    """Sends commands of its own to the card once it has been asked for an operation's first answer."""

    def __init__(self, inner: Channel, op: str, calls: tuple[tuple[str, Body], ...]) -> None:
        self._inner = inner
        self._op = op
        self._calls = calls
        self._left: list[tuple[str, Body]] = []
        self._kept: bytes | None = None
        self._id = 0

    def talk(self, line: bytes) -> bytes:
        asked = json.loads(line)
        if asked.get("op") == self._op:
            self._id, self._left = asked["id"], list(self._calls)
            return self._next(line)
        if self._kept is not None:
            return self._next(self._kept)
        return self._inner.talk(line)

    def close(self) -> None:
        self._inner.close()

    def _next(self, line: bytes) -> bytes:
        """The next command of its own; then what was asked goes on to the application."""
        if self._left:
            self._kept = line
            name, body = self._left.pop(0)
            return json.dumps({"id": self._id, "call": name, "body": body}).encode()
        self._kept = None
        return self._inner.talk(line)


def slipping(op: str, *calls: tuple[str, Body]) -> Callable[[Channel], Channel]:
    """Slips calls in before an operation."""
    return lambda inner: Slipping(inner, op, calls)


def _write(op: str) -> Callable[[Channel], Channel]:
    return slipping(op, ("connect", {}), ("transmit", {"apdu": UPDATE}), ("disconnect", {}))


class Unasked:
    """An application that answers its own question whether it may write."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner

    def talk(self, line: bytes) -> bytes:
        told = self._inner.talk(line)
        frame = json.loads(told)
        if frame.get("call") == "authorise_write":
            return self.talk(json.dumps({"id": frame["id"], "result": {"granted": False}}).encode())
        return told

    def close(self) -> None:
        self._inner.close()


# --- judgements -----------------------------------------------------------------------------------------
def judging(wrong: Callable[[Body, Body], bool], **said: Any) -> Answers:
    """Says something else of a card where `wrong(request, answer)` holds."""

    def change(op: str, request: Body, answer: Body) -> Body:
        return answer | said if op == READ and wrong(request, answer) else answer

    return change


def passing(wrong: Callable[[Body, Body], bool]) -> Answers:
    """Lets a card pass that it should not."""
    return judging(wrong, outcome="match", differs=[], signature="valid", certificate="valid")


def reasons(*names: str) -> Callable[[Body, Body], bool]:
    """Whether one of these reasons was told."""
    return lambda request, answer: any(name in answer["reason"] for name in names)


def outcome(*names: str) -> Callable[[Body, Body], bool]:
    """Whether one of these outcomes was told."""
    return lambda request, answer: answer["outcome"] in names


def _only_photo(request: Body, answer: Body) -> bool:
    return bool(answer["outcome"] == "mismatch" and answer["differs"] == ["photo"])


def _only_face(request: Body, answer: Body) -> bool:
    return answer["outcome"] == "mismatch" and any(each != "photo" for each in answer["differs"])


def _not_the_name(request: Body, answer: Body) -> bool:
    return bool(_only_face(request, answer) and not {"name_image", "face_image"} & set(answer["differs"]))


def _only_dates(request: Body, answer: Body) -> bool:
    return _only_face(request, answer) and set(answer["differs"]) <= {"birth", "card_expiry", "period_expiry"}


def _old_face(request: Body, answer: Body) -> bool:
    """Takes it for a difference that the face of newer cards has no period of stay."""
    face = request["face"]
    return answer["outcome"] == "match" and face is not None and "period" not in face["items"]


def _permitted(request: Body, answer: Body) -> bool:
    face = request["face"]
    return answer["outcome"] == "match" and bool(face and face["items"].get("comprehensive_permission"))


# --- extracts -------------------------------------------------------------------------------------------
def _each_item(change: Callable[[Body], Body]) -> Answers:
    return answering(READ, lambda answer: answer | {"items": [change(item) for item in answer["items"]]})


def _by_shift_jis(item: Body) -> Body:
    """Loses what Shift_JIS of two bytes cannot say."""
    kept = item["value"].encode("cp932", "replace").decode("cp932")
    return item | {"value": kept}


def _as_words(item: Body) -> Body:
    if item["item"] == "sex" and item["value"]:
        return item | {"value": {"1": "男", "2": "女"}.get(item["value"], item["value"])}
    return item


def _guessing(item: Body) -> Body:
    return item | {"value": "TARO"} if item["item"] == "name" and item["origin"] == "image" else item


def _other_images(answer: Body) -> Body:
    return answer | {"images": [image | {"width": image["width"] * 2} for image in answer["images"]]}


def _without_photo(answer: Body) -> Body:
    return answer | {"images": [image for image in answer["images"] if image["image"] != "photo"]}


def _carried(answer: Body) -> Body:
    extracts = [
        extract | {"items": [item | {"value": item["value"].strip("0")} for item in extract["items"]]}
        for extract in answer["extracts"]
    ]
    return answer | {"extracts": extracts}


def _plain_medium(answer: Body) -> Body:
    import base64

    return answer | {"medium": base64.b64encode(b"IDN,1,19610326,AA12345678BB").decode()}


def _always_open(answer: Body) -> Body:
    return answer | {"opened": True}


def _no_log(answer: Body) -> Body:
    return answer | {"log": []}


def _specified(request: Body) -> bool:
    face = request["face"]
    return face is not None and face["card_type"] in ("07", "08")


def _doubts_specified(op: str, request: Body, answer: Body) -> Body:
    if op == READ and _specified(request):
        return answer | {"outcome": "unreadable"}
    return answer


# fmt: off
ALL: Final = (
    Mutant("doubt-genuine", "真正なカードを疑う", "doubts genuine cards", "reader_genuine",
           answers=judging(outcome("match"), outcome="mismatch")),
    Mutant("miss-the-period", "2026年6月14日からの券面に在留期間がないことを相違とする",
           "takes a face without a period of stay for a difference", "reader_genuine",
           answers=judging(_old_face, outcome="mismatch", differs=["period"])),
    Mutant("ignore-face", "券面の記載とチップとを比べない", "does not compare face and chip", "reader_face",
           answers=passing(_only_face)),
    Mutant("compare-names-only", "券面の氏名だけを比べる", "compares names only", "reader_face",
           answers=passing(_not_the_name)),
    Mutant("compare-no-dates", "券面の日付を比べない", "does not compare dates", "reader_face",
           answers=passing(_only_dates)),
    Mutant("ignore-photo", "写真を比べない", "does not compare photos", "reader_photo",
           answers=passing(_only_photo)),
    Mutant("ignore-signature", "署名を検証しない", "verifies no signature", "reader_signature",
           answers=passing(reasons("signature_invalid", "signature_truncated", "signature_missing"))),
    Mutant("trust-children", "写真のないカードの署名を検証しない", "verifies no card without a photo",
           "reader_signature",
           answers=passing(lambda request, answer: answer["identity"] == "other_means")),
    Mutant("ignore-chain", "認証局を確かめない", "does not look at the authority", "reader_chain",
           answers=passing(reasons("chain_unknown_ca", "chain_signature_invalid", "chain_wrong_generation"))),
    Mutant("ignore-end-of-authority", "認証局の期限を確かめない", "does not look at the authority's days",
           "reader_chain", answers=passing(reasons("chain_expired"))),
    Mutant("ignore-number", "番号で開かないことを不調とみなす", "takes a refused number for trouble",
           "reader_number", answers=judging(reasons("number_refused"), outcome="unreadable")),
    Mutant("ignore-number-on-chip", "チップの番号を比べない", "does not compare the number on the chip",
           "reader_number", answers=passing(reasons("number_differs"))),
    Mutant("ignore-structure", "種別とファイルの構成を確かめない", "does not look at type and files",
           "reader_structure", answers=passing(reasons("type_byte_wrong", "file_blank"))),
    Mutant("ignore-address", "住居地の相違を見過ごす", "passes over a different address", "reader_address",
           answers=passing(reasons("address_differs"))),
    Mutant("ignore-revocation", "失効した番号を見過ごす", "passes over a revoked number", "reader_revoked",
           answers=passing(reasons("number_revoked"))),
    Mutant("revoked-is-forged", "失効した番号のカードを偽変造とする", "calls a revoked card forged",
           "reader_revoked", answers=judging(reasons("number_revoked"), outcome="mismatch")),
    Mutant("expired-is-forged", "期限の過ぎたカードを偽変造とする", "calls an expired card forged",
           "reader_expired", answers=judging(reasons("card_expired"), outcome="mismatch")),
    Mutant("claim-too-much", "見分けられない書足しを見分けたとする", "claims to find what nobody can",
           "reader_limits", answers=judging(_permitted, outcome="mismatch")),
    Mutant("all-certificates-valid", "どの証明書も有効とする", "calls each certificate valid",
           "reader_certificate", answers=answering(READ, lambda answer: answer | {"certificate": "valid"})),
    Mutant("differs-in-nothing", "相違する項目を示さない", "does not say what differs", "reader_differs",
           answers=answering(READ, lambda answer: answer | {"differs": []})),
    Mutant("match-unverified", "署名を検証せずに一致とする", "calls a card a match without verifying it",
           "reader_consistent", answers=judging(outcome("match"), signature="unchecked")),
    Mutant("trouble-is-forgery", "読取りの不調を偽変造とする", "takes trouble for forgery", "reader_fault",
           answers=judging(outcome("unreadable"), outcome="mismatch")),
    Mutant("broken-is-match", "壊れたチップを一致とする", "lets a broken chip pass", "reader_broken",
           answers=judging(outcome("unreadable"), outcome="match")),
    Mutant("always-by-photo", "写真のないカードでも写真で確認するとする",
           "confirms by photos that there are not",
           "reader_photo_path", answers=judging(lambda request, answer: bool(answer["identity"]),
           identity="photo")),
    Mutant("keep-matches-only", "一致した結果だけを残す", "keeps matches only", "reader_kept",
           answers=answering("kept", lambda answer: answer | {
               "results": [one for one in answer["results"] if one["outcome"] == "match"]})),
    Mutant("read-anywhere", "どの機器からでも読む", "reads from any equipment", "reader_terminal",
           answers=judging(outcome("refused"), outcome="match", signature="valid", certificate="valid")),
    Mutant("touch-before-refusing", "断る前にカードに触れる", "touches the card before it refuses",
           "reader_terminal", extra=slipping(READ, ("connect", {}), ("transmit", {"apdu": "00B08B0006"}))),
    Mutant("standalone-unread", "単独で動く端末では読まない", "does not read at a standalone terminal",
           "reader_standalone",
           answers=judging(lambda request, answer: request["terminal"] == "T-02", outcome="refused")),
    Mutant("no-type-b", "タイプBに対応していない", "polls for other radios only", "reader_type_b",
           answers=answering("reset", lambda answer: answer | {"radio": ["type_a"]})),
    Mutant("specified-unread", "特定在留カードを読めない", "cannot read specified cards", "reader_specified",
           answers=_doubts_specified),
    Mutant("codes-as-words", "コードを言葉に置き換える", "gives words in place of codes", "reader_item",
           answers=_each_item(_as_words)),
    Mutant("by-shift-jis", "文字をシフトJISで読む", "reads text as Shift_JIS", "reader_text",
           answers=_each_item(_by_shift_jis)),
    Mutant("guess-names", "氏名の画像から文字を推測する", "guesses names from images", "reader_not_guessed",
           answers=_each_item(_guessing)),
    Mutant("other-order", "項目の順序が違う", "gives items in another order", "reader_seven",
           answers=answering(READ, lambda answer: answer | {"items": answer["items"][::-1]})),
    Mutant("shift-jis-declared", "文字コードがシフトJISである", "declares Shift_JIS", "reader_encoding",
           answers=answering("reset", lambda answer: answer | {"encoding": "Shift_JIS"})),
    Mutant("scaled-images", "画像を拡大して渡す", "gives scaled images", "reader_images",
           answers=answering(READ, _other_images)),
    Mutant("without-photo", "顔写真を取り出さない", "does not take the photo", "reader_images_there",
           answers=answering(READ, _without_photo)),
    Mutant("normalise-on-medium", "媒体で移すと値が変わる", "changes values on a medium", "reader_patterns",
           answers=answering("from_medium", _carried)),
    Mutant("plain-medium", "媒体に平文で書く", "writes plain media", "reader_medium_sealed",
           answers=answering("to_medium", _plain_medium)),
    Mutant("any-passphrase", "どの合言葉でも媒体を開く", "opens media with any passphrase",
           "reader_medium_sealed", answers=answering("from_medium", _always_open)),
    Mutant("no-log-of-media", "媒体の使用を記録しない", "logs no use of media", "reader_medium_logged",
           answers=answering("from_medium", _no_log)),
    Mutant("write-while-suspended", "停止中に書込みのコマンドを送る",
           "sends a write while writing is suspended",
           "reader_never_writes", extra=_write("write_address")),
    Mutant("write-while-reading", "読取りのついでに書き込もうとする", "tries to write while it reads",
           "reader_reading_only", extra=_write(READ)),
    Mutant("write-anyway", "断るべき書込みをしたと答える", "says that it wrote what it must not",
           "reader_write_refused",
           answers=answering("write_address", lambda answer: answer | {"written": True, "reason": ""})),
    Mutant("write-unasked", "権限を確かめない", "asks nobody for the right to write", "reader_write_asked",
           extra=Unasked),
    Mutant("ask-while-suspended", "停止中にも権限を求める",
           "asks for the right to write while it is suspended",
           "reader_write_asked",
           extra=slipping("write_address", ("authorise_write", {"terminal": "T-01",
           "number": "AA12345678BB"}))),
)
# fmt: on
