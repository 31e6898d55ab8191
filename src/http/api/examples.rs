//! Ids that stand in the examples of the document. They are no rows: a test puts real ones in their place and sends every
//! example.

/// A plan.
pub const PLAN: &str = "0199f3a0-0000-7000-8000-000000000001";
/// A task.
pub const TASK: &str = "0199f3a0-0000-7000-8000-000000000002";
/// An assignment.
pub const ASSIGNMENT: &str = "0199f3a0-0000-7000-8000-000000000003";
/// A decision about an assignment.
pub const ASSIGNMENT_EVENT: &str = "0199f3a0-0000-7000-8000-000000000012";
/// A request for more time.
pub const EXTENSION: &str = "0199f3a0-0000-7000-8000-000000000010";
/// An open obligation for which more time may be asked.
pub const ASK: &str = "0199f3a0-0000-7000-8000-000000000011";
/// A unit.
pub const UNIT: &str = "0199f3a0-0000-7000-8000-000000000004";
/// A contact.
pub const CONTACT: &str = "0199f3a0-0000-7000-8000-000000000005";
/// A cycle.
pub const CYCLE: &str = "0199f3a0-0000-7000-8000-000000000006";
/// A round.
pub const ROUND: &str = "0199f3a0-0000-7000-8000-000000000007";
/// An obligation.
pub const OBLIGATION: &str = "0199f3a0-0000-7000-8000-000000000008";
/// A report.
pub const REPORT: &str = "0199f3a0-0000-7000-8000-000000000009";
/// A reminder.
pub const REMINDER: &str = "0199f3a0-0000-7000-8000-00000000000a";
/// A mail.
pub const MAIL: &str = "0199f3a0-0000-7000-8000-00000000000b";
/// An attached file.
pub const ATTACHMENT: &str = "0199f3a0-0000-7000-8000-00000000000c";
/// A user.
pub const USER: &str = "0199f3a0-0000-7000-8000-00000000000d";
/// A token.
pub const TOKEN: &str = "0199f3a0-0000-7000-8000-00000000000e";
/// An audit event.
pub const AUDIT_EVENT: &str = "0199f3a0-0000-7000-8000-00000000000f";
/// An indicator.
pub const INDICATOR: &str = "0199f3a0-0000-7000-8000-000000000013";
/// A round that asks for values of indicators.
pub const MONITORING_ROUND: &str = "0199f3a0-0000-7000-8000-000000000014";
/// An obligation of it.
pub const MONITORING_OBLIGATION: &str = "0199f3a0-0000-7000-8000-000000000015";

/// A dispatch.
pub const DISPATCH_ROUND: &str = "0199f3a0-0000-7000-8000-000000000030";

/// Something decided in it.
pub const DECISION: &str = "0199f3a0-0000-7000-8000-000000000031";

/// Another, answered: it may be returned.
pub const DECISION_TO_RETURN: &str = "0199f3a0-0000-7000-8000-000000000032";

/// Another, answered: it may be closed.
pub const DECISION_TO_CLOSE: &str = "0199f3a0-0000-7000-8000-000000000033";
