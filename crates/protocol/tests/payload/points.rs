//! Points that are none: off the curve, of its twist, not reduced, at infinity. None meets the private key.

use crate::support::{ALGORITHMS, FIELDS, private_key, recipient, seal, try_open, with_point};
use p256::{
    AffinePoint, FieldBytes,
    elliptic_curve::{
        point::{AffineCoordinates as _, DecompressPoint as _},
        subtle::Choice,
    },
};
use tillseal_protocol::{Agreement as _, PublicKey};

#[test]
fn points_that_are_none_never_meet_the_private_key() {
    let on_curve = private_key(3).public_key();
    let (x, y): ([u8; 32], [u8; 32]) =
        (on_curve.as_sec1()[1..33].try_into().unwrap(), on_curve.as_sec1()[33..].try_into().unwrap());
    let mut wrong_y = y;
    wrong_y[31] ^= 1;
    let (small_x, small_y) = point_with_small_x();
    let off_curve = [
        ("infinity as zeros", [0; 32], [0; 32]),
        ("another y", x, wrong_y),
        ("x and y exchanged", y, x),
        ("x not below p", plus_p(&small_x), small_y),
        ("both 2^256 - 1", [0xff; 32], [0xff; 32]),
        ("x = p, y = p", P, P),
        ("a point of the twist", twist_x(), y),
    ];
    let same_small = PublicKey::from_coordinates(&small_x, &small_y);
    assert!(private_key(1).agree(&same_small).is_ok(), "the reduced coordinates are a point");
    for (what, x, y) in off_curve {
        let point = PublicKey::from_coordinates(&x, &y);
        assert!(private_key(1).agree(&point).is_err(), "{what}");
        for algorithm in ALGORITHMS {
            let sealed = seal(&FIELDS, &recipient(&private_key(1), algorithm), 2);
            let altered = with_point(&sealed, &point);
            assert_eq!(
                try_open(&altered, &private_key(1), algorithm).err(),
                Some("sealed-undecryptable"),
                "{what}"
            );
        }
    }
    // Infinity, compressed and hybrid points have no place in an uncompressed encoding.
    for first in [0, 2, 3, 5, 6, 7, 0xff] {
        let mut sec1 = *on_curve.as_sec1();
        sec1[0] = first;
        assert!(PublicKey::from_sec1(&sec1).is_err());
    }
    for encoding in [&[][..], &[0], &on_curve.as_sec1()[..33], &on_curve.as_sec1()[..64]] {
        assert!(PublicKey::from_sec1(encoding).is_err());
    }
}

/// The prime p of P-256 (SP 800-186 §3.2.1.3), big-endian.
const P: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

/// A point whose x is small enough that x + p still fits in 32 bytes.
fn point_with_small_x() -> ([u8; 32], [u8; 32]) {
    let (x, point) = (1..100).find_map(|x| Some((x, decompress(&small(x))?))).unwrap();
    (small(x), point.y().into())
}

/// An x that no point of the curve has: it is one of the quadratic twist.
fn twist_x() -> [u8; 32] {
    (1..100).map(small).find(|x| decompress(x).is_none()).unwrap()
}

fn small(x: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = x;
    bytes
}

fn decompress(x: &[u8; 32]) -> Option<AffinePoint> {
    AffinePoint::decompress(&FieldBytes::from(*x), Choice::from(0)).into()
}

fn plus_p(x: &[u8; 32]) -> [u8; 32] {
    let mut sum = [0; 32];
    let mut carry = 0;
    for index in (0..32).rev() {
        carry += u16::from(x[index]) + u16::from(P[index]);
        sum[index] = carry.to_be_bytes()[1];
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    sum
}
