//! A browser window, used as people use one: by what stands on buttons, links and labels.

use crate::chromedriver::Chromedriver;
use crate::place::Place;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::{By, DesiredCapabilities, WebDriver, WebElement};

/// The longest that a page may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A size of a window, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
}

/// A phone, held upright.
pub const PHONE: Screen = Screen {
    name: "phone",
    width: 390,
    height: 844,
};

/// A desk's.
pub const DESKTOP: Screen = Screen {
    name: "desktop",
    width: 1280,
    height: 900,
};

/// A window of a browser of its own.
pub struct Browser {
    pub driver: WebDriver,
    /// Names its pictures.
    pub journey: &'static str,
    /// Pages looked at so far.
    pub pages: usize,
    /// What was wrong with them.
    pub faults: Vec<String>,
    /// Whether pages may run scripts.
    pub runs_script: bool,
    screen: Screen,
    downloads: PathBuf,
    // Last, so that it outlives the session.
    _chromedriver: Chromedriver,
}

impl Browser {
    /// Opens one; files that are downloaded go into the place's folder.
    pub async fn open(place: &Place, journey: &'static str, screen: Screen) -> Self {
        Self::with(place, journey, screen, true).await
    }

    /// Opens one in which pages may not run scripts.
    pub async fn without_script(place: &Place, journey: &'static str, screen: Screen) -> Self {
        Self::with(place, journey, screen, false).await
    }

    async fn with(place: &Place, journey: &'static str, screen: Screen, script: bool) -> Self {
        let chromedriver = Chromedriver::start();
        let downloads = place.path("downloads");
        let mut wanted = DesiredCapabilities::chrome();
        let args = [
            "--headless=new",
            // Chromium's sandbox cannot be had as root, as in a container; the pages are our own.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--lang=zh-CN",
            "--hide-scrollbars",
        ];
        for arg in args {
            wanted.add_arg(arg).expect("argument");
        }
        let prefs = json!({
            "intl.accept_languages": "zh-CN,zh",
            "download.default_directory": downloads,
            "profile.managed_default_content_settings.javascript": if script { 1 } else { 2 },
        });
        let prefs = wanted.add_experimental_option("prefs", prefs);
        prefs.expect("preferences");
        let level = thirtyfour::LoggingPrefsLogLevel::All;
        wanted.set_browser_log_level(level).expect("log");
        let driver = WebDriver::new(chromedriver.url(), wanted).await;
        let mut browser = Self {
            driver: driver.expect("a browser"),
            journey,
            pages: 0,
            faults: Vec::new(),
            runs_script: script,
            screen,
            downloads,
            _chromedriver: chromedriver,
        };
        // Each page is to be measured as one that is seen for the first time.
        browser.devtools("Network.enable", json!({})).await;
        let nothing = json!({ "cacheDisabled": true });
        browser.devtools("Network.setCacheDisabled", nothing).await;
        browser.resize(screen).await;
        browser
    }

    /// Says something to the browser in its own protocol.
    pub async fn devtools(&self, method: &str, params: Value) -> Value {
        let said = self.driver.cdp().send_raw(method, params).await;
        said.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Makes the window that of another screen.
    pub async fn resize(&mut self, screen: Screen) {
        let metrics = json!({
            "width": screen.width,
            "height": screen.height,
            "deviceScaleFactor": 1,
            "mobile": screen == PHONE,
        });
        let method = "Emulation.setDeviceMetricsOverride";
        self.devtools(method, metrics).await;
        self.screen = screen;
    }

    /// Its screen.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Opens an address.
    pub async fn go(&self, url: &str) {
        self.driver.goto(url).await.expect("a page");
    }

    /// The path of the page that is open.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("an address");
        url.path().to_owned()
    }

    async fn found(&self, xpath: &str, what: &str) -> WebElement {
        match self.driver.find(By::XPath(xpath)).await {
            Ok(found) => found,
            Err(_) => {
                let text = self.text().await;
                panic!("{}: no {what} on this page:\n{text}", self.journey)
            }
        }
    }

    /// Presses the first button or link of the page's own with that text, and waits for the page that it leads to.
    pub async fn press(&self, text: &str) {
        let button = self.button(text).await;
        self.leave_by(button).await;
    }

    /// Presses one that leads to no other page.
    pub async fn press_to_stay(&self, text: &str) {
        let button = self.button(text).await;
        button.click().await.expect("pressed");
    }

    async fn button(&self, text: &str) -> WebElement {
        let own = format!("//main//*[(self::a or self::button) and normalize-space()='{text}']");
        self.found(&own, text).await
    }

    /// Follows the first link with that text, in the menu too.
    pub async fn follow(&self, text: &str) {
        let link = format!("//*[(self::a or self::button) and normalize-space()='{text}']");
        let link = self.found(&link, text).await;
        self.leave_by(link).await;
    }

    /// Follows the first link of the page's own that has this in its text.
    pub async fn follow_part(&self, text: &str) {
        let link = format!("//main//a[contains(normalize-space(), '{text}')]");
        let link = self.found(&link, text).await;
        self.leave_by(link).await;
    }

    /// Clicks, and waits until this page is gone: the driver alone may still be at it when the next thing is asked.
    async fn leave_by(&self, link: WebElement) {
        let page = self.driver.find(By::Tag("html")).await.expect("a page");
        link.click().await.expect("pressed");
        let pressed = Instant::now();
        while page.tag_name().await.is_ok() {
            let journey = self.journey;
            assert!(pressed.elapsed() < PATIENCE, "{journey}: it led nowhere");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The field whose label begins with these words.
    pub async fn field(&self, label: &str) -> WebElement {
        let xpath = format!("//label[starts-with(normalize-space(), '{label}')]");
        let label = self.found(&xpath, label).await;
        let id = label.attr("for").await.expect("label").expect("for");
        let field = self.driver.find(By::XPath(format!("//*[@id='{id}']")));
        field.await.expect("field")
    }

    /// Types into a field, in place of what stands in it.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        let kind = field.attr("type").await.expect("asked");
        if kind.as_deref() == Some("date") {
            // How a day is typed depends on the browser's language.
            let script = "arguments[0].value = arguments[1];";
            let args = vec![field.to_json().expect("element"), json!(text)];
            self.driver.execute(script, args).await.expect("a day");
            return;
        }
        field.clear().await.expect("cleared");
        field.send_keys(text).await.expect("typed");
    }

    /// Chooses a file, as the file chooser would.
    pub async fn attach(&self, label: &str, file: &Path) {
        let field = self.field(label).await;
        let file = file.to_str().expect("a name");
        field.send_keys(file).await.expect("chosen");
    }

    /// Ticks a box.
    pub async fn tick(&self, label: &str) {
        self.field(label).await.click().await.expect("ticked");
    }

    /// Chooses what a list offers.
    pub async fn choose(&self, label: &str, option: &str) {
        let field = self.field(label).await;
        let xpath = format!("./option[contains(normalize-space(), '{option}')]");
        let option = field.find(By::XPath(xpath)).await.expect("option");
        option.click().await.expect("chosen");
    }

    /// Opens an address in this window and in another one; this one stays in front.
    pub async fn open_twice(&mut self, url: &str) {
        self.go(url).await;
        let own = self.driver.window().await.expect("a window");
        let other = self.driver.new_tab().await.expect("another window");
        self.to_window(other).await;
        self.resize(self.screen).await;
        self.go(url).await;
        self.to_window(own).await;
    }

    async fn to_window(&self, window: thirtyfour::WindowHandle) {
        let switched = self.driver.switch_to_window(window).await;
        switched.expect("the window");
        // What lies behind another window is not drawn, and what is not drawn cannot be pressed.
        self.devtools("Page.bringToFront", json!({})).await;
    }

    /// Goes on in the other of two windows.
    pub async fn other_window(&self) {
        let own = self.driver.window().await.expect("a window");
        let all = self.driver.windows().await.expect("windows");
        let other = all.into_iter().find(|one| *one != own);
        self.to_window(other.expect("another window")).await;
    }

    /// Chooses what a list offers, where the page has that list.
    pub async fn choose_if_any(&self, label: &str, option: &str) {
        let xpath = format!("//label[starts-with(normalize-space(), '{label}')]");
        if self.driver.find(By::XPath(xpath)).await.is_ok() {
            self.choose(label, option).await;
        }
    }

    /// The text of the page, as it is seen.
    pub async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await.expect("a body");
        body.text().await.expect("text")
    }

    /// Asserts that the page says something.
    pub async fn says(&self, words: &str) {
        let text = self.text().await;
        let journey = self.journey;
        assert!(text.contains(words), "{journey}: no {words} in:\n{text}");
    }

    /// Signs in with the password that was set, from any page that asks for it.
    pub async fn sign_in(&self, address: &str, password: &str) {
        self.fill("邮箱地址", address).await;
        self.fill("密码", password).await;
        self.press("登录").await;
    }

    /// Sets the first password behind an invitation.
    pub async fn accept_invitation(&self, url: &str, password: &str) {
        self.go(url).await;
        self.fill("新密码", password).await;
        self.fill("再输一次", password).await;
        self.press("设置密码并登录").await;
    }

    /// Waits for the file that is downloaded; its bytes.
    pub fn downloaded(&self) -> Vec<u8> {
        crate::place::wait("a download", || {
            let mut files = std::fs::read_dir(&self.downloads).ok()?;
            let file = files.find_map(|file| {
                let path = file.ok()?.path();
                let is_whole = path.extension().is_some_and(|name| name != "crdownload");
                let is_ours = !path.file_name()?.to_str()?.starts_with('.');
                (is_whole && is_ours).then_some(path)
            })?;
            std::fs::read(file).ok().filter(|bytes| !bytes.is_empty())
        })
    }

    /// Closes it; asserts that nothing was wrong with the pages that were looked at.
    pub async fn close(self) {
        let (journey, pages) = (self.journey, self.pages);
        let faults = self.faults.join("\n");
        drop(self);
        eprintln!("{journey}: {pages} pages");
        assert!(faults.is_empty(), "{journey}:\n{faults}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its sessions when it is ended itself, after a failure too.
        let _ = self.driver.clone().leak();
    }
}
