"""Every import contract holds, and each one bites: a planted violation is reported."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("exam_server", "item_bank", "omr", "proctor", "scoring", "registry")

PLANTED = {
    "packages": ("scoring/planted.py", "import omr.models"),
    "registry-areas": ("registry/catalog/planted.py", "import registry.scheduling.models"),
    "server-modules": ("exam_server/delivery/planted.py", "import exam_server.app"),
    "web-edge": ("scoring/planted.py", "import flask"),
    "vision-edge": ("exam_server/planted.py", "import cv2"),
    "pure": ("scoring/rules/planted.py", "import registry.database"),
    "shelves": ("item_bank/queries.py", "import item_bank.actions"),
}


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    chosen = ["--contract", contract] if contract else []
    return subprocess.run(
        [*command, "--no-cache", *chosen],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda _folder, names: [
                name for name in names if name in {"static", "templates", "fonts", "__pycache__"}
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_all_contracts_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_reported(copied, contract):
    path, statement = PLANTED[contract]
    file = copied / path
    before = file.read_text("utf-8") if file.exists() else None
    file.write_text((before or "") + f"\n{statement}\n", "utf-8")
    try:
        done = lint(copied, contract)
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, "utf-8")
    assert done.returncode == 1, done.stdout
    assert "1 broken" in done.stdout


def test_every_contract_has_a_planted_violation():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    named = {line.split('"')[1] for line in text.splitlines() if line.startswith('id = "')}
    assert named == set(PLANTED)
