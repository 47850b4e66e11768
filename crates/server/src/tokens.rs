//! API tokens: who may call what.
//!
//! A token is `tillseal_` and 256 random bits in base64url, sent as `Authorization: Bearer …` (RFC 6750 §2.1). The server knows its
//! SHA-256 alone. A hash without salt or stretching will do: 256 random bits cannot be guessed, with or without the hash.

use crate::{config::Limits, problem::Problem, refusal::Refusal};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use std::{collections::HashMap, fmt, num::NonZeroU32, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tracing::Instrument as _;
use zeroize::Zeroizing;

/// What every token begins with, so that one that leaked is found by those who search for it.
pub const PREFIX: &str = "tillseal_";

type Digest = [u8; 32];

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `POST /v1/open`: the shop's servers that take payments.
    Open,
    /// `POST /v1/sessions`: the shop's servers that show the checkout.
    Sessions,
    /// Keys, audit and metrics: operators and their tools.
    Admin,
}

/// A token as the server knows it.
#[derive(Debug, Clone)]
pub struct Token {
    name: Arc<str>,
    scopes: Vec<Scope>,
    sha256: Digest,
}

/// Why a token of the configuration does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The name has other characters, or too many.
    #[error("a token's name has 1 to 64 of a-z A-Z 0-9 - _ . : it is written to the log")]
    Name,
    /// The hash is no SHA-256.
    #[error(
        "a token's sha256 has 64 hexadecimal digits; `tillseal tokens new` prints it. The token itself does not belong here"
    )]
    Sha256,
}

/// The name of the token that a request came with, as an extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName(pub Arc<str>);

/// Who may call, how often, and how much is worked on at once. One value for all routes of a process.
#[derive(Clone)]
pub struct Gate {
    callers: Arc<Callers>,
    places: Arc<Semaphore>,
    /// How many places there are.
    in_flight: u32,
}

struct Callers {
    by_digest: HashMap<Digest, Caller>,
    /// The one rate of all callers, where no token is configured.
    anyone: Option<DefaultDirectRateLimiter>,
}

struct Caller {
    token: Token,
    rate: Option<DefaultDirectRateLimiter>,
}

/// A gate, and what a token needs to pass it.
#[derive(Clone)]
struct Guard {
    gate: Gate,
    scope: Scope,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Sessions, Self::Admin];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sessions => "sessions",
            Self::Admin => "admin",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl TokenError {
    /// Whether it is about the name, and not about the hash.
    pub(crate) fn is_of_name(self) -> bool {
        self == Self::Name
    }
}

impl Token {
    /// A token by the SHA-256 of its text, 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`TokenError`], which holds neither name nor hash.
    pub fn new(name: &str, scopes: Vec<Scope>, sha256: &str) -> Result<Self, TokenError> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_part) {
            return Err(TokenError::Name);
        }
        let mut digest = Digest::default();
        unhex(sha256, &mut digest).ok_or(TokenError::Sha256)?;
        Ok(Self { name: name.into(), scopes, sha256: digest })
    }

    /// A fresh token: what the caller keeps, and what the server knows of it.
    ///
    /// # Errors
    /// `None` in place of both where the system gives no randomness. [`TokenError::Name`].
    pub fn generate(
        name: &str,
        scopes: Vec<Scope>,
    ) -> Result<Option<(Zeroizing<String>, Self)>, TokenError> {
        let mut bits = Zeroizing::new([0; 32]);
        if getrandom::fill(&mut *bits).is_err() {
            return Ok(None);
        }
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(&*bits));
        let text = Zeroizing::new([PREFIX, &text].concat());
        let token = Self::new(name, scopes, &hex(&sha256(text.as_bytes())))?;
        Ok(Some((text, token)))
    }

    /// Its name, for the log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may be used for.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The SHA-256 of its text, 64 hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&self.sha256)
    }

    /// Whether both are the same token, whatever they are called.
    pub(crate) fn is_same_secret(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }

    /// What the configuration says of it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let scopes: Vec<String> = self.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
        format!(
            "[[tokens]]\nname = \"{}\"\nscopes = [{}]\nsha256 = \"{}\"\n",
            self.name,
            scopes.join(", "),
            self.sha256()
        )
    }
}

impl Gate {
    /// A gate for these tokens. Without a token everybody may do everything: [`Config`](crate::config::Config) allows that on the
    /// loopback interface only.
    #[must_use]
    pub fn new(tokens: &[Token], limits: &Limits) -> Self {
        let rate = || {
            let (rate, burst) =
                (NonZeroU32::new(limits.requests_per_second)?, NonZeroU32::new(limits.burst)?);
            Some(RateLimiter::direct(Quota::per_second(rate).allow_burst(burst)))
        };
        let callers =
            tokens.iter().map(|token| (token.sha256, Caller { token: token.clone(), rate: rate() }));
        let in_flight = u32::try_from(limits.in_flight).unwrap_or(u32::MAX);
        let callers = Callers { by_digest: callers.collect(), anyone: rate() };
        Self { callers: Arc::new(callers), places: Arc::new(Semaphore::new(limits.in_flight)), in_flight }
    }

    /// Ends once every request that passed was worked on to its end, and lets none pass from then on. For a
    /// [`Closer`](crate::listener::Closer): a client that left does not end the work on its request.
    pub async fn finished(self) -> bool {
        self.places.acquire_many(self.in_flight).await.map(SemaphorePermit::forget).is_ok()
    }

    /// Lets requests for the routes that the router has by now pass with a token of this scope only, as often as its rate allows,
    /// and as many at once as the limits say. What is refused reaches no handler, and no byte of its body is read.
    ///
    /// A request that passes has a [`TokenName`] among its extensions, where tokens are configured.
    pub fn guard<S: Clone + Send + Sync + 'static>(&self, scope: Scope, router: Router<S>) -> Router<S> {
        let guard = Guard { gate: self.clone(), scope };
        router.route_layer(middleware::from_fn_with_state(guard, pass))
    }
}

async fn pass(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.admit(request) {
        Ok((request, place)) => finished(next, request, place).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Runs the handler to its end, in a task of its own: a client that leaves, or a time limit, would else stop it anywhere, such as between
/// the claim of a payload and the record of it. Its place is taken until then. A handler that panics is answered for.
async fn finished(next: Next, request: Request, place: OwnedSemaphorePermit) -> Response {
    let running = async move {
        let response = next.run(request).await;
        drop(place);
        response
    };
    tokio::spawn(running.in_current_span()).await.unwrap_or_else(|_| Problem::Internal.into_response())
}

impl Guard {
    fn admit(&self, mut request: Request) -> Result<(Request, OwnedSemaphorePermit), Refusal> {
        let callers = &self.gate.callers;
        let rate = if callers.by_digest.is_empty() {
            &callers.anyone
        } else {
            let caller = callers.caller(request.headers()).ok_or(Refusal::Unauthorized)?;
            let name = Arc::clone(&caller.token.name);
            tracing::Span::current().record("token", &*name);
            if !caller.token.scopes.contains(&self.scope) {
                return Err(Refusal::Forbidden(self.scope));
            }
            request.extensions_mut().insert(TokenName(name));
            &caller.rate
        };
        if let Some(Err(early)) = rate.as_ref().map(RateLimiter::check) {
            let wait = early.wait_time_from(DefaultClock::default().now());
            return Err(Refusal::RateLimited { seconds: wait.as_secs() + 1 });
        }
        let place = Arc::clone(&self.gate.places).try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok((request, place))
    }
}

impl Callers {
    /// Whose token the request brings.
    ///
    /// The time that the look-up takes tells at most how far the SHA-256 of what was sent agrees with a stored one. Whoever sent it
    /// knows that hash, and cannot choose a text whose hash agrees further: so it tells nothing of the token, and needs no
    /// comparison in constant time.
    fn caller(&self, headers: &HeaderMap) -> Option<&Caller> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (value, None) = (values.next()?, values.next()) else { return None };
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        // RFC 9110 §11.1: the name of a scheme is compared without regard to case.
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        self.by_digest.get(&sha256(token.trim_start_matches(' ').as_bytes()))
    }
}

fn sha256(text: &[u8]) -> Digest {
    let mut bytes = Digest::default();
    bytes.copy_from_slice(digest(&SHA256, text).as_ref());
    bytes
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

fn unhex(text: &str, bytes: &mut Digest) -> Option<()> {
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(())
}
