//! A school's clerk answers from the links of a mail, on a phone, whether its browser runs scripts or not.

use crate::browser::{Browser, PHONE};
use crate::chromedriver::is_left_out;
use crate::place::Place;
use crate::samples::{SCHOOL, issued};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file that proves something: a picture of one point.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

#[tokio::test]
async fn a_clerk_answers_on_a_phone_with_script() {
    if is_left_out() {
        return;
    }
    let place = issued();
    let _service = place.serve();
    let browser = Browser::open(&place, "1-clerk", PHONE).await;
    answers(&place, browser).await;
}

#[tokio::test]
async fn a_clerk_answers_on_a_phone_without_script() {
    if is_left_out() {
        return;
    }
    let place = issued();
    let _service = place.serve();
    let browser = Browser::without_script(&place, "1-clerk-no-script", PHONE).await;
    answers(&place, browser).await;
}

async fn answers(place: &Place, mut browser: Browser) {
    let acknowledge = place.mailed_link(SCHOOL, &["签收《", "签收："]);
    browser.go(&acknowledge).await;
    browser.says("规范作业管理").await;
    browser.look("asked").await;
    browser.press("签收").await;
    browser.says("签收已登记").await;
    browser.look("acknowledged").await;
    browser.go(&acknowledge).await;
    browser.says("不必重复").await;
    browser.look("acknowledged-before").await;

    let report = place.mailed_link(SCHOOL, &["任务完成情况", "填报："]);
    let picture = STANDARD.decode(PICTURE).expect("base64");
    let picture = place.write("作业公示.png", picture);
    browser.go(&report).await;
    browser.look("form").await;
    browser.fill("进度", "150").await;
    browser
        .fill("已做的工作", "公示栏已设在各年级走廊，每周更新。")
        .await;
    browser.press("提交填报").await;
    browser.says("进度应为 0 至 100 的整数").await;
    browser.says("公示栏已设在各年级走廊").await;
    browser.look_at_refusal("refused").await;

    // The same form lies open twice; what is sent from both counts once.
    browser.open_twice(&report).await;
    for words in ["填报已登记", "没有重复登记"] {
        browser.fill("进度", "60").await;
        browser
            .fill("已做的工作", "公示栏已设在各年级走廊，每周更新。")
            .await;
        browser.attach("佐证材料", &picture).await;
        browser.press("提交填报").await;
        browser.says("已提交").await;
        browser.says(words).await;
        browser.look("sent").await;
        browser.other_window().await;
    }
    browser.go(&report).await;
    browser.says("需要更正或补充的，可以再次提交").await;
    browser.look("sent-before").await;
    let evidence = place.mailed_link(SCHOOL, &["任务完成情况", "上传佐证："]);
    browser.go(&evidence).await;
    browser.look("evidence").await;
    let more_time = place.mailed_link(SCHOOL, &["阶段工作总结", "申请延期："]);
    browser.go(&more_time).await;
    browser.look("more-time").await;
    browser.go(&place.url("/l/AQAAAAEBAaIlK01LcYyH")).await;
    browser.says("链接无效").await;
    browser.look_at_refusal("bad-link").await;
    browser.close().await;
}

/// Answers from a link, as told.
pub async fn reports(browser: &Browser, link: &str, percent: &str, done: &str) {
    browser.go(link).await;
    browser.fill("进度", percent).await;
    browser.fill("已做的工作", done).await;
    browser.press("提交填报").await;
    browser.says("填报已登记").await;
}
