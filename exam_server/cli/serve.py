"""``kaohe serve``: the server."""

import logging

import click

from exam_server.app import create_app
from exam_server.cli.refusals import refusals
from exam_server.config import read_settings
from exam_server.context import SteadyClock
from exam_server.delivery.greenlets import greenlet_concurrency
from exam_server.serving import serve


@click.command(help="启动服务器。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", default=5000, show_default=True, help="监听端口，0 为任选空闲端口")
def command(host: str, port: int) -> None:
    """Serve pages and sockets until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    clock = SteadyClock()
    server = create_app(
        read_settings(),
        clock=clock,
        clock_step_s=clock.step_s,
        async_mode="gevent",
        concurrency=greenlet_concurrency(),
    )
    with refusals():
        serve(server, host, port, ready=lambda address: click.echo(f"listening {address}"))
