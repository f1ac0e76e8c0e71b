"""Names for readers of what offices, links, terminals and the centre count; as `reports.labels` is made."""

from __future__ import annotations

from typing import Final

from reports.labels import Pair
from sim.law.kinds import PersonClass
from sim.law.record_items import BY_CLASS, EVERYBODY
from sim.law.revocation import Ground
from sim.law.write_policy import Reason, State
from sim.law.write_requirements import Requirement
from sim.nodes.link.patterns import PATTERNS as LINK_PATTERNS

CLASSES: Final[dict[str, Pair]] = {one.value: (one.ja, one.en.capitalize()) for one in PersonClass}
PATTERNS: Final[dict[str, Pair]] = {key: (ja, en.capitalize()) for key, (ja, en) in LINK_PATTERNS.items()}
GROUNDS: Final[dict[str, Pair]] = {one.value: (one.ja, one.en) for one in Ground}
REQUIREMENTS: Final[dict[str, Pair]] = {one.value: (one.ja, one.en) for one in Requirement}
POLICY: Final[dict[str, Pair]] = {one.value: (one.ja, one.en) for one in State}

TURNED_AWAY: Final[dict[str, Pair]] = {
    "closed": ("開庁時間外", "Closed"),
    "not_accepted_here": ("この窓口では受け付けない", "Not accepted at this office"),
    "no_trained_clerk": ("研修を受けた職員がいない", "No trained clerk there"),
    "closing_time": ("閉庁までに順番が来なかった", "Not served before closing"),
}
REFUSED: Final[dict[str, Pair]] = {
    "authenticity_failed": ("カードの真正を確認できない", "The card did not prove authentic"),
    "card_not_presented": ("カードの提出がない", "The card was not handed in"),
    "no_duty": ("届出の義務がない", "Nothing was due"),
    "no_record_here": ("住民票を作成しない者", "No resident record is made for the person"),
    "event_in_future": ("異動日が将来の日付", "The day of the event lies in the future"),
    "filed_in_future": ("届出日が将来の日付", "The day of the filing lies in the future"),
    "before_system": ("制度開始日より前の異動", "The event lies before the system's first day"),
    "not_entitled": ("届出をすることができない者", "Not entitled to file for the person"),
    "no_mandate": ("委任状がない", "No mandate"),
}
WITHHELD: Final[dict[str, Pair]] = {
    "printer_out_of_order": ("裏書き用プリンターの故障", "The endorsement printer is out of order"),
    "card_expired": ("カードの有効期間満了", "The card has expired"),
    "notification_not_made": ("住居地の届出がない", "No residence was notified"),
    "not_taken_here": ("この窓口で受け付けていない届出", "The filing was not taken at this office"),
    "not_the_same_day": ("届出の日でない", "Not on the day of the filing"),
    "after_closing": ("閉庁後", "After closing"),
}
AUTHENTICITY: Final[dict[str, Pair]] = {
    "match": ("券面とICチップが一致", "Face and chip agree"),
    "mismatch": ("券面とICチップが不一致", "Face and chip differ"),
    "unreadable": ("ICチップを読めない", "The chip cannot be read"),
    "not_presented": ("提出なし", "Not handed in"),
    "refused": ("端末が読取りを拒否", "The terminal refused"),
}
SHORTCOMINGS: Final[dict[str, Pair]] = {
    "no_card_terminal": ("ICカード取扱端末がない", "no card terminal"),
    "nobody_trained": ("研修を受けた職員がいない", "nobody is trained"),
    "no_maintenance_method": ("端末の保守の方法が未定", "no way of maintenance is set"),
    "japanese_only": ("日本語のみで対応", "Japanese only"),
}
CLOSED_BY: Final[dict[str, Pair]] = {
    "filing": ("届出", "Notified"),
    "moving_out": ("転出", "Moved out"),
    "replaced": ("次の住居地に交代", "Replaced by a later move"),
}
WITHDRAWN: Final[dict[str, Pair]] = {
    "filed_in_time": (
        "期間内に届け出ていた（情報の遅れによる見かけの候補）",
        "Had filed in time: a false candidate made by delay",
    ),
    "filed_late": ("期間の後に届け出た", "Filed after the period"),
    "leaving_cancelled": ("転出の取消し", "The moving-out was cancelled"),
}
OPTIONS: Final[dict[str, Pair]] = {
    "stale_record": ("住民票のとおり交付", "Issued as the record stands"),
    "card_based": ("カードで確認し修正後に交付", "Corrected by the card first"),
}
COPY_REFUSED: Final[dict[str, Pair]] = {
    "notice_awaited": ("通知の到着待ち", "The notice is awaited"),
    "removed": ("除票済み", "The record was removed"),
    "not_registered": ("住民票がない", "No resident record"),
    "card_of_another": ("他人のカード", "The card is another person's"),
}
ITEMS: Final[dict[str, Pair]] = {
    row.item: (row.ja, row.en) for rows in (*reversed(BY_CLASS.values()), EVERYBODY) for row in rows
} | {
    "card_number": ("在留カード等の番号", "card number"),
    "period_until": ("在留期間の満了の日", "last day of the period of stay"),
    "card_until": ("カードの有効期間", "validity of the card"),
    "card_kind": ("カードの種類", "kind of card"),
    "resident_record": ("住民票そのもの（消除すべきもの）", "the record itself, which should be gone"),
}
CONNECTIONS: Final[dict[str, Pair]] = {
    "standalone": ("スタンドアローン", "Standalone"),
    "lan_only": ("庁内LANのみ", "City LAN only"),
    "lgwan": ("LGWAN接続", "LGWAN"),
}
MANNERS: Final[dict[str, Pair]] = {
    "medium": ("媒体", "by medium"),
    "automatic": ("自動", "automatically"),
}
WRITE_REFUSED: Final[dict[str, Pair]] = {
    "suspended": ("市区町村による書込みは停止中", "Writing is suspended"),
    "nation_not_ready": ("3要件を満たさない市区町村がある", "Not every municipality is ready"),
    "offices_differ": ("窓口間で対応が異なる", "The municipality's offices differ"),
    "switched_off": ("端末の書込みが無効", "Writing is switched off at the terminal"),
    "offline": ("LGWANに届かない", "LGWAN is out of reach"),
    "late": ("許可が間に合わない", "The authorisation came too late"),
    "pattern_outdated": ("パターンファイルが古い", "The pattern file is too old"),
    "security_policy": ("セキュリティポリシーが未対応", "The security policy does not permit it"),
    "lan_settings": ("LANの設定が未対応", "The LAN is not configured"),
    "municipality_off_lgwan": ("LGWAN未接続の端末がある", "A terminal is not on LGWAN"),
    "security_policy_forbids": ("セキュリティポリシーが未対応", "The security policy does not permit it"),
}
MEDIA_REFUSED: Final[dict[str, Pair]] = {
    "MEDIUM_STALE": ("古い媒体（紛失後に見つかったものなど）", "stale, such as a lost one that was found"),
    "MEDIUM_FOREIGN": ("他の市区町村又は逆方向の媒体", "foreign, of another place or direction"),
    "MEDIUM_FORGED": ("真正でない媒体", "forged"),
    "MEDIUM_UNLABELLED": ("ラベルのない媒体", "without a label"),
    "MEDIUM_USED": ("読取り済みの媒体", "used before"),
    "MEDIUM_EARLY": ("順番が先の媒体", "ahead of its turn"),
    "MEDIUM_INCOMPLETE": ("ファイルの欠けた媒体", "incomplete"),
    "CHANGED": ("改変された媒体", "altered"),
    "OTHER_KEY": ("他の鍵で封をした媒体", "sealed with another key"),
}
CERTIFICATES: Final[dict[str, Pair]] = {
    "first_issue": ("新規交付", "first issue"),
    "items_changed": ("記載事項の変更", "changed items"),
    "renewal": ("有効期間の更新", "renewal"),
    "reissue_lost": ("紛失による再交付", "reissue after a loss"),
    "reissue_damaged": ("汚損による再交付", "reissue after damage"),
    "reissue_requested": ("希望による再交付", "reissue on request"),
}
SHOWN: Final[dict[str, Pair]] = {
    "entries": ("証跡", "Entries"),
    "verified": ("検証に合格した証跡ログ", "Logs that verify"),
    "broken": ("検証に不合格の証跡ログ", "Logs that do NOT verify"),
    "log_on": ("ログオン", "Log-ons"),
    "log_off": ("ログオフ", "Log-offs"),
    "timed_out": ("無操作による自動ログオフ", "Time-outs"),
    "log_on_failed": ("ログオンの失敗", "Failed log-ons"),
    "locked": ("ロック", "Locked"),
    "unlocked": ("ロックの解除", "Unlocked"),
    "export": ("出力（証跡）", "Exports in the log"),
    "log_exported": ("媒体への出力", "Exports to a medium"),
    "training_overdue": ("指導の期限切れ", "Instruction overdue"),
    "trained": ("指導の実施", "Instructed"),
    "peer_refused": ("相手先の拒否", "Peers refused"),
    "transfer_refused": ("未登録の相手への送信の拒否", "Transfers to unlisted peers refused"),
    "batch_quarantined": ("隔離", "Quarantined"),
    "batch_rejected": ("受取りの拒否", "Batches refused"),
    "transfer_done": ("封をした送受信", "Sealed transfers"),
}
FAULTS: Final[dict[str, Pair]] = {
    "no_exchange": ("その日の情報連携がない", "no exchange that day"),
    "disk_failed": ("ディスクの故障", "disk failed"),
    "patches_overdue": ("更新プログラムの未適用", "patches overdue"),
}
SESSIONS_REFUSED: Final[dict[str, Pair]] = {
    "not_listed": ("登録のない端末", "not listed"),
    "permanent_line": ("常時接続の端末", "permanent line"),
    "wrong_credential": ("認証情報の誤り", "wrong credential"),
    "wrong_municipality": ("市区町村の誤り", "wrong municipality"),
}
NOTICE_REASONS: Final[dict[str, Pair]] = {
    "departed": ("出国", "departure"),
    "period_extended": ("在留期間更新", "extension"),
    "status_acquired": ("在留資格の取得", "status acquired"),
    "status_changed": ("在留資格変更", "change of status"),
    "revoked": ("在留資格の取消し", "revocation"),
    "out_of_scope": ("対象外", "out of scope"),
}


def reason(value: str) -> Pair:
    """Why a chip was not written, in a few words or in the law's sentence."""
    if value in WRITE_REFUSED:
        return WRITE_REFUSED[value]
    return next(((one.ja, one.en) for one in Reason if one.value == value), (value, value))
