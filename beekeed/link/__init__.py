"""The way to the online Moodle: which line it takes, and what it costs."""
