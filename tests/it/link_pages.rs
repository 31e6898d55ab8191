//! The pages behind the links of mails, as browsers and as programs that check mails call them. Bad input D1 to D8, A10, A11.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::{BOUNDARY, Response, Service, form, no_rates};
use crate::support::state::state_hash;
use anyhow::Context;
use duban::domain::mail_link::LinkPurpose;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::follow_link::{LinkFollowed, follow_link};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::http::kernel::Limits;
use duban::storage::reports;
use std::collections::BTreeSet;

on_both!(
    opening_a_link_changes_nothing,
    one_press_of_the_button_is_one_acknowledgement,
    a_form_from_elsewhere_does_nothing,
    an_altered_link_tells_nothing,
    a_link_ends_with_its_day_and_its_matter,
    whoever_guesses_links_has_to_wait,
    a_report_is_told_once_with_its_files,
    what_was_typed_stays_when_it_is_refused,
    somebody_else_may_have_been_quicker,
    more_time_is_asked_for_once,
    evidence_alone_is_a_report,
    texts_from_outside_stay_texts,
    pages_speak_the_language_of_the_browser,
);

/// The links in what was mailed to a unit's contact, with what each is for.
async fn links(
    town: &Town,
    unit: &str,
) -> anyhow::Result<Vec<(ObligationKind, LinkPurpose, String)>> {
    let directory = town.ctx.units().await?;
    let unit = directory.by_code(unit).context("a unit")?;
    let contacts = duban::storage::contacts::present_of(&town.ctx.db, &[unit.id]).await?;
    let address = contacts.first().and_then(|one| one.address.clone());
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for mail in town.mails_to(&address.context("an address")?).await? {
        for rest in mail.text_body.split("/l/").skip(1) {
            let text: String = rest
                .chars()
                .take_while(|one| one.is_ascii_alphanumeric() || "-_".contains(*one))
                .collect();
            if !seen.insert(text.clone()) {
                continue;
            }
            if let LinkFollowed::Open(target) = follow_link(&town.ctx, &text).await?
                && target.asked.unit.id == unit.id
            {
                found.push((target.asked.obligation.kind, target.link.purpose, text));
            }
        }
    }
    Ok(found)
}

async fn link(
    town: &Town,
    unit: &str,
    kind: ObligationKind,
    purpose: LinkPurpose,
) -> anyhow::Result<String> {
    let all = links(town, unit).await?;
    let found = all
        .into_iter()
        .find(|(of, is_for, _)| *of == kind && *is_for == purpose);
    Ok(found.context("a link of that kind")?.2)
}

fn open(service: &Service, link: &str) -> Response {
    service.send("GET", &format!("/l/{link}"), "", &[], b"")
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// The names of the fields of a page that end in an id of an assignment, by what they are for.
fn fields(page: &str, what: &str) -> Vec<String> {
    let start = format!("name=\"{what}-");
    let parts = page.split(&start).skip(1);
    parts
        .map(|rest| format!("{what}-{}", rest.split('"').next().unwrap_or_default()))
        .collect()
}

/// Sends the form of the page that was opened before.
fn send(
    service: &Service,
    link: &str,
    page: &str,
    texts: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Response {
    let (token, seen) = (hidden(page, "form"), hidden(page, "seen"));
    let mut whole = vec![("form", token.as_str()), ("seen", seen.as_str())];
    whole.extend_from_slice(texts);
    send_as_is(service, link, &whole, files)
}

fn send_as_is(
    service: &Service,
    link: &str,
    texts: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Response {
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    service.send(
        "POST",
        &format!("/l/{link}"),
        "",
        &[&kind],
        &form(texts, files),
    )
}

/// A town whose plan was issued and mailed.
async fn issued(town: &Town) -> anyhow::Result<Service> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-09", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    Service::start(town)
}

/// Later, when completion is asked for.
async fn due(town: &Town) -> anyhow::Result<Service> {
    let service = issued(town).await?;
    town.live("2026-03-11", "2026-03-31").await?;
    town.set("2026-03-31", "10:00")?;
    Ok(service)
}

async fn opening_a_link_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let before = state_hash(&town.ctx.db).await?;
    for _ in 0..200 {
        assert_eq!(open(&service, &link).status, 200);
        let head = service.send("HEAD", &format!("/l/{link}"), "", &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        let options = service.send("OPTIONS", &format!("/l/{link}"), "", &[], b"");
        assert_eq!(options.status, 405);
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let page = open(&service, &link);
    for (name, wanted) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), wanted, "{name}");
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    // Over plain HTTP the header means nothing; behind an https address it is there.
    assert_eq!(page.header("strict-transport-security"), "");
    let secure = town.under(|settings| settings.base_url = "https://duban.example.org".to_owned());
    let secure = Service::with(&secure, no_rates())?;
    let header = open(&secure, &link)
        .header("strict-transport-security")
        .to_owned();
    assert!(header.contains("max-age=31536000"), "{header}");
    assert!(!text(&page).contains("<script"), "no script is needed");
    Ok(())
}

async fn one_press_of_the_button_is_one_acknowledgement(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let page = text(&open(&service, &link));
    assert!(
        page.contains("<button type=\"submit\">签收</button>"),
        "{page}"
    );
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let first = send(&service, &link, &page, &[], &[]);
    assert_eq!(first.status, 200);
    assert!(text(&first).contains("签收已登记"), "{}", text(&first));
    let after = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(after.state, ObligationState::Answered);
    let before = state_hash(&town.ctx.db).await?;
    let second = send(&service, &link, &page, &[], &[]);
    assert_eq!(second.status, 200);
    assert!(text(&second).contains("不必重复"), "{}", text(&second));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(reports::count(&town.ctx.db, ask.id).await?, 1);
    // Who did it is written down.
    let office = service.token(UserRole::Administrator, None).await?;
    let events = all(&service, &office, "/audit-events", 200);
    let done = events
        .iter()
        .filter(|event| event["actor_kind"] == "mail_link");
    assert_eq!(done.count(), 1, "{events:?}");
    let again = text(&open(&service, &link));
    assert!(
        again.contains("已签收") && !again.contains("<button"),
        "{again}"
    );
    Ok(())
}

async fn a_form_from_elsewhere_does_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let mine = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let theirs = link(
        town,
        "S2",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let other = hidden(&text(&open(&service, &theirs)), "form");
    let before = state_hash(&town.ctx.db).await?;
    for texts in [
        vec![],
        vec![("form", "")],
        vec![("form", other.as_str())],
        vec![("form", mine.as_str())],
    ] {
        let refused = send_as_is(&service, &mine, &texts, &[]);
        assert_eq!(refused.status, 403, "{texts:?}");
    }
    let bare = service.send(
        "POST",
        &format!("/l/{mine}"),
        "",
        &["Content-Type: application/x-www-form-urlencoded"],
        b"form=1",
    );
    assert_eq!(bare.status, 400);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn an_altered_link_tells_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let good = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let before = state_hash(&town.ctx.db).await?;
    let mut pages = BTreeSet::new();
    for at in 0..good.len() {
        let mut altered = good.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered)?;
        // The last character has bits that say nothing.
        if altered == good || at + 1 == good.len() {
            continue;
        }
        let answer = open(&service, &altered);
        assert_eq!(answer.status, 400, "{at}");
        pages.insert(text(&answer));
        assert_eq!(send_as_is(&service, &altered, &[], &[]).status, 400);
    }
    for odd in [
        "x",
        "..%2F..%2Fetc",
        &"A".repeat(4_000),
        &good[..good.len() - 4],
    ] {
        let answer = open(&service, odd);
        assert_eq!(answer.status, 400, "{odd}");
        pages.insert(text(&answer));
    }
    assert_eq!(pages.len(), 1, "every bad link gets the same page");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn a_link_ends_with_its_day_and_its_matter(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let page = text(&open(&service, &link));
    let last = ask.due_on + chrono::Days::new(60);
    town.set(&last.to_string(), "23:59")?;
    assert_eq!(open(&service, &link).status, 200);
    let next = last.succ_opt().context("a day")?;
    town.set(&next.to_string(), "00:00")?;
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(open(&service, &link).status, 410);
    assert_eq!(send(&service, &link, &page, &[], &[]).status, 410);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // Whoever is no longer the contact can do nothing with it.
    town.set("2026-03-10", "11:00")?;
    let contact = duban::storage::contacts::present_of(&town.ctx.db, &[ask.unit_id]).await?;
    let contact = contact.first().context("a contact")?.id;
    duban::flow::manage_contacts::end_contact(&town.ctx, contact, None).await?;
    assert_eq!(open(&service, &link).status, 403);
    assert_eq!(send(&service, &link, &page, &[], &[]).status, 403);
    let after = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(after.state, ObligationState::Open);
    Ok(())
}

async fn whoever_guesses_links_has_to_wait(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-09", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let limits = Limits {
        address_per_minute: 60,
        ..Limits::default()
    };
    let service = Service::with(&town.ctx, limits)?;
    let good = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let stopped = (0..200).find(|_| open(&service, &"B".repeat(good.len())).status == 429);
    assert!(stopped.is_some_and(|after| after <= 60), "{stopped:?}");
    // A good link is not counted: a district shares an address.
    assert_eq!(open(&service, &good).status, 200);
    Ok(())
}

async fn a_report_is_told_once_with_its_files(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Report).await?;
    let page = text(&open(&service, &link));
    let percents = fields(&page, "percent");
    assert!(!percents.is_empty(), "{page}");
    let done = percents[0].replace("percent", "done");
    let mut texts: Vec<(&str, &str)> = percents
        .iter()
        .map(|name| (name.as_str(), "１００％"))
        .collect();
    texts.push((&done, "已全部落实\r\n并已公示"));
    texts.push(("note", "请审核"));
    let files: [(&str, &str, &[u8]); 2] =
        [("files", "台账.txt", "甲\n".as_bytes()), ("files", "", b"")];
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    // Two at the same moment: a double click.
    let answers = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| send(&service, &link, &page, &texts, &files)))
            .collect();
        both.into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect::<Vec<_>>()
    });
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", text(answer));
        assert!(text(answer).contains("已提交"));
    }
    assert_eq!(reports::count(&town.ctx.db, ask.id).await?, 1);
    let office = service.token(UserRole::Supervisor, None).await?;
    let told = service
        .get(&office, &format!("/obligations/{}/reports", ask.id))
        .expect(200);
    let told = &told["items"][0];
    assert_eq!(told["note"], "请审核");
    assert_eq!(told["items"][0]["percent"], 100);
    assert_eq!(told["items"][0]["done"], "已全部落实\n并已公示");
    assert_eq!(told["evidence"].as_array().map(Vec::len), Some(1), "{told}");
    // Later it may be corrected: what was told stands in the form.
    let page = text(&open(&service, &link));
    assert!(
        page.contains("value=\"100\"") && page.contains("已于"),
        "{page}"
    );
    Ok(())
}

async fn what_was_typed_stays_when_it_is_refused(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Report).await?;
    let page = text(&open(&service, &link));
    let percent = fields(&page, "percent").remove(0);
    let before = state_hash(&town.ctx.db).await?;
    for (name, value, part) in [
        (percent.as_str(), "150", "0 至 100 的整数"),
        (percent.as_str(), "很多", "0 至 100 的整数"),
        ("note", &"长".repeat(10_000), "最多 4000 字"),
    ] {
        let texts = [
            (name, value),
            (&*percent.replace("percent", "done"), "写了很久的一段话"),
        ];
        let refused = send(&service, &link, &page, &texts, &[]);
        assert_eq!(refused.status, 422);
        let again = text(&refused);
        assert!(again.contains(part), "{again}");
        assert!(
            again.contains("写了很久的一段话") && again.contains(value),
            "{name}"
        );
        assert!(again.contains("aria-invalid=\"true\""));
        assert!(again.contains(&format!("href=\"#{name}\"")));
    }
    let file: [(&str, &str, &[u8]); 1] = [("files", "x.pdf", b"MZ\x90\0")];
    let texts = [(percent.as_str(), "50"), ("note", "附件如下")];
    let refused = send(&service, &link, &page, &texts, &file);
    // As the API says it of a file that may not be kept.
    assert_eq!(refused.status, 409, "{}", text(&refused));
    assert!(text(&refused).contains("附件如下"));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn somebody_else_may_have_been_quicker(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Report).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let page = text(&open(&service, &link));
    town.answer(ask.id).await?;
    let before = state_hash(&town.ctx.db).await?;
    let percent = fields(&page, "percent").remove(0);
    let texts = [(percent.as_str(), "70"), ("note", "我的填报")];
    let late = send(&service, &link, &page, &texts, &[]);
    assert_eq!(late.status, 409);
    let late = text(&late);
    assert!(
        late.contains("在您打开本页之后") && late.contains("我的填报"),
        "{late}"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // Its form has seen the other answer: sent again, it counts.
    let again = send(&service, &link, &late, &texts, &[]);
    assert_eq!(again.status, 200, "{}", text(&again));
    assert_eq!(reports::count(&town.ctx.db, ask.id).await?, 2);
    Ok(())
}

async fn more_time_is_asked_for_once(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    town.live("2026-03-11", "2026-03-20").await?;
    town.set("2026-03-20", "10:00")?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Extend).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let page = text(&open(&service, &link));
    let before = state_hash(&town.ctx.db).await?;
    let empty = send(&service, &link, &page, &[("reason", "场地维修")], &[]);
    assert_eq!(empty.status, 422);
    assert!(text(&empty).contains("场地维修") && text(&empty).contains("请填写这一项"));
    let early = ask.due_on.to_string();
    let texts = [
        ("reason", "场地维修"),
        ("progress", "已完成一半"),
        ("expected_on", early.as_str()),
    ];
    let refused = send(&service, &link, &page, &texts, &[]);
    assert!([409, 422].contains(&refused.status), "{}", text(&refused));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let texts = [
        ("reason", "场地维修"),
        ("progress", "已完成一半"),
        ("expected_on", "2026-05-22"),
    ];
    for wanted in ["申请已登记", "正在办理"] {
        let asked = send(&service, &link, &page, &texts, &[]);
        assert_eq!(asked.status, 200, "{}", text(&asked));
        assert!(text(&asked).contains(wanted), "{}", text(&asked));
    }
    let office = service.token(UserRole::Supervisor, None).await?;
    assert_eq!(all(&service, &office, "/extensions", 50).len(), 1);
    Ok(())
}

async fn evidence_alone_is_a_report(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Evidence).await?;
    let page = text(&open(&service, &link));
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(
        send(&service, &link, &page, &[("note", "无文件")], &[]).status,
        422
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let file: [(&str, &str, &[u8]); 1] = [("files", "照片说明.txt", "一张照片\n".as_bytes())];
    let sent = send(&service, &link, &page, &[("note", "补充")], &file);
    assert_eq!(sent.status, 200, "{}", text(&sent));
    Ok(())
}

async fn texts_from_outside_stay_texts(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let link = link(town, "S1", ObligationKind::Complete, LinkPurpose::Report).await?;
    let page = text(&open(&service, &link));
    let percent = fields(&page, "percent").remove(0);
    let hostile = "</textarea><img src=x onerror=alert(1)>{{7*7}}\u{202e}";
    let texts = [(percent.as_str(), "x\"><script>"), ("note", hostile)];
    let shown = text(&send(&service, &link, &page, &texts, &[]));
    assert!(
        !shown.contains("<img") && !shown.contains("<script"),
        "{shown}"
    );
    assert!(shown.contains("{{7*7}}"));
    let sent = send(
        &service,
        &link,
        &page,
        &[(percent.as_str(), "40"), ("note", hostile)],
        &[],
    );
    assert_eq!(sent.status, 200, "{}", text(&sent));
    Ok(())
}

async fn pages_speak_the_language_of_the_browser(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let path = format!("/l/{link}");
    let english = service.send("GET", &path, "", &["Accept-Language: en-GB,en;q=0.9"], b"");
    assert!(
        text(&english).contains("<html lang=\"en\">") && text(&english).contains("Acknowledge")
    );
    for header in [
        "Accept-Language: fr",
        "Accept-Language: zh-CN,en;q=0.5",
        "X-Y: z",
    ] {
        let page = text(&service.send("GET", &path, "", &[header], b""));
        assert!(page.contains("<html lang=\"zh-CN\">"), "{header}");
    }
    let style = text(&english)
        .split("href=\"/assets/")
        .nth(1)
        .map(str::to_owned);
    let style = style.and_then(|rest| rest.split('"').next().map(|name| format!("/assets/{name}")));
    let style = service.send("GET", &style.context("a style sheet")?, "", &[], b"");
    assert_eq!(style.status, 200);
    assert!(style.header("cache-control").contains("immutable"));
    Ok(())
}
