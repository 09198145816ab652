"""Histories: a box, an online Moodle that misbehaves, and what must be true whatever happens.

`line.py` is the way to the online Moodle, with its faults; `steps.py` cuts the power and
stops; `facts.py` reads both sides, `children.py` knows who is who; `world.py` has both sides
and the engine; `lives.py` and `elsewhere.py` have what may happen, `machine.py` draws it;
`watch.py` judges each request, `ending.py` what there is when all is quiet; `report.py` counts.
"""
