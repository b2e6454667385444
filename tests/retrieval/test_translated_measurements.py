"""Measured values in Chinese and Spanish: the names and units of the language, with the text's own offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.translations import Language
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.translated_measurements import find_translated_measurements

HYPOTENSION, PRESSURE, FEVER, TACHYCARDIA = "HP:0002615", "HP:0032263", "HP:0001945", "HP:0001649"
HYPOXEMIA, FEW_PLATELETS, LEUKOCYTOSIS, HIGH_SUGAR = "HP:0012418", "HP:0001873", "HP:0001974", "HP:0003074"


def found(text: str, language: Language, patient: Demographics = UNKNOWN) -> list[tuple[str, str]]:
    measured = find_translated_measurements(text, language, patient)
    return [(("-" if m.excluded else "+") + m.term_id, text[m.start : m.end]) for m in measured]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("血压80/50mmHg，胸痛", [("+" + HYPOTENSION, "血压80/50mmHg")]),
        ("血压：160/110mmHg", [("+" + PRESSURE, "血压：160/110mmHg")]),
        ("体温39℃，头痛", [("+" + FEVER, "体温39℃")]),
        ("体温39度", [("+" + FEVER, "体温39度")]),
        ("体温36.5℃", [("-" + FEVER, "体温36.5℃")]),
        ("SpO2 88%，咳嗽", [("+" + HYPOXEMIA, "SpO2 88%")]),
        ("心率140次/分", [("+" + TACHYCARDIA, "心率140次/分")]),
        ("血小板32×10^9/L", [("+" + FEW_PLATELETS, "血小板32×10^9/L")]),
        ("免疫球蛋白G 1.2g/L，IgA0.03g/L", [("+HP:0004315", "免疫球蛋白G 1.2g/L"), ("+HP:0002720", "IgA0.03g/L")]),
        (
            "血清铁蛋白1800ng/mL，血清铁42μmol/L",
            [("+HP:0003281", "铁蛋白1800ng/mL"), ("+HP:0003452", "血清铁42μmol/L")],
        ),
        ("因子Ⅷ活性2%", [("+HP:0003125", "因子Ⅷ活性2%")]),
        ("用力肺活量45%", [("+HP:0032341", "用力肺活量45%")]),
        ("一秒用力呼气容积占用力肺活量 51%", [("+HP:0030877", "一秒用力呼气容积占用力肺活量 51%")]),
        ("高敏肌钙蛋白I0.5ng/mL", [("+HP:0410173", "高敏肌钙蛋白I0.5ng/mL")]),
        ("红细胞叶酸1ng/mL，血清铁结合力70μmol/L，转铁蛋白 2.0，游离睾酮 8.5ng/dL，抗凝血因子Ⅷ 20%", []),
        ("N端B型钠尿肽原 900pg/mL，特异性IgE 620kU/L，地塞米松抑制后晨皮质醇25nmol/L", []),
        ("患儿，血压80/50mmHg", []),
        ("身高-3.2SD，头围低于第2百分位", [("+HP:0004322", "身高-3.2SD"), ("+HP:0000252", "头围低于第2百分位")]),
        ("血氨310μmol/L", [("+HP:0001987", "血氨310μmol/L")]),
        ("T39℃，WBC22.5×10^9/L", [("+" + FEVER, "T39℃"), ("+" + LEUKOCYTOSIS, "WBC22.5×10^9/L")]),
        ("脉搏正常，血钾6.1mmol/L", [("+HP:0002153", "血钾6.1mmol/L")]),
        ("体重减轻", []),
        ("呼吸困难3天", []),
        ("尿白细胞24", []),
        ("胸痛", []),
    ],
)
def test_chinese(text, expected):
    assert found(text, Language.CHINESE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PA 80/50 mmHg, dolor", [("+" + HYPOTENSION, "PA 80/50 mmHg")]),
        ("tensión arterial de 185/115", [("+" + PRESSURE, "tensión arterial de 185/115")]),
        ("Temperatura de 39,2 °C", [("+" + FEVER, "Temperatura de 39,2 °C")]),
        ("FC 140 lpm", [("+" + TACHYCARDIA, "FC 140 lpm")]),
        ("leucocitos 24.500/mm3", [("+" + LEUKOCYTOSIS, "leucocitos 24.500/mm3")]),
        ("glucemia 450 mg/dL", [("+" + HIGH_SUGAR, "glucemia 450 mg/dL")]),
        (
            "troponina I 2,4 ng/mL, ALT 230 UI/L",
            [("+HP:0410173", "troponina I 2,4 ng/mL"), ("+HP:0031964", "ALT 230 UI/L")],
        ),
        ("CVF 1,8 L (45% del predicho)", [("+HP:0032341", "CVF 1,8 L (45%")]),
        ("saturación de transferrina 92%", [("+HP:0012463", "saturación de transferrina 92%")]),
        ("troponina T 0,005 ng/mL", [("-HP:0410174", "troponina T 0,005 ng/mL")]),
        ("TSH 0,012 µUI/mL", [("+HP:0031098", "TSH 0,012 µUI/mL")]),
        ("capacidad total de fijación de hierro 450 µg/dL, VEF1/CVF 65%", []),
        ("Niño con TA 80/50", []),
    ],
)
def test_spanish(text, expected):
    assert found(text, Language.SPANISH) == expected


def test_the_patient_chooses_the_range():
    assert found("血压80/50mmHg", Language.CHINESE, Demographics(years=3.0)) == []


@given(st.sampled_from((Language.CHINESE, Language.SPANISH)), st.text(max_size=100))
def test_any_text_is_read(language, text):
    text = "血压80/50mmHg PA 80/50 " + text
    measured = find_translated_measurements(text, language, UNKNOWN)
    assert all(0 <= m.start < m.end <= len(text) for m in measured)
