"""What an operator is told, in Japanese and in English: what to do, with the values to key in.

The English sentence is the one of the protocol's document; items bear their names of the protocol beside the
Japanese ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

TASKS: Final = {
    "hello": "製品の名称、製造者、版、機能を答えてください（hello.json を置けば毎回の回答は不要です）。",
    "reset": "システムを初期状態に戻し、日時を次のとおり設定してください。登録もファイルもない状態にします。",
    "clock": "システムの日時を次のとおり進め、その時刻までに行うべき処理をすべて終わらせてください。",
    "seed": "次の人を、住民として登録してください。この登録については何も送信しません。",
    "file": "窓口に次の届出がありました。届出を処理し、決定した内容を答えてください。",
    "endorse": "先に行えなかった裏書きを行ってください。",
    "deliver": "inbox に届いたファイルを、すべて取り込んでください。",
    "collect": "送信するファイルを outbox に置いてください。",
    "results": "送信した記録の処理結果を、画面のとおりに答えてください。",
    "resend": "次のバッチを、もう一度送信してください。",
    "notices": "入管庁から届いた通知と、その処理状況を答えてください。",
    "confirm": "確認票の内容を確認し、処理してください。",
    "change": "次の異動を入力してください。",
    "settle": "仮登録を確定するか、取り消してください。",
    "cancel": "次の異動を取り消してください。",
    "hand_over": "特別永住者証明書を交付してください。",
    "query": "次の人の住民票を表示し、内容を答えてください。",
    "copy": "住民票の写しの交付を処理し、その内容を答えてください。",
    "inventory": "端末の一覧を表示し、答えてください。",
    "release_update": "読取アプリケーションの更新ファイルが公開されました。取り込んでください。",
    "consequences": "次の場合に案内される罰則等を表示し、答えてください。",
    "switch_link": "既存住基システムと端末の連携方法を、次のとおり切り替えてください。",
    "medium": "媒体について次のことが起きました。製品の反応を答えてください。",
    "submit": "既存住基システムから次の記録が届きました。端末に受け取らせてください。",
    "fetch": "既存住基システムへ渡す記録を答えてください。",
    "outage": "回線が使えなくなったこと、又は復旧したことを入力してください。",
    "put_medium": "次の媒体を端末に入れてください。",
    "log_on": "次の利用者でログオンし、結果を答えてください。",
    "log_off": "ログオフし、結果を答えてください。",
    "view": "次の画面を表示し、結果を答えてください。",
    "send": "手動で送信し、結果を答えてください。",
    "export_log": "証跡を媒体に書き出してください。",
    "change_pin": "暗証番号を次のとおり変更してください。",
    "unlock": "次の利用者のロックを解除してください。",
    "train": "利用者の指導を記録してください。",
    "install": "次の更新プログラムを適用してください。",
    "audit_log": "証跡を表示し、すべて答えてください。",
    "status": "端末の状態を表示し、答えてください。",
    "incidents": "検知された事象を表示し、答えてください。",
    "replace": "端末を別の機器に交換してください。",
    "decide": "入管庁の次の決定を入力してください。",
    "became": "次の者が住民となったことを入力してください。",
    "excuse": "次の者が正当な理由を申し出たことを入力してください。",
    "candidates": "在留資格の取消しの対象となり得る者を表示し、答えてください。",
    "usage": "次の市区町村の利用状況を表示し、答えてください。",
    "faults": "継続している不具合を表示し、答えてください。",
    "report_fault": "次の不具合の連絡を入力してください。",
    "read_card": "置かれているカードを読み取り、判定の結果を答えてください。",
    "kept": "保存されている読取結果を表示し、答えてください。",
    "write_address": "カードに住居地を書き込む操作を行い、結果を答えてください。",
}
"""The task of each operation; of any other, its own name is shown."""

LABELS: Final = {
    "at": "日時",
    "until": "進める日時",
    "case": "ケース",
    "municipality": "市区町村コード",
    "exchange_at": "情報連携の時刻",
    "offices": "窓口",
    "office": "窓口",
    "visit": "来庁",
    "filings": "届出",
    "filing": "届出の種類",
    "residents": "住民",
    "person": "本人",
    "ref": "本人の番号",
    "person_class": "区分",
    "name": "氏名",
    "name_kanji": "漢字氏名",
    "alias": "通称",
    "birth_date": "生年月日",
    "sex": "性別",
    "nationality": "国籍・地域",
    "address": "住居地",
    "new_address": "新しい住居地",
    "card": "カードの提示",
    "card_number": "カードの番号",
    "card_kind": "カードの種類",
    "card_until": "カードの有効期間",
    "status": "在留資格",
    "period": "在留期間",
    "period_until": "在留期間の満了日",
    "event_date": "異動日",
    "filed_date": "届出日",
    "history": "これまでの経過",
    "by": "届出人",
    "files": "ファイル",
    "record": "記録",
    "batch": "バッチ",
}
"""What the items are called; any other keeps its own name."""


def instruction(name: str, op: str, body: dict[str, Any], english: str = "") -> str:
    """The text for one operation. `name`: of the request, and so of the answer. `english`: what it is for."""
    lines = [
        f"作業 Task {name}",
        "",
        TASKS.get(op, f"「{op}」の操作を行ってください。"),
        english or f"Do the operation `{op}`.",
        "",
        *_told(body, ""),
        "",
        f"終わったら drafts/{name}.json を完成させ、answers/{name}.json として置いてください。",
        'できない操作は {"ok": false, "code": "unsupported", "message": "理由"} と答えてください。',
        f"When it is done, complete drafts/{name}.json and put it there as answers/{name}.json.",
        'For what the product cannot do, answer {"ok": false, "code": "unsupported", "message": "why"}.',
    ]
    return "\n".join(lines) + "\n"


def _told(body: dict[str, Any], indent: str) -> Iterator[str]:
    """The items, one a line; empty ones are left out, and contents of files."""
    for key, value in body.items():
        label = f"{LABELS[key]} ({key})" if key in LABELS else key
        if value in (None, "", [], {}) or key == "content":
            continue
        if isinstance(value, dict):
            yield f"{indent}{label}:"
            yield from _told(value, indent + "  ")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for number, one in enumerate(value, start=1):
                yield f"{indent}{label} {number}:"
                yield from _told(one, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{label}: {'、'.join(map(str, value))}"
        else:
            yield f"{indent}{label}: {_said(value)}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "はい (yes)" if value else "いいえ (no)"
    return str(value)
