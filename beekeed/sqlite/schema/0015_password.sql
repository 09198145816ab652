-- The digest of the administrator's password, as control.scrypt writes it: one row, or none
-- where nobody can sign in.
CREATE TABLE password (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    digest     TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
