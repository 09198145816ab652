"""The pure part: what is pending, what goes first, what may be sent.

Frozen dataclasses and functions only: no await, no I/O, no clock, no logging,
no randomness. Whatever depends on the time takes it as an argument.
"""
