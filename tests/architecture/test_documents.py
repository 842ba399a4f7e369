"""Documents stay true: every folder, setting, permission, command and event is listed."""

import re
import runpy
from pathlib import Path

import exam_server.config
from exam_server.cli.main import COMMANDS as CLI_COMMANDS
from exam_server.proctor_commands import COMMANDS as ROOM_COMMANDS
from registry.access import Permission, Role

ROOT = Path(__file__).parents[2]
PACKAGES = ("exam_server", "item_bank", "omr", "proctor", "scoring", "registry")


def document(name):
    return (ROOT / "docs" / name).read_text("utf-8")


def test_architecture_has_one_line_for_every_folder_of_code():
    listed = set(re.findall(r"^\| `([\w/]+)/` \|", document("architecture.md"), re.M))
    folders = {
        str(path.parent.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert listed == folders


def test_every_setting_is_described():
    source = Path(exam_server.config.__file__).read_text("utf-8")
    settings = set(re.findall(r'"(KAOHE_[A-Z_]+)"', source))
    assert settings <= set(re.findall(r"`(KAOHE_[A-Z_]+)`", document("operations.md")))


def test_every_permission_and_role_is_described():
    text = document("operations.md")
    assert [p for p in Permission if f"`{p.name}`" not in text] == []
    assert [r for r in Role if f"`{r.value}`" not in text] == []


def test_every_command_is_described():
    text = document("operations.md")
    assert [name for name in CLI_COMMANDS if f"`kaohe {name}" not in text] == []


def test_every_room_command_is_described():
    text = document("socket-events.md")
    assert [name for name in ROOM_COMMANDS if f"`{name}`" not in text] == []


def test_the_glossary_page_is_written_from_its_data():
    made = runpy.run_path(str(ROOT / "scripts" / "make-glossary"))["glossary"]()
    assert document("glossary.md") == made


def test_every_test_and_benchmark_that_a_document_names_is_there():
    tests = {path.stem: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    known = "\n".join(tests.values())
    missing = []
    for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = document.read_text("utf-8")
        files = re.findall(r"\b(?:tests|benchmarks)/[\w/]+\.py", text)
        missing += [name for name in files if not (ROOT / name).exists()]
        named = re.findall(r"\btest_\w+", text)  # the end of a long name may be left out
        missing += [name for name in named if name not in tests and f"def {name}" not in known]
    assert missing == []
