//! The `housing` command: the stock of buildings, or one building with its units.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::args::HousingArgs;
use super::exit::{Exit, Failure};
use super::output::{print, print_json, say, say_shared};
use super::report;
use super::words::json_of;
use super::{Viewer, source};
use crate::city::{City, CityLayer};
use crate::model::{Meaning, Role, Title};
use crate::snapshot::page::report::Report;
use crate::snapshot::reports;
use crate::themes::housing::card::{Card, FactValue, StatusCount, count_states, find_buildings};
use crate::themes::housing::families::Families;
use crate::themes::housing::join::{Join, Match};
use crate::themes::housing::personal::{Masks, PersonalField, masked, personal_fields};
use crate::themes::housing::stock::{ClassTally, Grouping, Stock, Total};
use crate::themes::housing::tables::tables;
use crate::themes::housing::unit_table::{UnitTable, unit_rows};
use crate::themes::records::Records;
use crate::units::{SquareMetres, grouped};

/// Runs the command.
///
/// # Errors
/// [`Failure`]: a wrong grouping (2); no such project, layer or building, or a layer that cannot be read (3).
pub fn run(args: &HousingArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    if args.report.report.is_some() && args.building.is_none() {
        return Err(Failure::arguments("--report is of one building: give --building ID"));
    }
    let project = source::project(&args.project)?;
    let city = source::city_of(&project)?;
    let buildings = buildings(&city, args.layer.as_deref())?;
    let families = Families::find(buildings).map_err(unreadable)?;
    if args.unmask {
        // Small numbers of people are shown as well.
        let people = buildings.layer.mapping.get(Meaning::Residents).map(|mapped| mapped.field.as_str());
        source::record_unmasking(&args.project, buildings, people.as_slice());
        if let Some(units) = units_of(&city).filter(|_| args.building.is_some()) {
            source::record_unmasking(&args.project, units, &[]);
        }
    }
    match &args.building {
        Some(id) => one(&city, buildings, &families, id, args, |report, row| {
            report::illustrate(report, &project, viewer, &buildings.layer.id, row);
        }),
        None => all(&city, buildings, &families, args),
    }?;
    Ok(Exit::Done)
}

fn unreadable(error: io::Error) -> Failure {
    Failure::input(error.to_string())
}

/// The layer of buildings: the one that is named, else the first of that role.
fn buildings<'c>(city: &'c City, id: Option<&str>) -> Result<&'c Arc<CityLayer>, Failure> {
    if let Some(id) = id {
        return source::layer(city, id);
    }
    let mut layers = city.layers.iter().filter(|layer| layer.layer.role == Role::Building);
    let Some(first) = layers.next() else {
        let known = city.layers.iter().map(|layer| format!("{} ({})", layer.layer.id, layer.layer.role.word()));
        return Err(Failure::input(format!(
            "no layer has the role building; the layers are: {}; name one with --layer, or give it role = \"building\" in project.toml",
            known.collect::<Vec<_>>().join(", ")
        )));
    };
    let others: Vec<&str> = layers.map(|layer| layer.layer.id.as_str()).collect();
    if !others.is_empty() {
        say(format_args!("note: of layer {}; others with buildings: {} (--layer)", first.layer.id, others.join(", ")));
    }
    Ok(first)
}

/// The first layer of units.
fn units_of(city: &City) -> Option<&Arc<CityLayer>> {
    city.layers.iter().find(|layer| layer.layer.role == Role::Unit)
}

// ---- the stock ----

fn all(city: &City, buildings: &CityLayer, families: &Families, args: &HousingArgs) -> Result<(), Failure> {
    if let Some(by) = args.by.as_deref()
        && Masks::unless(args.unmask, &buildings.known().table).hides(by)
    {
        // A group's name would be a person's.
        let message = format!("--by {by}: the field holds personal data; --unmask groups by it all the same");
        return Err(Failure::arguments(message));
    }
    let people = buildings.layer.mapping.get(Meaning::Residents).map(|mapped| mapped.field.as_str());
    if args.by.is_some() && args.by.as_deref() == people && !args.unmask {
        let message = "--by the number of people names how few live where; --unmask groups by it all the same";
        return Err(Failure::arguments(message));
    }
    let anchors = anchors(city, buildings);
    let by = args.by.as_deref();
    let grouping = by.map(|by| grouping(city, buildings, anchors.as_deref(), by)).transpose()?;
    let mut stock = Stock::of(buildings, families, grouping).map_err(unreadable)?;
    if args.unmask {
        say("note: --unmask: numbers that tell of fewer than five people are shown");
    } else {
        stock.suppress_small(tables().least_cell);
    }
    let units = units_of(city);
    let join = units.map(|units| Join::build(buildings, units, families)).transpose().map_err(unreadable)?;
    if let Some(join) = &join {
        join.notes.iter().for_each(|note| say(format_args!("note: {note}")));
    }
    let states = match units {
        Some(units) => {
            let rows: Vec<u32> = (0..units.rows()).collect();
            count_states(&unit_rows(units, &rows).map_err(unreadable)?)
        }
        None => Vec::new(),
    };
    if args.json {
        return print_json(&json!({
            "layer": buildings.layer.id,
            "stock": stock,
            "units": units.zip(join.as_ref()).map(|(units, join)| json!({
                "layer": units.layer.id,
                "count": units.rows(),
                "matched": matched(join),
                "contradicted": join.contradicted(),
                "misses": misses(join),
                "notes": join.notes,
                "states": states,
            })),
        }));
    }
    print(|out| {
        stock_table(out, &buildings.layer.id, &stock)?;
        if let (Some(units), Some(join)) = (units, &join) {
            writeln!(out, "\nunits of layer {}: {}", units.layer.id, units.rows())?;
            let counts = join.counts().map(|(quality, count)| format!("{} {count}", match_word(quality)));
            writeln!(out, "  matched by   {}", counts.join(", "))?;
            writeln!(out, "  states       {}", states_line(&states))?;
        }
        Ok(())
    })
}

/// Where the rows of a table without places lie: on the parcels that share its key.
fn anchors(city: &City, buildings: &CityLayer) -> Option<Vec<Option<[f64; 2]>>> {
    let number = city.layers.iter().position(|layer| layer.layer.id == buildings.layer.id)?;
    let parcels = city.layers.iter().filter(|layer| layer.layer.role == Role::Parcel && layer.stream.is_none());
    parcels.into_iter().find_map(|parcels| {
        let records = Records::of(city, parcels).into_iter().find(|records| records.layer == number)?;
        let (field, key) = &records.key;
        say(format_args!(
            "note: layer {} has no places; its rows lie on the parcels of layer {} by {key} = {field} ({} of {})",
            buildings.layer.id, parcels.layer.id, records.joined.matched_records, records.joined.records
        ));
        Some(records.anchors(&parcels.layer))
    })
}

/// A field of the layer of buildings, else a layer of polygons.
fn grouping<'c>(
    city: &'c City,
    buildings: &'c CityLayer,
    anchors: Option<&'c [Option<[f64; 2]>]>,
    by: &'c str,
) -> Result<Grouping<'c>, Failure> {
    if buildings.known().table.field(by).is_some() {
        return Ok(Grouping::Field(by));
    }
    if let Some(areas) = city.layer(by) {
        return Ok(Grouping::Areas(areas, anchors));
    }
    let fields: Vec<&str> = buildings.known().table.fields.iter().map(|field| field.name.as_str()).collect();
    let layers: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
    Err(Failure::arguments(format!(
        "--by: \"{by}\" is neither a field of layer {} ({}) nor a layer ({})",
        buildings.layer.id,
        fields.join(", "),
        layers.join(", ")
    )))
}

fn match_word(quality: Match) -> &'static str {
    match quality {
        Match::Code => "code",
        Match::Parent => "parent",
        Match::Position => "position",
        Match::None => "none",
    }
}

fn matched(join: &Join) -> Map<String, Json> {
    join.counts().into_iter().map(|(quality, count)| (match_word(quality).to_owned(), count.into())).collect()
}

fn misses(join: &Join) -> Json {
    let mut counts = std::collections::BTreeMap::new();
    join.misses().for_each(|(_, miss)| *counts.entry(miss).or_insert(0_u64) += 1);
    counts.into_iter().map(|(miss, units)| json!({ "reason": miss, "units": units })).collect()
}

fn states_line(states: &[StatusCount]) -> String {
    let word = |state: &StatusCount| if state.text.is_empty() { "unknown".to_owned() } else { state.text.clone() };
    states.iter().map(|state| format!("{} {}", word(state), state.units)).collect::<Vec<_>>().join(", ")
}

/// A sum with how many do not say; `-` where nobody does.
fn total(total: &Total, unit: &str) -> String {
    let Some(sum) = total.sum else {
        return if total.suppressed {
            "(not shown: it would tell of fewer than five people)".to_owned()
        } else {
            "-".to_owned()
        };
    };
    let unknown = if total.unknown > 0 { format!(" ({} buildings unknown)", total.unknown) } else { String::new() };
    format!("{}{unit}{unknown}", grouped(sum, 0))
}

fn stock_table(out: &mut dyn Write, layer: &str, stock: &Stock) -> io::Result<()> {
    let parts = match stock.parts + stock.parts_without_building {
        0 => String::new(),
        _ => format!(" and {} parts of them, {} parts of none", stock.parts, stock.parts_without_building),
    };
    writeln!(out, "layer {layer}: {} buildings{parts}", stock.all.buildings)?;
    let computed = match stock.floor_area_computed {
        0 => String::new(),
        n => format!(", {n} computed as storeys × footprint"),
    };
    writeln!(out, "  floor area   {}{computed}", total(&stock.all.floor_area_m2, " m²"))?;
    writeln!(out, "  units        {}", total(&stock.all.units, ""))?;
    if let Some(area) = stock.floor_area_per_unit_m2 {
        writeln!(out, "  per unit     {}", SquareMetres(area))?;
    }
    if stock.all.residents.known > 0 {
        writeln!(out, "  residents    {}", total(&stock.all.residents, ""))?;
    }
    if let Some(vacancy) = stock.vacancy {
        let share = vacancy.part / vacancy.of * 100.0;
        writeln!(out, "  vacant       {} of {} units ({share:.1} %)", vacancy.part, vacancy.of)?;
    }
    if let Some([first, last]) = stock.years {
        writeln!(out, "  years        {first} to {last}")?;
    }
    for (title, classes) in [
        ("year built", &stock.by_year),
        ("structure", &stock.by_structure),
        ("safety grade", &stock.by_grade),
        ("use", &stock.by_use),
    ] {
        class_table(out, title, classes)?;
    }
    for (field, values) in &stock.unread {
        let values: Vec<String> = values.iter().map(|(text, count)| format!("\"{text}\" {count}")).collect();
        let more = if values.len() > 8 { ", …" } else { "" };
        writeln!(out, "\nnot understood in {field}: {}{more}", values[..values.len().min(8)].join(", "))?;
    }
    if !stock.groups.is_empty() {
        writeln!(out, "\n{:<28} {:>9} {:>16} {:>9} {:>6}", "group", "buildings", "floor area m²", "units", "C or D")?;
        for group in &stock.groups {
            let tally = &group.tally;
            let area = tally.floor_area_m2.sum.map_or("-".to_owned(), |sum| grouped(sum, 0));
            let units = tally.units.sum.map_or("-".to_owned(), |sum| grouped(sum, 0));
            writeln!(out, "{:<28} {:>9} {area:>16} {units:>9} {:>6}", group.group, tally.buildings, tally.dangerous)?;
        }
    }
    if !stock.dangerous_buildings.is_empty() {
        let list = &stock.dangerous_buildings;
        writeln!(out, "\ngrade C or D: {} buildings", list.len())?;
        for building in list.iter().take(ROWS) {
            writeln!(out, "  {}  {}", building.grade, building.id)?;
        }
        if list.len() > ROWS {
            writeln!(out, "  … and {} more; all of them with --json", list.len() - ROWS)?;
        }
    }
    Ok(())
}

/// Rows of a list printed for people; a script takes `--json`.
const ROWS: usize = 20;

fn class_table(out: &mut dyn Write, title: &str, classes: &[ClassTally]) -> io::Result<()> {
    let there: Vec<&ClassTally> = classes.iter().filter(|class| class.tally.buildings > 0).collect();
    if there.iter().all(|class| class.code == "unknown") {
        return writeln!(out, "\n{title}: unknown for all");
    }
    writeln!(out, "\n{title}")?;
    let line = |out: &mut dyn Write, class: &ClassTally| {
        let area = class.tally.floor_area_m2.sum.map_or("-".to_owned(), |sum| format!("{} m²", grouped(sum, 0)));
        // A use is its own title.
        let coded = class.code != class.title.en && class.colour.is_some();
        let code = if coded { format!("{}  ", class.code) } else { String::new() };
        writeln!(out, "  {:>9} {area:>18}  {code}{}", class.tally.buildings, class.title.en())
    };
    let (shown, rest) = there.split_at(there.len().min(ROWS));
    shown.iter().try_for_each(|class| line(out, class))?;
    // The last is the unknown class, where some are.
    let (unknown, hidden) = match rest.split_last() {
        Some((last, others)) if last.code == "unknown" => (Some(last), others.len()),
        _ => (None, rest.len()),
    };
    if hidden > 0 {
        writeln!(out, "  … and {hidden} more; all of them with --json")?;
    }
    unknown.map_or(Ok(()), |class| line(out, class))
}

// ---- one building ----

/// The building with an id; all of them where several share it.
/// The buildings of an id; `picture` puts a row's picture into its report.
fn one(
    city: &City,
    buildings: &CityLayer,
    families: &Families,
    id: &str,
    args: &HousingArgs,
    picture: impl Fn(&mut Report, u32),
) -> Result<(), Failure> {
    let asked = args.report.asked(&city.title)?;
    let rows = find_buildings(buildings, id).map_err(unreadable)?;
    if rows.is_empty() {
        return Err(Failure::input(format!(
            "layer {} has no building \"{id}\": give the value of its id field, its unit code (不动产单元代码, 24 or 28 characters), or #ROW; \
             `cimbase query … --layer {} --where …` finds them",
            buildings.layer.id, buildings.layer.id
        )));
    }
    say_shared("buildings", &buildings.layer.id, id, "--building", &rows);
    let units = units_of(city);
    let join = units.map(|units| Join::build(buildings, units, families)).transpose().map_err(unreadable)?;
    if let Some(join) = &join {
        join.notes.iter().for_each(|note| say(format_args!("note: {note}")));
    }
    let masks = Masks::of(&buildings.known().table);
    let mut found: Vec<(Card, Units)> = Vec::new();
    for row in rows.iter().copied() {
        // A part is shown with its own facts; units belong to its building.
        let card = Card::of(buildings, row, families).map_err(unreadable)?;
        let card = if args.unmask { card } else { card.masked(&masks) };
        let home = families.building_of(row).unwrap_or(row);
        let mine = units.zip(join.as_ref()).map(|(units, join)| Units::of(units, join, home, args.unmask));
        found.push((card, mine.transpose().map_err(unreadable)?.unwrap_or_default()));
    }
    if let Some((out, made)) = &asked {
        let all = found.iter().zip(&rows).map(|((card, mine), row)| {
            let mut report = reports::building(made, card, &mine.states);
            picture(&mut report, *row);
            report
        });
        report::write(&reports::joined(all.collect()), made, out)?;
    }
    if args.unmask {
        say_unmasked(units.is_some(), &found);
    }
    if args.json {
        let mut answers: Vec<Json> = found
            .iter()
            .map(|(card, mine)| {
                let of = |units: &Arc<CityLayer>| mine.json(&units.layer.id, args.unmask);
                json!({ "building": card, "units": units.map(of) })
            })
            .collect();
        let mut answer = if answers.len() == 1 { answers.remove(0) } else { json!({ "buildings": answers }) };
        answer["layer"] = json!(buildings.layer.id);
        return print_json(&answer);
    }
    print(|out| {
        for (number, (card, mine)) in found.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            card_table(out, card)?;
            match units {
                Some(units) => mine.print(out, &units.layer.id)?,
                None => writeln!(out, "\nno layer of units")?,
            }
        }
        Ok(())
    })
}

fn say_unmasked(has_units: bool, found: &[(Card, Units)]) {
    let units: usize = found.iter().map(|(_, mine)| mine.rows.len()).sum();
    let fields: Vec<&str> =
        found.iter().take(1).flat_map(|(_, mine)| &mine.personal).map(|p| p.field.as_str()).collect();
    match (has_units, fields.is_empty()) {
        (false, _) => say("note: --unmask: there is no layer of units, and nothing personal to show"),
        (true, true) => say("note: --unmask: no field of the units holds personal data"),
        (true, false) => say(format_args!(
            "note: --unmask: personal values of {units} units are shown as they are: {}",
            fields.join(", ")
        )),
    }
}

/// The units of a building.
#[derive(Default)]
struct Units {
    rows: Vec<u32>,
    matched: Map<String, Json>,
    states: Vec<StatusCount>,
    table: UnitTable,
    personal: Vec<PersonalField>,
    values: Vec<Json>,
}

impl Units {
    fn of(units: &CityLayer, join: &Join, building: u32, unmask: bool) -> io::Result<Self> {
        let rows = join.units_of(building).to_vec();
        let mut matched = Map::new();
        for quality in [Match::Code, Match::Parent, Match::Position] {
            let is = |row: &&u32| join.link(**row).is_ok_and(|link| link.quality == quality);
            matched.insert(match_word(quality).to_owned(), rows.iter().filter(is).count().into());
        }
        let read = unit_rows(units, &rows)?;
        let personal = personal_fields(&units.known().table);
        let mut values = Vec::new();
        if !personal.is_empty() {
            for (row, unit) in rows.iter().zip(&read) {
                let (layer, at) = units.of_row(*row)?;
                let mut object = Map::from_iter([("id".to_owned(), Json::from(unit.id.as_str()))]);
                for field in &personal {
                    let value = layer.table.value(at, &field.field);
                    let shown = if unmask || value.is_null() {
                        json_of(&value)
                    } else {
                        masked(field.kind, &value.to_string()).into()
                    };
                    object.insert(field.field.clone(), shown);
                }
                values.push(object.into());
            }
        }
        Ok(Self { states: count_states(&read), table: UnitTable::build(read), rows, matched, personal, values })
    }

    fn json(&self, layer: &str, unmask: bool) -> Json {
        json!({
            "layer": layer,
            "count": self.rows.len(),
            "matched": self.matched,
            "states": self.states,
            "table": self.table,
            "personal_fields": self.personal,
            "masked": !unmask,
            "personal": self.values,
        })
    }

    fn print(&self, out: &mut dyn Write, layer: &str) -> io::Result<()> {
        writeln!(out, "\nunits of layer {layer}: {}", self.rows.len())?;
        if self.rows.is_empty() {
            return Ok(());
        }
        let matched: Vec<String> = self.matched.iter().map(|(word, count)| format!("{word} {count}")).collect();
        writeln!(out, "  matched by   {}", matched.join(", "))?;
        writeln!(out, "  states       {}", states_line(&self.states))?;
        for entrance in &self.table.entrances {
            let name = if entrance.name.is_empty() { "-" } else { &entrance.name };
            writeln!(out, "  entrance {name:<4} rooms {}", entrance.rooms.join(" "))?;
        }
        writeln!(out, "\n  storey (called)  units")?;
        for storey in &self.table.storeys {
            let rooms = storey.cells.iter().flatten().map(|placed| {
                let state = placed.unit.status.as_deref().map_or(String::new(), |state| format!(" {state}"));
                format!("{}{state}", placed.unit.room.as_deref().unwrap_or("?"))
            });
            writeln!(
                out,
                "  {:>6} {:<9} {}",
                storey.order,
                format!("({})", storey.nominal),
                rooms.collect::<Vec<_>>().join(" | ")
            )?;
        }
        for misfit in &self.table.misfits {
            writeln!(out, "  not in the table: {}: {}", misfit.unit.id, misfit.reason)?;
        }
        for value in &self.values {
            writeln!(out, "  {value}")?;
        }
        Ok(())
    }
}

fn card_table(out: &mut dyn Write, card: &Card) -> io::Result<()> {
    let both = |title: &Title| match (title.zh.as_str(), title.en.as_str()) {
        (zh, en) if zh.is_empty() || en.is_empty() || zh == en => format!("{zh}{}", if zh == en { "" } else { en }),
        (zh, en) => format!("{zh} / {en}"),
    };
    writeln!(out, "{}  {}", card.id, both(&card.title))?;
    if let Some(parent) = &card.part_of {
        writeln!(out, "  part of {parent}")?;
    }
    if card.parts > 0 {
        writeln!(out, "  has {} parts", card.parts)?;
    }
    for fact in &card.facts {
        let value = match &fact.value {
            // Converted units end in noise: a thousandth is enough for people.
            Some(FactValue::Number(number)) => ((number * 1000.0).round() / 1000.0).to_string(),
            Some(FactValue::Text(text)) => text.clone(),
            None => "unknown".to_owned(),
        };
        let class = fact.class.as_ref().map_or(String::new(), |class| format!(" {}", both(&class.title)));
        let from = fact.from.as_ref().map_or(String::new(), |field| format!("  [{field}]"));
        let note = fact.note.as_ref().map_or(String::new(), |note| format!("  ({note})"));
        writeln!(out, "  {:<22} {value}{class}{from}{note}", fact.name.en())?;
    }
    if let Some(code) = &card.code {
        writeln!(out, "\nunit code {}", code.printed.as_ref().unwrap_or(&code.text))?;
        for group in &code.groups {
            writeln!(out, "  {:<7} {} {}", group.text, both(&group.name), both(&group.meaning))?;
        }
        code.warnings.iter().try_for_each(|warning| writeln!(out, "  warning: {}", both(warning)))?;
        if let Some(error) = &code.error {
            writeln!(out, "  no valid code: {error}")?;
        }
    }
    Ok(())
}
