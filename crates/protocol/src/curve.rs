//! Points of P-256 over the field of the `p256` crate.
//!
//! One addition formula serves for sums and doublings, and one exponentiation for the inverse. The crate's own point
//! type brings a second formula and a second, general inversion: a sixth of the browser module. Its multiplication is
//! the oracle of our tests.

use p256::{
    NistP256,
    elliptic_curve::{
        hazmat::FieldArithmetic,
        subtle::{ConditionallySelectable, ConstantTimeEq},
    },
};
use primeorder::PrimeCurveParams;
use zeroize::Zeroize;

type Field = <NistP256 as FieldArithmetic>::FieldElement;

/// A point in homogeneous projective coordinates: (x/z, y/z), or the point at infinity where z is 0.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    x: Field,
    y: Field,
    z: Field,
}

/// The prime p of the field (SP 800-186 §3.2.1.3), big-endian.
const PRIME: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

impl Point {
    pub(crate) const INFINITY: Self = Self { x: Field::ZERO, y: Field::ONE, z: Field::ZERO };

    pub(crate) const GENERATOR: Self =
        Self { x: NistP256::GENERATOR.0, y: NistP256::GENERATOR.1, z: Field::ONE };

    /// Takes coordinates below p that satisfy y² = x³ - 3x + b. That is the full validation of SP 800-56A §5.6.2.3.3:
    /// affine coordinates are not the point at infinity, and the group's order is prime.
    pub(crate) fn from_affine(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let (x, y) = (from_bytes(x)?, from_bytes(y)?);
        let slope = x.square().add(&NistP256::EQUATION_A);
        let right = slope.multiply(&x).add(&NistP256::EQUATION_B);
        bool::from(y.square().ct_eq(&right)).then_some(Self { x, y, z: Field::ONE })
    }

    /// The affine coordinates, 32 bytes each, big-endian. Zeros for the point at infinity.
    pub(crate) fn to_affine(self) -> ([u8; 32], [u8; 32]) {
        let inverse = invert(&self.z);
        (self.x.multiply(&inverse).to_bytes().into(), self.y.multiply(&inverse).to_bytes().into())
    }

    /// The sum, complete: also for equal points, opposite points and the point at infinity.
    ///
    /// Renes, Costello, Batina: Complete addition formulas for prime order elliptic curves, 2015, algorithm 4 (a = -3).
    #[inline(never)]
    pub(crate) fn add(&self, other: &Self) -> Self {
        let (p, q) = (self, other);
        let xx = p.x.multiply(&q.x);
        let yy = p.y.multiply(&q.y);
        let zz = p.z.multiply(&q.z);
        // Cross products: (a + b)(c + d) - (ac + bd) = ad + bc.
        let xy = p.x.add(&p.y).multiply(&q.x.add(&q.y)).sub(&xx.add(&yy));
        let yz = p.y.add(&p.z).multiply(&q.y.add(&q.z)).sub(&yy.add(&zz));
        let xz = p.x.add(&p.z).multiply(&q.x.add(&q.z)).sub(&xx.add(&zz));

        let slope = triple(&xz.sub(&NistP256::EQUATION_B.multiply(&zz)));
        let (low, high) = (yy.sub(&slope), yy.add(&slope));
        let zz = triple(&zz);
        let rise = triple(&NistP256::EQUATION_B.multiply(&xz).sub(&zz).sub(&xx));
        let run = triple(&xx).sub(&zz);
        Self {
            x: high.multiply(&xy).sub(&yz.multiply(&rise)),
            y: high.multiply(&low).add(&run.multiply(&rise)),
            z: low.multiply(&yz).add(&xy.multiply(&run)),
        }
    }

    /// One of the points, by its index; every one is read, so that the time does not depend on it.
    pub(crate) fn select(points: &[Self; 16], index: u8) -> Self {
        let mut chosen = Self::INFINITY;
        for (candidate, point) in (0_u8..).zip(points) {
            let is_it = candidate.ct_eq(&index);
            chosen.x.conditional_assign(&point.x, is_it);
            chosen.y.conditional_assign(&point.y, is_it);
            chosen.z.conditional_assign(&point.z, is_it);
        }
        chosen
    }
}

impl Zeroize for Point {
    fn zeroize(&mut self) {
        for coordinate in [&mut self.x, &mut self.y, &mut self.z] {
            coordinate.zeroize();
        }
    }
}

fn triple(value: &Field) -> Field {
    value.add(value).add(value)
}

/// The number of these bytes, or `None` from p on. Only public coordinates come this way: time may depend on them.
fn from_bytes(bytes: &[u8; 32]) -> Option<Field> {
    // Bit by bit by doubling: slower than the crate's conversion, and it needs no second multiplication.
    let mut value = Field::ZERO;
    for bit in 0..256 {
        value = value.add(&value).add(if is_set(bytes, bit) { &Field::ONE } else { &Field::ZERO });
    }
    (*bytes < PRIME).then_some(value)
}

/// z⁻¹ = z^(p-2) (Fermat), and 0 for 0. The exponent is public, so its bits may steer the time.
fn invert(value: &Field) -> Field {
    let mut power = Field::ONE;
    for bit in 0..256 {
        power = power.square();
        // p - 2 ends in …fd where p ends in …ff: only bit 1 differs.
        if is_set(&PRIME, bit) && bit != 254 {
            power = power.multiply(value);
        }
    }
    power
}

/// A bit of a public number, from the highest one, 0, to the lowest, 255.
#[inline(never)]
fn is_set(number: &[u8; 32], bit: usize) -> bool {
    number[bit / 8] << (bit % 8) & 0x80 != 0
}
