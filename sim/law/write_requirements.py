"""The three requirements (3要件) for writing into chips: what each municipality needs; the national gate.

Card terminals reach LGWAN, the security policy permits it, the internal network is configured for it. The
first is a fact of each terminal, the other two of the municipality; the gate asks all municipalities at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sim.base.errors import UsageError
from sim.law.worded import Worded


class Requirement(Worded):
    """The three requirements (3要件) of every municipality; `REMEDIES` says what to do about each."""

    LGWAN = (
        "lgwan",
        "どのICカード取扱端末からもLGWANに届くこと",
        "every card terminal reaches LGWAN",
    )
    """Every card terminal at every counter reaches LGWAN; a municipality without a terminal fails."""
    SECURITY_POLICY = (
        "security_policy",
        "その接続がセキュリティポリシーで許容されること",
        "the security policy permits that connection",
    )
    """The municipality's security policy permits the connection."""
    LAN_SETTINGS = (
        "lan_settings",
        "その接続に必要な庁内LANの設定変更が済んでいること",
        "the internal network is configured for that connection",
    )
    """The municipality's internal network is configured for it."""


REMEDIES: Final[dict[Requirement, tuple[str, str]]] = {
    Requirement.LGWAN: (
        "全てのICカード取扱端末を庁内LAN経由でLGWANに接続する。",
        "Connect every card terminal to LGWAN through the internal network.",
    ),
    Requirement.SECURITY_POLICY: (
        "当該市区町村がセキュリティポリシーの改正を検討する。",
        "The municipality considers revising its security policy.",
    ),
    Requirement.LAN_SETTINGS: (
        "当該市区町村が庁内LANの設定を変更する。",
        "The municipality changes the settings of its internal network.",
    ),
}
"""What a municipality does about a missing requirement, in Japanese and English."""


class Connection(Worded):
    """How a card terminal is connected."""

    LGWAN = ("lgwan", "庁内LAN経由でLGWANに接続", "reaches LGWAN through the internal network")
    """Reaches LGWAN."""
    LAN_ONLY = ("lan_only", "庁内LANのみに接続", "on the internal network only")
    """On the internal network, without a way to LGWAN."""
    STANDALONE = ("standalone", "スタンドアロン", "standalone")
    """On no network: enough to read a chip, never to write one."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A card terminal (ICカード取扱端末): its office, its connection, and whether writing is switched on."""

    id: str
    office: str
    connection: Connection = Connection.LGWAN
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality's facts: its code, requirements 2 and 3, and its terminals with requirement 1.

    Raises:
        UsageError: two terminals share an id.
    """

    code: str
    security_policy_permits: bool
    lan_configured: bool
    terminals: tuple[Terminal, ...]

    def __post_init__(self) -> None:
        ids = [terminal.id for terminal in self.terminals]
        if len(set(ids)) != len(ids):
            raise UsageError(
                "two card terminals of a municipality share an id",
                expected="an id for each terminal",
                received=", ".join(ids),
                where=f"sim.law.write_requirements.Municipality, {self.code}",
                remedy="rename one of the terminals",
            )


@dataclass(frozen=True, slots=True)
class Readiness:
    """The national gate: how many municipalities were looked at, and the codes of those that fail."""

    municipalities: int
    unready: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether every municipality meets the three requirements."""
        return not self.unready


def lacking(municipality: Municipality) -> tuple[Requirement, ...]:
    """Which of the three requirements the municipality lacks, in their order; empty when it is ready.

    Source: seed 000, the three requirements (3要件) under 各論1: every card terminal reaches LGWAN, the
    security policy permits it, and the internal network is configured.
    """
    found = []
    if not municipality.terminals or any(
        one.connection is not Connection.LGWAN for one in municipality.terminals
    ):
        found.append(Requirement.LGWAN)
    if not municipality.security_policy_permits:
        found.append(Requirement.SECURITY_POLICY)
    if not municipality.lan_configured:
        found.append(Requirement.LAN_SETTINGS)
    return tuple(found)


def readiness(municipalities: Iterable[Municipality]) -> Readiness:
    """The national gate over all municipalities: one that fails closes it for all.

    Source: seed 000, 各論1: all municipalities must meet the three requirements.

    Raises:
        UsageError: no municipality was given.
    """
    listed = tuple(municipalities)
    if not listed:
        raise UsageError(
            "the national gate needs the municipalities",
            expected="every municipality of the country",
            received="none",
            where="sim.law.write_requirements.readiness",
            remedy="pass all of them at once",
        )
    return Readiness(
        len(listed), tuple(sorted(municipality.code for municipality in listed if lacking(municipality)))
    )
