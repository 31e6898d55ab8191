//! The supervision office signs in with a password, imports the plan, settles a unit, issues it, opens a round early and sees
//! answers come in.

use crate::browser::{Browser, DESKTOP};
use crate::chromedriver::is_left_out;
use crate::place::Place;
use crate::samples::{LEAD, PASSWORD, SUPERVISOR, TITLE, UNITS, plan};

#[tokio::test]
async fn a_supervisor_turns_a_plan_into_work() {
    if is_left_out() {
        return;
    }
    let place = Place::new();
    let invitation = place.invited(SUPERVISOR, "supervisor");
    let _service = place.serve();
    let mut browser = Browser::open(&place, "3-supervisor", DESKTOP).await;
    browser.accept_invitation(&invitation, PASSWORD).await;
    browser.follow("退出").await;
    browser.go(&place.url("/plans")).await;
    browser.sign_in(SUPERVISOR, "不是这个密码 12").await;
    browser.says("邮箱地址或密码不对").await;
    browser.look_at_refusal("wrong-password").await;
    browser.sign_in(SUPERVISOR, PASSWORD).await;
    assert_eq!(browser.path().await, "/plans", "led to what was asked for");
    browser.look("no-plans").await;

    imports(&place, &mut browser).await;
    issues(&mut browser).await;
    opens_a_round(&place, &mut browser).await;
    browser.close().await;
}

async fn imports(place: &Place, browser: &mut Browser) {
    let plan_file = place.write("行动方案.txt", plan());
    let units_file = place.write("单位名单.csv", UNITS);
    browser.press("导入方案").await;
    browser.look("import").await;
    browser.attach("方案文件", &plan_file).await;
    browser.attach("单位名单", &units_file).await;
    browser.press("检查").await;
    browser.says("体卫艺科").await;
    browser.says("规范作业管理").await;
    browser.look("checked").await;
    browser.says("已选择“行动方案.txt”").await;
    browser.press("导入").await;
    browser.says("方案已导入").await;
    browser.look("imported").await;
}

async fn issues(browser: &mut Browser) {
    browser.follow_part("保障体育活动").await;
    browser.look("task-to-settle").await;
    browser.press("核对").await;
    browser.fill("牵头单位", "基础教育科").await;
    browser.fill("责任单位", "各校").await;
    browser.look("settle").await;
    browser.press("核对").await;
    browser.says("已修改").await;
    browser.look("settled").await;
    browser.follow("方案").await;
    browser.follow_part(TITLE).await;
    browser.press("下发").await;
    browser.look("issue").await;
    browser.choose("督办周期", "开启").await;
    browser.press("下发").await;
    browser.says("已下发").await;
    browser.look("issued").await;
}

async fn opens_a_round(place: &Place, browser: &mut Browser) {
    browser.follow("督办轮次").await;
    browser.look("no-rounds").await;
    browser.press("开展").await;
    browser.choose("督办周期", "调度").await;
    browser.fill("理由", "局长办公会要求提前了解进展").await;
    browser.look("open-a-round").await;
    browser.press("开展").await;
    browser.says("已开展").await;
    browser.look("round").await;
    let round = browser.driver.current_url().await.expect("an address");

    let link = place.mailed_link(LEAD, &["调度", "填报："]);
    browser.go(&link).await;
    browser.look("lead-unit-is-asked").await;
    browser.fill("进度", "40").await;
    browser
        .fill("已做的工作", "已印发通知，并召开了培训会。")
        .await;
    browser.press("提交填报").await;
    browser.go(round.as_str()).await;
    browser.look("round-with-an-answer").await;
    browser.follow("看板").await;
    browser.look("dashboard").await;
}
