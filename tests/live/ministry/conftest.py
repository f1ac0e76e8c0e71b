"""One server for all tests that leave it as it was, and folders for those that need one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.drivers.live.ministry.folder import Place
from tests.live.ministry.stand import Stand, copy, make
from tests.live.served import Served


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with keys for three municipalities. No server ever runs in it."""
    return make(tmp_path_factory.mktemp("ministry") / "made")


@pytest.fixture(scope="module")
def stand(made: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A server that a module's tests share."""
    place = copy(made, tmp_path_factory.mktemp("shared") / "server")
    with Served(place.folder) as served:
        yield Stand(place, served)


@pytest.fixture
def own(made: Place, tmp_path: Path) -> Iterator[Stand]:
    """A server of one's own."""
    place = copy(made, tmp_path / "server")
    with Served(place.folder) as served:
        yield Stand(place, served)
