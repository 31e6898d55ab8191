//! The dashboard's page: the API's numbers and nothing else, each leading to its rows; and what people have written is never
//! more than a text.

use crate::support::Town;
use crate::support::browser::{html, is_sound, links, page, shown, visitor};
use crate::support::service::{Service, no_rates};
use crate::walls::{lived, made, screen};
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    the_page_has_the_numbers_of_the_api_and_each_leads_to_its_rows,
    a_unit_sees_its_own_numbers,
    a_past_day_is_shown_and_a_wrong_one_is_told_beside_the_field,
    an_empty_bureau_has_a_page,
    hostile_names_stay_texts,
}

/// Every number of an answer with the page of its rows.
fn counted(value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(count), Some(href)) = (fields.get("count"), fields.get("href")) {
                let href = href.as_str().and_then(|href| href.strip_prefix("/api/v1"));
                found.insert(href.expect("an address").to_owned(), count.to_string());
            }
            fields.values().for_each(|field| counted(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| counted(item, found)),
        _ => {}
    }
}

/// That a page shows each number of the API, leading to its rows, and none else that leads to rows.
#[track_caller]
fn has_the_numbers_of_the_api(service: &Service, token: &str, query: &str) -> usize {
    let told = service
        .get(token, &format!("/dashboard{query}"))
        .expect(200);
    let mut numbers = BTreeMap::new();
    counted(&told, &mut numbers);
    let html = shown(service, token, &format!("/dashboard{query}"));
    let links = links(&html);
    for (href, count) in &numbers {
        let texts: Vec<&String> = links
            .iter()
            .filter(|(to, _)| to == href)
            .map(|(_, text)| text)
            .collect();
        // Tables tell the standing of assignments; of a group's tasks they tell the lights.
        let is_left_out = ["lead_unit_code=", "top_section=", "plan_id="]
            .iter()
            .any(|group| href.contains(group));
        if is_left_out && href.starts_with("/tasks?") && href.contains("standing=") {
            continue;
        }
        assert!(!texts.is_empty(), "{href} is not on the page");
        for text in texts {
            let number = text
                .split_whitespace()
                .find(|word| word.parse::<u64>().is_ok());
            let last = text.split_whitespace().last();
            assert!(
                number == Some(count) || last == Some(count),
                "{href}: {count}, not {text}"
            );
        }
    }
    let rows = |href: &&(String, String)| {
        href.0.contains("light=") || href.0.contains("standing=") || href.0.contains("overdue=")
    };
    for (href, _) in links.iter().filter(rows) {
        assert!(numbers.contains_key(href), "{href} is none of the API's");
    }
    numbers.len()
}

async fn the_page_has_the_numbers_of_the_api_and_each_leads_to_its_rows(
    town: &Town,
) -> anyhow::Result<()> {
    let service = lived(town).await?;
    for role in [
        UserRole::Administrator,
        UserRole::Supervisor,
        UserRole::Leader,
    ] {
        let token = visitor(&service, role, None).await?;
        let numbers = has_the_numbers_of_the_api(&service, &token, "");
        assert!(numbers > 60, "{numbers}");
    }
    let token = visitor(&service, UserRole::Administrator, None).await?;
    let html = shown(&service, &token, "/dashboard");
    let mut all: Vec<String> = links(&html).into_iter().map(|(href, _)| href).collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 80, "{}", all.len());
    for href in all {
        assert!(href.starts_with('/'), "{href}");
        html_of_rows(&service, &token, &href);
    }
    for chart in [
        "chart-progress",
        "chart-sections",
        "chart-leads",
        "chart-ages",
    ] {
        assert_eq!(
            html.matches(&format!("id=\"{chart}\"")).count(),
            1,
            "{chart}"
        );
    }
    Ok(())
}

#[track_caller]
fn html_of_rows(service: &Service, token: &str, href: &str) {
    let answer = page(service, token, href);
    assert_eq!(answer.status, 200, "{href}");
}

async fn a_unit_sees_its_own_numbers(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let office = visitor(&service, UserRole::Supervisor, None).await?;
    for unit in ["S1", "D1", "B2", "B4"] {
        let token = visitor(&service, UserRole::UnitContact, Some(unit)).await?;
        has_the_numbers_of_the_api(&service, &token, "");
        let own = service.get(&token, "/dashboard").expect(200);
        let all = service.get(&office, "/dashboard").expect(200);
        let total = |told: &Value| told["assignments"]["total"]["count"].as_u64();
        assert!(total(&own) < total(&all), "{unit}");
    }
    let school = visitor(&service, UserRole::UnitContact, Some("S1")).await?;
    let html = shown(&service, &school, "/dashboard");
    for other in ["东区第二小学", "西区实验小学", "青石中学"] {
        assert!(!html.contains(other), "{other}");
    }
    // Nobody comes in without having signed in.
    let stranger = service.send("GET", "/dashboard", "", &[], b"");
    assert_eq!(
        (stranger.status, stranger.header("location")),
        (303, "/sign-in?next=/dashboard")
    );
    Ok(())
}

async fn a_past_day_is_shown_and_a_wrong_one_is_told_beside_the_field(
    town: &Town,
) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let token = visitor(&service, UserRole::Leader, None).await?;
    for day in ["2026-03-13", "2026-03-09", "2026-03-01", "1999-12-31"] {
        has_the_numbers_of_the_api(&service, &token, &format!("?as_of={day}"));
        let html = shown(&service, &token, &format!("/dashboard?as_of={day}"));
        assert!(html.contains(&format!("value=\"{day}\"")), "{day}");
        assert!(
            !html.contains("/mails?"),
            "there is no outbox of a past day"
        );
    }
    let written = shown(&service, &token, "/dashboard?as_of=2026%2F3%2F13");
    assert!(written.contains("value=\"2026-03-13\""));
    let empty = shown(&service, &token, "/dashboard?as_of=");
    assert!(empty.contains("value=\"2026-03-27\""));
    for (day, said) in [
        ("2026-03-28", "还没有到"),
        ("2026-02-30", "没有这一天"),
        ("%E6%98%A8%E5%A4%A9", "年-月-日"),
        ("%22%3E%3Cscript%3E", "年-月-日"),
        ("0000-00-00", "没有这一天"),
        ("99999999-01-01", "年-月-日"),
    ] {
        let answer = page(&service, &token, &format!("/dashboard?as_of={day}"));
        assert!(
            (400..500).contains(&answer.status),
            "{day}: {}",
            answer.status
        );
        let status = answer.status;
        let html = html(answer, status);
        is_sound(&html);
        let beside = html.split_once("id=\"as_of-error\">").map(|(_, rest)| rest);
        let beside = beside
            .and_then(|rest| rest.split_once('<'))
            .map(|(text, _)| text);
        assert!(
            beside.is_some_and(|text| text.contains(said)),
            "{day}: {beside:?}"
        );
        assert!(
            html.contains("aria-invalid=\"true\"") && !html.contains("<svg"),
            "{day}"
        );
    }
    Ok(())
}

async fn an_empty_bureau_has_a_page(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = visitor(&service, UserRole::Administrator, None).await?;
    let html = shown(&service, &token, "/dashboard");
    assert!(
        html.contains("还没有下发的任务") && !html.contains("<svg"),
        "{html}"
    );
    let wall = made(&service, &token, &json!({ "name": "空" }))?;
    assert!(screen(&service, &wall).contains("督办看板"));
    Ok(())
}

/// Bad input: titles and names that are markup, that turn the text around, that never end.
async fn hostile_names_stay_texts(town: &Town) -> anyhow::Result<()> {
    const MARKUP: &str = "</text></svg><script>alert(1)</script><b>&\"'";
    let endless = "长".repeat(10_000);
    town.issue(CyclesAtIssue::On).await?;
    rename(town, "B2", &format!("甲\u{202e}{MARKUP}")).await?;
    rename(town, "B3", &endless).await?;
    retitle(town, &format!("{MARKUP}\u{202e}{endless}")).await?;
    let fresh = town.another().await?;
    let service = Service::with(&fresh, no_rates())?;
    let token = visitor(&service, UserRole::Administrator, None).await?;
    let wall = made(&service, &token, &json!({ "name": MARKUP }))?;
    for html in [
        shown(&service, &token, "/dashboard"),
        shown(&service, &token, "/walls"),
        screen(&service, &wall),
    ] {
        assert!(
            !html.contains("<script>") && !html.contains("alert(1)</script>"),
            "{html}"
        );
        assert!(!html.contains('\u{202e}'), "nothing turns the page around");
        assert!(!html.contains(&"长".repeat(200)), "nothing fills the page");
    }
    let html = shown(&service, &token, "/dashboard");
    assert!(
        html.contains("&lt;/text&gt;"),
        "the name is there as it was written"
    );
    Ok(fresh.db.close().await?)
}

/// Gives a unit a name that no request would have been allowed to bring in.
async fn rename(town: &Town, code: &str, name: &str) -> anyhow::Result<()> {
    use entity::unit::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .filter(Column::Code.eq(code))
        .exec(&town.ctx.db)
        .await?;
    Ok(())
}

async fn retitle(town: &Town, title: &str) -> anyhow::Result<()> {
    use entity::plan::{Column, Entity};
    use sea_orm::EntityTrait;
    use sea_orm::sea_query::Expr;
    Entity::update_many()
        .col_expr(Column::Title, Expr::value(title))
        .exec(&town.ctx.db)
        .await?;
    Ok(())
}
