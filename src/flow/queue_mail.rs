//! A letter's words → a mail of the outbox, queued at the moment it is made.

use crate::domain::mail_state::MailKind;
use crate::flow::{Ctx, Now};
use crate::mail::compose::Composed;
use crate::storage::outbox::{QueuedWhen, Recipient, StoredMail};

impl Ctx {
    /// A mail with these words, sent by the address of this installation; what else it carries is the caller's to add.
    pub(crate) fn queued_mail(
        &self,
        now: Now,
        kind: MailKind,
        to: Recipient,
        words: Composed,
    ) -> StoredMail {
        let when = QueuedWhen {
            at: now.at,
            local_on: now.today,
            real_at: self.real_clock.now(),
        };
        StoredMail {
            subject: words.subject,
            text_body: words.text,
            html_body: words.html,
            ..StoredMail::queued(kind, to, self.settings.from.domain(), when)
        }
    }
}
