"""``kaohe room …`` as a real process."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = "from exam_server.cli.main import main; main()"


def room_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the room on a home and return how it ended."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "room", *arguments],
        env={**os.environ, "KAOHE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
