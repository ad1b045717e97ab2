//! Texts of layers that are read by window: read on a thread of their own around where the user looks.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use crate::city::City;
use crate::formats::flatgeobuf::Wanted;
use crate::place::Bounds;
use crate::scene::camera::OrbitCamera;

use super::MOST_CANDIDATES;

/// Features farther than this from where the user looks are not labelled, metres.
const FARTHEST: f64 = 4_000.0;

/// A feature that may be labelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    /// Its row.
    pub row: u32,
    /// Its middle, metres.
    pub centre: [f64; 2],
    /// Height of its roof, metres, and whether that is above the sea instead of above the ground.
    pub top: (f64, bool),
    /// What is written.
    pub text: String,
    /// Area or, of lines, four times the length.
    pub size: f64,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    field: String,
    target: [f64; 2],
    reach: f64,
}

/// The names of a layer around a place.
#[derive(Default)]
pub(super) struct Names {
    asked: Option<Asked>,
    names: Arc<Vec<Name>>,
    running: Option<Arc<Mutex<Option<Vec<Name>>>>>,
}

impl Names {
    /// Takes in what was read meanwhile.
    pub fn take_in(&mut self) {
        if let Some(names) = self.running.as_ref().and_then(|slot| slot.lock().ok()?.take()) {
            self.names = Arc::new(names);
            self.running = None;
        }
    }

    /// The names around where a camera looks; those of the last place until the new ones are read. Asks for them
    /// when the camera went on.
    pub fn around(&mut self, city: &Arc<City>, layer: usize, field: &str, camera: &OrbitCamera) -> Arc<Vec<Name>> {
        let target = [camera.target.east, camera.target.north];
        let reach = (camera.distance * 1.6).min(FARTHEST);
        let near = |asked: &Asked| {
            let moved = (asked.target[0] - target[0]).hypot(asked.target[1] - target[1]);
            asked.field == field && moved < reach * 0.25 && (0.6..1.7).contains(&(asked.reach / reach))
        };
        if self.running.is_none() && !self.asked.as_ref().is_some_and(near) {
            let asked = Asked { field: field.to_owned(), target, reach };
            self.asked = Some(asked.clone());
            let slot = Arc::new(Mutex::new(None));
            self.running = Some(slot.clone());
            let city = city.clone();
            std::thread::spawn(move || {
                // A file that cannot be read any more has no names; the scene says why. Whatever happens, the answer
                // is not waited for for ever.
                let reading = AssertUnwindSafe(|| read(&city, layer, &asked));
                let names = std::panic::catch_unwind(reading).ok().flatten().unwrap_or_default();
                if let Ok(mut slot) = slot.lock() {
                    *slot = Some(names);
                }
            });
        }
        self.names.clone()
    }

    /// Whether names are being read.
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }
}

/// The largest features around a place that have a text.
fn read(city: &City, layer: usize, asked: &Asked) -> Option<Vec<Name>> {
    let layer = &city.layers[layer];
    let tiles = &layer.stream.as_ref()?.tiles;
    let window = Bounds { min: asked.target, max: asked.target }.grown(asked.reach * 1.25);
    let mut leaves = tiles.file().leaves(|bounds| bounds.meets(&window)).ok()?;
    let size = |bounds: &Bounds| (bounds.max[0] - bounds.min[0]).max(bounds.max[1] - bounds.min[1]);
    leaves.sort_by(|a, b| size(&b.bounds).total_cmp(&size(&a.bounds)).then(a.row.cmp(&b.row)));
    leaves.truncate(MOST_CANDIDATES);
    leaves.sort_by_key(|leaf| leaf.row);
    let wanted = [asked.field.clone()];
    let piece = tiles.piece_of(&leaves, Wanted::Named(&wanted)).ok()?;
    let texts = piece.table.field(&asked.field)?;
    let names = piece.rows.iter().zip(0_u32..).filter_map(|(row, i)| {
        let text = texts.values.get(i).to_string();
        let geometry = &piece.table.geometry;
        let centre = geometry.centroid(i).filter(|_| !text.trim().is_empty())?;
        let top = piece.heights.as_ref().and_then(|heights| heights.top.get(i as usize).copied());
        Some(Name {
            row: *row,
            centre,
            top: (top.filter(|top| top.is_finite()).map_or(0.0, f64::from), false),
            text,
            size: geometry.area(i).max(geometry.length(i) * 4.0),
        })
    });
    Some(names.collect())
}
