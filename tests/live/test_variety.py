"""The sample with every oddity, brought to a real Moodle and compared fact by fact.

Needs BEEKEED_LIVE_PHP as well (tests/live/moodle.py), and the site as provisioned, without any
learner: this test first adds the activities that the sample has beyond that.
"""

from pathlib import Path

import pytest

from tests.live import steps
from tests.live.moodle import LiveMoodle
from tests.live.provisioned import provide
from tests.sample import fill
from tests.variety.run import check, show, synchronize

pytestmark = [pytest.mark.live, pytest.mark.live_php]

# What the sample has more than the provisioned courses: a quiz that must be passed, a forum graded
# as a whole, an assignment on a scale, two pages of one name; and a teacher, so that Moodle has
# somebody to send welcomes from.
ADD = """
require_once($CFG->dirroot . "/course/modlib.php");
function add_to(string $shortname, string $kind, int $section, array $more): void {
    global $DB;
    $course = get_course($DB->get_field("course", "id", ["shortname" => $shortname]));
    $module = [
        "modulename" => $kind, "module" => $DB->get_field("modules", "id", ["name" => $kind]),
        "course" => $course->id, "section" => $section, "visible" => 1, "visibleoncoursepage" => 1,
        "introeditor" => ["text" => "x", "format" => FORMAT_HTML, "itemid" => 0],
        "cmidnumber" => "", "groupmode" => 0, "groupingid" => 0, "availability" => null,
        "completion" => 0, "showdescription" => 0, "instance" => 0, "add" => $kind,
    ];
    add_moduleinfo((object) ($more + $module), $course);
}
foreach ($DB->get_records("quiz") as $quiz) {
    $cm = get_coursemodule_from_instance("quiz", $quiz->id);
    $math = $DB->get_field("course", "shortname", ["id" => $quiz->course]) === "BK-MATH";
    $DB->set_field("course_modules", "completionpassgrade", (int) $math, ["id" => $cm->id]);
    $DB->set_field("course_modules", "completiongradeitemnumber", 0, ["id" => $cm->id]);
    $item = ["itemmodule" => "quiz", "iteminstance" => $quiz->id];
    $DB->set_field("grade_items", "gradepass", 5, $item);
}
add_to("BK-MATH", "forum", 4, ["name" => "Graded talk", "type" => "general", "forcesubscribe" => 0,
    "assessed" => 0, "scale" => 0, "grade_forum" => 20]);
$scale = $DB->get_field_sql("SELECT MIN(id) FROM {scale}");
add_to("BK-MATH", "assign", 2, ["name" => "Portfolio", "grade" => -$scale, "submissiondrafts" => 0,
    "assignsubmission_onlinetext_enabled" => 1, "assignfeedback_comments_enabled" => 1,
    "requiresubmissionstatement" => 0, "sendnotifications" => 0, "sendlatenotifications" => 0,
    "sendstudentnotifications" => 0, "duedate" => 0, "cutoffdate" => 0, "gradingduedate" => 0,
    "allowsubmissionsfromdate" => 0, "teamsubmission" => 0, "requireallteammemberssubmit" => 0,
    "teamsubmissiongroupingid" => 0, "blindmarking" => 0, "attemptreopenmethod" => "none",
    "maxattempts" => -1, "markingworkflow" => 0, "markingallocation" => 0]);
foreach ([1, 2] as $_)
    add_to("BK-MATH", "page", 3, ["name" => "Same name", "content" => "x", "contentformat" => 1,
        "page" => ["text" => "x", "format" => FORMAT_HTML, "itemid" => 0], "display" => 5,
        "printintro" => 0, "printlastmodified" => 1, "completion" => 2, "completionview" => 1]);
$teacher = user_create_user((object) ["username" => "teacher.online", "password" => "Xx9!aaaa",
    "firstname" => "Aisha", "lastname" => "Bello", "email" => "aisha@school.example.org",
    "confirmed" => 1, "mnethostid" => $CFG->mnet_localhost_id]);
$role = $DB->get_field("role", "id", ["shortname" => "editingteacher"]);
foreach ($DB->get_records("enrol", ["enrol" => "manual"]) as $instance)
    enrol_get_plugin("manual")->enrol_user($instance, $teacher, $role);
"""
CRON = (
    '\\core\\task\\manager::get_scheduled_task("\\\\mod_assign\\\\task\\\\cron_task")->execute();'
)


@pytest.fixture
def moodle(tmp_path: Path) -> LiveMoodle:
    """The site with all that the sample has."""
    made = LiveMoodle()
    box = tmp_path / "sample.sqlite"
    fill(box, "device-variety")
    provide(made, box, ADD)
    return made


def test_every_oddity_against_a_real_moodle(moodle: LiveMoodle, tmp_path: Path) -> None:
    """What somebody did online stays, all else arrives, and nobody is mailed, by cron neither."""
    table = synchronize(tmp_path, moodle)
    show(table)
    check(table)
    moodle.php(f"{steps.BEGIN}{CRON}")
    assert moodle.sql("SELECT count(*) FROM mdl_notifications") == [["0"]]
