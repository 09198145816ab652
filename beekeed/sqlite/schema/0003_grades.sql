INSERT INTO kind (id, name) VALUES (4, 'grade');

-- An activity may have several grade items; item 0 is the activity itself as well.
CREATE TABLE activity_with_item (
    id        INTEGER PRIMARY KEY,
    course_id INTEGER NOT NULL REFERENCES course (id),
    section   INTEGER NOT NULL,
    modname   TEXT NOT NULL,
    name      TEXT NOT NULL,
    nth       INTEGER NOT NULL,
    item      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (course_id, section, modname, name, nth, item)
) STRICT;
INSERT INTO activity_with_item SELECT id, course_id, section, modname, name, nth, 0 FROM activity;
DROP TABLE activity;
ALTER TABLE activity_with_item RENAME TO activity;
