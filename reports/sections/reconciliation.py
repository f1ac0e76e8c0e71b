"""Does everything that was raised come out again? The sum must be zero."""

from __future__ import annotations

from reports import labels
from reports.blocks import Block, Column, Row, Section, Table, Text, Verdict
from reports.language import Language
from reports.sections.period import last_day, planned
from sim.studies.measures import Balance, Measures

SHOWN_BATCHES = 50
SHOWN_UNSETTLED = 50


def section(m: Measures, say: Language) -> Section:
    """The verdict, a balance of records and one of batches, the codes and the refused batches."""
    blocks: list[Block] = [_verdict(m, say)]
    kinds = {kind: say.of(labels.record_kind(kind, last_day(m.run))) for kind in m.balances}
    directions = {way: say.of(labels.named(labels.DIRECTIONS, way)) for way in m.batches}
    if m.balances:
        caption = say("レコードの突合", "Records")
        names = {kind: kinds[kind] for kind in sorted(m.balances, key=_kind_order)}
        note = say.of(labels.renamed(planned(m.run)[0], last_day(m.run))) if planned(m.run) else ""
        blocks.append(_balances(say, "balance-records", caption, m.balances, names, answers=True, note=note))
    else:
        blocks.append(Text(say("発生したレコードはない。", "No records were raised."), empty=True))
    if m.batches:
        caption = say("バッチの突合", "Batches")
        names = {way: directions[way] for way in labels.in_order(labels.DIRECTIONS, set(m.batches))}
        blocks.append(_balances(say, "balance-batches", caption, m.batches, names, answers=False))
    else:
        blocks.append(Text(say("作られたバッチはない。", "No batches were made."), empty=True))
    blocks.append(_unsettled(m, say, kinds | directions))
    blocks.append(_codes(m, say, kinds | directions))
    blocks.append(_rejected(m, say))
    return Section(
        "reconciliation",
        say("突合", "Reconciliation"),
        say(
            "発生 − 受理 − 拒否 − 処理待ち = 差引残。発生は送り手の記録、"
            "受理と拒否は受け手の記録から別々に数える。"
            "拒否されて送り直したバッチは、もう一度発生したものとする。"
            "処理待ちは、期間の終わりに結果の出ていないもの。"
            "うち、バッチが受け取られたのに結果がないもの、"
            "後の情報連携に載らなかったものを、喪失として数える。",
            "Raised − accepted − rejected − pending = rest. Raised is counted in the sender's journal,"
            " accepted and rejected in the receiver's. A rejected batch that is sent again is raised again."
            " Pending had no verdict when the period ended; of these, a record counts as lost when its"
            " batch was taken in without a verdict on it, or a later exchange left it behind.",
        ),
        tuple(blocks),
    )


def _verdict(m: Measures, say: Language) -> Verdict:
    everything = [*m.balances.values(), *m.batches.values()]
    records = sum(balance.raised for balance in m.balances.values())
    batches = sum(balance.raised for balance in m.batches.values())
    lost = sum(balance.lost for balance in everything)
    if all(balance.sound for balance in everything):
        if not records and not batches:
            told = say("期間中に発生したものはなく、突合の対象がない。", "Nothing was raised in the period.")
        else:
            told = say(
                f"レコード{say.cases(records)}とバッチ{say.cases(batches)}の全てが、受理、"
                "理由コード付きの拒否、処理待ちのいずれか一つにあり、失われたものはない。",
                f"Each of {say.many(records, 'record')} and {say.many(batches, 'batch')} is accepted,"
                " rejected with a code, or pending, and only one of these; none is lost.",
            )
        return Verdict(True, say("差引残はゼロである。", "The sum is zero."), told)
    rests = [balance.rest for balance in everything]
    missing = sum(rest for rest in rests if rest > 0)
    surplus = -sum(rest for rest in rests if rest < 0)
    return Verdict(
        False,
        say("差引残はゼロではない。", "The sum is NOT zero.")
        if missing or surplus
        else say("失われたものがある。", "Something is lost."),
        say(
            f"行方の分からないもの{say.cases(missing)}、発生より多く数えられたもの{say.cases(surplus)}、"
            f"失われたもの{say.cases(lost)}。下の表を見よ。",
            f"{say.number(missing)} unaccounted for, {say.number(surplus)} counted more often than raised,"
            f" {say.number(lost)} lost: see the tables below.",
        ),
    )


def _kind_order(kind: str) -> tuple[int, str]:
    known = (
        "municipality_notice",
        "municipality_transmission",
        "certificate_issuance_notice",
        "agency_notice",
    )
    return (known.index(kind) if kind in known else len(known), kind)


def _balances(
    say: Language,
    key: str,
    caption: str,
    balances: dict[str, Balance],
    names: dict[str, str],
    *,
    answers: bool,
    note: str = "",
) -> Table:
    rows = [
        Row((name, *_numbers(say, balances[kind], answers)), key=kind, warn=not balances[kind].sound)
        for kind, name in names.items()
    ]
    whole = Balance()
    for balance in balances.values():
        whole.raised += balance.raised
        whole.accepted += balance.accepted
        whole.rejected += balance.rejected
        whole.pending += balance.pending
        whole.lost += balance.lost
        whole.answered += balance.answered
    rows.append(Row((say("計", "Total"), *_numbers(say, whole, answers)), key="total", total=True))
    answered = (Column(say("結果の返送", "Results returned")),) if answers else ()
    return Table(
        key,
        caption,
        (
            Column(say("種別", "Kind") if answers else say("方向", "Direction"), "text"),
            Column(say("発生", "Raised")),
            Column(say("受理", "Accepted")),
            Column(say("拒否", "Rejected")),
            Column(say("処理待ち", "Pending")),
            Column(say("うち喪失", "Of these lost")),
            Column(say("差引残", "Rest")),
            *answered,
        ),
        tuple(rows),
        note=note,
    )


def _numbers(say: Language, balance: Balance, answers: bool) -> tuple[str, ...]:
    values = [balance.raised, balance.accepted, balance.rejected, balance.pending, balance.lost]
    values.append(balance.rest)
    return tuple(say.number(value) for value in values + [balance.answered] * answers)


def _codes(m: Measures, say: Language, names: dict[str, str]) -> Table | Text:
    rows = [
        Row(
            (code, say.of(labels.named(labels.CODES, code)), names[of], say.number(count)), key=f"{of}/{code}"
        )
        for balances in (m.balances, m.batches)
        for of in sorted(balances)
        for code, count in sorted(balances[of].codes.items())
    ]
    if not rows:
        return Text(
            say("突合の対象に、拒否されたものはない。", "Nothing that counts in the balance was rejected.")
        )
    return Table(
        "codes",
        say("拒否の理由コード", "Codes of rejections"),
        (
            Column(say("理由コード", "Code"), "code"),
            Column(say("意味", "Meaning"), "text"),
            Column(say("対象", "Of"), "text"),
            Column(say("件数", "Cases")),
        ),
        tuple(rows),
    )


def _unsettled(m: Measures, say: Language, names: dict[str, str]) -> Table | Text:
    """Person by person and batch by batch: what is not settled, the unsound first, then the oldest."""
    people = m.persons
    told = say(
        f"対象者{people.get('all', 0):,}人のうち、全て処理済み{people.get('settled', 0):,}人、"
        f"処理待ちあり{people.get('pending', 0):,}人、不整合あり{people.get('unsound', 0):,}人。",
        f"Of {say.number(people.get('all', 0))} people everything is settled for"
        f" {say.number(people.get('settled', 0))}, something pending for"
        f" {say.number(people.get('pending', 0))}, something unsound for"
        f" {say.number(people.get('unsound', 0))}.",
    )
    if not m.unsettled:
        return Text(told + say("処理待ちのレコードやバッチはない。", " No record or batch is pending."))
    more = m.unsettled_count - len(m.unsettled[:SHOWN_UNSETTLED])
    return Table(
        "unsettled",
        say("処理待ち・不整合の一覧", "Not settled, one by one"),
        (
            Column(say("番号", "Name"), "code"),
            Column(say("種別・方向", "Kind or way"), "text"),
            Column(say("対象者", "Person"), "code"),
            Column(say("バッチ", "Batch"), "code"),
            Column(say("状態", "State"), "time"),
            Column(say("最後に見た者", "Last seen by"), "code"),
            Column(say("時刻", "At"), "time"),
        ),
        tuple(
            Row(
                (
                    one.get("name", ""),
                    names.get(one.get("kind", ""), one.get("kind", "")),
                    one.get("person", ""),
                    one.get("batch", ""),
                    _standing(say, one),
                    one.get("seen", ""),
                    say.moment(one.get("at", "")),
                ),
                warn=bool(one.get("faults")),
            )
            for one in m.unsettled[:SHOWN_UNSETTLED]
        ),
        note=told + (say(f"ほか{say.cases(more)}。", f" And {say.number(more)} more.") if more > 0 else ""),
    )


def _standing(say: Language, one: dict[str, str]) -> str:
    """Where it stands; of what does not add up, why."""
    faults = [say.of(labels.named(labels.FAULTS, fault)) for fault in one.get("faults", "").split()]
    return say("、", ", ").join(faults) or say.of(labels.named(labels.STATES, one.get("state", "")))


def _why(say: Language, batch: dict[str, str]) -> str:
    """What the code means and what came, when that may be told; what was expected is said in English only."""
    meaning = say.of(labels.named(labels.CODES, batch.get("code", "")))
    expected, received = batch.get("expected", ""), batch.get("received", "")
    ja = f"（受信 {received}）" if received else ""
    en = [f"expected {expected}"] * bool(expected) + [f"received {received}"] * bool(received)
    return say(meaning + ja, meaning + (f" ({', '.join(en)})" if en else ""))


def _rejected(m: Measures, say: Language) -> Table | Text:
    if not m.rejected_batches:
        return Text(say("拒否されたバッチはない。", "No batch was rejected."))
    more = len(m.rejected_batches) - SHOWN_BATCHES
    return Table(
        "rejected",
        say("拒否されたバッチ", "Rejected batches"),
        (
            Column(say("時刻", "At"), "time"),
            Column(say("受け手", "Receiver"), "code"),
            Column(say("送信元", "From"), "code"),
            Column(say("バッチ", "Batch"), "code"),
            Column(say("理由コード", "Code"), "code"),
            Column(say("理由", "Reason"), "prose"),
        ),
        tuple(
            Row(
                (
                    say.moment(batch.get("at", "")),
                    batch.get("node", ""),
                    batch.get("from", ""),
                    batch.get("ref", ""),
                    batch.get("code", ""),
                    _why(say, batch),
                )
            )
            for batch in m.rejected_batches[:SHOWN_BATCHES]
        ),
        note=(say(f"ほか{say.cases(more)}。", f"And {say.number(more)} more.") if more > 0 else "")
        + say(
            "発生していないバッチ（偽造や異物）は突合に入らず、ここにだけ現れる。",
            " Batches that nobody raised (forged or foreign) are no part of the balance and appear only"
            " here.",
        ),
    )
