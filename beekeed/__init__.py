"""beekeed brings the work of a Beekee box's learners to their online Moodle.

Theory of operation: see the README; this text is filled in with the code.
"""

__version__ = "0.1.0.dev0"
