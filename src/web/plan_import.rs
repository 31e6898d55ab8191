//! `/plans/import`: a plan document is read and shown, measure by measure, with what needs a person's eye beside the words it
//! is about; then it is imported. Nothing is sent before it is issued.

use super::field::{Field, Input, Typed};
use super::files::IMPORT_PARTS;
use super::list_page::{Col, col, table_of};
use super::part::{Cell, Column, Form, Link, Note, OtherButton, OtherDoes, Part, Table};
use super::row::Show::{Day, Text};
use super::row::{rows, text_at};
use super::visit::{Shown, Visit};
use crate::flow::hold_upload::{held_upload, hold_upload, let_go};
use crate::http::kernel::upload::{FormBounds, RawForm, UploadedFile};
use crate::http::kernel::{Act, Problem, RawBody};
use actix_web::{HttpRequest, web};
use serde_json::Value;
use std::time::Duration;

/// What bounds the form: as the API's.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 20 << 20,
    parts: 12,
    files: &IMPORT_PARTS,
    time: Duration::from_secs(120),
};

/// What is shown of a measure that was read.
const MEASURE: &[Col] = &[
    col("number", Text),
    col("title", Text),
    col("lead_units", Text),
    col("responsible_units", Text),
    col("due_on", Day),
];

/// GET: the form.
pub(super) async fn show_import(visit: Visit) -> Shown {
    visit.asking.judge("import_plan").await?;
    let form = form(&visit, None, &[], Vec::new())?;
    visit.shown(&page(&visit, vec![Part::Form(form)]))
}

/// A file that was chosen in an earlier step.
struct Held {
    part: &'static str,
    name: String,
    ticket: String,
}

impl Held {
    /// The names of the hidden fields that carry it: its ticket, and what it was called.
    fn fields(part: &str) -> [String; 2] {
        [format!("held_{part}"), format!("held_{part}_name")]
    }
}

/// The files of the form, those that were chosen in an earlier step included where none was chosen anew.
async fn with_held(
    visit: &Visit,
    typed: &Typed,
    form: RawForm,
) -> Result<(Vec<UploadedFile>, Vec<Held>), Problem> {
    let given = form.files.into_iter();
    let given = given.filter(|file| !(file.file_name.is_empty() && file.bytes.is_empty()));
    let mut files: Vec<UploadedFile> = given.collect();
    let mut held = Vec::new();
    for part in IMPORT_PARTS.map(|part| part.name) {
        let [ticket, name] = Held::fields(part).map(|field| typed.raw(&field));
        if ticket.is_empty() {
            continue;
        }
        if files.iter().any(|file| file.part == part) {
            let_go(&visit.ctx, &ticket).await;
            continue;
        }
        if let Some(bytes) = held_upload(&visit.ctx, &ticket).await? {
            files.push(UploadedFile {
                part: part.to_owned(),
                file_name: name.clone(),
                media_type: None,
                bytes: bytes.into(),
            });
            held.push(Held { part, name, ticket });
        }
    }
    Ok((files, held))
}

/// Keeps the files that were chosen just now for the next step.
async fn hold_all(
    visit: &Visit,
    files: &[UploadedFile],
    held: &mut Vec<Held>,
) -> Result<(), Problem> {
    for part in IMPORT_PARTS.map(|part| part.name) {
        let chosen = files.iter().find(|file| file.part == part);
        let Some(chosen) = chosen.filter(|_| held.iter().all(|held| held.part != part)) else {
            continue;
        };
        let bytes = chosen.bytes.to_vec();
        held.push(Held {
            part,
            name: chosen.file_name.clone(),
            ticket: hold_upload(&visit.ctx, bytes, BOUNDS.bytes as u64).await?,
        });
    }
    Ok(())
}

/// POST: reads the files, or imports what they say.
pub(super) async fn do_import(visit: Visit, request: HttpRequest, payload: web::Payload) -> Shown {
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    // The main button says nothing: what it does stands in the form.
    let step = typed.text("step").unwrap_or_else(|| typed.raw("main"));
    let imports = step == "import";
    let (files, mut held) = with_held(&visit, &typed, received.form).await?;
    let sent = send(&visit, &typed, files.clone(), imports).await;
    match sent {
        Ok(read) if imports => {
            // The files stay until they are swept: a second press imports the same, which is done once.
            let id = text_at(&read, "plan_id");
            Ok(visit.to(&format!("/plans/{id}?done=import_plan")))
        }
        Ok(read) => {
            hold_all(&visit, &files, &mut held).await?;
            let mut parts = read_parts(&visit, &read);
            parts.push(Part::Heading(visit.words.say("import.import")));
            parts.push(Part::Form(form(&visit, Some(&typed), &held, Vec::new())?));
            visit.shown(&page(&visit, parts))
        }
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => {
            let mut wrong = visit.words.wrong_fields(&problem);
            if wrong.is_empty() {
                wrong.push(("file".to_owned(), visit.words.problem_met(&problem)));
            }
            let form = form(&visit, Some(&typed), &held, wrong)?;
            let page = page(&visit, vec![Part::Form(form)]);
            Ok(visit.answer(problem.status(), &page))
        }
    }
}

async fn send(
    visit: &Visit,
    typed: &Typed,
    files: Vec<UploadedFile>,
    imports: bool,
) -> Result<Value, Problem> {
    let year = typed.text("year").map(|year| ("year".to_owned(), year));
    let body = RawBody::Form(RawForm {
        texts: year.into_iter().collect(),
        files,
    });
    let once = typed.raw("once");
    let dry_run = [("dry_run", "true")];
    let acted = visit
        .asking
        .act(Act {
            operation: "import_plan",
            params: &[],
            query: if imports { &[] } else { &dry_run },
            body,
            seen: None,
            once: (imports && !once.is_empty()).then_some(once.as_str()),
            room: None,
        })
        .await?;
    Ok(acted.json)
}

/// What was read: how much, what needs an eye, and each measure.
fn read_parts(visit: &Visit, read: &Value) -> Vec<Part> {
    let words = visit.words;
    let problems = problems(visit, read);
    let measures = rows(read, "measures");
    let tone = if problems.rows.is_empty() {
        "good"
    } else {
        "plain"
    };
    let counts = [
        ("measures", measures.len()),
        ("phases", rows(read, "phases").len()),
        ("cycles", rows(read, "cycles").len()),
        ("problems", problems.rows.len()),
    ];
    let counted: Vec<String> = counts
        .iter()
        .map(|(key, count)| {
            words.fill(
                &format!("import.count.{key}"),
                &[("count", &count.to_string())],
            )
        })
        .collect();
    vec![
        Part::Note(Note {
            tone,
            heading: text_at(read, "title"),
            texts: vec![words.list(&counted), words.say("import.next")],
        }),
        Part::Heading(words.say("import.problems")),
        Part::Table(problems),
        Part::Heading(words.say("import.measures")),
        Part::Table(table_of(visit, "tasks", MEASURE, measures)),
    ]
}

/// What needs an eye, beside the words of the document that it is about and the measure they stand in.
fn problems(visit: &Visit, read: &Value) -> Table {
    let words = visit.words;
    let measures = rows(read, "measures");
    let row = |problem: &Value| {
        let line = problem["line"].as_u64().unwrap_or_default();
        let within = measures
            .iter()
            .rev()
            .find(|measure| measure["line"].as_u64().is_some_and(|start| start <= line));
        let measure = within.filter(|_| line > 0).map(|measure| {
            let names = [text_at(measure, "number"), text_at(measure, "title")];
            names.join(" ")
        });
        vec![
            match line {
                0 => Cell::Empty,
                line => Cell::Text(words.fill("import.line", &[("line", &line.to_string())])),
            },
            Cell::Text(words.problem(&text_at(problem, "kind"))),
            Cell::Text(text_at(problem, "text")),
            measure.map_or(Cell::Empty, Cell::Text),
        ]
    };
    Table {
        caption: words.say("import.problems"),
        columns: ["line", "problem", "source_text", "measure_within"]
            .iter()
            .map(|key| Column {
                label: words.say(&format!("import.column.{key}")),
                sort: None,
                is_number: false,
            })
            .collect(),
        rows: rows(read, "problems").iter().map(row).collect(),
        none: words.say("import.none"),
        more: None,
    }
}

fn form(
    visit: &Visit,
    typed: Option<&Typed>,
    held: &[Held],
    wrong: Vec<(String, String)>,
) -> Result<Form, Problem> {
    let words = visit.words;
    let year = typed.map(|typed| typed.raw("year")).unwrap_or_default();
    let chosen = |part: &str, label: &str, hint: &str| {
        let field = Field::new(part, words.say(label), Input::Files { many: false });
        match held.iter().find(|held| held.part == part) {
            Some(held) => field.hinted(words.fill("import.chosen", &[("name", &held.name)])),
            None => field.hinted(words.say(hint)),
        }
    };
    let file = chosen("file", "import.file", "import.file_hint");
    let file = match held.iter().any(|held| held.part == "file") {
        true => file,
        false => file.required(),
    };
    let fields = vec![
        file,
        Field::new("year", words.say("import.year"), Input::Number)
            .hinted(words.say("import.year_hint"))
            .holding(year),
        chosen("units", "import.units", "import.units_hint"),
    ];
    let once = visit.once()?;
    let carried = held.iter().flat_map(|held| {
        let [ticket, name] = Held::fields(held.part);
        [(ticket, held.ticket.clone()), (name, held.name.clone())]
    });
    let carried: Vec<(String, String)> = carried.collect();
    let mut hidden: Vec<(&str, String)> = vec![("once", once)];
    hidden.extend(
        carried
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    // What was read is imported next; before that, it is to be read.
    let (main, other) = match held.is_empty() {
        true => ("check", "import"),
        false => ("import", "check"),
    };
    hidden.push(("main", main.to_owned()));
    let says = |step: &str| words.say(&format!("import.{step}"));
    let mut form = Form {
        hint: words.say("act.import_plan.hint"),
        fields,
        other: Some(OtherButton {
            does: OtherDoes::Says("step", other),
            text: says(other),
        }),
        back: Some(Link::new("/plans", words.say("word.back"))),
        ..visit.posting(&hidden, says(main))
    };
    form.mark(wrong);
    Ok(form)
}

fn page(visit: &Visit, parts: Vec<Part>) -> super::part::Page {
    let title = visit.words.say("act.import_plan.title");
    let trail = vec![Link::new("/plans", visit.words.say("page.plans"))];
    visit.page(title, trail, parts)
}
