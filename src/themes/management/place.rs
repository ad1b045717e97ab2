//! Where a report is (空间定位): its coordinates, else its address; then what lies there: building, parcel, grid cell,
//! division, street. All by the R-trees of the city.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use super::case::{Located, PlaceBasis};
use super::grid_code;
use super::incoming::{Coordinates, Incoming};
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::index::shape;
use crate::model::{Layer, Meaning, Role};
use crate::place::offset::Offset;
use crate::place::transform::Transform;
use crate::place::{Bounds, Crs, LonLat, MapPoint};
use crate::query::fold::folded;
use crate::query::identity::id_of;

/// A building or street farther than this is not the one meant, metres.
const NEAR: f64 = 60.0;
/// A match of an address below this is none.
pub const LEAST_SCORE: f64 = 0.5;
/// Shorter names are found everywhere.
const SHORTEST: usize = 2;

/// Why a report has no place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoPlace {
    /// Neither coordinates nor an address came with it.
    #[error("it says neither coordinates nor an address")]
    Nothing,
    /// Its coordinates are in something that is no CRS.
    #[error("its coordinates are in \"{0}\", which is no CRS")]
    Crs(String),
    /// Its offset is none that is known.
    #[error("its offset \"{0}\" is none (gcj02, bd09)")]
    Offset(String),
    /// Its coordinates are none in their CRS, or cannot be brought into the project CRS.
    #[error("its coordinates {0}, {1} are none in {2}")]
    Coordinates(f64, f64, String),
    /// Nothing is called like its address.
    #[error("nothing here is called \"{0}\"")]
    Address(String),
    /// A layer cannot be read any more.
    #[error("{0}")]
    Read(String),
}

/// Somewhere that an address may mean.
struct Spot {
    name: String,
    xy: [f64; 2],
    /// Half of its extent, metres.
    reach: f64,
}

/// Names of the city, found within an address by their first two characters.
#[derive(Default)]
struct Gazetteer {
    spots: Vec<Spot>,
    by_head: HashMap<[char; 2], Vec<u32>>,
}

impl Gazetteer {
    fn of(layers: &[Arc<CityLayer>]) -> Self {
        let mut gazetteer = Self::default();
        for layer in layers {
            let layer = &layer.layer;
            let fields: Vec<&str> = [Meaning::Address, Meaning::Name, Meaning::NameEn]
                .into_iter()
                .filter_map(|meaning| layer.mapping.get(meaning))
                .map(|mapped| mapped.field.as_str())
                .collect();
            if matches!(layer.role, Role::Incident | Role::Terrain | Role::Imagery | Role::Component) {
                continue;
            }
            for row in 0..layer.table.len() as u32 {
                for field in &fields {
                    gazetteer.add(layer, row, &layer.table.value(row, field).to_string());
                }
            }
        }
        // The longer name first: 南京路步行街 before 南京路.
        for of_head in gazetteer.by_head.values_mut() {
            of_head.sort_by_key(|spot| {
                std::cmp::Reverse(gazetteer.spots.get(*spot as usize).map_or(0, |spot| spot.name.chars().count()))
            });
        }
        gazetteer
    }

    fn add(&mut self, layer: &Layer, row: u32, name: &str) {
        let name = plain(name);
        let mut letters = name.chars();
        let (Some(a), Some(b)) = (letters.next(), letters.next()) else { return };
        let geometry = &layer.table.geometry;
        let Some(xy) = middle(layer, row) else { return };
        let bounds = geometry.bounds(row);
        let reach = (bounds.width().hypot(bounds.height()) / 2.0).max(5.0);
        let spots = self.by_head.entry([a, b]).or_default();
        // A street of many pieces is one street: its first piece stands for it, with the reach of all.
        let same = |spot: &&u32| self.spots.get(**spot as usize).is_some_and(|spot| spot.name == name);
        if let Some(known) = spots.iter().find(same).and_then(|spot| self.spots.get_mut(*spot as usize)) {
            let apart = (known.xy[0] - xy[0]).hypot(known.xy[1] - xy[1]);
            known.reach = known.reach.max(apart + reach);
            return;
        }
        spots.push(self.spots.len() as u32);
        self.spots.push(Spot { name, xy, reach });
    }

    /// The best spot of an address, with its score.
    ///
    /// The address itself: 1. A name within it: the share of the address that it makes, raised by a half, because what
    /// stands before (city, district) and behind (near, opposite) names no other place; streets alone are weak.
    fn find(&self, address: &str) -> Option<(&Spot, f64)> {
        let address = plain(address);
        let letters: Vec<(usize, char)> = address.char_indices().collect();
        let long = letters.len();
        let mut best: Option<(&Spot, f64)> = None;
        for pair in letters.windows(2) {
            let &[(at, a), (_, b)] = pair else { continue };
            for spot in self.by_head.get(&[a, b]).into_iter().flatten() {
                let Some(spot) = self.spots.get(*spot as usize) else { continue };
                let count = spot.name.chars().count();
                if count < SHORTEST || !address[at..].starts_with(&spot.name) {
                    continue;
                }
                let score = if count == long { 1.0 } else { 0.5 + 0.45 * count as f64 / long as f64 };
                // A place that reaches far is said less sharply.
                let score = score - (spot.reach / 10_000.0).min(0.3);
                if best.is_none_or(|(_, known)| score > known) {
                    best = Some((spot, score));
                }
            }
        }
        best.filter(|(_, score)| *score >= LEAST_SCORE)
    }
}

/// An address or name without spaces and case.
fn plain(text: &str) -> String {
    folded(text).chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

/// A point of a feature: of an area its middle, of a line the middle vertex, of a point itself.
fn middle(layer: &Layer, row: u32) -> Option<[f64; 2]> {
    let geometry = &layer.table.geometry;
    if geometry.length(row) > 0.0 && geometry.area(row) == 0.0 {
        let vertices = geometry.vertices(row);
        return vertices.get(vertices.len() / 2).copied();
    }
    geometry.centroid(row)
}

/// Places reports in a city.
pub struct Placer {
    crs: Crs,
    all: Vec<Arc<CityLayer>>,
    buildings: Vec<Arc<CityLayer>>,
    parcels: Vec<Arc<CityLayer>>,
    grids: Vec<Arc<CityLayer>>,
    divisions: Vec<Arc<CityLayer>>,
    roads: Vec<Arc<CityLayer>>,
    names: OnceLock<Gazetteer>,
    /// The CRSs that reports come in; `None`: it is none.
    known: Mutex<HashMap<String, Option<Crs>>>,
}

impl Placer {
    /// Of a city.
    pub fn of(city: &City) -> Self {
        let with = |role: Role| city.layers.iter().filter(|layer| layer.layer.role == role).cloned().collect();
        Self {
            crs: city.crs.clone(),
            all: city.layers.clone(),
            buildings: with(Role::Building),
            parcels: with(Role::Parcel),
            grids: with(Role::Grid),
            divisions: with(Role::Boundary),
            roads: with(Role::Road),
            names: OnceLock::new(),
            known: Mutex::default(),
        }
    }

    /// Places a report: by its coordinates, else by its address.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn locate(&self, report: &Incoming) -> Result<Located, NoPlace> {
        let said = match &report.place {
            Some(coordinates) => self.map_point(coordinates).map(Some),
            None => Ok(None),
        };
        let by_address = || -> Result<Located, NoPlace> {
            let address = report.address.trim();
            if address.is_empty() {
                return Err(NoPlace::Nothing);
            }
            let names = self.names.get_or_init(|| Gazetteer::of(&self.all));
            let (spot, score) = names.find(address).ok_or_else(|| NoPlace::Address(address.to_owned()))?;
            let basis = PlaceBasis::Address { score, matched: spot.name.clone() };
            let reach = report.accuracy_m.unwrap_or(0.0).max(spot.reach);
            self.around(spot.xy, Some(reach), basis, &report.text)
        };
        match said {
            Ok(Some(xy)) => self.around(xy, report.accuracy_m, PlaceBasis::Coordinates, &report.text),
            Ok(None) => by_address(),
            // Coordinates that are none: the address may do; if not, the coordinates are what is wrong.
            Err(wrong) => by_address().map_err(|_| wrong),
        }
    }

    /// Coordinates in the project CRS.
    ///
    /// # Errors
    /// [`NoPlace`]: they are none there, or in a CRS or an offset that nobody knows.
    pub fn map_point(&self, coordinates: &Coordinates) -> Result<[f64; 2], NoPlace> {
        let [x, y] = coordinates.xy;
        let none = || NoPlace::Coordinates(x, y, coordinates.crs.clone());
        if !(x.is_finite() && y.is_finite()) {
            return Err(none());
        }
        let mut xy = [x, y];
        if !coordinates.offset.is_empty() {
            let offset = Offset::from_word(&coordinates.offset);
            let offset = offset.ok_or_else(|| NoPlace::Offset(coordinates.offset.clone()))?;
            let plain = offset.unshift(LonLat { lon: x, lat: y });
            xy = [plain.lon, plain.lat];
        }
        if coordinates.crs.is_empty() {
            return Ok(xy);
        }
        let from = {
            // Poisoned only by a panic in here, which has none.
            let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let name = &coordinates.crs;
            known.entry(name.clone()).or_insert_with(|| Crs::parse(name).ok()).clone()
        };
        let unknown = || NoPlace::Crs(coordinates.crs.clone());
        let from = from.ok_or_else(unknown)?;
        // Longitude and latitude of nothing: what devices without a fix send.
        if from.is_geographic() && (x.abs() > 180.0 || y.abs() > 90.0 || (x == 0.0 && y == 0.0)) {
            return Err(none());
        }
        let way = Transform::new(&from, &self.crs).map_err(|_| unknown())?;
        way.point(xy).filter(|point| point.iter().all(|c| c.is_finite())).ok_or_else(none)
    }

    /// What lies at a place of the project CRS.
    ///
    /// # Errors
    /// [`NoPlace::Read`].
    pub fn around(
        &self,
        xy: [f64; 2],
        accuracy_m: Option<f64>,
        basis: PlaceBasis,
        text: &str,
    ) -> Result<Located, NoPlace> {
        let read = |error: io::Error| NoPlace::Read(error.to_string());
        let grid = self.code_at(&self.grids, xy).map_err(read)?.unwrap_or_default();
        let division = match grid_code::parse(&grid) {
            Some(parts) => parts.community_code(),
            None => self.code_at(&self.divisions, xy).map_err(read)?.unwrap_or_default(),
        };
        let building = nearest(&self.buildings, xy, |layer, row| Some(id_of(layer, row))).map_err(read)?;
        let parcel = self.at(&self.parcels, xy, |layer, row| Some(id_of(layer, row))).map_err(read)?;
        let named = |layer: &Layer, row: u32| {
            let name = layer.mapping.get(Meaning::Name)?;
            Some(layer.table.value(row, &name.field).to_string()).filter(|name| !name.is_empty())
        };
        let street = nearest(&self.roads, xy, named).map_err(read)?;
        Ok(Located {
            xy,
            accuracy_m,
            basis,
            grid,
            division,
            building: building.as_ref().map(|(id, _)| id.clone()).unwrap_or_default(),
            building_m: building.map(|(_, metres)| metres),
            parcel: parcel.unwrap_or_default(),
            street: street.map(|(name, _)| name).unwrap_or_default(),
            within: within(text),
        })
    }

    /// The code of the smallest area of some layers that holds a point: the one with the longest code.
    fn code_at(&self, layers: &[Arc<CityLayer>], xy: [f64; 2]) -> io::Result<Option<String>> {
        let mut best: Option<String> = None;
        for layer in layers {
            let code = each_at(layer, xy, |layer, row| {
                let field = layer.mapping.get(Meaning::Code).or_else(|| layer.mapping.get(Meaning::Id))?;
                let code = layer.table.value(row, &field.field).to_string();
                let code = code.trim().trim_start_matches("156");
                (code.len() >= 4 && code.bytes().all(|b| b.is_ascii_digit())).then(|| code.to_owned())
            })?;
            for code in code {
                if best.as_ref().is_none_or(|known| code.len() > known.len()) {
                    best = Some(code);
                }
            }
        }
        Ok(best)
    }

    fn at(
        &self,
        layers: &[Arc<CityLayer>],
        xy: [f64; 2],
        of: impl Fn(&Layer, u32) -> Option<String>,
    ) -> io::Result<Option<String>> {
        for layer in layers {
            if let Some(found) = each_at(layer, xy, &of)?.into_iter().next() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// What is said of each area of a layer that holds a point.
fn each_at(layer: &CityLayer, xy: [f64; 2], of: impl Fn(&Layer, u32) -> Option<String>) -> io::Result<Vec<String>> {
    let point = MapPoint { east: xy[0], north: xy[1] };
    Ok(match &layer.stream {
        None => {
            let rows = layer.index.at(&layer.layer.table.geometry, point, 0.0);
            rows.into_iter().filter_map(|row| of(&layer.layer, row)).collect()
        }
        Some(stream) => {
            let piece = layer.of_piece(stream.tiles.piece(|bounds| bounds.holds(xy), Wanted::All)?);
            let rows = 0..piece.table.len() as u32;
            rows.filter(|row| shape::holds(&piece.table.geometry, *row, xy)).filter_map(|row| of(&piece, row)).collect()
        }
    })
}

/// What is said of the nearest feature of some layers within [`NEAR`], and how far that is.
fn nearest(
    layers: &[Arc<CityLayer>],
    xy: [f64; 2],
    of: impl Fn(&Layer, u32) -> Option<String>,
) -> io::Result<Option<(String, f64)>> {
    let point = MapPoint { east: xy[0], north: xy[1] };
    let mut best: Option<(String, f64)> = None;
    let mut offer = |metres: f64, said: &dyn Fn() -> Option<String>| {
        if metres <= NEAR && best.as_ref().is_none_or(|(_, least)| metres < *least) {
            best = said().map(|said| (said, metres)).or(best.take());
        }
    };
    for layer in layers {
        match &layer.stream {
            None => {
                // A few: the nearest street may have no name.
                for near in layer.index.nearest(&layer.layer.table.geometry, point, 4) {
                    offer(near.distance, &|| of(&layer.layer, near.feature));
                }
            }
            Some(stream) => {
                let around = Bounds::around([&xy]).grown(NEAR);
                let piece = layer.of_piece(stream.tiles.piece(|bounds| bounds.meets(&around), Wanted::All)?);
                for row in 0..piece.table.len() as u32 {
                    offer(shape::distance(&piece.table.geometry, row, xy), &|| of(&piece, row));
                }
            }
        }
    }
    Ok(best)
}

/// The building's number, entrance, storey and room that a text names, as it names them: `3号楼2单元501室`.
pub fn within(text: &str) -> String {
    const MARKS: [&str; 9] = ["号楼", "栋", "幢", "单元", "号门", "层", "楼", "室", "号房"];
    let mut found: Vec<&str> = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        let is_number = letter.is_ascii_digit()
            || (start.is_some() && letter == '-')
            || "一二三四五六七八九十".contains(letter)
            || (start.is_none() && letter == '负');
        if is_number {
            start.get_or_insert(at);
            continue;
        }
        let Some(begun) = start.take() else { continue };
        // A third of a kilometre is no room, and the third floor is one.
        if let Some(mark) = MARKS.iter().find(|mark| text[at..].starts_with(**mark)) {
            let piece = &text[begun..at + mark.len()];
            if piece.chars().count() <= 9 && !found.contains(&piece) && found.len() < 4 {
                found.push(piece);
            }
        }
    }
    found.concat()
}

#[cfg(test)]
mod tests;
