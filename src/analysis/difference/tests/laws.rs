//! What holds for any two versions.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

use super::super::*;
use super::made::*;
use crate::model::{Layer, TableBuilder, Value};
use crate::place::{Crs, Transform};
use crate::query::testing::layer_of;

/// A town of houses of any shape on a grid of 30 m, with heights; some rows are dropped, moved, cut, raised, renamed,
/// described anew, and the order is another.
fn town(seed: u64, edited: bool, id: bool) -> Layer {
    let mut dice = Pcg32::seed_from_u64(seed);
    let mut edits = Pcg32::seed_from_u64(seed + 1);
    let mut rows = Vec::new();
    for i in 0..400 {
        let (x, y) = (30.0 * f64::from(i % 20), 30.0 * f64::from(i / 20));
        let corners = dice.random_range(3..9);
        let ring: Vec<[f64; 2]> = (0..corners)
            .map(|k| {
                let (angle, far) =
                    (std::f64::consts::TAU * f64::from(k) / f64::from(corners), dice.random_range(5.0..14.0));
                [x + far * f64::cos(angle), y + far * f64::sin(angle)]
            })
            .collect();
        let height = dice.random_bool(0.8).then(|| dice.random_range(3.0..80.0));
        rows.push((format!("B{i}"), vec![ring], height, dice.random_range(0..5_i64)));
    }
    if edited {
        let mut next = Vec::new();
        for (name, rings, height, class) in rows {
            let ring = &rings[0];
            let moved = |dx: f64, dy: f64| vec![ring.iter().map(|[x, y]| [x + dx, y + dy]).collect::<Vec<_>>()];
            match edits.random_range(0..16) {
                0 => {}
                1 => next.push((name, moved(2.0, -1.0), height, class)),
                2 => next.push((name, rings, height.map(|h| h + 3.0), class)),
                3 => next.push((name, rings, height.map(|h| h - 2.0), class)),
                4 => next.push((name, rings, Some(height.unwrap_or(20.0)), class + 1)),
                5 => next.push((format!("{name}x"), rings, height, class)),
                6 => {
                    let middle = ring.len() / 2;
                    let mut cut = ring.clone();
                    cut[middle] = [cut[middle][0] + 1.5, cut[middle][1] + 1.0];
                    next.push((name, vec![cut], height, class));
                }
                7 => {
                    next.push((format!("{name}n"), moved(0.0, 2000.0), height, class));
                    next.push((name, rings, height, class));
                }
                _ => {
                    let mut turned = ring.clone();
                    turned.rotate_left(1);
                    turned.reverse();
                    next.push((name, vec![turned], height, class));
                }
            }
        }
        for i in (1..next.len()).rev() {
            next.swap(i, edits.random_range(0..=i));
        }
        rows = next;
    }
    let mut builder = TableBuilder::default();
    for (name, rings, height, class) in rows {
        let values = [
            ("id", if id { Value::Text(name.into()) } else { Value::Null }),
            ("height", height.map_or(Value::Null, Value::Real)),
            ("class", Value::Integer(class)),
        ];
        for (field, value) in values {
            let column = builder.field(field);
            builder.set(column, &value);
        }
        for ring in &rings {
            ring.iter().for_each(|[x, y]| builder.geometry.push_vertex([x + 516_000.0, y + 4_331_000.0], None));
            builder.geometry.end_ring();
        }
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    let mut layer = layer_of("town", builder.finish());
    map(&mut layer, crate::model::Meaning::Id, "id");
    map(&mut layer, crate::model::Meaning::Height, "height");
    layer.heights = Some(crate::model::height::find(&layer.table, &layer.mapping, "town", &mut Default::default()));
    layer
}

#[test]
fn a_layer_does_not_differ_from_itself() {
    for id in [true, false] {
        let a = town(3, false, id);
        let found = compared(&a, &a);
        assert_eq!((found.unchanged, found.changes.len()), (400, 0));
        assert_eq!(found.areas.net, 0.0);
    }
}

/// Every row stands in one change, or in an unchanged pair.
#[test]
fn no_row_is_lost_and_none_is_counted_twice() {
    for (seed, id) in [(1, true), (2, false), (3, true), (4, false)] {
        let (a, b) = (town(seed, false, id), town(seed, true, id));
        let found = compared(&a, &b);
        let count = |side: fn(&Change) -> &Vec<u32>| {
            let mut rows: Vec<u32> = found.changes.iter().flat_map(|change| side(change).clone()).collect();
            let all = rows.len();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), all, "a row stands in two changes");
            all as u64 + found.unchanged
        };
        assert_eq!(count(|change| &change.before), a.table.len() as u64);
        assert_eq!(count(|change| &change.after), b.table.len() as u64);
        assert!(found.unchanged > 100 && found.changes.len() > 50, "{}", found.unchanged);
    }
}

#[test]
fn the_way_back_is_the_mirror_image() {
    for (seed, id) in [(1, true), (2, false), (5, true), (6, false)] {
        let (a, b) = (town(seed, false, id), town(seed, true, id));
        let (there, back) = (compared(&a, &b), compared(&b, &a));
        let [there_counts, back_counts] = [there.counts(), back.counts()];
        let same = |one: Verdict, other: Verdict| {
            assert_eq!(there_counts[one as usize], back_counts[other as usize], "{one:?} of seed {seed}");
            assert_eq!(there_counts[other as usize], back_counts[one as usize], "{other:?} of seed {seed}");
        };
        same(Verdict::Added, Verdict::Removed);
        same(Verdict::Raised, Verdict::Lowered);
        same(Verdict::Split, Verdict::Merged);
        same(Verdict::GeometryLost, Verdict::GeometryGained);
        same(Verdict::HeightNowSurveyed, Verdict::HeightNowGuessed);
        for verdict in [Verdict::Moved, Verdict::Reshaped, Verdict::IdChanged, Verdict::Attributes] {
            same(verdict, verdict);
        }
        assert!(there_counts[Verdict::Raised as usize] > 0 && there_counts[Verdict::Added as usize] > 0);
        assert_eq!(there.unchanged, back.unchanged);
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-6, "{x} {y}");
        near(there.areas.net, -back.areas.net);
        near(there.areas.added, back.areas.removed);
        near(there.areas.gained, back.areas.lost);
    }
}

/// EPSG:4548 to degrees with seven decimals (1 cm) and back.
#[test]
fn what_went_through_degrees_and_came_back_is_unchanged() {
    let degrees = Crs::parse("EPSG:4490").unwrap();
    let metres = Crs::parse("EPSG:4548").unwrap();
    let (there, back) = (Transform::new(&metres, &degrees).unwrap(), Transform::new(&degrees, &metres).unwrap());
    for id in [true, false] {
        let a = town(8, false, id);
        let mut b = a.clone();
        assert_eq!(there.apply(&mut b.table.geometry.xy), 0);
        b.table.geometry.xy.iter_mut().flatten().for_each(|v| *v = (*v * 1e7).round() / 1e7);
        assert_eq!(back.apply(&mut b.table.geometry.xy), 0);
        assert_ne!(a.table.geometry.xy, b.table.geometry.xy);
        assert_eq!(compared(&a, &b).unchanged, 400);
    }
}
