//! What holds a secret can be neither printed, copied nor written out: that is a compile error.

use serde::Serialize;
use static_assertions::assert_not_impl_any;
use tillseal_protocol::{Claims, Csc, Expiry, Fields, Form, Pan, Preparation, PrivateKey, Sealer, hpke};

assert_not_impl_any!(Pan: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Csc: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Expiry: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(PrivateKey: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Preparation: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Sealer: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Form: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Fields: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(Claims: core::fmt::Debug, core::fmt::Display, Clone, Serialize);
assert_not_impl_any!(hpke::Schedule: core::fmt::Debug, core::fmt::Display, Clone, Serialize);

/// The one secret that is an alias of `zeroize`'s type, which has a `Debug`: it must stay a blank one.
#[test]
fn a_shared_secret_does_not_print() {
    let secret = tillseal_protocol::SharedSecret::new([0xab; 32]);
    assert_eq!(format!("{secret:?}"), "Zeroizing { .. }");
}
