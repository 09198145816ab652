-- What fell: facts that are lower on the box than they were known, or away.
CREATE TABLE fallen (
    target_id  INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    course_id  INTEGER NOT NULL,
    part_id    INTEGER NOT NULL,
    learner_id INTEGER NOT NULL,
    level      TEXT,                -- what it was known to be; NULL: that it is away is known
    now        TEXT,                -- as last read; NULL: away
    day        INTEGER NOT NULL,    -- the number of the counted day on which it last fell
    PRIMARY KEY (target_id, kind, learner_id, course_id, part_id)
) STRICT, WITHOUT ROWID;

-- The last dates under which the box was read, in the order in which they were met: a clock
-- without a battery may meet 1970 after 2026.
CREATE TABLE fallen_day (
    target_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    date      TEXT NOT NULL,
    PRIMARY KEY (target_id, number),
    UNIQUE (target_id, date)
) STRICT, WITHOUT ROWID;

-- What is asked. AUTOINCREMENT: a number that people were told never means another question.
CREATE TABLE guard (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    course_id INTEGER NOT NULL REFERENCES course (id),
    lost      INTEGER NOT NULL,
    known     INTEGER NOT NULL,
    held      INTEGER NOT NULL,     -- pending changes that would lower something
    since     INTEGER NOT NULL,
    UNIQUE (target_id, kind, course_id)
) STRICT;

CREATE TABLE guard_event (
    id        INTEGER PRIMARY KEY,
    target_id INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    course_id INTEGER NOT NULL REFERENCES course (id),
    what      TEXT NOT NULL,        -- asked, accepted, over
    lost      INTEGER NOT NULL,
    known     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    by        TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX receipt_gone ON receipt (target_id) WHERE gone_at IS NOT NULL;

-- What was away before there was a guard is known to be.
INSERT INTO fallen (target_id, kind, course_id, part_id, learner_id, day)
    SELECT target_id, kind, course_id, part_id, learner_id, 0 FROM receipt
    WHERE gone_at IS NOT NULL AND kind IN (2, 3, 4);
