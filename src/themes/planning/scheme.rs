//! Schemes (方案): buildings that are proposed for a parcel, beside those that stand there or in their place.
//!
//! A scheme is kept apart from the data; what it changes is a [`Change`], which is refused with a reason or gives
//! the next state. States are whole and cheap to copy, so undoing is going back to an older one ([`History`]).

use std::sync::Arc;

use geo::{Area, Centroid, LineString, Polygon, Validation};
use serde::{Deserialize, Serialize};

use crate::model::height::UseClass;

/// A building that is proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its number in the scheme; never given to another.
    pub number: u32,
    /// Its outline, project CRS, first point not repeated.
    pub outline: Vec<[f64; 2]>,
    /// Storeys above ground.
    pub storeys: u32,
    /// From floor to floor, metres; the same for all storeys.
    pub storey_height: f64,
    /// Its use.
    pub class: UseClass,
}

/// What is built has from one to so many storeys.
pub const MOST_STOREYS: u32 = 200;
/// From floor to floor, metres: from a car park's to an exhibition hall's.
pub const STOREY_HEIGHTS: [f64; 2] = [2.0, 30.0];
/// A building stands on at least so many square metres.
const LEAST_AREA: f64 = 1.0;
/// Outlines of more corners are not drawn by hand.
const MOST_CORNERS: usize = 1_000;

/// Why a change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too few corners or next to no area.
    #[error("an outline needs three corners and an area of at least 1 m²")]
    NoArea,
    /// More corners than a building has.
    #[error("an outline has at most {MOST_CORNERS} corners")]
    TooManyCorners,
    /// The outline crosses or touches itself.
    #[error("the outline crosses itself")]
    Crossing,
    /// No number of storeys that is built.
    #[error("storeys are from 1 to {MOST_STOREYS}")]
    Storeys,
    /// No height of a storey that is built.
    #[error("a storey is from {} to {} m high", STOREY_HEIGHTS[0], STOREY_HEIGHTS[1])]
    StoreyHeight,
    /// There is no such building in the scheme.
    #[error("the scheme has no such building")]
    NoBlock,
    /// There is no such scheme.
    #[error("there is no such scheme")]
    NoScheme,
    /// A scheme needs a name that no other of its parcel has.
    #[error("another scheme of the parcel has this name, or it is empty")]
    Name,
}

impl Block {
    /// Its height above ground, metres.
    pub fn height(&self) -> f64 {
        f64::from(self.storeys) * self.storey_height
    }

    /// Its outline as a polygon.
    pub fn polygon(&self) -> Polygon {
        Polygon::new(LineString::from(self.outline.clone()), Vec::new())
    }

    /// Area of its footprint, m².
    pub fn footprint(&self) -> f64 {
        self.polygon().unsigned_area()
    }

    /// The middle of its footprint.
    pub fn middle(&self) -> [f64; 2] {
        let middle = self.polygon().centroid().map(|point| [point.x(), point.y()]);
        middle.or_else(|| self.outline.first().copied()).unwrap_or_default()
    }

    /// The same elsewhere.
    pub fn moved(&self, [east, north]: [f64; 2]) -> Self {
        let outline = self.outline.iter().map(|[x, y]| [x + east, y + north]).collect();
        Self { outline, ..self.clone() }
    }

    /// The same turned about its middle, degrees clockwise.
    pub fn turned(&self, degrees: f64) -> Self {
        let ([x0, y0], (sin, cos)) = (self.middle(), degrees.to_radians().sin_cos());
        let turn = |[x, y]: &[f64; 2]| {
            let (x, y) = (x - x0, y - y0);
            [x0 + x * cos + y * sin, y0 - x * sin + y * cos]
        };
        Self { outline: self.outline.iter().map(turn).collect(), ..self.clone() }
    }

    /// A rectangle about a point: its length lies `along` degrees clockwise from north.
    pub fn rectangle([x, y]: [f64; 2], length: f64, width: f64, along: f64) -> Vec<[f64; 2]> {
        let (sin, cos) = along.to_radians().sin_cos();
        let corner = |l: f64, w: f64| [x + l * sin + w * cos, y + l * cos - w * sin];
        let (l, w) = (length / 2.0, width / 2.0);
        vec![corner(-l, -w), corner(-l, w), corner(l, w), corner(l, -w)]
    }

    /// # Errors
    /// When this cannot be built.
    pub fn check(&self) -> Result<(), Refused> {
        let sound = self.outline.iter().flatten().all(|c| c.is_finite());
        if self.outline.len() > MOST_CORNERS {
            return Err(Refused::TooManyCorners);
        }
        if self.outline.len() < 3 || !sound || self.footprint() < LEAST_AREA {
            return Err(Refused::NoArea);
        }
        if !self.polygon().is_valid() {
            return Err(Refused::Crossing);
        }
        if !(1..=MOST_STOREYS).contains(&self.storeys) {
            return Err(Refused::Storeys);
        }
        let [least, most] = STOREY_HEIGHTS;
        if !(least..=most).contains(&self.storey_height) {
            return Err(Refused::StoreyHeight);
        }
        Ok(())
    }

    /// The distance from the ground to where a pull to so many metres leaves the top: whole storeys.
    pub fn pulled_to(&self, metres: f64) -> Self {
        let storeys = (metres / self.storey_height).round().clamp(1.0, f64::from(MOST_STOREYS));
        Self { storeys: storeys as u32, ..self.clone() }
    }
}

/// A building of the data that a scheme takes away.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cleared {
    /// Its layer's id.
    pub layer: String,
    /// Its own id.
    pub building: String,
}

/// A scheme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scheme {
    /// When it was begun, milliseconds since 1970: no other scheme has it, whoever else works on the project.
    pub number: i64,
    /// The id of the parcel that it is for.
    pub parcel: String,
    /// What it is called: unlike the others of the parcel.
    pub name: String,
    /// What is to be built.
    pub blocks: Vec<Block>,
    /// What is to be taken down.
    pub cleared: Vec<Cleared>,
}

impl Scheme {
    /// A building of it.
    pub fn block(&self, number: u32) -> Option<&Block> {
        self.blocks.iter().find(|block| block.number == number)
    }
}

/// What is done to a scheme or to the book of schemes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new, empty scheme for a parcel.
    Begin {
        /// The parcel's id.
        parcel: String,
        /// The scheme's name.
        name: String,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// A copy of a scheme.
    Duplicate {
        /// Of which.
        number: i64,
        /// The copy's name.
        name: String,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// Another name.
    Rename(i64, String),
    /// The scheme is given up.
    Discard(i64),
    /// A building is added; it gets the next number.
    Add(i64, Block),
    /// A building is changed: moved, pulled, given another use.
    Replace(i64, Block),
    /// A building is taken out.
    Remove(i64, u32),
    /// Buildings of the data are taken down, in the place of those that were.
    Clear(i64, Vec<Cleared>),
}

/// All schemes of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// By number. Those that did not change are shared with older states.
    pub schemes: Vec<Arc<Scheme>>,
}

impl Book {
    /// A scheme.
    pub fn scheme(&self, number: i64) -> Option<&Arc<Scheme>> {
        self.schemes.iter().find(|scheme| scheme.number == number)
    }

    /// The schemes of a parcel.
    pub fn of_parcel<'a>(&'a self, parcel: &'a str) -> impl Iterator<Item = &'a Arc<Scheme>> {
        self.schemes.iter().filter(move |scheme| scheme.parcel == parcel)
    }

    /// The number of a scheme that is begun at a time: that time, or the first later one that is free.
    fn number_at(&self, at: i64) -> i64 {
        let last = self.schemes.iter().map(|scheme| scheme.number).max();
        last.filter(|last| *last >= at).map_or(at, |last| last.saturating_add(1))
    }

    /// A name that no scheme of a parcel has yet: `stem` with the first free number.
    pub fn free_name(&self, parcel: &str, stem: &str) -> String {
        let taken = |name: &str| self.of_parcel(parcel).any(|scheme| scheme.name == name);
        let mut names = (1..).map(|n| format!("{stem} {n}"));
        // There are fewer schemes than numbers.
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// The book after a change; this one stays as it is.
    ///
    /// # Errors
    /// When the change makes no sense; nothing is changed then.
    pub fn with(&self, change: Change) -> Result<Self, Refused> {
        let mut book = self.clone();
        match change {
            Change::Begin { parcel, name, at } => {
                let name = book.fit_name(&parcel, name, None)?;
                let scheme = Scheme { number: book.number_at(at), parcel, name, ..Scheme::default() };
                book.schemes.push(Arc::new(scheme));
            }
            Change::Duplicate { number, name, at } => {
                let old = book.scheme(number).ok_or(Refused::NoScheme)?.clone();
                let name = book.fit_name(&old.parcel, name, None)?;
                book.schemes.push(Arc::new(Scheme { number: book.number_at(at), name, ..Scheme::clone(&old) }));
            }
            Change::Rename(number, name) => {
                let parcel = book.scheme(number).ok_or(Refused::NoScheme)?.parcel.clone();
                let name = book.fit_name(&parcel, name, Some(number))?;
                book.edit(number, |scheme| {
                    scheme.name = name;
                    Ok(())
                })?;
            }
            Change::Discard(number) => {
                let before = book.schemes.len();
                book.schemes.retain(|scheme| scheme.number != number);
                if book.schemes.len() == before {
                    return Err(Refused::NoScheme);
                }
            }
            Change::Add(number, mut block) => {
                block.check()?;
                book.edit(number, |scheme| {
                    block.number = 1 + scheme.blocks.iter().map(|block| block.number).max().unwrap_or(0);
                    scheme.blocks.push(block);
                    Ok(())
                })?;
            }
            Change::Replace(number, block) => {
                block.check()?;
                book.edit(number, |scheme| {
                    let old = scheme.blocks.iter_mut().find(|old| old.number == block.number);
                    *old.ok_or(Refused::NoBlock)? = block;
                    Ok(())
                })?;
            }
            Change::Remove(number, block) => book.edit(number, |scheme| {
                let before = scheme.blocks.len();
                scheme.blocks.retain(|old| old.number != block);
                if scheme.blocks.len() == before { Err(Refused::NoBlock) } else { Ok(()) }
            })?,
            Change::Clear(number, mut cleared) => book.edit(number, |scheme| {
                cleared.sort();
                cleared.dedup();
                scheme.cleared = cleared;
                Ok(())
            })?,
        }
        Ok(book)
    }

    fn edit(&mut self, number: i64, edit: impl FnOnce(&mut Scheme) -> Result<(), Refused>) -> Result<(), Refused> {
        let scheme = self.schemes.iter_mut().find(|scheme| scheme.number == number).ok_or(Refused::NoScheme)?;
        edit(Arc::make_mut(scheme))
    }

    fn fit_name(&self, parcel: &str, name: String, but: Option<i64>) -> Result<String, Refused> {
        let name = name.trim().to_owned();
        let taken = self.of_parcel(parcel).any(|scheme| Some(scheme.number) != but && scheme.name == name);
        if name.is_empty() || taken { Err(Refused::Name) } else { Ok(name) }
    }
}

/// So many steps can be taken back; older ones are forgotten.
pub const MOST_STEPS: usize = 1_000;

/// States one after the other: what was done can be undone, and done again.
#[derive(Clone, Debug, Default)]
pub struct History<T> {
    past: Vec<T>,
    now: T,
    future: Vec<T>,
}

impl<T: Clone + PartialEq> History<T> {
    /// Begins with a state that cannot be undone.
    pub fn new(now: T) -> Self {
        Self { past: Vec::new(), now, future: Vec::new() }
    }

    /// The state now.
    pub fn now(&self) -> &T {
        &self.now
    }

    /// Takes a step; what was undone is forgotten. No step where nothing changes.
    pub fn step(&mut self, next: T) {
        if next == self.now {
            return;
        }
        if self.past.len() >= MOST_STEPS {
            self.past.remove(0);
        }
        self.past.push(std::mem::replace(&mut self.now, next));
        self.future.clear();
    }

    /// Steps that can be undone.
    pub fn undoable(&self) -> usize {
        self.past.len()
    }

    /// Steps that can be done again.
    pub fn redoable(&self) -> usize {
        self.future.len()
    }

    /// Goes a step back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.now, before));
        true
    }

    /// Goes a step forth again; whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.now, after));
        true
    }
}

#[cfg(test)]
mod tests;
