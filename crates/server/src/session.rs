//! Checkout sessions: issued to a shop's server, and held against what comes back with a payload.

use crate::{
    Keyring,
    jws::{self, JwsError},
};
use getrandom::{SysRng, rand_core::TryRng as _};
use serde::Deserialize;
use tillseal_protocol::{
    Jti, MAX_SESSION, Order, Policy, Recipient, SESSION_TYPE, Session, SessionRecipient, signals::Tier,
};

/// How long a session lasts unless the shop says otherwise: time to type, and to look for the card.
pub const DEFAULT_LIFETIME: u64 = 30 * 60;

/// The longest life of a session, in seconds: each is remembered that long.
pub const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// What a shop asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The origin of the checkout page.
    pub origin: String,
    /// What is paid for.
    pub order: Order,
    /// Who may read what; without it, the newest published key reads everything.
    #[serde(default)]
    pub recipients: Vec<SessionRecipient>,
    /// How much the page collects.
    #[serde(default)]
    pub policy: Policy,
    /// For how long, in seconds; [`DEFAULT_LIFETIME`] without it.
    pub lifetime: Option<u64>,
}

/// A session as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The compact JWS for `data-session`.
    pub token: String,
    /// What it says.
    pub session: Session,
}

/// Why no session is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// A member of the request is not as it must be.
    #[error("{0}")]
    Invalid(&'static str),
    /// There is no key to sign with, or none to seal to.
    #[error("the keyring has no active key for it; `tillseal keys new` makes one")]
    NoKey,
    /// The system gave no randomness, or the key did not sign.
    #[error("the system gave no randomness")]
    Random,
}

/// Why a session does not stand for a payload. It carries nothing of either, because errors reach logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// None came, and this server demands one.
    #[error(
        "the payload was sealed without a session; give the form the one that POST /v1/sessions issues"
    )]
    Missing,
    /// Not a session token.
    #[error("the session is not a token that this server issues; give the form the text as it came")]
    Malformed,
    /// Signed by nobody whom this server knows.
    #[error("the session is not signed by a key of this keyring")]
    Signature,
    /// Issued for the page of another origin.
    #[error("the session was issued for another origin")]
    Audience,
    /// Its time is over, by this server's clock.
    #[error("the session has ended; render the page with a new one and let the shopper submit again")]
    Expired,
    /// It begins later than this server's clock says.
    #[error("the session was issued in the future; compare the clocks of the servers")]
    Future,
    /// Issued for another order than the shop is about to charge.
    #[error("the session was issued for another order, amount or currency than the request names")]
    Order,
}

impl IssueError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid(_) => "session-request",
            Self::NoKey => "key-none",
            Self::Random => "random",
        }
    }
}

impl SessionError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "session-missing",
            Self::Malformed => "session-malformed",
            Self::Signature => "session-signature",
            Self::Audience => "session-audience",
            Self::Expired => "session-expired",
            Self::Future => "session-future",
            Self::Order => "order-mismatch",
        }
    }
}

/// Issues a session, signed by the newest key of the keyring.
///
/// # Errors
/// [`IssueError`], for each way in which the request or the keyring will not do.
pub fn issue(
    keyring: &Keyring,
    issuer: &str,
    request: SessionRequest,
    now: u64,
) -> Result<Issued, IssueError> {
    let lifetime = request.lifetime.unwrap_or(DEFAULT_LIFETIME);
    let is_order = is_order(&request.order);
    let tiers = [Tier::None, Tier::Essential, Tier::Behaviour, Tier::Device].map(Tier::name);
    let is_tier = request.policy.signals.as_deref().is_none_or(|name| tiers.contains(&name));
    if !(1..=MAX_LIFETIME).contains(&lifetime) {
        return Err(IssueError::Invalid("lifetime must be 1 to 86400 seconds"));
    } else if !is_order {
        return Err(IssueError::Invalid(
            "order needs an id of 1 to 64 printable ASCII characters, an amount in minor units, and a currency of three \
             capital letters",
        ));
    } else if !is_tier {
        return Err(IssueError::Invalid("policy.signals must be none, essential, behaviour or device"));
    }
    let recipients = match request.recipients {
        none if none.is_empty() => vec![everything(keyring, now)?],
        some => checked(some)?,
    };
    let mut random = [0; 16];
    SysRng.try_fill_bytes(&mut random).map_err(|_| IssueError::Random)?;
    let session = Session {
        iss: issuer.to_owned(),
        aud: request.origin,
        jti: Jti::from_random(random).as_str().to_owned(),
        iat: now,
        exp: now + lifetime,
        order: request.order,
        recipients,
        policy: request.policy,
    };
    let key = keyring.signer(now).ok_or(IssueError::NoKey)?;
    let token = jws::sign(key, SESSION_TYPE, &session).map_err(|_| IssueError::Random)?;
    if token.len() > MAX_SESSION {
        return Err(IssueError::Invalid("the session would be longer than 8 KiB; name fewer recipients"));
    }
    Ok(Issued { token, session })
}

/// Reads the session of a payload and holds it against page and time: the server's clock decides, and no other.
///
/// # Errors
/// [`SessionError`], but for [`SessionError::Missing`] and [`SessionError::Order`].
pub(crate) fn verify(
    keyring: &Keyring,
    token: &str,
    origin: &str,
    now: u64,
    leeway: u64,
) -> Result<(Session, Jti), SessionError> {
    if token.len() > MAX_SESSION {
        return Err(SessionError::Malformed);
    }
    let session: Session = jws::verify(keyring, now, SESSION_TYPE, token).map_err(|error| match error {
        JwsError::Malformed => SessionError::Malformed,
        JwsError::Signature => SessionError::Signature,
    })?;
    let jti = Jti::parse(session.jti.clone()).ok_or(SessionError::Malformed)?;
    if session.aud != origin {
        Err(SessionError::Audience)
    } else if now >= session.exp {
        // RFC 7519 §4.1.4: not on it, nor after.
        Err(SessionError::Expired)
    } else if session.iat > now.saturating_add(leeway) {
        Err(SessionError::Future)
    } else {
        Ok((session, jti))
    }
}

/// Whether an order says what a receipt and a statement of account can repeat.
pub(crate) fn is_order(order: &Order) -> bool {
    let is_id = (1..=64).contains(&order.id.len())
        && order.id.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    // JavaScript reads no larger number exactly.
    let is_amount = order.amount < 1 << 53;
    is_id
        && is_amount
        && order.currency.len() == 3
        && order.currency.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The newest published key, for everything.
fn everything(keyring: &Keyring, now: u64) -> Result<SessionRecipient, IssueError> {
    let key = keyring.jwks(now).to_seal().next().ok_or(IssueError::NoKey)?.clone();
    Ok(SessionRecipient { name: String::new(), key, fields: vec![String::from("*")] })
}

/// A page must be able to use what a shop names.
fn checked(recipients: Vec<SessionRecipient>) -> Result<Vec<SessionRecipient>, IssueError> {
    for (index, recipient) in recipients.iter().enumerate() {
        let SessionRecipient { name, key, fields } = recipient;
        let is_name_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_field = |field: &String| {
            let is_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. *".contains(&byte);
            !field.is_empty() && field.bytes().all(is_byte)
        };
        if name.len() > 32 || !name.bytes().all(is_name_byte) {
            return Err(IssueError::Invalid(
                "a recipient's name is up to 32 lower-case letters, digits and hyphens",
            ));
        } else if recipients[..index].iter().any(|other| other.name == *name) {
            return Err(IssueError::Invalid("two recipients have the same name"));
        } else if Recipient::from_jwk(key).is_err() {
            return Err(IssueError::Invalid(
                "a recipient's key must be a public P-256 JWK whose alg is ECDH-ES or HPKE-7",
            ));
        } else if fields.is_empty() || !fields.iter().all(is_field) {
            return Err(IssueError::Invalid(
                "a recipient's fields are names of fields, or beginnings that end in *",
            ));
        }
    }
    Ok(recipients)
}
