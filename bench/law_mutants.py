"""Judges a mutation run of the law: `make mutants` lets mutmut break sim/law in every way it knows.

At least 95 % of the mutants must be killed, and docs/law-mutants.md must say of every function why as many of
its mutants may live as do. Reads the results that mutmut left in the folder mutants/.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[1]
EXPLAINED: Final = HOME / "docs" / "law-mutants.md"
WANTED: Final = 0.95
SURVIVED: Final = "survived"
KILLED: Final = frozenset({"killed", "timeout", "caught by type check"})
"""A mutant that never ends is noticed by any test."""


def results() -> dict[str, str]:
    """The state of every mutant, by its name."""
    told = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "results", "--all", "true"],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(re.findall(r"^\s*(\S+__mutmut_[0-9]+): (.+)$", told, re.MULTILINE))


def function_of(mutant: str) -> str:
    """The function that was changed, as a reader names it: sim.law.write_policy.Decision.__post_init__."""
    name = re.sub(r"__mutmut_[0-9]+$", "", mutant)
    module, _, mangled = name.rpartition(".")
    if mangled.startswith("xǁ"):
        return f"{module}.{mangled[2:].replace('ǁ', '.')}"
    return f"{module}.{mangled.removeprefix('x_')}"


def may_live() -> dict[str, int]:
    """How many mutants of a function docs/law-mutants.md explains."""
    rows = re.findall(r"^\| `([\w.]+)` \| ([0-9]+) \|", EXPLAINED.read_text(encoding="utf-8"), re.MULTILINE)
    return {function: int(count) for function, count in rows}


def main() -> None:
    """Tells the share by module and what is not explained."""
    states = results()
    odd = {state for state in states.values() if state != SURVIVED and state not in KILLED}
    if odd or not states:
        sys.exit(f"law_mutants: mutants without a verdict: {', '.join(sorted(odd)) or 'all'}")
    modules = Counter(function_of(mutant).rsplit(".", 1)[0] for mutant in states)
    alive = Counter(function_of(mutant) for mutant, state in states.items() if state == SURVIVED)
    dead = Counter(
        function_of(mutant).rsplit(".", 1)[0] for mutant, state in states.items() if state in KILLED
    )
    print(f"{'':<44}{'mutants':>8}{'killed':>8}{'share':>8}")
    for module, count in sorted(modules.items()):
        print(f"{module:<44}{count:>8}{dead[module]:>8}{dead[module] / count:>8.1%}")
    share = sum(dead.values()) / len(states)
    print(f"{'all':<44}{len(states):>8}{sum(dead.values()):>8}{share:>8.1%}; wanted {WANTED:.0%}")
    explained = may_live()
    unexplained = {function: count for function, count in alive.items() if count > explained.get(function, 0)}
    for function, count in sorted(unexplained.items()):
        known = explained.get(function, 0)
        print(f"{function}: {count} survive, {EXPLAINED.relative_to(HOME)} explains {known}")
    sys.exit(bool(unexplained) or share < WANTED)


if __name__ == "__main__":
    main()
