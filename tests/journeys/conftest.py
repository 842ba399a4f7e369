"""A prepared office behind a real server, a Chromium, and a room whose check-in is open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.exam_server.web.conftest import prepared_office, quiet_site, site
from tests.support.browser import QUICK, Journey, chromium
from tests.support.built_once import built_once
from tests.support.rooms import OpenRoom, open_room
from tests.support.served import Served, World, build_world, served_copy

__all__ = ["prepared_office", "quiet_site", "site"]  # the application without a browser


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The home as it was before any journey, built once for all workers."""
    return built_once(tmp_path_factory, "served", build_world)


@pytest.fixture(scope="module")
def served(
    prepared_home: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A copy of the home for one module of tests, served by a process of its own."""
    with served_copy(prepared_home, tmp_path_factory.mktemp("served") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """One Chromium for a module; no other may be open meanwhile."""
    with chromium(QUICK) as opened:
        yield opened


@pytest.fixture
def journey(browser: Browser, served: Served) -> Iterator[Journey]:
    """The watched pages of one test; what went wrong on any of them fails it at the end."""
    opened = Journey(browser, served.address)
    yield opened
    opened.close()


@pytest.fixture
def room(journey: Journey, served: Served) -> OpenRoom:
    """A room of this test alone, its check-in opened by a proctor on the wall."""
    return open_room(journey, served)
