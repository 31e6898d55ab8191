//! What the sample endpoints take and give, and the rows behind: a sample task is kept as a user whose address begins with
//! [`PREFIX`]. The kernel does not know what a row is, and users have flows that make, change and refuse.

use duban::domain::access::Membership;
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::{PlanId, TaskId, UserId};
use duban::flow::manage_users::{NewUser, UserChange, change_user, create_user};
use duban::flow::{Ctx, FlowError};
use duban::http::kernel::{Check, Day, FieldCode, FieldErrors, Line, Prose, SortKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// How the addresses of sample tasks begin.
pub const PREFIX: &str = "sample-task-";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Open,
    Closed,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskFilter {
    pub plan_id: Option<PlanId>,
    pub state: Option<Vec<TaskState>>,
    pub due_until: Option<Day>,
    pub as_of: Option<Day>,
    /// In the title.
    pub q: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSort {
    Number,
    DueOn,
}

impl SortKey for TaskSort {
    const ALL: &'static [Self] = &[Self::Number, Self::DueOn];

    fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::DueOn => "due_on",
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskJson {
    pub id: TaskId,
    pub title: String,
    pub state: TaskState,
    pub plan_id: Option<PlanId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    pub title: Line<20>,
    pub text: Option<Prose<2000>>,
    pub due_on: Option<Day>,
    pub weights: Vec<u8>,
}

impl Check for NewTask {
    fn check(&self, errors: &mut FieldErrors) {
        if self.weights.len() > 3 {
            errors.add("weights", FieldCode::OutOfRange, "最多 3 项");
        }
        for (at, weight) in self
            .weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 100)
        {
            errors.add(
                format!("weights[{at}]"),
                FieldCode::OutOfRange,
                format!("{weight} 超过 100"),
            );
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskChange {
    pub state: TaskState,
}

impl Check for TaskChange {}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFields {
    pub year: Option<u16>,
}

impl Check for ImportFields {}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    pub dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    pub file_name: String,
    pub bytes: usize,
    pub year: Option<u16>,
    pub dry_run: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEventJson {
    pub id: Uuid,
    pub action: String,
}

/// Makes a sample task of the unit that has this role; none where it is the bureau's.
pub async fn make_task(
    ctx: &Ctx,
    title: &str,
    of: Option<Membership>,
) -> Result<TaskId, FlowError> {
    // Of the title, so that a title can be taken.
    let hash = Sha256::digest(title);
    let local: String = hash
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let email = EmailAddress::parse(&format!("{PREFIX}{local}@example.org"));
    let email = email.map_err(|_| FlowError::Letter(format!("{title} makes no address")))?;
    let new = NewUser {
        email,
        name: Some(title.to_owned()),
        roles: of.into_iter().collect(),
    };
    Ok(TaskId(create_user(ctx, new).await?.id.0))
}

/// Closes or opens a sample task.
pub async fn change_task(
    ctx: &Ctx,
    id: TaskId,
    state: TaskState,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let change = UserChange {
        enabled: Some(state == TaskState::Open),
        ..UserChange::default()
    };
    change_user(ctx, UserId(id.0), change, seen).await?;
    Ok(())
}
