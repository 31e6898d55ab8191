//! An office at its ledger: getting it, editing it, sending it back.

use super::pages::all;
use super::read_files::rows;
use super::service::{Response, Service};
use super::town::Town;
use duban::domain::user_role::UserRole;
use serde_json::Value;

/// The headers of the sheet of assignments, from A on.
pub const COLUMNS: [&str; 26] = [
    "分工编号",
    "核对码",
    "序号",
    "编号",
    "重点任务",
    "具体措施",
    "牵头单位",
    "责任单位",
    "角色",
    "联络员",
    "起始时间",
    "完成时限",
    "原时限",
    "序时进度",
    "实际进度",
    "进展情况",
    "存在问题",
    "下一步措施",
    "完成状态",
    "办理状态",
    "佐证",
    "延期次数",
    "督办单号",
    "销号时间",
    "备注",
    "方案",
];

/// The service with an office at it, the plan being issued.
pub struct LedgerDesk {
    pub service: Service,
    pub office: String,
    /// The address of the plan's ledger.
    pub path: String,
}

impl LedgerDesk {
    /// At ten o'clock on the day of issue.
    pub async fn of(town: &Town) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        let service = Service::start(town)?;
        let office = service.token(UserRole::Supervisor, None).await?;
        let path = format!("/plans/{}/ledger", town.plan().await?.id);
        Ok(Self {
            service,
            office,
            path,
        })
    }

    /// The plan's ledger as the holder of a token gets it.
    #[track_caller]
    pub fn export(&self, token: &str) -> Vec<u8> {
        let given = self.service.get(token, &format!("{}.xlsx", self.path));
        assert_eq!(given.status, 200);
        given.body
    }

    /// Sends a ledger back.
    pub fn import(&self, token: &str, sheet: &[u8], dry_run: bool) -> Response {
        self.forced(token, sheet, dry_run, &[])
    }

    /// The same, with more fields of the form.
    pub fn forced(
        &self,
        token: &str,
        sheet: &[u8],
        dry_run: bool,
        force: &[(&str, &str)],
    ) -> Response {
        let path = format!("{}?dry_run={dry_run}", self.path);
        let files = [("file", "台账.xlsx", sheet)];
        self.service.upload(token, &path, force, &files)
    }

    /// The assignment of a unit in a task.
    pub fn assignment(&self, unit: &str, task: &str) -> Value {
        let rows = all(
            &self.service,
            &self.office,
            &format!("/assignments?unit_code={unit}"),
            50,
        );
        let row = rows.into_iter().find(|row| row["task_number"] == task);
        let id = row.map(|row| row["id"].clone()).unwrap_or_default();
        let path = format!("/assignments/{}", id.as_str().unwrap_or_default());
        self.service.get(&self.office, &path).expect(200)
    }
}

/// The cells of the sheet of assignments.
pub fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    let all = rows(bytes);
    let end = all.iter().position(|row| row[0] == "任务编号");
    all[..end.expect("a sheet of tasks")].to_vec()
}

/// The number of the row of a unit and task.
#[track_caller]
pub fn row_of(bytes: &[u8], task: &str, unit: &str) -> usize {
    let found = table(bytes)
        .iter()
        .position(|row| row[3] == task && row[7] == unit);
    found.expect("the row") + 1
}

/// The cell in a column, by its header.
pub fn at(header: &str, row: usize) -> String {
    let column = COLUMNS.iter().position(|one| *one == header);
    let letter = (b'A'..=b'Z')
        .nth(column.expect("a column"))
        .expect("a letter");
    format!("{}{row}", char::from(letter))
}

/// The same with its sheet, as errors name it.
pub fn place(header: &str, row: usize) -> String {
    format!("分工台账!{}", at(header, row))
}
