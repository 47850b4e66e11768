//! Opening a sealed payload: by the right key, for the right page, at the right time.

use crate::{KeyState, Keyring};
use tillseal_protocol::{Claims, Envelope, EnvelopeError, OpenError as DecryptError};

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
}

impl<'a> Expect<'a> {
    /// Expects a payload of that origin with the default `max_age` and `leeway`.
    #[must_use]
    pub fn new(origin: &'a str, now: u64) -> Self {
        Self { origin, now, max_age: DEFAULT_MAX_AGE, leeway: DEFAULT_LEEWAY }
    }

    /// Compares what was opened with what is expected.
    ///
    /// # Errors
    /// [`OpenError::OriginMismatch`], [`OpenError::Stale`] or [`OpenError::Future`].
    pub fn is_met_by(&self, claims: &Claims) -> Result<(), OpenError> {
        if claims.origin != self.origin {
            Err(OpenError::OriginMismatch)
        } else if self.now.saturating_sub(claims.iat) > self.max_age {
            Err(OpenError::Stale)
        } else if claims.iat.saturating_sub(self.now) > self.leeway {
            Err(OpenError::Future)
        } else {
            Ok(())
        }
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
            Self::Decrypt(error) => error.code(),
            Self::OriginMismatch => "origin-mismatch",
            Self::Stale => "stale",
            Self::Future => "future",
        }
    }

    /// The HTTP status that fits: 413 for too long, 400 for what is no envelope, 422 for an envelope that is
    /// refused.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Envelope(EnvelopeError::TooLong) => 413,
            Self::Envelope(EnvelopeError::Malformed | EnvelopeError::Header) => 400,
            Self::Envelope(EnvelopeError::Algorithm)
            | Self::KidUnknown
            | Self::KidRevoked
            | Self::Decrypt(_)
            | Self::OriginMismatch
            | Self::Stale
            | Self::Future => 422,
        }
    }
}

/// Opens a sealed payload and compares it with what the server expects.
///
/// # Errors
/// [`OpenError`], for each way in which the payload is not acceptable.
pub fn open(keyring: &Keyring, sealed: &str, expect: &Expect) -> Result<Claims, OpenError> {
    let claims = decrypt(keyring, sealed)?;
    expect.is_met_by(&claims)?;
    Ok(claims)
}

/// Opens a sealed payload without asking where and when it was sealed: for a person who inspects one.
/// A server calls [`open`].
///
/// # Errors
/// [`OpenError`], for each way in which the payload cannot be opened.
pub fn decrypt(keyring: &Keyring, sealed: &str) -> Result<Claims, OpenError> {
    let envelope = Envelope::parse(sealed)?;
    let key = keyring.find(envelope.kid()).ok_or(OpenError::KidUnknown)?;
    match key.state() {
        KeyState::Active | KeyState::DecryptOnly => {
            Ok(tillseal_protocol::open(envelope, &key.agreement, key.algorithm())?)
        }
        KeyState::Revoked => Err(OpenError::KidRevoked),
    }
}
