"""Decisions about scheduling: pure functions."""
