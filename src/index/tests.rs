//! The tree against looking at every feature.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::*;

/// Points, lines and polygons of mixed sizes in 3 × 3 km, some on one spot, some without geometry.
fn random_city(seed: u64, n: u32) -> GeometryColumn {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut column = GeometryColumn::default();
    for i in 0..n {
        let size = if i % 50 == 0 { 2000.0 } else { 30.0 };
        let centre = [500_000.0 + random.random_range(0.0..3e3), 4_300_000.0 + random.random_range(0.0..3e3)];
        let kind = match i % 5 {
            0 => GeometryKind::Point,
            1 => GeometryKind::Line,
            2 if i % 3 == 0 => GeometryKind::None,
            _ => GeometryKind::Polygon,
        };
        match kind {
            GeometryKind::None => {}
            GeometryKind::Point => column.push_vertex(centre, None),
            GeometryKind::Line => (0..4).for_each(|k| {
                let y = random.random_range(-size..size);
                column.push_vertex([centre[0] + f64::from(k) * size / 3.0, centre[1] + y], None);
            }),
            GeometryKind::Polygon => (0..7).for_each(|k| {
                let (sin, cos) = (f64::from(k) / 7.0 * std::f64::consts::TAU).sin_cos();
                let r = size * random.random_range(0.3..1.0);
                column.push_vertex([centre[0] + r * cos, centre[1] + r * sin], None);
            }),
        }
        if kind != GeometryKind::None {
            column.end_ring();
            column.end_part();
        }
        column.end_feature(kind);
    }
    column
}

fn all(column: &GeometryColumn) -> impl Iterator<Item = u32> + '_ {
    (0..column.len() as u32).filter(|f| column.kind(*f) != GeometryKind::None)
}

#[test]
fn the_tree_answers_like_a_look_at_every_feature() {
    let column = random_city(7, 3000);
    let index = LayerIndex::build_over(&column);
    assert_eq!(index.len(), all(&column).count());
    let mut random = Pcg64::seed_from_u64(8);
    let mut found = [0; 4];
    for _ in 0..200 {
        let p = [500_000.0 + random.random_range(-500.0..3500.0), 4_300_000.0 + random.random_range(0.0..3e3)];
        let point = MapPoint::from(p);
        let at = index.at(&column, point, 40.0);
        let expected: Vec<u32> = all(&column)
            .filter(|f| match column.kind(*f) {
                GeometryKind::Polygon => shape::holds(&column, *f, p),
                _ => shape::distance(&column, *f, p) <= 40.0,
            })
            .collect();
        assert_eq!(at, expected);
        let area = Bounds { min: p, max: [p[0] + 400.0, p[1] + 250.0] };
        let in_box = index.in_box(&column, &area);
        assert_eq!(in_box, all(&column).filter(|f| shape::meets_box(&column, *f, &area)).collect::<Vec<_>>());
        let boxes = index.boxes_in(&area);
        assert!(all(&column).filter(|f| column.bounds(*f).meets(&area)).all(|f| boxes.binary_search(&f).is_ok()));
        assert!(boxes.iter().all(|f| column.bounds(*f).grown(0.01).meets(&area)));
        let mut by_distance: Vec<Near> =
            all(&column).map(|feature| Near { feature, distance: shape::distance(&column, feature, p) }).collect();
        by_distance.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.feature.cmp(&b.feature)));
        by_distance.truncate(12);
        assert_eq!(index.nearest(&column, point, 12), by_distance);
        let to = [p[0] + random.random_range(-3e3..3e3), p[1] + random.random_range(-3e3..3e3)];
        let along = index.along(point, MapPoint::from(to), 1.0);
        let mut crossed = all(&column).filter(|f| shape::segment_meets_box(p, to, &column.bounds(*f).grown(1.0)));
        assert!(crossed.all(|f| along.binary_search(&f).is_ok()));
        assert!(
            along.iter().all(|f| shape::segment_meets_box(p, to, &column.bounds(*f).grown(1.01))),
            "a box beside the segment"
        );
        for (sum, n) in found.iter_mut().zip([at.len(), in_box.len(), along.len(), boxes.len()]) {
            *sum += n;
        }
    }
    // The questions were not all about empty places.
    assert!(found.iter().all(|n| *n > 100), "{found:?}");
}

#[test]
fn touching_finds_what_shares_a_point_in_its_own_and_in_other_layers() {
    let (one, other) = (random_city(1, 600), random_city(2, 600));
    let index = LayerIndex::build_over(&one);
    let mut pairs = 0;
    for feature in 0..600 {
        let expected: Vec<u32> = all(&one).filter(|f| shape::touch(&one, *f, &other, feature)).collect();
        assert_eq!(index.touching(&one, &other, feature), expected);
        pairs += expected.len();
        let own: Vec<u32> = all(&one).filter(|f| *f != feature && shape::touch(&one, *f, &one, feature)).collect();
        assert_eq!(index.touching(&one, &one, feature), own);
    }
    assert!(pairs > 100);
}

#[test]
fn equally_near_features_come_in_the_order_of_their_ids() {
    let mut column = GeometryColumn::default();
    for i in 0..40_u32 {
        let angle = f64::from(i % 4) * std::f64::consts::FRAC_PI_2;
        column.push_vertex([10.0 * angle.cos().round(), 10.0 * angle.sin().round()], None);
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Point);
    }
    let near = LayerIndex::build_over(&column).nearest(&column, MapPoint::new(0.0, 0.0), 7);
    assert_eq!(near.iter().map(|near| near.feature).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn strange_coordinates_are_survived() {
    let mut column = GeometryColumn::default();
    for xy in [[f64::NAN, 0.0], [1e11, -1e11], [1e300, 1e300], [f64::INFINITY, 0.0], [5.0, 5.0]] {
        column.push_vertex(xy, None);
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Point);
    }
    let index = LayerIndex::build_over(&column);
    assert_eq!(index.len(), 3);
    assert_eq!(index.at(&column, MapPoint::new(5.0, 5.0), 0.1), [4]);
    assert!(index.nearest(&column, MapPoint::new(f64::NAN, 0.0), 3).is_empty());
    assert!(LayerIndex::default().nearest(&column, MapPoint::new(0.0, 0.0), 3).is_empty());
    assert!(LayerIndex::build_over(&GeometryColumn::default()).is_empty());
}
