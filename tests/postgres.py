"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket, gone afterwards.

It belongs to one process of pytest. It never runs as root: started by root it becomes the user `postgres`, as
the package does. It does not wait for the disk (`fsync=off`): no test takes the machine's power away.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER = "renkei"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "timezone": "UTC",
}
_PATIENCE = 60.0

NewDatabase = Callable[[], str]
"""Makes an empty database and gives its URL."""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: as `pg_config` says, or the newest of the package."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False, timeout=30)
        folders.append(Path(said.stdout.strip()))
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((found for found in reversed(folders) if (found / "initdb").exists()), None)


class Cluster:
    """A running server. `folder` holds its data and its socket."""

    def __init__(self, folder: Path, server: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.server = server
        self._made = 0

    def new_database(self) -> str:
        """An empty schema, which is all that is seen by who comes over the URL; gives that."""
        self._made += 1
        name = f"renkei_{self._made}"
        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as server:
            # A database of its own would be a copy of forty files each time.
            server.execute(f"CREATE SCHEMA {name}")
        return f"postgresql+psycopg://{USER}@/postgres?host={self.folder}&options=-csearch_path%3D{name}"


def start(folder: Path) -> Cluster:
    """Makes a cluster in an empty folder and starts it.

    Raises:
        pytest.fail.Exception: PostgreSQL is not installed, or does not start.
    """
    found = programs()
    if found is None:
        pytest.fail("PostgreSQL is missing: install the system package `postgresql`")
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    made = subprocess.run(
        [found / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **who,
    )
    if made.returncode:
        pytest.fail(f"initdb failed: {made.stderr}")
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [found / "postgres", "-D", data, "-k", folder, *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupt of the tests is ours to hand on
            **who,
        )
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user=USER, dbname="postgres").close()
            return Cluster(folder, server)
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > until:
                stop(server)
                log_text = (folder / "log").read_text(encoding="utf-8")
                pytest.fail(f"PostgreSQL does not start: {error}\n{log_text}")
            time.sleep(0.05)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ends it at once: nothing in it is wanted any more."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """One server for all tests of this process."""
    # A folder with a short name that another user can reach: the name of a socket has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="renkei-pg-"))
    cluster: Cluster | None = None
    try:
        cluster = start(folder)
        yield cluster
    finally:
        if cluster is not None:
            stop(cluster.server)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_cluster: Cluster, record_property: Callable[[str, object], None]) -> NewDatabase:
    """Makes empty databases on a real PostgreSQL server. For tests that are marked `real_peer`."""
    record_property("peer", "postgresql")
    return postgresql_cluster.new_database
