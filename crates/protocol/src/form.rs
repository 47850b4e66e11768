//! The fields of a checkout form, typed as they are read and consumed by one seal.

use crate::{Context, Csc, CscError, Expiry, ExpiryError, Fields, Pan, PanError, Sealer, claims};
use alloc::{string::String, vec::Vec};
use zeroize::Zeroizing;

/// The longest value of a field, in bytes of UTF-8.
pub const MAX_TEXT: usize = 1024;
/// The most that the names and values of a form may be together, in bytes of UTF-8.
pub const MAX_FORM: usize = 8 * 1024;
/// The longest name of a field, in bytes.
const MAX_NAME: usize = 64;

/// The name of a field: its HTML autofill tokens (`cc-number`, `shipping postal-code`) or the merchant's own word
/// (`tax-id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName(String);

/// How the autofill field tokens (HTML §4.10.18.7.1) that name a card or a person begin. Passwords, one-time codes, user names
/// and the amount of the transaction are somebody else's business.
const PERSONAL: [&str; 20] = [
    "cc-", "name", "given-name", "additional-name", "family-name", "honorific-", "organization",
    "street-address", "address-l", "country", "postal-code", "tel", "email", "bday", "sex", "language",
    "impp", "nickname", "photo", "url",
];

impl FieldName {
    /// The name that an `autocomplete` attribute gives its field, or `None` where the field is not personal.
    ///
    /// The tokens stay as they are (`shipping postal-code` is not `postal-code`), in lower case, one
    /// space apart; `webauthn` is about passkeys and dropped.
    ///
    /// # Errors
    /// [`FormError::Name`]: a personal field whose other tokens make no name.
    pub fn from_autocomplete(attribute: &str) -> Result<Option<Self>, FormError> {
        let mut name = String::with_capacity(attribute.len());
        for token in
            attribute.split_ascii_whitespace().filter(|token| !token.eq_ignore_ascii_case("webauthn"))
        {
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(token);
        }
        name.make_ascii_lowercase();
        let is_personal = PERSONAL.iter().any(|start| last_word(&name).starts_with(start));
        if is_personal { Self::parse(&name).map(Some) } else { Ok(None) }
    }

    /// Takes a name of 1 to 64 letters, digits and `-`, `_`, `.`, or several such words one space apart.
    ///
    /// # Errors
    /// [`FormError::Name`]: anything else.
    pub fn parse(name: &str) -> Result<Self, FormError> {
        let mut last = b' ';
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {}
                b' ' if last != b' ' => {}
                _ => return Err(FormError::Name),
            }
            last = byte;
        }
        if name.len() > MAX_NAME || last == b' ' {
            return Err(FormError::Name);
        }
        Ok(Self(String::from(name)))
    }

    /// The name as it stands in the payload.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of value the field holds, by its last token.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(self.token())
    }

    fn token(&self) -> &str {
        last_word(&self.0)
    }
}

/// What a field holds, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `cc-number`
    Pan,
    /// `cc-exp`
    Expiry,
    /// `cc-exp-month`
    ExpiryMonth,
    /// `cc-exp-year`
    ExpiryYear,
    /// `cc-csc`
    Csc,
    /// `iban`, a name of our own
    Iban,
    /// `email`
    Email,
    /// `tel`
    Tel,
    /// Any text.
    Text,
}

impl Kind {
    /// The kind of a field whose name ends with this token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        match token {
            "cc-number" => Self::Pan,
            "cc-exp" => Self::Expiry,
            "cc-exp-month" => Self::ExpiryMonth,
            "cc-exp-year" => Self::ExpiryYear,
            "cc-csc" => Self::Csc,
            "iban" => Self::Iban,
            "email" => Self::Email,
            "tel" => Self::Tel,
            _ => Self::Text,
        }
    }
}

fn last_word(words: &str) -> &str {
    let start = words.bytes().rposition(|byte| byte == b' ').map_or(0, |space| space + 1);
    &words[start..]
}

/// The fields that a recipient may read: names, and prefixes that end in `*` (`cc-*`, `*`).
pub struct FieldSet(String);

impl FieldSet {
    /// Takes patterns separated by commas, which no name holds.
    #[must_use]
    pub fn new(patterns: &str) -> Self {
        Self(String::from(patterns))
    }

    /// Every field.
    #[must_use]
    pub fn all() -> Self {
        Self::new("*")
    }

    /// Whether the field is in the set, by its last token or by its whole name.
    #[must_use]
    pub fn contains(&self, name: &FieldName) -> bool {
        let (name, token) = (name.as_str().as_bytes(), name.token().as_bytes());
        self.0.as_bytes().split(|byte| *byte == b',').any(|pattern| match pattern {
            [prefix @ .., b'*'] => token.starts_with(prefix),
            _ => token == pattern || name == pattern,
        })
    }

    /// Whether the signals are for whom the set is for: `*`, or `signals` by this very name.
    #[must_use]
    pub fn has_signals(&self) -> bool {
        self.0.as_bytes().split(|byte| *byte == b',').any(|pattern| matches!(pattern, b"*" | b"signals"))
    }
}

/// Why a form cannot be sealed. It carries no value, because errors reach logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A name that is not letters, digits, `-`, `_`, `.`.
    #[error("a field's name must be 1 to 64 letters, digits, hyphens, underscores or dots")]
    Name,
    /// Two fields of one name.
    #[error("two fields have the same name")]
    Duplicate,
    /// More than [`MAX_TEXT`] bytes.
    #[error("a field holds more than 1,024 bytes")]
    TooLong,
    /// More than [`MAX_FORM`] bytes.
    #[error("the form holds too much for one payload")]
    TooLarge,
    /// A field that no recipient may read.
    #[error("a field is not meant for any recipient")]
    Unclaimed,
    /// `cc-number` is not a PAN.
    #[error(transparent)]
    Pan(#[from] PanError),
    /// `cc-exp` is not a date.
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
    /// `cc-csc` is not a security code.
    #[error(transparent)]
    Csc(#[from] CscError),
}

impl FormError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "field-name",
            Self::Duplicate => "field-duplicate",
            Self::TooLong => "field-too-long",
            Self::TooLarge => "form-too-large",
            Self::Unclaimed => "field-unclaimed",
            Self::Pan(error) => error.code(),
            Self::Expiry(error) => error.code(),
            Self::Csc(error) => error.code(),
        }
    }
}

/// The fields of one form, each parsed into its type when it comes in.
#[derive(Default)]
pub struct Form {
    fields: Fields,
    /// The month or the year of an expiry date, until the other half comes.
    half_expiry: Option<(FieldName, Zeroizing<String>)>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what stands in a field. A blank field is left out: whether it may be is the page's `required`.
    ///
    /// # Errors
    /// [`FormError`]: too long, twice, too many, or not what a field of that name holds.
    pub fn input(&mut self, name: FieldName, typed: &str) -> Result<(), FormError> {
        if typed.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Ok(());
        }
        if typed.len() > MAX_TEXT {
            return Err(FormError::TooLong);
        }
        match name.kind() {
            Kind::Pan => self.push(name, Pan::parse(typed)?.into_text()),
            Kind::Expiry => self.push(name, Expiry::parse(typed)?.into_text()),
            Kind::Csc => self.push(name, Csc::parse(typed)?.into_text()),
            Kind::ExpiryMonth | Kind::ExpiryYear => self.input_half_expiry(name, typed),
            _ => self.push(name, Zeroizing::new(String::from(typed))),
        }
    }

    /// Whether the form can be sealed for recipients with these fields.
    ///
    /// # Errors
    /// [`FormError`]: half an expiry date, or a field that nobody may read.
    #[expect(clippy::needless_pass_by_value, reason = "callers make the iterator for this call")]
    pub fn check<'a>(&self, sets: impl Iterator<Item = &'a FieldSet> + Clone) -> Result<(), FormError> {
        if self.half_expiry.is_some() {
            return Err(ExpiryError::Shape.into());
        }
        if !self.fields.names().all(|name| sets.clone().any(|set| set.contains(name))) {
            return Err(FormError::Unclaimed);
        }
        Ok(())
    }

    /// Seals the form: one envelope for each recipient, with the fields that it may read.
    ///
    /// # Errors
    /// Those of [`Form::check`].
    pub fn seal(
        self,
        recipients: Vec<(Sealer, &FieldSet)>,
        context: &Context,
    ) -> Result<Vec<String>, FormError> {
        self.check(recipients.iter().map(|(_, set)| *set))?;
        let mut envelopes = Vec::with_capacity(recipients.len());
        for (sealer, set) in recipients {
            let signals = if set.has_signals() { context.signals } else { &[] };
            let context = Context { jti: context.jti.clone(), signals, ..*context };
            let plaintext = claims::plaintext(&context, || self.fields.readable_by(set));
            envelopes.push(sealer.seal(plaintext).map_err(|_| FormError::TooLarge)?);
        }
        Ok(envelopes)
    }

    /// A month field and a year field travel as one `cc-exp`.
    fn input_half_expiry(&mut self, name: FieldName, typed: &str) -> Result<(), FormError> {
        match self.half_expiry.take() {
            Some((other, _)) if other.kind() == name.kind() => Err(FormError::Duplicate),
            Some((_, half)) => {
                let expiry = match name.kind() {
                    Kind::ExpiryYear => Expiry::from_month_year(&half, typed),
                    _ => Expiry::from_month_year(typed, &half),
                };
                self.push(FieldName(String::from("cc-exp")), expiry?.into_text())
            }
            None => {
                self.half_expiry = Some((name, Zeroizing::new(String::from(typed))));
                Ok(())
            }
        }
    }

    fn push(&mut self, name: FieldName, value: Zeroizing<String>) -> Result<(), FormError> {
        let mut bytes = name.0.len() + value.len();
        for (other, value) in self.fields.iter() {
            if other == name.0 {
                return Err(FormError::Duplicate);
            }
            bytes += other.len() + value.len();
        }
        if bytes > MAX_FORM {
            return Err(FormError::TooLarge);
        }
        self.fields.push(name, value);
        Ok(())
    }
}
