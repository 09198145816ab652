"""Step 7: what the first sync would do and cost, and whether it begins now."""

from beekeed.client import Client, Refused
from beekeed.ctl.language import _
from beekeed.ctl.preview import print_preview
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.record import Record
from beekeed.ctl.sync import started_or_joined
from beekeed.ctl.terminal import Terminal
from beekeed.errors import Code

_NOW, _LATER = "now", "later"


def settle(
    answers: Answers, record: Record, client: Client, terminal: Terminal, *, is_well: bool
) -> None:
    """Show what a sync would do, and start it where asked; `is_well`: the check found nothing."""
    try:
        answer = client.get("preview")
    except Refused as refused:
        if refused.code == Code.ALREADY_RUNNING:  # the time that was just set has come
            record.say(_("A sync is running already."))
            record.say(_("beekeectl watch shows how it goes on."))
            record.done("sync", started=False, code=refused.code)
            return
        record.reason(refused.code, refused.params)
        record.done("preview", code=refused.code)
        return
    if not terminal.as_json:
        print_preview(terminal, answer)
    names = ("goes", "left", "waits", "sent_bytes", "received_bytes")
    record.done("preview", **{name: answer[name] for name in names})
    if not is_well:
        record.say(_("No sync is started before what failed is mended."))
        record.done("sync", started=False)
        return
    options = {
        _NOW: _("start it now"),
        _LATER: _("not now: it begins by the schedule, or with beekeectl sync"),
    }
    if answers.choose("sync.start", options, _NOW if answer["goes"] else _LATER) == _LATER:
        record.done("sync", started=False)
        return
    try:
        started = client.post("sync")
    except Refused as refused:  # it is switched off, for example
        record.reason(refused.code, refused.params)
        record.done("sync", started=False, code=refused.code)
        return
    record.say(started_or_joined(started))
    record.say(_("beekeectl watch shows how it goes on."))
    record.done("sync", started=not started["joined"], event_id=started["event_id"])
