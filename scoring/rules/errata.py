"""What is done about an item that proves faulty after the exam 试题勘误; the province decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Remedy(StrEnum):
    """How a faulty item counts for everyone whose paper had it."""

    GIVE_ALL = "give_all"  # 送分: everyone earns its points
    ACCEPT = "accept"  # 多答案: further answers earn its points beside the key
    REMOVE = "remove"  # 剔除: it does not count, the rest is scaled up to the full mark


class ErratumState(StrEnum):
    """One person proposes an erratum, another decides it."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    REFUSED = "refused"


@dataclass(frozen=True)
class Correction:
    """A decided erratum as marking applies it to one position."""

    erratum_id: int
    remedy: Remedy
    accepted: frozenset[frozenset[str]] = frozenset()  # each a whole answer, as option ids


NO_ERRATA: Mapping[int, Correction] = MappingProxyType({})
