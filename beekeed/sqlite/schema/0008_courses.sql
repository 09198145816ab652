-- The contents of a course online as they were last read and found to be the same, so that
-- an unchanged course is not read again. doubted: a refusal named one of its activities since.
CREATE TABLE contents (
    target_id   INTEGER NOT NULL REFERENCES target (id),
    course_id   INTEGER NOT NULL REFERENCES course (id),
    online_id   INTEGER NOT NULL,
    created_at  INTEGER,
    modified_at INTEGER,
    revision    INTEGER NOT NULL,
    box         TEXT NOT NULL,      -- core.course.fingerprint of the course on the box
    read_at     INTEGER NOT NULL,
    doubted     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (target_id, course_id)
) STRICT, WITHOUT ROWID;

-- Where each of our activities is online; its section, kind and name are ours.
CREATE TABLE activity_match (
    target_id INTEGER NOT NULL,
    course_id INTEGER NOT NULL,
    part_id   INTEGER NOT NULL REFERENCES activity (id),
    cmid      INTEGER NOT NULL,
    tracked   INTEGER NOT NULL,
    instance  INTEGER NOT NULL,
    PRIMARY KEY (target_id, course_id, part_id)
) STRICT, WITHOUT ROWID;

-- A course that was synchronized although something is to be said of it.
ALTER TABLE run_course ADD COLUMN warning TEXT;
ALTER TABLE run_course ADD COLUMN warning_params TEXT;

ALTER TABLE account ADD COLUMN verified_at INTEGER;  -- when all of a learner's was last read back
ALTER TABLE target ADD COLUMN audited_at INTEGER;    -- when a sync last read some learners back
