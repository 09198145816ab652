-- Times are Unix seconds. Every row that is about the online side names its
-- target: another address or service account starts without receipts.

CREATE TABLE target (
    id            INTEGER PRIMARY KEY,
    address       TEXT NOT NULL,
    account       TEXT,             -- the service account's username, once the site answered
    token_digest  TEXT NOT NULL,    -- tells offline that the token is still the same
    site_name     TEXT NOT NULL DEFAULT '',
    first_used_at INTEGER NOT NULL,
    read_at       INTEGER,          -- when the box was last read for it, wholly
    UNIQUE (address, account)
) STRICT;

-- The small numbers that stand for what lasts.
CREATE TABLE course (
    id        INTEGER PRIMARY KEY,
    shortname TEXT NOT NULL UNIQUE,
    fullname  TEXT NOT NULL
) STRICT;

CREATE TABLE activity (
    id        INTEGER PRIMARY KEY,
    course_id INTEGER NOT NULL REFERENCES course (id),
    section   INTEGER NOT NULL,
    modname   TEXT NOT NULL,
    name      TEXT NOT NULL,
    nth       INTEGER NOT NULL,
    UNIQUE (course_id, section, modname, name, nth)
) STRICT;

CREATE TABLE learner (
    id         INTEGER PRIMARY KEY,
    username   TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    email      TEXT NOT NULL,
    idnumber   TEXT NOT NULL,
    city       TEXT NOT NULL,
    country    TEXT NOT NULL,
    device_id  INTEGER NOT NULL,
    created_at INTEGER
) STRICT;

CREATE TABLE kind (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO kind (id, name) VALUES (1, 'account'), (2, 'enrolment'), (3, 'completion');

-- A course as it was last found online; left_out says why it is not synchronized.
CREATE TABLE course_match (
    target_id       INTEGER NOT NULL REFERENCES target (id),
    course_id       INTEGER NOT NULL REFERENCES course (id),
    online_id       INTEGER,
    online_created_at  INTEGER,
    online_modified_at INTEGER,
    left_out        TEXT,
    left_out_params TEXT,
    PRIMARY KEY (target_id, course_id)
) STRICT, WITHOUT ROWID;

-- Receipts of accounts. The names are the box's when it was acknowledged.
CREATE TABLE account (
    target_id       INTEGER NOT NULL REFERENCES target (id),
    learner_id      INTEGER NOT NULL REFERENCES learner (id),
    username        TEXT NOT NULL,
    online_id       INTEGER NOT NULL,
    made_by_us      INTEGER NOT NULL,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    idnumber        TEXT NOT NULL,
    device_id       INTEGER NOT NULL,
    online_name     TEXT NOT NULL DEFAULT '',   -- as the online Moodle last showed it
    acknowledged_at INTEGER NOT NULL,
    run_id          INTEGER NOT NULL,
    PRIMARY KEY (target_id, learner_id)
) STRICT, WITHOUT ROWID;

-- All other receipts. gone_at: since when the box no longer has the row.
CREATE TABLE receipt (
    target_id       INTEGER NOT NULL,
    kind            INTEGER NOT NULL,
    course_id       INTEGER NOT NULL,
    activity_id     INTEGER NOT NULL,
    learner_id      INTEGER NOT NULL,
    value           TEXT NOT NULL,
    online_value    TEXT NOT NULL,
    happened_at     INTEGER,
    first_seen_at   INTEGER NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    run_id          INTEGER NOT NULL,
    gone_at         INTEGER,
    PRIMARY KEY (target_id, kind, learner_id, course_id, activity_id)
) STRICT, WITHOUT ROWID;

-- Pending changes. An aside_code tells why one was set aside.
CREATE TABLE change (
    target_id     INTEGER NOT NULL,
    kind          INTEGER NOT NULL,
    course_id     INTEGER NOT NULL,
    activity_id   INTEGER NOT NULL,
    learner_id    INTEGER NOT NULL,
    value         TEXT NOT NULL,
    happened_at   INTEGER,
    first_seen_at INTEGER NOT NULL,
    aside_code    TEXT,
    aside_params  TEXT,
    aside_at      INTEGER,
    PRIMARY KEY (target_id, kind, learner_id, course_id, activity_id)
) STRICT, WITHOUT ROWID;

-- Written before a request goes out, deleted when its outcome is recorded.
CREATE TABLE intent (
    target_id   INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    course_id   INTEGER NOT NULL,
    activity_id INTEGER NOT NULL,
    learner_id  INTEGER NOT NULL,
    run_id      INTEGER NOT NULL,
    step        TEXT NOT NULL,      -- JSON, by kind: CreateAccount, Enrol, Complete
    intended_at INTEGER NOT NULL,
    PRIMARY KEY (target_id, kind, learner_id, course_id, activity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id             INTEGER PRIMARY KEY,
    event_id       TEXT NOT NULL UNIQUE,
    target_id      INTEGER,
    cause          TEXT NOT NULL,
    status         TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    bytes_sent     INTEGER NOT NULL DEFAULT 0,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    seconds        INTEGER,         -- how long it took, by a clock that is never set
    waiting        INTEGER,         -- changes still pending when it ended
    set_aside      INTEGER,         -- those of them that were set aside
    code           TEXT,
    params         TEXT
) STRICT;

-- What a run did, counted; no learner is named here.
CREATE TABLE run_action (
    run_id  INTEGER NOT NULL REFERENCES run (id),
    kind    INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    code    TEXT NOT NULL DEFAULT '',
    params  TEXT NOT NULL DEFAULT '{}',
    count   INTEGER NOT NULL,
    PRIMARY KEY (run_id, kind, verdict, code, params)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_course (
    run_id          INTEGER NOT NULL REFERENCES run (id),
    course_id       INTEGER NOT NULL,
    left_out        TEXT,
    left_out_params TEXT,
    PRIMARY KEY (run_id, course_id)
) STRICT, WITHOUT ROWID;
