//! A parcel's dossier.

use super::{Made, fact, head, put, section};
use crate::model::control_line::Relation;
use crate::model::land_use::land_use;
use crate::snapshot::page::report::{Block, Report, Table};
use crate::snapshot::page::words::Language;
use crate::themes::planning::control::{ControlLink, Extent};
use crate::themes::planning::dossier::{Check, Dossier, Standing, Verdict, Why};
use crate::themes::planning::limits::{Limit, LimitSource, NoLimit, Rule};
use crate::themes::planning::neighbourhood::Neighbourhood;
use crate::themes::planning::plan::{Plan, RuleBasis};
use crate::themes::planning::span::Span;
use crate::themes::planning::what_if::PROPOSED;
use crate::themes::records::Summary;
use crate::units::{SquareMetres, grouped};

/// The report of a dossier: what `cimbase planning --parcel` says, with the same numbers.
pub fn dossier(
    made: &Made,
    plan: &Plan<'_>,
    dossier: &Dossier,
    around: Option<&Neighbourhood>,
    records: &[Summary],
) -> Report {
    let language = made.language;
    let of = |zh, en| language.pick(zh, en);
    let mut facts = Vec::new();
    fact(&mut facts, of("地块", "Parcel"), &dossier.id);
    let used = dossier.land_use.as_deref().unwrap_or(of("未记录", "not said"));
    let class = land_use(used).map(|class| made.title(&class.name)).filter(|name| *name != used);
    fact(&mut facts, of("用地性质", "Land use"), class.map_or(used.to_owned(), |name| format!("{used} {name}")));
    if let Some(zone) = &dossier.zone {
        let share = grouped(100.0 * zone.share, 0);
        let text = of("{}（{}，占地块 {} %）", "{} ({}, {} % of the parcel)");
        fact(&mut facts, of("所在分区", "Zone"), put(text, &[&zone.name, &zone.layer, &share]));
    }
    fact(&mut facts, of("用地面积", "Area"), SquareMetres(dossier.area).to_string());
    let area = number(dossier.floor_area, 0, language);
    fact(&mut facts, of("计容建筑面积", "Counted floor area"), format!("{area} m²"));
    fact(&mut facts, of("结果", "Result"), verdict(dossier.verdict(), language));
    let rule =
        format!("{} ({}); {}", made.title(&plan.rule.name()), basis(&plan.rule_basis, language), plan.rule.source);
    fact(&mut facts, of("计容规则", "Rule of floor area"), rule);
    if let Some(around) = around {
        if let Some(units) = around.registered_units {
            fact(&mut facts, of("登记单元", "Registered units"), units.to_string());
        }
        if let Some(cases) = around.cases {
            let text = of("未结 {} 件，共 {} 件", "{} open, {} in all");
            fact(&mut facts, of("案件", "Cases"), put(text, &[&cases.open, &cases.all]));
        }
    }
    let mut first = vec![Block::Facts(facts)];
    if plan.buildings_elsewhere {
        let text = of(
            "建筑图层与地块图层的范围互不相接，地块上的建筑情况未知；请核对坐标系。",
            "No layer of buildings touches the layer of parcels: what stands on them is not known; are the CRSs right?",
        );
        first.push(Block::Warning(text.to_owned()));
    }

    let mut checks = vec![Block::Table(checks_table(dossier, language))];
    let warning = of("规则仅供参考，请以当地规定为准。", "The rules are a reference: local regulations decide.");
    checks.push(Block::Warning(warning.to_owned()));
    let sections = vec![
        section(of("概况", "Facts"), first),
        section(of("控制指标核查", "Control limits"), checks),
        section(of("控制线", "Control lines"), controls(&dossier.control_lines, made)),
        section(of("地上建筑", "Buildings on it"), standing(dossier, language)),
        section(of("各边退线", "Setback of each side"), sides(dossier, language)),
        section(of("相邻地块", "Neighbours"), around.map(|around| neighbours(around, language)).unwrap_or_default()),
        section(of("登记记录", "Records"), summaries(records, language)),
    ];
    made.report(put(of("地块规划档案 {}", "Dossier of parcel {}"), &[&dossier.id]), sections)
}

/// A measured value: one number, or the bounds between which it lies.
fn number(span: Span, digits: usize, language: Language) -> String {
    let of = |value| grouped(value, digits);
    match (span.is_exact(), span.high.is_finite()) {
        (true, false) => "-".to_owned(),
        (true, true) => of(span.low),
        (false, true) => put(language.pick("{} 至 {}", "{} to {}"), &[&of(span.low), &of(span.high)]),
        (false, false) => put(language.pick("不小于 {}", "at least {}"), &[&of(span.low)]),
    }
}

fn digits(rule: Rule) -> usize {
    match rule {
        Rule::Far | Rule::Use => 2,
        Rule::Parking => 0,
        _ => 1,
    }
}

fn unit(rule: Rule, language: Language) -> &'static str {
    match rule {
        Rule::Density | Rule::Green => " %",
        Rule::Height | Rule::Setback => " m",
        Rule::Parking => language.pick(" 个", " spaces"),
        Rule::Far | Rule::Use => "",
    }
}

fn rule_name(rule: Rule, language: Language) -> &'static str {
    let [zh, en] = match rule {
        Rule::Far => ["容积率", "Floor area ratio"],
        Rule::Density => ["建筑密度", "Density"],
        Rule::Height => ["建筑高度", "Height"],
        Rule::Green => ["绿地率", "Green ratio"],
        Rule::Setback => ["建筑退线", "Setback"],
        Rule::Parking => ["停车位", "Parking"],
        Rule::Use => ["不相容用途", "Foreign use"],
    };
    language.pick(zh, en)
}

fn verdict(verdict: Verdict, language: Language) -> &'static str {
    let [zh, en] = match verdict {
        Verdict::NoLimit => ["无限值", "no limit"],
        Verdict::Pass => ["符合", "pass"],
        Verdict::Unknown => ["待定", "unknown"],
        Verdict::Breach => ["不符合", "breach"],
    };
    language.pick(zh, en)
}

fn basis(basis: &RuleBasis, language: Language) -> String {
    let of = |zh, en| language.pick(zh, en);
    match basis {
        RuleBasis::Asked => of("指定", "asked").to_owned(),
        RuleBasis::Division(code) => {
            put(of("按首个地块的行政区划代码 {}", "division code {} of the first parcel"), &[code])
        }
        RuleBasis::NoLocalRule(code) => {
            let text = of(
                "行政区划 {} 无地方规则，按全国规则",
                "no local rule is known for division {} of the first parcel: the national one",
            );
            put(text, &[code])
        }
        RuleBasis::NoDivision => {
            of("首个地块无行政区划代码，按全国规则", "the first parcel has no division code: the national rule")
                .to_owned()
        }
    }
}

fn checks_table(dossier: &Dossier, language: Language) -> Table {
    let of = |zh, en| language.pick(zh, en);
    let row = |check: &Check| {
        let measured = match check.measured {
            None => of("未能量算", "not measured").to_owned(),
            // Nothing stands there that could come near to a line.
            Some(span) if span.low.is_infinite() => "-".to_owned(),
            Some(span) => {
                format!("{}{}", number(span, digits(check.rule), language), unit(check.rule, language))
            }
        };
        let (limit, source) = limit(check, language);
        let mut basis = vec![source];
        basis.extend(check.why.iter().map(|why| reason(*why, language)));
        basis.retain(|text| !text.is_empty());
        vec![
            rule_name(check.rule, language).to_owned(),
            measured,
            limit,
            verdict(check.verdict, language).to_owned(),
            basis.join("\n"),
        ]
    };
    let note = of(
        "数值为区间时，取决于数据未载明的高度、层数或用途：最不利时仍符合为符合，最有利时仍超出为不符合，其余为待定。",
        "A number with two bounds depends on heights, storeys or uses that the data do not say: a parcel passes in the \
         worst case of them, is in breach in the best, and is unknown in between.",
    );
    Table {
        head: match language {
            Language::Chinese => head(&["指标", "实测", "限值", "结果", "依据"]),
            Language::English => head(&["Rule", "Measured", "Limit", "Result", "Basis"]),
        },
        rows: dossier.checks.iter().map(row).collect(),
        note: note.to_owned(),
    }
}

/// A limit, and where it was read or why there is none.
fn limit(check: &Check, language: Language) -> (String, String) {
    let of = |zh, en| language.pick(zh, en);
    let said = |limit: &Limit| {
        let value = number(Span::of(limit.low, limit.value), digits(check.rule), language);
        let text = if check.rule.is_least() {
            of("不小于 {}{}", "at least {}{}")
        } else {
            of("不大于 {}{}", "at most {}{}")
        };
        let text = put(text, &[&value, &unit(check.rule, language)]);
        let mut source = match &limit.source {
            LimitSource::Parcel { field } => {
                put(of("限值取自地块字段 {}", "limit from the parcel's field {}"), &[field])
            }
            LimitSource::Zone { name, field, share, .. } => {
                let text = of(
                    "限值取自分区 {} 的字段 {}（地块 {} % 位于其中）",
                    "limit from the zone {}, its field {} ({} % of the parcel lie in it)",
                );
                put(text, &[name, field, &grouped(100.0 * share, 0)])
            }
            LimitSource::Table => of("限值取自内置用途表", "limit from the table of uses of the program").to_owned(),
        };
        if limit.as_share {
            source += of("，数据中写作小于 1 的比值", " (a share of 1 in the data)");
        }
        (text, source)
    };
    match &check.limit {
        Ok(limit) => said(limit),
        Err(none) => {
            let [zh, en] = match none {
                NoLimit::NoField => ["地块与分区均无此字段", "neither the parcel nor its zone has such a field"],
                NoLimit::Empty => ["字段为空", "the field is empty"],
                NoLimit::Unread => ["限值字段内容无法识别", "the limit was not understood"],
                NoLimit::Negative => ["字段值为负，不能作为限值", "the limit is below 0 and cannot be"],
                NoLimit::Zero => ["字段为 0：未设限值", "the field says 0"],
                NoLimit::NoMajority => ["地块跨多个分区，且均未过半", "several zones, none with more than half of it"],
                NoLimit::NotJudged => ["兼容表未规定该用地性质", "the table says nothing of this land use"],
                NoLimit::NoUses => ["建筑图层没有用途字段", "the buildings do not say uses"],
                NoLimit::NothingServed => ["地块上没有需要配建的建筑", "nothing is built that needs it"],
            };
            (verdict(Verdict::NoLimit, language).to_owned(), of(zh, en).to_owned())
        }
    }
}

fn reason(why: Why, language: Language) -> String {
    let of = |zh, en| language.pick(zh, en);
    let counted = |zh, en, n: u32| put(of(zh, en), &[&n]);
    match why {
        Why::NoBuildings => of("项目没有建筑图层", "the project has no layer of buildings").to_owned(),
        Why::NoGreen => of("项目没有绿地图层", "the project has no layer of green").to_owned(),
        Why::GreenNotSurveyed => of(
            "绿地图层未反映地块附属绿地，所示为下限",
            "the layer of green does not show the green of plots: what it shows is the least",
        )
        .to_owned(),
        Why::StoreysFromHeight(n) => {
            counted("{} 栋的层数由实测高度估算", "storeys of {} estimated from the surveyed height", n)
        }
        Why::StoreyHeightNearStep(n) => counted(
            "{} 栋仅知平均层高，可能超过层高系数的分档",
            "storeys of {} may be higher than a step of the storey-height rule: only their average is known",
            n,
        ),
        Why::StoreysUnknown(n) => {
            counted("{} 栋既无层数也无实测高度", "neither storeys nor a surveyed height of {}", n)
        }
        Why::HeightFromStoreys(n) => counted("{} 栋的高度由层数估算", "height of {} estimated from storeys", n),
        Why::HeightGuessed(n) => counted("{} 栋的高度未知", "height of {} not known", n),
        Why::CutByLine(n) => {
            counted("{} 栋跨地块界线，按面积分摊", "{} cut by the parcel's line, counted by their share of area", n)
        }
        Why::UseUnjudged(n) => counted("{} 栋的用途未知或未判定", "use of {} not known or not judged", n),
        Why::NoArea => of("地块面积为零", "the parcel has no area").to_owned(),
        Why::BuildingsElsewhere => {
            of("建筑图层与地块图层的范围互不相接", "the layers of buildings lie nowhere near the parcels").to_owned()
        }
        Why::NoSpaces => {
            of("地块与建筑均未记载停车位数", "neither the parcel nor its buildings say how many spaces there are")
                .to_owned()
        }
        Why::SpacesUnknown(n) => counted("{} 栋的停车位数未知", "spaces of {} not known", n),
        Why::DwellingsUnknown(n) => counted("{} 栋的户数未知", "dwellings of {} not known", n),
        Why::FootprintsOverlap(n) => counted(
            "有 {} m² 的建筑基底相互重叠：密度只计一次，建筑面积分别计入",
            "{} m² of footprints lie on each other: density counts that ground once, the floor area each of them",
            n,
        ),
    }
}

fn controls(links: &[ControlLink], made: &Made) -> Vec<Block> {
    if links.is_empty() {
        return Vec::new();
    }
    let of = |zh, en| made.language.pick(zh, en);
    let row = |link: &ControlLink| {
        let named = [made.title(&link.name), link.id.as_str()].into_iter().find(|text| !text.is_empty());
        let relation = match link.relation {
            Relation::Crossing => of("穿越", "crossing"),
            Relation::Inside => of("位于其内", "inside"),
            Relation::Outside => of("位于其外", "outside"),
        };
        let extent = match link.extent {
            Extent::None => String::new(),
            Extent::Area(area, share) => {
                let text = of("{}（占地块 {} %）", "{} ({} % of the parcel)");
                put(text, &[&SquareMetres(area), &grouped(100.0 * share, 1)])
            }
            Extent::Length(metres) => put(of("{} m 穿过地块", "{} m run through it"), &[&grouped(metres, 1)]),
        };
        let kind = made.title(&link.kind.name).to_owned();
        vec![kind, named.unwrap_or_default().to_owned(), link.layer.clone(), relation.to_owned(), extent]
    };
    let head = match made.language {
        Language::Chinese => head(&["类别", "名称", "图层", "关系", "范围"]),
        Language::English => head(&["Kind", "Name", "Layer", "Relation", "Extent"]),
    };
    vec![Block::Table(Table { head, rows: links.iter().map(row).collect(), note: String::new() })]
}

fn standing(dossier: &Dossier, language: Language) -> Vec<Block> {
    let of = |zh, en| language.pick(zh, en);
    let bodies: Vec<&Standing> = dossier.standing.iter().filter(|one| !one.covered).collect();
    let row = |one: &&Standing| {
        let share = if one.share < 0.999 { grouped(100.0 * one.share, 0) } else { "100".to_owned() };
        let id = match one.layer {
            PROPOSED => put(of("{}（拟建）", "{} (proposed)"), &[&one.id]),
            _ => one.id.clone(),
        };
        let area = number(one.floor_area, 0, language);
        vec![id, grouped(one.footprint, 0), share, area, number(one.top, 1, language)]
    };
    let head = match language {
        Language::Chinese => head(&["编号", "基底面积 (m²)", "位于本地块 (%)", "计容建筑面积 (m²)", "高度 (m)"]),
        Language::English => head(&["Id", "Ground (m²)", "Of it on this parcel (%)", "Floor area (m²)", "Height (m)"]),
    };
    let count = put(of("地块上共 {} 个建筑体。", "{} bodies stand on it."), &[&bodies.len()]);
    let table = Table { head, rows: bodies.iter().map(row).collect(), note: String::new() };
    if bodies.is_empty() { vec![Block::Paragraph(count)] } else { vec![Block::Paragraph(count), Block::Table(table)] }
}

fn sides(dossier: &Dossier, language: Language) -> Vec<Block> {
    if dossier.sides.iter().all(|(.., setback)| setback.is_none()) {
        return Vec::new();
    }
    let row = |(faces, length, setback): &(f64, f64, Option<f64>)| {
        let setback = setback.map_or("-".to_owned(), |metres| grouped(metres, 1));
        vec![facing(*faces, language).to_owned(), grouped(*length, 1), setback]
    };
    let head = match language {
        Language::Chinese => head(&["朝向", "边长 (m)", "建筑退线 (m)"]),
        Language::English => head(&["Faces", "Length (m)", "Setback (m)"]),
    };
    vec![Block::Table(Table { head, rows: dossier.sides.iter().map(row).collect(), note: String::new() })]
}

/// A direction in words: degrees clockwise from north.
fn facing(degrees: f64, language: Language) -> &'static str {
    const ZH: [&str; 8] = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];
    const EN: [&str; 8] = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];
    let eighth = (degrees.rem_euclid(360.0) / 45.0).round() as usize % 8;
    language.pick(ZH[eighth], EN[eighth])
}

fn neighbours(around: &Neighbourhood, language: Language) -> Vec<Block> {
    if around.neighbours.is_empty() {
        return Vec::new();
    }
    let of = |zh, en| language.pick(zh, en);
    let head = match language {
        Language::Chinese => head(&["地块", "用地性质", "距离"]),
        Language::English => head(&["Parcel", "Land use", "Distance"]),
    };
    let rows = around.neighbours.iter().map(|one| {
        let far = match one.adjoins {
            true => of("相接", "adjoins").to_owned(),
            false => put(of("{} m", "{} m away"), &[&grouped(one.distance_m, 0)]),
        };
        vec![one.id.clone(), one.land_use.clone().unwrap_or_else(|| "-".to_owned()), far]
    });
    vec![Block::Table(Table { head, rows: rows.collect(), note: String::new() })]
}

fn summaries(records: &[Summary], language: Language) -> Vec<Block> {
    let of = |zh, en| language.pick(zh, en);
    let span = |low: String, high: String| match low == high {
        true => low,
        false => put(of("{} 至 {}", "{} to {}"), &[&low, &high]),
    };
    let mut blocks = Vec::new();
    for summary in records {
        let mut facts = Vec::new();
        fact(&mut facts, of("表", "Table"), &summary.layer);
        fact(&mut facts, of("关键字", "Key"), &summary.key);
        let shared = match summary.shared_by {
            0 | 1 => String::new(),
            n => put(
                of(
                    "（{} 个地块共用此关键字，为其全部记录）",
                    " ({} parcels share this key: these are the records of all of them)",
                ),
                &[&n],
            ),
        };
        fact(&mut facts, of("记录", "Records"), format!("{}{shared}", summary.records));
        let area = summary.floor_area_m2.map(|area| SquareMetres(area).to_string());
        fact(&mut facts, of("建筑面积", "Floor area"), area.unwrap_or_default());
        let storeys = summary.storeys.map(|[least, most]| span(least.to_string(), most.to_string()));
        fact(&mut facts, of("层数", "Storeys"), storeys.unwrap_or_default());
        let years = summary.years.map(|[first, last]| span(first.to_string(), last.to_string()));
        fact(&mut facts, of("建成年份", "Built"), years.unwrap_or_default());
        fact(&mut facts, of("用途", "Uses"), summary.uses.join(of("、", ", ")));
        blocks.push(Block::Facts(facts));
    }
    blocks
}
