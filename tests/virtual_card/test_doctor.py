"""Every missing piece has its command, and nothing that is there is called missing."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from virtual_card.doctor import Machine, as_json, examine, look, ready, summary

WHOLE = Machine(
    programs=frozenset({"pcscd", "opensc-tool", "pcsc_scan"}),
    modules=frozenset({"PIL", "smartcard"}),
    image_formats=frozenset({"libtiff", "jpg_2000"}),
    font="NotoSansCJK-Regular.ttc",
    driver="/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    driver_configured=True,
    socket="/run/pcscd/pcscd.comm",
    daemon="running",
    root=False,
    apt=True,
)


def test_a_machine_with_everything_lacks_nothing() -> None:
    findings = examine(WHOLE)
    assert all(each.well and each.remedy is None for each in findings)
    assert ready(findings)
    assert summary(findings).startswith("all is there")


@pytest.mark.parametrize(
    ("machine", "name", "types"),
    [
        (replace(WHOLE, modules=frozenset({"PIL"})), "pyscard", "pip install 'renkei[reader]'"),
        (replace(WHOLE, programs=frozenset()), "pcscd, the", "sudo apt-get install pcscd"),
        (replace(WHOLE, driver=None), "vpcd, the", "sudo apt-get install vsmartcard-vpcd"),
        (replace(WHOLE, driver=None, root=True), "vpcd, the", "apt-get install vsmartcard-vpcd"),
        (replace(WHOLE, driver_configured=False), "configuration", "--reinstall vsmartcard-vpcd"),
        (replace(WHOLE, daemon="absent"), "running", "sudo systemctl start pcscd.socket"),
        (replace(WHOLE, daemon="absent", root=True), "running", "--start-daemon"),
        (replace(WHOLE, daemon="silent"), "running", "sudo rm /run/pcscd/pcscd.comm && sudo pcscd"),
        (replace(WHOLE, daemon="absent", socket="/tmp/x/comm"), "running", "unset PCSCLITE_CSOCK_NAME"),
        (replace(WHOLE, daemon="silent", socket="/tmp/x/comm"), "running", "--start-daemon"),
        (replace(WHOLE, daemon="forbidden"), "running", "sudo chmod a+rw /run/pcscd/pcscd.comm"),
        (replace(WHOLE, font=None), "font", "sudo apt-get install fonts-noto-cjk"),
        (replace(WHOLE, image_formats=frozenset({"libtiff"})), "Pillow", "pip install"),
        (replace(WHOLE, apt=False, driver=None), "vpcd, the", "install the package vsmartcard-vpcd"),
    ],
)
def test_each_missing_piece_is_named_with_the_command_that_mends_it(
    machine: Machine, name: str, types: str
) -> None:
    found = [each for each in examine(machine) if not each.well]
    first = next(each for each in found if name in each.name)
    assert first.remedy is not None
    assert types in first.remedy
    assert not ready(examine(machine))
    assert not summary(examine(machine)).startswith("all is there")


def test_a_variable_that_names_a_daemon_that_is_gone_is_told_and_no_system_service_blamed() -> None:
    found = next(
        each for each in examine(replace(WHOLE, daemon="absent", socket="/tmp/x/comm")) if not each.well
    )
    assert "PCSCLITE_CSOCK_NAME names /tmp/x/comm" in found.seen
    assert "systemctl" not in (found.remedy or "")


def test_other_peoples_programs_are_told_of_but_nothing_fails_without_them() -> None:
    findings = examine(replace(WHOLE, programs=frozenset({"pcscd"})))
    assert [each.remedy for each in findings if not each.well] == [
        "sudo apt-get install opensc",
        "sudo apt-get install pcsc-tools",
    ]
    assert ready(findings)


def test_the_findings_are_the_same_for_programs() -> None:
    rows = as_json(examine(replace(WHOLE, daemon="absent")))
    assert [row["name"] for row in rows if not row["well"]] == ["pcscd is running and may be used"]
    assert set(rows[0]) == {"name", "need", "well", "seen", "remedy"}


def test_looking_tells_a_daemon_from_an_empty_place_and_a_dead_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "pcscd.comm"
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(place))
    assert look().daemon == "absent"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
        daemon.bind(str(place))
        daemon.listen()
        assert look().daemon == "running"
    assert look().daemon == "silent"
    assert look().socket == str(place)
