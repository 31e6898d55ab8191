//! Lists that are pages: cycles with their rounds, inspections, findings, decisions, notices.

use crate::web::list_page::{Col, Filter, ListPage, col};
use crate::web::row::Show::{Code, Day, Number, Text, YesNo};
use Filter::{Choice, Flag};

const UNIT: Col = col("unit_name", Text).to("/units/{unit_id}");
const PLAN: Col = col("plan_title", Text).to("/plans/{plan_id}");
const DUE: Col = col("due_on", Day);
const UNIT_CODE: Filter = Filter::Text("unit_code");

/// One entry each.
pub(in crate::web) static LISTS: &[ListPage] = &[
    ListPage {
        path: "/cycles",
        key: "cycles",
        operation: "list_cycles",
        columns: &[
            col("kind", Code("CycleKind")).to("/cycles/{id}"),
            PLAN,
            col("frequency", Code("Frequency")),
            col("enabled", YesNo),
            col("due_after_workdays", Number),
        ],
        filters: &[Choice("kind", "CycleKind"), Flag("enabled")],
        board: None,
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/rounds",
        key: "rounds",
        operation: "list_rounds",
        columns: &[
            col("period_label", Text).to("/rounds/{id}"),
            col("kind", Code("CycleKind")),
            PLAN,
            col("opened_on", Day).sorts("opened_on"),
            DUE,
            col("state", Code("RoundState")),
        ],
        filters: &[Choice("kind", "CycleKind"), Choice("state", "RoundState")],
        board: None,
        acts: &["open_round"],
        files: &[],
    },
    ListPage {
        path: "/inspections",
        key: "inspections",
        operation: "list_inspections",
        columns: &[
            UNIT.to("/inspections/{id}"),
            col("period", Text).to("/rounds/{round_id}"),
            col("mode", Code("InspectionMode")),
            col("results_due_on", Day),
            col("result", Code("InspectionResult")),
            col("state", Code("InspectionState")),
            col("overdue", YesNo),
        ],
        filters: &[
            UNIT_CODE,
            Choice("state", "InspectionState"),
            Choice("result", "InspectionResult"),
            Flag("overdue"),
        ],
        board: None,
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/findings",
        key: "findings",
        operation: "list_findings",
        columns: &[
            UNIT.to("/findings/{id}"),
            col("text", Text).to("/findings/{id}"),
            col("raised_on", Day),
            col("rectify_by", Day),
            col("state", Code("FindingState")),
            col("overdue", YesNo),
        ],
        filters: &[UNIT_CODE, Choice("state", "FindingState"), Flag("overdue")],
        board: None,
        acts: &["raise_finding"],
        files: &[],
    },
    ListPage {
        path: "/decisions",
        key: "decisions",
        operation: "list_decisions",
        columns: &[
            col("number", Number).to("/decisions/{id}"),
            col("text", Text).to("/decisions/{id}"),
            UNIT,
            col("period", Text).to("/rounds/{round_id}"),
            DUE,
            col("state", Code("DecisionState")),
        ],
        filters: &[UNIT_CODE, Choice("state", "DecisionState"), Flag("overdue")],
        board: None,
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/notices",
        key: "notices",
        operation: "list_notices",
        columns: &[
            UNIT.to("/notices/{id}"),
            col("rung", Code("Rung")),
            col("number", Text).to("/notices/{id}"),
            col("about", Text).to("/notices/{id}"),
            col("raised_on", Day).sorts("raised_on"),
            col("answer_by", Day),
            col("state", Code("NoticeState")),
        ],
        filters: &[
            UNIT_CODE,
            Choice("rung", "Rung"),
            Choice("state", "NoticeState"),
        ],
        board: None,
        acts: &["raise_notice"],
        files: &[],
    },
];
