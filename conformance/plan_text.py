"""A plan to begin with: every key with what it means, in Japanese and English."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from conformance.plan import PARTNERS
from conformance.profiles import profiles
from conformance.protocol.roles import Role
from sim.base.errors import UsageError

ADAPTERS: Final = {
    "command": """\
kind = "command"
# プログラムと引数（シェルは使いません） / program and arguments; no shell is used
command = ["python3", "adapter.py"]
# 作業フォルダ（この計画のフォルダから数えます） / where it works, from the folder of this plan
folder = "."
# 最初の回答まで、その後の各回答まで（秒） / seconds until the first answer, and until any other
start = 20.0
answer = 60.0
# 操作ごとの時間（秒） / seconds for operations that take another time
# timeouts = { clock = 300.0 }
# 環境変数。秘密は参照だけを書きます / variables; secrets are written as references only
# env = { PRODUCT_URL = "https://localhost:8443", PRODUCT_PASSWORD = { env = "PRODUCT_PASSWORD" } }

# ほかの種類（上の代わりに使います） / other kinds, instead of the above:
# kind = "http"
# url = "https://localhost:8443/renkei"
# ca = "ca.pem"
# certificate = "client.pem"
# key = "client.key"
# headers = { authorization = { file = "token.txt" } }
#
# kind = "folder"    # 作業者が立ち会う / an operator attends
# folder = "exchange"
# answer = 1800.0
#
# kind = "builtin"   # 参照実装で試す / the reference, to see how it goes
""",
    "pcsc": """\
kind = "pcsc"
# 置くのは試験用のカードだけです。書込みや誤った認証も試みます
# Only test cards may lie there: cases try to write, and to authenticate wrongly.
test_cards = true
# カードごとに、読取装置の名前、カードの種類、券面の番号
# For each card: the reader's name, the type of the card, the number as printed.
cards = [
  { reader = "Virtual PCD 00 00", card_type = "05", number = "AA12345678BB" },
]
# カードを待つ秒数 / seconds to wait for a card
wait = 2.0
""",
}


def plan_text(role: Role) -> str:
    """The text of a plan for a role.

    Raises:
        UsageError: there is no profile for the role yet.
    """
    from conformance.adapters import KINDS

    ours = [profile for profile in profiles() if profile.role == role.id]
    if not ours:
        raise UsageError(f"there is no profile for {role.id} yet", expected="a role with a profile")
    standard = next((profile for profile in ours if profile.name == "standard"), ours[0])
    listed = "\n".join(f"#   {profile.name}: {profile.ja} / {profile.en}" for profile in ours)
    kind = "pcsc" if role.id == "card" and "pcsc" in KINDS else "command"
    return f"""\
# 準拠確認の計画 / a plan for a conformance run
# 秘密（パスワード、トークン、鍵の合言葉）は書かず、{{ env = "名前" }} か {{ file = "パス" }} で参照します。
# No secret stands in this file, only references to one: it is shared, and goes into the bundle.
version = 1

# 試験する役割：{role.ja} / what is tested: {role.en}
role = "{role.id}"

# 推奨プロファイル / recommended profile
{listed}
profile = "{standard.name}"

# 結果の一式と証明書に載る製品 / the product, as bundle and certificate name it
[implementation]
name = ""
vendor = ""
version = ""
# 納品物のSHA-256 / of what is delivered, such as "sha256:0123…" (64 digits)
# digest = ""

# 製品とのつなぎ方（書き方は docs/adapter.md） / how the product is reached (see docs/adapter.md)
[adapter]
{ADAPTERS[kind]}
{PARTNER if role.id in PARTNERS else ""}# 要件 / requirements
[requirements]
# 固定された要件の集合。"current" は今あるすべて / a frozen set; "current" is all that there is
set = "current"
# 希望事項のうち、義務として扱うもの / wishes that count as duties, such as ["S1-008"]
wishes = []

# 既知の不適合を記した基準ファイル / what is known to fail, in your own repository
[baseline]
# path = "baseline.toml"

# 市区町村が指定した文言。結果の一式に結び付きます / a text that a city gives; it is bound into the bundle
[challenge]
text = ""

# 結果の一式への署名 / who signs the bundle (`renkei conform keygen --out keys` makes a key)
[signing]
# key = {{ file = "keys/signing.key" }}

# ハーネス側が作るファイル / files that the harness makes
[exchange]
form = "csv"

# 全体の上限（秒） / seconds for the whole run
[limits]
run = 3600.0
"""


PARTNER: Final = """\
# 相互接続確認：相手方（入管庁側）に他社の製品を使う。書かなければハーネスが入管庁側を演じます
# an interoperability run: another maker's ministry server at the other end; the harness plays it otherwise
# [partner.implementation]
# name = ""
# vendor = ""
# version = ""
# [partner.adapter]
# kind = "command"
# command = ["./server-adapter"]

"""


def write_plan(role: Role, out: Path) -> None:
    """Writes such a plan.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    text = plan_text(role).encode()
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(descriptor, "wb") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise UsageError(
            "a file of this name is there already",
            where=str(out),
            remedy="give another name: a plan is never overwritten",
        ) from error
    except OSError as error:
        raise UsageError(
            "the plan cannot be written", where=str(out), received=str(error.strerror)
        ) from error
