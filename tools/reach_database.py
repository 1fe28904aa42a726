"""Says by its exit code whether the PostgreSQL of the given URL answers and lets us make databases."""

import sys

import psycopg

QUESTION = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


def main(url: str) -> None:
    if not url:
        sys.exit("no address of a server is set")
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(QUESTION).fetchone()
    except psycopg.Error as error:
        sys.exit(f"no answer ({str(error).splitlines()[0]})")
    if not row or not row[0]:
        sys.exit("its role may not make databases")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
