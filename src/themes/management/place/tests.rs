use super::*;
use crate::model::mapping::Mapped;
use crate::model::{FieldMapping, GeometryKind, TableBuilder, Value};
use crate::query::testing::{city_of, layer_of};

/// A place in Tianjin, in EPSG:4548: the hand-checked point of lon 117.1951, lat 39.1189.
const AT: [f64; 2] = [516_872.495_6, 4_331_721.984_9];

/// A shape by its corners around [`AT`], and its fields.
type Feature<'a> = (&'a [[f64; 2]], &'a [(Meaning, &'a str)]);

fn layer(id: &str, role: Role, kind: GeometryKind, features: &[Feature<'_>]) -> CityLayer {
    let mut builder = TableBuilder::default();
    let mut mapping = FieldMapping::default();
    for (corners, values) in features {
        for (meaning, text) in *values {
            let column = builder.field(meaning.word());
            builder.set(column, &Value::Text((*text).into()));
            let field = meaning.word().to_owned();
            mapping.set(*meaning, Mapped { field, factor: 1.0, declared: true, reason: String::new() });
        }
        corners.iter().for_each(|[x, y]| builder.geometry.push_vertex([AT[0] + x, AT[1] + y], None));
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(kind);
    }
    let mut layer = layer_of(id, builder.finish());
    (layer.mapping, layer.role) = (mapping, role);
    CityLayer::in_memory(layer)
}

fn square(x: f64, y: f64, side: f64) -> [[f64; 2]; 4] {
    [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
}

fn city() -> City {
    let area = GeometryKind::Polygon;
    city_of(vec![
        layer(
            "buildings",
            Role::Building,
            area,
            &[
                (&square(10.0, 0.0, 20.0), &[(Meaning::Id, "B1"), (Meaning::Name, "金街大厦")]),
                (&square(500.0, 0.0, 20.0), &[(Meaning::Id, "B2"), (Meaning::Name, "海河中学")]),
            ],
        ),
        layer("parcels", Role::Parcel, area, &[(&square(-50.0, -50.0, 100.0), &[(Meaning::Id, "P1")])]),
        layer("grid", Role::Grid, area, &[(&square(-50.0, -50.0, 100.0), &[(Meaning::Code, "120103001004012")])]),
        layer(
            "districts",
            Role::Boundary,
            area,
            &[
                (&square(-5_000.0, -5_000.0, 10_000.0), &[(Meaning::Code, "156120103")]),
                (&square(-5_000.0, -5_000.0, 20_000.0), &[(Meaning::Code, "156120000")]),
            ],
        ),
        layer(
            "roads",
            Role::Road,
            GeometryKind::Line,
            &[
                (&[[-100.0, -20.0], [100.0, -20.0]], &[(Meaning::Name, "滨江道")]),
                (&[[0.0, 600.0], [10.0, 600.0]], &[(Meaning::Name, "")]),
            ],
        ),
    ])
}

fn report(place: Option<Coordinates>, address: &str) -> Incoming {
    Incoming { place, address: address.into(), text: "3号楼2单元501室漏水".into(), ..Incoming::default() }
}

#[test]
fn coordinates_say_what_lies_there() {
    let city = city();
    let placer = Placer::of(&city);
    let found = placer.locate(&report(Some(Coordinates::lonlat(117.1951, 39.1189)), "")).unwrap();
    // The point was checked against PROJ by hand to a tenth of a millimetre; it is given to seven digits of a degree.
    assert!((found.xy[0] - AT[0]).hypot(found.xy[1] - AT[1]) < 0.001, "{:?}", found.xy);
    assert_eq!((found.building.as_str(), found.parcel.as_str()), ("B1", "P1"));
    assert!((found.building_m.unwrap() - 10.0).abs() < 0.01, "{:?}", found.building_m);
    assert_eq!((found.grid.as_str(), found.division.as_str()), ("120103001004012", "120103001004"));
    assert_eq!((found.street.as_str(), found.within.as_str()), ("滨江道", "3号楼2单元501室"));
    assert_eq!(found.basis, PlaceBasis::Coordinates);
    // Beyond the grid: the smaller of two divisions, and no building near.
    let far = Coordinates { xy: [AT[0] + 1_000.0, AT[1]], crs: String::new(), offset: String::new() };
    let found = placer.locate(&report(Some(far), "")).unwrap();
    assert_eq!((found.division.as_str(), found.building.as_str(), found.parcel.as_str()), ("120103", "", ""));
    assert_eq!((found.street.as_str(), found.grid.as_str()), ("", ""));
}

/// GCJ-02 of the point: 117.1951, 39.1189 is shifted by about 580 m in Tianjin; undone it is the same place within a
/// decimetre, undone twice it is not.
#[test]
fn an_offset_is_undone_once() {
    let city = city();
    let placer = Placer::of(&city);
    for offset in [Offset::Gcj02, Offset::Bd09] {
        let shifted = offset.shift(LonLat { lon: 117.1951, lat: 39.1189 });
        let mut coordinates = Coordinates::lonlat(shifted.lon, shifted.lat);
        let plain = placer.locate(&report(Some(coordinates.clone()), "")).unwrap();
        assert!((plain.xy[0] - AT[0]).hypot(plain.xy[1] - AT[1]) > 300.0, "not said: it lies elsewhere");
        coordinates.offset = offset.word().into();
        let found = placer.locate(&report(Some(coordinates), "")).unwrap();
        assert!((found.xy[0] - AT[0]).hypot(found.xy[1] - AT[1]) < 0.1, "{offset:?} {:?}", found.xy);
    }
}

#[test]
fn coordinates_that_are_none_are_said() {
    let city = city();
    let placer = Placer::of(&city);
    let lonlat = |lon, lat| placer.locate(&report(Some(Coordinates::lonlat(lon, lat)), "")).unwrap_err();
    for (lon, lat) in [(0.0, 0.0), (39.1, 117.2), (f64::NAN, 39.0), (181.0, 10.0), (1e300, 1e300)] {
        assert!(matches!(lonlat(lon, lat), NoPlace::Coordinates(..)), "{lon} {lat}");
    }
    let odd = Coordinates { xy: [1.0, 1.0], crs: "EPSG:0".into(), offset: String::new() };
    assert_eq!(placer.locate(&report(Some(odd), "")), Err(NoPlace::Crs("EPSG:0".into())));
    let odd = Coordinates { offset: "mars".into(), ..Coordinates::lonlat(117.0, 39.0) };
    assert_eq!(placer.locate(&report(Some(odd.clone()), "")), Err(NoPlace::Offset("mars".into())));
    assert_eq!(placer.locate(&report(None, " ")), Err(NoPlace::Nothing));
    // With coordinates that are none the address does.
    assert!(matches!(placer.locate(&report(Some(odd), "海河中学")).unwrap().basis, PlaceBasis::Address { .. }));
}

#[test]
fn an_address_is_found_by_the_best_name_in_it() {
    let city = city();
    let placer = Placer::of(&city);
    let find = |address: &str| placer.locate(&report(None, address));
    let score = |found: &Located| match &found.basis {
        PlaceBasis::Address { score, matched } => (*score, matched.clone()),
        other => panic!("{other:?}"),
    };
    // The name itself; of a square of 20 m the middle, and half its diagonal: 14.1 m.
    let whole = find("海河中学").unwrap();
    assert!((whole.xy[0] - AT[0] - 510.0).abs() < 1e-6 && (whole.xy[1] - AT[1] - 10.0).abs() < 1e-6);
    assert!((whole.accuracy_m.unwrap() - 200.0_f64.sqrt()).abs() < 1e-6);
    assert!(score(&whole).0 > 0.99 && whole.building == "B2");
    // Among others: the name that makes more of the address; spaces and width do not matter.
    let among = find("天津市和平区滨江道 金街大厦 门口").unwrap();
    assert_eq!(score(&among).1, "金街大厦");
    assert!(score(&among).0 < score(&whole).0);
    assert_eq!(score(&find("和平区滨江道").unwrap()).1, "滨江道");
    assert_eq!(find("解放北路100号"), Err(NoPlace::Address("解放北路100号".into())));
    assert!(find(&"很长的地址".repeat(100_000)).is_err(), "ends in time");
}

#[test]
fn storeys_and_rooms_are_read_from_texts() {
    assert_eq!(within("阳光里3号楼2单元501室漏水"), "3号楼2单元501室");
    assert_eq!(within("12层走廊堆物"), "12层");
    assert_eq!(within("负1层车库积水"), "负1层");
    assert_eq!(within("南京路100号门前三百米有积水"), "100号门");
    assert_eq!(within("没有"), "");
    assert_eq!(within("Flat 3, second floor"), "");
}
