//! What the view menu, the help window and the marks over the scene show and ask for.

use jiff::civil::DateTime;

use crate::panels::{Language, Theme};
use crate::scene::quality::Drawing;

/// How the scene is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewModel {
    /// The sun.
    pub sun: SunModel,
    /// Whether bodies throw shadows.
    pub shadows: bool,
    /// Whether the graphics adapter is too weak for shadows: then they may be slow.
    pub shadows_slow: bool,
    /// Whether the ground grid is drawn.
    pub grid: bool,
    /// Whether labels are drawn.
    pub labels: bool,
    /// Stretches the terrain's heights; `None` without terrain.
    pub exaggeration: Option<f32>,
    /// How richly the scene is drawn.
    pub drawing: Drawing,
    /// Language of the interface.
    pub language: Language,
    /// Dark or light.
    pub theme: Theme,
    /// Direction of the camera's view from north, clockwise, degrees.
    pub heading: f32,
    /// Metres of the ground in one point of the screen, at the middle of the view.
    pub metres_per_point: Option<f64>,
    /// What drawing costs; while somebody looks at it.
    pub cost: Option<Cost>,
}

/// What drawing costs now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Milliseconds from the last frame to this one.
    pub frame_ms: f64,
    /// Milliseconds of choosing tiles, taking them in, and styles.
    pub stages_ms: [f64; 3],
    /// Tiles drawn.
    pub drawn: usize,
    /// Tiles held.
    pub held: usize,
    /// Tiles asked for and not there yet.
    pub missing: usize,
    /// Triangles drawn of tiles.
    pub triangles: u64,
    /// Triangles that may be drawn.
    pub most_triangles: u64,
    /// Milliseconds from asking for a tile to having it.
    pub latency_ms: f64,
    /// Bytes of tiles held.
    pub bytes: usize,
    /// Bytes that tiles may take.
    pub most_bytes: usize,
}

impl Default for ViewModel {
    fn default() -> Self {
        Self {
            sun: SunModel::default(),
            shadows: false,
            shadows_slow: false,
            grid: true,
            labels: true,
            exaggeration: None,
            drawing: Drawing::default(),
            language: Language::default(),
            theme: Theme::default(),
            heading: 0.0,
            metres_per_point: None,
            cost: None,
        }
    }
}

/// The sun at the scene's middle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SunModel {
    /// Local civil time of the scene.
    pub time: DateTime,
    /// Hours ahead of UTC.
    pub utc_offset: f32,
    /// Height above the horizon, degrees.
    pub altitude: f32,
    /// Direction from north, clockwise, degrees.
    pub azimuth: f32,
    /// Height above the horizon through the day, at even steps from 0:00 to 24:00; may be empty.
    pub day: Vec<f32>,
    /// Sunrise and sunset, minutes after midnight; `None` when there is none that day.
    pub rise_set: Option<(u32, u32)>,
}

/// Days that rules and planners speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SunDay {
    /// Now.
    Now,
    /// Spring equinox.
    Equinox,
    /// Summer solstice.
    Summer,
    /// Winter solstice (冬至日).
    Winter,
    /// Great Cold (大寒日), the day of the Chinese sunshine rule in zones I, II, III and VII.
    GreatCold,
}

impl SunDay {
    /// All days, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Now, Self::GreatCold, Self::Equinox, Self::Summer, Self::Winter];
}

/// What the menu remembers while the program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewState {
    /// Whether the help window is open.
    pub help: bool,
    /// Whether the overlay with the cost of drawing is open.
    pub performance: bool,
}

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ViewEdit {
    /// Put the sun to a local civil time.
    SunTime(DateTime),
    /// Put the sun to a day of the year in hand, at the hour in hand.
    SunDay(SunDay),
    /// Shadows on or off.
    Shadows(bool),
    /// Ground grid on or off.
    Grid(bool),
    /// Labels on or off.
    Labels(bool),
    /// Stretch the terrain.
    Exaggeration(f32),
    /// Draw more or less richly.
    Drawing(Drawing),
    /// Another language.
    Language(Language),
    /// Another theme.
    Theme(Theme),
    /// Turn north up.
    North,
    /// Bring everything into view.
    Fit,
}
