//! Sun clock, switches, and the view menu's model.

use std::time::Instant;

use bevy::prelude::*;
use jiff::civil::{DateTime, date};

use super::ViewPanel;
use super::state::{Cost, SunDay, SunModel, ViewEdit, ViewModel};
use crate::analysis::sun;
use crate::features::published::{ChangeProject, Fly, Preferences, Reread, Styles, SunClock};
use crate::panels::Theme;
use crate::place::{LonLat, LonLatBridge};
use crate::scene::light::Sky;
use crate::scene::quality::Quality;
use crate::scene::stage::{Looks, Shown};
use crate::scene::tiles::{Budget, Meter};
use crate::scene::view::Eye;

/// The middle of the city.
fn place(shown: &Shown) -> Option<LonLat> {
    let city = shown.city.as_ref()?;
    LonLatBridge::new(&city.crs).ok()?.lonlat(city.shown_extent().centre().into())
}

/// A project that is opened sets the sun to its own moment.
pub(super) fn open_at_its_moment(mut flights: MessageReader<Fly>, shown: Res<Shown>, mut clock: ResMut<SunClock>) {
    if !flights.read().any(|flight| matches!(flight, Fly::First)) {
        return;
    }
    let said = shown.city.as_ref().and_then(|city| city.view.as_ref()).and_then(|view| view.date.as_deref());
    let when = said.and_then(|text| sun::When::parse(text).ok());
    if let (Some(place), Some(when)) = (place(&shown), when) {
        clock.0 = sun::civil_offset(place).offset.to_datetime(when.at(place));
    }
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<ViewPanel>,
    mut clock: ResMut<SunClock>,
    mut sky: ResMut<Sky>,
    mut looks: ResMut<Looks>,
    mut styles: ResMut<Styles>,
    mut preferences: ResMut<Preferences>,
    shown: Res<Shown>,
    mut flights: MessageWriter<Fly>,
    mut changes: MessageWriter<ChangeProject>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            ViewEdit::SunTime(time) => clock.0 = time,
            ViewEdit::SunDay(day) => {
                let (year, time) = (clock.0.year(), clock.0.time());
                clock.0 = match day {
                    SunDay::Now => place(&shown)
                        .map_or(clock.0, |place| sun::civil_offset(place).offset.to_datetime(jiff::Timestamp::now())),
                    SunDay::Equinox => date(year, 3, 20).to_datetime(time),
                    SunDay::Summer => date(year, 6, 21).to_datetime(time),
                    SunDay::Winter => date(year, 12, 21).to_datetime(time),
                    SunDay::GreatCold => date(year, 1, 20).to_datetime(time),
                };
            }
            ViewEdit::Shadows(on) => sky.shadows = on,
            ViewEdit::Grid(on) => looks.grid = on,
            ViewEdit::Labels(on) => styles.labels = on,
            ViewEdit::Exaggeration(exaggeration) => {
                if let Some(city) = &shown.city {
                    let how = Reread::Exaggeration(exaggeration);
                    changes.write(ChangeProject::Reread(city.terrain_id.clone(), how));
                }
            }
            ViewEdit::Drawing(drawing) => preferences.settings.drawing = drawing,
            ViewEdit::Language(language) => preferences.settings.language = language,
            ViewEdit::Theme(theme) => preferences.settings.theme = theme,
            ViewEdit::North => {
                flights.write(Fly::North);
            }
            ViewEdit::Fit => {
                flights.write(Fly::Home);
            }
        }
    }
}

/// Drawing follows the preferences.
pub(super) fn choose_drawing(preferences: Res<Preferences>, mut quality: ResMut<Quality>) {
    if quality.wanted != preferences.settings.drawing {
        quality.wanted = preferences.settings.drawing;
    }
}

/// The sun follows the clock, the sky follows the theme.
pub(super) fn turn_sun(
    clock: Res<SunClock>,
    shown: Res<Shown>,
    preferences: Res<Preferences>,
    mut sky: ResMut<Sky>,
    mut panel: ResMut<ViewPanel>,
) {
    if !(clock.is_changed() || shown.is_changed() || preferences.is_changed()) {
        return;
    }
    let mut wanted = *sky;
    wanted.dark = preferences.settings.theme == Theme::Dark;
    if let Some(place) = place(&shown) {
        let offset = sun::civil_offset(place);
        let at = |time: DateTime| sun::position(place, offset.offset.to_timestamp(time).ok()?).ok();
        if let Some(sun) = at(clock.0) {
            wanted.sun_azimuth = sun.azimuth;
            wanted.sun_altitude = sun.altitude;
            let day = (0..=48i64).filter_map(|half_hour| {
                let time = clock.0.date().at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(half_hour * 30)).ok()?;
                Some(at(time)?.altitude as f32)
            });
            panel.model.sun = SunModel {
                time: clock.0,
                utc_offset: offset.offset.seconds() as f32 / 3600.0,
                altitude: sun.altitude as f32,
                azimuth: sun.azimuth as f32,
                day: day.collect(),
                rise_set: None,
            };
        }
    }
    sky.set_if_neq(wanted);
}

/// Fills the menu.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn fill(
    mut panel: ResMut<ViewPanel>,
    sky: Res<Sky>,
    looks: Res<Looks>,
    styles: Res<Styles>,
    eye: Res<Eye>,
    shown: Res<Shown>,
    preferences: Res<Preferences>,
    (meter, budget, quality, mut began): (Res<Meter>, Res<Budget>, Res<Quality>, Local<Option<Instant>>),
) {
    let frame_ms = began.replace(Instant::now()).map_or(0.0, |at| at.elapsed().as_secs_f64() * 1000.0);
    let cost = panel.state.performance.then(|| Cost {
        frame_ms,
        stages_ms: meter.stages_ms,
        drawn: meter.drawn,
        held: meter.held,
        missing: meter.missing,
        triangles: meter.triangles,
        most_triangles: budget.triangles,
        latency_ms: meter.latency_ms,
        bytes: meter.bytes,
        most_bytes: budget.bytes,
    });
    let height = f64::from(eye.viewport[3]) / f64::from(eye.scale.max(0.1));
    let model = ViewModel {
        sun: panel.model.sun.clone(),
        shadows: sky.shadows,
        shadows_slow: quality.is_weak(),
        drawing: quality.wanted,
        grid: looks.grid,
        labels: styles.labels,
        exaggeration: shown.city.as_ref().and_then(|city| Some(city.terrain.as_ref()?.exaggeration)),
        language: preferences.settings.language,
        theme: preferences.settings.theme,
        heading: eye.camera.heading as f32,
        metres_per_point: Some(eye.camera.metres_per_pixel(height)),
        cost,
    };
    if panel.model != model {
        panel.model = model;
    }
}
