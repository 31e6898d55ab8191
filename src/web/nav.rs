//! The way around: which pages there are, in the groups in which the frame lists them.

use super::words::Words;
use crate::http::kernel::Asking;

/// A page in the frame's list: its key in the catalogue, its address, and the operation that its reader must be allowed.
struct Place(&'static str, &'static str, &'static str);

/// The groups, each with its key.
const GROUPS: &[(&str, &[Place])] = &[
    (
        "work",
        &[
            Place("my_work", "/", "list_obligations"),
            Place("dashboard", "/dashboard", "read_dashboard"),
            Place("review", "/review", "list_assignments"),
        ],
    ),
    (
        "tasks",
        &[
            Place("plans", "/plans", "list_plans"),
            Place("tasks", "/tasks", "list_tasks"),
            Place("assignments", "/assignments", "list_assignments"),
            Place("obligations", "/obligations", "list_obligations"),
            Place("extensions", "/extensions", "list_extensions"),
        ],
    ),
    (
        "supervision",
        &[
            Place("cycles", "/cycles", "list_cycles"),
            Place("rounds", "/rounds", "list_rounds"),
            Place("inspections", "/inspections", "list_inspections"),
            Place("findings", "/findings", "list_findings"),
            Place("decisions", "/decisions", "list_decisions"),
            Place("notices", "/notices", "list_notices"),
        ],
    ),
    (
        "results",
        &[
            Place("bulletins", "/bulletins", "list_bulletins"),
            Place("indicators", "/indicators", "list_indicators"),
            Place("appraisals", "/appraisals", "list_appraisals"),
            Place("warnings", "/warnings", "list_warnings"),
            Place("burden", "/burden", "list_burden"),
            Place("leader_page", "/leader-page", "read_leader_page"),
        ],
    ),
    (
        "records",
        &[
            Place("calendar", "/calendar", "read_calendars"),
            Place("units", "/units", "list_units"),
            Place("contacts", "/contacts", "list_contacts"),
            Place("inspectors", "/inspectors", "list_inspectors"),
            Place(
                "quality_results",
                "/quality-results",
                "list_quality_results",
            ),
            Place("mails", "/mails", "list_mails"),
            Place("reminders", "/reminders", "list_reminders"),
            Place("why", "/reminders/why", "explain_address"),
        ],
    ),
    (
        "administration",
        &[
            Place("users", "/users", "list_users"),
            Place("delegations", "/delegations", "list_delegations"),
            Place("tokens", "/tokens", "list_tokens"),
            Place("walls", "/walls", "list_walls"),
            Place("webhooks", "/webhooks", "list_webhooks"),
            Place("audit_events", "/audit-events", "list_audit_events"),
            Place("settings", "/settings", "list_users"),
        ],
    ),
];

/// A group as the frame shows it.
pub(super) struct NavGroup {
    /// Its heading.
    pub(super) heading: String,
    /// Its pages.
    pub(super) links: Vec<NavLink>,
}

/// A page as the frame shows it.
pub(super) struct NavLink {
    /// Its address.
    pub(super) href: &'static str,
    /// Its name.
    pub(super) label: String,
    /// Whether it is the one that is open, or what is open belongs to it.
    pub(super) is_current: bool,
}

/// The pages that this caller may open; `path` is the one that is open.
pub(super) fn nav(words: Words, asking: &Asking, path: &str) -> Vec<NavGroup> {
    let all = || GROUPS.iter().flat_map(|(_, places)| *places);
    let current = all()
        .filter(|place| is_within(place.1, path))
        .map(|place| place.1)
        .max_by_key(|href| href.len());
    let groups = GROUPS.iter().map(|(key, places)| NavGroup {
        heading: words.say(&format!("nav.{key}")),
        links: places
            .iter()
            .filter(|Place(_, _, operation)| asking.may(operation))
            .map(|Place(key, href, _)| NavLink {
                href,
                label: words.say(&format!("page.{key}")),
                is_current: current == Some(*href),
            })
            .collect(),
    });
    groups.filter(|group| !group.links.is_empty()).collect()
}

/// Whether a page's path is `href` or below it.
fn is_within(href: &str, path: &str) -> bool {
    match path.strip_prefix(href) {
        Some("") => true,
        Some(rest) => href != "/" && rest.starts_with('/'),
        None => false,
    }
}
