//! Where a table's rows lie: which columns hold coordinates.

use std::borrow::Cow;

use super::column::{Type, angle, is_absent, number};
use super::records::Records;
use crate::formats::text::Text;
use crate::formats::{crs_of, push_ring, wkt};
use crate::model::{GeometryKind, TableBuilder};
use crate::place::{Bounds, FoundCrs};
use crate::report::{Cancelled, Progress};

/// Rows looked at where a column is not of numbers throughout.
const LOOK: u64 = 10_000;

/// Names of columns with longitudes or eastings, most telling first.
const X: [&str; 30] = [
    "longitude",
    "lon",
    "lng",
    "long",
    "经度",
    "经",
    "x_lon",
    "lon_wgs84",
    "point_x",
    "wgs84_lng",
    "wgs_lng",
    "gcj_lng",
    "bd_lng",
    "gcj02_lng",
    "bd09_lng",
    "x",
    "easting",
    "east",
    "coord_x",
    "xcoord",
    "x_coord",
    "x坐标",
    "坐标x",
    "东坐标",
    "横坐标",
    "location_easting_osgr",
    "geo_lon",
    "coordx",
    "longitud",
    "laenge",
];

/// Names of columns with latitudes or northings, in the order of [`X`].
const Y: [&str; 30] = [
    "latitude",
    "lat",
    "lat",
    "lat",
    "纬度",
    "纬",
    "y_lat",
    "lat_wgs84",
    "point_y",
    "wgs84_lat",
    "wgs_lat",
    "gcj_lat",
    "bd_lat",
    "gcj02_lat",
    "bd09_lat",
    "y",
    "northing",
    "north",
    "coord_y",
    "ycoord",
    "y_coord",
    "y坐标",
    "坐标y",
    "北坐标",
    "纵坐标",
    "location_northing_osgr",
    "geo_lat",
    "coordy",
    "latitud",
    "breite",
];

/// Names of columns with well-known text.
const WKT: [&str; 7] = ["wkt", "geometry", "geom", "the_geom", "wkt_geom", "shape", "几何"];

/// A coordinate in a cell: a number, or degrees with minutes and seconds.
fn coordinate(cell: &str, comma: bool) -> Option<f64> {
    number(cell, comma).or_else(|| angle(cell))
}

/// Where a row's geometry stands.
pub enum Coordinates {
    /// Nowhere.
    None,
    /// In two columns of numbers.
    Columns {
        /// East or longitude.
        x: usize,
        /// North or latitude.
        y: usize,
        /// Whether a comma separates decimals.
        comma: bool,
    },
    /// In a column of well-known text.
    Wkt(usize),
}

impl Coordinates {
    /// Finds the columns by their names. Columns that people name so but that hold no numbers are said.
    ///
    /// `records` stands at the first row.
    pub fn find(names: &[String], types: &[Type], mut records: Records<'_>, comma: bool) -> (Self, Option<String>) {
        let lower: Vec<String> = names.iter().map(|n| n.to_lowercase().replace([' ', '-'], "_")).collect();
        let column = |name: &str| lower.iter().position(|n| n == name);
        let pairs: Vec<(usize, usize)> = X.iter().zip(Y).filter_map(|(x, y)| Some((column(x)?, column(y)?))).collect();
        let numeric = |i: usize| !matches!(types[i], Type::Text | Type::Empty);
        if let Some(&(x, y)) = pairs.iter().find(|(x, y)| numeric(*x) && numeric(*y)) {
            return (Self::Columns { x, y, comma }, None);
        }
        let text = |i: &usize| types[*i] == Type::Text;
        if let Some(wkt) = WKT.iter().find_map(|name| column(name).filter(text)) {
            return (Self::Wkt(wkt), None);
        }
        // A few cells that are no numbers (`N/A`, a repeated header) must not cost the others their place.
        let Some(&(x, y)) = pairs.first() else { return (Self::None, None) };
        let (mut usable, mut filled, mut odd) = (0_u64, 0_u64, None);
        while let Some(record) = records.next().filter(|_| filled < LOOK) {
            let cell = |i: usize| record.get(i).map_or("", |c| c.trim());
            if cell(x).is_empty() || is_absent(cell(x)) {
                continue;
            }
            filled += 1;
            if coordinate(cell(x), comma).is_some() && coordinate(cell(y), comma).is_some() {
                usable += 1;
            } else {
                odd.get_or_insert_with(|| format!("\"{}\", \"{}\"", cell(x), cell(y)));
            }
        }
        match odd {
            Some(odd) if usable * 2 < filled => {
                let (x, y) = (&names[x], &names[y]);
                let message = format!(
                    "columns \"{x}\" and \"{y}\" are called like coordinates but hold others than numbers ({odd}): no points were made; write them as decimal numbers"
                );
                (Self::None, Some(message))
            }
            _ if usable == 0 => (Self::None, None),
            _ => (Self::Columns { x, y, comma }, None),
        }
    }

    /// Adds a row's geometry.
    ///
    /// # Errors
    /// Why it has none.
    pub fn push(&self, record: &[Cow<'_, str>], builder: &mut TableBuilder) -> Result<GeometryKind, String> {
        match *self {
            Self::None => Ok(GeometryKind::None),
            Self::Columns { x, y, comma } => {
                let cell = |i: usize| record.get(i).map_or("", |c| c.trim());
                let (Some(x), Some(y)) = (coordinate(cell(x), comma), coordinate(cell(y), comma)) else {
                    let absent = [cell(x), cell(y)].iter().any(|c| c.is_empty() || is_absent(c));
                    return Err(match absent {
                        true => "it has no coordinates".into(),
                        false => format!("its coordinates \"{}\", \"{}\" are no numbers", cell(x), cell(y)),
                    });
                };
                push_ring(&mut builder.geometry, [([x, y], None)], false)?;
                builder.geometry.end_part();
                Ok(GeometryKind::Point)
            }
            Self::Wkt(column) => match record.get(column).map(|c| c.trim()).filter(|c| !c.is_empty()) {
                Some(text) => wkt::push(text, &mut builder.geometry),
                None => Err("it has no coordinates".into()),
            },
        }
    }

    /// The box around the rows to come, as far as it matters for [`Self::crs`]: the look ends where a place is no
    /// degrees.
    ///
    /// # Errors
    /// [`Cancelled`] when the user stops it.
    pub fn extent(
        &self,
        names: &[String],
        mut records: Records<'_>,
        limit: u64,
        pages: &Text,
        progress: &Progress,
    ) -> Result<Bounds, Cancelled> {
        let mut extent = Bounds::EMPTY;
        let Self::Columns { x, y, comma } = *self else { return Ok(extent) };
        if !tells_longitude(&names[x]) {
            return Ok(extent);
        }
        let (begin, mut row) = (records.at, 0_u64);
        while row < limit && (extent.is_empty() || are_degrees(&extent)) {
            if row.is_multiple_of(4096) {
                // The stage counts bytes twice; this look is between both.
                progress.at(begin as u64)?;
                pages.release(records.at);
            }
            let Some(record) = records.next() else { break };
            let cell = |i: usize| record.get(i).and_then(|c| coordinate(c.trim(), comma));
            if let (Some(x), Some(y)) = (cell(x), cell(y)) {
                extent.add([x, y]);
            }
            row += 1;
        }
        pages.again();
        Ok(extent)
    }

    /// What the columns say about the CRS.
    pub fn crs(&self, names: &[String], extent: &Bounds) -> FoundCrs {
        let Self::Columns { x, y, .. } = *self else {
            return FoundCrs::unknown(match self {
                Self::Wkt(_) => "a text table does not say its CRS: give it",
                _ => "a table without coordinates",
            });
        };
        if are_degrees(extent) && tells_longitude(&names[x]) && !extent.is_empty() {
            let note = format!("columns \"{}\" and \"{}\" hold degrees; WGS 84 by their names", names[x], names[y]);
            let mut found = crs_of("EPSG:4326", &note);
            found.basis = if found.crs.is_some() { crate::place::CrsBasis::Guessed } else { found.basis };
            found.confidence = if found.crs.is_some() { 0.9 } else { 0.0 };
            return found;
        }
        FoundCrs::unknown(format!("columns \"{}\" and \"{}\" do not say their CRS: give it", names[x], names[y]))
    }
}

fn are_degrees(extent: &Bounds) -> bool {
    extent.min[0] >= -180.0 && extent.max[0] <= 180.0 && extent.min[1] >= -90.0 && extent.max[1] <= 90.0
}

/// Whether a column's name says longitude, and not that of a shifted datum.
fn tells_longitude(name: &str) -> bool {
    let lower = name.to_lowercase();
    let named = ["lon", "lng", "经"].iter().any(|word| lower.contains(word));
    let shifted = ["gcj", "bd"].iter().any(|word| lower.contains(word));
    named && !shifted
}
