//! Transformations between CRSs: the only file that calls PROJ.
//!
//! # CRS
//! Axis order is settled here, once: input and output are always east/longitude first.

use super::crs::{Crs, Facts};

/// What PROJ could not do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// The text is no CRS that PROJ knows.
    #[error("\"{text}\" is no coordinate reference system that PROJ knows: {reason}; give a code such as EPSG:4548")]
    UnknownCrs {
        /// What was given.
        text: String,
        /// PROJ's own words.
        reason: String,
    },
    /// There is no way from one CRS to the other.
    #[error("cannot transform from {from} to {to}: {reason}")]
    NoTransform {
        /// Source CRS.
        from: String,
        /// Target CRS.
        to: String,
        /// PROJ's own words.
        reason: String,
    },
}

impl Crs {
    /// Reads `EPSG:4548`, an `urn:ogc:def:crs:…`, a WKT or a PROJ string.
    ///
    /// # Errors
    /// [`PlaceError::UnknownCrs`] with PROJ's reason.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let _ = Facts { definition: String::new(), code: None, name: String::new(), geographic: false, unit_m: 1.0 };
        let _ = Crs::from_facts;
        Err(PlaceError::UnknownCrs { text: text.to_owned(), reason: "not built yet".to_owned() })
    }
}

/// A prepared way from one CRS to another. Not `Send`: make one per thread.
#[derive(Debug)]
pub struct Transform {
    _private: (),
}

impl Transform {
    /// Prepares the way from `from` to `to`.
    ///
    /// # Errors
    /// [`PlaceError::NoTransform`] when PROJ knows none.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, PlaceError> {
        Err(PlaceError::NoTransform { from: from.to_string(), to: to.to_string(), reason: "not built yet".into() })
    }

    /// Transforms `[east/lon, north/lat]` pairs in place. Points that cannot be transformed become
    /// NaN; their number is returned.
    pub fn apply(&self, points: &mut [[f64; 2]]) -> usize {
        points.len()
    }
}
