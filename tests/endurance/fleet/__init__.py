"""A fleet: many boxes with one daily time, and an online Moodle that serves a few at a time.

`leaping.py` is the time, which leaps; `server.py` how many requests are served at once, and
what becomes of the others; `site.py` the Moodle behind it; `box.py` a box, with the daemon's
own loop, schedule and engine; `play.py` has the outage and the days after it, and counts.
"""
