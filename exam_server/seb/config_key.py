"""The Config Key of Safe Exam Browser and the hash that a browser shows; pure.

The key is the SHA-256 of the settings written as "SEB-JSON": keys sorted without regard to case, no
white space, nothing escaped, ``originatorVersion`` and empty dictionaries left out.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

LEFT_OUT = "originatorversion"


def seb_json(node: Any) -> str:
    """Write a value of a property list as SEB-JSON; dates and fractions are refused.

    >>> seb_json({"b": True, "A": [1, "x"], "originatorVersion": "3", "none": {}})
    '{"A":[1,"x"],"b":true}'
    """
    if isinstance(node, dict):
        names = [n for n, value in node.items() if n.lower() != LEFT_OUT and value != {}]
        names.sort(key=lambda name: (name.lower(), name.swapcase()))
        return "{" + ",".join(f'"{name}":{seb_json(node[name])}' for name in names) + "}"
    if isinstance(node, list):
        return "[" + ",".join(seb_json(value) for value in node) + "]"
    return _scalar(node)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):  # before int, of which it is a kind
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, str):
        return f'"{value}"'
    raise TypeError(f"browsers of different systems write {type(value).__name__} differently")


def config_key(settings: dict[str, Any]) -> str:
    """Return the Config Key, 64 hexadecimal digits."""
    return hashlib.sha256(seb_json(settings).encode()).hexdigest()


def shown_hash(address: str, key: str) -> str:
    """Return what a browser with that key shows at an address (without its fragment)."""
    return hashlib.sha256(f"{address.partition('#')[0]}{key}".encode()).hexdigest()


def matches_any(shown: str, address: str, keys: Iterable[str]) -> bool:
    """Say whether a shown hash was made at the address with one of the keys."""
    found = [hmac.compare_digest(shown.lower(), shown_hash(address, key)) for key in keys]
    return any(found)
