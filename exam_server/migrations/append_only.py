"""Triggers that refuse to change or delete what must stay as written."""

from sqlalchemy import Connection


def protect(connection: Connection, table: str) -> None:
    """Refuse every UPDATE and DELETE of the table's rows."""
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    connection.exec_driver_sql(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )


def unprotect(connection: Connection, table: str) -> None:
    """Drop what ``protect`` made."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER {table}_no_update")
        connection.exec_driver_sql(f"DROP TRIGGER {table}_no_delete")
        return
    connection.exec_driver_sql(f"DROP FUNCTION {table}_refuse CASCADE")
