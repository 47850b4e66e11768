//! The key agreement on a server: P-256 by AWS-LC, several times faster than the browser's portable code.

use aws_lc_rs::agreement::{self, ECDH_P256, ParsedPublicKey, UnparsedPublicKey};
use tillseal_protocol::{Agreement, PointError, PublicKey, SharedSecret};
use zeroize::Zeroizing;

/// A private key as AWS-LC holds it: parsed once, used for every opening, wiped by AWS-LC when dropped.
pub(crate) struct EcdhKey {
    private: agreement::PrivateKey,
    public: PublicKey,
}

impl EcdhKey {
    /// Takes the JWK's `d`, or `None` where it is not a scalar in [1, n-1].
    pub(crate) fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        let private = agreement::PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
        let public = PublicKey::from_sec1(private.compute_public_key().ok()?.as_ref()).ok()?;
        Some(Self { private, public })
    }
}

/// Whether that is a point of P-256: for agreements that somebody else carries out.
pub(crate) fn is_on_curve(key: &PublicKey) -> bool {
    ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, key.as_sec1())).is_ok()
}

impl Agreement for EcdhKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, PointError> {
        // AWS-LC refuses a point that is not on the curve when it parses it.
        let peer = UnparsedPublicKey::new(&ECDH_P256, peer.as_sec1());
        agreement::agree(&self.private, peer, PointError, |x| {
            let mut secret = Zeroizing::new([0; 32]);
            // x is 32 bytes on this curve, by AWS-LC's contract.
            secret.copy_from_slice(x);
            Ok(secret)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{EcdhKey, is_on_curve};
    use getrandom::SysRng;
    use tillseal_protocol::{Agreement, PointError, PrivateKey, PublicKey};

    #[test]
    fn agrees_with_the_portable_code_on_the_same_key() -> Result<(), Box<dyn std::error::Error>> {
        for _ in 0..32 {
            let (portable, peer) = (PrivateKey::random(&mut SysRng)?, PrivateKey::random(&mut SysRng)?);
            let ours = EcdhKey::from_scalar(portable.as_scalar()).ok_or("refused")?;
            assert_eq!(ours.public_key(), portable.public_key());
            let peer = peer.public_key();
            assert!(*ours.agree(&peer)? == *portable.agree(&peer)?);
        }
        Ok(())
    }

    #[test]
    fn a_scalar_out_of_range_is_refused() {
        assert!(EcdhKey::from_scalar(&[0; 32]).is_none());
        assert!(EcdhKey::from_scalar(&[0xff; 32]).is_none());
    }

    #[test]
    fn every_point_off_the_curve_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let portable = PrivateKey::random(&mut SysRng)?;
        let ours = EcdhKey::from_scalar(portable.as_scalar()).ok_or("refused")?;
        let on_curve = PrivateKey::random(&mut SysRng)?.public_key();
        for index in 1..65 {
            let mut sec1 = *on_curve.as_sec1();
            sec1[index] ^= 1;
            let off_curve = PublicKey::from_sec1(&sec1)?;
            assert!(matches!(ours.agree(&off_curve), Err(PointError)), "byte {index}");
            assert!(!is_on_curve(&off_curve) && is_on_curve(&on_curve), "byte {index}");
        }
        let off_curve = [
            // The origin, which some libraries write for the point at infinity.
            ([0; 32], [0; 32]),
            // Coordinates that are not below the field's prime.
            ([0xff; 32], [0xff; 32]),
            ([1; 32], [2; 32]),
        ];
        for (x, y) in off_curve {
            let peer = PublicKey::from_coordinates(&x, &y);
            assert!(matches!(ours.agree(&peer), Err(PointError)) && !is_on_curve(&peer));
            assert!(matches!(portable.agree(&peer), Err(PointError)));
        }
        Ok(())
    }
}
