//! How a pointer moved: a dozen aggregates that tell a hand from a program, and hardly one hand from another.
//!
//! A hand is a mass: it is sampled on its way, so a longer interval holds a longer stretch; it cannot turn sharply at speed, nor
//! stand still for one sample in the middle of a movement. A program writes positions one by one, and whatever delays an event
//! does not lengthen its step.
//!
//! Nothing here depends on where on the page the pointer was. Coordinates count in whole pixels, because fractions tell of the
//! recorder alone.

use super::scale::{Moments, Scale};
use alloc::vec::Vec;

/// The values: shares and spreads in percent.
pub static SCALES: [Scale; 8] = [
    // Samples that stand still beside one of three pixels or between two of two.
    Scale { name: "stallShare", edges: &[0, 1, 2, 4, 6, 10] },
    // Intervals within a tenth of the typical one.
    Scale { name: "evenShare", edges: &[0, 20, 30, 40, 50, 60, 70, 80] },
    // Intervals within a tenth of the one before.
    Scale { name: "repeatShare", edges: &[0, 10, 20, 30, 50, 70, 90] },
    // The standard deviation of intervals, of their mean.
    Scale { name: "intervalSpread", edges: &[0, 5, 10, 20, 30, 40, 60, 80] },
    // Whether longer intervals hold longer ways: 100 always, 50 no matter, 0 never.
    Scale { name: "wayCorrelation", edges: &[0, 40, 50, 60, 70, 80, 90] },
    // By how much more way than the one before, for how much more time: 100 for as much, 50 for none.
    Scale { name: "waySlope", edges: &[0, 50, 60, 70, 80, 90, 100] },
    // Whether one speed goes with the next one.
    Scale { name: "speedCorrelation", edges: &[0, 40, 50, 60, 70, 80, 90] },
    // Turns of more than 45 degrees between steps of four pixels or more.
    Scale { name: "cornerShare", edges: &[0, 1, 5, 15, 30] },
];

/// What a motion was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The pointer, or a finger on the glass, moved.
    Move,
    /// A button went down, or a finger.
    Down,
    /// It went up again.
    Up,
}

/// One event of a pointer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Milliseconds since any moment, the same one for all motions.
    pub time: f64,
    /// CSS pixels from the left, of any origin.
    pub x: f64,
    /// CSS pixels from the top.
    pub y: f64,
    /// What it was.
    pub step: Step,
}

/// The latest motions of a page's pointer: 512 of them, 16 KiB.
#[derive(Debug, Default)]
pub struct Path {
    motions: Vec<Motion>,
    /// Where the oldest motion stands once the ring is full.
    oldest: usize,
}

/// How many motions are kept.
const LATEST: usize = 512;
/// With fewer moves than these there are no values: shares of a handful say little, and say it loudly.
const FEWEST: u32 = 10;
/// A longer interval is a rest, not a part of a movement, in milliseconds.
const REST: f64 = 150.0;
/// Events this close to one another, in milliseconds, are one sample: some browsers hand on the last place before a frame and the
/// first one after it.
const SAMPLE: f64 = 6.0;

impl Path {
    /// Takes note of a motion; the oldest one is forgotten for it if there are 512.
    pub fn observe(&mut self, motion: Motion) {
        if self.motions.len() < LATEST {
            self.motions.push(motion);
        } else if let Some(oldest) = self.motions.get_mut(self.oldest) {
            *oldest = motion;
            self.oldest = (self.oldest + 1) % LATEST;
        }
    }

    /// The values as they are sent, each the edge of its bucket. Nothing for fewer than ten moves.
    #[must_use]
    pub fn values(&self) -> Option<[u16; SCALES.len()]> {
        let numbers = self.numbers()?;
        let mut values = [0; SCALES.len()];
        for ((value, number), scale) in values.iter_mut().zip(numbers).zip(&SCALES) {
            *value = scale.bucket(number);
        }
        Some(values)
    }

    /// The numbers of [`SCALES`], before they are put into buckets. Nothing for fewer than ten moves.
    #[must_use]
    pub fn numbers(&self) -> Option<[f64; SCALES.len()]> {
        let (newer, older) = self.motions.split_at(self.oldest.min(self.motions.len()));
        let mut course = Course::default();
        let mut last = None::<Motion>;
        for motion in older.iter().chain(newer) {
            if let Some(before) = last.replace(*motion)
                && motion.step == Step::Move
            {
                // Clocks have been seen to go back.
                let time = at_least(motion.time - before.time, 0.0);
                course.advance(time, pixel(motion.x) - pixel(before.x), pixel(motion.y) - pixel(before.y));
            }
        }
        course.finish()
    }
}

/// One step of a movement.
#[derive(Clone, Copy, Default)]
struct Stride {
    time: f64,
    x: f64,
    y: f64,
}

impl Stride {
    fn length(self) -> f64 {
        libm::sqrt(self.x * self.x + self.y * self.y)
    }

    fn speed(self) -> f64 {
        // Some clocks count whole milliseconds, so an interval may be none.
        self.length() / at_least(self.time, 1.0)
    }

    /// Whether it is part of a movement, not its beginning after a rest.
    fn flows(self) -> bool {
        self.time <= REST
    }
}

/// What the values are counted from, step by step.
#[derive(Default)]
struct Course {
    moves: u32,
    /// Between one event and a move, rests left out.
    intervals: Vec<f64>,
    interval: Moments,
    repeats: Share,
    /// The sample that is not over, and for how long it has been going on behind its first event.
    sample: Option<Stride>,
    since: f64,
    /// The two samples before, and the stride.
    before: [Option<Stride>; 2],
    stride: Option<Stride>,
    /// Time in which nothing moved, which counts to the next stride.
    waited: f64,
    stalls: Share,
    corners: Share,
    way: Correlation,
    speed: Correlation,
    together: f64,
    alone: f64,
}

impl Course {
    fn advance(&mut self, time: f64, x: f64, y: f64) {
        self.moves += 1;
        if time <= REST {
            if let Some(before) = self.intervals.last() {
                self.repeats.add(10.0 * (time - before).abs() <= at_least(time, *before));
            }
            self.intervals.push(time);
            self.interval.add(time);
        }
        self.since += time;
        if let Some(sample) = &mut self.sample
            && self.since < SAMPLE
        {
            *sample = Stride { time: sample.time + time, x: sample.x + x, y: sample.y + y };
            return;
        }
        self.since = 0.0;
        if let Some(sample) = self.sample.replace(Stride { time, x, y }) {
            self.take_sample(sample);
        }
    }

    fn take_sample(&mut self, c: Stride) {
        let [a, b] = self.before;
        if let Some(a) = a
            && let Some(b) = b
        {
            let (before, after) = (a.length(), c.length());
            let moves_around = before >= 3.0 || after >= 3.0 || (before >= 2.0 && after >= 2.0);
            self.stalls.add(b.length() == 0.0 && moves_around && a.flows() && b.flows() && c.flows());
        }
        self.before = [b, Some(c)];
        self.waited += c.time;
        if c.length() > 0.0 {
            self.take_stride(Stride { time: self.waited, ..c });
            self.waited = 0.0;
        }
    }

    fn take_stride(&mut self, b: Stride) {
        let length = b.length();
        if b.flows() {
            self.way.add(b.time, length);
        }
        let Some(a) = self.stride.replace(b) else { return };
        let before = a.length();
        self.speed.add(a.speed(), b.speed());
        self.corners.add(before >= 4.0 && length >= 4.0 && a.x * b.x + a.y * b.y < 0.7 * before * length);
        if a.flows() && b.flows() {
            // How much more of a way goes with how much more time, each relative to its own size.
            let way = (length - before) / at_least(before + length, 1.0);
            let time = (b.time - a.time) / at_least(a.time + b.time, 1.0);
            self.together += way * time;
            self.alone += time * time;
        }
    }

    fn finish(mut self) -> Option<[f64; SCALES.len()]> {
        if self.moves < FEWEST {
            return None;
        }
        if let Some(sample) = self.sample {
            self.take_sample(sample);
        }
        let typical = median(&self.intervals);
        let mut even = Share::default();
        for interval in &self.intervals {
            even.add(10.0 * (interval - typical).abs() <= typical);
        }
        Some([
            self.stalls.percent(),
            even.percent(),
            self.repeats.percent(),
            self.interval.spread(),
            self.way.percent(),
            50.0 + 50.0 * self.together / at_least(self.alone, 0.001),
            self.speed.percent(),
            self.corners.percent(),
        ])
    }
}

/// How often something holds.
#[derive(Default)]
struct Share {
    held: u32,
    all: u32,
}

impl Share {
    fn add(&mut self, holds: bool) {
        self.all += 1;
        self.held += u32::from(holds);
    }

    fn percent(&self) -> f64 {
        super::scale::share(self.held, self.all)
    }
}

/// Pearson's correlation of a series of pairs.
#[derive(Default)]
struct Correlation {
    count: f64,
    a: f64,
    b: f64,
    aa: f64,
    ab: f64,
    bb: f64,
}

impl Correlation {
    fn add(&mut self, a: f64, b: f64) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.ab += a * b;
        self.bb += b * b;
    }

    /// From -1 to 1, as 0 to 100; 50 where there is none to speak of.
    fn percent(&self) -> f64 {
        let both = self.count * self.ab - self.a * self.b;
        let size = (self.count * self.aa - self.a * self.a) * (self.count * self.bb - self.b * self.b);
        if self.count < 4.0 || size < 1e-6 { 50.0 } else { 50.0 + 50.0 * both / libm::sqrt(size) }
    }
}

/// The middle one, by counting: sorting would be more code than all the rest.
fn median(numbers: &[f64]) -> f64 {
    let middle = numbers.len() / 2;
    for number in numbers {
        let below = numbers.iter().filter(|other| *other < number).count();
        let up_to = numbers.iter().filter(|other| *other <= number).count();
        if below <= middle && middle < up_to {
            return *number;
        }
    }
    0.0
}

/// The whole pixel, of a number that may be anything.
fn pixel(place: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and takes NaN for 0")]
    let whole = libm::floor(place + 0.5) as i32;
    f64::from(whole)
}

fn at_least(number: f64, least: f64) -> f64 {
    // Not f64::max, whose answer to NaN costs bytes; there is no NaN here.
    if number < least { least } else { number }
}
