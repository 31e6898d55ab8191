//! A service of sample endpoints on a database of its own, with callers and a few rows.

use crate::support::Town;
use crate::support::database::{Database, Kind};
use crate::support::sample_tasks::{TaskState, change_task, make_task};
use crate::support::samples::{Runs, endpoints};
use crate::support::service::{Response, Service as Served, no_rates};
use crate::support::town::UNITS;
use duban::domain::access::Membership;
use duban::domain::ids::TaskId;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::http::kernel::Limits;
use entity::{audit_event, kept_reply};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::ops::Deref;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The service; it takes its database with it when it goes.
pub struct Service {
    served: Served,
    pub town: Town,
    pub runs: Runs,
    /// Tokens: of a supervisor, the same to read only, of the contact of unit S1, of an auditor.
    pub office: String,
    pub office_reads: String,
    pub contact: String,
    pub auditor: String,
    /// A task of the contact's unit, and one of another.
    pub task: TaskId,
    pub foreign: TaskId,
    database: Option<Database>,
    runtime: Runtime,
}

impl Deref for Service {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            // What stays is in the build's own folder.
            let _ = self.runtime.block_on(database.remove());
        }
    }
}

impl Service {
    pub fn start() -> Self {
        Self::with(no_rates())
    }

    pub fn with(limits: Limits) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let made = runtime.block_on(found(limits));
        let (served, town, runs, database) = made.expect("a service");
        let tokens = runtime.block_on(async {
            let of = async |role, unit, scope| served.token_of(role, unit, scope).await;
            anyhow::Ok([
                of(UserRole::Supervisor, None, TokenScope::Write).await?,
                of(UserRole::Supervisor, None, TokenScope::Read).await?,
                of(UserRole::UnitContact, Some("S1"), TokenScope::Write).await?,
                of(UserRole::Auditor, None, TokenScope::Write).await?,
            ])
        });
        let [office, office_reads, contact, auditor] = tokens.expect("callers");
        let rows = runtime.block_on(async {
            let own = task_of(&town, "查看 <校园>", "S1").await?;
            anyhow::Ok((own, task_of(&town, "别校的任务", "S2").await?))
        });
        let (task, foreign) = rows.expect("tasks");
        Self {
            served,
            town,
            runs,
            office,
            office_reads,
            contact,
            auditor,
            task,
            foreign,
            database: Some(database),
            runtime,
        }
    }

    /// Runs something of the flows.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A GET as the supervisor.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.served.send("GET", path, &self.office, &[], b"")
    }

    /// A POST of JSON as the supervisor.
    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Response {
        let json = ["Content-Type: application/json"];
        self.served
            .send("POST", path, &self.office, &json, body.as_bytes())
    }

    /// The path of the contact's task.
    pub fn task_path(&self) -> String {
        format!("/api/v1/tasks/{}", self.task)
    }

    /// Makes a row.
    pub fn make(&self, title: &str) -> TaskId {
        let made = make_task(&self.town.ctx, title, None);
        self.wait(made).expect("a task")
    }

    /// Changes the contact's task.
    pub fn change(&self, state: TaskState) {
        let changed = change_task(&self.town.ctx, self.task, state, None);
        self.wait(changed).expect("changed");
    }

    /// Makes rows until there are so many.
    pub fn fill(&self, count: usize) {
        for number in 2..count {
            self.make(&format!(
                "第 {number} 项：报送本学期校园安全排查情况和整改清单"
            ));
        }
    }

    /// Refusals on record: action, target, and who was refused.
    pub fn refusals(&self) -> Vec<(String, String, String)> {
        let find = audit_event::Entity::find()
            .filter(audit_event::Column::Outcome.eq("refused"))
            .order_by_asc(audit_event::Column::Id);
        let rows = self
            .wait(find.all(&self.town.ctx.db))
            .expect("audit events");
        rows.into_iter()
            .map(|row| (row.action, row.target, row.actor))
            .collect()
    }

    /// The row of a key, where there is one.
    pub fn kept(&self, key: &str) -> Option<kept_reply::Model> {
        let find = kept_reply::Entity::find().filter(kept_reply::Column::Key.eq(key));
        self.wait(find.one(&self.town.ctx.db))
            .expect("kept replies")
    }

    /// Waits until a change that somebody else has made must be known here (design §7: 50 ms).
    pub fn after_promised(&self) {
        self.wait(async { tokio::time::sleep(Duration::from_millis(50)).await });
    }

    /// Breaks the database.
    pub fn execute(&self, sql: &str) {
        let done = self.town.ctx.db.execute_unprepared(sql);
        self.wait(done).expect("executed");
    }
}

async fn found(limits: Limits) -> anyhow::Result<(Served, Town, Runs, Database)> {
    let database = Database::create(Kind::Sqlite).await?;
    let database = database.ok_or_else(|| anyhow::anyhow!("no database"))?;
    let town = Town::found(&database).await?;
    town.import_units(UNITS).await?;
    let runs = Runs::default();
    let served = Served::of(&town.ctx, endpoints(&runs), limits)?;
    Ok((served, town, runs, database))
}

async fn task_of(town: &Town, title: &str, code: &str) -> anyhow::Result<TaskId> {
    let directory = town.ctx.units().await?;
    let unit = directory.by_code(code).map(|unit| unit.id);
    let of = Membership {
        role: UserRole::UnitContact,
        unit_id: unit,
    };
    Ok(make_task(&town.ctx, title, Some(of)).await?)
}
