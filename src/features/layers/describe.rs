//! From a city and its looks to what the layer tree says. Pure: knows no Bevy.

use super::state::{FieldChoice, LayerRow, LayersModel, Legend, LegendEntry, RasterKind, RasterRow};
use crate::analysis::colour::{self, HEIGHT, HEIGHT_PROVENANCE};
use crate::city::{City, CityLayer};
use crate::features::published::{Preferences, Styles};
use crate::model::field_names::readable;
use crate::model::style::Classing;
use crate::model::{Meaning, Values};
use crate::panels::Language;
use crate::panels::crs_line::CrsLine;
use crate::report::Severity;
use crate::scene::stage::Looks;
use crate::themes::housing::personal::Masks;

/// Describes all layers, the uppermost first, then terrain and pictures.
pub fn describe(
    city: &City,
    looks: &Looks,
    styles: &Styles,
    legends: &[colour::Legend],
    preferences: &Preferences,
    unmasked: bool,
) -> LayersModel {
    let rows = styles.order.iter().rev().filter_map(|n| {
        let (layer, look, style) = (city.layers.get(*n)?, looks.layers.get(*n)?, styles.layers.get(*n)?);
        // Classes of a personal field are called by persons.
        let masks = style.colour_by.as_ref().map(|_| Masks::unless(unmasked, &layer.known().table)).unwrap_or_default();
        let shown = |label: String| match &style.colour_by {
            Some(field) if masks.hides(field) => masks.shown(field, label),
            _ => label,
        };
        let legend = legend(legends.get(*n)?, style.colour_by.is_some(), &shown, preferences);
        let first = look.colours.first().copied().unwrap_or(0xff80_8080);
        Some(LayerRow {
            visible: look.visible,
            opacity: look.opacity,
            colour: rgb(first),
            colour_by: style.colour_by.clone(),
            classing: style.classing.unwrap_or_else(|| usual_classing(layer, style.colour_by.as_deref())),
            classes: style.classes.unwrap_or(5),
            label_by: style.label_by.clone(),
            legend,
            ..row(layer, preferences)
        })
    });
    let mut rasters = Vec::new();
    if let Some(terrain) = &city.terrain {
        let (low, high) = terrain.range().unwrap_or_default();
        rasters.push(RasterRow {
            id: city.terrain_id.clone(),
            title: preferences.words().roles.terrain.to_owned(),
            kind: RasterKind::Terrain {
                exaggeration: terrain.exaggeration, range: format!("{low:.1} – {high:.1} m")
            },
            visible: true,
            opacity: 1.0,
            crs: CrsLine::default(),
            size: format!("{} × {}, {:.1} m", terrain.columns, terrain.rows, terrain.cell),
            warnings: 0,
        });
    }
    for (picture, (visible, opacity)) in city.imagery.iter().zip(&looks.imagery) {
        rasters.push(RasterRow {
            id: picture.id.clone(),
            title: preferences.title(&picture.title),
            kind: RasterKind::Imagery,
            visible: *visible,
            opacity: *opacity,
            crs: CrsLine::default(),
            size: format!("{} × {}", picture.imagery.width, picture.imagery.height),
            warnings: 0,
        });
    }
    LayersModel { rows: rows.collect(), rasters }
}

fn row(layer: &CityLayer, preferences: &Preferences) -> LayerRow {
    let features = u64::from(layer.rows());
    let layer = &layer.layer;
    let chinese = preferences.settings.language == Language::Chinese;
    let mut fields: Vec<FieldChoice> = Vec::new();
    if layer.heights.is_some() {
        let named = |key: &str, zh: &str, en: &str, numeric| FieldChoice {
            key: key.to_owned(),
            title: if chinese { zh } else { en }.to_owned(),
            numeric,
        };
        fields.push(named(HEIGHT, "高度(绘制值)", "Height as drawn", true));
        fields.push(named(HEIGHT_PROVENANCE, "高度来源", "Height provenance", false));
    }
    fields.extend(layer.table.fields.iter().map(|field| FieldChoice {
        key: field.name.clone(),
        title: readable(&field.name).map_or_else(|| field.name.clone(), |title| preferences.title(title)),
        numeric: matches!(field.values, Values::Integer(_) | Values::Real(_)),
    }));
    let worrying = layer.report.issues.iter().filter(|issue| issue.severity >= Severity::Warning).count();
    LayerRow {
        id: layer.id.clone(),
        title: preferences.title(&layer.title),
        role: layer.role,
        role_basis: layer.role_basis.clone(),
        visible: true,
        opacity: 1.0,
        colour: [128; 3],
        features,
        skipped: layer.report.skipped.len() as u64,
        warnings: worrying as u64,
        synthetic: layer.about.source == "synthetic",
        crs: CrsLine::from(&layer.crs),
        format: layer.format.clone(),
        vertical: layer.vertical,
        ground_gap: None,
        fields,
        colour_by: None,
        classing: Classing::default(),
        classes: 5,
        label_by: None,
        legend: Legend::Single,
    }
}

/// What [`colour::colours`] takes when the style does not say.
fn usual_classing(layer: &CityLayer, by: Option<&str>) -> Classing {
    let layer = &layer.layer;
    let Some(by) = by else { return Classing::Categories };
    let means = |meaning| layer.mapping.get(meaning).is_some_and(|mapped| mapped.field == by);
    match layer.table.field(by).map(|field| &field.values) {
        _ if by == HEIGHT || means(Meaning::Year) || means(Meaning::Height) => Classing::Ramp,
        Some(Values::Integer(_) | Values::Real(_)) => Classing::Quantile,
        _ => Classing::Categories,
    }
}

fn rgb(colour: u32) -> [u8; 3] {
    let [r, g, b, _] = colour.to_le_bytes();
    [r, g, b]
}

/// Legend rows of categories listed one by one at most.
const MOST_ROWS: usize = 40;

fn legend(
    legend: &colour::Legend,
    by_field: bool,
    shown: &dyn Fn(String) -> String,
    preferences: &Preferences,
) -> Legend {
    if !by_field && legend.entries.len() <= 1 {
        return Legend::Single;
    }
    let mut entries: Vec<LegendEntry> = legend
        .entries
        .iter()
        .map(|entry| LegendEntry {
            colour: rgb(entry.colour),
            label: preferences.title(&entry.label),
            count: entry.count,
        })
        .collect();
    let missing = entries
        .iter()
        .position(|entry| entry.label == "无数据" || entry.label == "No data")
        .map(|at| entries.remove(at));
    entries.iter_mut().for_each(|entry| entry.label = shown(std::mem::take(&mut entry.label)));
    if legend.continuous {
        let label = |entry: Option<&LegendEntry>| entry.map(|entry| entry.label.clone()).unwrap_or_default();
        return Legend::Ramp {
            low: label(entries.first()),
            high: label(entries.last()),
            stops: entries.iter().map(|entry| entry.colour).collect(),
            missing,
        };
    }
    let others = (entries.len() > MOST_ROWS).then(|| {
        let rest = entries.split_off(MOST_ROWS);
        LegendEntry { colour: [160; 3], label: String::new(), count: rest.iter().map(|entry| entry.count).sum() }
    });
    Legend::Entries { entries, others, missing }
}
