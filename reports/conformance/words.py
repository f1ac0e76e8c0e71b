"""Words that several pages of a conformance run share: what a verdict means, and what none of it is."""

from __future__ import annotations

from typing import Final

from conformance.results import Results
from conformance.verdicts import ORDER, Verdict
from reports.language import Language

MEANING: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.FAIL: (
        "規則に反した、又は期待される事象の記録がない。",
        "A rule was broken, or what was expected left no evidence.",
    ),
    Verdict.INCONCLUSIVE: (
        "ハーネス又は環境の不具合のため、判定できない。",
        "The harness or its environment failed; nothing is known.",
    ),
    Verdict.NOT_RUN: ("実施されていない。", "It was owed and was not run."),
    Verdict.REVIEW: ("人が確認する必要がある。", "A person has to look."),
    Verdict.WARN: ("望ましくない振る舞いがある。", "It does what it should rather not do."),
    Verdict.CONDITIONAL: (
        "確認できない出典による限り、規則に合わない。合否を決めない。",
        "Wrong as far as an unconfirmed source can say; decides nothing.",
    ),
    Verdict.PASS: ("証拠があり、規則のとおりである。", "Evidence was seen, and it is as it must be."),
    Verdict.NOT_APPLICABLE: (
        "任意の機能が宣言されていない、又は該当する事象がない。",
        "An optional capability is not declared, or nothing happened to which it applies.",
    ),
}

SUMMARY: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.FAIL: ("規則に反したケースがある", "Rules were broken"),
    Verdict.INCONCLUSIVE: ("判定できなかったケースがある", "Something could not be judged"),
    Verdict.NOT_RUN: ("実施されていないケースがある", "Cases were not run"),
    Verdict.REVIEW: ("人が確認する必要がある", "A person has to look"),
    Verdict.WARN: ("違反はないが、望ましくない振る舞いがある", "Nothing was broken; there are warnings"),
    Verdict.CONDITIONAL: (
        "違反はないが、条件付きのものがある",
        "Nothing was broken; something is conditional",
    ),
    Verdict.PASS: ("違反はない", "Nothing was broken"),
    Verdict.NOT_APPLICABLE: ("判定したものがない", "Nothing was judged"),
}
"""What a whole run amounts to, in a sentence."""

NOT: Final[tuple[tuple[str, str], ...]] = (
    (
        "公的機関の認定、証明、検定ではない。どの行政機関も、renkei とこの結果を発行、承認、確認していない。",
        "It is no approval or certification by any authority: none has issued, endorsed or reviewed renkei or"
        " this result.",
    ),
    (
        "出入国在留管理庁の連携仕様は公開されていない。この結果は、公開された資料から組み立てた仕様"
        " renkei-open/1 によるものであり、実際の回線に接続できることを示さない。",
        "The agency's interface specification is not public. The result rests on the open profile"
        " renkei-open/1, reconstructed from published material, and does not show that the product can be"
        " connected to the real network.",
    ),
    (
        "試験したケースの範囲のことだけを示す。性能、運用、情報セキュリティの全体、試験していない版については"
        "何も示さない。",
        "It speaks of the cases that were run only, and not of performance, operation, security as a whole,"
        " or any other version.",
    ),
    (
        "登場する人は全て架空であり、日時は試験の中の日時である。実施した日は示さない（ハーネスは時計を読まない）。",
        "All people are invented, and all times are those of the cases. It bears no date: the harness reads"
        " no clock.",
    ),
)
"""What a result and a certificate are not."""

KINDS: Final[dict[str, tuple[str, str]]] = {
    "duty": ("義務", "duty"),
    "policy": ("方針", "policy"),
    "wish": ("要望", "wish"),
    "design": ("構成", "design"),
    "evidence": ("書類", "evidence"),
    "parameter": ("設定値", "parameter"),
    "historical": ("経過", "historical"),
}
"""Kinds of rows, as the register has them."""

STOPPED: Final[dict[str, str]] = {
    "the time for the whole run was over": "実行全体の時間切れ",
    "interrupted": "中断",
}
"""Why a run ended early, in Japanese; anything else is told as it is."""


def called(results: Results, say: Language) -> str:
    """Name and version of what was tested, and of the product that it was tried against, if there was one."""
    name, version = results.called
    tested = " ".join(
        part for part in (name or say("名前のない実装", "an unnamed implementation"), version) if part
    )
    other = results.partner
    return tested if other is None else f"{tested} ⇄ {other.name} {other.version}".rstrip()


def stopped(results: Results, say: Language) -> str:
    """Why the run ended early; empty if it did not."""
    return say(STOPPED.get(results.stopped, results.stopped), results.stopped)


def counted(counts: dict[str, int]) -> str:
    """FAIL 2, PASS 398: the heaviest first."""
    return ", ".join(f"{verdict} {counts[verdict]:,}" for verdict in ORDER if counts.get(verdict))
