//! Why a reminder was, or was not, told to somebody: one sentence.

use crate::domain::stage::Stage;
use crate::flow::explain_contact::mail_state_text;
use crate::storage::lists::reminders::ReminderRow;
use crate::storage::reminders::{Addressee, ReminderState};

/// The sentence: the stage, the due day, to whom, and the mail that carries it or the reason why none does.
pub fn explain_reminder(row: &ReminderRow) -> String {
    let reminder = &row.reminder;
    let whom = match reminder.key.addressee {
        Addressee::Unit => format!("“{}”的联络员", row.asked.unit.name),
        Addressee::LeadCopy => format!("牵头单位联络员（抄送，事关“{}”）", row.asked.unit.name),
        Addressee::SupervisionCopy => {
            format!("督导办联络员（抄送，事关“{}”）", row.asked.unit.name)
        }
    };
    let stage = stage_text(reminder.key.stage);
    let (made_on, due_on) = (reminder.made_on, reminder.due_on);
    let fate = match (reminder.state, row.mail_state) {
        (ReminderState::Mailed, Some(state)) => {
            format!("由邮件承载，该邮件{}", mail_state_text(state))
        }
        (ReminderState::Mailed, None) => "由邮件承载".to_owned(),
        (ReminderState::Cancelled, _) => {
            format!("已取消：{}", reason_text(reminder.reason.as_deref()))
        }
        (ReminderState::Suppressed, _) => {
            format!("没有发出：{}", reason_text(reminder.reason.as_deref()))
        }
    };
    format!("{made_on} 处于“{stage}”阶段（{due_on} 到期），提醒{whom}；{fate}。")
}

/// A stage in words.
pub(super) fn stage_text(stage: Stage) -> String {
    match stage {
        Stage::Notice => "首次通知".to_owned(),
        Stage::Before(workdays) => format!("到期前 {workdays} 个工作日"),
        Stage::Due => "到期当日".to_owned(),
        Stage::Over(workdays) => format!("逾期 {workdays} 个工作日"),
    }
}

/// A stable reason code in words; one that is not known here is told as it is.
fn reason_text(code: Option<&str>) -> String {
    match code {
        Some("no_address") => "联络员没有邮箱地址，请在单位名单中补充".to_owned(),
        Some("answered") => "单位已填报".to_owned(),
        Some("closed") => "督办已结束".to_owned(),
        Some("settled") => "事项已办结或到期日已变更".to_owned(),
        Some("replanned") => "到期日已按新校历变更".to_owned(),
        Some("contact_changed") => "联络员已更换".to_owned(),
        Some("superseded") => "已由更新的汇总邮件代替".to_owned(),
        Some(other) => other.to_owned(),
        None => "原因没有记录".to_owned(),
    }
}
