"""Decisions about items, blueprints and papers: pure functions."""
