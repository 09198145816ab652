-- Who changed which setting, and when: as JSON, `after` null where the default holds again.
CREATE TABLE setting_change (
    id      INTEGER PRIMARY KEY,
    key     TEXT NOT NULL,
    before  TEXT NOT NULL,
    after   TEXT,
    by_whom TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
