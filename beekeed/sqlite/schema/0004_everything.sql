INSERT INTO kind (id, name) VALUES (5, 'membership'), (6, 'profile');

-- A part of a course is an activity with its item, or a group; of a profile, a field.
ALTER TABLE receipt RENAME COLUMN activity_id TO part_id;
ALTER TABLE change RENAME COLUMN activity_id TO part_id;
ALTER TABLE intent RENAME COLUMN activity_id TO part_id;
UPDATE intent SET step = replace(step, '"activity_id":', '"part_id":');

CREATE TABLE learner_group (
    id        INTEGER PRIMARY KEY,
    course_id INTEGER NOT NULL REFERENCES course (id),
    name      TEXT NOT NULL,
    UNIQUE (course_id, name)
) STRICT;

CREATE TABLE profile_field (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

ALTER TABLE learner ADD COLUMN more TEXT NOT NULL DEFAULT '{}';  -- further profile fields, JSON

-- What a run found that Moodle's core services cannot carry.
CREATE TABLE run_uncarried (
    run_id INTEGER NOT NULL REFERENCES run (id),
    what   TEXT NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (run_id, what)
) STRICT, WITHOUT ROWID;

-- Who made an enrolment was not kept before: none counts as ours.
UPDATE receipt SET online_value = 'there' WHERE kind = 2;
