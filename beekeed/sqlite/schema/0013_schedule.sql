-- The slots of the schedule that were met, by their names: a time in Unix seconds and a kind
-- (core.schedule.SlotKind). By name and not by the last time: a clock that was ahead for a
-- while uses up the slots that it met, and none of the others.
CREATE TABLE slot (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    used          INTEGER NOT NULL,
    tries         INTEGER NOT NULL,          -- syncs that did not reach the online Moodle
    clock_trusted INTEGER NOT NULL,          -- when it was met
    UNIQUE (at, kind)
) STRICT;
CREATE INDEX slot_waiting ON slot (at) WHERE NOT used;
CREATE INDEX slot_unsure ON slot (at) WHERE NOT clock_trusted;

-- This device's draw, of which its jitter is made: one row.
CREATE TABLE schedule_draw (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    millionths INTEGER NOT NULL
) STRICT;
