//! PROJ's C library behind owning types: the only file with its raw calls.
//!
//! A [`Context`] belongs to one thread and never uses the network, whatever the environment says.

use std::cell::OnceCell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::rc::Rc;

use proj_sys as sys;

/// One thread's PROJ: its database handle and its error state.
#[derive(Debug)]
pub(super) struct Context(*mut sys::PJ_CONTEXT);

thread_local! {
    static CONTEXT: OnceCell<Rc<Context>> = const { OnceCell::new() };
}

impl Context {
    /// This thread's context, made at first use.
    pub(super) fn of_thread() -> Rc<Self> {
        CONTEXT.with(|cell| Rc::clone(cell.get_or_init(|| Rc::new(Self::new()))))
    }

    fn new() -> Self {
        // SAFETY: a fresh context, used by this thread alone; the calls only set flags on it.
        unsafe {
            let context = sys::proj_context_create();
            sys::proj_context_set_enable_network(context, 0);
            // PROJ prints to stderr by default; our messages carry its reason instead.
            sys::proj_log_level(context, sys::PJ_LOG_LEVEL_PJ_LOG_NONE);
            Self(context)
        }
    }

    /// PROJ's words for the last error on this context.
    fn error(&self) -> String {
        // SAFETY: the context is alive; the text belongs to it and is copied at once.
        unsafe {
            let code = sys::proj_context_errno(self.0);
            if code == 0 {
                return "not recognised".to_owned();
            }
            text(sys::proj_context_errno_string(self.0, code)).unwrap_or_else(|| format!("PROJ error {code}"))
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once; every object holds an `Rc` and so goes first.
        unsafe {
            sys::proj_context_destroy(self.0);
        }
    }
}

/// A PROJ object: a CRS or an operation.
#[derive(Debug)]
pub(super) struct Object {
    raw: *mut sys::PJ,
    context: Rc<Context>,
}

/// What kind of CRS an object is, as far as Cimbase cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Geographic,
    Projected,
    Compound,
    Bound,
    Geocentric,
    Vertical,
    Engineering,
    Other,
}

impl Object {
    fn wrap(context: &Rc<Context>, raw: *mut sys::PJ) -> Result<Self, String> {
        if raw.is_null() { Err(context.error()) } else { Ok(Self { raw, context: Rc::clone(context) }) }
    }

    /// From any text that PROJ takes.
    pub(super) fn create(context: &Rc<Context>, definition: &str) -> Result<Self, String> {
        let definition = CString::new(definition).map_err(|_| "it holds a zero byte".to_owned())?;
        // SAFETY: the context is alive and the text ends with a zero.
        Self::wrap(context, unsafe { sys::proj_create(context.0, definition.as_ptr()) })
    }

    /// The way between two CRSs, east/longitude first at both ends.
    pub(super) fn between(from: &Self, to: &Self) -> Result<Self, String> {
        let context = &from.context;
        // SAFETY: both objects are alive; null area and options are allowed.
        let way =
            unsafe { sys::proj_create_crs_to_crs_from_pj(context.0, from.raw, to.raw, ptr::null_mut(), ptr::null()) };
        let way = Self::wrap(context, way)?;
        // SAFETY: `way` is a live operation.
        Self::wrap(context, unsafe { sys::proj_normalize_for_visualization(context.0, way.raw) })
    }

    /// Whether PROJ knows a real operation between two CRSs in a box of longitude and latitude (west,
    /// south, east, north), rather than taking one datum for the other.
    pub(super) fn has_real_way(from: &Self, to: &Self, [west, south, east, north]: [f64; 4]) -> bool {
        let context = &from.context;
        let options = [c"ALLOW_BALLPARK=NO".as_ptr(), ptr::null()];
        // SAFETY: the area is made, filled and destroyed here; the list of options ends with null.
        let way = unsafe {
            let area = sys::proj_area_create();
            sys::proj_area_set_bbox(area, west, south, east, north);
            let way = sys::proj_create_crs_to_crs_from_pj(context.0, from.raw, to.raw, area, options.as_ptr());
            sys::proj_area_destroy(area);
            way
        };
        Self::wrap(context, way).is_ok()
    }

    /// The geographic CRS under a projected one, or itself.
    pub(super) fn geodetic(&self) -> Result<Self, String> {
        // SAFETY: the object is alive; for other kinds PROJ answers null.
        Self::wrap(&self.context, unsafe { sys::proj_crs_get_geodetic_crs(self.context.0, self.raw) })
    }

    pub(super) fn is_crs(&self) -> bool {
        // SAFETY: the object is alive.
        unsafe { sys::proj_is_crs(self.raw) != 0 }
    }

    pub(super) fn kind(&self) -> Kind {
        // SAFETY: the object is alive.
        match unsafe { sys::proj_get_type(self.raw) } {
            sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS
            | sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS
            | sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_CRS => Kind::Geographic,
            sys::PJ_TYPE_PJ_TYPE_PROJECTED_CRS => Kind::Projected,
            sys::PJ_TYPE_PJ_TYPE_COMPOUND_CRS => Kind::Compound,
            sys::PJ_TYPE_PJ_TYPE_BOUND_CRS => Kind::Bound,
            sys::PJ_TYPE_PJ_TYPE_GEOCENTRIC_CRS => Kind::Geocentric,
            sys::PJ_TYPE_PJ_TYPE_VERTICAL_CRS => Kind::Vertical,
            sys::PJ_TYPE_PJ_TYPE_ENGINEERING_CRS => Kind::Engineering,
            _ => Kind::Other,
        }
    }

    pub(super) fn name(&self) -> String {
        // SAFETY: the object is alive; its text is copied at once.
        unsafe { text(sys::proj_get_name(self.raw)) }.unwrap_or_default()
    }

    /// `EPSG:4548`, where the object carries its authority's code.
    pub(super) fn code(&self) -> Option<String> {
        // SAFETY: the object is alive; its texts are copied at once.
        let (authority, code) =
            unsafe { (text(sys::proj_get_id_auth_name(self.raw, 0))?, text(sys::proj_get_id_code(self.raw, 0))?) };
        Some(format!("{authority}:{code}"))
    }

    /// As PROJJSON.
    pub(super) fn projjson(&self) -> Option<String> {
        // SAFETY: the object is alive; the list of options ends with null; the text belongs to it and is copied at once.
        unsafe {
            let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
            text(sys::proj_as_projjson(self.context.0, self.raw, options.as_ptr()))
        }
    }

    /// As WKT: the first edition as GDAL writes it, which all readers know, else the second.
    pub(super) fn wkt(&self) -> Option<String> {
        let form = |kind: sys::PJ_WKT_TYPE| {
            // SAFETY: the object is alive; the list of options ends with null; the text, its own, is copied at once.
            unsafe {
                let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
                text(sys::proj_as_wkt(self.context.0, self.raw, kind, options.as_ptr()))
            }
        };
        form(sys::PJ_WKT_TYPE_PJ_WKT1_GDAL).or_else(|| form(sys::PJ_WKT_TYPE_PJ_WKT2_2019))
    }

    /// The horizontal part of a compound CRS.
    pub(super) fn horizontal(&self) -> Result<Self, String> {
        // SAFETY: the object is alive; for other kinds PROJ answers null.
        Self::wrap(&self.context, unsafe { sys::proj_crs_get_sub_crs(self.context.0, self.raw, 0) })
    }

    /// The CRS inside a bound CRS (one with `TOWGS84`).
    pub(super) fn source(&self) -> Result<Self, String> {
        // SAFETY: the object is alive; for other kinds PROJ answers null.
        Self::wrap(&self.context, unsafe { sys::proj_get_source_crs(self.context.0, self.raw) })
    }

    /// Radians or metres in one unit of the first axis.
    pub(super) fn axis_unit(&self) -> Option<f64> {
        // SAFETY: the object is alive; null out-pointers are allowed; the system is destroyed by wrap's Drop.
        unsafe {
            let system = sys::proj_crs_get_coordinate_system(self.context.0, self.raw);
            let system = Self::wrap(&self.context, system).ok()?;
            let mut factor = 0.0;
            let null = ptr::null_mut();
            let ok = sys::proj_cs_get_axis_info(
                self.context.0,
                system.raw,
                0,
                null,
                null,
                null,
                &mut factor,
                null,
                null,
                null,
            );
            (ok != 0 && factor > 0.0).then_some(factor)
        }
    }

    /// The box of longitude and latitude (west, south, east, north; west > east across the date line)
    /// in which a CRS is meant to be used.
    pub(super) fn area_of_use(&self) -> Option<[f64; 4]> {
        let [mut west, mut south, mut east, mut north] = [0.0; 4];
        // SAFETY: the object is alive; a null name pointer is allowed.
        let ok = unsafe {
            sys::proj_get_area_of_use(
                self.context.0,
                self.raw,
                &mut west,
                &mut south,
                &mut east,
                &mut north,
                ptr::null_mut(),
            )
        };
        // PROJ says -1000 for unknown.
        (ok != 0 && west > -999.0).then_some([west, south, east, north])
    }

    /// The EPSG code of an equivalent CRS. PROJ's confidence: 100 same name, 90 same up to naming,
    /// 70 equivalent parameters; less is a guess and not taken, nor are two equally good ones at 70.
    pub(super) fn identify(&self) -> Option<Self> {
        let mut confidences: *mut c_int = ptr::null_mut();
        // SAFETY: the object is alive, list and confidences are freed below, and read only up to the count.
        unsafe {
            let list = sys::proj_identify(self.context.0, self.raw, c"EPSG".as_ptr(), ptr::null(), &mut confidences);
            if list.is_null() {
                return None;
            }
            let count = usize::try_from(sys::proj_list_get_count(list)).unwrap_or(0);
            let known: Vec<c_int> = if confidences.is_null() {
                Vec::new()
            } else {
                std::slice::from_raw_parts(confidences, count).to_vec()
            };
            let best = known.first().copied().unwrap_or(0);
            let alone = known.iter().filter(|c| **c == best).count() == 1;
            let found = if best >= 90 || (best >= 70 && alone) {
                Self::wrap(&self.context, sys::proj_list_get(self.context.0, list, 0)).ok()
            } else {
                None
            };
            sys::proj_int_list_destroy(confidences);
            sys::proj_list_destroy(list);
            found
        }
    }

    /// Runs an operation over pairs in place. What PROJ cannot transform comes out infinite.
    pub(super) fn transform(&self, points: &mut [[f64; 2]]) {
        if points.is_empty() {
            return;
        }
        let step = size_of::<[f64; 2]>();
        let x = points.as_mut_ptr().cast::<f64>();
        // SAFETY: x and y walk the slice in strides of one pair, `len` times, y one number after x;
        // z and t are null with a count of 0, which PROJ reads as zero.
        unsafe {
            sys::proj_trans_generic(
                self.raw,
                sys::PJ_DIRECTION_PJ_FWD,
                x,
                step,
                points.len(),
                x.add(1),
                step,
                points.len(),
                ptr::null_mut(),
                0,
                0,
                ptr::null_mut(),
                0,
                0,
            );
            sys::proj_errno_reset(self.raw);
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: owned by this value, destroyed once, before its context.
        unsafe {
            sys::proj_destroy(self.raw);
        }
    }
}

/// A C text, copied; `None` for null.
///
/// # Safety
/// `text` is null or points to a zero-terminated text.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: not null here, and the caller promises the rest.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
