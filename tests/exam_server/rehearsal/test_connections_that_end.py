"""What robots and cables open is closed, however they are interrupted."""

import asyncio
from random import Random
from urllib.parse import urlsplit

import pytest

from exam_server.rehearsal.faults.cable import Cable, Fault, Line
from exam_server.rehearsal.socket_client import SocketClient


async def ended(reader: asyncio.StreamReader) -> bool:
    """Say whether the other end has gone, in order or not."""
    try:
        return not await reader.read()
    except ConnectionResetError:
        return True


async def deaf_server() -> asyncio.Server:
    """Return a server that takes connections and answers nothing."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended(reader)
        writer.transport.abort()

    return await asyncio.start_server(listen, "127.0.0.1", 0)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def test_a_client_whose_closing_is_cancelled_holds_no_connection() -> None:
    async def close_and_cancel() -> None:
        server = await deaf_server()
        client = SocketClient(f"http://127.0.0.1:{port_of(server)}", "/candidate", "")
        connecting = asyncio.create_task(client.connect())
        while client._task is None:
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, connecting, return_exceptions=True)
        assert client._writer is not None
        assert client._writer.transport.is_closing()
        server.close()
        await asyncio.sleep(0.05)  # the server's end too

    asyncio.run(close_and_cancel())


@pytest.mark.parametrize("fault", [None, Fault.CUT, Fault.DEAD])
def test_a_cable_that_is_closed_ends_what_has_just_been_connected(fault: Fault | None) -> None:
    async def connect_and_close() -> None:
        server = await deaf_server()
        cable = Cable("127.0.0.1", port_of(server), Line(), Random(1))
        address = await cable.open()
        suffering = asyncio.create_task(cable.suffer(fault, 5.0)) if fault else None
        await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
        while not cable._writers and fault is not Fault.CUT:
            await asyncio.sleep(0)
        await cable.close()
        async with asyncio.timeout(5):
            assert await ended(reader)
        writer.close()
        if suffering is not None:
            suffering.cancel()
        server.close()
        await asyncio.sleep(0.05)  # the server's end too

    asyncio.run(connect_and_close())
