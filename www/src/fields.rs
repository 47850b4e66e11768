//! What the fields of the checkout page are called.

/// Labels in the order of the page; a field of another name is shown by its name alone.
const LABELS: [(&str, &str); 13] = [
    ("email", "Email"),
    ("tel", "Phone"),
    ("shipping name", "Full name"),
    ("shipping address-line1", "Street and number"),
    ("shipping postal-code", "Postcode"),
    ("shipping address-level2", "City"),
    ("shipping country", "Country"),
    ("courier-note", "Note for the courier"),
    ("cc-number", "Card number"),
    ("cc-type", "Card brand"),
    ("cc-exp", "Expiry date"),
    ("cc-csc", "Security code"),
    ("cc-name", "Name on card"),
];

/// What a field of the checkout page is called.
pub(crate) fn label(name: &str) -> Option<&'static str> {
    LABELS.get(place(name)).map(|(_, label)| *label)
}

/// Where a field stands among those of the checkout page, which come before any other.
pub(crate) fn place(name: &str) -> usize {
    LABELS.iter().position(|(field, _)| *field == name).unwrap_or(LABELS.len())
}
