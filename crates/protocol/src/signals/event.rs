//! What happens on the page, without what was typed: no key, no value, no place in a text.

/// One thing that happened. Only what a browser vouches for (`isTrusted`) comes as itself.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// A pointer moved, to CSS pixels of the viewport.
    Move {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
    },
    /// A mouse came over another element.
    Over,
    /// A pointer was pressed.
    Down {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// By what.
        tool: Tool,
        /// Without the pressure of 0.5 that Pointer Events §4.1.3 gives a button that is down.
        is_weightless: bool,
    },
    /// It was let go.
    Up {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
    },
    /// A click, whatever made it.
    Click,
    /// A key that writes went down.
    KeyDown {
        /// The one before was still down.
        is_rollover: bool,
    },
    /// A key that does not write, or that repeats.
    Press,
    /// A key went up that was down for so many milliseconds.
    KeyUp {
        /// In milliseconds.
        dwell: f64,
    },
    /// A field's value changed, and an event said so.
    Input {
        /// The field's number.
        field: usize,
        /// How.
        entry: Entry,
        /// Where in a card number.
        place: Place,
    },
    /// A field's value is another than the last event left.
    SilentChange {
        /// The field's number.
        field: usize,
    },
    /// A field got the focus.
    Focus {
        /// The field's number.
        field: usize,
    },
    /// The field that had the focus lost it.
    Blur,
    /// The page went out of sight.
    Hide,
    /// It came back.
    Show,
    /// The window lost the focus.
    Away,
    /// The page was scrolled.
    Scroll,
    /// The device was turned.
    Turn,
    /// A script made an event of a key, a pointer or a click.
    Scripted,
}

/// What pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// A mouse or a touchpad.
    Mouse,
    /// A finger or a pen.
    Touch,
}

/// How text came into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// By keys, or by what stands in for them: an input method, a voice.
    Typed,
    /// As `Typed`, inside of an input method's composition, which has keys of its own.
    Composed,
    /// As `Typed`, but text went.
    Deleted,
    /// From the clipboard, or dropped.
    Pasted,
    /// By the browser.
    Autofilled,
    /// By a script: a password manager, the page itself, a bot.
    Script,
    /// A choice in a list.
    Chosen,
}

/// Where in a card number a digit was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In another field.
    Elsewhere,
    /// Within one of its groups.
    Within,
    /// The first of a group behind the first.
    GroupStart,
}
