-- The mails about syncs: one row for each run that is mailed. What it says is taken from the run
-- when it is sent.
-- token: with the Sync Event ID, its Message-ID; the same each time that it is sent.
-- state: waiting, sent, given_up or dropped; ended_at, code, params: since when, and why.
-- over: the series of failures that the run ended, as JSON (core.mail.Series).
-- told: 1 where a later mail told that this one was dropped.
CREATE TABLE mail (
    run_id   INTEGER PRIMARY KEY REFERENCES run (id),
    token    TEXT NOT NULL,
    state    TEXT NOT NULL,
    over     TEXT,
    ended_at INTEGER,
    code     TEXT,
    params   TEXT,
    told     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mail_open ON mail (state, told) WHERE state = 'waiting' OR (state = 'dropped' AND told = 0);

-- One row. seen_run_id: up to which run it was decided whether it is mailed; those before this
-- schema never are. series: failures that were mailed and go on, as JSON. code, params,
-- trouble_at: what was last wrong with sending, until a mail goes through.
CREATE TABLE mail_book (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    seen_run_id INTEGER NOT NULL,
    series      TEXT,
    code        TEXT,
    params      TEXT,
    trouble_at  INTEGER
) STRICT;
INSERT INTO mail_book (id, seen_run_id) SELECT 1, coalesce(max(id), 0) FROM run WHERE ended_at IS NOT NULL;
