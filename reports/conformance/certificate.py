"""The certificate: one page of A4 in Japanese with English, or the same page saying why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.results import Proof, Results
from conformance.verdicts import Assumption, Verdict
from reports.conformance.lines import cut
from reports.conformance.sections import ASSUMED, listed
from reports.conformance.words import NOT, called, counted
from reports.language import EN, JA
from reports.rendering import inline, template

SHOWN: Final = 8
"""Names that an entry lists; the report has them all, and the certificate must stay on its page."""

ASSUMPTIONS: Final = 4
"""Assumptions that it lists."""
NAME: Final = 80
"""Characters of a name or of another text that the plan gives."""

ENGLISH: Final = {
    "compliance": "Confirmation of conformance",
    "interoperability": "Confirmation of interoperability",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the certificate in both languages; `value` is common to them."""

    ja: str
    en: str
    value: str = ""
    code: bool = False


def render(results: Results, proof: Proof) -> str:
    """The whole page as HTML text. The same text for the same bundle."""
    found = results.certificate
    return template("certificate.html.jinja").render(
        granted=results.granted,
        kind=(found.kind.ja, ENGLISH[found.kind.value]),
        name=(cut(called(results, JA), NAME), cut(called(results, EN), NAME)),
        role=results.role_words,
        facts=_facts(results),
        reasons=[Entry(one.ja, one.en, listed(one.about, JA, SHOWN)) for one in found.reasons],
        # Capabilities and assumptions have lists of their own, in words.
        remarks=[
            Entry(one.ja, one.en, listed(one.about, JA, SHOWN))
            for one in found.remarks
            if one.code not in ("not_applicable", "conditional", "assumed")
        ],
        lacking=[Entry(one.ja, one.en) for one in results.capabilities if one.declared is False],
        conditional=_conditional(results)[:ASSUMPTIONS],
        more=max(0, len(_conditional(results)) - ASSUMPTIONS),
        nots=NOT[:3],
        digests=_digests(proof),
        style=inline("certificate.css"),
    )


def _facts(results: Results) -> list[Entry]:
    told = results.implementation
    passed = sum(1 for row in results.requirements if row.verdict is Verdict.PASS)
    frozen = "" if results.set != "current" else "（固定されていない / not frozen）"
    facts = [
        Entry("供給者", "Vendor", cut(told.vendor, NAME)),
        *_partner(results),
        Entry("納品物のSHA-256", "SHA-256 of the delivery", told.digest.removeprefix("sha256:"), code=True),
        Entry(
            "プロファイル",
            "Profile",
            f"{results.profile}（{results.profile_words.ja} / {results.profile_words.en}）",
        ),
        Entry("要件集", "Requirement set", f"{results.set}{frozen}"),
        Entry("選択した要望", "Selected wishes", listed(results.selected, JA, SHOWN)),
        Entry("ケース", "Cases", counted(results.counts) or "0"),
        Entry("要件", "Requirements", f"PASS {passed:,} / {len(results.requirements):,}"),
        Entry("市区町村の指定文言", "Challenge", cut(results.challenge, NAME)),
        Entry("ハーネス", "Harness", f"renkei {results.harness}, profile renkei-open/1"),
    ]
    return [fact for fact in facts if fact.value]


def _partner(results: Results) -> list[Entry]:
    """The product at the other end, where there is one."""
    other = results.partner
    if other is None:
        return []
    name = cut(f"{other.name} {other.version}".strip(), NAME)
    return [
        Entry("相手方の製品（入管庁側）", "Product at the other end", name),
        Entry("相手方の供給者", "Its vendor", cut(other.vendor, NAME)),
        Entry(
            "相手方の納品物のSHA-256",
            "SHA-256 of its delivery",
            other.digest.removeprefix("sha256:"),
            code=True,
        ),
    ]


def _conditional(results: Results) -> list[Entry]:
    """Each assumption that something rests on, once, with its date."""
    found: dict[Assumption, list[str]] = {}
    for case in results.cases:
        for one in case.checks:
            if one.assumption and one.verdict in ASSUMED:
                found.setdefault(one.assumption, []).append(f"{one.check} {one.verdict}")
    return [
        Entry(
            f"{why.ja}（{why.since}）",
            f"{why.en} ({why.since})",
            listed(tuple(dict.fromkeys(checks)), JA, SHOWN),
        )
        for why, checks in found.items()
    ]


def _digests(proof: Proof) -> list[Entry]:
    return [
        Entry("計画", "plan.toml", proof.plan, code=True),
        Entry("判定", "verdicts.json", proof.verdicts, code=True),
        Entry("記録の全体", "journals/", proof.journals, code=True),
        Entry("署名の鍵", "signing key", proof.key or "署名なし / unsigned", code=bool(proof.key)),
    ]
