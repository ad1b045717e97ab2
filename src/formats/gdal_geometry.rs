//! Geometry from OGR into columns.

use gdal_sys::{self as sys, OGRGeometryH, OGRwkbGeometryType as kind};

use super::push_ring;
use crate::model::{GeometryColumn, GeometryKind};

/// What happened to geometries that a column cannot hold as they are.
#[derive(Debug, Default)]
pub struct Changes {
    /// Parts of mixed collections left out because others have a higher dimension.
    pub left_out: u64,
    /// Curves replaced by straight lines.
    pub curves: u64,
    /// Solids of which the ground faces were kept.
    pub solids: u64,
    /// Faces that stand upright and have no area on the ground.
    pub upright: u64,
    xy: Vec<[f64; 2]>,
    z: Vec<f64>,
}

/// Nesting that is still read; real data have 2.
const DEPTH: u8 = 16;

impl Changes {
    /// Writes a geometry into the row being written and returns its kind; `swap` exchanges x and y.
    ///
    /// # Safety
    /// `geometry` is null or a valid OGR geometry.
    ///
    /// # Errors
    /// The reason; the caller drops what was written.
    pub unsafe fn push(
        &mut self,
        geometry: OGRGeometryH,
        swap: bool,
        out: &mut GeometryColumn,
    ) -> Result<GeometryKind, String> {
        if geometry.is_null() {
            return Ok(GeometryKind::None);
        }
        // SAFETY: a valid geometry; the linear copy is destroyed after use.
        unsafe {
            if sys::OGR_G_IsEmpty(geometry) != 0 {
                return Ok(GeometryKind::None);
            }
            if sys::OGR_G_HasCurveGeometry(geometry, 0) != 0 {
                let linear = sys::OGR_G_GetLinearGeometry(geometry, 0.0, std::ptr::null_mut());
                if linear.is_null() {
                    return Err("its curve cannot be made straight".into());
                }
                self.curves += 1;
                let result = self.parts(linear, swap, 0, out);
                sys::OGR_G_DestroyGeometry(linear);
                return result;
            }
            self.parts(geometry, swap, 0, out)
        }
    }

    unsafe fn parts(
        &mut self,
        geometry: OGRGeometryH,
        swap: bool,
        depth: u8,
        out: &mut GeometryColumn,
    ) -> Result<GeometryKind, String> {
        if depth > DEPTH {
            return Err(format!("collections nested more than {DEPTH} deep"));
        }
        // SAFETY: a valid geometry; children belong to it and are not destroyed.
        unsafe {
            let flat = sys::OGR_GT_Flatten(sys::OGR_G_GetGeometryType(geometry));
            let children = sys::OGR_G_GetGeometryCount(geometry).max(0);
            match flat {
                kind::wkbPoint => {
                    self.ring(geometry, swap, false, out)?;
                    out.end_part();
                    Ok(GeometryKind::Point)
                }
                kind::wkbLineString | kind::wkbLinearRing => {
                    self.ring(geometry, swap, false, out)?;
                    out.end_part();
                    Ok(GeometryKind::Line)
                }
                kind::wkbPolygon | kind::wkbTriangle => {
                    for i in 0..children {
                        self.ring(sys::OGR_G_GetGeometryRef(geometry, i), swap, true, out)?;
                    }
                    out.end_part();
                    Ok(GeometryKind::Polygon)
                }
                kind::wkbPolyhedralSurface | kind::wkbTIN => self.surface(geometry, swap, out),
                kind::wkbMultiPoint
                | kind::wkbMultiLineString
                | kind::wkbMultiPolygon
                | kind::wkbGeometryCollection => {
                    let child = |i| sys::OGR_G_GetGeometryRef(geometry, i);
                    let dimension = |g: OGRGeometryH| sys::OGR_G_GetDimension(g);
                    let filled = |i: &i32| sys::OGR_G_IsEmpty(child(*i)) == 0;
                    let Some(best) = (0..children).filter(filled).map(|i| dimension(child(i))).max() else {
                        return Ok(GeometryKind::None);
                    };
                    let mut result = GeometryKind::None;
                    for i in (0..children).filter(filled) {
                        if dimension(child(i)) == best {
                            result = self.parts(child(i), swap, depth + 1, out)?;
                        } else {
                            self.left_out += 1;
                        }
                    }
                    Ok(result)
                }
                other => Err(format!("geometry type {other} is not read; convert it to polygons, lines or points")),
            }
        }
    }

    unsafe fn ring(
        &mut self,
        ring: OGRGeometryH,
        swap: bool,
        closed: bool,
        out: &mut GeometryColumn,
    ) -> Result<(), String> {
        // SAFETY: a valid line or point; both buffers hold as many values as it has points.
        let has_z = unsafe {
            let count = sys::OGR_G_GetPointCount(ring).max(0) as usize;
            let has_z = sys::OGR_G_Is3D(ring) != 0;
            self.xy.clear();
            self.xy.resize(count, [f64::NAN; 2]);
            self.z.clear();
            self.z.resize(count, f64::NAN);
            if count > 0 {
                let x = self.xy.as_mut_ptr().cast::<f64>();
                let z = if has_z { self.z.as_mut_ptr() } else { std::ptr::null_mut() };
                sys::OGR_G_GetPoints(ring, x.cast(), 16, x.add(1).cast(), 16, z.cast(), 8);
            }
            has_z
        };
        // A single NaN NaN stands for "no geometry".
        if let [[x, y]] = self.xy[..]
            && x.is_nan()
            && y.is_nan()
        {
            return Ok(());
        }
        let vertices = self.xy.iter().zip(&self.z).map(|(&[x, y], &z)| {
            let xy = if swap { [y, x] } else { [x, y] };
            (xy, has_z.then_some(z))
        });
        push_ring(out, vertices, closed)
    }

    /// Faces of a surface as polygons. Upright faces have no area on the ground; of a closed solid
    /// (as much area looks down as up) only the ground faces stay, else its footprint would count
    /// twice.
    unsafe fn surface(
        &mut self,
        geometry: OGRGeometryH,
        swap: bool,
        out: &mut GeometryColumn,
    ) -> Result<GeometryKind, String> {
        let mut faces = GeometryColumn::default();
        // SAFETY: a valid surface; its faces are polygons that belong to it.
        unsafe {
            for i in 0..sys::OGR_G_GetGeometryCount(geometry).max(0) {
                let face = sys::OGR_G_GetGeometryRef(geometry, i);
                for k in 0..sys::OGR_G_GetGeometryCount(face).max(0) {
                    self.ring(sys::OGR_G_GetGeometryRef(face, k), swap, true, &mut faces)?;
                }
                faces.end_part();
                faces.end_feature(GeometryKind::Polygon);
            }
        }
        let areas: Vec<f64> = (0..faces.len() as u32).map(|face| plan_area(&faces, face)).collect();
        let down: f64 = areas.iter().filter(|a| **a < 0.0).sum();
        let up: f64 = areas.iter().filter(|a| **a > 0.0).sum();
        let solid = down < 0.0 && (up + down).abs() <= 0.02 * up;
        self.solids += u64::from(solid);
        for (face, area) in (0_u32..).zip(&areas) {
            if *area == 0.0 {
                self.upright += 1;
            } else if !solid || *area < 0.0 {
                for part in faces.parts(face) {
                    for ring in faces.rings(part) {
                        for (i, xy) in ring.xy.iter().enumerate() {
                            out.push_vertex(*xy, ring.z.get(i).copied());
                        }
                        out.end_ring();
                    }
                    out.end_part();
                }
            }
        }
        Ok(GeometryKind::Polygon)
    }
}

/// The signed area of a face on the ground; 0 for one that stands upright.
fn plan_area(faces: &GeometryColumn, face: u32) -> f64 {
    let Some(ring) = faces.parts(face).next().and_then(|part| faces.rings(part).next()) else { return 0.0 };
    let area = GeometryColumn::twice_signed_area(ring.xy) / 2.0;
    let length = faces.length(face);
    // A sliver a million times longer than wide is an upright wall with rounded coordinates.
    if area.abs() <= 1e-6 * length * length { 0.0 } else { area }
}
