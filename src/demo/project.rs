//! The demo's `project.toml`: what each layer is, how it is read and drawn.

use super::{Breach, CRS, DemoLayer, DemoOptions};

/// Begins every project file that the demo writes, so that it never overwrites another.
pub(super) const MARK: &str = "# Synthetic demo city, made by `cimbase demo`";

/// What the project file says of one layer.
struct Entry {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    role: &'static str,
    /// The remaining keys, one a line.
    more: &'static str,
}

const TERRAIN: Entry =
    Entry { id: "terrain", zh: "地形", en: "Terrain", role: "terrain", more: "crs = \"EPSG:4548\"\n" };

fn entry(layer: DemoLayer) -> Entry {
    let (zh, en, role, more) = match layer {
        DemoLayer::Parcels => (
            "地块",
            "Parcels",
            "parcel",
            "fields = { id = \"id\", name = \"name_zh\", name_en = \"name_en\", code = \"land_use\", use = \"land_use_zh\", colour = \"colour\", \
             far_limit = \"far_limit\", density_limit = \"density_limit\", height_limit = \"height_limit_m\", green_limit = \"green_min\", setback = \"setback_m\", parking_per_dwelling = \"parking_per_dwelling\", parking_spaces = \"parking_spaces\", mixed_use = \"mixed_use\", \
             year = \"year\" }\nstyle = { opacity = 0.5 }\n",
        ),
        DemoLayer::Green => (
            "绿地",
            "Green space",
            "green",
            "vertical = \"drape\"\nfields = { name = \"name_zh\", category = \"kind\" }\nstyle = { colour = \"#a9cf96\" }\n",
        ),
        DemoLayer::Water => (
            "水系",
            "Water",
            "water",
            "vertical = \"drape\"\nfields = { name = \"name_zh\", name_en = \"name_en\" }\nstyle = { colour = \"#7fb4d6\", label_by = \"name_zh\" }\n",
        ),
        DemoLayer::RoadSurfaces => (
            "道路用地",
            "Road surfaces",
            "road",
            "vertical = \"drape\"\nfields = { name = \"name_zh\", category = \"class\" }\nstyle = { colour = \"#c6c6c4\" }\n",
        ),
        DemoLayer::Roads => (
            "道路中心线",
            "Road centrelines",
            "road",
            "vertical = \"drape\"\nfields = { id = \"id\", name = \"name_zh\", name_en = \"name_en\", category = \"class\" }\n\
             style = { colour = \"#f4f1e4\", label_by = \"name_zh\" }\n",
        ),
        DemoLayer::Bridges => (
            "桥梁",
            "Bridges",
            "road",
            "vertical = \"absolute\"\nfields = { id = \"id\", name = \"name_zh\", name_en = \"name_en\", category = \"class\" }\n\
             style = { colour = \"#c9bfa8\", label_by = \"name_zh\" }\n",
        ),
        DemoLayer::Grid => (
            "单元网格",
            "Unit grid",
            "grid",
            "vertical = \"drape\"\nfields = { id = \"id\", code = \"id\" }\nstyle = { colour = \"#3b6fd4\", opacity = 0.35 }\nvisible = false\n",
        ),
        DemoLayer::ControlLines => (
            "控制线",
            "Control lines",
            "control_line",
            "vertical = \"drape\"\nfields = { id = \"id\", name = \"name_zh\", name_en = \"name_en\", category = \"kind\" }\nvisible = false\n",
        ),
        DemoLayer::Buildings => (
            "建筑",
            "Buildings",
            "building",
            "vertical = \"on-terrain\"\nfields = { id = \"id\", name = \"name_zh\", name_en = \"name_en\", height = \"height_m\", base_height = \"base_m\", \
             storeys = \"floors\", storeys_below = \"floors_below\", year = \"year\", use = \"use\", part = \"part\", parent = \"parent_id\" }\n\
             style = { colour = \"#f3efe6\" }\n",
        ),
        DemoLayer::Dwellings => (
            "户（抽样）",
            "Dwellings (sample)",
            "unit",
            "fields = { id = \"id\", code = \"id\", parent = \"building_id\", address = \"address_zh\", state = \"state\" }\n\
             style = { colour_by = \"state\" }\nvisible = false\n",
        ),
        DemoLayer::Components => (
            "部件",
            "Street furniture",
            "component",
            "fields = { id = \"id\", code = \"id\", name = \"name_zh\", name_en = \"name_en\", category = \"class\", state = \"state\" }\n\
             style = { colour_by = \"name_zh\" }\nvisible = false\n",
        ),
        DemoLayer::Incidents => (
            "事件（三十天）",
            "Incidents of thirty days",
            "incident",
            "fields = { id = \"id\", name = \"category_zh\", name_en = \"category_en\", code = \"category\", category = \"category_zh\", \
             time = \"reported\", state = \"state\" }\nstyle = { colour_by = \"state\" }\n",
        ),
    };
    Entry { id: layer.id(), zh, en, role, more }
}

fn push(out: &mut String, entry: &Entry, ending: &str) {
    let Entry { id, zh, en, role, more } = entry;
    out.push_str(&format!(
        "\n[[layer]]\nid = \"{id}\"\ntitle = {{ zh = \"{zh}（合成）\", en = \"{en} (synthetic)\" }}\n\
         source = \"{id}.{ending}\"\nrole = \"{role}\"\n{more}\
         about = {{ owner = \"Cimbase\", updated = \"2026-03-31\", licence = \"CC0-1.0\", source = \"synthetic: cimbase demo\" }}\n"
    ));
}

/// The text of the project file.
pub(super) fn text(options: &DemoOptions, breaches: &[Breach]) -> String {
    let mut out = format!(
        "{MARK} --buildings {} --seed {}\n\
         # Nothing here is real: streets, names, codes and numbers are invented. Codes have the structure of the standards.\n\
         # Layers are listed lowest first.\n",
        options.buildings, options.seed
    );
    if !breaches.is_empty() {
        out.push_str("#\n# Parcels that break a planning limit, on purpose, so that checks find something:\n");
        for breach in breaches.iter().take(60) {
            out.push_str(&format!(
                "#   {}  {}: limit {}, is {:.2}\n",
                breach.parcel, breach.rule, breach.limit, breach.measured
            ));
        }
        if breaches.len() > 60 {
            out.push_str(&format!("#   and {} more\n", breaches.len() - 60));
        }
    }
    out.push_str(&format!(
        "\ntitle = {{ zh = \"海河演示区（合成数据）\", en = \"Haihe demo district (synthetic)\" }}\ncrs = \"{CRS}\"\n"
    ));
    push(&mut out, &TERRAIN, "asc");
    for layer in DemoLayer::ALL {
        push(&mut out, &entry(layer), "fgb");
    }
    out
}
