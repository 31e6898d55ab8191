//! One mail to the server: built, offered, committed to being transmitted, transmitted.

use crate::config::Settings;
use crate::crash_point::crash_point;
use crate::documents::calendar_out::CalendarMethod;
use crate::domain::email_address::EmailAddress;
use crate::domain::mail_state::MailState;
use crate::flow::deliver_mail::{Held, Run};
use crate::flow::mail_bytes::FileTrouble;
use crate::flow::record_deliveries::{Record, Recorder, Turn};
use crate::mail::compose::Composed;
use crate::mail::due_words::{cancelled_file_name, due_file_name};
use crate::mail::letter::Locale;
use crate::mail::message::{Enclosed, MessageHead, build_with_files};
use crate::mail::outcome::{Delivery, Failure};
use crate::mail::reason::{Reason, ReasonCode, Stage};
use crate::mail::transport::{Connection, Envelope};
use crate::storage::mail_files::MailFile;
use crate::storage::outbox::StoredMail;
use crate::storage::outbox_leases::Settled;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What became of handing over one mail.
pub(super) enum HandOver {
    /// The server, or the mail itself, has decided.
    Settled(Delivery),
    /// It may not leave now: the send window has closed since it was claimed.
    GivenBack,
    /// The lease is lost, or the mail was withdrawn.
    Lost,
    /// The database takes nothing.
    Unrecordable,
}

impl Run {
    /// One mail: offer, commit `transmitting`, transmit.
    pub(super) async fn hand_over(
        &self,
        connection: &mut Connection,
        recorder: &Recorder,
        held: &Held,
    ) -> HandOver {
        let mail = &held.mail;
        if !self.may_leave(mail) {
            return HandOver::GivenBack;
        }
        let with_files;
        let built = match &held.built {
            Some(built) => built,
            None => match self.files_of(held).await {
                Ok(files) => {
                    with_files = build(&self.ctx.settings, mail, &files);
                    &with_files
                }
                Err(trouble) => return HandOver::Settled(trouble.into()),
            },
        };
        let (envelope, message) = match built {
            Ok(built) => built,
            Err(error) => {
                let reason = Reason::new(ReasonCode::MessageMalformed, Stage::Body, None, error);
                return HandOver::Settled(Delivery::Failed { reason });
            }
        };
        // Nothing has left yet: whoever has to stop need not wait for a server that keeps silent.
        let offered = tokio::select! {
            biased;
            offered = connection.offer(envelope) => offered,
            () = self.stop.cancelled() => return HandOver::GivenBack,
        };
        if let Err(refusal) = offered {
            if !refusal.reason().stage().is_before_mail() {
                self.note_let_in();
            }
            return HandOver::Settled(Delivery::from(refusal));
        }
        self.note_let_in();
        // A server may have taken its time to answer.
        if !self.may_leave(mail) {
            return HandOver::GivenBack;
        }
        match recorder.begin(mail.id, held.lease).await {
            Some(true) => {}
            Some(false) => return HandOver::Lost,
            None => return HandOver::Unrecordable,
        }
        crash_point("transmitting");
        let transmitted = connection.transmit(message).await;
        crash_point("reply");
        HandOver::Settled(match transmitted {
            Ok(accepted) => Delivery::Sent {
                reply: accepted.reply,
            },
            Err(Failure::Refused(refusal)) => Delivery::from(refusal),
            Err(Failure::Unknown { reason }) => Delivery::Unknown { reason },
        })
    }

    /// Whether the send window is open for a mail.
    fn may_leave(&self, mail: &StoredMail) -> bool {
        mail.kind.goes_at_any_hour() || {
            let window = &self.ctx.settings.window;
            window.is_open(self.ctx.now().local, &self.calendar.holidays)
        }
    }

    /// Puts a mail back of which nothing has left: another run takes it.
    pub(super) fn back_in_queue(&self, recorder: &Recorder, held: &Held) {
        recorder.record(Record {
            id: held.mail.id,
            lease: held.lease,
            settled: Settled {
                state: MailState::Queued,
                reason: held.mail.reason.clone(),
                reply: held.mail.reply.clone(),
                retry_at: None,
                sent_at: None,
            },
            turn: Turn::DoesNotCount,
        });
    }

    /// Puts back mails that no worker has taken up.
    pub(super) fn put_back(&self, recorder: &Recorder, mails: impl IntoIterator<Item = Held>) {
        for held in mails {
            self.back_in_queue(recorder, &held);
            self.let_go(held.lease, 1);
        }
    }

    /// What comes with a mail; bytes are read once for all mails of a run.
    async fn files_of<'h>(
        &self,
        held: &'h Held,
    ) -> Result<Vec<(&'h MailFile, Arc<Vec<u8>>)>, FileTrouble> {
        let mut files = Vec::new();
        for file in &held.files {
            let bytes = self.bytes.of(&self.ctx, file.attachment_id).await?;
            files.push((file, bytes));
        }
        Ok(files)
    }
}

/// What is sent to whom: the envelope and the message; else why it cannot be built.
pub(super) type Built = Result<(Envelope, Vec<u8>), String>;

/// Builds the message; one that cannot be built fails alone, even where the builder breaks.
pub(super) fn build(
    settings: &Settings,
    mail: &StoredMail,
    files: &[(&MailFile, Arc<Vec<u8>>)],
) -> Built {
    catch_unwind(AssertUnwindSafe(|| message(settings, mail, files)))
        .unwrap_or_else(|_| Err("邮件无法生成".to_owned()))
}

fn message(settings: &Settings, mail: &StoredMail, files: &[(&MailFile, Arc<Vec<u8>>)]) -> Built {
    let to = EmailAddress::parse(&mail.to_address).map_err(|error| error.to_string())?;
    let reply_to = match &mail.reply_to {
        Some(address) => Some(EmailAddress::parse(address).map_err(|error| error.to_string())?),
        None => None,
    };
    let head = MessageHead {
        from: settings.from.clone(),
        from_name: settings.from_name.clone(),
        to: to.clone(),
        to_name: mail.to_name.clone().unwrap_or_default(),
        reply_to,
        message_id: mail.message_id.clone(),
        date_at: mail.queued_at,
    };
    let composed = Composed {
        subject: mail.subject.clone(),
        text: mail.text_body.clone(),
        html: mail.html_body.clone(),
    };
    let mut enclosed: Vec<Enclosed<'_>> = files
        .iter()
        .map(|(file, bytes)| Enclosed {
            name: &file.name,
            media_type: &file.media_type,
            bytes,
        })
        .collect();
    let locale = Locale::of_tag(&settings.locale);
    let (due, cancelled) = (due_file_name(locale), cancelled_file_name(locale));
    let calendar = &mail.calendar;
    let calendar = [
        (&calendar.published, &due, CalendarMethod::Publish),
        (&calendar.cancelled, &cancelled, CalendarMethod::Cancel),
    ];
    enclosed.extend(calendar.into_iter().filter_map(|(file, name, method)| {
        Some(Enclosed {
            name,
            media_type: method.media_type(),
            bytes: file.as_deref()?.as_bytes(),
        })
    }));
    let message = build_with_files(&head, &composed, &enclosed);
    let message = message.map_err(|error| error.to_string())?;
    let envelope = Envelope {
        from: settings.from.clone(),
        to,
    };
    Ok((envelope, message))
}
