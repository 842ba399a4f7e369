"""The witness's own work: connects to the room's server and keeps what it sends on disk."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exam_server.room_host.record import program_version
from exam_server.room_host.witness.channel import Channel, ChannelClosedError, Kind, Message
from exam_server.room_host.witness.copy import CopyDiffersError, WitnessCopy, fresh_copy
from exam_server.room_host.witness.pairing import Pairing, witness_context
from registry.errors import AssessmentError

FOLDER = "witness"  # in the folder of the room
LAST_SIGN = "last-sign.json"
AGAIN_S = 1.0
SILENT_S = 5.0  # the server says every second that it lives


class OtherVersionError(AssessmentError):
    """The two programs could not serve the same store."""

    code = "other_version"
    text = "备机程序版本 {own} 与考场服务器 {other} 不同，请先装成同一版本。"


@dataclass
class Following:
    """One witness at work; ``tell`` gets a line for the person at the PC when something changes."""

    pairing: Pairing
    root: Path
    tell: Callable[[str], None]

    def run(self) -> None:
        """Follow until stopped; connect again whenever the server was gone."""
        said = ""
        while True:
            try:
                self._follow()
            except (OSError, CopyDiffersError) as error:
                words = f"与考场服务器断开，正在重连（{error}）"
                if words != said:
                    self.tell(words)
                said = words
            time.sleep(AGAIN_S)

    def _follow(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        context = witness_context(self.pairing, self.root)
        place = (self.pairing.address, self.pairing.port)
        with socket.create_connection(place, timeout=SILENT_S) as plain:
            channel = Channel(context.wrap_socket(plain, server_hostname=self.pairing.address))
            self._greet(channel)
            copy = fresh_copy(self.root)
            try:
                while True:
                    message = channel.hear()
                    self._take(copy, message)
                    channel.answer()
            finally:
                copy.close()
                channel.close()

    def _greet(self, channel: Channel) -> None:
        message = channel.hear()
        if message.kind is not Kind.HELLO:
            raise ChannelClosedError("no greeting")
        told = json.loads(message.body)
        if told["version"] != program_version():
            raise OtherVersionError(own=program_version(), other=told["version"])
        channel.answer()
        self.tell(f"已连接考场服务器，数据 {told['store']}，正在取完整数据…")

    def _take(self, copy: WitnessCopy, message: Message) -> None:
        body = message.body
        match message.kind:
            case Kind.DATABASE:
                copy.add_to_database(body)
            case Kind.FIRST | Kind.LOG:
                frames = int.from_bytes(body[:4], "big")
                copy.add_to_log(body[4:], frames, is_first=message.kind is Kind.FIRST)
            case Kind.FILE:
                name, _feed, content = body.partition(b"\n")
                copy.add_file(name.decode(), content)
            case Kind.WHOLE:
                copy.declare_whole()
                self.tell("数据已完整，开始逐笔同步。请保持本机开机、联网。")
            case Kind.ALIVE:
                (self.root / LAST_SIGN).write_bytes(body)
            case Kind.HELLO:
                raise ChannelClosedError("greeted twice")
