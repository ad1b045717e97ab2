//! From a selection to what the inspector says. Pure: knows no Bevy.

use super::state::{Attribute, HeightFact, Hit, InspectorModel, Thing};
use crate::city::City;
use crate::features::published::{Preferences, Privacy, Selection, Target};
use crate::index::pick::HitKind;
use crate::mesh::city::CityMesh;
use crate::model::field_names::readable;
use crate::model::{GeometryKind, HeightSource, Layer, Meaning, Role};
use crate::panels::Language;
use crate::place::{LonLatBridge, MapPoint};
use crate::query::identity::{id_of, title_of};
use crate::scene::stage::Looks;
use crate::themes::housing::personal::Masks;
use crate::units::{CubicMetres, Metres, SquareMetres, grouped};

/// Describes all things under the last click and one of them in full.
pub fn describe_selection(
    city: &City,
    mesh: &CityMesh,
    looks: &Looks,
    selection: &Selection,
    preferences: &Preferences,
    privacy: Privacy,
) -> InspectorModel {
    let chinese = preferences.settings.language == Language::Chinese;
    let hits = selection.targets.iter().map(|target| {
        let named = city.layers[target.layer].of_row(target.feature);
        Hit {
            title: named.map_or_else(|error| error.to_string(), |(layer, row)| title(&layer, row, preferences)),
            layer: preferences.title(&city.layers[target.layer].layer.title),
            colour: colour(city, looks, *target),
            reason: reason(*target, chinese),
        }
    });
    InspectorModel {
        hits: hits.collect(),
        current: selection.current,
        thing: selection.target().and_then(|target| thing(city, mesh, looks, target, preferences, privacy)),
    }
}

fn colour(city: &City, looks: &Looks, target: Target) -> [u8; 3] {
    let look = looks.layers.get(target.layer);
    let painted = look.and_then(|look| {
        let painter = look.painter.as_ref()?;
        let (layer, row) = city.layers[target.layer].of_row(target.feature).ok()?;
        painter.paint(&layer).get(row as usize).copied()
    });
    let kept = look.and_then(|look| look.shown_colours().get(target.feature as usize).copied());
    let [r, g, b, _] = painted.or(kept).unwrap_or(0xff80_8080).to_le_bytes();
    [r, g, b]
}

fn reason(target: Target, chinese: bool) -> String {
    let Some((distance, kind)) = target.hit else { return String::new() };
    let what = match (kind, chinese) {
        (HitKind::Roof, true) => "屋顶",
        (HitKind::Roof, false) => "roof",
        (HitKind::Wall, true) => "墙面",
        (HitKind::Wall, false) => "wall",
        (HitKind::Bottom, true) => "底面",
        (HitKind::Bottom, false) => "underside",
        (HitKind::Inside, true) => "内部",
        (HitKind::Inside, false) => "inside",
        (HitKind::Flat, true) => "地面",
        (HitKind::Flat, false) => "on the ground",
    };
    format!("{what}, {}", Metres(distance))
}

/// Name, else code, else id, in the interface's language.
fn title(layer: &Layer, feature: u32, preferences: &Preferences) -> String {
    title_of(layer, feature, preferences.settings.language == Language::Chinese)
}

fn thing(
    city: &City,
    mesh: &CityMesh,
    looks: &Looks,
    target: Target,
    preferences: &Preferences,
    privacy: Privacy,
) -> Option<Thing> {
    let known = &city.layers[target.layer].known().table;
    let (masks, open) = (Masks::of(known), Masks::default());
    let chinese = preferences.settings.language == Language::Chinese;
    let (layer, row) = city.layers[target.layer].of_row(target.feature).ok()?;
    let layer = &*layer;
    let geometry = &layer.table.geometry;
    let area = geometry.area(row);
    let length = geometry.length(row);
    let centre = geometry.centroid(row).map(MapPoint::from);
    let height = height(layer, row, chinese);
    let volume = Some(()).filter(|()| area > 0.0 && layer.role == Role::Building).and_then(|()| {
        let heights = layer.heights.as_ref()?;
        let i = row as usize;
        let body = f64::from(heights.top.get(i)? - heights.base.get(i)?);
        let covered = *heights.covered.get(i)?;
        (body > 0.0 && !covered).then(|| CubicMetres(area * body).to_string())
    });
    let bridge = LonLatBridge::new(&city.crs).ok();
    let lon_lat = centre.and_then(|centre| bridge.as_ref()?.lonlat(centre));
    let known = centre.filter(|centre| mesh.ground.is_known(*centre));
    Some(Thing {
        title: title(layer, row, preferences),
        layer_id: layer.id.clone(),
        layer: preferences.title(&layer.title),
        id: id_of(layer, row),
        colour: colour(city, looks, target),
        synthetic: layer.about.source == "synthetic",
        notes: notes(layer, row, chinese),
        height,
        area: (area > 0.0).then(|| format!("{:.1}", SquareMetres(area))),
        length: (geometry.kind(row) == GeometryKind::Line).then(|| Metres(length).to_string()),
        volume,
        ground: known.map(|centre| {
            let exaggeration = city.terrain.as_ref().map_or(1.0, |terrain| f64::from(terrain.exaggeration));
            Metres(mesh.ground.elevation(centre) / exaggeration).to_string()
        }),
        map_position: centre.map_or_else(String::new, |c| format!("{:.2}, {:.2}", c.east, c.north)),
        at: centre.map(|centre| [centre.east, centre.north]),
        lon_lat: lon_lat.map_or_else(String::new, |at| format!("{:.6}, {:.6}", at.lon, at.lat)),
        attributes: attributes(layer, row, preferences, if privacy.unmasked { &open } else { &masks }),
        personal: (!masks.fields().is_empty()).then(|| (masks.fields().join(", "), privacy.unmasked)),
    })
}

fn height(layer: &Layer, row: u32, chinese: bool) -> Option<HeightFact> {
    let heights = layer.heights.as_ref()?;
    let i = row as usize;
    let (top, base) = (*heights.top.get(i)?, *heights.base.get(i)?);
    let source = *heights.source.get(i)?;
    let storeys = layer.mapping.get(Meaning::Storeys).and_then(|m| layer.table.value(row, &m.field).number());
    let mut how = match (source, storeys) {
        (HeightSource::Storeys, Some(storeys)) if storeys > 0.0 => {
            let each = f64::from(top) / storeys;
            if chinese { format!("{storeys} 层 × {each:.1} m") } else { format!("{storeys} storeys × {each:.1} m") }
        }
        (HeightSource::Median, _) if chinese => "同类建筑的中位数".to_owned(),
        (HeightSource::Median, _) => "median of the like".to_owned(),
        (HeightSource::Default, _) if chinese => "无任何高度信息".to_owned(),
        (HeightSource::Default, _) => "nothing is known".to_owned(),
        _ => String::new(),
    };
    if base > 0.0 {
        let from = if chinese { format!("自 {base:.1} m 起") } else { format!("from {base:.1} m up") };
        how = if how.is_empty() { from } else { format!("{how}; {from}") };
    }
    Some(HeightFact { text: Metres(f64::from(top)).to_string(), source, how })
}

fn notes(layer: &Layer, row: u32, chinese: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let covered = layer.heights.as_ref().and_then(|heights| heights.covered.get(row as usize).copied());
    if covered == Some(true) {
        let text = if chinese { "由其部件表示，不重复绘制" } else { "Drawn by its parts, not twice" };
        notes.push(text.to_owned());
    }
    let issues = layer.report.issues.iter().filter(|issue| issue.feature == Some(u64::from(row)));
    notes.extend(issues.map(|issue| issue.message.clone()));
    notes.extend(layer.report.skipped.iter().filter(|s| s.feature == u64::from(row)).map(|s| s.reason.clone()));
    notes
}

/// Attributes, those with a meaning first, then the others in the source's order.
fn attributes(layer: &Layer, row: u32, preferences: &Preferences, masks: &Masks) -> Vec<Attribute> {
    let meaning = |key: &str| layer.mapping.iter().any(|(_, mapped)| mapped.field == key);
    let attribute = |field: &crate::model::Field| {
        let value = field.values.get(row);
        let raw = masks.shown(&field.name, value.to_string());
        let shown = match (&value, value.number()) {
            _ if masks.hides(&field.name) => raw.clone(),
            // Years and codes are not grouped: they are names more than amounts.
            (crate::model::Value::Real(_), Some(number)) if number.abs() >= 10_000.0 => grouped(number, 2),
            _ => raw.clone(),
        };
        Attribute {
            name: readable(&field.name).map_or_else(|| field.name.clone(), |title| preferences.title(title)),
            key: field.name.clone(),
            raw: if shown == raw { String::new() } else { raw },
            value: shown,
        }
    };
    let fields = &layer.table.fields;
    let (first, rest): (Vec<_>, Vec<_>) = fields.iter().partition(|field| meaning(&field.name));
    first.into_iter().chain(rest).map(attribute).collect()
}
