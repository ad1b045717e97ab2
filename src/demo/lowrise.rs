//! The old city: terraces and villas of the concessions, courtyard houses in lanes.

use super::buildings::{GroundKind, Site, Use};
use super::footprints;
use super::shape::{self, Box2, x_range};

/// Rows of terraced houses, two or three storeys, with alleys between them.
pub(super) fn terraces(site: &mut Site) {
    let ring = site.yard(3.5);
    let outer = shape::around(&ring);
    let mut y = outer.y0 + 0.5;
    while y < outer.y1 {
        let depth = site.dice.between(10.0, 13.0);
        let Some((x0, x1)) = x_range(&ring, y, (y + depth).min(outer.y1)).filter(|r| r.1 - r.0 > 14.0) else {
            y += 3.0;
            continue;
        };
        if y + depth > outer.y1 {
            break;
        }
        let storeys = site.dice.whole(2, 3);
        let mut x = x0;
        while x1 - x > 11.0 {
            let mut w = site.dice.between(20.0, 46.0).min(x1 - x);
            if x1 - x - w < 16.0 {
                w = x1 - x;
            }
            let b = Box2::new(x, y, x + w, y + depth);
            // Here and there a wing towards the alley, or a wider house with a garden.
            if w > 24.0 && site.dice.chance(0.25) {
                let ring = vec![
                    [b.x0, b.y0],
                    [b.x1, b.y0],
                    [b.x1, b.y1],
                    [b.x1 - w * 0.4, b.y1],
                    [b.x1 - w * 0.4, b.y1 - 2.6],
                    [b.x0, b.y1 - 2.6],
                ];
                site.build(&ring, Use::Residential, storeys, 3.5);
            } else {
                site.build(&b.ring(), Use::Residential, storeys, 3.5);
            }
            if let Some(last) = site.buildings.last_mut() {
                last.entrances = (w / 7.0).max(1.0) as u32;
            }
            x += w + site.dice.between(4.0, 7.0);
        }
        y += depth + site.dice.between(7.0, 11.0);
    }
}

/// Detached houses in gardens.
pub(super) fn villas(site: &mut Site) {
    let ring = site.yard(4.5);
    let outer = shape::around(&ring);
    let mut y = outer.y0 + 1.0;
    while y < outer.y1 {
        let pitch = site.dice.between(20.0, 25.0);
        let depth = site.dice.between(11.0, 14.5);
        let Some((x0, x1)) = x_range(&ring, y, (y + depth).min(outer.y1)).filter(|r| r.1 - r.0 > 13.0) else {
            y += 3.0;
            continue;
        };
        if y + depth > outer.y1 {
            break;
        }
        let mut x = x0 + site.dice.between(0.0, 3.0);
        while x1 - x > 11.0 {
            let w = site.dice.between(12.0, 19.0).min(x1 - x);
            let b = Box2::new(x, y, x + w, y + depth * site.dice.between(0.82, 1.0));
            let storeys = site.dice.whole(2, 3);
            let plan = match site.dice.whole(0, 3) {
                0 => footprints::ell(b, b.depth() * 0.55),
                1 => {
                    // A bay to the garden.
                    let (m, r) = ((b.x0 + b.x1) / 2.0, w * 0.2);
                    vec![
                        [b.x0, b.y0 + 2.0],
                        [m - r, b.y0 + 2.0],
                        [m - r * 0.6, b.y0],
                        [m + r * 0.6, b.y0],
                        [m + r, b.y0 + 2.0],
                        [b.x1, b.y0 + 2.0],
                        [b.x1, b.y1],
                        [b.x0, b.y1],
                    ]
                }
                _ => b.ring(),
            };
            let used = if site.dice.chance(0.12) { Use::Culture } else { Use::Residential };
            let i = site.build(&plan, used, storeys, 3.6);
            site.buildings[i].entrances = u32::from(used == Use::Residential);
            x += w + site.dice.between(7.0, 12.0);
        }
        if let Some((a, b)) = x_range(&ring, y + depth + 2.0, (y + pitch - 2.0).min(outer.y1)) {
            site.lawn(Box2::new(a, y + depth + 2.0, b, (y + pitch - 2.0).min(outer.y1)), GroundKind::Courtyard);
        }
        y += pitch;
    }
}

/// Courtyard houses (四合院) in rows along lanes, shophouses on the streets.
pub(super) fn courtyards(site: &mut Site) {
    let mut front = Vec::new();
    for edge in 0..site.ring.len() {
        let length = shape::distance(site.ring[edge], site.ring[(edge + 1) % site.ring.len()]);
        if length > 30.0 && front.len() < 2 && site.dice.chance(0.55) {
            let (frame, boxes) = site.along_edge(edge, 1.5, 8.5, 9.0, 24.0, 1.2);
            let own = site.frame;
            site.frame = frame;
            for b in &boxes {
                // Ends stay clear of the next front, so that corners do not overlap.
                let wide = shape::distance(site.ring[edge], site.ring[(edge + 1) % site.ring.len()]);
                if b.x0 > 12.0 && b.x1 < wide - 12.0 {
                    let storeys = site.dice.whole(1, 3);
                    site.build(&b.ring(), Use::Retail, storeys, 3.4);
                }
            }
            site.frame = own;
            front.push(edge);
        }
    }
    let ring = shape::inset_by(site.ring, |k| if front.contains(&k) { 14.0 } else { 2.5 });
    let ring = site.frame.locals(&ring);
    let outer = shape::around(&ring);
    let mut y = outer.y0;
    while y < outer.y1 {
        let depth = site.dice.between(15.0, 20.0);
        let Some((x0, x1)) = x_range(&ring, y, (y + depth).min(outer.y1)).filter(|r| r.1 - r.0 > 12.0) else {
            y += 2.5;
            continue;
        };
        if y + depth > outer.y1 {
            break;
        }
        let mut x = x0;
        while x1 - x > 11.0 {
            let mut w = site.dice.between(13.0, 21.0).min(x1 - x);
            if x1 - x - w < 12.0 {
                w = (x1 - x).min(26.0);
            }
            let b = Box2::new(x, y, x + w, y + depth);
            let arm = site.dice.between(3.6, 4.6);
            let storeys = if site.dice.chance(0.15) { 2 } else { 1 };
            match site.dice.whole(0, 9) {
                0..=4 if w > 12.5 => {
                    site.build(&b.ring(), Use::Residential, storeys, 3.6);
                    site.pierce(&footprints::court(b, arm));
                }
                5 | 6 => {
                    site.build(&footprints::horseshoe(b, arm), Use::Residential, storeys, 3.6);
                }
                7 => {
                    site.build(&footprints::ell(b, arm + 0.6), Use::Residential, storeys, 3.6);
                }
                8 => {
                    // Two houses face each other across the yard.
                    for part in [Box2 { y1: b.y0 + arm + 1.0, ..b }, Box2 { y0: b.y1 - arm - 1.0, ..b }] {
                        site.build(&part.ring(), Use::Residential, 1, 3.5);
                    }
                }
                _ => {
                    let part = Box2 { y0: b.y1 - depth * 0.5, ..b };
                    site.build(&part.ring(), Use::Residential, storeys, 3.6);
                }
            }
            let from = site.buildings.len().saturating_sub(2);
            for house in &mut site.buildings[from..] {
                if house.used == Use::Residential {
                    house.entrances = 1;
                }
            }
            x += w + 1.4;
        }
        y += depth + site.dice.between(3.2, 4.4);
    }
}
