"""Chaos: the real daemon on a bad line, a bad disk and a bad clock, while people are at work.

A **round** is a world of its own: a box, the line of tests/link, an online Moodle behind TLS,
and the daemon in the box's namespace. In each of its **beats** somebody works, somebody presses
buttons, and something goes wrong. At the end all is well again, and everything is accounted for.
"""
