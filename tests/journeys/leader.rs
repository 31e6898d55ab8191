//! A bulletin: drafted and edited by the supervision office, approved by a leader, who takes the Word file along.

use crate::browser::{Browser, DESKTOP};
use crate::chromedriver::is_left_out;
use crate::samples::{LEADER, PASSWORD, SUPERVISOR, TITLE, issued};
use std::io::{Cursor, Read as _};

#[tokio::test]
async fn a_leader_approves_a_bulletin() {
    if is_left_out() {
        return;
    }
    let place = issued();
    let supervisor = place.invited(SUPERVISOR, "supervisor");
    let leader = place.invited(LEADER, "leader");
    let _service = place.serve();
    let mut browser = Browser::open(&place, "4-leader", DESKTOP).await;
    browser.accept_invitation(&supervisor, PASSWORD).await;
    browser.look("supervisors-work").await;
    browser.follow("通报").await;
    browser.look("no-bulletins").await;
    browser.press("起草").await;
    browser.look("draft").await;
    browser.choose("方案", TITLE).await;
    browser.press("起草").await;
    browser.says("通报已起草").await;
    browser.look("drafted").await;
    browser.press("修改").await;
    browser
        .fill("开头", "各单位推进有力，现将进展通报如下。")
        .await;
    browser.fill("主要做法", "青石区建立作业公示日。").await;
    browser.look("edit").await;
    browser.press("修改").await;
    browser.says("通报已修改").await;
    browser.says("青石区建立作业公示日").await;
    browser.look("edited").await;
    browser.follow("退出").await;

    browser.accept_invitation(&leader, PASSWORD).await;
    browser.look("leaders-work").await;
    browser.follow_part("待审定的通报").await;
    browser.look("waiting").await;
    browser.follow_part(TITLE).await;
    browser.look("bulletin").await;
    let bulletin = browser.driver.current_url().await.expect("an address");
    browser.press("预览").await;
    browser.says("青石区建立作业公示日").await;
    browser.look_at_a_document("preview").await;
    browser.go(bulletin.as_str()).await;
    browser.press("审定").await;
    browser.look("approve").await;
    browser.press("审定").await;
    browser.says("通报已审定").await;
    browser.look("approved").await;
    browser.press_to_stay("下载 Word（docx）").await;
    let text = text_of_docx(&browser.downloaded());
    assert!(text.contains("青石区建立作业公示日"), "{text}");
    assert!(text.contains("现将进展通报如下"), "{text}");
    browser.close().await;
}

/// The main part of a Word file.
fn text_of_docx(bytes: &[u8]) -> String {
    let mut files = zip::ZipArchive::new(Cursor::new(bytes)).expect("a docx");
    let mut part = files.by_name("word/document.xml").expect("its text");
    let mut text = String::new();
    part.read_to_string(&mut text).expect("UTF-8");
    text
}
