//! Steps that have a page of their own: where it is, and when it is offered.

use crate::web::act::Way;

/// States in which a request may be answered, or its answer corrected.
const ANSWERABLE: &[&str] = &["open", "answered", "unanswered"];

/// Kinds that are answered by filling a form in.
const TOLD: &[&str] = &[
    "complete",
    "send_up",
    "spot_check",
    "dispatch",
    "monitoring",
    "rectify",
    "notice",
    "collect",
    "follow_up",
];

/// One entry each.
pub(in crate::web) static WAYS: &[Way] = &[
    Way {
        key: "import_plan",
        path: "/plans/import",
        operation: "import_plan",
        when: &[],
        is_main: true,
    },
    Way {
        key: "acknowledge",
        path: "/obligations/{id}/acknowledge",
        operation: "make_report",
        when: &[
            ("kind", &["acknowledge"]),
            ("state", &["open", "unanswered"]),
        ],
        is_main: true,
    },
    Way {
        key: "report",
        path: "/obligations/{id}/report",
        operation: "make_report",
        when: &[("kind", TOLD), ("state", ANSWERABLE)],
        is_main: true,
    },
    Way {
        key: "evidence",
        path: "/obligations/{id}/evidence",
        operation: "make_report",
        when: &[("kind", TOLD), ("state", ANSWERABLE)],
        is_main: false,
    },
    Way {
        key: "extend",
        path: "/obligations/{id}/extend",
        operation: "request_extension",
        when: &[("kind", TOLD), ("state", &["open"])],
        is_main: false,
    },
    Way {
        key: "preview_cycle",
        path: "/cycles/{id}/preview",
        operation: "preview_cycle",
        when: &[],
        is_main: false,
    },
    Way {
        key: "preview_letter",
        path: "/cycles/{id}/letter",
        operation: "preview_letter",
        when: &[("kind", &["spot_check", "dispatch", "monitoring"])],
        is_main: false,
    },
    Way {
        key: "round_draw",
        path: "/rounds/{id}/draw",
        operation: "get_draw",
        when: &[("kind", &["spot_check"])],
        is_main: false,
    },
    Way {
        key: "round_results",
        path: "/rounds/{id}/results",
        operation: "get_summary",
        when: &[("kind", &["dispatch", "monitoring"])],
        is_main: false,
    },
    Way {
        key: "make_calendar_feed",
        path: "/units/{id}/calendar-feed",
        operation: "make_calendar_feed",
        when: &[],
        is_main: false,
    },
    Way {
        key: "make_token",
        path: "/tokens/new",
        operation: "make_token",
        when: &[],
        is_main: true,
    },
    Way {
        key: "make_wall",
        path: "/walls/new",
        operation: "make_wall",
        when: &[],
        is_main: true,
    },
    Way {
        key: "user_roles",
        path: "/users/{id}/roles",
        operation: "change_user",
        when: &[],
        is_main: true,
    },
    Way {
        key: "make_webhook",
        path: "/webhooks/new",
        operation: "make_webhook",
        when: &[],
        is_main: true,
    },
    Way {
        key: "renew_webhook_secret",
        path: "/webhooks/{id}/secret",
        operation: "renew_webhook_secret",
        when: &[("kind", &["standard"])],
        is_main: false,
    },
];
