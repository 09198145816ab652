-- Times by more than the wall clock, which may be set: which boot of the box it was, and the
-- seconds since its start.

-- The newest moment at which the clock was trusted: one row.
CREATE TABLE clock_known (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    at           INTEGER NOT NULL,
    boot_id      TEXT NOT NULL,
    boot_seconds INTEGER NOT NULL,
    trust        TEXT NOT NULL
) STRICT;

-- While it lasts, a doubt knows its boot; whether the clock was right turns out in it or never.
ALTER TABLE clock_doubt ADD COLUMN boot_id TEXT;
ALTER TABLE clock_doubt ADD COLUMN boot_seconds INTEGER;

-- 0 where a time of the run was read off a clock that was not trusted.
ALTER TABLE run ADD COLUMN clock_trusted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN boot_id TEXT;
ALTER TABLE run ADD COLUMN began_boot_seconds INTEGER;
ALTER TABLE run ADD COLUMN ended_boot_seconds INTEGER;
