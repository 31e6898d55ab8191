//! Sample endpoints for what is the kernel's alone: a list, a get, a create, a change, a removal, an upload, a download,
//! and some that misbehave. The unit of a sample task is that of its role.

use super::sample_tasks::{
    AuditEventJson, ImportFields, ImportQuery, Imported, NewTask, PREFIX, TaskChange, TaskFilter,
    TaskJson, TaskSort, TaskState, change_task, make_task,
};
use actix_web::http::StatusCode;
use bytes::Bytes;
use duban::domain::access::{Action, Reach};
use duban::domain::ids::{TaskId, UserId};
use duban::flow::FlowError;
use duban::flow::manage_users::roles_of;
use duban::flow::refusal::RefusalCode;
use duban::http::kernel::{
    Call, Direction, Download, Endpoint, FileCount, List, NoQuery, Nothing, Page, Problem, Reply,
    Seen, Tag, Upload,
};
use duban::storage::paging::Place;
use entity::{audit_event, user};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The id of the examples; there is no such row.
pub const TASK: &str = "0198c1f2-7a10-7000-8000-000000000001";

/// A task of this title takes this long to be made.
pub const SLOW: &str = "慢";
pub const SLOW_FOR: Duration = Duration::from_millis(400);
/// A task of this title is made, and then the handler fails.
pub const FAILS_AFTERWARDS: &str = "做完就崩";
/// A task of this title is made, and then the handler never ends.
pub const HANGS_AFTERWARDS: &str = "做完不答";

const TASKS: Tag = Tag {
    name: "tasks",
    says: "任务",
};

/// How often handlers ran.
#[derive(Debug, Clone, Default)]
pub struct Runs(Arc<AtomicI64>);

impl Runs {
    pub fn count(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// The handler, counted.
    fn of<C, A>(&self, handler: fn(C) -> A) -> impl Fn(C) -> A + Send + Sync + use<C, A> {
        let runs = self.0.clone();
        move |call| {
            runs.fetch_add(1, Ordering::SeqCst);
            handler(call)
        }
    }
}

fn task(row: user::Model) -> TaskJson {
    TaskJson {
        id: TaskId(row.id),
        title: row.name.unwrap_or_default(),
        state: match row.enabled {
            true => TaskState::Open,
            false => TaskState::Closed,
        },
        plan_id: None,
    }
}

fn broken(error: sea_orm::DbErr) -> Problem {
    FlowError::Storage(error.into()).into()
}

async fn list(call: Call<List<TaskFilter, TaskSort>>) -> Result<Reply<Page<TaskJson>>, Problem> {
    // A real list would filter by these.
    let TaskFilter {
        plan_id,
        state,
        due_until,
        as_of,
        q,
    } = &call.query.filter;
    let _ = (plan_id, due_until, as_of);
    let find = user::Entity::find().filter(user::Column::Address.starts_with(PREFIX));
    let rows = find.all(&call.ctx.db).await.map_err(broken)?;
    // Tasks have no day: all are alike in that order, and told apart by their ids.
    let key = |row: &TaskJson| match call.query.sort.key {
        TaskSort::Number => row.title.clone(),
        TaskSort::DueOn => String::new(),
    };
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(task)
        .filter(|row| state.as_ref().is_none_or(|all| all.contains(&row.state)))
        .filter(|row| q.as_ref().is_none_or(|text| row.title.contains(text)))
        .map(|row| ((key(&row), row.id.0), row))
        .collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let wanted = call.query.wanted();
    if wanted.direction == Direction::Descending {
        rows.reverse();
    }
    if let Some(Place { key, id }) = wanted.after {
        let after = (key.unwrap_or_default(), id);
        rows.retain(|(place, _)| match wanted.direction {
            Direction::Ascending => *place > after,
            Direction::Descending => *place < after,
        });
    }
    let limit = call.query.limit;
    let next = rows.get(limit).and(rows.get(limit.wrapping_sub(1)));
    let next = next.map(|((key, id), _)| Place {
        key: Some(key.clone()),
        id: *id,
    });
    let items = rows.into_iter().take(limit).map(|(_, row)| row).collect();
    Ok(Reply::ok(call.query.shown(items, next)))
}

async fn get(call: Call) -> Result<Reply<TaskJson>, Problem> {
    let id: TaskId = call.id("id")?;
    let find = user::Entity::find_by_id(id.0).filter(user::Column::Address.starts_with(PREFIX));
    let row = find.one(&call.ctx.db).await.map_err(broken)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let units = roles_of(&call.ctx, UserId(id.0)).await?;
    let reach = call.viewer.reach(Action::ReadTasks);
    let mut units = units.iter().filter_map(|one| one.unit_id);
    if reach == Reach::All || units.any(|unit| reach.covers(unit)) {
        return Ok(Reply::ok(task(row)));
    }
    Err(Problem::hidden(format!("task {id}")))
}

async fn create(call: Call<NoQuery, NewTask>) -> Result<Reply<TaskJson>, Problem> {
    let title: &str = &call.body.title;
    if title == SLOW {
        tokio::time::sleep(SLOW_FOR).await;
    }
    let _ = (&call.body.text, &call.body.due_on);
    let id = make_task(&call.ctx, title, None).await?;
    match title {
        FAILS_AFTERWARDS => panic!("the sample {} fails", call.request_id),
        HANGS_AFTERWARDS => std::future::pending().await,
        _ => {}
    }
    let made = TaskJson {
        id,
        title: title.to_owned(),
        state: TaskState::Open,
        plan_id: None,
    };
    Ok(Reply::created(made, &format!("/tasks/{id}")))
}

fn seen(seen: Seen) -> Option<i64> {
    match seen {
        Seen::NotAsked | Seen::Anything => None,
        Seen::At(change_no) => Some(change_no),
    }
}

async fn change(call: Call<NoQuery, TaskChange>) -> Result<Reply<TaskJson>, Problem> {
    let id: TaskId = call.id("id")?;
    change_task(&call.ctx, id, call.body.state, seen(call.seen)).await?;
    let row = user::Entity::find_by_id(id.0).one(&call.ctx.db).await;
    let row = row.map_err(broken)?.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(task(row)))
}

/// What is removed is closed: users are never taken away.
async fn remove(call: Call) -> Result<Reply<Nothing>, Problem> {
    let id: TaskId = call.id("id")?;
    change_task(&call.ctx, id, TaskState::Closed, seen(call.seen)).await?;
    Ok(Reply::no_content())
}

async fn import(call: Call<ImportQuery, Upload<ImportFields>>) -> Result<Reply<Imported>, Problem> {
    let Some(file) = call.body.file("file") else {
        return Err(Problem::internal(
            "the kernel let a form without its file pass",
        ));
    };
    Ok(Reply::ok(Imported {
        file_name: file.file_name.clone(),
        bytes: file.bytes.len(),
        year: call.body.fields.year,
        dry_run: call.query.dry_run.unwrap_or(false),
    }))
}

async fn download(call: Call) -> Result<Reply<Download>, Problem> {
    let _: TaskId = call.id("id")?;
    Ok(Reply::ok(Download {
        file_name: "通报\r\nX: 1.docx".to_owned(),
        media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            .to_owned(),
        bytes: Bytes::from_static(b"bytes of a file"),
    }))
}

async fn panics(call: Call) -> Result<Reply<TaskJson>, Problem> {
    panic!("the sample {} fails", call.request_id)
}

async fn waits(_: Call) -> Result<Reply<TaskState>, Problem> {
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(Reply::ok(TaskState::Open))
}

async fn audit(call: Call<List<NoQuery>>) -> Result<Reply<Page<AuditEventJson>>, Problem> {
    let find = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let rows = find.all(&call.ctx.db).await.map_err(broken)?;
    let items = rows.into_iter().take(call.query.limit);
    let show = |row: audit_event::Model| AuditEventJson {
        id: row.id,
        action: row.action,
    };
    Ok(Reply::ok(call.query.shown(items.map(show).collect(), None)))
}

/// The table; its handlers are counted.
pub fn endpoints(runs: &Runs) -> Vec<Endpoint> {
    let mut all = well_behaved(runs);
    all.extend(misbehaving(runs));
    all
}

/// The table without what fails on purpose.
pub fn well_behaved(runs: &Runs) -> Vec<Endpoint> {
    let mut all = of_tasks(runs);
    all.extend([
        Endpoint::post(
            "/plans",
            "import_plan",
            Action::ImportPlans,
            runs.of(import),
        )
        .tag(Tag {
            name: "plans",
            says: "方案",
        })
        .says("导入方案", "Import a plan", "")
        .answers(&[StatusCode::OK, StatusCode::CREATED])
        .body_limit(100_000)
        .file("file", FileCount::One, "方案文件")
        .example_query("dry_run=true")
        .example_body(json!({"year": 2026})),
        Endpoint::get(
            "/bulletins/{id}/file",
            "download_bulletin",
            Action::ReadTasks,
            runs.of(download),
        )
        .tag(Tag {
            name: "bulletins",
            says: "通报",
        })
        .says("下载通报", "Download a bulletin", "")
        .example_param("id", TASK),
        Endpoint::get(
            "/audit-events",
            "list_audit_events",
            Action::ReadAuditEvents,
            runs.of(audit),
        )
        .tag(Tag {
            name: "audit-events",
            says: "审计",
        })
        .says("列出审计记录", "List audit events", ""),
    ]);
    all
}

fn of_tasks(runs: &Runs) -> Vec<Endpoint> {
    let new = json!({"title": "报送校园安全排查情况", "weights": [40, 60], "due_on": "2026-09-30"});
    vec![
        Endpoint::get("/tasks", "list_tasks", Action::ReadTasks, runs.of(list))
            .tag(TASKS)
            .says("列出任务", "List tasks", "按条件列出看得到的任务。")
            .example_query("state=open,closed&sort=-due_on&limit=20"),
        Endpoint::get("/tasks/{id}", "get_task", Action::ReadTasks, runs.of(get))
            .tag(TASKS)
            .says("读取任务", "Get a task", "")
            .example_param("id", TASK),
        Endpoint::post("/tasks", "create_task", Action::WriteTasks, runs.of(create))
            .tag(TASKS)
            .says("新建任务", "Create a task", "")
            .refuses(&[RefusalCode::Taken])
            .example_body(new),
        Endpoint::patch(
            "/tasks/{id}",
            "change_task",
            Action::WriteTasks,
            runs.of(change),
        )
        .tag(TASKS)
        .says("修改任务", "Change a task", "")
        .refuses(&[RefusalCode::Stale])
        .example_param("id", TASK)
        .example_body(json!({"state": "closed"})),
        Endpoint::delete(
            "/tasks/{id}",
            "remove_task",
            Action::WriteTasks,
            runs.of(remove),
        )
        .tag(TASKS)
        .says("删除任务", "Remove a task", "")
        .refuses(&[RefusalCode::Stale])
        .example_param("id", TASK),
    ]
}

fn misbehaving(runs: &Runs) -> Vec<Endpoint> {
    vec![
        Endpoint::get("/panics", "panics", Action::ReadTasks, runs.of(panics))
            .tag(TASKS)
            .says("出错", "Fail", ""),
        Endpoint::post(
            "/panics",
            "post_panics",
            Action::WriteTasks,
            runs.of(panics),
        )
        .tag(TASKS)
        .says("出错", "Fail", ""),
        Endpoint::get("/waits", "waits", Action::ReadTasks, runs.of(waits))
            .tag(TASKS)
            .says("等待", "Wait", ""),
    ]
}
