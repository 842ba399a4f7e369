"""The audit log speaks of every action and object by name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_server.web.audit_words import ACTIONS, OBJECTS
from tests.exam_server.web.office_site import Site

ROOT = Path(__file__).parents[3]
PACKAGES = ("registry", "item_bank", "scoring", "omr", "proctor", "exam_server")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
WRITERS = {"note", "_note", "_note_plan"}


def noted() -> Iterator[tuple[str | None, str | None]]:
    """Walk the code for audit lines: the action and the kind of object, where written out."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
                pairs = [a.elts[0] for a in node.args if isinstance(a, ast.Tuple)]
                kinds = [kind.value for kind in pairs if isinstance(kind, ast.Constant)]
                yield (
                    str(texts[0]) if texts else None,
                    str(kinds[0]) if kinds else None,
                )


def test_every_action_of_the_code_has_a_name() -> None:
    actions = {action for action, _kind in noted() if action}
    assert len(actions) > 50
    assert actions - ACTIONS.keys() == set()


def test_every_kind_of_object_written_out_has_a_name() -> None:
    assert {kind for _action, kind in noted() if kind} - OBJECTS.keys() == set()


@pytest.mark.parametrize("words", ["登录", "sign_in", "sign in"])
def test_actions_are_found_by_name_and_by_code(quiet_site: Site, words: str) -> None:
    visitor = quiet_site.signed_in("audit_administrator")
    visitor.get(f"/audit-log?words={words}&object=账号")
    assert "<td>登录</td>" in visitor.page
    assert "<td>批准计划</td>" not in visitor.page


def test_an_unknown_action_finds_nothing(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("audit_administrator")
    visitor.get("/audit-log?words=没有这件事")
    assert "没有符合条件的记录" in visitor.page
