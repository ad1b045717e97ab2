//! The workflow of a case (案卷流转): states, who may do what in which, and what comes of it, as one table.
//!
//! After the arcs that public systems of digital city management run (registration, verification, filing, dispatch,
//! handling with delay, return and suspension, check, closing); those of ours are marked. A city that works
//! differently changes the table.

use State::*;
use Verb::*;

/// How far a case has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 草稿: written down by a grid member, not reported.
    Draft,
    /// 已上报: reported by a grid member.
    Reported,
    /// 已登记: registered by an intake operator.
    Registered,
    /// 核实中: a grid member looks whether it is so.
    Verifying,
    /// 待立案: the shift leader decides on filing.
    ToFile,
    /// 不予受理: refused. An end.
    Rejected,
    /// 待派遣: filed; to be given to a department.
    ToDispatch,
    /// 作废审批: a void was applied for.
    VoidApproval,
    /// 作废: void. An end.
    Void,
    /// 处置中: a department handles it; its clock runs.
    Handling,
    /// 延时审批: a delay was applied for.
    DelayApproval,
    /// 回退审批: a return was applied for.
    ReturnApproval,
    /// 挂账审批: a suspension was applied for.
    SuspendApproval,
    /// 挂账: suspended; the clock stands.
    Suspended,
    /// 待核查: handled; to be checked.
    ToCheck,
    /// 核查中: a grid member looks whether it is done.
    Checking,
    /// 已核查: the grid member has said what there is.
    Checked,
    /// 待结案: the shift leader decides on closing.
    ToClose,
    /// 结案: closed. An end.
    Closed,
    /// 自处理结案: settled by the grid member on the spot. An end.
    ClosedSelf,
    /// 无效案件: said to be settled on the spot, and was not. An end.
    Invalid,
}

impl State {
    /// All states.
    pub const ALL: [Self; 21] = [
        Draft,
        Reported,
        Registered,
        Verifying,
        ToFile,
        Rejected,
        ToDispatch,
        VoidApproval,
        Void,
        Handling,
        DelayApproval,
        ReturnApproval,
        SuspendApproval,
        Suspended,
        ToCheck,
        Checking,
        Checked,
        ToClose,
        Closed,
        ClosedSelf,
        Invalid,
    ];

    /// The word of files and commands: `to_dispatch`.
    pub fn word(self) -> &'static str {
        match self {
            Draft => "draft",
            Reported => "reported",
            Registered => "registered",
            Verifying => "verifying",
            ToFile => "to_file",
            Rejected => "rejected",
            ToDispatch => "to_dispatch",
            VoidApproval => "void_approval",
            Void => "void",
            Handling => "handling",
            DelayApproval => "delay_approval",
            ReturnApproval => "return_approval",
            SuspendApproval => "suspend_approval",
            Suspended => "suspended",
            ToCheck => "to_check",
            Checking => "checking",
            Checked => "checked",
            ToClose => "to_close",
            Closed => "closed",
            ClosedSelf => "closed_self",
            Invalid => "invalid",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word().eq_ignore_ascii_case(word))
    }

    /// The state that another system's words mean: our words, names in both languages, and those that are usual
    /// elsewhere. `None` for others.
    pub fn of_words(words: &str) -> Option<Self> {
        let words = words.trim();
        let known = |state: &Self| {
            let [zh, en] = state.names();
            words == zh || words.eq_ignore_ascii_case(en) || words.eq_ignore_ascii_case(state.word())
        };
        Self::ALL.into_iter().find(known).or_else(|| match words.to_lowercase().as_str() {
            "上报" | "监督员上报" | "new" => Some(Reported),
            "登记" | "受理" | "待受理" | "open" | "acknowledged" => Some(Registered),
            "立案" | "待派发" => Some(ToDispatch),
            "派遣" | "处理中" | "处置" | "待处置" | "办理中" | "in progress" | "in_progress" | "assigned" => {
                Some(Handling)
            }
            "核查" => Some(ToCheck),
            "已结案" | "已办结" | "办结" | "完成" | "已完成" | "done" | "resolved" | "fixed" => {
                Some(Closed)
            }
            "已作废" | "cancelled" | "canceled" | "duplicate" => Some(Void),
            "已驳回" | "不受理" | "declined" => Some(Rejected),
            _ => None,
        })
    }

    /// Its name in Chinese and English.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Draft => ["草稿", "draft"],
            Reported => ["已上报", "reported"],
            Registered => ["已登记", "registered"],
            Verifying => ["核实中", "verifying"],
            ToFile => ["待立案", "to be filed"],
            Rejected => ["不予受理", "rejected"],
            ToDispatch => ["待派遣", "to be dispatched"],
            VoidApproval => ["作废审批", "void applied for"],
            Void => ["作废", "void"],
            Handling => ["处置中", "being handled"],
            DelayApproval => ["延时审批", "delay applied for"],
            ReturnApproval => ["回退审批", "return applied for"],
            SuspendApproval => ["挂账审批", "suspension applied for"],
            Suspended => ["挂账", "suspended"],
            ToCheck => ["待核查", "to be checked"],
            Checking => ["核查中", "checking"],
            Checked => ["已核查", "checked"],
            ToClose => ["待结案", "to be closed"],
            Closed => ["结案", "closed"],
            ClosedSelf => ["自处理结案", "settled on the spot"],
            Invalid => ["无效案件", "invalid"],
        }
    }

    /// Whether nothing more happens to it.
    pub fn is_end(self) -> bool {
        matches!(self, Rejected | Void | Closed | ClosedSelf | Invalid)
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 监督员、网格员: reports, verifies, checks.
    GridMember,
    /// 受理员: registers, sends to verify and check, passes on.
    Operator,
    /// 值班长: files, voids, closes.
    ShiftLeader,
    /// 派遣员: dispatches; decides on delay, return, suspension.
    Dispatcher,
    /// 专业部门: handles.
    Department,
    /// 指挥长、督察员: urges.
    Commander,
    /// A feed or an import: brings in what another system says.
    System,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::GridMember,
        Self::Operator,
        Self::ShiftLeader,
        Self::Dispatcher,
        Self::Department,
        Self::Commander,
        Self::System,
    ];

    /// The word of files and commands: `grid_member`.
    pub fn word(self) -> &'static str {
        match self {
            Self::GridMember => "grid_member",
            Self::Operator => "operator",
            Self::ShiftLeader => "shift_leader",
            Self::Dispatcher => "dispatcher",
            Self::Department => "department",
            Self::Commander => "commander",
            Self::System => "system",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word().eq_ignore_ascii_case(word))
    }
}

/// What is done, without its particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// 保存草稿.
    SaveDraft,
    /// 上报.
    Report,
    /// 登记.
    Register,
    /// Ours: brought in as another system has it.
    Import,
    /// 发核实.
    SendVerification,
    /// 核实反馈.
    Verify,
    /// 受理、批转.
    Accept,
    /// 不予受理.
    Refuse,
    /// 立案.
    File,
    /// 回退 to the operator.
    SendBack,
    /// 派遣.
    Dispatch,
    /// 申请作废.
    ApplyVoid,
    /// 作废通过.
    ApproveVoid,
    /// 作废不通过.
    RefuseVoid,
    /// 申请延时.
    ApplyDelay,
    /// 延时通过.
    ApproveDelay,
    /// 延时不通过.
    RefuseDelay,
    /// 申请回退.
    ApplyReturn,
    /// 回退通过.
    ApproveReturn,
    /// 回退不通过.
    RefuseReturn,
    /// 回退转值班长.
    PassReturn,
    /// 申请挂账.
    ApplySuspension,
    /// 挂账通过.
    ApproveSuspension,
    /// 挂账不通过.
    RefuseSuspension,
    /// 挂账恢复.
    Resume,
    /// 处置完成、转核查.
    Finish,
    /// 发核查.
    SendCheck,
    /// 核查反馈.
    Check,
    /// 批转结案.
    ProposeClose,
    /// 结案.
    Close,
    /// 重新派遣.
    Redispatch,
    /// 自处理审核通过.
    SettleSelf,
    /// 自处理审核不通过.
    RejectSelf,
    /// 督办.
    Urge,
    /// Ours: the place is corrected.
    Move,
    /// Ours: a note, a picture.
    Note,
    /// Ours: the other system has closed it.
    CloseElsewhere,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 37] = [
        SaveDraft,
        Report,
        Register,
        Import,
        SendVerification,
        Verify,
        Accept,
        Refuse,
        File,
        SendBack,
        Dispatch,
        ApplyVoid,
        ApproveVoid,
        RefuseVoid,
        ApplyDelay,
        ApproveDelay,
        RefuseDelay,
        ApplyReturn,
        ApproveReturn,
        RefuseReturn,
        PassReturn,
        ApplySuspension,
        ApproveSuspension,
        RefuseSuspension,
        Resume,
        Finish,
        SendCheck,
        Check,
        ProposeClose,
        Close,
        Redispatch,
        SettleSelf,
        RejectSelf,
        Urge,
        Move,
        Note,
        CloseElsewhere,
    ];

    /// The word of files and commands: `apply_delay`.
    pub fn word(self) -> &'static str {
        match self {
            SaveDraft => "save_draft",
            Report => "report",
            Register => "register",
            Import => "import",
            SendVerification => "send_verification",
            Verify => "verify",
            Accept => "accept",
            Refuse => "refuse",
            File => "file",
            SendBack => "send_back",
            Dispatch => "dispatch",
            ApplyVoid => "apply_void",
            ApproveVoid => "approve_void",
            RefuseVoid => "refuse_void",
            ApplyDelay => "apply_delay",
            ApproveDelay => "approve_delay",
            RefuseDelay => "refuse_delay",
            ApplyReturn => "apply_return",
            ApproveReturn => "approve_return",
            RefuseReturn => "refuse_return",
            PassReturn => "pass_return",
            ApplySuspension => "apply_suspension",
            ApproveSuspension => "approve_suspension",
            RefuseSuspension => "refuse_suspension",
            Resume => "resume",
            Finish => "finish",
            SendCheck => "send_check",
            Check => "check",
            ProposeClose => "propose_close",
            Close => "close",
            Redispatch => "redispatch",
            SettleSelf => "settle_self",
            RejectSelf => "reject_self",
            Urge => "urge",
            Move => "move",
            Note => "note",
            CloseElsewhere => "close_elsewhere",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.word().eq_ignore_ascii_case(word))
    }

    /// Whether it begins a case.
    pub fn begins(self) -> bool {
        matches!(self, SaveDraft | Register | Import) || self == Report
    }
}

/// What a grid member found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// 属实; 核查通过.
    Yes,
    /// 不属实; 核查不通过.
    No,
    /// 无法核实; 无法核查.
    Unable,
}

/// What must hold beside the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// The grid member said that it was settled on the spot.
    SelfHandled,
    /// He did not.
    NotSelfHandled,
    /// The check said this.
    Checked(Finding),
    /// The return was passed to the shift leader.
    PassedUp,
    /// It was not.
    NotPassedUp,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    /// The states in which it may be done; empty: it begins a case.
    pub from: &'static [State],
    /// What is done.
    pub verb: Verb,
    /// Who may.
    pub roles: &'static [Role],
    /// What must hold beside.
    pub guard: Guard,
    /// The state afterwards; `None`: as it was.
    pub to: Option<State>,
}

const fn arc(from: &'static [State], verb: Verb, roles: &'static [Role], guard: Guard, to: Option<State>) -> Arc {
    Arc { from, verb, roles, guard, to }
}

/// All states that are no end.
const OPEN: &[State] = &[
    Draft,
    Reported,
    Registered,
    Verifying,
    ToFile,
    ToDispatch,
    VoidApproval,
    Handling,
    DelayApproval,
    ReturnApproval,
    SuspendApproval,
    Suspended,
    ToCheck,
    Checking,
    Checked,
    ToClose,
];
const PATROL: &[Role] = &[Role::GridMember];
const INTAKE: &[Role] = &[Role::Operator];
const LEADER: &[Role] = &[Role::ShiftLeader];
const DISPATCH: &[Role] = &[Role::Dispatcher];
const UNIT: &[Role] = &[Role::Department];

/// The workflow.
pub const TABLE: &[Arc] = &[
    arc(&[], SaveDraft, PATROL, Guard::None, Some(Draft)),
    arc(&[], Report, PATROL, Guard::None, Some(Reported)),
    arc(&[Draft], Report, PATROL, Guard::None, Some(Reported)),
    arc(&[], Register, INTAKE, Guard::None, Some(Registered)),
    // Its state is the one that it is brought in with.
    arc(&[], Import, &[Role::System], Guard::None, None),
    arc(&[Registered], SendVerification, INTAKE, Guard::None, Some(Verifying)),
    arc(&[Verifying], Verify, PATROL, Guard::None, Some(Registered)),
    arc(&[Reported, Registered], Accept, INTAKE, Guard::NotSelfHandled, Some(ToFile)),
    arc(&[Reported, Registered], Refuse, INTAKE, Guard::NotSelfHandled, Some(Rejected)),
    arc(&[ToFile], File, LEADER, Guard::None, Some(ToDispatch)),
    arc(&[ToFile], SendBack, LEADER, Guard::None, Some(Registered)),
    arc(&[ToDispatch], Dispatch, DISPATCH, Guard::None, Some(Handling)),
    arc(&[ToDispatch], ApplyVoid, DISPATCH, Guard::None, Some(VoidApproval)),
    arc(&[VoidApproval], ApproveVoid, LEADER, Guard::None, Some(Void)),
    arc(&[VoidApproval], RefuseVoid, LEADER, Guard::None, Some(ToDispatch)),
    arc(&[Handling], ApplyDelay, UNIT, Guard::None, Some(DelayApproval)),
    arc(&[DelayApproval], ApproveDelay, DISPATCH, Guard::None, Some(Handling)),
    arc(&[DelayApproval], RefuseDelay, DISPATCH, Guard::None, Some(Handling)),
    arc(&[Handling], ApplyReturn, UNIT, Guard::None, Some(ReturnApproval)),
    arc(&[ReturnApproval], ApproveReturn, DISPATCH, Guard::NotPassedUp, Some(ToDispatch)),
    arc(&[ReturnApproval], RefuseReturn, DISPATCH, Guard::NotPassedUp, Some(Handling)),
    arc(&[ReturnApproval], PassReturn, DISPATCH, Guard::NotPassedUp, None),
    arc(&[ReturnApproval], ApproveReturn, LEADER, Guard::PassedUp, Some(ToDispatch)),
    arc(&[ReturnApproval], RefuseReturn, LEADER, Guard::PassedUp, Some(Handling)),
    arc(&[Handling], ApplySuspension, UNIT, Guard::None, Some(SuspendApproval)),
    arc(&[SuspendApproval], ApproveSuspension, DISPATCH, Guard::None, Some(Suspended)),
    arc(&[SuspendApproval], RefuseSuspension, DISPATCH, Guard::None, Some(Handling)),
    arc(&[Suspended], Resume, DISPATCH, Guard::None, Some(Handling)),
    arc(&[Handling], Finish, UNIT, Guard::None, Some(ToCheck)),
    arc(&[ToCheck], SendCheck, INTAKE, Guard::None, Some(Checking)),
    arc(&[Checking], Check, PATROL, Guard::None, Some(Checked)),
    // Ours: who could not check is sent again.
    arc(&[Checked], SendCheck, INTAKE, Guard::Checked(Finding::Unable), Some(Checking)),
    arc(&[Checked], ProposeClose, INTAKE, Guard::Checked(Finding::Yes), Some(ToClose)),
    arc(&[ToClose], Close, LEADER, Guard::None, Some(Closed)),
    // Ours: the leader does not close it.
    arc(&[ToClose], Redispatch, LEADER, Guard::None, Some(ToDispatch)),
    arc(&[Checked], Redispatch, INTAKE, Guard::Checked(Finding::No), Some(ToDispatch)),
    arc(&[Reported], SettleSelf, &[Role::Operator, Role::ShiftLeader], Guard::SelfHandled, Some(ClosedSelf)),
    arc(&[Reported], RejectSelf, &[Role::Operator, Role::ShiftLeader], Guard::SelfHandled, Some(Invalid)),
    arc(OPEN, Urge, &[Role::Commander], Guard::None, None),
    arc(OPEN, Move, &[Role::GridMember, Role::Operator, Role::Dispatcher, Role::Commander], Guard::None, None),
    arc(&State::ALL, Note, &Role::ALL, Guard::None, None),
    arc(OPEN, CloseElsewhere, &[Role::System], Guard::None, Some(Closed)),
];

/// The lines that something is done by in a state; `None`: nothing is there yet.
pub fn arcs(state: Option<State>, verb: Verb) -> impl Iterator<Item = &'static Arc> {
    TABLE.iter().filter(move |arc| {
        arc.verb == verb
            && match state {
                Some(state) => arc.from.contains(&state),
                None => arc.from.is_empty(),
            }
    })
}
