//! While the database does not answer nobody is kept waiting for it: pages and API say so at once, with 503.

use super::part::Part;
use super::session::form_answer;
use super::visit::bare;
use super::words::Words;
use crate::domain::locale::Locale;
use crate::flow::Ctx;
use crate::http::kernel::Kernel;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

/// What is answered without the database.
const WITHOUT: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Answers as usual unless the database is silent, or falls silent meanwhile. What a writing call has begun goes on to its
/// end; whoever repeats it with its Idempotency-Key learns what became of it.
///
/// # Errors
/// Those of the routes; the 503 of the outage.
pub async fn while_database_answers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (Some(ctx), Some(kernel)) = (
        request.app_data::<web::Data<Ctx>>().cloned(),
        request.app_data::<web::Data<Kernel>>().cloned(),
    ) else {
        return next.call(request).await;
    };
    if WITHOUT.contains(&request.path()) {
        return next.call(request).await;
    }
    let header = |name: HeaderName| {
        let value = request.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let caller = Caller {
        path: request.path().to_owned(),
        accepts: header(ACCEPT),
        language: header(ACCEPT_LANGUAGE),
    };
    tokio::select! {
        biased;
        () = ctx.db.lost() => {
            let answer = caller.told(&ctx, &kernel);
            Err(InternalError::from_response("the database is silent", answer).into())
        }
        answered = next.call(request) => answered,
    }
}

/// Who is told.
struct Caller {
    path: String,
    accepts: String,
    language: String,
}

impl Caller {
    fn told(&self, ctx: &Ctx, kernel: &Kernel) -> HttpResponse {
        if !self.accepts.contains("text/html") {
            return kernel.unavailable(&self.path);
        }
        let locale = Locale::accepted(&self.language).unwrap_or_default();
        let words = Words::of(locale, ctx.settings.zone);
        let (title, text) = (words.say("wrong.outage"), words.say("wrong.outage_text"));
        let page = bare(words, title, vec![Part::Text(text)]);
        let mut answer = form_answer(StatusCode::SERVICE_UNAVAILABLE, &page, ctx);
        let soon = HeaderValue::from_static("5");
        answer.headers_mut().insert(RETRY_AFTER, soon);
        answer
    }
}
