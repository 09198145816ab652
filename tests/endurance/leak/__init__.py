"""Leaks: the real daemon, which is asked for sync after sync, and looked into between them.

`seen.py` is the daemon in a process that tells what it holds; `school.py` has a small school
around it, in which something changes before each sync; `held.py` judges what it held.
"""
