"""SQLite for jobs that declare a database: protected tables, and the lock of writers taken late."""
