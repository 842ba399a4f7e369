"""An engineio server on gevent with the driver under test; prints its port.

The seconds between two pings may be given.
"""

import sys

from gevent import monkey

monkey.patch_all()

import engineio  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

from exam_server.sockets import websocket  # noqa: E402

pace_s = float(sys.argv[1]) if len(sys.argv) > 1 else 25.0
eio = engineio.Server(
    async_mode="gevent",
    transports=["websocket"],
    async_handlers=False,
    ping_interval=pace_s,
    ping_timeout=pace_s,
)
websocket.install(eio)


@eio.on("message")
def echo(sid: str, message: str) -> None:
    eio.send(sid, "x" * 4_000_000 if message == "big" else message)


if __name__ == "__main__":
    server = WSGIServer(("127.0.0.1", 0), engineio.WSGIApp(eio), log=None)
    server.start()
    print(server.server_port, flush=True)
    server.serve_forever()
