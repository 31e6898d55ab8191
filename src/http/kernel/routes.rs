//! The table as actix routes. Paths are matched by actix; methods by the kernel, which answers those it does not know.

use super::docs_page::{docs_page, fixed};
use super::kernel_state::Kernel;
use super::problem::{PROBLEM_JSON, Problem};
use super::respond::respond;
use super::serve::{serve, unknown_path};
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, Route, web};

impl Kernel {
    /// The routes below `/api`, for one worker. What is below `/api` and unknown is answered as a problem.
    pub fn routes(&self) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
        let kernel = self.clone();
        move |config| {
            let mut api = web::scope("/api/v1");
            for place in &kernel.0.places {
                let (shared, place) = (kernel.0.clone(), place.clone());
                let path = place.path;
                api = api.service(web::resource(path).to(
                    move |request: HttpRequest, payload: web::Payload| {
                        serve(shared.clone(), place.clone(), request, payload)
                    },
                ));
            }
            let shared = kernel.0.clone();
            api = api.service(
                web::resource("/openapi.json").to(move |request: HttpRequest| {
                    let shared = shared.clone();
                    async move { fixed(&shared, &shared.document, &request).await }
                }),
            );
            config.service(api.default_service(kernel.unknown()));
            for path in ["/api/docs", "/api/docs/{file:[^/]*}"] {
                let shared = kernel.0.clone();
                let page = move |request: HttpRequest| docs_page(shared.clone(), request);
                config.service(web::resource(path).to(page));
            }
            config.service(web::scope("/api").default_service(kernel.unknown()));
        }
    }

    /// The 404 of a path that does not exist, counted by the caller's address; beyond the count a 429.
    pub async fn not_found(&self, request: HttpRequest) -> HttpResponse {
        unknown_path(self.0.clone(), request).await
    }

    /// The answer to a request that failed.
    pub fn failed(&self, problem: Problem, request: &HttpRequest) -> HttpResponse {
        respond(Err(problem), request, &self.0.request_ids.next())
    }

    /// The 503 of a path while the service cannot answer anything.
    pub fn unavailable(&self, path: &str) -> HttpResponse {
        let problem = Problem::unavailable("the database is silent");
        HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, "5"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type(PROBLEM_JSON)
            .body(problem.render(path, &self.0.request_ids.next()))
    }

    /// The 404 of the API, for the application's own default service where no pages are served.
    pub fn unknown(&self) -> Route {
        let shared = self.0.clone();
        web::to(
            move |request: HttpRequest| -> std::pin::Pin<Box<dyn Future<Output = HttpResponse>>> {
                Box::pin(unknown_path(shared.clone(), request))
            },
        )
    }
}
