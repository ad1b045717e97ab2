//! Parcels: blocks divided, with land-use codes (2023 scheme), planning limits and what stands on them.

use super::blocks::{Block, Plot};
use super::buildings::{Building, Ground, Site, Use};
use super::dice::Dice;
use super::limits::{self, Broken, Limits};
use super::names::{self, Name};
use super::quarters::{Kind, Scale, Spec};
use super::shape::{self, Frame, Point, add, clip, dot, left, scale, sub};
use super::{centre, civic, housing, lowrise, works};

/// A parcel with everything on it.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) ring: Vec<Point>,
    /// The cell of the quarter it lies in.
    pub(super) cell: usize,
    pub(super) plot: Plot,
    pub(super) serial: u32,
    pub(super) year: u32,
    pub(super) name: Name,
    pub(super) limits: Limits,
    /// A limit that is broken on purpose.
    pub(super) broken: Option<Broken>,
    pub(super) buildings: Vec<Building>,
    pub(super) grounds: Vec<Ground>,
    pub(super) lakes: Vec<Vec<Point>>,
    pub(super) paths: Vec<Vec<Point>>,
}

/// Land-use class (用地用海分类 2023): code, Chinese, English, map colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LandUse {
    pub(super) code: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) colour: &'static str,
}

impl Plot {
    /// The land-use class, and a second one where uses are mixed.
    pub(super) fn land_use(self) -> (LandUse, Option<&'static str>) {
        let of = |code, zh, en, colour| (LandUse { code, zh, en, colour }, None);
        match self {
            Self::Office => of("0902", "商务金融用地", "Business and finance", "#FF0000"),
            Self::Mall => of("090101", "零售商业用地", "Retail", "#FF0000"),
            Self::Market => of("090102", "批发市场用地", "Wholesale market", "#FF0000"),
            Self::Hotel => of("090104", "旅馆用地", "Hotels", "#FF0000"),
            Self::Mixed => (
                LandUse {
                    code: "070102", zh: "二类城镇住宅用地", en: "Urban housing class 2", colour: "#FFFF2D"
                },
                Some("090101"),
            ),
            Self::Culture => of("080301", "图书与展览用地", "Library and exhibition", "#FF7F00"),
            Self::Plaza => of("1403", "广场用地", "Plaza", "#ACFFCF"),
            Self::Slabs | Self::MidSlabs | Self::Towers => {
                of("070102", "二类城镇住宅用地", "Urban housing class 2", "#FFFF2D")
            }
            Self::Terraces | Self::Villas => of("070101", "一类城镇住宅用地", "Urban housing class 1", "#FFFF2D"),
            Self::Courtyards => of("070103", "三类城镇住宅用地", "Urban housing class 3", "#FFFF2D"),
            Self::School => of("080403", "中小学用地", "Schools", "#FF85C9"),
            Self::Kindergarten => of("080404", "幼儿园用地", "Kindergarten", "#FF85C9"),
            Self::University => of("080401", "高等教育用地", "Higher education", "#FF85C9"),
            Self::Hospital => of("080601", "医院用地", "Hospital", "#FF7F7E"),
            Self::Factory => of("100101", "一类工业用地", "Industry class 1", "#BB9674"),
            Self::Warehouse => of("110101", "一类物流仓储用地", "Logistics class 1", "#8761D3"),
            Self::Community => of("0702", "城镇社区服务设施用地", "Urban community services", "#FFFF2D"),
            Self::Government => of("0801", "机关团体用地", "Government", "#FF00FF"),
            Self::Temple | Self::Church => of("1503", "宗教用地", "Religious", "#859156"),
            Self::Stadium => of("080501", "体育场馆用地", "Sports venues", "#00A57C"),
            Self::Pocket | Self::LakePark => of("1401", "公园绿地", "Park", "#00FF00"),
            Self::Parking => of("120803", "社会停车场用地", "Public parking", "#B7B7B7"),
            Self::BusStation => of("120802", "公共交通场站用地", "Transit station", "#B7B7B7"),
            Self::Substation => of("1303", "供电用地", "Power supply", "#006380"),
            Self::FireStation => of("1310", "消防用地", "Fire fighting", "#006380"),
            Self::Reserved => of("16", "留白用地", "Reserved land", "#FFFFFF"),
        }
    }

    /// Into how many parcels a block of `size` m² is divided.
    fn pieces(self, size: f64) -> u32 {
        let least = match self {
            Self::Office | Self::Hotel => 5_200.0,
            Self::Courtyards => 4_500.0,
            Self::Terraces | Self::Villas => 6_500.0,
            Self::Slabs | Self::MidSlabs => 21_000.0,
            Self::Towers | Self::Mixed => 30_000.0,
            Self::Factory | Self::Warehouse => 26_000.0,
            _ => return 1,
        };
        ((size / least + 0.35) as u32).clamp(1, 4)
    }

    /// Least green ratio, percent.
    pub(super) fn green(self) -> f64 {
        match self {
            Self::Slabs
            | Self::MidSlabs
            | Self::Towers
            | Self::Villas
            | Self::School
            | Self::Hospital
            | Self::University => 35.0,
            Self::Mixed | Self::Government | Self::Kindergarten | Self::Culture | Self::Community | Self::Stadium => {
                30.0
            }
            Self::Pocket | Self::LakePark => 65.0,
            Self::Office | Self::Hotel | Self::Terraces | Self::Temple | Self::Church => 25.0,
            Self::Factory | Self::Warehouse | Self::Substation => 15.0,
            _ => 20.0,
        }
    }

    fn built_between(self, kind: Kind) -> (u32, u32) {
        match self {
            Self::Courtyards | Self::Temple => (1902, 1937),
            Self::Terraces | Self::Villas | Self::Church => (1908, 1938),
            Self::Slabs => (1976, 1996),
            Self::MidSlabs => (1996, 2010),
            Self::Towers => (2004, 2022),
            Self::Office | Self::Hotel | Self::Mixed => (1994, 2022),
            Self::Factory | Self::Warehouse => (1984, 2018),
            Self::School | Self::Kindergarten | Self::Community if kind == Kind::OldSlabs => (1980, 2004),
            _ => (1990, 2019),
        }
    }
}

/// Divides a convex ring across its length into pieces of about equal length.
fn divide(ring: &[Point], pieces: u32) -> Vec<Vec<Point>> {
    if pieces < 2 {
        return vec![ring.to_vec()];
    }
    let mut axis = shape::long_axis(ring);
    let reach = |axis: Point| {
        let along = ring.iter().map(|p| dot(*p, axis));
        (along.clone().fold(f64::INFINITY, f64::min), along.fold(f64::NEG_INFINITY, f64::max))
    };
    let (a, b) = (reach(axis), reach(left(axis)));
    if b.1 - b.0 > a.1 - a.0 {
        axis = left(axis);
    }
    let (low, high) = reach(axis);
    let mut rest = ring.to_vec();
    let mut out = Vec::new();
    for i in 1..pieces {
        let at = add([0.0, 0.0], scale(axis, low + (high - low) * f64::from(i) / f64::from(pieces)));
        out.push(clip(&rest, at, scale(axis, -1.0)));
        rest = clip(&rest, at, axis);
    }
    out.push(rest);
    out.retain(|r| r.len() > 2);
    out
}

/// The parcels of a quarter's blocks, built on.
pub(super) fn build_on(scale_of: &Scale, spec: &Spec, blocks: &[Block]) -> Vec<Parcel> {
    let mut parcels = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let mut dice = Dice::new(&[scale_of.seed, 50, spec.key(), number as i64]);
        for ring in divide(&block.ring, block.plot.pieces(shape::area(&block.ring))) {
            let serial = parcels.len() as u32 + 1;
            parcels.push(build_one(scale_of, spec, block, ring, serial, &mut dice));
        }
    }
    parcels
}

fn build_one(scale_of: &Scale, spec: &Spec, block: &Block, ring: Vec<Point>, serial: u32, dice: &mut Dice) -> Parcel {
    let plot = block.plot;
    let (from, to) = plot.built_between(spec.kind);
    let year = dice.whole(from, to);
    let middle = shape::centroid(&ring);
    let rows = matches!(
        plot,
        Plot::Slabs
            | Plot::MidSlabs
            | Plot::Towers
            | Plot::Mixed
            | Plot::Courtyards
            | Plot::Terraces
            | Plot::Villas
            | Plot::School
            | Plot::Kindergarten
            | Plot::Temple
            | Plot::Hospital
            | Plot::Government
    );
    let axis = if rows { shape::row_axis(&ring) } else { shape::long_axis(&ring) };
    let away = shape::length(middle) / scale_of.centre;
    let mut site = Site {
        dice,
        ring: &ring,
        frame: Frame { origin: middle, axis },
        year,
        away,
        buildings: Vec::new(),
        grounds: Vec::new(),
        lakes: Vec::new(),
        paths: Vec::new(),
    };
    fill(&mut site, plot);
    let Site { buildings, grounds, lakes, paths, frame, .. } = site;
    let paths = paths.iter().map(|path| frame.worlds(path)).collect();
    let name = name_of(plot, spec, scale_of.seed, dice, year);
    let mut parcel = Parcel {
        ring,
        cell: block.cell,
        plot,
        serial,
        year,
        name,
        limits: Limits::default(),
        broken: None,
        buildings,
        grounds,
        lakes,
        paths,
    };
    keep_inside(&mut parcel);
    limits::set(&mut parcel, dice, scale_of.seed, spec);
    parcel
}

fn fill(site: &mut Site, plot: Plot) {
    match plot {
        Plot::Office if super::blocks::is_landmark(site.ring) => centre::landmark(site),
        Plot::Office => centre::offices(site, Use::Office),
        Plot::Hotel => centre::offices(site, Use::Hotel),
        Plot::Mall => centre::mall(site),
        Plot::Mixed => housing::mixed(site, 16, 30),
        Plot::Culture => centre::culture(site),
        Plot::Plaza => centre::square(site),
        Plot::Slabs => housing::slabs(site, 6, 0, 11.4),
        Plot::MidSlabs => {
            let storeys = site.dice.pick(&[6, 7, 9, 11]);
            housing::slabs(site, storeys, 5, 12.6);
        }
        Plot::Towers => {
            let high = site.dice.pick(&[18, 24, 27, 33]);
            housing::towers(site, high - 4, high);
        }
        Plot::Terraces => lowrise::terraces(site),
        Plot::Villas => lowrise::villas(site),
        Plot::Courtyards => lowrise::courtyards(site),
        Plot::School => civic::school(site, Use::School),
        Plot::Kindergarten => civic::kindergarten(site),
        Plot::Hospital => civic::hospital(site),
        Plot::University => civic::university(site),
        Plot::Factory => works::factory(site, Use::Industrial),
        Plot::Warehouse => works::factory(site, Use::Warehouse),
        Plot::Market => works::market(site),
        Plot::Community => civic::small(site, Use::Community, 4),
        Plot::Government => civic::government(site),
        Plot::Temple => civic::temple(site),
        Plot::Church => civic::church(site),
        Plot::Stadium => civic::stadium(site),
        Plot::Pocket => civic::pocket(site),
        Plot::LakePark => civic::lake_park(site),
        Plot::Parking => centre::parking(site),
        Plot::BusStation => civic::small(site, Use::Transport, 2),
        Plot::Substation => civic::small(site, Use::Utility, 2),
        Plot::FireStation => civic::small(site, Use::Utility, 4),
        Plot::Reserved => {}
    }
}

/// Drops what does not lie inside the parcel or stands too close to another building: odd
/// corners of wedge-shaped parcels. A law of the demo, not a repair.
fn keep_inside(parcel: &mut Parcel) {
    let ring = std::mem::take(&mut parcel.ring);
    parcel.buildings.retain(|b| b.ring.iter().all(|p| shape::holds(&ring, *p, 0.5)) && b.footprint() > 20.0);
    parcel.grounds.retain(|g| g.ring.iter().all(|p| shape::holds(&ring, *p, -0.01)));
    let mut kept: Vec<Building> = Vec::with_capacity(parcel.buildings.len());
    for building in parcel.buildings.drain(..) {
        if kept.iter().all(|other| apart(&other.ring, &building.ring)) {
            kept.push(building);
        }
    }
    parcel.buildings = kept;
    parcel.ring = ring;
}

/// Whether two footprints surely do not meet: a line along an edge of either hull, or an axis,
/// lies between them. Rings of a site share few directions, so that this finds nearly every gap.
fn apart(a: &[Point], b: &[Point]) -> bool {
    let (x, y) = (shape::around(a), shape::around(b));
    if !housing::meets(&x, &y, 0.3) {
        return true;
    }
    [a, b].iter().any(|ring| {
        (0..ring.len()).any(|i| {
            let normal = left(shape::unit(sub(ring[(i + 1) % ring.len()], ring[i])));
            let reach = |r: &[Point]| {
                let along = r.iter().map(|p| dot(*p, normal));
                (along.clone().fold(f64::INFINITY, f64::min), along.fold(f64::NEG_INFINITY, f64::max))
            };
            let (m, n) = (reach(a), reach(b));
            m.1 + 0.3 < n.0 || n.1 + 0.3 < m.0
        })
    })
}

fn name_of(plot: Plot, spec: &Spec, seed: i64, dice: &mut Dice, year: u32) -> Name {
    let key = [seed, 61, spec.key(), (dice.unit() * 1e12) as i64];
    let n = |zh, en| names::named(&key, zh, en);
    match plot {
        Plot::Slabs | Plot::MidSlabs | Plot::Towers => names::estate(dice, year),
        Plot::Mixed => n("商住楼", "Residences"),
        Plot::Office if dice.chance(0.5) => n("大厦", "Tower"),
        Plot::Office => n("中心", "Centre"),
        Plot::Mall => n("购物中心", "Mall"),
        Plot::Hotel => n("酒店", "Hotel"),
        Plot::Market => n("市场", "Market"),
        Plot::Culture if dice.chance(0.5) => n("博物馆", "Museum"),
        Plot::Culture => n("剧院", "Theatre"),
        Plot::Plaza => n("广场", "Square"),
        Plot::Terraces => n("里", "Li"),
        Plot::Villas => n("故居群", "Old Villas"),
        Plot::Courtyards => n("坊", "Fang"),
        Plot::School if spec.ordinal.is_multiple_of(2) => n("小学", "Primary School"),
        Plot::School => n("中学", "Middle School"),
        Plot::Kindergarten => n("幼儿园", "Kindergarten"),
        Plot::Hospital => n("医院", "Hospital"),
        Plot::University => n("大学", "University"),
        Plot::Factory => n("机械厂", "Machine Works"),
        Plot::Warehouse => n("物流园", "Logistics Park"),
        Plot::Community => n("社区服务中心", "Community Centre"),
        Plot::Government => n("行政服务中心", "Civic Centre"),
        Plot::Temple => n("寺", "Temple"),
        Plot::Church => n("教堂", "Church"),
        Plot::Stadium => n("体育场", "Stadium"),
        Plot::Pocket => n("游园", "Garden"),
        Plot::LakePark => n("公园", "Park"),
        Plot::Parking => n("停车楼", "Car Park"),
        Plot::BusStation => n("公交站", "Bus Station"),
        Plot::Substation => n("变电站", "Substation"),
        Plot::FireStation => n("消防站", "Fire Station"),
        Plot::Reserved => n("预留地", "Reserve"),
    }
}
