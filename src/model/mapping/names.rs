//! Field names by meaning: English, Chinese, OSM, BAG, PLATEAU/i-UR, 不动产, US city GIS.
//!
//! Names are compared without case, spaces and punctuation; a name cut to Shapefile's ten
//! characters counts when only one known name begins so. Earlier names are preferred. Lines of a
//! city's own schema say so; whatever is not listed is not guessed.

use super::Meaning::{self, *};

/// Feet to metres (international foot).
pub(super) const FOOT: f64 = 0.3048;

/// Names whose unit is known from the schema: `(name, metres per unit, schema)`.
#[rustfmt::skip]
pub(super) const KNOWN_UNITS: &[(&str, f64, &str)] = &[
    ("TOP_GL", FOOT, "Cambridge GIS base map, feet above ground level"),
    ("TOP_SL", FOOT, "Cambridge GIS base map, feet above sea level"),
    ("BASE_ELEV", FOOT, "Cambridge GIS base map, feet above sea level"),
    ("heightroof", FOOT, "New York City building footprints, feet"),
    ("HEIGHT_ROOF", FOOT, "New York City building footprints, feet"),
    ("groundelev", FOOT, "New York City building footprints, feet"),
    ("GROUND_ELEVATION_FT", FOOT, "feet"),
    ("GrossArea", FOOT * FOOT, "Cambridge assessing, square feet"),
];

/// The names of each meaning, best first.
#[rustfmt::skip]
pub(super) const NAMES: &[(Meaning, &[&str])] = &[
    (
        Id,
        &[
            "BDCDYH", "不动产单元号", "identificatie", "buildingID", "建筑物ID", "gml_id", "osm_id", "@id", "full_id",
            "bag_id", "GlobalID", "uuid", "guid", "ObjID", "部件标识码", "建筑编号", "房屋编号", "楼栋编号", "案卷编号", "案件编号",
            "CaseID", "case_id", "incident_id", "building_id", "bldg_id", "BIN", "parcel_id", "APN", "ML", "地块编号",
            "宗地编号", "ZRZH", "FWBM", "编号", "标识码", "BSM", "unique_id", "uID", "id", "ID", "gid", "OBJECTID", "FID",
        ],
    ),
    (
        Name,
        &[
            "名称", "建筑名称", "建筑物名称", "JZWMC", "XMMC", "项目名称", "小区名称", "MC", "name", "name:zh", "name_zh", "naam",
            "ObjName", "building_name", "bldg_name", "ProjectName", "title", "label", "ADM2_ZH", "ADM1_ZH",
            "BoroName", "QYMC", "XZQMC", "DKMC", "nom", "nombre",
        ],
    ),
    (NameEn, &["name:en", "name_en", "英文名称", "english_name", "ADM2_EN", "ADM1_EN"]),
    (
        Code,
        &[
            "ZDDM", "宗地代码", "DKBH", "地块代码", "网格编码", "网格代码", "单元网格编码", "grid_code", "gridcode", "WGBM", "BGID",
            "unit_code", "parcel_code", "ObjCode", "XZQDM", "行政区划代码", "ADM2_PCODE", "ADM1_PCODE", "BoroCode",
            "ZCODE", "区划代码", "代码", "编码", "code",
        ],
    ),
    (
        Height,
        &[
            "建筑高度", "建筑物高度", "房屋高度", "楼高", "JZWGD", "JZGD", "measuredHeight", "building:height", "building_height",
            "bldg_height", "bldg_hgt", "height_roof", "heightroof", "TOP_GL", "RelHMax", "hgt_median", "hgt_max",
            "hgt", "hauteur", "altura", "hoogte", "höhe", "hoehe", "est_height", "height_est", "est_ht", "height",
            "高度", "gaodu",
        ],
    ),
    (BaseHeight, &["base_m", "min_height", "minHeight", "base_height", "building:min_height", "离地高度", "起始高度"]),
    (
        GroundElevation,
        &[
            "ground_elevation", "ground_elev", "groundelev", "BASE_ELEV", "base_elevation", "ground_z", "h_ground",
            "b3_h_maaiveld", "h_maaiveld", "Z_MIN_SOL", "AbsHMin", "地面高程", "地面标高", "基底高程", "室外地坪标高", "底部高程",
        ],
    ),
    (
        RoofElevation,
        &[
            "roof_elevation", "roof_elev", "roof_z", "TOP_SL", "top_elevation", "b3_h_dak_70p", "b3_h_dak_max",
            "h_dak", "b3_h_70p", "Z_MAX_TOIT", "AbsHMax", "屋顶高程", "屋面高程", "顶部高程", "屋顶标高",
        ],
    ),
    (
        Storeys,
        &[
            "地上层数", "DSCS", "building:levels", "building_levels", "storeysAboveGround",
            "numberOfFloorsAboveGround", "num_floors", "numfloors", "floors_above_ground", "bouwlagen",
            "b3_bouwlagen", "NB_ETAGES", "plantas", "geschosse", "总层数", "ZCS", "楼层数", "层数", "楼层", "storeys",
            "stories", "storey_count", "BldgStories", "no_floors", "num_stories", "nstoreys", "floor_count",
            "n_floors", "levels", "floors", "floor", "地上楼层", "CS", "总楼层", "cengshu",
        ],
    ),
    (BaseStoreys, &["building:min_level", "min_level", "minLevel", "min_floor", "起始楼层"]),
    (
        StoreysBelow,
        &[
            "地下层数", "DXCS", "building:levels:underground", "building_levels_underground", "storeysBelowGround",
            "levels_underground", "num_floors_underground", "basement_floors", "floors_below_ground", "地下楼层",
        ],
    ),
    (StoreyHeight, &["层高", "标准层高", "storey_height", "storey_height_m", "storeyHeight", "floor_to_floor"]),
    (
        Year,
        &[
            "建成年份", "建成年代", "建造年份", "建筑年代", "竣工年份", "竣工日期", "JGRQ", "建成时间", "year_built", "yearbuilt",
            "built_year", "construction_year", "yearOfConstruction", "oorspronkelijkbouwjaar", "bouwjaar",
            "oorspronkelijk_bouwjaar", "AYBYrBuilt", "CNSTRCT_YR", "construct_yr", "start_date", "baujahr",
            "DATE_APP", "year_of_completion", "built", "year", "年份", "年代",
        ],
    ),
    (
        Use,
        &[
            "用地性质", "用地代码", "用地性质代码", "地类编码", "DLBM", "YDXZ", "YDDM", "YDYHFLDM", "用地用海分类代码", "规划用途", "GHYT",
            "JZWJBYT", "建筑用途", "建筑功能", "房屋用途", "使用性质", "用途", "FWYT1", "building:use", "building_use", "bldg_use",
            "usage", "current_use", "gebruiksdoel", "gebruiksdoelen", "land_use", "landuse", "land_use_code",
            "luse", "lu_code", "landuse_code", "UseCode", "UseDescription", "USAGE1", "ZONE_TYPE", "zoning", "use",
            "building", "function", "building_type", "bldg_type", "bldgclass", "主要用途", "房屋类型", "FWLX",
        ],
    ),
    (
        Address,
        &[
            "地址", "坐落", "ZL", "address", "addr", "addr:full", "ProjectAddress", "Location", "street_address",
            "adres", "详细地址", "位置",
        ],
    ),
    (
        Time,
        &[
            "发生时间", "上报时间", "案发时间", "立案时间", "requested_datetime", "report_time", "reported_at", "reported", "report_date", "occurred_at",
            "incident_date", "event_time", "datetime", "timestamp", "time", "date", "month", "created_date",
            "created_at", "open_dt", "时间", "日期",
        ],
    ),
    (
        State,
        &["案件状态", "处置状态", "部件状态", "ObjState", "CaseStatus", "case_status", "status", "state", "状态", "阶段"],
    ),
    (
        Category,
        &[
            "案件类型", "小类", "小类名称", "大类", "大类名称", "部件类型", "crime_type", "CaseType", "service_name", "service_code",
            "incident_type", "category", "subtype", "kind", "控制线类型", "类型", "类别", "type", "fclass", "highway", "class",
        ],
    ),
    (Colour, &["building:colour", "building:color", "building_colour", "colour", "color", "facade_color", "颜色"]),
    (Part, &["building:part", "building_part", "buildingPart", "is_part", "has_parts", "part"]),
    (Parent, &["parent_id", "parent", "parent_building", "所属建筑", "LJZH", "ZRZH", "pand_id", "building_ref"]),
    (FarLimit, &["容积率上限", "far_limit", "max_far", "容积率", "RJL", "far", "floor_area_ratio", "plot_ratio"]),
    (
        DensityLimit,
        &["建筑密度上限", "density_limit", "建筑密度", "JZMD", "density", "building_density", "site_coverage"],
    ),
    (
        HeightLimit,
        &[
            "限高", "建筑限高", "高度限制", "JZXG", "XG", "height_limit", "heightlimit", "max_height", "hlimit",
            "max_building_height",
        ],
    ),
    (GreenLimit, &["绿地率下限", "green_limit", "green_min", "绿地率", "LDL", "green_ratio", "green_rate", "greening_rate"]),
    (Setback, &["建筑退线", "退线距离", "后退距离", "退界距离", "setback", "min_setback", "setback_distance"]),
    (MixedUse, &["兼容用地", "兼容性质", "混合用地", "mixed_use", "secondary_use"]),
    (
        ParkingLimit,
        &["停车位配建", "配建停车位", "停车位下限", "应配停车位", "parking_limit", "parking_min", "parking_required", "required_parking"],
    ),
    (
        ParkingPerDwelling,
        &["户均停车位", "户均车位", "每户停车位", "停车位/户", "车位/户", "parking_per_dwelling", "parking_per_unit", "spaces_per_dwelling"],
    ),
    (
        ParkingPerArea,
        &[
            "每百平方米停车位", "停车位/百平方米", "车位/百平方米", "车位/100平方米", "车位/100m2", "parking_per_100m2",
            "spaces_per_100m2",
        ],
    ),
    (
        ParkingSpaces,
        &["停车位数", "停车位数量", "机动车停车位", "实有停车位", "车位数", "停车位", "parking_spaces", "car_spaces", "num_parking"],
    ),
    // ---- housing: 不动产 schema (ZRZ, H), survey forms, English ----
    (Structure, &["FWJG", "房屋结构", "结构类型", "建筑结构", "JGLX", "structure", "structure_type"]),
    (SafetyGrade, &["安全等级", "房屋安全等级", "安全鉴定等级", "鉴定等级", "危房等级", "safety_grade", "danger_grade", "safety"]),
    (Retrofit, &["抗震加固", "是否抗震加固", "加固时间", "加固年份", "retrofit", "retrofitted", "seismic_retrofit"]),
    (Units, &["套数", "ZTS", "总套数", "总户数", "户数", "unit_count", "num_units", "dwellings", "building:flats", "units"]),
    (
        FloorArea,
        &[
            "SCJZMJ", "实测建筑面积", "建筑面积", "总建筑面积", "JZMJ", "YCJZMJ", "预测建筑面积", "floor_area",
            "gross_floor_area", "total_floor_area", "GrossArea",
        ],
    ),
    (Residents, &["居住人口", "常住人口", "居住人数", "residents", "occupants"]),
    (VacantUnits, &["空置套数", "空置户数", "vacant_units"]),
    (Entrance, &["DYH", "单元号", "单元", "entrance", "entrance_no", "staircase"]),
    (Floor, &["所在层", "所在楼层", "SZC", "层号", "CH", "floor_no", "floor_number"]),
    (NominalFloor, &["名义层", "MYC", "nominal_floor"]),
    (PhysicalFloor, &["实际层", "SJC", "physical_floor"]),
    (Room, &["FJH", "房间号", "室号部位", "SHBW", "房号", "室号", "room", "room_no", "room_number", "HH", "户号"]),
];

/// Known names that mean something else: a cut name that could be one of these is not guessed.
#[rustfmt::skip]
pub(super) const OTHERS: &[&str] = &[
    "building:material",
    "building:floors",
    "building:fireproof",
    "building:condition",
    "building_area",
    "construction_date",
    "construction_type",
    "height_source",
    "height_method",
];

/// Names that only mean a unit at their end, with metres per unit; longest first.
#[rustfmt::skip]
pub(super) const UNIT_ENDINGS: &[(&str, f64)] = &[
    ("metres", 1.0),
    ("meters", 1.0),
    ("metre", 1.0),
    ("meter", 1.0),
    ("feet", FOOT),
    ("英尺", FOOT),
    ("ft", FOOT),
    ("cm", 0.01),
    ("米", 1.0),
    ("m", 1.0),
];

/// As [`UNIT_ENDINGS`] for floor areas, with square metres per unit.
#[rustfmt::skip]
pub(super) const AREA_ENDINGS: &[(&str, f64)] = &[
    ("sqft", FOOT * FOOT),
    ("平方英尺", FOOT * FOOT),
    ("平方米", 1.0),
    ("sqm", 1.0),
    ("m2", 1.0),
    ("m²", 1.0),
];

/// Fields that only a layer of this role has.
#[rustfmt::skip]
pub(super) const ROLE_FIELDS: &[(super::Role, &[&str])] = &[
    (super::Role::Unit, &["户号", "HH", "室号部位", "SHBW", "FJH", "房间号", "HX", "户型", "room_no", "unit_no"]),
    (
        super::Role::Grid,
        &["网格编码", "单元网格编码", "网格代码", "gridcode", "WGBM", "grid_id", "网格名称", "unit_grid"],
    ),
    (
        super::Role::Parcel,
        &[
            "宗地代码", "ZDDM", "DKBH", "地块编号", "容积率", "RJL", "parcel_id", "parcelid", "APN", "ML", "MAPLOT", "PARNO",
            "perceelnummer", "宗地编号", "地块代码", "far_limit", "plot_ratio",
        ],
    ),
    (
        super::Role::Building,
        &[
            "building", "building:levels", "building:part", "bouwjaar", "oorspronkelijkbouwjaar", "ZRZH", "自然幢号",
            "JZWGD", "FWJG", "房屋结构", "measuredHeight", "storeysAboveGround", "建筑高度", "year_built", "yearbuilt",
            "heightroof", "roof:shape", "roofShape", "buildingID", "建筑面积", "num_floors",
        ],
    ),
    (super::Role::Road, &["highway", "oneway", "maxspeed", "lanes", "道路名称", "road_class", "fclass", "车道数"]),
    (super::Role::Water, &["waterway", "河流名称", "水系名称"]),
    (super::Role::Boundary, &["ADM1_PCODE", "ADM2_PCODE", "XZQDM", "行政区划代码", "admin_level", "BoroCode"]),
    (
        super::Role::Component,
        &["ObjID", "ObjState", "部件标识码", "部件名称", "部件类型", "species", "树种", "lamp_type", "pole_id"],
    ),
    (
        super::Role::Incident,
        &["案件编号", "案卷编号", "案发时间", "上报时间", "crime_type", "accident_index", "incident_id", "mag"],
    ),
    (super::Role::ControlLine, &["控制线类型", "control_line"]),
    (super::Role::Zone, &["ZONE_TYPE", "zoning", "land_use", "luse", "fld_zone", "DLBM", "用地性质"]),
];

/// Words of a layer's name. ASCII words are compared with whole words of the name (words of six
/// letters and more also within one); Chinese ones anywhere in it.
#[rustfmt::skip]
pub(super) const ROLE_WORDS: &[(super::Role, &[&str])] = &[
    // What looks like another role and is none.
    (super::Role::Other, &["parking", "parkings", "contour", "contours", "tessellation", "停车场", "等高线"]),
    (super::Role::Unit, &["unit", "units", "dwelling", "dwellings", "apartment", "apartments", "flats", "户", "户室"]),
    (super::Role::Grid, &["grid", "grids", "网格"]),
    (
        super::Role::Incident,
        &[
            "incident", "incidents", "accident", "accidents", "crime", "crimes", "earthquake", "earthquakes",
            "cases", "events", "complaints", "asb", "案件", "案卷", "事件", "事故", "投诉",
        ],
    ),
    (
        super::Role::Component,
        &[
            "component", "components", "lamp", "lamps", "streetlight", "streetlights", "manhole", "manholes",
            "tree", "trees", "hydrant", "hydrants", "furniture", "poles", "部件", "路灯", "井盖", "行道树", "设施",
        ],
    ),
    (
        super::Role::Building,
        &[
            "building", "buildings", "bldg", "bldgs", "footprint", "footprints", "pand", "panden", "houses", "bd",
            "buildingpart", "zrz", "建筑", "房屋", "楼栋", "自然幢", "幢",
        ],
    ),
    (super::Role::ControlLine, &["controlline", "controllines", "控制线", "三区三线", "三线", "四线", "五线", "六线"]),
    (
        super::Role::Zone,
        &[
            "zone", "zones", "zoning", "landuse", "luse", "flood", "floodplain", "floodplains", "overlay", "功能区",
            "红线", "保护区", "地类图斑", "用地分类",
        ],
    ),
    (
        super::Role::Parcel,
        &[
            "parcel", "parcels", "plot", "plots", "lots", "cadastre", "cadastral", "perceel", "percelen", "zd",
            "宗地", "地块", "地籍", "用地",
        ],
    ),
    (
        super::Role::Boundary,
        &[
            "admin", "adm", "boundary", "boundaries", "borough", "boroughs", "province", "provinces", "county",
            "counties", "municipality", "communities", "行政区", "边界", "界线", "街道界", "社区界", "政区",
        ],
    ),
    (
        super::Role::Green,
        &["green", "greens", "greenspace", "park", "parks", "openspace", "forest", "绿地", "公园", "绿化"],
    ),
    (
        super::Role::Water,
        &[
            "water", "waters", "river", "rivers", "lake", "lakes", "canal", "waterway", "waterways", "水系", "河流",
            "水域", "湖",
        ],
    ),
    (
        super::Role::Road,
        &[
            "road", "roads", "street", "streets", "highway", "highways", "centerline", "centreline", "bridges",
            "道路", "路网", "街道", "桥",
        ],
    ),
];
