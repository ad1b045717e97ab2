//! Zip files: what in them is opened, one member at a time, without unpacking the whole.

use std::ffi::CString;
use std::io::Write;
use std::path::{Path, PathBuf};

use gdal_sys as sys;

use super::limits;

/// Endings that are opened, best first: of several files of one name only the first is.
const ENDINGS: [&str; 17] = [
    "gpkg", "gdb", "shp", "fgb", "geojson", "json", "topojson", "gml", "kml", "tab", "mif", "dxf", "osm", "pbf", "tif",
    "tiff", "csv",
];

/// What an archive offers.
#[derive(Debug, Default)]
pub struct Members {
    /// Paths as GDAL names them, in the order of their names.
    pub paths: Vec<PathBuf>,
    /// Files that hold the same as another one in a lesser format.
    pub doubles: Vec<String>,
}

/// Lists what can be opened inside an archive.
///
/// # Errors
/// The reason, when it cannot be listed or holds nothing that is read.
pub fn members(path: &Path) -> Result<Members, String> {
    let root = PathBuf::from(format!("/vsizip/{{{}}}", path.display()));
    let entries = gdal::vsi::read_dir(&root, true)
        .map_err(|_| "the archive cannot be listed; it is damaged or no zip file".to_owned())?;
    if entries.len() > limits::ARCHIVE_FILES {
        return Err(format!("the archive holds {} files; unpack what you need", entries.len()));
    }
    let names: Vec<String> = entries.iter().map(|e| e.to_string_lossy().into_owned()).collect();
    let hidden = |name: &str| name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    let mut found: Vec<(String, usize, String)> = Vec::new();
    for name in names.iter().map(|n| n.trim_end_matches('/')).filter(|n| !hidden(n)) {
        let inside_gdb = name.split('/').rev().skip(1).any(|part| part.to_ascii_lowercase().ends_with(".gdb"));
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let rank = ENDINGS.iter().position(|e| e.eq_ignore_ascii_case(ending));
        if let (Some(rank), false) = (rank, inside_gdb) {
            found.push((stem.to_lowercase(), rank, name.to_owned()));
        }
    }
    found.sort();
    found.dedup();
    let mut members = Members::default();
    let mut last = None;
    for (stem, _, name) in found {
        if last.as_ref() == Some(&stem) {
            members.doubles.push(name);
            continue;
        }
        let member = root.join(&name);
        if size(&member) > limits::UNPACKED_BYTES {
            let gib = limits::UNPACKED_BYTES >> 30;
            return Err(format!("{name} in the archive is more than {gib} GiB unpacked; unpack it first"));
        }
        members.paths.push(member);
        last = Some(stem);
    }
    if members.paths.is_empty() {
        let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
        let shown = shown.join(", ");
        return Err(format!("the archive holds nothing that is read ({shown}); unpack it and open the data"));
    }
    Ok(members)
}

/// Unpacks a member that our own readers take into a folder, and returns its path there; `None` for
/// what GDAL reads in place.
///
/// # Errors
/// The reason, when it cannot be unpacked.
pub fn unpack(member: &Path, folder: &Path) -> Result<Option<PathBuf>, String> {
    let ending = member.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if !["fgb", "geojson", "json", "csv"].contains(&ending.as_str()) {
        return Ok(None);
    }
    let Some(name) = member.file_name() else { return Ok(None) };
    let out = folder.join(name);
    copy(member, &out).map_err(|e| format!("{} cannot be unpacked: {e}", name.to_string_lossy()))?;
    Ok(Some(out))
}

/// The first bytes of a member, as many as a reader looks at to recognise it.
pub fn head(member: &Path) -> Vec<u8> {
    let mut head = vec![0_u8; 64 << 10];
    let Some(name) = c_path(member) else { return Vec::new() };
    // SAFETY: a C string, a buffer of the length that is said, a handle closed at once.
    let read = unsafe {
        let file = sys::VSIFOpenL(name.as_ptr(), c"rb".as_ptr());
        if file.is_null() {
            return Vec::new();
        }
        let read = sys::VSIFReadL(head.as_mut_ptr().cast(), 1, head.len() as _, file) as usize;
        sys::VSIFCloseL(file);
        read
    };
    head.truncate(read);
    head
}

/// The upper half of code page 437, in which names stand that no flag calls UTF-8.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// A member's name as it was meant: Chinese Windows and macOS write GBK and UTF-8 without saying so,
/// and GDAL takes both for code page 437. `None` where the name is right as it is.
pub fn meant_name(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    let byte =
        |c: char| if c.is_ascii() { Some(c as u8) } else { Some(0x80 + CP437.chars().position(|k| k == c)? as u8) };
    let bytes: Vec<u8> = name.chars().map(byte).collect::<Option<_>>()?;
    super::encoding::sure_text(&bytes)
}

fn c_path(member: &Path) -> Option<CString> {
    CString::new(member.to_string_lossy().into_owned()).ok()
}

fn copy(member: &Path, out: &Path) -> std::io::Result<()> {
    let damaged = || std::io::Error::other("the archive is damaged");
    let name = c_path(member).ok_or_else(damaged)?;
    let mut out = std::fs::File::create(out)?;
    let mut buffer = vec![0_u8; 1 << 20];
    let mut total = 0_u64;
    // SAFETY: a C string, a buffer of the length that is said, a handle closed on every way out.
    let file = unsafe { sys::VSIFOpenL(name.as_ptr(), c"rb".as_ptr()) };
    if file.is_null() {
        return Err(damaged());
    }
    let result = loop {
        // SAFETY: as above.
        let read = unsafe { sys::VSIFReadL(buffer.as_mut_ptr().cast(), 1, buffer.len() as _, file) } as usize;
        total += read as u64;
        // The directory's sizes may lie: what comes out is counted.
        if total > limits::UNPACKED_BYTES {
            break Err(std::io::Error::other("it unpacks to more than it says"));
        }
        if let Err(error) = out.write_all(&buffer[..read]) {
            break Err(error);
        }
        if read < buffer.len() {
            break Ok(());
        }
    };
    // SAFETY: open until here.
    unsafe { sys::VSIFCloseL(file) };
    if result.is_ok() && total == 0 && size(member) > 0 {
        return Err(std::io::Error::other(
            "nothing comes out of it; it is protected by a password or damaged: unpack it first",
        ));
    }
    result
}

/// The unpacked size that the archive says; going to a member's end unpacks nothing.
fn size(member: &Path) -> u64 {
    const END: std::ffi::c_int = 2;
    let Some(name) = c_path(member) else { return 0 };
    // SAFETY: the name is a C string; the file is closed.
    unsafe {
        let file = sys::VSIFOpenL(name.as_ptr(), c"rb".as_ptr());
        if file.is_null() {
            return 0;
        }
        let size = if sys::VSIFSeekL(file, 0, END) == 0 { sys::VSIFTellL(file) } else { 0 };
        sys::VSIFCloseL(file);
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 建筑 is BD A8 D6 FE in GBK; code page 437 shows these bytes as ╜ ¿ ╓ ■. In UTF-8 建 is E5 BB BA: σ ╗ ║.
    #[test]
    fn names_that_chinese_windows_and_macos_wrote_are_read_as_meant() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(meant_name("╜¿╓■"), Some("建筑".into()));
        assert_eq!(meant_name("σ╗║ 1"), Some("建 1".into()));
        for right in ["buildings", "Gebäude", "建筑"] {
            assert_eq!(meant_name(right), None, "{right}");
        }
    }
}
