//! Diffie-Hellman over P-256, the one curve that every JOSE library, HSM and KMS has.
//!
//! The multiplication is a constant-time fixed-window ladder over the `p256` crate's complete point
//! formulas, cut into small steps: in a browser the first multiplication runs in cold code and takes 10 to
//! 40 ms, too long for one task of a page's main thread.

use crate::curve::Point;
use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

/// A shared secret: the x-coordinate of the agreed point, 32 bytes big-endian.
pub type SharedSecret = Zeroizing<[u8; 32]>;

/// A public point as SEC1 §2.3.3 writes it uncompressed: `04 ‖ x ‖ y`, 65 bytes.
///
/// Its coordinates may still be off the curve; every [`Agreement`] refuses those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 65]);

/// These coordinates are no point of P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not a point of the curve P-256")]
pub struct PointError;

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness; nothing can be sealed without it")]
pub struct RandomError;

/// One side of a key agreement whose private key may live elsewhere: in memory, in an HSM, in a KMS.
pub trait Agreement {
    /// The public point of the private key.
    fn public_key(&self) -> PublicKey;

    /// The shared secret of the private key and `peer`.
    ///
    /// # Errors
    /// [`PointError`]: `peer` is not on the curve. An implementation must check that.
    fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, PointError>;
}

impl PublicKey {
    /// Takes the two coordinates, 32 bytes each, big-endian.
    #[must_use]
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let mut sec1 = [4; 65];
        sec1[1..33].copy_from_slice(x);
        sec1[33..].copy_from_slice(y);
        Self(sec1)
    }

    /// Takes an uncompressed SEC1 point: 65 bytes, the first of them 4.
    ///
    /// # Errors
    /// [`PointError`]: another length or another form (compressed, infinity).
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, PointError> {
        match <[u8; 65]>::try_from(bytes) {
            Ok(sec1) if sec1[0] == 4 => Ok(Self(sec1)),
            _ => Err(PointError),
        }
    }

    /// The uncompressed SEC1 point, 65 bytes.
    #[must_use]
    pub fn as_sec1(&self) -> &[u8; 65] {
        &self.0
    }

    pub(crate) fn x(&self) -> &[u8; 32] {
        &self.0[1..].as_chunks().0[0]
    }

    pub(crate) fn y(&self) -> &[u8; 32] {
        &self.0[1..].as_chunks().0[1]
    }

    /// The point, once it is known to be on the curve.
    pub(crate) fn to_point(self) -> Result<Point, PointError> {
        Point::from_affine(self.x(), self.y()).ok_or(PointError)
    }

    pub(crate) fn from_point(point: Point) -> Self {
        let (x, y) = point.to_affine();
        Self::from_coordinates(&x, &y)
    }
}

/// A private key in memory: a scalar in [1, n-1], 32 bytes big-endian.
///
/// Neither `Clone` nor `Debug`; wiped when dropped.
pub struct PrivateKey(Zeroizing<[u8; 32]>);

impl PrivateKey {
    /// Takes a scalar, or `None` where it is 0 or not below the order of the group.
    #[must_use]
    pub fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        is_scalar(scalar).then(|| Self(Zeroizing::new(*scalar)))
    }

    /// Draws a fresh key.
    ///
    /// # Errors
    /// [`RandomError`]: the source of randomness failed, or gave nothing usable in 64 draws.
    pub fn random(rng: &mut impl TryCryptoRng) -> Result<Self, RandomError> {
        let mut scalar = Zeroizing::new([0; 32]);
        // A draw is out of range once in 2^32; a source that keeps failing is broken, not unlucky.
        for _ in 0..64 {
            rng.try_fill_bytes(scalar.as_mut_slice()).map_err(|_| RandomError)?;
            if is_scalar(&scalar) {
                return Ok(Self(scalar));
            }
        }
        Err(RandomError)
    }

    /// The scalar, 32 bytes big-endian: the JWK's `d`.
    #[must_use]
    pub fn as_scalar(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn ladder(&self, base: Point) -> Ladder {
        Ladder::new(self, base)
    }
}

impl Agreement for PrivateKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::from_point(self.ladder(Point::GENERATOR).finish())
    }

    fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, PointError> {
        Ok(shared_secret(self.ladder(peer.to_point()?).finish()))
    }
}

/// The x-coordinate of an agreed point. It is never the point at infinity: the group's order is prime.
pub(crate) fn shared_secret(point: Point) -> SharedSecret {
    Zeroizing::new(point.to_affine().0)
}

/// `scalar · base`, four bits a window, as many windows a call as the caller has time for.
pub(crate) struct Ladder {
    scalar: Zeroizing<[u8; 32]>,
    multiples: [Point; 16],
    sum: Point,
    next_window: usize,
}

const WINDOWS: usize = 64;

impl Ladder {
    fn new(key: &PrivateKey, base: Point) -> Self {
        let mut multiples = [Point::INFINITY; 16];
        for index in 1..16 {
            multiples[index] = multiples[index - 1].add(&base);
        }
        Self { scalar: key.0.clone(), multiples, sum: Point::INFINITY, next_window: 0 }
    }

    /// Works off up to `windows` windows; `true` once the product is complete.
    pub(crate) fn advance(&mut self, windows: usize) -> bool {
        let end = WINDOWS.min(self.next_window + windows);
        for window in self.next_window..end {
            for _ in 0..4 {
                self.sum = self.sum.add(&self.sum);
            }
            let byte = self.scalar[window / 2];
            let digit = if window % 2 == 0 { byte >> 4 } else { byte & 15 };
            self.sum = self.sum.add(&Point::select(&self.multiples, digit));
        }
        self.next_window = end;
        end == WINDOWS
    }

    /// The product; whatever windows are left are worked off first.
    pub(crate) fn finish(mut self) -> Point {
        self.advance(WINDOWS);
        self.sum
    }
}

impl Drop for Ladder {
    fn drop(&mut self) {
        self.sum.zeroize();
    }
}

/// The order n of the group (SP 800-186 §3.2.1.3), big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// 1 <= scalar < n, in constant time: the borrow of `scalar - n`, and any bit set.
fn is_scalar(scalar: &[u8; 32]) -> bool {
    let mut borrow = 0_i16;
    let mut bits = 0;
    for (byte, order) in scalar.iter().zip(&ORDER).rev() {
        borrow = (i16::from(*byte) - i16::from(*order) + borrow) >> 8;
        bits |= byte;
    }
    borrow != 0 && bits != 0
}
