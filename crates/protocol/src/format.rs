//! What a field shows while a person types: a card number in groups, a date with its slash.
//!
//! Pure: a text, a selection and an edit go in, a text and a caret come out. The browser's own editing is replaced by this,
//! so that the caret never jumps. Positions count UTF-16 code units, as `selectionStart` does.

use crate::{
    Brand, Brands, Kind,
    card::{MAX_PAN, digit},
};
use alloc::{string::String, vec::Vec};
use zeroize::Zeroizing;

/// The longest IBAN, in characters (ISO 13616-1).
pub(crate) const MAX_IBAN: usize = 34;
/// The longest card security code, in digits.
const MAX_CSC: usize = 4;
/// The groups of a number whose brand is not known, and of an IBAN on paper.
const GAPS: [u8; 8] = [4, 8, 12, 16, 20, 24, 28, 32];

/// What a person does to the text of a field: to what is selected, or at the caret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Types, pastes or drops this text.
    Insert(&'a str),
    /// Takes out the selection and no more.
    Cut,
    /// Backspace: takes out the selection, or the character before the caret.
    Backward,
    /// Delete: takes out the selection, or the character behind the caret.
    Forward,
}

/// A text and where the caret stands in it.
///
/// Neither `Clone` nor `Debug`: it may hold a PAN.
pub struct Line {
    /// What the field is to show: ASCII.
    pub text: Zeroizing<String>,
    /// The caret, counted in UTF-16 code units.
    pub caret: usize,
}

impl<'a> Edit<'a> {
    /// Reads the `inputType` of an input event (W3C Input Events Level 2 §4.1.2) and its data; `None` for what the browser shall
    /// see to, such as undoing, or deleting by words.
    #[must_use]
    pub fn from_input_type(input_type: &str, data: &'a str) -> Option<Self> {
        Some(match input_type {
            "deleteContentBackward" => Self::Backward,
            "deleteContentForward" => Self::Forward,
            "deleteByCut" | "deleteByDrag" => Self::Cut,
            _ if input_type.starts_with("insert") => Self::Insert(data),
            _ => return None,
        })
    }
}

impl Kind {
    /// Whether the text of such a field is laid out while it is typed: a PAN in the groups of its brand, `MM/YY` or `MM/YYYY`, the digits of a
    /// security code alone, an IBAN in groups of four.
    #[must_use]
    pub fn is_laid_out(self) -> bool {
        matches!(self, Self::Pan | Self::Expiry | Self::Csc | Self::Iban)
    }

    /// The text and the caret after an edit of the characters from `start` to `end`.
    ///
    /// What is no character of the field's is passed over, digits of other scripts become ASCII, and what is inserted loses from its end
    /// whatever does not fit. What was there is never dropped, but from a date.
    #[must_use]
    pub fn edit(self, text: &str, start: usize, end: usize, edit: Edit) -> Line {
        let (start, end) = (byte_at(text, start), byte_at(text, end.max(start)));
        let inserted = if let Edit::Insert(inserted) = edit { inserted } else { "" };
        // One allocation of the full size: a growing buffer would leave unwiped copies behind.
        let mut kept = Zeroizing::new(Vec::with_capacity(text.len() + inserted.len()));
        self.keep(&text[..start], &mut kept);
        let mut caret = kept.len();
        self.keep(inserted, &mut kept);
        let mut typed = kept.len() - caret;
        caret += typed;
        self.keep(&text[end..], &mut kept);
        if start == end {
            match edit {
                // A slash that is deleted across stays where it is.
                Edit::Backward => {
                    caret -= usize::from(caret > 0 && kept[caret - 1] == b'/');
                    if caret > 0 {
                        caret -= 1;
                        take_out(&mut kept, caret);
                    }
                }
                Edit::Forward => {
                    caret += usize::from(kept.get(caret) == Some(&b'/'));
                    if caret < kept.len() {
                        take_out(&mut kept, caret);
                    }
                }
                Edit::Cut | Edit::Insert(_) => {}
            }
        }
        loop {
            let laid = self.lay_out(&kept, caret);
            if laid.is_whole || typed == 0 {
                let caret = if edit == Edit::Forward { laid.behind_gap } else { laid.caret };
                return Line { text: laid.text, caret };
            }
            typed -= 1;
            caret -= 1;
            take_out(&mut kept, caret);
        }
    }

    /// Adds the characters of the field's in a text, in ASCII: its digits, an expiry date's slash, an IBAN's letters.
    fn keep(self, text: &str, kept: &mut Vec<u8>) {
        // What people copy along with an IBAN; no country is called so.
        let text = if self == Self::Iban { text.strip_prefix("IBAN").unwrap_or(text) } else { text };
        for character in text.chars() {
            let character = digit(character);
            match (character, self) {
                ('0'..='9', _) | ('a'..='z' | 'A'..='Z', Self::Iban) => {
                    kept.push((character as u8).to_ascii_uppercase());
                }
                ('/' | '-' | '.', Self::Expiry) => kept.push(b'/'),
                _ => {}
            }
        }
    }

    fn lay_out(self, kept: &[u8], caret: usize) -> LaidOut {
        let (gaps, most) = match self {
            Self::Expiry => return dated(kept, caret),
            Self::Iban => (&GAPS[..], MAX_IBAN),
            Self::Csc => (&[][..], MAX_CSC),
            // Nothing else is asked for.
            _ => {
                let brands = Brands::of_bytes(kept);
                let gaps = brands.iter().next().map_or(&GAPS[..4], Brand::gaps);
                (gaps, brands.lengths().checked_ilog2().map_or(MAX_PAN, |longest| longest as usize))
            }
        };
        grouped(kept, caret, gaps, most)
    }
}

struct LaidOut {
    text: Zeroizing<String>,
    caret: usize,
    /// The caret, but behind the gap that it may stand before.
    behind_gap: usize,
    /// Whether everything found room.
    is_whole: bool,
}

/// Characters with a space in each gap.
fn grouped(kept: &[u8], caret: usize, gaps: &[u8], most: usize) -> LaidOut {
    let mut text = Zeroizing::new(String::with_capacity(2 * kept.len()));
    let (mut at_caret, mut behind_gap) = (0, 0);
    for (place, byte) in kept.iter().enumerate() {
        if gaps.iter().any(|gap| usize::from(*gap) == place) {
            text.push(' ');
        }
        if place == caret {
            behind_gap = text.len();
        }
        text.push(char::from(*byte));
        if place < caret {
            (at_caret, behind_gap) = (text.len(), text.len());
        }
    }
    LaidOut { text, caret: at_caret, behind_gap, is_whole: kept.len() <= most }
}

/// Digits with a slash between month and year. The slash comes by itself, and so does the zero of a month that needs one.
fn dated(kept: &[u8], caret: usize) -> LaidOut {
    let mut date = Date::default();
    let mut place = date.place();
    // 2029-12, as browsers and password managers fill it in.
    if let [b'2', b'0', _, _, b'/', _, ..] = kept {
        for byte in kept[5..].iter().chain(b"/").chain(&kept[..4]) {
            date.take(*byte, true);
        }
        place = date.place();
    } else {
        for (index, byte) in kept.iter().enumerate() {
            // A month is padded when it is left, not while the caret stands in it.
            date.take(*byte, index < caret);
            if index + 1 == caret {
                place = date.place();
            }
        }
    }
    date.lay_out(&place)
}

/// A date in the making.
#[derive(Default)]
struct Date {
    month: Digits,
    year: Digits,
    is_month_left: bool,
    is_overfull: bool,
}

/// Behind so many digits of the month, or of the year.
enum Place {
    Month(usize),
    Year(usize),
}

#[derive(Default)]
struct Digits {
    digits: Zeroizing<[u8; 4]>,
    len: usize,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        if let Some(place) = self.digits.get_mut(self.len) {
            *place = digit;
            self.len += 1;
        }
    }

    /// 1 becomes 01.
    fn pad(&mut self) {
        if self.len == 1 && self.digits[0] != b'0' {
            self.digits[1] = self.digits[0];
            self.digits[0] = b'0';
            self.len = 2;
        }
    }
}

impl Date {
    fn take(&mut self, byte: u8, pads: bool) {
        if byte == b'/' {
            if pads {
                self.month.pad();
            }
            self.is_month_left = true;
            return;
        }
        if !self.is_month_left && self.month.len < 2 {
            match (self.month.len, self.month.digits[0], byte) {
                (0, _, b'2'..) => {
                    self.month.push(byte);
                    if pads {
                        self.month.pad();
                    }
                    return;
                }
                (0, _, _) | (_, b'0', b'1'..) | (_, b'1', ..=b'2') => return self.month.push(byte),
                (_, b'0', _) => return self.is_overfull = true,
                // 13 can only be January and a year.
                _ => self.month.pad(),
            }
        }
        let most = if self.year.digits.starts_with(b"20") { 4 } else { 2 };
        if self.year.len < most {
            self.year.push(byte);
        } else {
            self.is_overfull = true;
        }
    }

    fn place(&self) -> Place {
        if self.is_month_left || self.year.len > 0 {
            Place::Year(self.year.len)
        } else {
            Place::Month(self.month.len)
        }
    }

    fn lay_out(self, place: &Place) -> LaidOut {
        let month = &self.month.digits[..self.month.len];
        let year = &self.year.digits[..self.year.len];
        let slash = if month.len() == 2 || !year.is_empty() { &b"/"[..] } else { b"" };
        let year_start = month.len() + slash.len();
        let mut text = Zeroizing::new(String::with_capacity(7));
        for byte in month.iter().chain(slash).chain(year) {
            text.push(char::from(*byte));
        }
        let caret = match *place {
            Place::Year(digits) => year_start + digits,
            Place::Month(2) if year.is_empty() => year_start,
            Place::Month(digits) => digits,
        };
        LaidOut { text, caret, behind_gap: caret, is_whole: !self.is_overfull }
    }
}

/// Smaller than `Vec::remove`, which knows what to say of a place that is not there.
fn take_out(kept: &mut Vec<u8>, place: usize) {
    kept.copy_within(place + 1.., place);
    kept.pop();
}

/// The place in bytes of a place in UTF-16 code units; the end, where it lies beyond.
fn byte_at(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    text.len()
}
