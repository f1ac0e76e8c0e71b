"""The eight safeguards (情報保護対策) of the exchange terminal, each with what shows it.

A report and a check read this table: `entries` are the kinds of journal entry that are the evidence, and
`shown` is where the rest is shown, because not everything that protects leaves a trace when it works. The
words are ours; each row names the line of the seed that it follows. The seventh has two rows, since the
register of requirements asks for the log and for its export apart.

Source: seed 003, lines 251 to 274 (Shinjuku's notice of external connection, from 2019-04-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SEED: Final = "003"


@dataclass(frozen=True, slots=True)
class Safeguard:
    """One safeguard. `id`: of the requirement; `number`: which of the eight; `line`: of the seed.

    `entries`: kinds of journal entry, with the kinds of the audit log behind a slash.
    """

    id: str
    number: int
    ja: str
    en: str
    line: int
    entries: tuple[str, ...]
    shown: str = ""


SAFEGUARDS: Final = (
    Safeguard(
        "S3-026",
        1,
        "登録された相手とだけ通信する",
        "Only listed peers are spoken with",
        251,
        ("peer_refused", "transfer_refused", "batch_rejected"),
    ),
    Safeguard(
        "S3-027",
        2,
        "相手以外には読めないようにする",
        "Nobody but the recipient can read what is sent",
        255,
        ("transfer_done",),
        "The network is given sealed bytes only (sim.drivers.edge, sim.exchange.envelope); at rest a payload"
        " lies sealed with the key of the place (sim.exchange.folders). Journal, audit log and exported media"
        " hold nothing of a record.",
    ),
    Safeguard(
        "S3-028",
        3,
        "外部からの侵入とウイルスを防ぐ",
        "Intruders and viruses are kept out",
        257,
        ("batch_quarantined", "batch_rejected", "peer_refused"),
    ),
    Safeguard(
        "S3-029",
        4,
        "通信できるシステムを限定する",
        "Only the systems that must reach it can",
        261,
        ("peer_refused",),
        "What may come from where is one table (sim.nodes.terminal.peers.SOURCES); no card reader is in it.",
    ),
    Safeguard(
        "S3-030",
        5,
        "利用者IDと暗証番号で操作者を確かめる",
        "Operators are let in by id and PIN",
        263,
        ("audit_logged/log_on", "audit_logged/log_on_failed", "audit_logged/locked", "audit_logged/unlocked"),
        "A PIN is kept as a salted hash (sim.nodes.terminal.operators).",
    ),
    Safeguard(
        "S3-031",
        6,
        "作業の都度ログオフする",
        "Every job ends with a log-off",
        266,
        ("audit_logged/log_on", "audit_logged/log_off", "audit_logged/timed_out"),
    ),
    Safeguard(
        "S3-032",
        7,
        "証跡を記録する",
        "An audit log is kept",
        270,
        ("audit_logged",),
        "The entries are a hash chain, verified by sim.nodes.terminal.audit.verify.",
    ),
    Safeguard(
        "S3-033",
        7,
        "証跡を媒体に出力して保管する",
        "The audit log is exported to a medium",
        270,
        ("log_exported", "audit_logged/export"),
        "What lies on the medium is verified by sim.nodes.terminal.export.read_export without the terminal.",
    ),
    Safeguard(
        "S3-034",
        8,
        "操作者を定期的に指導する",
        "Operators are instructed regularly",
        274,
        ("training_overdue", "audit_logged/trained"),
    ),
)
"""The safeguards, in the order of the seed."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A document that the safeguards are derived from. `known`: whether its text is public."""

    id: str
    ja: str
    en: str
    line: int
    known: bool


STANDARDS: Final = (
    Standard(
        "S3-024",
        "出入国在留管理庁通知及び市町村通知に係る電気通信回線その他の電気通信設備に関する技術的基準"
        "(平成24年総務省・法務省告示第1号)",
        "Technical standard for the lines and equipment of agency and municipality notices"
        " (joint notice 1 of 2012)",
        243,
        known=False,
    ),
    Standard(
        "S3-025",
        "情報連携端末等の使用に係るセキュリティ管理規程(出入国在留管理庁)",
        "The agency's rules on security in the use of exchange terminals",
        247,
        known=False,
    ),
)
"""Named and not followed article by article: neither text was found, so which safeguard rests on which
article is unknown. A report says so.
"""
