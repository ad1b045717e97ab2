//! GDAL made safe for files from strangers: no network, no address inside a file followed, no
//! files written beside the user's, errors collected instead of printed.

use std::cell::RefCell;
use std::ffi::CStr;
use std::path::Path;
use std::sync::Once;

use gdal::DriverManager;

/// Drivers that answer addresses or run other things; a file that names them is not followed.
const NETWORK_DRIVERS: [&str; 37] = [
    "HTTP",
    "WFS",
    "WMS",
    "WMTS",
    "WCS",
    "OAPIF",
    "OGCAPI",
    "CSW",
    "PLScenes",
    "PLSCENES",
    "EEDA",
    "EEDAI",
    "DAAS",
    "NGW",
    "Carto",
    "AmigoCloud",
    "Elasticsearch",
    "ElasticSearch",
    "PostgreSQL",
    "PostGISRaster",
    "MySQL",
    "MSSQLSpatial",
    "MongoDBv3",
    "ODBC",
    "OCI",
    "HANA",
    "RasterLite",
    "STACIT",
    "STACTA",
    "Rasterlite",
    "GMLAS",
    "GPSBabel",
    "PGDUMP",
    "SQLAnywhere",
    "OGR_OGDI",
    "OGDI",
    "Zarr",
];

/// Settings, each with its reason.
const SETTINGS: [(&str, &str); 15] = [
    // Addresses under /vsicurl/ and its relatives open only with this ending: none has it.
    ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".never"),
    ("CPL_VSIL_CURL_USE_HEAD", "NO"),
    ("GDAL_HTTP_TIMEOUT", "1"),
    ("GDAL_HTTP_CONNECTTIMEOUT", "1"),
    ("GDAL_HTTP_MAX_RETRY", "0"),
    ("AWS_EC2_METADATA", "NO"),
    ("AWS_NO_SIGN_REQUEST", "YES"),
    ("CPL_MACHINE_IS_GCE", "NO"),
    // Schemas and linked elements of GML stay where they are.
    ("GML_DOWNLOAD_SCHEMA", "NO"),
    ("GML_DOWNLOAD_WFS_SCHEMA", "NO"),
    ("GML_SKIP_RESOLVE_ELEMS", "ALL"),
    // Pixel functions in Python inside a VRT never run.
    ("GDAL_VRT_ENABLE_PYTHON", "NO"),
    ("SHAPE_RESTORE_SHX", "NO"),
    // Guards of its own against declared-huge data.
    ("GDAL_MAX_DATASET_POOL_SIZE", "64"),
    ("GTIFF_VIRTUAL_MEM_IO", "NO"),
];

thread_local! {
    static ERRORS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Errors kept per thread until somebody asks; a broken file can raise one per feature.
const KEPT: usize = 20;

/// Prepares GDAL once for the process.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (key, value) in SETTINGS {
            // A setting that an older GDAL does not know has no effect there.
            let _ = gdal::config::set_config_option(key, value);
        }
        DriverManager::register_all();
        for name in NETWORK_DRIVERS {
            if let Ok(driver) = DriverManager::get_driver_by_name(name) {
                DriverManager::deregister_driver(&driver);
            }
        }
        gdal::config::set_error_handler(|class, _number, message| {
            use gdal::errors::CplErrType::{Failure, Fatal, Warning};
            if matches!(class, Warning | Failure | Fatal) {
                remember(message);
            }
        });
    });
}

fn remember(message: &str) {
    ERRORS.with_borrow_mut(|errors| {
        let message = message.trim();
        if errors.len() < KEPT && !message.is_empty() && !errors.iter().any(|e| e == message) {
            errors.push(message.to_owned());
        }
    });
}

/// What GDAL complained about on this thread since the last call.
pub fn complaints() -> Vec<String> {
    ERRORS.with_borrow_mut(std::mem::take)
}

/// A C string from GDAL, as bytes.
///
/// # Safety
/// `text` is null or a C string that lives as long as what it was got from.
pub unsafe fn bytes<'a>(text: *const std::ffi::c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Refuses members of an archive that lead elsewhere: what a virtual data set in it names would be
/// looked for outside.
///
/// # Errors
/// The reason.
pub fn check_member(head: &[u8]) -> Result<(), String> {
    let start = String::from_utf8_lossy(head);
    if is_virtual(&start) {
        return Err("it is a virtual data set inside an archive; unpack the archive and open its source".into());
    }
    check_service(&start)
}

fn is_virtual(start: &str) -> bool {
    start.contains("<VRTDataset") || start.contains("<OGRVRTDataSource")
}

/// Refuses files that lead elsewhere: virtual data sets whose sources are not plain files beside
/// them, and descriptions of services.
///
/// # Errors
/// The reason, with what was found.
pub fn check_addresses(path: &Path, head: &[u8]) -> Result<(), String> {
    let start = String::from_utf8_lossy(head);
    check_service(&start)?;
    if !is_virtual(&start) {
        return Ok(());
    }
    check_virtual(path)
}

fn check_service(start: &str) -> Result<(), String> {
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let service = [
        "<GDAL_WMS",
        "<WMS_Capabilities",
        "<WCS_GDAL",
        "<GDAL_WMTS",
        "<Capabilities",
        "<OGRWFSDataSource",
        "<WFS_Capabilities",
    ];
    if service.iter().any(|tag| start.starts_with(tag)) {
        return Err("it describes a service on a network; such addresses are not followed".into());
    }
    Ok(())
}

fn check_virtual(path: &Path) -> Result<(), String> {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    if size > 16 << 20 {
        return Err("a virtual data set of more than 16 MiB is not read; open its sources".into());
    }
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let lower = text.to_ascii_lowercase();
    for mark in ["://", "/vsi", "pg:", "mysql:", "odbc:", "..", "<!entity", "python", "<srcsql", "&#"] {
        if lower.contains(mark) {
            return Err(format!(
                "it is a virtual data set that leads elsewhere (\"{mark}\"); open its source yourself"
            ));
        }
    }
    for part in text
        .split('<')
        .filter(|p| p.starts_with("SourceFilename") || p.starts_with("SrcDataSource") || p.starts_with("SourceDataset"))
    {
        let source = part.split_once('>').map_or("", |(_, s)| s).trim();
        if source.starts_with('/') || source.contains(':') || source.starts_with('\\') {
            return Err(format!(
                "it is a virtual data set whose source \"{source}\" lies outside its folder; open that yourself"
            ));
        }
        if source.to_ascii_lowercase().ends_with(".vrt") {
            return Err("it is a virtual data set of virtual data sets; open the sources yourself".into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_archive_leads_out_of_it() {
        for text in ["<VRTDataset rasterXSize=", "\n<OGRVRTDataSource>", "\u{feff}<GDAL_WMS>"] {
            assert!(check_member(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(check_member(b"II*\0"), Ok(()));
        assert_eq!(check_member(b"<?xml version=\"1.0\"?><gml:FeatureCollection"), Ok(()));
    }
}
