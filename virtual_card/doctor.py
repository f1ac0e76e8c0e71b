"""What is missing on this machine for cards and readers, and the command that mends it.

Looking is separated from judging: `look()` asks the machine, `examine(Machine)` is pure, so that every
missing piece can be tested on a machine that has them all.

Three needs, least first: `pictures` (issue and show a card), `readers` (a card in a virtual reader, a real
reader), `peers` (other people's programs, which only tests and the curious need).
"""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from virtual_card.transports.pcscd import CONFIGURATION, DRIVER, configuration, find_driver, find_program

RUNNING: Final = "pcscd is running and may be used"
PYSCARD: Final = "pyscard (Python module smartcard)"
SOCKET: Final = Path("/run/pcscd/pcscd.comm")
SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"  # clients honour it, the daemon does not; facts: chip §6.3
PROGRAMS: Final = ("pcscd", "opensc-tool", "pcsc_scan")
MODULES: Final = ("PIL", "smartcard")


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen of a machine. Every field is a plain fact, so that a test can invent any machine."""

    programs: frozenset[str]
    modules: frozenset[str]
    image_formats: frozenset[str]
    font: str | None
    driver: str | None
    driver_configured: bool
    socket: str
    daemon: str
    """`running`, `absent` (no socket), `silent` (a socket, nobody behind it), `forbidden` (no right)."""
    root: bool
    apt: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is the command to type when it is not well."""

    name: str
    need: str
    well: bool
    seen: str
    remedy: str | None = None


def look() -> Machine:
    """Ask this machine. Nothing is started, changed or written."""
    path = os.environ.get(SOCKET_VARIABLE, str(SOCKET))
    driver = find_driver()
    return Machine(
        programs=frozenset(name for name in PROGRAMS if find_program(name)),
        modules=frozenset(name for name in MODULES if _imports(name)),
        image_formats=_image_formats(),
        font=_font(),
        driver=str(driver) if driver else None,
        driver_configured=_configured(),
        socket=path,
        daemon=_daemon(path),
        root=os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
    )


def examine(machine: Machine) -> tuple[Finding, ...]:
    """Judge what was seen, in the order in which things have to be mended."""
    found = [
        Finding(
            "Pillow: TIFF G4, JPEG 2000",
            "pictures",
            "PIL" in machine.modules and machine.image_formats >= {"libtiff", "jpg_2000"},
            ", ".join(sorted(machine.image_formats)) or "not installed",
            "python3 -m pip install --force-reinstall pillow",
        ),
        Finding(
            "a font with Japanese characters",
            "pictures",
            machine.font is not None,
            machine.font or "none found",
            _install(machine, "fonts-noto-cjk"),
        ),
        Finding(
            PYSCARD,
            "readers",
            "smartcard" in machine.modules,
            "installed" if "smartcard" in machine.modules else "not installed",
            "python3 -m pip install 'renkei[reader]'",
        ),
        Finding(
            "pcscd, the reader daemon",
            "readers",
            "pcscd" in machine.programs,
            "installed" if "pcscd" in machine.programs else "not installed",
            _install(machine, "pcscd"),
        ),
        Finding(
            "vpcd, the virtual reader's driver",
            "readers",
            machine.driver is not None,
            machine.driver or "not installed",
            _install(machine, "vsmartcard-vpcd"),
        ),
        Finding(
            "vpcd in pcscd's configuration",
            "readers",
            machine.driver_configured,
            f"{CONFIGURATION}/vpcd" if machine.driver_configured else f"no entry in {CONFIGURATION}",
            _install(machine, "--reinstall vsmartcard-vpcd"),
        ),
        _daemon_finding(machine),
    ]
    found += [
        Finding(
            name,
            "peers",
            name in machine.programs,
            "installed" if name in machine.programs else "not installed",
            _install(machine, package),
        )
        for name, package in (("opensc-tool", "opensc"), ("pcsc_scan", "pcsc-tools"))
    ]
    return tuple(replace(each, remedy=None) if each.well else each for each in found)


def as_json(findings: tuple[Finding, ...]) -> list[dict[str, str | bool | None]]:
    """The findings for programs."""
    return [
        {
            "name": each.name,
            "need": each.need,
            "well": each.well,
            "seen": each.seen,
            "remedy": each.remedy,
        }
        for each in findings
    ]


def summary(findings: tuple[Finding, ...]) -> str:
    """One line: what can be done on this machine as it is."""
    lacking = {each.need for each in findings if not each.well}
    if "pictures" in lacking:
        return "cards cannot be issued properly yet: mend the first lines above"
    if "readers" in lacking:
        return "cards can be issued and read from card files; for readers, mend what is missing above"
    return "all is there: cards can be issued, served and read in readers"


def ready(findings: tuple[Finding, ...]) -> bool:
    """Whether all is there that renkei itself needs; peers are other people's programs."""
    return all(each.well for each in findings if each.need != "peers")


def _daemon_finding(machine: Machine) -> Finding:
    as_root = "" if machine.root else "sudo "
    if machine.socket != str(SOCKET) and machine.daemon in ("absent", "silent"):
        return Finding(
            RUNNING,
            "readers",
            False,
            f"not running: {SOCKET_VARIABLE} names {machine.socket}, and nobody answers there",
            f"unset {SOCKET_VARIABLE}   (the private pcscd that it named is gone), or let"
            " `renkei card serve --start-daemon` start another one",
        )
    seen, remedy = {
        "running": (f"answers at {machine.socket}", None),
        "absent": (
            f"not running: there is no {machine.socket}",
            f"{as_root}systemctl start pcscd.socket   (without systemd: {as_root}pcscd), or let"
            f" `{as_root}renkei card serve --start-daemon` start a private one",
        ),
        "silent": (
            f"not running: nobody answers at {machine.socket}",
            f"{as_root}rm {machine.socket} && {as_root}pcscd",
        ),
        "forbidden": (
            f"running, but you may not use it: no right to {machine.socket}",
            f"sudo chmod a+rw {machine.socket}   (or type sudo before the command that you want to run)",
        ),
    }[machine.daemon]
    return Finding(RUNNING, "readers", machine.daemon == "running", seen, remedy)


def _install(machine: Machine, packages: str) -> str:
    if not machine.apt:
        return f"install the package {packages.rsplit(maxsplit=1)[-1]} with your system's package manager"
    return f"{'' if machine.root else 'sudo '}apt-get install {packages}"


def _imports(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def _image_formats() -> frozenset[str]:
    try:
        from PIL import features
    except ImportError:
        return frozenset()
    return frozenset(name for name in ("libtiff", "jpg_2000") if features.check(name))


def _font() -> str | None:
    from virtual_card.errors import CardError

    try:
        from virtual_card.personalise.fonts import find_font

        found = find_font()
        return found.name if found.japanese else None
    except (CardError, ImportError):
        return None


def _configured() -> bool:
    """Whether some entry names the driver."""
    try:
        texts = configuration()
    except OSError:
        return False
    return any(DRIVER in line for text in texts for line in text.splitlines() if not line.startswith("#"))


def _daemon(path: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(path)
        except FileNotFoundError:
            return "absent"
        except PermissionError:
            return "forbidden"
        except OSError:
            return "silent"
    return "running"
