"""The sentences of the mails about syncs: what is not the reason of anything.

`{name}` stands for a value that is put in.
"""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "mail_subject": "{box}: sync {status}",
    "mail_subject_over": "{box}: syncs work again",
    "mail_subject_verify": "{box}: reading back {status}",
    "mail_subject_test": "{box}: test",
    "mail_completed": "The sync was completed.",
    "mail_partial": "The sync was completed in part: something needs a look.",
    "mail_stopped": "The sync was stopped by hand. What had arrived is kept, the rest waits.",
    "mail_error": "The sync failed.",
    "mail_skipped": "The sync was due and did not take place.",
    "mail_verify": "What had arrived online was read back.",
    "mail_over_failed": "Syncs work again, after {count} since {since}.",
    "mail_over_partial": "All is well again, after {count} since {since}.",
    "mail_folded": "As long as nothing else is wrong, no mail tells of it again. One tells when it"
    " is over.",
    "mail_dropped": "{count} before this one had to be dropped: too many waited. `beekeectl"
    " history` on the box lists every sync.",
    "mail_box": "Box",
    "mail_site": "Online Moodle",
    "mail_event": "Sync Event ID",
    "mail_started": "Started",
    "mail_took": "{at}, took {span}",
    "mail_period": "Days",
    "mail_data": "Data",
    "mail_bytes": "{sent} sent, {received} received",
    "mail_courses": "Courses",
    "mail_actions": "Actions",
    "mail_waiting": "Still waiting",
    "mail_aside": "{waiting}, {count} of them set aside: `beekeectl set-aside` on the box lists"
    " them",
    "mail_item": "{count} {verdict}",
    "mail_left_out": "Left out: {course}",
    "mail_more": "And {count} more.",
    "mail_test": "This is a test of beekeed's mails. Nothing has to be done.",
}
