//! What answers are checked against: what was asked, where the assignments stand, what was sent back.

use crate::domain::actor::Actor;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::finding_life::{self, FindingEvent, FindingState};
use crate::domain::ids::{AssignmentId, FindingId, ObligationId, ReportId};
use crate::domain::obligation::{MovedBy, ObligationKind, ObligationState};
use crate::domain::report::{MOST_ITEMS, ProgressError, progressed};
use crate::flow::answer_obligation::Answer;
use crate::flow::told_evidence::EvidenceChecks;
use crate::flow::told_values::AskedValues;
use crate::flow::{FlowError, RefusalCode};
use crate::storage::assignment_life::{self, Progressed, Standing};
use crate::storage::evidence::StoredEvidence;
use crate::storage::indicator_values::StoredValue;
use crate::storage::obligations::StoredObligation;
use crate::storage::reports::NewReport;
use crate::storage::{Author, WriteTx, findings, new_id, obligations, reports};
use std::collections::{HashMap, HashSet};

/// An answer that was taken, and is to be written down.
pub(super) struct Taken {
    pub(super) report: NewReport,
    pub(super) values: Vec<StoredValue>,
    pub(super) evidence: Vec<StoredEvidence>,
    /// What it makes of the finding that was asked about.
    pub(super) finding: Option<FindingReported>,
}

/// A finding that is reported as put right.
#[derive(Debug, Clone, Copy)]
pub(super) struct FindingReported {
    pub(super) id: FindingId,
    pub(super) before: FindingState,
    pub(super) after: FindingState,
}

/// What answers are checked against. The obligations, and the assignments told of, are held until the transaction ends.
pub(super) struct AnswerChecks {
    pub(super) held: HashMap<ObligationId, StoredObligation>,
    asked: HashSet<(ObligationId, AssignmentId)>,
    asked_values: AskedValues,
    files: EvidenceChecks,
    versions: HashMap<ObligationId, i32>,
    /// The findings asked about, and where they stand, the answers taken so far included.
    findings: HashMap<ObligationId, (FindingId, FindingState)>,
    /// Where the assignments told of stand, the answers taken so far included.
    standing: HashMap<AssignmentId, Standing>,
    /// What the answers taken so far make of assignments.
    pub(super) progressed: HashMap<AssignmentId, Progressed>,
    /// Obligations that stay open although a report is written to them: it does not tell all that they ask.
    pub(super) left_open: HashSet<ObligationId>,
}

impl AnswerChecks {
    /// Holds what these answers are about.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub(super) async fn open(
        tx: &WriteTx,
        answers: impl Iterator<Item = &Answer> + Clone,
    ) -> Result<Self, FlowError> {
        let mut ids: Vec<ObligationId> = answers.clone().map(|one| one.obligation_id).collect();
        let telling = answers.clone().filter(|one| !one.values.is_empty());
        let mut telling: Vec<ObligationId> = telling.map(|one| one.obligation_id).collect();
        for list in [&mut ids, &mut telling] {
            list.sort_unstable();
            list.dedup();
        }
        let held: HashMap<_, _> = obligations::hold(tx, &ids)
            .await?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
        let asked: HashSet<_> = obligations::assignments_asked(tx, &ids)
            .await?
            .into_iter()
            .collect();
        let files = EvidenceChecks::of(tx, answers.clone().map(|one| &one.evidence)).await?;
        let rectifying = held.values();
        let rectifying = rectifying.filter(|one| one.kind == ObligationKind::Rectify);
        let rectifying: Vec<ObligationId> = rectifying.map(|one| one.id).collect();
        let findings = findings::hold_of_obligations(tx, &rectifying).await?;
        let told = answers.flat_map(|one| &one.items);
        let mut of_interest: Vec<AssignmentId> = told.map(|item| item.assignment_id).collect();
        // What was sent back has to be reported again, whether it is told of or not.
        let sent_back = |id: &ObligationId| held.get(id).is_some_and(is_sent_back);
        let returned = asked.iter().filter(|(obligation, _)| sent_back(obligation));
        of_interest.extend(returned.map(|(_, assignment)| *assignment));
        Ok(Self {
            standing: assignment_life::hold(tx, of_interest).await?,
            asked_values: AskedValues::of(tx, &telling).await?,
            files,
            versions: reports::last_versions(tx, &ids).await?,
            progressed: HashMap::new(),
            findings: findings
                .into_iter()
                .map(|one| (one.obligation_id, (one.id, one.state)))
                .collect(),
            left_open: HashSet::new(),
            held,
            asked,
        })
    }

    /// Version of the last report to an obligation, the answers taken so far included; 0 for none.
    pub(super) fn last_version(&self, id: ObligationId) -> i32 {
        self.versions.get(&id).copied().unwrap_or(0)
    }

    /// The report that an answer makes, with the next version.
    ///
    /// # Errors
    /// [`FlowError::Refused`]; the answer changes nothing then.
    pub(super) fn take(&mut self, author: &Author, answer: Answer) -> Result<Taken, FlowError> {
        let id = answer.obligation_id;
        let known = self.held.get(&id).ok_or_else(|| {
            FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的应报事项"))
        })?;
        check(author, &answer, known, &self.asked)?;
        self.refuse_missing(&answer)?;
        self.asked_values.check(id, &answer.values)?;
        self.files.check(&answer.evidence, known.unit_id)?;
        let next = self.progress(&answer)?;
        let finding = rectified(&mut self.findings, id)?;
        for one in next {
            let Standing {
                id, state, percent, ..
            } = one;
            self.standing.insert(id, one);
            self.progressed
                .insert(id, Progressed { id, state, percent });
        }
        let version = self.versions.entry(answer.obligation_id).or_insert(0);
        *version += 1;
        let report_id = ReportId(new_id());
        let evidence = answer.evidence.rows(report_id);
        let report = NewReport {
            id: report_id,
            obligation_id: answer.obligation_id,
            version: *version,
            reported_by: answer.reported_by,
            note: answer.note,
            items: answer.items,
        };
        let values = self.asked_values.rows(report.id, known, answer.values);
        Ok(Taken {
            report,
            values,
            evidence,
            finding,
        })
    }

    /// An answer to what was sent back tells of everything that was.
    fn refuse_missing(&self, answer: &Answer) -> Result<(), FlowError> {
        let id = answer.obligation_id;
        if !self.held.get(&id).is_some_and(is_sent_back) {
            return Ok(());
        }
        let told: HashSet<AssignmentId> =
            answer.items.iter().map(|item| item.assignment_id).collect();
        let mut missing: Vec<AssignmentId> = self
            .asked
            .iter()
            .filter(|(obligation, _)| *obligation == id)
            .map(|(_, assignment)| *assignment)
            .filter(|assignment| !told.contains(assignment))
            .filter(|assignment| {
                let standing = self.standing.get(assignment);
                standing.is_some_and(|one| one.state == AssignmentState::Returned)
            })
            .collect();
        missing.sort_unstable();
        match missing.first() {
            None => Ok(()),
            Some(first) => Err(FlowError::refused_field(
                RefusalCode::ReturnedItemMissing,
                "items",
                format!(
                    "有 {} 项分工被退回，须重新填报；还缺 {first}{}",
                    missing.len(),
                    if missing.len() > 1 { " 等" } else { "" }
                ),
            )),
        }
    }

    /// What an answer makes of the assignments it tells of; nothing where any of it cannot be.
    fn progress(&self, answer: &Answer) -> Result<Vec<Standing>, FlowError> {
        let mut next = Vec::with_capacity(answer.items.len());
        for (position, item) in answer.items.iter().enumerate() {
            // Acknowledging without a word about an assignment moves nothing here.
            let Some(now) = self.standing.get(&item.assignment_id) else {
                continue;
            };
            if item.is_empty() && !answer.evidence.is_about(item.assignment_id) {
                continue;
            }
            let refuse = |code, field: &str, text: String| {
                FlowError::refused_field(code, format!("items[{position}].{field}"), text)
            };
            let told = progressed(now.state, now.percent, item.percent);
            let state = told.map_err(|wrong| match wrong {
                ProgressError::OutOfOrder(wrong) => {
                    let text = format!("任务分工 {}：{wrong}，请从填报中去掉", item.assignment_id);
                    refuse(RefusalCode::OutOfOrder, "assignment_id", text)
                }
                ProgressError::Falls { .. } => {
                    refuse(RefusalCode::PercentFalls, "percent", wrong.to_string())
                }
            })?;
            next.push(Standing {
                state,
                percent: item.percent.or(now.percent),
                ..*now
            });
        }
        Ok(next)
    }
}

/// What an answer makes of the finding that the obligation asks about.
fn rectified(
    findings: &mut HashMap<ObligationId, (FindingId, FindingState)>,
    id: ObligationId,
) -> Result<Option<FindingReported>, FlowError> {
    let Some((finding, state)) = findings.get_mut(&id) else {
        return Ok(None);
    };
    let before = *state;
    let after = finding_life::transition(before, FindingEvent::Report)
        .map_err(|wrong| FlowError::refused(RefusalCode::OutOfOrder, wrong.to_string()))?;
    *state = after;
    Ok(Some(FindingReported {
        id: *finding,
        before,
        after,
    }))
}

/// Whether something of it was sent back, and has not been answered since.
fn is_sent_back(one: &StoredObligation) -> bool {
    let by_return = one
        .moved
        .as_ref()
        .is_some_and(|moved| moved.by == MovedBy::Return);
    by_return && one.state != ObligationState::Answered
}

fn check(
    author: &Author,
    answer: &Answer,
    known: &StoredObligation,
    asked: &HashSet<(ObligationId, AssignmentId)>,
) -> Result<(), FlowError> {
    let id = answer.obligation_id;
    if known.state == ObligationState::Withdrawn {
        return Err(FlowError::refused(
            RefusalCode::ObligationWithdrawn,
            "该应报事项已撤回，不需要填报",
        ));
    }
    if answer.items.len() + answer.values.len() > MOST_ITEMS {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "items",
            format!("一次最多填报 {MOST_ITEMS} 项，请分次填报"),
        ));
    }
    let mut seen = HashSet::new();
    for (position, item) in answer.items.iter().enumerate() {
        let refuse = |code, text: String| {
            FlowError::refused_field(code, format!("items[{position}].assignment_id"), text)
        };
        let assignment = item.assignment_id;
        if !asked.contains(&(id, assignment)) {
            return Err(refuse(
                RefusalCode::ForeignItem,
                format!("任务分工 {assignment} 不在该应报事项之内，请核对编号"),
            ));
        }
        if !seen.insert(assignment) {
            return Err(refuse(
                RefusalCode::InvalidValue,
                format!("任务分工 {assignment} 填了两次，请只填一次"),
            ));
        }
    }
    // What an office records of a call or a mail needs no words; who answers by themselves says something.
    let recorded = !matches!(author.actor, Actor::User { .. } | Actor::Link { .. });
    let told = recorded
        || answer.note.is_some()
        || !answer.values.is_empty()
        || !answer.evidence.files.is_empty()
        || answer.items.iter().any(|item| !item.is_empty());
    if !told && !known.kind.may_be_bare() {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "items",
            "填报内容为空，请填写进度、完成情况或说明",
        ));
    }
    Ok(())
}
