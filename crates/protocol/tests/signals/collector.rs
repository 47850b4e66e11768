//! The collector, event by event: what each adds to which value, and what none of them may.

use crate::{
    Worst, assert_only_edges, claim, collector, input, key, mouse, moved, read, scales, times, touch,
};
use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use std::{collections::BTreeSet, iter};
use tillseal_protocol::{
    browser::BrowserFacts,
    signals::{Entry, Event, Facts, Place, Tier, Tool},
};

const ENTRIES: [(Entry, &str); 6] = [
    (Entry::Typed, "typed"),
    (Entry::Composed, "typed"),
    (Entry::Pasted, "pasted"),
    (Entry::Autofilled, "autofilled"),
    (Entry::Script, "script"),
    (Entry::Chosen, "chosen"),
];

/// A value of `integrity`, which is 0 where it is left out.
fn integrity(name: &str, events: &[(f64, Event)]) -> i64 {
    claim(Tier::Essential, events, 0.0)["integrity"][name].as_i64().unwrap_or_default()
}

/// The first field.
fn field(events: &[(f64, Event)], now: f64) -> Value {
    claim(Tier::Behaviour, events, now)["fields"]["cc-number"].clone()
}

fn keys(events: &[(f64, Event)]) -> Value {
    claim(Tier::Behaviour, events, 0.0)["keys"].clone()
}

fn session(events: &[(f64, Event)], now: f64) -> Value {
    claim(Tier::Behaviour, events, now)["session"].clone()
}

/// The lower edges of a count that grows by each event.
fn assert_counts(group: &str, name: &str, event: Event) {
    for edge in scales(group).iter().find(|scale| scale.name == name).unwrap().edges {
        let told = |count: u16| {
            let claim = claim(Tier::Behaviour, &times(usize::from(count), event), 0.0);
            let group = if group == "field" { &claim["fields"]["cc-number"] } else { &claim[group] };
            group[name].as_u64().unwrap_or_default()
        };
        assert_eq!(told(*edge), u64::from(*edge), "{name}");
        if *edge > 0 {
            assert!(told(edge - 1) < u64::from(*edge), "{name}");
        }
    }
}

mod integrity {
    use super::*;

    #[test]
    fn what_a_script_does_is_counted() {
        assert_counts("integrity", "scriptedInput", input(0, Entry::Script));
        assert_counts("integrity", "scriptedAction", Event::Scripted);
        assert_counts("integrity", "silentChange", Event::SilentChange { field: 0 });
        for (entry, _) in ENTRIES.iter().filter(|(entry, _)| *entry != Entry::Script) {
            assert_eq!(integrity("scriptedInput", &[(0.0, input(0, *entry))]), 0, "{entry:?}");
        }
    }

    #[test]
    fn text_without_a_key_is_counted() {
        assert_counts("integrity", "keylessInput", input(0, Entry::Typed));
        assert_counts("integrity", "keylessInput", input(0, Entry::Deleted));
        for action in [key(), Event::Press] {
            for entry in [Entry::Typed, Entry::Deleted] {
                assert_eq!(integrity("keylessInput", &[(0.0, action), (1.0, input(0, entry))]), 0);
            }
        }
        // One key, one change.
        let twice = [(0.0, key()), (1.0, input(0, Entry::Typed)), (2.0, input(0, Entry::Typed))];
        assert_eq!(integrity("keylessInput", &twice), 1);
        for entry in [Entry::Composed, Entry::Pasted, Entry::Autofilled, Entry::Script, Entry::Chosen] {
            assert_eq!(integrity("keylessInput", &[(0.0, input(0, entry))]), 0, "{entry:?}");
        }
    }

    #[test]
    fn a_press_where_the_pointer_is_not_is_counted() {
        let pressed = |events: &[(f64, Event)]| integrity("pressWithoutMove", events);
        assert_eq!(pressed(&[(0.0, mouse(5.0, 5.0))]), 1);
        assert_eq!(pressed(&[(0.0, touch(5.0, 5.0))]), 0);
        assert_eq!(pressed(&[(0.0, moved(10.0, 10.0)), (1.0, mouse(14.0, 6.0))]), 0);
        assert_eq!(pressed(&[(0.0, moved(10.0, 10.0)), (1.0, mouse(14.5, 10.0))]), 1);
        assert_eq!(pressed(&[(0.0, moved(10.0, 10.0)), (1.0, mouse(10.0, 5.5))]), 1);
        assert_eq!(pressed(&[(0.0, mouse(5.0, 5.0)), (900.0, mouse(5.0, 5.0))]), 1);
        let mut jumps = Vec::new();
        for place in 0..10 {
            jumps.push((f64::from(place), mouse(f64::from(place) * 100.0, 0.0)));
        }
        assert_eq!(pressed(&jumps), 10);
    }

    #[test]
    fn a_press_at_the_moment_of_arrival_is_counted() {
        let pressed = |over, down, event| integrity("instantPress", &[(over, Event::Over), (down, event)]);
        assert_eq!(pressed(7.0, 7.0, mouse(0.0, 0.0)), 1);
        assert_eq!(pressed(7.0, 7.1, mouse(0.0, 0.0)), 0);
        assert_eq!(pressed(7.0, 7.0, touch(0.0, 0.0)), 0);
        assert_eq!(integrity("instantPress", &[(0.0, mouse(0.0, 0.0))]), 0);
    }

    #[test]
    fn a_press_without_weight_is_counted_where_a_pointer_was_there() {
        let press = |tool, is_weightless| Event::Down { x: 0.0, y: 0.0, tool, is_weightless };
        let after = |before, press| integrity("weightlessPress", &[(0.0, before), (1.0, press)]);
        for before in [moved(1.0, 1.0), mouse(0.0, 0.0)] {
            assert_eq!(after(before, press(Tool::Mouse, true)), 1);
            assert_eq!(after(before, press(Tool::Mouse, false)), 0);
            assert_eq!(after(before, press(Tool::Touch, true)), 0);
        }
        let instant = [(1.0, Event::Over), (1.0, press(Tool::Mouse, true))];
        assert_eq!(integrity("weightlessPress", &instant), 1);
        let mut many = times(10, press(Tool::Mouse, true));
        many.insert(0, (0.0, moved(0.0, 0.0)));
        assert_eq!(integrity("weightlessPress", &many), 10);

        // Assistive technology clicks where no pointer is, also twice in one place.
        assert_eq!(after(moved(90.0, 0.0), press(Tool::Mouse, true)), 0);
        assert_eq!(after(Event::Over, press(Tool::Mouse, true)), 0);
        assert_eq!(integrity("weightlessPress", &times(5, press(Tool::Mouse, true))), 0);
    }

    #[test]
    fn a_focus_that_nothing_led_to_is_counted() {
        let focus = Event::Focus { field: 0 };
        let focused = |events: &[(f64, Event)]| integrity("causelessFocus", events);
        assert_eq!(focused(&[(0.0, focus)]), 1);
        let up = Event::Up { x: 0.0, y: 0.0 };
        for action in [Event::Press, mouse(0.0, 0.0), touch(0.0, 0.0), up, Event::Click] {
            assert_eq!(focused(&[(0.0, action), (1000.0, focus)]), 0, "{action:?}");
            assert_eq!(focused(&[(0.0, action), (1001.0, focus)]), 1, "{action:?}");
        }
        assert_eq!(focused(&[(0.0, key()), (1.0, focus)]), 1, "a key that writes leads nowhere");
        assert_counts("integrity", "causelessFocus", focus);
    }

    #[test]
    fn time_that_stands_still_or_runs_back_is_counted() {
        let stepped = |events: &[(f64, Event)]| integrity("badTimeStep", events);
        assert_eq!(stepped(&[(5.0, moved(0.0, 0.0)), (5.0, moved(1.0, 0.0))]), 1);
        assert_eq!(stepped(&[(5.0, moved(0.0, 0.0)), (4.0, moved(1.0, 0.0))]), 1);
        assert_eq!(stepped(&[(5.0, moved(0.0, 0.0)), (5.1, moved(1.0, 0.0))]), 0);
        assert_eq!(stepped(&[(5.0, key()), (5.0, key())]), 1);
        assert_eq!(stepped(&[(5.0, key()), (6.0, key())]), 0);
        assert_eq!(stepped(&[(5.0, moved(0.0, 0.0)), (5.0, key()), (5.0, Event::Press)]), 0);
        assert_eq!(stepped(&times_apart(21, 0.0, key())), 20);
    }

    #[test]
    fn it_is_told_when_nobody_acted() {
        assert_eq!(integrity("noAction", &[]), 1);
        for action in [key(), Event::Press, mouse(0.0, 0.0), touch(0.0, 0.0), Event::Click] {
            assert_eq!(integrity("noAction", &[(0.0, action)]), 0, "{action:?}");
        }
        let passive = [
            Event::Scripted,
            Event::Over,
            Event::Scroll,
            Event::Turn,
            Event::Hide,
            Event::Show,
            Event::Away,
            Event::Blur,
            Event::Focus { field: 0 },
            Event::SilentChange { field: 0 },
            moved(0.0, 0.0),
            input(0, Entry::Autofilled),
        ];
        for event in passive {
            assert_eq!(integrity("noAction", &[(0.0, event)]), 1, "{event:?}");
        }
    }

    fn times_apart(count: usize, apart: f64, event: Event) -> Vec<(f64, Event)> {
        iter::successors(Some(0.0), |time| Some(time + apart))
            .take(count)
            .map(|time| (time, event))
            .collect()
    }
}

mod fields {
    use super::*;

    #[test]
    fn a_field_says_how_its_text_came() {
        assert_eq!(field(&[], 0.0), json!({ "entry": "none" }));
        for (entry, word) in ENTRIES {
            assert_eq!(field(&[(0.0, input(0, entry))], 0.0)["entry"], word);
            assert_eq!(field(&times(9, input(0, entry)), 0.0)["entry"], word);
            assert_eq!(field(&[(0.0, input(1, entry))], 0.0)["entry"], "none", "another field");
        }
        assert_eq!(field(&[(0.0, Event::SilentChange { field: 0 })], 0.0)["entry"], "script");
    }

    #[test]
    fn ways_that_differ_are_mixed() {
        for (first, first_word) in ENTRIES {
            for (second, second_word) in ENTRIES {
                let told = field(&[(0.0, input(0, first)), (1.0, input(0, second))], 1.0);
                let expected = if first_word == second_word { first_word } else { "mixed" };
                assert_eq!(told["entry"], expected, "{first:?} {second:?}");
                let again = [(0.0, input(0, first)), (1.0, input(0, second)), (2.0, input(0, first))];
                assert_eq!(field(&again, 1.0)["entry"], expected);
            }
        }
    }

    #[test]
    fn a_deletion_is_a_correction_and_no_way() {
        assert_counts("field", "corrections", input(0, Entry::Deleted));
        assert_eq!(
            field(&[(0.0, input(0, Entry::Deleted))], 0.0),
            json!({ "entry": "none", "corrections": 1 })
        );
        for (entry, word) in ENTRIES {
            let events = [(0.0, input(0, entry)), (1.0, input(0, Entry::Deleted)), (2.0, input(0, entry))];
            assert_eq!(field(&events, 0.0), json!({ "entry": word, "corrections": 1 }));
        }
    }

    #[test]
    fn coming_back_is_counted_from_the_second_visit_on() {
        let visits = |count: usize| {
            let visit = [(0.0, Event::Focus { field: 0 }), (0.0, Event::Focus { field: 1 })];
            field(&visit.repeat(count), 0.0)["returns"].as_u64().unwrap_or_default()
        };
        assert_eq!([0, 1, 2, 3, 4, 9].map(visits), [0, 0, 1, 1, 3, 3]);
    }

    #[test]
    fn the_delay_goes_from_the_focus_to_the_first_change() {
        let delay = |events: &[(f64, Event)]| field(events, 0.0)["delay"].as_u64().unwrap_or_default();
        let after = |time: f64| {
            delay(&[(500.0, Event::Focus { field: 0 }), (500.0 + time, input(0, Entry::Typed))])
        };
        let times = [0.0, 49.0, 50.0, 299.0, 300.0, 1000.0, 2999.0, 3000.0, 10_000.0, 1e9];
        assert_eq!(times.map(after), [0, 0, 50, 50, 300, 1000, 1000, 3000, 10_000, 10_000]);
        let focus = (0.0, Event::Focus { field: 0 });
        assert_eq!(delay(&[focus, (60.0, input(0, Entry::Typed)), (5000.0, input(0, Entry::Typed))]), 50);
        assert_eq!(delay(&[(5000.0, input(0, Entry::Typed))]), 0, "no focus");
        assert_eq!(
            delay(&[focus, (9.0, Event::Blur), (5000.0, input(0, Entry::Autofilled))]),
            0,
            "no focus"
        );
        assert_eq!(delay(&[focus, (60.0, Event::SilentChange { field: 0 })]), 50);
    }

    #[test]
    fn a_deletion_is_a_change() {
        let events = [
            (0.0, Event::Focus { field: 0 }),
            (60.0, input(0, Entry::Deleted)),
            (5000.0, input(0, Entry::Typed)),
        ];
        assert_eq!(field(&events, 0.0)["delay"], 50, "of a field that the page filled in before");
    }

    #[test]
    fn the_time_of_all_visits_is_added_up() {
        let time = |events: &[(f64, Event)], now| field(events, now)["time"].as_u64().unwrap_or_default();
        let [first, second] = [0, 1].map(|field| Event::Focus { field });
        assert_eq!(time(&[(0.0, first), (999.0, Event::Blur)], 1e6), 0);
        assert_eq!(time(&[(0.0, first), (1000.0, Event::Blur)], 1e6), 1);
        let visits = [(0.0, first), (6000.0, second), (100_000.0, first), (104_000.0, Event::Blur)];
        assert_eq!(time(&visits, 1e6), 10);
        assert_eq!(time(&[(0.0, first)], 120_000.0), 120, "still there");
        assert_eq!(time(&[(0.0, first), (1.0, Event::Blur), (9e9, Event::Blur)], 1e10), 0);
    }

    #[test]
    fn the_time_out_of_sight_is_told_of_the_field_that_had_the_focus() {
        let hidden = |events: &[(f64, Event)]| field(events, 1e6)["hidden"].as_u64().unwrap_or_default();
        let [first, second] = [0, 1].map(|field| Event::Focus { field });
        let [hide, show, blur] = [Event::Hide, Event::Show, Event::Blur];
        assert_eq!(hidden(&[(0.0, first), (1000.0, hide), (11_000.0, show), (20_000.0, blur)]), 10);
        assert_eq!(hidden(&[(0.0, first), (0.0, hide), (999.0, show)]), 0);
        let twice = [(0.0, first), (0.0, hide), (5000.0, show), (6000.0, hide), (11_000.0, show)];
        assert_eq!(hidden(&twice), 10);
        assert_eq!(hidden(&[(0.0, second), (0.0, hide), (60_000.0, show), (60_000.0, first)]), 0);
        assert_eq!(
            hidden(&[(0.0, hide), (50_000.0, first), (61_000.0, show)]),
            10,
            "since it has the focus"
        );
        assert_eq!(
            hidden(&[(0.0, first), (0.0, hide), (1000.0, blur), (61_000.0, show)]),
            1,
            "until it lost it"
        );
        let moved_on = [(0.0, first), (0.0, hide), (1000.0, second), (61_000.0, show)];
        assert_eq!(hidden(&moved_on), 1);
        assert_eq!(hidden(&[(0.0, first), (60_000.0, show)]), 0, "never hidden");
    }

    #[test]
    fn fields_without_a_name_are_not_told_of() {
        let mut signals = collector(Tier::Behaviour, &["", "email"]);
        signals.observe(0.0, input(0, Entry::Typed));
        signals.observe(0.0, input(1, Entry::Pasted));
        signals.observe(0.0, input(7, Entry::Typed));
        signals.name_field(4, "tel");
        signals.observe(0.0, input(4, Entry::Typed));
        let told = read(&signals, &Facts::default(), 0.0);
        assert_eq!(told["fields"], json!({"email": {"entry": "pasted"}, "tel": {"entry": "typed"}}));
    }

    #[test]
    fn a_name_is_json_whatever_it_is() {
        let name = "\"\\\u{1}ü";
        let signals = collector(Tier::Behaviour, &[name]);
        assert_eq!(read(&signals, &Facts::default(), 0.0)["fields"], json!({ name: {"entry": "none"} }));
    }
}

mod rhythm {
    use super::*;

    /// Keys that go down so many milliseconds apart, each down for so long.
    fn typed(flights: &[f64], dwells: &[f64]) -> Value {
        let mut time = 1000.0;
        let mut events = vec![(time, key())];
        for flight in flights {
            time += flight;
            events.push((time, key()));
        }
        events.extend(dwells.iter().map(|dwell| (time, Event::KeyUp { dwell: *dwell })));
        keys(&events)
    }

    fn number(group: &Value, name: &str) -> u64 {
        group[name].as_u64().unwrap_or_default()
    }

    #[test]
    fn keys_are_counted() {
        assert_counts("keys", "count", key());
        assert_eq!(keys(&times(50, Event::Press)), json!({}), "a key that does not write");
    }

    #[test]
    fn percentiles_are_the_buckets_of_the_middle_and_the_ninth_tenth() {
        let dwells = [5.0, 50.0, 50.0, 90.0, 90.0, 90.0, 130.0, 130.0, 250.0, 900.0];
        let told = typed(&[], &dwells);
        assert_eq!((number(&told, "dwellMedian"), number(&told, "dwellHigh")), (80, 400));
        let told = typed(&[], &[90.0; 10]);
        assert_eq!((number(&told, "dwellMedian"), number(&told, "dwellHigh")), (80, 80));
        let mut one_in_ten = [5.0; 20];
        one_in_ten[0] = 900.0;
        let told = typed(&[], &one_in_ten);
        assert_eq!((number(&told, "dwellMedian"), number(&told, "dwellHigh")), (0, 0), "one in twenty");
        one_in_ten[1] = 900.0;
        assert_eq!(number(&typed(&[], &one_in_ten), "dwellHigh"), 400, "one in ten");
        let flights = [20.0, 60.0, 60.0, 110.0, 110.0, 250.0, 250.0, 250.0, 1500.0, 2500.0];
        let told = typed(&flights, &[]);
        assert_eq!((number(&told, "flightMedian"), number(&told, "flightHigh")), (200, 2000));
    }

    #[test]
    fn the_spread_is_the_deviation_in_percent_of_the_mean() {
        assert_eq!(number(&typed(&[], &[100.0; 10]), "dwellSpread"), 0);
        for (low, high, spread) in [(96.0, 104.0, 0), (95.0, 105.0, 5), (85.0, 115.0, 15), (1.0, 199.0, 60)]
        {
            assert_eq!(number(&typed(&[], &[low, high]), "dwellSpread"), spread, "dwell {low} {high}");
        }
        for (low, high, spread) in
            [(96.0, 104.0, 0), (95.0, 105.0, 5), (60.0, 140.0, 40), (10.0, 190.0, 80)]
        {
            assert_eq!(number(&typed(&[low, high], &[]), "flightSpread"), spread, "flight {low} {high}");
        }
    }

    #[test]
    fn a_rest_and_a_way_are_no_flight() {
        assert_eq!(number(&typed(&[4999.0], &[]), "flightMedian"), 2000);
        assert_eq!(number(&typed(&[5000.0], &[]), "flightMedian"), 0);
        for event in [Event::Focus { field: 1 }, Event::Hide, Event::Away] {
            let told = keys(&[(0.0, key()), (100.0, event), (300.0, key())]);
            assert_eq!(told, json!({ "count": 1 }), "{event:?}");
        }
    }

    #[test]
    fn overlapping_keys_are_a_share_of_all() {
        let share = |rollovers: usize, all: usize| {
            let mut events = times(all, key());
            for (_, event) in events.iter_mut().take(rollovers) {
                *event = Event::KeyDown { is_rollover: true };
            }
            number(&keys(&events), "rolloverShare")
        };
        assert_eq!(
            [share(0, 9), share(1, 101), share(1, 100), share(1, 10), share(3, 10)],
            [0, 0, 1, 10, 30]
        );
    }

    #[test]
    fn the_pause_before_a_group_is_held_against_those_within() {
        let pause = |within: f64, between: f64, groups: usize| {
            let mut time = 0.0;
            let mut events = vec![(time, key())];
            for _ in 0..groups {
                for (flight, place) in
                    [(within, Place::Within), (within, Place::Within), (between, Place::GroupStart)]
                {
                    time += flight;
                    events.push((time, key()));
                    events.push((time, Event::Input { field: 0, entry: Entry::Typed, place }));
                }
            }
            number(&keys(&events), "groupPause")
        };
        assert_eq!(pause(100.0, 60.0, 3), 0);
        assert_eq!(pause(100.0, 70.0, 3), 70);
        assert_eq!(pause(100.0, 130.0, 3), 130);
        assert_eq!(pause(100.0, 400.0, 3), 300);
        assert_eq!(pause(100.0, 400.0, 1), 0, "one group is no rhythm");
    }

    #[test]
    fn without_places_there_is_no_pause() {
        let mut events = Vec::new();
        for (time, _) in times(20, key()) {
            events.push((time, key()));
            events.push((time, input(0, Entry::Typed)));
        }
        assert_eq!(number(&keys(&events), "groupPause"), 0);
    }
}

mod form {
    use super::*;

    #[test]
    fn the_pointer_says_what_it_was() {
        let tool = |events: &[(f64, Event)]| claim(Tier::Behaviour, events, 0.0)["pointer"]["tool"].clone();
        assert_eq!(tool(&[]), "none");
        assert_eq!(tool(&[(0.0, moved(0.0, 0.0))]), "none");
        assert_eq!(tool(&[(0.0, mouse(0.0, 0.0))]), "mouse");
        assert_eq!(tool(&[(0.0, touch(0.0, 0.0))]), "touch");
        assert_eq!(tool(&[(0.0, touch(0.0, 0.0)), (1.0, mouse(0.0, 0.0))]), "both");
        assert_counts("pointer", "moves", moved(0.0, 0.0));
        assert_counts("pointer", "presses", touch(0.0, 0.0));
    }

    #[test]
    fn the_session_starts_with_the_first_touch_of_a_field() {
        for event in
            [Event::Focus { field: 0 }, input(0, Entry::Autofilled), Event::SilentChange { field: 0 }]
        {
            let seconds = |time: f64| {
                session(&[(5000.0, event), (5999.0, event)], 5000.0 + time)["timeToSubmit"].as_u64()
            };
            assert_eq!(
                [999.0, 1000.0, 59_999.0, 600_000.0].map(seconds),
                [None, Some(1), Some(30), Some(600)]
            );
        }
        assert_eq!(session(&[(0.0, key()), (0.0, mouse(0.0, 0.0))], 1e9), json!({}), "nothing of the form");
    }

    #[test]
    fn the_session_counts_what_happens_around_the_form() {
        let departures = |events: &[Event]| {
            let events: Vec<_> = events.iter().map(|event| (0.0, *event)).collect();
            session(&events, 0.0)["departures"].as_u64().unwrap_or_default()
        };
        // A tab that is left loses the focus, and hides.
        let tab = [Event::Away, Event::Hide, Event::Show];
        assert_eq!(departures(&tab), 1);
        assert_eq!(departures(&[tab, tab, tab].concat()), 3);
        assert_eq!(departures(&[Event::Away, key(), Event::Away, key(), Event::Away]), 3);
        assert_counts("session", "scrolls", Event::Scroll);
        assert_counts("session", "turns", Event::Turn);
        let steps = |fields: &[usize]| {
            let events: Vec<_> = fields.iter().map(|field| (0.0, Event::Focus { field: *field })).collect();
            session(&events, 0.0)["backwardSteps"].as_u64().unwrap_or_default()
        };
        assert_eq!(steps(&[0, 1, 2, 3]), 0);
        assert_eq!(steps(&[2, 2]), 0);
        assert_eq!(steps(&[2, 1, 2]), 1);
        assert_eq!(steps(&[2, 1, 2, 1, 2, 1]), 3);
    }
}

mod tiers {
    use super::*;

    /// Everything that may happen, once.
    fn everything() -> Vec<(f64, Event)> {
        let mut events: Vec<_> = ENTRIES.iter().map(|(entry, _)| input(0, *entry)).collect();
        events.extend([
            moved(1.0, 2.0),
            Event::Over,
            mouse(1.0, 2.0),
            Event::Up { x: 1.0, y: 2.0 },
            Event::Click,
            key(),
            Event::Press,
            Event::KeyUp { dwell: 80.0 },
            Event::SilentChange { field: 1 },
            Event::Focus { field: 0 },
            Event::Blur,
            Event::Hide,
            Event::Show,
            Event::Away,
            Event::Scroll,
            Event::Turn,
            Event::Scripted,
        ]);
        events.into_iter().zip(1..).map(|(event, time)| (f64::from(time) * 40.0, event)).collect()
    }

    fn members(claim: &Value) -> BTreeSet<&str> {
        claim.as_object().unwrap().keys().map(String::as_str).collect()
    }

    const CLAIM: [&str; 4] = ["v", "tier", "choice", "gpc"];
    const OF_TIERS: [(Tier, &[&str]); 3] = [
        (Tier::Essential, &["integrity"]),
        (Tier::Behaviour, &["fields", "keys", "pointer", "session"]),
        (Tier::Device, &["automation", "device"]),
    ];

    #[test]
    fn a_claim_holds_its_own_tier_and_those_before_it() {
        let mut expected: BTreeSet<_> = CLAIM.into();
        for (tier, groups) in OF_TIERS {
            expected.extend(groups);
            let claim = claim(tier, &everything(), 9e3);
            assert_eq!(claim["tier"], tier.name());
            // `path` is of the tier `behaviour`, and not there where the pointer hardly moved.
            let told: BTreeSet<_> = members(&claim).into_iter().filter(|name| *name != "path").collect();
            assert_eq!(told, expected, "{tier:?}");
            assert!(tier > Tier::Essential || claim.get("path").is_none());
            assert_only_edges(&claim);
        }
    }

    #[test]
    fn a_tier_of_none_says_nothing() {
        let mut signals = collector(Tier::None, &["cc-number"]);
        for (time, event) in everything() {
            signals.observe(time, event);
        }
        assert!(signals.to_json(&Facts { has_3ds: true, ..Facts::default() }, 9e9).is_empty());
    }

    /// What happened before a tier was raised was not collected, and so cannot be told.
    #[test]
    fn a_tier_that_is_raised_tells_only_of_what_comes_after() {
        let mut signals = collector(Tier::Essential, &["cc-number"]);
        for (time, event) in everything() {
            signals.observe(time, event);
        }
        signals.tier = Tier::Device;
        let claim = read(&signals, &Facts::default(), 9e9);
        for (group, expected) in [
            ("fields", json!({ "cc-number": {"entry": "none"} })),
            ("keys", json!({})),
            ("pointer", json!({ "tool": "none" })),
            ("session", json!({})),
        ] {
            assert_eq!(claim[group], expected);
        }
    }

    #[test]
    fn a_tier_that_is_lowered_tells_nothing_of_the_higher() {
        let mut signals = collector(Tier::Device, &["cc-number"]);
        for (time, event) in everything() {
            signals.observe(time, event);
        }
        signals.tier = Tier::Essential;
        let claim = read(&signals, &Facts::default(), 9e9);
        assert_eq!(members(&claim), ["v", "tier", "choice", "gpc", "integrity"].into());
    }

    /// Whatever the facts say, a lower tier has no trace of them.
    #[test]
    fn nothing_of_the_device_is_in_a_lower_claim() {
        let facts = |tier| Facts {
            tier,
            is_webdriver: true,
            is_headless: true,
            has_hints_mismatch: true,
            browser_family: "firefox",
            system: "windows",
            can_hover: true,
            touch_points: 5,
            width: 1920,
            browser: BrowserFacts {
                language: "gsw-CH",
                time_zone: -330,
                user_agent: "HeadlessChrome/1 Windows",
                ..BrowserFacts::default()
            },
            ..Facts::default()
        };
        for tier in [Tier::Essential, Tier::Behaviour] {
            let mut signals = collector(tier, &["cc-number"]);
            for (time, event) in everything() {
                signals.observe(time, event);
            }
            let told = signals.to_json(&facts(tier), 9e3);
            assert_eq!(told, signals.to_json(&Facts { tier, ..Facts::default() }, 9e3));
        }
    }

    #[test]
    fn the_claim_records_who_chose_and_gpc() {
        let told = |is_chosen, has_gpc| {
            let facts = Facts { is_chosen, has_gpc, ..Facts::default() };
            let claim = read(&collector(Tier::Essential, &[]), &facts, 0.0);
            (claim["v"].clone(), claim["choice"].clone(), claim["gpc"].clone())
        };
        assert_eq!(told(false, false), (json!(1), json!("default"), json!(0)));
        assert_eq!(told(false, true), (json!(1), json!("default"), json!(1)));
        assert_eq!(told(true, true), (json!(1), json!("merchant"), json!(1)));
    }

    #[test]
    fn browser_data_is_told_in_every_tier_but_only_where_it_is_asked_for() {
        for (tier, _) in OF_TIERS {
            for has_3ds in [false, true] {
                let facts = Facts { tier, has_3ds, ..Facts::default() };
                assert_eq!(read(&collector(tier, &[]), &facts, 0.0).get("browser").is_some(), has_3ds);
            }
        }
    }
}

mod device {
    use super::*;

    fn told(facts: &Facts, events: &[(f64, Event)]) -> Value {
        let mut signals = collector(Tier::Device, &[]);
        for (time, event) in events {
            signals.observe(*time, *event);
        }
        read(&signals, facts, 0.0)
    }

    #[test]
    fn an_hour_and_a_language_are_as_coarse_as_they_are_told() {
        let of = |language, time_zone| {
            let browser = BrowserFacts { language, time_zone, ..BrowserFacts::default() };
            let device = told(&Facts { browser, ..Facts::default() }, &[])["device"].clone();
            (device["language"].as_str().unwrap().to_owned(), device["timeZone"].as_i64().unwrap())
        };
        assert_eq!(of("de-AT", -60), ("de".to_owned(), 1));
        assert_eq!(of("gsw-CH-u-ca-islamic", 0), ("gsw".to_owned(), 0));
        // India keeps the time of no whole hour, Newfoundland neither.
        assert_eq!(of("", -330), ("und".to_owned(), 5));
        assert_eq!(of("DE", 210), ("und".to_owned(), -4));
        assert_eq!(of("x-klingon", -100_000), ("und".to_owned(), 14));
        assert_eq!(of("abcd", 100_000), ("und".to_owned(), -12));
    }

    #[test]
    fn a_time_zone_that_a_page_made_up_breaks_nothing() {
        for time_zone in [i32::MIN, i32::MAX] {
            let browser = BrowserFacts { time_zone, ..BrowserFacts::default() };
            let facts = Facts { has_3ds: true, browser, ..Facts::default() };
            let zone = told(&facts, &[])["device"]["timeZone"].as_i64().unwrap();
            assert!((-12..=14).contains(&zone), "{time_zone}");
        }
    }

    #[test]
    fn sizes_are_buckets() {
        let of = |touch_points, width| {
            let device = told(&Facts { touch_points, width, ..Facts::default() }, &[])["device"].clone();
            [device["touchPoints"].as_u64().unwrap_or(0), device["viewport"].as_u64().unwrap_or(0)]
        };
        assert_eq!(of(0, 479), [0, 0]);
        assert_eq!(of(1, 480), [1, 480]);
        assert_eq!(of(10, 1919), [2, 1440]);
        assert_eq!(of(i32::MAX, i32::MAX), [2, 1920]);
        assert_eq!(of(i32::MIN, i32::MIN), [0, 0]);
    }

    #[test]
    fn each_hint_of_automation_is_told_alone() {
        let hints = |facts: &Facts, events: &[(f64, Event)]| told(facts, events)["automation"].clone();
        let plain = || Facts { can_hover: true, ..Facts::default() };
        assert_eq!(hints(&plain(), &[]), json!({}));
        assert_eq!(hints(&Facts { is_webdriver: true, ..plain() }, &[]), json!({ "webdriver": 1 }));
        assert_eq!(hints(&Facts { is_headless: true, ..plain() }, &[]), json!({ "headless": 1 }));
        assert_eq!(
            hints(&Facts { has_hints_mismatch: true, ..plain() }, &[]),
            json!({ "hintsMismatch": 1 })
        );
        let still = Facts { can_hover: false, ..Facts::default() };
        assert_eq!(hints(&still, &[]), json!({}));
        assert_eq!(hints(&still, &[(0.0, touch(0.0, 0.0))]), json!({}));
        for event in [mouse(0.0, 0.0), moved(0.0, 0.0)] {
            assert_eq!(hints(&still, &[(0.0, event)]), json!({ "hoverMismatch": 1 }));
            assert_eq!(hints(&plain(), &[(0.0, event)]), json!({}));
        }
    }
}

mod garbage {
    use super::*;

    const ODD: [f64; 12] = [
        0.0,
        -0.0,
        -1.0,
        1e-300,
        f64::MIN,
        f64::MAX,
        f64::EPSILON,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1e15,
        4_294_967_296.0,
    ];
    const NUMBERS: [usize; 8] = [0, 1, 2, 23, 24, 25, usize::MAX - 1, usize::MAX];

    /// Any event, with numbers that no page should give.
    fn any(random: &mut StdRng) -> (f64, Event) {
        let mut odd = || {
            if random.random_bool(0.5) {
                ODD[random.random_range(0..ODD.len())]
            } else {
                random.random_range(-1e4..1e6)
            }
        };
        let [time, x, y, dwell] = [odd(), odd(), odd(), odd()];
        let field = NUMBERS[random.random_range(0..NUMBERS.len())];
        let is_so = random.random();
        let entry = [
            Entry::Typed,
            Entry::Composed,
            Entry::Deleted,
            Entry::Pasted,
            Entry::Autofilled,
            Entry::Script,
            Entry::Chosen,
        ][random.random_range(0..7)];
        let place = [Place::Elsewhere, Place::Within, Place::GroupStart][random.random_range(0..3)];
        let event = match random.next_u32() % 18 {
            0 => Event::Move { x, y },
            1 => Event::Over,
            2 => Event::Down {
                x,
                y,
                tool: if is_so { Tool::Mouse } else { Tool::Touch },
                is_weightless: random.random(),
            },
            3 => Event::Up { x, y },
            4 => Event::Click,
            5 => Event::KeyDown { is_rollover: is_so },
            6 => Event::KeyUp { dwell },
            7 => Event::Input { field, entry, place },
            8 => Event::SilentChange { field },
            9 => Event::Focus { field },
            10 => Event::Blur,
            11 => Event::Hide,
            12 => Event::Show,
            13 => Event::Away,
            14 => Event::Scroll,
            15 => Event::Turn,
            16 => Event::Scripted,
            _ => Event::Press,
        };
        (time, event)
    }

    #[test]
    fn a_hundred_thousand_events_of_any_kind_make_a_claim_of_edges() {
        let mut random = StdRng::seed_from_u64(1);
        let mut signals = collector(Tier::Device, &["cc-number", "cc-exp", "cc-csc"]);
        for count in 0..100_000 {
            let (time, event) = any(&mut random);
            signals.observe(time, event);
            if count % 5000 == 0 {
                for now in ODD {
                    assert_only_edges(&read(&signals, &Facts::default(), now));
                }
            }
        }
        let size = signals.to_json(&Facts::default(), 1e6).len();
        assert!(size < 2560, "{size} bytes: nothing grows with what happens");
    }

    #[test]
    fn a_few_events_of_any_kind_make_a_claim_of_edges() {
        for seed in 0..3000 {
            let mut random = StdRng::seed_from_u64(seed);
            let mut signals = collector(Tier::Device, &["cc-number", "cc-exp", "cc-csc"]);
            for _ in 0..random.random_range(0..60) {
                let (time, event) = any(&mut random);
                signals.observe(time, event);
            }
            assert_only_edges(&read(&signals, &Facts::default(), ODD[random.random_range(0..ODD.len())]));
        }
    }

    #[test]
    fn one_time_that_is_none_does_not_hide_the_others() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut events = times(20, key());
            events.insert(10, (odd, key()));
            assert!(keys(&events)["flightMedian"].as_u64() >= Some(1000), "{odd}");
        }
    }

    #[test]
    fn fields_beyond_the_most_are_not_told_of() {
        let names: Vec<_> = (0..100).map(|number| format!("field-{number}")).collect();
        let mut signals = collector(Tier::Behaviour, &names.iter().map(String::as_str).collect::<Vec<_>>());
        signals.name_field(usize::MAX, "last");
        for number in NUMBERS {
            signals.observe(0.0, Event::Focus { field: number });
            signals.observe(1.0, input(number, Entry::Typed));
        }
        let claim = read(&signals, &Facts::default(), 2.0);
        assert_eq!(claim["fields"].as_object().unwrap().len(), 24);
    }
}

mod size {
    use super::*;

    /// A claim is not much, beside a form of 8 KiB: 2,560 bytes at most, of which `path` is 250.
    #[test]
    fn thirteen_fields_with_every_value_at_its_highest_edge_stay_small() {
        let mut worst = Worst::new();
        let user_agent = format!("HeadlessChrome/140 CrOS {}", "x".repeat(176));
        assert_eq!(user_agent.len(), 200);
        let mut facts = Facts {
            tier: Tier::Device,
            is_chosen: true,
            has_gpc: true,
            is_webdriver: true,
            is_headless: true,
            has_hints_mismatch: true,
            browser_family: "firefox",
            system: "windows",
            touch_points: 5,
            width: 3000,
            browser: BrowserFacts {
                language: "gsw-CH-1",
                time_zone: 720,
                user_agent: &user_agent,
                color_depth: 24,
                screen_height: 999_999,
                screen_width: 999_999,
                ..BrowserFacts::default()
            },
            ..Facts::default()
        };
        let claim = read(&worst.signals, &facts, worst.now);
        assert_highest(&claim);
        let without = worst.signals.to_json(&facts, worst.now).len();
        let path = claim.get("path").map_or(0, |path| path.to_string().len());
        facts.has_3ds = true;
        let with = worst.signals.to_json(&facts, worst.now).len();
        worst.signals.tier = Tier::Essential;
        let essential = worst.signals.to_json(&facts, worst.now).len();
        println!(
            "{without} bytes without browser data, of which path is {path}; {with} with, {essential} of the essential tier with"
        );
        assert!(without <= 2560, "{without} bytes");
    }

    fn assert_highest(claim: &Value) {
        for (group, ..) in &tillseal_protocol::signals::GROUPS {
            let is_at_top = |values: &Value| {
                for scale in scales(group).iter().filter(|scale| scale.name != "noAction") {
                    assert_eq!(
                        values[scale.name].as_u64(),
                        scale.edges.last().map(|edge| u64::from(*edge)),
                        "{group}.{}",
                        scale.name
                    );
                }
            };
            match *group {
                "field" => claim["fields"].as_object().unwrap().values().for_each(is_at_top),
                // No movement has every value at its highest.
                "path" => {}
                name => is_at_top(&claim[name]),
            }
        }
    }
}
