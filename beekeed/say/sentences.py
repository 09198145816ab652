"""The sentences: what happened and what it means, what to do, and who should do it.

One entry for each code in `beekeed.errors`, in its order. `{name}` stands for a
parameter. Plain words, no blame, no jargon that the reader's role does not use.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Entry(NamedTuple):
    """One sentence with its remedy. `who` is a word of `words.py`, or empty: anybody.

    `parts`: further sentences, each said where there is a parameter of its name.
    """

    what: str
    remedy: str
    who: str
    parts: Mapping[str, str] = MappingProxyType({})


_LISTS = MappingProxyType(
    {
        "missing": "Missing online: {missing}.",
        "moved": "In another section or order there: {moved}.",
        "renamed": "Perhaps under another name there: {renamed}.",
    }
)

# timedatectl(1) sets no clock that time servers are to set.
_SET_CLOCK = (
    " sudo timedatectl set-ntp false, then"
    " sudo timedatectl set-time '2026-11-30 14:05:00 UTC', then sudo timedatectl set-ntp true."
)

_COURSE = MappingProxyType({"course": "They belong to the course {course}."})

_OFF = "Sync is switched off."

_AND = MappingProxyType({"more": "Others wait for the next sync: {more}.", "off": _OFF})

_CLOCK_THEN = MappingProxyType(
    {"untrusted": "The box's clock was not trusted then: that time may be wrong."}
)

SENTENCES: Mapping[str, Entry] = {
    # The settings.
    "settings_unreadable": Entry(
        "The settings file {file} cannot be read: {detail}.",
        "Check that the file exists, that beekeed may read it, and that it is valid TOML.",
        "technician",
    ),
    "setting_unknown": Entry(
        "{file}: there is no setting {key}.",
        "{suggestion}",
        "technician",
    ),
    "setting_missing": Entry(
        "{file}: the setting {key} is missing.",
        "On a box that was never set up, run: sudo beekeectl setup. Else add it: {example}",
        "technician",
    ),
    "setting_wrong": Entry(
        "{file}: the setting {key} is wrong: {detail}.",
        "Change it, for example to: {example}",
        "technician",
    ),
    "settings_wrong": Entry(
        "The settings have {count:mistake}.",
        "Mend each of them and start beekeed again.",
        "technician",
    ),
    "token_unreadable": Entry(
        "The file with the web service token cannot be used: {path}: {detail}.",
        "On a box that was never set up, run: sudo beekeectl setup. Else put the token of the"
        " online Moodle's service account into that file: sudo beekeectl token set.",
        "technician",
    ),
    "password_unreadable": Entry(
        "The file with the password of the box's database cannot be used: {path}: {detail}.",
        "Check device.password_file in the settings, and that beekeed may read the file.",
        "technician",
    ),
    "address_not_https": Entry(
        "{file}: the address of the online Moodle, {address}, is not encrypted (https).",
        "Use its https address. Only for trials, set online.allow_http = true.",
        "technician",
    ),
    "state_not_writable": Entry(
        "beekeed cannot keep its own database in {path}: {detail}.",
        "Make the folder writable for beekeed's user, or change daemon.state_directory.",
        "technician",
    ),
    "socket_unusable": Entry(
        "The socket {path} cannot be made: {detail}.",
        "Check the sockets and their groups in the settings, under [daemon].",
        "technician",
    ),
    "socket_in_use": Entry(
        "Another program answers at the socket {path}.",
        "Stop it first, or change the socket in the settings, under [daemon].",
        "technician",
    ),
    "page_certificate_unusable": Entry(
        "The certificate of the status page cannot be used: {path}: {detail}.",
        "Check page.certificate_file and page.key_file in the settings: both in PEM, the key"
        " without a password and that of the certificate, readable by the page's process.",
        "technician",
    ),
    "settings_changed": Entry(
        "The settings or the token were changed since beekeed started; it still uses the old ones.",
        "Restart beekeed (systemctl restart beekeed).",
        "technician",
    ),
    # The box's own Moodle.
    "device_missing": Entry(
        "The database of the box's Moodle is not there: {path}.",
        "Check device.path in the settings.",
        "technician",
    ),
    "device_not_moodle": Entry(
        "The box's database is not a Moodle's, or beekeed's account may not read it: there is no"
        " table {table}.",
        "Check the database and the prefix of its tables in the settings, and that the account may"
        " SELECT.",
        "technician",
    ),
    "device_unreadable": Entry(
        "The database of the box's Moodle cannot be read: {detail}.",
        "Check that beekeed's user may read it and that the disk is sound.",
        "technician",
    ),
    "moodle_config_unreadable": Entry(
        "The settings file of the box's Moodle cannot be read: {path}: {detail}.",
        "Check device.moodle_config in the settings, and that beekeed's user may read that file;"
        " or give the database in the settings and leave device.moodle_config out.",
        "technician",
    ),
    "moodle_config_unclear": Entry(
        "{path} does not say in plain text what $CFG->{key} is; beekeed does not run PHP.",
        "Give it in beekeed's settings: {setting}.",
        "technician",
    ),
    "driver_missing": Entry(
        "The box's Moodle is on PostgreSQL, and what reads it is not installed: {detail}.",
        "Install beekeed with its extra: pip install 'beekeed[postgresql]', and libpq5.",
        "technician",
    ),
    "device_not_reached": Entry(
        "The database server of the box's Moodle does not answer: {detail}.",
        "Check that it runs, and device.host, device.port or device.socket in the settings.",
        "technician",
    ),
    "device_refused": Entry(
        "The database of the box's Moodle refused the account {user}: {detail}.",
        "Check device.user and its password in the settings.",
        "technician",
    ),
    "device_no_database": Entry(
        "The box's database server has no database {database}, or {user} may not see it.",
        "Check device.name in the settings.",
        "technician",
    ),
    "device_no_right": Entry(
        "The account {user} may not read what it needs in the box's database: {detail}.",
        "Give it the right to SELECT on all tables of the database {database}.",
        "technician",
    ),
    "device_table_closed": Entry(
        "beekeed's account may not read the table {table} of the box's Moodle; the results of its"
        " activities would be missing.",
        "Give the account the right to SELECT on it: on PostgreSQL, tables that came later need"
        " their own GRANT (see README).",
        "technician",
    ),
    "device_table_missing": Entry(
        "The box's Moodle has not the tables that beekeed knows: {detail}.",
        "Finish the upgrade of the box's Moodle, if one is under way; else tell the developers"
        " of beekeed its version.",
        "technician",
    ),
    "device_interrupted": Entry(
        "The database of the box's Moodle was stopped or started again while it was read.",
        "Synchronize again. Nothing is lost.",
        "teacher",
    ),
    "device_busy": Entry(
        "The database of the box's Moodle has too many connections now.",
        "Synchronize again later. Nothing is lost.",
        "teacher",
    ),
    "device_slow": Entry(
        "The database of the box's Moodle took too long to answer.",
        "Synchronize again when the class is over. If it lasts, raise device.statement_seconds in"
        " the settings. Nothing is lost.",
        "technician",
    ),
    "device_disk_full": Entry(
        "The disk of the box is full: its Moodle's database cannot be read.",
        "Make room on the box's disk. Nothing is lost.",
        "technician",
    ),
    "device_writable": Entry(
        "beekeed only reads the box's Moodle, but its database account could change it too.",
        "Give beekeed an account of its own that may only SELECT, and name it in the settings.",
        "technician",
    ),
    "no_learners": Entry(
        "The box's Moodle has no learners: nobody holds a learner's role in a course.",
        "Enrol learners on the box, or check device.learner_archetypes in the settings.",
        "technician",
    ),
    # The way to the online Moodle.
    "offline": Entry(
        "The box was offline when it was time to synchronize.",
        "Connect the box to the internet. Nothing is lost: the work waits here.",
        "teacher",
    ),
    "no_interface": Entry(
        "The box's network is switched off.",
        "Switch on Wi-Fi or mobile data on the box, or put its modem in.",
        "technician",
        MappingProxyType({"interfaces": "It has: {interfaces}."}),
    ),
    "no_carrier": Entry(
        "Nothing is at the other end of the box's line ({interfaces}).",
        "Plug the cable in at both ends, or bring the box where there is a network, and look"
        " whether the router is on.",
        "teacher",
    ),
    "no_address": Entry(
        "The box is connected ({interfaces}), but the network gave it no address.",
        "Start the router again. If it lasts, look whether the network lets the box in.",
        "technician",
    ),
    "no_route": Entry(
        "The box has no way out to the internet: no default route leads over {interfaces}.",
        "Connect the box to a router that has internet, or set its gateway.",
        "technician",
        MappingProxyType({"idle": "Nothing is at the other end of {idle}."}),
    ),
    "name_not_found": Entry(
        "The address {host} could not be found: the box seems to be offline.",
        "Connect the box to the internet and try again. Nothing is lost: the work waits here.",
        "teacher",
    ),
    "name_unknown": Entry(
        "There is no computer with the name {host}: the network's name service says so.",
        "Correct online.address in the settings, if it is misspelled. If it is right, look whether"
        " the network needs a login.",
        "technician",
    ),
    "connection_refused": Entry(
        "{host} was found, but it takes no connection (port {port}).",
        "Look in a browser whether the site works. If it does, check online.address in the"
        " settings, and whether the network blocks the box.",
        "technician",
    ),
    "connection_timed_out": Entry(
        "{host} was found, but nothing comes back from it (port {port}): the line is dead or very"
        " slow, or something blocks the box.",
        "Try again later. If other sites work, ask who runs the network to let the box through to"
        " {host}.",
        "teacher",
    ),
    "not_reached": Entry(
        "The online Moodle could not be reached: {detail}.",
        "Check the box's connection and try again later. Nothing is lost: the work waits here.",
        "teacher",
    ),
    "encryption_failed": Entry(
        "{host} took the connection, but no encrypted one could be made ({detail}). Nothing was"
        " sent to it.",
        "If a login page of the network appears in a browser, log in there first. Else check"
        " online.address in the settings.",
        "technician",
    ),
    "clock_wrong": Entry(
        "The box's clock is wrong: it says {now:moment}. At that time the certificate of {host}"
        " is not valid, so nothing was sent to it.",
        "Set the clock to the true time, in this form:" + _SET_CLOCK,
        "technician",
    ),
    "certificate_expired": Entry(
        "The certificate of {host} is out of date. Nothing was sent to it. The box's clock says"
        " {now:moment}.",
        "If that time is true, the certificate must be renewed. If it is not, set the clock:"
        + _SET_CLOCK,
        "administrator",
    ),
    "certificate_not_yet_valid": Entry(
        "The certificate of {host} is not valid yet. Nothing was sent to it. The box's clock says"
        " {now:moment}.",
        "Mostly the box's clock is behind. Set it to the true time, in this form:" + _SET_CLOCK,
        "technician",
    ),
    "certificate_wrong_name": Entry(
        "Somebody else than {host} answered: the certificate has another name. Nothing was sent to"
        " it.",
        "Mostly it is a network that wants a login: open any page in a browser and log in. Else"
        " check online.address in the settings, and whether the certificate has that name.",
        "technician",
    ),
    "certificate_unknown_issuer": Entry(
        "What answered as {host} has a certificate from somebody whom the box does not know"
        " ({detail}). Nothing was sent to it.",
        "If the network inspects what goes through it, ask who runs it to leave {host} alone. Else"
        " the site must send its whole chain of certificates.",
        "administrator",
    ),
    "certificate_self_signed": Entry(
        "What answered as {host} vouches for itself: its certificate is signed by nobody else."
        " Nothing was sent to it.",
        "If a login page of the network appears in a browser, log in there first. Else the site"
        " needs a certificate from an authority that the box knows.",
        "administrator",
    ),
    "certificate_refused": Entry(
        "What answered could not prove to be the online Moodle: {detail}. Nothing was sent to it.",
        "Check the box's date and time. If a login page of the network appears in a browser,"
        " log in there first. Else the online Moodle's certificate must be renewed.",
        "technician",
    ),
    "silent": Entry(
        "Something took the connection to {host}, and then said nothing.",
        "Try again later. If it lasts, look in a browser whether the site works.",
        "teacher",
    ),
    "no_answer": Entry(
        "The online Moodle stopped answering in the middle.",
        "Try again later. The box will first find out what arrived; nothing is sent twice.",
        "teacher",
    ),
    "server_busy": Entry(
        "The online Moodle's server is overloaded or being repaired (status {status}).",
        "Try again later. If it lasts, tell the administrator.",
        "teacher",
    ),
    "asked_to_wait": Entry(
        "The online Moodle's server is overloaded and asks to be left alone for"
        " another {minutes:minute}.",
        "Try again after that; until then the box asks it nothing. If it lasts, tell the"
        " administrator.",
        "teacher",
    ),
    "limit_reached": Entry(
        "The data limit of this month is used up: it is renewed on {renews:date}.",
        "Nothing is lost: the work waits here. Raise the limit, or allow more once, with"
        " `beekeectl limit top-up`.",
        "keeper",
        {
            "untrusted": "The box does not know the time, so it cannot know that a new month has"
            " begun: that needs a time server, or `timedatectl set-time`."
        },
    ),
    "limit_paced": Entry(
        "Today's share of the data limit is used up: the rest waits until {when:date}.",
        "Nothing is lost. Allow more today with `beekeectl limit set --pacing off`, or once with"
        " `beekeectl limit top-up`.",
        "keeper",
    ),
    "limit_reserved": Entry(
        "The last part of this month's data limit is kept for grades, completions and new"
        " learners: this waits.",
        "Nothing is lost. `beekeectl limit set --reserve` changes that.",
        "keeper",
    ),
    # Why the box's clock is not trusted.
    "clock_behind": Entry(
        "The box's clock says {now:moment}, but this box was at work at {floor:moment} already.",
        "Connect the box where it reaches a time server, which settles it; or set the clock to the"
        " true time, in this form:" + _SET_CLOCK,
        "technician",
    ),
    "clock_unconfirmed": Entry(
        "The box's clock says {now:moment}. Nobody has confirmed that since the box started, or"
        " since the clock was set.",
        "Connect the box and synchronize: a time server or the online Moodle will confirm it.",
        "teacher",
    ),
    "clock_disagrees": Entry(
        "The box's clock says {now:moment}, but that of the online Moodle {theirs:moment}.",
        "If the online Moodle is right, set the box's clock:"
        + _SET_CLOCK.replace("2026-11-30 14:05:00 UTC", "{theirs}"),
        "technician",
    ),
    # What answers there.
    "captive_portal": Entry(
        "The network wants a login: its own page ({where}) answered instead of the online Moodle.",
        "Open any page in a browser on this network and log in; then try again. If {where} is the"
        " online Moodle's true address, set online.address to it.",
        "teacher",
    ),
    "proxy_answered": Entry(
        "A proxy or a filter on the way to {host} answered instead of the online Moodle (status"
        " {status}).",
        "Ask who runs the network to let the box through to {host}. If other networks give the"
        " same, ask the administrator of the online Moodle.",
        "technician",
    ),
    "no_moodle_there": Entry(
        "{host} answered, but there is no Moodle at {address} (status {status}).",
        "Set online.address in the settings to the address of the site's front page, as a browser"
        " shows it.",
        "technician",
    ),
    "not_a_moodle": Entry(
        "A web page answered instead of the online Moodle.",
        "If the network asks for a login, open any page in a browser and log in. Else check"
        " online.address in the settings.",
        "technician",
    ),
    "redirected": Entry(
        "The address of the online Moodle points elsewhere: {where}.",
        "Set online.address to the address that the site really uses.",
        "technician",
    ),
    "answer_too_large": Entry(
        "The answer of the online Moodle was too large ({limit} bytes at most) and was cut off.",
        "Check online.address in the settings.",
        "technician",
    ),
    "answer_unreadable": Entry(
        "The online Moodle answered something that cannot be understood ({what}).",
        "Try again; if it stays, tell whoever supports the box the Sync Event ID.",
        "technician",
    ),
    "web_services_off": Entry(
        "Web services are switched off on the online Moodle.",
        "In Site administration, under Advanced features and Web services, enable web services"
        " and the REST protocol.",
        "administrator",
    ),
    # What the online Moodle refuses.
    "token_refused": Entry(
        "The online Moodle does not know the token.",
        "Make a new token for the service account there, put it into the token file, and restart"
        " beekeed.",
        "administrator",
    ),
    "access_refused": Entry(
        "The online Moodle does not let the token in: it has expired, or its service is disabled,"
        " or it may not be used from this network, or its account may not use web services.",
        "In Site administration, under Web services, check the token and its service, which needs"
        " core_webservice_get_site_info first of all, and that the account's role has the"
        " capability webservice/rest:use; after a new token, restart beekeed.",
        "administrator",
    ),
    "account_suspended": Entry(
        "The service account on the online Moodle is suspended.",
        "Activate the account there again.",
        "administrator",
    ),
    "maintenance": Entry(
        "The online Moodle is in maintenance.",
        "Try again later. Nothing is lost: the work waits here.",
        "",
    ),
    "function_missing": Entry(
        "The web service on the online Moodle lacks a function: {function}.",
        "In Site administration, under Web services, External services, add the function to the"
        " service.",
        "administrator",
    ),
    "capability_missing": Entry(
        "The service account may not do something that is needed ({function}).",
        "In Site administration, under Users, Define roles, edit the service account's role and"
        " allow it the capability {capability}.",
        "administrator",
    ),
    "role_not_assignable": Entry(
        "The service account may not enrol learners: its role may not assign the student role.",
        "In Site administration, under Define roles, Allow role assignments, let the service"
        " account's role assign Student; or set online.learner_role_id.",
        "administrator",
    ),
    "learner_role_wrong": Entry(
        "The first learner who was enrolled got the role {roles} on the online Moodle instead of"
        " the learners' role, so nobody else was enrolled.",
        "Set online.learner_role_id to the number of the Student role there, and correct that one"
        " enrolment.",
        "technician",
    ),
    "learner_role_known_wrong": Entry(
        "Nobody can be enrolled: {number} is not the number of the learners' role on the online"
        " Moodle, as the first enrolment showed.",
        "Set online.learner_role_id to the number of the Student role there, or enrol one learner"
        " by hand there: that shows it too.",
        "technician",
    ),
    # Why a course is left out.
    "course_not_online": Entry(
        "The course {course} does not exist on the online Moodle.",
        "Restore the course there with the same short name, or ask the administrator to.",
        "administrator",
    ),
    "course_modified": Entry(
        "The course {course} was changed on one side: its modification date differs.",
        "Bring the same version of the course to both sides.",
        "administrator",
    ),
    "course_date_hidden": Entry(
        "The service account may not see when the course {course} was modified.",
        "Give the service account's role the capability moodle/course:update.",
        "administrator",
    ),
    "activities_differ": Entry(
        "The course {course} is not the same online. Activities that differ: {count}.",
        "Bring the same version of the course to both sides. Until then, a sync with force sends"
        " the work of those that are the same.",
        "administrator",
        _LISTS,
    ),
    "activities_moved": Entry(
        "The course {course} is not the same online. Activities that differ: {count}.",
        "On the side where they were moved or renamed, give them their old place and name again,"
        " or bring the same version of the course to both sides.",
        "teacher",
        _LISTS,
    ),
    "activities_ambiguous": Entry(
        "In the course {course}, activities of one name are not equally many on both sides"
        " ({activities}), so nobody can say which is which.",
        "Give them different names, or bring the same version of the course to both sides.",
        "administrator",
    ),
    "course_closed": Entry(
        "The service account may not enter the course online.",
        "Give the service account's role access to the course.",
        "administrator",
    ),
    "no_course_matched": Entry(
        "None of the box's courses is the same on the online Moodle, so nothing was sent.",
        "Look at the reason given for each course. All work waits here.",
        "administrator",
    ),
    "matched_by_force": Entry(
        "The course {course} is not the same on both sides; because of the force that was asked"
        " for, the work in its {matched} activities that are the same was sent all the same.",
        "Bring the same version of the course to both sides.",
        "administrator",
        MappingProxyType({"unmatched": "Set aside was what belongs to: {unmatched}."}),
    ),
    # Why a change is set aside.
    "other_person_online": Entry(
        "Somebody with another name has this username online.",
        "If it is the same person: beekeectl set-aside confirm USERNAME, or correct the name on the"
        " side where it is wrong. Else give the learner another username.",
        "teacher",
    ),
    "username_reused": Entry(
        "The username is now used on the box by another person than before.",
        "If it is the same person: beekeectl set-aside confirm USERNAME. Else give the new person a"
        " username of their own.",
        "teacher",
    ),
    "never_touch": Entry(
        "The settings say that this account is never touched.",
        "Nothing, if that is meant. Else take it from accounts.never_touch in the settings.",
        "technician",
    ),
    "own_account": Entry(
        "This username is that of beekeed's own service account online.",
        "Give the learner another username on the box.",
        "teacher",
    ),
    "other_role_online": Entry(
        "This account is not only a learner's online ({roles}), so it is left alone.",
        "Give this person a separate account for learning.",
        "administrator",
    ),
    "account_not_creatable": Entry(
        "The online Moodle would refuse this account: its {field} is not valid there.",
        "Correct the learner's {field} on the box.",
        "teacher",
    ),
    "account_refused": Entry(
        "The online Moodle refused the account; mostly its e-mail address is already used there.",
        "Give the learner an e-mail address of their own on the box.",
        "teacher",
    ),
    "account_unconfirmed": Entry(
        "The learner's account on the online Moodle was never confirmed.",
        "Confirm the account there, under Browse list of users.",
        "administrator",
    ),
    "account_gone_online": Entry(
        "The learner's account does not exist on the online Moodle any more.",
        "Ask the administrator why it was deleted.",
        "administrator",
    ),
    "account_changed_online": Entry(
        "This learner's account on the online Moodle now has another username and other names:"
        " it may be somebody else's by now.",
        "Look at the account there. Give it its old username or its names again if it is the same"
        " learner.",
        "administrator",
    ),
    "gone_from_box": Entry(
        "They were waiting and are no longer on the box, so there is nothing to send.",
        "Nothing, if they were deleted on purpose. Else restore the box's Moodle from its backup.",
        "teacher",
    ),
    "unknown_state": Entry(
        "The box's Moodle holds a completion state that does not exist.",
        "Check the box's database.",
        "technician",
    ),
    "not_enrolled_on_box": Entry(
        "They belong to people who are not enrolled in the course on the box, and never were at a"
        " sync.",
        "Enrol them on the box if their work should count.",
        "teacher",
    ),
    "not_enrolled_online": Entry(
        "The learner was enrolled in the course online and is not any more.",
        "Enrol the learner there again if the work should count.",
        "administrator",
    ),
    "no_manual_enrolment": Entry(
        "The course online does not allow manual enrolment.",
        "Enable the manual enrolment method in the course.",
        "administrator",
    ),
    "completion_off": Entry(
        "Completion tracking is switched off online for the course or the whole site.",
        "Enable completion tracking there.",
        "administrator",
    ),
    "tracking_off": Entry(
        "The activity is not tracked for completion online.",
        "Set the activity's completion conditions there as they are on the box.",
        "administrator",
    ),
    "activity_gone_online": Entry(
        "The activity was deleted online.",
        "Bring the same version of the course to both sides.",
        "administrator",
    ),
    "activity_closed": Entry(
        "The service account may not see the activity online.",
        "Allow its role to view this kind of activity.",
        "administrator",
    ),
    "activity_unmatched": Entry(
        "This activity is not the same on both sides: it is missing online, or in another section,"
        " or has another name, or nobody can say which it is.",
        "Bring the same version of the course to both sides.",
        "administrator",
    ),
    "online_failed": Entry(
        "The learner completed the activity on the box but has a failed result online, which"
        " stays.",
        "Decide online which result counts.",
        "teacher",
    ),
    "online_differs": Entry(
        "The result was taken back on the box, but somebody changed it online, where it stays.",
        "Decide online which result counts.",
        "teacher",
    ),
    "grade_item_unseen": Entry(
        "The online Moodle shows the service account no grade of this activity: it is hidden there,"
        " or the activity is not graded.",
        "Give the service account's role the capability moodle/grade:viewhidden. If the activity is"
        " not graded there, make it the same on both sides.",
        "administrator",
    ),
    "grade_item_differs": Entry(
        "This activity is graded in another way on the online Moodle: with another minimum or"
        " maximum, or another scale.",
        "Make the grade of the activity the same on both sides.",
        "administrator",
    ),
    "grade_out_of_range": Entry(
        "The grade is above the maximum of the activity, or below its minimum.",
        "Look at the grade on the box.",
        "teacher",
    ),
    "grade_fixed_online": Entry(
        "The grade is locked on the online Moodle, or a teacher set it there: it stays as it is.",
        "Compare both grades. Unlock it there if the box's should count.",
        "teacher",
    ),
    "grade_higher_online": Entry(
        "The online Moodle has a higher grade already: the higher one stays.",
        "Compare both grades. Nothing else is needed if the higher one is right.",
        "teacher",
    ),
    "grade_differs_online": Entry(
        "The grade was changed on the online Moodle since beekeed sent it: it stays as it is"
        " there.",
        "Compare both grades, and change the one that is wrong.",
        "teacher",
    ),
    "grade_refused": Entry(
        "The online Moodle did not take the grade of this activity (answer {answer}).",
        "Look whether the activity's grade is locked there.",
        "administrator",
    ),
    "comment_kept_online": Entry(
        "A teacher wrote another comment on the online Moodle: it stays.",
        "Compare both comments.",
        "teacher",
    ),
    "comment_has_files": Entry(
        "The teacher's comment holds a picture or a file, which would be lost when the grade is"
        " sent.",
        "Enter the grade on the online Moodle by hand.",
        "teacher",
    ),
    "comments_off_online": Entry(
        "The box has a teacher's comment on this grade, and the assignment on the online Moodle"
        " takes none.",
        "Switch on Feedback comments in the assignment's settings there.",
        "administrator",
    ),
    "assignment_advanced": Entry(
        "The assignment is marked in a special way on the online Moodle: with marking workflow,"
        " anonymous submissions, teams, further attempts, a rubric or a marking guide.",
        "Enter the grade there by hand, or set online.assignment_grades to gradebook.",
        "administrator",
    ),
    "group_refused": Entry(
        "The online Moodle refused to make the group: mostly a group of that name is hidden there,"
        " or the name holds markup ({errorcode}).",
        "Make the group visible there, or give it another name on the box.",
        "administrator",
    ),
    "profile_differs_online": Entry(
        "This was changed in the learner's profile on the online Moodle: it stays as it is there.",
        "Compare both sides, and change the one that is wrong.",
        "teacher",
    ),
    "profile_refused": Entry(
        "The online Moodle refused this part of the learner's profile ({errorcode}); an e-mail"
        " address is mostly somebody else's there already.",
        "Correct it on the box.",
        "teacher",
    ),
    "profile_field_missing": Entry(
        "The online Moodle did not keep this part of the learner's profile: it has no such field,"
        " or the field does not allow this value.",
        "Make the profile field the same on both sides, with the same short name.",
        "administrator",
    ),
    "not_applied": Entry(
        "The online Moodle accepted the result but did not store it.",
        "Check the activity's completion settings online.",
        "administrator",
    ),
    "refused_by_moodle": Entry(
        "The online Moodle refused it ({errorcode}).",
        "Tell whoever supports the box the Sync Event ID.",
        "technician",
    ),
    # Why nothing is lowered in a course.
    "completions_fell": Entry(
        "In the course {course}, {lost} of {known} activity completions are gone or taken back on"
        " the box: no completion of the course was taken back online.",
        "If that is right: beekeectl guard accept {number}. If not, restore the box's Moodle from"
        " its backup.",
        "teacher",
    ),
    "grades_fell": Entry(
        "In the course {course}, {lost} of {known} grades are gone or lower on the box than they"
        " were: no grade of the course was lowered online.",
        "If that is right: beekeectl guard accept {number}. If not, restore the box's Moodle from"
        " its backup.",
        "teacher",
    ),
    "enrolments_fell": Entry(
        "In the course {course}, {lost} of {known} enrolments are gone from the box: nobody was"
        " suspended in the course online.",
        "If that is right: beekeectl guard accept {number}. If not, restore the box's Moodle from"
        " its backup.",
        "teacher",
    ),
    # Why a change waits although nothing is wrong.
    "late": Entry(
        "They were seen only after a sync had closed their day, and the settings hold that back.",
        "beekeectl calendar shows the days; beekeectl sync --day sends one of them.",
        "teacher",
    ),
    # Whether everything is safe online.
    "safe_online": Entry(
        "Everything that learners did until {at:moment} is safe online.",
        "There is nothing to do.",
        "",
        {
            "off": "Sync is switched off: what they do after that stays on the box.",
            "unscheduled": "No sync is scheduled: what they do after that goes online when somebody"
            " starts one.",
            **_CLOCK_THEN,
        },
    ),
    "safe_but_failed": Entry(
        "Everything that learners did until {at:moment} is safe online, but the latest sync"
        " failed: what they did after that may be on the box only.",
        "`beekeectl show latest` says why, and who can put it right.",
        "teacher",
        _CLOCK_THEN,
    ),
    "not_read_lately": Entry(
        "Everything that learners did until {at:moment} is safe online. That is {days:day} ago:"
        " what they did since then may be on the box only.",
        "Bring the box to where it has internet; `beekeectl sync` starts a sync there.",
        "teacher",
        {"off": _OFF, "unscheduled": "No sync is scheduled."},
    ),
    "safety_unknown": Entry(
        "Nobody knows yet whether what learners did is safe online: that shows at the next sync"
        " that reaches the online Moodle.",
        "Bring the box to where it has internet; `beekeectl sync` starts a sync there.",
        "teacher",
    ),
    "waits_for_sync": Entry(
        "Not everything that learners did until {at:moment} is online yet. Results and changes"
        " that wait: {count}.",
        "There is nothing to do: they go with the next sync, or the one that runs now.",
        "",
        _CLOCK_THEN,
    ),
    "waits_for_answer": Entry(
        "Much is gone or lower on the box than it was: nothing is taken back online until somebody"
        " says whether that is right.",
        "`beekeectl guard` shows what it is, and how to answer.",
        "teacher",
        {"count": "Results and changes that are not online: {count}.", "off": _OFF},
    ),
    "waits_aside": Entry(
        "Not everything is safe online. Results and changes that could not be sent: {aside}.",
        "`beekeectl set-aside` says why, and who can put it right.",
        "teacher",
        {"late": "Late, until somebody asks for their day: {late}.", **_AND},
    ),
    "waits_late": Entry(
        "Not everything is safe online. Results and changes that came late, and wait until somebody"
        " asks for their day: {late}.",
        "`beekeectl calendar` shows the days; `beekeectl sync --day` sends one of them.",
        "teacher",
        _AND,
    ),
    "waits_for_mending": Entry(
        "Not everything is safe online. Results and changes that wait: {count}. The latest sync met"
        " something that keeps them here.",
        "`beekeectl show latest` says what it is, and who can put it right.",
        "teacher",
        {"off": _OFF},
    ),
    "waits_switched_off": Entry(
        "Not everything is safe online. Results and changes that wait: {count}. Sync is switched"
        " off.",
        "Switch it on where it may go on: `beekeectl enable`.",
        "keeper",
    ),
    "waits_unscheduled": Entry(
        "Not everything is safe online. Results and changes that wait: {count}. No sync is"
        " scheduled.",
        "Start one where the box has internet: `beekeectl sync`. `beekeectl schedule` lets them"
        " begin by themselves.",
        "teacher",
    ),
    # What reading back found.
    "missing_online": Entry(
        "They had arrived and are not on the online Moodle any more.",
        "The next sync sends them again. If nobody put that Moodle back to an earlier state, ask"
        " its administrator what happened.",
        "administrator",
        _COURSE,
    ),
    "changed_online": Entry(
        "They are on the online Moodle with another value than beekeed sent: somebody changed them"
        " there, and they stay so.",
        "Nothing, if that is meant. Else compare both sides, and change the one that is wrong.",
        "teacher",
        _COURSE,
    ),
    "unseen_online": Entry(
        "They could not be checked: the service account is not shown them.",
        "Look at what the latest sync says of the course or the activity.",
        "administrator",
        _COURSE,
    ),
    "verify_missing": Entry(
        "Results and accounts that had arrived and are missing on the online Moodle: {count}.",
        "Start a sync: it sends them again.",
        "teacher",
    ),
    # What cannot be carried.
    "stays_badge": Entry(
        "Badges cannot be sent: Moodle's web services have no way for them.",
        "A badge with the same conditions on the online Moodle is awarded there by itself.",
        "administrator",
    ),
    "stays_course_completion": Entry(
        "Completed courses are not sent: the online Moodle works that out itself, from the"
        " activities that were sent, the next time its cron runs.",
        "Give the course the same completion conditions on both sides.",
        "administrator",
    ),
    "stays_password": Entry(
        "Passwords cannot be sent: the accounts that were made have other ones online.",
        "Learners ask for a new one there (Forgotten your password?), or the administrator sets"
        " one.",
        "teacher",
    ),
    "stays_time": Entry(
        "The online Moodle notes the time at which a result was sent, not that at which it was"
        " reached. The box keeps the true one.",
        "There is nothing to do.",
        "",
    ),
    "stays_comment": Entry(
        "Comments on grades in the gradebook cannot be sent, nor pictures and files in comments:"
        " Moodle's web services drop them. Only comments on assignments go, where"
        " online.assignment_grades is assignment.",
        "Write them on the online Moodle by hand where they matter.",
        "teacher",
    ),
    # What may mail learners.
    "welcome_messages": Entry(
        "Whether the online Moodle mails a welcome to whom beekeed enrols, or a notice to who"
        " completes a course, cannot be seen from here.",
        "If no mail is wanted: Site administration, General, Messaging, Notification settings:"
        " switch off Welcome message for new course enrolments, and Course completed.",
        "administrator",
    ),
    "mailed_passwords": Entry(
        "The online Moodle mails a password to each learner for whom an account is made.",
        "If no mail is wanted, set accounts.password to random.",
        "technician",
    ),
    "assignment_notices": Entry(
        "The online Moodle may mail learners whose assignment was graded.",
        "If no mail is wanted, set online.tell_learners to false.",
        "technician",
    ),
    # Our own state, and runs.
    "store_broken": Entry(
        "beekeed's own database cannot be used: {detail}.",
        "Check the disk, then restore the latest backup of beekeed's state.",
        "technician",
    ),
    "store_newer": Entry(
        "beekeed's database was written by a newer beekeed (schema {found}, this one knows"
        " {known}).",
        "Install the newer beekeed again.",
        "technician",
    ),
    "store_full": Entry(
        "The disk is full.",
        "Make room on the box's disk. Nothing is lost; beekeed goes on when there is room.",
        "technician",
    ),
    "store_in_use": Entry(
        "Another beekeed is using {path}.",
        "Stop the other one first.",
        "technician",
    ),
    "store_restored": Entry(
        "beekeed's own records were damaged ({detail}), and were put back as they were on"
        " {at:date}. Nothing that learners did is lost: the next sync compares what was sent since"
        " then, and sends nothing twice. Settings that were changed since then are as before.",
        "Look whether the box's memory card or disk should be replaced: mostly it begins to fail.",
        "technician",
    ),
    "store_begun_anew": Entry(
        "beekeed's own records were damaged ({detail}), and there was no copy of them. Nothing that"
        " learners did is lost: the next sync compares all of it, and sends nothing twice. History,"
        " password and changed settings are gone, so sync is switched off.",
        "Look at the settings, above all at the data limit, then switch sync on. Look also whether"
        " the box's memory card or disk should be replaced.",
        "technician",
    ),
    "store_put_back": Entry(
        "An older beekeed was installed again: it goes on with its own records as they were on"
        " {at:date}. The next sync compares what was sent since then, and sends nothing twice.",
        "There is nothing to do.",
        "",
    ),
    "box_copied": Entry(
        "beekeed's records came here from another box, by a copied card or a backup. This box"
        " begins its syncs at other moments than that one.",
        "If both boxes are in use, give this one a service account and a token of its own.",
        "technician",
    ),
    "interrupted": Entry(
        "The sync was cut off, by a power cut or because beekeed was stopped.",
        "Start it again. What had arrived is known or will be found out; nothing is sent twice.",
        "",
    ),
    "unsettled": Entry(
        "The sync was stopped before it was known what became of changes under way: {count}.",
        "There is nothing to do: the next sync finds out first. Nothing is sent twice.",
        "",
    ),
    "internal": Entry(
        "beekeed made a mistake.",
        "Tell whoever supports the box, with the journal of beekeed.",
        "technician",
    ),
    # The control API.
    "already_running": Entry(
        "A sync is running already.",
        "Wait for it to end.",
        "",
    ),
    "not_found": Entry(
        "There is no {what}.",
        "Check what you typed.",
        "",
    ),
    "bad_request": Entry(
        "The request cannot be understood: {detail}.",
        "Check what you typed.",
        "",
    ),
    "setting_fixed": Entry(
        "The setting {key} is fixed by {file}: it cannot be changed here.",
        "Change it in that file and start beekeed again, or take the line out to change it here.",
        "technician",
    ),
    "no_limit": Entry(
        "There is no data limit that could be topped up.",
        "Set one first, for example with `beekeectl limit set 500MB`.",
        "keeper",
    ),
    "daemon_not_running": Entry(
        "beekeed is not running, or not at {path}.",
        "On a box that was never set up, run: sudo beekeectl setup. Else start it (systemctl start"
        " beekeed), or name its socket with --socket.",
        "technician",
    ),
    "daemon_silent": Entry(
        "beekeed is not running, or does not answer: nothing can be shown or changed here now.",
        "Wait a minute and open this page again. If it stays so, start the box again, or have a"
        " technician look: `systemctl status beekeed`.",
        "teacher",
    ),
    "not_permitted": Entry(
        "You may not speak to beekeed at {path}.",
        "Use an account in the group beekee, or root.",
        "technician",
    ),
    # Watching, and whether all is well.
    "too_many_watchers": Entry(
        "{count} programs watch beekeed already: that is as many as it lets.",
        "End one of them, or ask for the status from time to time: beekeectl status.",
        "",
    ),
    "not_ready": Entry(
        "beekeed is starting or ending: it takes no requests for syncs now.",
        "Try again in a minute. If it stays so, start it again: systemctl restart beekeed.",
        "technician",
    ),
    # What only a check says.
    "functions_beyond": Entry(
        "The web service has more functions than beekeed calls: {functions}.",
        "Take them out of the service: who stole the box could call them with its token.",
        "administrator",
    ),
    "capabilities_beyond": Entry(
        "The service account may do more than beekeed ever does: {capabilities}.",
        "Take these capabilities from its role: who stole the box could use them with its token.",
        "administrator",
    ),
    "nobody_protected": Entry(
        "Which accounts of the online Moodle hold a role on the whole site or in a category"
        " cannot be seen from here, and the settings name nobody whom beekeed must never touch.",
        "Name the usernames of managers and the like in accounts.never_touch.",
        "keeper",
    ),
    # Who may do what.
    "strange_host": Entry(
        "The request is for another host than beekeed.",
        "Only beekeectl and beekeed's own page speak to this socket.",
        "technician",
    ),
    "from_browser": Entry(
        "The request comes from a browser.",
        "Only beekeectl and beekeed's own page speak to this socket.",
        "technician",
    ),
    "request_too_large": Entry(
        "The request is larger than {most} bytes.",
        "Send less at once.",
        "",
    ),
    "request_too_slow": Entry(
        "The request did not arrive in time.",
        "Try it again.",
        "",
    ),
    "form_unreadable": Entry(
        "What the browser sent is no form that can be read. Nothing was changed.",
        "Open the page again, and send it again.",
        "",
    ),
    "too_many_clients": Entry(
        "Too many programs speak to beekeed at once.",
        "Try it again in a minute. If that does not help, look for programs that do not end.",
        "technician",
    ),
    "only_on_box": Entry(
        "This cannot be done from the page.",
        "Use beekeectl on the box.",
        "technician",
    ),
    "not_signed_in": Entry(
        "Nobody is signed in here, or not any more.",
        "Sign in, and do it again.",
        "",
    ),
    "session_ended": Entry(
        "Your session has ended. Nothing was saved.",
        "Sign in, and do it again: you come back to the page where you were.",
        "",
    ),
    "form_stale": Entry(
        "This page was opened before the latest signing in, or by another website.",
        "Open it again, and do it again.",
        "",
    ),
    "sign_in_off": Entry(
        "Nobody can sign in, because no password is set.",
        "Set one on the box with `beekeectl password set`.",
        "technician",
    ),
    "sign_in_held": Entry(
        "There were too many wrong passwords. The next one is looked at in {minutes:minute}.",
        "Wait, or let everybody try again on the box with `beekeectl password unlock`.",
        "",
    ),
    "password_wrong": Entry(
        "The password is wrong.",
        "Try it again. A new one can be set on the box with `beekeectl password set`.",
        "",
    ),
    "password_too_short": Entry(
        "The password is shorter than {least} letters.",
        "Choose a longer one, for example four words in a row.",
        "",
    ),
    "password_too_long": Entry(
        "The password is longer than {most} letters.",
        "Choose a shorter one.",
        "",
    ),
    "passwords_differ": Entry(
        "The two passwords are not the same.",
        "Nothing is changed. Try it again.",
        "",
    ),
    "not_root": Entry(
        "Only root may do that.",
        "Use the command again with sudo.",
        "",
    ),
    "no_token_given": Entry(
        "What was given does not look like a token of Moodle: 32 letters a to f and digits.",
        "Copy it from the online Moodle (Site administration, Server, Manage tokens), and use"
        " `beekeectl token set` again.",
        "",
    ),
    "token_not_kept": Entry(
        "The file {path} cannot be written: {detail}.",
        "Mend that, or name another file with --file.",
        "technician",
    ),
    "not_started_again": Entry(
        "The token is kept in {path}, but beekeed could not be started again: {detail}.",
        "Look at its journal (journalctl -u beekeed), and start it (systemctl restart beekeed).",
        "technician",
    ),
    "package_installed": Entry(
        "beekeed is installed as a Debian package already, which has its units.",
        "Use that, or take it away first (apt remove beekeed): the data stays.",
        "technician",
    ),
    "file_not_written": Entry(
        "The file {path} cannot be written: {detail}.",
        "Mend that, and use the command again.",
        "technician",
    ),
    "programs_in_a_home": Entry(
        "beekeed is in {path}, a place of a person's own, which its units may not look into.",
        "Install it elsewhere, for example in /opt/beekeed.",
        "technician",
    ),
    "no_terminal": Entry(
        "Set-up asks questions, and there is no terminal here to ask at.",
        "Run it in a terminal, or give it a file with the answers: beekeectl setup --answers FILE.",
        "technician",
    ),
    "answers_unreadable": Entry(
        "The file with the answers cannot be read: {file}: {detail}. Nothing was changed.",
        "Correct the file, or name the right one.",
        "technician",
    ),
    "answers_open": Entry(
        "Everybody on this machine may read {file}, which holds secrets. Nothing was changed.",
        "Close it to the others (chmod 600), and use the command again.",
        "technician",
    ),
    "answer_unknown": Entry(
        "{file}: set-up asks nothing by the name {key}. Nothing was changed.",
        "{suggestion}",
        "technician",
    ),
    "answer_missing": Entry(
        "{file}: the answer {key} is missing. Nothing was changed.",
        "Add it, for example {example}",
        "technician",
    ),
    "answer_wrong": Entry(
        "{file}: {key}: {detail} Nothing was changed.",
        "Correct the file, and use the command again.",
        "technician",
    ),
    "account_not_made": Entry(
        "The account that only reads could not be made: {detail}.",
        "Make it by hand, with the SQL that beekeed's README shows, and give set-up its name and"
        " password.",
        "technician",
    ),
    "not_started": Entry(
        "beekeed could not be started: {detail}.",
        "Look at its journal (journalctl -u beekeed), mend that, and run `beekeectl setup` again:"
        " it goes on.",
        "technician",
    ),
    "sync_disabled": Entry(
        "Sync is switched off on this box: nothing runs, scheduled or by hand.",
        "Switch it on where it may go on: `beekeectl enable`.",
        "keeper",
    ),
    # Mails about syncs.
    "mail_not_set_up": Entry(
        "No mail can be sent: the setting mail.{key} is empty.",
        "Set mail.to and mail.server, and what else the mail server asks for.",
        "technician",
    ),
    "mail_address_wrong": Entry(
        "No mail can be sent: {address} in the mail settings is not an address.",
        "Correct mail.to and mail.sender in the settings: plain addresses, in Latin letters.",
        "technician",
    ),
    "mail_password_unreadable": Entry(
        "The file with the password for the mail server cannot be used: {path}: {detail}.",
        "Check mail.password_file in the settings: it must be readable for beekeed's user, and not"
        " for everybody (mode 0600).",
        "technician",
    ),
    "mail_password_exposed": Entry(
        "The password for the mail server {server} would go over the network for everybody to"
        " read, so no mail is sent.",
        "Set mail.security to starttls or tls; or leave mail.user empty, if the server asks for no"
        " password.",
        "technician",
    ),
    "mail_server_open": Entry(
        "The password for the mail server goes to none but one that the settings file {file} names,"
        " and that file does not set mail.server: so no mail is sent.",
        "Put mail.server into that file, where mail.password_file is.",
        "technician",
    ),
    "mail_exposed": Entry(
        "Mails to {server} are not encrypted: anybody on the way can read and change them.",
        "Set mail.security to starttls or tls, if the mail server can do that.",
        "technician",
    ),
    "mail_not_reached": Entry(
        "The mail server {server} (port {port}) could not be reached: {detail}.",
        "Check mail.server and mail.port in the settings, and whether the network lets the box"
        " through. The mails wait.",
        "technician",
    ),
    "mail_certificate_refused": Entry(
        "What answered could not prove to be the mail server {server}: {detail}. Neither the"
        " password nor a mail was sent to it.",
        "Check mail.server in the settings: it must be the name in the server's certificate. Else"
        " the certificate must be renewed, or the network is in the way. The mails wait.",
        "technician",
    ),
    "mail_not_encrypted": Entry(
        "No encrypted way to the mail server {server} could be made: {detail}. Neither the password"
        " nor a mail was sent to it.",
        "Check mail.security and mail.port in the settings: mostly starttls goes with port 587, and"
        " tls with 465. The mails wait.",
        "technician",
    ),
    "mail_login_refused": Entry(
        "The mail server {server} refused the login of {user}: {answer}.",
        "Check mail.user and its password. The mails wait.",
        "technician",
    ),
    "mail_broke_off": Entry(
        "The mail server {server} stopped answering in the middle.",
        "There is nothing to do: it is tried again after a later sync. One mail may arrive twice.",
        "",
    ),
    "mail_unreadable": Entry(
        "What answers at {server} (port {port}) does not speak as a mail server does.",
        "Check mail.server, mail.port and mail.security in the settings. The mails wait.",
        "technician",
    ),
    "mail_deferred": Entry(
        "The mail server {server} does not take mails now: {answer}.",
        "There is nothing to do: it is tried again after a later sync. If it lasts, ask whoever"
        " runs the mail server.",
        "technician",
    ),
    "mail_refused": Entry(
        "The mail server {server} refused a mail for good, and it was given up: {answer}.",
        "Check mail.to and mail.sender in the settings, then try `beekeectl mail test`.",
        "technician",
    ),
}
