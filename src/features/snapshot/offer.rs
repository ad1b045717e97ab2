//! From what is on the screen to what is written: the wish that the command makes of its options. Pure: knows no Bevy.

use std::path::Path;
use std::sync::Arc;

use super::state::{Asked, Counted, What};
use crate::city::City;
use crate::model::LayerStyle;
use crate::place::{Bounds, Crs};
use crate::report::Progress;
use crate::scene::view::Eye;
use crate::snapshot::runs::Rows;
use crate::snapshot::{Wish, WishedField, WishedLayer, take};

/// What is on the screen.
#[derive(Clone)]
pub struct Screen {
    /// The city with what answers show in it.
    pub city: Arc<City>,
    /// The city without: what is asked and reckoned is asked of this one.
    pub plain: Arc<City>,
    /// For each layer: is it visible?
    pub visible: Vec<bool>,
    /// For each layer: the rows that pass its filter, ascending; all where it is `None`.
    pub filters: Vec<Option<Arc<Vec<u32>>>>,
    /// For each layer: rows that are not drawn, ascending, because an answer shows something in their place.
    pub hidden: Vec<Vec<u32>>,
    /// Layers that stand in the place of such rows.
    pub instead: Vec<usize>,
    /// Styles as the user has set them, by layer.
    pub styles: Vec<LayerStyle>,
    /// The selected thing: layer and row.
    pub selected: Option<(usize, u32)>,
    /// What of the ground is seen, in the project CRS.
    pub seen: Option<Bounds>,
    /// Whether personal data is shown as it is.
    pub unmasked: bool,
}

/// Rows that a layer's size is reckoned from.
const SAMPLE: [usize; 2] = [200, 1_000];

/// What of the ground is seen, as far as three times the distance of what is looked at: farther away everything is
/// small, and up to the horizon it would be half the city. `None` where no line of sight meets the ground.
pub fn seen(eye: &Eye) -> Option<Bounds> {
    let camera = eye.heading_for();
    let mut seen = Bounds::EMPTY;
    for step_x in -4..=4 {
        for step_y in -4..=4 {
            let sight = camera.sight([f64::from(step_x) / 4.0, f64::from(step_y) / 4.0], eye.aspect());
            let Some([east, north, _]) = sight.meets_plane(camera.up) else { continue };
            let away = [east - sight.origin[0], north - sight.origin[1]];
            let share = (3.0 * camera.distance / away[0].hypot(away[1]).max(1e-9)).min(1.0);
            seen.add([sight.origin[0] + away[0] * share, sight.origin[1] + away[1] * share]);
        }
    }
    (!seen.is_empty()).then_some(seen)
}

/// The wish of what is asked for.
///
/// # Errors
/// What does not fit, for people.
pub fn wish(screen: &Screen, asked: &Asked) -> Result<Wish, String> {
    let city = &screen.city;
    let mut layers = Vec::new();
    for (number, layer) in city.layers.iter().enumerate() {
        let id = &layer.layer.id;
        if !asked.layers.contains(id) {
            continue;
        }
        let mut wished = WishedLayer::whole(number);
        wished.rows = screen.filters.get(number).and_then(Option::as_ref).map(|rows| {
            let mut rows = rows.as_ref().clone();
            rows.sort_unstable();
            rows
        });
        if asked.selected {
            wished.rows = Some(screen.selected.iter().filter(|(of, _)| *of == number).map(|(_, row)| *row).collect());
        }
        let renamed = |(key, name): &(String, String)| WishedField { key: key.clone(), name: name.trim().to_owned() };
        wished.style = screen.styles.get(number).cloned();
        // Only the page of data offers them.
        let fields = asked.fields.get(id).filter(|_| asked.what == What::Data);
        wished.fields = fields.map(|fields| fields.iter().map(renamed).collect());
        if let Some(unnamed) = wished.fields.iter().flatten().find(|field| field.name.is_empty()) {
            return Err(format!("layer {id}: field {} needs a name", unnamed.key));
        }
        let names: Vec<&str> = wished.fields.iter().flatten().map(|field| field.name.as_str()).collect();
        if let Some(at) = (1..names.len()).find(|at| names[..*at].contains(&names[*at])) {
            return Err(format!("layer {id}: two fields would be called {}", names[at]));
        }
        layers.push(wished);
    }
    let crs = match asked.crs.trim() {
        _ if asked.what != What::Data && asked.what != What::Model => city.crs.clone(),
        "" => city.crs.clone(),
        text => Crs::parse(text).map_err(|error| error.to_string())?,
    };
    let bounds = match asked.in_view {
        true => Some(screen.seen.ok_or("nothing of the ground is in view")?),
        false => None,
    };
    Ok(Wish {
        layers,
        bounds,
        clip: asked.in_view && asked.clip,
        crs,
        offset: asked.offset.filter(|_| asked.what == What::Data),
        unmasked: screen.unmasked,
    })
}

/// Counts what a wish is, and reckons the size of its file from its first writing of a part of it.
///
/// # Errors
/// Why it cannot be written, for people.
pub fn count(screen: &Screen, asked: &Asked, progress: &Progress) -> Result<Counted, String> {
    let wish = wish(screen, asked)?;
    let mut layers = Vec::new();
    let mut chosen = Vec::new();
    for wished in &wish.layers {
        let layer = &screen.city.layers[wished.layer];
        let rows = Rows::of(layer, &wish, wished).map_err(|error| format!("layer {}: {error}", layer.layer.id))?;
        progress.at(0).map_err(|_| "cancelled")?;
        layers.push((layer.layer.id.clone(), rows.len() as u64));
        chosen.push(rows);
    }
    let all: usize = chosen.iter().map(Rows::len).sum();
    if wish.layers.is_empty() || asked.what == What::Package || asked.out.file_name().is_none() {
        return Ok(Counted { layers, bytes: None });
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let name = asked.out.file_name().unwrap_or_default();
    let mut sizes = Vec::new();
    for (number, most) in SAMPLE.into_iter().enumerate() {
        let mut part = wish.clone();
        let mut rows = 0;
        for (wished, all_rows) in part.layers.iter_mut().zip(&chosen) {
            let some = sample(all_rows, (most * all_rows.len()).div_ceil(all.max(1)));
            rows += some.len();
            wished.rows = Some(some);
            wished.filter = None;
        }
        let inside = folder.path().join(number.to_string());
        std::fs::create_dir(&inside).map_err(|error| error.to_string())?;
        let out = inside.join(name);
        take(&screen.city, &part, &out, progress).map_err(|error| plain(&error.to_string(), &inside))?;
        sizes.push((rows, bytes_in(&inside)));
        if rows >= all {
            return Ok(Counted { layers, bytes: sizes.last().map(|(_, bytes)| *bytes) });
        }
    }
    let bytes = match sizes[..] {
        [(few, small), (more, large)] if more > few => {
            let each = large.saturating_sub(small) as f64 / (more - few) as f64;
            Some(large + (each * (all - more) as f64) as u64)
        }
        _ => None,
    };
    Ok(Counted { layers, bytes })
}

/// Messages name the file that the user knows, not our sample.
fn plain(message: &str, folder: &Path) -> String {
    message.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "")
}

/// So many rows, evenly spread.
fn sample(rows: &Rows, count: usize) -> Vec<u32> {
    let all = rows.len();
    let at = |i: usize| if count >= all { i } else { i * all / count };
    let picked = (0..count.min(all)).map(at);
    match rows {
        Rows::All(_) => picked.map(|i| i as u32).collect(),
        Rows::Some(rows) => picked.map(|i| rows[i]).collect(),
    }
}

/// The bytes of all files in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(facts) if facts.is_dir() => bytes_in(&entry.path()),
            Ok(facts) => facts.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::MapPoint;
    use crate::scene::camera::OrbitCamera;

    fn eye(pitch: f64) -> Eye {
        let camera =
            OrbitCamera { target: MapPoint::new(1_000.0, 2_000.0), up: 5.0, distance: 100.0, heading: 0.0, pitch };
        Eye { camera, viewport: [0.0, 0.0, 800.0, 800.0], scale: 1.0, ..Eye::default() }
    }

    /// From 100 m straight above with 40° from side to side: 100 · tan 20° = 36.397 m around what is looked at.
    #[test]
    fn from_above_what_is_seen_is_a_square() {
        let seen = seen(&eye(90.0)).unwrap();
        let half = 36.397;
        for (found, expected) in [
            (seen.min[0], 1_000.0 - half),
            (seen.min[1], 2_000.0 - half),
            (seen.max[0], 1_000.0 + half),
            (seen.max[1], 2_000.0 + half),
        ] {
            // The tangent is given to the millimetre.
            assert!((found - expected).abs() < 1e-3, "{found} instead of {expected}");
        }
    }

    /// Towards the horizon it ends at three times the distance from the eye, which stands 100 · cos 10° = 98.5 m to the
    /// south: 2,000 - 98.5 + 300 = 2,201.5 m at most.
    #[test]
    fn towards_the_horizon_it_ends() {
        let seen = seen(&eye(10.0)).unwrap();
        assert!(seen.max[1] > 2_100.0 && seen.max[1] < 2_201.6, "{seen:?}");
    }
}
