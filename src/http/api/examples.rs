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
/// A task that was amended, of which a lead unit's report waits.
pub const AMENDED_TASK: &str = "0199f3a0-0000-7000-8000-000000000020";
/// An amendment.
pub const AMENDMENT: &str = "0199f3a0-0000-7000-8000-000000000021";
/// A lead unit's report that a task is done.
pub const COMPLETION: &str = "0199f3a0-0000-7000-8000-000000000022";
/// An issued task that may be split.
pub const WHOLE_TASK: &str = "0199f3a0-0000-7000-8000-000000000023";
/// A notice that is issued.
pub const NOTICE: &str = "0199f3a0-0000-7000-8000-000000000048";
/// A notice that waits for approval.
pub const NOTICE_DRAFT: &str = "0199f3a0-0000-7000-8000-000000000049";
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
/// Somebody who inspects.
pub const INSPECTOR: &str = "0199f3a0-0000-7000-8000-000000000028";
/// An inspection that is not recorded.
pub const INSPECTION: &str = "0199f3a0-0000-7000-8000-000000000029";
/// A finding that waits for its recheck.
pub const FINDING: &str = "0199f3a0-0000-7000-8000-00000000002a";
/// A round whose draw waits for somebody to confirm it.
pub const PROPOSED_ROUND: &str = "0199f3a0-0000-7000-8000-00000000002b";
/// A file of the bureau's.
pub const PHOTO: &str = "0199f3a0-0000-7000-8000-00000000002c";
/// Who stands in for whom.
pub const DELEGATION: &str = "0199f3a0-0000-7000-8000-00000000005a";
/// A user.
pub const USER: &str = "0199f3a0-0000-7000-8000-00000000000d";
/// A token.
pub const TOKEN: &str = "0199f3a0-0000-7000-8000-00000000000e";
/// A link to the big screen.
pub const WALL: &str = "0199f3a0-0000-7000-8000-000000000062";
/// An audit event.
pub const AUDIT_EVENT: &str = "0199f3a0-0000-7000-8000-00000000000f";
/// An indicator.
pub const INDICATOR: &str = "0199f3a0-0000-7000-8000-000000000013";
/// A round that asks for values of indicators.
pub const MONITORING_ROUND: &str = "0199f3a0-0000-7000-8000-000000000014";
/// An obligation of it.
pub const MONITORING_OBLIGATION: &str = "0199f3a0-0000-7000-8000-000000000015";
/// An attached file that a report names as its evidence.
pub const EVIDENCE: &str = "0199f3a0-0000-7000-8000-000000000058";
/// Asking over a unit's budget.
pub const ASK_OVERRIDE: &str = "0199f3a0-0000-7000-8000-000000000059";
/// A rule table of appraisals.
pub const SCORE_RULES: &str = "0199f3a0-0000-7000-8000-000000000040";
/// An appraisal that is proposed.
pub const APPRAISAL: &str = "0199f3a0-0000-7000-8000-000000000041";
/// Another one, to which nobody objects.
pub const READY_APPRAISAL: &str = "0199f3a0-0000-7000-8000-000000000042";
/// An objection to a score of the first one, which waits.
pub const OBJECTION: &str = "0199f3a0-0000-7000-8000-000000000043";
/// A quality result of a school.
pub const QUALITY_RESULT: &str = "0199f3a0-0000-7000-8000-000000000044";
/// A talk or a card that was confirmed.
pub const WARNING: &str = "0199f3a0-0000-7000-8000-000000000045";
/// One that is proposed.
pub const PROPOSED_WARNING: &str = "0199f3a0-0000-7000-8000-000000000046";
/// A bulletin that was published.
pub const BULLETIN: &str = "0199f3a0-0000-7000-8000-000000000038";
/// A bulletin that is a draft.
pub const BULLETIN_DRAFT: &str = "0199f3a0-0000-7000-8000-000000000039";
/// A bulletin that is approved, to be published.
pub const BULLETIN_APPROVED: &str = "0199f3a0-0000-7000-8000-00000000003a";
/// A bulletin that is approved, to be sent back.
pub const BULLETIN_TO_RETURN: &str = "0199f3a0-0000-7000-8000-00000000003b";

/// A dispatch.
pub const DISPATCH_ROUND: &str = "0199f3a0-0000-7000-8000-000000000030";

/// Something decided in it.
pub const DECISION: &str = "0199f3a0-0000-7000-8000-000000000031";

/// Another, answered: it may be returned.
pub const DECISION_TO_RETURN: &str = "0199f3a0-0000-7000-8000-000000000032";

/// Another, answered: it may be closed.
pub const DECISION_TO_CLOSE: &str = "0199f3a0-0000-7000-8000-000000000033";
/// A bulletin that is a draft, to be approved.
pub const BULLETIN_TO_APPROVE: &str = "0199f3a0-0000-7000-8000-00000000003c";
/// A bulletin that is a draft, to be discarded.
pub const BULLETIN_TO_DISCARD: &str = "0199f3a0-0000-7000-8000-00000000003d";
/// A webhook.
pub const WEBHOOK: &str = "0199f3a0-0000-7000-8000-000000000060";
/// Something it was told.
pub const WEBHOOK_DELIVERY: &str = "0199f3a0-0000-7000-8000-000000000061";
