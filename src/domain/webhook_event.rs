//! What happened, as endpoints are told: ids and codes, names of units and titles, days. No address of a person and no
//! text that a person wrote is in it: whoever wants to know more asks the service.

use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::ids::{
    AssignmentEventId, AssignmentId, BulletinId, ObligationId, PlanId, ReportId, TaskId, UnitId,
    WebhookId,
};
use crate::domain::obligation::ObligationKind;
use crate::domain::webhook::EventType;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// A task was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskIssued {
    /// The task.
    pub task_id: TaskId,
    /// Its number.
    pub task_number: String,
    /// Its title.
    pub task_title: String,
    /// Its plan.
    pub plan_id: PlanId,
    /// The plan's title.
    pub plan_title: String,
    /// Its due day.
    pub due_on: Option<NaiveDate>,
    /// How many units have a part in it.
    pub assignments: usize,
}

/// A report was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMade {
    /// The report.
    pub report_id: ReportId,
    /// The how-manieth answer to its request it is.
    pub version: i32,
    /// The request.
    pub obligation_id: ObligationId,
    /// What was asked.
    pub obligation_kind: ObligationKind,
    /// By when.
    pub due_on: NaiveDate,
    /// The unit that answers.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// The plan.
    pub plan_id: PlanId,
    /// Its title.
    pub plan_title: String,
    /// Assignments that it tells of.
    pub items: usize,
}

/// An assignment was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentReturned {
    /// The decision.
    pub assignment_event_id: AssignmentEventId,
    /// `return`, or `reopen` where it was closed already.
    pub event: AssignmentEvent,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// The task.
    pub task_id: TaskId,
    /// Its number.
    pub task_number: String,
    /// Its title.
    pub task_title: String,
    /// The unit.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// The day by which it is to be reported again.
    pub due_on: Option<NaiveDate>,
}

/// A request was not answered by its due day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationOverdue {
    /// The request.
    pub obligation_id: ObligationId,
    /// What was asked.
    pub obligation_kind: ObligationKind,
    /// By when.
    pub due_on: NaiveDate,
    /// How often that day was moved.
    pub due_revision: i32,
    /// The unit.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// The plan.
    pub plan_id: PlanId,
    /// Its title.
    pub plan_title: String,
}

/// A bulletin was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinPublished {
    /// The bulletin.
    pub bulletin_id: BulletinId,
    /// Its title.
    pub title: String,
    /// Its number: 2026年第1期.
    pub issue: Option<String>,
    /// From 1; a correction is the next one.
    pub version: i32,
    /// Its plan.
    pub plan_id: PlanId,
    /// Local day.
    pub published_on: Option<NaiveDate>,
}

/// Somebody tries whether the endpoint is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTest {
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// Its name.
    pub webhook_name: String,
    /// Tells tests apart.
    pub test_id: Uuid,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum EventData {
    /// A task was issued.
    #[serde(rename = "task.issued")]
    TaskIssued(TaskIssued),
    /// A report was handed in.
    #[serde(rename = "report.made")]
    ReportMade(ReportMade),
    /// An assignment was sent back.
    #[serde(rename = "assignment.returned")]
    AssignmentReturned(AssignmentReturned),
    /// A request was not answered by its due day.
    #[serde(rename = "obligation.overdue")]
    ObligationOverdue(ObligationOverdue),
    /// A bulletin was published.
    #[serde(rename = "bulletin.published")]
    BulletinPublished(BulletinPublished),
    /// A test.
    #[serde(rename = "webhook.test")]
    WebhookTest(WebhookTest),
}

impl EventData {
    /// Its type.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::TaskIssued(_) => EventType::TaskIssued,
            Self::ReportMade(_) => EventType::ReportMade,
            Self::AssignmentReturned(_) => EventType::AssignmentReturned,
            Self::ObligationOverdue(_) => EventType::ObligationOverdue,
            Self::BulletinPublished(_) => EventType::BulletinPublished,
            Self::WebhookTest(_) => EventType::WebhookTest,
        }
    }

    /// What it is about: an endpoint is told once of each.
    pub fn key(&self) -> String {
        let about = match self {
            Self::TaskIssued(one) => one.task_id.to_string(),
            Self::ReportMade(one) => one.report_id.to_string(),
            Self::AssignmentReturned(one) => one.assignment_event_id.to_string(),
            Self::ObligationOverdue(one) => format!("{}|{}", one.obligation_id, one.due_revision),
            Self::BulletinPublished(one) => one.bulletin_id.to_string(),
            Self::WebhookTest(one) => one.test_id.to_string(),
        };
        format!("{}|{about}", self.event_type().as_str())
    }
}

/// An event: what programs get as the body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    #[serde(flatten)]
    pub data: EventData,
    /// When.
    #[serde(serialize_with = "with_microseconds")]
    pub timestamp: DateTime<Utc>,
}

fn with_microseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_type_data_and_timestamp_and_is_read_back() {
        let event = Event {
            data: EventData::WebhookTest(WebhookTest {
                webhook_id: WebhookId(Uuid::nil()),
                webhook_name: "大屏".to_owned(),
                test_id: Uuid::nil(),
            }),
            timestamp: DateTime::UNIX_EPOCH,
        };
        let body = serde_json::to_string(&event).expect("JSON");
        assert_eq!(
            body,
            r#"{"type":"webhook.test","data":{"webhook_id":"00000000-0000-0000-0000-000000000000","webhook_name":"大屏","test_id":"00000000-0000-0000-0000-000000000000"},"timestamp":"1970-01-01T00:00:00.000000Z"}"#
        );
        assert_eq!(
            serde_json::from_str::<Event>(&body).expect("an event"),
            event
        );
        assert_eq!(
            event.data.key(),
            "webhook.test|00000000-0000-0000-0000-000000000000"
        );
    }
}
