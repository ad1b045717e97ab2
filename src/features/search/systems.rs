//! Asking the core and choosing an answer.

use bevy::prelude::*;

use super::SearchPanel;
use super::state::{SearchEdit, SearchModel, SearchResult};
use crate::features::published::{Fly, Preferences, Select};
use crate::model::field_names::readable;
use crate::panels::Language;
use crate::place::{MapPoint, coordinates};
use crate::query::identity::title_of;
use crate::query::search::search;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;

/// Answers listed at most.
const MOST: usize = 50;

/// Where the listed answers are.
#[derive(Resource, Default)]
pub struct Answers(Vec<Answer>);

enum Answer {
    Feature(usize, u32),
    Position(MapPoint),
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<SearchPanel>,
    mut answers: ResMut<Answers>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    eye: Res<Eye>,
    preferences: Res<Preferences>,
    mut selects: MessageWriter<Select>,
    mut flights: MessageWriter<Fly>,
) {
    if panel.edits.is_empty() {
        return;
    }
    let Some(city) = &shown.city else {
        panel.edits.clear();
        return;
    };
    let chinese = preferences.settings.language == Language::Chinese;
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            SearchEdit::Query(text) => {
                answers.0.clear();
                let mut results = Vec::new();
                for reading in coordinates::read(&text, &city.crs) {
                    let (p, l) = (reading.point, reading.lonlat);
                    results.push(SearchResult::Position {
                        title: format!("{:.2}, {:.2}  ({:.6}, {:.6})", p.east, p.north, l.lon, l.lat),
                        reading: reading.how,
                    });
                    answers.0.push(Answer::Position(p));
                }
                let hits = search(city, &text, MOST + 1);
                let total = results.len() + hits.len();
                for hit in hits.into_iter().take(MOST) {
                    let Some(n) = city.layers.iter().position(|layer| layer.layer.id == hit.layer) else { continue };
                    let layer = &city.layers[n].layer;
                    let colour = looks.layers.get(n).and_then(|look| look.colours.get(hit.feature as usize));
                    let [r, g, b, _] = colour.copied().unwrap_or(0xff80_8080).to_le_bytes();
                    results.push(SearchResult::Feature {
                        title: title_of(layer, hit.feature, chinese),
                        layer: preferences.title(&layer.title),
                        colour: [r, g, b],
                        field: readable(&hit.field).map_or_else(|| hit.field.clone(), |title| preferences.title(title)),
                        value: hit.text,
                    });
                    answers.0.push(Answer::Feature(n, hit.feature));
                }
                panel.model = SearchModel { results, total: total as u64, busy: false, query: text };
            }
            SearchEdit::Choose(at) => match answers.0.get(at) {
                Some(Answer::Feature(layer, feature)) => {
                    selects.write(Select { target: Some((*layer, *feature)), fly: true });
                }
                Some(Answer::Position(point)) => {
                    let mut view = eye.heading_for();
                    view.target = *point;
                    view.distance = view.distance.min(800.0);
                    flights.write(Fly::View(view));
                }
                None => {}
            },
        }
    }
}
