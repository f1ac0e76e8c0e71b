"""`renkei lgwan` as people use it: a folder, a process, changes while it runs; TLS from end to end."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import sim
from sim.base import journal
from sim.base.errors import UsageError
from sim.commands.lgwan import lgwan_app
from sim.drivers.live.network.journal import FILE
from sim.drivers.live.network.running import running
from sim.drivers.live.process import Process, Setup
from sim.exchange import pki
from sim.exchange.pki import Usage
from tests.live.network.helpers import OSAKA, SHINJUKU

CLI = CliRunner()


def said(*arguments: object) -> Result:
    """What a command says; its own errors are raised."""
    result = CLI.invoke(lgwan_app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def made(folder: Path, server: int = 9, *more: str) -> Path:
    """A folder with two lines in front of a server on that port."""
    place = f"127.0.0.1:{server}"
    codes = f"{SHINJUKU},{OSAKA}"
    assert said("init", folder, "--ministry", place, "--codes", codes, "--port", "0", *more).exit_code == 0
    return folder


@contextmanager
def started(folder: Path) -> Iterator[int]:
    """The network of a folder as a child of ours: the port of its lines."""
    with Process("network.running", Setup(str(folder), "", "")) as process:
        yield process.port()
        process.stop()


# --- wrong use -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "say who may use the network"),
        (("--codes", "131042"), "check digit"),
        (("--codes", "131041", "--codes-file", "x.csv"), "say who may use the network"),
        (("--codes-file", "nowhere.csv"), "cannot be read"),
        (("--codes", "131041", "--ministry", "here"), "HOST:PORT"),
        (("--codes", "131041", "--rate", "fast"), "64k"),
        (("--codes", "131041", "--loss", "1"), "less than 1"),
        (("--codes", "131041", "--port", "70000"), "65535"),
    ],
)
def test_a_folder_is_not_made_from_wrong_words(tmp_path: Path, arguments: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        said("init", tmp_path / "lgwan", *arguments)
    assert message in str(caught.value)
    assert not (tmp_path / "lgwan").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--line", SHINJUKU),
        ("--for", "1m"),
        ("--rate", "64k", "--outage", "cable"),
        ("--outage", "cable", "--lift", "cable"),
        ("--lift", "cable", "--line", SHINJUKU),
        ("--rate", "64k", "--after", "1s"),
    ],
)
def test_a_change_that_says_nothing_or_two_things_is_refused(tmp_path: Path, arguments: Any) -> None:
    with pytest.raises(UsageError, match="say one thing"):
        said("set", tmp_path, *arguments)


@pytest.mark.parametrize(
    ("option", "more", "example"),
    [("--for", ("--outage", "x"), "30m"), ("--after", ("--outage", "x"), "30s"), ("--latency", (), "40ms")],
)
@pytest.mark.parametrize("given", ["banana", "", "30", "-1m", "9999999h"])
def test_what_is_no_time_is_refused_with_its_option_its_form_and_an_example(
    tmp_path: Path, option: str, more: tuple[str, ...], example: str, given: str
) -> None:
    with pytest.raises(UsageError, match="this is no time") as caught:
        said("set", tmp_path, *more, option, given)
    assert caught.value.where == option
    assert caught.value.received == repr(given)
    assert "30s, 5m, 2h" in str(caught.value.expected)
    assert caught.value.remedy == f"such as: {option} {example}"


def test_a_network_that_does_not_run_can_be_neither_shown_nor_changed(tmp_path: Path) -> None:
    made(tmp_path / "lgwan")
    for arguments in (("show",), ("set",)):
        with pytest.raises(UsageError, match=r"no network of this folder runs"):
            said(*arguments, tmp_path / "lgwan", *(("--rate", "64k") if arguments == ("set",) else ()))


def test_the_help_shows_the_form_of_a_step_with_its_brackets() -> None:
    assert "[[steps]] with after" in " ".join(said("run", "--help").stdout.replace("│", " ").split())


# --- while it runs ---------------------------------------------------------------------------------------
def test_a_network_is_changed_while_it_runs_and_leaves_a_journal(tmp_path: Path) -> None:
    folder = made(tmp_path / "lgwan", 9, "--rate", "1M", "--latency", "20ms")
    with started(folder) as port:
        with pytest.raises(UsageError, match="runs already"):
            said("run", folder)
        shown = said("show", folder).stdout
        assert f"2 lines on port {port}" in shown
        assert f"127.13.1.4:{port}" in shown
        # A rate without a unit is taken as bits, so what was understood is said.
        told = said("set", folder, "--rate", "1500", "--capture").stdout.strip()
        assert told == "2 lines changed: rate 1500bit/s, capture True"
        assert "64k" in said("set", folder, "--line", SHINJUKU, "--rate", "64k", "--loss", "0.01").stdout
        declared = said("set", folder, "--outage", "cable", "--line", OSAKA, "--for", "1h", "--json").stdout
        assert json.loads(declared)["line"] == OSAKA
        assert "OUTAGE cable" in said("show", folder, "--line", OSAKA).stdout
        line = json.loads(said("show", folder, "--line", SHINJUKU, "--json").stdout)
        assert (line["rate"], line["latency_ms"], line["loss"], line["capture"]) == (64_000, 20.0, 0.01, True)
        with pytest.raises(UsageError, match="did you mean 131041"):
            said("set", folder, "--line", "131042", "--rate", "64k")
        with pytest.raises(UsageError, match="there is an outage 'cable' already"):
            said("set", folder, "--outage", "cable", "--line", OSAKA)
        for wrong in ("nothing", "a/b?c=d#e", "%2F", "cable-1?", "../lines"):
            with pytest.raises(UsageError, match=r"there is no outage(.|\n)*cable-1 \(on, 271004\)"):
                said("set", folder, "--lift", wrong)
        assert "lifted" in said("set", folder, "--lift", "cable").stdout
    assert running(folder) is None
    kinds = [one.kind for one in journal.read(folder / FILE)]
    assert kinds == [
        "network_started",
        *("line_changed", "line_changed"),
        *("outage_declared", "outage_lifted"),
        "network_stopped",
    ]


def test_a_killed_network_leaves_no_trace_that_keeps_the_next_one_from_starting(tmp_path: Path) -> None:
    folder = made(tmp_path / "lgwan")
    with Process("network.running", Setup(str(folder), "", "")) as process:
        process.port()
        process.kill()
    assert (folder / "running.json").exists()
    assert running(folder) is None
    with started(folder):
        assert running(folder) is not None


def test_the_command_runs_in_the_foreground_with_a_script_and_ends_when_asked(tmp_path: Path) -> None:
    folder = made(tmp_path / "lgwan")
    script = tmp_path / "script.toml"
    script.write_text('[[steps]]\nafter = "0"\nset = {line = "131041", rate = "9600"}\n', encoding="utf-8")
    home = str(Path(str(sim.__file__)).parents[1])
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import renkei; renkei.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, home, "lgwan", "run", str(folder), "--script", str(script)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("renkei: listening on port ")
            assert process.stdout.readline().startswith("renkei: control on port ")
            assert "9600" in said("show", folder, "--line", SHINJUKU).stdout
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


# --- TLS from end to end ---------------------------------------------------------------------------------
@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """A server that wants a certificate and says whom it saw: (port, names seen)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ISA.cert.pem", folder / "ISA.key.pem")
    context.load_verify_locations(folder / f"{pki.AUTHORITY_NAME}.cert.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            raw, _ = listener.accept()
            with closing(context.wrap_socket(raw, server_side=True)) as link:
                subject: Any = link.getpeercert()
                seen.append(dict(part[0] for part in subject["subject"])["commonName"])
                link.sendall(link.recv(100).upper())

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1], seen
        finally:
            thread.join(30)


@pytest.mark.real_peer
def test_a_terminal_s_certificate_reaches_the_server_through_the_network(
    tmp_path: Path, record_property: Any
) -> None:
    record_property("peer", "openssl")
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl is missing: install the system package `openssl`"
    keys = tmp_path / "pki"
    authority = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
    pki.save(keys, authority)
    for name, usage in (("ISA", Usage.TLS_SERVER), (SHINJUKU, Usage.TLS_CLIENT)):
        pki.save(keys, pki.issue(authority, name, pki.serial_of(name, usage), usage))
    with tls_server(keys) as (server, seen):
        folder = made(tmp_path / "lgwan", server, "--latency", "5ms")
        with started(folder) as port:
            said("set", folder, "--capture")
            done = subprocess.run(
                [
                    *(openssl, "s_client", "-quiet", "-connect", f"127.13.1.4:{port}"),
                    *("-cert", str(keys / f"{SHINJUKU}.cert.pem"), "-key", str(keys / f"{SHINJUKU}.key.pem")),
                    *("-CAfile", str(keys / f"{pki.AUTHORITY_NAME}.cert.pem"), "-verify_return_error"),
                ],
                input=b"a canary that sings\n",
                capture_output=True,
                timeout=60,
                check=False,
            )
            assert done.stdout == b"A CANARY THAT SINGS\n"
            captured = json.loads(said("show", folder, "--json").stdout)["captured"]
    assert seen == [SHINJUKU]
    written = b"".join(path.read_bytes() for path in (folder / "capture").iterdir())
    assert captured > 1000 and len(written) > captured
    assert b"canary" not in written.lower()
