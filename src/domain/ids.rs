//! Identifiers: one newtype per kind of record, so that a task's id cannot be passed for a unit's.
//! They are made in `storage` (UUIDv7); here they are only carried.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A plan 方案.
    PlanId,
    /// A task 任务.
    TaskId,
    /// A unit 单位.
    UnitId,
    /// A contact 联络员.
    ContactId,
    /// An assignment: a task × a unit.
    AssignmentId,
    /// A decision about an assignment.
    AssignmentEventId,
    /// What was changed of an issued task or a plan.
    AmendmentId,
    /// A lead unit's report that a task as a whole is done.
    CompletionId,
    /// A request for more time 延期.
    ExtensionId,
    /// A rule table of appraisals 计分办法.
    ScoreRulesId,
    /// A link that signs somebody in.
    SignInLinkId,
    /// Who stands in for whom.
    DelegationId,
    /// An appraisal 考评.
    AppraisalId,
    /// A unit's objection 异议 to its score.
    ObjectionId,
    /// A school's quality result of a year.
    QualityResultId,
    /// A talk or a card 约谈、黄牌、红牌.
    WarningId,
    /// An indicator 指标.
    IndicatorId,
    /// A deadline of a plan for sending something up.
    DeadlineId,
    /// A cycle 督办周期.
    CycleId,
    /// A round 一次.
    RoundId,
    /// Something decided in a dispatch 议定事项.
    DecisionId,
    /// An obligation 应报事项.
    ObligationId,
    /// A reminder 提醒.
    ReminderId,
    /// A mail in the outbox.
    MailId,
    /// A report 填报.
    ReportId,
    /// A notice 督办单.
    NoticeId,
    /// A bulletin 通报.
    BulletinId,
    /// A frozen snapshot of a plan.
    SnapshotId,
    /// An attached file.
    AttachmentId,
    /// Asking over a unit's budget, or for the same day.
    AskOverrideId,
    /// An inspector 检查人员.
    InspectorId,
    /// An inspection 检查.
    InspectionId,
    /// A finding 问题.
    FindingId,
    /// A caller.
    UserId,
    /// A caller's token.
    TokenId,
    /// An endpoint that is told of what happens.
    WebhookId,
    /// Something an endpoint is told.
    WebhookDeliveryId,
    /// A link to the big screen 大屏.
    WallId,
    /// An audit event.
    AuditEventId,
}
