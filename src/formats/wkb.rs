//! Well-known binary (OGC 06-103r4), little-endian; with heights as ISO has it (type + 1000).

use super::push_ring;
use crate::model::{GeometryColumn, GeometryKind};

/// Appends a feature's geometry as a point, or as a multi-line or multi-polygon whatever the number of parts, so that a
/// layer has one type. Nothing for none.
pub fn push(column: &GeometryColumn, row: u32, out: &mut Vec<u8>) {
    let z = column.has_z();
    let parts = column.parts(row);
    match column.kind(row) {
        GeometryKind::None => {}
        GeometryKind::Point if parts.len() == 1 => head(out, 1, z, None),
        GeometryKind::Point => head(out, 4, z, Some(parts.len())),
        GeometryKind::Line => head(out, 5, z, Some(parts.len())),
        GeometryKind::Polygon => head(out, 6, z, Some(parts.len())),
    }
    let many = parts.len() > 1;
    for part in parts {
        match column.kind(row) {
            GeometryKind::None => {}
            GeometryKind::Point => {
                if many {
                    head(out, 1, z, None);
                }
                column.rings(part).for_each(|ring| vertices(out, ring.xy, ring.z, z));
            }
            GeometryKind::Line => {
                for ring in column.rings(part) {
                    head(out, 2, z, Some(ring.xy.len()));
                    vertices(out, ring.xy, ring.z, z);
                }
            }
            GeometryKind::Polygon => {
                let rings = column.rings(part);
                head(out, 3, z, Some(rings.len()));
                for ring in rings {
                    // Rings are stored open.
                    number(out, ring.xy.len() + 1);
                    vertices(out, ring.xy, ring.z, z);
                    vertices(out, &ring.xy[..1.min(ring.xy.len())], &ring.z[..1.min(ring.z.len())], z);
                }
            }
        }
    }
}

/// Reads a geometry into the feature that is being built, and says its kind; the caller ends the feature, or drops it
/// after an error. Both byte orders, heights as ISO and as PostGIS mark them; measures are left out.
///
/// # Errors
/// The reason, when the bytes are cut, or hold curves or kinds that do not go together.
pub fn read(bytes: &[u8], out: &mut GeometryColumn) -> Result<GeometryKind, String> {
    let mut reader = Reader { bytes, depth: 0 };
    reader.geometry(out)
}

/// What is left to read.
struct Reader<'a> {
    bytes: &'a [u8],
    depth: u8,
}

/// Collections inside collections: nobody means more.
const DEEPEST: u8 = 8;

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or("its geometry is cut off")?;
        self.bytes = rest;
        Ok(*head)
    }

    fn count(&mut self, little: bool) -> Result<u32, String> {
        let bytes = self.take::<4>()?;
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn real(&mut self, little: bool) -> Result<f64, String> {
        let bytes = self.take::<8>()?;
        Ok(if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn geometry(&mut self, out: &mut GeometryColumn) -> Result<GeometryKind, String> {
        let little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [other] => return Err(format!("its geometry begins with {other}, which is no byte order")),
        };
        let code = self.count(little)?;
        // PostGIS marks heights, measures and a CRS by the highest bits, ISO by thousands.
        let (postgis, base) = (code >> 29, code & 0x1fff_ffff);
        if postgis & 1 != 0 {
            self.count(little)?;
        }
        let z = postgis & 4 != 0 || matches!(base / 1000, 1 | 3);
        let m = postgis & 2 != 0 || matches!(base / 1000, 2 | 3);
        let form = Form { little, z, m };
        match base % 1000 {
            1 => {
                let (xy, z) = self.vertex(form)?;
                // An empty point is written as not-a-number.
                if xy.iter().any(|v| v.is_nan()) {
                    return Ok(GeometryKind::None);
                }
                push_ring(out, [(xy, z)], false)?;
                out.end_part();
                Ok(GeometryKind::Point)
            }
            2 => {
                self.ring(form, false, out)?;
                out.end_part();
                Ok(GeometryKind::Line)
            }
            3 | 17 => {
                for _ in 0..self.count(little)? {
                    self.ring(form, true, out)?;
                }
                out.end_part();
                Ok(GeometryKind::Polygon)
            }
            4..=7 | 15 | 16 => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err("its geometry is a collection in too many collections".to_owned());
                }
                let mut kind = GeometryKind::None;
                for _ in 0..self.count(little)? {
                    match (kind, self.geometry(out)?) {
                        (_, GeometryKind::None) => {}
                        (GeometryKind::None, first) => kind = first,
                        (one, other) if one == other => {}
                        (one, other) => return Err(format!("it holds a {one:?} and a {other:?}: separate them")),
                    }
                }
                self.depth -= 1;
                Ok(kind)
            }
            other => Err(format!("its geometry is of type {other} (a curve?): convert it to straight lines")),
        }
    }

    fn vertex(&mut self, form: Form) -> Result<([f64; 2], Option<f64>), String> {
        let xy = [self.real(form.little)?, self.real(form.little)?];
        let z = if form.z { Some(self.real(form.little)?) } else { None };
        if form.m {
            self.real(form.little)?;
        }
        Ok((xy, z))
    }

    fn ring(&mut self, form: Form, closed: bool, out: &mut GeometryColumn) -> Result<(), String> {
        let count = self.count(form.little)? as usize;
        // What a lying count would ask for is not there.
        if count > self.bytes.len() / 16 {
            return Err("its geometry is cut off".to_owned());
        }
        let mut vertices = Vec::with_capacity(count);
        for _ in 0..count {
            vertices.push(self.vertex(form)?);
        }
        push_ring(out, vertices, closed)
    }
}

/// How numbers are written.
#[derive(Clone, Copy)]
struct Form {
    little: bool,
    z: bool,
    m: bool,
}

fn head(out: &mut Vec<u8>, kind: u32, z: bool, count: Option<usize>) {
    out.push(1);
    out.extend_from_slice(&(if z { kind + 1000 } else { kind }).to_le_bytes());
    if let Some(count) = count {
        number(out, count);
    }
}

fn number(out: &mut Vec<u8>, count: usize) {
    // A feature of four thousand million vertices does not fit into memory.
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn vertices(out: &mut Vec<u8>, xy: &[[f64; 2]], z: &[f64], with_z: bool) {
    for (at, [x, y]) in xy.iter().enumerate() {
        out.extend_from_slice(&x.to_le_bytes());
        out.extend_from_slice(&y.to_le_bytes());
        if with_z {
            out.extend_from_slice(&z.get(at).copied().unwrap_or(f64::NAN).to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, Geometry};
    use geozero::ToGeo;
    use geozero::wkb::Wkb;

    use super::*;

    /// A square of 10 m with a hole of 2 m, and a second part: 100 - 4 + 1 m².
    #[test]
    fn what_is_written_is_read_by_another_reader() {
        let mut column = GeometryColumn::default();
        let square = |x: f64, side: f64| [[x, 0.0], [x + side, 0.0], [x + side, side], [x, side]];
        for (ring, ends) in [(square(0.0, 10.0), false), (square(4.0, 2.0), true), (square(50.0, 1.0), true)] {
            let mut ring = ring.to_vec();
            if ring[0][0] == 4.0 {
                ring.iter_mut().for_each(|v| v[1] += 4.0);
                ring.reverse();
            }
            ring.iter().for_each(|xy| column.push_vertex(*xy, None));
            column.end_ring();
            if ends {
                column.end_part();
            }
        }
        column.end_feature(GeometryKind::Polygon);
        column.push_vertex([3.0, 4.0], None);
        column.end_ring();
        column.end_part();
        column.end_feature(GeometryKind::Point);
        let read = |row: u32| {
            let mut bytes = Vec::new();
            push(&column, row, &mut bytes);
            Wkb(bytes).to_geo().unwrap()
        };
        let Geometry::MultiPolygon(many) = read(0) else { panic!("a multi-polygon") };
        assert_eq!((many.0.len(), many.unsigned_area()), (2, 97.0));
        assert_eq!(read(1), Geometry::Point(geo::Point::new(3.0, 4.0)));
    }
}
