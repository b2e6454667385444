"""Measured values and sizes in a Chinese or Spanish text: the names become English, and the English modules read them.

Promise: "血压80/50mmHg", "PA 80/50 mmHg" and "talla -3,2 DE" say what "BP 80/50" and "height -3.2 SD" do, with the
offsets of the text as it is written. Deliberately not done here: results in words ("elevada"), ranges that the text
states itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kg.translations import Language
from retrieval.demographics import Demographics
from retrieval.growth import find_growth
from retrieval.measurements import Measurement, find_measurements
from retrieval.milestones import find_milestones


def _compile(names: Mapping[str, str], *, are_words: bool) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern with a group for each name, in order, and what stands in English for each."""
    edge = r"\b" if are_words else ""
    parts = "|".join(f"({pattern.replace(' ', chr(92) + 's+')})" for pattern in names)
    return re.compile(rf"{edge}(?:{parts}){edge}", re.IGNORECASE if are_words else 0), tuple(names.values())


_CHINESE = {
    # A specimen or another thing of that name, which is not read.
    "红细胞叶酸|[肝尿]铜|脂蛋白脂肪酶|(?:游离|双氢|脱氢)睾酮|血清铁结合力|总铁结合力": "",
    "抗(?:凝血)?因子(?:Ⅷ|VIII|Ⅸ|IX)": "",
    "(?:第[一1]秒|一秒)用力呼气(?:容积|量)\\s*(?:/|／|占|与)\\s*用力肺活量(?:的)?(?:百分比|比值|之比|比)?": "FEV1/FVC",
    "特异性(?=Ig)": "specific",
    "地塞米松": "dexamethasone",
    "抑制": "suppression",
    "激发|兴奋试验": "stimulation",
    "动脉血?二氧化碳分压|二氧化碳分压": "PaCO2",
    "动脉血?氧分压|氧分压": "PaO2",
    "(?:妊娠|怀孕|孕妇)": "pregnant",
    "免疫球蛋白G": "IgG",
    "免疫球蛋白A": "IgA",
    "免疫球蛋白M": "IgM",
    "免疫球蛋白E": "IgE",
    "(?:血清)?总IgE": "total IgE",
    "(?:估算)?肾小球滤过率": "eGFR",
    "用力肺活量": "FVC",
    "第[一1]秒用力呼气(?:容积|量)|一秒用力呼气(?:容积|量)": "FEV1",
    "(?:超敏|高敏)?(?:心肌)?肌钙蛋白[Ii]": "troponin I",
    "(?:超敏|高敏)?(?:心肌)?肌钙蛋白[Tt]": "troponin T",
    "(?:N末端|N端|氨基末端)?(?:B型(?:钠尿肽|利钠肽)|脑钠肽)(?:前体|原)": "NT-proBNP",
    "B型钠尿肽|B型利钠肽|脑钠肽": "BNP",
    "D-?二聚体": "D-dimer",
    "降钙素原": "procalcitonin",
    "脂肪酶": "lipase",
    "淀粉酶": "amylase",
    "同型半胱氨酸": "homocysteine",
    "补体C3": "complement C3",
    "补体C4": "complement C4",
    "促肾上腺皮质激素": "ACTH",
    "(?:晨|早|上午)8?[点时]?(?:血)?皮质醇": "morning cortisol",
    "皮质醇": "cortisol",
    "催乳素|泌乳素": "prolactin",
    "睾酮": "testosterone",
    "卵泡刺激素|促卵泡激素|促卵泡生成素": "FSH",
    "黄体生成素|促黄体生成素": "LH",
    "苯丙氨酸": "phenylalanine",
    "瓜氨酸": "citrulline",
    "游离肉碱": "free carnitine",
    "血清铁(?!蛋白)": "serum iron",
    "转铁蛋白饱和度": "transferrin saturation",
    "转铁蛋白": "",
    "(?:血清|血)铜(?!蓝)": "serum copper",
    "(?:血清|血)锌": "serum zinc",
    "叶酸": "folate",
    "维生素B12": "vitamin B12",
    "25-?羟(?:基)?维生素D3?": "25 hydroxyvitamin D",
    "甲状旁腺激素": "PTH",
    "游离甲状腺素|游离T4": "free T4",
    "总胆汁酸": "total bile acids",
    "(?:凝血)?因子(?:Ⅷ|VIII|8)(?:活性)?": "factor VIII",
    "(?:凝血)?因子(?:Ⅸ|IX|9)(?:活性)?": "factor IX",
    "谷氨酰转肽酶|[γr]-?谷氨酰转移酶|谷氨酰基转移酶": "GGT",
    "收缩压|舒张压": "",  # one of the two alone
    "(?<![A-Za-z])P(?=[:：\\s]*\\d{2,3}\\s*次)": "HR",
    "(?<![A-Za-z])R(?=[:：\\s]*\\d{2}\\s*次)": "RR",
    "总胆红素": "total bilirubin",
    "(?:直接|结合)胆红素": "direct bilirubin",
    "尿素氮?(?=[:：为约\\s]*\\d)": "BUN",
    "(?:血)?尿酸(?=[:：为约\\s]*\\d)": "uric acid",
    "血磷": "serum phosphate",
    "血镁": "serum magnesium",
    "甘油三酯": "triglycerides",
    "总胆固醇": "total cholesterol",
    "促甲状腺激素": "TSH",
    "凝血酶原时间": "prothrombin time",
    "纤维蛋白原": "fibrinogen",
    "碱性磷酸酶": "ALP",
    "碳酸氢根": "bicarbonate",
    "铜蓝蛋白": "ceruloplasmin",
    "甲胎蛋白": "AFP",
    "左?心?室?射血分数": "LVEF",
    "中性粒细胞(?:绝对值|计数)": "neutrophil count",
    "血压": "BP",
    "体温": "T",
    "心率|脉搏": "HR",
    "呼吸(?:频率)?(?=[:：为约\\s]*\\d)": "RR",
    "血氧饱和度|氧饱和度|血氧": "SpO2",
    "糖化血红蛋白": "HbA1c",
    "血红蛋白": "Hb",
    "血小板(?:计数)?": "platelets",
    "白细胞(?:计数)?": "WBC",
    "乳酸脱氢酶": "LDH",
    "肌酸激酶同工酶": "",
    "肌酸激酶": "CK",
    "血?乳酸": "lactate",
    "血糖": "blood glucose",
    "血氨": "serum ammonia",
    "谷丙转氨酶|丙氨酸氨基转移酶": "ALT",
    "谷草转氨酶|天[冬门]冬?氨酸氨基转移酶": "AST",
    "微量白蛋白": "",
    "(?<!球)白蛋白": "albumin",
    "铁蛋白": "ferritin",
    "出生体重": "birth weight",
    "出生身长": "birth length",
    "出生时": "at birth",
    "头围": "OFC",
    "身高|身长": "height",
    "体重指数": "BMI",
    "体重(?![增减下])": "weight",
    "低于|小于": "below",
    "高于|大于": "above",
    "第(?=\\d)": "the",
    "百分位数?": "th centile",
    "个?标准差": "SD",
    "血钾": "serum K",
    "血钠": "serum Na",
    "血钙": "serum Ca",
    "血肌酐": "serum creatinine",
    "肌酐": "creatinine",
    "[CcＣ]反应蛋白": "CRP",
    "血沉": "serum ESR",
    "有核细胞(?:计?数)?|细胞(?:总)?数": "cell count",
    "(?<![尿白球红血])蛋白(?:定量)?(?=[:：\\s]*\\d)": "protein",
    "(?<![血尿空])糖(?=[:：\\s]*\\d)": "glucose",
    "脑脊液": "CSF",
    "尿": "urine",
    "次/分钟?": "bpm",
    "摄氏度|度": "°C",
    "患儿|新生儿|早产儿|婴儿|幼儿|儿童|小孩|男孩|女孩|宝宝|孩子|女儿|儿子": "child",
    "[为是约]": "is",
    "，": ",",
    "[。；]": ". ",
    "：": ":",
    "[\u3000-\u9fff\uff00-\uffef]": " ",
}
_SPANISH = {
    "capacidad (?:total )?de (?:fijación|transporte|unión)(?: de| del)? hierro": "",
    "relación (?:entre )?(?:VEF1|FEV1) ?[/y] ?(?:CVF|FVC)|(?:VEF1|FEV1) ?/ ?(?:CVF|FVC)": "FEV1/FVC",
    "dexametasona": "dexamethasone",
    "supresión|supresion": "suppression",
    "estimulación|estímulo": "stimulation",
    "embarazada|gestante": "pregnant",
    "saturación de (?:la )?transferrina": "transferrin saturation",
    "inmunoglobulina G": "IgG",
    "inmunoglobulina A": "IgA",
    "inmunoglobulina M": "IgM",
    "IgE (?:sérica )?total|inmunoglobulina E": "total IgE",
    "(?:tasa de )?filtrado glomerular(?: estimado)?|FGe|TFGe?": "eGFR",
    "aclaramiento de creatinina": "creatinine clearance",
    "capacidad vital forzada|CVF": "FVC",
    "volumen espiratorio (?:forzado|máximo) en (?:el primer|un) segundo|VEF1|VEMS": "FEV1",
    "troponina": "troponin",
    "dímeros? D": "D-dimer",
    "procalcitonina": "procalcitonin",
    "lipasa": "lipase",
    "amilasa": "amylase",
    "homocisteína": "homocysteine",
    "complemento (?=C[34])": "complement ",
    "cortisol (?:matutino|basal)": "morning cortisol",
    "prolactina": "prolactin",
    "testosterona(?: total)?": "testosterone",
    "fenilalanina": "phenylalanine",
    "citrulina": "citrulline",
    "carnitina libre": "free carnitine",
    "hierro(?: sérico)?": "iron",
    "cobre(?: sérico)?": "copper",
    "ceruloplasmina": "ceruloplasmin",
    "zinc|cinc": "zinc",
    "ácido fólico|folatos?": "folate",
    "vitamina (?=A|B12|D|E)": "vitamin ",
    "T4 libre|tiroxina libre": "free T4",
    "ácidos biliares(?: totales)?": "bile acids",
    "fibrinógeno": "fibrinogen",
    "(?:presión|tensión) arterial(?! media)|PA|TA": "BP",
    "temperatura": "temperature",
    "frecuencia cardíaca|frecuencia cardiaca|FC|pulso": "HR",
    "frecuencia respiratoria|FR": "RR",
    "saturación(?: de oxígeno)?|SatO2|SaO2": "SpO2",
    "hemoglobina": "hemoglobin",
    "plaquetas": "platelets",
    "Tª": "T",
    "VCM": "MCV",
    "FEVI|fracción de eyección(?: del? (?:VI|ventrículo izquierdo))?": "LVEF",
    "(?:glucosa|glucemia) (?:basal|en ayunas)": "glucose",
    "ácido úrico": "uric acid",
    "triglicéridos": "triglycerides",
    "colesterol(?: total)?": "total cholesterol",
    "bilirrubina directa": "direct bilirubin",
    "fosfatasa alcalina|FA(?=\\s\\d)": "ALP",
    "fósforo|fosfato": "phosphate",
    "magnesio": "magnesium",
    "bicarbonato": "bicarbonate",
    "neutrófilos": "neutrophil count",
    "IMC": "BMI",
    "hematocrito": "Hct",
    "proteínas(?=[\\s:]*\\d)": "protein",
    "células(?=[\\s:]*\\d)": "cell count",
    "leucocitos": "leukocytes",
    "hemoglobina (?:glicosilada|glucosilada|glicada)": "HbA1c",
    "amonio|amonemia|amoníaco|amoniaco": "ammonia",
    "GPT": "ALT",
    "GOT": "AST",
    "albúmina": "albumin",
    "ferritina": "ferritin",
    "peso (?:al nacer|al nacimiento|de nacimiento)|PRN": "birth weight",
    "longitud al nacer|talla al nacer": "birth length",
    "perímetro (?:cefálico|craneal)|PC": "OFC",
    "talla": "height",
    "peso": "weight",
    "percentil (?=\\d)": "P",
    "por debajo del?|inferior al?|menor de": "below",
    "por encima del?|superior al?|mayor de": "above",
    "(?<=\\d\\x20)(?-i:DE)|desviaciones estándar": "SD",
    "glucemia|glucosa": "glucose",
    "potasio": "potassium",
    "sodio": "sodium",
    "calcio": "calcium",
    "creatinina": "creatinine",
    "PCR|proteína C reactiva": "CRP",
    "VSG": "ESR",
    "lactato": "lactate",
    "bilirrubina(?: total)?": "bilirubin",
    "LCR|líquido cefalorraquídeo": "CSF",
    "orina": "urine",
    "lpm|latidos por minuto": "bpm",
    "niñ[oa]s?|lactante|recién nacid[oa]|bebé|neonato|hij[oa]s?|prematur[oa]": "child",
    "[µμ]UI(?=/)": "uIU",
    "UI(?=/)": "IU",
    "mUI(?=/)": "mIU",
    "kUI(?=/)": "kIU",
    "de": "of",
    "es|fue|era": "is",
}
_UNITS = frozenset({"SD", "bpm", "°C", "th centile"})
_NAMES = {
    Language.CHINESE: _compile(_CHINESE, are_words=False),
    Language.SPANISH: _compile(_SPANISH, are_words=True),
}
# "WBC12.5", "T36.6℃": in Chinese a value touches its name.
_TOUCHING = re.compile(
    r"(?<![A-Za-z])(?:T|WBC|Hb|HGB|PLT|CRP|ALT|AST|K|Na|Ca|Cr|ESR|HR|INR|LDH|CK|FT4|EF|LVEF|MCV|pH|Ig[GAME]|BNP|FVC|eGFR|PaCO2|PaO2|FSH|LH|ACTH|PCT)(?=\d)"
)
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")  # "14.500/mm3"


def find_translated_measurements(text: str, language: Language, patient: Demographics) -> tuple[Measurement, ...]:
    """What the measured values of a Chinese or Spanish text say, with the text's own offsets, in order of their start.

    Args:
        text: the story, normalised where the language does that.
        language: of the text.
        patient: whose age and sex choose the ranges.
    """
    if not any(c.isdigit() for c in text):
        return ()
    if language is Language.CHINESE and _TOUCHING.search(text):
        return _parted_from_values(text, patient)
    pattern, english = _NAMES[language]
    if language is Language.SPANISH:
        text = _THOUSANDS.sub(",", text)
    made: list[str] = []
    places: list[int] = []  # of each character made, in the text
    end = 0
    for match in pattern.finditer(text):
        made.append(text[end : match.start()])
        places += range(end, match.start())
        word = english[(match.lastindex or 1) - 1]
        if language is Language.CHINESE and word.strip(" ,:."):
            word = f" {word} "  # no space parts the words of "血压80mmHg"
        made.append(word)
        # A measurement begins with a letter of a name ("serum K"), and may end with the last of a unit.
        places += [match.end() - 1 if word.strip() in _UNITS else match.start()] * len(word)
        end = match.end()
    made.append(text[end:])
    places += range(end, len(text))
    english_text = "".join(made)
    found = (*find_measurements(english_text, patient), *find_growth(english_text))
    return tuple(
        Measurement(term_id=m.term_id, excluded=m.excluded, start=places[m.start], end=places[m.end - 1] + 1)
        for m in found
    ) + find_milestones(text, language)


def _parted_from_values(text: str, patient: Demographics) -> tuple[Measurement, ...]:
    """What a Chinese text says once a space stands between a name in letters and its value; its own offsets."""
    places = sorted([*range(len(text)), *(m.end() for m in _TOUCHING.finditer(text))])
    parted = _TOUCHING.sub(lambda m: f"{m[0]} ", text)
    found = find_translated_measurements(parted, Language.CHINESE, patient)
    return tuple(replace(m, start=places[m.start], end=places[m.end - 1] + 1) for m in found)
