"""The device sample with every oddity, synchronized to a Moodle and compared fact by fact.

The same trials and the same comparison on a real Moodle (tests/live/test_variety.py) and
on the sandbox (tests/system/test_variety.py): what differs is only how an administrator's
own doings are done there (`Online`).
"""
