//! Thirty days of incidents (事件): what was reported, where, when, how far it got.

use super::blocks::Plot;
use super::city::{Quarter, is_busy};
use super::dice::Dice;
use super::grid;
use super::parcels::Parcel;
use super::quarters::Kind;
use super::rows::Rows;
use super::shape::{self, Point, left, mix, scale, sub, unit};

/// 2026-03-01T00:00:00+08:00, in milliseconds since 1970: 20 513 days after it, less eight hours.
const START: i64 = 20_513 * 86_400_000 - 8 * 3_600_000;

/// How many days are covered.
pub(super) const DAYS: u32 = 30;

/// A kind of incident: 4-digit code (2 major + 2 minor), words, hours to handle, text of the report.
struct Sort {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    hours: i64,
    said: &'static str,
}

const fn sort(code: &'static str, zh: &'static str, en: &'static str, hours: i64, said: &'static str) -> Sort {
    Sort { code, zh, en, hours, said }
}

const TRADE: [Sort; 6] = [
    sort("0501", "无照经营游商", "Unlicensed vending", 4, "有流动摊贩占道经营，影响行人通行"),
    sort("0504", "店外经营", "Trading outside premises", 8, "商户将货物摆到店外人行道上"),
    sort("0102", "暴露垃圾", "Exposed refuse", 4, "有一堆暴露垃圾无人清理，已有异味"),
    sort("0506", "非机动车乱停放", "Illegal bike parking", 8, "共享单车成堆停放，堵住了盲道"),
    sort("0116", "油烟污染", "Cooking-fume pollution", 24, "餐馆油烟直排，居民反映强烈"),
    sort("0510", "露天烧烤", "Open-air barbecue", 4, "夜间露天烧烤，烟雾和噪声扰民"),
];

const ROAD: [Sort; 7] = [
    sort("0505", "机动车乱停放", "Illegal vehicle parking", 8, "多辆小客车停在人行道上"),
    sort("0110", "道路破损", "Damaged road", 72, "路面出现坑槽，车辆绕行"),
    sort("0112", "道路遗撒", "Spillage on road", 4, "渣土车沿途遗撒，路面有大片泥土"),
    sort("0406", "道路积水", "Road flooding", 4, "雨后路面积水，深约二十厘米"),
    sort("0404", "下水道堵塞或破损", "Blocked sewer", 24, "污水从检查井口外溢"),
    sort("0104", "道路不洁", "Dirty road", 4, "路面有大量落叶和纸屑"),
    sort("0408", "架空线缆损坏", "Damaged overhead line", 24, "通信线缆下垂，离地不到两米"),
];

const HOUSING: [Sort; 6] = [
    sort("0101", "私搭乱建", "Illegal building", 480, "一层住户在院内搭建彩钢房"),
    sort("0103", "积存垃圾渣土", "Accumulated waste", 24, "楼前堆放装修垃圾多日未清"),
    sort("0507", "乱堆物堆料", "Haphazard stacking", 24, "楼道口堆放杂物，占用消防通道"),
    sort("0201", "非法小广告", "Illegal flyers", 24, "楼门和电梯间贴满小广告"),
    sort("0106", "绿地脏乱", "Untidy green space", 24, "绿地内有垃圾和枯枝"),
    sort("0108", "废弃家具设备", "Dumped furniture", 24, "路边丢弃旧沙发和床垫"),
];

const WORKS: [Sort; 4] = [
    sort("0302", "工地扬尘", "Site dust", 8, "土方未苫盖，起风时扬尘明显"),
    sort("0301", "施工扰民", "Construction nuisance", 4, "夜间施工噪声扰民"),
    sort("0304", "施工占道", "Works occupying road", 24, "施工围挡占用机动车道，无警示灯"),
    sort("0303", "施工废弃料", "Construction waste", 24, "施工废料堆在红线外"),
];

const WATER: [Sort; 3] = [
    sort("0105", "水域不洁", "Dirty water", 24, "河面漂浮垃圾较多"),
    sort("0111", "河堤破损", "Damaged embankment", 120, "护岸石板松动脱落"),
    sort("0114", "水域秩序问题", "Disorder on water", 8, "有人翻越护栏在禁钓区垂钓"),
];

/// Incidents of a quarter in thirty days, before its character and chance.
const USUAL: f64 = 15.0;

/// Adds a quarter's incidents.
pub(super) fn push_incidents(rows: &mut Rows, quarter: &Quarter, seed: i64) {
    let spec = &quarter.spec;
    let mut dice = Dice::new(&[seed, 100, spec.key()]);
    let lively = match spec.kind {
        Kind::OldTown => 2.0,
        Kind::Centre => 1.5,
        Kind::OldSlabs => 1.3,
        Kind::GreatPark | Kind::Works | Kind::Campus => 0.45,
        _ => 0.85,
    };
    let wanted = (USUAL * lively * dice.between(0.6, 1.4)).round() as u32;
    let cells = grid::cells(quarter);
    let weighted: Vec<(usize, f64)> = quarter
        .parcels
        .iter()
        .enumerate()
        .map(|(i, p)| (i, is_busy(p.plot) + shape::area(&p.ring) / 20_000.0))
        .collect();
    if weighted.is_empty() {
        return;
    }
    for n in 0..wanted {
        let parcel = &quarter.parcels[dice.weighted(&weighted)];
        let river = spec.row == 1 && dice.chance(0.05);
        let list: &[Sort] = match parcel.plot {
            _ if river => &WATER,
            Plot::Market | Plot::Mall | Plot::Hospital | Plot::School | Plot::BusStation if dice.chance(0.8) => &TRADE,
            Plot::Reserved | Plot::Factory | Plot::Warehouse => &WORKS,
            Plot::Slabs | Plot::MidSlabs | Plot::Towers | Plot::Courtyards | Plot::Terraces if dice.chance(0.55) => {
                &HOUSING
            }
            Plot::Office if dice.chance(0.2) => &WORKS,
            _ if dice.chance(0.3) => &TRADE,
            _ => &ROAD,
        };
        let what = &list[dice.whole(0, list.len() as u32 - 1) as usize];
        let at = kerb(&mut dice, parcel);
        let Some(cell) = grid::cell_at(&cells, at) else { continue };
        push_one(rows, &mut dice, quarter, parcel, what, at, &cell.code, n);
    }
}

/// A point on the pavement in front of a parcel; reports gather at the same corner.
fn kerb(dice: &mut Dice, parcel: &Parcel) -> Point {
    let n = parcel.ring.len();
    let edge = if dice.chance(0.6) { 0 } else { dice.whole(0, n as u32 - 1) as usize };
    let (a, b) = (parcel.ring[edge], parcel.ring[(edge + 1) % n]);
    // The mean of three draws lies near the middle, where the gate is.
    let t = (dice.unit() + dice.unit() + dice.unit()) / 3.0;
    let out = scale(left(unit(sub(b, a))), -1.0);
    shape::add(mix(a, b, t), scale(out, dice.between(-3.0, 3.5)))
}

#[allow(clippy::too_many_arguments)]
fn push_one(
    rows: &mut Rows,
    dice: &mut Dice,
    quarter: &Quarter,
    parcel: &Parcel,
    what: &Sort,
    at: Point,
    grid: &str,
    n: u32,
) {
    let day = dice.whole(0, DAYS - 1);
    // People report from seven in the morning to nine at night, barbecues in the evening.
    let hour =
        if what.code == "0510" { dice.whole(19, 23) } else { (7.0 + 14.0 * (dice.unit() + dice.unit()) / 2.0) as u32 };
    let minute = dice.whole(0, 59);
    let time = START + i64::from(day) * 86_400_000 + i64::from(hour * 60 + minute) * 60_000;
    let age = i64::from(DAYS - day) * 24 - i64::from(hour);
    let (state, state_en, done) = state_of(dice, age, what.hours);
    let (channel, accuracy) = dice.weighted(&[
        (("监督员上报", 3.0), 0.50),
        (("公众举报", 25.0), 0.30),
        (("视频", 8.0), 0.14),
        (("上级交办", 50.0), 0.04),
        (("媒体", 100.0), 0.02),
    ]);
    let street = &quarter.streets[quarter.cells[parcel.cell].edges[0]].name;
    let spec = &quarter.spec;
    rows.text(
        "id",
        format!(
            "202603{:02}{:06}{:02}{:01}{:02}",
            day + 1,
            spec.county,
            spec.street % 100,
            spec.community % 10,
            n % 100
        ),
    );
    rows.text("category", what.code);
    rows.text("category_zh", what.zh);
    rows.text("category_en", what.en);
    rows.time("reported", time);
    rows.text("state", state);
    rows.text("state_en", state_en);
    rows.time("due", time + what.hours * 3_600_000);
    rows.field("closed");
    if let Some(hours) = done {
        rows.time("closed", time + (hours * 3_600_000.0) as i64);
    }
    rows.text("channel", channel);
    rows.real("accuracy_m", accuracy * dice.between(0.6, 1.5), 1);
    rows.text("grid", grid);
    rows.text("text_zh", format!("{}{}附近{}。", street.zh, parcel.name.zh, what.said));
    rows.text("text_en", format!("{} near {}, {}", what.en, parcel.name.en, street.en));
    rows.point(at);
}

/// How far a case has got: Chinese word, our key (domain table A8), hours until it was closed.
fn state_of(dice: &mut Dice, age: i64, limit: i64) -> (&'static str, &'static str, Option<f64>) {
    // Some cases drag on far beyond their limit.
    let slow = if dice.chance(0.14) { 9.0 } else { 1.0 };
    let need = (limit as f64 * dice.between(0.25, 1.25) + 6.0) * slow;
    let age = age as f64;
    match dice.unit() {
        x if x < 0.03 => ("不予受理", "REJECTED", None),
        x if x < 0.05 => ("作废", "VOID", None),
        x if x < 0.065 => ("挂账", "SUSPENDED", None),
        x if x < 0.11 && age > 4.0 => ("自处理结案", "CLOSED_SELF", Some(dice.between(0.2, 2.0))),
        _ if age > need => ("结案", "CLOSED", Some(need)),
        _ if age > need * 0.85 => ("待核查", "TO_CHECK", None),
        _ if age > need * 0.25 || age > 12.0 => ("处理中", "HANDLING", None),
        _ if age > 3.0 => ("待派遣", "TO_DISPATCH", None),
        _ => ("已上报", "REPORTED", None),
    }
}
