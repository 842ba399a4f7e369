"""Sittings, seating, admission numbers, dispatch of examiners."""
