//! Schools, hospitals, offices of the city, temples, churches, stadiums, parks.

use super::buildings::{Ground, GroundKind, Site, Use};
use super::footprints::{self, moved};
use super::shape::{self, Box2, Point, sin_cos};

/// A school: classrooms around a court on one side, the running track on the other.
pub(super) fn school(site: &mut Site, used: Use) {
    let yard = site.yard(8.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let wide = b.width() >= b.depth();
    // The field takes a little less than half of the long side.
    let (field, house) = if wide {
        let m = b.x0 + b.width() * 0.46;
        (Box2 { x1: m - 6.0, ..b }, Box2 { x0: m + 6.0, ..b })
    } else {
        let m = b.y0 + b.depth() * 0.46;
        (Box2 { y1: m - 6.0, ..b }, Box2 { y0: m + 6.0, ..b })
    };
    let size = field.width().min(field.depth());
    if size > 22.0 {
        let reach = (size * 2.1).min(field.width().max(field.depth()));
        let size = size.min(reach / 1.75);
        let [cx, cy] = field.middle();
        let oval = if field.width() > field.depth() {
            Box2::new(cx - reach / 2.0, cy - size / 2.0, cx + reach / 2.0, cy + size / 2.0)
        } else {
            Box2::new(cx - size / 2.0, cy - reach / 2.0, cx + size / 2.0, cy + reach / 2.0)
        };
        site.ground(&footprints::track(oval), GroundKind::SportsField);
    }
    let (w, d) = (house.width().min(96.0), house.depth().min(84.0));
    let h = Box2::new(house.x0, house.y1 - d, house.x0 + w, house.y1);
    let storeys = site.dice.whole(4, 5);
    let arm: f64 = 11.5;
    if w < 26.0 || d < 24.0 {
        site.build(&Box2 { y0: h.y1 - arm.min(d), ..h }.ring(), used, storeys, 3.8);
        return;
    }
    let plan = match site.dice.whole(0, 3) {
        0 => footprints::ell(h, arm),
        1 if d > 50.0 => footprints::comb(h, arm),
        _ => footprints::horseshoe(h, arm),
    };
    site.build(&plan, used, storeys, 3.8);
    if house.depth() - d > 24.0 && w > 30.0 {
        // A gymnasium in the free corner.
        let gym = Box2::new(house.x0, house.y0, house.x0 + 34.0_f64.min(w), house.y1 - d - 9.0);
        let gym = Box2 { y1: gym.y1.min(gym.y0 + 26.0), ..gym };
        site.build(&gym.ring(), Use::Sports, 2, 5.0);
    }
}

/// A kindergarten: a low L around its playground.
pub(super) fn kindergarten(site: &mut Site) {
    let yard = site.yard(6.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let b = Box2 { x1: b.x1.min(b.x0 + 46.0), y1: b.y1.min(b.y0 + 40.0), ..b };
    if b.width() < 22.0 || b.depth() < 20.0 {
        site.build(&b.ring(), Use::Kindergarten, 2, 3.6);
        return;
    }
    // The playground lies south-east, in the sun: the L's corner is north-west.
    let mut plan = footprints::ell(Box2::new(b.x0, -b.y1, b.x1, -b.y0), 11.0);
    plan.iter_mut().for_each(|p| p[1] = -p[1]);
    plan.reverse();
    site.build(&plan, Use::Kindergarten, 3, 3.6);
    site.lawn(Box2::new(b.x0 + 14.0, b.y0 + 1.0, b.x1, b.y1 - 14.0), GroundKind::Courtyard);
}

/// A hospital: a ward tower on a broad podium, and an outpatient wing.
pub(super) fn hospital(site: &mut Site) {
    let yard = site.yard(9.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let split = b.y0 + b.depth() * 0.5;
    let back = Box2 { y0: split + 8.0, x1: b.x1.min(b.x0 + 96.0), y1: b.y1.min(split + 58.0), ..b };
    let front = Box2 { y1: split - 8.0, y0: b.y0.max(split - 52.0), x1: b.x1.min(b.x0 + 96.0), ..b };
    if back.width() > 40.0 && back.depth() > 22.0 {
        let d = back.depth().min(21.0);
        let plan = moved(&footprints::block(back.width() - 10.0, d - 3.0), [back.middle()[0], back.y1 - d / 2.0]);
        let more = site.dice.whole(10, 17);
        site.podium(&back.ring(), 4, Use::Hospital, &[(plan, more, Use::Hospital, 3.8)]);
    }
    if front.width() > 36.0 && front.depth() > 38.0 {
        let storeys = site.dice.whole(4, 6);
        site.build(&footprints::comb(front, 12.0), Use::Hospital, storeys, 4.0);
    } else if front.width() > 20.0 && front.depth() > 12.0 {
        site.build(&front.ring(), Use::Hospital, 4, 4.0);
    }
}

/// Offices of the city behind a forecourt.
pub(super) fn government(site: &mut Site) {
    let yard = site.yard(9.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let b = Box2 { x1: b.x1.min(b.x0 + 84.0), ..b };
    let d = (b.depth() * 0.55).min(46.0);
    let h = Box2 { y0: b.y1 - d, ..b };
    let storeys = site.dice.whole(5, 10);
    let plan = if d > 32.0 && h.width() > 44.0 { footprints::horseshoe(h, 15.0) } else { h.ring() };
    site.build(&plan, Use::Government, storeys, 3.7);
    site.lawn(Box2::new(b.x0, b.y0, b.x1, h.y0 - 10.0), GroundKind::Courtyard);
}

/// A university: long halls around lawns, a library in the middle, dormitories, a stadium track.
pub(super) fn university(site: &mut Site) {
    let yard = site.yard(12.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let m = b.middle();
    let kind = site.dice.whole(0, 2);
    if kind == 0 && b.width() > 150.0 && b.depth() > 90.0 {
        // Sports and dormitories.
        let oval = Box2::new(b.x0, b.y0 + 4.0, b.x0 + 92.0, (b.y0 + 180.0).min(b.y1 - 2.0));
        site.ground(&footprints::track(oval), GroundKind::SportsField);
        let mut y = b.y0;
        while y + 15.0 < b.y1 {
            let mut x = b.x0 + 106.0;
            while x + 40.0 < b.x1 {
                let w = (b.x1 - x).min(58.0);
                let i = site.build(&Box2::new(x, y, x + w, y + 15.0).ring(), Use::University, 6, 3.3);
                site.buildings[i].entrances = 0;
                x += w + 12.0;
            }
            y += 42.0;
        }
        return;
    }
    let library = Box2::new(m[0] - 26.0, m[1] - 20.0, m[0] + 26.0, m[1] + 20.0);
    site.build(&moved(&footprints::notched(52.0, 40.0, 8.0, 6.0), m), Use::University, 6, 4.2);
    let court = library.shrunk(-14.0);
    for (hall, flip) in [
        (Box2::new(b.x0, court.y1.max(b.y0), b.x1, b.y1), false),
        (Box2::new(b.x0, b.y0, b.x1, court.y0.min(b.y1)), true),
    ] {
        let mut x = hall.x0;
        while hall.depth() > 26.0 && x + 44.0 < hall.x1 {
            let w = site.dice.between(48.0, 74.0).min(hall.x1 - x);
            let d = hall.depth().min(site.dice.between(40.0, 58.0));
            let h = if flip {
                Box2::new(x, hall.y0, x + w, hall.y0 + d)
            } else {
                Box2::new(x, hall.y1 - d, x + w, hall.y1)
            };
            let storeys = site.dice.whole(4, 6);
            let plan = match site.dice.whole(0, 2) {
                0 => footprints::ell(h, 14.0),
                1 => footprints::horseshoe(h, 14.0),
                _ => h.ring(),
            };
            let ring_shaped = plan.len() == 4;
            site.build(&plan, Use::University, storeys, 3.9);
            if ring_shaped && h.width() > 40.0 && h.depth() > 36.0 {
                site.pierce(&footprints::court(h, 12.5));
            }
            x += w + 16.0;
        }
    }
    site.lawn(Box2::new(b.x0, court.y0 + 3.0, library.x0 - 8.0, court.y1 - 3.0), GroundKind::Courtyard);
    site.lawn(Box2::new(library.x1 + 8.0, court.y0 + 3.0, b.x1, court.y1 - 3.0), GroundKind::Courtyard);
}

/// Halls one behind the other along an axis, with side wings.
pub(super) fn temple(site: &mut Site) {
    let yard = site.yard(6.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let m = b.middle();
    let wide = (b.width() * 0.42).min(26.0);
    let mut y = b.y0 + 2.0;
    while y + 12.0 < b.y1 {
        site.build(&Box2::new(m[0] - wide / 2.0, y, m[0] + wide / 2.0, y + 11.0).ring(), Use::Religious, 1, 9.0);
        for x in [m[0] - wide / 2.0 - 11.0, m[0] + wide / 2.0 + 5.0] {
            if x > b.x0 && x + 6.0 < b.x1 && y + 24.0 < b.y1 {
                site.build(&Box2::new(x, y + 9.0, x + 6.0, y + 22.0).ring(), Use::Religious, 1, 5.0);
            }
        }
        y += 28.0;
    }
    site.lawn(Box2::new(b.x0, b.y0, m[0] - wide / 2.0 - 14.0, b.y1), GroundKind::Courtyard);
    site.lawn(Box2::new(m[0] + wide / 2.0 + 14.0, b.y0, b.x1, b.y1), GroundKind::Courtyard);
}

/// A church with a nave, a transept and a tower (as parts) in a green.
pub(super) fn church(site: &mut Site) {
    let yard = site.yard(5.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let m = b.middle();
    let reach = (b.width().min(b.depth()) - 4.0).min(44.0);
    let (l, w) = (reach, reach * 0.36);
    let nave = vec![
        [m[0] - l / 2.0, m[1] - w / 2.0],
        [m[0] + l * 0.12, m[1] - w / 2.0],
        [m[0] + l * 0.12, m[1] - w],
        [m[0] + l * 0.34, m[1] - w],
        [m[0] + l * 0.34, m[1] - w / 2.0],
        [m[0] + l / 2.0, m[1] - w / 3.0],
        [m[0] + l / 2.0, m[1] + w / 3.0],
        [m[0] + l * 0.34, m[1] + w / 2.0],
        [m[0] + l * 0.34, m[1] + w],
        [m[0] + l * 0.12, m[1] + w],
        [m[0] + l * 0.12, m[1] + w / 2.0],
        [m[0] - l / 2.0, m[1] + w / 2.0],
    ];
    let tower = moved(&footprints::block(w * 0.6, w * 0.6), [m[0] - l / 2.0 + w * 0.4, m[1]]);
    site.podium(&nave, 3, Use::Religious, &[(tower, 4, Use::Religious, 4.5)]);
    if let Some(last) = site.buildings.last_mut() {
        last.parts[0].used = Use::Religious;
        last.below = 0;
    }
    site.ground(&yard, GroundKind::Courtyard);
}

/// A sports ground with a hall.
pub(super) fn stadium(site: &mut Site) {
    let yard = site.yard(9.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let (rx, ry) = ((b.width() / 2.0).min(92.0), (b.depth() / 2.0).min(78.0));
    let m = b.middle();
    site.build(&shape::ellipse(m, rx, ry, 40), Use::Sports, 3, 6.0);
    let mut hole = shape::ellipse(m, rx * 0.66, ry * 0.62, 32);
    hole.reverse();
    site.pierce(&hole);
    site.ground(&shape::ellipse(m, rx * 0.62, ry * 0.58, 32), GroundKind::SportsField);
}

/// A small house in a yard: services of the community, police, fire brigade, substation, bus station.
pub(super) fn small(site: &mut Site, used: Use, storeys: u32) {
    let yard = site.yard(7.0);
    let Some(b) = shape::inner_box(&yard) else { return };
    let w = b.width().min(48.0);
    let d = b.depth().min(26.0);
    let h = Box2::new(b.x0, b.y1 - d, b.x0 + w, b.y1);
    let plan =
        if w > 34.0 && d > 22.0 { footprints::ell(Box2 { y0: (h.y0 - 8.0).max(b.y0), ..h }, 13.0) } else { h.ring() };
    site.build(&plan, used, storeys, 3.7);
    site.lawn(Box2::new(b.x0, b.y0, b.x1, (h.y0 - 14.0).max(b.y0)), GroundKind::Courtyard);
}

/// A pocket park: a lawn with crossing paths and perhaps a pavilion.
pub(super) fn pocket(site: &mut Site) {
    let yard = site.yard(1.5);
    if yard.len() < 3 {
        return;
    }
    site.ground(&yard, GroundKind::Park);
    let inner = site.yard(6.0);
    if shape::area(&inner) > 600.0 {
        let c = shape::centroid(&inner);
        site.paths.extend(inner.iter().map(|corner| vec![*corner, c]));
    }
}

/// A great park: a lake with an island's worth of bends, lawns, ring paths, a pavilion by the water.
pub(super) fn lake_park(site: &mut Site) {
    let yard = site.yard(6.0);
    let outer = shape::around(&yard);
    let lake_middle = lake_centre(&yard);
    let (rx, ry) = (outer.width() * 0.24, outer.depth() * 0.21);
    let bends = [site.dice.unit() * 6.3, site.dice.unit() * 6.3];
    let shore = |grow: f64, n: u32| -> Vec<Point> {
        (0..n)
            .map(|i| {
                let a = std::f64::consts::TAU * f64::from(i) / f64::from(n);
                let r = 1.0 + 0.16 * sin_cos(2.0 * a + bends[0]).0 + 0.10 * sin_cos(3.0 * a + bends[1]).0;
                let (s, c) = sin_cos(a);
                [lake_middle[0] + (rx * r + grow) * c, lake_middle[1] + (ry * r + grow) * s]
            })
            .collect()
    };
    let lake = shore(0.0, 56);
    let mut hole = lake.clone();
    hole.reverse();
    site.lakes.push(site.frame.worlds(&lake));
    site.grounds.push(Ground {
        ring: site.frame.worlds(&yard),
        holes: vec![site.frame.worlds(&hole)],
        kind: GroundKind::Park,
    });
    let mut ring = shore(9.0, 48);
    ring.push(ring[0]);
    site.paths.push(ring.clone());
    let mut outer_path = site.yard(24.0);
    outer_path.extend(outer_path.first().copied());
    // Spokes from the gates in the middle of each side to the shore.
    for (i, corner) in yard.iter().enumerate() {
        let gate = shape::mix(*corner, yard[(i + 1) % yard.len()], 0.5);
        let near = ring.iter().min_by(|a, b| shape::distance(**a, gate).total_cmp(&shape::distance(**b, gate)));
        if let Some(near) = near {
            site.paths.push(vec![gate, *near]);
        }
    }
    site.paths.push(outer_path);
    for (i, at) in [shore(30.0, 7)[1], shore(34.0, 7)[3], shore(28.0, 7)[5]].into_iter().enumerate() {
        let ring = if i == 0 { footprints::block(26.0, 14.0) } else { shape::ellipse([0.0, 0.0], 6.0, 6.0, 8) };
        site.build(&moved(&ring, at), Use::Culture, 1, 5.0);
    }
}

/// Where the lake of a great park lies, in the frame of the given ring.
pub(super) fn lake_centre(yard: &[Point]) -> Point {
    let outer = shape::around(yard);
    let c = shape::centroid(yard);
    [c[0] - outer.width() * 0.07, c[1] - outer.depth() * 0.05]
}
