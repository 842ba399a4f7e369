"""Decisions about answer cards: pure functions."""
