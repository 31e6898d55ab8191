//! A notice 督办单 as an official document: what it says, part by part, from what was frozen when it was issued. The same
//! notice gives the same document.

use crate::domain::local_time::chinese_day;
use crate::domain::notice::{NoticeOrigin, Rung};
use crate::domain::notice_facts::{AskFact, NoticeFacts};
use crate::domain::official_document::{
    Align, Block, Cell, Column, HeadingLevel, Imprint, OfficialDocument, Paragraph, PointMark,
    Reference, Signature, Table, Urgency,
};
use crate::storage::notices::StoredNotice;

/// The notice as a document; one that is not issued yet is marked as a draft.
pub fn notice_document(notice: &StoredNotice) -> OfficialDocument {
    let facts = &notice.facts;
    let dated_on = notice.issued_on.unwrap_or(facts.as_of);
    let mut body = vec![opening(notice)];
    body.extend(matter(facts));
    body.extend(situation(notice));
    body.extend(demand(notice));
    OfficialDocument {
        mark: Some(facts.office.clone()),
        reference: notice
            .number
            .map(|number| Reference::Number(number.to_string())),
        urgency: Some(match notice.rung {
            Rung::Yellow => Urgency::Urgent,
            Rung::Red => Urgency::MostUrgent,
        }),
        title: title(notice),
        recipients: vec![facts.unit_name.clone()],
        body,
        annexes: Vec::new(),
        signature: Some(Signature {
            offices: vec![facts.office.clone()],
            signed_on: dated_on,
        }),
        imprint: Some(Imprint {
            copies: Vec::new(),
            printed_by: facts.office.clone(),
            printed_on: dated_on,
        }),
    }
}

/// The name of its file, without extension.
pub fn file_title(notice: &StoredNotice) -> String {
    let name = match notice.number {
        Some(number) => number.to_string(),
        None => "草稿".to_owned(),
    };
    format!(
        "{name}{}（{}）",
        notice.rung.label(),
        notice.facts.unit_name
    )
}

fn title(notice: &StoredNotice) -> String {
    let kind = match notice.rung {
        Rung::Yellow => "督办单",
        Rung::Red => "督办通知书",
    };
    let draft = match notice.number {
        Some(_) => "",
        None => "（送审稿）",
    };
    format!("关于{}的{kind}{draft}", notice.facts.about())
}

fn opening(notice: &StoredNotice) -> Block {
    let facts = &notice.facts;
    let what = match (facts.asks.as_slice(), &facts.task) {
        ([one], _) if one.overdue_workdays > 0 => format!(
            "你单位应于{}前{}，截至{}已逾期 {} 个工作日，仍未办理。",
            chinese_day(one.due_on),
            one.what,
            chinese_day(facts.as_of),
            one.overdue_workdays
        ),
        ([one], _) => format!("你单位应于{}前{}。", chinese_day(one.due_on), one.what),
        ([], Some(task)) => format!(
            "你单位承担《{}》任务{}“{}”。",
            task.plan_title, task.number, task.title
        ),
        (several, _) => format!(
            "截至{}，你单位有 {} 项应报事项逾期未办，最长已逾期 {} 个工作日。",
            chinese_day(facts.as_of),
            several.len(),
            facts.overdue_workdays()
        ),
    };
    let basis = match notice.origin {
        NoticeOrigin::Ladder => "按照督办工作规则",
        NoticeOrigin::Hand => "经研究",
    };
    Block::paragraph(format!(
        "{what}{basis}，现发{}，请认真办理。",
        notice.rung.label()
    ))
}

/// The table of what is owed.
fn matter(facts: &NoticeFacts) -> Vec<Block> {
    let mut blocks = vec![Block::heading(HeadingLevel::One, "督办事项")];
    if !facts.asks.is_empty() {
        let moved = facts.asks.iter().any(|ask| ask.first_due_on != ask.due_on);
        let mut columns = vec![Column::new("事项", 6, Align::Left)];
        if moved {
            columns.push(Column::new("最初期限", 5, Align::Centre));
        }
        columns.push(Column::new("应报日期", 5, Align::Centre));
        columns.push(Column::new("已逾期", 4, Align::Centre));
        blocks.push(Block::Table(Table {
            caption: String::new(),
            columns,
            rows: facts.asks.iter().map(|ask| ask_row(ask, moved)).collect(),
        }));
    }
    blocks.extend(facts.asks.iter().filter_map(tasks_of));
    if let Some(task) = &facts.task {
        blocks.push(Block::paragraph(format!(
            "《{}》任务{}：{}。",
            task.plan_title, task.number, task.title
        )));
    }
    blocks
}

/// A request; the first day stands beside the other where any was moved.
fn ask_row(ask: &AskFact, moved: bool) -> Vec<Cell> {
    let overdue = match ask.overdue_workdays {
        0 => "未逾期".to_owned(),
        days => format!("{days} 个工作日"),
    };
    let first = moved.then(|| Cell::new(chinese_day(ask.first_due_on)));
    let mut row = vec![Cell::new(ask.what.clone())];
    row.extend(first);
    row.extend([Cell::new(chinese_day(ask.due_on)), Cell::new(overdue)]);
    row
}

/// The tasks that a request asks about.
fn tasks_of(ask: &AskFact) -> Option<Block> {
    if ask.tasks.is_empty() {
        return None;
    }
    let etc = match ask.task_count > ask.tasks.len() {
        true => "等",
        false => "",
    };
    Some(Block::paragraph(format!(
        "涉及任务 {} 项：{}{etc}。",
        ask.task_count,
        ask.tasks.join("；")
    )))
}

/// What speaks for it: the rule, the light, the reminders, the notice before.
fn situation(notice: &StoredNotice) -> Vec<Block> {
    let facts = &notice.facts;
    let mut points = vec![Paragraph::led("督办依据：", format!("{}。", notice.reason))];
    if let Some(light) = &facts.light {
        points.push(Paragraph::led(
            "进展情况：",
            format!("任务{}：{}", light.task_number, light.text),
        ));
    }
    let days: Vec<String> = facts
        .reminders
        .iter()
        .map(|one| format!("{}（{}）", chinese_day(one.on), one.stage))
        .collect();
    if !days.is_empty() {
        let recent = match facts.reminder_count > days.len() {
            true => "，最近几次为",
            false => "",
        };
        points.push(Paragraph::led(
            "提醒情况：",
            format!(
                "此前已发邮件提醒 {} 次{recent}：{}。",
                facts.reminder_count,
                days.join("、")
            ),
        ));
    }
    if let Some(earlier) = &facts.earlier {
        points.push(Paragraph::led(
            "此前督办：",
            format!(
                "{}已发出{}{}，至今没有答复，现予升级。",
                chinese_day(earlier.issued_on),
                earlier.number,
                earlier.rung.label()
            ),
        ));
    }
    vec![
        Block::heading(HeadingLevel::One, "有关情况"),
        Block::Points {
            mark: PointMark::Bracketed,
            points,
        },
    ]
}

fn demand(notice: &StoredNotice) -> Vec<Block> {
    let until = match notice.facts.answer_by {
        Some(day) => format!("{}前", chinese_day(day)),
        None => format!("发出后 {} 个工作日内", notice.answer_workdays),
    };
    vec![
        Block::heading(HeadingLevel::One, "办理要求"),
        Block::paragraph(notice.demand.clone()),
        Block::paragraph(format!(
            "请于{until}书面答复{}。对督办事项有异议的，可在答复期限内提出一次，并说明理由；异议处理期间，答复期限不变。",
            notice.facts.office
        )),
    ]
}

#[cfg(test)]
#[path = "notice_document_tests.rs"]
mod tests;
