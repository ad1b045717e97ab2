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
use crate::cli::render::{Look, Named, Quality, is_sheet};
use crate::cli::{RenderError, RenderOptions};
use crate::features::published::{Preferences, SunClock};
use crate::features::{self, labels::Labels};
use crate::mesh::city::{CityMesh, Whole};
use crate::model::project::{Project, View};
use crate::panels::settings::Settings;
use crate::place::{Bounds, LonLat, LonLatBridge};
use crate::query::identity::feature_of;
use crate::report::Progress;
use crate::scene::camera::OrbitCamera;
use crate::scene::light::Sky;
use crate::scene::picture;
use crate::scene::stage::ShowCity;
use crate::scene::tiles::{Budget, PATIENCE, Tiles};
use crate::scene::view::{Eye, Part, SceneCamera};

/// Pixels for each point of a picture, in both directions: edges are smoothed by averaging them.
const PICTURE_SCALE: u32 = 2;

/// How many times as large as on the screen (96 pixels to the inch) letters on paper are (200 pixels to the inch).
const PAPER_LETTERS: f32 = 200.0 / 96.0;

/// The program with an image for a window.
pub struct Headless {
    /// The program; its resources may be asked.
    pub app: App,
    target: RenderTarget,
    picture: Picture,
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    /// Width and height of the whole, pixels.
    pub size: [u32; 2],
    /// Into how many parts each side is cut, so that no part is too large for a graphics card.
    pub parts: u32,
    /// Pixels drawn for each pixel, in both directions: edges are smoothed by averaging them.
    pub scale: u32,
    /// How many times as large as usual letters are.
    pub letters: f32,
}

impl Picture {
    /// The largest side of a picture that is drawn at once.
    const AT_ONCE: u32 = 2048;
    /// Pictures with a longer side are not smoothed: their pixels are smaller than the eye sees on paper.
    const SMOOTHED: u32 = 8192;

    /// A picture of a size. Panels are drawn at once whatever the size.
    pub fn of(size: [u32; 2], panels: bool) -> Self {
        let longest = size[0].max(size[1]);
        if panels || longest <= Self::AT_ONCE {
            return Self { size, parts: 1, scale: PICTURE_SCALE, letters: 1.0 };
        }
        let scale = if longest > Self::SMOOTHED { 1 } else { PICTURE_SCALE };
        let letters = longest as f32 / Self::AT_ONCE as f32;
        Self { size, parts: longest.div_ceil(Self::AT_ONCE), scale, letters }
    }

    /// The size of a part; those at the right and lower edge reach over it.
    fn part(&self) -> [u32; 2] {
        self.size.map(|side| side.div_ceil(self.parts))
    }
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
        let mut headless = Self::start(project, Picture { size, parts: 1, scale, letters: 1.0 }, panels, settings);
        headless.show(city)?;
        Ok(headless)
    }

    /// The same before a city is open.
    ///
    /// # Panics
    /// As [`Self::open`].
    pub fn start(project: &Project, picture: Picture, panels: bool, settings: Settings) -> Self {
        let Picture { size, scale, letters, .. } = picture;
        let mut app = App::new();
        app.add_plugins(
            plugins()
                .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
                .disable::<WinitPlugin>(),
        );
        base(&mut app);
        app.insert_resource(Preferences { settings, path: None });
        let part = picture.part();
        let images = &mut app.world_mut().resource_mut::<Assets<Image>>();
        let target = self::picture::target(images, part, scale, letters);
        spawn_cameras(&mut app.world_mut().commands(), Some(target.clone()));
        app.finish();
        app.cleanup();
        features::set_up_picture(&mut app, project, panels);
        let mut eye = app.world_mut().resource_mut::<Eye>();
        let [w, h] = size.map(|s| (s * scale) as f32);
        eye.viewport = [0.0, 0.0, w, h];
        eye.scale = scale as f32 * letters;
        eye.part = (picture.parts > 1).then(|| Part { offset: [0, 0], size: part.map(|side| side * scale) });
        Self { app, target, picture }
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
        self.take()
    }

    fn take(&mut self) -> Result<image::RgbaImage, RenderError> {
        let taken = picture::take(&mut self.app, self.target.clone());
        let (width, height, rgba) = taken.map_err(RenderError::Graphics)?;
        picture::shrink(width, height, &rgba, self.picture.scale)
            .ok_or_else(|| RenderError::Graphics("the renderer returned too few pixels".into()))
    }

    /// The picture part by part, each with the place of its upper left corner.
    ///
    /// # Errors
    /// As [`Self::picture`], and what `each` says.
    pub fn parts(
        &mut self,
        progress: &Progress,
        mut each: impl FnMut([u32; 2], &image::RgbaImage),
    ) -> Result<(), RenderError> {
        self.settle()?;
        let Picture { parts, scale, .. } = self.picture;
        let size = self.picture.part();
        progress.stage("drawing", u64::from(parts * parts));
        for number in 0..parts * parts {
            let stopped = |_| RenderError::Output("cancelled".into());
            progress.at(u64::from(number)).map_err(stopped)?;
            let at = [number % parts * size[0], number / parts * size[1]];
            if parts > 1 {
                let mut eye = self.app.world_mut().resource_mut::<Eye>();
                eye.part = Some(Part { offset: at.map(|v| v * scale), size: size.map(|v| v * scale) });
            }
            each(at, &self.take()?);
        }
        Ok(())
    }
}

/// A view that was drawn.
pub(super) struct Drawn {
    /// Where the camera stood.
    pub view: View,
    /// What a map shows of the project CRS; `None` with perspective.
    pub ground: Option<Bounds>,
}

/// A city before the camera: pictures of one size, one after the other.
pub(super) struct Studio {
    headless: Headless,
    city: Arc<City>,
    dated: bool,
    /// How many times as far away a given view is looked at from: pictures that are narrower than the view was meant
    /// for show all of it from there.
    pub farther: f64,
}

impl Studio {
    /// Opens a city as the `render` command asks for, for pictures of a size.
    ///
    /// # Errors
    /// [`RenderError::Input`] when it cannot be meshed.
    ///
    /// # Panics
    /// As [`Headless::open`].
    pub fn open(
        project: &Project,
        city: Arc<City>,
        options: &RenderOptions,
        size: [u32; 2],
    ) -> Result<Self, RenderError> {
        let mut picture = Picture::of(size, options.panels);
        if is_sheet(&options.out) {
            picture.letters = picture.letters.max(PAPER_LETTERS);
        }
        let mut headless = Headless::start(project, picture, options.panels, Settings::default());
        headless.show(city.clone())?;
        let app = &mut headless.app;
        // A picture has time.
        *app.world_mut().resource_mut::<Budget>() = Budget::default();
        app.world_mut().resource_mut::<Sky>().shadows = options.quality == Quality::Shadows;
        let place: Option<LonLat> =
            LonLatBridge::new(&city.crs).ok().and_then(|bridge| bridge.lonlat(city.shown_extent().centre().into()));
        let said = project.view.as_ref().and_then(|view| view.date.clone());
        let date = options.date.or_else(|| said.as_deref().and_then(|text| sun::When::parse(text).ok()));
        if let (Some(place), Some(date)) = (place, date) {
            let offset = sun::civil_offset(place).offset;
            app.insert_resource(SunClock(offset.to_datetime(date.at(place))));
        }
        Ok(Self { headless, city, dated: date.is_some(), farther: 1.0 })
    }

    /// Selects features, and no others.
    ///
    /// # Errors
    /// [`RenderError::Input`] when there is no such layer or feature.
    pub fn select(&mut self, features: &[Named]) -> Result<(), RenderError> {
        let mut rows = Vec::new();
        for named in features {
            let (layer, feature) = find(&self.city, named)?;
            rows.extend(feature.map(|feature| (layer, feature)));
        }
        features::select_for_picture(&mut self.headless.app, &rows);
        Ok(())
    }

    /// Draws a picture part by part.
    ///
    /// # Errors
    /// [`RenderError`]: what cannot be looked at or drawn.
    pub fn draw(
        &mut self,
        look: &Look,
        progress: &Progress,
        each: impl FnMut([u32; 2], &image::RgbaImage),
    ) -> Result<Drawn, RenderError> {
        let app = &mut self.headless.app;
        aim(app, &self.city, look, self.farther)?;
        let eye = app.world().resource::<Eye>();
        let (shown, aspect) = (eye.camera, eye.aspect());
        let ground = eye.flat.then(|| {
            let half = shown.metres_per_pixel(1.0) / 2.0;
            let (east, north, across) = (shown.target.east, shown.target.north, half * aspect);
            Bounds { min: [east - across, north - half], max: [east + across, north + half] }
        });
        // The sun's clock is civil time where the city is, as a date without an offset is read.
        let date = self.dated.then(|| app.world().resource::<SunClock>().0.to_string());
        let view = features::view_at(&shown, date);
        self.headless.parts(progress, each)?;
        Ok(Drawn { view, ground })
    }
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
fn aim(app: &mut App, city: &City, look: &Look, farther: f64) -> Result<(), RenderError> {
    let mut eye = app.world_mut().resource_mut::<Eye>();
    let aspect = eye.aspect();
    match look {
        Look::Above(bounds) => {
            let bounds = match bounds {
                Some([x1, y1, x2, y2]) => Bounds { min: [*x1, *y1], max: [*x2, *y2] },
                None => city.extent,
            };
            eye.flat = true;
            eye.camera = OrbitCamera::straight_down(&bounds, aspect);
        }
        Look::All => {
            eye.camera = features::first_view(city, aspect);
            // What is looked for here fits the picture as it is.
            eye.camera.distance *= if city.view.is_some() { farther } else { 1.0 };
        }
        Look::Fit(named) => {
            let (number, feature) = find(city, named)?;
            let layer = &city.layers[number];
            let bounds = match feature {
                None => layer.extent(),
                Some(row) => features::around(layer, row).map_err(|e| RenderError::Input(e.to_string()))?,
            };
            eye.camera = features::view_of(city, &bounds, aspect);
        }
        Look::From(camera) => {
            let view = camera
                .view(city)
                .ok_or_else(|| RenderError::Input("the view's place lies outside the project CRS".into()))?;
            eye.camera = features::camera_of(&view);
            eye.camera.distance *= farther;
        }
    }
    Ok(())
}
