"""Breaks the law on purpose: cosmic-ray mutates every module of sim/law, and the tests must notice.

    make mutants                        all modules; ends with 0 when at least 95 % of the mutants are killed
    python bench/law_mutants.py calendar deeming            some modules

Works on copies of the tree, two modules at a time. A module is judged by its own test file first and, what
that lets live, by all tests of the shelf. The survivors are listed; docs/law-mutants.md says why each of them
may live, and a survivor that it does not name makes the run fail.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[1]
LAW: Final = HOME / "sim" / "law"
EXPLAINED: Final = HOME / "docs" / "law-mutants.md"
WANTED: Final = 0.95
WORKERS: Final = 2
TIMEOUT_S: Final = 60

NO_CODE: Final = (
    # `date | None` is an annotation, which `from __future__ import annotations` never evaluates.
    "core/ReplaceBinaryOperator_BitOr_.*",
)
"""Operators left out, because what they change is no code."""

# Plugins take six times as long to load as the tests of a module to run, and none of them is needed here.
ENVIRONMENT: Final = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "RENKEI_HYPOTHESIS": "quick",
}

PYTEST: Final = f"{sys.executable} -m pytest -x -q -p no:cacheprovider -o addopts= --import-mode=importlib"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutation and whether a test noticed it. `change`: the line before and after."""

    module: str
    line: int
    operator: str
    change: str
    killed: bool

    @property
    def name(self) -> str:
        """How docs/law-mutants.md names it: lines move, so the number is left out."""
        return f"`{self.module}`: `{self.change}`"


def modules(asked: list[str]) -> list[str]:
    """The modules to mutate, as paths below the root; those that hold names and texts only have no code."""
    known = {
        str(path.relative_to(LAW).with_suffix("")).replace("/", "."): str(path.relative_to(HOME))
        for path in sorted(LAW.rglob("*.py"))
        if path.name != "__init__.py"
    }
    for name in asked:
        if name not in known:
            sys.exit(f"law_mutants: there is no module {name!r}; there are {', '.join(known)}")
    return [known[name] for name in asked or known]


def tests_of(module: str) -> str:
    """The test files of the module or of its package before the whole shelf."""
    path = Path(module)
    tests = HOME / "tests" / "law"
    own = sorted(tests.glob(f"test_{path.stem}.py")) or sorted(tests.glob(f"test_{path.parent.name}*.py"))
    return " ".join([*(str(file.relative_to(HOME)) for file in own), "tests/law"])


def mutate(module: str) -> list[Mutant]:
    """Runs all mutants of one module in a copy of the tree."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(
            HOME,
            tree,
            ignore=shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache"),
        )
        config, session = Path(folder) / "config.toml", Path(folder) / "session.sqlite"
        config.write_text(
            "[cosmic-ray]\n"
            f'module-path = "{module}"\ntimeout = {TIMEOUT_S}.0\nexcluded-modules = []\n'
            f'test-command = "{PYTEST} {tests_of(module)}"\n'
            '[cosmic-ray.distributor]\nname = "local"\n'
            f"[cosmic-ray.filters.operators-filter]\nexclude-operators = {json.dumps(list(NO_CODE))}\n",
            encoding="utf-8",
        )
        environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(tree)}
        tools = Path(sys.executable).parent

        def run(tool: str, *arguments: str) -> str:
            done = subprocess.run(
                [tools / tool, *arguments],
                cwd=tree,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"law_mutants: {tool} {' '.join(arguments)}\n{done.stdout}{done.stderr}")
            return done.stdout

        run("cosmic-ray", "init", str(config), str(session))
        run("cr-filter-operators", str(session), str(config))
        run("cosmic-ray", "baseline", str(config))
        run("cosmic-ray", "exec", str(config), str(session))
        return list(_read(run("cosmic-ray", "dump", str(session)), module))


def _read(dump: str, module: str) -> Iterator[Mutant]:
    """The results in cosmic-ray's dump: a pair of work item and result a line.

    A mutant that cannot even be imported or that hangs is noticed by any test, and counts as killed. One
    without a verdict stops the run: a share of what happened to finish would say nothing.
    """
    for line in dump.splitlines():
        item, result = json.loads(line)
        mutation = item["mutations"][0]
        outcome = result and (result["worker_outcome"], result["test_outcome"])
        if outcome and outcome[0] == "skipped":
            continue
        if not outcome or outcome[0] != "normal" or outcome[1] not in ("survived", "killed", "incompetent"):
            sys.exit(f"law_mutants: no verdict on {module}:{mutation['start_pos'][0]}: {outcome}")
        removed = re.search(r"^-(?!--)(.*)$", result["diff"] or "", re.MULTILINE)
        added = re.search(r"^\+(?!\+\+)(.*)$", result["diff"] or "", re.MULTILINE)
        change = f"{removed[1].strip() if removed else '?'}  ->  {added[1].strip() if added else '?'}"
        operator = mutation["operator_name"].removeprefix("core/")
        yield Mutant(module, mutation["start_pos"][0], operator, change, outcome[1] != "survived")


def main() -> None:
    """Mutates, tells, and judges."""
    chosen = modules(sys.argv[1:])
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(mutate, chosen))
    explained = EXPLAINED.read_text(encoding="utf-8") if EXPLAINED.exists() else ""
    unexplained = []
    print(f"{'module':<36}{'mutants':>8}{'killed':>8}{'share':>8}")
    for module, mutants in zip(chosen, results, strict=True):
        killed = sum(mutant.killed for mutant in mutants)
        share = f"{killed / len(mutants):.1%}" if mutants else "-"
        print(f"{module:<36}{len(mutants):>8}{killed:>8}{share:>8}")
    print()
    for mutant in (mutant for mutants in results for mutant in mutants if not mutant.killed):
        known = mutant.name in explained
        if not known:
            unexplained.append(mutant)
        verdict = "explained" if known else "SURVIVED "
        print(f"{verdict}  line {mutant.line}  {mutant.operator}\n    {mutant.name}")
    total = sum(map(len, results))
    killed = sum(mutant.killed for mutants in results for mutant in mutants)
    print(f"\n{total} mutants, {killed} killed, {killed / max(total, 1):.1%}; wanted {WANTED:.0%}")
    if unexplained:
        print(f"{len(unexplained)} survivors are not explained in {EXPLAINED.relative_to(HOME)}")
    sys.exit(unexplained != [] or killed < WANTED * total)


if __name__ == "__main__":
    main()
