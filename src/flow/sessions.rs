//! Sessions of people: begun by whoever has proven who they are, and ended by themselves or with their rights. A
//! session's text lives in a cookie alone.

use crate::domain::access::Viewer;
use crate::domain::actor::Actor;
use crate::domain::draw::hex;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::resource::Resource;
use crate::domain::token_kind::{SessionStart, TokenKind};
use crate::domain::token_scope::TokenScope;
use crate::entropy::Entropy;
use crate::flow::recognise_caller::{session_text, token_hash};
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::AuditEntry;
use crate::storage::users::{StoredToken, StoredUser};
use crate::storage::{WriteTx, accounts, new_id, users};
use secrecy::SecretString;
use serde_json::json;

/// Letters of a browser's name.
const MOST_BROWSER: usize = 100;

/// Where somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct SignInPlace {
    /// The browser, as people know it.
    pub browser: String,
    /// The client's address, as far as it can be believed.
    pub client: String,
    /// The session that the browser had before; it ends.
    pub replaces: Option<TokenId>,
}

/// A session that has begun.
#[derive(Debug)]
pub struct SessionBegun {
    /// The user.
    pub user_id: UserId,
    /// Its row.
    pub token_id: TokenId,
    /// Its text: told here and never again.
    pub text: SecretString,
}

/// A session that is about to begin.
pub(super) struct NewSession {
    token: StoredToken,
    text: String,
    replaces: Option<TokenId>,
    /// Who acts from now on.
    pub(super) actor: Actor,
}

impl NewSession {
    /// A session of a user. It is always a new one, whatever the browser had before.
    pub(super) fn of(
        ctx: &Ctx,
        user: &StoredUser,
        begun_by: SessionStart,
        place: &SignInPlace,
    ) -> Result<Self, FlowError> {
        let text = session_text(&hex(&Entropy::secret()?));
        let (now, settings) = (ctx.now().at, &ctx.settings.accounts);
        let token = StoredToken {
            id: TokenId(new_id()),
            user_id: user.id,
            name: place.browser.chars().take(MOST_BROWSER).collect(),
            kind: TokenKind::Session,
            begun_by: Some(begun_by),
            hash: token_hash(&text),
            scope: TokenScope::Write,
            created_at: now,
            expires_at: now + settings.idle.min(settings.longest),
            last_used_at: None,
            revoked_at: None,
        };
        let actor = Actor::User {
            user_id: user.id,
            token_id: token.id,
            address: user.address.clone(),
            stands_in_for: Vec::new(),
        };
        Ok(Self {
            token,
            text,
            replaces: place.replaces,
            actor,
        })
    }

    /// Begins it.
    pub(super) async fn begin(
        self,
        tx: &WriteTx,
        address: &str,
    ) -> Result<SessionBegun, FlowError> {
        let token = &self.token;
        if let Some(before) = self.replaces {
            users::revoke_token(tx, before, token.created_at).await?;
        }
        users::insert_token(tx, token).await?;
        let by = token.begun_by.map(SessionStart::as_str);
        tx.audit(
            AuditEntry::done("sign_in", Resource::Tokens, token.id.0, address)
                .after(json!({ "by": by, "browser": token.name })),
        );
        Ok(SessionBegun {
            user_id: token.user_id,
            token_id: token.id,
            text: self.text.into(),
        })
    }
}

/// Ends the session that somebody acts in.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn sign_out(ctx: &Ctx, viewer: &Viewer) -> Result<(), FlowError> {
    end_one(ctx, viewer, viewer.token_id, "sign_out").await
}

/// Ends one of a user's own sessions; whatever is no such session stays as it is.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn end_session(ctx: &Ctx, viewer: &Viewer, id: TokenId) -> Result<(), FlowError> {
    end_one(ctx, viewer, id, "end_session").await
}

async fn end_one(
    ctx: &Ctx,
    viewer: &Viewer,
    id: TokenId,
    action: &'static str,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let token = users::token(&tx, id).await?;
    let is_own =
        |one: &StoredToken| one.user_id == viewer.user_id && one.kind == TokenKind::Session;
    if token.is_some_and(|one| is_own(&one) && one.revoked_at.is_none())
        && users::revoke_token(&tx, id, ctx.now().at).await?
    {
        tx.audit(AuditEntry::done(
            action,
            Resource::Tokens,
            id.0,
            &viewer.address,
        ));
        tx.commit().await?;
    }
    Ok(())
}

/// Ends all sessions of a user but the one they act in; how many.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn end_other_sessions(ctx: &Ctx, viewer: &Viewer) -> Result<usize, FlowError> {
    let tx = ctx.write().await?;
    let (user, own) = (viewer.user_id, viewer.token_id);
    let ended = accounts::end_sessions(&tx, user, Some(own), ctx.now().at).await?;
    if ended > 0 {
        let entry = AuditEntry::done("end_sessions", Resource::Users, user.0, &viewer.address);
        tx.audit(entry.after(json!({ "ended": ended })));
        tx.commit().await?;
    }
    Ok(ended)
}
