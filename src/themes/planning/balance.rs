//! Land-use balance table (用地平衡表): areas by land use, with what of the whole each is.

use std::collections::BTreeMap;
use std::io;

use geo::{Area, MultiPolygon};

use super::dossier::{Dossier, land_use_of};
use super::ground;
use super::near::Near;
use super::plan::Plan;
use crate::model::land_use::{LandUse, land_use};

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The class; `None` for what has no known land use.
    pub class: Option<&'static LandUse>,
    /// Number of parcels.
    pub parcels: u32,
    /// Their area, m².
    pub area: f64,
    /// Share of all parcels' area, percent.
    pub percent: f64,
    /// What the parcels of no known land use say, with how many say it, the most frequent first; those that say
    /// nothing are not among them.
    pub unknown: Vec<(String, u32)>,
}

/// What a parcel adds to the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Its land use as the data says it.
    pub land_use: Option<String>,
    /// Its area, m².
    pub area: f64,
}

impl Plot {
    /// Of a dossier.
    pub fn of(dossier: &Dossier) -> Self {
        Self { land_use: dossier.land_use.clone(), area: dossier.area }
    }
}

/// What parcels add to the table of an area: each with the part of it that lies there.
///
/// # Errors
/// When the layer of parcels cannot be read any more.
pub fn plots_in(plan: &Plan<'_>, area: &MultiPolygon) -> io::Result<Vec<Plot>> {
    let bounds = ground::bounds_of(area);
    let near = Near::of(plan.parcels, &bounds)?;
    let layer = near.layer();
    let mut plots = Vec::new();
    for row in near.rows_in(&bounds) {
        let Some(parcel) = ground::polygons(&layer.table.geometry, row) else { continue };
        let inside = ground::on(area, &parcel).unsigned_area();
        if inside > 0.0 {
            plots.push(Plot { land_use: land_use_of(layer, row), area: inside });
        }
    }
    Ok(plots)
}

/// The table over some parcels: known classes by code, what is not known last.
pub fn balance<'a>(plots: impl IntoIterator<Item = &'a Plot>) -> Vec<Row> {
    let mut sums: BTreeMap<&'static str, (u32, f64)> = BTreeMap::new();
    let mut unknown = (0, 0.0);
    let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
    for plot in plots {
        let class = plot.land_use.as_deref().and_then(land_use);
        let sum = class.map_or(&mut unknown, |class| sums.entry(class.code.as_str()).or_default());
        if let (None, Some(code)) = (class, plot.land_use.as_deref()) {
            *codes.entry(code).or_default() += 1;
        }
        sum.0 += 1;
        sum.1 += plot.area;
    }
    let whole: f64 = sums.values().map(|(_, area)| area).sum::<f64>() + unknown.1;
    let percent = |area: f64| if whole > 0.0 { 100.0 * area / whole } else { 0.0 };
    let mut codes: Vec<(String, u32)> = codes.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |class, (parcels, area)| Row { class, parcels, area, percent: percent(area), unknown: Vec::new() };
    let known = sums.into_iter().map(|(code, sum)| row(land_use(code), sum));
    let rest = (unknown.0 > 0).then(|| Row { unknown: codes, ..row(None, unknown) });
    known.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_add_up_by_class_and_the_unknown_is_a_row_of_its_own() {
        let plot = |land_use: Option<&str>, area| Plot { land_use: land_use.map(str::to_owned), area };
        let plots = [
            plot(Some("070102"), 600.0),
            plot(Some("070101"), 200.0),
            plot(Some("1401"), 150.0),
            plot(Some("C-3"), 30.0),
            plot(Some("AB"), 4.0),
            plot(Some("C-3"), 6.0),
            plot(None, 10.0),
        ];
        let rows = balance(&plots);
        let said: Vec<_> =
            rows.iter().map(|r| (r.class.map(|c| c.code.as_str()), r.parcels, r.area, r.percent)).collect();
        // 600 + 200 of 1,000 m² are 80 %; both sub-classes are 0701 in the table of colours.
        assert_eq!(said, [(Some("0701"), 2, 800.0, 80.0), (Some("1401"), 1, 150.0, 15.0), (None, 4, 50.0, 5.0)]);
        // What they say is named, with those that say it.
        assert_eq!(rows[2].unknown, [("C-3".to_owned(), 2), ("AB".to_owned(), 1)]);
        assert!(balance(&[]).is_empty());
    }

    /// Two parcels of 100 × 50 m side by side, the eastern one a park; the area covers the last 20 m of the first and
    /// the first 60 m of the second: 1,000 and 3,000 m², a quarter and three quarters.
    #[test]
    fn of_an_area_only_what_lies_in_it_counts() {
        use crate::query::testing::{city_of, layer_of};
        let mut builder = crate::model::TableBuilder::default();
        let used = builder.field("use");
        for (west, code) in [(0.0, "070102"), (100.0, "1401")] {
            builder.set(used, &crate::model::Value::Text(code.into()));
            for corner in [[west, 0.0], [west + 100.0, 0.0], [west + 100.0, 50.0], [west, 50.0]] {
                builder.geometry.push_vertex(corner, None);
            }
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(crate::model::GeometryKind::Polygon);
        }
        let mut mapping = crate::model::FieldMapping::default();
        let field =
            crate::model::mapping::Mapped { field: "use".into(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(crate::model::Meaning::Use, field);
        let role = crate::model::Role::Parcel;
        let parcels = crate::model::Layer { role, mapping, ..layer_of("parcels", builder.finish()) };
        let city = city_of(vec![crate::city::CityLayer::in_memory(parcels)]);
        let plan = Plan::of(&city, None).unwrap();
        let area = geo::Rect::new((80.0, -10.0), (160.0, 60.0)).to_polygon();
        let rows = balance(&plots_in(&plan, &MultiPolygon::new(vec![area])).unwrap());
        let said: Vec<_> = rows.iter().map(|r| (r.class.map(|c| c.code.as_str()), r.area, r.percent)).collect();
        assert_eq!(said, [(Some("0701"), 1000.0, 25.0), (Some("1401"), 3000.0, 75.0)]);
    }
}
