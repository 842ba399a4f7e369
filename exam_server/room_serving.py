"""Serves a room without internet: HTTPS with the room's own certificate, the install page beside.

Import this module only in a process that gevent has patched (see cli/main.py).
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gevent
from gevent import monkey
from gevent.pool import Group
from gevent.pywsgi import WSGIServer

from exam_server.app import Server
from exam_server.context import wall_clock
from exam_server.delivery.errors import BusyError
from exam_server.install_site import Installation, create_install_site
from exam_server.listening import listener
from exam_server.room_host import ballast
from exam_server.room_host.announcing import HOST, Announcement
from exam_server.room_host.certificates import (
    authority_file,
    names_of,
    open_authority,
    open_server_certificate,
    private_addresses,
    tls_context,
)
from exam_server.room_host.record import write_run
from exam_server.room_host.witness.link import WitnessLink
from exam_server.room_host.witness.status import Mode, Standing, forget_status, read_status
from exam_server.room_host.witness.watching import note_change, open_sittings
from exam_server.serving import serve

ANY_HOST = "0.0.0.0"  # noqa: S104  (every network card of the room's server)
NOTE_RUN_S, WATCH_S = 20.0, 1.0
log = logging.getLogger("kaohe")


@dataclass(frozen=True)
class RoomPlace:
    """Where a room's server listens and what it keeps beside the database."""

    addresses: tuple[str, ...]
    port: int
    install_port: int
    keys_folder: Path
    room_folder: Path
    witness: tuple[Mode, int] | None = None  # how and at which port a second PC follows


@dataclass(frozen=True)
class OpenRoom:
    """What staff must know once the room listens."""

    address: str
    install_page: str
    fingerprint: str


def serve_room(server: Server, place: RoomPlace, *, ready: Callable[[OpenRoom], None]) -> None:
    """Serve until told to stop; ``ready`` is called once both addresses listen."""
    now = server.room.clock()
    authority = open_authority(place.keys_folder, now=now)
    addresses = private_addresses(place.addresses)
    open_server_certificate(authority, place.keys_folder, addresses, now=now)
    beside = Group()
    beside.spawn(_note_runs, server, place.room_folder)
    link = _open_link(server, place, beside)
    announced: list[Announcement] = []

    def listening(address: str) -> None:
        port = int(address.rsplit(":", 1)[1])
        certificate = authority_file(place.keys_folder).read_bytes()
        offered = Installation(certificate, authority.fingerprint(), place.addresses, port)
        site = create_install_site(offered)
        plain = WSGIServer(listener(ANY_HOST, place.install_port), site, log=None, error_log=log)
        plain.start()
        install_page = f"http://{place.addresses[0]}:{plain.server_port}/"
        ready(OpenRoom(offered.room_address(""), install_page, authority.fingerprint()))
        if HOST not in names_of(authority):
            log.info("本考场的证书早于名称广播：考生机用上面的地址打开")
            return
        announced.append(Announcement(place.addresses, port))
        beside.spawn(announced[0].tell, port)

    try:
        serve(server, ANY_HOST, place.port, ready=listening, tls=tls_context(place.keys_folder))
    finally:
        beside.kill()
        for announcement in announced:
            announcement.stop()
        if link is not None:
            link.stop()


def _open_link(server: Server, place: RoomPlace, beside: Group) -> WitnessLink | None:
    """Let a second PC follow every commit, if the room has one."""
    forget_status(place.room_folder)
    if place.witness is None:
        return None
    mode, port = place.witness
    link = WitnessLink(mode, port, place.room_folder, monkey.get_original("select", "poll"))
    link.keep_running()
    if mode is Mode.SYNC:
        server.room.writer.confirm = link.confirm
    beside.spawn(_watch_witness, server, place.room_folder, link)
    return link


def _watch_witness(server: Server, folder: Path, link: WitnessLink) -> None:
    """Keep the shipping process alive; tell every room, also one that opens later, what changes."""
    told: dict[int, Standing] = {}
    before: Standing | None = None
    while True:
        gevent.sleep(WATCH_S)
        link.keep_running()
        status = read_status(folder, now=wall_clock())
        if status is None:
            continue
        with server.room.database.reading() as db:
            untold = [i for i in open_sittings(db) if told.get(i) is not status.standing]
        if untold or status.standing is not before:
            now = server.room.clock()
            tell = partial(note_change, status=status, sittings=untold, now=now)
            try:
                server.room.writer.perform(tell)
            except BusyError:
                continue  # told a second later
        before = status.standing
        told |= dict.fromkeys(untold, status.standing)
        for sitting_id in untold:
            server.room.walls.refresh(sitting_id)


def _note_runs(server: Server, folder: Path) -> None:
    """Keep the last instant of this server on disk: the next start checks its clock against it.

    The same round gives back the ballast when the disk is full.
    """
    if not ballast.hold(folder):
        log.warning("there is not enough room on the disk to hold 256 MB back")
    while True:
        if ballast.release_if_full(folder):
            log.error("the disk is full: 256 MB held back were given to the answers")
        with contextlib.suppress(OSError):  # of a full disk; answers come first
            write_run(folder, now=server.room.clock())
        gevent.sleep(NOTE_RUN_S)
