//! What can be done on pages: cycles with their rounds, inspections, findings, decisions, notices.

use crate::web::act::Kind::{Check, Code, Day, Line, Number, OneOf, Prose};
use crate::web::act::{ActField, ActPage, PLAIN, field};

const REASON: ActField = field("reason", Prose).required();
const NOTE: ActField = field("note", Prose);

/// One entry each.
pub(in crate::web) static ACTS: &[ActPage] = &[
    ActPage {
        key: "switch_cycle_on",
        path: "/cycles/{id}/on",
        operation: "switch_cycle_on",
        of: "get_cycle",
        when: &[("enabled", &["false"])],
        then: "/cycles/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "switch_cycle_off",
        path: "/cycles/{id}/off",
        operation: "switch_cycle_off",
        of: "get_cycle",
        when: &[("enabled", &["true"])],
        then: "/cycles/{id}",
        ..PLAIN
    },
    ActPage {
        key: "change_cycle",
        path: "/cycles/{id}/change",
        operation: "change_cycle",
        of: "get_cycle",
        fields: &[
            field("frequency", Code("Frequency")).from("frequency"),
            field("opens.at", Code("OpensAt")).from("opens.at"),
            field("opens.days", Number).from("opens.days"),
            field("due_after_workdays", Number).from("due_after_workdays"),
            field("roll", Code("Roll")).from("roll"),
            field("in_vacation", Code("InVacation")).from("in_vacation"),
            field("catch_up", Code("CatchUp")).from("catch_up"),
            field("confirm", Code("DrawConfirm")).from("confirm"),
            field("mode", Code("InspectionMode")).from("mode"),
            field("inspectors_per_unit", Number).from("inspectors_per_unit"),
            field("results_after_workdays", Number).from("results_after_workdays"),
        ],
        then: "/cycles/{id}",
        ..PLAIN
    },
    ActPage {
        key: "open_round",
        path: "/rounds/new",
        operation: "open_round",
        fields: &[
            field("cycle_id", OneOf("list_cycles")).required(),
            field("period", Line),
            field("reason", Line),
        ],
        then: "@",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "confirm_draw",
        path: "/rounds/{id}/draw/confirm",
        operation: "confirm_draw",
        of: "get_round",
        when: &[("draw_state", &["proposed"])],
        fields: &[field("reason", Line)],
        then: "/rounds/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "close_round",
        path: "/rounds/{id}/close",
        operation: "close_round",
        of: "get_round",
        when: &[("state", &["open"])],
        then: "/rounds/{id}",
        ..PLAIN
    },
    ActPage {
        key: "make_decision",
        path: "/rounds/{id}/decisions/new",
        operation: "make_decision",
        of: "get_round",
        when: &[("kind", &["dispatch"])],
        fields: &[
            field("text", Prose).required(),
            field("unit_code", Line).required(),
            field("due_on", Day).required(),
            field("reason", Line),
        ],
        fixed: &[("round_id", "id")],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "inspection_pass",
        path: "/inspections/{id}/pass",
        operation: "record_inspection",
        of: "get_inspection",
        when: &[("state", &["planned"])],
        fields: &[NOTE],
        fixed: &[("result", "=pass")],
        then: "/inspections/{id}",
        is_main: true,
    },
    ActPage {
        key: "inspection_findings",
        path: "/inspections/{id}/findings",
        operation: "record_inspection",
        of: "get_inspection",
        when: &[("state", &["planned"])],
        fields: &[
            field("findings[].text", Prose).required(),
            field("findings[].rectify_by", Day).required(),
            field("reason", Line),
            NOTE,
        ],
        fixed: &[("result", "=findings")],
        then: "/inspections/{id}",
        ..PLAIN
    },
    ActPage {
        key: "raise_finding",
        path: "/findings/new",
        operation: "raise_finding",
        fields: &[
            field("plan_id", OneOf("list_plans")).required(),
            field("unit_code", Line).required(),
            field("text", Prose).required(),
            field("rectify_by", Day).required(),
            field("reason", Line),
        ],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "close_finding",
        path: "/findings/{id}/close",
        operation: "recheck_finding",
        of: "get_finding",
        when: &[("state", &["reported"])],
        fields: &[field("reason", Prose)],
        fixed: &[("outcome", "=close")],
        then: "/findings/{id}",
        is_main: true,
    },
    ActPage {
        key: "return_finding",
        path: "/findings/{id}/return",
        operation: "recheck_finding",
        of: "get_finding",
        when: &[("state", &["reported"])],
        fields: &[REASON, field("rectify_by", Day).required()],
        fixed: &[("outcome", "=send_back")],
        then: "/findings/{id}",
        ..PLAIN
    },
    ActPage {
        key: "withdraw_finding",
        path: "/findings/{id}/withdraw",
        operation: "withdraw_finding",
        of: "get_finding",
        when: &[("state", &["open", "reported", "returned"])],
        fields: &[REASON],
        then: "/findings/{id}",
        ..PLAIN
    },
    ActPage {
        key: "close_decision",
        path: "/decisions/{id}/close",
        operation: "close_decision",
        of: "get_decision",
        when: &[("state", &["answered"])],
        fields: &[NOTE],
        then: "/decisions/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "return_decision",
        path: "/decisions/{id}/return",
        operation: "return_decision",
        of: "get_decision",
        when: &[("state", &["answered"])],
        fields: &[REASON, field("due_on", Day).required()],
        then: "/decisions/{id}",
        ..PLAIN
    },
    ActPage {
        key: "withdraw_decision",
        path: "/decisions/{id}/withdraw",
        operation: "withdraw_decision",
        of: "get_decision",
        when: &[("state", &["open", "answered", "unanswered"])],
        fields: &[REASON],
        then: "/decisions/{id}",
        ..PLAIN
    },
    ActPage {
        key: "raise_notice",
        path: "/notices/new",
        operation: "raise_notice",
        fields: &[
            field("rung", Code("Rung")).required(),
            field("unit_code", Line).required(),
            field("task_id", Line),
            field("obligation_id", Line),
            REASON,
            field("demand", Prose),
            field("answer_workdays", Number),
        ],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "approve_notice",
        path: "/notices/{id}/approve",
        operation: "approve_notices",
        of: "get_notice",
        when: &[("state", &["drafted"])],
        fields: &[
            field("demand", Prose).from("demand"),
            field("issue", Check),
            NOTE,
        ],
        fixed: &[("ids[]", "id")],
        then: "/notices/{id}",
        is_main: true,
    },
    ActPage {
        key: "issue_notice",
        path: "/notices/{id}/issue",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("state", &["approved"])],
        fixed: &[("event", "=issue")],
        then: "/notices/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "return_notice",
        path: "/notices/{id}/return",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("state", &["answered"])],
        fields: &[REASON, field("due_on", Day)],
        fixed: &[("event", "=return")],
        then: "/notices/{id}",
        ..PLAIN
    },
    ActPage {
        key: "close_notice",
        path: "/notices/{id}/close",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("state", &["answered"])],
        fields: &[field("reason", Prose)],
        fixed: &[("event", "=close")],
        then: "/notices/{id}",
        is_main: true,
    },
    ActPage {
        key: "object_to_notice",
        path: "/notices/{id}/object",
        operation: "object_to_notice",
        of: "get_notice",
        when: &[("state", &["issued"]), ("objection", &[""])],
        fields: &[REASON],
        then: "/notices/{id}",
        ..PLAIN
    },
    ActPage {
        key: "uphold_objection",
        path: "/notices/{id}/uphold",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("objection", &["pending"])],
        fields: &[REASON],
        fixed: &[("event", "=uphold")],
        then: "/notices/{id}",
        ..PLAIN
    },
    ActPage {
        key: "reject_objection",
        path: "/notices/{id}/reject",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("objection", &["pending"])],
        fields: &[REASON],
        fixed: &[("event", "=reject")],
        then: "/notices/{id}",
        ..PLAIN
    },
    ActPage {
        key: "withdraw_notice",
        path: "/notices/{id}/withdraw",
        operation: "decide_notice",
        of: "get_notice",
        when: &[("state", &["drafted", "approved", "issued", "answered"])],
        fields: &[REASON],
        fixed: &[("event", "=withdraw")],
        then: "/notices/{id}",
        ..PLAIN
    },
];
