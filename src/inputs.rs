//! The form's controls as the protocol sees them: which are sealed, under what name, and what stands in them.

use crate::error::Failure;
use alloc::string::String;
use js_sys::Array;
use tillseal_protocol::{FieldName, Form, FormError};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

#[wasm_bindgen]
extern "C" {
    /// An `<input>`, `<select>` or `<textarea>`; the DOM has no common interface for them.
    type Control;

    #[wasm_bindgen(method, js_name = getAttribute)]
    fn attribute(this: &Control, name: &str) -> Option<String>;
    #[wasm_bindgen(method)]
    fn matches(this: &Control, selector: &str) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Control) -> String;
}

/// Reads every sealed control of a form into its typed fields.
pub(crate) fn read(elements: &JsValue) -> Result<Form, Failure> {
    let mut form = Form::new();
    for (control, name) in sealed(elements) {
        let name = name.ok_or(FormError::Name)?;
        // What the browser would not send is not sealed either.
        if control.matches(":disabled, [type=checkbox]:not(:checked), [type=radio]:not(:checked)") {
            continue;
        }
        let value = Zeroizing::new(control.value());
        form.input(name.clone(), &value).map_err(|error| Failure::of_field(error, name))?;
    }
    Ok(form)
}

/// The `name` attributes of sealed controls, which the browser would send in plain.
pub(crate) fn exposed(elements: &JsValue) -> Array {
    sealed(elements).filter_map(|(control, _)| control.attribute("name")).map(JsValue::from).collect()
}

/// The sealed controls with the names of their fields; `None` for a `data-seal` that is no name.
fn sealed(elements: &JsValue) -> impl Iterator<Item = (Control, Option<FieldName>)> {
    Array::from(elements).into_iter().filter_map(|element| {
        let control: Control = element.unchecked_into();
        let name = match control.attribute("data-seal") {
            Some(name) => FieldName::parse(&name),
            None => Some(FieldName::from_autocomplete(&control.attribute("autocomplete")?)?),
        };
        Some((control, name))
    })
}
