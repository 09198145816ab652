-- Of whom everything was acknowledged or noted when last read, with what told that
-- nothing of theirs had changed (ports.DeviceSnapshot.digests).
CREATE TABLE reading (
    target_id  INTEGER NOT NULL REFERENCES target (id),
    learner_id INTEGER NOT NULL REFERENCES learner (id),
    mark       INTEGER NOT NULL,
    PRIMARY KEY (target_id, learner_id)
) STRICT, WITHOUT ROWID;

-- The number of a role that turned out not to be the learners' when somebody got it.
ALTER TABLE target ADD COLUMN wrong_role_id INTEGER;

ALTER TABLE target ADD COLUMN compared_at INTEGER;  -- when every row was last compared
