//! Configuration: `config/default.toml` (compiled in) ← `--config FILE` ← environment `DUBAN__SECTION__KEY`.
//! Unknown keys are refused; secrets do not show in `Debug`.

mod accounts;
mod file_mode;
mod mail;
mod notices;
mod supervision;

pub use accounts::AccountSettings;
pub use notices::{NoticePolicy, NoticeSettings};

use crate::domain::email_address::EmailAddress;
use crate::domain::file_room::FileRoom;
use crate::domain::local_time::LocalZone;
use crate::domain::mail_pace::MailCaps;
use crate::domain::send_window::SendWindow;
use crate::domain::webhook_target::Intranet;
use crate::mail::transport::Transport;
use crate::webhook::Outward;
use chrono::NaiveTime;
use config::{Config, Environment, File, FileFormat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// Every setting with its default, one comment each.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read, a key is unknown, or a value has the wrong type.
    #[error("配置有误：{0}。全部配置项见 config/default.toml")]
    Unreadable(String),
    /// A value is none that the key may have.
    #[error("配置项 {key} 的值“{value}”无效：{advice}")]
    Value {
        /// Section and key.
        key: &'static str,
        /// The value as given.
        value: String,
        /// What to write instead.
        advice: String,
    },
}

impl ConfigError {
    fn value(key: &'static str, value: &str, advice: impl Into<String>) -> Self {
        Self::Value {
            key,
            value: value.to_owned(),
            advice: advice.into(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    database: RawDatabase,
    http: RawHttp,
    limits: LimitSettings,
    accounts: accounts::RawAccounts,
    files: RawFiles,
    mail: RawMail,
    supervision: supervision::RawSupervision,
    notices: notices::RawNotices,
    webhooks: RawWebhooks,
    time: RawTime,
    text: RawText,
    log: RawLog,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDatabase {
    url: SecretString,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHttp {
    listen: String,
    base_url: String,
}

/// What bounds the clients of the REST service. A rate of 0 is no limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Requests of one token in a minute.
    pub token_per_minute: u32,
    /// Requests of one address in a minute that bring no known token.
    pub address_per_minute: u32,
    /// Answers 404 to one token in a minute.
    pub misses_per_minute: u32,
    /// Addresses or networks, separated by commas, whose X-Forwarded-For is believed.
    pub trusted_proxies: String,
    /// Memory for kept answers, in MiB.
    pub cache_mb: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFiles {
    folder: PathBuf,
    unit_quota_mb: u64,
    total_quota_mb: u64,
}

impl RawFiles {
    fn room(&self) -> FileRoom {
        let limit = |mb: u64| (mb > 0).then(|| mb.saturating_mul(1 << 20));
        FileRoom {
            unit: limit(self.unit_quota_mb),
            total: limit(self.total_quota_mb),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    url: SecretString,
    from: String,
    from_name: String,
    connections: usize,
    per_minute: u32,
    per_day: u32,
    domains: String,
    window: String,
    window_from: String,
    window_until: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWebhooks {
    intranet: String,
}

impl RawWebhooks {
    fn check(&self) -> Result<Outward, ConfigError> {
        let intranet = Intranet::parse(&self.intranet).map_err(|wrong| {
            let advice = "请写主机名、地址或网段，以逗号分开，例如 oa.edu.local,10.1.0.0/16";
            ConfigError::value("webhooks.intranet", &wrong, advice)
        })?;
        Ok(Outward::new(intranet))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTime {
    zone: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    locale: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    format: String,
    level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address of the database, with its password.
    pub database_url: SecretString,
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The service's own address, without a slash at the end.
    pub base_url: String,
    /// What bounds the clients of the REST service.
    pub limits: LimitSettings,
    /// How people sign in.
    pub accounts: AccountSettings,
    /// Folder of attached files.
    pub files_folder: PathBuf,
    /// How much of attached files there is room for.
    pub file_room: FileRoom,
    /// Where mails go.
    pub transport: Transport,
    /// Sender of every mail.
    pub from: EmailAddress,
    /// Name of the sender.
    pub from_name: String,
    /// Connections used at the same time.
    pub connections: usize,
    /// What the mail provider allows.
    pub mail_caps: MailCaps,
    /// When mails may leave.
    pub window: SendWindow,
    /// Code of the supervision office's unit.
    pub supervision_unit: Option<String>,
    /// The supervision office's telephone number, as people dial it.
    pub supervision_phone: Option<String>,
    /// Asks a unit may get in a month.
    pub asks_per_unit_month: u32,
    /// How notices are dealt with.
    pub notices: NoticeSettings,
    /// How the endpoints of webhooks are reached.
    pub webhooks: Outward,
    /// The bureau's time zone.
    pub zone: LocalZone,
    /// Language of texts: `zh-CN` or `en`.
    pub locale: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log_level: String,
}

impl Settings {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the key, the value and what to write instead.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = Environment::with_prefix("DUBAN")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(false);
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                ConfigError::Unreadable(format!("无法读取文件“{}”：{error}", path.display()))
            })?;
            file_mode::check(path, &text)?;
            // Read alone first, so that what is wrong with it names the file.
            let own = File::from_str(&text, FileFormat::Toml);
            let read = Config::builder().add_source(own.clone()).build();
            read.map_err(|error| {
                ConfigError::Unreadable(format!("文件“{}”：{}", path.display(), in_words(&error)))
            })?;
            builder = builder.add_source(own);
        }
        let raw: RawSettings = builder
            .add_source(environment)
            .build()
            .and_then(Config::try_deserialize)
            .map_err(|error| ConfigError::Unreadable(in_words(&error)))?;
        raw.check()
    }
}

/// What the reader says, in words that name the key; in its own where there are none.
fn in_words(error: &config::ConfigError) -> String {
    let unknown = |error: &config::ConfigError| match error {
        config::ConfigError::Message(text) => text
            .strip_prefix("unknown field `")
            .and_then(|rest| Some(rest.split_once('`')?.0.to_owned())),
        _ => None,
    };
    match error {
        config::ConfigError::At { error, key, .. } => match (unknown(error), key) {
            (Some(field), Some(section)) => format!("没有配置项 {section}.{field}"),
            (Some(field), None) => format!("没有配置项 {field}"),
            (None, Some(key)) => format!("配置项 {key} 的值无法读取（{error}）"),
            (None, None) => error.to_string(),
        },
        config::ConfigError::Type {
            unexpected,
            key: Some(key),
            ..
        } => format!("配置项 {key} 的值类型不对：{unexpected}"),
        other => match unknown(other) {
            Some(field) => format!("没有配置项 {field}"),
            None => other.to_string(),
        },
    }
}

impl RawSettings {
    fn check(self) -> Result<Settings, ConfigError> {
        let listen = self.http.listen.parse().map_err(|_| {
            ConfigError::value(
                "http.listen",
                &self.http.listen,
                "请写成“地址:端口”，例如 127.0.0.1:8080",
            )
        })?;
        let transport = Transport::from_url(self.mail.url.expose_secret())
            .map_err(|error| ConfigError::value("mail.url", "***", error.to_string()))?;
        let zone = LocalZone::named(&self.time.zone).ok_or_else(|| {
            ConfigError::value(
                "time.zone",
                &self.time.zone,
                "请写 IANA 时区名称，例如 Asia/Shanghai",
            )
        })?;
        if !["zh-CN", "en"].contains(&self.text.locale.as_str()) {
            return Err(ConfigError::value(
                "text.locale",
                &self.text.locale,
                "可选 zh-CN 或 en",
            ));
        }
        let log_format = match self.log.format.as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            other => return Err(ConfigError::value("log.format", other, "可选 text 或 json")),
        };
        Ok(Settings {
            from: self.mail.sender(&transport)?,
            window: self.mail.send_window()?,
            mail_caps: mail::caps(self.mail.per_minute, self.mail.per_day, &self.mail.domains)?,
            database_url: self.database.url,
            listen,
            base_url: self.http.base_url()?,
            limits: self.limits,
            accounts: self.accounts.check()?,
            file_room: self.files.room(),
            files_folder: self.files.folder,
            transport,
            from_name: self.mail.from_name,
            connections: mail::connections(self.mail.connections)?,
            supervision_unit: self.supervision.unit(),
            supervision_phone: self.supervision.phone()?,
            asks_per_unit_month: self.supervision.asks_per_unit_month,
            notices: self.notices.check()?,
            webhooks: self.webhooks.check()?,
            zone,
            locale: self.text.locale,
            log_format,
            log_level: self.log.level()?,
        })
    }
}

impl RawHttp {
    fn base_url(&self) -> Result<String, ConfigError> {
        let is_web = |url: &Url| ["http", "https"].contains(&url.scheme()) && url.has_host();
        let Some(url) = Url::parse(&self.base_url).ok().filter(is_web) else {
            let advice = "请写完整的网址，例如 https://duban.edu.example.org";
            return Err(ConfigError::value("http.base_url", &self.base_url, advice));
        };
        // As mails carry it: ASCII, whatever its host is called.
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

impl RawLog {
    /// Levels, alone or as `module=level`. The logging library would take a misspelt level for the name of a module.
    fn level(self) -> Result<String, ConfigError> {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let is_level = |directive: &str| {
            let level = directive.rsplit('=').next().unwrap_or_default().trim();
            levels.contains(&level.to_ascii_lowercase().as_str())
        };
        if !self.level.split(',').all(is_level) {
            let advice =
                "可选 error、warn、info、debug 或 trace，也可按模块写成 模块=级别，用逗号分开";
            return Err(ConfigError::value("log.level", &self.level, advice));
        }
        Ok(self.level)
    }
}

impl RawMail {
    /// The sender: as given, else the user who logs in, else (where nothing leaves this machine) a local name.
    fn sender(&self, transport: &Transport) -> Result<EmailAddress, ConfigError> {
        let given = self.from.trim();
        let user = match transport {
            Transport::Smtp(smtp) => smtp.login.as_ref().map(|login| login.user.clone()),
            Transport::File(_) | Transport::Memory(_) | Transport::Port(_) | Transport::Discard => {
                Some("duban@localhost.localdomain".to_owned())
            }
        };
        let address = match (given.is_empty(), user) {
            (false, _) => given.to_owned(),
            (true, Some(user)) => user,
            (true, None) => String::new(),
        };
        EmailAddress::parse(&address).map_err(|_| {
            ConfigError::value(
                "mail.from",
                &address,
                "请写发件邮箱地址，例如 duban@edu.example.org",
            )
        })
    }

    fn send_window(&self) -> Result<SendWindow, ConfigError> {
        let time = |key, text: &str| {
            NaiveTime::parse_from_str(text, "%H:%M")
                .map_err(|_| ConfigError::value(key, text, "请写成“时:分”，例如 08:30"))
        };
        match self.window.as_str() {
            "always" => Ok(SendWindow::Always),
            "workdays" => {
                let from = time("mail.window_from", &self.window_from)?;
                let until = time("mail.window_until", &self.window_until)?;
                SendWindow::workdays(from, until).map_err(|error| {
                    ConfigError::value("mail.window_until", &self.window_until, error.to_string())
                })
            }
            other => Err(ConfigError::value(
                "mail.window",
                other,
                "可选 workdays 或 always",
            )),
        }
    }
}
