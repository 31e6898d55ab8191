//! What holds at every moment, whatever happens to instances and servers.

use super::bench::Bench;
use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use duban::config::Settings;
use duban::domain::ids::ObligationId;
use duban::domain::retry::GIVE_UP_AFTER;
use duban::domain::school_calendar::SchoolCalendar;
use duban::domain::send_window::SendWindow;
use duban::flow::Ctx;
use duban::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The laws, and what they have seen.
pub struct Laws {
    db: Db,
    window: SendWindow,
    calendar: Arc<SchoolCalendar>,
    /// Message-IDs and tries that were seen beginning to leave.
    begun: BTreeSet<(String, i32)>,
    /// Those of mails that were given up.
    given_up: BTreeSet<String>,
    open: Vec<ObligationId>,
}

struct MailRow {
    message_id: String,
    state: String,
    resent: bool,
    attempts: i32,
    made_at: DateTime<Utc>,
    told: i64,
    told_open: i64,
}

const MAILS: &str = "SELECT m.message_id, m.state, m.resent, m.attempts, m.made_at, \
    (SELECT count(*) FROM reminder r WHERE r.mail_id = m.id AND r.state = 'mailed') AS told, \
    (SELECT count(*) FROM reminder r JOIN obligation o ON o.id = r.obligation_id \
     WHERE r.mail_id = m.id AND r.state = 'mailed' AND o.state = 'open') AS told_open FROM mail m";

const ROUNDS_TWICE: &str = "SELECT count(*) AS n FROM (SELECT 1 FROM round GROUP BY cycle_id, period_key HAVING count(*) > 1)";

const STAGES_TWICE: &str = "SELECT count(*) AS n FROM (SELECT 1 FROM reminder \
    GROUP BY obligation_id, due_revision, stage, contact_id, role HAVING count(*) > 1)";

/// What still waits though all is well.
const LEFT: &str = "SELECT state || ' ' || coalesce(reason, '') || ' ' || address AS line FROM mail \
    WHERE state NOT IN ('sent', 'suppressed', 'failed') AND NOT (state = 'unknown' AND resent)";

/// Open requests of units that have somebody to tell, and that nobody was ever told of.
const NEVER_TOLD: &str = "SELECT o.kind || ' ' || u.code AS line FROM obligation o JOIN unit u ON u.id = o.unit_id \
    WHERE o.state = 'open' AND o.kind IN ('complete', 'acknowledge') \
    AND EXISTS (SELECT 1 FROM contact c WHERE c.unit_id = u.id AND c.address IS NOT NULL AND c.ended_at IS NULL) \
    AND NOT EXISTS (SELECT 1 FROM reminder r WHERE r.obligation_id = o.id AND r.state = 'mailed')";

impl Laws {
    /// Looks at the database beside everybody.
    pub async fn open(url: &str, settings: Settings) -> anyhow::Result<Self> {
        let db = Db::connect(url).await?;
        let window = settings.window;
        let calendar = Ctx::new(db.clone(), Arc::new(settings)).calendar().await?;
        Ok(Self {
            db,
            window,
            calendar,
            begun: BTreeSet::new(),
            given_up: BTreeSet::new(),
            open: Vec::new(),
        })
    }

    /// What units were asked and have not answered.
    pub fn open_asks(&self) -> &[ObligationId] {
        &self.open
    }

    async fn rows(&self, sql: &str) -> anyhow::Result<Vec<QueryResult>> {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        Ok(self.db.query_all_raw(statement).await?)
    }

    async fn none(&self, sql: &str, what: &str) -> anyhow::Result<()> {
        let rows = self.rows(sql).await?;
        let lines: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("", "line"))
            .collect::<Result<_, _>>()?;
        ensure!(lines.is_empty(), "{what}: {lines:?}");
        Ok(())
    }

    /// # Errors
    /// The law that is broken.
    pub async fn hold(&mut self, bench: &Bench) -> anyhow::Result<()> {
        for (sql, what) in [
            (ROUNDS_TWICE, "a round was opened twice"),
            (STAGES_TWICE, "a stage was told twice"),
        ] {
            let rows = self.rows(sql).await?;
            let count: i64 = rows.first().context("row")?.try_get("", "n")?;
            ensure!(count == 0, "{what}");
        }
        let asks = "SELECT id FROM obligation WHERE state = 'open' AND kind IN ('complete', 'acknowledge') ORDER BY id";
        let open = self.rows(asks).await?;
        self.open = open
            .iter()
            .map(|row| Ok(ObligationId(row.try_get("", "id")?)))
            .collect::<anyhow::Result<_>>()?;
        let mails = self.mails().await?;
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        let taken = bench.taken();
        for one in &taken {
            *copies
                .entry(one.message_id.trim_matches(['<', '>']))
                .or_default() += 1;
            let is_open = self.window.is_open(one.offered, &self.calendar.holidays);
            ensure!(is_open, "{} got a mail at {}", one.to, one.offered);
        }
        for mail in &mails {
            let copies = copies.remove(mail.message_id.as_str()).unwrap_or(0);
            self.one_mail(mail, copies, bench.now())?;
        }
        ensure!(copies.is_empty(), "mails of nobody: {copies:?}");
        Ok(())
    }

    async fn mails(&self) -> anyhow::Result<Vec<MailRow>> {
        let rows = self.rows(MAILS).await?;
        rows.iter()
            .map(|row| {
                Ok(MailRow {
                    message_id: row.try_get("", "message_id")?,
                    state: row.try_get("", "state")?,
                    resent: row.try_get("", "resent")?,
                    attempts: row.try_get("", "attempts")?,
                    made_at: row.try_get("", "made_at")?,
                    told: row.try_get("", "told")?,
                    told_open: row.try_get("", "told_open")?,
                })
            })
            .collect()
    }

    fn one_mail(
        &mut self,
        mail: &MailRow,
        copies: usize,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let MailRow {
            message_id,
            state,
            resent,
            ..
        } = mail;
        ensure!(copies <= 2, "{message_id} was taken {copies} times");
        ensure!(
            copies < 2 || *resent,
            "{message_id} was taken twice, and nobody knows"
        );
        let is_known =
            *resent || ["sent", "transmitting", "unknown", "suppressed"].contains(&state.as_str());
        ensure!(
            copies == 0 || is_known,
            "{message_id} was taken, and is {state}"
        );
        ensure!(
            state != "sent" || copies > 0,
            "{message_id} is sent, and was never taken"
        );
        let is_given_up = state == "failed" && self.given_up.insert(message_id.clone());
        ensure!(
            !is_given_up || now - mail.made_at >= GIVE_UP_AFTER,
            "{message_id} was given up after {}",
            now - mail.made_at
        );
        let begins =
            state == "transmitting" && self.begun.insert((message_id.clone(), mail.attempts));
        ensure!(
            !begins || mail.told == 0 || mail.told_open > 0,
            "{message_id} leaves after all that it asks for was answered"
        );
        Ok(())
    }

    /// Once all is well, nothing waits and nobody was forgotten.
    ///
    /// # Errors
    /// Who was.
    pub async fn nothing_is_left(&mut self, bench: &Bench) -> anyhow::Result<()> {
        self.hold(bench).await?;
        self.none(LEFT, "mails are left").await?;
        self.none(NEVER_TOLD, "nobody was told").await?;
        ensure!(!bench.taken().is_empty(), "nothing was ever sent");
        Ok(())
    }
}
