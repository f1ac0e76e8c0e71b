"""What a counter says about a residence notification that is still due, with both limits (S0-021, S0-058).

Who files without the card could think that all is done. So the warning names the last day of the filing
period, and for a mid-long-term resident the last day before the status of residence may be revoked (seed
000, line 114). A special permanent resident is not told of the second, because there is none.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple


class Words(NamedTuple):
    """A language's two sentences, and how it writes a day."""

    due: str
    revocation: str
    day: str


WORDS: Final[dict[str, Words]] = {
    "ja": Words(
        "住居地の届出がまだ済んでいません。{day}までに、在留カード又は特別永住者証明書をお持ちのうえ、窓口で"
        "届け出てください。届け出ないと、罰金を科されることがあります。",
        "正当な理由なく{day}までに届け出ないと、在留資格の取消しの対象となることがあります。",
        "{0.year}年{0.month}月{0.day}日",
    ),
    "en": Words(
        "Your place of residence has not been notified yet. Come to the counter with your residence card or"
        " special permanent resident certificate and notify it by {day}; otherwise you may be fined.",
        "If it is not notified by {day} without good reason, your status of residence may be revoked.",
        "{0:%Y-%m-%d}",
    ),
    "zh": Words(
        "您尚未申报居住地。请在{day}之前（含当日）携带在留卡或特别永住者证明书到窗口申报，否则可能被处以罚款。",
        "如无正当理由，在{day}之前（含当日）仍未申报，您的在留资格有可能被取消。",
        "{0.year}年{0.month}月{0.day}日",
    ),
    "ko": Words(
        "거주지 신고가 아직 끝나지 않았습니다. {day}까지 재류카드 또는 특별영주자증명서를 가지고 창구에서"
        " 신고해 주십시오. 신고하지 않으면 벌금이 부과될 수 있습니다.",
        "정당한 이유 없이 {day}까지 신고하지 않으면 재류자격이 취소될 수 있습니다.",
        "{0.year}년 {0.month}월 {0.day}일",
    ),
    "vi": Words(
        "Quý vị chưa khai báo nơi cư trú. Vui lòng mang thẻ cư trú hoặc giấy chứng nhận vĩnh trú đặc biệt đến"
        " quầy để khai báo, chậm nhất là ngày {day}; nếu không, quý vị có thể bị phạt tiền.",
        "Nếu đến hết ngày {day} vẫn chưa khai báo mà không có lý do chính đáng, tư cách lưu trú của quý vị có"
        " thể bị hủy bỏ.",
        "{0.day}/{0.month}/{0.year}",
    ),
    "pt": Words(
        "A notificação do local de residência ainda não foi feita. Compareça ao balcão com o cartão de"
        " permanência ou o certificado de residente permanente especial e faça a notificação até {day}; caso"
        " contrário, poderá ser multado.",
        "Se a notificação não for feita até {day} sem motivo justificado, o status de permanência poderá ser"
        " cancelado.",
        "{0:%d/%m/%Y}",
    ),
}
"""The languages that a counter can have, Japanese first."""


def warning(language: str, last_day: date, revocation_last_day: date | None) -> str:
    """The warning in one of `WORDS`: the first limit, and the second where the person has one."""
    words = WORDS[language]
    due = words.due.format(day=words.day.format(last_day))
    if revocation_last_day is None:
        return due
    gap = "" if language in ("ja", "zh") else " "
    return due + gap + words.revocation.format(day=words.day.format(revocation_last_day))
