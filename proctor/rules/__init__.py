"""Decisions of the exam room: pure functions."""
