"""The steps of the first set-up, in their order. Each may be done again without harm."""

import os
import sys
from pathlib import Path

from beekeed.client import Client, Refused
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.ctl.language import _
from beekeed.ctl.setup import (
    account,
    box,
    checking,
    first_sync,
    online,
    start,
    summary,
    wishes,
)
from beekeed.ctl.setup.answers import read_answers
from beekeed.ctl.setup.asking import Answers, at_terminal
from beekeed.ctl.setup.files import Files
from beekeed.ctl.setup.record import Record
from beekeed.ctl.terminal import Terminal, folded
from beekeed.errors import BeekeedError, ConfigError
from beekeed.say import language_of


def run(client: Client, terminal: Terminal, *, answers: str | None, settings: str) -> Exit:
    """Set the box up. Raises Refused with what keeps it from going on.

    Interrupted (Ctrl-C, or the end of what is typed), it may be used again and goes on.
    """
    if os.geteuid() != 0:
        raise Refused("not_root", {})
    record = Record(terminal)
    try:
        return _set_up(client, terminal, record, answers, Path(settings))
    except (KeyboardInterrupt, EOFError):
        again = _("Interrupted: nothing is half done. Use beekeectl setup again, and it goes on.")
        print("\n" + folded(again), file=sys.stderr)
        return Exit.INTERRUPTED
    except BeekeedError as error:
        first = error.problems[0] if isinstance(error, ConfigError) and error.problems else error
        return _broken_off(terminal, record, Refused(str(first.code), first.params))
    except Refused as refused:
        return _broken_off(terminal, record, refused)


def _set_up(
    client: Client, terminal: Terminal, record: Record, answers: str | None, settings: Path
) -> Exit:
    files = Files(settings)
    files.examine_by_hand()  # what is wrong there is said before anything is asked
    by_hand = files.set_by_hand()
    source: Answers = read_answers(Path(answers), by_hand) if answers else at_terminal(terminal)
    if source.is_typed:
        terminal.line(
            _(
                "Enter takes the answer in brackets. Ctrl-C ends it at any time: nothing is half"
                " done, and the next time it goes on."
            )
        )
    steps = _Steps(client, terminal, record, source, files)
    ending = steps.until_it_runs()
    if ending is None:
        ending = steps.with_the_daemon()
    if terminal.as_json:
        terminal.json(record.as_json())
    else:
        record.print_left()
    return ending


class _Steps:
    """One set-up under way."""

    def __init__(
        self, client: Client, terminal: Terminal, record: Record, answers: Answers, files: Files
    ) -> None:
        self._client = client
        self._terminal = terminal
        self._record = record
        self._answers = answers
        self._files = files

    def until_it_runs(self) -> Exit | None:
        """Steps 1 to 4; gives an exit code where the daemon does not run then."""
        answers, record, files = self._answers, self._record, self._files
        before = files.set_before()
        record.title(1, _("The Moodle of this box"))
        self._box = box.choose(answers, record, files.set_by_hand(), before)
        record.title(2, _("A database account"))
        self._account = account.settle(answers, record, files, self._box, before)
        record.title(3, _("The online Moodle"))
        return self._give_online()

    def _give_online(self) -> Exit | None:
        """Ask for the online Moodle, and start with it."""
        answers, record, files = self._answers, self._record, self._files
        given = online.ask(
            answers,
            record,
            by_hand=files.set_by_hand(),
            before=files.set_before(),
            box=self._box.site,
            has_token=bool(files.kept(files.token)),
        )
        record.title(4, _("Start"))
        changed = start.write(record, files, self._box, self._account, given)
        runs = start.start(answers, record, self._client, files, changed=changed)
        return None if runs else Exit.NOT_RUNNING

    def with_the_daemon(self) -> Exit:
        """Steps 5 to 8; gives the exit code of what the check found."""
        answers, record, client, terminal = (
            *(self._answers, self._record),
            *(self._client, self._terminal),
        )
        record.title(5, _("The whole way, tried"))
        chosen, ending = checking.settle(answers, record, client, terminal)
        while chosen == checking.ONLINE:
            stopped = self._give_online()
            if stopped is not None:
                return stopped
            chosen, ending = checking.settle(answers, record, client, terminal)
        record.title(6, _("The page, the data limit and the schedule"))
        wishes.ask_password(answers, record, client)
        wishes.ask_limit(answers, record, client)
        wishes.ask_schedule(answers, record, client)
        record.title(7, _("The first sync"))
        first_sync.settle(answers, record, client, terminal, is_well=ending is Exit.OK)
        record.title(8, _("What is set"))
        summary.show(record, client, terminal, self._files)
        return ending


def _broken_off(terminal: Terminal, record: Record, refused: Refused) -> Exit:
    """Say what keeps it from going on; a program is told what was done before, as well."""
    if terminal.as_json:
        Terminal(as_json=False).trouble(refused.code, refused.params)
        told = language_of("en").say(refused.code, refused.params).what
        error = {"code": refused.code, "params": dict(refused.params), "sentence": told}
        terminal.json(record.as_json(error))
    else:
        terminal.trouble(refused.code, refused.params)
    return exit_of_code(refused.code)
