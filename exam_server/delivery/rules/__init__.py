"""Rules of an attempt: pure functions over its events."""
