"""Addresses of static files with the hash of their content; integrity of vendor files."""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, send_file, url_for

from exam_server.context import public
from registry.fonts_folder import RARE_FOLDER

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


@public
def rare_font(start: str) -> Response:
    """Send one slice of the typeface for rare characters, named by its first one."""
    path = RARE_FOLDER / f"{start}.ttf"
    if not path.is_file():
        abort(404)
    return send_file(path, mimetype="font/ttf")


def register(app: Flask) -> None:
    """Give both functions to the templates; serve the typeface for rare characters."""
    app.jinja_env.globals.update(static=static, integrity=integrity)
    app.add_url_rule("/static/rare-han/<string(length=5):start>.ttf", view_func=rare_font)
