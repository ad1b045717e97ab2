//! Reading a CRS from what files and people write.

use super::Bounds;
use super::crs::{Crs, Facts};
use super::pj::{Context, Kind, Object};
use super::transform::PlaceError;

/// No definition is this long; what is longer is some other file's text.
const LONGEST: usize = 64 * 1024;

impl Crs {
    /// Reads `EPSG:4548`, `4548`, an `urn:ogc:def:crs:…` or its web address, `OGC:CRS84`, a WKT, a PROJJSON, a PROJ
    /// string or the exact name of a CRS. A compound CRS counts by its horizontal part.
    ///
    /// # Errors
    /// [`PlaceError::UnknownCrs`] with PROJ's reason, also for a CRS that is no map's (geocentric, vertical, local
    /// without a place on the earth).
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        read(text).map_err(|reason| PlaceError::UnknownCrs { text: shortened(text), reason })
    }

    /// The CRS of an EPSG code.
    ///
    /// # Errors
    /// [`PlaceError::UnknownCrs`] when EPSG has no such map CRS.
    pub fn from_epsg(code: u32) -> Result<Self, PlaceError> {
        Self::parse(&format!("EPSG:{code}"))
    }

    /// WGS 84 longitude and latitude in degrees, EPSG:4326.
    ///
    /// # Errors
    /// [`PlaceError::UnknownCrs`] when PROJ's database is missing on this machine.
    pub fn wgs84() -> Result<Self, PlaceError> {
        Self::from_epsg(4326)
    }

    /// The box of longitude and latitude in which the CRS is meant to be used, where its authority says
    /// one. A box across the date line reaches beyond 180°.
    pub fn area_of_use(&self) -> Option<Bounds> {
        let object = Object::create(&Context::of_thread(), self.definition()).ok()?;
        let [west, south, east, north] = object.area_of_use()?;
        Some(Bounds { min: [west, south], max: [if east < west { east + 360.0 } else { east }, north] })
    }

    /// The CRS as PROJJSON (<https://proj.org/specifications/projjson.html>).
    pub fn projjson(&self) -> Option<String> {
        Object::create(&Context::of_thread(), self.definition()).ok()?.projjson()
    }

    /// The CRS as WKT, as files want it that cannot hold a code alone.
    pub fn wkt(&self) -> Option<String> {
        Object::create(&Context::of_thread(), self.definition()).ok()?.wkt()
    }

    /// The number of the CRS in the EPSG registry, where that says all of it: a shift of its own it would leave out.
    pub fn epsg(&self) -> Option<i32> {
        self.definition().strip_prefix("EPSG:")?.parse().ok()
    }

    /// Whether longitude and latitude mean WGS 84 or CGCS2000, which are the same within decimetres.
    pub fn is_wgs84_like(&self) -> bool {
        matches!(self.code(), Some("EPSG:4326" | "EPSG:4490" | "OGC:CRS84" | "EPSG:4979" | "EPSG:4480" | "OGC:CRS84h"))
    }
}

fn read(text: &str) -> Result<Crs, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > LONGEST {
        return Err("it is far too long for one".to_owned());
    }
    if text.starts_with('<') {
        return Err("it is HTML or XML (a web page saved instead of the file?)".to_owned());
    }
    if text.contains("proj=pipeline") {
        return Err("it describes an operation, not a CRS".to_owned());
    }
    let context = Context::of_thread();
    let definition = in_projs_words(text);
    let mut object = Object::create(&context, &definition)?;
    if !object.is_crs() {
        return Err("it describes an operation or a datum".to_owned());
    }
    // PROJ also takes names, and near misses of names: only an exact one is what somebody meant.
    let formal = definition.contains([':', '[', '{', '=']);
    if !formal && !object.name().eq_ignore_ascii_case(text) {
        return Err(format!("the nearest name is \"{}\"", object.name()));
    }
    let mut definition = definition;
    if object.kind() == Kind::Compound {
        object = object.horizontal()?;
        definition = object.code().ok_or("its horizontal part has no code; give that part alone")?;
    }
    let bound = object.kind() == Kind::Bound;
    let inner = if bound { object.source()? } else { object };
    let geographic = match inner.kind() {
        Kind::Geographic => true,
        Kind::Projected => false,
        Kind::Geocentric => return Err("it is geocentric (x, y, z from the earth's centre), no map's".to_owned()),
        Kind::Vertical => return Err("it is vertical: heights alone".to_owned()),
        Kind::Engineering => return Err("it is a local grid that does not say where on the earth it lies".to_owned()),
        Kind::Compound | Kind::Bound | Kind::Other => return Err("it is of a kind that maps do not use".to_owned()),
    };
    let known = if inner.code().is_some() { None } else { inner.identify() };
    let code = inner.code().or_else(|| known.as_ref().and_then(Object::code));
    if let (Some(code), false) = (&code, bound) {
        // One definition for one CRS, so that equal ones compare as equal. A bound CRS keeps its own
        // text: its shift parameters would be lost.
        definition.clone_from(code);
    }
    let name = known.as_ref().unwrap_or(&inner).name();
    let unit_m = if geographic { 1.0 } else { inner.axis_unit().unwrap_or(1.0) };
    Ok(Crs::from_facts(Facts { definition, code, name, geographic, unit_m }))
}

/// `4548`, `epsg:4548`, web addresses and unfinished PROJ strings in the form that PROJ reads.
fn in_projs_words(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return format!("EPSG:{text}");
    }
    if let Some(code) = lower.strip_prefix("epsg:") {
        return format!("EPSG:{}", code.trim_start_matches(':').trim());
    }
    if let Some((_, code)) = lower.split_once("/gml/srs/epsg.xml#") {
        return format!("EPSG:{code}");
    }
    if let Some((_, path)) = lower.split_once("opengis.net/def/crs/") {
        let mut parts = path.split('/');
        if let (Some(authority), Some(_version), Some(code)) = (parts.next(), parts.next(), parts.next()) {
            return format!("{}:{}", authority.to_ascii_uppercase(), code.to_ascii_uppercase());
        }
    }
    if lower.ends_with(":crs84") || lower == "crs84" {
        return "OGC:CRS84".to_owned();
    }
    if (lower.starts_with('+') || lower.starts_with("proj=")) && !lower.contains("type=crs") {
        return format!("{text} +type=crs");
    }
    text.to_owned()
}

/// The beginning of a long text, for a message.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<String> {
        Crs::parse(text).unwrap().code().map(str::to_owned)
    }

    #[test]
    fn every_way_to_write_a_code_means_the_same_crs() {
        for text in [
            "EPSG:4548",
            "epsg:4548",
            " 4548 ",
            "urn:ogc:def:crs:EPSG::4548",
            "http://www.opengis.net/def/crs/EPSG/0/4548",
            "http://www.opengis.net/gml/srs/epsg.xml#4548",
        ] {
            let crs = Crs::parse(text).unwrap();
            assert_eq!(crs.code(), Some("EPSG:4548"), "{text}");
            assert_eq!(crs, Crs::from_epsg(4548).unwrap());
            assert!(!crs.is_geographic() && crs.unit_m() == 1.0);
            assert_eq!(crs.name(), "CGCS2000 / 3-degree Gauss-Kruger CM 117E");
        }
        for text in ["OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84"] {
            assert_eq!(code(text).as_deref(), Some("OGC:CRS84"));
            assert!(Crs::parse(text).unwrap().is_geographic());
        }
    }

    /// A `.prj` as ArcGIS writes it (WKT 1, ESRI names, no code) for EPSG:4548.
    #[test]
    fn a_wkt_without_code_is_recognised() {
        let prj = r#"PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        assert_eq!(code(prj).as_deref(), Some("EPSG:4548"));
        let wgs = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(code(wgs).as_deref(), Some("EPSG:4326"));
        // A city's own grid has no code, keeps its name and still works.
        let own = prj.replace("117.0]", "117.25]").replace("CGCS2000_3_Degree_GK_CM_117E", "Our grid");
        let own = Crs::parse(&own).unwrap();
        assert_eq!((own.code(), own.name()), (None, "Our grid"));
    }

    /// EPSG: 6697 is JGD2011 (6668) + JGD2011 vertical height; 7415 is Amersfoort / RD New (28992) + NAP.
    #[test]
    fn a_compound_crs_counts_by_its_horizontal_part() {
        assert_eq!(code("EPSG:6697").as_deref(), Some("EPSG:6668"));
        assert!(Crs::from_epsg(6697).unwrap().is_geographic());
        assert_eq!(code("urn:ogc:def:crs:EPSG::7415").as_deref(), Some("EPSG:28992"));
    }

    /// EPSG: New York Long Island in US survey feet; one is 1200/3937 m.
    #[test]
    fn feet_are_seen() {
        let crs = Crs::from_epsg(2263).unwrap();
        assert!((crs.unit_m() - 1200.0 / 3937.0).abs() < 1e-12);
        // EPSG: -74.26 to -71.8, 40.47 to 41.3.
        let area = crs.area_of_use().unwrap();
        assert!(area.holds([-73.9, 40.7]) && !area.holds([-71.0, 40.7]));
    }

    #[test]
    fn a_proj_string_is_a_crs_and_its_shift_is_kept() {
        let crs = Crs::parse("+proj=utm +zone=50 +datum=WGS84 +units=m").unwrap();
        assert_eq!(crs.code(), Some("EPSG:32650"));
        let shifted = Crs::parse("+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3").unwrap();
        assert!(shifted.definition().contains("towgs84") && !shifted.is_geographic());
    }

    /// There and back: the WKT of a CRS is that CRS, with its shift.
    #[test]
    fn a_crs_is_written_as_wkt_that_is_read_again() {
        let coded = Crs::from_epsg(4548).unwrap();
        let wkt = coded.wkt().unwrap();
        assert!(wkt.starts_with("PROJCS[\"CGCS2000 / 3-degree Gauss-Kruger CM 117E\"") && !wkt.contains('\n'), "{wkt}");
        assert_eq!((Crs::parse(&wkt).unwrap(), coded.epsg()), (coded, Some(4548)));
        let own = Crs::parse("+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3").unwrap();
        let wkt = own.wkt().unwrap();
        assert!(wkt.contains("TOWGS84[15.8,-154.4,-82.3"), "{wkt}");
        assert_eq!((Crs::parse(&wkt).unwrap().epsg(), own.epsg()), (None, None));
    }

    #[test]
    fn what_is_no_map_crs_is_refused_with_a_reason() {
        for (text, word) in [
            ("", "empty"),
            ("hello", ""),
            ("EPSG:999999", ""),
            ("<!DOCTYPE html><html>", "HTML"),
            ("EPSG:4978", "geocentric"),
            ("EPSG:5737", "vertical"),
            ("+proj=pipeline +step +proj=utm +zone=50", "operation"),
            ("PROJCS[\"x\",GEOGCS[", ""),
            ("a\0b", "zero"),
        ] {
            let error = Crs::parse(text).expect_err(text).to_string();
            assert!(error.contains(word) && error.contains("EPSG:4548"), "{text}: {error}");
        }
        assert!(Crs::parse(&"x".repeat(1 << 20)).unwrap_err().to_string().len() < 400);
    }
}
