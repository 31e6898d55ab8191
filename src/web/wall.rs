//! `/wall/{secret}`: the big screen 大屏. Whoever has the secret in the address sees the bureau's dashboard without an account,
//! and nothing else: no person, no address, no way on. It loads itself anew, and costs next to nothing while nothing
//! changes.

use super::assets::{script_address, style_address};
use super::charts::Size;
use super::dashboard_charts::{
    Drawn, LEADS, Lights, SECTIONS, count, day_of, lights, name, progress,
};
use super::dashboard_tables::round_name;
use super::frame::{rendered, start};
use super::row::{at, rows, text_at};
use super::session::words_of;
use super::words::Words;
use crate::flow::keep_walls::follow_wall;
use crate::flow::{Ctx, FlowError};
use crate::http::api::dashboard;
use crate::http::kernel::encoding::Encoding;
use crate::http::kernel::etag::{Known, State, none_match};
use crate::http::kernel::{Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use askama::Template;
use serde_json::Value;

/// Kept by the screen's browser alone, which asks each time whether it is still true.
const CACHE: &str = "private, no-cache";

/// How its charts are drawn: for readers five metres away.
const SIZE: Size = Size {
    width: 560.0,
    text: 26.0,
    plot: 205.0,
    has_legend: false,
};

/// Bars and lines of a card.
const MOST_BARS: usize = 4;

/// Lines of a card.
const MOST_LINES: usize = 4;

/// Its route.
pub(super) fn resource() -> Resource {
    web::resource("/wall/{secret}")
        .route(web::get().to(wall))
        .route(web::head().to(wall))
        .default_service(web::to(|| super::other_method("GET, HEAD")))
}

/// A screen: the dashboard, or why it is not shown.
#[derive(Template)]
#[template(path = "wall.html", config = "config/askama.toml")]
struct WallPage {
    words: Words,
    style: String,
    script: String,
    title: String,
    /// Where it is loaded anew from; none where there is nothing to wait for.
    address: Option<String>,
    message: String,
    shown: Option<Screen>,
}

/// What a screen shows.
struct Screen {
    day: String,
    tiles: Vec<Tile>,
    cards: Vec<Card>,
}

/// A large number.
struct Tile {
    label: String,
    value: String,
    parts: Vec<Badge>,
}

/// A text in a colour that says the same.
struct Badge {
    tone: &'static str,
    text: String,
}

/// A chart, or a few lines.
struct Card {
    title: String,
    svg: Option<String>,
    lines: Vec<LineShown>,
    note: String,
}

/// A name with its number.
struct LineShown {
    name: String,
    tone: &'static str,
    value: String,
}

/// A request to a screen.
struct Asked<'a> {
    words: Words,
    is_https: bool,
    request: &'a HttpRequest,
}

async fn wall(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let asked = Asked {
        words: words_of(&ctx, &request, None),
        is_https: ctx.settings.base_url.starts_with("https:"),
        request: &request,
    };
    let secret = request.match_info().get("secret").unwrap_or_default();
    let wall = match follow_wall(&ctx, secret).await {
        Ok(Some(wall)) => wall,
        Ok(None) => {
            return match kernel.count_stranger(&request) {
                Ok(()) => asked.refused(StatusCode::NOT_FOUND, "gone"),
                Err(problem) => asked.refused(problem.status(), "often"),
            };
        }
        Err(error) => return asked.failed(&error),
    };
    // Read before the figures: they are not older than their tag says.
    let change_no = match ctx.change_no().await {
        Ok(change_no) => change_no,
        Err(error) => return asked.failed(&error),
    };
    let scope = format!("wall {} {}", asked.words.tag(), style_address());
    let state = State {
        change_no,
        day: ctx.now().today,
        scope: &scope,
    };
    let tag = state.tag(Encoding::Identity, &format!("/wall/{}", wall.id));
    let given = request.headers().get(IF_NONE_MATCH);
    let known = given
        .and_then(|header| header.to_str().ok())
        .map_or(Known::No, |header| none_match(header, &tag));
    if known != Known::No {
        return start(StatusCode::NOT_MODIFIED, asked.is_https, CACHE)
            .insert_header((ETAG, tag))
            .finish();
    }
    let figures = match dashboard::whole(&ctx).await {
        Ok(figures) => figures,
        Err(problem) => return asked.unreadable(&problem),
    };
    let page = WallPage {
        shown: Some(screen(asked.words, &figures)),
        ..asked.page("title", String::new())
    };
    let mut builder = start(StatusCode::OK, asked.is_https, CACHE);
    builder
        .insert_header((ETAG, tag))
        .insert_header((VARY, HeaderValue::from_static("accept-language")));
    rendered(builder, &page)
}

impl Asked<'_> {
    fn page(&self, title: &str, message: String) -> WallPage {
        WallPage {
            words: self.words,
            style: style_address(),
            script: script_address(),
            title: say(self.words, title),
            address: Some(self.request.path().to_owned()),
            message,
            shown: None,
        }
    }

    fn refused(&self, status: StatusCode, key: &str) -> HttpResponse {
        let (title, text) = (format!("{key}_title"), format!("{key}_text"));
        let page = self.page(&title, say(self.words, &text));
        let page = match status {
            // There is nothing to wait for.
            StatusCode::NOT_FOUND => WallPage {
                address: None,
                ..page
            },
            _ => page,
        };
        rendered(start(status, self.is_https, "no-store"), &page)
    }

    fn failed(&self, error: &FlowError) -> HttpResponse {
        tracing::error!(%error, "A big screen could not be shown");
        self.refused(StatusCode::SERVICE_UNAVAILABLE, "failed")
    }

    fn unreadable(&self, problem: &Problem) -> HttpResponse {
        let detail = problem.detail();
        tracing::error!(detail, "A big screen could not be shown");
        self.refused(StatusCode::SERVICE_UNAVAILABLE, "failed")
    }
}

fn say(words: Words, key: &str) -> String {
    words.say(&format!("wall.{key}"))
}

fn fill(words: Words, key: &str, with: &[(&str, &str)]) -> String {
    words.fill(&format!("wall.{key}"), with)
}

fn screen(words: Words, figures: &Value) -> Screen {
    let day = day_of(figures).map_or_else(String::new, |day| words.day(day));
    let sections = lights_card(words, figures, "sections", SECTIONS);
    let leads = lights_card(words, figures, "leads", LEADS);
    Screen {
        day: fill(words, "state_as_of", &[("day", &day)]),
        tiles: vec![
            lights_tile(words, figures, "tasks"),
            lights_tile(words, figures, "assignments"),
            overdue_tile(words, figures),
        ],
        cards: vec![
            Card {
                title: say(words, "progress"),
                svg: progress(words, figures, SIZE),
                lines: Vec::new(),
                note: String::new(),
            },
            sections,
            leads,
            rounds_card(words, figures),
            late_card(words, figures),
        ],
    }
}

fn lights_tile(words: Words, figures: &Value, what: &str) -> Tile {
    let parts = ["green", "yellow", "red"].map(|tone| {
        let count = count(figures, &format!("{what}.{tone}"));
        let light = words.say(&format!("dashboard_page.{tone}"));
        Badge {
            tone,
            text: format!("{light} {count}"),
        }
    });
    Tile {
        label: say(words, what),
        value: count(figures, &format!("{what}.total")).to_string(),
        parts: parts.into(),
    }
}

fn overdue_tile(words: Words, figures: &Value) -> Tile {
    let units = text_at(figures, "overdue.units_total");
    Tile {
        label: say(words, "overdue"),
        value: count(figures, "overdue.total").to_string(),
        parts: vec![Badge {
            tone: "",
            text: fill(words, "overdue_units", &[("count", &units)]),
        }],
    }
}

/// Lights by section, or by lead unit; those with most red.
fn lights_card(words: Words, figures: &Value, title: &str, what: Lights) -> Card {
    let what = what.in_words("wall.lights");
    let Drawn { svg, left_out } = lights(words, figures, what, SIZE, MOST_BARS);
    Card {
        title: say(words, title),
        svg,
        lines: Vec::new(),
        note: more(words, left_out),
    }
}

fn more(words: Words, left_out: usize) -> String {
    match left_out {
        0 => String::new(),
        count => fill(words, "more", &[("count", &count.to_string())]),
    }
}

fn rounds_card(words: Words, figures: &Value) -> Card {
    let all = rows(figures, "open_rounds");
    let line = |round: &Value| {
        let with = [
            ("answered", count(round, "answered").to_string()),
            ("asked", count(round, "asked").to_string()),
        ];
        let with: Vec<(&str, &str)> = with
            .iter()
            .map(|(key, text)| (*key, text.as_str()))
            .collect();
        let mut value = match count(round, "asked") {
            0 => say(words, "asks_nothing"),
            _ => fill(words, "answered", &with),
        };
        let late = count(round, "overdue");
        if late > 0 {
            let late = late.to_string();
            value.push_str(" · ");
            value.push_str(&fill(words, "round_overdue", &[("count", &late)]));
        }
        LineShown {
            name: round_name(words, round),
            tone: if late > 0 { "red" } else { "" },
            value,
        }
    };
    Card {
        title: say(words, "rounds"),
        svg: None,
        lines: all.iter().take(MOST_LINES).map(line).collect(),
        note: match all.len() {
            0 => say(words, "no_rounds"),
            count => more(words, count.saturating_sub(MOST_LINES)),
        },
    }
}

fn late_card(words: Words, figures: &Value) -> Card {
    let all = rows(figures, "overdue.units");
    let units = at(figures, "overdue.units_total").as_u64();
    let units = usize::try_from(units.unwrap_or_default()).unwrap_or(usize::MAX);
    let line = |unit: &Value| {
        let pieces = count(unit, "total").to_string();
        LineShown {
            name: name(unit, "unit_name"),
            tone: "red",
            value: fill(words, "pieces", &[("count", &pieces)]),
        }
    };
    Card {
        title: say(words, "late"),
        svg: None,
        lines: all.iter().take(MOST_LINES).map(line).collect(),
        note: match all.len() {
            0 => say(words, "no_late"),
            _ => more(words, units.saturating_sub(MOST_LINES)),
        },
    }
}
