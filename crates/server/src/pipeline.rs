//! The route of one payment, one type for each step that it has taken: `Envelope` → [`Opened`] → [`Fresh`] → [`Assessed`] →
//! [`Verdict`].
//!
//! Each type has one constructor, which is the step itself: to judge a replay, or to answer what is not recorded, does not compile.
//! A step that fails ends the route with a [`Refusal`]; there is no way around one.

use crate::{
    Keyring, OpenError, Opened,
    audit::{self, Decision, Entry, Hash, Log, Origin, Tokens},
    jws,
    risk::{self, Score, Signals, SignalsError},
    store::{Claim, ClaimId, Claimed, Store, StoreError},
};
use std::sync::Arc;
use tillseal_protocol::{AuditPlace, Claims, Order, RECEIPT_TYPE, Receipt};

/// In whose name verdicts are recorded, and receipts signed.
pub struct Office {
    /// The `iss` of sessions and receipts.
    pub issuer: String,
    /// The audit log.
    pub log: Arc<Log>,
    /// What stands for an order's id in it.
    pub tokens: Tokens,
}

/// A payload that comes for the first time, of all that this store has seen, and never will again.
pub struct Fresh(Opened);

/// A fresh payload, and what is thought of it.
pub struct Assessed {
    opened: Opened,
    signals: Result<Option<Signals>, SignalsError>,
    decision: Decision,
    automation: Score,
}

/// What the server answers: judged, and recorded for good.
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// That a program filled in the form, and why.
    pub automation: Score,
    /// Where the audit log says so.
    pub place: AuditPlace,
    /// What the shopper may keep: a compact JWS of a [`Receipt`].
    pub receipt: String,
    opened: Opened,
    signals: Result<Option<Signals>, SignalsError>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The payload does not open, or not here and now.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It came before.
    #[error("the payload came before; it was taken then, or refused, and counts once")]
    Replayed,
    /// Another payload came under its session.
    #[error("the session took another payload before; render the page with a new one for another try")]
    SessionUsed,
    /// Whether it came before cannot be told, or not be recorded.
    #[error("the store does not answer, so nothing is accepted; the shopper may submit again in a while")]
    Store(#[from] StoreError),
    /// There is no key to sign the receipt.
    #[error("the receipt could not be signed; `tillseal serve` makes the missing key when it starts")]
    Unsigned,
}

impl Refusal {
    /// The stable code of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::Replayed => "replayed",
            Self::SessionUsed => "session-used",
            Self::Store(error) => error.code(),
            Self::Unsigned => "key-none",
        }
    }

    /// The HTTP status that fits.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Open(error) => error.status(),
            Self::Replayed | Self::SessionUsed => 409,
            Self::Store(_) | Self::Unsigned => 503,
        }
    }
}

impl Opened {
    /// Claims the payload, and its session: once, ever, among all processes on the store.
    ///
    /// # Errors
    /// [`Refusal::Replayed`], [`Refusal::SessionUsed`], [`Refusal::Store`], and `stale` for one so old that the store forgot such.
    pub async fn claim(self, store: &dyn Store) -> Result<Fresh, Refusal> {
        let of = |id| Claim { id, expires: self.expires };
        // The session last: a replay is then told as what it is.
        let mut claims = vec![of(ClaimId::payload(&self.claims.jti))];
        claims.extend(self.session.as_ref().map(|(_, jti)| of(ClaimId::session(jti))));
        match store.claim(claims).await? {
            Claimed::Fresh => Ok(Fresh(self)),
            Claimed::Taken(0) => Err(Refusal::Replayed),
            Claimed::Taken(_) => Err(Refusal::SessionUsed),
            Claimed::Forgotten => Err(OpenError::Stale.into()),
        }
    }
}

impl Fresh {
    /// Judges it, by how the form was filled: no value of a field is asked.
    #[must_use]
    pub fn assess(self) -> Assessed {
        let signals = Signals::of(&self.0.claims);
        let automation = risk::judge(&signals);
        let decision = if automation.is_flagged() { Decision::Review } else { Decision::Accept };
        Assessed { opened: self.0, signals, decision, automation }
    }
}

impl Assessed {
    /// Records the verdict in the audit log, and signs the receipt.
    ///
    /// # Errors
    /// [`Refusal::Store`] where it is not recorded, [`Refusal::Unsigned`] where there is no key to sign with.
    pub async fn record(self, keyring: &Keyring, office: &Office) -> Result<Verdict, Refusal> {
        let Self { opened, signals, decision, automation } = self;
        // Asked first, so that nothing is recorded which cannot be answered.
        let signer = keyring.signer(opened.now).ok_or(Refusal::Unsigned)?;
        let Opened { claims, kid, session, order, now, .. } = &opened;
        let reasons: Vec<_> = automation.reasons.iter().map(|reason| reason.code).collect();
        let entry = Entry::verdict(&audit::Verdict {
            at: *now,
            payload: &claims.jti,
            kid: Some(kid.into()),
            origin: Origin::parse(&claims.origin),
            session: session.as_ref().map(|(_, jti)| jti),
            order: order.as_ref().map(|order| office.tokens.token(&order.id)),
            decision,
            score: automation.probability,
            reasons: &reasons,
        });
        let leaf = Hash::leaf(entry.as_bytes()).base64url();
        let position = office.log.record(entry).await?;
        let place = AuditPlace { log: office.log.key().name().to_owned(), position, leaf };
        let receipt = Receipt {
            iss: office.issuer.clone(),
            aud: claims.origin.clone(),
            jti: claims.jti.as_str().to_owned(),
            iat: *now,
            order: order.clone(),
            last4: last_four(claims),
            decision: decision.name().to_owned(),
            audit: place.clone(),
        };
        let receipt = jws::sign(signer, RECEIPT_TYPE, &receipt).map_err(|_| Refusal::Unsigned)?;
        Ok(Verdict { decision, automation, place, receipt, opened, signals })
    }
}

impl Verdict {
    /// What the payload says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.opened.claims
    }

    /// What is paid for, where the session or the shop says so.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        self.opened.order.as_ref()
    }

    /// How the form was filled.
    ///
    /// # Errors
    /// [`SignalsError`], where the payload's signals are none that a page sends.
    pub fn signals(&self) -> Result<Option<&Signals>, SignalsError> {
        self.signals.as_ref().map(Option::as_ref).map_err(|error| *error)
    }
}

/// PCI DSS 3.4.1 lets these be shown.
fn last_four(claims: &Claims) -> Option<String> {
    let pan = claims.fields.get("cc-number")?;
    // Sealed by whoever has the public key: nothing says that it is a card number.
    let is_pan = pan.len() >= 12 && pan.bytes().all(|byte| byte.is_ascii_digit());
    is_pan.then(|| pan[pan.len() - 4..].to_owned())
}
