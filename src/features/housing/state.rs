//! What the housing panels show, remember and ask for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Title;
use crate::panels::Language;
use crate::themes::housing::card::{CodeCard, StatusCount, count_states};
use crate::themes::housing::classes::Division;
use crate::themes::housing::join::{Match, Miss};
use crate::themes::housing::slab::{Floors, Spot};
use crate::themes::housing::standing::Standing;
use crate::themes::housing::stock::Stock;
use crate::themes::housing::unit_table::{UnitRow, UnitTable};

/// The panels' contents.
#[derive(Clone, Debug, PartialEq)]
pub struct HousingModel {
    /// The language of the names that come from the tables.
    pub language: Language,
    /// Whether the project has buildings.
    pub has_buildings: bool,
    /// The selected building.
    pub card: Option<CardModel>,
    /// The selected unit.
    pub unit: Option<UnitModel>,
    /// The building with its units: the selected one, or that of the selected unit; `None` without units.
    pub house: Option<Arc<House>>,
    /// The row of the selected unit, or of that which was pointed at in the scene.
    pub selected_unit: Option<u32>,
    /// The storey above which the house is cut open; `None`: it is whole.
    pub cut: Option<i32>,
    /// The fields of units that hold personal data.
    pub personal: Vec<String>,
    /// Whether personal data is shown as it is.
    pub unmasked: bool,
    /// The stock; `None` before it was counted.
    pub stock: Option<Arc<Counted>>,
    /// While it is counted: the share done, where it is known.
    pub running: Option<Option<f32>>,
    /// The class whose buildings alone are on the map.
    pub picked: Option<Pick>,
    /// The selected building's row, where it is of the layer that was counted.
    pub selected: Option<u32>,
    /// What could not be answered.
    pub error: String,
}

impl Default for HousingModel {
    fn default() -> Self {
        Self {
            language: Language::English,
            has_buildings: false,
            card: None,
            unit: None,
            house: None,
            selected_unit: None,
            cut: None,
            personal: Vec::new(),
            unmasked: false,
            stock: None,
            running: None,
            picked: None,
            selected: None,
            error: String::new(),
        }
    }
}

impl HousingModel {
    /// A title in the panel's language, with the other standing in.
    pub fn say<'t>(&self, title: &'t Title) -> &'t str {
        if self.language == Language::Chinese { title.zh() } else { title.en() }
    }
}

/// The colour of a state that no table knows, and of a class without any.
pub const NO_COLOUR: [u8; 3] = [0x9a, 0xa2, 0xab];

/// A building with its units, as the core answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct House {
    /// The number of its layer.
    pub layer: usize,
    /// Its row.
    pub building: u32,
    /// Its name.
    pub title: Title,
    /// Its id.
    pub id: String,
    /// Storeys × entrances × rooms.
    pub table: UnitTable,
    /// Units by state; adds up to the units.
    pub states: Vec<StatusCount>,
    /// For each unit's row the place of its state in `states`.
    pub state_of: HashMap<u32, usize>,
    /// How many units were matched how.
    pub matched: Vec<(Match, u64)>,
    /// Units whose code and parent name different buildings.
    pub contradicted: u64,
    /// Personal values of each unit's row, by field.
    pub personal: HashMap<u32, Vec<(String, String)>>,
    /// Whether they are as they are, and not masked.
    pub unmasked: bool,
    /// The building as it is drawn.
    pub standing: Option<Standing>,
    /// Where its units are.
    pub spots: HashMap<u32, Spot>,
    /// The storeys that it can be cut open above, lowest first; empty for a building without height.
    pub levels: Vec<i32>,
}

impl House {
    /// Its storeys; `None` for a building without height.
    pub fn floors(&self) -> Option<Floors<'_>> {
        Floors::new(&self.standing.as_ref()?.shell, &self.table, &self.spots)
    }

    /// The colour of a unit's state.
    pub fn colour(&self, unit: u32) -> [u8; 3] {
        self.state(unit).and_then(|state| state.class.as_ref()).map_or(NO_COLOUR, |class| class.colour)
    }

    /// Units arranged in a table and counted by state.
    pub fn of_units(units: Vec<UnitRow>) -> Self {
        let states = count_states(&units);
        let mut state_of = HashMap::with_capacity(units.len());
        for unit in &units {
            let class = unit.known_status().map(|status| &status.class);
            let said = unit.status.as_deref().unwrap_or_default();
            let is = |count: &StatusCount| match (&count.class, class) {
                (Some(count), Some(class)) => count.code == class.code,
                (None, None) => count.text == said,
                _ => false,
            };
            if let Some(at) = states.iter().position(is) {
                state_of.insert(unit.row, at);
            }
        }
        Self { states, state_of, table: UnitTable::build(units), ..Self::default() }
    }

    /// The number of units.
    pub fn units(&self) -> u64 {
        self.states.iter().map(|state| state.units).sum()
    }

    /// The state of a unit.
    pub fn state(&self, unit: u32) -> Option<&StatusCount> {
        self.states.get(*self.state_of.get(&unit)?)
    }
}

/// The stock with its units, as the core answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Buildings.
    pub stock: Stock,
    /// Units of the project; `None` without a layer of them.
    pub units: Option<CountedUnits>,
}

/// All units of the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountedUnits {
    /// How many.
    pub count: u64,
    /// How many were matched how.
    pub matched: Vec<(Match, u64)>,
    /// Why others were not.
    pub misses: Vec<(Miss, u64)>,
    /// Units whose code and parent name different buildings.
    pub contradicted: u64,
    /// What could not be answered, as the core says it.
    pub notes: Vec<String>,
}

/// A fact of a card in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FactRow {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The colour of its class.
    pub colour: Option<[u8; 3]>,
    /// The field that it comes from; empty where it comes from none.
    pub from: String,
    /// What is odd about it, or how it was found.
    pub note: String,
    /// Whether the field says something that cannot be read.
    pub doubtful: bool,
}

/// A building's card in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CardModel {
    /// The grade of danger and its colour.
    pub grade: Option<(String, [u8; 3])>,
    /// What is known.
    pub facts: Vec<FactRow>,
    /// Names of what is not.
    pub missing: Vec<String>,
    /// The building that it is a part of, and how many parts it has, in words.
    pub family: Vec<String>,
    /// The unit code.
    pub code: Option<CodeCard>,
    /// Whether the project has units at all.
    pub has_units: bool,
}

/// A unit's section in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitModel {
    /// What is known.
    pub facts: Vec<FactRow>,
    /// Its building's layer and row; `None` where it was not matched.
    pub building: Option<(usize, u32)>,
    /// How it was matched, or why it was not.
    pub matched: String,
    /// The unit code.
    pub code: Option<CodeCard>,
}

/// A class of the stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// What the stock is divided by.
    pub division: Division,
    /// The class's code; `None` is the class of unknown ones.
    pub class: Option<String>,
}

/// What the panels remember.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HousingState {
    /// The stock is shown though a building with units is selected.
    pub stock: bool,
    /// The building that the tab showed last: a new one is shown as such.
    pub shown: Option<(usize, u32)>,
    /// The unit that was brought into view.
    pub seen: Option<u32>,
    /// Units that fit nowhere are listed.
    pub misfits: bool,
    /// All uses are listed.
    pub all_uses: bool,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum HousingEdit {
    /// Count the stock.
    Count,
    /// Stop counting.
    Stop,
    /// Show only the buildings of a class on the map; `None` shows all again.
    Filter(Option<Pick>),
    /// Cut the house open above a storey; `None` makes it whole again.
    Cut(Option<i32>),
    /// Select a unit by its row, and fly there.
    Unit(u32),
    /// Select a building by its layer and row, and fly there; `None` is the layer that was counted.
    Building(Option<usize>, u32),
    /// Show personal data as it is, or masked again.
    Unmask(bool),
}
