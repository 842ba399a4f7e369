"""The addresses of this computer in the room's network."""

import fcntl
import socket
import struct

SIOCGIFADDR = 0x8915  # ask the kernel for the IPv4 address of an interface (linux/sockios.h)
NAME_BYTES = 15


def own_addresses() -> tuple[str, ...]:
    """Return the IPv4 addresses of the network cards, without the loop-back."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _index, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:NAME_BYTES])
            try:
                reply = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, request)
            except OSError:  # a card without an address
                continue
            found.append(socket.inet_ntoa(reply[20:24]))
    return tuple(address for address in found if not address.startswith("127."))
