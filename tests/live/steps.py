"""What is done on a real Moodle itself, between the calls that are recorded.

Each step has a name, which an exchange carries in its `before`, and is done by Moodle's own PHP, as
its pages do it. tests/sandbox/steps.py does the same to the sandbox, under the same names.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.live.moodle import LiveMoodle

Step = dict[str, Any]
"""The step's name under "step", and its arguments."""

BEGIN = """
define("CLI_SCRIPT", true);
require(getcwd() . "/config.php");
foreach (["course/lib.php", "user/lib.php", "lib/gradelib.php", "user/profile/definelib.php"] as $l)
    require_once($CFG->dirroot . "/" . $l);
\\core\\session\\manager::set_user(get_admin());
"""

_ITEM = "$item = grade_item::fetch(['id' => $s->item]);"
_GRADE = f"{_ITEM} $grade = $item->get_grade($s->user);"

PHP: Mapping[str, str] = {
    "see hidden grades": """
        $role = $DB->get_record('role', ['shortname' => 'beekeesync']);
        $system = context_system::instance()->id;
        assign_capability('moodle/grade:viewhidden', CAP_ALLOW, $role->id, $system, true);
        accesslib_clear_all_caches(true);
    """,
    "add profile field": """
        $field = (object) ['categoryid' => 1, 'description' => '', 'descriptionformat' => 1,
            'shortname' => $s->shortname, 'name' => $s->name, 'datatype' => $s->datatype,
            'visible' => $s->visible, 'defaultdata' => $s->defaultdata, 'param1' => $s->param1];
        if (!$DB->record_exists('user_info_category', [])) {
            $other = (object) ['name' => 'Other', 'sortorder' => 1];
            $DB->insert_record('user_info_category', $other);
        }
        require_once($CFG->dirroot . '/user/profile/field/' . $s->datatype . '/define.class.php');
        $class = 'profile_define_' . $s->datatype;
        (new $class())->define_save($field);
    """,
    "add function": """
        require_once($CFG->dirroot . '/webservice/lib.php');
        $service = $DB->get_field('external_services', 'id', ['shortname' => 'beekee']);
        (new webservice())->add_external_function_to_service($s->function, $service);
    """,
    "choose grading": """
        require_once($CFG->dirroot . '/grade/grading/lib.php');
        $context = context_module::instance($s->cmid);
        get_grading_manager($context, 'mod_assign', 'submissions')->set_active_method($s->method);
    """,
    "maintenance": "set_config('maintenance_enabled', $s->on);",
    "track the site": "set_config('enablecompletion', $s->on);",
    "track": """
        $DB->set_field('course_modules', 'completion', $s->completion, ['id' => $s->cmid]);
        rebuild_course_cache($DB->get_field('course_modules', 'course', ['id' => $s->cmid]), true);
    """,
    "hide": "set_coursemodule_visible($s->cmid, $s->visible);",
    "delete module": "course_delete_module($s->cmid);",
    "set assignment": """
        $DB->set_field('assign', $s->name, $s->value, ['id' => $s->assignment]);
    """,
    "set item": "$DB->set_field('grade_items', $s->name, $s->value, ['id' => $s->item]);",
    "lock item": f"{_ITEM} $item->set_locked($s->locked, false, false);",
    "lock grade": f"{_GRADE} $grade->set_locked($s->locked, false, false);",
    "override grade": f"""{_ITEM}
        $feedback = $s->feedback ?? false;
        $item->update_final_grade($s->user, $s->grade, 'gradebook', $feedback, FORMAT_HTML);
    """,
    "stop overriding": f"{_GRADE} $grade->set_overridden(false);",
    "comment in the gradebook": f"""{_ITEM}
        $item->update_final_grade($s->user, false, 'gradebook', $s->feedback, $s->format);
    """,
    "show identity": "set_config('showuseridentity', $s->fields);",
    "suspend account": """
        $DB->set_field('user', 'suspended', $s->suspended, ['id' => $s->user]);
    """,
    "delete account": "delete_user($DB->get_record('user', ['id' => $s->user]));",
    "enrol by itself": """
        $instance = $DB->get_record('enrol', ['courseid' => $s->course, 'enrol' => 'self']);
        $DB->set_field('enrol', 'status', 0, ['id' => $instance->id]);
        $role = $DB->get_field('role', 'id', ['shortname' => 'student']);
        enrol_get_plugin('self')->enrol_user($instance, $s->user, $role);
    """,
}


def take(moodle: LiveMoodle, step: Step) -> None:
    """Do one step on the site."""
    arguments = base64.b64encode(json.dumps(step).encode()).decode()
    moodle.php(f'{BEGIN} $s = json_decode(base64_decode("{arguments}"));\n{PHP[step["step"]]}')
