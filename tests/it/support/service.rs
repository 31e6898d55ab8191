//! The town's REST service on a free port, callers with tokens, and a client that sends exactly what it is given.

use super::town::Town;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::{Context, bail};
use duban::domain::access::Membership;
use duban::domain::email_address::EmailAddress;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::Ctx;
use duban::flow::manage_users::{NewUser, create_or_extend_user, make_token};
use duban::http::api::endpoints;
use duban::http::kernel::{Endpoint, Kernel, Limits};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

/// The service of a town.
pub struct Service {
    pub address: SocketAddr,
    pub ctx: Ctx,
}

thread_local! {
    /// Those that a test has started; it starts them on its own thread.
    static RUNNING: RefCell<Vec<ServerHandle>> = const { RefCell::new(Vec::new()) };
}

/// Ends all services of a test. Not before the town is gone: connections of its database may have been opened by them, and
/// end with them.
pub fn end_all() {
    for running in RUNNING.take() {
        // Told at once; nobody waits until it is done.
        drop(running.stop(false));
    }
}

/// What the service answered.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|error| {
            panic!("{error}: {} {text}", self.status);
        })
    }

    /// The body as JSON of an answer with that status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        if self.body.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// The stable code of a problem with that status.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        let json = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The stable code of a problem, whose body must say what its headers say.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let json = self.json();
        assert_eq!(json["status"], self.status);
        assert_eq!(json["request_id"], self.header("x-request-id"));
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Service {
    /// Serves a town, without limits to the rate of requests.
    pub fn start(town: &Town) -> anyhow::Result<Self> {
        Self::with(&town.ctx, no_rates())
    }

    /// Serves what `ctx` stands on.
    pub fn with(ctx: &Ctx, limits: Limits) -> anyhow::Result<Self> {
        Self::of(ctx, endpoints(), limits)
    }

    /// Serves a table of endpoints on what `ctx` stands on.
    pub fn of(ctx: &Ctx, endpoints: Vec<Endpoint>, limits: Limits) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let kernel = Kernel::new(ctx.clone(), endpoints, limits);
        let data = web::Data::new(ctx.clone());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(data.clone())
                        .app_data(web::Data::new(kernel.clone()))
                        .configure(duban::http::routes)
                        .configure(duban::web::routes)
                        .configure(kernel.routes())
                        .default_service(web::to(duban::web::unknown))
                };
                let server = HttpServer::new(app)
                    .workers(1)
                    .disable_signals()
                    .client_request_timeout(Duration::from_secs(2))
                    .listen(listener)?
                    .run();
                let _ = tell.send(server.handle());
                server.await
            })
        });
        let running = told.recv()?;
        RUNNING.with_borrow_mut(|all| all.push(running));
        Ok(Self {
            address,
            ctx: ctx.clone(),
        })
    }

    /// A token of a user with that role, for a unit of that code; each role and unit is one user.
    pub async fn token(&self, role: UserRole, unit: Option<&str>) -> anyhow::Result<String> {
        self.token_of(role, unit, TokenScope::Write).await
    }

    /// The same, of a scope.
    pub async fn token_of(
        &self,
        role: UserRole,
        unit: Option<&str>,
        scope: TokenScope,
    ) -> anyhow::Result<String> {
        let unit_id = match unit {
            None => None,
            Some(code) => {
                let directory = self.ctx.units().await?;
                Some(directory.by_code(code).context("no such unit")?.id)
            }
        };
        let local = role.as_str().replace('_', "-");
        let address = match unit {
            None => format!("{local}@example.org"),
            Some(code) => format!("{local}-{}@example.org", code.to_lowercase()),
        };
        let Ok(email) = EmailAddress::parse(&address) else {
            bail!("{address} is no address");
        };
        let new = NewUser {
            email,
            name: None,
            roles: vec![Membership { role, unit_id }],
        };
        let user = create_or_extend_user(&self.ctx, new).await?;
        Ok(make_token(&self.ctx, user.id, "test", scope, 30)
            .await?
            .text)
    }

    /// A connection.
    pub fn connect(&self) -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(40)))?;
        Ok(stream)
    }

    /// Sends bytes and reads one response.
    #[track_caller]
    pub fn raw(&self, bytes: &[u8]) -> Response {
        self.try_raw(bytes).expect("a response")
    }

    /// Sends bytes and reads one response; `None` where the service ends the connection instead.
    #[track_caller]
    pub fn try_raw(&self, bytes: &[u8]) -> Option<Response> {
        let mut stream = self.connect().expect("a connection");
        // The service may answer and close before it has all.
        let _ = stream.write_all(bytes);
        receive(&mut stream, bytes.starts_with(b"HEAD"))
    }

    /// The same, telling the service that nothing more will come.
    #[track_caller]
    pub fn half_closed(&self, bytes: &[u8]) -> Option<Response> {
        let mut stream = self.connect().expect("a connection");
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        receive(&mut stream, false)
    }

    /// Sends bytes and reads until the service closes the connection: the statuses of what it answered.
    ///
    /// # Errors
    /// It leaves the connection open.
    pub fn answers_until_close(&self, bytes: &[u8]) -> anyhow::Result<Vec<u16>> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let _ = stream.write_all(bytes);
        let mut all = Vec::new();
        loop {
            let mut chunk = [0; 65536];
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => all.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => return Err(error.into()),
            }
        }
        let text = String::from_utf8_lossy(&all);
        let statuses = text.split("HTTP/1.1 ").skip(1);
        Ok(statuses
            .filter_map(|answer| answer.get(..3)?.parse().ok())
            .collect())
    }

    /// A request with headers (`Name: value`) and a body. The path is whole, from `/api` on.
    #[track_caller]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[&str],
        body: &[u8],
    ) -> Response {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        if !token.is_empty() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        if !body.is_empty() || !matches!(method, "GET" | "HEAD" | "DELETE") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.raw(&[head.as_bytes(), body].concat())
    }

    /// A GET below `/api/v1`.
    #[track_caller]
    pub fn get(&self, token: &str, path: &str) -> Response {
        self.send("GET", &format!("/api/v1{path}"), token, &[], b"")
    }

    /// A POST of JSON below `/api/v1`.
    #[track_caller]
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Response {
        self.json("POST", token, path, &[], body)
    }

    /// A PATCH, PUT or POST of JSON below `/api/v1` with the ETag that the caller has seen.
    #[track_caller]
    pub fn change(
        &self,
        method: &str,
        token: &str,
        path: &str,
        etag: &str,
        body: &Value,
    ) -> Response {
        self.json(method, token, path, &[&format!("If-Match: {etag}")], body)
    }

    /// A DELETE below `/api/v1` with the ETag that the caller has seen.
    #[track_caller]
    pub fn delete(&self, token: &str, path: &str, etag: &str) -> Response {
        let seen = format!("If-Match: {etag}");
        self.send("DELETE", &format!("/api/v1{path}"), token, &[&seen], b"")
    }

    /// A POST of a form below `/api/v1`: text fields, and files by part, name and bytes.
    #[track_caller]
    pub fn upload(
        &self,
        token: &str,
        path: &str,
        texts: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Response {
        let body = form(texts, files);
        let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", &format!("/api/v1{path}"), token, &[&kind], &body)
    }

    #[track_caller]
    fn json(
        &self,
        method: &str,
        token: &str,
        path: &str,
        headers: &[&str],
        body: &Value,
    ) -> Response {
        let mut all = vec!["Content-Type: application/json"];
        all.extend_from_slice(headers);
        let body = body.to_string();
        let path = format!("/api/v1{path}");
        self.send(method, &path, token, &all, body.as_bytes())
    }
}

/// The usual limits, without any to the rate of requests.
pub fn no_rates() -> Limits {
    Limits {
        token_per_minute: 0,
        address_per_minute: 0,
        misses_per_minute: 0,
        ..Limits::default()
    }
}

/// What stands between the parts of [`form`].
pub const BOUNDARY: &str = "----duban-test-boundary";

/// A multipart form: text fields, and files by part, name and bytes.
pub fn form(texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in texts {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
        body.extend_from_slice(part.as_bytes());
    }
    for (name, file, bytes) in files {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Reads one response; `None` where the connection ends before there is one.
pub fn receive(stream: &mut TcpStream, is_head: bool) -> Option<Response> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = bytes.split_off(end + 4);
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    while !is_head && body.len() < length {
        let mut chunk = [0; 65536];
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(count) => body.extend_from_slice(&chunk[..count]),
        }
    }
    // What follows is another answer.
    body.truncate(length);
    Some(Response {
        status,
        headers,
        body,
    })
}
