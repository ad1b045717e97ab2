//! Copying a source into the project's folder, with the files that belong to it.

use std::fs;
use std::path::{Path, PathBuf};

use super::made::Made;
use crate::cli::Failure;
use crate::cli::output::write_file;

/// Files that belong to a source of several: the first ending names the source.
const FAMILIES: [&[&str]; 4] = [
    &["shp", "shx", "dbf", "prj", "cpg", "qix", "sbn", "sbx", "shp.xml"],
    &["tab", "dat", "map", "id", "ind"],
    &["mif", "mid"],
    &["tif", "tfw", "tif.aux.xml", "tif.ovr", "prj"],
];

/// Copies a source into a folder and returns its name there. A source that lies in the folder stays
/// where it is; a name that is taken by another file gets a number. `made` is told of each new file.
///
/// # Errors
/// [`Failure`] with [`crate::cli::Exit::Output`] when the folder cannot be written.
pub fn into(source: &Path, folder: &Path, made: &mut Made) -> Result<String, Failure> {
    if let Some(inside) = inside(source, folder) {
        return Ok(inside);
    }
    let ending = source.extension().unwrap_or_default().to_string_lossy().into_owned();
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let target = free_name(folder, &stem, &ending);
    if source.is_dir() {
        made.file(&target);
        copy_folder(source, &target, 0)?;
    } else {
        copy_file(source, &target)?;
        made.file(&target);
        for (from, to) in companions(source, &target) {
            copy_file(&from, &to)?;
            made.file(&to);
        }
    }
    Ok(target.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// The path of a file in the folder, relative to it, with `/` between.
fn inside(source: &Path, folder: &Path) -> Option<String> {
    let (source, folder) = (source.canonicalize().ok()?, folder.canonicalize().ok()?);
    let relative = source.strip_prefix(folder).ok()?;
    Some(relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// A path in the folder that nothing has yet: `name.ext`, `name-2.ext` ….
pub fn free_name(folder: &Path, stem: &str, ending: &str) -> PathBuf {
    let named = |stem: String| match ending {
        "" => folder.join(stem),
        ending => folder.join(format!("{stem}.{ending}")),
    };
    let mut numbered = (2_u32..).map(|n| named(format!("{stem}-{n}")));
    let plain = named(stem.to_owned());
    if !plain.exists() {
        return plain;
    }
    numbered.find(|path| !path.exists()).unwrap_or(plain)
}

fn companions(source: &Path, target: &Path) -> Vec<(PathBuf, PathBuf)> {
    let ending = source.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let Some(family) = FAMILIES.iter().find(|family| family[0] == ending || (family[0] == "tif" && ending == "tiff"))
    else {
        return Vec::new();
    };
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let folder = crate::cli::output::folder_of(source);
    let beside = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, PathBuf)> = beside
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let rest = name.to_lowercase().strip_prefix(&stem)?.strip_prefix('.')?.to_owned();
            if rest == ending || !family.contains(&rest.as_str()) {
                return None;
            }
            // The companion keeps its own spelling of the ending.
            let own = name.get(name.len() - rest.len()..)?;
            let to = target.with_extension("").to_string_lossy().into_owned();
            Some((entry.path(), PathBuf::from(format!("{to}.{own}"))))
        })
        .collect();
    found.sort();
    found
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut input =
        fs::File::open(from).map_err(|error| Failure::input(format!("cannot read {}: {error}", from.display())))?;
    write_file(to, |out| std::io::copy(&mut input, out).map(drop))
}

/// A folder that is a source (a file geodatabase) is flat; deeper than this is something else.
const DEEPEST: u32 = 4;

fn copy_folder(from: &Path, to: &Path, depth: u32) -> Result<(), Failure> {
    if depth > DEEPEST {
        return Err(Failure::input(format!("{} is nested too deep for a data source", from.display())));
    }
    fs::create_dir_all(to).map_err(|error| Failure::output(format!("cannot make {}: {error}", to.display())))?;
    let entries =
        fs::read_dir(from).map_err(|error| Failure::input(format!("cannot read {}: {error}", from.display())))?;
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy_folder(&from, &to, depth + 1)? } else { copy_file(&from, &to)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shapefile_comes_with_its_family_and_a_taken_name_is_not_overwritten() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["a.shp", "a.DBF", "a.prj", "ab.dbf", "a.txt"] {
            fs::write(from.path().join(name), name).unwrap();
        }
        fs::write(to.path().join("a.shp"), "older").unwrap();
        let mut made = Made::default();
        assert_eq!(into(&from.path().join("a.shp"), to.path(), &mut made).unwrap(), "a-2.shp");
        let mut names: Vec<_> = fs::read_dir(to.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a-2.DBF", "a-2.prj", "a-2.shp", "a.shp"]);
        assert_eq!(fs::read_to_string(to.path().join("a.shp")).unwrap(), "older");
        assert_eq!(fs::read_to_string(to.path().join("a-2.DBF")).unwrap(), "a.DBF");
        drop(made);
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_lies_in_the_folder_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let file = folder.path().join("data/a.geojson");
        fs::write(&file, "{}").unwrap();
        assert_eq!(into(&file, folder.path(), &mut Made::default()).unwrap(), "data/a.geojson");
    }
}
