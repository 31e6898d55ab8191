//! Telling units something, with files, once: one mail an address, however many units share it and however often, or by
//! however many instances, it is told. Nothing is asked and no reminder follows.
//!
//! The mails go at the next moment inside the send window. A school in vacation is told like all others: what is published
//! asks nothing of it, and is due to whoever it is about on the same day.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{MailId, UnitId};
use crate::domain::mail_state::MailKind;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::{Ctx, FlowError, Now};
use crate::mail::compose::{Composed, compose_announcement, compose_page};
use crate::mail::letter::{Announcement, Locale, Office};
use crate::storage::contacts::{self, Contact};
use crate::storage::mail_files::{self, MailFile};
use crate::storage::outbox::{Recipient, StoredMail};
use crate::storage::{WriteTx, units};
use std::collections::{BTreeMap, BTreeSet};

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// By which it is known for ever, such as `bulletin|0199…`: an address that was told it is not told again.
    pub key: String,
    /// Subject, cut like every other.
    pub subject: String,
    /// What the mail says.
    pub words: TellingWords,
    /// Files that go with it: attached files of the bureau, each stored once for all mails.
    pub files: Vec<MailFile>,
}

/// What a mail says that tells something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TellingWords {
    /// A letter: greeting, these paragraphs, the names of the files, whom to ask.
    Letter(Vec<String>),
    /// A text that stands by itself, the same for everybody.
    Page {
        /// As text.
        text: String,
        /// The same as a whole html page.
        html: String,
    },
}

/// Somebody who is told something without being the contact of a unit, such as a leader of the bureau.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their address.
    pub address: EmailAddress,
    /// Their name.
    pub name: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Mails queued now; those of an earlier telling are not among them.
    pub mails: usize,
    /// Units whose contacts have no address, or that have no contact.
    pub without_address: Vec<UnitId>,
}

/// Tells these units, in the transaction of whatever it is that they are told.
///
/// # Errors
/// [`FlowError`].
pub async fn tell_units(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    told_units: &BTreeSet<UnitId>,
    telling: &Telling,
) -> Result<Told, FlowError> {
    let directory = UnitDirectory::new(units::all(tx).await?);
    let contacts = contacts::present(tx).await?;
    let mut reached = BTreeSet::new();
    let mut by_address: BTreeMap<&str, Vec<&Contact>> = BTreeMap::new();
    for contact in contacts
        .iter()
        .filter(|one| told_units.contains(&one.unit_id))
    {
        if let Some(address) = contact.address.as_deref() {
            by_address.entry(address).or_default().push(contact);
            reached.insert(contact.unit_id);
        }
    }
    let desk = TellingDesk::new(ctx, now, &directory, &contacts, telling);
    let mut queued = Vec::new();
    for (address, people) in by_address {
        let of_units = people.iter().filter_map(|one| directory.get(one.unit_id));
        let of_units: Vec<&Unit> = of_units.collect();
        let given = people.iter().find_map(|one| one.email.clone());
        let to = Recipient {
            address: address.to_owned(),
            to_address: given.unwrap_or_else(|| address.to_owned()),
            to_name: people.iter().find_map(|one| one.name.clone()),
            unit_id: of_units.first().map(|unit| unit.id),
        };
        queued.extend(desk.queue(tx, to, &of_units).await?);
    }
    mail_files::insert(tx, &queued, &telling.files).await?;
    Ok(Told {
        mails: queued.len(),
        without_address: told_units.difference(&reached).copied().collect(),
    })
}

/// Tells these people; each address once. How many mails were queued now.
///
/// # Errors
/// [`FlowError`].
pub async fn tell_people(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    people: &[Person],
    telling: &Telling,
) -> Result<usize, FlowError> {
    let directory = UnitDirectory::new(units::all(tx).await?);
    let contacts = contacts::present(tx).await?;
    let desk = TellingDesk::new(ctx, now, &directory, &contacts, telling);
    let mut queued = Vec::new();
    for person in people {
        let to = Recipient::person(&person.address, person.name.clone());
        queued.extend(desk.queue(tx, to, &[]).await?);
    }
    mail_files::insert(tx, &queued, &telling.files).await?;
    Ok(queued.len())
}

/// What all mails of a telling share.
struct TellingDesk<'a> {
    ctx: &'a Ctx,
    now: Now,
    telling: &'a Telling,
    office: Office,
    reply_to: Option<String>,
}

impl<'a> TellingDesk<'a> {
    fn new(
        ctx: &'a Ctx,
        now: Now,
        directory: &UnitDirectory,
        contacts: &[Contact],
        telling: &'a Telling,
    ) -> Self {
        let unit = ctx.supervision_unit(directory);
        let contact = unit.and_then(|unit| {
            let mut of_unit = contacts.iter().filter(|one| one.unit_id == unit.id);
            of_unit.find(|one| one.email.is_some())
        });
        let reply_to = contact.and_then(|one| one.email.clone());
        Self {
            ctx,
            now,
            telling,
            office: ctx.office_of(directory, unit, reply_to.as_deref()),
            reply_to,
        }
    }

    /// Queues the mail of one address; nothing where it was told before.
    async fn queue(
        &self,
        tx: &WriteTx,
        to: Recipient,
        of_units: &[&Unit],
    ) -> Result<Option<MailId>, FlowError> {
        let words = self.words(&to, of_units)?;
        let mail = StoredMail {
            reply_to: self.reply_to.clone(),
            ..self
                .ctx
                .queued_mail(self.now, MailKind::Immediate, to, words)
        };
        let is_new = mail_files::insert_once(tx, &mail, &self.telling.key).await?;
        Ok(is_new.then_some(mail.id))
    }

    fn words(&self, to: &Recipient, of_units: &[&Unit]) -> Result<Composed, FlowError> {
        let paragraphs = match &self.telling.words {
            TellingWords::Letter(paragraphs) => paragraphs.clone(),
            TellingWords::Page { text, html } => {
                return Ok(compose_page(&self.telling.subject, text, html));
            }
        };
        let mut unit_names: Vec<String> = Vec::new();
        for unit in of_units {
            if !unit_names.contains(&unit.name) {
                unit_names.push(unit.name.clone());
            }
        }
        let files = self.telling.files.iter().map(|file| file.name.clone());
        let letter = Announcement {
            locale: Locale::of_tag(&self.ctx.settings.locale),
            recipient_name: to.to_name.clone(),
            unit_names,
            date_on: self.now.today,
            subject: self.telling.subject.clone(),
            paragraphs,
            files: files.collect(),
            office: self.office.clone(),
        };
        compose_announcement(&letter).map_err(|error| FlowError::Letter(error.to_string()))
    }
}
