//! What a file is: by its content first, by its ending where the content does not tell.

use std::io::Read;
use std::path::Path;

use super::OpenError;

/// Bytes that are looked at.
const HEAD: usize = 16 << 10;

/// What to do with CityJSON.
pub const CITYJSON: &str = "CityJSON is not read yet; convert it to CityGML (citygml-tools from-cityjson FILE), which \
                            is read, or save it from QGIS's CityJSON loader as GeoPackage";

/// Endings of files that belong to another one, and that one's ending.
const BESIDE: [(&str, &str); 9] = [
    ("prj", "shp"),
    ("cpg", "shp"),
    ("shx", "shp"),
    ("sbn", "shp"),
    ("sbx", "shp"),
    ("qix", "shp"),
    ("gfs", "gml"),
    ("xsd", "gml"),
    ("tfw", "tif"),
];

/// Endings of files that readers open beside a file.
const BELONGING: [&str; 20] = [
    "shp", "shx", "dbf", "prj", "cpg", "cst", "qix", "sbn", "sbx", "idm", "ind", "tfw", "wld", "hdr", "gfs", "xsd",
    "dat", "map", "id", "mid",
];

/// Which reader takes a file.
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// FlatGeobuf.
    FlatGeobuf,
    /// Parquet, with or without the metadata of GeoParquet.
    Parquet,
    /// GeoJSON in any of its shapes.
    GeoJson,
    /// CSV, TSV and the like.
    Delimited,
    /// GDAL decides; `archive` when it is a zip file to look into.
    Other {
        /// A zip file whose members are opened one by one.
        archive: bool,
    },
    /// Nothing reads it: why, and what to do.
    Refused(String),
}

/// Looks at a file.
///
/// # Errors
/// [`OpenError`] when there is no such file, it is a folder, it is empty or cannot be read.
pub fn kind(path: &Path) -> Result<Kind, OpenError> {
    let fail = |reason: String| OpenError::new(path, reason);
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let facts = std::fs::metadata(path).map_err(|error| {
        fail(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file; check the name".into(),
            std::io::ErrorKind::PermissionDenied => "you may not read it; ask for the right to".into(),
            _ => error.to_string(),
        })
    })?;
    if facts.is_dir() {
        if ending == "gdb" {
            return Ok(Kind::Other { archive: false });
        }
        return Err(fail("it is a folder; name a file in it".into()));
    }
    if !facts.is_file() {
        return Err(fail("it is no regular file".into()));
    }
    if facts.len() == 0 {
        return Err(fail("the file is empty; get it again".into()));
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| {
        fail(match error.kind() {
            std::io::ErrorKind::PermissionDenied => "you may not read it; ask for the right to".into(),
            _ => error.to_string(),
        })
    })?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(|e| fail(e.to_string()))?;
    check_beside(path).map_err(fail)?;
    let kind = kind_of(&head, &ending);
    // The members of an archive are looked at one by one.
    #[cfg(feature = "gdal")]
    if kind != (Kind::Other { archive: true }) {
        super::gdal_setup::check_addresses(path, &head).map_err(|reason| OpenError::new(path, reason))?;
    }
    Ok(kind)
}

/// Refuses a file beside which stands a pipe or a device under a name that its reader opens: reading
/// that would never end.
fn check_beside(path: &Path) -> Result<(), String> {
    let whole = path.as_os_str().to_string_lossy();
    let longer = ["aux.xml", "ovr", "msk"].map(|e| std::path::PathBuf::from(format!("{whole}.{e}")));
    let others = BELONGING.iter().flat_map(|e| [path.with_extension(e), path.with_extension(e.to_ascii_uppercase())]);
    for other in others.chain(longer) {
        if std::fs::metadata(&other).is_ok_and(|facts| !facts.is_file() && !facts.is_dir()) {
            return Err(format!("{} beside it is no regular file; remove it", other.display()));
        }
    }
    Ok(())
}

fn kind_of(head: &[u8], ending: &str) -> Kind {
    if head.starts_with(b"fgb") && head.get(4..7) == Some(b"fgb") {
        return Kind::FlatGeobuf;
    }
    if head.starts_with(b"PAR1") {
        return Kind::Parquet;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        // Office files are zip files that GDAL opens as they are.
        return Kind::Other { archive: !matches!(ending, "xlsx" | "ods" | "kmz") };
    }
    let text = text_of(head);
    let start = text.trim_start_matches(['\u{feff}', '\u{1e}']).trim_start();
    let lower = start.get(..start.len().min(64)).unwrap_or_default().to_ascii_lowercase();
    let page = start.starts_with("<!--") && start.to_ascii_lowercase().contains("<html");
    if page || lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Kind::Refused(
            "it is a web page (HTML), perhaps the error page of a download; get the file again".into(),
        );
    }
    if start.starts_with(['{', '[']) {
        return json_kind(start, ending);
    }
    if let Some((_, main)) = BESIDE.iter().find(|(beside, _)| *beside == ending) {
        return Kind::Refused(format!("a .{ending} file belongs to a .{main} file; open that"));
    }
    match ending {
        "fgb" => Kind::Refused("it is called .fgb but does not begin as FlatGeobuf; get it again".into()),
        "zip" => Kind::Refused("it is called .zip but is no zip file; get it again".into()),
        "geojson" | "geojsonl" | "geojsons" | "ndjson" | "json" | "jsonl" => {
            Kind::Refused("it is called JSON but does not begin with { or [; get it again".into())
        }
        // Police data call tab-separated text .tab, MapInfo its tables, which begin with !table.
        "tab" if !lower.starts_with("!table") => Kind::Delimited,
        "csv" | "tsv" => Kind::Delimited,
        "txt" if ["\t", ",", ";", "|"].iter().any(|s| start.lines().next().is_some_and(|l| l.contains(s))) => {
            Kind::Delimited
        }
        _ => Kind::Other { archive: false },
    }
}

/// The head as text, also where it is UTF-16.
fn text_of(head: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(head) {
        Some((encoding, _)) => encoding.decode(head).0.into_owned(),
        None => String::from_utf8_lossy(head).into_owned(),
    }
}

fn json_kind(start: &str, ending: &str) -> Kind {
    let squeezed: String = start.chars().filter(|c| !c.is_whitespace()).take(HEAD).collect();
    if squeezed.contains("\"type\":\"CityJSON") {
        return Kind::Refused(CITYJSON.into());
    }
    let topology = squeezed.contains("\"type\":\"Topology\"") || ending == "topojson";
    let esri = squeezed.contains("\"geometryType\":\"esri") || squeezed.contains("\"spatialReference\":{\"wkid\"");
    if topology || esri { Kind::Other { archive: false } } else { Kind::GeoJson }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_before_the_ending() {
        assert_eq!(kind_of(b"\xef\xbb\xbf {\"type\": \"FeatureCollection\"", "txt"), Kind::GeoJson);
        assert_eq!(kind_of(b"{\"type\" : \"Topology\"", "json"), Kind::Other { archive: false });
        assert_eq!(kind_of(b"PK\x03\x04", "data"), Kind::Other { archive: true });
        assert_eq!(kind_of(b"!table\n!version 300", "tab"), Kind::Other { archive: false });
        assert_eq!(kind_of(b"Crime ID\tMonth\n", "tab"), Kind::Delimited);
        assert!(matches!(kind_of(b"<!DOCTYPE html><html>", "geojson"), Kind::Refused(_)));
        assert!(matches!(kind_of(b"{\"type\":\"CityJSON\"", "json"), Kind::Refused(r) if r.contains("CityJSON")));
    }

    #[test]
    fn what_could_be_read_for_ever_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let shape = folder.path().join("b.shp");
        std::fs::write(&shape, [0, 0, 0x27, 0x0a]).unwrap();
        #[cfg(unix)]
        {
            assert!(kind(Path::new("/dev/zero")).unwrap_err().reason.contains("regular file"));
            std::os::unix::fs::symlink("/dev/zero", folder.path().join("b.dbf")).unwrap();
            let refused = kind(&shape).unwrap_err();
            assert!(refused.reason.contains("b.dbf"), "{}", refused.reason);
        }
    }

    #[test]
    fn a_web_page_that_begins_with_a_comment_is_one() {
        assert!(matches!(kind_of(b"\n<!-- 404 -->\n<HTML>", "tif"), Kind::Refused(r) if r.contains("web page")));
    }
}
