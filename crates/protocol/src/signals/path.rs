//! How a pointer moved: eight aggregates that tell a hand from a program, and hardly one hand from another.
//!
//! A hand is a mass: it is sampled on its way, so a longer interval holds a longer stretch; it cannot turn sharply
//! at speed, nor stand still for one sample in the middle of a movement. A program writes positions one by one,
//! and whatever delays an event does not lengthen its step.
//!
//! Nothing here depends on where on the page the pointer was. Coordinates count in whole pixels, because
//! fractions tell of the recorder alone. All arithmetic is exact to the bit on every machine: `+ - * /`, square
//! roots and comparisons.

use super::scale::Scale;
use alloc::vec::Vec;
use libm::sqrt;

/// The values, in the order in which they are sent.
pub static SCALES: [Scale; 8] = [
    // Samples that stand still beside one of three pixels or between two of two.
    Scale { name: "stallShare", edges: &[0, 1, 2, 4, 6, 10] },
    // Intervals within a tenth of the typical one.
    Scale { name: "evenShare", edges: &[0, 20, 35, 50, 65, 80] },
    // Intervals within a tenth of the one before.
    Scale { name: "repeatShare", edges: &[0, 10, 20, 40, 60, 85] },
    // The standard deviation of intervals, of their mean.
    Scale { name: "intervalSpread", edges: &[0, 8, 15, 25, 40, 60] },
    // Whether longer intervals hold longer ways: 100 always, 50 no matter, 0 never.
    Scale { name: "wayCorrelation", edges: &[0, 40, 50, 60, 70, 80] },
    // By how much more way than the one before, for how much more time: 100 for as much, 50 for none.
    Scale { name: "waySlope", edges: &[0, 50, 60, 75, 90] },
    // Whether one speed goes with the next one.
    Scale { name: "speedCorrelation", edges: &[0, 40, 55, 70, 85] },
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
const FEWEST: usize = 10;
/// A longer interval is a rest, not a part of a movement, in milliseconds.
const REST: f64 = 150.0;
/// Events this close to one another, in milliseconds, are one sample: some browsers hand on the last place before
/// a frame and the first one after it.
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

    /// What is sent of the motions: for each of [`SCALES`] its bucket. Nothing for fewer than ten moves.
    #[must_use]
    pub fn values(&self) -> Option<[u16; SCALES.len()]> {
        let numbers = self.numbers()?;
        let mut values = [0; SCALES.len()];
        for ((value, number), scale) in values.iter_mut().zip(numbers).zip(&SCALES) {
            *value = scale.bucket(number);
        }
        Some(values)
    }

    /// The numbers behind [`values`](Self::values), for training and tests; they never leave a page.
    #[must_use]
    pub fn numbers(&self) -> Option<[f64; SCALES.len()]> {
        let (mut intervals, mut moves) = (Vec::new(), 0);
        let mut course = Course::default();
        let (mut last, mut sample, mut since) = (None::<&Motion>, None::<Stride>, 0.0);
        for place in 0..self.motions.len() {
            let Some(motion) = self.motions.get((self.oldest + place) % LATEST) else { continue };
            let Some(before) = last.replace(motion) else { continue };
            if motion.step != Step::Move {
                continue;
            }
            moves += 1;
            // Clocks have been seen to go back.
            let time = at_least(motion.time - before.time, 0.0);
            let (x, y) = (pixel(motion.x) - pixel(before.x), pixel(motion.y) - pixel(before.y));
            if time <= REST {
                intervals.push(time);
            }
            since += time;
            sample = Some(match sample {
                Some(first) if since < SAMPLE => Stride::new(first.time + time, first.x + x, first.y + y),
                whole => {
                    course.sample(whole);
                    since = 0.0;
                    Stride::new(time, x, y)
                }
            });
        }
        course.sample(sample);
        if moves < FEWEST {
            return None;
        }

        let typical = median(&intervals);
        let (mut even, mut repeated, mut pace) = (Share::default(), Share::default(), Pairs::default());
        let mut last = None;
        for interval in intervals {
            even.note(10.0 * distance(interval, typical) <= typical);
            if let Some(before) = last.replace(interval) {
                repeated.note(10.0 * distance(interval, before) <= at_least(interval, before));
            }
            pace.note(interval, 0.0);
        }
        Some([
            course.stalls.percent(),
            even.percent(),
            repeated.percent(),
            100.0 * sqrt(pace.spread_of_a()) / at_least(pace.a, 1.0),
            course.ways.correlation(),
            50.0 + 50.0 * course.together / at_least(course.alone, 0.001),
            course.speeds.correlation(),
            course.corners.percent(),
        ])
    }
}

/// One step of a movement.
#[derive(Clone, Copy)]
struct Stride {
    time: f64,
    x: f64,
    y: f64,
    length: f64,
}

impl Stride {
    fn new(time: f64, x: f64, y: f64) -> Self {
        Self { time, x, y, length: sqrt(x * x + y * y) }
    }

    fn speed(&self) -> f64 {
        // Some clocks count whole milliseconds, so an interval may be none.
        self.length / at_least(self.time, 1.0)
    }

    /// Whether it is part of a movement, not its beginning after a rest.
    fn flows(&self) -> bool {
        self.time <= REST
    }
}

/// What is kept of a course while it is gone through, step by step.
#[derive(Default)]
struct Course {
    /// The last sample, and the one before it.
    samples: (Option<Stride>, Option<Stride>),
    /// The last step that moved something, and the time since.
    stride: Option<Stride>,
    waited: f64,
    stalls: Share,
    corners: Share,
    ways: Pairs,
    speeds: Pairs,
    together: f64,
    alone: f64,
}

impl Course {
    fn sample(&mut self, sample: Option<Stride>) {
        let Some(sample) = sample else { return };
        if let (Some(b), Some(a)) = self.samples {
            let moves_around =
                at_least(a.length, sample.length) >= 3.0 || (a.length >= 2.0 && sample.length >= 2.0);
            self.stalls.note(b.length == 0.0 && moves_around && a.flows() && b.flows() && sample.flows());
        }
        self.samples = (Some(sample), self.samples.0);

        // The time of samples that moved nothing counts to the next one that does.
        self.waited += sample.time;
        if sample.length > 0.0 {
            self.stride(Stride { time: self.waited, ..sample });
            self.waited = 0.0;
        }
    }

    fn stride(&mut self, b: Stride) {
        if let Some(a) = self.stride.replace(b) {
            let is_visible = a.length >= 4.0 && b.length >= 4.0;
            self.corners.note(is_visible && a.x * b.x + a.y * b.y < 0.7 * a.length * b.length);
            self.speeds.note(a.speed(), b.speed());
            if a.flows() && b.flows() {
                // How much more of a way goes with how much more time, each relative to its own size.
                let way = (b.length - a.length) / at_least(a.length + b.length, 1.0);
                let time = (b.time - a.time) / at_least(a.time + b.time, 1.0);
                self.together += way * time;
                self.alone += time * time;
            }
        }
        if b.flows() {
            self.ways.note(b.time, b.length);
        }
    }
}

/// How many of how many.
#[derive(Default)]
struct Share {
    held: f64,
    all: f64,
}

impl Share {
    fn note(&mut self, holds: bool) {
        self.all += 1.0;
        if holds {
            self.held += 1.0;
        }
    }

    /// None of nothing is 0.
    fn percent(&self) -> f64 {
        100.0 * self.held / at_least(self.all, 1.0)
    }
}

/// Sums over pairs of numbers.
#[derive(Default)]
struct Pairs {
    count: f64,
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
}

impl Pairs {
    // Called from several places, and no faster for being copied into each.
    #[inline(never)]
    fn note(&mut self, a: f64, b: f64) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    fn spread_of_a(&self) -> f64 {
        spread(self.count * self.aa, self.a * self.a)
    }

    /// Pearson's correlation from -1 to 1, as 0 to 100; 50 where there is none to speak of.
    fn correlation(&self) -> f64 {
        let size = sqrt(self.spread_of_a() * spread(self.count * self.bb, self.b * self.b));
        if self.count < 4.0 || size == 0.0 {
            return 50.0;
        }
        50.0 + 50.0 * (self.count * self.ab - self.a * self.b) / size
    }
}

/// The difference, unless it is so small that it is but rounding.
fn spread(squares: f64, square: f64) -> f64 {
    let spread = squares - square;
    if spread > 1e-9 * squares { spread } else { 0.0 }
}

/// The middle one, by counting: sorting would be more code than all the rest.
fn median(numbers: &[f64]) -> f64 {
    for number in numbers {
        let (mut below, mut up_to) = (0, 0);
        for other in numbers {
            below += usize::from(other < number);
            up_to += usize::from(other <= number);
        }
        if below <= numbers.len() / 2 && numbers.len() / 2 < up_to {
            return *number;
        }
    }
    0.0
}

fn distance(a: f64, b: f64) -> f64 {
    if a < b { b - a } else { a - b }
}

fn at_least(number: f64, least: f64) -> f64 {
    // This way round NaN, as of a clock that read infinity twice, becomes the least.
    if number > least { number } else { least }
}

/// The whole pixel below, of a number that may be anything.
fn pixel(place: f64) -> f64 {
    // Casting cuts towards zero; no page is a million pixels to the left of its origin.
    const FAR: i32 = 1 << 20;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and takes NaN for 0")]
    let whole = (place + f64::from(FAR) + 0.5) as i32;
    f64::from(whole) - f64::from(FAR)
}
