//! Which file a layer's `source` means, and whether it may be opened.

use std::path::{Path, PathBuf};

use crate::model::project::{Project, ProjectLayer};

/// Beginnings of addresses and of GDAL's virtual paths and services. A project file must not make the
/// program fetch anything by itself.
const REMOTE: [&str; 18] = [
    "/vsi",
    "http:",
    "https:",
    "ftp:",
    "s3:",
    "gs:",
    "pg:",
    "postgresql:",
    "mysql:",
    "mssql:",
    "odbc:",
    "oci:",
    "wfs:",
    "oapif:",
    "wms:",
    "wmts:",
    "wcs:",
    "<",
];

/// The file that a layer names.
///
/// # Errors
/// Why it is not opened and what to do: an address, no such file, or a file outside the project's folder
/// that the user did not name.
pub(super) fn resolve(project: &Project, layer: &ProjectLayer) -> Result<PathBuf, String> {
    let source = layer.source.trim();
    let lower = source.to_ascii_lowercase();
    if source.is_empty() {
        return Err("the layer has no source: give the path of a file".to_owned());
    }
    if lower.starts_with("http://") {
        if layer.named_by_user {
            return Ok(source.into());
        }
        return Err(format!(
            "\"{source}\" is on a server and is not fetched because a project file alone asks for it: name it yourself (cimbase \"{source}\"), or download it into the folder"
        ));
    }
    if lower.contains("://") || REMOTE.iter().any(|start| lower.starts_with(start)) {
        return Err(format!(
            "\"{source}\" is an address or a virtual path; only files on this machine and FlatGeobufs at http:// addresses are opened: download it and name the file"
        ));
    }
    let path = project.folder.join(source);
    // Links and `..` are followed before the comparison, so that neither leads out of the folder.
    let real = path.canonicalize().map_err(|error| format!("cannot open {}: {error}", path.display()))?;
    // A list of plain files has no folder: the user named each of them.
    if layer.named_by_user || project.folder.as_os_str().is_empty() || inside(&project.folder, &real) {
        return Ok(path);
    }
    Err(format!(
        "\"{source}\" lies outside the project's folder and is not opened because a project file alone asks for it: name {} yourself, or copy it into the folder",
        real.display()
    ))
}

fn inside(folder: &Path, real: &Path) -> bool {
    folder.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

/// An id from a name: lower-case letters, digits, `_` and `-` (letters of any script).
pub fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.trim().chars().flat_map(char::to_lowercase).take(60) {
        if c.is_alphanumeric() || c == '_' {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "layer".to_owned() } else { out.to_owned() }
}

/// The file's name without folders and endings: `buildings` of `a/buildings.city.json`.
pub fn stem(source: &str) -> &str {
    let name = source.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(source);
    let end = name.char_indices().skip(1).find(|(_, c)| *c == '.').map_or(name.len(), |(at, _)| at);
    // A number after the point is part of the name, as in `v1.2 buildings`; an ending begins with a letter.
    match name[end..].chars().nth(1) {
        Some(c) if c.is_ascii_digit() => name.rsplit_once('.').map_or(name, |(stem, _)| stem),
        _ => &name[..end],
    }
}

/// Makes an id unique among those taken, by `-2`, `-3` …, and takes it.
pub(super) fn unique(wanted: String, taken: &mut Vec<String>) -> String {
    let mut id = wanted.clone();
    let mut number = 2;
    while taken.contains(&id) {
        id = format!("{wanted}-{number}");
        number += 1;
    }
    taken.push(id.clone());
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(source: &str, named_by_user: bool) -> ProjectLayer {
        ProjectLayer { source: source.to_owned(), named_by_user, ..ProjectLayer::default() }
    }

    #[test]
    fn a_project_file_cannot_reach_out_of_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("project");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("in.geojson"), "{}").unwrap();
        std::fs::write(root.path().join("out.geojson"), "{}").unwrap();
        let project = Project { folder: folder.clone(), ..Project::default() };
        assert!(resolve(&project, &layer("in.geojson", false)).is_ok());
        let outside = root.path().join("out.geojson");
        let mut escapes = vec!["../out.geojson".to_owned(), outside.to_string_lossy().into_owned()];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, folder.join("link.geojson")).unwrap();
            escapes.push("link.geojson".to_owned());
        }
        for escape in escapes {
            let refused = resolve(&project, &layer(&escape, false)).unwrap_err();
            assert!(refused.contains("outside the project's folder"), "{refused}");
            assert!(resolve(&project, &layer(&escape, true)).is_ok(), "{escape}");
        }
        let missing = resolve(&project, &layer("none.geojson", false)).unwrap_err();
        assert!(missing.contains("none.geojson"), "{missing}");
    }

    #[test]
    fn addresses_are_refused_even_when_the_user_names_them_but_for_files_on_a_plain_server() {
        for source in [
            "https://a.b/c.fgb",
            "/vsicurl/http://a/b.shp",
            "/vsizip/a.zip",
            "PG:host=x",
            "<OGRVRTDataSource>",
            "WFS:x",
            "",
        ] {
            let refused = resolve(&Project::default(), &layer(source, true)).unwrap_err();
            assert!(refused.contains("name the file") || refused.contains("path of a file"), "{refused}");
        }
        let (project, plain) = (Project::default(), "http://a.b/c.fgb");
        assert_eq!(resolve(&project, &layer(plain, true)).unwrap(), PathBuf::from(plain));
        assert!(resolve(&project, &layer(plain, false)).unwrap_err().contains("name it yourself"));
    }

    #[test]
    fn ids_are_plain_and_never_taken_twice() {
        assert_eq!(slug(stem("data/Boulder Buildings (2).shp.zip")), "boulder-buildings-2");
        assert_eq!(slug(stem("建筑.geojson")), "建筑");
        assert_eq!(slug(stem("v1.2 plan.gpkg")), "v1-2-plan");
        assert_eq!(slug("///"), "layer");
        let mut taken = Vec::new();
        let ids: Vec<String> = (0..3).map(|_| unique("a".into(), &mut taken)).collect();
        assert_eq!(ids, ["a", "a-2", "a-3"]);
    }
}
