//! Opening a sealed payload: by the right key, for the right page, at the right time.

use crate::{
    Keyring, SessionError, Standing,
    custody::{AgreementFailure, Private},
    session,
};
use tillseal_protocol::{
    Claims, Envelope, EnvelopeError, Jti, OpenError as DecryptError, Order, Session, Thumbprint,
};

/// How old a payload may be, in seconds, unless the server says otherwise. The shopper's clock made its
/// `iat`, so this must cover a clock that is a few minutes slow besides the way to the server.
pub const DEFAULT_MAX_AGE: u64 = 600;

/// How far ahead of the server's clock the shopper's may be, in seconds, unless the server says otherwise.
pub const DEFAULT_LEEWAY: u64 = 120;

/// What a server expects of a payload.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// The origin of the checkout page, exactly as a browser writes it: `https://shop.example`.
    pub origin: &'a str,
    /// The present time: seconds since 1970-01-01 UTC.
    pub now: u64,
    /// How old the payload may be, in seconds.
    pub max_age: u64,
    /// How far ahead of `now` its `iat` may be, in seconds.
    pub leeway: u64,
    /// What the shop is about to charge, where it says so: a session for another order is refused.
    pub order: Option<&'a Order>,
    /// Whether a payload without a session is refused.
    pub requires_session: bool,
}

/// A payload that was opened and is as the server [`Expect`]s: for this page, at this time, under a session that holds.
///
/// Whether it comes for the first time is not known yet: [`claim`](Self::claim) it, or remember [`jti`](Claims::jti) elsewhere.
pub struct Opened {
    pub(crate) claims: Claims,
    pub(crate) kid: Thumbprint,
    pub(crate) session: Option<(Session, Jti)>,
    /// What the session, else the shop says is paid for.
    pub(crate) order: Option<Order>,
    /// When it was opened.
    pub(crate) now: u64,
    /// From when on it is refused for its age.
    pub(crate) expires: u64,
}

/// Why a payload is refused. It carries nothing of the payload, because errors reach logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not an envelope.
    #[error("{0}; send the text of the form entry `sealed` as it came")]
    Envelope(#[from] EnvelopeError),
    /// The payload names a key that the keyring does not hold.
    #[error(
        "the payload is sealed to a key that is not in the keyring; is this the keyring whose JWKS the page loads?"
    )]
    KidUnknown,
    /// The payload names a revoked key.
    #[error(
        "the payload is sealed to a revoked key; the page must load the JWKS again and the shopper submit again"
    )]
    KidRevoked,
    /// The payload names a key whose time is over.
    #[error(
        "the payload is sealed to a key that has retired; the page must load the JWKS again and the shopper submit again"
    )]
    KidRetired,
    /// The PKCS#11 token that holds the key does not answer.
    #[error("the key is in a PKCS#11 token that does not answer; try again, and see the server's log")]
    HsmUnavailable,
    /// The key does not open it, or what it opens is no payload.
    #[error("{0}; it was altered on the way, or not sealed by Tillseal to this key")]
    Decrypt(#[from] DecryptError),
    /// Sealed on another page.
    #[error(
        "the payload was sealed on a page of another origin; check that the expected origin is the shop's"
    )]
    OriginMismatch,
    /// Sealed too long ago.
    #[error("the payload was sealed too long ago; ask the shopper to submit again")]
    Stale,
    /// Sealed in the future.
    #[error("the payload was sealed in the future; check this server's clock, or the shopper's is wrong")]
    Future,
    /// The session under which it was sealed does not hold, or there is none.
    #[error("{0}")]
    Session(#[from] SessionError),
}

impl<'a> Expect<'a> {
    /// Expects a payload of that origin with the default `max_age` and `leeway`.
    #[must_use]
    pub fn new(origin: &'a str, now: u64) -> Self {
        Self {
            origin,
            now,
            max_age: DEFAULT_MAX_AGE,
            leeway: DEFAULT_LEEWAY,
            order: None,
            requires_session: false,
        }
    }

    /// Compares what was opened with what is expected.
    fn meet(&self, keyring: &Keyring, claims: Claims, kid: Thumbprint) -> Result<Opened, OpenError> {
        if claims.origin != self.origin {
            return Err(OpenError::OriginMismatch);
        }
        let session = match &claims.session {
            Some(token) => Some(session::verify(keyring, token, self.origin, self.now, self.leeway)?),
            None if self.requires_session => return Err(SessionError::Missing.into()),
            None => None,
        };
        let expires = if let Some((session, _)) = &session {
            if self.order.is_some_and(|order| *order != session.order) {
                return Err(SessionError::Order.into());
            }
            // The shopper's clock is not asked.
            session.exp
        } else if self.now.saturating_sub(claims.iat) > self.max_age {
            return Err(OpenError::Stale);
        } else if claims.iat.saturating_sub(self.now) > self.leeway {
            return Err(OpenError::Future);
        } else {
            claims.iat.saturating_add(self.max_age).saturating_add(1)
        };
        let order = session.as_ref().map(|(session, _)| &session.order).or(self.order).cloned();
        Ok(Opened { claims, kid, session, order, now: self.now, expires })
    }
}

impl Opened {
    /// What the payload says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What the payload says, for who makes sure in another way that it comes once.
    #[must_use]
    pub fn into_claims(self) -> Claims {
        self.claims
    }

    /// The session under which it was sealed.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref().map(|(session, _)| session)
    }
}

impl OpenError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Envelope(error) => error.code(),
            Self::KidUnknown => "kid-unknown",
            Self::KidRevoked => "kid-revoked",
            Self::KidRetired => "kid-retired",
            Self::HsmUnavailable => "hsm-unavailable",
            Self::Decrypt(error) => error.code(),
            Self::OriginMismatch => "origin-mismatch",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Session(error) => error.code(),
        }
    }

    /// The HTTP status that fits: 413 for too long, 400 for what is no envelope, 422 for an envelope that is
    /// refused, 503 where nobody can tell at the moment.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Envelope(EnvelopeError::TooLong) => 413,
            Self::Envelope(EnvelopeError::Malformed | EnvelopeError::Header) => 400,
            Self::Envelope(EnvelopeError::Algorithm)
            | Self::KidUnknown
            | Self::KidRevoked
            | Self::KidRetired
            | Self::Decrypt(_)
            | Self::OriginMismatch
            | Self::Stale
            | Self::Future
            | Self::Session(_) => 422,
            Self::HsmUnavailable => 503,
        }
    }
}

/// Opens a sealed payload and compares it with what the server expects.
///
/// # Errors
/// [`OpenError`], for each way in which the payload is not acceptable.
pub fn open(keyring: &Keyring, sealed: &str, expect: &Expect) -> Result<Opened, OpenError> {
    let (claims, kid) = opened(keyring, sealed, expect.now)?;
    expect.meet(keyring, claims, kid)
}

/// Opens a sealed payload without asking where and when it was sealed: for a person who inspects one.
/// A server calls [`open`].
///
/// `now` is in seconds since 1970-01-01 UTC: a key may have retired.
///
/// # Errors
/// [`OpenError`], for each way in which the payload cannot be opened.
pub fn decrypt(keyring: &Keyring, sealed: &str, now: u64) -> Result<Claims, OpenError> {
    Ok(opened(keyring, sealed, now)?.0)
}

fn opened(keyring: &Keyring, sealed: &str, now: u64) -> Result<(Claims, Thumbprint), OpenError> {
    let envelope = Envelope::parse(sealed)?;
    let key = keyring.find(envelope.kid()).ok_or(OpenError::KidUnknown)?;
    match key.standing(now) {
        Standing::Open => {}
        Standing::Retired => return Err(OpenError::KidRetired),
        Standing::Revoked => return Err(OpenError::KidRevoked),
    }
    // A key that signs opens nothing.
    let algorithm = key.alg().sealing().ok_or(OpenError::KidUnknown)?;
    let claims = match &*key.private {
        Private::Agreement(agreement) => tillseal_protocol::open(envelope, agreement, algorithm)?,
        Private::Token(token) => {
            tillseal_protocol::open_with(envelope, token.public_key(), algorithm, |peer| {
                token.agree(peer).map_err(|failure| match failure {
                    AgreementFailure::Point => OpenError::Decrypt(DecryptError::Decrypt),
                    AgreementFailure::Token(error) => {
                        tracing::error!(code = "hsm-unavailable", %error, "the PKCS#11 token failed");
                        OpenError::HsmUnavailable
                    }
                })
            })?
        }
        Private::Signing(_) | Private::Log(_) | Private::None => return Err(OpenError::KidUnknown),
    };
    Ok((claims, key.kid().clone()))
}
