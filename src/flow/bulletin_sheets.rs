//! The annex of a bulletin as sheets: everything together, by unit, by section, the problems, the rounds, and the ledger 台账
//! with its lights. Its numbers are those of the snapshot alone.

use crate::documents::sheet_out::{ColumnKind, SheetCell, SheetColumn, SheetOut, SheetValue};
use crate::domain::bulletin_snapshot::{
    BulletinSnapshot, SnapshotAssignment, UnitCounts, cycle_label, role_label,
};
use crate::domain::five_counts::FiveCounts;
use crate::domain::light::Light;
use crate::domain::percent_parts::Tenths;
use crate::domain::period_key::PeriodKey;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use crate::flow::bulletin_told::BulletinTold;

/// The annex as sheets.
pub fn bulletin_sheets(told: &BulletinTold) -> Vec<SheetOut> {
    let snapshot = &told.snapshot;
    vec![
        overall(told),
        by_unit(snapshot),
        by_section(snapshot),
        problems(snapshot),
        rounds(snapshot),
        ledger(snapshot),
    ]
}

fn overall(told: &BulletinTold) -> SheetOut {
    let snapshot = &told.snapshot;
    let mut rows: Vec<Vec<SheetCell>> = snapshot
        .assignments
        .parts()
        .into_iter()
        .map(|(standing, count, part)| {
            vec![
                SheetCell::text(standing.label()),
                number(count),
                percent(part),
            ]
        })
        .collect();
    let total = snapshot.assignments.total();
    let whole = match total {
        0 => Tenths::default(),
        _ => Tenths(1_000),
    };
    rows.push(vec![SheetCell::text("合计"), number(total), percent(whole)]);
    let lights = snapshot.lights;
    for (light, count) in [
        (Light::Green, lights.green),
        (Light::Yellow, lights.yellow),
        (Light::Red, lights.red),
    ] {
        rows.push(vec![
            SheetCell::coloured(light.label(), Some(light)),
            number(count),
        ]);
    }
    if snapshot.ledger_left_out > 0 {
        let left_out = "台账未列出的绿灯分工";
        rows.push(vec![
            SheetCell::text(left_out),
            number(snapshot.ledger_left_out),
        ]);
    }
    rows.push(vec![
        SheetCell::text("数据截至"),
        SheetCell::day(Some(snapshot.as_of)),
    ]);
    rows.push(vec![
        SheetCell::text("快照校验码"),
        SheetCell::text(&told.sha256),
    ]);
    SheetOut {
        name: "总体情况".to_owned(),
        columns: vec![
            SheetColumn::new("项目", 22, ColumnKind::Text),
            SheetColumn::new("分工（项）", 14, ColumnKind::Number),
            SheetColumn::new("占比", 10, ColumnKind::Percent),
        ],
        rows,
    }
}

fn count_columns() -> Vec<SheetColumn> {
    let mut columns = vec![SheetColumn::new("分工", 8, ColumnKind::Number)];
    columns.extend(Standing::ALL.map(|one| SheetColumn::new(one.label(), 9, ColumnKind::Number)));
    columns
}

fn count_cells(counts: &FiveCounts) -> Vec<SheetCell> {
    let mut cells = vec![number(counts.total())];
    cells.extend(Standing::ALL.map(|one| number(counts.of(one))));
    cells
}

fn by_unit(snapshot: &BulletinSnapshot) -> SheetOut {
    let mut columns = vec![
        SheetColumn::new("单位代码", 12, ColumnKind::Text),
        SheetColumn::new("单位", 30, ColumnKind::LongText),
        SheetColumn::new("类型", 10, ColumnKind::Text),
        SheetColumn::new("所属区", 18, ColumnKind::Text),
        SheetColumn::new("联系领导", 12, ColumnKind::Text),
    ];
    columns.extend(count_columns());
    for light in Light::ALL {
        columns.push(SheetColumn::new(light.label(), 8, ColumnKind::Number));
    }
    columns.push(SheetColumn::new("到期未答复", 12, ColumnKind::Number));
    let units = (0_u32..).zip(snapshot.units.iter().zip(&snapshot.by_unit));
    let rows = units.map(|(at, (unit, counts))| {
        let silent = snapshot.unanswered.iter().filter(|ask| ask.unit == at);
        let silent = u32::try_from(silent.count()).unwrap_or(u32::MAX);
        let mut row = vec![
            SheetCell::text(&unit.code),
            SheetCell::text(&unit.name),
            SheetCell::text(kind_label(unit.kind)),
            SheetCell::text(unit.district.as_deref().unwrap_or_default()),
            SheetCell::text(unit.liaison.as_deref().unwrap_or_default()),
        ];
        row.extend(count_cells(&counts.standings));
        row.extend(light_cells(counts));
        row.push(number(silent));
        row
    });
    SheetOut {
        name: "分单位".to_owned(),
        rows: rows.collect(),
        columns,
    }
}

fn light_cells(counts: &UnitCounts) -> [SheetCell; 3] {
    let lights = counts.lights;
    let shown = |count: u32, light: Light| SheetCell {
        light: (count > 0 && light != Light::Green).then_some(light),
        ..number(count)
    };
    [
        shown(lights.green, Light::Green),
        shown(lights.yellow, Light::Yellow),
        shown(lights.red, Light::Red),
    ]
}

fn by_section(snapshot: &BulletinSnapshot) -> SheetOut {
    let mut columns = vec![SheetColumn::new("工作板块", 40, ColumnKind::LongText)];
    columns.extend(count_columns());
    let rows = snapshot.sections.iter().zip(&snapshot.by_section);
    let rows = rows.map(|(name, counts)| {
        let mut row = vec![SheetCell::text(match name.is_empty() {
            true => "其他任务",
            false => name,
        })];
        row.extend(count_cells(counts));
        row
    });
    SheetOut {
        name: "分板块".to_owned(),
        rows: rows.collect(),
        columns,
    }
}

fn problems(snapshot: &BulletinSnapshot) -> SheetOut {
    let mut rows = Vec::new();
    for one in snapshot.problems() {
        for row in &one.red {
            let task = task_of(snapshot, row);
            rows.push(vec![
                SheetCell::text(&one.unit.code),
                SheetCell::text(&one.unit.name),
                SheetCell::coloured(Light::Red.label(), Some(Light::Red)),
                SheetCell::text(&task.map_or_else(String::new, |task| task.number.clone())),
                SheetCell::text(&task.map_or_else(String::new, |task| task.title.clone())),
                SheetCell::text(row.why.as_deref().unwrap_or_default()),
                SheetCell::day(row.due_on),
            ]);
        }
        for ask in &one.unanswered {
            rows.push(vec![
                SheetCell::text(&one.unit.code),
                SheetCell::text(&one.unit.name),
                SheetCell::text("未答复"),
                SheetCell::default(),
                SheetCell::text(&ask.told()),
                SheetCell::text("到期未答复"),
                SheetCell::day(Some(ask.due_on)),
            ]);
        }
    }
    SheetOut {
        name: "问题清单".to_owned(),
        columns: vec![
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("单位", 30, ColumnKind::LongText),
            SheetColumn::new("问题", 10, ColumnKind::Text),
            SheetColumn::new("编号", 12, ColumnKind::Text),
            SheetColumn::new("事项", 44, ColumnKind::LongText),
            SheetColumn::new("说明", 60, ColumnKind::LongText),
            SheetColumn::new("时限", 12, ColumnKind::Date),
        ],
        rows,
    }
}

fn rounds(snapshot: &BulletinSnapshot) -> SheetOut {
    let rows = snapshot.rounds.iter().map(|round| {
        let period = round.period.parse::<PeriodKey>();
        let period = period.map_or_else(|_| round.period.clone(), PeriodKey::label);
        vec![
            SheetCell::text(cycle_label(round.cycle)),
            SheetCell::text(&period),
            SheetCell::day(Some(round.opened_on)),
            SheetCell::day(round.due_on),
            number(round.asked),
            number(round.answered),
            number(round.asked.saturating_sub(round.answered)),
        ]
    });
    SheetOut {
        name: "督办开展".to_owned(),
        columns: vec![
            SheetColumn::new("督办", 10, ColumnKind::Text),
            SheetColumn::new("周期段", 26, ColumnKind::Text),
            SheetColumn::new("开展日期", 12, ColumnKind::Date),
            SheetColumn::new("应报日期", 12, ColumnKind::Date),
            SheetColumn::new("应报单位", 10, ColumnKind::Number),
            SheetColumn::new("已报", 8, ColumnKind::Number),
            SheetColumn::new("未报", 8, ColumnKind::Number),
        ],
        rows: rows.collect(),
    }
}

fn ledger(snapshot: &BulletinSnapshot) -> SheetOut {
    let rows = (1_u32..).zip(&snapshot.ledger);
    SheetOut {
        name: "台账".to_owned(),
        columns: vec![
            SheetColumn::new("序号", 7, ColumnKind::Number),
            SheetColumn::new("编号", 12, ColumnKind::Text),
            SheetColumn::new("重点任务", 44, ColumnKind::LongText),
            SheetColumn::new("工作板块", 24, ColumnKind::LongText),
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("单位", 28, ColumnKind::LongText),
            SheetColumn::new("所属区", 16, ColumnKind::Text),
            SheetColumn::new("分工", 7, ColumnKind::Text),
            SheetColumn::new("完成时限", 12, ColumnKind::Date),
            SheetColumn::new("序时进度", 10, ColumnKind::Percent),
            SheetColumn::new("实际进度", 10, ColumnKind::Percent),
            SheetColumn::new("完成状态", 10, ColumnKind::Text),
            SheetColumn::new("灯", 7, ColumnKind::Text),
            SheetColumn::new("说明", 50, ColumnKind::LongText),
            SheetColumn::new("进展情况", 40, ColumnKind::LongText),
            SheetColumn::new("存在问题", 30, ColumnKind::LongText),
            SheetColumn::new("下一步措施", 30, ColumnKind::LongText),
        ],
        rows: rows
            .map(|(at, row)| ledger_row(snapshot, at, row))
            .collect(),
    }
}

fn ledger_row(snapshot: &BulletinSnapshot, at: u32, row: &SnapshotAssignment) -> Vec<SheetCell> {
    let task = task_of(snapshot, row);
    let unit = snapshot.unit(row.unit);
    let section = task.and_then(|task| snapshot.sections.get(usize::try_from(task.section).ok()?));
    let told = |words: &Option<String>| SheetCell::text(words.as_deref().unwrap_or_default());
    let actual = row.percent.map(|percent| Tenths(u16::from(percent) * 10));
    vec![
        number(at),
        SheetCell::text(task.map_or("", |task| &task.number)),
        SheetCell::text(task.map_or("", |task| &task.title)),
        SheetCell::text(section.map_or("", String::as_str)),
        SheetCell::text(unit.map_or("", |unit| &unit.code)),
        SheetCell::text(unit.map_or("", |unit| &unit.name)),
        SheetCell::text(
            unit.and_then(|unit| unit.district.as_deref())
                .unwrap_or_default(),
        ),
        SheetCell::text(role_label(row.role)),
        match row.due_on {
            Some(on) => SheetCell::day(Some(on)),
            None => SheetCell::text("长期"),
        },
        row.expected.map_or_else(SheetCell::default, percent),
        actual.map_or_else(SheetCell::default, percent),
        SheetCell::text(row.standing.label()),
        SheetCell::coloured(row.light.label(), Some(row.light)),
        told(&row.why),
        told(&row.done),
        told(&row.problems),
        told(&row.next_steps),
    ]
}

fn task_of<'a>(
    snapshot: &'a BulletinSnapshot,
    row: &SnapshotAssignment,
) -> Option<&'a crate::domain::bulletin_snapshot::SnapshotTask> {
    snapshot.tasks.get(usize::try_from(row.task).ok()?)
}

fn kind_label(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Section => "科室",
        UnitKind::Institution => "直属单位",
        UnitKind::TaskForce => "专班",
        UnitKind::District => "区",
        UnitKind::School => "学校",
        UnitKind::External => "外单位",
    }
}

fn number(count: u32) -> SheetCell {
    SheetValue::Number(f64::from(count)).into()
}

fn percent(part: Tenths) -> SheetCell {
    SheetValue::Number(part.fraction()).into()
}
