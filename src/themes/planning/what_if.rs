//! A parcel with a scheme: proposed buildings are a layer of their own and go through the same rules as those of
//! the data.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::near::Near;
use super::scheme::Scheme;
use crate::city::{City, CityLayer};
use crate::formats::{WriteError, flatgeobuf};
use crate::model::mapping::Mapped;
use crate::model::{
    FieldMapping, FieldType, GeometryColumn, HeightSource, Heights, Layer, Meaning, Role, TableBuilder, Title, Value,
};
use crate::query::identity::id_of;
use crate::report::Progress;
use crate::themes::volumes::{Volume, outlines};

/// The number of the layer of proposed buildings: of no layer of the city.
pub const PROPOSED: usize = usize::MAX;

/// What a scheme makes of the city.
pub struct WhatIf {
    /// What it adds, as a layer: row by row the scheme's buildings.
    pub proposed: Near<'static>,
    /// What it takes away: the number of the layer, and the building's id.
    cleared: HashSet<(usize, String)>,
}

impl WhatIf {
    /// Lays a scheme over a city.
    pub fn of(city: &City, scheme: &Scheme) -> Self {
        let number = |id: &str| city.layers.iter().position(|layer| layer.layer.id == id);
        let cleared = scheme.cleared.iter().filter_map(|one| Some((number(&one.layer)?, one.building.clone())));
        Self {
            proposed: Near::Piece(Box::new(CityLayer::in_memory(layer_of(city, scheme)))),
            cleared: cleared.collect(),
        }
    }

    /// Whether the scheme takes a building down.
    pub fn clears(&self, number: usize, layer: &Layer, row: u32) -> bool {
        !self.cleared.is_empty() && self.cleared.contains(&(number, id_of(layer, row)))
    }
}

/// The bodies of a scheme's buildings.
pub fn volumes_of(scheme: &Scheme) -> Vec<Volume> {
    let volume = |block: &super::scheme::Block| Volume {
        outline: geo::MultiPolygon::new(vec![block.polygon()]),
        base: 0.0,
        top: block.height(),
    };
    scheme.blocks.iter().map(volume).collect()
}

/// Writes the buildings of schemes as a FlatGeobuf in the project CRS. `date` is when, ISO 8601.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    city: &City,
    schemes: &[Arc<Scheme>],
    date: &str,
    out: &Path,
    progress: &Progress,
) -> Result<(), WriteError> {
    let mut builder = TableBuilder::default();
    let texts = ["scheme", "parcel", "use", "saved"].map(|name| builder.typed_field(name, FieldType::Text));
    let counts = ["number", "storeys"].map(|name| builder.typed_field(name, FieldType::Integer));
    let reals = ["storey_height_m", "height", "footprint_m2", "floor_area_m2"]
        .map(|name| builder.typed_field(name, FieldType::Real));
    for scheme in schemes {
        let bodies = outlines(&volumes_of(scheme));
        for (row, block) in (0..).zip(&scheme.blocks) {
            for (column, text) in texts.iter().zip([&scheme.name, &scheme.parcel, block.class.word(), date]) {
                builder.set(*column, &Value::Text(text.into()));
            }
            for (column, count) in counts.iter().zip([block.number, block.storeys]) {
                builder.set(*column, &Value::Integer(i64::from(count)));
            }
            let footprint = block.footprint();
            let values = [block.storey_height, block.height(), footprint, footprint * f64::from(block.storeys)];
            reals.iter().zip(values).for_each(|(column, value)| builder.set(*column, &Value::Real(value)));
            builder.geometry.push_from(&bodies, row);
        }
    }
    flatgeobuf::write(out, "schemes", &builder.finish(), &city.crs, progress)
}

/// A scheme's buildings as a layer like those of the data.
fn layer_of(city: &City, scheme: &Scheme) -> Layer {
    let mut builder = TableBuilder::default();
    let fields = [
        (Meaning::Id, "number", FieldType::Integer),
        (Meaning::Storeys, "storeys", FieldType::Integer),
        (Meaning::StoreyHeight, "storey_height_m", FieldType::Real),
        (Meaning::Use, "use", FieldType::Text),
    ];
    let mut mapping = FieldMapping::default();
    let columns = fields.map(|(meaning, name, kind)| {
        let mapped = Mapped { field: name.to_owned(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(meaning, mapped);
        builder.typed_field(name, kind)
    });
    let bodies: GeometryColumn = outlines(&volumes_of(scheme));
    for (row, block) in (0..).zip(&scheme.blocks) {
        let values = [
            Value::Integer(i64::from(block.number)),
            Value::Integer(i64::from(block.storeys)),
            Value::Real(block.storey_height),
            Value::Text(block.class.word().into()),
        ];
        columns.iter().zip(values).for_each(|(column, value)| builder.set(*column, &value));
        builder.geometry.push_from(&bodies, row);
    }
    let count = scheme.blocks.len();
    let heights = Heights {
        top: scheme.blocks.iter().map(|block| block.height() as f32).collect(),
        base: vec![0.0; count],
        // Not surveyed, but not in doubt either: this is what is asked about.
        source: vec![HeightSource::Surveyed; count],
        covered: vec![false; count],
    };
    let (title, table) = (Title::same(&scheme.name), builder.finish());
    Layer { mapping, heights: Some(heights), ..Layer::made("proposed", title, Role::Building, table, &city.crs) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::height::UseClass;
    use crate::query::testing::{city_of, rectangle_layer};
    use crate::themes::planning::dossier::Verdict;
    use crate::themes::planning::floor_area::FarRule;
    use crate::themes::planning::limits::Rule;
    use crate::themes::planning::plan::Plan;
    use crate::themes::planning::scheme::{Block, Cleared};
    use crate::themes::planning::volumes::offences;

    fn rectangle([west, south, east, north]: [f64; 4]) -> Vec<[f64; 2]> {
        vec![[west, south], [east, south], [east, north], [west, north]]
    }

    /// A parcel of 100 × 50 m: at most FAR 1.0, 30 %, 20 m, 5 m from the line. On it a house of 20 × 10 m, two
    /// storeys, 6 m.
    fn city() -> City {
        let limits = [
            (Meaning::FarLimit, "far", 1.0),
            (Meaning::DensityLimit, "density", 30.0),
            (Meaning::HeightLimit, "limit", 20.0),
            (Meaning::Setback, "setback", 5.0),
        ];
        let parcels = rectangle_layer("parcels", Role::Parcel, [0.0, 0.0, 100.0, 50.0], &limits);
        let numbers = [(Meaning::Id, "id", 77.0), (Meaning::Storeys, "storeys", 2.0), (Meaning::Height, "h", 6.0)];
        let mut houses = rectangle_layer("houses", Role::Building, [40.0, 20.0, 60.0, 30.0], &numbers);
        houses.heights = Some(Heights {
            top: vec![6.0],
            base: vec![0.0],
            source: vec![HeightSource::Surveyed],
            covered: vec![false],
        });
        city_of(vec![CityLayer::in_memory(parcels), CityLayer::in_memory(houses)])
    }

    /// Numbers by hand; sums of a few rectangles of whole metres: 1e-6 is far above rounding.
    #[test]
    fn a_scheme_goes_through_the_same_rules_as_what_stands() {
        let city = city();
        let plan = Plan::of(&city, FarRule::named("tianjin")).unwrap();
        let residential = UseClass::of_word("residential").unwrap();
        let block = |number, ring, storeys, storey_height| Block {
            number,
            outline: rectangle(ring),
            storeys,
            storey_height,
            class: residential,
        };
        let mut scheme = Scheme {
            number: 1,
            parcel: "0".into(),
            name: "A".into(),
            blocks: vec![block(1, [10.0, 10.0, 30.0, 40.0], 6, 3.0)],
            cleared: Vec::new(),
        };
        let with = |scheme: &Scheme| {
            let what_if = WhatIf::of(&city, scheme);
            let dossier = plan.dossier_if(0, Some(&what_if)).unwrap().unwrap();
            let red = offences(&city, &plan, &dossier, Some(&what_if)).unwrap();
            (dossier, red)
        };
        let said = |dossier: &super::super::dossier::Dossier, rule| {
            let check = dossier.check(rule).unwrap();
            let span = check.measured.unwrap();
            assert!((span.high - span.low).abs() < 1e-9, "{rule:?} {span:?}: a scheme is exact");
            ((span.low * 1e4).round() / 1e4, check.verdict)
        };
        // The house 200 × 2 = 400 m², the scheme 600 × 6 = 3,600 m²: 4,000 / 5,000 = 0.8; ground 800 / 5,000 = 16 %.
        let (dossier, red) = with(&scheme);
        assert_eq!(said(&dossier, Rule::Far), (0.8, Verdict::Pass));
        assert_eq!(said(&dossier, Rule::Density), (16.0, Verdict::Pass));
        assert_eq!(said(&dossier, Rule::Height), (18.0, Verdict::Pass));
        assert!(red.is_empty());

        // The house is taken down: 3,600 / 5,000 = 0.72.
        scheme.cleared.push(Cleared { layer: "houses".into(), building: "77".into() });
        assert_eq!(said(&with(&scheme).0, Rule::Far), (0.72, Verdict::Pass));

        // Storeys of 4.0 m are more than 3.6 m, at most 4.8 m: they count one and a half times (Tianjin).
        // 600 × 6 × 1.5 = 5,400 m²: 1.08 > 1.0. 6 × 4 = 24 m > 20 m: 4 m of it are red.
        scheme.blocks[0].storey_height = 4.0;
        let (dossier, red) = with(&scheme);
        assert_eq!(said(&dossier, Rule::Far), (1.08, Verdict::Breach));
        assert_eq!(said(&dossier, Rule::Height), (24.0, Verdict::Breach));
        let tops: Vec<_> = red.iter().map(|volume| (volume.base, volume.top)).collect();
        assert_eq!(tops, [(20.0, 24.0)]);

        // Moved west by 8 m: 2 m from the western line instead of 5 m.
        scheme.blocks[0] = scheme.blocks[0].moved([-8.0, 0.0]);
        assert_eq!(said(&with(&scheme).0, Rule::Setback), (2.0, Verdict::Breach));

        // Half of it over the line: 10 of 20 m stay, 300 m² × 6 × 1.5 = 2,700 m²: 0.54.
        scheme.blocks[0] = scheme.blocks[0].moved([-12.0, 0.0]);
        assert_eq!(said(&with(&scheme).0, Rule::Far), (0.54, Verdict::Pass));

        // Two that overlap by half: 600 + 600 - 300 m² of ground, 900 / 5,000 = 18 %.
        scheme.blocks = vec![block(1, [10.0, 10.0, 30.0, 40.0], 1, 3.0), block(2, [20.0, 10.0, 40.0, 40.0], 1, 3.0)];
        assert_eq!(said(&with(&scheme).0, Rule::Density), (18.0, Verdict::Pass));
    }
    /// The same parcel with 1.0 spaces a dwelling, 15 spaces and a lawn of 50 × 50 m, 2,500 of 5,000 m².
    #[test]
    fn a_scheme_takes_green_and_needs_spaces_that_nobody_has_counted() {
        let limits = [
            (Meaning::GreenLimit, "g", 35.0),
            (Meaning::ParkingPerDwelling, "p", 1.0),
            (Meaning::ParkingSpaces, "n", 15.0),
        ];
        let parcels = rectangle_layer("parcels", Role::Parcel, [0.0, 0.0, 100.0, 50.0], &limits);
        let numbers = [(Meaning::Id, "id", 77.0), (Meaning::Storeys, "storeys", 2.0), (Meaning::Units, "units", 10.0)];
        let mut houses = rectangle_layer("houses", Role::Building, [60.0, 20.0, 80.0, 30.0], &numbers);
        houses.heights = Some(Heights {
            top: vec![6.0],
            base: vec![0.0],
            source: vec![HeightSource::Storeys],
            covered: vec![false],
        });
        let lawn = rectangle_layer("lawn", Role::Green, [0.0, 0.0, 50.0, 50.0], &[]);
        let city = city_of([parcels, houses, lawn].map(CityLayer::in_memory).into());
        let plan = Plan::of(&city, FarRule::named("tianjin")).unwrap();
        let block = |ring| Block {
            number: 1,
            outline: rectangle(ring),
            storeys: 6,
            storey_height: 3.0,
            class: UseClass::housing(),
        };
        let mut scheme =
            Scheme { number: 1, parcel: "0".into(), name: "A".into(), blocks: Vec::new(), cleared: Vec::new() };
        let check = |scheme: &Scheme, rule| {
            let what_if = WhatIf::of(&city, scheme);
            plan.dossier_if(0, Some(&what_if)).unwrap().unwrap().check(rule).unwrap().clone()
        };
        let green = |scheme: &Scheme| check(scheme, Rule::Green).measured.unwrap().low;
        assert!((green(&scheme) - 50.0).abs() < 1e-9);
        assert_eq!(check(&scheme, Rule::Parking).verdict, Verdict::Pass, "10 of 15");
        // 30 × 40 m on the lawn: 2,500 - 1,200 = 1,300 m², 26 %. How many dwellings it has nobody says.
        scheme.blocks = vec![block([10.0, 5.0, 40.0, 45.0])];
        assert!((green(&scheme) - 26.0).abs() < 1e-9, "{}", green(&scheme));
        assert_eq!(check(&scheme, Rule::Green).verdict, Verdict::Breach);
        assert_eq!(check(&scheme, Rule::Parking).verdict, Verdict::Unknown);
    }
}
