//! Every edge of every range, written down a second time: a row that changes must be changed here too.

use crate::listed;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, proptest};
use tillseal_protocol::{Brand, Brands};

/// The first and the last beginning of a range, whose it is, and whose the numbers just before and just after it are.
const EDGES: &[(&str, &str, &str, &str, &str)] = &[
    // Wikipedia, “Payment card number”: 4.
    ("4", "4", "visa", "diners-club", "maestro"),
    // Wikipedia, “Payment card number”: 51-55 and 2221-2720; so does npm credit-card-type 10.3.0.
    ("51", "55", "mastercard", "elo", "maestro"),
    ("2221", "2720", "mastercard", "", ""),
    // Wikipedia, “Payment card number”: 34 and 37.
    ("34", "34", "american-express", "", ""),
    ("37", "37", "american-express", "diners-club", "diners-club"),
    // npm credit-card-type 10.3.0: 300-305, 36, 38, 39. Discover, IIN range summary of August 2021: 3095 as well.
    ("300", "305", "diners-club", "", ""),
    ("3095", "3095", "diners-club", "", ""),
    ("36", "36", "diners-club", "", "american-express"),
    ("38", "39", "diners-club", "american-express", "visa"),
    // npm credit-card-type 10.3.0: 1800, 2131, 3528-3589.
    ("1800", "1800", "jcb", "", ""),
    ("2131", "2131", "jcb", "", ""),
    ("3528", "3589", "jcb", "", ""),
    // Wikipedia, “Payment card number”: 353 and 356 are co-badged.
    ("353", "353", "jcb rupay", "jcb", "jcb"),
    ("356", "356", "jcb rupay", "jcb", "jcb"),
    // npm @adyen/adyen-web 6.45.2, `cardType.js`: a Dankort begins with 3571, 4571 or 5019.
    ("3571", "3571", "jcb dankort", "jcb", "jcb"),
    // Wikipedia, “Payment card number”: 2200-2204.
    ("2200", "2204", "mir", "", ""),
    // npm credit-card-type 10.3.0: 493698, 50, 56-59 (59: see girocard) and whatever else begins with 6.
    ("493698", "493698", "maestro", "visa", "visa"),
    ("50", "508499", "maestro", "visa", "rupay"),
    ("56", "58", "maestro", "mastercard", "maestro girocard"),
    ("6", "6", "maestro", "maestro girocard", ""),
    // Wikipedia, “Payment card number”: 6011, 644-649 and 65.
    ("6011", "6011", "discover", "maestro", "maestro"),
    ("644", "659", "discover", "maestro", "maestro"),
    // Wikipedia, “Payment card number”: 62; npm @adyen/adyen-web 6.45.2: 62, and not Maestro's.
    // npm credit-card-type 10.3.0: 8100-8171.
    ("62", "62", "unionpay", "maestro", "maestro"),
    ("8100", "8171", "unionpay", "", "rupay"),
    // npm credit-card-type 10.3.0.
    ("401178", "401179", "elo", "visa", "visa"),
    ("431274", "431274", "elo", "visa", "visa"),
    ("438935", "438935", "elo", "visa", "visa"),
    ("451416", "451416", "elo", "visa", "visa"),
    ("457393", "457393", "elo", "visa", "visa"),
    ("457631", "457632", "elo", "visa", "visa"),
    ("504175", "504175", "elo", "maestro", "maestro"),
    ("506699", "506778", "elo", "maestro", "maestro"),
    ("509", "509", "elo", "rupay", "mastercard"),
    ("627780", "627780", "elo", "unionpay", "unionpay"),
    ("636297", "636297", "elo", "maestro", "maestro"),
    ("636368", "636368", "elo", "maestro", "maestro"),
    ("650031", "650033", "elo", "discover", "discover"),
    ("650035", "650051", "elo", "discover", "discover troy"),
    ("650405", "650439", "elo", "discover", "discover"),
    ("650485", "650538", "elo", "discover", "discover"),
    ("650541", "650598", "elo", "discover", "discover"),
    ("650700", "650718", "elo", "discover", "discover"),
    ("650720", "650727", "elo", "discover", "discover"),
    ("650901", "650978", "elo", "discover", "discover"),
    ("651652", "651679", "elo", "discover", "discover"),
    ("655000", "655019", "elo", "discover", "discover"),
    ("655021", "655058", "elo", "discover", "discover"),
    // npm credit-card-type 10.3.0.
    ("606282", "606282", "hipercard", "maestro", "maestro"),
    // npm credit-card-type 10.3.0.
    ("637095", "637095", "hiper", "maestro", "maestro"),
    ("63737423", "63737423", "hiper", "maestro", "maestro"),
    ("63743358", "63743358", "hiper", "maestro", "maestro"),
    ("637568", "637568", "hiper", "maestro", "maestro"),
    ("637599", "637599", "hiper", "maestro", "maestro"),
    ("637609", "637609", "hiper", "maestro", "maestro"),
    ("637612", "637612", "hiper", "maestro", "maestro"),
    // Wikipedia, “Payment card number”: 506099-506198 and 507865-507964; parts of both in npm credit-card-type 10.3.0.
    ("506099", "506198", "verve", "maestro", "maestro"),
    ("507865", "507964", "verve", "maestro", "maestro"),
    // Wikipedia, “Payment card number”: 650002-650027, of Discover's 65.
    ("650002", "650027", "discover verve", "discover", "discover"),
    // Wikipedia, “Payment card number”: 9792.
    ("9792", "9792", "troy", "", ""),
    // npm credit-card-type 10.3.0, of Discover's 65.
    ("650052", "650052", "discover troy", "elo", "discover"),
    ("650082", "650083", "discover troy", "discover", "discover"),
    ("650092", "650092", "discover troy", "discover", "discover"),
    ("650161", "650161", "discover troy", "discover", "discover"),
    ("650170", "650170", "discover troy", "discover", "discover"),
    ("650173", "650173", "discover troy", "discover", "discover"),
    ("650175", "650175", "discover troy", "discover", "discover"),
    ("650268", "650268", "discover troy", "discover", "discover"),
    ("650271", "650271", "discover troy", "discover", "discover"),
    ("650273", "650274", "discover troy", "discover", "discover"),
    ("650456", "650457", "discover troy", "discover", "discover"),
    ("650836", "650836", "discover troy", "discover", "discover troy"),
    ("650846", "650850", "discover troy", "discover", "discover"),
    ("650987", "650987", "discover troy", "discover", "discover"),
    ("650990", "650990", "discover troy", "discover", "discover"),
    ("654997", "654997", "discover troy", "discover", "discover"),
    ("657366", "657366", "discover troy", "discover", "discover"),
    ("657998", "657998", "discover troy", "discover", "discover"),
    ("658758", "658758", "discover troy", "discover", "discover troy"),
    ("658767", "658768", "discover troy", "discover", "discover"),
    ("65083700", "65083704", "discover troy", "discover troy", "discover"),
    ("65085800", "65085804", "discover troy", "discover", "discover"),
    ("65085900", "65085901", "discover troy", "discover", "discover"),
    ("65086000", "65086000", "discover troy", "discover", "discover"),
    ("65086100", "65086105", "discover troy", "discover", "discover"),
    ("65086200", "65086203", "discover troy", "discover", "discover"),
    ("65875000", "65875003", "discover troy", "discover", "discover"),
    ("65875009", "65875009", "discover troy", "discover", "discover"),
    ("65875101", "65875104", "discover troy", "discover", "discover"),
    ("65875200", "65875200", "discover troy", "discover", "discover"),
    ("65875501", "65875501", "discover troy", "discover", "discover"),
    ("65875601", "65875601", "discover troy", "discover", "discover"),
    ("65875900", "65875900", "discover troy", "discover troy", "discover"),
    ("65876000", "65876002", "discover troy", "discover", "discover"),
    ("65876100", "65876103", "discover troy", "discover", "discover"),
    ("65876110", "65876110", "discover troy", "discover", "discover"),
    ("65876115", "65876116", "discover troy", "discover", "discover"),
    ("65876200", "65876201", "discover troy", "discover", "discover"),
    ("65876500", "65876500", "discover troy", "discover", "discover"),
    ("65876504", "65876505", "discover troy", "discover", "discover"),
    ("65876600", "65876602", "discover troy", "discover", "discover"),
    ("65877100", "65877101", "discover troy", "discover", "discover"),
    ("65877600", "65877602", "discover troy", "discover", "discover"),
    ("65877700", "65877700", "discover troy", "discover", "discover"),
    ("65877801", "65877802", "discover troy", "discover", "discover"),
    ("65878200", "65878202", "discover troy", "discover", "discover"),
    ("65878300", "65878311", "discover troy", "discover", "discover"),
    ("65878400", "65878405", "discover troy", "discover", "discover"),
    ("65878500", "65878505", "discover troy", "discover", "discover"),
    ("65878600", "65878601", "discover troy", "discover", "discover"),
    ("65879800", "65879800", "discover troy", "discover", "discover"),
    ("65880800", "65880800", "discover troy", "discover", "discover"),
    ("65880900", "65880900", "discover troy", "discover", "discover"),
    // npm credit-card-type 10.3.0 has it twice: as Troy and within an Elo range.
    ("650923", "650923", "discover elo troy", "elo", "elo"),
    // npm @juspay/simple-card-validator 1.2.3.
    ("508500", "508999", "rupay", "maestro", "elo"),
    ("606985", "607984", "rupay", "maestro", "maestro"),
    ("608001", "608500", "rupay", "maestro", "maestro"),
    ("817200", "820199", "rupay", "unionpay", ""),
    // npm @juspay/simple-card-validator 1.2.3, of Discover's 65.
    ("652150", "653149", "discover rupay", "discover", "discover"),
    // Wikipedia, “Payment card number”: 4571 is co-badged, 5019 is not.
    ("4571", "4571", "visa dankort", "visa", "visa"),
    // The same.
    ("5019", "5019", "dankort", "maestro", "maestro"),
    // npm credit-card-type 10.3.0. Naranja X's own cards, its Visa and its Mastercard.
    ("589562", "589562", "naranja", "maestro", "maestro"),
    // The same.
    ("402918", "402918", "visa naranja", "visa", "visa"),
    // The same.
    ("527572", "527572", "mastercard naranja", "mastercard", "mastercard"),
    // Wikipedia, “Payment card number”: 8600 and 5614.
    ("5614", "5614", "uzcard", "maestro", "maestro"),
    ("8600", "8600", "uzcard", "", ""),
    // Wikipedia, “Payment card number”: 9860.
    ("9860", "9860", "humo", "", ""),
    // German Wikipedia, “Primary Account Number”: German debit cards begin with 672, those of Sparkassen with 59.
    ("59", "59", "maestro girocard", "maestro", "maestro"),
    ("672", "672", "maestro girocard", "maestro", "maestro"),
    // npm @adyen/adyen-web 6.45.2, `cardType.js`.
    ("606005", "606005", "maestro bancontact", "maestro", "maestro"),
    ("6703", "6703", "maestro bancontact", "maestro", "maestro"),
    // The same.
    ("479658", "479658", "visa bancontact", "visa", "visa"),
    // Adyen, test card numbers: co-badged Bancontact.
    ("487104", "487104", "visa bancontact", "visa", "visa"),
    // The same.
    ("512788", "512788", "mastercard bancontact", "mastercard", "mastercard"),
    // Adyen (403550, 436000), Worldpay (415058) and Stripe (40000025), test card numbers.
    ("40000025", "40000025", "visa cartes-bancaires", "visa", "visa"),
    ("403550", "403550", "visa cartes-bancaires", "visa", "visa"),
    ("415058", "415058", "visa cartes-bancaires", "visa", "visa"),
    ("436000", "436000", "visa cartes-bancaires", "visa", "visa"),
    // Stripe, test card numbers.
    ("55555525", "55555525", "mastercard cartes-bancaires", "mastercard", "mastercard"),
    // Stripe (40000503) and Cybersource (401795), test card numbers.
    ("40000503", "40000503", "visa eftpos", "visa", "visa"),
    ("401795", "401795", "visa eftpos", "visa", "visa"),
    // Stripe, test card numbers.
    ("55550503", "55550503", "mastercard eftpos", "mastercard", "mastercard"),
    // Stripe, simulated reader: the test card without a second brand.
    ("62800003", "62800003", "eftpos", "unionpay", "unionpay"),
];

/// The brands of the card numbers that begin with these eight digits.
#[track_caller]
fn assert_brands(digits: u64, ids: &str) {
    let digits = format!("{digits:08}");
    assert_eq!(listed(Brands::of(&digits)), ids, "{digits}");
}

fn first(beginning: &str) -> u64 {
    format!("{beginning:0<8}").parse().unwrap()
}

fn last(beginning: &str) -> u64 {
    format!("{beginning:9<8}").parse().unwrap()
}

#[test]
fn every_range_ends_where_its_source_says() {
    for &(low, high, inside, before, after) in EDGES {
        assert_brands(first(low), inside);
        assert_brands(last(high), inside);
        assert_brands(first(low) - 1, before);
        assert_brands(last(high) + 1, after);
    }
}

#[test]
fn what_follows_the_eighth_digit_changes_nothing() {
    for &(low, high, inside, ..) in EDGES {
        for digits in [first(low), last(high)] {
            assert_eq!(listed(Brands::of(&format!("{digits:08}00000000000"))), inside);
            assert_eq!(listed(Brands::of(&format!("{digits:08}99999999999"))), inside);
        }
    }
}

#[test]
fn no_range_touches_the_ends_of_the_number_line() {
    assert_brands(0, "");
    assert_brands(99_999_999, "");
}

/// A set of few digits is exactly what its ten continuations come to together: nothing is lost and nothing is made up.
#[test]
fn a_beginning_has_the_brands_of_its_continuations() {
    let mut beginnings: Vec<String> = vec![String::new()];
    for &(low, high, ..) in EDGES {
        for digits in [first(low), last(high), first(low) - 1, last(high) + 1] {
            let digits = format!("{digits:08}");
            beginnings.extend((1..8).map(|length| digits[..length].to_owned()));
        }
    }
    beginnings.sort();
    beginnings.dedup();
    for beginning in &beginnings {
        let continued: Vec<Brands> =
            (0..10).map(|digit| Brands::of(&format!("{beginning}{digit}"))).collect();
        for brand in Brand::ALL {
            let reached = continued.iter().any(|brands| brands.contains(brand));
            assert_eq!(Brands::of(beginning).contains(brand), reached, "{beginning} {}", brand.id());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn one_more_digit_never_adds_a_brand(digits in any::<u64>().prop_map(|number| format!("{number:019}"))) {
        for length in 1..=digits.len() {
            let (before, after) = (Brands::of(&digits[..length - 1]), Brands::of(&digits[..length]));
            prop_assert!(after.intersection(before) == after, "{}", &digits[..length]);
        }
    }
}
