//! Factories, warehouses and markets.

use super::buildings::{GroundKind, Site, Use};
use super::footprints;
use super::shape::{self, Box2, x_range};

/// Large halls in rows, with an office by the gate and a green border.
pub(super) fn factory(site: &mut Site, used: Use) {
    let yard = site.yard(11.0);
    let outer = shape::around(&yard);
    let mut y = outer.y0;
    let mut first = true;
    while y < outer.y1 {
        let wish = site.dice.between(24.0, 44.0);
        // As deep as the yard allows here: the last row of a wedge may be half as deep.
        let fit = [1.0, 0.75, 0.55].into_iter().find_map(|part| {
            let depth = wish * part;
            x_range(&yard, y, y + depth).filter(|r| r.1 - r.0 > 24.0).map(|r| (depth, r))
        });
        let Some((depth, (x0, x1))) = fit else {
            y += 5.0;
            continue;
        };
        let mut x = x0;
        if first && used == Use::Industrial && x1 - x0 > 70.0 {
            let b = Box2::new(x, y, x + 34.0, y + depth.min(15.0));
            let storeys = site.dice.whole(4, 6);
            site.build(&b.ring(), Use::Office, storeys, 3.5);
            x += 34.0 + 16.0;
        }
        first = false;
        while x1 - x > 24.0 {
            let mut w = site.dice.between(36.0, 90.0).min(x1 - x);
            if x1 - x - w < 30.0 {
                w = (x1 - x).min(140.0);
            }
            let b = Box2::new(x, y, x + w, y + depth);
            let plan = if w > 60.0 && depth > 30.0 && site.dice.chance(0.3) {
                footprints::ell(b, depth * 0.55)
            } else {
                b.ring()
            };
            let (storeys, height) = if site.dice.chance(0.25) { (3, 4.8) } else { (1, site.dice.between(9.0, 12.5)) };
            site.build(&plan, used, storeys, height);
            x += w + 15.0;
        }
        y += depth + 16.0;
    }
    // A belt of trees along the street.
    let edge = site.edge(false);
    let (frame, boxes) = site.along_edge(edge, 1.5, 6.0, 20.0, 400.0, 2.0);
    let own = site.frame;
    site.frame = frame;
    for b in boxes {
        site.ground(&b.ring(), GroundKind::Protective);
    }
    site.frame = own;
}

/// A covered market with rows of stalls behind.
pub(super) fn market(site: &mut Site) {
    let yard = site.yard(6.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let hall = Box2 { y0: b.y1 - (b.depth() * 0.5).min(44.0), x1: b.x1.min(b.x0 + 90.0), ..b };
    let storeys = site.dice.whole(2, 3);
    site.build(&hall.ring(), Use::Market, storeys, 5.0);
    let mut y = hall.y0 - 14.0;
    while y > b.y0 {
        let row = Box2::new(b.x0, y, (b.x0 + 60.0).min(b.x1), y + 7.0);
        if row.width() > 12.0 {
            site.build(&row.ring(), Use::Market, 1, 4.2);
        }
        y -= 13.0;
    }
}
