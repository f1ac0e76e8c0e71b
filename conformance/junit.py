"""JUnit XML of a run, for programs of continuous integration. A pure function of the results.

One `testsuite` for each feature, one `testcase` for each case. JUnit knows less than our verdicts do: FAIL is
a `failure`; INCONCLUSIVE and NOT_RUN are an `error`, because nothing is known; NOT_APPLICABLE is `skipped`
with the reason. The other verdicts pass, and what was found is told in `system-out`. There are no times: a
clock would make other bytes of the same journals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lxml import etree

from conformance.results import CaseResult, Results
from conformance.verdicts import CheckVerdict, Verdict

TAGS: Final = {
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_RUN: "error",
    Verdict.NOT_APPLICABLE: "skipped",
}
"""What stands in a `testcase` of a verdict; any other passes."""

NOT_RUN: Final = "実施されていません。 / It was not run."

UNSPEAKABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def junit(results: Results) -> bytes:
    """The file `junit.xml`."""
    name = " ".join(part for part in ("renkei", results.role, *results.called) if part)
    root = etree.Element("testsuites", name=clean(name), **_counts(results.cases))
    suites: dict[str, list[CaseResult]] = {}
    for case in results.cases:
        suites.setdefault(case.feature, []).append(case)
    for feature, cases in sorted(suites.items()):
        title = f"{feature} {cases[0].heading}".strip()
        suite = etree.SubElement(root, "testsuite", name=clean(title), **_counts(cases))
        for case in cases:
            _case(suite, case, feature)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def clean(text: str) -> str:
    """The text without what XML cannot hold; such a character is written as its number."""
    return UNSPEAKABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _case(suite: etree._Element, case: CaseResult, feature: str) -> None:
    node = etree.SubElement(
        suite, "testcase", name=clean(f"{case.case} {case.title}"), classname=clean(feature.partition(".")[0])
    )
    tag = TAGS.get(case.verdict)
    told = [one for one in case.checks if one.findings and (tag is None or one.verdict is case.verdict)]
    if tag is None:
        if told:
            etree.SubElement(node, "system-out").text = clean(_told(told))
        return
    first = next((found for one in told for found in one.findings), None)
    if first is None:
        message = NOT_RUN
    elif tag == "skipped":
        message = f"{first.ja} / {first.en} {first.expected}"
    else:
        message = f"{told[0].check}: {first.ja} / {first.en}"
    # Text of `skipped` is not shown by every program, and its message says all there is.
    inner = etree.SubElement(node, tag, message=clean(message))
    if tag != "skipped":
        inner.set("type", str(case.verdict))
        inner.text = clean(_told(told)) or None


def _told(checks: Iterable[CheckVerdict]) -> str:
    """Every finding with what was expected, what came, and the journal lines that show it."""
    parts = []
    for one in checks:
        for found in one.findings:
            parts.append(
                f"{one.verdict} {one.check} ({', '.join(one.requirements) or '-'})\n"
                f"{found.ja}\n{found.en}\n"
                f"expected: {found.expected}\nreceived: {found.received}\n"
                f"evidence: {', '.join(found.evidence or one.evidence) or '-'}\n"
            )
    return "\n".join(parts)


def _counts(cases: Iterable[CaseResult]) -> dict[str, str]:
    tags = [TAGS.get(case.verdict, "") for case in cases]
    return {
        "tests": str(len(tags)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
    }
