//! The window, or a picture instead of one: sets up Bevy and hands over to scene and features.

mod adapter;
pub mod bench;
pub mod headless;
mod picture;

pub use picture::render;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use bevy::camera::visibility::RenderLayers;
use bevy::camera::{CameraOutputMode, ClearColorConfig, RenderTarget};
use bevy::ecs::error::{FallbackErrorHandler, warn};
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::render::render_resource::BlendState;
use bevy::render::settings::{MemoryHints, RenderCreation, WgpuSettings};
use bevy::window::{Monitor, WindowResolution};
use bevy::winit::{UpdateMode, WinitSettings};
use bevy_egui::{EguiGlobalSettings, EguiPlugin, PrimaryEguiContext};

use crate::cli::{Exit, ViewOptions};
use crate::features;
use crate::model::project::Project;
use crate::scene;
use crate::scene::view::SceneCamera;

/// Without any cause the window is drawn again after so long: never, to a user.
const IDLE: Duration = Duration::from_secs(3600);

/// Opens the window and returns when it is closed.
pub fn open(project: Project, _options: ViewOptions) -> ExitCode {
    let run = AssertUnwindSafe(|| {
        let mut app = App::new();
        let window = Window { title: "Cimbase".into(), resolution: WindowResolution::new(1440, 900), ..default() };
        app.add_plugins(plugins().set(WindowPlugin { primary_window: Some(window), ..default() }));
        // Redraw on demand: an office program must idle at 0 % CPU.
        app.insert_resource(WinitSettings {
            focused_mode: UpdateMode::reactive(IDLE),
            unfocused_mode: UpdateMode::reactive_low_power(IDLE),
        });
        base(&mut app);
        app.add_systems(Startup, |mut commands: Commands| spawn_cameras(&mut commands, None));
        app.add_systems(Update, fit_screen);
        features::open_project(&mut app, project);
        app.run()
    });
    match guarded(run) {
        Ok(AppExit::Success) => ExitCode::SUCCESS,
        Ok(AppExit::Error(code)) => ExitCode::from(code.get()),
        Err(reason) => {
            eprintln!("cimbase: {}", no_graphics(&reason));
            Exit::Graphics.into()
        }
    }
}

/// Title bar and task bar take about so much of a screen's height, points.
const BARS: f64 = 80.0;

/// Fills a screen that the window is too large for: what lies beyond its edge cannot be reached.
fn fit_screen(mut windows: Query<&mut Window>, monitors: Query<&Monitor>, mut done: Local<bool>) {
    if *done {
        return;
    }
    let (Some(monitor), Ok(mut window)) = (monitors.iter().next(), windows.single_mut()) else { return };
    *done = true;
    let bars = (BARS * monitor.scale_factor) as u32;
    let (width, height) = (window.physical_width(), window.physical_height());
    if width > monitor.physical_width || height + bars > monitor.physical_height {
        window.set_maximized(true);
    }
}

fn plugins() -> bevy::app::PluginGroupBuilder {
    // Blocks of graphics memory of at most 64 MiB instead of 256: what is closed is given back.
    let settings = WgpuSettings { memory_hints: MemoryHints::MemoryUsage, ..default() };
    let render_creation = RenderCreation::Automatic(Box::new(settings));
    DefaultPlugins
        .set(RenderPlugin { synchronous_pipeline_compilation: true, render_creation, ..default() })
        .set(bevy::pbr::PbrPlugin { prepass_enabled: false, ..default() })
        .add_before::<bevy::pbr::PbrPlugin>(adapter::AdapterPlugin)
        .set(LogPlugin { filter: "error".into(), level: bevy::log::Level::ERROR, ..default() })
}

fn base(app: &mut App) {
    // A bad file or a refused edit goes to the notices; what still comes here is our own fault and
    // must not take the user's window away.
    app.insert_resource(FallbackErrorHandler(warn));
    app.add_plugins(EguiPlugin::default());
    app.insert_resource(EguiGlobalSettings { auto_create_primary_context: false, ..default() });
    app.add_plugins((scene::plugin, features::plugin));
}

fn spawn_cameras(commands: &mut Commands, target: Option<RenderTarget>) {
    let mut scene = commands.spawn((
        SceneCamera,
        Camera3d::default(),
        Msaa::Off,
        bevy::core_pipeline::tonemapping::Tonemapping::None,
    ));
    if let Some(target) = &target {
        scene.insert(target.clone());
    }
    // The panels have a camera of their own over the whole window; the scene's fills what is left.
    let mut panels = commands.spawn((
        PrimaryEguiContext,
        Camera2d,
        Msaa::Off,
        RenderLayers::none(),
        Camera {
            order: 1,
            output_mode: CameraOutputMode::Write {
                blend_state: Some(BlendState::ALPHA_BLENDING),
                clear_color: ClearColorConfig::None,
            },
            clear_color: ClearColorConfig::Custom(Color::NONE),
            ..default()
        },
    ));
    if let Some(target) = target {
        panels.insert(target);
    }
}

/// Runs Bevy; it panics where no graphics adapter is found, and that is an answer, not a crash.
fn guarded<T>(run: AssertUnwindSafe<impl FnOnce() -> T>) -> Result<T, String> {
    std::panic::catch_unwind(run).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
    })
}

fn no_graphics(reason: &str) -> String {
    format!(
        "the graphics could not be started ({}). Install a Vulkan driver; on Debian and Ubuntu \
         `mesa-vulkan-drivers` draws without a graphics card.",
        reason.lines().next().unwrap_or_default()
    )
}
