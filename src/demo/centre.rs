//! The business district: towers on podiums, malls, hotels, culture, squares.

use super::buildings::{GroundKind, Site, Use};
use super::footprints::{self, moved};
use super::shape::{self, Box2, Point};

/// How high towers want to be: a peak at the heart that falls off smoothly.
fn storeys_at(site: &mut Site, peak: f64) -> u32 {
    let fall = 1.0 / (1.0 + site.away * site.away * 2.1);
    let chance = site.dice.between(0.68, 1.1);
    (peak * fall * fall.sqrt() * chance).clamp(9.0, 64.0) as u32
}

/// A rectangle or, where the parcel is far from one, the parcel's own shape.
fn base(yard: &[Point]) -> Option<(Vec<Point>, Box2)> {
    let b = shape::inner_box(yard)?;
    if b.width() < 18.0 || b.depth() < 15.0 {
        return None;
    }
    let fits = b.width() * b.depth() / shape::area(yard).abs().max(1.0);
    Some((if fits < 0.86 && yard.len() <= 6 { yard.to_vec() } else { b.ring() }, b))
}

/// Offices: a podium with one or two towers, or a courtyard block of middle height.
pub(super) fn offices(site: &mut Site, used: Use) {
    let border = site.dice.between(6.0, 9.0);
    let yard = site.yard(border);
    let Some((ring, b)) = base(&yard) else {
        square(site);
        return;
    };
    let storeys = storeys_at(site, 62.0);
    if b.width().min(b.depth()) > 42.0 && storeys < 24 && site.dice.chance(0.45) {
        // A perimeter block around a court, as banks and ministries of the old centre have.
        let arm = site.dice.between(14.0, 17.0);
        let storeys = site.dice.whole(6, 12);
        site.build(&b.ring(), used, storeys, 3.9);
        site.pierce(&footprints::court(b, arm));
        site.lawn(b.shrunk(arm + 3.0), GroundKind::Courtyard);
        return;
    }
    let long = b.width().max(b.depth());
    let twin = long > 78.0 && site.dice.chance(0.6);
    let side = b.width().min(b.depth());
    let plan_size = (side - 6.0).clamp(13.0, if storeys > 40 { 46.0 } else { 38.0 });
    let podium = site.dice.whole(3, 5);
    let storey = if used == Use::Hotel { 3.5 } else { 4.1 };
    let mut bodies = Vec::new();
    let spots: Vec<Point> = if twin {
        let off = long / 2.0 - plan_size / 2.0 - 4.0;
        let m = b.middle();
        if b.width() > b.depth() {
            vec![[m[0] - off, m[1]], [m[0] + off, m[1]]]
        } else {
            vec![[m[0], m[1] - off], [m[0], m[1] + off]]
        }
    } else {
        let m = b.middle();
        let slide = (long - plan_size - 8.0).max(0.0) / 2.0 * site.dice.between(-0.8, 0.8);
        vec![if b.width() > b.depth() { [m[0] + slide, m[1]] } else { [m[0], m[1] + slide] }]
    };
    for (i, spot) in spots.iter().enumerate() {
        let stretch = if twin { 1.0 } else { site.dice.between(1.0, 1.35) };
        let wide = b.width() > b.depth();
        let (w, d) = if wide { (plan_size * stretch, plan_size) } else { (plan_size, plan_size * stretch) };
        let w = w.min(b.width() - 5.0).min(2.0 * (spot[0] - b.x0).min(b.x1 - spot[0]) - 2.0);
        let d = d.min(b.depth() - 5.0).min(2.0 * (spot[1] - b.y0).min(b.y1 - spot[1]) - 2.0);
        let plan = moved(&footprints::office(site.dice, w.max(10.0), d.max(10.0)), *spot);
        let more = if i == 0 { storeys } else { storeys * 4 / 5 };
        // Nobody builds a needle: at most some seven times as high as wide.
        let slender = (w.max(10.0).min(d.max(10.0)) * 1.7) as u32;
        bodies.push((plan, more.min(slender).max(6), used, storey));
    }
    if b.width() * b.depth() < 1_300.0 && !twin {
        let storeys = storeys.min(22);
        site.build(&b.ring(), used, storeys, storey);
    } else {
        site.podium(&ring, podium, used, &bodies);
    }
}

/// The landmark of the district: a very tall slender tower with a stepped top.
pub(super) fn landmark(site: &mut Site) {
    let yard = site.yard(7.0);
    let Some((ring, b)) = base(&yard) else { return };
    let side = (b.width().min(b.depth()) - 8.0).min(50.0);
    let m = b.middle();
    let bodies = [
        (moved(&footprints::chamfered(side, side, side * 0.2), m), 34, Use::Office, 4.2),
        (moved(&footprints::chamfered(side * 0.8, side * 0.8, side * 0.18), m), 52, Use::Office, 4.2),
        (moved(&footprints::chamfered(side * 0.55, side * 0.55, side * 0.14), m), 66, Use::Hotel, 4.2),
    ];
    site.podium(&ring, 5, Use::Office, &bodies[..]);
    // The bodies stand inside each other: each begins where the one below ends.
    if let Some(tower) = site.buildings.last_mut() {
        for i in 2..tower.parts.len() {
            tower.parts[i].base = tower.parts[i - 1].top;
            tower.parts[i].storeys = ((tower.parts[i].top - tower.parts[i].base) / 4.2) as u32;
        }
    }
}

/// A shopping centre that fills its parcel, with a square in front.
pub(super) fn mall(site: &mut Site) {
    let yard = site.yard(9.0);
    let Some((_, mut b)) = base(&yard) else {
        square(site);
        return;
    };
    if b.width() > 62.0 {
        let wide = (b.width() * 0.2).min(24.0);
        site.ground(&Box2::new(b.x0, b.y0, b.x0 + wide - 4.0, b.y1).ring(), GroundKind::Plaza);
        b.x0 += wide;
    }
    let b = Box2 { x1: b.x1.min(b.x0 + 150.0), y1: b.y1.min(b.y0 + 105.0), ..b };
    let storeys = site.dice.whole(4, 6);
    let arm = b.width().min(b.depth()) * 0.55;
    let plan = match site.dice.whole(0, 3) {
        0 if b.width().min(b.depth()) > 40.0 => footprints::ell(b, arm),
        1 => moved(&footprints::chamfered(b.width(), b.depth(), b.width().min(b.depth()) * 0.22), b.middle()),
        2 => moved(&footprints::notched(b.width(), b.depth(), 9.0, 7.0), b.middle()),
        _ => b.ring(),
    };
    site.build(&plan, Use::Mall, storeys, 5.2);
}

/// A museum, theatre or library in a square.
pub(super) fn culture(site: &mut Site) {
    let yard = site.yard(10.0);
    let Some((_, b)) = base(&yard) else {
        square(site);
        return;
    };
    let size = b.width().min(b.depth()).min(90.0) * 0.72;
    let m = b.middle();
    let plan = match site.dice.whole(0, 2) {
        0 => shape::ellipse(m, size * 0.6, size * 0.46, 28),
        1 => moved(&footprints::chamfered(size, size * 0.8, size * 0.2), m),
        _ => moved(&footprints::notched(size * 1.1, size * 0.8, size * 0.2, size * 0.12), m),
    };
    site.ground(&yard.clone(), GroundKind::Plaza);
    let storeys = site.dice.whole(3, 5);
    site.build(&plan, Use::Culture, storeys, 5.4);
}

/// An open square.
pub(super) fn square(site: &mut Site) {
    let yard = site.yard(2.0);
    site.ground(&yard, GroundKind::Plaza);
}

/// A multi-storey car park.
pub(super) fn parking(site: &mut Site) {
    let yard = site.yard(8.0);
    if let Some(b) = shape::inner_box(&yard) {
        let b = Box2 { x1: b.x1.min(b.x0 + 80.0), y1: b.y1.min(b.y0 + 60.0), ..b };
        let storeys = site.dice.whole(4, 6);
        site.build(&b.ring(), Use::Transport, storeys, 3.2);
    }
}
