//! What the desk shows over the map, as layers that leave with a snapshot: cases at their places, hot spots, areas in
//! the colours of their figures.

use std::sync::Arc;

use bevy::prelude::*;

use super::describe::{category_name, mark_name, state_name};
use super::figures::areas::Areas;
use super::figures::classes::{self, Class, NO_VALUE, NOTHING};
use super::figures::column::Column;
use super::heat::{Heat, OPACITY, Source};
use super::list::{Listed, Mark};
use super::pins::colour_of;
use super::spots::Spots;
use super::spots::found::Found;
use super::spots::overlay::{CERTAIN, LIKELY, REPEAT, RISING};
use super::state::Page;
use super::{CasePins, Cases, CasesPanel, TAB};
use crate::city::City;
use crate::features::published::{AnswerLayers, MakeLayers, Preferences};
use crate::model::{FieldType, GeometryKind, Layer, LayerStyle, Role, TableBuilder, Title, Value};
use crate::panels::Language;
use crate::panels::words::both;
use crate::themes::management::case::Case;
use crate::themes::management::indicators::Counter;
use crate::themes::management::rules::Rules;

/// What is shown: the keys under which it is told.
const PINS: &str = "cases";
const SPOTS: &str = "hot-spots";
const FIGURES: &str = "figures";

/// What was told last, to be told again only when it is another.
#[derive(Default)]
pub struct Told {
    pins: Option<Arc<Listed>>,
    spots: Option<Arc<Found>>,
    figures: Option<Source>,
}

fn same<T>(a: &Option<Arc<T>>, b: &Option<Arc<T>>) -> bool {
    a.as_ref().map(Arc::as_ptr) == b.as_ref().map(Arc::as_ptr)
}

/// Tells what is shown.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn tell(
    cases: Res<Cases>,
    panel: Res<CasesPanel>,
    pins: Res<CasePins>,
    spots: Res<Spots>,
    heat: Res<Heat>,
    preferences: Res<Preferences>,
    mut told: Local<Told>,
    mut layers: ResMut<AnswerLayers>,
) {
    let mut put = |who: &'static str, made: Option<Arc<MakeLayers>>| match made {
        Some(made) => _ = layers.0.insert(who, made),
        None => _ = layers.0.remove(who),
    };
    let listed = pins.shown.then(|| pins.listed.clone());
    if !same(&told.pins, &listed) {
        put(PINS, listed.clone().map(|listed| cases_as_layers(cases.all.clone(), listed, cases.rules.clone())));
        told.pins = listed;
    }
    let state = &panel.state;
    let chosen = preferences.settings.frame.tab == TAB;
    let found = spots.0.answer.clone().filter(|_| chosen && state.page == Page::Spots && state.spots.drawn);
    if !same(&told.spots, &found) {
        put(SPOTS, found.clone().map(|found| spots_as_layers(found, cases.rules.clone())));
        told.spots = found;
    }
    let is_told = match (&told.figures, &heat.of) {
        (None, None) => true,
        (Some(told), Some(now)) => told.is(now),
        _ => false,
    };
    if !is_told {
        let painted = heat.areas.clone().zip(heat.of.clone());
        put(FIGURES, painted.map(|(areas, source)| areas_as_layer(areas, source, heat.classes.clone())));
        told.figures = heat.of.clone();
    }
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A style by a field whose values have colours of their own.
fn coloured(field: &str, values: Vec<(String, [u8; 3])>, opacity: f32) -> LayerStyle {
    LayerStyle {
        colour_by: Some(field.to_owned()),
        values: values.into_iter().map(|(value, colour)| (value, hex(colour))).collect(),
        opacity,
        ..LayerStyle::default()
    }
}

fn text(text: impl Into<String>) -> Value<'static> {
    Value::Text(text.into().into())
}

/// Cases that are listed, as points; not of the role of incidents, which are counted. What people wrote into them stays: a description names neighbours.
fn cases_as_layers(all: Arc<Vec<Arc<Case>>>, listed: Arc<Listed>, rules: Option<Arc<Rules>>) -> Arc<MakeLayers> {
    Arc::new(move |city: &City, language: Language| {
        let (words, chinese) = (language.words(), language == Language::Chinese);
        let mut builder = TableBuilder::default();
        let kinds = [
            ("case", FieldType::Text),
            ("category", FieldType::Text),
            ("state", FieldType::Text),
            ("time_limit", FieldType::Text),
            ("reported", FieldType::Time),
        ];
        let columns = kinds.map(|(name, kind)| builder.typed_field(name, kind));
        for spot in &listed.spots {
            let Some(case) = all.get(spot.case as usize) else { continue };
            let values = [
                text(case.number.clone()),
                text(category_name(&case.facts.category, rules.as_deref(), chinese, words)),
                text(state_name(case.state, chinese)),
                text(mark_name(spot.mark, words)),
                Value::Time(case.facts.reported),
            ];
            columns.iter().zip(&values).for_each(|(column, value)| builder.set(*column, value));
            builder.geometry.push_vertex([spot.at[0], spot.at[1]], None);
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Point);
        }
        let values = Mark::ALL.map(|mark| (mark_name(mark, words).to_owned(), colour_of(mark)));
        let style = coloured("time_limit", values.into(), 1.0);
        let title = both(|words| words.cases.title.to_owned());
        vec![Layer { style, ..Layer::made(PINS, title, Role::Other, builder.finish(), &city.crs) }]
    })
}

/// Squares that are hot or rising, and places where cases come again.
fn spots_as_layers(found: Arc<Found>, rules: Option<Arc<Rules>>) -> Arc<MakeLayers> {
    Arc::new(move |city: &City, language: Language| {
        let (words, chinese) = (language.words(), language == Language::Chinese);
        let w = &words.figures;
        let confidence = |percent: u8| crate::panels::Words::put(w.confidence_n, &[&percent]);
        let rank = |confidence_percent: u8| match confidence_percent {
            99.. => confidence(99),
            1.. => confidence(95),
            0 => w.rising.to_owned(),
        };
        let mut builder = TableBuilder::default();
        let kinds = [
            ("kind", FieldType::Text),
            ("cases", FieldType::Integer),
            ("z_score", FieldType::Real),
            ("street", FieldType::Text),
        ];
        let columns = kinds.map(|(name, kind)| builder.typed_field(name, kind));
        for hot in &found.squares {
            let square = &hot.square;
            let values = [
                text(rank(square.confidence)),
                Value::Integer(i64::from(square.count)),
                Value::Real(square.z),
                text(hot.street.clone()),
            ];
            columns.iter().zip(&values).for_each(|(column, value)| builder.set(*column, value));
            let half = found.side / 2.0;
            for [x, y] in [[-half, -half], [half, -half], [half, half], [-half, half]] {
                builder.geometry.push_vertex([square.xy[0] + x, square.xy[1] + y], None);
            }
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Polygon);
        }
        let values = vec![(rank(99), CERTAIN), (rank(95), LIKELY), (rank(0), RISING)];
        let style = coloured("kind", values, 0.6);
        let title = both(|words| words.figures.page_spots.to_owned());
        let squares = Layer { style, ..Layer::made(SPOTS, title, Role::Other, builder.finish(), &city.crs) };
        let mut builder = TableBuilder::default();
        let [category, count] = [("category", FieldType::Text), ("cases", FieldType::Integer)]
            .map(|(name, kind)| builder.typed_field(name, kind));
        for again in &found.repeats {
            builder.set(category, &text(category_name(&again.repeat.category, rules.as_deref(), chinese, words)));
            builder.set(count, &Value::Integer(again.cases.len() as i64));
            builder.geometry.push_vertex(again.repeat.xy, None);
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Point);
        }
        let style = LayerStyle { colour: Some(hex(REPEAT)), ..LayerStyle::default() };
        let title = both(|words| words.figures.repeat_places.to_owned());
        let places = Layer::made("repeats", title, Role::Other, builder.finish(), &city.crs);
        let places = Layer { style, ..places };
        vec![squares, places]
    })
}

/// Areas in the colours of their figures.
fn areas_as_layer(areas: Arc<Areas>, source: Source, classes: Vec<Class>) -> Arc<MakeLayers> {
    Arc::new(move |city: &City, language: Language| {
        let Some(of) = city.layers.get(areas.layer) else { return Vec::new() };
        let w = &language.words().figures;
        let column = match &source {
            // How counts are written is the same for all of them.
            Source::Listed(_) => Column::Count(Counter::ALL[0]),
            Source::Figures(_, column) => *column,
        };
        let texts = classes::texts(&classes, column);
        let mut values: Vec<(String, [u8; 3])> =
            texts.into_iter().zip(&classes).map(|(text, class)| (text, class.colour)).collect();
        // The best or most first, as in the legend.
        values.reverse();
        values.push((w.no_value.to_owned(), NO_VALUE));
        values.push((w.no_cases.to_owned(), NOTHING));
        let mut builder = TableBuilder::default();
        let [code, class] = ["code", "class"].map(|name| builder.typed_field(name, FieldType::Text));
        let number = builder.typed_field("value", FieldType::Real);
        let rows = of.layer.table.len().min(areas.codes.len());
        // What is no area of this level is not coloured.
        for (row, area) in (0..rows as u32).zip(&areas.codes).filter(|(_, area)| !area.is_empty()) {
            let colour = source.colour(area, &classes);
            let said = values.iter().find(|(_, known)| *known == colour).map(|(text, _)| text.clone());
            builder.set(code, &text(area.clone()));
            builder.set(class, &said.map_or(Value::Null, text));
            builder.set(number, &source.value(area).map_or(Value::Null, Value::Real));
            builder.geometry.push_from(&of.layer.table.geometry, row);
        }
        let style = coloured("class", values, OPACITY);
        let title = match &source {
            Source::Listed(_) => both(|words| words.cases.heat_layer.to_owned()),
            Source::Figures(..) => Title {
                zh: column.name(true, Language::Chinese.words()),
                en: column.name(false, Language::English.words()),
            },
        };
        vec![Layer { style, ..Layer::made(FIGURES, title, Role::Other, builder.finish(), &city.crs) }]
    })
}
