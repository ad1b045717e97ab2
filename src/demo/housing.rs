//! Housing of the last fifty years: rows of slabs that face south, and towers.

use super::buildings::{GroundKind, Site, Use};
use super::footprints::{self, moved};
use super::shape::{self, Box2, Point, x_range};

/// Distance between rows as a multiple of the height in front: Tianjin's rule of thumb for two
/// hours of sun on the Great Cold day lies between 1.5 and 1.7 for slabs.
const SUN_SPACING: f64 = 1.55;

/// One stair with two flats a floor is about so long, metres.
const ENTRANCE: f64 = 13.6;

/// Rows of slabs. `storeys` is the usual number, `tall` how many more the northern rows may have.
pub(super) fn slabs(site: &mut Site, storeys: u32, tall: u32, depth: f64) {
    let yard = with_shops(site, 0.66, if site.year < 1996 { 4.5 } else { 6.0 });
    let outer = shape::around(&yard);
    let mut y = outer.y0 + 1.0;
    let mut row = 0;
    let entrances = site.dice.whole(3, 5);
    let longest = f64::from(entrances) * ENTRANCE;
    let step_out = site.dice.chance(0.35);
    let centre = outer.middle();
    let garden = (shape::area(&yard) > 17_000.0 && outer.depth() > 110.0).then(|| {
        let x = centre[0] + site.dice.between(-12.0, 12.0);
        Box2::new(x - 24.0, centre[1] - 20.0, x + 24.0, centre[1] + 20.0)
    });
    while y + depth < outer.y1 {
        let Some((x0, x1)) = x_range(&yard, y, y + depth).filter(|r| r.1 - r.0 > 2.0 * ENTRANCE) else {
            y += 3.0;
            continue;
        };
        // The last rows have nobody behind them in the parcel: they may be taller.
        let last = y + 2.0 * depth + 20.0 > outer.y1;
        let height = storeys + if last && tall > 0 { site.dice.whole(0, tall) } else { 0 };
        for (x, w, n) in pieces(x0, x1, longest) {
            let b = Box2::new(x, y, x + w, y + depth);
            if garden.is_some_and(|g| meets(&g, &b, 8.0)) {
                continue;
            }
            let ring = if step_out && n >= 4.0 { footprints::stepped(b, 1.8) } else { b.ring() };
            site.house(&ring, height, n as u32);
        }
        // Estates of before the standard (1988) stand closer; tall ones are judged by hours of sun.
        let closer = if height > 8 {
            0.8
        } else if site.year < 1988 {
            0.76
        } else {
            1.0
        };
        let spacing = (f64::from(height) * 2.9 * SUN_SPACING * closer).max(16.0);
        shed(site, &yard, garden, row, y + depth + spacing / 2.0, x0);
        if row % 2 == 1 || storeys > 6 {
            lawn_row(site, &yard, garden, y + depth + 5.0, (y + depth + spacing - 5.0).min(outer.y1), (x0, x1));
        }
        y += depth + spacing;
        row += 1;
    }
    if let Some(g) = garden {
        site.lawn(g, GroundKind::Courtyard);
    }
}

/// The slabs of a row: start, length, entrances. Entrances stretch a little so that rows are full.
fn pieces(x0: f64, x1: f64, longest: f64) -> Vec<(f64, f64, f64)> {
    let gap = 7.5;
    let room = x1 - x0;
    let count = ((room + gap) / (longest + gap)).ceil().max(1.0);
    let each = (room - (count - 1.0) * gap) / count;
    let entrances = (each / ENTRANCE).round().max(1.0);
    let width = each.min(entrances * ENTRANCE * 1.12);
    let step = if count > 1.0 { (room - width) / (count - 1.0) } else { 0.0 };
    let start = if count > 1.0 { x0 } else { x0 + (room - width) / 2.0 };
    (0..count as u32).map(|i| (start + f64::from(i) * step, width, entrances)).collect()
}

/// A one-storey shed or service room between two rows, as old estates have them: bicycles,
/// switchgear, heat exchange.
fn shed(site: &mut Site, yard: &[Point], garden: Option<Box2>, row: u32, middle: f64, x0: f64) {
    if site.year > 2002 || row % 2 == 1 || site.dice.chance(0.25) {
        return;
    }
    let (w, d) = (site.dice.between(10.0, 26.0), site.dice.between(5.0, 6.5));
    let Some((a, b)) = x_range(yard, middle - d / 2.0, middle + d / 2.0) else { return };
    let from = if site.dice.chance(0.5) { a.max(x0) + 1.0 } else { b - w - 1.0 };
    let room = Box2::new(from, middle - d / 2.0, from + w, middle + d / 2.0);
    if from > a && from + w < b && garden.is_none_or(|g| !meets(&g, &room, 2.0)) {
        site.build(&room.ring(), Use::Utility, 1, 3.2);
    }
}

fn lawn_row(site: &mut Site, yard: &[Point], garden: Option<Box2>, y0: f64, y1: f64, x: (f64, f64)) {
    if y1 - y0 < 4.0 {
        return;
    }
    let Some(range) = x_range(yard, y0, y1) else { return };
    let b = Box2::new(range.0.max(x.0) + 2.0, y0, range.1.min(x.1) - 2.0, y1);
    let halves = match garden.filter(|g| meets(g, &b, 4.0)) {
        Some(g) => [Box2 { x1: g.x0 - 5.0, ..b }, Box2 { x0: g.x1 + 5.0, ..b }],
        None => {
            let m = (b.x0 + b.x1) / 2.0;
            [Box2 { x1: m - 3.0, ..b }, Box2 { x0: m + 3.0, ..b }]
        }
    };
    for half in halves {
        site.lawn(half, GroundKind::Courtyard);
    }
}

pub(super) fn meets(a: &Box2, b: &Box2, margin: f64) -> bool {
    a.x0 - margin < b.x1 && b.x0 - margin < a.x1 && a.y0 - margin < b.y1 && b.y0 - margin < a.y1
}

/// Puts shops along one or two streets and returns the yard that is left.
fn with_shops(site: &mut Site, p: f64, border: f64) -> Vec<Point> {
    let mut taken: Vec<(usize, f64)> = Vec::new();
    if site.dice.chance(p) {
        let edge = site.edge(true);
        let storeys = site.dice.whole(1, 2);
        taken.push((edge, site.shops(edge, storeys) + 7.0));
    }
    let ring = shape::inset_by(site.ring, |k| taken.iter().find(|t| t.0 == k).map_or(border, |t| t.1));
    site.frame.locals(&ring)
}

/// Towers of flats around gardens.
pub(super) fn towers(site: &mut Site, low: u32, high: u32) {
    let yard = with_shops(site, 0.8, 9.0);
    let outer = shape::around(&yard);
    let slab_towers = site.dice.chance(0.45);
    let (w, d) = if slab_towers {
        (2.0 * site.dice.between(17.0, 20.0), site.dice.between(14.5, 16.5))
    } else {
        (site.dice.between(25.0, 30.0), site.dice.between(18.5, 22.0))
    };
    let plan = if slab_towers { footprints::notched(w, d, w * 0.24, 1.6) } else { footprints::flats(site.dice, w, d) };
    let mut y = outer.y0 + 2.0;
    let mut row = 0;
    while y + d <= outer.y1 {
        let Some((x0, x1)) = x_range(&yard, y, y + d).filter(|r| r.1 - r.0 > w) else {
            y += 4.0;
            continue;
        };
        let storeys = site.dice.whole(low, high);
        let count = (((x1 - x0) + 15.0) / (w + 17.0)).floor().max(1.0);
        let gap = if count > 1.0 { ((x1 - x0 - count * w) / (count - 1.0)).min(46.0) } else { 0.0 };
        let used = count * w + (count - 1.0) * gap;
        // Rows are shifted against each other as far as there is room.
        let free = x1 - x0 - used;
        let start = x0 + if row % 2 == 0 { 0.0 } else { free };
        for i in 0..count as u32 {
            let x = start + f64::from(i) * (w + gap) + w / 2.0;
            let more = storeys.saturating_sub(site.dice.whole(0, 3)).max(low);
            site.house(&moved(&plan, [x, y + d / 2.0]), more, if slab_towers { 2 } else { 1 });
        }
        let spacing = (f64::from(storeys) * 2.9 * 0.6).clamp(32.0, 50.0);
        let (g0, g1) = (y + d + 7.0, (y + d + spacing - 7.0).min(outer.y1));
        if g1 - g0 > 6.0
            && let Some((a, b)) = x_range(&yard, g0, g1)
        {
            let m = (a + b) / 2.0;
            for half in [Box2::new(a + 3.0, g0, m - 4.0, g1), Box2::new(m + 4.0, g0, b - 3.0, g1)] {
                site.lawn(half, GroundKind::Courtyard);
            }
        }
        y += d + spacing;
        row += 1;
    }
}

/// Podiums one behind the other along the parcel, each with a slab of flats on its north edge.
fn mixed_row(site: &mut Site, b: Box2, podium: u32, storeys: u32) {
    let count = ((b.depth() + 14.0) / 52.0).floor().clamp(1.0, 3.0);
    let depth = (b.depth() - 14.0 * (count - 1.0)) / count;
    for i in 0..count as u32 {
        let y0 = b.y0 + f64::from(i) * (depth + 14.0);
        let base = Box2 { y0, y1: y0 + depth.min(46.0), ..b };
        let base = if i == 0 { base } else { Box2 { x0: b.x0 + b.width() * 0.12, ..base } };
        let storeys = storeys.saturating_sub(3 * i).max(11);
        let (w, d) = ((base.width() - 6.0).min(44.0), 15.5);
        let half = base.width() > 100.0;
        let y = base.y1 - d / 2.0 - 3.0;
        let spots = if half { vec![base.x0 + 4.0 + w / 2.0, base.x1 - 4.0 - w / 2.0] } else { vec![base.middle()[0]] };
        let bodies: Vec<_> = spots
            .into_iter()
            .map(|x| (moved(&footprints::notched(w, d, w * 0.24, 1.6), [x, y]), storeys, Use::Apartment, 2.95))
            .collect();
        site.podium(&base.ring(), podium, Use::Apartment, &bodies);
    }
}

/// Shops below, flats above (商住): a podium along the street with slabs or points on it.
pub(super) fn mixed(site: &mut Site, low: u32, high: u32) {
    let yard = site.yard(7.0);
    let Some(b) = shape::inner_box(&yard).filter(|b| b.width() > 34.0 && b.depth() > 26.0) else {
        slabs(site, 6, 0, 11.5);
        return;
    };
    let podium = site.dice.whole(2, 4);
    let storeys = site.dice.whole(low, high);
    if b.depth() > 46.0 && site.dice.chance(0.5) {
        mixed_row(site, b, podium, storeys);
        return;
    }
    let deep = b.depth() > 70.0;
    let base = if deep { footprints::horseshoe(b, 30.0_f64.min(b.width() / 3.0)) } else { b.ring() };
    let mut bodies = Vec::new();
    let d = 16.0;
    let w = 26.0_f64.min(b.width() / 2.0 - 6.0);
    if deep {
        // Points stand on the back wing, one on each arm.
        let arm = 30.0_f64.min(b.width() / 3.0);
        let wide = (arm - 6.0).min(24.0);
        for x in [b.x0 + arm / 2.0, b.x1 - arm / 2.0] {
            for y in [b.y0 + 3.0 + wide / 2.0, b.y1 - arm / 2.0] {
                let plan = moved(&footprints::notched(wide, wide * 0.86, wide * 0.2, wide * 0.16), [x, y]);
                bodies.push((plan, storeys.saturating_sub(site.dice.whole(0, 4)).max(8), Use::Apartment, 2.95));
            }
        }
    } else {
        let y = b.y1 - d / 2.0 - 3.0;
        for x in [b.x0 + 3.0 + w / 2.0, b.x1 - 3.0 - w / 2.0] {
            let plan = moved(&footprints::block(w, d.min(b.depth() - 6.0)), [x, y.max(b.middle()[1])]);
            bodies.push((plan, storeys, Use::Apartment, 2.95));
        }
    }
    site.podium(&base, podium, Use::Apartment, &bodies);
    if deep {
        let arm = 30.0_f64.min(b.width() / 3.0);
        site.lawn(Box2::new(b.x0 + arm + 5.0, b.y0 + 3.0, b.x1 - arm - 5.0, b.y1 - arm - 5.0), GroundKind::Courtyard);
    }
}
