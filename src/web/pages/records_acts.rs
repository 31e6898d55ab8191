//! What can be done on pages: units, contacts, mails, and who may do what.

use crate::web::act::Kind::{Check, Code, Day, File, Line, Names};
use crate::web::act::{ActPage, PLAIN, field};

/// One entry each.
pub(in crate::web) static ACTS: &[ActPage] = &[
    ActPage {
        key: "create_unit",
        path: "/units/new",
        operation: "create_unit",
        fields: &[
            field("code", Line).required(),
            field("name", Line).required(),
            field("kind", Code("UnitKind")).required(),
            field("parent_code", Line),
            field("aliases", Names),
            field("groups", Names),
            field("liaison", Line),
        ],
        then: "@",
        ..PLAIN
    },
    ActPage {
        key: "change_unit",
        path: "/units/{id}/change",
        operation: "change_unit",
        of: "read_unit",
        fields: &[
            field("name", Line).from("name"),
            field("parent_code", Line).from("parent_code"),
            field("aliases", Names).from("aliases"),
            field("groups", Names).from("groups"),
            field("liaison", Line).from("liaison"),
        ],
        then: "/units/{id}",
        ..PLAIN
    },
    ActPage {
        key: "import_units",
        path: "/units/import",
        operation: "import_units",
        fields: &[field("file", File).required()],
        then: "/units",
        ..PLAIN
    },
    ActPage {
        key: "set_contact",
        path: "/units/{id}/contact",
        operation: "set_unit_contact",
        of: "read_unit",
        fields: &[field("name", Line), field("email", Line)],
        then: "/units/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "move_contacts",
        path: "/contacts/move",
        operation: "move_contacts",
        fields: &[
            field("unit_codes", Names).required(),
            field("name", Line),
            field("email", Line),
        ],
        then: "/contacts",
        ..PLAIN
    },
    ActPage {
        key: "import_calendar",
        path: "/calendar/import",
        operation: "import_calendar",
        fields: &[field("file", File).required()],
        then: "/calendar",
        ..PLAIN
    },
    ActPage {
        key: "keep_inspector",
        path: "/inspectors/new",
        operation: "keep_inspectors",
        fields: &[
            field("inspectors[].name", Line).required(),
            field("inspectors[].email", Line).required(),
            field("inspectors[].unit_code", Line).required(),
        ],
        then: "/inspectors",
        ..PLAIN
    },
    ActPage {
        key: "change_inspector",
        path: "/inspectors/{id}/change",
        operation: "change_inspector",
        of: "get_inspector",
        fields: &[
            field("name", Line).from("name"),
            field("unit_code", Line).from("unit_code"),
            field("active", Check).from("active"),
        ],
        then: "/inspectors/{id}",
        ..PLAIN
    },
    ActPage {
        key: "import_quality_results",
        path: "/quality-results/import",
        operation: "import_quality_results",
        fields: &[
            field("school_year", Line).required(),
            field("source", Line).required(),
            field("approved_by", Line).required(),
            field("file", File).required(),
        ],
        then: "/quality-results",
        ..PLAIN
    },
    ActPage {
        key: "send_mail_again",
        path: "/mails/{id}/send-again",
        operation: "send_mail_again",
        of: "get_mail",
        when: &[("state", &["failed", "unknown"])],
        then: "/mails/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "create_user",
        path: "/users/new",
        operation: "create_user",
        fields: &[
            field("email", Line).required(),
            field("name", Line),
            field("roles[].role", Code("UserRole")).required(),
            field("roles[].unit_code", Line),
        ],
        then: "@",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "change_user",
        path: "/users/{id}/change",
        operation: "change_user",
        of: "read_user",
        fields: &[field("name", Line).from("name")],
        then: "/users/{id}",
        ..PLAIN
    },
    ActPage {
        key: "disable_user",
        path: "/users/{id}/disable",
        operation: "change_user",
        of: "read_user",
        when: &[("enabled", &["true"])],
        fixed: &[("enabled", "#false")],
        then: "/users/{id}",
        ..PLAIN
    },
    ActPage {
        key: "enable_user",
        path: "/users/{id}/enable",
        operation: "change_user",
        of: "read_user",
        when: &[("enabled", &["false"])],
        fixed: &[("enabled", "#true")],
        then: "/users/{id}",
        ..PLAIN
    },
    ActPage {
        key: "revoke_token",
        path: "/tokens/{id}/revoke",
        operation: "revoke_token",
        of: "read_token",
        when: &[("revoked_at", &[""])],
        then: "/tokens/{id}",
        ..PLAIN
    },
    ActPage {
        key: "invite_user",
        path: "/users/{id}/invite",
        operation: "invite_user",
        of: "read_user",
        when: &[("enabled", &["true"])],
        then: "/users/{id}",
        ..PLAIN
    },
    ActPage {
        key: "make_delegation",
        path: "/delegations/new",
        operation: "make_delegation",
        fields: &[
            field("delegate_email", Line).required(),
            field("from_on", Day).required(),
            field("until_on", Day).required(),
            field("reason", Line).required(),
        ],
        then: "/delegations",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "end_delegation",
        path: "/delegations/{id}/end",
        operation: "end_delegation",
        of: "read_delegation",
        when: &[("ended_at", &[""])],
        then: "/delegations",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "revoke_wall",
        path: "/walls/{id}/revoke",
        operation: "revoke_wall",
        of: "read_wall",
        when: &[("revoked_at", &[""])],
        then: "/walls/{id}",
        ..PLAIN
    },
    ActPage {
        key: "test_webhook",
        path: "/webhooks/{id}/test",
        operation: "test_webhook",
        of: "read_webhook",
        when: &[("enabled", &["true"])],
        then: "/webhooks/{id}",
        is_main: true,
        ..PLAIN
    },
    ActPage {
        key: "disable_webhook",
        path: "/webhooks/{id}/disable",
        operation: "change_webhook",
        of: "read_webhook",
        when: &[("enabled", &["true"])],
        fixed: &[("enabled", "#false")],
        then: "/webhooks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "enable_webhook",
        path: "/webhooks/{id}/enable",
        operation: "change_webhook",
        of: "read_webhook",
        when: &[("enabled", &["false"])],
        fixed: &[("enabled", "#true")],
        then: "/webhooks/{id}",
        ..PLAIN
    },
    ActPage {
        key: "delete_webhook",
        path: "/webhooks/{id}/delete",
        operation: "delete_webhook",
        of: "read_webhook",
        then: "/webhooks",
        ..PLAIN
    },
    ActPage {
        key: "send_webhook_delivery_again",
        path: "/webhook-deliveries/{id}/send-again",
        operation: "send_webhook_delivery_again",
        of: "read_webhook_delivery",
        when: &[("state", &["failed", "delivered"])],
        then: "/webhook-deliveries/{id}",
        ..PLAIN
    },
];
