//! Asking the core on a thread of its own; the answers into the panels and onto the map.

use std::collections::BTreeMap;
use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::HousingPanel;
use super::describe::{describe_card, describe_unit};
use super::look::{Answer, Asked, Base, count, joined, look};
use super::state::{Counted, House, HousingEdit, HousingModel, Pick};
use crate::features::published::{Notice, OpenProject, Preferences, Privacy, Select, Selection};
use crate::features::unmasking;
use crate::features::work::Work;
use crate::model::Role;
use crate::panels::Language;
use crate::scene::stage::{Looks, Shown};
use crate::themes::housing::classes::rows_of_class;

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
    /// The unit of the selected building that was pointed at in the scene.
    pointed: Option<u32>,
    /// The storey above which the building is cut open.
    cut: Option<i32>,
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

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<HousingPanel>,
    mut housing: ResMut<Housing>,
    shown: Res<Shown>,
    (preferences, project): (Res<Preferences>, Res<OpenProject>),
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
            HousingEdit::Cut(storey) => housing.cut = storey,
            HousingEdit::Unmask(on) => {
                privacy.unmasked = on;
                if on && let Some(number) = housing.units {
                    let fields: Vec<&str> = housing.answer.personal.iter().map(String::as_str).collect();
                    unmasking::note(&city.layers[number].layer.id, &fields, &project, &preferences, &mut notices);
                }
            }
        }
    }
}

impl Housing {
    /// The building with units that is shown, once all is known of it.
    pub(super) fn house(&self) -> Option<&Arc<House>> {
        self.answer.house.as_ref()
    }

    /// The storey above which it is cut open.
    pub(super) fn cut(&self) -> Option<i32> {
        self.cut.filter(|storey| self.house().is_some_and(|house| house.levels.contains(storey)))
    }

    /// The unit that is selected, or was pointed at.
    pub(super) fn selected_unit(&self) -> Option<u32> {
        let asked = self.asked?;
        if Some(asked.layer) == self.units { Some(asked.row) } else { asked.unit }
    }

    /// Takes a unit of the house that was pointed at in the scene, or a place of it without any; what is to be
    /// selected then. The selected building stays selected, and a selected unit gives way to the other.
    pub(super) fn point_at(&mut self, unit: Option<u32>) -> Option<(usize, u32)> {
        let (asked, house) = (self.asked?, self.house()?);
        if Some(asked.layer) != self.units {
            self.pointed = unit;
            return None;
        }
        unit.zip(self.units).map(|(unit, layer)| (layer, unit)).or(Some((house.layer, house.building)))
    }

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
    let asked = |unit| target.map(|target| Asked { layer: target.layer, row: target.feature, unit, unmasked });
    let same = housing.asked.zip(asked(None)).is_some_and(|(old, new)| old.is_of(&new));
    if !same {
        housing.pointed = None;
    }
    let wanted = asked(housing.pointed);
    if wanted != housing.asked {
        housing.asked = wanted;
        housing.changed = true;
        if !same {
            (housing.answer.card, housing.answer.unit) = (None, None);
        }
        housing.looking = None;
        match wanted {
            None => (housing.answer.house, housing.cut) = (None, None),
            Some(asked) => {
                let units = housing.units;
                let of_units = Some(asked.layer) == units;
                let number = if of_units { housing.buildings } else { Some(asked.layer) };
                let base = number.map(|number| housing.base(number));
                let known = housing.answer.house.clone();
                let (city, mesh) = (city.clone(), shown.mesh.clone());
                housing.looking = Some(Work::start(move |_| {
                    look((&city, mesh.as_deref()), asked, number, units, base.as_ref(), known)
                }));
            }
        }
    }
    if let Some(done) = housing.looking.as_ref().map(Work::take) {
        redraw.write(RequestRedraw);
        if let Some(done) = done {
            housing.looking = None;
            housing.changed = true;
            let (answer, error) = match done {
                Ok(answer) => (answer, String::new()),
                Err(reason) => (Answer::default(), reason),
            };
            let which = |house: Option<&Arc<House>>| house.map(|house| (house.layer, house.building));
            if which(answer.house.as_ref()) != which(housing.house()) {
                housing.cut = None;
            }
            (housing.answer, housing.error) = (answer, error);
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
        selected_unit: housing.selected_unit(),
        cut: housing.cut(),
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
