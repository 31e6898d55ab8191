//! A request to a page by somebody who signed in.

use super::frame::{Frame, Signed};
use super::nav::nav;
use super::part::{Form, Link, Note, Page, Part};
use super::session::{
    Visitor, form_answer, lead_to, lead_to_sign_in, origin_fits, visitor, words_of,
};
use super::words::Words;
use crate::flow::mail_trouble::{MailTrouble, mail_trouble};
use crate::flow::pause::{Pause, paused};
use crate::flow::{Ctx, Now};
use crate::http::kernel::{Asking, Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

/// The request, and who makes it.
pub(super) struct Visit {
    pub(super) ctx: web::Data<Ctx>,
    pub(super) kernel: web::Data<Kernel>,
    /// The API, asked as the visitor.
    pub(super) asking: Asking,
    pub(super) visitor: Visitor,
    pub(super) words: Words,
    /// The path that was asked for.
    pub(super) path: String,
    /// Its parts in braces, by name.
    pub(super) params: Vec<(String, String)>,
    /// Its query, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) now: Now,
    /// The pause that is on.
    pause: Option<Pause>,
    /// What keeps mail from leaving.
    mail_trouble: Option<MailTrouble>,
}

/// A page, or where to go instead, or what kept it from being made.
pub(super) type Shown = Result<HttpResponse, Problem>;

impl Visit {
    /// Lets a signed-in visitor in; anybody else is answered with the way to sign in.
    pub(super) async fn enter(
        ctx: web::Data<Ctx>,
        kernel: web::Data<Kernel>,
        request: &HttpRequest,
    ) -> Result<Self, HttpResponse> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query_string().as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
        let visitor = match visitor(&ctx, request).await {
            Ok(Some(visitor)) => visitor,
            Ok(None) => return Err(lead_to_sign_in(request)),
            Err(error) => {
                tracing::error!(%error, "A visitor could not be recognised");
                let words = words_of(&ctx, request, None);
                let page = bare(words, words.say("wrong.unavailable"), Vec::new());
                return Err(form_answer(StatusCode::SERVICE_UNAVAILABLE, &page, &ctx));
            }
        };
        let words = words_of(&ctx, request, Some(&visitor));
        // A database that does not answer is told by what the page asks of it.
        let pause = paused(&ctx).await.unwrap_or_default();
        let mail_trouble = mail_trouble(&ctx).await.unwrap_or_default();
        Ok(Self {
            pause,
            mail_trouble,
            asking: kernel.asking(visitor.viewer.clone()),
            now: ctx.now(),
            visitor,
            words,
            path: request.path().to_owned(),
            params: request
                .match_info()
                .iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
            query,
            ctx,
            kernel,
        })
    }

    /// A part of the path.
    pub(super) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, text)| text)
    }

    /// A form without fields that is sent to this page by a button that says this, with its token and these hidden fields.
    pub(super) fn posting(&self, hidden: &[(&str, String)], button: String) -> Form {
        let own = [("form", self.visitor.form_token())];
        let hidden = own.iter().chain(hidden);
        Form {
            hidden: hidden
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            ..Form::posting(self.path.clone(), button)
        }
    }

    /// A parameter of the query, where it is not empty.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found
            .map(|(_, text)| text.as_str())
            .filter(|text| !text.is_empty())
    }

    /// The parts of the path, as the API takes them.
    pub(super) fn parts(&self) -> Vec<(&str, &str)> {
        self.params
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect()
    }

    /// What the API answers.
    ///
    /// # Errors
    /// As the operation says.
    pub(super) async fn read(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        query: &[(&str, &str)],
    ) -> Result<Value, Problem> {
        Ok(self.asking.read(operation, params, query).await?.json)
    }

    /// The frame around a page.
    pub(super) fn frame(&self, title: impl Into<String>) -> Frame {
        let signed = Signed::new(
            self.visitor.viewer.address.clone(),
            self.visitor.form_token(),
            nav(self.words, &self.asking, &self.path),
        );
        Frame::new(self.words, title).signed(Signed {
            alarms: [self.told_pause(), self.told_mail_trouble()]
                .into_iter()
                .flatten()
                .collect(),
            ..signed
        })
    }

    /// That work is paused: to everybody, since mails that they wait for do not come. Who did it, and how it ends, is told
    /// to administrators.
    fn told_pause(&self) -> Option<String> {
        let pause = self.pause.as_ref()?;
        let local = self.ctx.settings.zone.local(pause.since);
        let since = local.format("%Y-%m-%d %H:%M").to_string();
        let mut told = self.words.fill("frame.paused", &[("since", &since)]);
        if self.asking.may("list_users") {
            let with = [("by", pause.by.as_str()), ("reason", &pause.reason)];
            told.push_str(&self.words.fill("frame.paused_by", &with));
        }
        Some(told)
    }

    /// That mail does not leave: to those who look after mails. What to do about it is told to administrators.
    fn told_mail_trouble(&self) -> Option<String> {
        let trouble = self.mail_trouble.as_ref()?;
        if !self.asking.may("list_mails") {
            return None;
        }
        let local = self.ctx.settings.zone.local(trouble.since);
        let since = local.format("%Y-%m-%d %H:%M").to_string();
        let key = format!("frame.mail_{}", trouble.trouble.as_str());
        let mut told = self.words.fill(&key, &[("since", &since)]);
        if self.asking.may("list_users") && !trouble.reply.is_empty() {
            told.push_str(
                &self
                    .words
                    .fill("frame.mail_reply", &[("reply", &trouble.reply)]),
            );
        }
        Some(told)
    }

    /// A page of these parts.
    pub(super) fn page(
        &self,
        title: impl Into<String>,
        trail: Vec<Link>,
        parts: Vec<Part>,
    ) -> Page {
        Page {
            frame: self.frame(title),
            trail,
            done: self
                .asked("done")
                .filter(|key| {
                    key.bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                })
                .and_then(|key| self.words.known(&format!("act.{key}.done"))),
            parts,
            foot: None,
        }
    }

    /// The same as an answer.
    pub(super) fn shown(&self, page: &Page) -> Shown {
        Ok(self.answer(StatusCode::OK, page))
    }

    /// A page as an answer of that status.
    pub(super) fn answer(&self, status: StatusCode, page: &impl askama::Template) -> HttpResponse {
        form_answer(status, page, &self.ctx)
    }

    /// To another page, after something was done.
    pub(super) fn to(&self, address: &str) -> HttpResponse {
        lead_to(address)
    }

    /// Whether a form that was sent came from a page of ours, for this visitor.
    pub(super) fn is_ours(&self, request: &HttpRequest, token: &str) -> bool {
        origin_fits(&self.ctx, request) && self.visitor.form_token_fits(token)
    }

    /// A text that is another for each form: what is sent twice under it is done once.
    ///
    /// # Errors
    /// 500 where the operating system has no randomness to give.
    pub(super) fn once(&self) -> Result<String, Problem> {
        let seed = self.ctx.entropy.seed();
        seed.map_err(|error| Problem::internal(error.to_string()))
    }

    /// What kept a page from being made, as a page.
    pub(super) fn problem(&self, problem: &Problem) -> HttpResponse {
        let status = problem.status();
        let title = self.words.say(match status {
            StatusCode::NOT_FOUND => "wrong.not_found",
            StatusCode::FORBIDDEN => "wrong.forbidden",
            StatusCode::TOO_MANY_REQUESTS => "wrong.often",
            _ if status.is_server_error() => "wrong.unavailable",
            _ => "wrong.refused",
        });
        let mut texts = vec![self.words.problem_met(problem)];
        texts.extend(problem.errors().iter().map(|error| {
            let says = self.words.wrong_field(problem, error);
            self.words
                .fill("wrong.field", &[("field", &error.path), ("says", &says)])
        }));
        let note = Note {
            tone: "bad",
            heading: title.clone(),
            texts,
        };
        let home = Link::new("/", self.words.say("page.my_work"));
        let page = self.page(title, vec![home], vec![Part::Note(note)]);
        self.answer(status, &page)
    }
}

/// A page for somebody who is not known.
pub(super) fn bare(words: Words, title: String, parts: Vec<Part>) -> Page {
    Page {
        frame: Frame::new(words, title),
        trail: Vec::new(),
        done: None,
        parts,
        foot: None,
    }
}
