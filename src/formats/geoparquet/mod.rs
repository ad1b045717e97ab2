//! GeoParquet 1.1 (<https://geoparquet.org/releases/v1.1.0>): geometry as well-known binary, a box for each row as its
//! covering, the CRS as PROJJSON.

mod read;
mod write;

pub use read::read;
pub(in crate::formats) use read::read_chunks;
pub use write::ParquetFile;

/// The key of the metadata.
const GEO: &str = "geo";

#[cfg(test)]
mod tests;
