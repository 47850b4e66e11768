//! What the pointer's values are of motions whose values are known beforehand.

use proptest::prelude::*;
use tillseal_protocol::signals::path::{Motion, Path, SCALES, Step};

fn moved(time: f64, x: f64, y: f64) -> Motion {
    Motion { time, x, y, step: Step::Move }
}

fn pointer(motions: impl IntoIterator<Item = Motion>) -> Path {
    let mut pointer = Path::default();
    motions.into_iter().for_each(|motion| pointer.observe(motion));
    pointer
}

fn number(pointer: &Path, name: &str) -> f64 {
    let place = SCALES.iter().position(|scale| scale.name == name).expect("a value of that name");
    pointer.numbers().expect("enough motions")[place]
}

/// A hand's path: longer ways in longer intervals, one standstill, one corner.
fn path() -> Vec<Motion> {
    let steps = [
        (16, 4, 1),
        (8, 2, 0),
        (24, 7, 2),
        (16, 5, 1),
        (16, 6, 0),
        (8, 3, 0),
        (16, 0, 0),
        (24, 9, -2),
        (16, 6, -3),
        (16, 0, -8),
        (16, -2, -7),
        (8, -1, -3),
        (16, -3, -5),
        (24, -6, -5),
        (16, -5, -1),
    ];
    let (mut time, mut x, mut y) = (0, 0, 0);
    let mut path = vec![moved(0.0, 0.0, 0.0)];
    for (interval, to_x, to_y) in steps {
        (time, x, y) = (time + interval, x + to_x, y + to_y);
        path.push(moved(f64::from(time), f64::from(x), f64::from(y)));
    }
    path
}

#[test]
fn a_ruler_is_even_and_has_no_corners() {
    let ruler = pointer((0..40).map(|i| moved(16.0 * f64::from(i), 5.0 * f64::from(i), 0.0)));
    assert_eq!(number(&ruler, "evenShare"), 100.0);
    assert_eq!(number(&ruler, "repeatShare"), 100.0);
    assert_eq!(number(&ruler, "intervalSpread"), 0.0);
    assert_eq!(number(&ruler, "stallShare"), 0.0);
    assert_eq!(number(&ruler, "cornerShare"), 0.0);
    // Where nothing varies, nothing goes with anything.
    for name in ["wayCorrelation", "waySlope", "speedCorrelation"] {
        assert_eq!(number(&ruler, name), 50.0, "{name}");
    }
}

#[test]
fn a_circle_has_corners_only_when_it_is_drawn_in_few_steps() {
    let circle = |steps: u32| {
        pointer((0..=60).map(move |i| {
            let angle = f64::from(i) * std::f64::consts::TAU / f64::from(steps);
            moved(16.0 * f64::from(i), 500.0 + 200.0 * angle.cos(), 500.0 + 200.0 * angle.sin())
        }))
    };
    assert_eq!(number(&circle(60), "cornerShare"), 0.0);
    assert_eq!(number(&circle(6), "cornerShare"), 100.0);
}

#[test]
fn a_hand_goes_farther_in_a_longer_interval_and_a_program_does_not() {
    let intervals = [8.0, 24.0, 16.0, 16.0, 24.0, 8.0, 16.0, 24.0, 8.0, 16.0, 24.0, 16.0, 8.0, 24.0];
    let course = |way: fn(f64) -> f64| {
        let (mut time, mut x) = (0.0, 0.0);
        pointer(intervals.map(|interval| {
            time += interval;
            x += way(interval);
            moved(time, x, 0.0)
        }))
    };
    let (hand, program) = (course(|interval| interval / 2.0), course(|_| 8.0));
    assert_eq!((number(&hand, "wayCorrelation"), number(&program, "wayCorrelation")), (100.0, 50.0));
    assert_eq!((number(&hand, "waySlope"), number(&program, "waySlope")), (100.0, 50.0));
}

#[test]
fn duplicates_in_the_middle_of_a_movement_are_stalls() {
    let places = [0, 5, 10, 15, 15, 20, 25, 30, 35, 40, 45, 50];
    let stalled = pointer((0..).zip(places).map(|(i, x)| moved(16.0 * f64::from(i), f64::from(x), 0.0)));
    // One of the nine samples that have two neighbours.
    assert_eq!(number(&stalled, "stallShare"), 100.0 / 9.0);

    let still = pointer((0..40).map(|i| moved(16.0 * f64::from(i), 7.0, 7.0)));
    assert_eq!(number(&still, "stallShare"), 0.0);
}

#[test]
fn fewer_than_ten_moves_say_nothing() {
    let with =
        |moves: u8| pointer((0..=moves).map(|i| moved(16.0 * f64::from(i), f64::from(i), 0.0))).values();
    assert_eq!(Path::default().values(), None);
    assert_eq!(pointer([moved(1.0, 2.0, 3.0)]).values(), None);
    assert_eq!(with(9), None);
    assert!(with(10).is_some());
    let presses = (0..40).map(|i| Motion { step: Step::Down, ..moved(f64::from(i), 0.0, 0.0) });
    assert_eq!(pointer(presses).values(), None);
}

#[test]
fn reversed_and_standing_clocks_are_borne() {
    for clock in [-16.0, 0.0] {
        let odd = pointer((0..40).map(|i| moved(clock * f64::from(i), f64::from(i), 0.0)));
        let numbers = odd.numbers().expect("enough motions");
        assert!(numbers.iter().all(|number| number.is_finite()), "{numbers:?}");
    }
}

#[test]
fn only_the_latest_512_motions_count() {
    let wild = (0..700).map(|i| moved(37.0 * f64::from(i), f64::from(i * i % 911), f64::from(i * 7 % 613)));
    let calm: Vec<_> = (0..512).map(|i| moved(16.0 * f64::from(i), 3.0 * f64::from(i), 0.0)).collect();
    assert_eq!(pointer(wild.chain(calm.clone())).numbers(), pointer(calm).numbers());
}

#[test]
fn neither_place_nor_direction_nor_beginning_counts() {
    let as_it_is = pointer(path()).numbers();
    let shifted =
        path().into_iter().map(|m| Motion { time: m.time + 5e5, x: m.x + 300.0, y: m.y - 40.0, ..m });
    let turned = path().into_iter().map(|m| Motion { x: -m.y, y: m.x, ..m });
    let mirrored = path().into_iter().map(|m| Motion { x: -m.x, ..m });
    assert_eq!(pointer(shifted).numbers(), as_it_is);
    assert_eq!(pointer(turned).numbers(), as_it_is);
    assert_eq!(pointer(mirrored).numbers(), as_it_is);
}

#[test]
fn parts_of_pixels_do_not_count() {
    let blurred = path().into_iter().enumerate().map(|(i, m)| {
        let part = if i % 2 == 0 { 0.3 } else { -0.4 };
        Motion { x: m.x + part, y: m.y - part, ..m }
    });
    assert_eq!(pointer(blurred).numbers(), pointer(path()).numbers());
}

#[test]
fn scales_ascend_and_their_names_differ() {
    for scale in &SCALES {
        assert!((3..=8).contains(&scale.edges.len()), "{}", scale.name);
        assert!(scale.edges.is_sorted_by(|a, b| a < b), "{}", scale.name);
        assert_eq!(SCALES.iter().filter(|other| other.name == scale.name).count(), 1);
    }
}

#[test]
fn a_bucket_is_the_greatest_edge_reached() {
    let scale = &SCALES[0];
    let (first, last) = (scale.edges[0], *scale.edges.last().expect("edges"));
    assert_eq!(scale.bucket(f64::NEG_INFINITY), first);
    assert_eq!(scale.bucket(f64::NAN), first);
    assert_eq!(scale.bucket(f64::INFINITY), last);
    for edge in scale.edges {
        assert_eq!(scale.bucket(f64::from(*edge)), *edge);
    }
}

fn anything() -> impl Strategy<Value = Motion> {
    let place = prop_oneof![-5000.0..5000.0, (0..40_i32).prop_map(f64::from), any::<f64>()];
    let step = prop_oneof![6 => Just(Step::Move), 1 => Just(Step::Down), 1 => Just(Step::Up)];
    let time = prop_oneof![-1e3..1e6, (0..99_i32).prop_map(f64::from), any::<f64>()];
    (time, place.clone(), place, step).prop_map(|(time, x, y, step)| Motion { time, x, y, step })
}

proptest! {
    #[test]
    fn whatever_comes_every_value_is_an_edge(motions in proptest::collection::vec(anything(), 0..600)) {
        let pointer = pointer(motions);
        if let Some(values) = pointer.values() {
            for (value, scale) in values.iter().zip(&SCALES) {
                prop_assert!(scale.edges.contains(value));
            }
        }
        if let Some(numbers) = pointer.numbers() {
            prop_assert!(numbers.iter().all(|number| !number.is_nan()), "{:?}", numbers);
        }
    }

    #[test]
    fn a_path_turned_by_a_right_angle_has_the_same_values(
        steps in proptest::collection::vec((1..60_u8, -20..20_i8, -20..20_i8), 12..80),
    ) {
        let (mut time, mut x, mut y) = (0.0, 0.0, 0.0);
        let path: Vec<_> = steps.iter().map(|(interval, to_x, to_y)| {
            time += f64::from(*interval);
            x += f64::from(*to_x);
            y += f64::from(*to_y);
            moved(time, x, y)
        }).collect();
        let turned = path.iter().map(|m| Motion { x: m.y, y: -m.x, ..*m });
        prop_assert_eq!(pointer(turned).numbers(), pointer(path).numbers());
    }
}
