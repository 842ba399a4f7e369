"""The listening socket, and a refusal in words where there can be none."""

import errno
import socket

from registry.errors import AssessmentError

BACKLOG = 4_096  # with the default, thousands of simultaneous connects take minutes
REASONS = {
    errno.EADDRINUSE: "端口已被其他程序占用",
    errno.EACCES: "没有使用该端口的权限",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


class NoListeningError(AssessmentError):
    """The address cannot be listened on: another program has it, or it is not ours to take."""

    code = "no_listening"
    text = (
        "不能在 {host} 的 {port} 端口提供服务：{reason}。"
        "请用选项换一个端口（见 --help），或先结束占用它的程序。"
    )


def listener(host: str, port: int) -> socket.socket:
    """Open a listening socket that answers at once (no Nagle delay) and queues a crowd.

    Raises ``NoListeningError``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno not in REASONS:
            raise
        raise NoListeningError(host=host, port=port, reason=REASONS[error.errno]) from None
    listening.settimeout(0)
    return listening
