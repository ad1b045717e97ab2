//! Whether the rings of a polygon touch or cross themselves or each other: exact, and cheap for the
//! many that do not.

use geo::kernels::{Kernel, RobustKernel};
use geo::{Coord, Orientation};

use crate::place::Bounds;

/// The worst that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    /// Rings are simple, apart from each other and nested as they should be.
    None,
    /// Different rings share a point.
    Between,
    /// Different rings share a stretch of an edge.
    Along,
    /// A ring shares a point with itself.
    Touching,
    /// A ring crosses itself.
    Crossing,
    /// A hole lies outside its exterior.
    HoleOutside,
    /// A hole lies in a hole, or a part in a part.
    Overlap,
    /// Too many rings or too crowded to test this way.
    TooMany,
}

/// Pairs up to this many segments are all compared; beyond, a sweep is faster.
const SMALL: usize = 48;
/// The sweep gives up after so many comparisons per segment, so that no input can hang it.
const PAIRS_PER_SEGMENT: usize = 400;
/// More rings than this are left to the overlay: nesting is tested ring by ring.
const MANY_RINGS: usize = 3000;

/// -1, 0 or 1: clockwise, exactly on a line, counter-clockwise. Exact for all `f64`.
pub(super) fn orientation(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> i8 {
    let coord = |p: [f64; 2]| Coord { x: p[0], y: p[1] };
    match RobustKernel::orient2d(coord(a), coord(b), coord(c)) {
        Orientation::Clockwise => -1,
        Orientation::Collinear => 0,
        Orientation::CounterClockwise => 1,
    }
}

struct RingView<'a> {
    part: u32,
    hole: bool,
    xy: &'a [[f64; 2]],
    bounds: Bounds,
}

#[derive(Clone, Copy)]
struct Segment {
    ring: u32,
    index: u32,
    from: [f64; 2],
    to: [f64; 2],
}

impl Segment {
    fn low(&self, axis: usize) -> f64 {
        self.from[axis].min(self.to[axis])
    }

    fn high(&self, axis: usize) -> f64 {
        self.from[axis].max(self.to[axis])
    }

    fn boxes_meet(&self, other: &Self, axis: usize) -> bool {
        self.low(axis) <= other.high(axis) && other.low(axis) <= self.high(axis)
    }
}

/// Examines clean rings: parts of rings, the first of each an exterior.
pub(super) fn find<'a>(parts: impl Iterator<Item = impl Iterator<Item = &'a [[f64; 2]]>>) -> Contact {
    let mut rings = Vec::with_capacity(4);
    for (part, part_rings) in parts.enumerate() {
        for (i, xy) in part_rings.enumerate() {
            rings.push(RingView { part: part as u32, hole: i > 0, xy, bounds: Bounds::around(xy) });
        }
    }
    match meeting(&rings) {
        Contact::None if rings.len() == 1 => Contact::None,
        Contact::None if rings.len() > MANY_RINGS => Contact::TooMany,
        Contact::None => nesting(&rings),
        contact => contact,
    }
}

fn meeting(rings: &[RingView<'_>]) -> Contact {
    let mut segments = Vec::with_capacity(rings.iter().map(|ring| ring.xy.len()).sum());
    for (number, ring) in rings.iter().enumerate() {
        for (i, from) in ring.xy.iter().enumerate() {
            let to = ring.xy[(i + 1) % ring.xy.len()];
            segments.push(Segment { ring: number as u32, index: i as u32, from: *from, to });
        }
    }
    let mut worst = Contact::None;
    if segments.len() <= SMALL {
        for (i, a) in segments.iter().enumerate() {
            for b in &segments[i + 1..] {
                if a.boxes_meet(b, 0) && a.boxes_meet(b, 1) {
                    worst = worse(worst, pair(a, b, rings));
                }
            }
        }
        return worst;
    }
    // A sweep along the longer side; segments that overlap there are compared across.
    let bounds = rings.iter().fold(Bounds::EMPTY, |mut all, ring| {
        all.join(ring.bounds);
        all
    });
    let along = usize::from(bounds.height() > bounds.width());
    segments.sort_unstable_by(|a, b| a.low(along).total_cmp(&b.low(along)));
    let mut left = PAIRS_PER_SEGMENT * segments.len() + 1_000_000;
    for (i, a) in segments.iter().enumerate() {
        let end = a.high(along);
        for b in segments[i + 1..].iter().take_while(|b| b.low(along) <= end) {
            left -= 1;
            if a.boxes_meet(b, 1 - along) {
                worst = worse(worst, pair(a, b, rings));
            }
            if left == 0 {
                return Contact::TooMany;
            }
        }
        if worst == Contact::Crossing {
            break;
        }
    }
    worst
}

fn worse(a: Contact, b: Contact) -> Contact {
    let rank = |c| match c {
        Contact::None => 0,
        Contact::Between => 1,
        Contact::Along => 2,
        Contact::Touching => 3,
        _ => 4,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn pair(a: &Segment, b: &Segment, rings: &[RingView<'_>]) -> Contact {
    let same = a.ring == b.ring;
    if same {
        let last = rings[a.ring as usize].xy.len() as u32 - 1;
        let apart = a.index.abs_diff(b.index);
        // Neighbours share one vertex; a clean ring has no spikes, so no more than that.
        if apart == 1 || apart == last {
            return Contact::None;
        }
    }
    let (c, d) = (orientation(a.from, a.to, b.from), orientation(a.from, a.to, b.to));
    if c == d && c != 0 {
        return Contact::None;
    }
    let (e, f) = (orientation(b.from, b.to, a.from), orientation(b.from, b.to, a.to));
    if e == f && e != 0 {
        return Contact::None;
    }
    let on_one_line = [c, d, e, f] == [0; 4];
    match (same, c != 0 && d != 0 && e != 0 && f != 0) {
        (false, _) if on_one_line && [0, 1].iter().any(|k| a.high(*k).min(b.high(*k)) > a.low(*k).max(b.low(*k))) => {
            Contact::Along
        }
        (false, _) => Contact::Between,
        (true, true) => Contact::Crossing,
        (true, false) => Contact::Touching,
    }
}

/// How rings that share no point lie in each other.
fn nesting(rings: &[RingView<'_>]) -> Contact {
    for (i, ring) in rings.iter().enumerate() {
        let Some(&point) = ring.xy.first() else { continue };
        let holders = || {
            let others = rings.iter().enumerate().filter(move |(j, other)| *j != i && other.bounds.holds(point));
            others.map(|(_, other)| other).filter(move |other| inside(point, other.xy))
        };
        if ring.hole {
            let mut own = holders().filter(|other| other.part == ring.part);
            match own.try_fold(false, |shell, other| if other.hole { Err(()) } else { Ok(shell | !other.hole) }) {
                Ok(true) => {}
                Ok(false) => return Contact::HoleOutside,
                Err(()) => return Contact::Overlap,
            }
        } else {
            // An exterior inside another part must lie in a hole of that part.
            let shells = holders().filter(|other| !other.hole && other.part != ring.part);
            for shell in shells {
                if !holders().any(|other| other.hole && other.part == shell.part) {
                    return Contact::Overlap;
                }
            }
        }
    }
    Contact::None
}

/// Whether a point lies inside a ring (crossings of a ray to the east).
fn inside(point: [f64; 2], ring: &[[f64; 2]]) -> bool {
    let mut inside = false;
    let Some(&(mut from)) = ring.last() else { return false };
    for &to in ring {
        if (from[1] > point[1]) != (to[1] > point[1]) {
            let up = to[1] > from[1];
            let side = orientation(from, to, point);
            inside ^= if up { side > 0 } else { side < 0 };
        }
        from = to;
    }
    inside
}
