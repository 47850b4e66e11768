//! JSON objects, member by member.

use super::scale::Scale;
use crate::claims::{push_signed, push_text};
use alloc::vec::Vec;

/// An object that is being written.
pub(super) struct Object<'a> {
    json: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> Object<'a> {
    pub(super) fn open(json: &'a mut Vec<u8>) -> Self {
        Self { json, separator: b'{' }
    }

    /// Begins a member, and gives the buffer into which its value goes.
    pub(super) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.json.push(self.separator);
        self.separator = b',';
        push_text(self.json, name);
        self.json.push(b':');
        self.json
    }

    pub(super) fn word(&mut self, name: &str, word: &str) {
        push_text(self.member(name), word);
    }

    pub(super) fn number(&mut self, name: &str, number: i32) {
        push_signed(self.member(name), number);
    }

    /// The buckets of numbers, each by its scale; what is 0 is left out.
    pub(super) fn buckets(&mut self, scales: &[Scale], numbers: &[f64]) {
        for (scale, number) in scales.iter().zip(numbers) {
            let bucket = scale.bucket(*number);
            if bucket != 0 {
                self.number(scale.name, bucket.into());
            }
        }
    }

    /// A member that is an object of buckets alone.
    pub(super) fn group(&mut self, name: &str, scales: &[Scale], numbers: &[f64]) {
        let mut group = Object::open(self.member(name));
        group.buckets(scales, numbers);
        group.close();
    }

    pub(super) fn close(self) {
        if self.separator == b'{' {
            self.json.push(b'{');
        }
        self.json.push(b'}');
    }
}
