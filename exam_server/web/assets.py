"""Addresses of static files with the hash of their content; integrity of vendor files."""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Flask, url_for

STATIC = Path(__file__).parents[1] / "static"


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


@cache
def _manifest() -> dict[str, str]:
    manifest = json.loads((STATIC / "vendor" / "MANIFEST.json").read_text("utf-8"))
    return {
        path: integrity
        for package in manifest.values()
        for path, integrity in package["files"].items()
    }


def static(path: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    return url_for("static", filename=path, v=_digest(path))


def integrity(path: str) -> str:
    """Return the recorded hash of a vendor file for the ``integrity`` attribute."""
    return _manifest()[path.removeprefix("vendor/")]


def register(app: Flask) -> None:
    """Give both functions to the templates."""
    app.jinja_env.globals.update(static=static, integrity=integrity)
