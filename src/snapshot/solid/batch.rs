//! Many features as one mesh: colours on the vertices, each with the number of its feature (`EXT_mesh_features`).

use serde_json::json;

use super::columns::Columns;
use super::form::{Face, Form};
use super::glb::{Glb, normals, relative, shaded, turned};
use super::part::{Part, Piece};

/// Whose features, and what is said of them.
pub(super) struct Tile<'a> {
    pub part: &'a Part<'a>,
    pub piece: &'a Piece,
    pub columns: &'a Columns,
    /// The class of its table in the schema.
    pub class: &'a str,
}

/// Adds some forms as one node, relative to an origin; `None` where there are none.
pub(super) fn add(glb: &mut Glb, tile: &Tile<'_>, forms: &[Form], origin: [f64; 3]) -> Option<usize> {
    let Tile { part, piece, columns, class } = tile;
    let points = || forms.iter().flat_map(|form| &form.points);
    let count = points().count();
    if count == 0 {
        return None;
    }
    // An `f32` is exact to 6·10⁻⁸ of how far a point lies from the middle: a millimetre at 16 km.
    let middle = [0, 1, 2].map(|k| (points().map(|p| p[k]).sum::<f64>() / count as f64).round());
    let (mut positions, mut directions) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut colours, mut ids, mut indices) = (Vec::new(), Vec::new(), Vec::new());
    for (number, form) in (0_u32..).zip(forms) {
        let first = positions.len() as u32;
        positions.extend(relative(&form.points, middle));
        directions.extend(normals(form));
        ids.resize(positions.len(), number);
        let colour = piece.colours.get(form.row as usize).copied().unwrap_or(u32::MAX);
        let mut faces = vec![Face::Flat; form.points.len()];
        for (corners, face) in &form.triangles {
            corners.iter().for_each(|i| faces[*i as usize] = *face);
            indices.extend(corners.map(|i| first + i));
        }
        let whole = |face: Face| shaded(face, colour).map(|v| (v * 65_535.0).round() as u16);
        colours.extend(faces.into_iter().map(whole));
    }
    let translucent = colours.iter().any(|colour| colour[3] < u16::MAX);
    // Bodies are seen from outside, also those that are not closed. One form that is none makes the whole batch seen
    // from both sides: it has one material.
    let flat = forms.iter().any(|form| form.stand.is_none());
    let material = material(glb, part, flat, translucent);
    let table = columns.table(glb, class, part, piece, forms);
    let attributes = json!({
        "POSITION": glb.positions(&positions),
        "NORMAL": glb.normals(&directions),
        "COLOR_0": glb.colours(&colours),
        "_FEATURE_ID_0": glb.ids(&ids),
    });
    let features = json!([{ "featureCount": forms.len(), "attribute": 0, "propertyTable": table, "label": "feature" }]);
    let primitive = json!({
        "attributes": attributes,
        "indices": glb.indices(indices.into_iter()),
        "material": material,
        "extensions": { "EXT_mesh_features": { "featureIds": features } },
    });
    let mesh = glb.mesh(json!({ "name": part.layer.layer.id, "primitives": [primitive] }));
    let at = turned([0, 1, 2].map(|k| middle[k] - origin[k]));
    Some(glb.node(json!({ "name": part.title(), "mesh": mesh, "translation": at })))
}

fn material(glb: &mut Glb, part: &Part<'_>, flat: bool, translucent: bool) -> usize {
    let (flat_word, glass_word) = (if flat { " flat" } else { "" }, if translucent { " glass" } else { "" });
    let name = format!("{}{flat_word}{glass_word}", part.layer.layer.id);
    glb.white(&name, flat, translucent)
}
