"""A database that another holds for too long is named as busy, not as a fault."""

import sqlite3
from pathlib import Path

import pytest

from exam_server.app import create_app
from exam_server.config import read_settings


@pytest.fixture
def server(tmp_path: Path):
    server = create_app(read_settings({"KAOHE_HOME": str(tmp_path)}))
    yield server
    server.close()


def test_a_held_database_is_named_busy_and_nothing_is_stored(server, tmp_path):
    browser = server.app.test_client()
    token = browser.get("/exam/").text.split('name="csrf-token" content="')[1].split('"')[0]
    holder = sqlite3.connect(tmp_path / "kaohe.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    form = {"login_name": "nobody", "password": "wrong", "csrf_token": token}
    refused = browser.post("/sign-in", data=form)
    holder.close()
    assert refused.status_code == 503
    assert "系统正忙，您提交的内容没有保存" in refused.text
