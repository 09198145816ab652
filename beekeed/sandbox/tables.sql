-- Moodle 4.5.6's own tables for SQLite: the same names, columns, order, NOT NULL,
-- defaults and indexes. Sources: the device schema that Moodle's installer made
-- (40 tables) and, from mdl_scale on, Moodle's install.xml files. Types are
-- INTEGER, TEXT and REAL; a CHECK holds each name to the length that Moodle's
-- database holds it to, so that what is too long fails here as it fails there.

CREATE TABLE mdl_user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    auth TEXT NOT NULL DEFAULT 'manual' CHECK (length(auth) <= 20),
    confirmed INTEGER NOT NULL DEFAULT 0,
    policyagreed INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    suspended INTEGER NOT NULL DEFAULT 0,
    mnethostid INTEGER NOT NULL DEFAULT 0,
    username TEXT NOT NULL DEFAULT '' CHECK (length(username) <= 100),
    password TEXT NOT NULL DEFAULT '' CHECK (length(password) <= 255),
    idnumber TEXT NOT NULL DEFAULT '' CHECK (length(idnumber) <= 255),
    firstname TEXT NOT NULL DEFAULT '' CHECK (length(firstname) <= 100),
    lastname TEXT NOT NULL DEFAULT '' CHECK (length(lastname) <= 100),
    email TEXT NOT NULL DEFAULT '' CHECK (length(email) <= 100),
    emailstop INTEGER NOT NULL DEFAULT 0,
    phone1 TEXT NOT NULL DEFAULT '' CHECK (length(phone1) <= 20),
    phone2 TEXT NOT NULL DEFAULT '' CHECK (length(phone2) <= 20),
    institution TEXT NOT NULL DEFAULT '' CHECK (length(institution) <= 255),
    department TEXT NOT NULL DEFAULT '' CHECK (length(department) <= 255),
    address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 255),
    city TEXT NOT NULL DEFAULT '' CHECK (length(city) <= 120),
    country TEXT NOT NULL DEFAULT '' CHECK (length(country) <= 2),
    lang TEXT NOT NULL DEFAULT 'en' CHECK (length(lang) <= 30),
    calendartype TEXT NOT NULL DEFAULT 'gregorian' CHECK (length(calendartype) <= 30),
    theme TEXT NOT NULL DEFAULT '' CHECK (length(theme) <= 50),
    timezone TEXT NOT NULL DEFAULT '99' CHECK (length(timezone) <= 100),
    firstaccess INTEGER NOT NULL DEFAULT 0,
    lastaccess INTEGER NOT NULL DEFAULT 0,
    lastlogin INTEGER NOT NULL DEFAULT 0,
    currentlogin INTEGER NOT NULL DEFAULT 0,
    lastip TEXT NOT NULL DEFAULT '' CHECK (length(lastip) <= 45),
    secret TEXT NOT NULL DEFAULT '' CHECK (length(secret) <= 15),
    picture INTEGER NOT NULL DEFAULT 0,
    description TEXT,
    descriptionformat INTEGER NOT NULL DEFAULT 1,
    mailformat INTEGER NOT NULL DEFAULT 1,
    maildigest INTEGER NOT NULL DEFAULT 0,
    maildisplay INTEGER NOT NULL DEFAULT 2,
    autosubscribe INTEGER NOT NULL DEFAULT 1,
    trackforums INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    trustbitmask INTEGER NOT NULL DEFAULT 0,
    imagealt TEXT CHECK (length(imagealt) <= 255),
    lastnamephonetic TEXT CHECK (length(lastnamephonetic) <= 255),
    firstnamephonetic TEXT CHECK (length(firstnamephonetic) <= 255),
    middlename TEXT CHECK (length(middlename) <= 255),
    alternatename TEXT CHECK (length(alternatename) <= 255),
    moodlenetprofile TEXT CHECK (length(moodlenetprofile) <= 255)
);
CREATE UNIQUE INDEX mdl_user_mneuse_uix ON mdl_user (mnethostid, username);
CREATE INDEX mdl_user_del_ix ON mdl_user (deleted);
CREATE INDEX mdl_user_con_ix ON mdl_user (confirmed);
CREATE INDEX mdl_user_fir_ix ON mdl_user (firstname);
CREATE INDEX mdl_user_las_ix ON mdl_user (lastname);
CREATE INDEX mdl_user_cit_ix ON mdl_user (city);
CREATE INDEX mdl_user_cou_ix ON mdl_user (country);
CREATE INDEX mdl_user_las2_ix ON mdl_user (lastaccess);
CREATE INDEX mdl_user_ema_ix ON mdl_user (email);
CREATE INDEX mdl_user_aut_ix ON mdl_user (auth);
CREATE INDEX mdl_user_idn_ix ON mdl_user (idnumber);
CREATE INDEX mdl_user_fir2_ix ON mdl_user (firstnamephonetic);
CREATE INDEX mdl_user_las3_ix ON mdl_user (lastnamephonetic);
CREATE INDEX mdl_user_mid_ix ON mdl_user (middlename);
CREATE INDEX mdl_user_alt_ix ON mdl_user (alternatename);

CREATE TABLE mdl_user_enrolments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    status INTEGER NOT NULL DEFAULT 0,
    enrolid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    timestart INTEGER NOT NULL DEFAULT 0,
    timeend INTEGER NOT NULL DEFAULT 2147483647,
    modifierid INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_userenro_enruse_uix ON mdl_user_enrolments (enrolid, userid);
CREATE INDEX mdl_userenro_enr_ix ON mdl_user_enrolments (enrolid);
CREATE INDEX mdl_userenro_use_ix ON mdl_user_enrolments (userid);
CREATE INDEX mdl_userenro_mod_ix ON mdl_user_enrolments (modifierid);

CREATE TABLE mdl_enrol (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    enrol TEXT NOT NULL DEFAULT '' CHECK (length(enrol) <= 20),
    status INTEGER NOT NULL DEFAULT 0,
    courseid INTEGER NOT NULL,
    sortorder INTEGER NOT NULL DEFAULT 0,
    name TEXT CHECK (length(name) <= 255),
    enrolperiod INTEGER DEFAULT 0,
    enrolstartdate INTEGER DEFAULT 0,
    enrolenddate INTEGER DEFAULT 0,
    expirynotify INTEGER DEFAULT 0,
    expirythreshold INTEGER DEFAULT 0,
    notifyall INTEGER DEFAULT 0,
    password TEXT CHECK (length(password) <= 50),
    cost TEXT CHECK (length(cost) <= 20),
    currency TEXT CHECK (length(currency) <= 3),
    roleid INTEGER DEFAULT 0,
    customint1 INTEGER,
    customint2 INTEGER,
    customint3 INTEGER,
    customint4 INTEGER,
    customint5 INTEGER,
    customint6 INTEGER,
    customint7 INTEGER,
    customint8 INTEGER,
    customchar1 TEXT CHECK (length(customchar1) <= 255),
    customchar2 TEXT CHECK (length(customchar2) <= 255),
    customchar3 TEXT CHECK (length(customchar3) <= 1333),
    customdec1 REAL,
    customdec2 REAL,
    customtext1 TEXT,
    customtext2 TEXT,
    customtext3 TEXT,
    customtext4 TEXT,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_enro_enr_ix ON mdl_enrol (enrol);
CREATE INDEX mdl_enro_cou_ix ON mdl_enrol (courseid);
CREATE INDEX mdl_enro_rol_ix ON mdl_enrol (roleid);

CREATE TABLE mdl_role (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    shortname TEXT NOT NULL DEFAULT '' CHECK (length(shortname) <= 100),
    description TEXT NOT NULL,
    sortorder INTEGER NOT NULL DEFAULT 0,
    archetype TEXT NOT NULL DEFAULT '' CHECK (length(archetype) <= 30)
);
CREATE UNIQUE INDEX mdl_role_sor_uix ON mdl_role (sortorder);
CREATE UNIQUE INDEX mdl_role_sho_uix ON mdl_role (shortname);

CREATE TABLE mdl_role_assignments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    roleid INTEGER NOT NULL DEFAULT 0,
    contextid INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    modifierid INTEGER NOT NULL DEFAULT 0,
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    itemid INTEGER NOT NULL DEFAULT 0,
    sortorder INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_roleassi_sor_ix ON mdl_role_assignments (sortorder);
CREATE INDEX mdl_roleassi_rolcon_ix ON mdl_role_assignments (roleid, contextid);
CREATE INDEX mdl_roleassi_useconrol_ix ON mdl_role_assignments (userid, contextid, roleid);
CREATE INDEX mdl_roleassi_comiteuse_ix ON mdl_role_assignments (component, itemid, userid);
CREATE INDEX mdl_roleassi_rol_ix ON mdl_role_assignments (roleid);
CREATE INDEX mdl_roleassi_con_ix ON mdl_role_assignments (contextid);
CREATE INDEX mdl_roleassi_use_ix ON mdl_role_assignments (userid);

CREATE TABLE mdl_context (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contextlevel INTEGER NOT NULL DEFAULT 0,
    instanceid INTEGER NOT NULL DEFAULT 0,
    path TEXT CHECK (length(path) <= 255),
    depth INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_cont_conins_uix ON mdl_context (contextlevel, instanceid);
CREATE INDEX mdl_cont_ins_ix ON mdl_context (instanceid);
CREATE INDEX mdl_cont_pat_ix ON mdl_context (path);

CREATE TABLE mdl_course (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category INTEGER NOT NULL DEFAULT 0,
    sortorder INTEGER NOT NULL DEFAULT 0,
    fullname TEXT NOT NULL DEFAULT '' CHECK (length(fullname) <= 254),
    shortname TEXT NOT NULL DEFAULT '' CHECK (length(shortname) <= 255),
    idnumber TEXT NOT NULL DEFAULT '' CHECK (length(idnumber) <= 100),
    summary TEXT,
    summaryformat INTEGER NOT NULL DEFAULT 0,
    format TEXT NOT NULL DEFAULT 'topics' CHECK (length(format) <= 21),
    showgrades INTEGER NOT NULL DEFAULT 1,
    newsitems INTEGER NOT NULL DEFAULT 1,
    startdate INTEGER NOT NULL DEFAULT 0,
    enddate INTEGER NOT NULL DEFAULT 0,
    relativedatesmode INTEGER NOT NULL DEFAULT 0,
    marker INTEGER NOT NULL DEFAULT 0,
    maxbytes INTEGER NOT NULL DEFAULT 0,
    legacyfiles INTEGER NOT NULL DEFAULT 0,
    showreports INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL DEFAULT 1,
    visibleold INTEGER NOT NULL DEFAULT 1,
    downloadcontent INTEGER,
    groupmode INTEGER NOT NULL DEFAULT 0,
    groupmodeforce INTEGER NOT NULL DEFAULT 0,
    defaultgroupingid INTEGER NOT NULL DEFAULT 0,
    lang TEXT NOT NULL DEFAULT '' CHECK (length(lang) <= 30),
    calendartype TEXT NOT NULL DEFAULT '' CHECK (length(calendartype) <= 30),
    theme TEXT NOT NULL DEFAULT '' CHECK (length(theme) <= 50),
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    requested INTEGER NOT NULL DEFAULT 0,
    enablecompletion INTEGER NOT NULL DEFAULT 0,
    completionnotify INTEGER NOT NULL DEFAULT 0,
    cacherev INTEGER NOT NULL DEFAULT 0,
    originalcourseid INTEGER,
    showactivitydates INTEGER NOT NULL DEFAULT 0,
    showcompletionconditions INTEGER,
    pdfexportfont TEXT CHECK (length(pdfexportfont) <= 50)
);
CREATE INDEX mdl_cour_cat_ix ON mdl_course (category);
CREATE INDEX mdl_cour_idn_ix ON mdl_course (idnumber);
CREATE INDEX mdl_cour_sho_ix ON mdl_course (shortname);
CREATE INDEX mdl_cour_sor_ix ON mdl_course (sortorder);
CREATE INDEX mdl_cour_ori_ix ON mdl_course (originalcourseid);

CREATE TABLE mdl_course_categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    idnumber TEXT CHECK (length(idnumber) <= 100),
    description TEXT,
    descriptionformat INTEGER NOT NULL DEFAULT 0,
    parent INTEGER NOT NULL DEFAULT 0,
    sortorder INTEGER NOT NULL DEFAULT 0,
    coursecount INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL DEFAULT 1,
    visibleold INTEGER NOT NULL DEFAULT 1,
    timemodified INTEGER NOT NULL DEFAULT 0,
    depth INTEGER NOT NULL DEFAULT 0,
    path TEXT NOT NULL DEFAULT '' CHECK (length(path) <= 255),
    theme TEXT CHECK (length(theme) <= 50)
);
CREATE INDEX mdl_courcate_par_ix ON mdl_course_categories (parent);

CREATE TABLE mdl_course_sections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    section INTEGER NOT NULL DEFAULT 0,
    name TEXT CHECK (length(name) <= 255),
    summary TEXT,
    summaryformat INTEGER NOT NULL DEFAULT 0,
    sequence TEXT,
    visible INTEGER NOT NULL DEFAULT 1,
    availability TEXT,
    component TEXT CHECK (length(component) <= 100),
    itemid INTEGER,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_coursect_cousec_uix ON mdl_course_sections (course, section);
CREATE INDEX mdl_coursect_comite_ix ON mdl_course_sections (component, itemid);

CREATE TABLE mdl_course_modules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    module INTEGER NOT NULL DEFAULT 0,
    instance INTEGER NOT NULL DEFAULT 0,
    section INTEGER NOT NULL DEFAULT 0,
    idnumber TEXT CHECK (length(idnumber) <= 100),
    added INTEGER NOT NULL DEFAULT 0,
    score INTEGER NOT NULL DEFAULT 0,
    indent INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL DEFAULT 1,
    visibleoncoursepage INTEGER NOT NULL DEFAULT 1,
    visibleold INTEGER NOT NULL DEFAULT 1,
    groupmode INTEGER NOT NULL DEFAULT 0,
    groupingid INTEGER NOT NULL DEFAULT 0,
    completion INTEGER NOT NULL DEFAULT 0,
    completiongradeitemnumber INTEGER,
    completionview INTEGER NOT NULL DEFAULT 0,
    completionexpected INTEGER NOT NULL DEFAULT 0,
    completionpassgrade INTEGER NOT NULL DEFAULT 0,
    showdescription INTEGER NOT NULL DEFAULT 0,
    availability TEXT,
    deletioninprogress INTEGER NOT NULL DEFAULT 0,
    downloadcontent INTEGER DEFAULT 1,
    lang TEXT CHECK (length(lang) <= 30)
);
CREATE INDEX mdl_courmodu_vis_ix ON mdl_course_modules (visible);
CREATE INDEX mdl_courmodu_cou_ix ON mdl_course_modules (course);
CREATE INDEX mdl_courmodu_mod_ix ON mdl_course_modules (module);
CREATE INDEX mdl_courmodu_ins_ix ON mdl_course_modules (instance);
CREATE INDEX mdl_courmodu_idncou_ix ON mdl_course_modules (idnumber, course);
CREATE INDEX mdl_courmodu_gro_ix ON mdl_course_modules (groupingid);

CREATE TABLE mdl_modules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 20),
    cron INTEGER NOT NULL DEFAULT 0,
    lastcron INTEGER NOT NULL DEFAULT 0,
    search TEXT NOT NULL DEFAULT '' CHECK (length(search) <= 255),
    visible INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX mdl_modu_nam_ix ON mdl_modules (name);

CREATE TABLE mdl_course_modules_completion (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coursemoduleid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    completionstate INTEGER NOT NULL,
    overrideby INTEGER,
    timemodified INTEGER NOT NULL
);
CREATE UNIQUE INDEX mdl_courmoducomp_usecou_uix ON mdl_course_modules_completion (userid, coursemoduleid);
CREATE INDEX mdl_courmoducomp_cou_ix ON mdl_course_modules_completion (coursemoduleid);

CREATE TABLE mdl_course_modules_viewed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coursemoduleid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    timecreated INTEGER NOT NULL
);
CREATE UNIQUE INDEX mdl_courmoduview_usecou_uix ON mdl_course_modules_viewed (userid, coursemoduleid);
CREATE INDEX mdl_courmoduview_cou_ix ON mdl_course_modules_viewed (coursemoduleid);

CREATE TABLE mdl_course_completions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    course INTEGER NOT NULL DEFAULT 0,
    timeenrolled INTEGER NOT NULL DEFAULT 0,
    timestarted INTEGER NOT NULL DEFAULT 0,
    timecompleted INTEGER,
    reaggregate INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_courcomp_usecou_uix ON mdl_course_completions (userid, course);
CREATE INDEX mdl_courcomp_use_ix ON mdl_course_completions (userid);
CREATE INDEX mdl_courcomp_cou_ix ON mdl_course_completions (course);
CREATE INDEX mdl_courcomp_tim_ix ON mdl_course_completions (timecompleted);

CREATE TABLE mdl_course_completion_criteria (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    criteriatype INTEGER NOT NULL DEFAULT 0,
    module TEXT CHECK (length(module) <= 100),
    moduleinstance INTEGER,
    courseinstance INTEGER,
    enrolperiod INTEGER,
    timeend INTEGER,
    gradepass REAL,
    role INTEGER
);
CREATE INDEX mdl_courcompcrit_cou_ix ON mdl_course_completion_criteria (course);

CREATE TABLE mdl_course_completion_crit_compl (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    course INTEGER NOT NULL DEFAULT 0,
    criteriaid INTEGER NOT NULL DEFAULT 0,
    gradefinal REAL,
    unenroled INTEGER,
    timecompleted INTEGER
);
CREATE UNIQUE INDEX mdl_courcompcritcomp_useco_uix ON mdl_course_completion_crit_compl (userid, course, criteriaid);
CREATE INDEX mdl_courcompcritcomp_use_ix ON mdl_course_completion_crit_compl (userid);
CREATE INDEX mdl_courcompcritcomp_cou_ix ON mdl_course_completion_crit_compl (course);
CREATE INDEX mdl_courcompcritcomp_cri_ix ON mdl_course_completion_crit_compl (criteriaid);
CREATE INDEX mdl_courcompcritcomp_tim_ix ON mdl_course_completion_crit_compl (timecompleted);

CREATE TABLE mdl_course_completion_aggr_methd (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    criteriatype INTEGER,
    method INTEGER NOT NULL DEFAULT 0,
    "value" REAL
);
CREATE UNIQUE INDEX mdl_courcompaggrmeth_coucr_uix ON mdl_course_completion_aggr_methd (course, criteriatype);
CREATE INDEX mdl_courcompaggrmeth_cou_ix ON mdl_course_completion_aggr_methd (course);
CREATE INDEX mdl_courcompaggrmeth_cri_ix ON mdl_course_completion_aggr_methd (criteriatype);

CREATE TABLE mdl_grade_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    courseid INTEGER,
    categoryid INTEGER,
    itemname TEXT CHECK (length(itemname) <= 255),
    itemtype TEXT NOT NULL DEFAULT '' CHECK (length(itemtype) <= 30),
    itemmodule TEXT CHECK (length(itemmodule) <= 30),
    iteminstance INTEGER,
    itemnumber INTEGER,
    iteminfo TEXT,
    idnumber TEXT CHECK (length(idnumber) <= 255),
    calculation TEXT,
    gradetype INTEGER NOT NULL DEFAULT 1,
    grademax REAL NOT NULL DEFAULT 100.0,
    grademin REAL NOT NULL DEFAULT 0.0,
    scaleid INTEGER,
    outcomeid INTEGER,
    gradepass REAL NOT NULL DEFAULT 0.0,
    multfactor REAL NOT NULL DEFAULT 1.0,
    plusfactor REAL NOT NULL DEFAULT 0.0,
    aggregationcoef REAL NOT NULL DEFAULT 0.0,
    aggregationcoef2 REAL NOT NULL DEFAULT 0.0,
    sortorder INTEGER NOT NULL DEFAULT 0,
    display INTEGER NOT NULL DEFAULT 0,
    decimals INTEGER,
    hidden INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    locktime INTEGER NOT NULL DEFAULT 0,
    needsupdate INTEGER NOT NULL DEFAULT 0,
    weightoverride INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER,
    timemodified INTEGER
);
CREATE INDEX mdl_graditem_locloc_ix ON mdl_grade_items (locked, locktime);
CREATE INDEX mdl_graditem_itenee_ix ON mdl_grade_items (itemtype, needsupdate);
CREATE INDEX mdl_graditem_gra_ix ON mdl_grade_items (gradetype);
CREATE INDEX mdl_graditem_idncou_ix ON mdl_grade_items (idnumber, courseid);
CREATE INDEX mdl_graditem_iteiteitecou_ix ON mdl_grade_items (itemtype, itemmodule, iteminstance, courseid);
CREATE INDEX mdl_graditem_cou_ix ON mdl_grade_items (courseid);
CREATE INDEX mdl_graditem_cat_ix ON mdl_grade_items (categoryid);
CREATE INDEX mdl_graditem_sca_ix ON mdl_grade_items (scaleid);
CREATE INDEX mdl_graditem_out_ix ON mdl_grade_items (outcomeid);

CREATE TABLE mdl_grade_grades (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    itemid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    rawgrade REAL,
    rawgrademax REAL NOT NULL DEFAULT 100.0,
    rawgrademin REAL NOT NULL DEFAULT 0.0,
    rawscaleid INTEGER,
    usermodified INTEGER,
    finalgrade REAL,
    hidden INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    locktime INTEGER NOT NULL DEFAULT 0,
    exported INTEGER NOT NULL DEFAULT 0,
    overridden INTEGER NOT NULL DEFAULT 0,
    excluded INTEGER NOT NULL DEFAULT 0,
    feedback TEXT,
    feedbackformat INTEGER NOT NULL DEFAULT 0,
    information TEXT,
    informationformat INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER,
    timemodified INTEGER,
    aggregationstatus TEXT NOT NULL DEFAULT 'unknown' CHECK (length(aggregationstatus) <= 10),
    aggregationweight REAL
);
CREATE UNIQUE INDEX mdl_gradgrad_useite_uix ON mdl_grade_grades (userid, itemid);
CREATE INDEX mdl_gradgrad_locloc_ix ON mdl_grade_grades (locked, locktime);
CREATE INDEX mdl_gradgrad_ite_ix ON mdl_grade_grades (itemid);
CREATE INDEX mdl_gradgrad_use_ix ON mdl_grade_grades (userid);
CREATE INDEX mdl_gradgrad_raw_ix ON mdl_grade_grades (rawscaleid);
CREATE INDEX mdl_gradgrad_use2_ix ON mdl_grade_grades (usermodified);

CREATE TABLE mdl_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    courseid INTEGER NOT NULL,
    idnumber TEXT NOT NULL DEFAULT '' CHECK (length(idnumber) <= 100),
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 254),
    description TEXT,
    descriptionformat INTEGER NOT NULL DEFAULT 0,
    enrolmentkey TEXT CHECK (length(enrolmentkey) <= 50),
    picture INTEGER NOT NULL DEFAULT 0,
    visibility INTEGER NOT NULL DEFAULT 0,
    participation INTEGER NOT NULL DEFAULT 1,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_grou_idn_ix ON mdl_groups (idnumber);
CREATE INDEX mdl_grou_cou_ix ON mdl_groups (courseid);

CREATE TABLE mdl_groups_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    groupid INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    timeadded INTEGER NOT NULL DEFAULT 0,
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    itemid INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_groumemb_usegro_uix ON mdl_groups_members (userid, groupid);
CREATE INDEX mdl_groumemb_gro_ix ON mdl_groups_members (groupid);
CREATE INDEX mdl_groumemb_use_ix ON mdl_groups_members (userid);

CREATE TABLE mdl_badge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    description TEXT,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    usercreated INTEGER NOT NULL,
    usermodified INTEGER NOT NULL,
    issuername TEXT NOT NULL DEFAULT '' CHECK (length(issuername) <= 255),
    issuerurl TEXT NOT NULL DEFAULT '' CHECK (length(issuerurl) <= 255),
    issuercontact TEXT CHECK (length(issuercontact) <= 255),
    expiredate INTEGER,
    expireperiod INTEGER,
    type INTEGER NOT NULL DEFAULT 1,
    courseid INTEGER,
    message TEXT NOT NULL,
    messagesubject TEXT NOT NULL,
    attachment INTEGER NOT NULL DEFAULT 1,
    notification INTEGER NOT NULL DEFAULT 1,
    status INTEGER NOT NULL DEFAULT 0,
    nextcron INTEGER,
    version TEXT CHECK (length(version) <= 255),
    language TEXT CHECK (length(language) <= 255),
    imageauthorname TEXT CHECK (length(imageauthorname) <= 255),
    imageauthoremail TEXT CHECK (length(imageauthoremail) <= 255),
    imageauthorurl TEXT CHECK (length(imageauthorurl) <= 255),
    imagecaption TEXT
);
CREATE INDEX mdl_badg_typ_ix ON mdl_badge (type);
CREATE INDEX mdl_badg_cou_ix ON mdl_badge (courseid);
CREATE INDEX mdl_badg_use_ix ON mdl_badge (usermodified);
CREATE INDEX mdl_badg_use2_ix ON mdl_badge (usercreated);

CREATE TABLE mdl_badge_issued (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    badgeid INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    uniquehash TEXT NOT NULL,
    dateissued INTEGER NOT NULL DEFAULT 0,
    dateexpire INTEGER,
    visible INTEGER NOT NULL DEFAULT 0,
    issuernotified INTEGER
);
CREATE UNIQUE INDEX mdl_badgissu_baduse_uix ON mdl_badge_issued (badgeid, userid);
CREATE INDEX mdl_badgissu_bad_ix ON mdl_badge_issued (badgeid);
CREATE INDEX mdl_badgissu_use_ix ON mdl_badge_issued (userid);

CREATE TABLE mdl_user_info_category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    sortorder INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE mdl_user_info_field (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shortname TEXT NOT NULL DEFAULT 'shortname' CHECK (length(shortname) <= 255),
    name TEXT NOT NULL,
    datatype TEXT NOT NULL DEFAULT '' CHECK (length(datatype) <= 255),
    description TEXT,
    descriptionformat INTEGER NOT NULL DEFAULT 0,
    categoryid INTEGER NOT NULL DEFAULT 0,
    sortorder INTEGER NOT NULL DEFAULT 0,
    required INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL DEFAULT 0,
    forceunique INTEGER NOT NULL DEFAULT 0,
    signup INTEGER NOT NULL DEFAULT 0,
    defaultdata TEXT,
    defaultdataformat INTEGER NOT NULL DEFAULT 0,
    param1 TEXT,
    param2 TEXT,
    param3 TEXT,
    param4 TEXT,
    param5 TEXT
);

CREATE TABLE mdl_user_info_data (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    fieldid INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    dataformat INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_userinfodata_usefie_uix ON mdl_user_info_data (userid, fieldid);

CREATE TABLE mdl_user_lastaccess (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    courseid INTEGER NOT NULL DEFAULT 0,
    timeaccess INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_userlast_usecou_uix ON mdl_user_lastaccess (userid, courseid);
CREATE INDEX mdl_userlast_use_ix ON mdl_user_lastaccess (userid);
CREATE INDEX mdl_userlast_cou_ix ON mdl_user_lastaccess (courseid);

CREATE TABLE mdl_assign (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT NOT NULL,
    introformat INTEGER NOT NULL DEFAULT 0,
    alwaysshowdescription INTEGER NOT NULL DEFAULT 0,
    nosubmissions INTEGER NOT NULL DEFAULT 0,
    submissiondrafts INTEGER NOT NULL DEFAULT 0,
    sendnotifications INTEGER NOT NULL DEFAULT 0,
    sendlatenotifications INTEGER NOT NULL DEFAULT 0,
    duedate INTEGER NOT NULL DEFAULT 0,
    allowsubmissionsfromdate INTEGER NOT NULL DEFAULT 0,
    grade INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    requiresubmissionstatement INTEGER NOT NULL DEFAULT 0,
    completionsubmit INTEGER NOT NULL DEFAULT 0,
    cutoffdate INTEGER NOT NULL DEFAULT 0,
    gradingduedate INTEGER NOT NULL DEFAULT 0,
    teamsubmission INTEGER NOT NULL DEFAULT 0,
    requireallteammemberssubmit INTEGER NOT NULL DEFAULT 0,
    teamsubmissiongroupingid INTEGER NOT NULL DEFAULT 0,
    blindmarking INTEGER NOT NULL DEFAULT 0,
    hidegrader INTEGER NOT NULL DEFAULT 0,
    revealidentities INTEGER NOT NULL DEFAULT 0,
    attemptreopenmethod TEXT NOT NULL DEFAULT 'untilpass' CHECK (length(attemptreopenmethod) <= 10),
    maxattempts INTEGER NOT NULL DEFAULT 1,
    markingworkflow INTEGER NOT NULL DEFAULT 0,
    markingallocation INTEGER NOT NULL DEFAULT 0,
    markinganonymous INTEGER NOT NULL DEFAULT 0,
    sendstudentnotifications INTEGER NOT NULL DEFAULT 1,
    preventsubmissionnotingroup INTEGER NOT NULL DEFAULT 0,
    activity TEXT,
    activityformat INTEGER NOT NULL DEFAULT 0,
    timelimit INTEGER NOT NULL DEFAULT 0,
    submissionattachments INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_assi_cou_ix ON mdl_assign (course);
CREATE INDEX mdl_assi_tea_ix ON mdl_assign (teamsubmissiongroupingid);

CREATE TABLE mdl_assign_submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    timestarted INTEGER,
    status TEXT CHECK (length(status) <= 10),
    groupid INTEGER NOT NULL DEFAULT 0,
    attemptnumber INTEGER NOT NULL DEFAULT 0,
    latest INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_assisubm_assusegroatt_uix ON mdl_assign_submission (assignment, userid, groupid, attemptnumber);
CREATE INDEX mdl_assisubm_use_ix ON mdl_assign_submission (userid);
CREATE INDEX mdl_assisubm_att_ix ON mdl_assign_submission (attemptnumber);
CREATE INDEX mdl_assisubm_assusegrolat_ix ON mdl_assign_submission (assignment, userid, groupid, latest);
CREATE INDEX mdl_assisubm_ass_ix ON mdl_assign_submission (assignment);

CREATE TABLE mdl_quiz (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT NOT NULL,
    introformat INTEGER NOT NULL DEFAULT 0,
    timeopen INTEGER NOT NULL DEFAULT 0,
    timeclose INTEGER NOT NULL DEFAULT 0,
    timelimit INTEGER NOT NULL DEFAULT 0,
    overduehandling TEXT NOT NULL DEFAULT 'autoabandon' CHECK (length(overduehandling) <= 16),
    graceperiod INTEGER NOT NULL DEFAULT 0,
    preferredbehaviour TEXT NOT NULL DEFAULT '' CHECK (length(preferredbehaviour) <= 32),
    canredoquestions INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    attemptonlast INTEGER NOT NULL DEFAULT 0,
    grademethod INTEGER NOT NULL DEFAULT 1,
    decimalpoints INTEGER NOT NULL DEFAULT 2,
    questiondecimalpoints INTEGER NOT NULL DEFAULT -1,
    reviewattempt INTEGER NOT NULL DEFAULT 0,
    reviewcorrectness INTEGER NOT NULL DEFAULT 0,
    reviewmaxmarks INTEGER NOT NULL DEFAULT 0,
    reviewmarks INTEGER NOT NULL DEFAULT 0,
    reviewspecificfeedback INTEGER NOT NULL DEFAULT 0,
    reviewgeneralfeedback INTEGER NOT NULL DEFAULT 0,
    reviewrightanswer INTEGER NOT NULL DEFAULT 0,
    reviewoverallfeedback INTEGER NOT NULL DEFAULT 0,
    questionsperpage INTEGER NOT NULL DEFAULT 0,
    navmethod TEXT NOT NULL DEFAULT 'free' CHECK (length(navmethod) <= 16),
    shuffleanswers INTEGER NOT NULL DEFAULT 0,
    sumgrades REAL NOT NULL DEFAULT 0.0,
    grade REAL NOT NULL DEFAULT 0.0,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    password TEXT NOT NULL DEFAULT '' CHECK (length(password) <= 255),
    subnet TEXT NOT NULL DEFAULT '' CHECK (length(subnet) <= 255),
    browsersecurity TEXT NOT NULL DEFAULT '' CHECK (length(browsersecurity) <= 32),
    delay1 INTEGER NOT NULL DEFAULT 0,
    delay2 INTEGER NOT NULL DEFAULT 0,
    showuserpicture INTEGER NOT NULL DEFAULT 0,
    showblocks INTEGER NOT NULL DEFAULT 0,
    completionattemptsexhausted INTEGER DEFAULT 0,
    completionminattempts INTEGER NOT NULL DEFAULT 0,
    allowofflineattempts INTEGER DEFAULT 0
);
CREATE INDEX mdl_quiz_cou_ix ON mdl_quiz (course);

CREATE TABLE mdl_quiz_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quiz INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    uniqueid INTEGER NOT NULL DEFAULT 0,
    layout TEXT NOT NULL,
    currentpage INTEGER NOT NULL DEFAULT 0,
    preview INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'inprogress' CHECK (length(state) <= 16),
    timestart INTEGER NOT NULL DEFAULT 0,
    timefinish INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    timemodifiedoffline INTEGER NOT NULL DEFAULT 0,
    timecheckstate INTEGER DEFAULT 0,
    sumgrades REAL,
    gradednotificationsenttime INTEGER
);
CREATE UNIQUE INDEX mdl_quizatte_quiuseatt_uix ON mdl_quiz_attempts (quiz, userid, attempt);
CREATE UNIQUE INDEX mdl_quizatte_uni_uix ON mdl_quiz_attempts (uniqueid);
CREATE INDEX mdl_quizatte_statim_ix ON mdl_quiz_attempts (state, timecheckstate);
CREATE INDEX mdl_quizatte_qui_ix ON mdl_quiz_attempts (quiz);
CREATE INDEX mdl_quizatte_use_ix ON mdl_quiz_attempts (userid);

CREATE TABLE mdl_quiz_grades (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quiz INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    grade REAL NOT NULL DEFAULT 0.0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_quizgrad_use_ix ON mdl_quiz_grades (userid);
CREATE INDEX mdl_quizgrad_qui_ix ON mdl_quiz_grades (quiz);

CREATE TABLE mdl_choice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT NOT NULL,
    introformat INTEGER NOT NULL DEFAULT 0,
    publish INTEGER NOT NULL DEFAULT 0,
    showresults INTEGER NOT NULL DEFAULT 0,
    display INTEGER NOT NULL DEFAULT 0,
    allowupdate INTEGER NOT NULL DEFAULT 0,
    allowmultiple INTEGER NOT NULL DEFAULT 0,
    showunanswered INTEGER NOT NULL DEFAULT 0,
    includeinactive INTEGER NOT NULL DEFAULT 1,
    limitanswers INTEGER NOT NULL DEFAULT 0,
    timeopen INTEGER NOT NULL DEFAULT 0,
    timeclose INTEGER NOT NULL DEFAULT 0,
    showpreview INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    completionsubmit INTEGER NOT NULL DEFAULT 0,
    showavailable INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_choi_cou_ix ON mdl_choice (course);

CREATE TABLE mdl_choice_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    choiceid INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    optionid INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_choiansw_use_ix ON mdl_choice_answers (userid);
CREATE INDEX mdl_choiansw_cho_ix ON mdl_choice_answers (choiceid);
CREATE INDEX mdl_choiansw_opt_ix ON mdl_choice_answers (optionid);

CREATE TABLE mdl_forum (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    type TEXT NOT NULL DEFAULT 'general' CHECK (length(type) <= 20),
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT NOT NULL,
    introformat INTEGER NOT NULL DEFAULT 0,
    duedate INTEGER NOT NULL DEFAULT 0,
    cutoffdate INTEGER NOT NULL DEFAULT 0,
    assessed INTEGER NOT NULL DEFAULT 0,
    assesstimestart INTEGER NOT NULL DEFAULT 0,
    assesstimefinish INTEGER NOT NULL DEFAULT 0,
    scale INTEGER NOT NULL DEFAULT 0,
    grade_forum INTEGER NOT NULL DEFAULT 0,
    grade_forum_notify INTEGER NOT NULL DEFAULT 0,
    maxbytes INTEGER NOT NULL DEFAULT 0,
    maxattachments INTEGER NOT NULL DEFAULT 1,
    forcesubscribe INTEGER NOT NULL DEFAULT 0,
    trackingtype INTEGER NOT NULL DEFAULT 1,
    rsstype INTEGER NOT NULL DEFAULT 0,
    rssarticles INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    warnafter INTEGER NOT NULL DEFAULT 0,
    blockafter INTEGER NOT NULL DEFAULT 0,
    blockperiod INTEGER NOT NULL DEFAULT 0,
    completiondiscussions INTEGER NOT NULL DEFAULT 0,
    completionreplies INTEGER NOT NULL DEFAULT 0,
    completionposts INTEGER NOT NULL DEFAULT 0,
    displaywordcount INTEGER NOT NULL DEFAULT 0,
    lockdiscussionafter INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_foru_cou_ix ON mdl_forum (course);

CREATE TABLE mdl_page (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT,
    introformat INTEGER NOT NULL DEFAULT 0,
    content TEXT,
    contentformat INTEGER NOT NULL DEFAULT 0,
    legacyfiles INTEGER NOT NULL DEFAULT 0,
    legacyfileslast INTEGER,
    display INTEGER NOT NULL DEFAULT 0,
    displayoptions TEXT,
    revision INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_page_cou_ix ON mdl_page (course);

CREATE TABLE mdl_config (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    "value" TEXT NOT NULL
);
CREATE UNIQUE INDEX mdl_conf_nam_uix ON mdl_config (name);

CREATE TABLE mdl_logstore_standard_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    eventname TEXT NOT NULL DEFAULT '' CHECK (length(eventname) <= 255),
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    action TEXT NOT NULL DEFAULT '' CHECK (length(action) <= 100),
    target TEXT NOT NULL DEFAULT '' CHECK (length(target) <= 100),
    objecttable TEXT CHECK (length(objecttable) <= 50),
    objectid INTEGER,
    crud TEXT NOT NULL DEFAULT '' CHECK (length(crud) <= 1),
    edulevel INTEGER NOT NULL,
    contextid INTEGER NOT NULL,
    contextlevel INTEGER NOT NULL,
    contextinstanceid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    courseid INTEGER,
    relateduserid INTEGER,
    anonymous INTEGER NOT NULL DEFAULT 0,
    other TEXT,
    timecreated INTEGER NOT NULL,
    origin TEXT CHECK (length(origin) <= 10),
    ip TEXT CHECK (length(ip) <= 45),
    realuserid INTEGER
);
CREATE INDEX mdl_logsstanlog_tim_ix ON mdl_logstore_standard_log (timecreated);
CREATE INDEX mdl_logsstanlog_couanotim_ix ON mdl_logstore_standard_log (courseid, anonymous, timecreated);
CREATE INDEX mdl_logsstanlog_useconconcr_ix ON mdl_logstore_standard_log (userid, contextlevel, contextinstanceid, crud, edulevel, timecreated);
CREATE INDEX mdl_logsstanlog_con_ix ON mdl_logstore_standard_log (contextid);
CREATE INDEX mdl_logsstanlog_use_ix ON mdl_logstore_standard_log (userid);
CREATE INDEX mdl_logsstanlog_cou_ix ON mdl_logstore_standard_log (courseid);
CREATE INDEX mdl_logsstanlog_rea_ix ON mdl_logstore_standard_log (realuserid);
CREATE INDEX mdl_logsstanlog_rel_ix ON mdl_logstore_standard_log (relateduserid);

CREATE TABLE mdl_scorm (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    scormtype TEXT NOT NULL DEFAULT 'local' CHECK (length(scormtype) <= 50),
    reference TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 255),
    intro TEXT NOT NULL,
    introformat INTEGER NOT NULL DEFAULT 0,
    version TEXT NOT NULL DEFAULT '' CHECK (length(version) <= 9),
    maxgrade REAL NOT NULL DEFAULT 0.0,
    grademethod INTEGER NOT NULL DEFAULT 0,
    whatgrade INTEGER NOT NULL DEFAULT 0,
    maxattempt INTEGER NOT NULL DEFAULT 1,
    forcecompleted INTEGER NOT NULL DEFAULT 0,
    forcenewattempt INTEGER NOT NULL DEFAULT 0,
    lastattemptlock INTEGER NOT NULL DEFAULT 0,
    masteryoverride INTEGER NOT NULL DEFAULT 1,
    displayattemptstatus INTEGER NOT NULL DEFAULT 1,
    displaycoursestructure INTEGER NOT NULL DEFAULT 0,
    updatefreq INTEGER NOT NULL DEFAULT 0,
    sha1hash TEXT CHECK (length(sha1hash) <= 40),
    md5hash TEXT NOT NULL DEFAULT '' CHECK (length(md5hash) <= 32),
    revision INTEGER NOT NULL DEFAULT 0,
    launch INTEGER NOT NULL DEFAULT 0,
    skipview INTEGER NOT NULL DEFAULT 1,
    hidebrowse INTEGER NOT NULL DEFAULT 0,
    hidetoc INTEGER NOT NULL DEFAULT 0,
    nav INTEGER NOT NULL DEFAULT 1,
    navpositionleft INTEGER DEFAULT -100,
    navpositiontop INTEGER DEFAULT -100,
    auto INTEGER NOT NULL DEFAULT 0,
    popup INTEGER NOT NULL DEFAULT 0,
    options TEXT NOT NULL DEFAULT '' CHECK (length(options) <= 255),
    width INTEGER NOT NULL DEFAULT 100,
    height INTEGER NOT NULL DEFAULT 600,
    timeopen INTEGER NOT NULL DEFAULT 0,
    timeclose INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    completionstatusrequired INTEGER,
    completionscorerequired INTEGER,
    completionstatusallscos INTEGER,
    autocommit INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_scor_cou_ix ON mdl_scorm (course);

CREATE TABLE mdl_lesson (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    intro TEXT,
    introformat INTEGER NOT NULL DEFAULT 0,
    practice INTEGER NOT NULL DEFAULT 0,
    modattempts INTEGER NOT NULL DEFAULT 0,
    usepassword INTEGER NOT NULL DEFAULT 0,
    password TEXT NOT NULL DEFAULT '' CHECK (length(password) <= 32),
    dependency INTEGER NOT NULL DEFAULT 0,
    conditions TEXT NOT NULL,
    grade INTEGER NOT NULL DEFAULT 0,
    custom INTEGER NOT NULL DEFAULT 0,
    ongoing INTEGER NOT NULL DEFAULT 0,
    usemaxgrade INTEGER NOT NULL DEFAULT 0,
    maxanswers INTEGER NOT NULL DEFAULT 4,
    maxattempts INTEGER NOT NULL DEFAULT 5,
    review INTEGER NOT NULL DEFAULT 0,
    nextpagedefault INTEGER NOT NULL DEFAULT 0,
    feedback INTEGER NOT NULL DEFAULT 1,
    minquestions INTEGER NOT NULL DEFAULT 0,
    maxpages INTEGER NOT NULL DEFAULT 0,
    timelimit INTEGER NOT NULL DEFAULT 0,
    retake INTEGER NOT NULL DEFAULT 1,
    activitylink INTEGER NOT NULL DEFAULT 0,
    mediafile TEXT NOT NULL DEFAULT '' CHECK (length(mediafile) <= 255),
    mediaheight INTEGER NOT NULL DEFAULT 100,
    mediawidth INTEGER NOT NULL DEFAULT 650,
    mediaclose INTEGER NOT NULL DEFAULT 0,
    slideshow INTEGER NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 640,
    height INTEGER NOT NULL DEFAULT 480,
    bgcolor TEXT NOT NULL DEFAULT '#FFFFFF' CHECK (length(bgcolor) <= 7),
    displayleft INTEGER NOT NULL DEFAULT 0,
    displayleftif INTEGER NOT NULL DEFAULT 0,
    progressbar INTEGER NOT NULL DEFAULT 0,
    available INTEGER NOT NULL DEFAULT 0,
    deadline INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    completionendreached INTEGER DEFAULT 0,
    completiontimespent INTEGER DEFAULT 0,
    allowofflineattempts INTEGER DEFAULT 0
);
CREATE INDEX mdl_less_cou_ix ON mdl_lesson (course);

CREATE TABLE mdl_h5pactivity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    timecreated INTEGER NOT NULL,
    timemodified INTEGER NOT NULL,
    intro TEXT,
    introformat INTEGER NOT NULL DEFAULT 0,
    grade INTEGER DEFAULT 0,
    displayoptions INTEGER NOT NULL DEFAULT 0,
    enabletracking INTEGER NOT NULL DEFAULT 1,
    grademethod INTEGER NOT NULL DEFAULT 1,
    reviewmode INTEGER DEFAULT 1
);
CREATE INDEX mdl_h5pa_cou_ix ON mdl_h5pactivity (course);

CREATE TABLE mdl_scale (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    courseid INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    scale TEXT NOT NULL,
    description TEXT NOT NULL,
    descriptionformat INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_scale_use_ix ON mdl_scale (userid);
CREATE INDEX mdl_scale_cou_ix ON mdl_scale (courseid);

CREATE TABLE mdl_assign_grades (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment INTEGER NOT NULL DEFAULT 0,
    userid INTEGER NOT NULL DEFAULT 0,
    timecreated INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    grader INTEGER NOT NULL DEFAULT 0,
    grade REAL DEFAULT 0,
    attemptnumber INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_assigrad_assuseatt_uix ON mdl_assign_grades (assignment, userid, attemptnumber);
CREATE INDEX mdl_assigrad_use_ix ON mdl_assign_grades (userid);
CREATE INDEX mdl_assigrad_att_ix ON mdl_assign_grades (attemptnumber);
CREATE INDEX mdl_assigrad_ass_ix ON mdl_assign_grades (assignment);

CREATE TABLE mdl_assign_plugin_config (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment INTEGER NOT NULL DEFAULT 0,
    plugin TEXT NOT NULL DEFAULT '' CHECK (length(plugin) <= 28),
    subtype TEXT NOT NULL DEFAULT '' CHECK (length(subtype) <= 28),
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 28),
    value TEXT
);
CREATE INDEX mdl_assiplugconf_plu_ix ON mdl_assign_plugin_config (plugin);
CREATE INDEX mdl_assiplugconf_sub_ix ON mdl_assign_plugin_config (subtype);
CREATE INDEX mdl_assiplugconf_nam_ix ON mdl_assign_plugin_config (name);
CREATE INDEX mdl_assiplugconf_ass_ix ON mdl_assign_plugin_config (assignment);

CREATE TABLE mdl_assign_user_flags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    assignment INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    mailed INTEGER NOT NULL DEFAULT 0,
    extensionduedate INTEGER NOT NULL DEFAULT 0,
    workflowstate TEXT CHECK (length(workflowstate) <= 20),
    allocatedmarker INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_assiuserflag_mai_ix ON mdl_assign_user_flags (mailed);
CREATE INDEX mdl_assiuserflag_use_ix ON mdl_assign_user_flags (userid);
CREATE INDEX mdl_assiuserflag_ass_ix ON mdl_assign_user_flags (assignment);

CREATE TABLE mdl_assignfeedback_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment INTEGER NOT NULL DEFAULT 0,
    grade INTEGER NOT NULL DEFAULT 0,
    commenttext TEXT,
    commentformat INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_assicomm_ass_ix ON mdl_assignfeedback_comments (assignment);
CREATE INDEX mdl_assicomm_gra_ix ON mdl_assignfeedback_comments (grade);

CREATE TABLE mdl_grading_areas (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contextid INTEGER NOT NULL,
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    areaname TEXT NOT NULL DEFAULT '' CHECK (length(areaname) <= 100),
    activemethod TEXT CHECK (length(activemethod) <= 100)
);
CREATE UNIQUE INDEX mdl_gradarea_concomare_uix ON mdl_grading_areas (contextid, component, areaname);
CREATE INDEX mdl_gradarea_con_ix ON mdl_grading_areas (contextid);

CREATE TABLE mdl_grading_definitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    areaid INTEGER NOT NULL,
    method TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 100),
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    description TEXT,
    descriptionformat INTEGER,
    status INTEGER NOT NULL DEFAULT 0,
    copiedfromid INTEGER,
    timecreated INTEGER NOT NULL,
    usercreated INTEGER NOT NULL,
    timemodified INTEGER NOT NULL,
    usermodified INTEGER NOT NULL,
    timecopied INTEGER DEFAULT 0,
    options TEXT
);
CREATE UNIQUE INDEX mdl_graddefi_aremet_uix ON mdl_grading_definitions (areaid, method);
CREATE INDEX mdl_graddefi_are_ix ON mdl_grading_definitions (areaid);
CREATE INDEX mdl_graddefi_use_ix ON mdl_grading_definitions (usermodified);
CREATE INDEX mdl_graddefi_use2_ix ON mdl_grading_definitions (usercreated);

CREATE TABLE mdl_external_functions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    classname TEXT NOT NULL DEFAULT '' CHECK (length(classname) <= 100),
    methodname TEXT NOT NULL DEFAULT '' CHECK (length(methodname) <= 100),
    classpath TEXT CHECK (length(classpath) <= 255),
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    capabilities TEXT CHECK (length(capabilities) <= 255),
    services TEXT CHECK (length(services) <= 1333)
);
CREATE UNIQUE INDEX mdl_external_functions_nam_uix ON mdl_external_functions (name);

CREATE TABLE mdl_external_services (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    enabled INTEGER NOT NULL,
    requiredcapability TEXT CHECK (length(requiredcapability) <= 150),
    restrictedusers INTEGER NOT NULL,
    component TEXT CHECK (length(component) <= 100),
    timecreated INTEGER NOT NULL,
    timemodified INTEGER,
    shortname TEXT CHECK (length(shortname) <= 255),
    downloadfiles INTEGER NOT NULL DEFAULT 0,
    uploadfiles INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_external_services_nam_uix ON mdl_external_services (name);

CREATE TABLE mdl_external_services_functions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    externalserviceid INTEGER NOT NULL,
    functionname TEXT NOT NULL DEFAULT '' CHECK (length(functionname) <= 200)
);
CREATE INDEX mdl_external_services_functions_ext_ix ON mdl_external_services_functions (externalserviceid);

CREATE TABLE mdl_external_services_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    externalserviceid INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    iprestriction TEXT CHECK (length(iprestriction) <= 255),
    validuntil INTEGER,
    timecreated INTEGER
);
CREATE INDEX mdl_external_services_users_ext_ix ON mdl_external_services_users (externalserviceid);
CREATE INDEX mdl_external_services_users_use_ix ON mdl_external_services_users (userid);

CREATE TABLE mdl_external_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL DEFAULT '' CHECK (length(token) <= 128),
    privatetoken TEXT CHECK (length(privatetoken) <= 64),
    tokentype INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    externalserviceid INTEGER NOT NULL,
    sid TEXT CHECK (length(sid) <= 128),
    contextid INTEGER NOT NULL,
    creatorid INTEGER NOT NULL DEFAULT 1,
    iprestriction TEXT CHECK (length(iprestriction) <= 255),
    validuntil INTEGER,
    timecreated INTEGER NOT NULL,
    lastaccess INTEGER,
    name TEXT CHECK (length(name) <= 255)
);
CREATE INDEX mdl_external_tokens_use_ix ON mdl_external_tokens (userid);
CREATE INDEX mdl_external_tokens_ext_ix ON mdl_external_tokens (externalserviceid);
CREATE INDEX mdl_external_tokens_con_ix ON mdl_external_tokens (contextid);
CREATE INDEX mdl_external_tokens_cre_ix ON mdl_external_tokens (creatorid);
CREATE INDEX mdl_external_tokens_tok_ix ON mdl_external_tokens (token);
CREATE INDEX mdl_external_tokens_sid_ix ON mdl_external_tokens (sid);

CREATE TABLE mdl_capabilities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    captype TEXT NOT NULL DEFAULT '' CHECK (length(captype) <= 50),
    contextlevel INTEGER NOT NULL DEFAULT 0,
    component TEXT NOT NULL DEFAULT '' CHECK (length(component) <= 100),
    riskbitmask INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX mdl_capabilities_nam_uix ON mdl_capabilities (name);

CREATE TABLE mdl_role_capabilities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contextid INTEGER NOT NULL DEFAULT 0,
    roleid INTEGER NOT NULL DEFAULT 0,
    capability TEXT NOT NULL DEFAULT '' CHECK (length(capability) <= 255),
    permission INTEGER NOT NULL DEFAULT 0,
    timemodified INTEGER NOT NULL DEFAULT 0,
    modifierid INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_role_capabilities_rol_ix ON mdl_role_capabilities (roleid);
CREATE INDEX mdl_role_capabilities_con_ix ON mdl_role_capabilities (contextid);
CREATE INDEX mdl_role_capabilities_mod_ix ON mdl_role_capabilities (modifierid);
CREATE INDEX mdl_role_capabilities_cap_ix ON mdl_role_capabilities (capability);
CREATE UNIQUE INDEX mdl_role_capabilities_rol_con_cap_uix ON mdl_role_capabilities (roleid, contextid, capability);

CREATE TABLE mdl_role_allow_assign (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    roleid INTEGER NOT NULL DEFAULT 0,
    allowassign INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mdl_role_allow_assign_rol_ix ON mdl_role_allow_assign (roleid);
CREATE INDEX mdl_role_allow_assign_all_ix ON mdl_role_allow_assign (allowassign);
CREATE UNIQUE INDEX mdl_role_allow_assign_rol_all_uix ON mdl_role_allow_assign (roleid, allowassign);

CREATE TABLE mdl_role_context_levels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    roleid INTEGER NOT NULL,
    contextlevel INTEGER NOT NULL
);
CREATE UNIQUE INDEX mdl_role_context_levels_con_rol_uix ON mdl_role_context_levels (contextlevel, roleid);
CREATE INDEX mdl_role_context_levels_rol_ix ON mdl_role_context_levels (roleid);

CREATE TABLE mdl_user_preferences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userid INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 255),
    "value" TEXT NOT NULL DEFAULT '' CHECK (length("value") <= 1333)
);
CREATE UNIQUE INDEX mdl_user_preferences_use_nam_uix ON mdl_user_preferences (userid, name);
CREATE INDEX mdl_user_preferences_nam_ix ON mdl_user_preferences (name);

CREATE TABLE mdl_notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    useridfrom INTEGER NOT NULL,
    useridto INTEGER NOT NULL,
    subject TEXT,
    fullmessage TEXT,
    fullmessageformat INTEGER NOT NULL DEFAULT 0,
    fullmessagehtml TEXT,
    smallmessage TEXT,
    component TEXT CHECK (length(component) <= 100),
    eventtype TEXT CHECK (length(eventtype) <= 100),
    contexturl TEXT,
    contexturlname TEXT,
    timeread INTEGER,
    timecreated INTEGER NOT NULL,
    customdata TEXT
);
CREATE INDEX mdl_notifications_use_ix ON mdl_notifications (useridto);
CREATE INDEX mdl_notifications_use2_ix ON mdl_notifications (useridfrom);
CREATE INDEX mdl_notifications_tim_ix ON mdl_notifications (timecreated);
CREATE INDEX mdl_notifications_tim2_ix ON mdl_notifications (timeread);

-- Not Moodle's. Faults that no Moodle setting makes (faults.py says which), and
-- what was asked: one row a request, written when it came. One that was cut or is
-- still held has no status. `functions`: the asked one and, of a batch, those inside,
-- each once. And what a Moodle would have mailed.
CREATE TABLE sandbox_switch (
    name TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
);

CREATE TABLE sandbox_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    function TEXT NOT NULL,
    functions TEXT NOT NULL,
    calls INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL DEFAULT 0,
    status INTEGER
);

CREATE TABLE sandbox_mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    userid INTEGER NOT NULL,
    kind TEXT NOT NULL
);
