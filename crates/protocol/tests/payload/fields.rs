//! What people and autofill type, and what becomes of it.

use proptest::prelude::*;
use tillseal_protocol::{
    Csc, CscError, Expiry, ExpiryError, FieldName, FieldSet, Form, FormError, MAX_FORM, MAX_TEXT, Pan,
    PanError,
};

#[test]
fn a_pan_has_12_to_19_digits_and_its_check_digit() {
    for (typed, digits) in [
        ("4111111111111111", "4111111111111111"),
        ("4111 1111 1111 1111", "4111111111111111"),
        ("4111-1111-1111-1111", "4111111111111111"),
        (" 4111\u{a0}1111\u{2009}1111\u{202f}1111\t", "4111111111111111"),
        ("\u{200e}3782 822463 10005\u{200f}", "378282246310005"),
        ("5555555555554444", "5555555555554444"),
        ("6011111111111117", "6011111111111117"),
        ("30569309025904", "30569309025904"),
        ("000000000000", "000000000000"),
        ("0000000000000000000", "0000000000000000000"),
        ("6304000000000000000", "6304000000000000000"),
    ] {
        // The last entry's check digit is made here: the table is about lengths.
        let typed =
            if digits.starts_with("6304") { with_check_digit(&digits[..18]) } else { typed.to_owned() };
        let digits = if digits.starts_with("6304") { typed.clone() } else { digits.to_owned() };
        assert_eq!(Pan::parse(&typed).map(|pan| pan.digits().to_owned()), Ok(digits));
    }
    for (typed, error) in [
        ("4111111111111112", PanError::CheckDigit),
        ("1411111111111111", PanError::CheckDigit),
        ("", PanError::Length),
        (" - ", PanError::Length),
        ("00000000000", PanError::Length),
        ("00000000000000000000", PanError::Length),
        ("4111111111111111a", PanError::NotADigit),
        ("4111.1111.1111.1111", PanError::NotADigit),
        ("4111/1111", PanError::NotADigit),
        // Digits of other scripts are digits; other numerals are not.
        ("\u{664}\u{661}\u{661}\u{661}", PanError::Length),
        ("４１１１１１１１１１１１１１１２", PanError::CheckDigit),
        ("Ⅳ111111111111111", PanError::NotADigit),
    ] {
        assert_eq!(Pan::parse(typed).err(), Some(error), "{typed}");
    }
}

#[test]
fn the_codes_of_the_field_errors_are_stable() {
    assert_eq!(PanError::NotADigit.code(), "pan-digits");
    assert_eq!(PanError::Length.code(), "pan-length");
    assert_eq!(PanError::CheckDigit.code(), "pan-check-digit");
    assert_eq!(ExpiryError::Shape.code(), "expiry-shape");
    assert_eq!(ExpiryError::Month.code(), "expiry-month");
    assert_eq!(CscError::Shape.code(), "csc-shape");
    assert_eq!(FormError::Name.code(), "field-name");
    assert_eq!(FormError::Duplicate.code(), "field-duplicate");
    assert_eq!(FormError::TooLong.code(), "field-too-long");
    assert_eq!(FormError::TooLarge.code(), "form-too-large");
    assert_eq!(FormError::Unclaimed.code(), "field-unclaimed");
    assert_eq!(FormError::from(PanError::Length).code(), "pan-length");
    assert_eq!(FormError::from(ExpiryError::Month).code(), "expiry-month");
    assert_eq!(FormError::from(CscError::Shape).code(), "csc-shape");
}

proptest! {
    #[test]
    fn of_ten_last_digits_one_makes_a_pan(head in "[0-9]{11,18}") {
        prop_assume!(has_check_digit(&head));
        let good = (0..10).filter(|last| Pan::parse(&format!("{head}{last}")).is_ok()).count();
        prop_assert_eq!(good, 1);
        prop_assert!(Pan::parse(&with_check_digit(&head)).is_ok());
    }

    #[test]
    fn one_wrong_digit_is_always_seen(head in "[0-9]{11,18}", place in 0..12_usize, by in 1..10_u8) {
        let mut digits = with_check_digit(&head).into_bytes();
        digits[place] = (digits[place] - b'0' + by) % 10 + b'0';
        let wrong = String::from_utf8(digits).unwrap();
        prop_assume!(has_check_digit(&wrong));
        prop_assert_eq!(Pan::parse(&wrong).err(), Some(PanError::CheckDigit));
    }

    #[test]
    fn no_text_makes_a_field_panic(text: String) {
        let _ = (Pan::parse(&text).is_ok(), Expiry::parse(&text).is_ok(), Csc::parse(&text).is_ok());
        let _ = (FieldName::parse(&text), FieldName::from_autocomplete(&text));
        let _ = Expiry::from_month_year(&text, &text).is_ok();
    }
}

/// Not so for some brands, whose cards may have any last digit.
fn has_check_digit(digits: &str) -> bool {
    tillseal_protocol::Brands::of(digits).iter().all(tillseal_protocol::Brand::has_check_digit)
}

/// Luhn by its definition: the sum of the digits' contributions, the check digit what is missing to a multiple
/// of ten.
fn with_check_digit(head: &str) -> String {
    const DOUBLED: [u32; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let digits = head.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { DOUBLED[digit as usize] } else { digit })
        .sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

#[test]
fn an_expiry_is_read_in_every_shape_that_people_and_autofill_use() {
    for (typed, date) in [
        ("12/29", "12/2029"),
        ("1229", "12/2029"),
        ("12 / 2029", "12/2029"),
        ("2029-12", "12/2029"),
        ("12/2029", "12/2029"),
        ("122029", "12/2029"),
        ("12-29", "12/2029"),
        ("12-2029", "12/2029"),
        ("12.29", "12/2029"),
        ("12 29", "12/2029"),
        ("12 2029", "12/2029"),
        ("1/29", "01/2029"),
        ("01/29", "01/2029"),
        ("0129", "01/2029"),
        ("1/2029", "01/2029"),
        ("2029/12", "12/2029"),
        ("2029-1", "01/2029"),
        ("\u{200e}12\u{a0}/\u{202f}29\t", "12/2029"),
        ("01/00", "01/2000"),
        ("12/99", "12/2099"),
        ("12/2000", "12/2000"),
        ("12/2099", "12/2099"),
        ("１２/２９", "12/2029"),
        ("٠٥/٢٩", "05/2029"),
    ] {
        let read = Expiry::parse(typed);
        assert_eq!(read.as_ref().map(Expiry::as_str), Ok(date), "{typed}");
    }
    for typed in [
        "", "1", "12", "129", "12/", "/29", "/", "12/9", "12/029", "12/1999", "12/2100", "12/20299",
        "1/1/29", "12/29/", "12//29", "012/2029", "112/29", "12229", "1220299", "2029", "202912",
        "29-2029-12", "ab/cd", "1a/29", "12/2x", "12,29", "12\\29", "+1/29", "-1/29", "1é29", "12é",
        "é29x", "Dec 29", "12/0x1f",
    ] {
        let error = Expiry::parse(typed).err();
        // Four digits are a month and a year, and there is no month 20.
        let expected = if typed == "2029" { ExpiryError::Month } else { ExpiryError::Shape };
        assert_eq!(error, Some(expected), "{typed}");
    }
    for typed in ["00/29", "13/29", "99/29", "0029", "1329", "002029", "0/29", "2029-00", "2029-13"] {
        assert_eq!(Expiry::parse(typed).err(), Some(ExpiryError::Month), "{typed}");
    }
}

#[test]
fn an_expiry_is_read_from_a_month_field_and_a_year_field() {
    for (month, year, date) in [
        ("12", "2029", "12/2029"),
        ("12", "29", "12/2029"),
        (" 12 ", " 2029 ", "12/2029"),
        ("1", "00", "01/2000"),
        ("09", "2099", "09/2099"),
    ] {
        let read = Expiry::from_month_year(month, year);
        assert_eq!(read.as_ref().map(Expiry::as_str), Ok(date), "{month} {year}");
    }
    for (month, year) in [
        ("", "29"),
        ("12", ""),
        ("012", "29"),
        ("12", "9"),
        ("12", "029"),
        ("x", "29"),
        ("12", "2x"),
        ("12", "1999"),
    ] {
        assert_eq!(Expiry::from_month_year(month, year).err(), Some(ExpiryError::Shape), "{month} {year}");
    }
    for month in ["0", "00", "13", "99"] {
        assert_eq!(Expiry::from_month_year(month, "29").err(), Some(ExpiryError::Month), "{month}");
    }
}

#[test]
fn a_csc_has_three_or_four_digits() {
    for (typed, digits) in
        [("123", "123"), ("0000", "0000"), (" 12 3\u{a0}", "123"), ("１２３", "123"), ("١٢٣٤", "1234")]
    {
        assert_eq!(Csc::parse(typed).map(|csc| csc.digits().to_owned()), Ok(digits.to_owned()));
    }
    for typed in ["", "12", "12345", "12a", "1-23", "12.3"] {
        assert_eq!(Csc::parse(typed).err(), Some(CscError::Shape), "{typed}");
    }
}

/// The autofill field tokens of HTML §4.10.18.7.1 but for those of signing in and of the transaction.
const PERSONAL_TOKENS: &str = "name honorific-prefix given-name additional-name family-name honorific-suffix nickname \
    organization-title organization street-address address-line1 address-line2 address-line3 address-level4 \
    address-level3 address-level2 address-level1 country country-name postal-code cc-name cc-given-name \
    cc-additional-name cc-family-name cc-number cc-exp cc-exp-month cc-exp-year cc-csc cc-type language bday bday-day \
    bday-month bday-year sex url photo tel tel-country-code tel-national tel-area-code tel-local tel-local-prefix \
    tel-local-suffix tel-extension email impp";

#[test]
fn a_name_comes_from_the_autocomplete_attribute() {
    for (attribute, name) in [
        ("cc-number", "cc-number"),
        ("CC-Number", "cc-number"),
        ("  shipping   postal-code ", "shipping postal-code"),
        ("section-red billing\tcc-name", "section-red billing cc-name"),
        ("work email webauthn", "work email"),
        ("webauthn email", "email"),
        ("bday-day", "bday-day"),
        ("tel-local-suffix", "tel-local-suffix"),
        ("impp", "impp"),
    ] {
        let read = FieldName::from_autocomplete(attribute);
        assert_eq!(read, FieldName::parse(name).map(Some), "{attribute}");
    }
    for token in PERSONAL_TOKENS.split_ascii_whitespace() {
        let read = FieldName::from_autocomplete(token);
        assert_eq!(read, FieldName::parse(token).map(Some));
    }
    for attribute in [
        "",
        " ",
        "on",
        "off",
        "webauthn",
        "username",
        "new-password",
        "current-password",
        "one-time-code",
        "transaction-amount",
        "transaction-currency",
        "cc",
        "cc-number extra",
    ] {
        assert_eq!(FieldName::from_autocomplete(attribute), Ok(None), "{attribute}");
    }
    // Personal, but no name can be made of it: refused, not passed over, or the browser might send it in plain.
    for section in [&*"x".repeat(64), "\u{e9}", "\""] {
        let refused = FieldName::from_autocomplete(&format!("section-{section} email"));
        assert_eq!(refused, Err(FormError::Name));
    }
}

#[test]
fn a_name_is_words_of_letters_digits_and_three_signs() {
    let longest = "n".repeat(64);
    for name in ["tax-id", "a", "A.b_c-9", "shipping postal-code", "-", &longest] {
        assert_eq!(FieldName::parse(name).as_ref().map(FieldName::as_str), Ok(name));
    }
    let too_long = "n".repeat(65);
    for name in [
        "", " ", " a", "a ", "a  b", "a\tb", "a\nb", "é", "a\"b", "a\\b", "a*", "a/b", "a[0]", "a:b",
        "a\0", &too_long,
    ] {
        assert_eq!(FieldName::parse(name), Err(FormError::Name), "{name:?}");
    }
}

#[test]
fn a_set_names_fields_by_token_and_by_prefix() {
    for (patterns, name, is_in) in [
        ("cc-*", "cc-number", true),
        ("cc-*", "billing cc-number", true),
        ("cc-*", "email", false),
        ("cc-*", "cc", false),
        ("cc-*", "cc-number email", false),
        ("cc-number", "cc-number", true),
        ("cc-number", "billing cc-number", true),
        ("cc-number", "cc-numbers", false),
        ("cc-numbers", "cc-number", false),
        ("*", "anything", true),
        ("email,tel*", "tel-national", true),
        ("email,tel*", "email", true),
        ("email,tel*", "name", false),
        ("shipping postal-code", "shipping postal-code", true),
        ("shipping postal-code", "billing postal-code", false),
        ("shipping postal-code", "postal-code", false),
        ("", "email", false),
        (",", "email", false),
    ] {
        let name = FieldName::parse(name).unwrap();
        assert_eq!(FieldSet::new(patterns).contains(&name), is_in, "{patterns:?} {}", name.as_str());
        assert!(FieldSet::all().contains(&name));
    }
}

#[test]
fn a_form_takes_each_field_once_and_only_what_belongs_there() {
    let input =
        |form: &mut Form, name: &str, typed: &str| form.input(FieldName::parse(name).unwrap(), typed).err();
    let mut form = Form::new();
    assert_eq!(input(&mut form, "cc-number", "4111111111111112"), Some(PanError::CheckDigit.into()));
    assert_eq!(input(&mut form, "billing cc-number", "4111x"), Some(PanError::NotADigit.into()));
    assert_eq!(input(&mut form, "cc-exp", "13/29"), Some(ExpiryError::Month.into()));
    assert_eq!(input(&mut form, "cc-csc", "12"), Some(CscError::Shape.into()));
    // A refused value left nothing behind.
    assert_eq!(input(&mut form, "cc-number", "4111111111111111"), None);
    assert_eq!(input(&mut form, "cc-number", "4111111111111111"), Some(FormError::Duplicate));
    assert_eq!(input(&mut form, "email", &"a".repeat(MAX_TEXT + 1)), Some(FormError::TooLong));
    assert_eq!(input(&mut form, "email", &"a".repeat(MAX_TEXT)), None);
    assert_eq!(input(&mut form, "email", "a"), Some(FormError::Duplicate));
    assert_eq!(input(&mut form, "name", " \t "), None, "a blank field is left out");
    assert_eq!(input(&mut form, "name", "Ada"), None);

    let mut form = Form::new();
    assert_eq!(input(&mut form, "cc-exp-month", "12"), None);
    assert_eq!(input(&mut form, "cc-exp-month", "12"), Some(FormError::Duplicate));
    let mut form = Form::new();
    assert_eq!(input(&mut form, "cc-exp-year", "2029"), None);
    assert_eq!(input(&mut form, "billing cc-exp-year", "2029"), Some(FormError::Duplicate));
    let mut form = Form::new();
    assert_eq!(input(&mut form, "cc-exp-year", "2029"), None);
    assert_eq!(input(&mut form, "cc-exp-month", "13"), Some(ExpiryError::Month.into()));
    let mut form = Form::new();
    assert_eq!(input(&mut form, "cc-exp", "12/29"), None);
    assert_eq!(input(&mut form, "cc-exp-year", "2029"), None);
    assert_eq!(input(&mut form, "cc-exp-month", "12"), Some(FormError::Duplicate));
}

#[test]
fn a_form_holds_so_many_bytes_of_names_and_values() {
    let input = |form: &mut Form, name: &str, length: usize| {
        form.input(FieldName::parse(name).unwrap(), &"a".repeat(length)).err()
    };
    let filled = || {
        let mut form = Form::new();
        let lengths = (0..MAX_FORM / MAX_TEXT).map(|number| (format!("x-{number}"), MAX_TEXT - 3));
        for (name, length) in lengths.skip(1) {
            assert_eq!(input(&mut form, &name, length), None);
        }
        form
    };
    assert_eq!(input(&mut filled(), "x-0", MAX_TEXT - 3), None);
    assert_eq!(input(&mut filled(), "x-0", MAX_TEXT - 2), Some(FormError::TooLarge));
    assert_eq!(input(&mut filled(), "x-00", MAX_TEXT - 3), Some(FormError::TooLarge));
}
