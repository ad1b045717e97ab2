//! Control lines of plans (控制线) on a parcel: which it crosses, lies within or lies outside of.
//!
//! 1. boxes by the R-tree, then exactly by `geo`;
//! 2. areas of one kind in one layer count together: a parcel on two patches of farmland lies within it;
//! 3. lines cross where they run through a parcel, not where they run along its side;
//! 4. what is thin is drawing: see [`sliver`] and [`ALONG`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use geo::{Area, BooleanOps, Contains, Distance, Euclidean, Geometry, Length, LineString, MultiLineString};
use geo::{MultiPolygon, Point};

use super::ground;
use super::near::Near;
use crate::city::CityLayer;
use crate::model::control_line::{ControlLine, Kinds, Relation};
use crate::model::{GeometryKind, Meaning, Title};
use crate::place::Bounds;
use crate::query::identity::id_of;
use crate::query::shape;

/// A control line that a parcel crosses or lies within; or the kind of one that it lies outside of.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlLink {
    /// What kind of line it is.
    pub kind: &'static ControlLine,
    /// How the parcel lies to all areas of the kind in the layer; lines are crossed.
    pub relation: Relation,
    /// The id of its layer.
    pub layer: String,
    /// Its id; empty where the parcel lies outside of all.
    pub id: String,
    /// Its name in the languages that the data has; empty where it says none.
    pub name: Title,
    /// How much of the parcel, or of the line.
    pub extent: Extent,
}

/// How much of a parcel lies within a control line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// None of it.
    None,
    /// So many m² of it, and the share of its area, 0 to 1.
    Area(f64, f64),
    /// So many metres of the line run through it.
    Length(f64),
}

impl ControlLink {
    /// Whether it is worth a look, by the table.
    pub fn matters(&self) -> bool {
        self.kind.matters(self.relation)
    }
}

/// A link in a few letters, for tables: `blue crossing 12.3 %`, `red crossing 40.0 m`, `urban_boundary outside`.
pub fn short(link: &ControlLink) -> String {
    let said = format!("{} {}", link.kind.code, link.relation.word());
    match link.extent {
        Extent::None => said,
        Extent::Area(_, share) => format!("{said} {:.1} %", 100.0 * share),
        Extent::Length(metres) => format!("{said} {metres:.1} m"),
    }
}

/// The kinds of the links that are worth a look, each once, in the order of the table.
pub fn worth_a_look(links: &[ControlLink]) -> Vec<&'static ControlLine> {
    let said = |line: &&ControlLine| links.iter().any(|link| link.kind == *line && link.matters());
    ControlLine::all().iter().filter(said).collect()
}

/// How many parcels lie so to a kind of line: the kind, and parcels by relation (crossing, inside, outside). A parcel
/// counts once for each relation. Kinds of the table that no parcel touches are left out.
pub fn count<'a>(parcels: impl Iterator<Item = &'a [ControlLink]>) -> Vec<(&'static ControlLine, [u32; 3])> {
    let mut counts = vec![[0; 3]; ControlLine::all().len()];
    for links in parcels {
        let found: BTreeSet<(usize, Relation)> = links.iter().map(|link| (link.kind.place(), link.relation)).collect();
        found.into_iter().for_each(|(kind, relation)| counts[kind][relation as usize] += 1);
    }
    ControlLine::all().iter().zip(counts).filter(|(_, counts)| *counts != [0; 3]).collect()
}

/// What of a parcel of so many m² is drawing when it lies within or without, m²: half a square metre, or a thousandth
/// of a greater parcel, but never more than 10 m².
pub fn sliver(parcel: f64) -> f64 {
    (0.001 * parcel).clamp(0.5, 10.0)
}

/// A line that comes no deeper into a parcel than this runs along its side, metres.
pub const ALONG: f64 = 0.1;

/// A layer of control lines.
pub struct ControlLayer<'a> {
    layer: &'a CityLayer,
    kinds: Kinds,
    /// The kinds of which a parcel may lie outside, as far as the layer (or its sample) shows areas of them.
    outside: Vec<&'static ControlLine>,
}

impl<'a> ControlLayer<'a> {
    /// Learns what a layer says of kinds.
    pub fn of(layer: &'a CityLayer) -> Self {
        let known = layer.known();
        let kinds = Kinds::of(known);
        let areas =
            (0..known.table.len() as u32).filter(|row| known.table.geometry.kind(*row) == GeometryKind::Polygon);
        let mut outside: Vec<&'static ControlLine> = Vec::new();
        for kind in areas.map(|row| kinds.kind(&known.table, row)) {
            if kind.matters(Relation::Outside) && !outside.contains(&kind) {
                outside.push(kind);
            }
        }
        Self { layer, kinds, outside }
    }

    /// What of it lies near a box, ready to be asked for each parcel there.
    ///
    /// # Errors
    /// When the layer's file cannot be read any more.
    pub fn near(&self, bounds: &Bounds) -> io::Result<ControlsNear<'_>> {
        let near = Near::of(self.layer, bounds)?;
        let geometry = &near.layer().table.geometry;
        // Great areas are asked for many parcels: their shapes are made once.
        let shapes = near.rows_in(bounds).into_iter().filter_map(|row| Some((row, shape::of_feature(geometry, row)?)));
        let shapes = shapes.collect();
        Ok(ControlsNear { of: self, near, shapes })
    }
}

/// What of a layer of control lines lies near some parcels.
pub struct ControlsNear<'a> {
    of: &'a ControlLayer<'a>,
    near: Near<'a>,
    shapes: BTreeMap<u32, Geometry>,
}

impl ControlsNear<'_> {
    /// How a parcel lies to them: features by kind in the order of the table, then by row.
    pub fn links(&self, parcel: &MultiPolygon) -> Vec<ControlLink> {
        let (bounds, area) = (ground::bounds_of(parcel), parcel.unsigned_area());
        // A parcel that is drawing itself lies nowhere.
        if area < sliver(area) {
            return Vec::new();
        }
        let layer = self.near.layer();
        let mut rows = self.near.rows_in(&bounds);
        // Pieces of a streamed layer have their rows in any order.
        rows.sort_unstable_by_key(|row| layer.whole_row(*row));
        let mut links: Vec<ControlLink> = Vec::new();
        let mut pieces: BTreeMap<usize, Vec<MultiPolygon>> = BTreeMap::new();
        for row in rows {
            let Some(shape) = self.shapes.get(&row) else { continue };
            let kind = self.of.kinds.kind(&layer.table, row);
            let extent = match shape {
                Geometry::MultiPolygon(within) => {
                    let piece = within_parcel(parcel, &bounds, within);
                    let on = piece.unsigned_area();
                    pieces.entry(kind.place()).or_default().push(piece);
                    // One that has a sliver alone may be a patch of many: together they are judged below.
                    if on < sliver(area) { continue } else { Extent::Area(on, (on / area).min(1.0)) }
                }
                Geometry::MultiLineString(lines) => match through(parcel, lines) {
                    metres if metres > 0.0 => Extent::Length(metres),
                    _ => continue,
                },
                _ => continue,
            };
            let text = |meaning| {
                let text = layer.mapping.get(meaning).map(|field| layer.table.value(row, &field.field).to_string());
                text.unwrap_or_default().trim().to_owned()
            };
            links.push(ControlLink {
                kind,
                relation: Relation::Crossing,
                layer: layer.id.clone(),
                id: id_of(layer, row),
                name: Title { zh: text(Meaning::Name), en: text(Meaning::NameEn) },
                extent,
            });
        }
        let covered: BTreeMap<usize, f64> = pieces.iter().map(|(kind, all)| (*kind, ground::covered(all))).collect();
        let within = |kind: &ControlLine| covered.get(&kind.place()).copied().unwrap_or_default();
        for link in &mut links {
            if matches!(link.extent, Extent::Area(..)) && area - within(link.kind) < sliver(area) {
                link.relation = Relation::Inside;
            }
        }
        let outside = self.of.outside.iter().filter(|kind| within(kind) < sliver(area));
        links.extend(outside.map(|kind| ControlLink {
            kind,
            relation: Relation::Outside,
            layer: layer.id.clone(),
            id: String::new(),
            name: Title::default(),
            extent: Extent::None,
        }));
        links.sort_by_key(|link| link.kind.place());
        links
    }
}

/// The part of an area that lies on a parcel. Most great areas hold all of a parcel or none of it: only where their
/// outline comes near is an exact cut needed.
fn within_parcel(parcel: &MultiPolygon, bounds: &Bounds, within: &MultiPolygon) -> MultiPolygon {
    let meets = |edge: geo::Line| {
        let (a, b) = (edge.start, edge.end);
        a.x.min(b.x) <= bounds.max[0]
            && a.x.max(b.x) >= bounds.min[0]
            && a.y.min(b.y) <= bounds.max[1]
            && a.y.max(b.y) >= bounds.min[1]
    };
    let rings = within.0.iter().flat_map(|one| std::iter::once(one.exterior()).chain(one.interiors()));
    if rings.flat_map(LineString::lines).any(meets) {
        return ground::on(parcel, within);
    }
    // No edge comes near: one point tells for all of them.
    let inside = within.contains(&Point::new(bounds.min[0], bounds.min[1]));
    if inside { parcel.clone() } else { MultiPolygon::new(Vec::new()) }
}

/// Metres of lines that run through a parcel; of a piece that runs along its side, none.
fn through(parcel: &MultiPolygon, lines: &MultiLineString) -> f64 {
    let pieces = parcel.clip(lines, false);
    let sides: Vec<&LineString> =
        parcel.0.iter().flat_map(|one| std::iter::once(one.exterior()).chain(one.interiors())).collect();
    let deep = |point: Point| sides.iter().all(|side| Euclidean.distance(&point, *side) > ALONG);
    let runs_through = |piece: &&LineString| {
        // Ends lie on the side, so the middle of each piece is asked as well.
        let middles = piece.lines().map(|line| Point::from((line.start + line.end) / 2.0));
        piece.points().chain(middles).any(deep)
    };
    pieces.0.iter().filter(runs_through).map(|piece| Euclidean.length(piece)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mapping::Mapped;
    use crate::model::{FeatureTable, TableBuilder, Value};
    use crate::query::testing::layer_of;

    /// Rectangles with whole numbers: areas are exact to rounding of f64.
    const CLOSE: f64 = 1e-6;

    /// Control features: kind, then an area by its corners or a line by its ends.
    enum Shape {
        Area([f64; 4]),
        Line([[f64; 2]; 2]),
    }
    use Shape::{Area as Rect, Line};

    fn table(rows: &[(&str, Shape)]) -> FeatureTable {
        let mut builder = TableBuilder::default();
        let column = builder.field("kind");
        for (kind, shape) in rows {
            builder.set(column, &Value::Text((*kind).into()));
            let (points, of) = match shape {
                Rect([x0, y0, x1, y1]) => {
                    (vec![[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1], [*x0, *y0]], GeometryKind::Polygon)
                }
                Line(ends) => (ends.to_vec(), GeometryKind::Line),
            };
            points.into_iter().for_each(|point| builder.geometry.push_vertex(point, None));
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(of);
        }
        builder.finish()
    }

    fn layer(id: &str, rows: &[(&str, Shape)]) -> CityLayer {
        let mut layer = layer_of(id, table(rows));
        let field = Mapped { field: "kind".into(), factor: 1.0, declared: true, reason: String::new() };
        layer.mapping.set(Meaning::Category, field);
        CityLayer::in_memory(layer)
    }

    /// The links of the parcel 0..100 × 0..50, 5,000 m²: a sliver is less than 5 m².
    fn links(layer: &CityLayer) -> Vec<ControlLink> {
        let parcel = ground::rectangle([0.0, 0.0], [100.0, 50.0]);
        let of = ControlLayer::of(layer);
        of.near(&ground::bounds_of(&parcel)).unwrap().links(&parcel)
    }

    fn said(layer: &CityLayer) -> Vec<(&'static str, Relation, Extent)> {
        links(layer).iter().map(|link| (link.kind.code.as_str(), link.relation, link.extent)).collect()
    }

    #[test]
    fn an_area_across_a_parcel_has_its_square_metres_and_its_share() {
        // 20 m of the parcel's 100 lie east of x = 80: 20 × 50 = 1,000 m², a fifth.
        let layer = layer("lines", &[("blue", Rect([80.0, -10.0, 200.0, 60.0]))]);
        let [("blue", Relation::Crossing, Extent::Area(area, share))] = said(&layer)[..] else {
            panic!("{:?}", said(&layer))
        };
        assert!((area - 1000.0).abs() < CLOSE && (share - 0.2).abs() < CLOSE, "{area} {share}");
    }

    #[test]
    fn an_area_far_greater_than_the_parcel_holds_all_of_it_or_none() {
        let around = layer("ugb", &[("城镇开发边界", Rect([-1000.0, -1000.0, 1000.0, 1000.0]))]);
        assert_eq!(said(&around), [("urban_boundary", Relation::Inside, Extent::Area(5000.0, 1.0))]);
        assert!(!links(&around)[0].matters(), "within the boundary is where a parcel belongs");
        let away = layer("ugb", &[("城镇开发边界", Rect([500.0, 0.0, 1000.0, 1000.0]))]);
        assert_eq!(said(&away), [("urban_boundary", Relation::Outside, Extent::None)]);
        assert!(links(&away)[0].matters());
        // Who lies outside a green line is not told.
        assert_eq!(said(&layer("lines", &[("green", Rect([500.0, 0.0, 1000.0, 1000.0]))])), []);
    }

    #[test]
    fn patches_of_farmland_that_cover_a_parcel_together_hold_it() {
        let patches =
            [("永久基本农田", Rect([-10.0, -10.0, 60.0, 60.0])), ("永久基本农田", Rect([60.0, -10.0, 110.0, 60.0]))];
        let found = said(&layer("patches", &patches));
        // 60 × 50 and 40 × 50 m².
        let expected = [3000.0, 2000.0].map(|area| ("farmland", Relation::Inside, Extent::Area(area, area / 5000.0)));
        assert_eq!(found, expected);
    }

    /// A thousandth of 5,000 m² is 5 m²: 0.09 × 50 = 4.5 m² is drawing, 0.11 × 50 = 5.5 m² is not.
    #[test]
    fn slivers_are_drawing_and_no_crossing() {
        let strip = |x| layer("lines", &[("purple", Rect([x, -10.0, 200.0, 60.0]))]);
        assert_eq!(said(&strip(99.91)), []);
        assert_eq!(said(&strip(99.89)).len(), 1);
        // All but 4.5 m² within is within.
        let most = layer("lines", &[("purple", Rect([-10.0, -10.0, 99.91, 60.0]))]);
        assert_eq!(said(&most)[0].1, Relation::Inside);
        // Small parcels have half a square metre, great ones no more than 10 m².
        assert_eq!([100.0, 5000.0, 1e6].map(sliver), [0.5, 5.0, 10.0]);
    }

    #[test]
    fn a_line_crosses_where_it_runs_through_and_not_along_the_side() {
        // From y = 10 to the northern side at y = 50: 40 m of 60.
        let through = layer("lines", &[("red", Line([[30.0, 10.0], [30.0, 70.0]]))]);
        let [("red", Relation::Crossing, Extent::Length(metres))] = said(&through)[..] else {
            panic!("{:?}", said(&through))
        };
        assert!((metres - 40.0).abs() < CLOSE, "{metres}");
        for y in [0.0, 0.05, 50.0, 60.0] {
            assert_eq!(said(&layer("lines", &[("red", Line([[-10.0, y], [110.0, y]]))])), [], "y = {y}");
        }
        assert_eq!(said(&layer("lines", &[("red", Line([[-10.0, 0.5], [110.0, 0.5]]))])).len(), 1);
    }

    #[test]
    fn kinds_come_from_the_feature_first_and_from_the_layer_else() {
        let strip = || Rect([80.0, -10.0, 200.0, 60.0]);
        let codes = |layer: &CityLayer| links(layer).iter().map(|l| l.kind.code.as_str()).collect::<Vec<_>>();
        // The ecological red line is no road, in whatever layer it lies.
        assert_eq!(codes(&layer("道路红线", &[("生态保护红线", strip()), ("", strip())])), ["red", "ecological"]);
        assert_eq!(codes(&layer("蓝线", &[("河道", strip()), ("湖泊", strip())])), ["blue", "blue"]);
        assert_eq!(codes(&layer("lines", &[("河道", strip())])), ["other"]);
    }
}
