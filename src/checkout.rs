//! One form, from attach to seal.

use crate::{failure::Failure, listen};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::{hint::black_box, iter, mem, str::SplitAsciiWhitespace};
use getrandom::{SysRng, rand_core::TryRng as _};
use tillseal_protocol::{
    Brand, Brands, Circumstances, Context, Edit, FieldName, FieldSet, Form, FormError, Invalid, Jti, Jwk,
    Kind, Preparation, RandomError, Recipient, Sealer, signals::Signals,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

/// The keys that a form is sealed to and, while it is read, its fields.
#[wasm_bindgen]
#[derive(Default)]
pub struct Checkout {
    parts: Vec<Part>,
    jti: Option<Jti>,
    form: Form,
    signals: Signals,
    /// The claim `signals`.
    claim: Vec<u8>,
}

/// What one recipient gets.
struct Part {
    recipient: Recipient,
    fields: FieldSet,
    // Boxed, so that the allocator wipes what is taken out of them.
    preparation: Option<Box<Preparation>>,
    sealer: Option<Box<Sealer>>,
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
    /// `recipient` is, with NUL between them: its JWK Set, which is kty, crv, x, y, alg and kid of each key, separated by spaces, `-` for
    /// one that is missing; the `kid` that the page insists on, or nothing; the patterns of what it may read, separated by commas.
    ///
    /// # Errors
    /// The code of a `KeyError`.
    pub fn add(&mut self, recipient: &str) -> Result<String, JsValue> {
        let mut parts = Parts(recipient);
        let mut members = parts.next().split_ascii_whitespace();
        let pin = parts.next();
        let keys = iter::from_fn(|| jwk(&mut members));
        let recipient =
            Recipient::choose(keys, Some(pin).filter(|pin| !pin.is_empty())).map_err(Failure::from)?;
        let kid = String::from(recipient.kid().as_str());
        self.parts.push(Part {
            recipient,
            fields: FieldSet::new(parts.rest()),
            preparation: None,
            sealer: None,
        });
        Ok(kid)
    }

    /// Takes one small step towards the next seal; `true` when nothing is left to prepare. Once it is, the seal draws no
    /// randomness and cannot fail for want of it.
    ///
    /// # Errors
    /// `random`.
    pub fn prepare(&mut self) -> Result<bool, JsValue> {
        Ok(self.try_prepare().map_err(Failure::from)?)
    }

    /// Takes what stands in a control; `false` if that is not a field to be sealed.
    ///
    /// `control` is its `data-seal`, its `autocomplete` and its value, with NUL between them.
    ///
    /// # Errors
    /// The code of a `FormError` and, after a space, the field's name.
    pub fn input(&mut self, control: String) -> Result<bool, JsValue> {
        let control = Zeroizing::new(control);
        let mut parts = Parts(&control);
        let Some(name) = parts.name().map_err(Failure::from)? else { return Ok(false) };
        let taken = self.form.input(name.clone(), parts.rest());
        taken.map_err(|error| Failure::of_field(error, name))?;
        Ok(true)
    }

    /// The text of a field after an edit, behind the place of the caret and a space; nothing where the browser shall see to it.
    ///
    /// `event` is the last token of the field's name, the `inputType` of the input event and its data, and the field's text, with NUL
    /// between them; `start` to `end` the selection in UTF-16 code units.
    #[must_use]
    pub fn edit(&self, event: String, start: usize, end: usize) -> String {
        let event = Zeroizing::new(event);
        let mut parts = Parts(&event);
        let (token, input_type, data) = (parts.next(), parts.next(), parts.next());
        let mut answer = String::new();
        let kind = Kind::of(token);
        if kind.is_laid_out()
            && let Some(edit) = Edit::from_input_type(input_type, data)
        {
            let line = kind.edit(parts.rest(), start, end, edit);
            answer = String::with_capacity(line.text.len() + 11);
            push_number(&mut answer, line.caret);
            answer.push(' ');
            answer.push_str(&line.text);
        }
        answer
    }

    /// What is wrong with the value of a control: a code or `-`, a space, and for a card number the brands that it may have, with a comma
    /// behind each, for `csc-length` the size. Nothing if that is not a field to be sealed.
    ///
    /// `control` is its `data-seal`, its `autocomplete`, the brand of the form's card, the brands that the merchant takes, and its value,
    /// with NUL between them; `month` is today's, `is_finished` says that the person has left the control.
    #[must_use]
    pub fn judge(&self, control: String, month: u32, is_finished: bool) -> String {
        let control = Zeroizing::new(control);
        let mut parts = Parts(&control);
        let mut answer = String::new();
        let Ok(Some(name)) = parts.name() else { return answer };
        let brand = Brand::from_id(parts.next());
        let circumstances =
            Circumstances { is_finished, brand, accepted: Brands::from_ids(parts.next()), month };
        let judged = circumstances.judge(&name, parts.rest());
        answer.push_str(judged.map_or_else(Invalid::code, |()| "-"));
        answer.push(' ');
        if let Err(Invalid::CscLength(size)) = judged {
            push_number(&mut answer, size);
        } else if name.kind() == Kind::Pan {
            for brand in circumstances.brands(parts.rest()).iter() {
                answer.push_str(brand.id());
                answer.push(',');
            }
        }
        answer
    }

    /// Takes what the page says of itself and of its controls, as `pkg/src/facts.js` writes it, and gives the claim `signals` that
    /// is sealed from now on. May be called again, with more controls.
    ///
    /// `text` are texts with NUL between them, at the end the `data-seal` and `autocomplete` of the form's controls; `now` is on the
    /// clock of what was observed.
    #[expect(clippy::too_many_arguments, reason = "a number costs the least to hand over")]
    #[must_use]
    pub fn signals(
        &mut self,
        text: &str,
        tier: u32,
        is_so: u32,
        touch_points: i32,
        width: i32,
        time_zone: i32,
        color_depth: i32,
        screen_height: i32,
        screen_width: i32,
        now: f64,
    ) -> String {
        let mut parts = Parts(text);
        let numbers = [touch_points, width, time_zone, color_depth, screen_height, screen_width];
        let facts = listen::facts(&mut parts, tier, is_so, numbers);
        let mut number = 0;
        while !parts.0.is_empty() {
            if let Ok(Some(name)) = parts.name() {
                self.signals.name_field(number, name.as_str());
            }
            number += 1;
        }
        self.signals.tier = facts.tier;
        self.claim = self.signals.to_json(&facts, now);
        // All of it is ASCII, unless a page made a user agent of its own. To show that would cost 300 bytes of the module.
        self.claim.iter().map(|byte| char::from(byte & 0x7f)).collect()
    }

    /// Takes what happened, as `pkg/src/listen.js` numbers it; `time` is in milliseconds since any fixed moment.
    pub fn observe(&mut self, kind: u32, time: f64, a: f64, b: f64, c: f64) {
        if let Some(event) = listen::event(kind, a, b, c) {
            self.signals.observe(time, event);
        }
    }

    /// Makes sure that what was taken in can be sealed, and does whatever is left of the preparation at once.
    ///
    /// # Errors
    /// The code of a `FormError`, or `random`.
    pub fn check(&mut self) -> Result<(), JsValue> {
        self.form.check(self.parts.iter().map(|part| &part.fields)).map_err(Failure::from)?;
        Ok(self.finish_preparation().map_err(Failure::from)?)
    }

    /// Seals what was taken in and forgets it: a compact JWE and a space for each recipient, in the order in which they
    /// were added. Whatever is left of the preparation is done at once.
    ///
    /// `iat` is in seconds since 1970-01-01 UTC. `page` is its origin and, with NUL between them, the signed session where there is one.
    ///
    /// # Errors
    /// The code of a `FormError`, or `random`.
    pub fn seal(&mut self, iat: u32, page: &str) -> Result<String, JsValue> {
        Ok(self.try_seal(iat, page)?)
    }

    /// Forgets what was taken in and overwrites the stack, where the compiler leaves copies of keys that no destructor knows.
    ///
    /// To be called after everything else, from JavaScript, where nothing of ours is on the stack.
    #[expect(clippy::large_stack_arrays, reason = "it is the stack that is to be overwritten")]
    pub fn clear(&mut self) {
        self.form = Form::new();
        black_box([0_u8; 64 * 1024]);
    }
}

impl Checkout {
    fn try_prepare(&mut self) -> Result<bool, RandomError> {
        if self.jti.is_none() {
            let mut random = [0; 16];
            SysRng.try_fill_bytes(&mut random).map_err(|_| RandomError)?;
            self.jti = Some(Jti::from_random(random));
        }
        for part in &mut self.parts {
            if part.sealer.is_some() {
                continue;
            }
            let preparation = match part.preparation.as_mut() {
                Some(preparation) => preparation,
                None => part.preparation.insert(Box::new(Preparation::new(&part.recipient, &mut SysRng)?)),
            };
            if preparation.step() {
                part.sealer = part.preparation.take().map(|done| Box::new(done.finish()));
            }
            return Ok(false);
        }
        Ok(true)
    }

    fn finish_preparation(&mut self) -> Result<(), RandomError> {
        while !self.try_prepare()? {}
        Ok(())
    }

    fn try_seal(&mut self, iat: u32, page: &str) -> Result<String, Failure> {
        let form = mem::take(&mut self.form);
        self.finish_preparation()?;
        let jti = self.jti.take().ok_or(RandomError)?;
        let mut recipients = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            if let Some(sealer) = part.sealer.take() {
                recipients.push((*sealer, &part.fields));
            }
        }
        let mut parts = Parts(page);
        let (origin, session) = (parts.next(), parts.rest());
        let context = Context { jti, iat: iat.into(), origin, session, signals: &self.claim };
        let mut sealed = String::new();
        for envelope in form.seal(recipients, &context)? {
            sealed.push_str(&envelope);
            sealed.push(' ');
        }
        Ok(sealed)
    }
}

/// Texts with NUL between them: one text across the boundary costs less than several.
pub(crate) struct Parts<'a>(pub(crate) &'a str);

impl<'a> Parts<'a> {
    pub(crate) fn next(&mut self) -> &'a str {
        let end = self.0.bytes().position(|byte| byte == 0).unwrap_or(self.0.len());
        let (part, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or("");
        part
    }

    /// The name that `data-seal`, else `autocomplete` gives a field.
    pub(crate) fn name(&mut self) -> Result<Option<FieldName>, FormError> {
        match (self.next(), self.next()) {
            ("", autocomplete) => FieldName::from_autocomplete(autocomplete),
            (data_seal, _) => FieldName::parse(data_seal).map(Some),
        }
    }

    fn rest(&self) -> &'a str {
        self.0
    }
}

fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b"0123456789"[number % 10]));
}

fn jwk(members: &mut SplitAsciiWhitespace) -> Option<Jwk> {
    let mut next = || members.next().map(|member| String::from(if member == "-" { "" } else { member }));
    Some(Jwk { kty: next()?, crv: next()?, x: next()?, y: next()?, alg: next()?, kid: next()? })
}
