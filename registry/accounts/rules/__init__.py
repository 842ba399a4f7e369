"""Decisions about accounts: pure functions."""
