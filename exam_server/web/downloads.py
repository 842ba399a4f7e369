"""Answers a request with a file to keep or to print."""

from urllib.parse import quote

from flask import Response

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that the browser saves under a Chinese name."""
    return _file(content, name, media_type, "attachment")


def shown(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that the browser shows."""
    return _file(content, name, media_type, "inline")


def _file(content: bytes, name: str, media_type: str, disposition: str) -> Response:
    """Name the file in percent-encoded UTF-8 (RFC 6266): a header holds Latin-1 only."""
    response = Response(content, mimetype=media_type)
    encoded = quote(name, safe="")
    response.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{encoded}"
    return response
