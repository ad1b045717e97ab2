use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::*;
use crate::place::MapPoint;
use crate::scene::camera::OrbitCamera;
use crate::scene::view::Eye;

pub(in crate::features::cases) fn eye(distance: f64, pitch: f64) -> Eye {
    Eye {
        camera: OrbitCamera { target: MapPoint::new(5000.0, 5000.0), distance, pitch, ..OrbitCamera::default() },
        viewport: [600.0, 88.0, 1400.0, 900.0],
        scale: 2.0,
        ..Eye::default()
    }
}

fn spots(count: usize) -> Vec<Spot> {
    let mut rng = Pcg64::seed_from_u64(11);
    (0..count)
        .map(|n| {
            let heap = n % 9 == 0;
            let mut c = || if heap { 5000.0 } else { 10_000.0 * rng.random::<f64>() };
            Spot { case: n as u32, at: [c(), c(), 3.0], mark: Mark::ALL[n % 5] }
        })
        .collect()
}

/// As the eye itself says it.
#[test]
fn a_lens_sees_what_the_eye_sees() {
    for (distance, pitch) in [(300.0, 20.0), (2000.0, 45.0), (9000.0, 90.0)] {
        let eye = eye(distance, pitch);
        let lens = Lens::of(&eye);
        for spot in spots(300) {
            let (ours, known) = (lens.see(spot.at).filter(|at| lens.holds(*at)), eye.to_window(spot.at));
            match (ours, known) {
                (Some([x, y]), Some(([a, b], _))) => assert!((x - a).abs() < 0.01 && (y - b).abs() < 0.01),
                (None, None) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn pins_hold_every_case_once_and_do_not_overlap() {
    let spots = spots(20_000);
    for (distance, pitch) in [(60.0, 30.0), (900.0, 10.0), (3000.0, 45.0), (20_000.0, 90.0), (60_000.0, 60.0)] {
        let pins = pins(&Lens::of(&eye(distance, pitch)), &spots);
        let sum: usize = pins.pins.iter().map(|pin| pin.count as usize).sum();
        assert_eq!(sum + pins.outside, spots.len(), "at {distance}");
        let mut seen = vec![0_u32; pins.pins.len()];
        for of in pins.of.iter().filter(|of| **of != NONE) {
            seen[*of as usize] += 1;
        }
        for (number, pin) in pins.pins.iter().enumerate() {
            assert_eq!((pin.count, pin.marks.iter().sum::<u32>()), (seen[number], seen[number]));
            assert_eq!(pins.of[pin.spot as usize], number as u32, "it stands at one of its own");
            for other in &pins.pins[..number] {
                let apart = (pin.at[0] - other.at[0]).hypot(pin.at[1] - other.at[1]);
                assert!(apart >= APART && apart >= radius(pin.count) + radius(other.count));
            }
        }
        assert!(pins.pins.iter().any(|pin| pin.count > 1), "the heap at one place stays one pin");
    }
}

#[test]
fn members_and_extent_are_those_of_the_pin() {
    let at = |x: f64| Spot { case: 0, at: [5000.0 + x, 5000.0, 0.0], mark: Mark::Open };
    let spots = [at(0.0), at(0.5), at(400.0)];
    let pins = pins(&Lens::of(&eye(1000.0, 60.0)), &spots);
    assert_eq!(pins.pins.len(), 2);
    let members: Vec<u32> = pins.members(0).collect();
    assert_eq!(members, [0, 1]);
    assert_eq!(extent(&spots, pins.members(0)).width(), 0.5);
}

#[test]
fn many_are_put_together_within_a_frame() {
    let spots = spots(100_000);
    let lens = Lens::of(&eye(14_000.0, 60.0));
    let best = (0..9)
        .map(|_| {
            let began = std::time::Instant::now();
            let pins = pins(&lens, &spots);
            assert!(pins.pins.len() > 50);
            began.elapsed()
        })
        .min()
        .unwrap();
    println!("100,000 cases become pins in {best:?}");
    assert!(best.as_secs_f64() < 0.05, "{best:?}");
}

#[test]
fn counts_are_written_short() {
    let texts = [7, 999, 1_000, 1_960, 10_000, 140_000, 2_000_000].map(count_text);
    assert_eq!(texts, ["7", "999", "1.0k", "1.9k", "10k", "140k", "2M"]);
}
