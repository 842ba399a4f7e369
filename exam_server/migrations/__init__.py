"""Alembic migrations: one linear history for the tables of all packages."""
