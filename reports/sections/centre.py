"""What the network and the agency's server saw: sessions, faults, usage, the policy on writing."""

from __future__ import annotations

from reports import city_labels, labels
from reports.blocks import Block, Column, Item, Items, Row, Section, Table
from reports.language import Language
from reports.sections import names
from sim.studies.measures import Measures, Usage

TITLE = ("中央から見た連携", "Seen from the centre")


def section(m: Measures, say: Language) -> Section | None:
    """Usage by municipality, and what happened once."""
    items = _items(m, say)
    told = [code for code in names.ordered(m, m.centre.usage) if _some(m.centre.usage[code])]
    if not items and not told:
        return None
    blocks: list[Block] = []
    if told:
        blocks.append(_usage(m, say, told))
    if items:
        blocks.append(Items(tuple(items)))
    return Section("centre", say.of(TITLE), blocks=tuple(blocks))


def _some(usage: Usage) -> bool:
    return usage != Usage()


def _usage(m: Measures, say: Language, codes: list[str]) -> Table:
    usages = [m.centre.usage[code] for code in codes]
    columns = [Column(say("市区町村", "Municipality"), "text")]
    parts: list[tuple[str, list[str]]] = [
        (say("接続", "Sessions"), [say.number(one.sessions) if one.sessions else "" for one in usages]),
        (
            say("接続の拒否", "Sessions refused"),
            [names.listed(say, city_labels.SESSIONS_REFUSED, one.refused) for one in usages],
        ),
        (
            say("接続待ちの送信", "Held for a session"),
            [say.number(one.held) if one.held else "" for one in usages],
        ),
        (say("バッチ", "Batches"), [say.number(one.batches) if one.batches else "" for one in usages]),
        (say("レコード", "Records"), [say.number(one.records) if one.records else "" for one in usages]),
        (
            say("障害の報告", "Faults reported"),
            [names.listed(say, city_labels.FAULTS, one.faults) for one in usages],
        ),
        (say("復旧", "Cleared"), [say.number(one.cleared) if one.cleared else "" for one in usages]),
        (
            say("障害（分）", "Minutes of faults"),
            [say.number(one.fault_minutes) if one.fault_minutes else "" for one in usages],
        ),
        (
            say("媒体による緊急の搬送", "Emergency deliveries"),
            [say.number(one.emergencies) if one.emergencies else "" for one in usages],
        ),
        (say("版の適用", "Versions taken"), [names.listed(say, {}, one.versions) for one in usages]),
        (
            say("窓口間の対応の差異", "Offices found to differ"),
            [say.number(one.differ) if one.differ else "" for one in usages],
        ),
        (
            say("報告のあった不足（3要件）", "Requirements reported lacking"),
            [names.listed(say, city_labels.REQUIREMENTS, one.lacking) for one in usages],
        ),
    ]
    shown = [(head, cells) for head, cells in parts if any(cells)]
    columns += [Column(head, "text") for head, _ in shown]
    return Table(
        "centre",
        say("市区町村ごとの利用と障害", "Use and faults by municipality"),
        tuple(columns),
        tuple(
            Row((names.site(m, say, code), *(cells[i] or "–" for _, cells in shown)), key=code)
            for i, code in enumerate(codes)
        ),
    )


def _items(m: Measures, say: Language) -> list[Item]:
    centre = m.centre
    found: list[Item] = []
    if centre.policy:
        order = labels.in_order(city_labels.POLICY, set(centre.policy))
        steps = [say.of(labels.named(city_labels.POLICY, state)) for state in order]
        found.append(
            Item(
                say(
                    "ICチップへの書込みの国の方針: " + " → ".join(steps) + "。",
                    "National policy on writing to chips: " + " → ".join(steps) + ".",
                )
            )
        )
    if centre.barred:
        times = sum(centre.barred.values())
        found.append(
            Item(
                say(
                    f"要件を満たさないため進められなかった段階: {say.number(times)}回。",
                    f"Steps that were not allowed because a requirement was missing: {say.number(times)}.",
                )
            )
        )
    if centre.spent or centre.withdrawn:
        found.append(
            Item(
                say(
                    f"使用された書込みの許可{say.cases(centre.spent)}、届かず取り消されたもの"
                    f"{say.cases(centre.withdrawn)}。許可は一度しか使えない。",
                    f"Authorisations to write used: {say.number(centre.spent)}; withdrawn because they"
                    f" did not"
                    f" arrive: {say.number(centre.withdrawn)}. Each can be used once.",
                )
            )
        )
    if centre.patterns:
        found.append(
            Item(
                say(
                    f"パターンファイルの配布は{say.number(centre.patterns)}回。",
                    f"Pattern files released: {say.number(centre.patterns)}.",
                )
            )
        )
    if centre.without_holder:
        told = names.listed(say, city_labels.NOTICE_REASONS, centre.without_holder)
        found.append(
            Item(
                say(
                    f"決定の時にどの市区町村にも住民票がなく、通知しなかったもの: {told}。",
                    f"Decisions on people of whom no municipality held a record, so that nobody was"
                    f" told: {told}.",
                )
            )
        )
    if centre.strangers:
        told = names.listed(say, {}, centre.strangers)
        found.append(Item(say(f"登録のない相手の拒否: {told}。", f"Unlisted peers refused: {told}.")))
    if centre.outages_declared:
        found.append(
            Item(
                say(
                    f"回線停止の宣言{say.number(centre.outages_declared)}回（その間は媒体を使える）。",
                    f"Outages declared: {say.number(centre.outages_declared)}; media may be used meanwhile.",
                )
            )
        )
    if found and centre.evidence:
        found.append(Item(say("記録", "Journal"), key=" ".join(centre.evidence)))
    return found
