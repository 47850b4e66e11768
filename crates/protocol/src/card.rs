//! What is printed on a payment card: parsed once at the edge, printed never.

use alloc::string::String;
use zeroize::Zeroizing;

/// A primary account number whose length (ISO/IEC 7812-1) and Luhn check digit hold.
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
        let digits = digits_only(typed, |c| c == '-').ok_or(PanError::NotADigit)?;
        match digits.len() {
            12..=19 if luhn_holds(&digits) => Ok(Self(digits)),
            12..=19 => Err(PanError::CheckDigit),
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
/// Whether that is past is not asked here: there is no clock in this crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    month: u8,
    year: u16,
}

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
        let compact: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|c| !is_blank(*c)).collect());
        match compact.split_once(['/', '-', '.']) {
            Some((year, month)) if year.len() == 4 => Self::from_month_year(month, year),
            Some((month, year)) => Self::from_month_year(month, year),
            None if matches!(compact.len(), 4 | 6) && compact.is_ascii() => {
                let (month, year) = compact.split_at(2);
                Self::from_month_year(month, year)
            }
            None => Err(ExpiryError::Shape),
        }
    }

    /// Reads a month field and a year field (`cc-exp-month`, `cc-exp-year`).
    ///
    /// # Errors
    /// [`ExpiryError`]: no such shape, or no such month.
    pub fn from_month_year(month: &str, year: &str) -> Result<Self, ExpiryError> {
        let (month, year) = (month.trim(), year.trim());
        if !matches!(month.len(), 1 | 2) || !matches!(year.len(), 2 | 4) {
            return Err(ExpiryError::Shape);
        }
        let month = number(month).ok_or(ExpiryError::Shape)?;
        let century = if year.len() == 2 { 2000 } else { 0 };
        let year = century + number(year).ok_or(ExpiryError::Shape)?;
        match (u8::try_from(month), year) {
            (Ok(month @ 1..=12), 2000..=2099) => Ok(Self { month, year }),
            (_, 2000..=2099) => Err(ExpiryError::Month),
            _ => Err(ExpiryError::Shape),
        }
    }

    /// 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// 2000 to 2099.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// As it travels: `MM/YYYY`.
    pub(crate) fn into_text(self) -> Zeroizing<String> {
        let digit = |value: u16| char::from(b'0' + u8::try_from(value % 10).unwrap_or(0));
        let month = u16::from(self.month);
        let mut text = Zeroizing::new(String::with_capacity(7));
        for place in [month / 10, month] {
            text.push(digit(place));
        }
        text.push('/');
        for place in [self.year / 1000, self.year / 100, self.year / 10, self.year] {
            text.push(digit(place));
        }
        text
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
        let digits = digits_only(typed, |_| false).ok_or(CscError::Shape)?;
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

/// The digits of `typed` without blanks and separators, or `None` where something else stands.
fn digits_only(typed: &str, is_separator: fn(char) -> bool) -> Option<Zeroizing<String>> {
    // One allocation of the full size: a growing buffer would leave unwiped copies behind.
    let mut digits = Zeroizing::new(String::with_capacity(typed.len()));
    for character in typed.chars() {
        match character {
            '0'..='9' => digits.push(character),
            c if is_blank(c) || is_separator(c) => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Blanks that keyboards, autofill and right-to-left pages put between digits.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{200e}' | '\u{200f}')
}

/// One to four ASCII digits as a number.
fn number(digits: &str) -> Option<u16> {
    digits.bytes().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Some(sum * 10 + u16::from(digit - b'0')),
        _ => None,
    })
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
    sum % 10 == 0
}
