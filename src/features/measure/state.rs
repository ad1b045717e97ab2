//! What the measuring tools show and ask for.

/// A measuring tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Between two points.
    Distance,
    /// Along several points.
    Path,
    /// Of a polygon.
    Area,
    /// From one point up to another.
    Height,
}

impl Tool {
    /// All tools, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Distance, Self::Path, Self::Area, Self::Height];
}

/// What a number of a measurement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Distance on the map plane.
    Horizontal,
    /// Distance in space.
    Slope,
    /// Difference of heights.
    Vertical,
    /// Direction from north, clockwise.
    Bearing,
    /// Length of all segments on the map plane.
    Total,
    /// Length of the segment being drawn.
    LastSegment,
    /// Length of the outline.
    Perimeter,
    /// Area on the map plane.
    Area,
    /// Height above the ground.
    Height,
    /// Elevation of the lower point.
    BottomElevation,
    /// Elevation of the upper point.
    TopElevation,
}

/// The measurement under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasureModel {
    /// The tool in hand; `None` when the mouse selects.
    pub tool: Option<Tool>,
    /// Points set so far.
    pub points: usize,
    /// Whether it is finished (the next click begins another).
    pub finished: bool,
    /// The numbers with their units, the main one first; they follow the mouse.
    pub numbers: Vec<(Quantity, String)>,
}

/// Nothing to remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeasureState;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureEdit {
    /// Take a tool into the hand, or none.
    Take(Option<Tool>),
    /// Take back the last point.
    Undo,
    /// Finish a path or area.
    Finish,
    /// Forget all points, keep the tool.
    Clear,
}
