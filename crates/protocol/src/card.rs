//! What is printed on a payment card: parsed once at the edge, printed never.

use crate::{Brand, Brands};
use alloc::string::String;
use zeroize::Zeroizing;

/// The most digits of a PAN (ISO/IEC 7812-1).
pub(crate) const MAX_PAN: usize = 19;
/// The fewest: those of the shortest Maestro cards.
pub(crate) const MIN_PAN: usize = 12;

/// A primary account number whose length (ISO/IEC 7812-1) and Luhn check digit hold; only brands that issue cards without one may
/// lack the check digit.
///
/// Neither `Clone`, `Debug` nor `Serialize`: the digits leave through [`Pan::digits`] alone.
pub struct Pan(Zeroizing<String>);

/// Why a text is not a PAN. It carries no digit, because errors reach logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PanError {
    /// Something else than a digit, a space or a hyphen.
    #[error("the card number holds something that is not a digit")]
    NotADigit,
    /// Fewer than 12 or more than 19 digits.
    #[error("the card number must have 12 to 19 digits")]
    Length,
    /// The Luhn check digit does not match.
    #[error("the card number has a typing error: its check digit does not match")]
    CheckDigit,
}

impl PanError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotADigit => "pan-digits",
            Self::Length => "pan-length",
            Self::CheckDigit => "pan-check-digit",
        }
    }
}

impl Pan {
    /// Reads what a cardholder typed; white space and hyphens are passed over.
    ///
    /// # Errors
    /// [`PanError`]: not a digit, not 12 to 19 digits, or a wrong check digit.
    pub fn parse(typed: &str) -> Result<Self, PanError> {
        let digits = pan_digits(typed).ok_or(PanError::NotADigit)?;
        match digits.len() {
            MIN_PAN..=MAX_PAN if check_digit_holds(&digits) => Ok(Self(digits)),
            MIN_PAN..=MAX_PAN => Err(PanError::CheckDigit),
            _ => Err(PanError::Length),
        }
    }

    /// The 12 to 19 ASCII digits, without separators.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

/// The month in which a card expires.
///
/// Whether that is past is not asked here: there is no clock in this crate. Neither `Clone`, `Debug` nor `Serialize`.
pub struct Expiry(Zeroizing<String>);

/// Why a text is not an expiry date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// None of the accepted shapes.
    #[error("the expiry date must look like 12/29, 12/2029 or 2029-12")]
    Shape,
    /// A month below 1 or above 12.
    #[error("the month of the expiry date must be 01 to 12")]
    Month,
}

impl ExpiryError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Shape => "expiry-shape",
            Self::Month => "expiry-month",
        }
    }
}

impl Expiry {
    /// Reads `12/29`, `1229`, `122029`, `1/29`, `12 / 2029`, `12-2029`, `12.29` and `2029-12`.
    ///
    /// A year of two digits lies in 2000 to 2099.
    ///
    /// # Errors
    /// [`ExpiryError`]: no such shape, or no such month.
    pub fn parse(typed: &str) -> Result<Self, ExpiryError> {
        if let Some(at) = typed.bytes().position(|byte| matches!(byte, b'/' | b'-' | b'.')) {
            return Self::from_month_year(&typed[..at], &typed[at + 1..]);
        }
        let digits = digits_only(typed, ' ').ok_or(ExpiryError::Shape)?;
        let (month, year) = digits.split_at_checked(2).ok_or(ExpiryError::Shape)?;
        Self::from_digits(month, year)
    }

    /// Reads a month field and a year field (`cc-exp-month`, `cc-exp-year`); a year of four digits may stand first.
    ///
    /// # Errors
    /// [`ExpiryError`]: no such shape, or no such month.
    pub fn from_month_year(month: &str, year: &str) -> Result<Self, ExpiryError> {
        let month = digits_only(month, ' ').ok_or(ExpiryError::Shape)?;
        let year = digits_only(year, ' ').ok_or(ExpiryError::Shape)?;
        match month.len() {
            4 => Self::from_digits(&year, &month),
            _ => Self::from_digits(&month, &year),
        }
    }

    fn from_digits(month: &str, year: &str) -> Result<Self, ExpiryError> {
        let year_of_century = match (month.len(), year.len(), year.strip_prefix("20")) {
            (1 | 2, 4, Some(year_of_century)) => year_of_century,
            (1 | 2, 2, _) => year,
            _ => return Err(ExpiryError::Shape),
        };
        if !matches!(month.as_bytes(), [b'1'..=b'9'] | [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2']) {
            return Err(ExpiryError::Month);
        }
        let mut text = Zeroizing::new(String::with_capacity(7));
        for part in [&"0"[month.len() - 1..], month, "/20", year_of_century] {
            text.push_str(part);
        }
        Ok(Self(text))
    }

    /// The date as it travels: `MM/YYYY`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The month, counted from the year 0: `12 * year + month`, January being 1.
    #[must_use]
    pub fn month(&self) -> u32 {
        let number =
            |digits: &[u8]| digits.iter().fold(0, |number, digit| 10 * number + u32::from(digit - b'0'));
        let digits = self.0.as_bytes();
        12 * number(&digits[3..]) + number(&digits[..2])
    }

    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

/// A card security code: three or four digits.
///
/// Neither `Clone`, `Debug` nor `Serialize`: the digits leave through [`Csc::digits`] alone.
pub struct Csc(Zeroizing<String>);

/// Why a text is not a card security code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CscError {
    /// Not three or four digits.
    #[error("the security code must have 3 or 4 digits")]
    Shape,
}

impl CscError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        "csc-shape"
    }
}

impl Csc {
    /// Reads three or four digits; white space is passed over.
    ///
    /// # Errors
    /// [`CscError::Shape`]: anything else.
    pub fn parse(typed: &str) -> Result<Self, CscError> {
        let digits = digits_only(typed, ' ').ok_or(CscError::Shape)?;
        match digits.len() {
            3 | 4 => Ok(Self(digits)),
            _ => Err(CscError::Shape),
        }
    }

    /// The three or four ASCII digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

/// The digits of what was typed as a PAN, or `None` where something else stands.
pub(crate) fn pan_digits(typed: &str) -> Option<Zeroizing<String>> {
    digits_only(typed, '-')
}

/// Whether the check digit is right, or the card may have none.
pub(crate) fn check_digit_holds(digits: &str) -> bool {
    luhn_holds(digits) || !Brands::of(digits).iter().all(Brand::has_check_digit)
}

/// The ASCII digit where the character is a decimal digit (full-width, Arabic-Indic, Persian, Devanagari or Bengali); else itself.
#[inline(never)]
pub(crate) fn digit(character: char) -> char {
    const ZEROS: [u32; 5] = [0xff10, 0x660, 0x6f0, 0x966, 0x9e6];
    for zero in ZEROS {
        if let Some(digit) = char::from_digit(u32::from(character).wrapping_sub(zero), 10) {
            return digit;
        }
    }
    character
}

/// The digits of `typed` in ASCII, without blanks and separators, or `None` where something else stands.
#[inline(never)]
pub(crate) fn digits_only(typed: &str, separator: char) -> Option<Zeroizing<String>> {
    // One allocation of the full size: a growing buffer would leave unwiped copies behind.
    let mut digits = Zeroizing::new(String::with_capacity(typed.len()));
    for character in typed.chars() {
        match digit(character) {
            digit @ '0'..='9' => digits.push(digit),
            other if is_blank(other) || other == separator => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Blanks that keyboards, autofill and right-to-left pages put between digits.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{200e}' | '\u{200f}')
}

/// ISO/IEC 7812-1 annex B: from the right, every second digit doubled, the digits' sum a multiple of ten.
fn luhn_holds(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(digit - b'0') << (place % 2) {
            doubled @ 10.. => doubled - 9,
            single => single,
        })
        .sum();
    sum.is_multiple_of(10)
}
