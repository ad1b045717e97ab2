//! A picture of the ground, placed in the project CRS.

use crate::place::Bounds;

/// An RGBA picture that lies on the ground, north up, project CRS.
#[derive(Clone, Debug, PartialEq)]
pub struct Imagery {
    /// The area it covers, metres in the project CRS.
    pub bounds: Bounds,
    /// Pixels from west to east.
    pub width: u32,
    /// Pixels from north to south.
    pub height: u32,
    /// RGBA, 8 bits each, row by row from the north-west; alpha 0 where there is no data.
    pub rgba: Vec<u8>,
}
