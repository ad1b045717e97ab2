//! What stands around a picture of a city: its title, legend, sources and notes, from what is shown.

use crate::analysis::colour::Painter;
use crate::city::City;
use crate::model::field_names::readable;
use crate::model::{GeometryKind, HeightSource, Layer, Title};
use crate::snapshot::page::furniture::Furniture;
use crate::snapshot::page::legend::{LegendEntry, LegendGroup, Shape};
use crate::snapshot::page::words::Language;
use crate::themes::housing::personal::Masks;

/// The furniture of a city with its visible layers; scale, north and title may be set after.
///
/// Heights that were not measured are said: who reads the picture must not take them for measured ones. Classes of a
/// field that holds personal data are called by masked values.
pub fn furniture(city: &City, language: Language) -> Furniture {
    let word = |title: &Title| language.pick(title.zh(), title.en()).to_owned();
    let shown = || city.layers.iter().filter(|layer| layer.layer.visible);
    let legend = shown().rev().map(|layer| {
        let known = layer.known();
        let (painter, legend) = Painter::learn(known, &layer.layer.style);
        let by = painter.fields();
        let masks = if by.is_empty() { Masks::default() } else { Masks::of(&known.table) };
        let label = |title: &Title| match by.iter().find(|field| masks.hides(field)) {
            Some(field) if !is_missing(title) => masks.shown(field, word(title)),
            _ => word(title),
        };
        let shape = match known.table.geometry.main_kind() {
            GeometryKind::Point => Shape::Point,
            GeometryKind::Line => Shape::Line,
            GeometryKind::Polygon | GeometryKind::None => Shape::Fill,
        };
        let entries: Vec<LegendEntry> = legend
            .entries
            .iter()
            .map(|entry| LegendEntry { label: label(&entry.label), colour: entry.colour.to_le_bytes(), shape })
            .collect();
        let title = word(&layer.layer.title);
        match entries.len() {
            // One colour for all is the layer's.
            0 | 1 => LegendGroup {
                entries: entries.into_iter().map(|entry| LegendEntry { label: title.clone(), ..entry }).collect(),
                ..LegendGroup::default()
            },
            _ => {
                let by = by.first().and_then(|field| readable(field)).unwrap_or(&legend.title);
                LegendGroup { title, entries, note: word(by) }
            }
        }
    });
    let mut sources: Vec<String> = Vec::new();
    for layer in shown() {
        let about = &layer.layer.about;
        let said = [&about.owner, &about.source, &about.updated, &about.licence];
        let said: Vec<&str> = said.into_iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
        let said = said.join(", ");
        if !said.is_empty() && !sources.contains(&said) {
            sources.push(said);
        }
    }
    Furniture {
        language,
        title: word(&city.title),
        legend: legend.collect(),
        crs: city.crs.name().to_owned(),
        sources,
        made_with: format!("Cimbase {}", env!("CARGO_PKG_VERSION")),
        notes: shown().filter_map(|layer| guessed(layer.known(), language)).collect(),
        ..Furniture::default()
    }
}

/// Whether an entry is that of rows without a value, whose name is ours.
fn is_missing(title: &Title) -> bool {
    (title.zh.as_str(), title.en.as_str()) == ("无数据", "No data")
}

/// A sentence where heights of a layer were not measured.
fn guessed(layer: &Layer, language: Language) -> Option<String> {
    let counts = layer.heights.as_ref()?.counts();
    let all: u64 = counts.iter().sum();
    let surveyed = HeightSource::ALL.iter().position(|source| *source == HeightSource::Surveyed)?;
    let others = all - counts[surveyed];
    if others == 0 {
        return None;
    }
    let share = (others as f64 / all as f64 * 100.0).ceil();
    let title = language.pick(layer.title.zh(), layer.title.en());
    Some(language.pick(
        format!("{title}：{share:.0}% 的高度为推算值（层数、中位数或缺省值），非实测"),
        format!("{title}: {share:.0} % of the heights are estimated (storeys, median or default), not surveyed"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::CityLayer;
    use crate::model::{TableBuilder, Value};
    use crate::query::testing::{city_of, layer_of};

    #[test]
    fn a_legend_by_persons_names_none_of_them() {
        let mut builder = TableBuilder::default();
        let owner = builder.field("户主");
        for name in ["张三丰", "张三丰", "李四", ""] {
            let value = if name.is_empty() { Value::Null } else { Value::Text(name.into()) };
            builder.set(owner, &value);
            builder.geometry.end_feature(GeometryKind::None);
        }
        let mut layer = layer_of("houses", builder.finish());
        layer.style.colour_by = Some("户主".to_owned());
        let found = furniture(&city_of(vec![CityLayer::in_memory(layer)]), Language::Chinese);
        let labels: Vec<&str> = found.legend[0].entries.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels, ["张*丰", "李*", "无数据"]);
    }
}
