"""What the engine needs from the outside, as Protocols.

The adapters (`moodle`, `link`, `sqlite`) implement these; `daemon` wires them.
Each says what a caller may rely on.
"""
