//! What is known of each brand, and which brands given numbers have.
//!
//! The cases that npm credit-card-type publishes for its own table (`src/__tests__/index.ts` at 9faa3e6, to which 10.3.0
//! adds Troy) are all here. Where the two lists differ, [`OTHERWISE_THAN_CREDIT_CARD_TYPE`] says why.

use crate::listed;
use tillseal_protocol::{Brand, Brands, Pan};

/// Brand, id, name, lengths, name and length of the security code.
type Facts = (Brand, &'static str, &'static str, &'static [usize], &'static str, usize);

const FACTS: [Facts; 23] = [
    (Brand::Visa, "visa", "Visa", &[16, 18, 19], "CVV", 3),
    (Brand::Mastercard, "mastercard", "Mastercard", &[16], "CVC", 3),
    (Brand::AmericanExpress, "american-express", "American Express", &[15], "CID", 4),
    (Brand::DinersClub, "diners-club", "Diners Club", &[14, 16, 19], "CVV", 3),
    (Brand::Discover, "discover", "Discover", &[16, 19], "CID", 3),
    (Brand::Jcb, "jcb", "JCB", &[16, 17, 18, 19], "CVV", 3),
    (Brand::UnionPay, "unionpay", "UnionPay", &[14, 15, 16, 17, 18, 19], "CVN", 3),
    (Brand::Maestro, "maestro", "Maestro", &[12, 13, 14, 15, 16, 17, 18, 19], "CVC", 3),
    (Brand::Elo, "elo", "Elo", &[16], "CVE", 3),
    (Brand::Mir, "mir", "Mir", &[16, 17, 18, 19], "CVP2", 3),
    (Brand::Hiper, "hiper", "Hiper", &[16], "CVC", 3),
    (Brand::Hipercard, "hipercard", "Hipercard", &[16], "CVC", 3),
    // Adyen's table: 16.
    (Brand::CartesBancaires, "cartes-bancaires", "Cartes Bancaires", &[16], "CVV", 3),
    // German Wikipedia: 672, five digits of the bank, ten of the account, a check digit; elsewhere 16 to 19.
    (Brand::Girocard, "girocard", "girocard", &[16, 17, 18, 19], "CVV", 3),
    (Brand::RuPay, "rupay", "RuPay", &[16], "CVV", 3),
    // Stripe's test cards have 16 digits, Cybersource's 18.
    (Brand::Eftpos, "eftpos", "eftpos", &[16, 17, 18, 19], "CVV", 3),
    (Brand::Dankort, "dankort", "Dankort", &[16], "CVC", 3),
    (Brand::Verve, "verve", "Verve", &[16, 18, 19], "CVV", 3),
    (Brand::Troy, "troy", "Troy", &[16], "CVV", 3),
    (Brand::UzCard, "uzcard", "Uzcard", &[16], "CVV", 3),
    (Brand::Humo, "humo", "Humo", &[16], "CVV", 3),
    (Brand::Naranja, "naranja", "Naranja", &[16], "CVV", 3),
    // Adyen's table: 16 to 19.
    (Brand::Bancontact, "bancontact", "Bancontact", &[16, 17, 18, 19], "CVV", 3),
];

/// Test cards, and the brands they may have.
const PANS: &[(&str, &str)] = &[
    // Stripe.
    ("visa", "4242424242424242"),
    ("mastercard", "5555555555554444"),
    ("mastercard", "2223003122003222"),
    ("american-express", "378282246310005"),
    ("diners-club", "36227206271667"),
    ("diners-club", "3056930009020004"),
    ("discover", "6011111111111117"),
    ("jcb rupay", "3566002020360505"),
    ("unionpay", "6200000000000005"),
    ("visa cartes-bancaires", "4000002500001001"),
    ("mastercard cartes-bancaires", "5555552500001001"),
    ("visa eftpos", "4000050360000001"),
    ("mastercard eftpos", "5555050360000080"),
    ("eftpos", "6280000360000978"),
    // Cybersource.
    ("unionpay", "6279886248094966"),
    ("visa cartes-bancaires", "4360000001000005"),
    ("visa eftpos", "401795000000000009"),
    ("maestro", "6759649826438453"),
    // Adyen.
    ("visa cartes-bancaires", "4035501428146300"),
    ("unionpay", "8171999927660000"),
    ("dankort", "5019555544445555"),
    ("maestro bancontact", "6703444444444449"),
    ("mastercard bancontact", "5127880999999990"),
    ("visa bancontact", "4871049999999910"),
    ("elo", "5066991111111118"),
    ("hipercard", "6062828888666688"),
    // Worldpay.
    ("visa cartes-bancaires", "4150580996517927"),
    // PayPal.
    ("dankort", "5019717010103742"),
    // Cielo.
    ("elo", "6362970000457013"),
    // Braintree.
    ("hiper", "6370950000000005"),
    // Interswitch.
    ("verve", "5060990580000217499"),
    // PayTR.
    ("troy", "9792030394440796"),
    // Payme.
    ("uzcard", "8600495473316478"),
    ("uzcard", "8600069195406311"),
    // Made up, with a right check digit.
    ("mir", "2200000000000012"),
    ("maestro girocard", "6725000000000000014"),
    ("discover rupay", "6521500000000014"),
    ("rupay", "6074500000000015"),
    ("visa dankort", "4571000000000019"),
    ("jcb dankort", "3571000000000011"),
    ("humo", "9860000000000018"),
    ("naranja", "5895620000000010"),
    ("visa naranja", "4029180000000017"),
    ("mastercard naranja", "5275720000000018"),
    ("discover troy", "6500520000000017"),
    ("discover verve", "6500020000000018"),
    ("discover elo troy", "6509230000000014"),
    ("maestro girocard", "5900000000000018"),
];

/// Each of these has in credit-card-type the same brands as here.
const AS_CREDIT_CARD_TYPE: &[(&str, &[&str])] = &[
    (
        "visa",
        &[
            "411",
            "4111111111111111",
            "4012888888881881",
            "4222222222222",
            "4462030000000000",
            "4484070000000000",
            "411111111111111111",
            "4111111111111111110",
        ],
    ),
    (
        "elo",
        &[
            "431274", "451416", "457393", "401178", "401179", "438935", "457631", "457632",
            "4576321111111111", "5066991111111118", "504175", "6277809", "6277809990229178", "650033",
            "6500331111111111",
        ],
    ),
    (
        "mastercard",
        &[
            "2221", "2222", "2223", "2224", "2225", "2226", "223", "2239", "23", "24", "25", "26", "27",
            "270", "271", "272", "2720", "53", "54", "5555555555554444", "5454545454545454",
        ],
    ),
    (
        "verve",
        &[
            "506099",
            "506100",
            "506127",
            "506129",
            "506133",
            "506150",
            "506158",
            "506163",
            "506166",
            "506170",
            "506176",
            "506180",
            "506195",
            "507865",
            "507888",
            "507941",
            "5061001234567890123",
        ],
    ),
    (
        "american-express",
        &["34", "37", "341", "34343434343434", "378282246310005", "371449635398431", "378734493671000"],
    ),
    (
        "diners-club",
        &[
            "30", "300", "36", "38", "39", "30569309025904", "38520000023237", "36700102000000",
            "36148900647913",
        ],
    ),
    (
        "discover",
        &[
            "6011", "644", "645", "646", "647", "648", "649", "6011000400000000", "6011111111111117",
            "6011000990139424",
        ],
    ),
    (
        "unionpay",
        &[
            "62123456789002",
            "621234567890003",
            "6221258812340000",
            "622018111111111111",
            "6212345678900000003",
            "6221260000000000",
            "6221260000000000000",
            "6222000000000000",
            "6228000000000000",
            "6229250000000000",
            "6229250000000000000",
            "6240000000000000",
            "6260000000000000000",
            "6282000000000000",
            "6289000000000000000",
            "6221558812340000",
            "6269992058134322",
            "8100513433325374",
            "8111700872004845",
            "8141618644273338",
            "8158163233706018",
            "8168524506870054",
        ],
    ),
    ("maestro", &["57", "6304000000000000", "6799990100000000019"]),
    ("jcb", &["1", "2131", "21312", "1800", "18002"]),
    ("mir", &["220", "2200", "2204", "22000000000000000", "22049999999999999"]),
    ("hipercard", &["6062820524845321", "6062820000"]),
    (
        "hiper",
        &["6370950000000005", "637095", "637609", "637599", "637612", "637568", "63737423", "63743358"],
    ),
    ("mastercard jcb mir", &["2"]),
    ("discover maestro", &["601", "64"]),
    ("visa elo", &["431", "4312", "43127", "45141", "45739", "40117", "43893", "45763"]),
    ("maestro elo hiper", &["63"]),
    ("maestro elo", &["636", "6362", "63629"]),
    ("maestro hiper", &["637", "637374", "637433", "6370", "6376", "6375"]),
    ("maestro hipercard", &["6062"]),
    (
        "",
        &[
            "0", "12", "123", "181", "1802", "221", "222099", "2721", "212", "2132", "306", "31", "32",
            "33", "7",
        ],
    ),
];

/// Beginning, its brands in credit-card-type, its brands here.
const OTHERWISE_THAN_CREDIT_CARD_TYPE: &[(&str, &str, &str)] = &[
    // Brands that credit-card-type does not know, or has learnt since that list was published.
    ("51", "mastercard", "mastercard bancontact"),
    ("52", "mastercard", "mastercard naranja"),
    ("55", "mastercard", "mastercard cartes-bancaires eftpos"),
    ("8", "unionpay", "unionpay rupay uzcard"),
    ("9", "", "troy humo"),
    ("56", "maestro", "maestro uzcard"),
    ("58", "maestro", "maestro naranja"),
    ("59", "maestro", "maestro girocard"),
    ("67", "maestro", "maestro girocard bancontact"),
    ("3", "american-express diners-club jcb", "american-express diners-club jcb rupay dankort"),
    (
        "5",
        "mastercard verve maestro elo",
        "mastercard maestro elo cartes-bancaires girocard rupay eftpos dankort verve uzcard naranja bancontact",
    ),
    ("50", "verve maestro elo", "maestro elo rupay dankort verve"),
    ("60", "discover maestro hipercard", "discover maestro hipercard rupay bancontact"),
    ("606", "maestro hipercard", "maestro hipercard rupay bancontact"),
    ("4", "visa maestro elo", "visa maestro elo cartes-bancaires eftpos dankort naranja bancontact"),
    ("43", "visa elo", "visa elo cartes-bancaires"),
    // Both, until the shopper says which: the range is co-badged.
    ("35", "jcb", "jcb rupay dankort"),
    ("3530111333300000", "jcb", "jcb rupay"),
    ("3566002020360505", "jcb", "jcb rupay"),
    ("35308796121637357", "jcb", "jcb rupay"),
    ("353445444300732639", "jcb", "jcb rupay"),
    ("3537286818376838569", "jcb", "jcb rupay"),
    // There, Maestro is whatever begins with 6 and is nobody else's. 62 is UnionPay's and 65 is Discover's, to the end.
    (
        "6",
        "discover unionpay maestro elo hiper hipercard",
        "discover unionpay maestro elo hiper hipercard girocard rupay eftpos verve troy bancontact",
    ),
    ("62", "unionpay maestro elo", "unionpay elo eftpos"),
    ("62183", "maestro", "unionpay"),
    ("627", "unionpay maestro elo", "unionpay elo"),
    ("6277", "unionpay maestro elo", "unionpay elo"),
    ("62778", "unionpay maestro elo", "unionpay elo"),
    ("65", "discover maestro elo", "discover elo rupay verve troy"),
    ("655", "discover maestro elo", "discover elo"),
    ("6550", "discover maestro elo", "discover elo"),
    ("65502", "discover maestro elo", "discover elo"),
    // Verve has the whole of 507865-507964, so that 50794 is Verve's to the end.
    ("50794", "verve maestro", "verve"),
];

#[test]
fn facts() {
    assert_eq!(FACTS.map(|(brand, ..)| brand), Brand::ALL);
    for (brand, id, name, lengths, csc_name, csc_len) in FACTS {
        assert_eq!((brand.id(), brand.name()), (id, name));
        assert_eq!((brand.csc_name(), brand.csc_len()), (csc_name, csc_len), "{id}");
        assert_eq!(
            (0..100).filter(|digits| brand.has_length(*digits)).collect::<Vec<_>>(),
            lengths,
            "{id}"
        );
        assert!(!brand.has_length(usize::MAX));
        assert_eq!(
            (Some(&brand.shortest()), Some(&brand.longest())),
            (lengths.first(), lengths.last()),
            "{id}"
        );
        let gaps: &[u8] = match brand {
            Brand::AmericanExpress | Brand::DinersClub => &[4, 10],
            _ => &[4, 8, 12, 16],
        };
        assert_eq!(brand.gaps(), gaps, "{id}");
        assert_eq!(brand.has_check_digit(), !matches!(brand, Brand::UnionPay | Brand::Naranja), "{id}");
    }
}

#[test]
fn ids_lead_back_to_their_brands() {
    for brand in Brand::ALL {
        assert_eq!(Brand::from_id(brand.id()), Some(brand));
        assert_eq!(Brands::from_ids(brand.id()).only(), Some(brand));
    }
    for unknown in ["", " ", "Visa", "visa ", "vis", "visaa", "visa,mastercard", "express", "диск"] {
        assert_eq!(Brand::from_id(unknown), None, "{unknown:?}");
    }
}

#[test]
fn ids_are_parted_by_white_space_or_commas() {
    let both = Brands::of("3530");
    assert_eq!(listed(both), "jcb rupay");
    for ids in ["jcb rupay", "rupay,jcb", " ,jcb\n\trupay, ", "jcb, maestro-uk, rupay", "jcb jcb rupay"] {
        assert_eq!(Brands::from_ids(ids), both, "{ids:?}");
    }
    for none in ["", ",", "jcb;rupay", "JCB", "jcb-rupay"] {
        assert_eq!(Brands::from_ids(none), Brands::default(), "{none:?}");
    }
}

#[test]
fn sets() {
    let (none, one, two) = (Brands::default(), Brands::of("4111"), Brands::of("3530"));
    assert_eq!((none.len(), one.len(), two.len()), (0, 1, 2));
    assert_eq!((none.is_empty(), one.is_empty(), two.is_empty()), (true, false, false));
    assert_eq!((none.only(), one.only(), two.only()), (None, Some(Brand::Visa), None));
    assert_eq!(two.intersection(Brands::from_ids("rupay visa")).only(), Some(Brand::RuPay));
    assert_eq!(two.intersection(one), none);
    assert!(two.contains(Brand::Jcb) && two.contains(Brand::RuPay) && !two.contains(Brand::Visa));
    assert_eq!(none.iter().next(), None);
}

#[test]
fn without_a_digit_every_brand_is_possible() {
    assert!(Brands::of("").iter().eq(Brand::ALL));
    assert_eq!(Brands::of("").len(), Brand::ALL.len());
}

#[test]
fn something_else_than_a_digit_has_no_brand() {
    for text in ["x", "4x", "4111 1111", "-4", "4\u{664}", "/4", ":4", "411111:1"] {
        assert_eq!(Brands::of(text), Brands::default(), "{text:?}");
    }
}

#[test]
fn test_cards() {
    for &(ids, digits) in PANS {
        assert_eq!(listed(Brands::of(digits)), ids, "{digits}");
        assert!(Brands::of(digits).iter().any(|brand| brand.has_length(digits.len())), "{digits}");
        assert!(Pan::parse(digits).is_ok(), "{digits}");
    }
    for brand in Brand::ALL {
        let has_card = |(_, digits): &(&str, &str)| {
            Brands::of(digits).contains(brand) && brand.has_length(digits.len())
        };
        assert!(PANS.iter().any(has_card), "{}", brand.id());
    }
}

#[test]
fn the_cases_of_credit_card_type() {
    for &(ids, numbers) in AS_CREDIT_CARD_TYPE {
        for digits in numbers {
            assert_eq!(listed(Brands::of(digits)), ids, "{digits}");
        }
    }
    for &(digits, theirs, ours) in OTHERWISE_THAN_CREDIT_CARD_TYPE {
        assert_eq!(listed(Brands::of(digits)), ours, "{digits}");
        assert_ne!(Brands::of(digits), Brands::from_ids(theirs), "{digits} differs no longer");
    }
}
