//! The arguments as typed: the contract's names, read by clap.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::model::question::Relation;

/// A city's spatial base map: buildings, parcels and any other GIS layer in 3D.
#[derive(Debug, Parser)]
#[command(
    name = "cimbase",
    version,
    about,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    override_usage = "cimbase [PROJECT|FILE…]\n       cimbase COMMAND …",
    after_help = "Examples:
  cimbase                                   the demo city
  cimbase district/project.toml             a project
  cimbase buildings.geojson parcels.zip     any files; roles and fields are guessed, and said
  cimbase info buildings.geojson --json     what a file holds
  cimbase query district --layer parcels --at 117.2,39.12 --crs EPSG:4326
  cimbase render district --out picture.png --size 1920x1080

Exit codes: 0 done; 1 done, but something was found wrong; 2 wrong arguments; 3 input cannot be read;
4 output cannot be written; 5 no usable graphics."
)]
pub struct Arguments {
    /// The command; the viewer opens without one.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A project.toml, its folder, or data files; the demo city when absent
    #[arg(value_name = "PROJECT|FILE")]
    pub files: Vec<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What a source holds: layers, CRS, encoding, fields, role
    Info(InfoArgs),
    /// Add files to a project, converting what is big
    Import(ImportArgs),
    /// Counts, areas, volumes, triangles, bytes and milliseconds
    Stats(StatsArgs),
    /// Features of a layer by place and by condition
    Query(QueryArgs),
    /// Take layers away as a file: GeoPackage, GeoJSON, Shapefile, XLSX, DXF … or as a package that opens again
    Snapshot(super::snapshot::SnapshotArgs),
    /// What changed between two versions of a layer
    Diff(super::diff::DiffArgs),
    /// Draw a picture of the scene without a window
    Render(RenderArgs),
    /// Parcels beside their control limits: floor area ratio, density, height, green, setback, use
    Planning(super::planning::PlanningArgs),
    /// Make the synthetic demo city at any size
    Demo(super::demo::DemoArgs),
    /// Fly over a project without a display and measure frames, tiles, questions and memory
    Bench(super::bench::BenchArgs),
    /// The stock of buildings by year, structure, grade and use; a building with its units
    Housing(HousingArgs),
    /// Cases of city management: import, list, add, move, stats, replay, export
    Cases(super::cases::CasesArgs),
    /// Check every file of a package (.cimpack) against its manifest
    Verify(super::verify::VerifyArgs),
}

impl Command {
    /// The words that are commands.
    pub const WORDS: [&'static str; 14] = [
        "info", "import", "stats", "query", "snapshot", "diff", "render", "planning", "demo", "bench", "housing",
        "cases", "verify", "help",
    ];
}

/// `cimbase info`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cimbase info buildings.zip
  cimbase info city.gpkg --layer plots --json
With one FILE, --json prints its object; with several, {\"sources\": […]} of such objects.")]
pub struct InfoArgs {
    /// Data files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only this layer of a source that holds several
    #[arg(long, value_name = "N")]
    pub layer: Option<String>,
    /// Text encoding of the source (gb18030, utf-8, latin1); found when absent
    #[arg(long, value_name = "E")]
    pub encoding: Option<String>,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `cimbase import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cimbase import buildings.shp --into district --role building --field height=GD
  cimbase import poi.csv --into district --offset gcj02
The CRS is declared, never changed: --crs says what the numbers mean where the file does not.")]
pub struct ImportArgs {
    /// Data files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The project's folder; made when absent
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Only this layer of a source that holds several
    #[arg(long, value_name = "N")]
    pub layer: Option<String>,
    /// The CRS of the source's coordinates
    #[arg(long, value_name = "C")]
    pub crs: Option<String>,
    /// Obfuscated coordinates
    #[arg(long, value_parser = ["gcj02", "bd09"])]
    pub offset: Option<String>,
    /// Text encoding of the source
    #[arg(long, value_name = "E")]
    pub encoding: Option<String>,
    /// What the layer is for: building, parcel, zone, unit, grid, component, incident, boundary, road, water, green, terrain, imagery, other
    #[arg(long, value_name = "R", value_parser = super::parse::role)]
    pub role: Option<crate::model::Role>,
    /// Which field means what: height=H, storeys=S, year=Y, use=U …
    #[arg(long = "field", value_name = "MEANING=FIELD", value_parser = super::parse::field, num_args = 1..)]
    pub fields: Vec<(crate::model::Meaning, String)>,
}

/// `cimbase stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<PathBuf>,
    /// Only the layer with this id
    #[arg(long, value_name = "ID")]
    pub layer: Option<String>,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `cimbase query`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cimbase query district --layer buildings --near 117.2,39.12 --count 5 --crs EPSG:4326
  cimbase query district --layer buildings --where \"use = '住宅' AND floors >= 18\" --format csv
  cimbase query district --layer parcels --where \"S_INTERSECTS(geometry, BBOX(517000,4331000,518000,4332000))\"
  cimbase query district --layer parcels --where \"land_use LIKE '07%'\" --contains \"buildings: safety IN ('C','D')\" \\
      --contains \"incidents >= 3 in 30 days: state <> '结案'\" --as-of 2026-03-31 --out found.fgb
  cimbase query district --question danger-and-cases --json

Coordinates in arguments, in --where and in answers are in --crs, east or longitude first; in the
project CRS when --crs is absent. GeoJSON is always in longitude and latitude, as its standard says.
Conditions are OGC CQL2 text: = <> < <= > >= AND OR NOT, IS NULL, BETWEEN, IN, LIKE (% and _), CASEI(),
DATE(), TIMESTAMP(), S_INTERSECTS and its kin. Besides the layer's own fields there are fid (row number),
height_m and height_provenance.

A RELATION is LAYER [within N m] [>= N | <= N | none] [in N days [of FIELD]] [: CONDITION]; at least one thing is
meant where no number is given. --contains: the thing stands in the feature, that is, more than half of its area or
length does. --within: the feature stands in the thing, likewise. --near: both are at most so far apart. Days are
counted back from the end of --as-of, which is now when absent. All relations must hold; --question takes them from
a [[question]] of project.toml.")]
pub struct QueryArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<PathBuf>,
    /// The layer's id
    #[arg(long, value_name = "ID", required_unless_present = "question")]
    pub layer: Option<String>,
    /// Features at a point (within 1 m for points and lines)
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true, value_parser = super::parse::point, conflicts_with = "bbox")]
    pub at: Option<[f64; 2]>,
    /// Features that share at least a point with a box
    #[arg(long, value_name = "X1,Y1,X2,Y2", allow_hyphen_values = true, value_parser = super::parse::bbox)]
    pub bbox: Option<[f64; 4]>,
    /// Features nearest to a point, nearest first; or features near things of a layer: "roads within 50 m"
    #[arg(long, value_name = "X,Y|RELATION", allow_hyphen_values = true, value_parser = super::parse::near)]
    pub near: Vec<super::parse::Near>,
    /// Features in which things of a layer stand: "buildings >= 2: floors > 6"; may be given several times
    #[arg(long, value_name = "RELATION", value_parser = super::parse::contains)]
    pub contains: Vec<Relation>,
    /// Features that stand in a thing of a layer; may be given several times
    #[arg(long, value_name = "RELATION", value_parser = super::parse::within)]
    pub within: Vec<Relation>,
    /// Only features of the last N days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub since_days: Option<u32>,
    /// The field that says when; found when absent
    #[arg(long, value_name = "FIELD", requires = "since_days")]
    pub since_field: Option<String>,
    /// The day or moment that days are counted back from; now when absent
    #[arg(long, value_name = "ISO8601")]
    pub as_of: Option<String>,
    /// A question that is kept in project.toml, by id or title
    #[arg(long, value_name = "NAME", conflicts_with_all = ["layer", "condition", "contains", "within", "near", "since_days"])]
    pub question: Option<String>,
    /// Write what is found as a layer, with the numbers of related things and the question: FILE ends in .fgb or .geojson
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "json"])]
    pub out: Option<PathBuf>,
    /// How many with --near [default: 1]
    #[arg(long, value_name = "N", requires = "near", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// A condition in OGC CQL2 text
    #[arg(long = "where", value_name = "CQL2")]
    pub condition: Option<String>,
    /// The CRS of coordinates in arguments and answers
    #[arg(long, value_name = "C")]
    pub crs: Option<String>,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Show personal data (names, numbers of identity cards and telephones …) as it is, and let --where ask for it;
    /// masked and refused otherwise
    #[arg(long)]
    pub unmask: bool,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One object with the contract's keys
    Json,
    /// A FeatureCollection in longitude and latitude
    Geojson,
    /// A header and one line for each feature
    Csv,
}

/// `cimbase render`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cimbase render district --out city.png --size 1920x1080
  cimbase render district --out tower.png --fit buildings:B0042 --select buildings:B0042 --panels
  cimbase render district --out map.tif --ortho --size 8000x8000 --bbox 516000,4331000,518000,4333000
  cimbase render district --out sheet.pdf --ortho --paper A3 --lang zh
  cimbase render district --out atlas.pdf --ortho --atlas \"parcels:land_use LIKE '07%'\" --paper A4
  cimbase render district --out sheets.pdf --ortho --tiled --scale 2000
  cimbase render district --out noon.png --view 117.2,39.12,800,30,-35 --date 2026-01-20T12:00 --shadows

A date without an offset is local civil time where the city is (UTC+8 inside mainland China).")]
pub struct RenderArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<PathBuf>,
    /// The picture (.png, .jpg; with --ortho also .tif with its place) or the sheet (.pdf) to write
    #[arg(long, value_name = "F.png")]
    pub out: PathBuf,
    /// Width and height in pixels
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = super::parse::size)]
    pub size: [u32; 2],
    /// Look at a layer, or at one of its features
    #[arg(long, value_name = "LAYER[:ID]", conflicts_with = "view")]
    pub fit: Option<String>,
    /// Camera: what it looks at (degrees), distance (m), heading (degrees from north, clockwise), pitch (degrees, negative looks down)
    #[arg(long, value_name = "LON,LAT,DISTANCE,HEADING,PITCH", allow_hyphen_values = true, value_parser = super::parse::camera)]
    pub view: Option<super::render::Camera>,
    /// Date and time of the sun
    #[arg(long, value_name = "ISO8601", value_parser = super::parse::when)]
    pub date: Option<crate::analysis::sun::When>,
    /// Highlight a feature; may be given several times
    #[arg(long, value_name = "LAYER:ID")]
    pub select: Vec<String>,
    /// With the panels around the scene
    #[arg(long, conflicts_with_all = ["ortho", "legend", "paper"])]
    pub panels: bool,
    /// From straight above without perspective, north up: a map with one scale
    #[arg(long, conflicts_with = "view")]
    pub ortho: bool,
    /// The box that a map shows, in the project CRS; the whole city when absent
    #[arg(long, value_name = "X1,Y1,X2,Y2", requires = "ortho", allow_hyphen_values = true, value_parser = super::parse::bbox)]
    pub bbox: Option<[f64; 4]>,
    /// With title, legend, scale, north arrow, sources and date; a .pdf has them anyway
    #[arg(long)]
    pub legend: bool,
    /// The paper of a .pdf: A4 to A0 [default: A3]
    #[arg(long, value_name = "PAPER", value_parser = super::parse::paper)]
    pub paper: Option<crate::snapshot::page::sheet::Paper>,
    /// The paper upright
    #[arg(long)]
    pub portrait: bool,
    /// The scale of a sheet as the N of 1:N; the largest usual one that shows all when absent (--tiled: 1000)
    #[arg(long, value_name = "N", requires = "ortho", value_parser = super::parse::scale)]
    pub scale: Option<f64>,
    /// An atlas: a sheet for each feature of a layer, under a condition in OGC CQL2 text
    #[arg(long, value_name = "LAYER[:CQL2]", requires = "ortho", conflicts_with = "tiled")]
    pub atlas: Option<String>,
    /// An atlas: sheets side by side over --bbox, or over all that is shown
    #[arg(long, requires = "ortho")]
    pub tiled: bool,
    /// The title; the project's when absent
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The language of title, legend and sheet
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = ["zh", "en"])]
    pub lang: String,
    /// The cheap way of drawing: no shadows
    #[arg(long, conflicts_with = "shadows")]
    pub light: bool,
    /// With shadows
    #[arg(long)]
    pub shadows: bool,
}

/// `cimbase housing`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cimbase housing district                                  the whole stock
  cimbase housing district --by street --json               by a text field
  cimbase housing district --by communities                 by the polygons of a layer
  cimbase housing district --building 370104100209GB01009F10760000
  cimbase housing district --building CODE --report card.pdf  the card as pages with a picture

A building is named by its id, by its real-estate unit code (24 or 28 characters) or by #ROW. Its units are
those of the layer with the role unit: matched by code, else by the parent's id, else by position.
Names, numbers and addresses of persons are masked, numbers of fewer than five people are left out with what they
could be computed from, and people of one building are a range, unless --unmask is given. Classes and colours are in assets/housing.toml: reference, verify locally.")]
pub struct HousingArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<PathBuf>,
    /// One building with its unit table instead of the stock
    #[arg(long, value_name = "ID", conflicts_with = "by")]
    pub building: Option<String>,
    /// The layer of buildings; the first with that role when absent
    #[arg(long, value_name = "ID")]
    pub layer: Option<String>,
    /// Group the stock by a field of the buildings, or by the polygons of a layer
    #[arg(long, value_name = "FIELD|LAYER")]
    pub by: Option<String>,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Show personal values as they are; it is said on stderr
    #[arg(long)]
    pub unmask: bool,
    /// The card of --building as a report
    #[command(flatten)]
    pub report: super::report::ReportArgs,
}
