//! Signing in with address and password. What is wrong is never told apart: whether an address has an account is no
//! stranger's affair, neither by words nor by the time taken.

use crate::domain::token_kind::SessionStart;
use crate::flow::account_desk::Counted;
use crate::flow::passwords::{self, Fit};
use crate::flow::sessions::{NewSession, SessionBegun, SignInPlace};
use crate::flow::{Ctx, FlowError};
use crate::storage::users::StoredUser;
use crate::storage::{accounts, users};
use chrono::TimeDelta;
use secrecy::SecretString;

/// The longest address that is looked for.
const MOST_ADDRESS: usize = 254;

/// What came of an attempt.
#[derive(Debug)]
pub enum SignIn {
    /// The session has begun.
    Done(SessionBegun),
    /// There is no such account, the password is another, or the account is no good.
    Wrong,
    /// There were too many failures with this address.
    AccountWaits(TimeDelta),
    /// There were too many failures from this client.
    ClientWaits(TimeDelta),
}

/// Signs somebody in.
///
/// # Errors
/// [`FlowError::Busy`], [`FlowError::Storage`].
pub async fn sign_in(
    ctx: &Ctx,
    address: &str,
    password: &SecretString,
    place: SignInPlace,
) -> Result<SignIn, FlowError> {
    let now = ctx.now().at;
    let address = address.trim().to_ascii_lowercase();
    let address = Some(address).filter(|one| one.len() <= MOST_ADDRESS);
    let address = address.unwrap_or_default();
    let account = Counted::Account(address.clone());
    let client = Counted::Client(place.client.clone());
    if let Err(wait) = ctx.account_desk.count(&client, now) {
        return Ok(SignIn::ClientWaits(wait));
    }
    if let Err(wait) = ctx.account_desk.count(&account, now) {
        return Ok(SignIn::AccountWaits(wait));
    }
    let fits = find(ctx, &address, password).await;
    if !matches!(fits, Ok(None)) {
        ctx.account_desk.take_back(&client, now);
    }
    let user = match fits {
        Ok(Some(user)) => user,
        Ok(None) => return Ok(SignIn::Wrong),
        Err(error) => {
            ctx.account_desk.take_back(&account, now);
            return Err(error);
        }
    };
    ctx.account_desk.forget(&account);
    let session = NewSession::of(ctx, &user, SessionStart::Password, &place)?;
    let tx = ctx.acting_as(session.actor.clone()).write().await?;
    let begun = session.begin(&tx, &user.address).await?;
    tx.commit().await?;
    Ok(SignIn::Done(begun))
}

/// The enabled user of that address and password.
async fn find(
    ctx: &Ctx,
    address: &str,
    password: &SecretString,
) -> Result<Option<StoredUser>, FlowError> {
    let user = users::by_address(&ctx.db, address).await?;
    let stored = match &user {
        Some(user) => accounts::password_of(&ctx.db, user.id).await?,
        None => None,
    };
    let fit = passwords::fits(ctx, stored, password).await?;
    let Some(user) = user.filter(|user| user.enabled && fit != Fit::No) else {
        return Ok(None);
    };
    if fit == Fit::Weakly {
        let kept = passwords::kept(ctx, password).await?;
        let tx = ctx.write().await?;
        accounts::replace_password(&tx, user.id, &kept).await?;
        tx.commit_unseen().await?;
    }
    Ok(Some(user))
}
