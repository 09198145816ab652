"""Histories: a box, an online Moodle that misbehaves, and what must be true whatever happens.

`line.py` is the way to the online Moodle, with its faults; `steps.py` cuts the power and
stops; `facts.py` reads both sides; `watch.py` judges each request; `world.py` has what
happens on both sides; `lives.py` lets them happen; `report.py` counts them.
"""
