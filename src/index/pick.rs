//! What a ray hits: bodies exactly, the ground exactly, flat features where the ray meets the
//! ground; sorted by depth.
//!
//! 1. where the ray meets the ground ([`ground_hit`]);
//! 2. for each layer of bodies the piece of the ray between its lowest bottom and highest top, not
//!    beyond the ground, walks the R-tree; each candidate is hit as a prism in `f64`;
//! 3. flat layers are asked at the ground point;
//! 4. all hits, nearest first; of equal ones the upper layer first.

use super::{Bodies, Ground, LayerIndex, shape};
use crate::model::{GeometryColumn, GeometryKind};
use crate::place::MapPoint;

/// A ray in the project CRS: east, north, up; metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// Where it begins.
    pub origin: [f64; 3],
    /// Where it goes, of any length but 0.
    pub direction: [f64; 3],
}

impl Ray {
    fn unit(&self) -> Option<Self> {
        let length = self.direction.iter().map(|v| v * v).sum::<f64>().sqrt();
        let sound = length > 0.0 && length.is_finite() && self.origin.iter().all(|v| v.is_finite());
        sound.then(|| Self { origin: self.origin, direction: self.direction.map(|v| v / length) })
    }

    /// The point after a distance, for a direction of length 1.
    fn at(&self, t: f64) -> [f64; 3] {
        [0, 1, 2].map(|k| self.origin[k] + self.direction[k] * t)
    }

    fn map_at(&self, t: f64) -> MapPoint {
        let [east, north, _] = self.at(t);
        MapPoint::new(east, north)
    }

    /// The distances, not behind the origin, between which the ray is within two elevations.
    fn between(&self, low: f64, high: f64) -> Option<(f64, f64)> {
        let (up, rise) = (self.origin[2], self.direction[2]);
        if rise == 0.0 {
            return (up >= low && up <= high).then_some((0.0, FARTHEST));
        }
        let (a, b) = ((low - up) / rise, (high - up) / rise);
        let (enter, leave) = (a.min(b).max(0.0), a.max(b).min(FARTHEST));
        (enter <= leave).then_some((enter, leave))
    }
}

/// Nothing is hit beyond this, metres.
const FARTHEST: f64 = 1e7;

/// What of a feature was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// The ray begins inside the body.
    Inside,
    /// A body's top.
    Roof,
    /// A body's side.
    Wall,
    /// A body's lower face.
    Bottom,
    /// A feature that lies on the ground.
    Flat,
}

/// A hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The number of the layer in the list that was asked.
    pub layer: usize,
    /// The feature.
    pub feature: u32,
    /// Metres along the ray.
    pub distance: f64,
    /// What was hit.
    pub kind: HitKind,
}

/// Where the ray meets the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroundHit {
    /// The place.
    pub point: MapPoint,
    /// The elevation of the drawn ground there, metres.
    pub elevation: f64,
    /// Metres along the ray.
    pub distance: f64,
}

/// All that a ray hits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picked {
    /// Features, nearest first.
    pub hits: Vec<Hit>,
    /// The ground, also where features are before it.
    pub ground: Option<GroundHit>,
}

/// A layer that can be hit.
#[derive(Clone, Copy, Debug)]
pub struct PickLayer<'a> {
    /// Its geometry.
    pub geometry: &'a GeometryColumn,
    /// Its R-tree.
    pub index: &'a LayerIndex,
    /// Its bodies; `None` for a layer that lies on the ground.
    pub bodies: Option<&'a Bodies>,
}

/// Hits layers, lowest first, with a ray. Points and lines are hit within `tolerance` metres of the
/// ground point.
pub fn pick(layers: &[PickLayer], ground: &Ground, ray: &Ray, tolerance: f64) -> Picked {
    let Some(ray) = ray.unit() else { return Picked::default() };
    let on_ground = ground_hit(ground, &ray);
    // Bodies are sunk into the ground: what the ray meets only below it cannot be seen.
    let farthest = on_ground.map_or(FARTHEST, |hit| hit.distance);
    let mut hits = Vec::new();
    for (layer, PickLayer { geometry, index, bodies }) in layers.iter().enumerate() {
        if let Some(bodies) = bodies {
            bodies_hit(geometry, index, bodies, &ray, farthest, |feature, distance, kind| {
                hits.push(Hit { layer, feature, distance, kind });
            });
        }
        let Some(hit) = on_ground else { continue };
        for feature in index.at(geometry, hit.point, tolerance) {
            // The polygons of a layer of bodies do not lie on the ground.
            if bodies.is_none() || geometry.kind(feature) != GeometryKind::Polygon {
                hits.push(Hit { layer, feature, distance: hit.distance, kind: HitKind::Flat });
            }
        }
    }
    hits.sort_by(|a, b| {
        let depth = a.distance.total_cmp(&b.distance);
        depth.then(b.layer.cmp(&a.layer)).then(a.feature.cmp(&b.feature))
    });
    Picked { hits, ground: on_ground }
}

/// Where a ray meets the drawn ground first: fold by fold along the grid, exactly.
pub fn ground_hit(ground: &Ground, ray: &Ray) -> Option<GroundHit> {
    let ray = ray.unit()?;
    let found = |distance: f64| {
        let point = ray.map_at(distance);
        Some(GroundHit { point, elevation: ground.elevation(point), distance })
    };
    let (low, high) = ground.range();
    // A little more than the range, so that the ends lie on different sides of the surface.
    let (enter, leave) = ray.between(low - 0.01, high + 0.01)?;
    let gap = |t: f64| ray.at(t)[2] - ground.elevation(ray.map_at(t));
    let (mut before, mut gap_before) = (enter, gap(enter));
    if gap_before == 0.0 {
        return found(enter);
    }
    let folds = ground.folds(ray.map_at(enter), ray.map_at(leave));
    for t in folds.map(|t| enter + (leave - enter) * t).chain([leave]) {
        let gap_here = gap(t);
        if gap_before.signum() != gap_here.signum() || gap_here == 0.0 {
            return found(before + (t - before) * gap_before / (gap_before - gap_here));
        }
        (before, gap_before) = (t, gap_here);
    }
    None
}

/// Reports the bodies of a layer that a ray (of length 1) enters within `farthest` metres.
fn bodies_hit(
    geometry: &GeometryColumn,
    index: &LayerIndex,
    bodies: &Bodies,
    ray: &Ray,
    farthest: f64,
    mut report: impl FnMut(u32, f64, HitKind),
) {
    let Some((low, high)) = bodies.range else { return };
    let Some((enter, leave)) = ray.between(f64::from(low), f64::from(high)) else { return };
    let leave = leave.min(farthest);
    if enter > leave {
        return;
    }
    let (from, to) = (ray.map_at(enter), ray.map_at(leave));
    index.tree.each_along([from.east, from.north], [to.east, to.north], 0.0, |feature| {
        if bodies.is_body(feature) {
            let span = (f64::from(bodies.bottom[feature as usize]), f64::from(bodies.top[feature as usize]));
            if let Some((distance, kind)) = body_hit(geometry, feature, span, ray) {
                // Both ends may be rounded: a wall's foot is on the ground.
                if distance <= farthest + 1e-6 {
                    report(feature, distance, kind);
                }
            }
        }
    });
}

/// Where a ray enters a body: its footprint between two elevations. The distance is in lengths of
/// the ray's direction.
pub fn body_hit(
    geometry: &GeometryColumn,
    feature: u32,
    (bottom, top): (f64, f64),
    ray: &Ray,
) -> Option<(f64, HitKind)> {
    let (enter, leave) = ray.between(bottom, top)?;
    let start = ray.map_at(enter);
    if shape::holds(geometry, feature, [start.east, start.north]) {
        let kind = match ray.direction[2] {
            _ if enter == 0.0 => HitKind::Inside,
            rise if rise < 0.0 => HitKind::Roof,
            _ => HitKind::Bottom,
        };
        return Some((enter, kind));
    }
    // Outside the footprint: in by the first edge that is crossed. Edges relative to the ray's
    // origin, so that large coordinates keep precision.
    let ([ox, oy, _], [dx, dy, _]) = (ray.origin, ray.direction);
    let mut first = f64::INFINITY;
    shape::any_edge(geometry, feature, |a, b| {
        let (a, b) = ([a[0] - ox, a[1] - oy], [b[0] - ox, b[1] - oy]);
        let (side_a, side_b) = (dx * a[1] - dy * a[0], dx * b[1] - dy * b[0]);
        if (side_a >= 0.0) != (side_b >= 0.0) {
            let share = side_a / (side_a - side_b);
            let at = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
            let t = (at[0] * dx + at[1] * dy) / (dx * dx + dy * dy);
            if t >= enter && t <= leave {
                first = first.min(t);
            }
        }
        false
    });
    first.is_finite().then_some((first, HitKind::Wall))
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::model::{HeightSource, Heights, Terrain, Vertical};

    fn add(column: &mut GeometryColumn, rings: &[&[[f64; 2]]]) {
        for ring in rings {
            ring.iter().for_each(|xy| column.push_vertex(*xy, None));
            column.end_ring();
        }
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
    }

    /// A courtyard block of 20 m and, behind it in the east, a bridge between 6 and 8 m.
    fn street() -> (GeometryColumn, LayerIndex, Bodies) {
        let mut column = GeometryColumn::default();
        add(
            &mut column,
            &[
                &[[0.0, 0.0], [30.0, 0.0], [30.0, 30.0], [0.0, 30.0]],
                &[[10.0, 10.0], [10.0, 20.0], [20.0, 20.0], [20.0, 10.0]],
            ],
        );
        add(&mut column, &[&[[40.0, 10.0], [60.0, 10.0], [60.0, 20.0], [40.0, 20.0]]]);
        let heights = Heights {
            top: vec![20.0, 8.0],
            base: vec![0.0, 6.0],
            source: vec![HeightSource::Surveyed; 2],
            covered: vec![false; 2],
        };
        let index = LayerIndex::build_over(&column);
        let bodies = Bodies::stand(&column, &heights, Vertical::OnTerrain, 0.0, &Ground::flat());
        (column, index, bodies)
    }

    fn hits(ray: Ray) -> Vec<(u32, f64, HitKind)> {
        let (geometry, index, bodies) = street();
        let layer = PickLayer { geometry: &geometry, index: &index, bodies: Some(&bodies) };
        let picked = pick(&[layer], &Ground::flat(), &ray, 1.0);
        picked.hits.iter().map(|hit| (hit.feature, (hit.distance * 1e6).round() / 1e6, hit.kind)).collect()
    }

    #[test]
    fn a_ray_from_above_hits_roofs_and_falls_through_courtyards() {
        let down = |east, north| hits(Ray { origin: [east, north, 100.0], direction: [0.0, 0.0, -2.0] });
        assert_eq!(down(5.0, 5.0), [(0, 80.0, HitKind::Roof)]);
        assert_eq!(down(15.0, 15.0), []);
        assert_eq!(down(50.0, 15.0), [(1, 92.0, HitKind::Roof)]);
    }

    #[test]
    fn a_level_ray_hits_walls_in_the_order_of_their_depth() {
        let level = |up| hits(Ray { origin: [-10.0, 15.0, up], direction: [1.0, 0.0, 0.0] });
        assert_eq!(level(7.0), [(0, 10.0, HitKind::Wall), (1, 50.0, HitKind::Wall)]);
        // Under the bridge, and over all.
        assert_eq!(level(3.0), [(0, 10.0, HitKind::Wall)]);
        assert_eq!(level(21.0), []);
        let from_below = hits(Ray { origin: [50.0, 15.0, 1.0], direction: [0.0, 0.0, 1.0] });
        assert_eq!(from_below, [(1, 5.0, HitKind::Bottom)]);
        assert_eq!(hits(Ray { origin: [5.0, 5.0, 5.0], direction: [0.0, 0.0, 1.0] }), [(0, 0.0, HitKind::Inside)]);
        // From the courtyard to the east: its inner wall 5 m away.
        let court = hits(Ray { origin: [15.0, 15.0, 7.0], direction: [3.0, 0.0, 0.0] });
        assert_eq!(court, [(0, 5.0, HitKind::Wall), (1, 25.0, HitKind::Wall)]);
    }

    #[test]
    fn flat_features_are_hit_on_the_ground_upper_layer_first() {
        let (geometry, index, bodies) = street();
        let layers = [
            PickLayer { geometry: &geometry, index: &index, bodies: None },
            PickLayer { geometry: &geometry, index: &index, bodies: None },
            PickLayer { geometry: &geometry, index: &index, bodies: Some(&bodies) },
        ];
        // A 3-4-5 ray that lands at (5, 5) after it met the roof at 20 m: 100 and 75 m away.
        let ray = Ray { origin: [5.0, -55.0, 80.0], direction: [0.0, 3.0, -4.0] };
        let picked = pick(&layers, &Ground::flat(), &ray, 1.0);
        let seen: Vec<_> = picked.hits.iter().map(|hit| (hit.layer, hit.kind, hit.distance.round())).collect();
        // At the south wall (5, 0) the ray is 80 − 55 · 4/3 = 6.7 m high: a wall, 55 / 0.6 = 91.7 m away.
        assert_eq!(seen, [(2, HitKind::Wall, 92.0), (1, HitKind::Flat, 100.0), (0, HitKind::Flat, 100.0)]);
        let ground = picked.ground.unwrap();
        assert!(ground.point.distance(MapPoint::new(5.0, 5.0)) < 1e-9 && ground.elevation == 0.0);
    }

    #[test]
    fn the_ground_hit_lies_on_ray_and_ground_and_nothing_is_before_it() {
        let mut random = rand_pcg::Pcg64::seed_from_u64(5);
        let terrain = Terrain {
            origin: MapPoint::new(500_000.0, 4_000_000.0),
            cell: 25.0,
            columns: 80,
            rows: 60,
            heights: (0..80 * 60).map(|_| random.random_range(-5.0..120.0)).collect(),
            exaggeration: 1.0,
        };
        let ground = Ground::new(&terrain, 1 << 20);
        let mut met = 0;
        for _ in 0..300 {
            let mut within = |low: f64, high: f64| random.random_range(low..high);
            let origin = [500_000.0 + within(-900.0, 2900.0), 4_000_000.0 + within(-900.0, 2400.0), 130.0];
            let ray = Ray { origin, direction: [within(-1.0, 1.0), within(-1.0, 1.0), within(-0.5, -0.001)] };
            let hit = ground_hit(&ground, &ray).expect("a falling ray meets the ground");
            met += 1;
            let unit = ray.unit().unwrap();
            assert!((unit.at(hit.distance)[2] - hit.elevation).abs() < 1e-6);
            for k in 0..500 {
                let t = hit.distance * f64::from(k) / 500.0;
                assert!(unit.at(t)[2] > ground.elevation(unit.map_at(t)) - 1e-6);
            }
        }
        assert_eq!(met, 300);
        let up = Ray { origin: [500_100.0, 4_000_100.0, 500.0], direction: [0.3, 0.1, 0.2] };
        assert_eq!(ground_hit(&ground, &up), None);
    }

    /// Against stepping along the ray by 2 cm and asking whether the point is in the body.
    #[test]
    fn bodies_are_hit_where_small_steps_along_the_ray_first_get_inside() {
        let (geometry, index, bodies) = street();
        let layer = PickLayer { geometry: &geometry, index: &index, bodies: Some(&bodies) };
        let mut random = rand_pcg::Pcg64::seed_from_u64(6);
        let mut met = 0;
        for _ in 0..800 {
            let mut within = |low: f64, high: f64| random.random_range(low..high);
            let ray = Ray {
                origin: [within(-30.0, 90.0), within(-30.0, 60.0), within(21.0, 60.0)],
                direction: [within(-1.0, 1.0), within(-1.0, 1.0), within(-0.9, -0.1)],
            };
            let picked = pick(&[layer], &Ground::flat(), &ray, 0.0);
            let unit = ray.unit().unwrap();
            let end = picked.ground.unwrap().distance;
            for feature in 0..2 {
                let inside = |t: f64| {
                    let [east, north, up] = unit.at(t);
                    let row = feature as usize;
                    up >= f64::from(bodies.bottom[row])
                        && up <= f64::from(bodies.top[row])
                        && shape::holds(&geometry, feature, [east, north])
                };
                let stepped = (0..).map(|k| f64::from(k) * 0.02).take_while(|t| *t <= end).find(|t| inside(*t));
                let exact = picked.hits.iter().find(|hit| hit.feature == feature).map(|hit| hit.distance);
                if let Some(stepped) = stepped {
                    met += 1;
                    assert!((exact.unwrap() - stepped).abs() < 0.021, "{exact:?} {stepped}");
                } else if let Some(exact) = exact {
                    // Steps may jump over a corner.
                    assert!(inside(exact + 1e-7) && !inside(exact + 0.03), "{exact}");
                }
            }
        }
        assert!(met > 50, "{met}");
    }

    #[test]
    fn a_ray_without_direction_or_place_hits_nothing() {
        for ray in [
            Ray { origin: [0.0; 3], direction: [0.0; 3] },
            Ray { origin: [f64::NAN, 0.0, 1.0], direction: [0.0, 0.0, -1.0] },
        ] {
            assert_eq!(hits(ray), []);
        }
    }
}
