//! The geometry of a layer as one column, with GeoArrow-like offsets.

use crate::place::Bounds;

/// What a feature's geometry is. Multi-geometries are features with several parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GeometryKind {
    /// No geometry, or one that could not be used.
    None,
    /// One or several points.
    Point,
    /// One or several lines.
    Line,
    /// One or several polygons with holes.
    Polygon,
}

/// Geometry of all features of a layer.
///
/// Feature → parts → rings → vertices, each level an offset array one longer than its items.
/// A point is a part of one ring of one vertex; a line a part of one ring; a polygon a part whose
/// first ring is the exterior and whose others are holes. Polygon rings are stored **open** (the
/// first vertex is not repeated); after [`super::repair`] exteriors run counter-clockwise and holes
/// clockwise.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryColumn {
    kinds: Vec<GeometryKind>,
    feature_parts: Vec<u32>,
    part_rings: Vec<u32>,
    ring_vertices: Vec<u32>,
    /// All vertices: `[east/lon, north/lat]`, in the CRS the owner says.
    pub xy: Vec<[f64; 2]>,
    /// Heights of the vertices in metres; empty when the layer has none, NaN where one is missing.
    pub z: Vec<f64>,
}

impl Default for GeometryColumn {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            feature_parts: vec![0],
            part_rings: vec![0],
            ring_vertices: vec![0],
            xy: Vec::new(),
            z: Vec::new(),
        }
    }
}

/// One ring or line or point: a run of vertices.
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    /// `[east, north]` of each vertex; not closed.
    pub xy: &'a [[f64; 2]],
    /// Heights, as many as `xy`, or empty.
    pub z: &'a [f64],
}

impl GeometryColumn {
    /// The number of features (rows), with and without geometry.
    #[inline]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kind of a feature's geometry.
    #[inline]
    pub fn kind(&self, feature: u32) -> GeometryKind {
        self.kinds[feature as usize]
    }

    /// The kind that most features have; `None` kind when there is no geometry at all.
    pub fn main_kind(&self) -> GeometryKind {
        let count = |kind| self.kinds.iter().filter(|k| **k == kind).count();
        [GeometryKind::Polygon, GeometryKind::Line, GeometryKind::Point]
            .into_iter()
            .max_by_key(|kind| count(*kind))
            .filter(|kind| count(*kind) > 0)
            .unwrap_or(GeometryKind::None)
    }

    /// Whether vertices carry heights.
    #[inline]
    pub fn has_z(&self) -> bool {
        !self.z.is_empty()
    }

    /// The parts of a feature, as part numbers.
    #[inline]
    pub fn parts(&self, feature: u32) -> std::ops::Range<u32> {
        self.feature_parts[feature as usize]..self.feature_parts[feature as usize + 1]
    }

    /// The rings of a part.
    #[inline]
    pub fn rings(&self, part: u32) -> impl ExactSizeIterator<Item = Ring<'_>> + DoubleEndedIterator {
        (self.part_rings[part as usize]..self.part_rings[part as usize + 1]).map(|ring| self.ring(ring))
    }

    /// The rings of a part, as ring numbers.
    pub(super) fn ring_numbers(&self, part: u32) -> std::ops::Range<u32> {
        self.part_rings[part as usize]..self.part_rings[part as usize + 1]
    }

    /// Makes a ring run the other way.
    pub(super) fn turn_ring(&mut self, ring: u32) {
        let range = self.ring_vertices[ring as usize] as usize..self.ring_vertices[ring as usize + 1] as usize;
        self.xy[range.clone()].reverse();
        if !self.z.is_empty() {
            self.z[range].reverse();
        }
    }

    #[inline]
    pub(super) fn ring(&self, ring: u32) -> Ring<'_> {
        let range = self.ring_vertices[ring as usize] as usize..self.ring_vertices[ring as usize + 1] as usize;
        Ring { xy: &self.xy[range.clone()], z: if self.z.is_empty() { &[] } else { &self.z[range] } }
    }

    /// All vertices of a feature, in order, over its parts and rings.
    #[inline]
    pub fn vertices(&self, feature: u32) -> &[[f64; 2]] {
        &self.xy[self.vertex_range(feature)]
    }

    /// The heights of a feature's vertices; empty when the layer has none.
    #[inline]
    pub fn heights(&self, feature: u32) -> &[f64] {
        if self.z.is_empty() { &[] } else { &self.z[self.vertex_range(feature)] }
    }

    #[inline]
    fn vertex_range(&self, feature: u32) -> std::ops::Range<usize> {
        let parts = self.parts(feature);
        let first_ring = self.part_rings[parts.start as usize];
        let last_ring = self.part_rings[parts.end as usize];
        self.ring_vertices[first_ring as usize] as usize..self.ring_vertices[last_ring as usize] as usize
    }

    /// The box around a feature; empty for none.
    #[inline]
    pub fn bounds(&self, feature: u32) -> Bounds {
        Bounds::around(self.vertices(feature))
    }

    /// The box around all features.
    pub fn extent(&self) -> Bounds {
        Bounds::around(&self.xy)
    }

    /// Bytes held on the heap.
    pub fn bytes(&self) -> usize {
        self.kinds.capacity()
            + 4 * (self.feature_parts.capacity() + self.part_rings.capacity() + self.ring_vertices.capacity())
            + 16 * self.xy.capacity()
            + 8 * self.z.capacity()
    }

    /// Gives back memory that was reserved and not used.
    pub fn shrink(&mut self) {
        self.kinds.shrink_to_fit();
        self.feature_parts.shrink_to_fit();
        self.part_rings.shrink_to_fit();
        self.ring_vertices.shrink_to_fit();
        self.xy.shrink_to_fit();
        self.z.shrink_to_fit();
    }

    // ---- writing, in order: vertices, end_ring, end_part, end_feature ----

    /// Adds a vertex to the ring being written. Heights: give them for all vertices or none; a
    /// vertex without one among others that have it gets NaN.
    pub fn push_vertex(&mut self, xy: [f64; 2], z: Option<f64>) {
        match z {
            Some(z) => {
                // The first height of the column: everything before had none.
                self.z.resize(self.xy.len(), f64::NAN);
                self.z.push(z);
            }
            None if !self.z.is_empty() => self.z.push(f64::NAN),
            None => {}
        }
        self.xy.push(xy);
    }

    /// Number of vertices written so far.
    pub fn vertex_count(&self) -> usize {
        self.xy.len()
    }

    /// Number of vertices in the ring being written.
    pub fn open_ring_len(&self) -> usize {
        self.xy.len() - *self.ring_vertices.last().unwrap_or(&0) as usize
    }

    /// Drops the vertices of the ring being written.
    pub fn drop_ring(&mut self) {
        let keep = *self.ring_vertices.last().unwrap_or(&0) as usize;
        self.xy.truncate(keep);
        self.z.truncate(keep);
    }

    /// Drops the last vertex of the ring being written (the repeated first one of a closed ring).
    pub fn pop_vertex(&mut self) {
        if self.open_ring_len() > 0 {
            self.xy.pop();
            if !self.z.is_empty() {
                self.z.pop();
            }
        }
    }

    /// Ends the ring (or line, or point) being written.
    pub fn end_ring(&mut self) {
        self.ring_vertices.push(self.xy.len() as u32);
    }

    /// Ends the part being written; a part without rings is not recorded.
    pub fn end_part(&mut self) {
        let rings = self.ring_vertices.len() as u32 - 1;
        if self.part_rings.last() != Some(&rings) {
            self.part_rings.push(rings);
        }
    }

    /// Ends a row. A row without parts becomes [`GeometryKind::None`] whatever is said.
    pub fn end_feature(&mut self, kind: GeometryKind) {
        let parts = self.part_rings.len() as u32 - 1;
        let empty = self.feature_parts.last() == Some(&parts);
        self.feature_parts.push(parts);
        self.kinds.push(if empty { GeometryKind::None } else { kind });
    }

    /// Drops everything of the row being written, back to the last [`Self::end_feature`].
    pub fn drop_feature(&mut self) {
        let parts = *self.feature_parts.last().unwrap_or(&0) as usize;
        self.part_rings.truncate(parts + 1);
        let rings = *self.part_rings.last().unwrap_or(&0) as usize;
        self.ring_vertices.truncate(rings + 1);
        self.drop_ring();
    }

    /// Appends a copy of another column's feature as a new row.
    pub fn push_from(&mut self, other: &GeometryColumn, feature: u32) {
        for part in other.parts(feature) {
            for ring in other.rings(part) {
                for (i, xy) in ring.xy.iter().enumerate() {
                    self.push_vertex(*xy, ring.z.get(i).copied());
                }
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature(other.kind(feature));
    }

    /// Appends all rows of another column.
    pub fn append(&mut self, other: &GeometryColumn) {
        if self.is_empty() && self.xy.is_empty() {
            self.clone_from(other);
            return;
        }
        let shift = |ours: &mut Vec<u32>, theirs: &[u32]| {
            let base = *ours.last().unwrap_or(&0);
            ours.extend(theirs.iter().skip(1).map(|end| base + end));
        };
        if !(self.z.is_empty() && other.z.is_empty()) {
            self.z.resize(self.xy.len(), f64::NAN);
            self.z.extend_from_slice(&other.z);
            self.z.resize(self.xy.len() + other.xy.len(), f64::NAN);
        }
        self.xy.extend_from_slice(&other.xy);
        shift(&mut self.ring_vertices, &other.ring_vertices);
        shift(&mut self.part_rings, &other.part_rings);
        shift(&mut self.feature_parts, &other.feature_parts);
        self.kinds.extend_from_slice(&other.kinds);
    }

    /// Twice the signed area of a ring: positive when counter-clockwise.
    ///
    /// Shoelace formula, relative to the first vertex so that large coordinates keep precision.
    pub fn twice_signed_area(ring: &[[f64; 2]]) -> f64 {
        let Some(&[ox, oy]) = ring.first() else { return 0.0 };
        let mut sum = 0.0;
        for i in 0..ring.len() {
            let [x1, y1] = ring[i];
            let [x2, y2] = ring[(i + 1) % ring.len()];
            sum += (x1 - ox) * (y2 - oy) - (x2 - ox) * (y1 - oy);
        }
        sum
    }

    /// The area of a polygon feature, exteriors less holes, in square units; 0 for other kinds.
    pub fn area(&self, feature: u32) -> f64 {
        if self.kind(feature) != GeometryKind::Polygon {
            return 0.0;
        }
        let mut area = 0.0;
        for part in self.parts(feature) {
            for (i, ring) in self.rings(part).enumerate() {
                let ring = Self::twice_signed_area(ring.xy).abs() / 2.0;
                area += if i == 0 { ring } else { -ring };
            }
        }
        area
    }

    /// The length of a line feature, or the length of all rings of a polygon, in units.
    pub fn length(&self, feature: u32) -> f64 {
        let closed = self.kind(feature) == GeometryKind::Polygon;
        let mut length = 0.0;
        for part in self.parts(feature) {
            for ring in self.rings(part) {
                let step = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
                length += ring.xy.windows(2).map(|w| step(w[0], w[1])).sum::<f64>();
                if let (true, [first, .., last]) = (closed, ring.xy) {
                    length += step(*first, *last);
                }
            }
        }
        length
    }

    /// The area-weighted centroid of a polygon, else the mean of the vertices; `None` without any.
    pub fn centroid(&self, feature: u32) -> Option<[f64; 2]> {
        let vertices = self.vertices(feature);
        let &[ox, oy] = vertices.first()?;
        let (mut sx, mut sy, mut sa) = (0.0, 0.0, 0.0);
        if self.kind(feature) == GeometryKind::Polygon {
            for part in self.parts(feature) {
                for (i, ring) in self.rings(part).enumerate() {
                    let (mut rx, mut ry, mut ra) = (0.0, 0.0, 0.0);
                    for k in 0..ring.xy.len() {
                        let [x1, y1] = [ring.xy[k][0] - ox, ring.xy[k][1] - oy];
                        let next = ring.xy[(k + 1) % ring.xy.len()];
                        let [x2, y2] = [next[0] - ox, next[1] - oy];
                        let cross = x1 * y2 - x2 * y1;
                        ra += cross;
                        rx += (x1 + x2) * cross;
                        ry += (y1 + y2) * cross;
                    }
                    // Holes count against the exterior whatever way they run.
                    let sign = if (i == 0) == (ra >= 0.0) { 1.0 } else { -1.0 };
                    sx += sign * rx;
                    sy += sign * ry;
                    sa += sign * ra;
                }
            }
        }
        if sa.abs() > 1e-9 {
            return Some([ox + sx / (3.0 * sa), oy + sy / (3.0 * sa)]);
        }
        let n = vertices.len() as f64;
        Some([
            ox + vertices.iter().map(|v| v[0] - ox).sum::<f64>() / n,
            oy + vertices.iter().map(|v| v[1] - oy).sum::<f64>() / n,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square_with_hole() -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for xy in [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]] {
            column.push_vertex(xy, None);
        }
        column.end_ring();
        for xy in [[6.0, 6.0], [6.0, 8.0], [8.0, 8.0], [8.0, 6.0]] {
            column.push_vertex(xy, None);
        }
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Polygon);
        column
    }

    /// 10×10 less 2×2 is 96; perimeter 40 + 8; centroid by hand: (5·100 − 7·4)/96 = 4.91666….
    #[test]
    fn a_hole_is_taken_off_area_and_centroid_but_added_to_length() {
        let column = square_with_hole();
        assert_eq!(column.area(0), 96.0);
        assert_eq!(column.length(0), 48.0);
        let [x, y] = column.centroid(0).unwrap();
        assert!((x - 472.0 / 96.0).abs() < 1e-12 && (y - 472.0 / 96.0).abs() < 1e-12);
    }

    #[test]
    fn rows_without_geometry_keep_their_place() {
        let mut column = square_with_hole();
        column.end_feature(GeometryKind::Polygon);
        column.push_vertex([3.0, 4.0], Some(5.0));
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Point);
        assert_eq!(column.len(), 3);
        assert_eq!(column.kind(1), GeometryKind::None);
        assert_eq!(column.vertices(2), [[3.0, 4.0]]);
        assert_eq!(column.heights(2), [5.0]);
        assert!(column.heights(0).iter().all(|z| z.is_nan()));
        assert!(column.centroid(1).is_none());
    }
}
