"""beekeed brings the work of a Beekee box's learners to their online Moodle.

Theory of operation, in the order of the data's way:

1. `loop.py` waits until a sync is asked for and runs `engine/`, never two at a
   time; while the box is quiet it is looked through once a day. `core/cycle.py` has
   the phases.
2. `engine/reading.py` opens one consistent snapshot of the box's own Moodle
   (`moodle/device.py`, on the kinds of database in `moodle/databases/`) and goes
   through it some learners at a time; who has the digest of the last reading is left
   out. `core/change.py` holds each slice against the receipts, which say what the
   online Moodle acknowledged. What is not acknowledged is a change, and is noted in
   our own database (`sqlite/`) until it is. The snapshot is closed before the first
   byte leaves. `core/guard.py` counts what fell: where that is much, nothing is
   lowered until a person accepts it. `engine/daybook.py` tells what is late: its day
   was closed (`core/calendar.py`).
3. `engine/matching.py` finds each course that has changes online and checks that
   it is the same (`core/course.py`). One that differs is left out with its reason
   (`core/explanation.py`); what was matched is kept until either side changes.
4. `engine/sending.py` takes the changes in the order of their value
   (`core/plan.py`). It finds out who each learner is online (`core/person.py`),
   makes what is missing (account, enrolment), and sends, each kind by its own rules
   (`core/grade.py`, `profile.py`, ...): the intent is written before the request, the
   receipt after the answer. A request whose answer was lost is settled by reading
   back (`moodle/settling.py`), at once or at the next start, or said again where Moodle
   makes that harmless; never blindly. One bad record is set aside with a reason; the
   rest goes on. A dry run (`engine/preview.py`) goes the same way, with prices
   (`core/cost.py`) for requests. At its end a run closes the days that it covered.
5. `engine/verifying.py` reads back what was acknowledged, a few learners after each
   sending and all when asked (`core/verify.py`): what is missing is pending again.
6. `moodle/online.py` speaks Moodle's web services over one connection (`transport.py`).
   `pushing.py` puts into a request what fits (`core/pace.py`), and into a call what goes
   together (`bundles.py`, `calls.py`); `requests.py` makes it, `answers.py` and
   `refusals.py` say what came of it, and `patience.py` waits out what passes
   (`core/retry.py`). `link/` counts the bytes, and knows how far the way there goes
   (`link/diagnosis.py`, as the tree in `core/link.py`), and when it is back (`watch.py`).
7. `control/` shows all of it on two unix sockets: `ctl/` to people in a terminal, and
   `page/`, in a process of its own, to browsers. `say/` has the sentences that they read.

`daemon.py` is the only wiring. `ports/` are the lines along which parts can be
replaced. `sandbox/` is a box and an online Moodle to try and test against.
"""

__version__ = "0.2.0.dev0"
