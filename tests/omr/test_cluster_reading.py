"""The night run: a real scheduler with two workers gives what this machine gives."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from PIL import Image
from support.drawn_cards import filled_card, some_answers

from omr.batch_reading.jobs import PAGES_A_JOB

LAYOUT = "js-zx-a4-1"
JOBS = 6
ENVIRONMENT = {**os.environ, "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "0"}


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", *words], env=ENVIRONMENT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers of one thread, as the manual starts them."""
    address = f"tcp://127.0.0.1:{free_port()}"
    with ExitStack() as ending:
        port = address.rpartition(":")[2]
        scheduler = started(
            *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port),
            *("--no-dashboard",),
        )
        ending.callback(end, scheduler)
        workers = [
            started(
                *("distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1"),
                *("--host", "127.0.0.1", "--no-dashboard"),
            )
            for _ in range(2)
        ]
        for worker in workers:
            ending.callback(end, worker)
        yield address, workers


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    pages = [Image.fromarray(filled_card(some_answers(n), number=n).image) for n in (1, 2, 3)]
    many = [pages[place % 3] for place in range(JOBS * PAGES_A_JOB - 1)]
    pages[0].save(folder / "many.pdf", save_all=True, append_images=many, resolution=200)
    (folder / "rubbish.jpg").write_bytes(b"nothing of use")
    return folder


def command(out, scans, *words):
    return [
        *(sys.executable, "-c", "from exam_server.cli.main import main; main()"),
        *("cards", "read", str(scans)),
        *("--layout", LAYOUT, "--json", str(out), *words),
    ]


def read(out, scans, *words):
    done = subprocess.run(command(out, scans, *words), capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(out.read_text("utf-8"))
    return [{key: value for key, value in row.items() if key != "ms"} for row in found], done


def test_cluster_gives_the_same_results_also_when_stopped_and_short_of_a_worker(
    tmp_path, cluster, scans
):
    address, workers = cluster
    at_home, _ = read(tmp_path / "home.json", scans, "--workers", "2")
    assert len(at_home) == JOBS * PAGES_A_JOB + 1
    out = tmp_path / "out.json"
    part = tmp_path / ".out.json.part"
    running = subprocess.Popen(command(out, scans, "--scheduler", address), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size > 100) and time.monotonic() < deadline:
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.02)
    running.kill()
    running.communicate()
    end(workers.pop())
    by_cluster, _ = read(out, scans, "--scheduler", address)
    assert by_cluster == at_home


def test_scheduler_that_is_not_there_is_named(tmp_path, scans):
    address = f"tcp://127.0.0.1:{free_port()}"
    done = subprocess.run(
        command(tmp_path / "out.json", scans, "--scheduler", address),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert address in done.stderr
    assert not list(tmp_path.iterdir())
