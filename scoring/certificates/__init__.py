"""Blank stock, numbering, issue and public lookup of certificates."""
