//! What goes on, in Chinese: the core says it in English (`report::Progress::stage`).

use std::borrow::Cow;

/// Stages that name nothing.
const WHOLE: [(&str, &str); 34] = [
    ("asking", "查询"),
    ("buildings", "建筑"),
    ("city", "生成城市"),
    ("comparing", "比对"),
    ("compressing a picture", "压缩图片"),
    ("conditions", "判断条件"),
    ("decrypting", "解密"),
    ("drawing", "绘制"),
    ("drawing the picture", "绘制图片"),
    ("encrypting", "加密"),
    ("finishing", "收尾"),
    ("heights", "推算高度"),
    ("ids", "匹配编号"),
    ("looking for a converted copy", "查找已转换的副本"),
    ("making coarse levels", "生成概略层级"),
    ("mesh", "生成模型"),
    ("packing", "打包"),
    ("parcels", "地块"),
    ("placing", "定位"),
    ("plan", "规划"),
    ("reading OpenStreetMap data", "读取 OpenStreetMap 数据"),
    ("relations", "判断空间关系"),
    ("repairing and indexing", "修复并建立索引"),
    ("same shapes", "比对形状"),
    ("searching", "搜索"),
    ("setting pages", "排版"),
    ("terrain", "地形"),
    ("unpacking", "解包"),
    ("verifying", "校验"),
    ("what lies on what", "判断叠置"),
    ("writing GeoJSON", "写入 GeoJSON"),
    ("writing pages", "写入页面"),
    ("writing terrain", "写入地形"),
    ("writing the picture", "写入图片"),
];

/// What is done to something that is named after it.
const OF: [(&str, &str); 7] = [
    ("cases of ", "案件："),
    ("copying ", "复制 "),
    ("fetching ", "下载 "),
    ("hashing ", "计算校验值 "),
    ("looking at ", "查看 "),
    ("reading ", "读取 "),
    ("writing ", "写入 "),
];

/// A stage in Chinese; as it is where nothing is known of it, as the name of a layer.
pub fn stage(text: &str) -> Cow<'_, str> {
    if let Some((_, chinese)) = WHOLE.iter().find(|(english, _)| *english == text) {
        return Cow::Borrowed(chinese);
    }
    let of = OF.iter().find_map(|(english, chinese)| Some((text.strip_prefix(english)?, chinese)));
    of.map_or(Cow::Borrowed(text), |(name, chinese)| Cow::Owned(format!("{chinese}{name}")))
}
