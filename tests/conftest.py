"""Fixtures for every test: a migrated database of its own, a stopped clock, closed network."""

import os
import shutil
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from exam_server.migrating import upgrade
from registry.database import Database, engine_for
from registry.files import FileStore
from registry.keys import new_key_ring
from tests.support.built_once import built_once
from tests.support.made_once import share_what_is_alike

POSTGRESQL = os.environ.get("KAOHE_TEST_POSTGRESQL", "postgresql+psycopg://127.0.0.1:5432/postgres")
LONGEST_TEST_S = 300
settings.register_profile("kaohe", deadline=None)  # machines are busy: time is never asserted
settings.load_profile("kaohe")
share_what_is_alike()
START = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)  # 09:00 in Jiangsu


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=["sqlite", "postgresql"], default="sqlite")


def pytest_xdist_auto_num_workers() -> int:
    """Run three tests on two processors: those with a browser or a server wait half of the time."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With PostgreSQL only the tests that use a database run again."""
    if config.getoption("--backend") == "sqlite":
        return
    kinds = {"database", "shared_database", "db"}
    chosen = [
        item
        for item in items
        if kinds & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("both")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens, not twenty minutes later."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stdout.write(f"\nFAILED at {report.when}: {report.nodeid}\n")
        sys.stdout.flush()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@pytest.fixture(autouse=True)
def limited_time() -> Iterator[None]:
    """Fail a test that hangs instead of holding up the whole run."""

    def give_up(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"the test took longer than {LONGEST_TEST_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def now(clock: Clock) -> datetime:
    return clock.at


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory, "migrated", _migrated)


@pytest.fixture(scope="session")
def migrated_template() -> Iterator[str]:
    name = f"kaohe_template_{uuid.uuid4().hex[:12]}"
    _admin(f"CREATE DATABASE {name}")
    engine = engine_for(_postgresql_url(name))
    upgrade(engine, new_key_ring())
    engine.dispose()
    yield name
    _admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of this test alone."""
    if request.config.getoption("--backend") == "sqlite":
        path = tmp_path / "kaohe.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    name = f"kaohe_test_{uuid.uuid4().hex[:12]}"
    _admin(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_template')}")
    yield _postgresql_url(name)
    _admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A migrated database for tests that only roll back."""
    with rolled_back_database(request, tmp_path_factory) as shared:
        yield shared


@contextmanager
def rolled_back_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Make a migrated database in which nothing is ever committed."""
    folder = tmp_path_factory.mktemp("shared")
    name = f"kaohe_shared_{uuid.uuid4().hex[:12]}"
    is_sqlite = request.config.getoption("--backend") == "sqlite"
    if is_sqlite:
        shutil.copy(request.getfixturevalue("migrated_file"), folder / "kaohe.db")
        engine = engine_for(f"sqlite:///{folder / 'kaohe.db'}")
    else:
        _admin(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_template')}")
        engine = engine_for(_postgresql_url(name))
    keys = new_key_ring()
    yield Database(engine, keys, FileStore(folder / "files", keys))
    engine.dispose()
    if not is_sqlite:
        _admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A migrated database with keys and a file store."""
    engine = engine_for(database_url)
    keys = new_key_ring()
    yield Database(engine, keys, FileStore(tmp_path / "files", keys))
    engine.dispose()


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """One transaction, rolled back at the end."""
    with database.session() as session:
        yield session


def _migrated(folder: Path) -> Path:
    path = folder / "kaohe.db"
    engine = engine_for(f"sqlite:///{path}")
    upgrade(engine, new_key_ring())
    engine.dispose()
    return path


def _postgresql_url(name: str) -> str:
    return POSTGRESQL.rsplit("/", 1)[0] + "/" + name


def _admin(statement: str) -> None:
    engine = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
