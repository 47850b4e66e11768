//! What is wrong with a field, told in time: while a person types, what may still become right is incomplete and no more.
//!
//! These are hints for the page. What cannot be sealed is refused by [`Form`](crate::Form); whether a card is good, the server says.

use crate::{
    Brand, Brands, CscError, Expiry, ExpiryError, FieldName, Kind, MAX_TEXT, PanError,
    card::{check_digit_holds, digit, digits_only, pan_digits},
    format::MAX_IBAN,
};

/// The lengths of a PAN whose brand is not known, 12 to 19, as [`Brands::lengths`] has them.
const ANY_LENGTH: u32 = 0xf_f000;

/// What a field's validity depends on beside its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// Whether the person has left the field.
    pub is_finished: bool,
    /// The brands that the merchant takes; none for all.
    pub accepted: Brands,
    /// The brand of the card whose security code it is, if it is known.
    pub brand: Option<Brand>,
    /// Today, as [`Expiry::month`] counts.
    pub month: u32,
}

/// What is wrong with a field. It carries no digit of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// A card number that goes on.
    PanIncomplete,
    /// No card number, or none of a length that its brand has.
    Pan(PanError),
    /// A brand that the merchant does not take.
    PanBrand,
    /// A date that goes on.
    ExpiryIncomplete,
    /// No date.
    Expiry(ExpiryError),
    /// A month that is over.
    ExpiryPast,
    /// A security code that goes on.
    CscIncomplete,
    /// No security code.
    Csc(CscError),
    /// Not as many digits as this brand's security codes have.
    CscLength(usize),
    /// An IBAN that goes on.
    IbanIncomplete,
    /// Too long for an IBAN, or without its country and check digits.
    IbanShape,
    /// An IBAN's check digits do not match.
    IbanCheckDigits,
    /// No e-mail address.
    EmailShape,
    /// No telephone number.
    TelShape,
    /// More than [`MAX_TEXT`] bytes.
    TooLong,
}

impl Invalid {
    /// The stable code of this fault.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PanIncomplete => "pan-incomplete",
            Self::Pan(error) => error.code(),
            Self::PanBrand => "pan-brand",
            Self::ExpiryIncomplete => "expiry-incomplete",
            Self::Expiry(error) => error.code(),
            Self::ExpiryPast => "expiry-past",
            Self::CscIncomplete => "csc-incomplete",
            Self::Csc(error) => error.code(),
            Self::CscLength(_) => "csc-length",
            Self::IbanIncomplete => "iban-incomplete",
            Self::IbanShape => "iban-shape",
            Self::IbanCheckDigits => "iban-check-digits",
            Self::EmailShape => "email-shape",
            Self::TelShape => "tel-shape",
            Self::TooLong => "field-too-long",
        }
    }
}

impl Circumstances {
    /// What is wrong with the text of a field; nothing with a blank one, since whether it may be blank is the page's `required`.
    ///
    /// # Errors
    /// [`Invalid`]
    pub fn judge(&self, name: &FieldName, typed: &str) -> Result<(), Invalid> {
        if typed.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Ok(());
        }
        if typed.len() > MAX_TEXT {
            return Err(Invalid::TooLong);
        }
        match name.kind() {
            Kind::Pan => self.pan(typed),
            Kind::Expiry => self.expiry(typed),
            Kind::Csc => self.csc(typed),
            Kind::Iban => self.iban(typed),
            Kind::Email => email(typed),
            Kind::Tel => tel(typed),
            Kind::ExpiryMonth | Kind::ExpiryYear | Kind::Text => Ok(()),
        }
    }

    /// The brands that a card number may have and the merchant takes.
    #[must_use]
    pub fn brands(&self, typed: &str) -> Brands {
        let brands = pan_digits(typed).map_or(Brands::default(), |digits| Brands::of(&digits));
        if self.accepted.is_empty() { brands } else { brands.intersection(self.accepted) }
    }

    fn pan(&self, typed: &str) -> Result<(), Invalid> {
        let digits = pan_digits(typed).ok_or(Invalid::Pan(PanError::NotADigit))?;
        let brands = self.brands(&digits);
        if brands.is_empty() && !self.accepted.is_empty() {
            return Err(Invalid::PanBrand);
        }
        // A number whose brand nobody knows may be a card all the same.
        let lengths = if brands.is_empty() { ANY_LENGTH } else { brands.lengths() };
        // The lengths from this one on: bit 0 is this one.
        let left = lengths >> digits.len().min(31);
        match left {
            0 => Err(Invalid::Pan(PanError::Length)),
            _ if digits.len() < lengths.trailing_zeros() as usize => Err(Invalid::PanIncomplete),
            _ if left & 1 == 1 && check_digit_holds(&digits) => Ok(()),
            _ if left > 1 && !self.is_finished => Err(Invalid::PanIncomplete),
            _ if left & 1 == 1 => Err(Invalid::Pan(PanError::CheckDigit)),
            _ => Err(Invalid::Pan(PanError::Length)),
        }
    }

    fn expiry(&self, typed: &str) -> Result<(), Invalid> {
        let digits = typed.chars().filter(|character| digit(*character).is_ascii_digit()).count();
        match Expiry::parse(typed) {
            Ok(expiry) if expiry.month() >= self.month => Ok(()),
            // 12/20 may be the beginning of 12/2029.
            Ok(expiry) if !self.is_finished && digits < 5 && expiry.as_str().ends_with("20") => {
                Err(Invalid::ExpiryIncomplete)
            }
            Ok(_) => Err(Invalid::ExpiryPast),
            Err(ExpiryError::Shape) if digits < if self.is_finished { 4 } else { 6 } => {
                Err(Invalid::ExpiryIncomplete)
            }
            Err(error) => Err(Invalid::Expiry(error)),
        }
    }

    fn csc(&self, typed: &str) -> Result<(), Invalid> {
        let len = digits_only(typed, ' ').ok_or(Invalid::Csc(CscError::Shape))?.len();
        let (least, most) = self.brand.map_or((3, 4), |brand| (brand.csc_len(), brand.csc_len()));
        match len {
            _ if (least..=most).contains(&len) => Ok(()),
            _ if len < least && !self.is_finished => Err(Invalid::CscIncomplete),
            _ if least == most => Err(Invalid::CscLength(least)),
            _ if len < least => Err(Invalid::CscIncomplete),
            _ => Err(Invalid::Csc(CscError::Shape)),
        }
    }

    /// ISO 13616-1: country, two check digits, an account; the remainder modulo 97 of all, country and check digits behind, is 1.
    fn iban(&self, typed: &str) -> Result<(), Invalid> {
        let mut len = 0_usize;
        let (mut head, mut rest) = (0, 0);
        for byte in typed.bytes().filter(|byte| *byte != b' ') {
            let (value, is_letter) = match byte {
                b'0'..=b'9' => (u32::from(byte - b'0'), false),
                // A is 10, Z is 35.
                b'a'..=b'z' | b'A'..=b'Z' => (u32::from(byte & 0x1f) + 9, true),
                _ => return Err(Invalid::IbanShape),
            };
            if len < 4 && is_letter != (len < 2) {
                return Err(Invalid::IbanShape);
            }
            let remainder = if len < 4 { &mut head } else { &mut rest };
            *remainder = (*remainder * if is_letter { 100 } else { 10 } + value) % 97;
            len += 1;
        }
        match len {
            // Norway's, the shortest, has 15.
            ..15 => Err(Invalid::IbanIncomplete),
            // Country and check digits are six digits when they stand behind.
            _ if len <= MAX_IBAN && (rest * 1_000_000 + head) % 97 == 1 => Ok(()),
            _ if len < MAX_IBAN && !self.is_finished => Err(Invalid::IbanIncomplete),
            _ if len <= MAX_IBAN => Err(Invalid::IbanCheckDigits),
            _ => Err(Invalid::IbanShape),
        }
    }
}

/// Something, an at sign, something: a confirmation by mail proves more than any pattern.
fn email(typed: &str) -> Result<(), Invalid> {
    let email = typed.trim_ascii().as_bytes();
    let mut is_email = false;
    for (place, byte) in email.iter().enumerate() {
        match byte {
            b'@' => is_email = place > 0 && place + 1 < email.len(),
            b' ' => return Err(Invalid::EmailShape),
            _ => {}
        }
    }
    if is_email { Ok(()) } else { Err(Invalid::EmailShape) }
}

/// Five to twenty digits, and what people write between them, such as `ext`.
fn tel(typed: &str) -> Result<(), Invalid> {
    let mut digits = 0;
    for character in typed.chars() {
        match digit(character) {
            '0'..='9' => digits += 1,
            ' ' | '\u{a0}' | '+' | '-' | '.' | '(' | ')' | '/' | 'e' | 'x' | 't' => {}
            _ => return Err(Invalid::TelShape),
        }
    }
    if matches!(digits, 5..=20) { Ok(()) } else { Err(Invalid::TelShape) }
}
