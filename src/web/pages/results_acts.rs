//! What can be done on pages: bulletins, indicators, appraisals, warnings, burden.

use crate::web::act::Kind::{Check, Code, Day, Line, Lines, Names, Number, OneOf, Prose};
use crate::web::act::{ActField, ActPage, PLAIN, field};

const REASON: ActField = field("reason", Prose).required();
const NOTE: ActField = field("note", Prose);

/// One entry each.
pub(in crate::web) static ACTS: &[ActPage] = &[
    ActPage {
        key: "draft_bulletin",
        path: "/bulletins/new",
        operation: "draft_bulletin",
        fields: &[
            field("plan_id", OneOf("list_plans")).required(),
            field("as_of", Day),
        ],
        then: "@",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "edit_bulletin",
        path: "/bulletins/{id}/edit",
        operation: "edit_bulletin",
        of: "get_bulletin_text",
        fields: &[
            field("opening", Prose).from("opening"),
            field("good_practices", Lines).from("good_practices"),
            field("demands", Lines).from("demands"),
            field("recipients", Lines).from("recipients"),
            field("copies", Lines).from("copies"),
        ],
        then: "/bulletins/{id}",
        ..PLAIN
    },
    ActPage {
        key: "approve_bulletin",
        path: "/bulletins/{id}/approve",
        operation: "approve_bulletin",
        of: "get_bulletin",
        when: &[("state", &["draft"])],
        then: "/bulletins/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "return_bulletin",
        path: "/bulletins/{id}/return",
        operation: "return_bulletin",
        of: "get_bulletin",
        when: &[("state", &["draft", "approved"])],
        fields: &[field("reason", Line).required()],
        then: "/bulletins/{id}",
        ..PLAIN
    },
    ActPage {
        key: "publish_bulletin",
        path: "/bulletins/{id}/publish",
        operation: "publish_bulletin",
        of: "get_bulletin",
        when: &[("state", &["approved"])],
        then: "/bulletins/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "correct_bulletin",
        path: "/bulletins/{id}/correct",
        operation: "correct_bulletin",
        of: "get_bulletin",
        when: &[("state", &["published"])],
        fields: &[
            field("note", Line).required(),
            field("fresh_numbers", Check),
        ],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "discard_bulletin",
        path: "/bulletins/{id}/discard",
        operation: "discard_bulletin",
        of: "get_bulletin",
        when: &[("state", &["draft", "approved"])],
        fields: &[field("reason", Line).required()],
        then: "/bulletins/{id}",
        ..PLAIN
    },
    ActPage {
        key: "make_indicator",
        path: "/indicators/new",
        operation: "make_indicator",
        fields: &[
            field("plan_id", OneOf("list_plans")).required(),
            field("name", Line),
            field("text", Prose).required(),
            field("comparator", Code("Comparator")).required(),
            field("target", Number).required(),
            field("measured_in", Line),
            field("frequency", Code("Frequency")),
            field("reporters", Names),
            field("starts_in", Line),
        ],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "confirm_indicator",
        path: "/indicators/{id}/confirm",
        operation: "change_indicator",
        of: "get_indicator",
        when: &[("state", &["proposed"])],
        fields: &[
            field("name", Line).from("name"),
            field("measured_in", Line).from("measured_in"),
            field("frequency", Code("Frequency")).from("frequency"),
            field("reporters", Names).from("reporters"),
            field("starts_in", Line).from("starts_in"),
        ],
        fixed: &[("state", "=confirmed")],
        then: "/indicators/{id}",
        is_main: true,
    },
    ActPage {
        key: "reject_indicator",
        path: "/indicators/{id}/reject",
        operation: "change_indicator",
        of: "get_indicator",
        when: &[("state", &["proposed"])],
        fields: &[field("reason", Line)],
        fixed: &[("state", "=rejected")],
        then: "/indicators/{id}",
        ..PLAIN
    },
    ActPage {
        key: "retire_indicator",
        path: "/indicators/{id}/retire",
        operation: "change_indicator",
        of: "get_indicator",
        when: &[("state", &["confirmed"])],
        fields: &[field("reason", Line)],
        fixed: &[("state", "=retired")],
        then: "/indicators/{id}",
        ..PLAIN
    },
    ActPage {
        key: "change_indicator",
        path: "/indicators/{id}/change",
        operation: "change_indicator",
        of: "get_indicator",
        when: &[("state", &["confirmed"])],
        fields: &[
            field("target", Number).from("target"),
            field("target_from", Line),
            field("reporters", Names).from("reporters"),
            field("reason", Line),
        ],
        then: "/indicators/{id}",
        ..PLAIN
    },
    ActPage {
        key: "make_appraisal",
        path: "/appraisals/new",
        operation: "make_appraisal",
        fields: &[
            field("plan_id", OneOf("list_plans")),
            field("school_year", Line),
            field("ranked", Check),
        ],
        then: "@",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "compute_appraisal",
        path: "/appraisals/{id}/compute",
        operation: "compute_appraisal",
        of: "get_appraisal",
        when: &[("state", &["proposed"])],
        fields: &[field("ranked", Check).from("ranked")],
        then: "/appraisals/{id}",
        ..PLAIN
    },
    ActPage {
        key: "confirm_appraisal",
        path: "/appraisals/{id}/confirm",
        operation: "confirm_appraisal",
        of: "get_appraisal",
        when: &[("state", &["proposed"])],
        fields: &[NOTE],
        then: "/appraisals/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "object_to_score",
        path: "/appraisals/{id}/object",
        operation: "object_to_score",
        of: "get_appraisal",
        when: &[("state", &["proposed"])],
        fields: &[REASON, field("unit_code", Line)],
        then: "/appraisals/{id}",
        ..PLAIN
    },
    ActPage {
        key: "decide_objection",
        path: "/appraisals/{id}/objections/{objection_id}/decision",
        operation: "decide_objection",
        fields: &[
            field("upheld", Check),
            field("points", Number),
            field("note", Prose).required(),
        ],
        then: "/appraisals/{id}/objections",
        ..PLAIN
    },
    ActPage {
        key: "confirm_warning",
        path: "/warnings/{id}/confirm",
        operation: "decide_warning",
        of: "get_warning",
        when: &[("state", &["proposed"])],
        fields: &[REASON],
        fixed: &[("confirmed", "#true")],
        then: "/warnings/{id}",
        is_main: true,
    },
    ActPage {
        key: "reject_warning",
        path: "/warnings/{id}/reject",
        operation: "decide_warning",
        of: "get_warning",
        when: &[("state", &["proposed"])],
        fields: &[REASON],
        fixed: &[("confirmed", "#false")],
        then: "/warnings/{id}",
        ..PLAIN
    },
];
