-- A change belongs to the UTC day on which it happened if that is known, else to the
-- one on which we first saw it. Days are numbers since 1970-01-01.
-- Both columns: 0 where it was read off a clock that was not trusted.
ALTER TABLE change ADD COLUMN happened_trusted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE change ADD COLUMN seen_trusted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE change ADD COLUMN day INTEGER GENERATED ALWAYS AS (
    iif(happened_trusted AND happened_at <= first_seen_at, happened_at, first_seen_at) / 86400
) VIRTUAL;
ALTER TABLE change ADD COLUMN late INTEGER NOT NULL DEFAULT 0;     -- its day was closed before
ALTER TABLE change ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;  -- acknowledged, not online
ALTER TABLE change ADD COLUMN again INTEGER NOT NULL DEFAULT 0;    -- a receipt that a run reads again

ALTER TABLE receipt ADD COLUMN happened_trusted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE receipt ADD COLUMN seen_trusted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE receipt ADD COLUMN day INTEGER GENERATED ALWAYS AS (
    iif(happened_trusted AND happened_at <= first_seen_at, happened_at, first_seen_at) / 86400
) VIRTUAL;
CREATE INDEX receipt_day ON receipt (target_id, day);

ALTER TABLE account ADD COLUMN day INTEGER;
UPDATE account SET day = (
    SELECT iif(created_at <= acknowledged_at, created_at, acknowledged_at) / 86400
    FROM learner WHERE learner.id = learner_id
);

-- The days of a run; both empty: all.
ALTER TABLE run ADD COLUMN first_day INTEGER;
ALTER TABLE run ADD COLUMN last_day INTEGER;

-- The days that runs closed.
CREATE TABLE closed_days (
    target_id INTEGER NOT NULL REFERENCES target (id),
    run_id    INTEGER NOT NULL REFERENCES run (id),
    first_day INTEGER NOT NULL,
    last_day  INTEGER NOT NULL,
    PRIMARY KEY (target_id, run_id)
) STRICT, WITHOUT ROWID;
INSERT INTO closed_days (target_id, run_id, first_day, last_day)
    SELECT target_id, max(id), -719162, max(started_at) / 86400 - 1
    FROM run WHERE status IN ('completed', 'partial') AND target_id IS NOT NULL
    GROUP BY target_id;

-- How many changes of each day are acknowledged, and were by each run. A change that is
-- sent again is counted once in the first, and in the second for each run that sent it.
CREATE TABLE saved_day (
    target_id INTEGER NOT NULL REFERENCES target (id),
    day       INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    PRIMARY KEY (target_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_day (
    run_id INTEGER NOT NULL REFERENCES run (id),
    day    INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (run_id, day)
) STRICT, WITHOUT ROWID;
CREATE TEMPORARY VIEW acknowledged AS
    SELECT target_id, run_id, day FROM receipt WHERE kind <> 6
    UNION ALL SELECT target_id, run_id, day FROM account WHERE day IS NOT NULL;
INSERT INTO saved_day SELECT target_id, day, count(*) FROM acknowledged GROUP BY target_id, day;
INSERT INTO run_day SELECT run_id, day, count(*) FROM acknowledged
    WHERE run_id IN (SELECT id FROM run) GROUP BY run_id, day;
DROP VIEW acknowledged;

-- Kinds that a course's target turned out not to carry (its service lacks the function).
CREATE TABLE not_carried (
    target_id INTEGER NOT NULL REFERENCES target (id),
    kind      INTEGER NOT NULL,
    course_id INTEGER NOT NULL,
    PRIMARY KEY (target_id, kind, course_id)
) STRICT, WITHOUT ROWID;

-- When the box's clock was not trusted and turned out to have been wrong, by that clock.
CREATE TABLE clock_doubt (
    began_at INTEGER PRIMARY KEY,
    ended_at INTEGER NOT NULL
) STRICT;
