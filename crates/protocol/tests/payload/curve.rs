//! Our multiplication against the `p256` crate's own, and the range of a private key.

use crate::support::{Script, encode, private_key};
use p256::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{PrimeField as _, point::AffineCoordinates as _},
};
use proptest::prelude::*;
use tillseal_protocol::{Agreement as _, PrivateKey, PublicKey, RandomError};

/// The order n of the group (SP 800-186 §3.2.1.3), big-endian.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn oracle(scalar: &[u8; 32], base: ProjectivePoint) -> PublicKey {
    let scalar = Option::<Scalar>::from(Scalar::from_repr(FieldBytes::from(*scalar))).unwrap();
    let product = (base * scalar).to_affine();
    PublicKey::from_coordinates(&product.x().into(), &product.y().into())
}

fn point(key: &PublicKey) -> ProjectivePoint {
    let coordinate = |bytes: &[u8]| FieldBytes::try_from(bytes).unwrap();
    let (x, y) = (coordinate(&key.as_sec1()[1..33]), coordinate(&key.as_sec1()[33..]));
    Option::<AffinePoint>::from(AffinePoint::from_coordinates(&x, &y)).unwrap().into()
}

fn assert_multiplies_like_p256(scalar: &[u8; 32]) {
    let key = PrivateKey::from_scalar(scalar).unwrap();
    assert_eq!(key.public_key(), oracle(scalar, ProjectivePoint::GENERATOR), "{}", encode(scalar));
    let peer = private_key(8).public_key();
    let agreed = key.agree(&peer).unwrap();
    assert!(agreed[..] == oracle(scalar, point(&peer)).as_sec1()[1..33], "{}", encode(scalar));
}

fn minus(scalar: &[u8; 32], small: u8) -> [u8; 32] {
    let mut difference = *scalar;
    difference[31] -= small;
    difference
}

#[test]
fn edge_scalars_multiply_like_p256() {
    for small in [1, 2, 3, 15, 16, 17] {
        let mut scalar = [0; 32];
        scalar[31] = small;
        assert_multiplies_like_p256(&scalar);
        assert_multiplies_like_p256(&minus(&N, small));
    }
    for bit in 0..256 {
        let mut scalar = [0; 32];
        scalar[31 - bit / 8] = 1 << (bit % 8);
        assert_multiplies_like_p256(&scalar);
    }
    // Every digit of a window, in every place of it.
    for digit in 0..16_u8 {
        let mut scalar = [digit << 4 | digit; 32];
        scalar[0] = 1;
        assert_multiplies_like_p256(&scalar);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_scalars_multiply_like_p256(scalar: [u8; 32]) {
        prop_assume!(PrivateKey::from_scalar(&scalar).is_some());
        assert_multiplies_like_p256(&scalar);
    }
}

#[test]
fn a_private_key_is_at_least_one_and_below_the_order() {
    let mut one = [0; 32];
    one[31] = 1;
    let mut above = N;
    above[31] += 1;
    let mut high_bit = [0; 32];
    high_bit[0] = 1;
    for scalar in [one, high_bit, minus(&N, 1), minus(&N, 2)] {
        assert_eq!(PrivateKey::from_scalar(&scalar).unwrap().as_scalar(), &scalar);
    }
    for scalar in [[0; 32], N, above, [0xff; 32]] {
        assert!(PrivateKey::from_scalar(&scalar).is_none());
    }
}

#[test]
fn randomness_fails_closed() {
    let drawn = |bytes: &[[u8; 32]]| PrivateKey::random(&mut Script(bytes.concat()));
    assert_eq!(drawn(&[]).err(), Some(RandomError));
    assert_eq!(PrivateKey::random(&mut Script(vec![1; 31])).err(), Some(RandomError));
    assert_eq!(drawn(&[[0; 32]; 100]).err(), Some(RandomError), "a source that gives zeros");
    assert_eq!(drawn(&[[0xff; 32]; 100]).err(), Some(RandomError), "a source that is stuck");
    assert_eq!(drawn(&[[0; 32], N, [5; 32]]).unwrap().as_scalar(), &[5; 32], "out of range, drawn again");
}
