"""Foreign keys point downwards, migrations match the models, packages hold docstrings only."""

import ast
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from exam_server.schema import METADATA, MODEL_MODULES

ROOT = Path(__file__).parents[2]
PACKAGES = ("exam_server", "item_bank", "omr", "proctor", "scoring", "registry")
RANK = {"registry": 0, "item_bank": 1, "omr": 2, "proctor": 2, "scoring": 2, "exam_server": 3}
BANNED = {"utils", "helpers", "common", "misc", "manager", "service", "base", "core"}


def sources():
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def owners():
    """Return the package that defines each table."""
    found = {}
    for module in MODEL_MODULES:
        for value in vars(module).values():
            if isinstance(value, type) and getattr(value, "__tablename__", None):
                found[value.__tablename__] = value.__module__.split(".")[0]
    return found


def test_foreign_keys_cross_packages_only_downwards():
    owner = owners()
    upward = [
        (table.name, key.column.table.name)
        for table in METADATA.tables.values()
        for key in table.foreign_keys
        if owner[table.name] != owner[key.column.table.name]
        and RANK[owner[table.name]] <= RANK[owner[key.column.table.name]]
    ]
    assert upward == []


def test_the_schema_names_every_models_module():
    named = {module.__name__ for module in MODEL_MODULES}
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sources()
        if path.name == "models.py"
    }
    assert files <= named


def test_migrations_make_exactly_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_say_what_they_hold_and_keep_to_the_house_rules(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "a module says what it holds"
    assert path.stem not in BANNED
    if path.name == "__init__.py":
        assert len(tree.body) == 1, "a package's __init__ holds a docstring and nothing else"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inside, f"{node.name} imports inside a function"
