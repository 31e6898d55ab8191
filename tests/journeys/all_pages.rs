//! One page of each kind: every page of the menu, the first row of each list, and every step that is offered there.

use crate::browser::{Browser, DESKTOP};
use crate::chromedriver::is_left_out;
use crate::place::Place;
use crate::samples::{
    ADMINISTRATOR, LEAD, LEADER, PASSWORD, SCHOOL, TITLE, day_in, issued, workday_in,
};
use serde_json::json;
use std::collections::BTreeSet;

/// Where the menu leads.
const MENU: &str = "nav#menu a";
/// Where the rows of a page's tables lead, and what it offers.
const ROWS: &str = "main tbody th a";
const STEPS: &str = "main p.acts a.button";

#[tokio::test]
async fn every_kind_of_page_is_in_order() {
    if is_left_out() {
        return;
    }
    let place = busy();
    place.invited(LEADER, "leader");
    let invitation = place.invited(ADMINISTRATOR, "administrator");
    let _service = place.serve();
    let mut browser = Browser::open(&place, "6-all-pages", DESKTOP).await;
    browser.accept_invitation(&invitation, PASSWORD).await;
    keeps_records(&place, &browser).await;
    let mut seen = Seen::default();
    let menu = browser.hrefs(MENU).await;
    assert!(menu.len() > 20, "{menu:?}");
    for href in menu {
        browser.visit(&mut seen, &href).await;
        for row in browser.hrefs(ROWS).await.into_iter().take(1) {
            let steps = browser.visit(&mut seen, &row).await;
            browser.visit_all(&mut seen, steps).await;
        }
    }
    let steps = std::mem::take(&mut seen.steps);
    browser.visit_all(&mut seen, steps).await;
    browser.go(&place.url("/no-such-page")).await;
    browser.look_at_refusal("no-such-page").await;
    hangs_up_a_screen(&place, &mut browser).await;
    browser.close().await;
}

/// A place where much has happened: rounds of all kinds, what came of them, and what was not answered in time.
fn busy() -> Place {
    let place = issued();
    for kind in ["dispatch", "bulletin", "monitoring"] {
        place.run(&["round", "open", kind, "--reason", "局长办公会要求"]);
    }
    let later = format!("{} 10:00", workday_in(45));
    for job in ["remind", "deliver"] {
        place.run(&["run-job", job, "--at", &later]);
    }
    place
}

/// Makes what no command makes, through the pages.
async fn keeps_records(place: &Place, browser: &Browser) {
    let day = workday_in(12).to_string();
    /// A page with a form, what is written beside its labels, its button.
    type Made<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let made: [Made<'_>; 6] = [
        (
            "/inspectors/new",
            &[("姓名", "陆同志"), ("邮箱", LEAD), ("单位编码", "B01")],
            "登记",
        ),
        (
            "/findings/new",
            &[
                ("单位编码", "S101"),
                ("问题", "作业没有公示。"),
                ("整改期限", &day),
                ("理由", "专项检查"),
            ],
            "提出问题",
        ),
        ("/appraisals/new", &[("学年", "2025Y")], "建立"),
        ("/tokens/new", &[("用途", "对接程序")], "申请令牌"),
        (
            "/webhooks/new",
            &[
                ("名称", "值班群"),
                ("网址", "https://hooks.example.org/duban"),
                ("任务下发", ""),
            ],
            "建立",
        ),
        (
            "/delegations/new",
            &[
                ("代办人邮箱", LEADER),
                ("第一天", &day_in(1).to_string()),
                ("最后一天", &day),
                ("理由", "出差"),
            ],
            "登记",
        ),
    ];
    for (path, fields, button) in made {
        browser.go(&place.url(path)).await;
        for (label, text) in fields {
            browser.fill(label, text).await;
        }
        browser.choose_if_any("方案", TITLE).await;
        browser.press(button).await;
        browser.lacks("还没有办成").await;
    }
    let more_time = place.mailed_link(SCHOOL, &["阶段工作总结", "申请延期："]);
    browser.go(&more_time).await;
    for (label, text) in [
        ("延期理由", "台风停课三天"),
        ("目前进展", "已完成初稿"),
        ("预计完成日期", &workday_in(120).to_string()),
    ] {
        browser.fill(label, text).await;
    }
    browser.press("提交申请").await;
    browser.says("申请已登记").await;
    browser.go(&place.url("/")).await;
}

/// A screen on a wall has no account: whoever knows its address sees it.
async fn hangs_up_a_screen(place: &Place, browser: &mut Browser) {
    browser.go(&place.url("/walls/new")).await;
    browser.fill("用途", "门厅").await;
    browser.press("生成大屏链接").await;
    browser.look("wall-made").await;
    browser.press("打开大屏").await;
    browser.look("wall").await;
}

/// Which kinds of pages were looked at, and which steps were offered that were not.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<String>,
    steps: Vec<String>,
}

impl Seen {
    /// Whether a page is the first of its kind; files are no pages.
    fn is_new(&mut self, href: &str) -> bool {
        let kind = kind_of(href);
        let is_file = [".xlsx", ".docx", "/content", "/html", "/preview"]
            .iter()
            .any(|end| kind.ends_with(end));
        !is_file && self.kinds.insert(kind)
    }
}

/// A page's path without the ids in it.
fn kind_of(href: &str) -> String {
    let path = href.split('?').next().unwrap_or_default();
    let is_id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts = path.split('/').skip(3);
    let parts = parts.map(|part| if is_id(part) { "id" } else { part });
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

impl Browser {
    /// Where the links that a selector finds lead.
    async fn hrefs(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(link => link.href);";
        let found = self.driver.execute(script, vec![json!(selector)]).await;
        found.expect("links").convert().expect("addresses")
    }

    /// Opens a page, and looks at it where it is the first of its kind; what it offers.
    async fn visit(&mut self, seen: &mut Seen, href: &str) -> Vec<String> {
        self.go(href).await;
        let kind = kind_of(href);
        if seen.is_new(href) {
            let name = kind.trim_matches('/').replace('/', "-");
            self.look(&name).await;
        }
        let steps = self.hrefs(STEPS).await;
        if !kind.contains("/id") {
            seen.steps.extend(steps.iter().cloned());
        }
        steps
    }

    async fn visit_all(&mut self, seen: &mut Seen, hrefs: Vec<String>) {
        for href in hrefs {
            if seen.is_new(&href) {
                self.go(&href).await;
                let name = kind_of(&href).trim_matches('/').replace('/', "-");
                self.look_at_a_form(&name).await;
            }
        }
    }
}
