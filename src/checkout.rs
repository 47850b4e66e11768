//! One form, from attach to seal.

use crate::{error::Failure, inputs};
use alloc::{string::String, vec::Vec};
use getrandom::SysRng;
use js_sys::{Array, Reflect};
use tillseal_protocol::{
    Context, FieldSet, Jti, Jwk, Jwks, Preparation, Progress, RandomError, Recipient, Sealer,
};
use getrandom::rand_core::TryRng as _;
use wasm_bindgen::prelude::*;

/// A checkout form and the keys that its fields are sealed to.
#[wasm_bindgen]
pub struct Checkout {
    form: JsValue,
    parts: Vec<Part>,
}

/// What one recipient gets.
struct Part {
    recipient: Recipient,
    fields: FieldSet,
    stage: Option<Progress>,
}

#[wasm_bindgen]
impl Checkout {
    /// Starts with a form (or anything that has `elements`) and no recipient.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(form: JsValue) -> Self {
        Self { form, parts: Vec::new() }
    }

    /// Adds a recipient: a JWK Set, the pinned `kid` if there is one, and the names of the fields that it may read.
    /// Gives the recipient's `kid`.
    ///
    /// # Errors
    /// The code of a `KeyError`.
    pub fn add(&mut self, keys: &JsValue, kid: Option<String>, fields: &JsValue) -> Result<String, JsValue> {
        let keys = items(keys).map(|key| jwk(&key)).collect();
        let recipient = Recipient::from_jwks(&Jwks { keys }, kid.as_deref()).map_err(Failure::from)?;
        let kid = String::from(recipient.kid().as_str());
        let fields = FieldSet::new(items(fields).filter_map(|field| field.as_string()).collect());
        self.parts.push(Part { recipient, fields, stage: None });
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

    /// Seals what stands in the form now: one compact JWE for each recipient, in the order they were added.
    ///
    /// `iat` is in seconds since 1970-01-01 UTC, `origin` that of the page.
    ///
    /// # Errors
    /// The code of a `FormError` and, after a space, the field's name; or `random`.
    pub fn seal(&mut self, iat: u32, origin: &str) -> Result<Array, JsValue> {
        let sealed = self.try_seal(iat, origin);
        wipe_stack();
        Ok(sealed?)
    }

    /// Reads the form as `seal` would, and seals nothing.
    ///
    /// # Errors
    /// As `seal`.
    pub fn check(&self) -> Result<(), JsValue> {
        inputs::read(&self.elements())?;
        Ok(())
    }

    /// The `name`s of sealed controls, which the browser would send in plain.
    #[must_use]
    pub fn exposed(&self) -> Array {
        inputs::exposed(&self.elements())
    }
}

impl Checkout {
    fn elements(&self) -> JsValue {
        member(&self.form, "elements")
    }

    fn try_seal(&mut self, iat: u32, origin: &str) -> Result<Array, Failure> {
        let form = inputs::read(&self.elements())?;
        let mut random = [0; 16];
        SysRng.try_fill_bytes(&mut random).map_err(|_| RandomError)?;
        let context = Context { jti: Jti::from_random(random), iat: iat.into(), origin };
        let mut sealers = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            sealers.push((part.take_sealer()?, &part.fields));
        }
        let sealed = form.seal(sealers, &context)?;
        Ok(sealed.into_iter().map(JsValue::from).collect())
    }
}

impl Part {
    /// Takes a step; `false` when there was none to take.
    fn step(&mut self) -> Result<bool, RandomError> {
        self.stage = Some(match self.stage.take() {
            None => Progress::Pending(Preparation::new(&self.recipient, &mut SysRng)?),
            Some(Progress::Pending(preparation)) => preparation.step(),
            Some(ready @ Progress::Ready(_)) => {
                self.stage = Some(ready);
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

/// Overwrites the part of the stack that a seal used: the compiler keeps copies of keys there that no destructor knows.
#[inline(never)]
fn wipe_stack() {
    let mut used = [0_u8; 12 * 1024];
    zeroize::Zeroize::zeroize(&mut used);
}

/// The items of a JavaScript array; none where it is no array.
fn items(array: &JsValue) -> impl Iterator<Item = JsValue> {
    Array::from(array).into_iter()
}

fn jwk(key: &JsValue) -> Jwk {
    let text = |name| member(key, name).as_string().unwrap_or_default();
    Jwk { kty: text("kty"), crv: text("crv"), x: text("x"), y: text("y"), alg: text("alg"), kid: text("kid") }
}

/// A member of a JavaScript object; `undefined` where there is none.
fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}
