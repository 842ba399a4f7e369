"""Answers a request with a file to keep or to print."""

from flask import Response
from werkzeug.http import dump_options_header

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that the browser saves under a Chinese name."""
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def shown(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that the browser shows."""
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = dump_options_header("inline", {"filename": name})
    return response
