"""An exam PC: a Chromium process of its own with a profile on disk, which can really be killed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Browser, BrowserType, Page

from tests.support.browser import FLAGS, PATIENCE_MS, SIZE, WHOLE

PORT_FILE = "DevToolsActivePort"
START_S = 30


class ExamPc:
    """Use as a context manager; what the browser has on disk outlives every kill."""

    def __init__(self, browsers: BrowserType, profile: Path) -> None:
        self._browsers = browsers
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    def __enter__(self) -> "ExamPc":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._profile, ignore_errors=True)

    def start(self) -> Page:
        """Start the browser on its profile; return its one page."""
        port_file = self._profile / PORT_FILE
        port_file.unlink(missing_ok=True)
        own = [f"--user-data-dir={self._profile}", "--remote-debugging-port=0", "--headless=new"]
        first_run = ["--no-first-run", "--lang=zh-CN", "--force-prefers-reduced-motion"]
        self._process = subprocess.Popen(
            [WHOLE, *FLAGS, *own, *first_run, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._browser = self._browsers.connect_over_cdp(f"http://127.0.0.1:{_port(port_file)}")
        context = self._browser.contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        page = context.pages[0]
        page.set_viewport_size(SIZE)
        return page

    def kill(self) -> None:
        """SIGKILL to every process of the browser: nothing is flushed, nothing is said."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        if self._browser is not None:
            self._browser.close()
            self._browser = None


def _port(port_file: Path) -> str:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        if port_file.exists() and (lines := port_file.read_text().splitlines()):
            return lines[0]
        time.sleep(0.02)
    raise TimeoutError(f"the browser wrote no {port_file}")
