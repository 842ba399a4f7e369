"""Contrast of the colour roles, the vendor folder, and what old browsers would not know."""

import json
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RECIPE = ROOT / "scripts" / "browser-files"
STATIC = ROOT / "exam_server" / "static"
TOKENS = (STATIC / "css" / "tokens.css").read_text("utf-8")
THEMES = {"light": ":root", "dark": '[data-theme="dark"]', "contrast": '[data-theme="contrast"]'}

TEXT_PAIRS = [
    ("--c-text", "--c-surface"),
    ("--c-text", "--c-page"),
    ("--c-text", "--c-sunken"),
    ("--c-text-2", "--c-surface"),
    ("--c-text-2", "--c-page"),
    ("--c-text-2", "--c-sunken"),
    ("--c-on-brand", "--c-brand"),
    ("--c-brand-strong", "--c-brand-soft"),
    ("--c-brand-strong", "--c-surface"),
    ("--c-on-current", "--c-current"),
    ("--c-ok", "--c-ok-soft"),
    ("--c-warn", "--c-warn-soft"),
    ("--c-danger", "--c-danger-soft"),
    ("--c-danger", "--c-surface"),
    ("--c-help", "--c-help-soft"),
    ("--c-on-bar-2", "--c-bar"),
]
SHAPE_PAIRS = [
    ("--c-control", "--c-surface"),
    ("--c-focus", "--c-surface"),
    ("--c-brand", "--c-surface"),
]


def roles(theme: str) -> dict[str, str]:
    """Values of one theme over the light one, palette names resolved."""
    values: dict[str, str] = {}
    for selector in (":root", THEMES[theme]):
        for block in re.findall(re.escape(selector) + r"\s*{(.*?)}", TOKENS, re.DOTALL):
            values.update(re.findall(r"(--[\w-]+):\s*([^;]+);", block))
    while any(value.startswith("var(") for value in values.values()):
        for name, value in values.items():
            if found := re.fullmatch(r"var\((--[\w-]+)\)", value):
                values[name] = values[found.group(1)]
            elif value.startswith("var("):
                values[name] = ""
    return values


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_has_enough_contrast(theme: str, front: str, back: str) -> None:
    values = roles(theme)
    assert contrast(values[front], values[back]) >= (7 if theme == "contrast" else 4.5)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), SHAPE_PAIRS)
def test_borders_and_focus_have_enough_contrast(theme: str, front: str, back: str) -> None:
    values = roles(theme)
    assert contrast(values[front], values[back]) >= 3


@pytest.mark.parametrize("shelf", ["exam_server/static/vendor", "tests/support/vendor"])
def test_vendor_files_are_exactly_those_of_the_manifest(shelf: str) -> None:
    folder = ROOT / shelf
    manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    listed = {
        path: value for package in manifest.values() for path, value in package["files"].items()
    }
    found = {
        path.relative_to(folder).as_posix(): "sha384-"
        + b64encode(sha384(path.read_bytes()).digest()).decode()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert found == listed
    assert all(package["version"] and package["license"] for package in manifest.values())


def test_the_lock_file_names_no_address_of_an_index() -> None:
    lock = json.loads((RECIPE / "package-lock.json").read_text("utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_the_manifest_has_the_versions_of_the_recipe() -> None:
    recipe = json.loads((RECIPE / "package.json").read_text("utf-8"))
    wanted = recipe["dependencies"] | recipe["devDependencies"]
    for shelf in ("exam_server/static/vendor", "tests/support/vendor"):
        manifest = json.loads((ROOT / shelf / "MANIFEST.json").read_text("utf-8"))
        assert {name: entry["version"] for name, entry in manifest.items()} == {
            name: wanted[name] for name in manifest
        }


TOO_NEW_CSS = (
    r":has\(|:is\(|:where\(|@layer|@container|color-mix|light-dark|\binset:|aspect-ratio"
    r"|accent-color|\d(dvh|svh)"
)
TOO_NEW_JS = (
    r"\.at\(|findLast|structuredClone|Object\.hasOwn|randomUUID|^await |replaceAll\(|Promise\.any"
)


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_styles_use_nothing_that_chromium_86_lacks(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(TOO_NEW_CSS, text) == []


@pytest.mark.parametrize(
    "path",
    sorted((STATIC / "js").rglob("*.js")),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_scripts_use_nothing_that_chromium_86_lacks(path: Path) -> None:
    assert re.findall(TOO_NEW_JS, path.read_text("utf-8"), re.MULTILINE) == []


OWN_TEMPLATES = [
    path
    for folder in ("candidate", "proctor_console", "layout")
    for path in sorted((ROOT / "exam_server" / "templates" / folder).glob("*.html"))
]


@pytest.mark.parametrize("path", OWN_TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"https?://", text) == []
