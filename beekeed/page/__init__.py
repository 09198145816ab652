"""The status page: a small process of its own that renders and forwards, and holds nothing.

It speaks to the daemon over page.sock alone. What a browser may do is decided there, by the
session that the browser's cookie carries: whoever breaks into this process can read what
anybody on the learners' network may read, and nothing more. So it keeps no password, no
session and no database, and may end whenever nobody looks; systemd starts it again for the
next browser (socket activation).

A request's way: `connections` (how many, how long) -> `gate.py` (Host, Origin, headers) ->
`screens.py` (one table of what there is) -> a file for each screen, which asks the daemon
(`asking.py`) and renders a template (`rendering.py`); what all see alike who are not signed
in is made once for those who ask at about the same time (`sharing.py`). Everything works
without JavaScript; `live.py` tells browsers that have it how a sync goes on.
"""
