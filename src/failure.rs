//! The one map from our errors to what JavaScript catches: a text, `code` or `code field name`.

use alloc::string::String;
use tillseal_protocol::{FieldName, FormError, KeyError, RandomError};
use wasm_bindgen::JsValue;

/// Why a call from JavaScript failed. The shim turns the code into words.
pub(crate) struct Failure {
    code: &'static str,
    field: Option<FieldName>,
}

impl Failure {
    pub(crate) fn of_field(error: FormError, field: FieldName) -> Self {
        Self { code: error.code(), field: Some(field) }
    }
}

impl From<FormError> for Failure {
    fn from(error: FormError) -> Self {
        Self { code: error.code(), field: None }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self { code: error.code(), field: None }
    }
}

impl From<RandomError> for Failure {
    fn from(_: RandomError) -> Self {
        Self { code: "random", field: None }
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let mut text = String::from(failure.code);
        if let Some(field) = failure.field {
            text.push(' ');
            text.push_str(field.as_str());
        }
        JsValue::from_str(&text)
    }
}
