//! The contact of a lead unit signs in with a link that is mailed, accepts one school's answer and returns another's; that
//! school sees why, and until when it may answer anew.

use crate::browser::{Browser, DESKTOP};
use crate::chromedriver::is_left_out;
use crate::clerk::reports;
use crate::samples::{LEAD, OTHER_SCHOOL, SCHOOL, issued, workday_in};

#[tokio::test]
async fn a_lead_unit_reviews_answers() {
    if is_left_out() {
        return;
    }
    let place = issued();
    let _service = place.serve();
    let mut browser = Browser::open(&place, "2-lead-unit", DESKTOP).await;
    let report = ["任务完成情况", "填报："];
    let of_school = place.mailed_link(SCHOOL, &report);
    let of_other = place.mailed_link(OTHER_SCHOOL, &report);
    reports(
        &browser,
        &of_school,
        "100",
        "作业公示栏已建成，家长可扫码查看。",
    )
    .await;
    reports(&browser, &of_other, "100", "已经公示。").await;

    browser.go(&place.url("/review")).await;
    browser.look("sign-in").await;
    browser.fill("邮箱地址", LEAD).await;
    browser.press("发送登录链接").await;
    browser.look("link-is-mailed").await;
    let link = place.mailed_link(LEAD, &["登录"]);
    browser.go(&link).await;
    browser.says(LEAD).await;
    browser.look("button-to-sign-in").await;
    browser.press("登录").await;
    browser.look("my-work").await;

    browser.follow("待审核").await;
    browser.says("青石区实验小学").await;
    browser.look("review").await;
    browser.tick("青石区实验小学").await;
    browser.press("通过").await;
    browser.look("accepted").await;
    browser.follow("打开").await;
    browser.says("已经公示").await;
    browser.look("answer").await;
    browser.press("退回").await;
    browser.look("return-form").await;
    browser.press("退回").await;
    browser.look_at_refusal("return-without-reason").await;
    browser
        .fill("退回意见", "请写明公示的范围和时间，并附照片。")
        .await;
    browser
        .fill("重新填报的期限", &workday_in(9).to_string())
        .await;
    browser.press("退回").await;
    browser.look("returned").await;

    browser.go(&of_other).await;
    browser.says("退回意见\n请写明公示的范围和时间").await;
    browser.look("seen-by-the-school").await;
    browser.close().await;
}
