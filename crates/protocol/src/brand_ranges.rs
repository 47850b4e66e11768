//! Which beginnings of a card number are whose (ISO/IEC 7812-1 calls them issuer identification numbers).
//!
//! The schemes publish few of their ranges. Each row therefore names the public source that says so, and a prefix that
//! no source names belongs to nobody here. Where only a test card is public, the row is the six or eight digits with
//! which it begins.

#![allow(clippy::unreadable_literal, reason = "a prefix is read as it stands on the card")]

use crate::brand::Brand::{
    self, AmericanExpress, Bancontact, CartesBancaires, Dankort, DinersClub, Discover, Eftpos, Elo,
    Girocard, Hiper, Hipercard, Humo, Jcb, Maestro, Mastercard, Mir, Naranja, RuPay, Troy, UnionPay,
    UzCard, Verve, Visa,
};

/// Prefixes, first and last of each range, and the brands that a card which begins so may have.
struct Published {
    brands: u32,
    ranges: &'static [(u32, u32)],
}

/// A later row stands above an earlier one: where both apply, the later one alone speaks.
const PUBLISHED: &[Published] = &[
    // Wikipedia, “Payment card number”: 4.
    published(&[Visa], &[(4, 4)]),
    // Wikipedia, “Payment card number”: 51-55 and 2221-2720; so does npm credit-card-type 10.3.0.
    published(&[Mastercard], &[(51, 55), (2221, 2720)]),
    // Wikipedia, “Payment card number”: 34 and 37.
    published(&[AmericanExpress], &[(34, 34), (37, 37)]),
    // npm credit-card-type 10.3.0: 300-305, 36, 38, 39. Discover, IIN range summary of August 2021: 3095 as well.
    published(&[DinersClub], &[(300, 305), (3095, 3095), (36, 36), (38, 39)]),
    // npm credit-card-type 10.3.0: 1800, 2131, 3528-3589.
    published(&[Jcb], &[(1800, 1800), (2131, 2131), (3528, 3589)]),
    // Wikipedia, “Payment card number”: 353 and 356 are co-badged.
    published(&[Jcb, RuPay], &[(353, 353), (356, 356)]),
    // npm @adyen/adyen-web 6.45.2, `cardType.js`: a Dankort begins with 3571, 4571 or 5019.
    published(&[Jcb, Dankort], &[(3571, 3571)]),
    // Wikipedia, “Payment card number”: 2200-2204.
    published(&[Mir], &[(2200, 2204)]),
    // npm credit-card-type 10.3.0: 493698, 50, 56-59 (59: see girocard) and whatever else begins with 6.
    published(&[Maestro], &[(493698, 493698), (50, 50), (56, 58), (6, 6)]),
    // Wikipedia, “Payment card number”: 6011, 644-649 and 65.
    published(&[Discover], &[(6011, 6011), (644, 659)]),
    // Wikipedia, “Payment card number”: 62; npm @adyen/adyen-web 6.45.2: 62, and not Maestro's.
    // npm credit-card-type 10.3.0: 8100-8171.
    published(&[UnionPay], &[(62, 62), (8100, 8171)]),
    // npm credit-card-type 10.3.0.
    published(
        &[Elo],
        &[
            (401178, 401179),
            (431274, 431274),
            (438935, 438935),
            (451416, 451416),
            (457393, 457393),
            (457631, 457632),
            (504175, 504175),
            (506699, 506778),
            (509, 509),
            (627780, 627780),
            (636297, 636297),
            (636368, 636368),
            (650031, 650033),
            (650035, 650051),
            (650405, 650439),
            (650485, 650538),
            (650541, 650598),
            (650700, 650718),
            (650720, 650727),
            (650901, 650978),
            (651652, 651679),
            (655000, 655019),
            (655021, 655058),
        ],
    ),
    // npm credit-card-type 10.3.0.
    published(&[Hipercard], &[(606282, 606282)]),
    // npm credit-card-type 10.3.0.
    published(
        &[Hiper],
        &[
            (637095, 637095),
            (63737423, 63737423),
            (63743358, 63743358),
            (637568, 637568),
            (637599, 637599),
            (637609, 637609),
            (637612, 637612),
        ],
    ),
    // Wikipedia, “Payment card number”: 506099-506198 and 507865-507964; parts of both in npm credit-card-type 10.3.0.
    published(&[Verve], &[(506099, 506198), (507865, 507964)]),
    // Wikipedia, “Payment card number”: 650002-650027, of Discover's 65.
    published(&[Discover, Verve], &[(650002, 650027)]),
    // Wikipedia, “Payment card number”: 9792.
    published(&[Troy], &[(9792, 9792)]),
    // npm credit-card-type 10.3.0, of Discover's 65.
    published(
        &[Discover, Troy],
        &[
            (650052, 650052),
            (650082, 650083),
            (650092, 650092),
            (650161, 650161),
            (650170, 650170),
            (650173, 650173),
            (650175, 650175),
            (650268, 650268),
            (650271, 650271),
            (650273, 650274),
            (650456, 650457),
            (650836, 650836),
            (650846, 650850),
            (650987, 650987),
            (650990, 650990),
            (654997, 654997),
            (657366, 657366),
            (657998, 657998),
            (658758, 658758),
            (658767, 658768),
            (65083700, 65083704),
            (65085800, 65085804),
            (65085900, 65085901),
            (65086000, 65086000),
            (65086100, 65086105),
            (65086200, 65086203),
            (65875000, 65875003),
            (65875009, 65875009),
            (65875101, 65875104),
            (65875200, 65875200),
            (65875501, 65875501),
            (65875601, 65875601),
            (65875900, 65875900),
            (65876000, 65876002),
            (65876100, 65876103),
            (65876110, 65876110),
            (65876115, 65876116),
            (65876200, 65876201),
            (65876500, 65876500),
            (65876504, 65876505),
            (65876600, 65876602),
            (65877100, 65877101),
            (65877600, 65877602),
            (65877700, 65877700),
            (65877801, 65877802),
            (65878200, 65878202),
            (65878300, 65878311),
            (65878400, 65878405),
            (65878500, 65878505),
            (65878600, 65878601),
            (65879800, 65879800),
            (65880800, 65880800),
            (65880900, 65880900),
        ],
    ),
    // npm credit-card-type 10.3.0 has it twice: as Troy and within an Elo range.
    published(&[Discover, Elo, Troy], &[(650923, 650923)]),
    // npm @juspay/simple-card-validator 1.2.3.
    published(&[RuPay], &[(508500, 508999), (606985, 607984), (608001, 608500), (817200, 820199)]),
    // npm @juspay/simple-card-validator 1.2.3, of Discover's 65.
    published(&[Discover, RuPay], &[(652150, 653149)]),
    // Wikipedia, “Payment card number”: 4571 is co-badged, 5019 is not.
    published(&[Visa, Dankort], &[(4571, 4571)]),
    // The same.
    published(&[Dankort], &[(5019, 5019)]),
    // npm credit-card-type 10.3.0. Naranja X's own cards, its Visa and its Mastercard.
    published(&[Naranja], &[(589562, 589562)]),
    // The same.
    published(&[Visa, Naranja], &[(402918, 402918)]),
    // The same.
    published(&[Mastercard, Naranja], &[(527572, 527572)]),
    // Wikipedia, “Payment card number”: 8600 and 5614.
    published(&[UzCard], &[(5614, 5614), (8600, 8600)]),
    // Wikipedia, “Payment card number”: 9860.
    published(&[Humo], &[(9860, 9860)]),
    // German Wikipedia, “Primary Account Number”: German debit cards begin with 672, those of Sparkassen with 59.
    published(&[Maestro, Girocard], &[(59, 59), (672, 672)]),
    // npm @adyen/adyen-web 6.45.2, `cardType.js`.
    published(&[Maestro, Bancontact], &[(606005, 606005), (6703, 6703)]),
    // The same.
    published(&[Visa, Bancontact], &[(479658, 479658)]),
    // Adyen, test card numbers: co-badged Bancontact.
    published(&[Visa, Bancontact], &[(487104, 487104)]),
    // The same.
    published(&[Mastercard, Bancontact], &[(512788, 512788)]),
    // Adyen (403550, 436000), Worldpay (415058) and Stripe (40000025), test card numbers.
    published(
        &[Visa, CartesBancaires],
        &[(40000025, 40000025), (403550, 403550), (415058, 415058), (436000, 436000)],
    ),
    // Stripe, test card numbers.
    published(&[Mastercard, CartesBancaires], &[(55555525, 55555525)]),
    // Stripe (40000503) and Cybersource (401795), test card numbers.
    published(&[Visa, Eftpos], &[(40000503, 40000503), (401795, 401795)]),
    // Stripe, test card numbers.
    published(&[Mastercard, Eftpos], &[(55550503, 55550503)]),
    // Stripe, simulated reader: the test card without a second brand.
    published(&[Eftpos], &[(62800003, 62800003)]),
];

const fn published(brands: &[Brand], ranges: &'static [(u32, u32)]) -> Published {
    let mut set = 0;
    let mut at = 0;
    while at < brands.len() {
        set |= brands[at].bit();
        at += 1;
    }
    Published { brands: set, ranges }
}

/// The brands, as bits, of the cards whose first eight digits lie in `low..=high`.
pub(crate) fn issued_between(low: u32, high: u32) -> u32 {
    let mut brands = 0;
    let mut start = 0;
    for (head, count) in HEADS.iter().zip(&COUNTS) {
        let end = start + u32::from(*count) * UNITS[usize::from(head >> 6)];
        if start <= high && low < end {
            brands |= SETS[usize::from(head & 63)];
        }
        start = end;
    }
    brands
}

// What ships is not the rows above but what they come to: all numbers of eight digits, cut into steps that follow each
// other. A step has a head (its unit in two bits, its set of brands in six) and a count of units: 490 bytes (brotli)
// against 830 for a table of starting points.
const UNITS: [u32; 4] = [1, 100, 10_000, 1_000_000];
static SETS: [u32; 64] = PACKED.sets;
static HEADS: [u8; PACKED.steps] = front(&PACKED.heads);
static COUNTS: [u8; PACKED.steps] = front(&PACKED.counts);

const PACKED: Packed = pack();

struct Packed {
    sets: [u32; 64],
    heads: [u8; 512],
    counts: [u8; 512],
    steps: usize,
}

const fn pack() -> Packed {
    let mut packed = Packed { sets: [0; 64], heads: [0; 512], counts: [0; 512], steps: 0 };
    let mut sets = 0;
    let mut start = 0;
    while start < 100_000_000 {
        let (brands, mut end) = issued_at(start);
        while end < 100_000_000 && issued_at(end).0 == brands {
            end = issued_at(end).1;
        }
        let mut set = 0;
        while set < sets && packed.sets[set] != brands {
            set += 1;
        }
        if set == sets {
            packed.sets[set] = brands;
            sets += 1;
        }
        let mut unit = UNITS.len();
        while unit > 0 {
            unit -= 1;
            while end - start >= UNITS[unit] {
                let left = (end - start) / UNITS[unit];
                let count = if left < 255 { left } else { 255 };
                packed.heads[packed.steps] = byte(set | unit << 6);
                packed.counts[packed.steps] = byte(count as usize);
                packed.steps += 1;
                start += count * UNITS[unit];
            }
        }
    }
    packed
}

/// The brands of the numbers that begin with these eight digits, and the first number after them where that may change.
const fn issued_at(digits: u32) -> (u32, u32) {
    let mut brands = 0;
    let mut next = 100_000_000;
    let mut row = 0;
    while row < PUBLISHED.len() {
        let mut range = 0;
        while range < PUBLISHED[row].ranges.len() {
            let (low, high) = PUBLISHED[row].ranges[range];
            let mut scale = 1;
            while low * scale < 10_000_000 {
                scale *= 10;
            }
            let (start, end) = (low * scale, (high + 1) * scale);
            if start > digits {
                next = if start < next { start } else { next };
            } else if end > digits {
                brands = PUBLISHED[row].brands;
                next = if end < next { end } else { next };
            }
            range += 1;
        }
        row += 1;
    }
    (brands, next)
}

const fn byte(number: usize) -> u8 {
    assert!(number < 256);
    number.to_le_bytes()[0]
}

const fn front<const N: usize>(all: &[u8]) -> [u8; N] {
    let mut front = [0; N];
    let mut at = 0;
    while at < N {
        front[at] = all[at];
        at += 1;
    }
    front
}
