//! Every text of the interface, once per language, switchable while the program runs.
//!
//! A text is a field: one that is missing in a language does not compile. `{}` in a text stands
//! for a number or name, see [`Words::put`]. Sentence case; "…" when a button asks for more.

mod en;
mod zh;

use std::borrow::Cow;
use std::fmt::Display;

use crate::model::style::Classing;
use crate::model::{HeightSource, Role, Title, Vertical};
use crate::report::Severity;
use crate::scene::quality::Drawing;

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Language {
    /// Simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// A text in both languages.
pub fn both(text: impl Fn(&'static Words) -> String) -> Title {
    Title { zh: text(Language::Chinese.words()), en: text(Language::English.words()) }
}

impl Language {
    /// All languages, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The texts in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &zh::CHINESE,
            Self::English => &en::ENGLISH,
        }
    }

    /// The language's name in itself: who cannot read the interface must find it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
        }
    }

    /// The language of a locale name such as `zh_CN.UTF-8`; English for all but Chinese.
    pub fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::Chinese } else { Self::English }
    }
}

impl Default for Language {
    /// The language of the system, from the environment.
    fn default() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        Self::of_locale(&locale.unwrap_or_default())
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $section:ident: $kind:ident { $($key:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $kind {
                $(#[doc = concat!("The text for `", stringify!($key), "`.")] pub $key: &'static str,)*
            }
        )*

        /// Every text of the interface in one language, by the panel that shows it.
        #[derive(Clone, Copy, Debug)]
        pub struct Words {
            $($(#[$doc])* pub $section: $kind,)*
        }

        impl Words {
            /// All texts with their names: `("layers.title", "Layers")`.
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$($((concat!(stringify!($section), ".", stringify!($key)), self.$section.$key),)*)*]
            }
        }
    };
}

words! {
    /// The frame: bar, panels, drawer.
    frame: Frame {
        program, add_data, snapshot, help, show, hide, drawer, close_drawer, cancel
    }
    /// The layer panel.
    layers: Layers {
        title, none, ground, details_of, drag, warnings_of, colour_by, one_colour, classing, classes, label_by, no_labels, opacity, role, vertical, ground_gap, features, skipped, synthetic, zoom_to, open_table, raise, lower, remove, remove_sure, remove_yes, more_values, other_values, no_value, exaggeration, elevations, cells
    }
    /// How a CRS was found.
    crs: CrsWords {
        title, declared, from_file, guessed, unknown
    }
    /// The inspector.
    inspector: Inspector {
        title, nothing, of, next, previous, zoom_to, show_in_table, copy_id, clear, click_copies, height, area, length, volume, ground, map_position, lon_lat, id, attributes, show_empty, hide_empty, filter, no_match
    }
    /// The search box.
    search: Search {
        title, hint, clear, busy, none, more
    }
    /// The attribute table.
    table: Table {
        title, layer, rows, rows_of, row, sort_by, filter, filter_hint, filter_help, filter_masked, clear_filter, no_layer, no_rows, busy
    }
    /// Measuring.
    measure: Measure {
        title, distance, path, area, height, undo, finish, copy, clear, choose, finished, first_point, second_point, next_point, first_bottom, then_top, q_horizontal, q_slope, q_vertical, q_bearing, q_total, q_last_segment, q_perimeter, q_area, q_height, q_bottom, q_top
    }
    /// The load dialog.
    load: Load {
        title, explain, formats, path, path_hint, browse, browse_folder, folder_help, look, looking, loading, failed, again, copy_reason, format, declare_crs, declare_hint, declare_help, offset, offset_none, offset_gcj02, offset_bd09, encoding, encoding_found, fields, field, field_type, field_meaning, field_examples, load, type_text, type_integer, type_real, type_boolean, type_time
    }
    /// The snapshot dialog.
    snapshot: SnapshotWords {
        title, data, model, picture, report, package, data_help, model_help, picture_help, report_help, package_help, format, layers, fields, fields_n, name_in_file, rows, rows_shown, rows_selected, area, area_all, area_view, clip, crs, crs_hint, crs_fixed, offset, shown_of, masked, unmasked, preview, counting, features_n, about_size, size_unknown, file, take, taking, busy_help, exists, done, wrote, open_folder, failed, again, look_view, look_above, size, paper, upright, around, around_help, picture_title, title_hint, encrypt, encrypt_hint, report_of, report_none, report_button, no_layer, no_view, one_layer, wrong_ending, wrong_size, only_above
    }
    /// The file browser.
    browser: Browser {
        title, title_folder, title_save, file_name, save, any_ending, overwrite, overwrite_text, no_name, folder_exists, file_exists, open, reload, working_folder, hidden, system_files, pinned, places, devices, removable, home, desktop, documents, downloads, music, pictures, videos, pin, unpin, selected, selected_folder, all_files
    }
    /// Planning: dossiers and control limits.
    planning: Planning {
        title, check_all, checking, explain, no_parcels, none_listed, paint, paint_streamed, dossier, land_use, no_land_use, parcel, parcel_area, floor_area, buildings, standing, verdict, sides, side, verify, rule_help, far, far_short, density, height, green, setback, parking, nothing_served, or_more, spaces, per_dwelling, per_100_m2, why_no_spaces, why_spaces, why_dwellings, foreign_use, pass, breach, unknown, no_limit, at_most, at_least, between, not_measured, nothing_stands, from_field, from_zone, from_table, no_field, empty_field, unread_field, zero_field, no_majority, why_no_buildings, why_no_green, why_green, why_storeys_from_height, why_near_step, why_storeys_unknown, why_height_from_storeys, why_height_guessed, why_cut, why_use, why_no_area, units, cases, cases_open, neighbours, adjoins, page_parcels, page_histogram, page_balance, histogram_help, no_limits_here, bar_of, limit_short, balance_of, balance_help, scope_whole, scope_selected, scope_selected_none, scope_selected_help, scope_drawn, scope_drawn_help, parcels_count, hectares, percent, sum, save_layer, shown_red, breaks_limit, buildable, may_be_built, envelope, own_setback, sky_plane, sky_from, sky_angle, zone, in_zone, records, key, shared_by, registered_area, storeys, built, uses, north, northeast, east, southeast, south, southwest, west, northwest, negative_field, not_judged, no_uses, as_share, why_elsewhere, why_overlap, control_lines, control_any, control_help, crossing, inside, outside, control_area, control_length
    }
    /// What-if schemes.
    schemes: Schemes {
        title, scheme, as_is, begin, explain, name, duplicate, discard, draw, place, draw_help, draw_finish, place_help, length, width, block, storeys, storeys_n, storey_height, use_, turn_left, turn_right, move_help, no_blocks, remove, copy, pull, existing, clear_all, buildings, footprint, limit, of_parcel, choose_parcel, all, kept, keeping, not_kept, save_layer, undo, redo, no_such_parcel, refused_area, refused_corners, refused_crossing, refused_storeys, refused_storey_height, refused_gone, refused_name
    }
    /// Questions across layers.
    questions: Questions {
        title, no_layers, explain, choose_question, saved, example, name, name_hint, name_help, keep, drop_question, kept, kept_unsaved, find, layer, condition, condition_hint, condition_help, relation, contains, within, near, near_head, distance, other_layer, counting, at_least, at_most, none, number, time, any_time, last_days, days, days_unit, add_relation, remove_relation, as_of, as_of_hint, as_of_help, ask, asking, found, first_rows, since_changed, none_found, on_map, map_nothing, map_coloured, map_only, in_answer, not_in_answer, save_layer, thing, question_page, answer_page
    }
    /// Housing: cards, unit tables, the stock.
    housing: Housing {
        title, no_buildings, explain, count, counting, stock, unit_table, card, unit, selected_unit, verify, from_field, missing, unread, unknown, part_of, parts, family, joined, joined_by, no_units, matched, contradicted, contradicts, match_code, match_parent, match_position, match_none, miss_no_building, miss_outside, miss_nothing, code, code_groups, code_place, code_character, to_building, state, entrance, entrance_named, storey, nominal, physical, room, floor_area, unit_at, unit_at_entrance, several, several_at, physically, up_to, doubt, storey_help, misfits, not_a_storey, not_in_room, no_storey_no_room, no_room, unmask, unmask_help, unmasked_notice, unmasked_unlogged, by_year, by_structure, by_grade, by_use, dangerous, none_dangerous, grade_of, bar, bar_help, show_all, all_uses, fewer_uses, buildings, counted, units_count, per_unit, vacancy, vacant_of, residents, years, dwellings, sum_without, people_range, masked, too_few, cut, cut_at, cut_none, cut_help, computed, parts_apart, unread_values, comma
    }
    /// Cases: the desk, their cards, what is done with them.
    cases: Cases {
        title, reading, none, none_listed, me_help, my_name, my_unit, my_area, my_area_help, ready, grid_member, operator, shift_leader, dispatcher, department, commander, system, open, mine, overdue, closed, all, nearly_due, in_time, no_limit, by_overdue, by_due, by_reported, by_category, by_distance, order, search, search_hint, all_categories, no_category, category, number, state, address, unit, known_units, time, limit, due, ended, delay, late_by, left, clock_stands, span_minutes, span_hours, span_days, span_long, urgent_hours, work_hours, work_days, natural_days, hours_n, pictures_n, cases_n, more_n, at_one_place, selected_n, select_all, select_none, dispatch_all, dispatch_n, dispatch_n_help, register_here, register_help, keep_pins, heat, heat_layer, click_new, click_move, new_case, category_hint, text_hint, address_hint, choose_category, self_handled, next_as, note_field, note_hint, add_note, put_here, put_here_help, place, no_place, basis, basis_coordinates, basis_address, basis_moved, grid, division, street, building, within, parcel, facts, major, reported, channel, source, desk, source_id, reporter, name, phone, email, history_n, show_whole, show_less, copy_text, copy_number, letters_n, urged_n, timeline, play, pause, speed, speed_help, whole_time, there_at, is_so, is_not_so, is_done, is_not_done, unable, save_draft, report, register, import, send_verification, verify_place, accept, refuse, file, send_back, dispatch, apply_void, approve_void, refuse_void, apply_delay, approve_delay, refuse_delay, apply_return, approve_return, refuse_return, pass_return, apply_suspension, approve_suspension, refuse_suspension, resume, finish, send_check, check, propose_close, close, redispatch, settle_self, reject_self, urge, move_, note, close_elsewhere, or, not_there, nowhere, nobody, refused_state, refused_role, refused_guard, refused_area, refused_unit, refused_time, guard_not_settled, guard_settled, guard_not_done, guard_not_undone, guard_checked, guard_dispatcher, guard_leader, wrong_unit, wrong_limit, wrong_delay, wrong_place, near, nothing_near, near_cases, objections, objections_open, object, object_help, objects_to, new_objection, wrong_field, wrong_field_hint
    }
    /// Feeds, warnings, and what is new.
    feeds: FeedWords {
        title, open_help, back, start, has_n, start_help, started_help, stop_all, stop_one, start_one, look, bad_file, kind_file, kind_open311, kind_features, kind_geojson, kind_mqtt, kind_cap, kind_endpoint, kind_tracks, count_fixes, count_no_fix, gap_minutes, last_heard, connecting, connected, behind, refused, waiting, stopped, n_refused, n_waiting, n_behind, n_connected, n_stopped, n_new, count_new, count_known, count_garbage, count_warnings, last_at, endpoint, endpoint_at, endpoint_help, copy_address, warnings_n, warnings_layer, more_warnings, until, no_area, level_unknown, level_minor, level_moderate, level_severe, level_extreme, garbage_n, garbage_help, new_cases, one_new_case, newly_overdue, and, show_news, dismiss_news, only_news
    }
    /// Figures of cases, and hot spots.
    figures: Figures {
        page_list, page_figures, page_spots, by, by_unit, by_district, by_street, by_community, by_grid, by_category, by_person, indicator, paint, paint_none, reckoning, whole_time, until, total, nobody, nowhere, no_unit, role, score, score_help, score_person_help, points_for, count_help, need_help, overdue_help, none, sort_help, no_value, no_cases, grade_n, side, side_n, days_n, least, least_n, draw, squares_n, repeats_n, no_squares, no_repeats, method, method_help, repeat_help, confidence, confidence_n, rising, rising_help, around, around_n, around_help, here, mostly, mostly_n, expected_n, dates, place, times, times_n, z_help, unknown_place, repeat_places, repeat_place
    }
    /// The notices.
    notices: Notices {
        title, none, note, warning, error, filter, copy_all, clear, no_chinese_font
    }
    /// The status line.
    status: Status {
        crs, scale, features, features_help, frame_time, light_path, no_cursor, map_position, lon_lat, ground, ground_help
    }
    /// The view menu.
    view: View {
        title, fit, north, north_letter, sun, sun_at, night, time, date, date_short, local_time, day_now, day_equinox, day_summer, day_winter, day_great_cold, shadows, shadows_slow, grid, labels, drawing, drawing_automatic, drawing_light, drawing_full, language, theme, dark, light
    }
    /// Mouse and keys.
    help: Help {
        title, mouse, keys, left_drag, pans, right_drag, orbits, wheel, zooms, click, selects, double_click, flies, drop_file, loads, north, fit, next, search, escape, help, performance
    }
    /// What drawing costs.
    performance: Performance {
        title, frame, stages, tiles, missing, triangles, latency, memory
    }
    /// Roles of layers.
    roles: Roles {
        building, parcel, zone, control_line, unit, grid, component, incident, boundary, road, water, green, terrain, imagery, other
    }
    /// Small choices: classing, height sources, vertical.
    kinds: Kinds {
        categories, quantile, equal, jenks, ramp, surveyed, storeys, median, default, on_terrain, absolute, drape
    }
}

impl Words {
    /// A text with its `{}` filled in, in order.
    pub fn put(text: &str, values: &[&dyn Display]) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut values = values.iter();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{}") {
            out.push_str(before);
            if let Some(value) = values.next() {
                out.push_str(&value.to_string());
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// What goes on (`report::Progress::stage`) in this language.
    pub fn stage<'a>(&self, stage: &'a str) -> Cow<'a, str> {
        if std::ptr::eq(self, &zh::CHINESE) { zh::stages::stage(stage) } else { Cow::Borrowed(stage) }
    }

    /// A role.
    pub fn role(&self, role: Role) -> &'static str {
        let w = &self.roles;
        match role {
            Role::Building => w.building,
            Role::Parcel => w.parcel,
            Role::Zone => w.zone,
            Role::ControlLine => w.control_line,
            Role::Unit => w.unit,
            Role::Grid => w.grid,
            Role::Component => w.component,
            Role::Incident => w.incident,
            Role::Boundary => w.boundary,
            Role::Road => w.road,
            Role::Water => w.water,
            Role::Green => w.green,
            Role::Terrain => w.terrain,
            Role::Imagery => w.imagery,
            Role::Other => w.other,
        }
    }

    /// A way of turning values into colours.
    pub fn classing(&self, classing: Classing) -> &'static str {
        let w = &self.kinds;
        match classing {
            Classing::Categories => w.categories,
            Classing::Quantile => w.quantile,
            Classing::Equal => w.equal,
            Classing::Jenks => w.jenks,
            Classing::Ramp => w.ramp,
        }
    }

    /// How richly the scene is drawn.
    pub fn drawing_of(&self, drawing: Drawing) -> &'static str {
        let w = &self.view;
        match drawing {
            Drawing::Automatic => w.drawing_automatic,
            Drawing::Light => w.drawing_light,
            Drawing::Full => w.drawing_full,
        }
    }

    /// Where a height comes from.
    pub fn height_source(&self, source: HeightSource) -> &'static str {
        let w = &self.kinds;
        match source {
            HeightSource::Surveyed => w.surveyed,
            HeightSource::Storeys => w.storeys,
            HeightSource::Median => w.median,
            HeightSource::Default => w.default,
        }
    }

    /// How a layer stands to the ground.
    pub fn vertical(&self, vertical: Vertical) -> &'static str {
        let w = &self.kinds;
        match vertical {
            Vertical::OnTerrain => w.on_terrain,
            Vertical::Absolute => w.absolute,
            Vertical::Drape => w.drape,
        }
    }

    /// How much an issue matters.
    pub fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Note => self.notices.note,
            Severity::Warning => self.notices.warning,
            Severity::Error => self.notices.error,
        }
    }

    /// The type of a field, from the word of the core; the word itself when it is another.
    pub fn field_type<'a>(&self, word: &'a str) -> &'a str {
        let w = &self.load;
        match word {
            "text" => w.type_text,
            "integer" => w.type_integer,
            "real" => w.type_real,
            "boolean" => w.type_boolean,
            "time" => w.type_time,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_says_something_and_takes_the_same_values_in_every_language() {
        let all = Language::ALL.map(|language| language.words().all());
        for ((name, zh), (_, en)) in all[0].iter().zip(&all[1]) {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{name} is empty");
            assert_eq!(zh.matches("{}").count(), en.matches("{}").count(), "{name} takes other values");
            assert_eq!(zh.ends_with('…'), en.ends_with('…'), "{name}: one asks for more, the other does not");
        }
    }

    #[test]
    fn english_is_in_sentence_case_and_chinese_is_chinese() {
        let shouts = |text: &str| {
            let later = text.split_whitespace().skip(1).filter(|w| w.len() > 1 && w.chars().all(char::is_alphabetic));
            let later: Vec<&str> = later.collect();
            later.len() > 1 && later.iter().all(|w| w.starts_with(char::is_uppercase))
        };
        for (name, text) in Language::English.words().all() {
            assert!(!shouts(text), "{name}: {text:?} is in title case");
            assert!(!text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{name} is not English");
        }
        let latin_only = ["frame.program", "view.date_short", "snapshot.encrypt_hint"];
        for (name, text) in Language::Chinese.words().all() {
            let chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            let filled_only = text.chars().all(|c| !c.is_alphabetic());
            assert!(chinese || filled_only || latin_only.contains(&name), "{name}: {text:?} is not Chinese");
        }
    }

    #[test]
    fn values_are_put_in_order_and_a_missing_one_leaves_a_gap() {
        assert_eq!(Words::put("{} of {} rows", &[&3, &"all"]), "3 of all rows");
        assert_eq!(Words::put("{} of {}", &[&3]), "3 of ");
        assert_eq!(Words::put("none", &[&3]), "none");
    }

    #[test]
    fn a_chinese_locale_gives_chinese() {
        assert_eq!(Language::of_locale("zh_CN.UTF-8"), Language::Chinese);
        assert_eq!(Language::of_locale("C.UTF-8"), Language::English);
        assert_eq!(Language::of_locale(""), Language::English);
    }
}
