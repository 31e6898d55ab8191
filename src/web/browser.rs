//! Browsers by the names that people know them by, for telling sessions apart.

/// Browsers by what their User-Agent has, the particular before the general.
const BROWSERS: [(&str, &str); 8] = [
    ("MicroMessenger/", "微信"),
    ("DingTalk/", "钉钉"),
    ("Edg", "Edge"),
    ("QQBrowser/", "QQ浏览器"),
    ("360SE", "360浏览器"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems alike.
const SYSTEMS: [(&str, &str); 7] = [
    ("HarmonyOS", "鸿蒙"),
    ("OpenHarmony", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
];

/// The name of the browser with that User-Agent; empty where it is none we know.
pub(super) fn browser_named(user_agent: &str) -> String {
    let first = |table: &[(&str, &'static str)]| {
        let found = table.iter().find(|(part, _)| user_agent.contains(part));
        found.map(|(_, name)| *name)
    };
    let system = first(&SYSTEMS).or_else(|| user_agent.contains("Linux").then_some("Linux"));
    let parts: Vec<&str> = first(&BROWSERS).into_iter().chain(system).collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_the_names_people_know() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0",
                "Edge · Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0",
                "微信 · iPhone",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
                "Firefox · Linux",
            ),
            ("curl/8.5", ""),
            ("", ""),
        ] {
            assert_eq!(browser_named(agent), name);
        }
    }
}
