-- What each run did to whom, with what online held before and after, so that an
-- administrator can undo it by hand. Kept 12 months.
CREATE TABLE action (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES run (id),
    kind       INTEGER NOT NULL,
    course_id  INTEGER NOT NULL,
    part_id    INTEGER NOT NULL,
    learner_id INTEGER NOT NULL,
    code       TEXT,
    value      TEXT NOT NULL,       -- the box's
    before     TEXT,                -- what online held; NULL where it was not read
    after      TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX action_run ON action (run_id);

-- What online held when a change was set aside: the other side of a conflict.
ALTER TABLE change ADD COLUMN aside_online TEXT;

-- Pairs of a learner and an account online that a person confirmed to be one: valid as
-- long as the learner has no other names or number on the box than then.
CREATE TABLE confirmed (
    target_id    INTEGER NOT NULL REFERENCES target (id),
    learner_id   INTEGER NOT NULL REFERENCES learner (id),
    online_id    INTEGER NOT NULL,
    first_name   TEXT NOT NULL,
    last_name    TEXT NOT NULL,
    idnumber     TEXT NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (target_id, learner_id)
) STRICT, WITHOUT ROWID;
