"""People who were seen while the store could not be written: they are not signed out for it.

The memory of one process. What it holds is when a person with a live sign-in was really seen, so
the idle limit stays what it is; what outlasts the process, the browser keeps (``web.protection``).
"""

from datetime import datetime

from registry.accounts.queries import IDLE_LIMIT, hash_of_token


class Sightings:
    """When the holders of sign-ins were last seen, as long as it could not be put down."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}  # by the hash of the sign-in's secret

    def note(self, token: str, now: datetime) -> None:
        """Keep that the holder of a live sign-in was seen; let go of those who idled away."""
        self._seen = {who: at for who, at in self._seen.items() if at > now - IDLE_LIMIT}
        self._seen[hash_of_token(token)] = now

    def of(self, token: str) -> datetime | None:
        """Return when the holder was seen without its being put down."""
        return self._seen.get(hash_of_token(token))

    def forget(self, token: str) -> None:
        """The store knows again."""
        self._seen.pop(hash_of_token(token), None)
