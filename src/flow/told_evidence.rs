//! Evidence 佐证材料 in an answer: files that the unit has attached before. A file of somebody else is refused like one that
//! does not exist.

use crate::domain::ids::{AssignmentId, AttachmentId, ReportId, UnitId};
use crate::flow::{FlowError, RefusalCode};
use crate::storage::evidence::StoredEvidence;
use crate::storage::{WriteTx, attachments};
use std::collections::{HashMap, HashSet};

/// Files for one item of an answer, and for an answer as a whole, at the most.
pub const MOST_FILES: usize = 20;

/// Files in one answer at the most, those of its items together.
pub const MOST_FILES_TOGETHER: usize = 400;

/// A file that an answer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldFile {
    /// Where it stands in what was given, for refusals: `items[2].evidence[0]`.
    pub place: String,
    /// The assignment that it is about; none where it is about the answer as a whole.
    pub assignment_id: Option<AssignmentId>,
    /// The file.
    pub attachment_id: AttachmentId,
}

/// The evidence of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldEvidence {
    /// The files, in order.
    pub files: Vec<ToldFile>,
    /// Whether the office records the answer: then its own files will do as well as the unit's.
    pub by_office: bool,
}

impl ToldEvidence {
    /// Whether there is any about an assignment.
    pub(super) fn is_about(&self, assignment: AssignmentId) -> bool {
        let mut files = self.files.iter();
        files.any(|file| file.assignment_id == Some(assignment))
    }

    /// The rows that a report makes of it.
    pub(super) fn rows(&self, report_id: ReportId) -> Vec<StoredEvidence> {
        let rows = self.files.iter().map(|file| StoredEvidence {
            report_id,
            assignment_id: file.assignment_id,
            attachment_id: file.attachment_id,
        });
        rows.collect()
    }
}

/// Whose the files are that some answers name; they are held until the transaction ends.
#[derive(Debug, Default)]
pub(super) struct EvidenceChecks {
    owners: HashMap<AttachmentId, Option<UnitId>>,
}

impl EvidenceChecks {
    /// Holds the files.
    pub(super) async fn of<'a>(
        tx: &WriteTx,
        told: impl Iterator<Item = &'a ToldEvidence>,
    ) -> Result<Self, FlowError> {
        let files = told.flat_map(|one| &one.files);
        let mut ids: Vec<AttachmentId> = files.map(|file| file.attachment_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let held = attachments::hold(tx, &ids).await?;
        Ok(Self {
            owners: held
                .into_iter()
                .map(|file| (file.id, file.unit_id))
                .collect(),
        })
    }

    /// Refuses what cannot be evidence of an answer of `unit`.
    pub(super) fn check(&self, told: &ToldEvidence, unit: UnitId) -> Result<(), FlowError> {
        if told.files.len() > MOST_FILES_TOGETHER {
            return Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                "evidence",
                format!("一次填报的佐证材料合计最多 {MOST_FILES_TOGETHER} 份，请合并后再报"),
            ));
        }
        let mut seen = HashSet::new();
        for file in &told.files {
            let id = file.attachment_id;
            let may_be = match self.owners.get(&id) {
                Some(Some(owner)) => *owner == unit,
                Some(None) => told.by_office,
                None => false,
            };
            if !may_be {
                return Err(FlowError::refused_field(
                    RefusalCode::NotFound,
                    &*file.place,
                    format!("填报单位没有编号为 {id} 的附件，请先上传再填报"),
                ));
            }
            if !seen.insert((file.assignment_id, id)) {
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    &*file.place,
                    format!("附件 {id} 填了两次，请只填一次"),
                ));
            }
        }
        Ok(())
    }
}
