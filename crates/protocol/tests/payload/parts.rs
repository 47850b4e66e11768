//! Several recipients: each part holds what its reader may read, and all of them belong together.

use crate::support::{FIELDS, context, form, private_key, recipient, rng, try_open};
use tillseal_protocol::{Algorithm, FieldSet, FormError, Preparation, Sealer};

fn sealer(key: u64, algorithm: Algorithm) -> Sealer {
    Preparation::new(&recipient(&private_key(key), algorithm), &mut rng(key)).unwrap().finish()
}

#[test]
fn each_part_holds_exactly_its_readers_fields() {
    let readers: [(u64, Algorithm, FieldSet, &[&str]); 4] = [
        (11, Algorithm::EcdhEs, FieldSet::new("cc-*"), &["cc-number", "cc-exp", "cc-csc"]),
        (12, Algorithm::Hpke7, FieldSet::new("email,tel"), &["email"]),
        (13, Algorithm::EcdhEs, FieldSet::new("cc-exp,email"), &["cc-exp", "email"]),
        (14, Algorithm::Hpke7, FieldSet::new("postal-code"), &[]),
    ];
    let recipients =
        readers.iter().map(|(key, algorithm, set, _)| (sealer(*key, *algorithm), set)).collect();
    let parts = form(&FIELDS).seal(recipients, &context()).unwrap();
    assert_eq!(parts.len(), readers.len());
    for (part, (key, algorithm, _, names)) in parts.iter().zip(&readers) {
        let claims = try_open(part, &private_key(*key), *algorithm).unwrap();
        assert_eq!(claims.fields.iter().map(|(name, _)| name).collect::<Vec<_>>(), *names);
        assert_eq!(claims.jti, context().jti);
        assert_eq!((claims.iat, claims.origin.as_str()), (context().iat, context().origin));
        // Nobody reads another one's part.
        for (other, _, _, _) in readers.iter().filter(|(other, ..)| other != key) {
            let code = try_open(part, &private_key(*other), *algorithm).err();
            assert_eq!(code, Some("sealed-undecryptable"));
        }
    }
}

#[test]
fn a_field_that_nobody_may_read_stops_the_seal() {
    let cards = FieldSet::new("cc-*");
    let refused = form(&FIELDS).seal(vec![(sealer(11, Algorithm::EcdhEs), &cards)], &context());
    assert_eq!(refused.err(), Some(FormError::Unclaimed));
    assert_eq!(form(&FIELDS).seal(vec![], &context()).err(), Some(FormError::Unclaimed));

    // The month and the year are one `cc-exp` by then.
    let months = [("cc-exp-month", "12"), ("cc-exp-year", "29")];
    let sealed =
        |set: &FieldSet| form(&months).seal(vec![(sealer(11, Algorithm::EcdhEs), set)], &context());
    assert!(sealed(&FieldSet::new("cc-exp")).is_ok());
    assert_eq!(sealed(&FieldSet::new("email")).err(), Some(FormError::Unclaimed));
}

#[test]
fn a_form_says_beforehand_whether_it_can_be_sealed() {
    let (cards, rest) = (FieldSet::new("cc-*"), FieldSet::new("email"));
    assert_eq!(form(&FIELDS).check([&cards, &rest].into_iter()), Ok(()));
    assert_eq!(form(&FIELDS).check([&cards].into_iter()), Err(FormError::Unclaimed));
    assert_eq!(form(&FIELDS).check([].into_iter()), Err(FormError::Unclaimed));
    assert_eq!(form(&[]).check([].into_iter()), Ok(()));
    let half = form(&[("cc-exp-month", "12")]).check([&cards].into_iter());
    assert_eq!(half.map_err(FormError::code), Err("expiry-shape"));
}
