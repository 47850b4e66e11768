//! The brand of a payment card: what its number may begin with, how long it is, how it is written.
//!
//! A number may belong to several brands at once: a co-badged card carries two, and few digits fit many. Hence the
//! answer is a set, [`Brands`], which narrows as digits arrive. Where it keeps two brands once the number is whole, the
//! shopper chooses (Regulation (EU) 2015/751, article 8). The ranges and their sources are in `brand_ranges.rs`.

use crate::brand_ranges::issued_between;

/// A card brand, in the order in which a shopper is offered them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Brand {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    AmericanExpress,
    /// Diners Club.
    DinersClub,
    /// Discover.
    Discover,
    /// JCB.
    Jcb,
    /// `UnionPay` (China).
    UnionPay,
    /// Maestro.
    Maestro,
    /// Elo (Brazil).
    Elo,
    /// Mir (Russia).
    Mir,
    /// Hiper (Brazil).
    Hiper,
    /// Hipercard (Brazil).
    Hipercard,
    /// Cartes Bancaires (France). Its cards are Visa or Mastercard too, and the scheme publishes no range: the rows are
    /// those of test cards. Who knows the issuer learns the second brand from there.
    CartesBancaires,
    /// girocard (Germany). Co-badged with Maestro in the only ranges that are public; it prints no security code.
    Girocard,
    /// `RuPay` (India).
    RuPay,
    /// eftpos (Australia). Its members alone can ask for its ranges: the rows are those of test cards.
    Eftpos,
    /// Dankort (Denmark).
    Dankort,
    /// Verve (Nigeria).
    Verve,
    /// Troy (Türkiye).
    Troy,
    /// Uzcard (Uzbekistan). It prints no security code.
    UzCard,
    /// Humo (Uzbekistan). It prints no security code.
    Humo,
    /// Naranja (Argentina).
    Naranja,
    /// Bancontact (Belgium). It prints no security code of its own.
    Bancontact,
}

static EACH: [Brand; 23] = Brand::ALL;

static IDS: [&str; 23] = [
    "visa", "mastercard", "american-express", "diners-club", "discover", "jcb", "unionpay", "maestro",
    "elo", "mir", "hiper", "hipercard", "cartes-bancaires", "girocard", "rupay", "eftpos", "dankort",
    "verve", "troy", "uzcard", "humo", "naranja", "bancontact",
];

impl Brand {
    /// Every brand, in order.
    pub const ALL: [Self; 23] = [
        Self::Visa,
        Self::Mastercard,
        Self::AmericanExpress,
        Self::DinersClub,
        Self::Discover,
        Self::Jcb,
        Self::UnionPay,
        Self::Maestro,
        Self::Elo,
        Self::Mir,
        Self::Hiper,
        Self::Hipercard,
        Self::CartesBancaires,
        Self::Girocard,
        Self::RuPay,
        Self::Eftpos,
        Self::Dankort,
        Self::Verve,
        Self::Troy,
        Self::UzCard,
        Self::Humo,
        Self::Naranja,
        Self::Bancontact,
    ];

    /// The name that programs use: `american-express`.
    #[must_use]
    pub fn id(self) -> &'static str {
        IDS[self as usize]
    }

    /// The brand with this [`Brand::id`], if there is one.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::with_id(id.as_bytes())
    }

    fn with_id(id: &[u8]) -> Option<Self> {
        EACH.iter().copied().find(|brand| brand.id().as_bytes() == id)
    }

    /// The name that people read: `American Express`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Visa => "Visa",
            Self::Mastercard => "Mastercard",
            Self::AmericanExpress => "American Express",
            Self::DinersClub => "Diners Club",
            Self::Discover => "Discover",
            Self::Jcb => "JCB",
            Self::UnionPay => "UnionPay",
            Self::Maestro => "Maestro",
            Self::Elo => "Elo",
            Self::Mir => "Mir",
            Self::Hiper => "Hiper",
            Self::Hipercard => "Hipercard",
            Self::CartesBancaires => "Cartes Bancaires",
            Self::Girocard => "girocard",
            Self::RuPay => "RuPay",
            Self::Eftpos => "eftpos",
            Self::Dankort => "Dankort",
            Self::Verve => "Verve",
            Self::Troy => "Troy",
            Self::UzCard => "Uzcard",
            Self::Humo => "Humo",
            Self::Naranja => "Naranja",
            Self::Bancontact => "Bancontact",
        }
    }

    /// How many digits stand before each gap in the number as it is printed.
    #[must_use]
    pub fn gaps(self) -> &'static [u8] {
        match self {
            Self::AmericanExpress | Self::DinersClub => &[4, 10],
            _ => &[4, 8, 12, 16],
        }
    }

    /// Whether numbers of this brand may have so many digits.
    #[must_use]
    pub fn has_length(self, digits: usize) -> bool {
        (SHORTEST..SHORTEST + 8).contains(&digits) && self.lengths() >> (digits - SHORTEST) & 1 == 1
    }

    /// The fewest digits that a number of this brand has.
    #[must_use]
    pub fn shortest(self) -> usize {
        SHORTEST + self.lengths().trailing_zeros() as usize
    }

    /// The most digits that a number of this brand has.
    #[must_use]
    pub fn longest(self) -> usize {
        SHORTEST + 7 - self.lengths().leading_zeros() as usize
    }

    /// What the brand calls its card security code.
    #[must_use]
    pub fn csc_name(self) -> &'static str {
        match self {
            Self::AmericanExpress | Self::Discover => "CID",
            Self::Mastercard | Self::Maestro | Self::Hiper | Self::Hipercard | Self::Dankort => "CVC",
            Self::UnionPay => "CVN",
            Self::Elo => "CVE",
            Self::Mir => "CVP2",
            _ => "CVV",
        }
    }

    /// How many digits the card security code has.
    #[must_use]
    pub fn csc_len(self) -> usize {
        if self == Self::AmericanExpress { 4 } else { 3 }
    }

    /// Whether the last digit of every card is the Luhn check digit.
    ///
    /// Some `UnionPay` cards have none. Naranja's own cards have one of another kind (`ActiveMerchant` computes it).
    #[must_use]
    pub fn has_check_digit(self) -> bool {
        !matches!(self, Self::UnionPay | Self::Naranja)
    }

    /// The lengths as bits, [`SHORTEST`] first.
    fn lengths(self) -> u8 {
        const fn bits(lengths: &[usize]) -> u8 {
            let mut bits = 0;
            let mut at = 0;
            while at < lengths.len() {
                bits |= 1 << (lengths[at] - SHORTEST);
                at += 1;
            }
            bits
        }
        match self {
            Self::Visa | Self::Verve => const { bits(&[16, 18, 19]) },
            Self::AmericanExpress => const { bits(&[15]) },
            Self::DinersClub => const { bits(&[14, 16, 19]) },
            Self::Discover => const { bits(&[16, 19]) },
            Self::UnionPay => const { bits(&[14, 15, 16, 17, 18, 19]) },
            Self::Maestro => const { bits(&[12, 13, 14, 15, 16, 17, 18, 19]) },
            Self::Jcb | Self::Mir | Self::Girocard | Self::Eftpos | Self::Bancontact => {
                const { bits(&[16, 17, 18, 19]) }
            }
            _ => const { bits(&[16]) },
        }
    }

    pub(crate) const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// The fewest digits of any card number.
const SHORTEST: usize = 12;

/// A set of brands, iterated in the order in which a shopper is offered them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brands(u32);

impl Brands {
    /// The brands that a card may have whose number begins with these 0 to 19 ASCII digits.
    ///
    /// One more digit never adds a brand. Empty where no brand has such numbers, or where something else than a digit
    /// stands among the first eight characters: no range is longer.
    #[must_use]
    pub fn of(digits: &str) -> Self {
        Self::of_bytes(digits.as_bytes())
    }

    pub(crate) fn of_bytes(digits: &[u8]) -> Self {
        let (mut low, mut high) = (0, 0);
        for place in 0..8 {
            let (least, most) = match digits.get(place) {
                Some(digit @ b'0'..=b'9') => (digit - b'0', digit - b'0'),
                Some(_) => return Self(0),
                None => (0, 9),
            };
            low = low * 10 + u32::from(least);
            high = high * 10 + u32::from(most);
        }
        Self(issued_between(low, high))
    }

    /// The brands with these [`Brand::id`]s, parted by white space or commas; unknown ones are passed over.
    #[must_use]
    pub fn from_ids(ids: &str) -> Self {
        // Not `str::split`: its searcher would be a good part of what this file costs in the browser.
        let (mut set, mut ids) = (0, ids.as_bytes());
        while !ids.is_empty() {
            let end = ids.iter().position(|byte| matches!(byte, 0..=b' ' | b',')).unwrap_or(ids.len());
            set |= Brand::with_id(&ids[..end]).map_or(0, Brand::bit);
            ids = ids.get(end + 1..).unwrap_or_default();
        }
        Self(set)
    }

    /// The brands one by one.
    pub fn iter(self) -> impl Iterator<Item = Brand> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let brand = EACH.get(left.trailing_zeros() as usize)?;
            left ^= brand.bit();
            Some(*brand)
        })
    }

    /// The lengths that any of the brands has, as bits: length 12 is bit 12.
    pub(crate) fn lengths(self) -> u32 {
        self.iter().fold(0, |lengths, brand| lengths | u32::from(brand.lengths()) << SHORTEST)
    }

    /// Whether this brand is in the set.
    #[must_use]
    pub fn contains(self, brand: Brand) -> bool {
        self.0 & brand.bit() != 0
    }

    /// How many brands there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is no brand.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The brand, where there is exactly one.
    #[must_use]
    pub fn only(self) -> Option<Brand> {
        if self.len() == 1 { self.iter().next() } else { None }
    }

    /// The brands that are in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
