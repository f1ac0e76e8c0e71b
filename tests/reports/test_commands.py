"""`renkei report build`: writes the page beside the measures, or says what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import reports
from reports.commands import app
from reports.page import render
from sim.base.errors import UsageError
from sim.studies.measures import Measures, encode

BUILD = "import sys; from reports.commands import app; app(['build', sys.argv[1], '--out', sys.argv[2]])"


def fault(*arguments: str) -> UsageError:
    error = CliRunner().invoke(app, ["build", *arguments]).exception
    assert isinstance(error, UsageError)
    return error


def test_the_page_is_written_beside_the_measures(month: Measures, tmp_path: Path) -> None:
    (tmp_path / "measures.json").write_bytes(encode(month))
    (tmp_path / "report.html").write_text("an old report")
    result = CliRunner().invoke(app, ["build", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.strip() == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == render(month).encode()


def test_the_page_goes_where_out_says(month: Measures, tmp_path: Path) -> None:
    (tmp_path / "measures.json").write_bytes(encode(month))
    out = tmp_path / "elsewhere.html"
    assert CliRunner().invoke(app, ["build", str(tmp_path), "--out", str(out)]).exit_code == 0
    assert out.read_bytes() == render(month).encode()
    assert not (tmp_path / "report.html").exists()


def test_the_bytes_do_not_depend_on_the_order_in_which_python_hashes(
    broken: Measures, tmp_path: Path
) -> None:
    (tmp_path / "measures.json").write_bytes(encode(broken))
    home = str(Path(reports.__file__).parent.parent)
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", BUILD, str(tmp_path), str(tmp_path / f"{seed}.html")],
            env={"PYTHONPATH": home, "PYTHONHASHSEED": seed},
            check=True,
        )
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes() == render(broken).encode()


def test_a_missing_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    error = fault(str(tmp_path / "nowhere"))
    assert "there is no such folder" in error.message
    assert error.where == str(tmp_path / "nowhere")
    assert "renkei sim run" in (error.remedy or "")


def test_a_folder_without_measures_is_an_error(tmp_path: Path) -> None:
    assert "measures" in fault(str(tmp_path)).message


def test_a_place_that_cannot_be_written_is_an_error(month: Measures, tmp_path: Path) -> None:
    (tmp_path / "measures.json").write_bytes(encode(month))
    error = fault(str(tmp_path), "--out", str(tmp_path / "no" / "such" / "place.html"))
    assert "cannot be written" in error.message


@pytest.mark.parametrize("word", ["build", "DIR", "--out"])
def test_the_help_is_in_english(word: str) -> None:
    help_text = (
        CliRunner().invoke(app, ["--help"]).output + CliRunner().invoke(app, ["build", "--help"]).output
    )
    assert word in help_text
    assert help_text.isascii() or all(ord(sign) < 0x3000 for sign in help_text)
