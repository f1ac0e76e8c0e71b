"""The eight safeguards (情報保護対策) of the exchange terminal, each with its counts and its evidence."""

from __future__ import annotations

import copy

from reports import city_labels
from reports.blocks import Block, Column, Row, Section, Table, Text, Verdict
from reports.language import Language
from reports.sections import names
from sim.nodes.terminal.safeguards import SAFEGUARDS
from sim.studies.measures import Measures, Shown

TITLE = ("情報連携端末の情報保護対策", "Safeguards of the exchange terminal")


def section(m: Measures, say: Language) -> Section | None:
    """A row for each safeguard, and one for each terminal where there are several."""
    if not any(one.audited or one.replaced for one in m.terminals.values()):
        return None
    blocks: list[Block] = [_verdict(m, say), _table(m, say)]
    if len(m.terminals) > 1:
        blocks.append(_terminals(m, say))
    else:
        blocks += [_told(m, say, code) for code in m.terminals]
    return Section(
        "safeguards",
        say.of(TITLE),
        say(
            "八つの情報保護対策のそれぞれについて、期間中に何が起きたかと、それを示す記録（ジャーナルの行の番号、"
            "5件まで）を挙げる。何も起きなければ記録は残らない。",
            "For each of the eight safeguards: what happened in the period, and the journal lines that"
            " show it (up"
            " to five). A safeguard that had nothing to do leaves no entry.",
        ),
        tuple(blocks),
    )


def _verdict(m: Measures, say: Language) -> Verdict:
    chains = sum(one.chains for one in m.terminals.values())
    broken = sum(one.broken for one in m.terminals.values())
    entries = sum(sum(one.audited.values()) for one in m.terminals.values())
    running = sum(one.log_ons - one.sessions for one in m.terminals.values())
    pairs = sum(one.sessions for one in m.terminals.values())
    detail = say(
        f"ログオン{say.number(pairs + running)}回のうち{say.number(pairs)}回に"
        "ログオフ又は自動ログオフが対応する。",
        f"Of {say.many(pairs + running, 'log-on')} {say.number(pairs)} have a log-off or a time-out.",
    )
    if broken:
        told = say(
            f"証跡ログ{say.number(chains)}本のうち{say.number(broken)}本が検証に合格しない。",
            f"{say.number(broken)} of {say.many(chains, 'audit log')} DO NOT verify."
            if chains > 1
            else "The audit log DOES NOT verify.",
        )
    else:
        told = say(
            f"証跡ログ{say.number(chains)}本（{say.number(entries)}件）の全てが検証に合格した。",
            f"All of {say.many(chains, 'audit log')} ({say.many(entries, 'line')}) verify."
            if chains != 1
            else f"The audit log ({say.many(entries, 'line')}) verifies.",
        )
    return Verdict(not broken, told, detail)


def _table(m: Measures, say: Language) -> Table:
    rows = []
    for safeguard in SAFEGUARDS:
        shown = Shown()
        for code in names.ordered(m, m.terminals):
            shown.merge(copy.deepcopy(m.terminals[code].safeguards.get(safeguard.id, Shown())))
        rows.append(
            Row(
                (
                    say(f"{safeguard.number} {safeguard.ja}", f"{safeguard.number} {safeguard.en}"),
                    names.listed(say, city_labels.SHOWN, shown.counts)
                    or say("期間中に該当する事象なし", "nothing happened in the period"),
                    " ".join(shown.evidence) or "–",
                    safeguard.id,
                ),
                key=safeguard.id,
                warn="broken" in shown.counts,
            )
        )
    return Table(
        "safeguards",
        say("情報保護対策と、それを示す記録", "Safeguards and what shows them"),
        (
            Column(say("対策", "Safeguard"), "prose"),
            Column(say("期間中の件数", "In the period"), "text"),
            Column(say("記録の番号", "Journal lines"), "wrap"),
            Column(say("要件", "Requirement")),
        ),
        tuple(rows),
        note=say(
            "証跡ログは、記録から読み直し、ハッシュの連鎖を計算し直して検証した。要件の欄は要件一覧の行の番号で、"
            "Sの次の数字は元となる資料（S3は新宿区の外部接続の告示、資料003）、ハイフンの後はその資料から取った"
            "要件の通し番号である。",
            "The audit logs were read from the journal, and their chain of hashes was computed anew. The"
            " requirement is a row of the list of requirements: after the S the document from which it was"
            " taken (S3: seed document 003, Shinjuku's notice of external connection), after the hyphen the"
            " number of the requirement within that document.",
        ),
    )


def _terminals(m: Measures, say: Language) -> Table:
    return Table(
        "terminals",
        say("端末ごと", "By terminal"),
        (
            Column(say("市区町村", "Municipality"), "text"),
            Column(say("ログオン", "Log-ons")),
            Column(say("対応するログオフ", "Paired with a log-off")),
            Column(say("失敗", "Failed")),
            Column(say("証跡", "Entries")),
            Column(say("検証済みログ", "Logs verified")),
            Column(say("隔離", "Quarantined")),
            Column(say("指導の期限切れ", "Untrained")),
            Column(say("交換", "Replaced")),
        ),
        tuple(
            Row(
                (
                    names.site(m, say, code),
                    say.number(one.log_ons),
                    say.number(one.sessions),
                    say.number(one.audited.get("log_on_failed", 0)),
                    say.number(sum(one.audited.values())),
                    f"{one.chains - one.broken:,} / {one.chains:,}",
                    say.number(one.quarantined),
                    say.number(one.untrained),
                    say.number(one.replaced),
                ),
                key=code,
                warn=bool(one.broken),
            )
            for code in names.ordered(m, m.terminals)
            for one in [m.terminals[code]]
        ),
    )


def _told(m: Measures, say: Language, code: str) -> Text:
    """What else happened to the only terminal."""
    one = m.terminals[code]
    if one.replaced:
        return Text(
            say(
                f"期間中に端末の交換が{say.number(one.replaced)}回あった。証跡ログは機器ごとに始まる。",
                f"Machines replaced in the period: {say.number(one.replaced)}. Each machine begins a log"
                f" of its own.",
            )
        )
    return Text(say("期間中、端末は同じ機器のまま動いた。", "The same machine served the whole period."))
