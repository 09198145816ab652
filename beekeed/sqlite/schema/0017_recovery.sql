-- What had to be put right with this database itself, or that it came to another box.
CREATE TABLE recovery (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    code   TEXT NOT NULL,
    params TEXT NOT NULL
) STRICT;

-- The machine that it is on, as a digest: one row.
CREATE TABLE machine (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    digest TEXT NOT NULL
) STRICT;
