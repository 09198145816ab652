"""An online Moodle and a device database to try and test against.

A stand-in of Moodle 4.5.6's core web services over a SQLite file that has Moodle's own tables
(`online`), a generator of such a file for a box and for its school (`box`, `school`), and a
comparison of the two by plain SQL (`compare`).

The one rule: it is never kinder than Moodle. What it answers follows from the rows of its
database, as Moodle's answers do, and is held to recorded exchanges with a real Moodle
(tests/data/moodle-4.5.6). It shares no code with the synchronization that it tests, so that a
fault there cannot hide itself here. What it does not build it refuses loudly, with HTTP 501.
"""
