//! Sealing outside a browser: for trying things out, for tests and for measurements.

use getrandom::SysRng;
use tillseal_protocol::{
    Context, FieldName, FieldSet, Fields, Form, FormError, Jti, Preparation, RandomError, Recipient,
};

/// Why fields cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A field that is not what its name says, or too much of it.
    #[error(transparent)]
    Form(#[from] FormError),
}

impl SealError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Random(_) => "random",
            Self::Form(error) => error.code(),
        }
    }
}

/// Seals fields as the browser module does: the same checks, the same bytes.
///
/// `iat` is the present time, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`SealError`]: no randomness, or fields that the form refuses.
pub fn seal(recipient: &Recipient, fields: &Fields, iat: u64, origin: &str) -> Result<String, SealError> {
    seal_in_session(recipient, fields, iat, origin, "")
}

/// Seals fields likewise, under a session: the token that [`issue`](crate::issue) gives.
///
/// # Errors
/// [`SealError`]: no randomness, or fields that the form refuses.
pub fn seal_in_session(
    recipient: &Recipient,
    fields: &Fields,
    iat: u64,
    origin: &str,
    session: &str,
) -> Result<String, SealError> {
    let mut form = Form::new();
    for (name, value) in fields.iter() {
        form.input(FieldName::parse(name)?, value)?;
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| RandomError)?;
    let context = Context { jti: Jti::from_random(id), iat, origin, session, signals: &[] };
    let sealer = Preparation::new(recipient, &mut SysRng)?.finish();
    let all = FieldSet::all();
    let mut parts = form.seal(vec![(sealer, &all)], &context)?;
    // One recipient, one part.
    Ok(parts.swap_remove(0))
}
