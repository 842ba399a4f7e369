"""``create_app()``: the one place where the parts are put together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from flask_socketio import SocketIO

from exam_server import rich_html
from exam_server.config import Settings
from exam_server.context import EXTENSION, Surroundings, wall_clock
from exam_server.cookies import SESSION_COOKIE
from exam_server.delivery.alarms import unmoved
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.writer import THREADS, Concurrency
from exam_server.json_coding import Json
from exam_server.languages import translated
from exam_server.opening import open_database
from exam_server.sockets import candidate as candidate_socket
from exam_server.sockets import load_test as load_test_socket
from exam_server.sockets import proctor as proctor_socket
from exam_server.sockets import websocket
from exam_server.sockets.members import Members
from exam_server.sockets.packets import Codec, TextPacket
from exam_server.web import (
    accounts,
    adequacy,
    arrangement,
    assets,
    audit_words,
    bank_members,
    blueprints,
    candidate,
    card_designs,
    card_reconciling,
    card_review,
    card_scanning,
    certificates,
    check_in,
    development,
    element_table,
    enrolment,
    errata,
    error_pages,
    exam_rules,
    exposure_ledger,
    formats,
    health,
    home,
    item_authoring,
    item_editor_api,
    item_export,
    item_import,
    item_review,
    item_trace,
    load_test,
    menu,
    paper_continuation,
    paper_custody,
    paper_prints,
    papers,
    plans,
    practical,
    proctor_console,
    protection,
    public_lookup,
    question_bank,
    reading_audits,
    results,
    room_record,
    scan_batches,
    scan_rooms,
    seb,
    secrecy,
    sign_in,
    specifications,
    undertaking,
    venues,
    words,
)
from registry.accounts.sightings import Sightings
from registry.keys import hmac_sm3

UPLOAD_LIMIT_BYTES = 200 * 1024 * 1024
PARTS = (error_pages, protection, assets, formats, rich_html, words, audit_words, menu)
BLUEPRINTS = (
    sign_in.blueprint,
    home.blueprint,
    public_lookup.blueprint,
    specifications.blueprint,
    development.blueprint,
    plans.blueprint,
    enrolment.blueprint,
    arrangement.blueprint,
    venues.blueprint,
    exam_rules.blueprint,
    question_bank.blueprint,
    item_review.blueprint,
    undertaking.blueprint,
    secrecy.blueprint,
    element_table.blueprint,
    item_import.blueprint,
    item_import.own,
    item_export.blueprint,
    adequacy.blueprint,
    blueprints.blueprint,
    item_authoring.blueprint,
    item_editor_api.blueprint,
    bank_members.blueprint,
    exposure_ledger.blueprint,
    papers.blueprint,
    paper_prints.blueprint,
    paper_custody.blueprint,
    item_trace.blueprint,
    errata.blueprint,
    card_designs.blueprint,
    card_scanning.blueprint,
    scan_batches.blueprint,
    scan_rooms.blueprint,
    reading_audits.blueprint,
    card_review.blueprint,
    card_reconciling.blueprint,
    practical.blueprint,
    results.blueprint,
    certificates.blueprint,
    accounts.blueprint,
    candidate.blueprint,
    load_test.blueprint,
    proctor_console.blueprint,
    room_record.blueprint,
    check_in.blueprint,
    paper_continuation.blueprint,
    health.blueprint,
    seb.blueprint,
)


@dataclass(frozen=True)
class Server:
    """The application, its sockets and the exam room behind them."""

    app: Flask
    sockets: SocketIO
    room: ExamRoom
    settings: Settings

    def close(self) -> None:
        """End the writer once everything is on disk and let go of the database."""
        self.room.writer.stop()
        self.room.database.engine.dispose()


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = wall_clock,
    clock_step_s: Callable[[], float] = unmoved,
    async_mode: str = "threading",
    concurrency: Concurrency = THREADS,
) -> Server:
    """Put the server together: database, pages, sockets, the journal's writer."""
    app = Flask("exam_server")
    app.json = Json(app)
    database = open_database(settings)
    sightings = Sightings()
    app.extensions[EXTENSION] = Surroundings(database, settings, clock, sightings)
    app.secret_key = hmac_sm3(database.keys.index_key, b"session cookies")
    app.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT_BYTES,
        MAX_FORM_MEMORY_SIZE=2_000_000,
    )
    for part in PARTS:
        part.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.jinja_env.globals["_"] = translated
    app.jinja_env.autoescape = True
    sockets = SocketIO(
        app,
        async_mode=async_mode,
        async_handlers=False,  # events of one connection keep their order
        ping_interval=10,
        ping_timeout=10,
        transports=["websocket"],  # polling is left to the HTTP requests of the pages themselves
        serializer=TextPacket,
        json=Codec,
        max_http_buffer_size=256 * 1024,
        manage_session=False,
        client_manager=Members(),
    )
    if async_mode == "gevent" and settings.own_websocket:
        websocket.install(sockets.server.eio)
    room = ExamRoom(database, clock, concurrency, clock_step_s=clock_step_s)
    app.extensions["exam_room"] = room
    candidate_socket.register(sockets, room)
    proctor_socket.register(sockets, room, sightings)
    load_test_socket.register(sockets, room)
    return Server(app, sockets, room, settings)
