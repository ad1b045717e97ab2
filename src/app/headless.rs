//! The whole program without a window: panels, scene and input, drawn into an image.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bevy::camera::RenderTarget;
use bevy::prelude::*;
use bevy::window::ExitCondition;
use bevy::winit::WinitPlugin;
use bevy_egui::{EguiInput, PrimaryEguiContext};

use super::{base, plugins, spawn_cameras};
use crate::analysis::sun;
use crate::city::City;
use crate::cli::render::{Look, Named, Quality};
use crate::cli::{RenderError, RenderOptions};
use crate::features::{self, labels::Labels, published::Preferences, view::SunClock};
use crate::mesh::city::{CityMesh, Whole};
use crate::model::project::{Project, View};
use crate::panels::settings::Settings;
use crate::place::{LonLat, LonLatBridge};
use crate::query::identity::feature_of;
use crate::report::Progress;
use crate::scene::light::Sky;
use crate::scene::picture;
use crate::scene::stage::ShowCity;
use crate::scene::tiles::{Budget, PATIENCE, Tiles};
use crate::scene::view::{Eye, SceneCamera};

/// Pixels for each point of a picture, in both directions: edges are smoothed by averaging them.
const PICTURE_SCALE: u32 = 2;

/// The program with an image for a window.
pub struct Headless {
    /// The program; its resources may be asked.
    pub app: App,
    target: RenderTarget,
    scale: u32,
}

impl Headless {
    /// Shows a city in an image of `size` points of `scale` × `scale` pixels each.
    ///
    /// # Errors
    /// [`RenderError::Input`] when the city cannot be meshed.
    ///
    /// # Panics
    /// Bevy panics where no graphics adapter is found.
    pub fn open(
        project: &Project,
        city: Arc<City>,
        size: [u32; 2],
        scale: u32,
        panels: bool,
        settings: Settings,
    ) -> Result<Self, RenderError> {
        let mut headless = Self::start(project, size, scale, panels, settings);
        headless.show(city)?;
        Ok(headless)
    }

    /// The same before a city is open.
    ///
    /// # Panics
    /// As [`Self::open`].
    pub fn start(project: &Project, size: [u32; 2], scale: u32, panels: bool, settings: Settings) -> Self {
        let mut app = App::new();
        app.add_plugins(
            plugins()
                .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
                .disable::<WinitPlugin>(),
        );
        base(&mut app);
        app.insert_resource(Preferences { settings, path: None });
        let target = picture::target(&mut app.world_mut().resource_mut::<Assets<Image>>(), size, scale);
        spawn_cameras(&mut app.world_mut().commands(), Some(target.clone()));
        app.finish();
        app.cleanup();
        features::set_up_picture(&mut app, project, panels);
        let mut eye = app.world_mut().resource_mut::<Eye>();
        let [w, h] = size.map(|s| (s * scale) as f32);
        eye.viewport = [0.0, 0.0, w, h];
        eye.scale = scale as f32;
        Self { app, target, scale }
    }

    /// Shows a city, as a whole.
    ///
    /// # Errors
    /// [`RenderError::Input`] when it cannot be meshed.
    pub fn show(&mut self, city: Arc<City>) -> Result<(), RenderError> {
        let mesh = CityMesh::build(&city, Whole::Untiled, &Progress::default())
            .map_err(|e| RenderError::Input(e.to_string()))?;
        let looks = features::first_looks(&city);
        let mesh = Arc::new(Mutex::new(Some(mesh)));
        self.app.world_mut().write_message(ShowCity { city: city.clone(), mesh, looks });
        // Panels take their place first: what is left for the scene decides how the city is fitted.
        // Until then the scene itself, which costs most, is not drawn.
        self.draw_scene(false);
        (0..4).for_each(|_| self.step());
        self.draw_scene(true);
        let mut eye = self.app.world_mut().resource_mut::<Eye>();
        eye.camera = features::first_view(&city, eye.aspect());
        Ok(())
    }

    fn draw_scene(&mut self, active: bool) {
        let world = self.app.world_mut();
        let mut cameras = world.query_filtered::<&mut Camera, With<SceneCamera>>();
        cameras.iter_mut(world).for_each(|mut camera| camera.is_active = active);
    }

    /// Waits until all tiles that the view wants are there, without drawing the scene.
    ///
    /// Returns the milliseconds of drawing it at last.
    ///
    /// # Errors
    /// [`RenderError::Graphics`] when they do not come.
    pub fn settle(&mut self) -> Result<f64, RenderError> {
        let started = Instant::now();
        self.draw_scene(false);
        // What was changed since the last frame is chosen in this one at the earliest.
        self.step();
        let waits = |world: &World| !world.resource::<Tiles>().is_settled() || world.resource::<Labels>().is_reading();
        while waits(self.app.world()) {
            if started.elapsed() > PATIENCE {
                return Err(RenderError::Graphics("the tiles of the city did not come within two minutes".into()));
            }
            std::thread::sleep(Duration::from_millis(2));
            self.step();
        }
        self.draw_scene(true);
        let drawing = Instant::now();
        // Tiles of the last step are shown from the next one on.
        self.step();
        Ok(drawing.elapsed().as_secs_f64() * 1e3)
    }

    /// Draws one frame.
    pub fn step(&mut self) {
        self.app.update();
    }

    /// Gives the panels and the scene events as a window would.
    pub fn input(&mut self, events: impl IntoIterator<Item = egui::Event>) {
        let world = self.app.world_mut();
        let mut contexts = world.query_filtered::<&mut EguiInput, With<PrimaryEguiContext>>();
        let events: Vec<egui::Event> = events.into_iter().collect();
        for mut input in contexts.iter_mut(world) {
            input.0.events.extend(events.iter().cloned());
        }
    }

    /// The picture as it now is.
    ///
    /// # Errors
    /// [`RenderError::Graphics`] when the renderer gives none.
    pub fn picture(&mut self) -> Result<image::RgbaImage, RenderError> {
        self.settle()?;
        let taken = picture::take(&mut self.app, self.target.clone());
        let (width, height, rgba) = taken.map_err(RenderError::Graphics)?;
        picture::shrink(width, height, &rgba, self.scale)
            .ok_or_else(|| RenderError::Graphics("the renderer returned too few pixels".into()))
    }
}

/// Draws what the `render` command asks for.
pub(super) fn draw(
    project: Project,
    city: Arc<City>,
    options: &RenderOptions,
) -> Result<(image::RgbaImage, View), RenderError> {
    let settings = Settings::default();
    let mut headless = Headless::open(&project, city.clone(), options.size, PICTURE_SCALE, options.panels, settings)?;
    let app = &mut headless.app;
    // A picture has time.
    *app.world_mut().resource_mut::<Budget>() = Budget::default();
    app.world_mut().resource_mut::<Sky>().shadows = options.quality == Quality::Shadows;
    let place: Option<LonLat> =
        LonLatBridge::new(&city.crs).ok().and_then(|bridge| bridge.lonlat(city.extent.centre().into()));
    let said = project.view.as_ref().and_then(|view| view.date.clone());
    let date = options.date.or_else(|| said.as_deref().and_then(|text| sun::When::parse(text).ok()));
    if let (Some(place), Some(date)) = (place, date) {
        let offset = sun::civil_offset(place).offset;
        app.insert_resource(SunClock(offset.to_datetime(date.at(place))));
    }
    for named in &options.select {
        let (layer, feature) = find(&city, named)?;
        if let Some(feature) = feature {
            features::select_for_picture(app, layer, feature);
        }
    }
    aim(app, &city, &options.look)?;
    let shown = app.world().resource::<Eye>().camera;
    let view = View {
        target: [shown.target.east, shown.target.north],
        up: shown.up,
        distance: shown.distance,
        heading: shown.heading,
        pitch: shown.pitch,
        // The sun's clock is civil time where the city is, as a date without an offset is read.
        date: date.map(|_| app.world().resource::<SunClock>().0.to_string()),
    };
    headless.picture().map(|picture| (picture, view))
}

/// The layer's number and the feature that the user names.
fn find(city: &City, named: &Named) -> Result<(usize, Option<u32>), RenderError> {
    let number = city.layers.iter().position(|layer| layer.layer.id == named.layer).ok_or_else(|| {
        let known: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
        RenderError::Input(format!("no layer \"{}\"; the project has {}", named.layer, known.join(", ")))
    })?;
    let Some(id) = &named.feature else { return Ok((number, None)) };
    let feature = feature_of(&city.layers[number], id)
        .ok_or_else(|| RenderError::Input(format!("layer {}: no feature {id}", named.layer)))?;
    Ok((number, Some(feature)))
}

/// Points the camera at what the options ask for.
fn aim(app: &mut App, city: &City, look: &Look) -> Result<(), RenderError> {
    let mut eye = app.world_mut().resource_mut::<Eye>();
    let aspect = eye.aspect();
    match look {
        Look::All => eye.camera = features::first_view(city, aspect),
        Look::Fit(named) => {
            let (number, feature) = find(city, named)?;
            let layer = &city.layers[number];
            let bounds = match feature {
                None => layer.extent(),
                Some(row) => {
                    let (holder, row) = layer.of_row(row).map_err(|e| RenderError::Input(e.to_string()))?;
                    holder.table.geometry.bounds(row).grown(60.0)
                }
            };
            eye.camera = features::view_of(city, &bounds, aspect);
        }
        Look::From(camera) => {
            let view = camera
                .view(city)
                .ok_or_else(|| RenderError::Input("the view's place lies outside the project CRS".into()))?;
            eye.camera = features::camera_of(&view);
        }
    }
    Ok(())
}
