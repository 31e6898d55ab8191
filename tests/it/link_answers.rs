//! What is told on the pages behind the links of mails: once, with its files, and never lost.

use crate::support::Town;
use crate::support::link_desk::{due, fields, issued, link, open, send, text};
use crate::support::pages::all;
use crate::support::state::state_hash;
use duban::domain::mail_link::LinkPurpose;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::storage::reports;

on_both!(
    a_report_is_told_once_with_its_files,
    what_was_typed_stays_when_it_is_refused,
    somebody_else_may_have_been_quicker,
    more_time_is_asked_for_once,
    evidence_alone_is_a_report,
    texts_from_outside_stay_texts,
);

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
    assert_eq!(refused.status, 422, "{}", text(&refused));
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
