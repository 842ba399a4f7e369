"""The exam room: presence, extra time, messages and incidents."""
