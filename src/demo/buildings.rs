//! What stands on a parcel: the building type, its use, and the site that fillers write on.

use super::dice::Dice;
use super::names::Name;
use super::shape::{self, Box2, Frame, Point, area, clip, inset_by, left, scale, sub, unit};

/// What a building is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Residential,
    Apartment,
    Office,
    Retail,
    Mall,
    Hotel,
    School,
    Kindergarten,
    University,
    Hospital,
    Industrial,
    Warehouse,
    Government,
    Culture,
    Sports,
    Religious,
    Community,
    Market,
    Utility,
    Transport,
}

impl Use {
    /// The word in data, English and Chinese.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Residential => ("residential", "住宅"),
            Self::Apartment => ("apartment", "商住公寓"),
            Self::Office => ("office", "办公"),
            Self::Retail => ("retail", "商业"),
            Self::Mall => ("mall", "商场"),
            Self::Hotel => ("hotel", "旅馆"),
            Self::School => ("school", "中小学"),
            Self::Kindergarten => ("kindergarten", "幼儿园"),
            Self::University => ("university", "高等院校"),
            Self::Hospital => ("hospital", "医院"),
            Self::Industrial => ("industrial", "工业厂房"),
            Self::Warehouse => ("warehouse", "仓储"),
            Self::Government => ("government", "机关团体"),
            Self::Culture => ("culture", "文化"),
            Self::Sports => ("sports", "体育"),
            Self::Religious => ("religious", "宗教"),
            Self::Community => ("community", "社区服务"),
            Self::Market => ("market", "市场"),
            Self::Utility => ("utility", "公用设施"),
            Self::Transport => ("transport", "交通场站"),
        }
    }
}

/// A part of a building: an own body over part of the footprint.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) ring: Vec<Point>,
    pub(super) holes: Vec<Vec<Point>>,
    pub(super) base: f64,
    pub(super) top: f64,
    pub(super) storeys: u32,
    pub(super) used: Use,
}

/// A building.
#[derive(Clone, Debug)]
pub(super) struct Building {
    pub(super) ring: Vec<Point>,
    pub(super) holes: Vec<Vec<Point>>,
    pub(super) used: Use,
    pub(super) storeys: u32,
    pub(super) below: u32,
    pub(super) height: f64,
    pub(super) year: u32,
    /// Entrances of housing; 0 for the rest.
    pub(super) entrances: u32,
    pub(super) parts: Vec<Part>,
    pub(super) name: Option<Name>,
}

impl Building {
    /// Area of the footprint, m².
    pub(super) fn footprint(&self) -> f64 {
        area(&self.ring).abs() - self.holes.iter().map(|h| area(h).abs()).sum::<f64>()
    }

    /// Floor area above ground, m²: each body's plan times its storeys.
    pub(super) fn floor_area(&self) -> f64 {
        if self.parts.is_empty() {
            return self.footprint() * f64::from(self.storeys);
        }
        let plan = |p: &Part| area(&p.ring).abs() - p.holes.iter().map(|h| area(h).abs()).sum::<f64>();
        self.parts.iter().map(|p| plan(p) * f64::from(p.storeys)).sum()
    }

    /// Dwellings on a floor of one entrance.
    pub(super) fn per_floor(&self) -> u32 {
        match self.used {
            Use::Residential if self.storeys >= 15 => 4,
            Use::Residential => 2,
            Use::Apartment => 8,
            _ => 0,
        }
    }

    /// Number of dwellings.
    pub(super) fn units(&self) -> u32 {
        let storeys = self.parts.last().map_or(self.storeys, |p| p.storeys);
        self.entrances * storeys * self.per_floor()
    }

    /// FWJG structure code: 1 steel, 2 steel and RC, 3 RC, 4 mixed, 5 brick and timber.
    pub(super) fn structure(&self) -> u32 {
        match self.used {
            Use::Industrial | Use::Warehouse | Use::Sports => 1,
            _ if self.height > 150.0 => 2,
            _ if self.year < 1950 && self.storeys <= 2 => 5,
            _ if self.year < 2000 && self.storeys <= 7 => 4,
            _ => 3,
        }
    }
}

/// Green or paved ground on a parcel.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) ring: Vec<Point>,
    pub(super) holes: Vec<Vec<Point>>,
    pub(super) kind: GroundKind,
}

/// What the ground is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroundKind {
    Park,
    Courtyard,
    SportsField,
    Plaza,
    Embankment,
    Protective,
}

impl GroundKind {
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Park => ("park", "公园绿地"),
            Self::Courtyard => ("garden", "附属绿地"),
            Self::SportsField => ("sports_field", "运动场"),
            Self::Plaza => ("plaza", "广场"),
            Self::Embankment => ("embankment", "堤岸绿地"),
            Self::Protective => ("protective", "防护绿地"),
        }
    }
}

/// A parcel being built on. Rings that fillers give are in `frame`'s local metres.
pub(super) struct Site<'a> {
    pub(super) dice: &'a mut Dice,
    /// The parcel, map metres.
    pub(super) ring: &'a [Point],
    pub(super) frame: Frame,
    /// Year of most of its buildings.
    pub(super) year: u32,
    /// Share of the way from the city's heart (0) to the edge of the business district (1) and beyond.
    pub(super) away: f64,
    pub(super) buildings: Vec<Building>,
    pub(super) grounds: Vec<Ground>,
    pub(super) lakes: Vec<Vec<Point>>,
    pub(super) paths: Vec<Vec<Point>>,
}

impl Site<'_> {
    /// The parcel less a border, in local metres.
    pub(super) fn yard(&self, border: f64) -> Vec<Point> {
        self.frame.locals(&shape::inset(self.ring, border))
    }

    fn rounded(&self, ring: &[Point]) -> Vec<Point> {
        self.frame.worlds(ring)
    }

    /// Puts up a building of equal storeys; returns its number.
    pub(super) fn build(&mut self, ring: &[Point], used: Use, storeys: u32, storey: f64) -> usize {
        let year = (self.year + self.dice.whole(0, 5)).saturating_sub(2).min(2025);
        let extra = if storeys > 12 { 3.0 } else { 0.6 };
        self.buildings.push(Building {
            ring: self.rounded(ring),
            holes: Vec::new(),
            used,
            storeys,
            below: if storeys > 9 { 2 } else { 0 },
            height: f64::from(storeys) * storey + extra,
            year,
            entrances: 0,
            parts: Vec::new(),
            name: None,
        });
        self.buildings.len() - 1
    }

    /// Adds a courtyard to the last building.
    pub(super) fn pierce(&mut self, hole: &[Point]) {
        let hole = self.rounded(hole);
        if let Some(last) = self.buildings.last_mut() {
            last.holes.push(hole);
        }
    }

    /// Housing with entrances.
    pub(super) fn house(&mut self, ring: &[Point], storeys: u32, entrances: u32) {
        let i = self.build(ring, Use::Residential, storeys, 2.9);
        self.buildings[i].entrances = entrances;
    }

    /// A podium that fills `ring` with bodies of their own on top (plan, storeys, use, storey height).
    pub(super) fn podium(&mut self, ring: &[Point], storeys: u32, used: Use, bodies: &[(Vec<Point>, u32, Use, f64)]) {
        let height = f64::from(storeys) * 4.8;
        let mut parts = vec![Part {
            ring: self.rounded(ring),
            holes: Vec::new(),
            base: 0.0,
            top: height,
            storeys,
            used: Use::Retail,
        }];
        let mut top = (height, storeys);
        for (plan, more, what, storey) in bodies {
            let part_top = height + f64::from(*more) * storey + 3.5;
            top = if part_top > top.0 { (part_top, storeys + more) } else { top };
            parts.push(Part {
                ring: self.rounded(plan),
                holes: Vec::new(),
                base: height,
                top: part_top,
                storeys: *more,
                used: *what,
            });
        }
        let year = self.year + self.dice.whole(0, 3);
        self.buildings.push(Building {
            ring: self.rounded(ring),
            holes: Vec::new(),
            used,
            storeys: top.1,
            below: self.dice.whole(2, 4),
            height: top.0,
            year: year.min(2025),
            entrances: if used == Use::Apartment { bodies.len() as u32 } else { 0 },
            parts,
            name: None,
        });
    }

    pub(super) fn ground(&mut self, ring: &[Point], kind: GroundKind) {
        if area(ring).abs() > 60.0 {
            let ring = self.rounded(ring);
            self.grounds.push(Ground { ring, holes: Vec::new(), kind });
        }
    }

    /// Boxes of `depth` along an edge of the parcel, `from` metres inside it, cut into pieces of
    /// `low` to `high` metres. Boxes come in the returned frame, whose x runs along the edge.
    pub(super) fn along_edge(
        &mut self,
        edge: usize,
        from: f64,
        depth: f64,
        low: f64,
        high: f64,
        gap: f64,
    ) -> (Frame, Vec<Box2>) {
        let (a, b) = (self.ring[edge], self.ring[(edge + 1) % self.ring.len()]);
        let frame = Frame { origin: a, axis: unit(sub(b, a)) };
        let inner = inset_by(self.ring, |k| if k == edge { from } else { 4.0 });
        let inner = clip(&inner, shape::add(a, scale(left(frame.axis), from + depth)), scale(left(frame.axis), -1.0));
        let local = frame.locals(&inner);
        let mut boxes = Vec::new();
        if let Some((x0, x1)) = shape::x_range(&local, from + 1e-6, from + depth - 1e-6) {
            let mut x = x0;
            while x1 - x >= low {
                let mut w = self.dice.between(low, high).min(x1 - x);
                if x1 - x - w - gap < low {
                    w = (x1 - x).min(high * 1.3);
                }
                boxes.push(Box2::new(x, from, x + w, from + depth));
                x += w + gap;
            }
        }
        (frame, boxes)
    }

    /// A row of shops along an edge; returns how far it reaches into the parcel.
    pub(super) fn shops(&mut self, edge: usize, storeys: u32) -> f64 {
        let depth = self.dice.between(8.0, 11.0);
        let (frame, boxes) = self.along_edge(edge, 2.5, depth, 16.0, 46.0, 4.0);
        let own = self.frame;
        self.frame = frame;
        for b in boxes {
            self.build(&b.ring(), Use::Retail, storeys, 3.6);
        }
        self.frame = own;
        depth + 2.5
    }

    /// The longest edge that runs more north-south (`steep`) or more east-west.
    pub(super) fn edge(&self, steep: bool) -> usize {
        let n = self.ring.len();
        let size = |i: usize| {
            let d = sub(self.ring[(i + 1) % n], self.ring[i]);
            if (d[1].abs() > d[0].abs()) == steep { shape::length(d) } else { 0.0 }
        };
        (0..n).max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(0)
    }

    /// Fills a box with a lawn.
    pub(super) fn lawn(&mut self, b: Box2, kind: GroundKind) {
        if b.width() > 5.0 && b.depth() > 4.0 {
            self.ground(&b.ring(), kind);
        }
    }
}
