//! What is said of a field, and when.

use tillseal_protocol::{Brand, Brands, Circumstances, FieldName, Pan};

/// November 2026.
const MONTH: u32 = 12 * 2026 + 11;

fn code(name: &str, typed: &str, circumstances: Circumstances) -> &'static str {
    let name = FieldName::parse(name).unwrap();
    circumstances.judge(&name, typed).map_or_else(tillseal_protocol::Invalid::code, |()| "")
}

/// While typing, and after.
fn codes(name: &str, typed: &str, circumstances: Circumstances) -> [&'static str; 2] {
    [false, true]
        .map(|is_finished| code(name, typed, Circumstances { is_finished, month: MONTH, ..circumstances }))
}

#[test]
fn card_numbers() {
    let any = Circumstances::default();
    let cases = [
        ("", ["", ""]),
        ("   ", ["", ""]),
        ("4", ["pan-incomplete"; 2]),
        ("4111 1111 1111 111", ["pan-incomplete"; 2]),
        ("4111 1111 1111 1111", ["", ""]),
        ("٤١١١ ١١١١ ١١١١ ١١١١", ["", ""]),
        // Might go on to 18 or 19 digits.
        ("4111 1111 1111 1112", ["pan-incomplete", "pan-check-digit"]),
        ("4111 1111 1111 1111 1", ["pan-incomplete", "pan-length"]),
        ("4111 1111 1111 1111 110", ["", ""]),
        ("4111 1111 1111 1111 111", ["pan-check-digit"; 2]),
        ("5555 5555 5555 4444", ["", ""]),
        ("5555 5555 5555 4445", ["pan-check-digit"; 2]),
        ("5555 5555 5555 44444", ["pan-length"; 2]),
        ("3714 496353 98431", ["", ""]),
        ("3714 496353 9843", ["pan-incomplete"; 2]),
        ("3714 496353 98432", ["pan-check-digit"; 2]),
        // Some UnionPay cards have no check digit.
        ("6200 0000 0000 0006", ["", ""]),
        ("4111 x111", ["pan-digits"; 2]),
        // Nobody's brand, a card all the same.
        ("9999 9999 9992", ["pan-incomplete", "pan-check-digit"]),
        ("9999 9999 9991", ["", ""]),
        ("9999 9999 999", ["pan-incomplete"; 2]),
        ("9999 9999 9999 9999 998", ["", ""]),
        ("9999 9999 9999 9999 9991", ["pan-length"; 2]),
    ];
    for (typed, expected) in cases {
        assert_eq!(codes("cc-number", typed, any), expected, "{typed}");
        assert_eq!(codes("billing cc-number", typed, any), expected, "{typed}");
    }
}

#[test]
fn brands_that_are_not_taken() {
    let accepted = Brands::from_ids("visa american-express");
    let some = Circumstances { accepted, ..Circumstances::default() };
    assert_eq!(codes("cc-number", "4111 1111 1111 1111", some), ["", ""]);
    assert_eq!(codes("cc-number", "5", some), ["pan-brand"; 2]);
    assert_eq!(codes("cc-number", "9999 9999 9991", some), ["pan-brand"; 2]);
    // May still become American Express.
    assert_eq!(codes("cc-number", "3", some), ["pan-incomplete"; 2]);
    assert_eq!(codes("cc-number", "35", some), ["pan-brand"; 2]);
    // Of a co-badged card the brand that is taken counts.
    let dankort = "4571000000000019";
    assert_eq!(Circumstances::default().brands(dankort).len(), 2);
    assert_eq!(some.brands(dankort).only(), Some(Brand::Visa));
    assert_eq!(codes("cc-number", dankort, some), ["", ""]);
}

#[test]
fn expiry_dates() {
    let cases = [
        ("1", ["expiry-incomplete"; 2]),
        ("12/", ["expiry-incomplete"; 2]),
        ("12/2", ["expiry-incomplete"; 2]),
        ("11/26", ["", ""]),
        ("10/26", ["expiry-past"; 2]),
        ("12/26", ["", ""]),
        ("01/27", ["", ""]),
        ("12/25", ["expiry-past"; 2]),
        ("12/2025", ["expiry-past"; 2]),
        // May go on to 2029.
        ("12/20", ["expiry-incomplete", "expiry-past"]),
        ("12/2020", ["expiry-past"; 2]),
        ("1/2020", ["expiry-past"; 2]),
        ("12/202", ["expiry-incomplete", "expiry-shape"]),
        ("12/2029", ["", ""]),
        ("2029-12", ["", ""]),
        ("13/29", ["expiry-month"; 2]),
        ("00/29", ["expiry-month"; 2]),
        ("12/20299", ["expiry-shape"; 2]),
        ("12/1999", ["expiry-shape"; 2]),
        ("soon", ["expiry-incomplete"; 2]),
        ("12/29 or so", ["expiry-incomplete", "expiry-shape"]),
    ];
    for (typed, expected) in cases {
        assert_eq!(codes("cc-exp", typed, Circumstances::default()), expected, "{typed}");
    }
}

#[test]
fn security_codes() {
    let of = |brand| Circumstances { brand, ..Circumstances::default() };
    let cases = [
        (None, "12", ["csc-incomplete"; 2]),
        (None, "123", ["", ""]),
        (None, "1234", ["", ""]),
        (None, "12345", ["csc-shape"; 2]),
        (None, "12a", ["csc-shape"; 2]),
        (Some(Brand::Visa), "12", ["csc-incomplete", "csc-length"]),
        (Some(Brand::Visa), "123", ["", ""]),
        (Some(Brand::Visa), "1234", ["csc-length"; 2]),
        (Some(Brand::AmericanExpress), "123", ["csc-incomplete", "csc-length"]),
        (Some(Brand::AmericanExpress), "1234", ["", ""]),
    ];
    for (brand, typed, expected) in cases {
        assert_eq!(codes("cc-csc", typed, of(brand)), expected, "{typed} of {brand:?}");
    }
}

#[test]
fn ibans() {
    // The examples of the SWIFT IBAN registry.
    for iban in [
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        "fr14 2004 1010 0505 0001 3m02 606",
    ] {
        assert_eq!(codes("iban", iban, Circumstances::default()), ["", ""], "{iban}");
        let turned = format!("{}{}", &iban[..iban.len() - 1], if iban.ends_with('0') { '1' } else { '0' });
        assert_eq!(
            code("iban", &turned, Circumstances { is_finished: true, ..Circumstances::default() }),
            "iban-check-digits"
        );
    }
    let cases = [
        ("D", ["iban-incomplete"; 2]),
        ("DE89 3704 0044 05", ["iban-incomplete"; 2]),
        ("DE89 3704 0044 0532 0130 0", ["iban-incomplete", "iban-check-digits"]),
        ("8989", ["iban-shape"; 2]),
        ("DEXX", ["iban-shape"; 2]),
        ("DE89-3704", ["iban-shape"; 2]),
        ("DE893704004405320130003704004405320", ["iban-shape"; 2]),
    ];
    for (typed, expected) in cases {
        assert_eq!(codes("iban", typed, Circumstances::default()), expected, "{typed}");
    }
}

#[test]
fn mail_and_telephone_only_lightly() {
    let good = ["a@b", " ada@shop.example ", "\"a\"@b@c"];
    let bad = ["a", "@", "a@", "@b", "a b@c"];
    for (typed, expected) in
        good.map(|typed| (typed, "")).iter().chain(&bad.map(|typed| (typed, "email-shape")))
    {
        assert_eq!(codes("email", typed, Circumstances::default()), [*expected; 2], "{typed}");
    }
    let good = ["+353 20 911 0000", "12345", "(030) 12/34-5 ext. 6", "٠٣٠١٢٣٤٥"];
    let bad = ["1234", "call me", "123456789012345678901", "12345;6"];
    for (typed, expected) in
        good.map(|typed| (typed, "")).iter().chain(&bad.map(|typed| (typed, "tel-shape")))
    {
        assert_eq!(codes("tel", typed, Circumstances::default()), [*expected; 2], "{typed}");
    }
    assert_eq!(codes("cc-name", &"x".repeat(1025), Circumstances::default()), ["field-too-long"; 2]);
    assert_eq!(codes("cc-name", &"x".repeat(1024), Circumstances::default()), ["", ""]);
}

#[test]
fn while_a_good_number_is_typed_nothing_is_wrong() {
    for pan in [
        "4111111111111111",
        "4111111111111111110",
        "371449635398431",
        "6759649826438453",
        "6725000000000000014",
    ] {
        for len in 1..pan.len() {
            let said = code("cc-number", &pan[..len], Circumstances::default());
            assert!(matches!(said, "pan-incomplete" | ""), "{said} at {len} digits of {pan}");
        }
        assert_eq!(codes("cc-number", pan, Circumstances::default()), ["", ""], "{pan}");
    }
}

#[test]
fn a_pan_without_a_check_digit_is_one_only_where_its_brand_has_such() {
    assert!(Pan::parse("6200000000000006").is_ok());
    assert!(Pan::parse("4111111111111112").is_err());
}
