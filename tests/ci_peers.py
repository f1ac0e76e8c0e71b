"""Did the tests against real programs run? A green run that skipped them proves nothing.

Reads pytest's JUnit report. A test against a real program says so: `record_property("peer", "openssl")`.
Every peer must have a test that passed, and no test may be skipped. The last line counts the tests.

    python tests/ci_peers.py build/junit.xml
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PEERS = ("openssl", "curl", "chromium", "opensc-tool", "pcsc_scan", "pcscd", "postgresql")


@dataclass(frozen=True, slots=True)
class Count:
    """What the report says: names of the skipped tests, numbers of the others, peers with a passed test."""

    passed: int
    failed: int
    skipped: tuple[str, ...]
    peers: frozenset[str]


def count(report: str) -> Count:
    """Count the tests in the text of a JUnit report; an expected failure is in it, and counts, as skipped."""
    passed = failed = 0
    skipped: list[str] = []
    peers: set[str] = set()
    for case in ElementTree.fromstring(report).iter("testcase"):
        if case.find("skipped") is not None:
            skipped.append(f"{case.get('classname')}::{case.get('name')}")
        elif case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        else:
            passed += 1
            peers |= {
                found.get("value", "") for found in case.iter("property") if found.get("name") == "peer"
            }
    return Count(passed, failed, tuple(skipped), frozenset(peers))


def complaints(counted: Count) -> list[str]:
    """What forbids to call this run complete; empty when nothing does."""
    found = [f"skipped: {name}" for name in counted.skipped]
    found += [f"no passed test talked to the real {peer}" for peer in PEERS if peer not in counted.peers]
    if counted.failed:
        found.append(f"{counted.failed} failed")
    if not counted.passed:
        found.append("no test passed")
    return found


def main(path: Path) -> int:
    """Print the complaints, then the count; 1 when there is a complaint."""
    try:
        counted = count(path.read_text(encoding="utf-8"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no report of the tests, set-up or lint failed before them: {error}")
        print("0 passed, 1 failed")  # the one that failed is the run itself
        return 1
    found = complaints(counted)
    for complaint in found:
        print(f"incomplete: {complaint}")
    print(f"{counted.passed} passed, {counted.failed} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
