//! Asking the core on a thread of its own; the answers into the panels and onto the map.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, OnceLock};

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::HousingPanel;
use super::describe::{describe_card, describe_unit};
use super::state::{Counted, CountedUnits, House, HousingEdit, HousingModel, Pick};
use crate::city::{City, CityLayer};
use crate::features::published::{Notice, Preferences, Privacy, Select, Selection};
use crate::features::work::Work;
use crate::model::{GeometryKind, Meaning, Role, Title};
use crate::panels::{Language, Words};
use crate::query::identity;
use crate::report::{Issue, Progress, Severity};
use crate::scene::marks::{Group, Marks};
use crate::scene::stage::{Looks, Shown};
use crate::themes::housing::card::{Card, CodeCard, code_card};
use crate::themes::housing::classes::rows_of_class;
use crate::themes::housing::families::Families;
use crate::themes::housing::join::{Join, Link, Match, Miss};
use crate::themes::housing::personal::{Masks, PersonalField, masked, personal_fields};
use crate::themes::housing::slab::{Shell, Spot, slab};
use crate::themes::housing::stock::Stock;
use crate::themes::housing::tables::tables;
use crate::themes::housing::unit_table::{UnitRow, unit_rows};
use crate::themes::planning::ground;
use crate::themes::volumes::{Volume, outlines};

/// What all answers about a layer of buildings rest on; made once, on whichever thread needs it first.
type Base = Arc<OnceLock<Result<Joined, String>>>;

struct Joined {
    families: Families,
    join: Option<Join>,
    /// The units' fields that hold personal data.
    personal: Vec<PersonalField>,
}

/// What is known of the city that is shown.
#[derive(Resource, Default)]
pub struct Housing {
    generation: u64,
    /// The number of the buildings' layer, and of the units'.
    buildings: Option<usize>,
    units: Option<usize>,
    /// By layer of buildings.
    bases: BTreeMap<usize, Base>,
    /// What was asked for and its answer.
    asked: Option<Asked>,
    answer: Answer,
    looking: Option<Work<Answer>>,
    counting: Option<Work<Counted>>,
    stock: Option<Arc<Counted>>,
    picking: Option<(Pick, Work<Vec<u32>>)>,
    /// The class on the map with the rows that the layer was given.
    picked: Option<(Pick, Arc<Vec<u32>>)>,
    /// The rows are to be taken off the map.
    unpick: Option<Arc<Vec<u32>>>,
    unmasked: bool,
    error: String,
    /// The language that the panels were filled in.
    language: Option<Language>,
    changed: bool,
}

/// A selected feature that the panels have something to say of.
#[derive(Clone, Copy, PartialEq)]
struct Asked {
    layer: usize,
    row: u32,
    unmasked: bool,
}

/// What the core says of a building or a unit.
#[derive(Default)]
struct Answer {
    card: Option<Card>,
    unit: Option<Unit>,
    house: Option<Arc<House>>,
    /// The units' fields that hold personal data.
    personal: Vec<String>,
    /// Where the selected unit is in its building.
    slab: Option<Volume>,
}

/// A unit as the core says it.
pub(super) struct Unit {
    pub(super) row: UnitRow,
    pub(super) link: Result<Link, Miss>,
    pub(super) code: Option<CodeCard>,
    /// Masked unless it was asked otherwise.
    pub(super) personal: Vec<(String, String)>,
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<HousingPanel>,
    mut housing: ResMut<Housing>,
    shown: Res<Shown>,
    preferences: Res<Preferences>,
    mut privacy: ResMut<Privacy>,
    mut selects: MessageWriter<Select>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    redraw.write(RequestRedraw);
    for edit in std::mem::take(&mut panel.edits) {
        let Some(city) = shown.city.clone() else { continue };
        housing.changed = true;
        match edit {
            HousingEdit::Count => {
                let (Some(number), units) = (housing.buildings, housing.units) else { continue };
                let base = housing.base(number);
                housing.counting = Some(Work::start(move |progress| count(&city, number, units, &base, progress)));
            }
            HousingEdit::Stop => housing.counting = None,
            HousingEdit::Filter(None) => {
                housing.picking = None;
                housing.unpick = housing.picked.take().map(|(_, rows)| rows);
            }
            HousingEdit::Filter(Some(pick)) => {
                let (Some(number), units) = (housing.buildings, housing.units) else { continue };
                let (base, wanted) = (housing.base(number), pick.clone());
                let work = Work::start(move |_| {
                    let joined = joined(&city, number, units, &base)?;
                    rows_of_class(&city.layers[number], &joined.families, wanted.division, wanted.class.as_deref())
                        .map_err(|error| error.to_string())
                });
                housing.picking = Some((pick, work));
            }
            HousingEdit::Unit(row) => {
                let target = housing.units.map(|layer| (layer, row));
                selects.write(Select { target, fly: true });
            }
            HousingEdit::Building(layer, row) => {
                let target = layer.or(housing.buildings).map(|layer| (layer, row));
                selects.write(Select { target, fly: true });
            }
            HousingEdit::Unmask(on) => {
                privacy.unmasked = on;
                if on && let Some(number) = housing.units {
                    let fields = housing.answer.personal.join(", ");
                    let message = Words::put(preferences.words().housing.unmasked_notice, &[&fields]);
                    let layer = city.layers[number].layer.id.clone();
                    notices.write(Notice(Issue { severity: Severity::Warning, layer, feature: None, message }));
                }
            }
        }
    }
}

impl Housing {
    fn base(&mut self, layer: usize) -> Base {
        self.bases.entry(layer).or_default().clone()
    }

    /// Begins anew with another city.
    fn meet(&mut self, shown: &Shown) {
        *self = Self { generation: shown.generation, changed: true, ..Self::default() };
        let Some(city) = &shown.city else { return };
        // The first of each role, as the command takes them.
        let first = |role| city.layers.iter().position(|layer| layer.layer.role == role);
        (self.buildings, self.units) = (first(Role::Building), first(Role::Unit));
    }
}

fn text(error: io::Error) -> String {
    error.to_string()
}

fn joined<'b>(city: &City, buildings: usize, units: Option<usize>, base: &'b Base) -> Result<&'b Joined, String> {
    let made = base.get_or_init(|| {
        let layer = &city.layers[buildings];
        let families = Families::find(layer).map_err(text)?;
        let join = units.map(|units| Join::build(layer, &city.layers[units], &families)).transpose().map_err(text)?;
        let personal = units.map(|units| personal_fields(&city.layers[units].known().table)).unwrap_or_default();
        Ok(Joined { families, join, personal })
    });
    made.as_ref().map_err(Clone::clone)
}

fn count(
    city: &City,
    number: usize,
    units: Option<usize>,
    base: &Base,
    progress: &Progress,
) -> Result<Counted, String> {
    let joined = joined(city, number, units, base)?;
    let mut stock = Stock::watched(&city.layers[number], &joined.families, None, progress).map_err(text)?;
    stock.suppress_small(tables().least_cell);
    let units = units.zip(joined.join.as_ref()).map(|(units, join)| {
        let mut misses: BTreeMap<Miss, u64> = BTreeMap::new();
        join.misses().for_each(|(_, miss)| *misses.entry(miss).or_default() += 1);
        CountedUnits {
            count: u64::from(city.layers[units].rows()),
            matched: join.counts().to_vec(),
            misses: misses.into_iter().collect(),
            contradicted: join.contradicted(),
            notes: join.notes.clone(),
        }
    });
    Ok(Counted { stock, units })
}

/// The card of a building, or the unit with its building; the house is taken over where it is the same.
fn look(
    city: &City,
    asked: Asked,
    buildings: Option<usize>,
    units: Option<usize>,
    base: Option<&Base>,
    known: Option<Arc<House>>,
) -> Result<Answer, String> {
    let mut answer = Answer::default();
    let Some((number, base)) = buildings.zip(base) else { return Ok(answer) };
    let joined = joined(city, number, units, base)?;
    answer.personal = joined.personal.iter().map(|field| field.field.clone()).collect();
    let layer = &city.layers[number];
    let home = if asked.layer == number {
        let card = Card::of(layer, asked.row, &joined.families).map_err(text)?;
        answer.card = Some(if asked.unmasked { card } else { card.masked(&Masks::of(&layer.known().table)) });
        // A part is shown with its own facts; units belong to its building.
        Some(joined.families.building_of(asked.row).unwrap_or(asked.row))
    } else {
        let all = &city.layers[asked.layer];
        let row = unit_rows(all, &[asked.row]).map_err(text)?.pop().unwrap_or_default();
        let link = joined.join.as_ref().map_or(Err(Miss::NothingToGoBy), |join| join.link(asked.row));
        let (piece, at) = all.of_row(asked.row).map_err(text)?;
        let code = code_card(&piece, at);
        let personal =
            personal_of(all, &[asked.row], &joined.personal, asked.unmasked).map_err(text)?.remove(&asked.row);
        answer.unit = Some(Unit { row, link, code, personal: personal.unwrap_or_default() });
        link.ok().map(|link| link.building)
    };
    let (Some(home), Some(units), Some(join)) = (home, units, &joined.join) else { return Ok(answer) };
    if join.units_of(home).is_empty() {
        return Ok(answer);
    }
    answer.house = match known {
        Some(house) if (house.layer, house.building, house.unmasked) == (number, home, asked.unmasked) => Some(house),
        _ => {
            let mut made = house(layer, home, &city.layers[units], join).map_err(text)?;
            let rows = join.units_of(home);
            made.personal = personal_of(&city.layers[units], rows, &joined.personal, asked.unmasked).map_err(text)?;
            (made.layer, made.unmasked) = (number, asked.unmasked);
            Some(Arc::new(made))
        }
    };
    if let (Some(house), true) = (&answer.house, asked.layer == units) {
        answer.slab = slab_of(layer, home, &city.layers[units], asked.row, house).map_err(text)?;
    }
    Ok(answer)
}

/// Where a unit is in its building.
fn slab_of(
    buildings: &CityLayer,
    building: u32,
    units: &CityLayer,
    unit: u32,
    house: &House,
) -> io::Result<Option<Volume>> {
    let (home, at) = buildings.of_row(building)?;
    let Some(outline) = ground::polygons(&home.table.geometry, at) else { return Ok(None) };
    let metres = |values: &[f32]| values.get(at as usize).copied().map_or(0.0, f64::from);
    let range = home.heights.as_ref().map_or([0.0; 2], |heights| [metres(&heights.base), metres(&heights.top)]);
    let storeys = home.mapping.get(Meaning::Storeys).map(|mapped| home.table.value(at, &mapped.field));
    let storeys = storeys.and_then(|value| home.mapping.number(Meaning::Storeys, &value));
    let (piece, row) = units.of_row(unit)?;
    let geometry = &piece.table.geometry;
    let spot = match (geometry.kind(row), geometry.vertices(row)) {
        (GeometryKind::Polygon, _) => ground::polygons(geometry, row).map_or(Spot::Nowhere, Spot::Outline),
        (GeometryKind::Point, [at, ..]) => Spot::Point(*at),
        _ => Spot::Nowhere,
    };
    Ok(slab(&Shell { outline, range, storeys }, &house.table, unit, &spot))
}

fn house(buildings: &CityLayer, building: u32, units: &CityLayer, join: &Join) -> io::Result<House> {
    let rows = join.units_of(building);
    let matched = [Match::Code, Match::Parent, Match::Position].map(|quality| {
        let is = |row: &&u32| join.link(**row).is_ok_and(|link| link.quality == quality);
        (quality, rows.iter().filter(is).count() as u64)
    });
    let contradicted = rows.iter().filter(|row| join.link(**row).is_ok_and(|link| link.contradicted)).count() as u64;
    let units = unit_rows(units, rows)?;
    let (layer, at) = buildings.of_row(building)?;
    let named = |meaning| {
        let mapped = layer.mapping.get(meaning)?;
        Some(layer.table.value(at, &mapped.field)).filter(|value| !value.is_null()).map(|value| value.to_string())
    };
    let title = Title { zh: named(Meaning::Name).unwrap_or_default(), en: named(Meaning::NameEn).unwrap_or_default() };
    let id = identity::id_of(&layer, at);
    Ok(House { building, title, id, matched: matched.to_vec(), contradicted, ..House::of_units(units) })
}

/// Personal values of units, masked unless it was asked otherwise.
fn personal_of(
    units: &CityLayer,
    rows: &[u32],
    fields: &[PersonalField],
    unmasked: bool,
) -> io::Result<HashMap<u32, Vec<(String, String)>>> {
    let mut values: HashMap<u32, Vec<(String, String)>> = HashMap::new();
    for field in fields {
        let column = units.column(&field.field)?;
        for row in rows {
            let value = column.get(*row);
            if value.is_null() {
                continue;
            }
            let said = value.to_string();
            let said = if unmasked { said } else { masked(field.kind, &said) };
            values.entry(*row).or_default().push((field.field.clone(), said));
        }
    }
    Ok(values)
}

/// Asks about the building or unit that is selected, and takes in what came.
pub(super) fn ask(
    mut housing: ResMut<Housing>,
    shown: Res<Shown>,
    selection: Res<Selection>,
    privacy: Res<Privacy>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let housing = housing.bypass_change_detection();
    if housing.generation != shown.generation {
        housing.meet(&shown);
    }
    let Some(city) = &shown.city else { return };
    let unmasked = privacy.unmasked;
    if std::mem::replace(&mut housing.unmasked, unmasked) != unmasked {
        housing.changed = true;
    }
    let is_asked = |layer: usize| {
        Some(layer) == housing.units || city.layers.get(layer).is_some_and(|l| l.layer.role == Role::Building)
    };
    let target = selection.target().filter(|target| is_asked(target.layer));
    let wanted = target.map(|target| Asked { layer: target.layer, row: target.feature, unmasked });
    if wanted != housing.asked {
        housing.asked = wanted;
        housing.changed = true;
        (housing.answer.card, housing.answer.unit, housing.answer.slab) = (None, None, None);
        housing.looking = None;
        match wanted {
            None => housing.answer.house = None,
            Some(asked) => {
                let units = housing.units;
                let of_units = Some(asked.layer) == units;
                let number = if of_units { housing.buildings } else { Some(asked.layer) };
                let base = number.map(|number| housing.base(number));
                let known = housing.answer.house.clone();
                let city = city.clone();
                housing.looking = Some(Work::start(move |_| look(&city, asked, number, units, base.as_ref(), known)));
            }
        }
    }
    if let Some(done) = housing.looking.as_ref().map(Work::take) {
        redraw.write(RequestRedraw);
        if let Some(done) = done {
            housing.looking = None;
            housing.changed = true;
            match done {
                Ok(answer) => (housing.answer, housing.error) = (answer, String::new()),
                Err(reason) => (housing.answer, housing.error) = (Answer::default(), reason),
            }
        }
    }
    if let Some(done) = housing.counting.as_ref().map(Work::take) {
        redraw.write(RequestRedraw);
        housing.changed = true;
        if let Some(done) = done {
            housing.counting = None;
            match done {
                Ok(counted) => (housing.stock, housing.error) = (Some(Arc::new(counted)), String::new()),
                Err(reason) => housing.error = reason,
            }
        }
    }
}

/// Shows only the buildings of a class, or all again. A filter that somebody else sets meanwhile stays.
pub(super) fn filter(mut housing: ResMut<Housing>, mut looks: ResMut<Looks>, mut redraw: MessageWriter<RequestRedraw>) {
    let housing = housing.bypass_change_detection();
    let Some(number) = housing.buildings.filter(|number| *number < looks.layers.len()) else { return };
    let is_ours = |looks: &Looks, rows: &Arc<Vec<u32>>| {
        looks.layers[number].filter.as_ref().is_some_and(|set| Arc::ptr_eq(set, rows))
    };
    if let Some(rows) = housing.unpick.take()
        && is_ours(&looks, &rows)
    {
        looks.layers[number].filter = None;
        redraw.write(RequestRedraw);
    }
    if housing.picked.as_ref().is_some_and(|(_, rows)| !is_ours(&looks, rows)) {
        housing.picked = None;
        housing.changed = true;
    }
    let Some((_, work)) = &housing.picking else { return };
    redraw.write(RequestRedraw);
    let Some(done) = work.take() else { return };
    let Some((pick, _)) = housing.picking.take() else { return };
    housing.changed = true;
    match done {
        Ok(rows) => {
            let rows = Arc::new(rows);
            looks.layers[number].filter = Some(rows.clone());
            housing.picked = Some((pick, rows));
        }
        Err(reason) => housing.error = reason,
    }
}

/// Lights up the selected unit in its building.
pub(super) fn mark(housing: Res<Housing>, mut marks: ResMut<Marks>) {
    const WHO: &str = "housing";
    let group = |slab: &Volume| Group {
        outlines: outlines(std::slice::from_ref(slab)),
        base: vec![slab.base as f32],
        top: vec![slab.top as f32],
        colour: [0xff, 0xc4, 0x00],
        opacity: 1.0,
    };
    let groups: Vec<Group> = housing.answer.slab.iter().map(group).collect();
    if !marks.are(WHO, &groups) {
        marks.show(WHO, groups);
    }
}

/// Fills the panels.
pub(super) fn fill(mut panel: ResMut<HousingPanel>, mut housing: ResMut<Housing>, preferences: Res<Preferences>) {
    let housing = housing.bypass_change_detection();
    let language = preferences.settings.language;
    if !housing.changed && housing.language == Some(language) {
        return;
    }
    (housing.changed, housing.language) = (false, Some(language));
    let words = preferences.words();
    let answer = &housing.answer;
    let asked = housing.asked;
    let model = HousingModel {
        language,
        has_buildings: housing.buildings.is_some(),
        card: answer.card.as_ref().map(|card| describe_card(card, housing.units.is_some(), words, language)),
        unit: answer.unit.as_ref().map(|unit| describe_unit(unit, housing.buildings, words, language)),
        house: answer.house.clone(),
        selected_unit: asked.filter(|asked| Some(asked.layer) == housing.units).map(|asked| asked.row),
        personal: answer.personal.clone(),
        unmasked: housing.unmasked,
        stock: housing.stock.clone(),
        running: housing.counting.as_ref().map(|work| work.progress.read().1),
        // A bar is pressed as soon as it is clicked.
        picked: housing
            .picking
            .as_ref()
            .map(|(pick, _)| pick)
            .or(housing.picked.as_ref().map(|(pick, _)| pick))
            .cloned(),
        selected: asked.filter(|asked| Some(asked.layer) == housing.buildings).map(|asked| asked.row),
        error: housing.error.clone(),
    };
    if panel.model != model {
        panel.model = model;
    }
}
