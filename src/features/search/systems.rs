//! Asking the core and choosing an answer. Where all layers are in memory they answer at once; else a thread of its
//! own searches, and a text typed on stops the search for the one before.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::SearchPanel;
use super::state::{SearchEdit, SearchModel, SearchResult};
use crate::city::City;
use crate::features::published::{Fly, Preferences, Privacy, Select};
use crate::model::field_names::readable;
use crate::panels::Language;
use crate::place::{MapPoint, coordinates};
use crate::query::fold::folded;
use crate::query::identity::title_of;
use crate::query::search::{Hit, best_hits, is_streamed, search, search_streamed};
use crate::report::{Cancelled, Progress};
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;
use crate::themes::housing::personal::Masks;

/// Answers listed at most.
const MOST: usize = 50;

/// The listed answers and where they are.
#[derive(Resource, Default)]
pub struct Answers {
    /// The city they are of.
    generation: u64,
    places: Vec<Answer>,
    running: Option<Running>,
    masks: Arc<Veil>,
}

/// What of each layer is masked, made when it is first asked for.
#[derive(Default)]
struct Veil {
    unmasked: bool,
    layers: Vec<Masks>,
}

impl Veil {
    fn of(city: &City, unmasked: bool) -> Self {
        let masks = city.layers.iter().map(|layer| Masks::unless(unmasked, &layer.known().table));
        Self { unmasked, layers: masks.collect() }
    }

    /// Fields that are not searched: who searches a name would learn that it is there, masked or not.
    fn closed(&self) -> Vec<Vec<String>> {
        self.layers.iter().map(Masks::closed).collect()
    }

    /// The hit's text as it may be shown; `None` where the mask hides what was searched.
    fn shown(&self, hit: &Hit, wanted: &str) -> Option<String> {
        let Some(masks) = self.layers.get(hit.place) else { return Some(hit.text.clone()) };
        let shown = masks.shown(&hit.field, hit.text.clone());
        (shown == hit.text || folded(&shown).contains(&*folded(wanted.trim()))).then_some(shown)
    }
}

enum Answer {
    Feature(usize, u32),
    Position(MapPoint),
}

/// A search through layers that are read by window.
struct Running {
    progress: Arc<Progress>,
    slot: Arc<Mutex<Option<Vec<Hit>>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

impl Running {
    fn start(city: Arc<City>, text: String, closed: Vec<Vec<String>>) -> Self {
        let (progress, slot) = (Arc::new(Progress::default()), Arc::new(Mutex::new(None)));
        let (ours, answer) = (progress.clone(), slot.clone());
        std::thread::spawn(move || {
            // Whatever happens, the answer is not waited for for ever.
            let search = || {
                let found = search_streamed(&city, &text, MOST + 1, &closed, &ours)?;
                let near = search(&city, &text, MOST + 1, &closed);
                Ok::<_, Cancelled>(best_hits([near, found].concat(), MOST + 1))
            };
            // Not among the threads that the frame waits for.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
            let searching = AssertUnwindSafe(|| pool.map_or_else(|_| search(), |pool| pool.install(search)));
            let hits = std::panic::catch_unwind(searching).map(Result::unwrap_or_default).unwrap_or_default();
            if let Ok(mut slot) = answer.lock() {
                *slot = Some(hits);
            }
        });
        Self { progress, slot }
    }

    fn take(&self) -> Option<Vec<Hit>> {
        self.slot.lock().ok()?.take()
    }
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<SearchPanel>,
    mut answers: ResMut<Answers>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    eye: Res<Eye>,
    (preferences, privacy): (Res<Preferences>, Res<Privacy>),
    mut selects: MessageWriter<Select>,
    mut flights: MessageWriter<Fly>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let Some(city) = &shown.city else {
        if !panel.edits.is_empty() {
            panel.edits.clear();
        }
        answers.running = None;
        return;
    };
    if answers.generation != shown.generation {
        // Rows of another city mean nothing in this one.
        *answers = Answers { generation: shown.generation, ..Answers::default() };
        if panel.model != SearchModel::default() {
            panel.model = SearchModel::default();
        }
    }
    if let Some(running) = &answers.running {
        match running.take() {
            Some(found) => {
                answers.running = None;
                let text = panel.model.query.clone();
                let masks = answers.masks.clone();
                panel.model = list(city, &looks, &preferences, &masks, text, &found, &mut answers.places);
            }
            // Nothing else wakes a window that waits for events.
            None => _ = redraw.write(RequestRedraw),
        }
    }
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            SearchEdit::Query(text) => {
                let busy = is_streamed(city) && !text.trim().is_empty();
                if answers.masks.layers.len() != city.layers.len() || answers.masks.unmasked != privacy.unmasked {
                    answers.masks = Arc::new(Veil::of(city, privacy.unmasked));
                }
                let masks = answers.masks.clone();
                answers.running = busy.then(|| Running::start(city.clone(), text.clone(), masks.closed()));
                let hits = if busy { Vec::new() } else { search(city, &text, MOST + 1, &masks.closed()) };
                let found = list(city, &looks, &preferences, &masks, text, &hits, &mut answers.places);
                panel.model = SearchModel { busy, ..found };
                redraw.write(RequestRedraw);
            }
            SearchEdit::Choose(at) => match answers.places.get(at) {
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

/// What the panel lists, and where each answer is.
#[allow(clippy::too_many_arguments)] // what the list is made of, each borrowed from its own resource
fn list(
    city: &City,
    looks: &Looks,
    preferences: &Preferences,
    masks: &Veil,
    text: String,
    hits: &[Hit],
    places: &mut Vec<Answer>,
) -> SearchModel {
    places.clear();
    let mut results = Vec::new();
    for reading in coordinates::read(&text, &city.crs) {
        let (p, l) = (reading.point, reading.lonlat);
        results.push(SearchResult::Position {
            title: format!("{:.2}, {:.2}  ({:.6}, {:.6})", p.east, p.north, l.lon, l.lat),
            reading: reading.how,
        });
        places.push(Answer::Position(p));
    }
    let chinese = preferences.settings.language == Language::Chinese;
    let hits: Vec<(&Hit, String)> = hits.iter().filter_map(|hit| Some((hit, masks.shown(hit, &text)?))).collect();
    let total = (results.len() + hits.len()) as u64;
    for (hit, value) in hits.into_iter().take(MOST) {
        // A layer that changed under the list has no such row any more.
        let Some((layer, row)) = city.layers.get(hit.place).and_then(|layer| layer.of_row(hit.feature).ok()) else {
            continue;
        };
        let colour = looks.layers.get(hit.place).and_then(|look| look.shown_colours().get(hit.feature as usize));
        let [r, g, b, _] = colour.copied().unwrap_or(0xff80_8080).to_le_bytes();
        results.push(SearchResult::Feature {
            title: title_of(&layer, row, chinese),
            layer: preferences.title(&layer.title),
            colour: [r, g, b],
            field: readable(&hit.field).map_or_else(|| hit.field.clone(), |title| preferences.title(title)),
            value,
        });
        places.push(Answer::Feature(hit.place, hit.feature));
    }
    SearchModel { results, total, busy: false, query: text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryKind, TableBuilder, Value};
    use crate::query::search::Rank;

    /// A name is not searched while it is masked, and a number in a remark is found by what its mask shows alone.
    #[test]
    fn a_search_tells_nothing_that_the_mask_hides() {
        let mut builder = TableBuilder::default();
        for (field, text) in [("QLRMC", "张三丰"), ("备注", "漏水13800138000"), ("name", "一号楼")] {
            let column = builder.field(field);
            builder.set(column, &Value::Text(text.into()));
        }
        builder.geometry.end_feature(GeometryKind::None);
        let veil = Veil { unmasked: false, layers: vec![Masks::of(&builder.finish())] };
        assert_eq!(veil.closed(), [["QLRMC"]]);
        let hit = |field: &str, text: &str| Hit {
            layer: "homes".into(),
            place: 0,
            feature: 0,
            id: "0".into(),
            field: field.into(),
            text: text.into(),
            rank: Rank::Contains,
        };
        let remark = hit("备注", "漏水13800138000");
        assert_eq!(veil.shown(&remark, "漏水").as_deref(), Some("漏水138****8000"));
        assert_eq!(veil.shown(&remark, "13800138000"), None);
        assert_eq!(veil.shown(&hit("name", "一号楼"), "一号").as_deref(), Some("一号楼"));
    }
}
