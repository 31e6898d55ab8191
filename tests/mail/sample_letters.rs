//! Ten letters such as the supervision office sends; names and plans are made up.

use chrono::{NaiveDate, NaiveDateTime};
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::{ContactId, ObligationId};
use duban::domain::mail_link::{LinkKey, LinkPurpose, MailLink};
use duban::mail::letter::{
    Ask, AskItem, AskKind, AskLinks, CopyGroup, CopyLine, CopyReason, DateStatus, ItemRole, Letter,
    Locale, Occasion, Office, OfficePhone, TestLetter, Timing,
};
use uuid::Uuid;

/// What stands before every link of the samples.
pub const LINKS_BEGIN: &str = "https://duban.yunhu.example.cn/l/";

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("date")
}

fn office() -> Office {
    Office {
        name: "云湖市教育局督导办".to_owned(),
        phone: Some(OfficePhone {
            number: "0700-8800123".to_owned(),
            of: None,
        }),
        address: EmailAddress::parse("duban@jyj.yunhu.example.cn").ok(),
    }
}

/// A letter of Monday 23 November 2026 without content.
pub fn letter(name: &str, units: &[&str]) -> Letter {
    Letter {
        locale: Locale::ZhCn,
        recipient_name: (!name.is_empty()).then(|| name.to_owned()),
        unit_names: units.iter().map(|unit| (*unit).to_owned()).collect(),
        date_on: day("2026-11-23"),
        asks: Vec::new(),
        copies: Vec::new(),
        notes: Vec::new(),
        office: office(),
    }
}

/// An ask of one unit, new, due in four workdays, without items.
pub fn ask(unit: &str, what: AskKind) -> Ask {
    Ask {
        unit_name: unit.to_owned(),
        what,
        occasion: Occasion::New,
        plan_title: "云湖市校园阅读提升三年行动工作方案".to_owned(),
        period_label: None,
        due_on: Some(day("2026-11-27")),
        first_due_on: None,
        timing: Timing::Open(4),
        dates: DateStatus::Settled,
        reminders_sent: 0,
        items: Vec::new(),
        item_count: 0,
        lead_names: Vec::new(),
        how_to_answer: None,
        links: None,
    }
}

/// The letter with links for each of its asks, sealed like those of the service.
pub fn with_links(mut letter: Letter) -> Letter {
    let key = LinkKey::new(1, [7; 32]);
    for (number, ask) in (1..).zip(&mut letter.asks) {
        let url = |purpose| {
            let link = MailLink {
                purpose,
                obligation_id: ObligationId(Uuid::from_u128(number)),
                contact_id: ContactId(Uuid::from_u128(1)),
                expires_on: MailLink::good_until(ask.due_on, letter.date_on),
            };
            format!("{LINKS_BEGIN}{}", link.seal(&key))
        };
        let (answer, is_proved) = match ask.what {
            AskKind::Acknowledge => (LinkPurpose::Acknowledge, false),
            _ => (LinkPurpose::Report, true),
        };
        let takes_time = is_proved && matches!(ask.timing, Timing::Open(_) | Timing::Today);
        ask.links = Some(AskLinks {
            answer: url(answer),
            extend: takes_time.then(|| url(LinkPurpose::Extend)),
            evidence: is_proved.then(|| url(LinkPurpose::Evidence)),
        });
    }
    letter
}

pub fn item(number: &str, title: &str, role: Option<ItemRole>) -> AskItem {
    AskItem {
        number: number.to_owned(),
        title: title.to_owned(),
        role,
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn acknowledge(unit: &str) -> Ask {
    let titles = [
        "配齐班级图书角，生均图书不少于15册",
        "每周安排一节阅读课，列入课表",
        "建立家校共读机制，每学期开展不少于两次共读活动",
        "组织阅读指导教师全员培训",
    ];
    let items = (1..=23).map(|n| {
        let title = titles[n % titles.len()];
        let role = if n <= 2 {
            ItemRole::Lead
        } else {
            ItemRole::Responsible
        };
        item(
            &format!(
                "三({}){}",
                "一二三四五六".chars().nth(n / 5).expect("few"),
                n % 5 + 1
            ),
            title,
            Some(role),
        )
    });
    Ask {
        items: items.collect(),
        item_count: 23,
        ..ask(unit, AskKind::Acknowledge)
    }
}

fn dispatch() -> Ask {
    Ask {
        period_label: Some("2026年11—12月".to_owned()),
        occasion: Occasion::Reminder,
        reminders_sent: 2,
        due_on: Some(day("2026-11-23")),
        timing: Timing::Today,
        items: vec![
            item(
                "三(一)1",
                "配齐班级图书角，生均图书不少于15册",
                Some(ItemRole::Lead),
            ),
            item("三(二)3", "组织阅读指导教师全员培训", Some(ItemRole::Lead)),
        ],
        item_count: 2,
        ..ask("基础教育科", AskKind::Dispatch)
    }
}

fn overdue_complete() -> Ask {
    Ask {
        occasion: Occasion::Reminder,
        reminders_sent: 4,
        due_on: Some(day("2026-11-18")),
        first_due_on: Some(day("2026-10-30")),
        timing: Timing::Overdue(3),
        items: vec![item(
            "三(三)2",
            "建立校园阅读空间开放制度，节假日向学生开放",
            Some(ItemRole::Responsible),
        )],
        item_count: 1,
        lead_names: names(&["基础教育科", "教育技术中心"]),
        ..ask("滨江区教育局", AskKind::Complete)
    }
}

fn spot_check() -> Ask {
    Ask {
        period_label: Some("2026年12月".to_owned()),
        due_on: Some(day("2026-12-15")),
        timing: Timing::Open(16),
        items: vec![
            item(
                "三(一)1",
                "配齐班级图书角，生均图书不少于15册",
                Some(ItemRole::Responsible),
            ),
            item(
                "三(四)1",
                "每周安排一节阅读课，列入课表",
                Some(ItemRole::Responsible),
            ),
            item(
                "四(一)2",
                "阅读指导教师培训学时记入档案",
                Some(ItemRole::Cooperating),
            ),
        ],
        item_count: 3,
        lead_names: names(&["基础教育科"]),
        ..ask("云湖市第三中学", AskKind::SpotCheck)
    }
}

fn monitoring() -> Ask {
    Ask {
        period_label: Some("2026—2027学年上学期".to_owned()),
        due_on: Some(day("2027-01-15")),
        timing: Timing::Open(37),
        dates: DateStatus::Provisional,
        items: vec![
            item("指标1", "开设阅读课的班级比例（%）", None),
            item("指标2", "生均图书册数（册）", None),
        ],
        item_count: 2,
        ..ask("云湖市第三中学", AskKind::Monitoring)
    }
}

fn copy_line(
    number: &str,
    title: &str,
    what: AskKind,
    by: &[(&str, usize)],
    longest: u32,
) -> CopyLine {
    CopyLine {
        plan_title: "云湖市校园阅读提升三年行动工作方案".to_owned(),
        task_number: number.to_owned(),
        task_title: title.to_owned(),
        what,
        by_district: by
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
        total_units: by.iter().map(|(_, count)| count).sum(),
        longest_overdue: longest,
    }
}

fn copies(reason: CopyReason) -> CopyGroup {
    CopyGroup {
        reason,
        lines: vec![
            copy_line(
                "三(三)2",
                "建立校园阅读空间开放制度",
                AskKind::Complete,
                &[("滨江区", 3), ("临山区", 5), ("市直学校", 1)],
                4,
            ),
            copy_line(
                "三(一)1",
                "配齐班级图书角",
                AskKind::SpotCheck,
                &[("滨江区", 12)],
                8,
            ),
        ],
    }
}

/// Name and letter, one for each kind of ask and each other shape of a letter; `send_up` has no links.
pub fn all() -> Vec<(&'static str, Letter)> {
    let mut acknowledged = letter("张老师", &["滨江区教育局"]);
    acknowledged.asks = vec![acknowledge("滨江区教育局")];

    let mut several = letter("张老师", &["滨江区教育局", "滨江区实验小学"]);
    let mut school = spot_check();
    school.unit_name = "滨江区实验小学".to_owned();
    several.asks = vec![school, overdue_complete(), acknowledge("滨江区教育局")];

    let mut today = letter("王科长", &["基础教育科"]);
    today.asks = vec![dispatch()];
    today.copies = vec![copies(CopyReason::Lead)];

    let mut checked = letter("", &["云湖市第三中学"]);
    checked.asks = vec![spot_check()];

    let mut monitored = letter("李主任", &["云湖市第三中学"]);
    monitored.asks = vec![monitoring()];

    let mut sent_up = letter("", &["临山区教育局"]);
    sent_up.asks = vec![Ask {
        lead_names: names(&["基础教育科"]),
        ..ask(
            "临山区教育局",
            AskKind::SendUp {
                what: "本区阅读提升行动实施方案".to_owned(),
            },
        )
    }];

    let mut rectified = letter("陈校长", &["临山区第一小学"]);
    rectified.asks = vec![Ask {
        occasion: Occasion::FindingRaised {
            finding: "三年级两个班的图书角不足生均15册，借阅登记只到9月".to_owned(),
        },
        items: vec![item(
            "三(一)1",
            "配齐班级图书角，生均图书不少于15册",
            Some(ItemRole::Responsible),
        )],
        item_count: 1,
        ..ask("临山区第一小学", AskKind::Rectify)
    }];

    let mut returned = letter("张老师", &["滨江区教育局"]);
    returned.asks = vec![
        Ask {
            occasion: Occasion::Returned {
                reason: "缺少第二项的佐证材料，请补充活动照片和签到表".to_owned(),
            },
            ..ask("滨江区教育局", AskKind::Complete)
        },
        Ask {
            occasion: Occasion::ExtensionGranted,
            first_due_on: Some(day("2026-11-20")),
            due_on: Some(day("2026-12-04")),
            timing: Timing::Open(9),
            plan_title: String::new(),
            ..ask(
                "滨江区教育局",
                AskKind::Other {
                    what: "报送校车安全排查情况".to_owned(),
                },
            )
        },
    ];

    let mut supervised = letter("赵主任", &["督导办"]);
    supervised.copies = vec![copies(CopyReason::Supervision)];
    supervised.notes = vec![
        "临山区第五小学没有联络员邮箱，2封邮件未能发出。".to_owned(),
        "《云湖市校园阅读提升三年行动工作方案》有3项任务的责任单位名称待确认，暂未下达。"
            .to_owned(),
    ];

    let mut english = letter("Ms Zhang", &["Riverside District"]);
    english.locale = Locale::En;
    english.asks = vec![overdue_complete(), monitoring()];
    english.copies = vec![copies(CopyReason::Lead)];

    vec![
        ("acknowledge", with_links(acknowledged)),
        ("several_units", with_links(several)),
        ("dispatch_today_with_copies", with_links(today)),
        ("spot_check", with_links(checked)),
        ("monitoring_provisional", with_links(monitored)),
        ("send_up", sent_up),
        ("rectify", with_links(rectified)),
        ("returned_and_extended", with_links(returned)),
        ("supervision_copies_and_notes", supervised),
        ("english", with_links(english)),
    ]
}

pub fn test_letter() -> TestLetter {
    TestLetter {
        locale: Locale::ZhCn,
        sent_at_local: NaiveDateTime::new(
            day("2026-11-23"),
            chrono::NaiveTime::from_hms_opt(9, 5, 0).expect("time"),
        ),
        server: "smtp.yunhu.example.cn:465".to_owned(),
        office: office(),
    }
}
