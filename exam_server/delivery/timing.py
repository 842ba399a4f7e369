"""How the wire writes instants."""

from datetime import datetime


def milliseconds(instant: datetime) -> int:
    """Return the instant as the wire writes it: milliseconds since the epoch."""
    return round(instant.timestamp() * 1000)
