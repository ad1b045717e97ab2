//! Footprints in a local frame, around the origin unless said otherwise, counter-clockwise.

use super::dice::Dice;
use super::shape::{Box2, Point, add, ellipse};

pub(super) fn moved(ring: &[Point], by: Point) -> Vec<Point> {
    ring.iter().map(|p| add(*p, by)).collect()
}

pub(super) fn block(w: f64, d: f64) -> Vec<Point> {
    Box2::new(-w / 2.0, -d / 2.0, w / 2.0, d / 2.0).ring()
}

/// A rectangle with its corners cut off.
pub(super) fn chamfered(w: f64, d: f64, cut: f64) -> Vec<Point> {
    let (x, y) = (w / 2.0, d / 2.0);
    vec![
        [-x + cut, -y],
        [x - cut, -y],
        [x, -y + cut],
        [x, y - cut],
        [x - cut, y],
        [-x + cut, y],
        [-x, y - cut],
        [-x, -y + cut],
    ]
}

/// A rectangle with notched corners, as point blocks of flats have.
pub(super) fn notched(w: f64, d: f64, nx: f64, ny: f64) -> Vec<Point> {
    let (x, y) = (w / 2.0, d / 2.0);
    vec![
        [-x + nx, -y],
        [x - nx, -y],
        [x - nx, -y + ny],
        [x, -y + ny],
        [x, y - ny],
        [x - nx, y - ny],
        [x - nx, y],
        [-x + nx, y],
        [-x + nx, y - ny],
        [-x, y - ny],
        [-x, -y + ny],
        [-x + nx, -y + ny],
    ]
}

/// Two wings that step forward to the south on both sides of a stair hall ("butterfly").
pub(super) fn butterfly(w: f64, d: f64) -> Vec<Point> {
    let (x, y, core) = (w / 2.0, d / 2.0, w * 0.11);
    vec![
        [-x, -y],
        [-core, -y + d * 0.22],
        [core, -y + d * 0.22],
        [x, -y],
        [x, y - d * 0.25],
        [core * 1.6, y - d * 0.25],
        [core * 1.6, y],
        [-core * 1.6, y],
        [-core * 1.6, y - d * 0.25],
        [-x, y - d * 0.25],
    ]
}

/// An L that fills a box; `arm` is the depth of its wings. The corner is south-west.
pub(super) fn ell(b: Box2, arm: f64) -> Vec<Point> {
    vec![[b.x0, b.y0], [b.x1, b.y0], [b.x1, b.y0 + arm], [b.x0 + arm, b.y0 + arm], [b.x0 + arm, b.y1], [b.x0, b.y1]]
}

/// A U that fills a box and opens to the south.
pub(super) fn horseshoe(b: Box2, arm: f64) -> Vec<Point> {
    vec![
        [b.x0, b.y0],
        [b.x0 + arm, b.y0],
        [b.x0 + arm, b.y1 - arm],
        [b.x1 - arm, b.y1 - arm],
        [b.x1 - arm, b.y0],
        [b.x1, b.y0],
        [b.x1, b.y1],
        [b.x0, b.y1],
    ]
}

/// An E: a long wing on the west with three arms to the east.
pub(super) fn comb(b: Box2, arm: f64) -> Vec<Point> {
    let m = (b.y0 + b.y1) / 2.0;
    vec![
        [b.x0, b.y0],
        [b.x1, b.y0],
        [b.x1, b.y0 + arm],
        [b.x0 + arm, b.y0 + arm],
        [b.x0 + arm, m - arm / 2.0],
        [b.x1, m - arm / 2.0],
        [b.x1, m + arm / 2.0],
        [b.x0 + arm, m + arm / 2.0],
        [b.x0 + arm, b.y1 - arm],
        [b.x1, b.y1 - arm],
        [b.x1, b.y1],
        [b.x0, b.y1],
    ]
}

/// The courtyard of a ring-shaped building that fills a box: a hole, clockwise.
pub(super) fn court(b: Box2, arm: f64) -> Vec<Point> {
    let mut hole = b.shrunk(arm).ring();
    hole.reverse();
    hole
}

/// A slab whose second half steps back.
pub(super) fn stepped(b: Box2, step: f64) -> Vec<Point> {
    let m = (b.x0 + b.x1) / 2.0;
    vec![
        [b.x0, b.y0],
        [m, b.y0],
        [m, b.y0 + step],
        [b.x1, b.y0 + step],
        [b.x1, b.y1],
        [m, b.y1],
        [m, b.y1 - step],
        [b.x0, b.y1 - step],
    ]
}

/// A running track: straights and half circles.
pub(super) fn track(b: Box2) -> Vec<Point> {
    let wide = b.width() >= b.depth();
    let r = b.width().min(b.depth()) / 2.0;
    let [cx, cy] = b.middle();
    let reach = b.width().max(b.depth()) / 2.0 - r;
    ellipse([0.0, 0.0], r, r, 24)
        .into_iter()
        .map(|[x, y]| {
            if wide {
                [cx + x + if x >= 0.0 { reach } else { -reach }, cy + y]
            } else {
                [cx + x, cy + y + if y >= 0.0 { reach } else { -reach }]
            }
        })
        .collect()
}

/// The plan of an office tower about `w` × `d`.
pub(super) fn office(dice: &mut Dice, w: f64, d: f64) -> Vec<Point> {
    match dice.whole(0, 6) {
        0 | 1 => block(w, d),
        2 | 3 => chamfered(w, d, w.min(d) * 0.18),
        4 => ellipse([0.0, 0.0], w / 2.0, d / 2.0, 20),
        5 => notched(w, d, w * 0.14, d * 0.14),
        _ => chamfered(w, d, w.min(d) * 0.3),
    }
}

/// The plan of a point block of flats about `w` × `d`.
pub(super) fn flats(dice: &mut Dice, w: f64, d: f64) -> Vec<Point> {
    match dice.whole(0, 3) {
        0 | 1 => butterfly(w, d),
        2 => notched(w, d, w * 0.2, d * 0.2),
        _ => notched(w, d, w * 0.3, d * 0.16),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::area;
    use super::*;

    #[test]
    fn footprints_run_counter_clockwise_and_have_the_area_of_their_wings() {
        let b = Box2::new(0.0, 0.0, 60.0, 40.0);
        // L: 60·12 + 28·12; U: two arms of 28·12 and a back of 60·12; E: 40·12 + three arms of 48·12.
        assert_eq!(area(&ell(b, 12.0)), 1056.0);
        assert_eq!(area(&horseshoe(b, 12.0)), 1392.0);
        assert_eq!(area(&comb(b, 12.0)), 2208.0);
        assert_eq!(area(&court(b, 12.0)), -576.0);
        for ring in [block(9.0, 8.0), chamfered(30.0, 30.0, 6.0), notched(26.0, 22.0, 4.0, 4.0), butterfly(28.0, 20.0)]
        {
            assert!(area(&ring) > 0.0);
        }
    }
}
