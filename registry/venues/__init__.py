"""Rooms and their seats."""
