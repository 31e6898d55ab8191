//! Forms of people who are signed in, and what browsers are told. Bad input C10, D6.

use crate::support::Town;
use crate::support::service::{Service, no_rates};
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, LI, PASSWORD, hidden, sign_in, signed_up, text};
use duban::domain::user_role::UserRole;

on_both!(
    a_form_from_elsewhere_changes_nothing,
    nobody_is_led_to_another_host,
    the_cookie_is_the_host_s_alone,
    pages_speak_the_language_that_was_chosen,
    what_is_wrong_stands_beside_its_field,
);

async fn a_form_from_elsewhere_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let entering = [("email", "li@town.example.org"), ("password", PASSWORD)];
    let elsewhere: [&[&str]; 9] = [
        &["Origin: http://evil.example"],
        &["Origin: http://x.evil.example"],
        &["Origin: null"],
        &["Origin: null", "Sec-Fetch-Site: cross-site"],
        &["Origin: http://x", "Origin: http://evil.example"],
        &["Sec-Fetch-Site: same-site"],
        &["Referer: http://evil.example/http://x/"],
        &["Origin: null", "Referer: http://x/sign-in"],
        &[],
    ];
    let before = state_hash(&town.ctx.db).await?;
    for headers in elsewhere {
        assert_eq!(
            browser.post_from("/sign-in", &entering, headers).status,
            403,
            "{headers:?}"
        );
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    for headers in [
        ["Origin: http://127.0.0.1:8080"].as_slice(),
        &["Origin: http://x"],
        &["Origin: null", "Sec-Fetch-Site: same-origin"],
        &["Sec-Fetch-Site: same-origin"],
        &["Referer: http://x/sign-in?next=%2F"],
    ] {
        assert_eq!(
            browser.post_from("/sign-in", &entering, headers).status,
            303,
            "{headers:?}"
        );
    }
    // Within a session the form needs its token as well, that of this session.
    let other = Browser::new(&service);
    assert_eq!(sign_in(&other, "li@town.example.org", PASSWORD), 303);
    let foreign = hidden(&text(&other.get("/account")), "form");
    let own = hidden(&text(&browser.get("/account")), "form");
    assert_ne!(own, foreign);
    let before = state_hash(&town.ctx.db).await?;
    for path in [
        "/sign-out",
        "/account/profile",
        "/account/password",
        "/account/sessions/end",
        "/account/delegations",
    ] {
        for token in ["", "0", foreign.as_str()] {
            let form = [("form", token), ("name", "别人"), ("locale", "en")];
            assert_eq!(browser.post(path, &form).status, 403, "{path} {token}");
        }
        let form = [("form", own.as_str()), ("name", "别人")];
        let answer = browser.post_from(path, &form, &["Origin: http://evil.example"]);
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(browser.get(path).status / 100, 4, "{path}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(browser.is_in());
    Ok(())
}

async fn nobody_is_led_to_another_host(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let led = browser.get("/account?done=%2F%2Fevil");
    assert_eq!(
        led.header("location"),
        "/sign-in?next=%2Faccount%3Fdone%3D%252F%252Fevil".replace("%2Faccount", "/account")
    );
    for (next, wanted) in [
        ("/l/x?y=1", "/l/x?y=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("account", "/"),
    ] {
        let browser = Browser::new(&service);
        let form = [
            ("email", "li@town.example.org"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let done = browser.post("/sign-in", &form);
        assert_eq!(
            (done.status, done.header("location")),
            (303, wanted),
            "{next}"
        );
    }
    let page = text(&browser.get("/sign-in?next=//evil.example"));
    assert!(!page.contains("evil"), "{page}");
    let page = text(&browser.get("/sign-in?next=%2Ftasks%3Fa%3Db"));
    assert_eq!(hidden(&page, "next"), "/tasks?a=b");
    // Whoever is in already goes on.
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    assert_eq!(
        browser.get("/sign-in?next=%2Faccount").header("location"),
        "/account"
    );
    assert_eq!(
        browser
            .get("/sign-in?next=%2F%2Fevil.example")
            .header("location"),
        "/"
    );
    Ok(())
}

async fn the_cookie_is_the_host_s_alone(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let form = [("email", "li@town.example.org"), ("password", PASSWORD)];
    let given = Browser::new(&service).post("/sign-in", &form);
    let cookie = given.header("set-cookie").to_owned();
    assert!(cookie.starts_with("duban=dubans_"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(given.header("cache-control"), "no-store");
    let secure = town.under(|settings| settings.base_url = "https://duban.example.org".to_owned());
    let secure = Service::with(&secure, no_rates())?;
    let browser = Browser::new(&secure);
    let given = browser.post_from("/sign-in", &form, &["Origin: https://duban.example.org"]);
    let cookie = given.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-duban=dubans_"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert!(browser.is_in());
    let page = browser.get("/account");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "no-store");
    *browser.cookie.borrow_mut() = Some(format!("duban={}", browser.session()));
    assert!(
        !browser.is_in(),
        "the cookie that anybody may set is not looked at"
    );
    Ok(())
}

async fn pages_speak_the_language_that_was_chosen(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    assert!(text(&browser.get("/account")).contains("我的账号"));
    assert_eq!(
        browser
            .send("/account/profile", &[("name", ""), ("locale", "en")])
            .status,
        422
    );
    let done = browser.send("/account/profile", &[("name", "Li <b>"), ("locale", "en")]);
    assert_eq!(done.header("location"), "/account?done=profile");
    let page = text(&browser.get("/account?done=profile"));
    assert!(
        page.contains("My account") && page.contains("lang=\"en\""),
        "{page}"
    );
    assert!(
        !page.contains("Li <b>") && page.contains("Li &#60;b"),
        "{page}"
    );
    Ok(())
}

async fn what_is_wrong_stands_beside_its_field(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let browser = Browser::new(&service);
    let page = text(&browser.get("/sign-in?next=/tasks"));
    for part in [
        "<label for=\"email\">邮箱地址</label>",
        "id=\"email\" name=\"email\" type=\"email\"",
        "autocomplete=\"username\"",
        "id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\">",
        "class=\"second\" formaction=\"/sign-in/link\">发送登录链接</button>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("role=\"alert\""), "{page}");
    // Of what is asked for a link.
    let far = format!("<b>{}", "x".repeat(9_000));
    let form = [("email", far.as_str()), ("password", "kept to oneself")];
    let page = text(&browser.post("/sign-in/link", &form));
    for part in [
        "role=\"alert\"",
        "<li><a href=\"#email\">请填写邮箱地址",
        "id=\"email-error\">请填写邮箱地址",
        "aria-describedby=\"email-error\" aria-invalid=\"true\"",
        "value=\"&#60;b&#62;xxx",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.len() < 6_000, "what was typed is not given back whole");
    assert!(!page.contains("kept to oneself"), "{page}");
    // Of somebody's own password.
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let form = [("present", "x"), ("new_password", "short"), ("again", "x")];
    let page = text(&browser.send("/account/password", &form));
    for part in [
        "<li><a href=\"#new_password\">密码至少 10 个字符",
        "autocomplete=\"new-password\" aria-describedby=\"new_password-hint new_password-error\" \
         aria-invalid=\"true\">",
        "action=\"/account/profile\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("value=\"short\""), "{page}");
    assert_eq!(page.matches("role=\"alert\"").count(), 1, "{page}");
    // One name of what proves a form to be ours, in the frame, in forms and beside rows.
    let forms = page.matches(" method=\"post\"").count();
    assert_eq!(page.matches("name=\"form\" value=\"").count(), forms);
    Ok(())
}
