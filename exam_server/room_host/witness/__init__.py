"""The witness: a second PC that holds every commit of the room's server (R26)."""
