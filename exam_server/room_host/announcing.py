"""Announces the room's server by name (mDNS), so that PCs may open kaohe.local instead of numbers.

A process of its own: its event loop does not go together with gevent. A network that forbids
multicast, or a name that is taken, costs the name alone; the room serves and says so.
"""

import logging
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address

from zeroconf import Error as ZeroconfError
from zeroconf import NonUniqueNameException, ServiceInfo, Zeroconf

NAME = "kaohe"
HOST = f"{NAME}.local"
KIND = "_https._tcp.local."
MODULE = "exam_server.room_host.announcing"
LISTEN_MS = 2_000  # for another server of the name
TAKEN = "同一网络中已有考场服务器使用这个名称"
log = logging.getLogger("kaohe")


class Announcement:
    """The process that announces the room, as long as the room serves."""

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (a module of this program)
            [sys.executable, "-m", MODULE, str(port), *addresses],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, port: int) -> str:
        """Wait until the name is announced or cannot be; log it and return the reason, or nothing.

        Cooperative in a process that gevent has patched.
        """
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        reason = "" if answer == HOST else answer or "广播进程没有启动"
        if reason:
            log.warning("名称广播不可用（%s）：考生机请用上面的地址打开，其余不受影响", reason)
        else:
            log.info("也可以打开 https://%s:%d/exam/", HOST, port)
        return reason

    def stop(self) -> None:
        """Take the name back."""
        self._process.communicate()


def service(addresses: Sequence[str], port: int) -> ServiceInfo:
    """Return what is announced: the name, where it is and at which port."""
    packed = [IPv4Address(address).packed for address in addresses]
    return ServiceInfo(KIND, f"{NAME}.{KIND}", addresses=packed, port=port, server=f"{HOST}.")


def main(port: int, addresses: Sequence[str]) -> None:
    """Announce until the standard input ends; the first line says the name, or why not."""
    try:
        network = Zeroconf(interfaces=list(addresses))
    except OSError as error:
        print(error.strerror or error, flush=True)
        return
    try:
        if network.get_service_info(KIND, f"{NAME}.{KIND}", timeout=LISTEN_MS):
            print(TAKEN, flush=True)
            return
        network.register_service(service(addresses, port))
        print(HOST, flush=True)
        sys.stdin.read()
    except NonUniqueNameException:  # both listened before either spoke
        print(TAKEN, flush=True)
    except (OSError, ZeroconfError) as error:
        print(error, flush=True)
    finally:
        network.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
