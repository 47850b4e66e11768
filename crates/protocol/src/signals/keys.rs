//! The rhythm of the keys, without which they were.

use super::{
    Event,
    event::Place,
    scale::{Histogram, Moments, Scale, share},
};

/// Milliseconds that a key is down; at most eight edges, as for every scale by which is counted.
const DWELLS: &[u16] = &[0, 10, 40, 80, 120, 200, 400];

/// Milliseconds from one key going down to the next, in one field.
const FLIGHTS: &[u16] = &[0, 10, 50, 100, 200, 400, 1000, 2000];

/// The values: medians, ninth deciles, and deviations in percent of the mean.
pub static SCALES: [Scale; 9] = [
    Scale { name: "count", edges: &[0, 1, 10, 30, 100] },
    Scale { name: "dwellMedian", edges: DWELLS },
    Scale { name: "dwellHigh", edges: DWELLS },
    Scale { name: "dwellSpread", edges: &[0, 5, 15, 30, 60] },
    Scale { name: "flightMedian", edges: FLIGHTS },
    Scale { name: "flightHigh", edges: FLIGHTS },
    Scale { name: "flightSpread", edges: &[0, 5, 15, 40, 80] },
    // Percent of the keys that went down while another was.
    Scale { name: "rolloverShare", edges: &[0, 1, 10, 30] },
    // The pause before a group of the card number in percent of that within groups.
    Scale { name: "groupPause", edges: &[0, 70, 130, 180, 300] },
];
static DWELL: &Scale = &SCALES[1];
static FLIGHT: &Scale = &SCALES[4];

/// A pause of this many milliseconds is one in which somebody does something else.
const PAUSE: f64 = 5000.0;

#[derive(Default)]
pub(super) struct Keys {
    count: u32,
    rollovers: u32,
    last: Option<f64>,
    flight: f64,
    dwells: Histogram,
    dwell: Moments,
    flights: Histogram,
    flight_moments: Moments,
    within: Moments,
    between: Moments,
}

impl Keys {
    pub(super) fn observe(&mut self, time: f64, event: Event) {
        match event {
            Event::KeyDown { is_rollover } => {
                self.count += 1;
                self.rollovers += u32::from(is_rollover);
                self.flight = self.last.replace(time).map_or(0.0, |last| time - last);
                if self.flight > 0.0 && self.flight < PAUSE {
                    self.flight_moments.add(self.flight);
                    self.flights.add(FLIGHT, self.flight);
                } else {
                    self.flight = 0.0;
                }
            }
            Event::KeyUp { dwell } => {
                self.dwell.add(dwell);
                self.dwells.add(DWELL, dwell);
            }
            Event::Input { place, .. } if self.flight > 0.0 => {
                match place {
                    Place::Elsewhere => {}
                    Place::Within => self.within.add(self.flight),
                    Place::GroupStart => self.between.add(self.flight),
                }
                self.flight = 0.0;
            }
            // The way from field to field is no rhythm.
            Event::Focus { .. } | Event::Hide | Event::Away => self.last = None,
            _ => {}
        }
    }

    pub(super) fn numbers(&self) -> [f64; SCALES.len()] {
        let (between, within) = (self.between.mean(), self.within.mean());
        [
            f64::from(self.count),
            self.dwells.percentile(DWELL, 50),
            self.dwells.percentile(DWELL, 90),
            self.dwell.spread(),
            self.flights.percentile(FLIGHT, 50),
            self.flights.percentile(FLIGHT, 90),
            self.flight_moments.spread(),
            share(self.rollovers, self.count),
            if self.between.count > 1 && within > 0.0 { between / within * 100.0 } else { 0.0 },
        ]
    }
}
