//! The text and the caret after each edit, and the same against a model that only knows digits.
//!
//! In a text, `|` is the caret and `[…]` a selection.

use proptest::{collection::vec, prelude::*};
use tillseal_protocol::{Edit, Kind, Line};

/// The text without its marks, and the selection.
fn marked(text: &str) -> (String, usize, usize) {
    let plain = text.replace(['|', '[', ']'], "");
    let units = |before: &str| before.replace(['|', '[', ']'], "").encode_utf16().count();
    let at = |mark| text.find(mark).map(|at| units(&text[..at]));
    let start = at('|').or(at('[')).unwrap();
    (plain, start, at(']').unwrap_or(start))
}

fn with_caret(line: &Line) -> String {
    let (before, after) = line.text.split_at(line.caret);
    format!("{before}|{after}")
}

fn edited(layout: Kind, text: &str, edit: Edit) -> String {
    let (text, start, end) = marked(text);
    with_caret(&layout.edit(&text, start, end, edit))
}

/// Types the characters one by one.
fn typed(layout: Kind, text: &str, characters: &str) -> String {
    let mut text = text.to_owned();
    for character in characters.chars() {
        text = edited(layout, &text, Edit::Insert(&character.to_string()));
    }
    text
}

#[test]
fn a_card_number_is_typed() {
    let cases = [
        ("|", "4", "4|"),
        ("|", "4111", "4111|"),
        ("|", "41111", "4111 1|"),
        ("|", "4111111111111111", "4111 1111 1111 1111|"),
        ("|", "4111111111111111110", "4111 1111 1111 1111 110|"),
        ("|", "371449635398431", "3714 496353 98431|"),
        ("|", "36227206271667", "3622 720627 1667|"),
        ("|", "4111 1111-1", "4111 1111 1|"),
        ("|", "x4/1.1", "411|"),
        ("41|11 1", "2", "412|1 11"),
        ("4111| 1", "2", "4111 2|1"),
        ("4111 |1", "2", "4111 2|1"),
        ("|111 1", "4", "4|111 1"),
        // The brand changes, and so do the groups.
        ("|111 1111 111", "34", "34|11 111111 11"),
        // Full: the digit that was typed is dropped, not one that was there.
        ("3714| 496353 98431", "9", "3714| 496353 98431"),
        ("5555 5555 5555 4444|", "9", "5555 5555 5555 4444|"),
        ("|", "45395787636214869999", "4539 5787 6362 1486 999|"),
    ];
    for (text, characters, expected) in cases {
        assert_eq!(typed(Kind::Pan, text, characters), expected, "{characters} into {text}");
    }
}

#[test]
fn a_card_number_is_pasted() {
    let cases = [
        ("|", "4111-1111-1111-1111", "4111 1111 1111 1111|"),
        ("|", "4111\u{a0}1111\t1111 1111\n", "4111 1111 1111 1111|"),
        ("|", "Card: 4111.1111.1111.1111, Ada", "4111 1111 1111 1111|"),
        ("|", "４１１１１１１１", "4111 1111|"),
        ("|", "٤١١١ ١١١١ ١", "4111 1111 1|"),
        ("|", "۴۱۱۱۱", "4111 1|"),
        ("|", "४१११১", "4111 1|"),
        ("|", "💳4111 1", "4111 1|"),
        ("[4111 1]111", "5555 5", "5555 5|111"),
        // A limit that comes with another brand drops nothing that was there.
        ("[5]555 5555 5555 4444", "37", "3|555 5555 5555 4444"),
        ("41[11 11]11", "", "41|11"),
        ("💳41|11", "2", "412|1 1"),
        ("[4111 1111 1111 1111]", "371449635398431", "3714 496353 98431|"),
        ("3714 49|6353 98431", "111", "3714 49|6353 98431"),
        ("3714 496353 98|4", "3177", "3714 496353 9831|4"),
    ];
    for (text, pasted, expected) in cases {
        assert_eq!(edited(Kind::Pan, text, Edit::Insert(pasted)), expected, "{pasted} into {text}");
    }
}

#[test]
fn deleting_goes_over_gaps() {
    let cases = [
        (Kind::Pan, "4111 1|", Edit::Backward, "4111|"),
        (Kind::Pan, "4111 |1", Edit::Backward, "411|1"),
        (Kind::Pan, "4111| 1", Edit::Backward, "411|1"),
        (Kind::Pan, "|4111", Edit::Backward, "|4111"),
        (Kind::Pan, "|", Edit::Backward, "|"),
        (Kind::Pan, "4111| 2", Edit::Forward, "4111|"),
        (Kind::Pan, "4111| 23", Edit::Forward, "4111 |3"),
        (Kind::Pan, "411|1 2", Edit::Forward, "411|2"),
        (Kind::Pan, "4111|", Edit::Forward, "4111|"),
        (Kind::Pan, "41[11 1]1", Edit::Backward, "41|1"),
        (Kind::Pan, "41[11 1]1", Edit::Forward, "41|1"),
        (Kind::Pan, "41[11 1]1", Edit::Cut, "41|1"),
        (Kind::Pan, "411|1", Edit::Cut, "411|1"),
        (Kind::Pan, "[4111 1]", Edit::Cut, "|"),
        (Kind::Expiry, "12/29|", Edit::Backward, "12/2|"),
        (Kind::Expiry, "12/2|", Edit::Backward, "12/|"),
        (Kind::Expiry, "12/|", Edit::Backward, "1|"),
        (Kind::Expiry, "1|", Edit::Backward, "|"),
        // The year stays where it is while the month is mended.
        (Kind::Expiry, "12/|29", Edit::Backward, "1|/29"),
        (Kind::Expiry, "12|/29", Edit::Backward, "1|/29"),
        (Kind::Expiry, "1|/29", Edit::Backward, "|/29"),
        (Kind::Expiry, "|/29", Edit::Backward, "|/29"),
        (Kind::Expiry, "/|29", Edit::Backward, "|/29"),
        (Kind::Expiry, "12|/29", Edit::Forward, "12/|9"),
        (Kind::Expiry, "12/|29", Edit::Forward, "12/|9"),
        (Kind::Expiry, "|12/29", Edit::Forward, "|2/29"),
        (Kind::Expiry, "|2/29", Edit::Forward, "|/29"),
        (Kind::Expiry, "0|5/29", Edit::Backward, "|5/29"),
        (Kind::Expiry, "[12/29]", Edit::Backward, "|"),
        (Kind::Expiry, "12[/29]", Edit::Backward, "12/|"),
        (Kind::Csc, "12|3", Edit::Backward, "1|3"),
        (Kind::Iban, "DE89 3|", Edit::Backward, "DE89|"),
        (Kind::Iban, "DE89| 37", Edit::Forward, "DE89 |7"),
    ];
    for (layout, text, edit, expected) in cases {
        assert_eq!(edited(layout, text, edit), expected, "{edit:?} in {text}");
    }
}

#[test]
fn an_expiry_date_is_typed() {
    let cases = [
        ("|", "1", "1|"),
        ("|", "12", "12/|"),
        ("|", "1229", "12/29|"),
        ("|", "12/29", "12/29|"),
        ("|", "12 / 29", "12/29|"),
        ("|", "12-29", "12/29|"),
        ("|", "2", "02/|"),
        ("|", "5", "05/|"),
        ("|", "529", "05/29|"),
        ("|", "1/29", "01/29|"),
        ("|", "1.29", "01/29|"),
        ("|", "0", "0|"),
        ("|", "00", "0|"),
        ("|", "0029", "02/9|"),
        // 13 can only be January.
        ("|", "13", "01/3|"),
        ("|", "122029", "12/2029|"),
        ("|", "12/2029", "12/2029|"),
        ("|", "1220299", "12/2029|"),
        ("|", "12299", "12/29|"),
        ("|", "/", "|"),
        ("|", "١٢٢٩", "12/29|"),
        // A month is typed before a year that is there.
        ("|/29", "12", "12|/29"),
        ("|/29", "5", "05|/29"),
        ("1|/29", "3", "1|/29"),
        ("12|/2", "9", "12/9|2"),
        ("12|/29", "9", "12|/29"),
        ("[12]/29", "05", "05|/29"),
    ];
    for (text, characters, expected) in cases {
        assert_eq!(typed(Kind::Expiry, text, characters), expected, "{characters} into {text}");
    }
}

#[test]
fn an_expiry_date_comes_in_whole() {
    for (filled, expected) in [
        ("12/2029", "12/2029|"),
        ("2029-12", "12/2029|"),
        ("2029-1", "01/2029|"),
        ("1/29", "01/29|"),
        ("12 / 29", "12/29|"),
        ("1229", "12/29|"),
        ("expires 12/29", "12/29|"),
    ] {
        // Pasted, and laid out after the browser has put it there.
        assert_eq!(edited(Kind::Expiry, "|", Edit::Insert(filled)), expected, "{filled}");
        assert_eq!(edited(Kind::Expiry, &format!("{filled}|"), Edit::Insert("")), expected, "{filled}");
    }
}

#[test]
fn a_security_code_and_an_iban_are_typed() {
    assert_eq!(typed(Kind::Csc, "|", "12a3 45"), "1234|");
    assert_eq!(typed(Kind::Csc, "1|23", "99"), "19|23");
    assert_eq!(typed(Kind::Iban, "|", "de89370400440532013000"), "DE89 3704 0044 0532 0130 00|");
    assert_eq!(edited(Kind::Iban, "|", Edit::Insert("DE89-3704 0044")), "DE89 3704 0044|");
    assert_eq!(edited(Kind::Iban, "|", Edit::Insert("IBAN: DE89 3704")), "DE89 3704|");
    assert_eq!(typed(Kind::Iban, "|", "iban de89"), "DE89|");
    assert_eq!(typed(Kind::Iban, "|", &"A1".repeat(20)).replace([' ', '|'], "").len(), 34);
}

#[test]
fn input_types_are_edits() {
    let edit = |input_type| Edit::from_input_type(input_type, "7");
    for input_type in ["insertText", "insertFromPaste", "insertFromDrop", "insertReplacementText"] {
        assert_eq!(edit(input_type), Some(Edit::Insert("7")), "{input_type}");
    }
    assert_eq!(edit("deleteContentBackward"), Some(Edit::Backward));
    assert_eq!(edit("deleteContentForward"), Some(Edit::Forward));
    assert_eq!(edit("deleteByCut"), Some(Edit::Cut));
    assert_eq!(edit("deleteByDrag"), Some(Edit::Cut));
    for input_type in
        ["", "historyUndo", "historyRedo", "deleteWordBackward", "deleteSoftLineForward", "formatBold"]
    {
        assert_eq!(edit(input_type), None, "{input_type}");
    }
    for (token, is_laid_out) in [
        ("cc-number", true),
        ("cc-exp", true),
        ("cc-csc", true),
        ("iban", true),
        ("cc-name", false),
        ("tel", false),
    ] {
        assert_eq!(Kind::of(token).is_laid_out(), is_laid_out, "{token}");
    }
}

/// Where a caret or a selection goes, in digits, and what happens there.
#[derive(Debug, Clone)]
enum Step {
    Insert(String),
    Backward,
    Forward,
    Cut,
}

fn steps() -> impl Strategy<Value = Vec<(usize, usize, Step)>> {
    let step = prop_oneof![
        4 => "[0-9]{1,3}".prop_map(Step::Insert),
        1 => "[-0-9 a-z٣]{0,24}".prop_map(Step::Insert),
        2 => Just(Step::Backward),
        1 => Just(Step::Forward),
        1 => Just(Step::Cut),
    ];
    vec((0..40_usize, 0..4_usize, step), 1..40)
}

/// What a person means: digits and a caret between them.
#[derive(Debug, Default)]
struct Model(Vec<char>);

impl Model {
    /// Gives the caret.
    fn take(&mut self, start: usize, end: usize, step: &Step, most: impl Fn(&[char]) -> usize) -> usize {
        let Self(digits) = self;
        let is_collapsed = start == end;
        digits.drain(start..end);
        match step {
            Step::Insert(text) => {
                let arrived = text
                    .chars()
                    .filter_map(|c| if c == '٣' { Some('3') } else { c.is_ascii_digit().then_some(c) });
                let arrived: Vec<char> = arrived.collect();
                for count in (0..=arrived.len()).rev() {
                    let mut all = digits.clone();
                    all.splice(start..start, arrived[..count].iter().copied());
                    if all.len() <= most(&all) || count == 0 {
                        *digits = all;
                        return start + count;
                    }
                }
                start
            }
            Step::Backward if is_collapsed && start > 0 => {
                digits.remove(start - 1);
                start - 1
            }
            Step::Forward if is_collapsed && start < digits.len() => {
                digits.remove(start);
                start
            }
            _ => start,
        }
    }
}

fn digits(text: &str) -> Vec<char> {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The place in a text behind so many digits.
fn place(text: &str, count: usize) -> usize {
    if count == 0 {
        return 0;
    }
    text.char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .nth(count - 1)
        .map_or(text.len(), |(at, _)| at + 1)
}

fn obeys_the_model(layout: Kind, steps: &[(usize, usize, Step)], most: impl Fn(&[char]) -> usize) {
    let (mut text, mut model) = (String::new(), Model::default());
    for (start, len, step) in steps {
        let start = start % (model.0.len() + 1);
        let end = (start + len).min(model.0.len());
        let edit = match step {
            Step::Insert(inserted) => Edit::Insert(inserted),
            Step::Backward => Edit::Backward,
            Step::Forward => Edit::Forward,
            Step::Cut => Edit::Cut,
        };
        let line =
            layout.edit(&text, place(&text, start), place(&text, end).max(place(&text, start)), edit);
        let caret = model.take(start, end, step, &most);
        assert_eq!(digits(&line.text), model.0, "{step:?} at {start}..{end} of {text}");
        assert_eq!(digits(&line.text[..line.caret]).len(), caret, "{step:?} at {start}..{end} of {text}");
        // Never beside a gap where nothing is typed next: at the end there is no gap.
        assert_eq!(line.text.trim(), line.text.as_str());
        // What is laid out stays as it is.
        let again = layout.edit(&line.text, line.caret, line.caret, Edit::Insert(""));
        assert_eq!(again.text, line.text);
        text = line.text.to_string();
    }
}

proptest! {
    #[test]
    fn a_card_number_obeys_the_model(steps in steps()) {
        obeys_the_model(Kind::Pan, &steps, |digits| {
            let digits: String = digits.iter().collect();
            tillseal_protocol::Brands::of(&digits).iter().map(tillseal_protocol::Brand::longest).max().unwrap_or(19)
        });
    }

    #[test]
    fn a_security_code_obeys_the_model(steps in steps()) {
        obeys_the_model(Kind::Csc, &steps, |_| 4);
    }

    #[test]
    fn a_date_always_looks_like_one(steps in steps()) {
        let mut text = String::new();
        for (start, len, step) in steps {
            let start = start % (text.len() + 1);
            let end = (start + len).min(text.len());
            let edit = match &step {
                Step::Insert(inserted) => Edit::Insert(inserted),
                Step::Backward => Edit::Backward,
                Step::Forward => Edit::Forward,
                Step::Cut => Edit::Cut,
            };
            let line = Kind::Expiry.edit(&text, start, end, edit);
            let (month, year) = line.text.split_once('/').unwrap_or((&line.text, ""));
            prop_assert!(month.len() <= 2 && digits(month).len() == month.len(), "{}", line.text.as_str());
            prop_assert!(month.parse::<u8>().unwrap_or(1) <= 12, "{}", line.text.as_str());
            prop_assert!(year.len() <= 2 || (year.len() <= 4 && year.starts_with("20")), "{}", line.text.as_str());
            prop_assert_eq!(digits(year).len(), year.len());
            prop_assert!(line.caret <= line.text.len());
            text = line.text.to_string();
        }
    }

    #[test]
    fn any_text_and_place_will_do(text in ".{0,40}", start in 0..60_usize, end in 0..60_usize, inserted in ".{0,20}") {
        for layout in [Kind::Pan, Kind::Expiry, Kind::Csc, Kind::Iban] {
            for edit in [Edit::Insert(&inserted), Edit::Cut, Edit::Backward, Edit::Forward] {
                let line = layout.edit(&text, start, end, edit);
                prop_assert!(line.text.is_ascii() && line.caret <= line.text.len());
            }
        }
    }
}
