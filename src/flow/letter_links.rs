//! The links that one contact's mail has for an ask: the address on which the service is reached, and a sealed link.

use crate::domain::extension::may_be_asked;
use crate::domain::ids::ContactId;
use crate::domain::mail_link::{LINK_PATH, LinkKey, LinkPurpose, MailLink};
use crate::domain::obligation::ObligationKind;
use crate::mail::letter::AskLinks;
use crate::storage::obligations::StoredObligation;
use chrono::NaiveDate;

/// The links of a contact for an obligation, in a mail made on `today`; the same on the same day. More time can be asked for
/// where it could be asked for today; to acknowledge needs no evidence.
pub(super) fn letter_links(
    base_url: &str,
    key: &LinkKey,
    obligation: &StoredObligation,
    contact_id: ContactId,
    today: NaiveDate,
) -> AskLinks {
    let url = |purpose| {
        let link = MailLink {
            purpose,
            obligation_id: obligation.id,
            contact_id,
            expires_on: MailLink::good_until(Some(obligation.due_on), today),
        };
        format!("{base_url}{LINK_PATH}{}", link.seal(key))
    };
    let StoredObligation {
        kind,
        state,
        due_on,
        ..
    } = *obligation;
    let is_acknowledged = kind == ObligationKind::Acknowledge;
    AskLinks {
        answer: url(match is_acknowledged {
            true => LinkPurpose::Acknowledge,
            false => LinkPurpose::Report,
        }),
        extend: may_be_asked(kind, state, due_on, today)
            .is_ok()
            .then(|| url(LinkPurpose::Extend)),
        evidence: (!is_acknowledged).then(|| url(LinkPurpose::Evidence)),
    }
}
