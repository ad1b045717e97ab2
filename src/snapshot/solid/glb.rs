//! A binary glTF 2.0 file (Khronos, glTF 2.0 Specification): buffers, accessors, materials, nodes.
//!
//! # Axes
//! East is +X, up is +Y, north is -Z; metres.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::form::{Face, Form};

/// What lies in one run of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Positions,
    Normals,
    Colours,
    Ids,
    Indices,
    /// A column of a property table; each lies alone.
    Column(usize),
}

#[derive(Debug)]
struct View {
    kind: Kind,
    bytes: Vec<u8>,
}

/// A file that is being made.
#[derive(Debug, Default)]
pub(super) struct Glb {
    views: Vec<View>,
    accessors: Vec<Json>,
    meshes: Vec<Json>,
    nodes: Vec<Json>,
    materials: Vec<Json>,
    known: HashMap<(String, Face, u32), usize>,
    /// Classes of the tables' schema.
    pub classes: Map<String, Json>,
    /// Property tables (`EXT_structural_metadata`).
    pub tables: Vec<Json>,
    columns: usize,
}

/// More materials are drawn in fewer colours.
const MATERIALS: usize = 600;

impl Glb {
    fn view(&mut self, kind: Kind) -> (usize, &mut Vec<u8>) {
        let at = self.views.iter().position(|view| view.kind == kind).unwrap_or(self.views.len());
        if at == self.views.len() {
            self.views.push(View { kind, bytes: Vec::new() });
        }
        (at, &mut self.views[at].bytes)
    }

    /// Adds bytes that nothing else shares; the number of their view.
    pub fn column(&mut self, bytes: Vec<u8>) -> usize {
        self.columns += 1;
        self.views.push(View { kind: Kind::Column(self.columns), bytes });
        self.views.len() - 1
    }

    fn accessor(
        &mut self,
        kind: Kind,
        (component, shape): (u32, &str),
        count: usize,
        values: impl Iterator<Item = u8>,
    ) -> usize {
        let (view, bytes) = self.view(kind);
        let offset = bytes.len();
        bytes.extend(values);
        self.accessors.push(json!({
            "bufferView": view, "byteOffset": offset, "componentType": component, "count": count, "type": shape,
        }));
        self.accessors.len() - 1
    }

    /// Positions, with the box around them.
    pub fn positions(&mut self, points: &[[f32; 3]]) -> usize {
        let values = points.iter().flatten().flat_map(|v| v.to_le_bytes());
        let accessor = self.accessor(Kind::Positions, (FLOAT, "VEC3"), points.len(), values);
        let edge =
            |first: f32, pick: fn(f32, f32) -> f32| [0, 1, 2].map(|k| points.iter().map(|p| p[k]).fold(first, pick));
        self.accessors[accessor]["min"] = json!(edge(f32::INFINITY, f32::min));
        self.accessors[accessor]["max"] = json!(edge(f32::NEG_INFINITY, f32::max));
        accessor
    }

    /// Normals.
    pub fn normals(&mut self, normals: &[[f32; 3]]) -> usize {
        let values = normals.iter().flatten().flat_map(|v| v.to_le_bytes());
        self.accessor(Kind::Normals, (FLOAT, "VEC3"), normals.len(), values)
    }

    /// Colours of vertices, linear.
    pub fn colours(&mut self, colours: &[[u16; 4]]) -> usize {
        let values = colours.iter().flatten().flat_map(|v| v.to_le_bytes());
        let accessor = self.accessor(Kind::Colours, (UNSIGNED_SHORT, "VEC4"), colours.len(), values);
        self.accessors[accessor]["normalized"] = true.into();
        accessor
    }

    /// Numbers of features. As `f32`, as most writers have them: whole numbers up to 2²⁴.
    pub fn ids(&mut self, ids: &[u32]) -> usize {
        let values = ids.iter().flat_map(|v| (*v as f32).to_le_bytes());
        self.accessor(Kind::Ids, (FLOAT, "SCALAR"), ids.len(), values)
    }

    /// Corners of triangles.
    pub fn indices(&mut self, indices: impl ExactSizeIterator<Item = u32>) -> usize {
        let count = indices.len();
        self.accessor(Kind::Indices, (UNSIGNED_INT, "SCALAR"), count, indices.flat_map(u32::to_le_bytes))
    }

    /// The material of a face in a colour (`0xAABBGGRR`).
    pub fn material(&mut self, layer: &str, face: Face, colour: u32) -> usize {
        let colour = if self.materials.len() > MATERIALS { colour & 0xff_f0_f0_f0 | 0x08_08_08 } else { colour };
        // A floor is seen by nobody: it needs no material of its own.
        let face = if face == Face::Floor { Face::Wall } else { face };
        let key = (layer.to_owned(), face, colour);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let [r, g, b, _] = colour.to_le_bytes();
        let word = match face {
            Face::Roof => "roof",
            Face::Wall | Face::Floor => "wall",
            Face::Flat => "surface",
            Face::Line => "outline",
        };
        let name = format!("{layer} {word} #{r:02x}{g:02x}{b:02x}");
        let flat = matches!(face, Face::Flat | Face::Line);
        let factor = shaded(face, colour).map(|v| (v * 1e6).round() / 1e6);
        let made = self.plain_material(&name, factor, flat);
        self.known.insert(key, made);
        made
    }

    /// A material by its linear factors.
    fn plain_material(&mut self, name: &str, factor: [f64; 4], double_sided: bool) -> usize {
        let mut material = json!({
            "name": name,
            "pbrMetallicRoughness": { "baseColorFactor": factor, "metallicFactor": 0.0, "roughnessFactor": 0.9 },
        });
        if double_sided {
            material["doubleSided"] = true.into();
        }
        if factor[3] < 1.0 {
            material["alphaMode"] = "BLEND".into();
        }
        self.materials.push(material);
        self.materials.len() - 1
    }

    /// A white material for colours of vertices; one of each name.
    pub fn white(&mut self, name: &str, double_sided: bool, translucent: bool) -> usize {
        let key = (name.to_owned(), Face::Flat, u32::MAX);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let made = self.plain_material(name, [1.0; 4], double_sided);
        if translucent {
            self.materials[made]["alphaMode"] = "BLEND".into();
        }
        self.known.insert(key, made);
        made
    }

    /// Adds a mesh.
    pub fn mesh(&mut self, mesh: Json) -> usize {
        self.meshes.push(mesh);
        self.meshes.len() - 1
    }

    /// Adds a node.
    pub fn node(&mut self, node: Json) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Bytes so far, about.
    pub fn bytes(&self) -> usize {
        self.views.iter().map(|view| view.bytes.len()).sum::<usize>() + 200 * self.accessors.len()
    }

    /// Writes the file: one scene with one root.
    ///
    /// # Errors
    /// When it cannot be written, or is larger than such a file can be: 4 GiB.
    pub fn write(self, out: &mut impl Write, root: usize, extras: Json) -> io::Result<()> {
        let mut views = Vec::with_capacity(self.views.len());
        let mut bin = 0_usize;
        for view in &self.views {
            let mut json = json!({ "buffer": 0, "byteOffset": bin, "byteLength": view.bytes.len() });
            let (target, stride) = match view.kind {
                Kind::Positions | Kind::Normals => (Some(ARRAY), Some(12)),
                Kind::Colours => (Some(ARRAY), Some(8)),
                Kind::Ids => (Some(ARRAY), Some(4)),
                Kind::Indices => (Some(ELEMENT_ARRAY), None),
                Kind::Column(_) => (None, None),
            };
            if let Some(target) = target {
                json["target"] = target.into();
            }
            if let Some(stride) = stride {
                json["byteStride"] = stride.into();
            }
            views.push(json);
            bin += padded(view.bytes.len());
        }
        let mut gltf = Map::new();
        gltf.insert("asset".into(), json!({ "version": "2.0", "generator": GENERATOR, "extras": extras }));
        gltf.insert("scene".into(), 0.into());
        gltf.insert("scenes".into(), json!([{ "nodes": [root] }]));
        gltf.insert("nodes".into(), self.nodes.into());
        let lists = [
            ("meshes", self.meshes),
            ("materials", self.materials),
            ("accessors", self.accessors),
            ("bufferViews", views),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            gltf.insert(name.into(), list.into());
        }
        if bin > 0 {
            gltf.insert("buffers".into(), json!([{ "byteLength": bin }]));
        }
        if !self.tables.is_empty() {
            gltf.insert("extensionsUsed".into(), json!(["EXT_mesh_features", "EXT_structural_metadata"]));
            let schema = json!({ "id": "cimbase", "classes": self.classes });
            let extension = json!({ "schema": schema, "propertyTables": self.tables });
            gltf.insert("extensions".into(), json!({ "EXT_structural_metadata": extension }));
        }
        let mut text = serde_json::to_vec(&gltf)?;
        text.resize(padded(text.len()), b' ');
        let whole = 12 + 8 + text.len() + if bin > 0 { 8 + bin } else { 0 };
        let whole = u32::try_from(whole)
            .map_err(|_| io::Error::other("a .glb holds at most 4 GiB: choose fewer features, or write .3dtiles"))?;
        for word in [MAGIC, 2, whole, text.len() as u32, JSON_CHUNK] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&text)?;
        if bin > 0 {
            for word in [bin as u32, BIN_CHUNK] {
                out.write_all(&word.to_le_bytes())?;
            }
            for view in &self.views {
                out.write_all(&view.bytes)?;
                out.write_all(&[0; 8][..padded(view.bytes.len()) - view.bytes.len()])?;
            }
        }
        Ok(())
    }
}

/// Who made a file.
pub(super) const GENERATOR: &str = concat!("Cimbase ", env!("CARGO_PKG_VERSION"));

const MAGIC: u32 = 0x4654_6c67;
const JSON_CHUNK: u32 = 0x4e4f_534a;
const BIN_CHUNK: u32 = 0x004e_4942;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const FLOAT: u32 = 5126;
const ARRAY: u32 = 34962;
const ELEMENT_ARRAY: u32 = 34963;

/// The next multiple of 8: what the columns of property tables ask for.
fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// The linear colour of a face: walls are darker than what they carry, outlines darker than what they go around.
pub(super) fn shaded(face: Face, colour: u32) -> [f64; 4] {
    let [r, g, b, a] = colour.to_le_bytes();
    let factor = match face {
        Face::Roof | Face::Flat => 1.0,
        Face::Wall | Face::Floor => 0.82,
        Face::Line => 0.55,
    };
    let [r, g, b] = [r, g, b].map(|channel| linear(f64::from(channel) / 255.0) * factor);
    [r, g, b, f64::from(a) / 255.0]
}

/// From sRGB (IEC 61966-2-1).
fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

/// The points of a form as glTF has them, relative to a point.
pub(super) fn relative(points: &[[f64; 3]], to: [f64; 3]) -> Vec<[f32; 3]> {
    let one = |p: &[f64; 3]| [p[0] - to[0], p[2] - to[2], to[1] - p[1]].map(|v| v as f32);
    points.iter().map(one).collect()
}

/// A point of the map as glTF has it.
pub(super) fn turned([east, north, up]: [f64; 3]) -> [f64; 3] {
    [east, up, -north]
}

/// The normal of each point: the mean of the faces that share it, by area. Bodies share none, so theirs are flat.
pub(super) fn normals(form: &Form) -> Vec<[f32; 3]> {
    let mut sums = vec![[0.0_f64; 3]; form.points.len()];
    for (corners, _) in &form.triangles {
        let [a, b, c] = corners.map(|i| turned(form.points[i as usize]));
        let (u, v) = ([0, 1, 2].map(|k| b[k] - a[k]), [0, 1, 2].map(|k| c[k] - a[k]));
        let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        for i in corners {
            (0..3).for_each(|k| sums[*i as usize][k] += cross[k]);
        }
    }
    sums.into_iter()
        .map(|n| {
            let length = n.iter().map(|v| v * v).sum::<f64>().sqrt();
            // A point of no face looks up.
            if length > 0.0 { n.map(|v| (v / length) as f32) } else { [0.0, 1.0, 0.0] }
        })
        .collect()
}
