"""Fuzzing: whatever comes from outside is parsed, or refused as the contract says.

Each module here but `__main__` and what they share is a target: `target()` gives it. libFuzzer
(by atheris) has the process for itself, so that each target runs in one of its own.
"""
