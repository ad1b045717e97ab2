//! A case with its history.

use super::{Made, fact, head, put, section};
use crate::snapshot::page::report::{Block, Report, Table};
use crate::snapshot::page::words::Language;
use crate::themes::housing::personal::{Kind, masked};
use crate::themes::management::case::Case;
use crate::themes::management::case::Light;
use crate::themes::management::machine::{Role, Verb};
use crate::themes::management::rules::Rules;

/// The report of a case: what `cimbase cases show` says. Names, telephones, addresses of mail and what stands of them
/// in texts are masked unless `unmask`; that they were shown is for the caller to record. `now` is in milliseconds
/// since 1970 UTC.
pub fn case(made: &Made, case: &Case, rules: &Rules, now: i64, unmask: bool) -> Report {
    let language = made.language;
    let of = |zh, en| language.pick(zh, en);
    let personal = |kind, text: &str| if unmask { text.to_owned() } else { masked(kind, text) };
    let time = |at| time(rules, at);
    let (about, mut facts) = (&case.facts, Vec::new());
    fact(&mut facts, of("案件编号", "Number"), &case.number);
    fact(&mut facts, of("状态", "State"), of(case.state.names()[0], case.state.names()[1]));
    let light = match case.light(&rules.calendar, now) {
        Some(Light::Red) => of("超期", "overdue"),
        Some(Light::Yellow) => of("即将超期", "soon"),
        Some(Light::Green) => of("未超期", "in time"),
        None => "",
    };
    fact(&mut facts, of("时限", "Time"), light);
    let category = rules.categories.find(&about.category).map(|category| made.title(&category.name));
    let category = category.map_or(about.category.clone(), |name| format!("{} {name}", about.category));
    fact(&mut facts, of("类别", "Category"), category);
    fact(&mut facts, of("描述", "Text"), personal(Kind::Text, &about.text));
    fact(&mut facts, of("地址", "Address"), personal(Kind::Text, &about.address));
    fact(&mut facts, of("上报时间", "Reported"), time(about.reported));
    fact(&mut facts, of("办理期限", "Due"), case.due(&rules.calendar).map(time).unwrap_or_default());
    fact(&mut facts, of("办结时间", "Ended"), case.ended.map(time).unwrap_or_default());
    fact(&mut facts, of("专业部门", "Department"), case.unit());
    fact(&mut facts, of("来源", "Source"), format!("{} {}", about.source, about.source_id));
    fact(&mut facts, of("上报人", "Reported by"), personal(Kind::Name, &about.reporter.name));
    fact(&mut facts, of("电话", "Telephone"), personal(Kind::Landline, &about.reporter.phone));
    fact(&mut facts, of("电子邮件", "E-mail"), personal(Kind::Email, &about.reporter.email));

    let mut place = Vec::new();
    if let Some(located) = &about.located {
        let [x, y] = located.xy;
        fact(&mut place, of("坐标（东，北，m）", "Place (east, north, m)"), format!("{x:.1}, {y:.1}"));
        fact(&mut place, of("单元网格", "Grid cell"), &located.grid);
        fact(&mut place, of("地块", "Parcel"), &located.parcel);
        fact(&mut place, of("建筑", "Building"), &located.building);
        fact(&mut place, of("楼层或户", "Within"), &located.within);
        fact(&mut place, of("街道", "Street"), &located.street);
    }
    let rows = case.steps.iter().map(|step| {
        let verb = language.pick(verb_zh(step.action.verb()), step.action.verb().word());
        let role = language.pick(role_zh(step.actor.role), step.actor.role.word());
        let note = personal(Kind::Text, &step.note);
        vec![time(step.at), verb.to_owned(), role.to_owned(), step.actor.name.clone(), note]
    });
    let head = match language {
        Language::Chinese => head(&["时间", "事项", "岗位", "经办人", "意见"]),
        Language::English => head(&["Time", "Step", "Role", "By", "Note"]),
    };
    let history = Table { head, rows: rows.collect(), note: String::new() };
    let place = if place.is_empty() { Vec::new() } else { vec![Block::Facts(place)] };
    let sections = vec![
        section(of("概况", "Facts"), vec![Block::Facts(facts)]),
        section(of("位置", "Place"), place),
        section(of("办理经过", "History"), vec![Block::Table(history)]),
    ];
    made.report(put(of("案件 {}", "Case {}"), &[&case.number]), sections)
}

/// A moment in the place's own time.
fn time(rules: &Rules, at: i64) -> String {
    let seconds = i32::try_from(rules.calendar.offset() / 1_000).unwrap_or(0);
    let zone = jiff::tz::Offset::from_seconds(seconds).map(jiff::tz::TimeZone::fixed);
    match (jiff::Timestamp::from_millisecond(at), zone) {
        (Ok(at), Ok(zone)) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        _ => at.to_string(),
    }
}

fn role_zh(role: Role) -> &'static str {
    match role {
        Role::GridMember => "监督员",
        Role::Operator => "受理员",
        Role::ShiftLeader => "值班长",
        Role::Dispatcher => "派遣员",
        Role::Department => "专业部门",
        Role::Commander => "指挥长",
        Role::System => "外部系统",
    }
}

fn verb_zh(verb: Verb) -> &'static str {
    match verb {
        Verb::SaveDraft => "保存草稿",
        Verb::Report => "上报",
        Verb::Register => "登记",
        Verb::Import => "导入",
        Verb::SendVerification => "发核实",
        Verb::Verify => "核实反馈",
        Verb::Accept => "受理",
        Verb::Refuse => "不予受理",
        Verb::File => "立案",
        Verb::SendBack => "退回受理",
        Verb::Dispatch => "派遣",
        Verb::ApplyVoid => "申请作废",
        Verb::ApproveVoid => "同意作废",
        Verb::RefuseVoid => "不同意作废",
        Verb::ApplyDelay => "申请延时",
        Verb::ApproveDelay => "同意延时",
        Verb::RefuseDelay => "不同意延时",
        Verb::ApplyReturn => "申请回退",
        Verb::ApproveReturn => "同意回退",
        Verb::RefuseReturn => "不同意回退",
        Verb::PassReturn => "转值班长",
        Verb::ApplySuspension => "申请挂账",
        Verb::ApproveSuspension => "同意挂账",
        Verb::RefuseSuspension => "不同意挂账",
        Verb::Resume => "挂账恢复",
        Verb::Finish => "处置完成",
        Verb::SendCheck => "发核查",
        Verb::Check => "核查反馈",
        Verb::ProposeClose => "批转结案",
        Verb::Close => "结案",
        Verb::Redispatch => "重新派遣",
        Verb::SettleSelf => "自处理通过",
        Verb::RejectSelf => "自处理不通过",
        Verb::Urge => "督办",
        Verb::Move => "改正位置",
        Verb::Note => "备注",
        Verb::CloseElsewhere => "外部结案",
    }
}
