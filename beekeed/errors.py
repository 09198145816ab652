"""The error family: one class for each answer to "who must act?".

An error carries a code and parameters; the sentence that a person reads stands
once in `say/`. What is expected (nothing to do, a learner set aside) is a
value, not an exception, and uses the same codes.
"""

from enum import StrEnum


class Code(StrEnum):
    """Every trouble and every reason that a person may read about, by name.

    `say/` has one sentence for each. A code is part of the control API: once
    released it keeps its meaning.
    """

    # The settings (ConfigError).
    SETTINGS_UNREADABLE = "settings_unreadable"
    SETTING_UNKNOWN = "setting_unknown"
    SETTING_MISSING = "setting_missing"
    SETTING_WRONG = "setting_wrong"
    SETTINGS_WRONG = "settings_wrong"
    TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105 - a name, not a secret
    PASSWORD_UNREADABLE = "password_unreadable"  # noqa: S105
    ADDRESS_NOT_HTTPS = "address_not_https"
    STATE_NOT_WRITABLE = "state_not_writable"
    SOCKET_UNUSABLE = "socket_unusable"
    SOCKET_IN_USE = "socket_in_use"
    PAGE_CERTIFICATE_UNUSABLE = "page_certificate_unusable"
    SETTINGS_CHANGED = "settings_changed"

    # The box's own Moodle (DeviceUnreadable).
    DEVICE_MISSING = "device_missing"
    DEVICE_NOT_MOODLE = "device_not_moodle"
    DEVICE_UNREADABLE = "device_unreadable"
    MOODLE_CONFIG_UNREADABLE = "moodle_config_unreadable"
    MOODLE_CONFIG_UNCLEAR = "moodle_config_unclear"
    DRIVER_MISSING = "driver_missing"
    DEVICE_NOT_REACHED = "device_not_reached"
    DEVICE_REFUSED = "device_refused"
    DEVICE_NO_DATABASE = "device_no_database"
    DEVICE_NO_RIGHT = "device_no_right"
    DEVICE_TABLE_CLOSED = "device_table_closed"
    DEVICE_TABLE_MISSING = "device_table_missing"
    DEVICE_INTERRUPTED = "device_interrupted"
    DEVICE_BUSY = "device_busy"
    DEVICE_SLOW = "device_slow"
    DEVICE_DISK_FULL = "device_disk_full"
    DEVICE_WRITABLE = "device_writable"
    NO_LEARNERS = "no_learners"

    # The way to the online Moodle (LinkDown, OutcomeUnknown).
    OFFLINE = "offline"
    NO_INTERFACE = "no_interface"
    NO_CARRIER = "no_carrier"
    NO_ADDRESS = "no_address"
    NO_ROUTE = "no_route"
    NAME_NOT_FOUND = "name_not_found"
    NAME_UNKNOWN = "name_unknown"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_TIMED_OUT = "connection_timed_out"
    NOT_REACHED = "not_reached"
    ENCRYPTION_FAILED = "encryption_failed"
    CLOCK_WRONG = "clock_wrong"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_WRONG_NAME = "certificate_wrong_name"
    CERTIFICATE_UNKNOWN_ISSUER = "certificate_unknown_issuer"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_REFUSED = "certificate_refused"
    SILENT = "silent"
    NO_ANSWER = "no_answer"
    SERVER_BUSY = "server_busy"
    ASKED_TO_WAIT = "asked_to_wait"
    LIMIT_REACHED = "limit_reached"
    LIMIT_PACED = "limit_paced"
    LIMIT_RESERVED = "limit_reserved"

    # Why the box's clock is not trusted (core.clocktrust).
    CLOCK_BEHIND = "clock_behind"
    CLOCK_UNCONFIRMED = "clock_unconfirmed"
    CLOCK_DISAGREES = "clock_disagrees"

    # What answers there (RemoteGarbled).
    CAPTIVE_PORTAL = "captive_portal"
    PROXY_ANSWERED = "proxy_answered"
    NO_MOODLE_THERE = "no_moodle_there"
    NOT_A_MOODLE = "not_a_moodle"
    REDIRECTED = "redirected"
    ANSWER_TOO_LARGE = "answer_too_large"
    ANSWER_UNREADABLE = "answer_unreadable"
    WEB_SERVICES_OFF = "web_services_off"

    # What the online Moodle refuses (RemoteRefused), the whole site.
    TOKEN_REFUSED = "token_refused"  # noqa: S105
    ACCESS_REFUSED = "access_refused"
    ACCOUNT_SUSPENDED = "account_suspended"
    MAINTENANCE = "maintenance"
    FUNCTION_MISSING = "function_missing"
    CAPABILITY_MISSING = "capability_missing"
    ROLE_NOT_ASSIGNABLE = "role_not_assignable"
    LEARNER_ROLE_WRONG = "learner_role_wrong"
    LEARNER_ROLE_KNOWN_WRONG = "learner_role_known_wrong"

    # Why a course is left out.
    COURSE_NOT_ONLINE = "course_not_online"
    COURSE_MODIFIED = "course_modified"
    COURSE_DATE_HIDDEN = "course_date_hidden"
    ACTIVITIES_DIFFER = "activities_differ"
    ACTIVITIES_MOVED = "activities_moved"
    ACTIVITIES_AMBIGUOUS = "activities_ambiguous"
    COURSE_CLOSED = "course_closed"
    NO_COURSE_MATCHED = "no_course_matched"
    MATCHED_BY_FORCE = "matched_by_force"

    # Why a change is set aside.
    OTHER_PERSON_ONLINE = "other_person_online"
    USERNAME_REUSED = "username_reused"
    NEVER_TOUCH = "never_touch"
    OWN_ACCOUNT = "own_account"
    OTHER_ROLE_ONLINE = "other_role_online"
    ACCOUNT_NOT_CREATABLE = "account_not_creatable"
    ACCOUNT_REFUSED = "account_refused"
    ACCOUNT_UNCONFIRMED = "account_unconfirmed"
    ACCOUNT_GONE_ONLINE = "account_gone_online"
    ACCOUNT_CHANGED_ONLINE = "account_changed_online"
    GONE_FROM_BOX = "gone_from_box"
    UNKNOWN_STATE = "unknown_state"
    NOT_ENROLLED_ON_BOX = "not_enrolled_on_box"
    NOT_ENROLLED_ONLINE = "not_enrolled_online"
    NO_MANUAL_ENROLMENT = "no_manual_enrolment"
    COMPLETION_OFF = "completion_off"
    TRACKING_OFF = "tracking_off"
    ACTIVITY_GONE_ONLINE = "activity_gone_online"
    ACTIVITY_CLOSED = "activity_closed"
    ACTIVITY_UNMATCHED = "activity_unmatched"
    ONLINE_FAILED = "online_failed"
    ONLINE_DIFFERS = "online_differs"
    GRADE_ITEM_UNSEEN = "grade_item_unseen"
    GRADE_ITEM_DIFFERS = "grade_item_differs"
    GRADE_OUT_OF_RANGE = "grade_out_of_range"
    GRADE_FIXED_ONLINE = "grade_fixed_online"
    GRADE_HIGHER_ONLINE = "grade_higher_online"
    GRADE_DIFFERS_ONLINE = "grade_differs_online"
    GRADE_REFUSED = "grade_refused"
    COMMENT_KEPT_ONLINE = "comment_kept_online"
    COMMENT_HAS_FILES = "comment_has_files"
    COMMENTS_OFF_ONLINE = "comments_off_online"
    ASSIGNMENT_ADVANCED = "assignment_advanced"
    GROUP_REFUSED = "group_refused"
    PROFILE_DIFFERS_ONLINE = "profile_differs_online"
    PROFILE_REFUSED = "profile_refused"
    PROFILE_FIELD_MISSING = "profile_field_missing"
    NOT_APPLIED = "not_applied"
    REFUSED_BY_MOODLE = "refused_by_moodle"

    # Why nothing is lowered in a course (core.guard).
    COMPLETIONS_FELL = "completions_fell"
    GRADES_FELL = "grades_fell"
    ENROLMENTS_FELL = "enrolments_fell"

    # Why a change waits although nothing is wrong (core.request).
    LATE = "late"

    # Whether everything is safe online (core.safety).
    SAFE_ONLINE = "safe_online"
    SAFE_BUT_FAILED = "safe_but_failed"
    NOT_READ_LATELY = "not_read_lately"
    SAFETY_UNKNOWN = "safety_unknown"
    WAITS_FOR_SYNC = "waits_for_sync"
    WAITS_FOR_ANSWER = "waits_for_answer"
    WAITS_ASIDE = "waits_aside"
    WAITS_LATE = "waits_late"
    WAITS_FOR_MENDING = "waits_for_mending"
    WAITS_SWITCHED_OFF = "waits_switched_off"
    WAITS_UNSCHEDULED = "waits_unscheduled"

    # What reading back found (core.verify).
    MISSING_ONLINE = "missing_online"
    CHANGED_ONLINE = "changed_online"
    UNSEEN_ONLINE = "unseen_online"
    VERIFY_MISSING = "verify_missing"

    # What cannot be carried (core.model.Uncarried).
    STAYS_BADGE = "stays_badge"
    STAYS_COURSE_COMPLETION = "stays_course_completion"
    STAYS_PASSWORD = "stays_password"  # noqa: S105
    STAYS_TIME = "stays_time"
    STAYS_COMMENT = "stays_comment"

    # What may mail learners.
    WELCOME_MESSAGES = "welcome_messages"
    MAILED_PASSWORDS = "mailed_passwords"
    ASSIGNMENT_NOTICES = "assignment_notices"

    # Our own state (StoreBroken) and runs.
    STORE_BROKEN = "store_broken"
    STORE_NEWER = "store_newer"
    STORE_FULL = "store_full"
    STORE_IN_USE = "store_in_use"
    STORE_RESTORED = "store_restored"
    STORE_BEGUN_ANEW = "store_begun_anew"
    STORE_PUT_BACK = "store_put_back"
    BOX_COPIED = "box_copied"
    INTERRUPTED = "interrupted"
    UNSETTLED = "unsettled"
    INTERNAL = "internal"

    # The control API.
    ALREADY_RUNNING = "already_running"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    SETTING_FIXED = "setting_fixed"
    NO_LIMIT = "no_limit"
    DAEMON_NOT_RUNNING = "daemon_not_running"
    DAEMON_SILENT = "daemon_silent"
    NOT_PERMITTED = "not_permitted"

    # Watching, and whether all is well.
    TOO_MANY_WATCHERS = "too_many_watchers"
    NOT_READY = "not_ready"
    # What only a check says (control.check).
    FUNCTIONS_BEYOND = "functions_beyond"
    CAPABILITIES_BEYOND = "capabilities_beyond"
    NOBODY_PROTECTED = "nobody_protected"

    # Who may do what (control.access, control.signing), and what `beekeectl` alone says of it.
    STRANGE_HOST = "strange_host"
    FROM_BROWSER = "from_browser"
    REQUEST_TOO_LARGE = "request_too_large"
    REQUEST_TOO_SLOW = "request_too_slow"
    FORM_UNREADABLE = "form_unreadable"
    TOO_MANY_CLIENTS = "too_many_clients"
    ONLY_ON_BOX = "only_on_box"
    NOT_SIGNED_IN = "not_signed_in"
    SESSION_ENDED = "session_ended"
    FORM_STALE = "form_stale"
    SIGN_IN_OFF = "sign_in_off"
    SIGN_IN_HELD = "sign_in_held"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105
    PASSWORD_TOO_SHORT = "password_too_short"  # noqa: S105
    PASSWORD_TOO_LONG = "password_too_long"  # noqa: S105
    PASSWORDS_DIFFER = "passwords_differ"
    NOT_ROOT = "not_root"
    NO_TOKEN_GIVEN = "no_token_given"  # noqa: S105
    TOKEN_NOT_KEPT = "token_not_kept"  # noqa: S105
    NOT_STARTED_AGAIN = "not_started_again"
    PACKAGE_INSTALLED = "package_installed"
    FILE_NOT_WRITTEN = "file_not_written"
    PROGRAMS_IN_A_HOME = "programs_in_a_home"
    # The first set-up (beekeectl setup).
    NO_TERMINAL = "no_terminal"
    ANSWERS_UNREADABLE = "answers_unreadable"
    ANSWERS_OPEN = "answers_open"
    ANSWER_UNKNOWN = "answer_unknown"
    ANSWER_MISSING = "answer_missing"
    ANSWER_WRONG = "answer_wrong"
    ACCOUNT_NOT_MADE = "account_not_made"
    NOT_STARTED = "not_started"

    # The schedule.
    SYNC_DISABLED = "sync_disabled"
    # Mails about syncs (notify).
    MAIL_NOT_SET_UP = "mail_not_set_up"
    MAIL_ADDRESS_WRONG = "mail_address_wrong"
    MAIL_PASSWORD_UNREADABLE = "mail_password_unreadable"  # noqa: S105
    MAIL_PASSWORD_EXPOSED = "mail_password_exposed"  # noqa: S105
    MAIL_SERVER_OPEN = "mail_server_open"
    MAIL_EXPOSED = "mail_exposed"
    MAIL_NOT_REACHED = "mail_not_reached"
    MAIL_CERTIFICATE_REFUSED = "mail_certificate_refused"
    MAIL_NOT_ENCRYPTED = "mail_not_encrypted"
    MAIL_LOGIN_REFUSED = "mail_login_refused"
    MAIL_BROKE_OFF = "mail_broke_off"
    MAIL_UNREADABLE = "mail_unreadable"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_REFUSED = "mail_refused"


Param = str | int


class BeekeedError(Exception):
    """What every error of ours is: a code, and the parameters of its sentence."""

    def __init__(self, code: Code, **params: Param) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        """For the log: English, short, no learner's name (callers pass none)."""
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({details})" if details else str(self.code)


class ConfigError(BeekeedError):
    """The technician must mend the settings; nothing starts (exit code 78).

    `problems` has each thing wrong, so that one reading of the file is enough.
    """

    def __init__(
        self, code: Code, problems: "tuple[ConfigError, ...]" = (), **params: Param
    ) -> None:
        super().__init__(code, **params)
        self.problems = problems or (self,)


class DeviceUnreadable(BeekeedError):
    """The box's own Moodle cannot be read; the technician must look at it."""


class LinkDown(BeekeedError):
    """The online Moodle was not reached and surely got nothing: wait, try again."""


class OutcomeUnknown(BeekeedError):
    """A request went out and no answer came: what it did must be read back."""


class RemoteRefused(BeekeedError):
    """The online Moodle answered no. Permanent until somebody changes something there."""

    @property
    def errorcode(self) -> str:
        """Moodle's own code for it; empty where it gave none."""
        return str(self.params.get("errorcode", ""))

    @property
    def of_site(self) -> bool:
        """Whether it refuses us altogether, before it runs any function of a request."""
        return self.code in _OF_SITE


_OF_SITE = frozenset(
    {
        Code.TOKEN_REFUSED,
        Code.ACCESS_REFUSED,
        Code.ACCOUNT_SUSPENDED,
        Code.MAINTENANCE,
        Code.WEB_SERVICES_OFF,
    }
)


class RemoteGarbled(BeekeedError):
    """Something answered that cannot be read as Moodle's web service."""


class StoreBroken(BeekeedError):
    """Our own database cannot be used."""
