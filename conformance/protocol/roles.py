"""The roles under test, with their operations and capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.protocol import cards, ministry, municipal, terminal
from conformance.protocol.base import Op
from sim.base.errors import UsageError, nearest

CLOCK: Final = "clock.settable"
"""Time can be set. Without it the cases that stand on fixed days are not tested."""


FORBIDDEN: Final = "forbidden."
"""With this begin names of features that no product may have; one that has them says so."""


@dataclass(frozen=True, slots=True)
class Role:
    """What can be tested. `capabilities`: each with what it means, beside those that operations need.

    `mandatory`: capabilities without which there is nothing to certify. Those whose names begin with
    `FORBIDDEN` are neither mandatory nor optional: a standard says that no product has them.
    """

    id: str
    ja: str
    en: str
    ops: tuple[Op, ...]
    capabilities: dict[str, tuple[str, str]]
    mandatory: tuple[str, ...] = ()

    @property
    def optional(self) -> tuple[str, ...]:
        """Capabilities that may be left undeclared."""
        return tuple(
            name
            for name in self.capabilities
            if name not in self.mandatory and not name.startswith(FORBIDDEN)
        )

    def op(self, name: str) -> Op | None:
        """The operation of that name."""
        return next((op for op in self.ops if op.name == name), None)


MUNICIPAL: Final = Role(
    "municipal-system",
    "市区町村のシステム（住民基本台帳、窓口、情報連携）",
    "municipal system (register, counters, exchange)",
    municipal.OPS,
    {
        CLOCK: ("日時を設定できる", "the clock can be set"),
        "counter.branches": ("支所・出張所の窓口", "branch offices"),
        "counter.endorse_later": ("裏書きを後から行う", "an endorsement is made up later"),
        "counter.specified_card": ("特定在留カードの交付申請の受付", "applications for specified cards"),
        "counter.chip_text": ("ICチップの文字の取込み", "text of chips taken over into the record"),
        "counter.extract_medium": ("読み取った文字の媒体による移送", "text of chips carried on media"),
        "counter.inventory": ("端末の一覧と更新", "inventory and updates of terminals"),
        "law.consequences": ("罰則等の案内", "what may follow from late or missing filings"),
        "counter.households": ("世帯の届出を一度に受け付ける", "filings of a household in one visit"),
        "register.notices": ("入管庁通知の取込みと確認票", "agency notices with slips"),
        "register.changes": ("届出によらない異動", "changes without a mover's filing"),
        "register.provisional": ("仮登録", "provisional changes"),
        "register.cancel": ("異動の取消し", "cancellations"),
        "register.certificates": ("特別永住者証明書の交付", "certificates handed over"),
        "register.copies": ("住民票の写しの交付", "copies of records"),
        "copies.stale_record": ("住民票のとおりに写しを交付する", "copies say what the record says"),
        "copies.card_based": ("提示されたカードに合わせて写しを交付する", "copies follow the card shown"),
        "exchange.results": ("処理結果の照会", "results of processing"),
        "exchange.resend": ("再送信", "sending again"),
        "exchange.xml": ("XML形式のファイルの受信", "files in XML are taken in"),
        "link.media": ("媒体による連携（パターン2）", "media link (pattern 2)"),
        "link.paper": ("紙による連携（パターン3）", "paper link (pattern 3)"),
        "link.labour": ("庁内の連携にかかる手作業の集計", "manual work of the link, counted"),
        "exchange.messenger": (
            "回線の故障時に限る媒体・書面による送付",
            "media or paper to the agency while the line has failed",
        ),
        "link.switch": ("連携方法の切替え", "switching between links"),
        "chip.write": ("住居地のIC書込み", "writing of the address to chips"),
        "forbidden.endorsement_notice": (
            "裏書きが終わっていない者への通知の出力（標準仕様書1.0版で実装しない機能）",
            "notices to those whose card is not endorsed yet (not to be had by the standard)",
        ),
        "forbidden.consistency_check": (
            "整合性確認（標準仕様書1.0版で実装しない機能）",
            "comparison of both sides' holdings (not to be had by the standard)",
        ),
    },
    mandatory=(CLOCK, "register.notices", "exchange.results", "exchange.resend"),
)

CARD: Final = Role(
    "card",
    "カード（読取装置に置かれた在留カード等のICチップ）",
    "card (the chip of a residence card or certificate in any reader)",
    cards.CARD_OPS,
    {
        "card.1": ("第１世代の在留カード", "residence card, first generation"),
        "card.2": (
            "第１世代の特別永住者証明書",
            "special permanent resident certificate, first generation",
        ),
        "card.05": ("第２世代の在留カード", "residence card, second generation"),
        "card.06": (
            "第２世代の特別永住者証明書",
            "special permanent resident certificate, second generation",
        ),
        "card.07": ("特定在留カード", "specified residence card"),
        "card.08": ("特定特別永住者証明書", "specified special permanent resident certificate"),
        "card.given": (
            "試験用のカードファイルのとおりにカードの内容を作れる",
            "a card can be made to hold what a test card file says",
        ),
    },
)

CARD_APPLICATION: Final = Role(
    "card-application",
    "カード読取アプリケーション（カードを読み、偽変造を確かめるソフトウェア）",
    "card application (software that reads and judges cards)",
    cards.APPLICATION_OPS,
    {
        CLOCK: ("日時を設定できる", "the clock can be set"),
        "cards.specified": ("特定在留カード等を読める", "reads specified cards"),
        "evidence.revoked_numbers": ("失効した番号を照会できる", "looks revoked numbers up"),
        cards.MEDIUM: ("媒体による移送（活用パターン１）", "extracts go by medium (pattern 1 of use)"),
    },
    mandatory=(CLOCK,),
)

TERMINAL: Final = Role(
    "exchange-terminal",
    "情報連携端末",
    "exchange terminal of one municipality",
    terminal.OPS,
    {
        CLOCK: ("日時を設定できる", "the clock can be set"),
        "exchange.sealed": ("暗号化された封筒での送受信", "files are sealed and opened"),
        "exchange.xml": ("XML形式のファイルの受信", "files in XML are taken in"),
        "exchange.versions": ("仕様の複数の版での送受信", "several versions of the profile side by side"),
        "exchange.on_demand": ("必要なときだけの接続", "a line on demand"),
        "exchange.by_hand": ("回線の障害のときの媒体・書面", "media or paper when the line is out of use"),
        "audit.chain": ("証跡のハッシュ連鎖", "the audit log is a chain of hashes"),
        "terminal.training": ("操作者の指導の記録", "operators' instruction is followed"),
        "terminal.patches": ("更新プログラムの管理", "software and patches are followed"),
        "terminal.replacement": ("端末の交換", "another machine takes the terminal's place"),
    },
    mandatory=(CLOCK, "exchange.sealed"),
)

MINISTRY_SERVER: Final = Role(
    "ministry-server",
    "市町村連携用サーバ（国の側）",
    "ministry server (the agency's side of the exchange)",
    ministry.OPS,
    {
        CLOCK: ("日時を設定できる", "the clock can be set"),
        "agency.periods": ("90日の届出期間の監視", "the 90 days are followed"),
        "agency.immediate": ("通知の随時の送信", "notices go down at once"),
        "exchange.sealed": ("暗号化された封筒での送受信", "files are sealed and opened"),
        "exchange.xml": ("XML形式のファイルの受信", "files in XML are taken in"),
        "exchange.versions": ("仕様の複数の版での送受信", "several versions of the profile side by side"),
        "exchange.on_demand": ("必要なときだけの接続", "lines on demand"),
        "exchange.by_hand": ("回線の障害のときの媒体・書面", "media or paper when a line is out of use"),
        "terminal.replacement": ("端末の交換への応答", "answers a terminal in another's place"),
        "centre.usage": ("利用状況の集計", "usage of each municipality"),
        "centre.faults": ("不具合の一元的な把握", "a central view of faults"),
    },
    mandatory=(CLOCK, "agency.periods", "exchange.sealed"),
)

ALL: Final = (MUNICIPAL, TERMINAL, CARD, CARD_APPLICATION, MINISTRY_SERVER)
ROLES: Final = {role.id: role for role in ALL}


def role_of(name: str) -> Role:
    """The role of that name.

    Raises:
        UsageError: there is none.
    """
    if (found := ROLES.get(name)) is not None:
        return found
    near = nearest(name, ROLES)
    raise UsageError(
        "there is no such role",
        expected=", ".join(ROLES),
        received=name,
        remedy=f"did you mean {near}?" if near else "give one of these",
    )
