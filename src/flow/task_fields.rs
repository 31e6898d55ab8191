//! What may stand in a task that a person writes: its units, its due day, its template. Every field that is wrong is told,
//! with its place in the request.

use crate::domain::fan_out::Party;
use crate::domain::ids::AttachmentId;
use crate::domain::role::Role;
use crate::domain::unit::{UnitDirectory, Unmatched};
use crate::flow::issue_asks::unmatched_text;
use crate::flow::{FlowError, RefusalCode, WrongField};
use crate::storage::{WriteTx, attachments};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Fields that are wrong, in the order of the request.
#[derive(Debug, Default)]
pub(super) struct WrongFields(Vec<(RefusalCode, WrongField)>);

impl WrongFields {
    /// Adds one.
    pub(super) fn add(&mut self, code: RefusalCode, path: String, text: String) {
        self.0.push((code, WrongField::new(path, text)));
    }

    /// Refuses where there is any; under the first one's code.
    ///
    /// # Errors
    /// [`FlowError::Refused`].
    pub(super) fn refuse(self) -> Result<(), FlowError> {
        match self.0.first().map(|(code, _)| *code) {
            None => Ok(()),
            Some(code) => {
                let fields = self.0.into_iter().map(|(_, field)| field).collect();
                Err(FlowError::refused_fields(code, fields))
            }
        }
    }
}

/// The name of the field that holds the units of a role.
pub(super) fn field_of(role: Role) -> &'static str {
    match role {
        Role::Lead => "lead_units",
        Role::Responsible => "responsible_units",
        Role::Cooperating => "cooperating_units",
    }
}

/// The checks of one task.
pub(super) struct TaskChecks<'a> {
    pub(super) tx: &'a WriteTx,
    pub(super) directory: &'a UnitDirectory,
    pub(super) today: NaiveDate,
    /// The path of a field in the request.
    pub(super) path: &'a dyn Fn(&str) -> String,
    pub(super) wrong: &'a mut WrongFields,
}

impl TaskChecks<'_> {
    /// Nobody is asked for a day that is over.
    pub(super) fn due_on(&mut self, due_on: Option<NaiveDate>) {
        if let Some(day) = due_on.filter(|day| *day < self.today) {
            let text = format!("完成时限 {day} 已过，请改为今天（{}）或以后", self.today);
            let path = (self.path)("due_on");
            self.wrong.add(RefusalCode::InvalidValue, path, text);
        }
    }

    /// Every name must stand for somebody, and somebody must lead where leads are given at all.
    pub(super) fn units(&mut self, units: &BTreeMap<Role, Vec<String>>) {
        for (role, names) in units {
            let field = field_of(*role);
            if *role == Role::Lead && names.is_empty() {
                let text = "至少要有一个牵头单位".to_owned();
                let path = (self.path)(field);
                self.wrong.add(RefusalCode::InvalidValue, path, text);
            }
            for (at, name) in names.iter().enumerate() {
                let Err(why) = self.directory.resolve(name) else {
                    continue;
                };
                let code = match why {
                    Unmatched::Unknown | Unmatched::EmptyGroup => RefusalCode::UnknownUnit,
                    Unmatched::Ambiguous(_) => RefusalCode::Ambiguous,
                };
                let text = format!("“{name}”{}，请核对名称或改用单位编码", unmatched_text(&why));
                let path = (self.path)(&format!("{field}[{at}]"));
                self.wrong.add(code, path, text);
            }
        }
    }

    /// A template must have been attached.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub(super) async fn template(&mut self, id: Option<AttachmentId>) -> Result<(), FlowError> {
        if let Some(id) = id
            && attachments::get(self.tx, id).await?.is_none()
        {
            let text = format!("没有编号为 {id} 的附件，请先上传");
            let path = (self.path)("template_id");
            self.wrong.add(RefusalCode::InvalidValue, path, text);
        }
        Ok(())
    }
}

/// The parties as a task keeps them: a code becomes the full name of its unit where that name is its alone, so that people
/// read names.
pub(super) fn named_parties(
    directory: &UnitDirectory,
    units: &BTreeMap<Role, Vec<String>>,
) -> Vec<Party> {
    let mut parties = Vec::new();
    for (role, names) in units {
        for name in names {
            let name = name.trim();
            let unit = directory.by_code(name);
            let full = unit.filter(|unit| {
                let meant = directory.resolve(&unit.name);
                matches!(meant.as_deref(), Ok([one]) if one.id == unit.id)
            });
            let name = full.map_or(name, |unit| unit.name.as_str()).to_owned();
            parties.push(Party { role: *role, name });
        }
    }
    parties
}
