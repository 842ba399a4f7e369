"""Robots that live a whole exam day over the real wire, and the judge of what became of it."""
