"""``kaohe room serve`` as a real process: HTTPS with its own certificate, the install page."""

import asyncio
import contextlib
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.config import read_settings
from exam_server.delivery.models import SittingRun
from exam_server.opening import open_database
from exam_server.rehearsal.batch import BatchOrder
from exam_server.rehearsal.screen import Proctor
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from exam_server.rehearsal.web_client import WebClient
from exam_server.rehearsal.witnessed_room import WitnessedRoom
from registry.keys import key_file
from tests.support.room import PASSWORD, office_home, prepare_batch  # noqa: F401  (a fixture)
from tests.support.room_command import room_command

SERVE = ("room", "serve", "--address", "127.0.0.1", "--install-port", "0", "--force")


@pytest.fixture(scope="module")
def home(office_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    folder = tmp_path_factory.mktemp("room") / "home"
    shutil.copytree(office_home, folder)
    return prepare_batch(folder, BatchOrder(2, 0, datetime.now(UTC), seed=7)).folder


@contextmanager
def connected(home: Path) -> Iterator[Session]:
    """Read the store beside the server."""
    database = open_database(read_settings({"KAOHE_HOME": str(home)}))
    with database.reading() as db:
        yield db
    database.engine.dispose()


def trusting(home: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=home / "keys" / "room-authority.crt")


def test_a_pc_with_the_certificate_signs_in_over_https_and_the_socket(home: Path) -> None:
    with ServerProcess(home, command=SERVE) as server:
        assert server.address.startswith("https://127.0.0.1:")
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(f"{server.address}/health/live")
        web = WebClient(server.address, trusted=trusting(home))
        assert web.get("/health/live") == {"ok": True}
        web.page("/sign-in")
        web.submit("/sign-in", login_name="jiankao01", password=PASSWORD)
        assert "写盘延迟" in web.page("/health")
        told = web.get("/health/api/figures")
        assert set(told["figures"]) >= {"seats", "free_gigabytes", "sync_ms", "copy_age_s"}
        assert told["figures"]["copy_age_s"]["grade"] == "warning"  # no copy was made yet

        async def connect() -> None:
            cookie = web.cookie
            socket = SocketClient(server.address, "/proctor", cookie, trusted=trusting(home))
            await socket.connect()
            await socket.close()

        asyncio.run(connect())
    assert (home / "room" / "last-run.json").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that a test may fill; only an administrator may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_a_room_whose_disk_is_full_starts_again_and_shows_what_it_has(
    home: Path,
    small_disk: Path,
) -> None:
    own = small_disk / "home"
    shutil.copytree(home, own, ignore=shutil.ignore_patterns("ballast"))  # of other tests
    server = ServerProcess(own, command=SERVE)
    server.start()
    server.kill()
    fill(small_disk)
    server.start()
    try:
        web = WebClient(server.address, trusted=trusting(own))
        assert web.get("/health/live") == {"ok": True}
        assert web.page("/exam/")
        (small_disk / "filling").unlink()
        web.page("/sign-in")
        web.submit("/sign-in", login_name="jiankao01", password=PASSWORD)
        assert web.get("/health/api/figures")["figures"]["store"]["grade"] == "good"
    finally:
        server.stop()


def test_the_wall_and_the_health_page_tell_when_the_witness_comes_and_goes(home: Path) -> None:
    room = WitnessedRoom(home, mode="sync")
    room.pair()
    with room.server(home) as server:
        trusted = room.trusted()
        with connected(home) as db:
            sitting_id = db.scalars(select(SittingRun.sitting_id)).one()
        proctor = Proctor(server.address, sitting_id, trusted=trusted)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")  # acknowledged, though no witness is there

        def wait_for(words: str) -> dict[str, Any]:
            end = time.monotonic() + 120
            while time.monotonic() < end:
                newest: dict[str, Any] = proctor.snapshot()["events"][0]
                if newest["text"].startswith(words):
                    return newest
                time.sleep(0.1)
            raise AssertionError(words)

        assert wait_for("备机未连接：答案只存在服务器一处")["kind"] == "alert"
        with room.witness():
            assert wait_for("备机同步正常")["kind"] == "info"
            figure = proctor.web.get("/health/api/figures")["figures"]["witness_lag_s"]
            assert figure["grade"] == "good"
        assert wait_for("备机未连接")["kind"] == "alert"
        figure = proctor.web.get("/health/api/figures")["figures"]["witness_lag_s"]
        assert figure["grade"] == "warning"


def test_the_install_page_offers_the_certificate_over_plain_http(home: Path) -> None:
    with ServerProcess(home, command=SERVE) as server:
        page = WebClient(server.heard["install"]).page("")
        assert f"{server.address}/health/live" in page
        shown = re.search(r'id="fingerprint">([0-9A-F:]+)<', page)
        assert shown is not None
        assert shown.group(1) == server.heard["fingerprint"]
        offered = WebClient(server.heard["install"]).download("kaohe-room-ca.crt")
        assert offered == (home / "keys" / "room-authority.crt").read_bytes()


def test_a_room_without_its_keys_does_not_start_even_by_force(home: Path) -> None:
    keys = key_file(home / "keys")
    content = keys.read_bytes()
    keys.unlink()
    try:
        refused = room_command(home, "serve", "--force", "--address", "127.0.0.1")
    finally:
        keys.write_bytes(content)
    assert refused.returncode == 1
    assert "[已损坏] 密钥" in refused.stderr
    assert "服务器没有启动" in refused.stderr
    assert "listening" not in refused.stdout


def test_a_public_address_is_refused(home: Path) -> None:
    refused = room_command(home, "serve", "--address", "8.8.8.8")
    assert refused.returncode == 2
    assert "不是内网地址" in refused.stderr
