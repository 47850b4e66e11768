//! One form, from attach to seal.

use crate::failure::Failure;
use alloc::{string::String, vec::Vec};
use core::{iter, mem, str::SplitAsciiWhitespace};
use getrandom::{SysRng, rand_core::TryRng as _};
use tillseal_protocol::{
    Context, FieldName, FieldSet, Form, FormError, Jti, Jwk, Preparation, Progress, RandomError, Recipient,
    Sealer,
};
use wasm_bindgen::prelude::*;
use zeroize::{Zeroize as _, Zeroizing};

/// The keys that a form is sealed to and, while it is read, its fields.
#[wasm_bindgen]
#[derive(Default)]
pub struct Checkout {
    parts: Vec<Part>,
    form: Form,
}

/// What one recipient gets.
struct Part {
    recipient: Recipient,
    fields: FieldSet,
    stage: Option<Progress>,
}

#[wasm_bindgen]
impl Checkout {
    /// Starts without a recipient.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recipient and gives its `kid`.
    ///
    /// `keys` is its JWK Set: kty, crv, x, y, alg and kid of each key, separated by spaces, `-` for one that is missing. `pin` is the
    /// `kid` that the page insists on, or empty; `fields` the patterns of what the recipient may read, separated by spaces.
    ///
    /// # Errors
    /// The code of a `KeyError`.
    pub fn add(&mut self, keys: &str, pin: &str, fields: &str) -> Result<String, JsValue> {
        let mut members = keys.split_ascii_whitespace();
        let keys = iter::from_fn(|| jwk(&mut members));
        let recipient = Recipient::choose(keys, Some(pin).filter(|pin| !pin.is_empty())).map_err(Failure::from)?;
        let kid = String::from(recipient.kid().as_str());
        self.parts.push(Part { recipient, fields: FieldSet::new(fields), stage: None });
        Ok(kid)
    }

    /// Takes one small step towards the next seal; `true` when nothing is left to prepare.
    ///
    /// # Errors
    /// `random`.
    pub fn prepare(&mut self) -> Result<bool, JsValue> {
        for part in &mut self.parts {
            if part.step().map_err(Failure::from)? {
                wipe_stack();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes what stands in a control with these attributes; `false` if that is not a field to be sealed.
    ///
    /// # Errors
    /// The code of a `FormError` and, after a space, the field's name.
    pub fn input(&mut self, data_seal: &str, autocomplete: &str, value: String) -> Result<bool, JsValue> {
        let value = Zeroizing::new(value);
        let name = if data_seal.is_empty() {
            let Some(name) = FieldName::from_autocomplete(autocomplete) else { return Ok(false) };
            name
        } else {
            FieldName::parse(data_seal).ok_or(FormError::Name).map_err(Failure::from)?
        };
        let taken = self.form.input(name.clone(), &value);
        taken.map_err(|error| Failure::of_field(error, name))?;
        Ok(true)
    }

    /// Forgets what was taken in.
    pub fn clear(&mut self) {
        self.form = Form::new();
    }

    /// Seals what was taken in and forgets it: a compact JWE and a space for each recipient, in the order in which they
    /// were added.
    ///
    /// `iat` is in seconds since 1970-01-01 UTC, `origin` that of the page.
    ///
    /// # Errors
    /// The code of a `FormError`, or `random`.
    pub fn seal(&mut self, iat: u32, origin: &str) -> Result<String, JsValue> {
        let sealed = self.try_seal(iat, origin);
        wipe_stack();
        Ok(sealed?)
    }
}

impl Checkout {
    fn try_seal(&mut self, iat: u32, origin: &str) -> Result<String, Failure> {
        let form = mem::take(&mut self.form);
        let mut random = [0; 16];
        SysRng.try_fill_bytes(&mut random).map_err(|_| RandomError)?;
        let context = Context { jti: Jti::from_random(random), iat: iat.into(), origin };
        let mut recipients = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            recipients.push((part.take_sealer()?, &part.fields));
        }
        let mut sealed = String::new();
        for envelope in form.seal(recipients, &context)? {
            sealed.push_str(&envelope);
            sealed.push(' ');
        }
        Ok(sealed)
    }
}

impl Part {
    /// Takes a step; `false` when there was none to take.
    fn step(&mut self) -> Result<bool, RandomError> {
        self.stage = Some(match self.stage.take() {
            None => Progress::Pending(Preparation::new(&self.recipient, &mut SysRng)?),
            Some(Progress::Pending(preparation)) => preparation.step(),
            ready => {
                self.stage = ready;
                return Ok(false);
            }
        });
        Ok(true)
    }

    /// The sealer, which is gone from here then; whatever is left of its preparation is done at once.
    fn take_sealer(&mut self) -> Result<Sealer, RandomError> {
        while self.step()? {}
        match self.stage.take() {
            Some(Progress::Ready(sealer)) => Ok(sealer),
            _ => Err(RandomError),
        }
    }
}

/// Overwrites the part of the stack that was in use: the compiler leaves copies of keys there that no destructor knows.
#[inline(never)]
fn wipe_stack() {
    [0_u8; 16 * 1024].zeroize();
}

fn jwk(members: &mut SplitAsciiWhitespace) -> Option<Jwk> {
    let mut next = || members.next().map(|member| String::from(if member == "-" { "" } else { member }));
    Some(Jwk { kty: next()?, crv: next()?, x: next()?, y: next()?, alg: next()?, kid: next()? })
}
