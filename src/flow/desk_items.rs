//! What the obligations that letters tell of ask about, kept small.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::ObligationId;
use crate::domain::role::Role;
use crate::flow::FlowError;
use crate::storage::{Session, findings, obligations};
use std::collections::HashMap;

/// Obligations whose items are read at once; each may have thousands.
const ITEMS_OF: usize = 50;

/// What an obligation asks about, small: a large bureau has hundreds of thousands open.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeskItem {
    /// Task of the assignment; none for what belongs to no task.
    pub(super) task_id: Option<uuid::Uuid>,
    /// Role in it.
    pub(super) role: Option<Role>,
}

/// How a task is named.
#[derive(Debug, Clone, Default)]
pub(super) struct TaskWords {
    /// Number.
    pub(super) number: String,
    /// Title.
    pub(super) title: String,
}

/// The items of many obligations, with the names of their tasks.
#[derive(Debug, Default)]
pub(super) struct DeskItems {
    of_asks: HashMap<ObligationId, Vec<DeskItem>>,
    task_words: HashMap<uuid::Uuid, TaskWords>,
    /// The task that a finding is about, by what asks for its rectification: its leads are told where that is late.
    of_findings: HashMap<ObligationId, DeskItem>,
}

impl DeskItems {
    /// Nothing loaded yet, but for what the findings that wait for their units are about.
    pub(super) async fn open(db: &impl Session) -> Result<Self, FlowError> {
        let mut items = Self::default();
        for about in findings::about_tasks(db).await? {
            let item = DeskItem {
                task_id: Some(about.task_id.0),
                role: Some(about.role),
            };
            items.of_findings.insert(about.obligation_id, item);
            let words = TaskWords {
                number: about.number,
                title: about.title,
            };
            items.task_words.entry(about.task_id.0).or_insert(words);
        }
        Ok(items)
    }

    /// Loads the items of these obligations.
    pub(super) async fn load(
        &mut self,
        db: &impl Session,
        ids: &[ObligationId],
    ) -> Result<(), FlowError> {
        for some in ids.chunks(ITEMS_OF) {
            for row in obligations::items(db, some).await? {
                let state = row.state.as_deref();
                let state: Option<AssignmentState> = state.and_then(|code| code.parse().ok());
                // What is closed, paused or withdrawn is not asked for.
                if state.is_some_and(|state| state.ending().is_some()) {
                    continue;
                }
                let item = DeskItem {
                    task_id: row.task_id,
                    role: row.role.as_deref().and_then(|role| role.parse().ok()),
                };
                self.of_asks
                    .entry(ObligationId(row.obligation_id))
                    .or_default()
                    .push(item);
                if let Some(task) = row.task_id {
                    self.task_words.entry(task).or_insert_with(|| TaskWords {
                        number: row.number.unwrap_or_default(),
                        title: row.title.unwrap_or_default(),
                    });
                }
            }
        }
        Ok(())
    }

    /// What an obligation asks about, as far as it was loaded.
    pub(super) fn of(&self, id: ObligationId) -> &[DeskItem] {
        self.of_asks.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// What copies tell an obligation is about: its items, or the task of the finding that is to be put right.
    pub(super) fn copied(&self, id: ObligationId) -> &[DeskItem] {
        match (self.of(id), self.of_findings.get(&id)) {
            ([], Some(found)) => std::slice::from_ref(found),
            (items, _) => items,
        }
    }

    /// How the task of an item is named; empty where it has none.
    pub(super) fn words(&self, item: DeskItem) -> TaskWords {
        item.task_id
            .and_then(|task| self.task_words.get(&task))
            .cloned()
            .unwrap_or_default()
    }
}
