"""The real server as a child process: a start that fails, an orderly end."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.web_client import WebClient
from tests.support.room import Prepared


def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    environment = {"KAOHE_DATABASE_URL": "sqlite:////proc/none/kaohe.db"}
    with pytest.raises(RuntimeError, match="did not start"):
        ServerProcess(tmp_path, environment=environment).start()
    assert "Traceback" in (tmp_path / "server.log").read_text()


def test_a_stopped_server_starts_again_on_its_port_with_the_same_store(
    home_for: Callable[[int], Prepared],
) -> None:
    with ServerProcess(home_for(2).folder) as server:
        address = server.address
        assert "考生登录" in WebClient(address).page("/exam/")
        server.stop()
        with pytest.raises(OSError, match="refused"):
            WebClient(address).page("/exam/")
        server.start()
        assert server.address == address
        assert "考生登录" in WebClient(address).page("/exam/")


def test_a_reply_that_breaks_off_is_a_broken_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer_half() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 312\r\n\r\n{")

        server = threading.Thread(target=answer_half)
        server.start()
        with pytest.raises(ConnectionError):
            WebClient(f"http://127.0.0.1:{listening.getsockname()[1]}").get("/exam/api/state")
        server.join()
