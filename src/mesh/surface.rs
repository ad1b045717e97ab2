//! Polygons in space, drawn as given: the surfaces of 3D city models.

use super::triangulate::Triangulator;
use super::{DOWN, TileMesh, UP, tag, wall_facing};
use crate::index::bodies::newell;
use crate::model::GeometryColumn;

/// A face whose normal leans at most this far from the vertical is a roof or a floor: cosine of 45°.
const LEVEL: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Adds the polygons of a feature whose vertices all have heights, lifted by `lift` metres.
///
/// Each polygon is triangulated in the plane of two axes in which it is largest; it looks to the
/// side from which its exterior runs counter-clockwise. Parts without heights are left out.
pub(super) fn push_surfaces(
    mesh: &mut TileMesh,
    triangulator: &mut Triangulator,
    geometry: &GeometryColumn,
    feature: u32,
    lift: f64,
) {
    let origin = [mesh.origin.east, mesh.origin.north];
    let (mut corners, mut rings) = (Vec::new(), Vec::new());
    for part in geometry.parts(feature) {
        corners.clear();
        rings.clear();
        let mut normal = [0.0; 3];
        for (i, ring) in geometry.rings(part).enumerate() {
            if i == 0 {
                normal = newell(ring.xy, ring.z);
            }
            let start = corners.len();
            corners.extend(ring.xy.iter().zip(ring.z).map(|(xy, z)| [xy[0] - origin[0], xy[1] - origin[1], z + lift]));
            rings.push(start..corners.len());
        }
        let length = normal.iter().map(|n| n * n).sum::<f64>().sqrt();
        let whole = corners.iter().flatten().all(|value: &f64| value.is_finite());
        if length <= 0.0 || !length.is_finite() || !whole {
            continue;
        }
        // Leave out the axis along which the polygon is seen largest, keeping the turn of the rest.
        let axis = (0..3).max_by(|a, b| normal[*a].abs().total_cmp(&normal[*b].abs())).unwrap_or(2);
        let (u, v) =
            if normal[axis] > 0.0 { ((axis + 1) % 3, (axis + 2) % 3) } else { ((axis + 2) % 3, (axis + 1) % 3) };
        let flat: Vec<Vec<[f64; 2]>> =
            rings.iter().map(|ring| corners[ring.clone()].iter().map(|c| [c[u], c[v]]).collect()).collect();
        let result = triangulator.polygon(flat.iter().map(Vec::as_slice), [0.0; 2]);
        let facing = match normal[2] / length {
            up if up >= LEVEL => UP,
            up if up <= -LEVEL => DOWN,
            _ => wall_facing(normal[0], normal[1]),
        };
        // The third coordinate comes back from the plane through the exterior's mean.
        let n = rings[0].len() as f64;
        let mean = [0, 1, 2].map(|k| corners[rings[0].clone()].iter().map(|c| c[k]).sum::<f64>() / n);
        let first = mesh.positions.len() as u32;
        for [cu, cv] in result.xy {
            let mut corner = [0.0; 3];
            corner[u] = *cu;
            corner[v] = *cv;
            corner[axis] = match corners.iter().find(|c| c[u] == *cu && c[v] == *cv) {
                Some(own) => own[axis],
                None => mean[axis] - (normal[u] * (cu - mean[u]) + normal[v] * (cv - mean[v])) / normal[axis],
            };
            mesh.positions.push([corner[0] as f32, corner[2] as f32, -corner[1] as f32]);
        }
        mesh.tags.resize(mesh.positions.len(), tag(feature, facing));
        mesh.indices.extend(result.triangles.iter().map(|i| first + i));
    }
}
