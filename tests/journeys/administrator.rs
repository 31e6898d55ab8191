//! An administrator sets the service up through the link that it prints, makes a user and gives roles, and ends a session:
//! whoever had it must sign in again.

use crate::browser::{Browser, DESKTOP};
use crate::chromedriver::is_left_out;
use crate::place::Place;
use crate::samples::{ADMINISTRATOR, LEADER, PASSWORD, UNITS};

#[tokio::test]
async fn an_administrator_sets_up_and_revokes() {
    if is_left_out() {
        return;
    }
    let place = Place::new();
    let units = place.write("units.csv", UNITS);
    place.run(&["units", "import", units.to_str().expect("a name")]);
    let service = place.serve();
    let said = service.said();
    let link = said
        .split_whitespace()
        .find(|word| word.starts_with("http"));
    let link = link.expect("a link").to_owned();
    let mut browser = Browser::open(&place, "5-administrator", DESKTOP).await;
    browser.go(&link).await;
    browser.look("set-up").await;
    browser.press("开始使用").await;
    browser.look_at_refusal("set-up-refused").await;
    browser.fill("姓名", "管理员").await;
    browser.fill("邮箱地址", ADMINISTRATOR).await;
    browser.fill("新密码", PASSWORD).await;
    browser.fill("再输一次", PASSWORD).await;
    browser.press("开始使用").await;
    browser.look("set-up-done").await;

    browser.follow("用户").await;
    browser.look("users").await;
    browser.press("新建").await;
    browser.look("new-user").await;
    browser.fill("邮箱", LEADER).await;
    browser.choose("角色", "局领导").await;
    browser.press("新建").await;
    browser.says("用户已新建").await;
    browser.look("user").await;
    browser.press("角色").await;
    browser.tick("审计人员").await;
    browser.look("roles").await;
    browser.press("保存").await;
    browser.says("用户已修改").await;
    browser.look("roles-changed").await;
    let user = browser.driver.current_url().await.expect("an address");

    browser.press("邀请").await;
    browser.look("invite").await;
    browser.press("邀请").await;
    browser.says("邀请邮件即将发出").await;
    let invitation = place.mailed_link(LEADER, &["设置密码"]);
    let invitation = invitation.as_str();
    let mut other = Browser::open(&place, "5-invited", DESKTOP).await;
    other.go(invitation).await;
    other.look("invitation").await;
    other.accept_invitation(invitation, PASSWORD).await;
    other.look("invited").await;
    other.follow(LEADER).await;
    other.look("account").await;
    other.go(invitation).await;
    other.look_at_refusal("invitation-used").await;

    browser.go(user.as_str()).await;
    browser.look("user-with-a-session").await;
    browser.follow_part("Chrome").await;
    browser.look("session").await;
    browser.press("收回").await;
    browser.look("revoke").await;
    browser.press("收回").await;
    browser.says("令牌已收回").await;
    browser.look("revoked").await;
    other.go(&place.url("/")).await;
    assert_eq!(other.path().await, "/sign-in");
    other.look("led-to-sign-in").await;
    other.close().await;
    browser.close().await;
}
