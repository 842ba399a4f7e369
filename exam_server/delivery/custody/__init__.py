"""Custody of the papers of a sitting at computers: sealed, fetched, opened by two persons."""
