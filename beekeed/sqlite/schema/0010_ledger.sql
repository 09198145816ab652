-- The account of bytes: a row for each connection, or lookup of a name, within one day. What is
-- held counts as spent until it is settled; what a power cut left held counts for ever.
-- day: the one that is charged (core.budget), as a number since 1970-01-01. Its billing month
-- follows from it and the billing day.
-- boot_id, boot_seconds: which run of the machine, and how long after its start (CLOCK_BOOTTIME);
-- until_seconds: the same, when it was written last.
-- wall_at: what the wall clock said; trusted: 0 where it was not believed.
CREATE TABLE ledger_entry (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again
    day           INTEGER NOT NULL,
    category      TEXT NOT NULL,
    run_id        INTEGER,
    sent          INTEGER NOT NULL,
    received      INTEGER NOT NULL,
    held          INTEGER NOT NULL,
    boot_id       TEXT NOT NULL,
    boot_seconds  INTEGER NOT NULL,
    until_seconds INTEGER NOT NULL,
    wall_at       INTEGER NOT NULL,
    trusted       INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_entry_day ON ledger_entry (day);
CREATE INDEX ledger_entry_unsure ON ledger_entry (boot_id) WHERE trusted = 0;

-- Entries of earlier billing months, summed up.
CREATE TABLE ledger_day (
    day      INTEGER NOT NULL,
    category TEXT NOT NULL,
    sent     INTEGER NOT NULL,
    received INTEGER NOT NULL,
    held     INTEGER NOT NULL,
    PRIMARY KEY (day, category)
) STRICT, WITHOUT ROWID;

CREATE VIEW charge AS
    SELECT day, category, sent, received, held FROM ledger_entry
    UNION ALL SELECT day, category, sent, received, held FROM ledger_day;

-- What was allowed once beyond the limit, on a day and so for its billing month.
CREATE TABLE top_up (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

-- Warnings that were given: percent of the limit, once each in a billing month.
CREATE TABLE limit_warning (
    day     INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (day, percent)
) STRICT, WITHOUT ROWID;

-- Settings that were changed while beekeed ran (section.key), as JSON. The file comes first.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
