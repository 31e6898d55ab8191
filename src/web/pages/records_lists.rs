//! Lists that are pages: units, contacts, mails, and who may do what.

use crate::web::list_page::{Col, Filter, ListPage, col};
use crate::web::row::Show::{Code, Day, Moment, Stage, Text, YesNo};
use Filter::{Choice, Flag};

const UNIT: Col = col("unit_name", Text).to("/units/{unit_id}");
const DUE: Col = col("due_on", Day);
const UNIT_CODE: Filter = Filter::Text("unit_code");

/// One entry each.
pub(in crate::web) static LISTS: &[ListPage] = &[
    ListPage {
        path: "/units",
        key: "units",
        operation: "list_units",
        columns: &[
            col("name", Text).to("/units/{id}"),
            col("code", Text).sorts("code"),
            col("kind", Code("UnitKind")),
            col("levels", Code("Level")),
            col("parent_name", Text).to("/units/{parent_id}"),
            col("liaison", Text),
        ],
        filters: &[
            Filter::Text("q"),
            Choice("kind", "UnitKind"),
            Choice("level", "Level"),
            Filter::Text("parent_code"),
            Filter::Text("group"),
        ],
        beside_board: &[],
        acts: &["create_unit", "import_units"],
        files: &[],
    },
    ListPage {
        path: "/contacts",
        key: "contacts",
        operation: "list_contacts",
        columns: &[
            UNIT,
            col("name", Text).called("contact_name"),
            col("email", Text),
            col("since_at", Moment),
            col("ended_at", Moment),
        ],
        filters: &[
            UNIT_CODE,
            Filter::Text("address"),
            Flag("has_address"),
            Flag("ended"),
        ],
        beside_board: &[],
        acts: &["move_contacts"],
        files: &[],
    },
    ListPage {
        path: "/inspectors",
        key: "inspectors",
        operation: "list_inspectors",
        columns: &[
            col("name", Text)
                .called("inspector_name")
                .to("/inspectors/{id}"),
            UNIT,
            col("email", Text),
            col("active", YesNo),
        ],
        filters: &[UNIT_CODE, Flag("active")],
        beside_board: &[],
        acts: &["keep_inspector"],
        files: &[],
    },
    ListPage {
        path: "/mails",
        key: "mails",
        operation: "list_mails",
        columns: &[
            col("subject", Text).to("/mails/{id}"),
            col("address", Text),
            col("kind", Code("MailKind")),
            col("queued_at", Moment).sorts("queued_at"),
            col("sent_at", Moment),
            col("state", Code("MailState")),
        ],
        filters: &[
            Filter::Text("address"),
            UNIT_CODE,
            Choice("kind", "MailKind"),
            Choice("state", "MailState"),
            Filter::Day("on_from"),
            Filter::Day("on_to"),
        ],
        beside_board: &[],
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/reminders",
        key: "reminders",
        operation: "list_reminders",
        columns: &[
            UNIT.to("/reminders/{id}"),
            col("stage", Stage),
            col("addressee", Code("Addressee")),
            col("contact_name", Text),
            DUE,
            col("made_at", Moment).sorts("made_at"),
            col("state", Code("ReminderState")),
            col("reason", Text),
        ],
        filters: &[
            UNIT_CODE,
            Choice("state", "ReminderState"),
            Filter::Day("from"),
            Filter::Day("to"),
        ],
        beside_board: &[],
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/users",
        key: "users",
        operation: "list_users",
        columns: &[
            col("email", Text).to("/users/{id}").sorts("address"),
            col("name", Text).called("user_name"),
            col("enabled", YesNo),
            col("has_password", YesNo),
            col("created_at", Moment).sorts("created_at"),
        ],
        filters: &[
            Filter::Text("q"),
            Choice("role", "UserRole"),
            UNIT_CODE,
            Flag("enabled"),
        ],
        beside_board: &[],
        acts: &["create_user"],
        files: &[],
    },
    ListPage {
        path: "/tokens",
        key: "tokens",
        operation: "list_tokens",
        columns: &[
            col("name", Text).called("token_name").to("/tokens/{id}"),
            col("user_email", Text),
            col("kind", Code("TokenKind")),
            col("scope", Code("TokenScope")),
            col("created_at", Moment),
            col("expires_at", Moment),
            col("last_used_at", Moment),
            col("revoked_at", Moment),
        ],
        filters: &[
            Choice("kind", "TokenKind"),
            Choice("scope", "TokenScope"),
            Flag("revoked"),
        ],
        beside_board: &[],
        acts: &["make_token"],
        files: &[],
    },
    ListPage {
        path: "/walls",
        key: "walls",
        operation: "list_walls",
        columns: &[
            col("name", Text).called("wall_name").to("/walls/{id}"),
            col("made_by", Text),
            col("made_at", Moment),
            col("expires_at", Moment),
            col("revoked_at", Moment),
        ],
        filters: &[Flag("revoked")],
        beside_board: &[],
        acts: &["make_wall"],
        files: &[],
    },
    ListPage {
        path: "/audit-events",
        key: "audit_events",
        operation: "list_audit_events",
        columns: &[
            col("happened_at", Moment)
                .to("/audit-events/{id}")
                .sorts("happened_at"),
            col("actor", Text),
            col("action", Text),
            col("target", Text),
            col("outcome", Code("Outcome")),
        ],
        filters: &[
            Filter::Text("actor"),
            Filter::Text("action"),
            Choice("resource", "Resource"),
            Choice("outcome", "Outcome"),
            Filter::Day("from"),
            Filter::Day("to"),
        ],
        beside_board: &[],
        acts: &[],
        files: &[],
    },
    ListPage {
        path: "/delegations",
        key: "delegations",
        operation: "list_delegations",
        columns: &[
            col("user_email", Text).to("/delegations/{id}"),
            col("delegate_email", Text),
            col("from_on", Day),
            col("until_on", Day),
            col("reason", Text),
            col("ended_at", Moment),
        ],
        filters: &[Filter::Day("on")],
        beside_board: &[],
        acts: &["make_delegation"],
        files: &[],
    },
];
