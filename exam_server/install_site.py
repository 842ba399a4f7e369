"""The page over plain HTTP from which the PCs of a room install its certificate; nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue

from exam_server.languages import translated
from exam_server.web import assets


@dataclass(frozen=True)
class Installation:
    """What the page offers: the authority's certificate and where the room listens."""

    certificate: bytes
    fingerprint: str
    addresses: Sequence[str]
    port: int

    def room_address(self, host: str) -> str:
        """Return the secure address, on the same network card as the page when possible."""
        chosen = host if host in self.addresses else self.addresses[0]
        return f"https://{chosen}:{self.port}"


def create_install_site(installation: Installation) -> Flask:
    """Put the site together; it knows neither database nor keys."""
    site = Flask("exam_server")
    assets.register(site)
    site.jinja_env.globals["_"] = translated
    site.jinja_env.autoescape = True

    @site.get("/")
    def page() -> ResponseReturnValue:
        room = installation.room_address(request.host.rsplit(":", 1)[0])
        return render_template(
            "install/page.html",
            room_address=f"{room}/exam/",
            live_address=f"{room}/health/live",
            fingerprint=installation.fingerprint,
        )

    @site.get("/kaohe-room-ca.crt")
    def certificate() -> ResponseReturnValue:
        return Response(installation.certificate, content_type="application/x-x509-ca-cert")

    @site.after_request
    def add_headers(response: Response) -> Response:
        room = installation.room_address(request.host.rsplit(":", 1)[0])
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; connect-src {room}; object-src 'none'; base-uri 'none'; "
            "frame-ancestors 'none'; form-action 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return site
