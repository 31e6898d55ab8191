//! What an obligation is called in letters, and why it stands in one.

use crate::domain::obligation::{MovedBy, ObligationKind};
use crate::domain::stage::Stage;
use crate::mail::letter::{AskItem, AskKind, Occasion};
use crate::storage::obligations::StoredObligation;

/// Why an obligation is told of: what moved its day last stays the reason until it is answered.
pub(super) fn occasion(
    stage: Stage,
    obligation: &StoredObligation,
    reminders_sent: u32,
) -> Occasion {
    if let Some(moved) = &obligation.moved {
        let reason = moved.reason.clone();
        match moved.by {
            MovedBy::Return => return Occasion::Returned { reason },
            MovedBy::ExtensionGranted => return Occasion::ExtensionGranted,
            MovedBy::ExtensionRefused => return Occasion::ExtensionRefused { reason },
            MovedBy::Amended => return Occasion::Amended { reason },
            MovedBy::ObjectionRejected => return Occasion::ObjectionRejected { reason },
            MovedBy::Resumed => {}
        }
    }
    let finding = obligation.what.as_ref();
    let finding = finding.filter(|_| obligation.kind == ObligationKind::Rectify);
    if let (Some(finding), true) = (finding, stage == Stage::Notice || reminders_sent == 0) {
        let finding = finding.clone();
        return Occasion::FindingRaised { finding };
    }
    match stage {
        Stage::Notice => Occasion::New,
        Stage::Before(_) | Stage::Due | Stage::Over(_) if reminders_sent == 0 => Occasion::New,
        Stage::Before(_) | Stage::Due | Stage::Over(_) => Occasion::Reminder,
    }
}

/// What was found, where the letter does not tell it as its occasion.
pub(super) fn finding_item(obligation: &StoredObligation, occasion: &Occasion) -> Option<AskItem> {
    let is_told = matches!(occasion, Occasion::FindingRaised { .. });
    if obligation.kind != ObligationKind::Rectify || is_told {
        return None;
    }
    Some(AskItem {
        number: String::new(),
        title: obligation.what.clone()?,
        role: None,
    })
}

/// What is asked, as letters say it.
pub(super) fn ask_kind(obligation: &StoredObligation) -> AskKind {
    ask_kind_of(obligation.kind, obligation.what.as_deref())
}

/// The same of a request that may not exist yet.
pub(super) fn ask_kind_of(kind: ObligationKind, what: Option<&str>) -> AskKind {
    let told = || what.unwrap_or_default().to_owned();
    match kind {
        ObligationKind::Acknowledge => AskKind::Acknowledge,
        ObligationKind::Complete => AskKind::Complete,
        ObligationKind::SendUp => AskKind::SendUp { what: told() },
        ObligationKind::SpotCheck => AskKind::SpotCheck,
        ObligationKind::Dispatch => AskKind::Dispatch,
        ObligationKind::Monitoring => AskKind::Monitoring,
        ObligationKind::Rectify => AskKind::Rectify,
        ObligationKind::Collect => AskKind::Collect {
            sums_up: what.is_some(),
        },
        ObligationKind::FollowUp => AskKind::FollowUp { what: told() },
        ObligationKind::Notice => AskKind::Notice { what: told() },
    }
}
