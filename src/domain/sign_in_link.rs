//! Links that sign somebody in, each good once and for a while. Whoever holds its text holds it, so only its hash is kept.

use crate::domain::coded::coded;
use chrono::TimeDelta;

coded! {
    /// What a link is for.
    SignInPurpose "sign-in purpose" {
        /// To become the first user of all.
        Setup "setup" "首次设置",
        /// To set the password of an account that somebody else has made.
        Invite "invite" "邀请",
        /// To sign in without a password.
        SignIn "sign_in" "登录",
    }
}

impl SignInPurpose {
    /// What stands before its text in its address.
    pub fn path(self) -> &'static str {
        match self {
            Self::Setup => "/setup/",
            Self::Invite => "/invitation/",
            Self::SignIn => "/sign-in/link/",
        }
    }

    /// How long it is good.
    pub fn lasting(self) -> TimeDelta {
        match self {
            Self::Setup => TimeDelta::hours(24),
            Self::Invite => TimeDelta::days(7),
            Self::SignIn => TimeDelta::minutes(15),
        }
    }
}
