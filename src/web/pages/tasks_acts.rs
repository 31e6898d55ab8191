//! What can be done on pages: plans, tasks, who has to do what, and what they told.

use crate::web::act::Kind::{Check, Code, Day, File, Line, Names, Number, Prose};
use crate::web::act::{ActField, ActPage, PLAIN, field};

const REASON: ActField = field("reason", Prose).required();
const NOTE: ActField = field("note", Prose);

/// The state in which a task goes on.
const TASK_GOES_ON: &[(&str, &[&str])] = &[("state", &["issued"])];

/// One entry each.
pub(in crate::web) static ACTS: &[ActPage] = &[
    ActPage {
        key: "issue_plan",
        path: "/plans/{id}/issue",
        operation: "issue_plan",
        of: "get_plan",
        fields: &[
            field("cycles", Code("CyclesChoice")).required(),
            field("reason", Prose),
        ],
        then: "/plans/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "revise_plan",
        path: "/plans/{id}/revise",
        operation: "revise_plan",
        of: "get_plan",
        fields: &[
            field("file", File).required(),
            field("reason", Line).required(),
            field("year", Number),
        ],
        then: "/plans/{id}",
        ..PLAIN
    },
    ActPage {
        key: "import_ledger",
        path: "/plans/{id}/ledger/import",
        operation: "import_ledger",
        of: "get_plan",
        fields: &[field("file", File).required(), field("force", Prose)],
        then: "/plans/{id}",
        ..PLAIN
    },
    ActPage {
        key: "close_plan",
        path: "/plans/{id}/close",
        operation: "close_plan",
        of: "get_plan",
        when: &[("closed_on", &[""])],
        then: "/plans/{id}",
        ..PLAIN
    },
    ActPage {
        key: "make_task",
        path: "/tasks/new",
        operation: "make_task",
        fields: &[
            field("title", Line).required(),
            field("text", Prose),
            field("origin", Code("TaskOrigin")).required(),
            field("origin_note", Line),
            field("lead_units", Names).required(),
            field("responsible_units", Names),
            field("cooperating_units", Names),
            field("due_on", Day),
            field("collects", Check),
            field("issue", Check),
            field("reason", Line),
        ],
        then: "@",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "settle_task",
        path: "/tasks/{id}/settle",
        operation: "change_task",
        of: "get_task",
        when: &[("state", &["imported", "held"])],
        fields: &[
            field("title", Line).from("title"),
            field("text", Prose).from("text"),
            field("lead_units", Names),
            field("responsible_units", Names),
            field("cooperating_units", Names),
            field("due_on", Day).from("due_on"),
            field("collects", Check).from("collects"),
        ],
        then: "/tasks/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "issue_task",
        path: "/tasks/{id}/issue",
        operation: "issue_tasks",
        of: "get_task",
        when: &[("state", &["imported", "held"])],
        fields: &[
            field("cycles", Code("CyclesChoice")).required(),
            field("reason", Line),
        ],
        fixed: &[("task_ids[]", "id")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "remove_task",
        path: "/tasks/{id}/remove",
        operation: "remove_task",
        of: "get_task",
        when: &[("state", &["imported", "held"])],
        then: "/tasks",
        ..PLAIN
    },
    ActPage {
        key: "amend_task",
        path: "/tasks/{id}/amend",
        operation: "amend_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[
            field("title", Line),
            field("text", Prose),
            field("due_on", Day),
            field("add_lead_units", Names),
            field("add_responsible_units", Names),
            field("add_cooperating_units", Names),
            field("remove_units", Names),
            REASON,
        ],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "split_task",
        path: "/tasks/{id}/split",
        operation: "split_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[
            field("parts[].title", Line).required(),
            field("parts[].text", Prose),
            field("parts[].lead_units", Names).required(),
            field("parts[].responsible_units", Names),
            field("parts[].due_on", Day),
            REASON,
        ],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "report_completion",
        path: "/tasks/{id}/complete",
        operation: "report_completion",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[field("summary", Prose).required(), field("unit_code", Line)],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "close_task",
        path: "/tasks/{id}/close",
        operation: "decide_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[field("reason", Prose)],
        fixed: &[("decision", "=close")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "return_task",
        path: "/tasks/{id}/return",
        operation: "decide_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[REASON, field("due_on", Day)],
        fixed: &[("decision", "=return")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "pause_task",
        path: "/tasks/{id}/pause",
        operation: "decide_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[REASON],
        fixed: &[("decision", "=pause")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "resume_task",
        path: "/tasks/{id}/resume",
        operation: "decide_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[field("reason", Prose), field("due_on", Day)],
        fixed: &[("decision", "=resume")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "withdraw_task",
        path: "/tasks/{id}/withdraw",
        operation: "decide_task",
        of: "get_task",
        when: TASK_GOES_ON,
        fields: &[REASON],
        fixed: &[("decision", "=withdraw")],
        then: "/tasks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "accept_assignment",
        path: "/assignments/{id}/accept",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[("state", &["reported"])],
        fields: &[field("decisions[].reason", Prose)],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=accept"),
        ],
        then: "/assignments/{id}",
        is_main: true,
    },
    ActPage {
        key: "return_assignment",
        path: "/assignments/{id}/return",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[("state", &["reported", "forwarded", "accepted"])],
        fields: &[
            field("decisions[].reason", Prose).required(),
            field("decisions[].due_on", Day),
        ],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=return"),
        ],
        then: "/assignments/{id}",
        ..PLAIN
    },
    ActPage {
        key: "close_assignment",
        path: "/assignments/{id}/close",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[("state", &["accepted", "forwarded"])],
        fields: &[field("decisions[].reason", Prose)],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=close"),
        ],
        then: "/assignments/{id}",
        is_main: true,
    },
    ActPage {
        key: "reopen_assignment",
        path: "/assignments/{id}/reopen",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[("state", &["closed"])],
        fields: &[
            field("decisions[].reason", Prose).required(),
            field("decisions[].due_on", Day),
        ],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=reopen"),
        ],
        then: "/assignments/{id}",
        ..PLAIN
    },
    ActPage {
        key: "pause_assignment",
        path: "/assignments/{id}/pause",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[(
            "state",
            &[
                "issued",
                "acknowledged",
                "under_way",
                "reported",
                "forwarded",
                "returned",
            ],
        )],
        fields: &[field("decisions[].reason", Prose).required()],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=pause"),
        ],
        then: "/assignments/{id}",
        ..PLAIN
    },
    ActPage {
        key: "resume_assignment",
        path: "/assignments/{id}/resume",
        operation: "decide_assignments",
        of: "get_assignment",
        when: &[("state", &["paused"])],
        fields: &[
            field("decisions[].reason", Prose),
            field("decisions[].due_on", Day),
        ],
        fixed: &[
            ("decisions[].assignment_id", "id"),
            ("decisions[].event", "=resume"),
        ],
        then: "/assignments/{id}",
        ..PLAIN
    },
    ActPage {
        key: "report_from_file",
        path: "/obligations/{id}/from-file",
        operation: "make_report_from_file",
        of: "get_obligation",
        when: &[("kind", &["monitoring"])],
        fields: &[field("file", File).required(), NOTE],
        then: "/obligations/{id}",
        ..PLAIN
    },
    ActPage {
        key: "grant_extension",
        path: "/extensions/{id}/grant",
        operation: "decide_extension",
        of: "get_extension",
        when: &[("state", &["requested"])],
        fields: &[
            field("granted_on", Day).required().from("expected_on"),
            NOTE,
        ],
        then: "/extensions/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "refuse_extension",
        path: "/extensions/{id}/refuse",
        operation: "decide_extension",
        of: "get_extension",
        when: &[("state", &["requested"])],
        fields: &[field("note", Prose).required()],
        then: "/extensions/{id}",
        ..PLAIN
    },
    ActPage {
        key: "view_extension",
        path: "/extensions/{id}/view",
        operation: "view_extension",
        of: "get_extension",
        when: &[("state", &["requested"])],
        fields: &[field("agrees", Check), NOTE, field("unit_code", Line)],
        then: "/extensions/{id}",
        ..PLAIN
    },
];
