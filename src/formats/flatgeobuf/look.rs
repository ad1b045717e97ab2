//! What a FlatGeobuf says about itself, without reading its features.

use std::fs::File;
use std::path::Path;

use flatgeobuf::FgbReader;

use super::read::{NODE_BYTES, header_crs, index_bytes};
use crate::formats::OpenError;
use crate::place::FoundCrs;

/// The header of a FlatGeobuf, held against the file's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Features that the header says; 0 where it does not say.
    pub features: u64,
    /// Whether it has a packed R-tree.
    pub indexed: bool,
    /// Whether the last feature of the index ends where the file ends.
    pub whole: bool,
    /// What it says about its CRS.
    pub crs: FoundCrs,
}

/// Looks at the header of a `.fgb` file and at the end of its index.
///
/// # Errors
/// [`OpenError`] when it is no FlatGeobuf, or says more features than an index in it could hold.
pub fn look(path: &Path) -> Result<Look, OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let file = File::open(path).map_err(|e| fail(e.to_string()))?;
    // SAFETY: the map is only read, and only its first bytes and two places behind them.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(|e| fail(e.to_string()))?;
    let reader = FgbReader::open(&map[..]).map_err(|e| fail(format!("no usable FlatGeobuf header: {e}")))?;
    let header = reader.header();
    let header_bytes = map.get(8..12).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let features = header.features_count();
    let start = index_bytes(&header).map(|index| 12 + u64::from(header_bytes) + index);
    let Some(start) = start.filter(|start| *start <= map.len() as u64) else {
        return Err(fail(format!(
            "its header says {features} features, but an index of so many does not fit into its {} bytes: \
             the file is damaged or cut off; make it again",
            map.len()
        )));
    };
    let indexed = header.index_node_size() > 0 && features > 0;
    let number = |at: u64| map.get(at as usize..at as usize + 8)?.try_into().ok().map(u64::from_le_bytes);
    let end = || {
        let offset = number(start.checked_sub(8).filter(|_| start >= NODE_BYTES)?)?;
        let at = start.checked_add(offset)?;
        let size = map.get(usize::try_from(at).ok()?..)?.first_chunk::<4>()?;
        at.checked_add(4 + u64::from(u32::from_le_bytes(*size)))
    };
    let whole = indexed && end() == Some(map.len() as u64);
    Ok(Look { features, indexed, whole, crs: header_crs(&header) })
}
