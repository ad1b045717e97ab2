//! The status line: where the cursor is, how far the work is.

pub mod state;
pub mod ui;

use std::time::Instant;

use bevy::prelude::*;

use self::state::{Cursor, StatusEdit, StatusModel, StatusState};
use super::published::{Busy, Notice, Panel, Pointer, StopWork};
use crate::place::LonLatBridge;
use crate::report::{Issue, Severity};
use crate::scene::Frame;
use crate::scene::quality::Quality;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;

/// The status line's panel.
pub type StatusPanel = Panel<StatusModel, StatusState, StatusEdit>;

/// What the last frame cost the program, without the graphics adapter's part.
#[derive(Resource, Default)]
struct FrameClock {
    started: Option<Instant>,
    last_ms: f32,
}

/// Adds the status line.
pub fn plugin(app: &mut App) {
    app.init_resource::<FrameClock>()
        .add_systems(First, |mut clock: ResMut<FrameClock>| clock.started = Some(Instant::now()))
        .add_systems(Last, |mut clock: ResMut<FrameClock>| {
            clock.last_ms = clock.started.map_or(0.0, |started| started.elapsed().as_secs_f32() * 1000.0);
        });
    app.init_resource::<StatusPanel>()
        .add_systems(Update, apply.in_set(Frame::Requests))
        .add_systems(Update, fill.in_set(Frame::Rebuild));
}

fn apply(
    mut panel: ResMut<StatusPanel>,
    shown: Res<Shown>,
    mut stops: MessageWriter<StopWork>,
    mut notices: MessageWriter<Notice>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            StatusEdit::Cancel => {
                stops.write(StopWork);
            }
            StatusEdit::ShowCrs => {
                if let Some(city) = &shown.city {
                    let message = format!("{}: {}", city.crs, city.crs_basis);
                    notices.write(Notice(Issue {
                        severity: Severity::Note,
                        layer: String::new(),
                        feature: None,
                        message,
                    }));
                }
            }
        }
    }
}

/// Pixels in a metre of a common screen, 96 for an inch.
const PIXELS_PER_METRE: f64 = 96.0 / 0.0254;

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn fill(
    mut panel: ResMut<StatusPanel>,
    pointer: Res<Pointer>,
    eye: Res<Eye>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    busy: Res<Busy>,
    clock: Res<FrameClock>,
    quality: Res<Quality>,
) {
    let mut model = StatusModel { frame_ms: clock.last_ms, ..StatusModel::default() };
    if let (Some(city), Some(mesh)) = (&shown.city, &shown.mesh) {
        model.crs_code = city.crs.code().unwrap_or_default().to_owned();
        model.crs_name = city.crs.name().to_owned();
        model.features = (city.layers.iter().zip(&looks.layers))
            .filter(|(_, look)| look.visible)
            .map(|(layer, look)| look.filter.as_ref().map_or(u64::from(layer.rows()), |rows| rows.len() as u64))
            .sum();
        let height = f64::from(eye.viewport[3]) / f64::from(eye.scale.max(0.1));
        model.scale = Some(eye.camera.metres_per_pixel(height) * PIXELS_PER_METRE);
        model.cursor = pointer.ground.and_then(|hit| {
            let lon_lat = LonLatBridge::new(&city.crs).ok()?.lonlat(hit.point)?;
            let exaggeration = city.terrain.as_ref().map_or(1.0, |terrain| f64::from(terrain.exaggeration));
            let ground = mesh.ground.is_known(hit.point).then_some(hit.elevation / exaggeration);
            Some(Cursor { map: hit.point, lon_lat, ground })
        });
    }
    model.light_path = if quality.is_light() { quality.adapter.clone() } else { String::new() };
    model.busy = busy.0.clone();
    if panel.model != model {
        panel.model = model;
    }
}
