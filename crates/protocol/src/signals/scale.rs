//! Buckets: what is sent of a number is the lower edge of the bucket that it falls into.

/// The buckets of one value.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// The value's name on the wire.
    pub name: &'static str,
    /// The lower edges, ascending, the first of them 0.
    pub edges: &'static [u16],
}

impl Scale {
    /// The greatest edge that is not above the number; 0 for what is below all of them, or no number.
    #[must_use]
    pub fn bucket(&self, number: f64) -> u16 {
        let mut found = 0;
        for edge in self.edges {
            if number >= f64::from(*edge) {
                found = *edge;
            }
        }
        found
    }
}

/// How many samples fell into each bucket: all that is kept of a series, so there is no series to leak.
#[derive(Default)]
pub(super) struct Histogram([u32; 8]);

impl Histogram {
    pub(super) fn add(&mut self, scale: &Scale, sample: f64) {
        let bucket = scale.bucket(sample);
        for (edge, count) in scale.edges.iter().zip(&mut self.0) {
            *count += u32::from(*edge == bucket);
        }
    }

    /// The bucket of the sample below which `percent` of them lie.
    pub(super) fn percentile(&self, scale: &Scale, percent: u32) -> f64 {
        let all: u32 = self.0.iter().sum();
        let mut below = 0;
        for (edge, count) in scale.edges.iter().zip(&self.0) {
            below += count;
            if below * 100 > all * percent {
                return f64::from(*edge);
            }
        }
        0.0
    }
}

/// Count, mean and spread of a series that is not kept.
#[derive(Default)]
pub(super) struct Moments {
    pub(super) count: u32,
    sum: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn add(&mut self, sample: f64) {
        self.count += 1;
        self.sum += sample;
        self.squares += sample * sample;
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / f64::from(self.count.max(1))
    }

    /// The standard deviation in percent of the mean.
    pub(super) fn spread(&self) -> f64 {
        let mean = self.mean();
        let variance = self.squares / f64::from(self.count.max(1)) - mean * mean;
        if mean > 0.0 { libm::sqrt(variance.max(0.0)) / mean * 100.0 } else { 0.0 }
    }
}

/// A part of a whole, in percent.
pub(super) fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) * 100.0 / f64::from(whole.max(1))
}
