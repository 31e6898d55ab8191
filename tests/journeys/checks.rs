//! What holds on every page, at the size of a phone and of a desktop: no barrier that axe-core finds (WCAG 2.2 AA), no
//! scrolling sideways, nothing from another host, a small transfer, no complaint of the browser's. Each page is kept as a
//! picture.

use crate::browser::{Browser, DESKTOP, PHONE, Screen};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// axe-core, see the README beside it.
const AXE: &str = include_str!("axe.min.js");

/// The rules that may not be broken. Best practices are told, but bind nobody.
const BINDING: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// The most that a page may weigh when it is seen for the first time, with all that it loads.
const MOST_BYTES: u64 = 100 << 10;

/// The longest page that is taken as a picture.
const MOST_HEIGHT: f64 = 8000.0;

/// What the browser knows of the page's loading.
const LOADED: &str = "
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
        bytes: entries.reduce((sum, entry) => sum + entry.transferSize, 0),
        others: entries.map(entry => entry.name).filter(name => !name.startsWith(location.origin + '/')),
    };";

/// Runs axe-core; its promise is answered by the last argument.
const RUN_AXE: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        found => done(found.violations.map(one => ({
            rule: one.id, tags: one.tags, help: one.help,
            where: one.nodes.slice(0, 5).map(node => node.target.join(' ') + '  ' + node.html.slice(0, 160)
                + '  ' + (node.any.concat(node.all, node.none)[0] || {}).message),
        }))),
        error => done(String(error)));";

impl Browser {
    /// Looks at the page that is open, as a phone and as a desktop shows it.
    pub async fn look(&mut self, name: &str) {
        self.look_at(name, false, &[PHONE, DESKTOP]).await;
    }

    /// The same for a page that says what is wrong with a form: the browser puts down that the answer was no 200.
    pub async fn look_at_refusal(&mut self, name: &str) {
        self.look_at(name, true, &[PHONE, DESKTOP]).await;
    }

    /// The same for a form among many that are alike: as a phone shows it.
    pub async fn look_at_a_form(&mut self, name: &str) {
        self.look_at(name, false, &[PHONE]).await;
    }

    /// The same for a document in which no script may run, not even on time: axe-core reads a copy of it.
    pub async fn look_at_a_document(&mut self, name: &str) {
        self.runs_script = false;
        self.look(name).await;
        self.runs_script = true;
        let source = self.driver.source().await.expect("the document");
        let copy = format!(
            "data:text/html;charset=utf-8;base64,{}",
            STANDARD.encode(source)
        );
        self.go(&copy).await;
        let name = format!("{}-{:02}-{name}", self.journey, self.pages);
        self.bring_axe().await;
        let own = self.screen();
        for screen in [PHONE, DESKTOP] {
            self.resize(screen).await;
            self.check_barriers(&name, screen).await;
        }
        self.resize(own).await;
        self.driver.back().await.expect("back");
    }

    async fn look_at(&mut self, name: &str, is_refusal: bool, screens: &[Screen]) {
        self.pages += 1;
        let name = format!("{}-{:02}-{name}", self.journey, self.pages);
        self.check_log(&name, is_refusal).await;
        if self.runs_script {
            self.check_loaded(&name).await;
            self.bring_axe().await;
        }
        let own = self.screen();
        for screen in screens.iter().copied() {
            self.resize(screen).await;
            let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
            let side = |name: &str| size["cssContentSize"][name].as_f64().unwrap_or_default();
            let (width, height) = (side("width"), side("height"));
            if width > f64::from(screen.width) {
                self.fault(&name, format!("{}: {width} pixels wide", screen.name));
            }
            self.keep_picture(&name, screen, height).await;
            if self.runs_script {
                self.check_barriers(&name, screen).await;
            }
        }
        self.resize(own).await;
    }

    fn fault(&mut self, page: &str, what: String) {
        let fault = format!("{page}: {what}");
        eprintln!("{fault}");
        self.faults.push(fault);
    }

    async fn check_log(&mut self, name: &str, is_refusal: bool) {
        let log = self.driver.browser_log().await.expect("the log");
        for entry in log {
            let is_expected = is_refusal && entry.message.contains("status of 4");
            if entry.level == "SEVERE" && !is_expected {
                self.fault(name, format!("the browser complains: {}", entry.message));
            }
        }
    }

    async fn check_loaded(&mut self, name: &str) {
        let loaded = self.driver.execute(LOADED, Vec::new()).await;
        let loaded = loaded.expect("what was loaded").json().clone();
        let bytes = loaded["bytes"].as_u64().unwrap_or_default();
        if bytes == 0 || bytes > MOST_BYTES {
            self.fault(name, format!("{bytes} bytes were loaded"));
        }
        if loaded["others"] != json!([]) {
            self.fault(name, format!("loaded from elsewhere: {}", loaded["others"]));
        }
    }

    /// Scripts given by the driver are none of the page's: its policy does not keep them out.
    async fn bring_axe(&self) {
        let brought = self.driver.execute(AXE, Vec::new()).await;
        brought.expect("axe-core");
        let patience = Duration::from_secs(30);
        let set = self.driver.set_script_timeout(patience).await;
        set.expect("a time limit");
    }

    async fn check_barriers(&mut self, name: &str, screen: Screen) {
        let found = self.driver.execute_async(RUN_AXE, Vec::new()).await;
        let found = found.expect("axe-core's answer").json().clone();
        let Value::Array(found) = found else {
            self.fault(name, format!("axe-core failed: {found}"));
            return;
        };
        for one in found {
            let tags = one["tags"].as_array().into_iter().flatten();
            let mut tags = tags.filter_map(Value::as_str);
            let says = format!(
                "{}: {} ({}): {:#}",
                screen.name, one["rule"], one["help"], one["where"]
            );
            match tags.any(|tag| BINDING.contains(&tag)) {
                true => self.fault(name, says),
                false => eprintln!("{name}: only advice: {says}"),
            }
        }
    }

    async fn keep_picture(&self, name: &str, screen: Screen, height: f64) {
        let picture = json!({
            "format": "png",
            "captureBeyondViewport": true,
            "clip": {
                "x": 0, "y": 0, "scale": 1,
                "width": screen.width,
                "height": height.clamp(f64::from(screen.height), MOST_HEIGHT),
            },
        });
        let taken = self.devtools("Page.captureScreenshot", picture).await;
        let packed = taken["data"].as_str().expect("a picture");
        let bytes = STANDARD.decode(packed).expect("base64");
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/journeys");
        std::fs::create_dir_all(&folder).expect("folder");
        let file = folder.join(format!("{name}-{}.png", screen.name));
        std::fs::write(file, bytes).expect("written");
    }
}
