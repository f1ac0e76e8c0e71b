"""Makes every scenario of every feature file here a test that pytest can schedule."""

from __future__ import annotations

from pathlib import Path

from pytest_bdd import scenarios

scenarios(str(Path(__file__).parent))
