//! Passwords: kept as Argon2id (RFC 9106) with the parameters that OWASP asks for at the least, computed apart from
//! requests, and only so many at a time.

use crate::domain::password_rules;
use crate::entropy::Entropy;
use crate::flow::{Ctx, FlowError, RefusalCode};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// How long a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is computed where there is no password, so that nobody learns it from the time taken. No password fits it.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ZHViYW4gbm9ib2R5IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether a password fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It does, but is kept in a weaker way than today's.
    Weakly,
}

/// Refuses a text that may be nobody's password; `field` is its name in the form.
pub(super) fn check(password: &SecretString, address: &str, field: &str) -> Result<(), FlowError> {
    let checked = password_rules::check(password.expose_secret(), address);
    checked.map_err(|fault| {
        FlowError::refused_field(RefusalCode::InvalidValue, field, fault.to_string())
    })
}

/// What to store of a password.
///
/// # Errors
/// [`FlowError::Busy`].
pub(super) async fn kept(ctx: &Ctx, password: &SecretString) -> Result<String, FlowError> {
    let salt = Entropy::secret()?;
    let password = password.clone();
    let computed = compute(&ctx.account_desk.computing, move || {
        let hasher = hasher()?;
        let hash: Result<PasswordHash, _> =
            hasher.hash_password_with_salt(password.expose_secret().as_bytes(), &salt[..16]);
        hash.map(|hash| hash.to_string()).ok()
    });
    computed
        .await?
        .ok_or_else(|| FlowError::Interrupted("密码无法保存，请联系系统管理员查看日志".to_owned()))
}

/// Whether a password fits what is stored; takes as long where nothing is.
///
/// # Errors
/// [`FlowError::Busy`].
pub(super) async fn fits(
    ctx: &Ctx,
    stored: Option<String>,
    password: &SecretString,
) -> Result<Fit, FlowError> {
    let is_somebodys = stored.is_some();
    let stored = stored.unwrap_or_else(|| NOBODYS.to_owned());
    let password = password.clone();
    let computing = &ctx.account_desk.computing;
    let fit = compute(computing, move || fit(&stored, password.expose_secret())).await?;
    Ok(match is_somebodys {
        true => fit,
        false => Fit::No,
    })
}

fn fit(stored: &str, password: &str) -> Fit {
    let (Ok(hash), Some(hasher)) = (PasswordHash::new(stored), hasher()) else {
        return Fit::No;
    };
    if hasher.verify_password(password.as_bytes(), &hash).is_err() {
        return Fit::No;
    }
    let kept = Params::try_from(&hash);
    let is_enough = kept.is_ok_and(|kept| {
        let (memory, passes, lanes) = COST;
        kept.m_cost() >= memory && kept.t_cost() >= passes && kept.p_cost() >= lanes
    });
    match is_enough {
        true => Fit::Yes,
        false => Fit::Weakly,
    }
}

fn hasher() -> Option<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Computes apart from requests, once there is room.
async fn compute<T: Send + 'static>(
    computing: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FlowError> {
    let busy = || FlowError::Busy("现在登录的人较多，请过几秒再试一次");
    let room = computing.clone().acquire_owned();
    let room = tokio::time::timeout(PATIENCE, room).await;
    let room = room.map_err(|_| busy())?.map_err(|_| busy())?;
    let computed = tokio::task::spawn_blocking(move || {
        let _room = room;
        work()
    });
    computed
        .await
        .map_err(|_| FlowError::Interrupted("密码的核对中断，请重试".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_with(memory: u32, password: &str) -> String {
        let params = Params::new(memory, 1, 1, None).expect("parameters");
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: PasswordHash = hasher
            .hash_password_with_salt(password.as_bytes(), b"0123456789abcdef")
            .expect("a hash");
        hash.to_string()
    }

    #[test]
    fn a_password_fits_what_was_kept_of_it_alone() {
        let kept = kept_with(8, "春风又绿江南岸");
        assert_eq!(fit(&kept, "春风又绿江南岸"), Fit::Weakly);
        assert_eq!(fit(&kept, "春风又绿江南岸 "), Fit::No);
        assert_eq!(fit("plain text", "plain text"), Fit::No);
        assert_eq!(fit("", ""), Fit::No);
    }

    #[test]
    fn nobody_s_password_costs_as_much_as_anybody_s() {
        let hash = PasswordHash::new(NOBODYS).expect("a hash");
        let params = Params::try_from(&hash).expect("parameters");
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), COST);
        assert_eq!(params.output_len(), Some(32));
        assert_eq!(fit(NOBODYS, ""), Fit::No);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_computed_at_once() {
        let computing = Arc::new(Semaphore::new(2));
        let held = [
            computing.clone().acquire_owned(),
            computing.clone().acquire_owned(),
        ];
        let held = futures_util::future::join_all(held).await;
        let begun = tokio::time::Instant::now();
        let told = compute(&computing, || ()).await;
        assert!(matches!(told, Err(FlowError::Busy(_))), "{told:?}");
        assert_eq!(begun.elapsed(), PATIENCE);
        drop(held);
        assert_eq!(compute(&computing, || 7).await.expect("computed"), 7);
        assert_eq!(computing.available_permits(), 2);
    }
}
