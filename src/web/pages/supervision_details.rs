//! Rows that are pages: cycles with their rounds, inspections, findings, decisions, notices.

use crate::web::detail_page::DetailPage;
use crate::web::list_page::{Col, col};
use crate::web::row::Show::{Code, Day, Moment, Number, Text, YesNo};

const UNIT: Col = col("unit_name", Text).to("/units/{unit_id}");
const PLAN: Col = col("plan_title", Text).to("/plans/{plan_id}");
const TASK: Col = col("task_number", Text).to("/tasks/{task_id}");
const DUE: Col = col("due_on", Day);
const FIRST_DUE: Col = col("first_due_on", Day);
const FILES: &[Col] = &[
    col("name", Text)
        .called("file_name")
        .to("/attachments/{id}/content"),
    col("kind", Text).called("file_kind"),
    col("size_bytes", Number),
];

/// One entry each.
pub(in crate::web) static DETAILS: &[DetailPage] = &[
    DetailPage {
        path: "/cycles/{id}",
        of: ("cycles", "/cycles"),
        operation: "get_cycle",
        title: &["plan_title"],
        facts: &[
            col("kind", Code("CycleKind")),
            PLAN,
            col("text", Text).called("cycle_text"),
            col("frequency", Code("Frequency")),
            col("enabled", YesNo),
            col("switched_on_on", Day),
            col("opens.at", Code("OpensAt")),
            col("opens.days", Number),
            col("due_after_workdays", Number),
            col("roll", Code("Roll")),
            col("in_vacation", Code("InVacation")),
            col("catch_up", Code("CatchUp")),
            col("confirm", Code("DrawConfirm")),
            col("mode", Code("InspectionMode")),
            col("inspectors_per_unit", Number),
            col("results_after_workdays", Number),
        ],
        tables: &[],
        lists: &[("rounds", "/rounds", &[("cycle_id", "id")])],
        files: &[],
        acts: &[
            "preview_cycle",
            "preview_letter",
            "switch_cycle_on",
            "switch_cycle_off",
            "change_cycle",
        ],
    },
    DetailPage {
        path: "/rounds/{id}",
        of: ("rounds", "/rounds"),
        operation: "get_round",
        title: &["period_label"],
        facts: &[
            col("kind", Code("CycleKind")).to("/cycles/{cycle_id}"),
            PLAN,
            col("state", Code("RoundState")),
            col("planned_on", Day),
            col("opened_on", Day),
            DUE,
            col("results_due_on", Day),
            col("provisional", YesNo),
            col("late", YesNo),
            col("by_hand", YesNo),
            col("reason", Text),
            col("counts.asked", Number).to("/obligations?round_id={id}"),
            col("counts.answered", Number).to("/obligations?round_id={id}&state=answered"),
            col("counts.open", Number).to("/obligations?round_id={id}&state=open"),
            col("counts.overdue", Number).to("/obligations?round_id={id}&overdue=true"),
            col("counts.unanswered", Number).to("/obligations?round_id={id}&state=unanswered"),
            col("draw_state", Code("DrawState")),
            col("draw_confirmed_on", Day),
            col("listed", Text),
            col("closed_at", Moment),
        ],
        tables: &[],
        lists: &[
            ("round_obligations", "/obligations", &[("round_id", "id")]),
            ("inspections", "/inspections", &[("round_id", "id")]),
            ("findings", "/findings", &[("round_id", "id")]),
            ("decisions", "/decisions", &[("round_id", "id")]),
            ("bulletins", "/bulletins", &[("round_id", "id")]),
        ],
        files: &[],
        acts: &[
            "round_draw",
            "confirm_draw",
            "round_results",
            "make_decision",
            "close_round",
        ],
    },
    DetailPage {
        path: "/inspections/{id}",
        of: ("inspections", "/inspections"),
        operation: "get_inspection",
        title: &["unit_name", "period"],
        facts: &[
            UNIT,
            PLAN,
            col("period", Text).to("/rounds/{round_id}"),
            col("mode", Code("InspectionMode")),
            col("results_due_on", Day),
            col("state", Code("InspectionState")),
            col("result", Code("InspectionResult")),
            col("note", Text),
            col("recorded_by", Text),
            col("recorded_on", Day),
        ],
        tables: &[
            (
                "inspecting",
                "inspectors",
                &[
                    col("name", Text).called("inspector_name"),
                    col("unit_name", Text),
                ],
            ),
            (
                "inspected",
                "items",
                &[
                    TASK.to("/assignments/{assignment_id}"),
                    col("task_title", Text),
                ],
            ),
            ("files", "files", FILES),
        ],
        lists: &[("findings", "/findings", &[("inspection_id", "id")])],
        files: &[],
        acts: &["inspection_pass", "inspection_findings"],
    },
    DetailPage {
        path: "/findings/{id}",
        of: ("findings", "/findings"),
        operation: "get_finding",
        title: &["unit_name"],
        facts: &[
            UNIT,
            PLAN,
            col("text", Text).called("finding"),
            TASK.to("/assignments/{assignment_id}"),
            col("state", Code("FindingState")),
            col("raised_on", Day),
            col("raised_by", Text),
            col("rectify_by", Day),
            col("first_rectify_by", Day),
            col("obligation_id", Text)
                .called("request")
                .to("/obligations/{obligation_id}"),
        ],
        tables: &[
            (
                "steps",
                "steps",
                &[
                    col("at", Moment),
                    col("event", Code("FindingEvent")),
                    col("by", Text),
                    col("reason", Text),
                    col("rectify_by", Day),
                ],
            ),
            ("files", "files", FILES),
        ],
        lists: &[],
        files: &[],
        acts: &["close_finding", "return_finding", "withdraw_finding"],
    },
    DetailPage {
        path: "/decisions/{id}",
        of: ("decisions", "/decisions"),
        operation: "get_decision",
        title: &["unit_name"],
        facts: &[
            col("text", Text).called("decision"),
            UNIT,
            PLAN,
            TASK,
            col("period", Text).to("/rounds/{round_id}"),
            col("state", Code("DecisionState")),
            DUE,
            FIRST_DUE,
            col("answer", Text),
            col("answered_at", Moment),
            col("made_by", Text),
            col("made_at", Moment),
            col("decision_note", Text),
            col("obligation_id", Text)
                .called("request")
                .to("/obligations/{obligation_id}"),
        ],
        tables: &[],
        lists: &[],
        files: &[],
        acts: &["close_decision", "return_decision", "withdraw_decision"],
    },
    DetailPage {
        path: "/notices/{id}",
        of: ("notices", "/notices"),
        operation: "get_notice",
        title: &["unit_name", "number"],
        facts: &[
            col("rung", Code("Rung")),
            col("state", Code("NoticeState")),
            col("number", Text),
            UNIT,
            PLAN,
            col("about", Text),
            col("reason", Text),
            col("demand", Text),
            col("overdue_workdays", Number),
            col("raised_on", Day),
            col("issued_on", Day),
            col("answer_by", Day),
            col("objection", Code("NoticeObjection")),
            col("cleared_on", Day),
            col("obligation_id", Text)
                .called("request")
                .to("/obligations/{obligation_id}"),
        ],
        tables: &[
            (
                "notice_asks",
                "asks",
                &[
                    col("what", Text).to("/obligations/{obligation_id}"),
                    DUE,
                    col("overdue_workdays", Number),
                    col("tasks", Text),
                ],
            ),
            (
                "steps",
                "steps",
                &[
                    col("done_at", Moment),
                    col("event", Code("NoticeEvent")),
                    col("done_by", Text),
                    col("note", Text),
                ],
            ),
        ],
        lists: &[],
        files: &[("/notices/{id}/notice.docx", "docx")],
        acts: &[
            "approve_notice",
            "issue_notice",
            "return_notice",
            "close_notice",
            "object_to_notice",
            "uphold_objection",
            "reject_objection",
            "withdraw_notice",
        ],
    },
];
