"""Seeded pencils and office scanners, to try the reader where the truth is known."""
