"""Values against reference ranges: far out is a finding, well inside an exclusion, in between nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import load_graph
from kg.errors import SourceError
from retrieval.demographics import Demographics, Sex
from retrieval.measurements import (
    HYPOTENSION,
    INCREASED_BLOOD_PRESSURE,
    find_measurements,
)
from retrieval.reference_ranges import load_reference_ranges

MAN = Demographics(years=45.0, sex=Sex.MALE)
WOMAN = Demographics(years=45.0, sex=Sex.FEMALE)
CHILD = Demographics(years=5.0)
ANYBODY = Demographics()
LABELS = {
    "Anemia": "HP:0001903",
    "Fever": "HP:0001945",
    "Hypothermia": "HP:0002045",
    "Hyponatremia": "HP:0002902",
    "Sodium": "HP:0010931",
    "Hypokalemia": "HP:0002900",
    "Hypoglycemia": "HP:0001943",
    "Thrombocytopenia": "HP:0001873",
    "Platelets": "HP:0011873",
    "Leukocytosis": "HP:0001974",
    "Lactate": "HP:0002151",
    "Tachycardia": "HP:0001649",
    "Pressure": INCREASED_BLOOD_PRESSURE,
    "Hypotension": HYPOTENSION,
    "Obesity": "HP:0001513",
    "Creatinine": "HP:0003259",
    "ALT": "HP:0031964",
    "Hypoglycorrhachia": "HP:0011972",
    "CSFProtein": "HP:0002922",
    "Calcium": "HP:0003072",
    "ID": "HP:0001249",
    "Jaundice": "HP:0002904",
    "Direct": "HP:0002908",
    "ESR": "HP:0003565",
    "CRP": "HP:0011227",
    "CK": "HP:0003236",
    "Acidosis": "HP:0001941",
    "Bicarbonate": "HP:0032066",
    "Consciousness": "HP:0004372",
    "Hypoxemia": "HP:0012418",
    "Tachypnea": "HP:0002789",
    "Albumin": "HP:0003073",
    "Pleocytosis": "HP:0012229",
    "LowIgG": "HP:0004315",
    "HighIgG": "HP:0003237",
    "IgG": "HP:0410242",
    "IgE": "HP:0003212",
    "GFR": "HP:0012213",
    "FVC": "HP:0032341",
    "FEV1": "HP:0032342",
    "Ratio": "HP:0030877",
    "TroponinI": "HP:0410173",
    "BNP": "HP:0033534",
    "IGF1": "HP:0030269",
    "C3": "HP:0005421",
    "LowTestosterone": "HP:0040171",
    "HighTestosterone": "HP:0030088",
    "Hypercapnia": "HP:0012416",
    "Phenylalanine": "HP:0004923",
    "Glycine": "HP:0002154",
    "LowCortisol": "HP:0008163",
    "FactorVIII": "HP:0003125",
}
NAMES = {term_id: name for name, term_id in LABELS.items()}


def signs(text: str, patient: Demographics | None = MAN) -> list[str]:
    return [("-" if m.excluded else "+") + NAMES.get(m.term_id, m.term_id) for m in find_measurements(text, patient)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sodium 120 mmol/L", ["+Hyponatremia"]),
        ("Na+ was 128 mEq/L", ["+Hyponatremia"]),
        ("sodium 134 mmol/L", []),
        ("sodium 140 mmol/L", ["-Sodium"]),
        ("serum potassium of 2.4", ["+Hypokalemia"]),
        ("K 45", []),
        ("glucose 36 mg/dL", ["+Hypoglycemia"]),
        ("glucose 2.0 mmol/L", ["+Hypoglycemia"]),
        ("glucose 2.0", []),
        ("Hemoglobin 97 g/L", ["+Anemia"]),
        ("Hgb: 9.7", ["+Anemia"]),
        ("Hb% 10 gm/dL", ["+Anemia"]),
        ("Temperature: 36.8℃ (98.2℉)", ["-Fever"]),
        ("hemoglobin 13-15 g/dL", []),
        ("mean corpuscular hemoglobin 30 g/dL", []),
        ("Platelet count 20,000/mm3", ["+Thrombocytopenia"]),
        ("platelets 35 × 10⁹/L", ["+Thrombocytopenia"]),
        ("platelets were 35 x 10^3/µL", ["+Thrombocytopenia"]),
        ("platelets 150", []),
        ("Platelet count: 221,000/µL", ["-Platelets"]),
        ("Total leukocyte count 30,000/mm3", ["+Leukocytosis"]),
        ("WBC 30 K/uL", ["+Leukocytosis"]),
        ("creatinine 300 µmol/L", ["+Creatinine"]),
        ("calcium level was elevated at 12.9 mg/dL", ["+Calcium"]),
        ("lactate 3.6 (ref 0.5-2.2)", ["+Lactate"]),
        ("lactate 5.1 mmol/L (normal < 2.2)", ["+Lactate"]),
        ("lactate 2.0 mmol/L [normal range: 0.5–1.8]", ["+Lactate"]),
        ("ALT: Elevated", ["+ALT"]),
        ("ALT (alanine aminotransferase): 900 IU/L", ["+ALT"]),
        ("total bilirubin 3.6 mg/dL, bilirubin direct 2.4 mg/dL", ["+Jaundice", "+Direct"]),
        ("IQ of 55", ["+ID"]),
        ("His temperature is 38.1°C (100.6°F)", ["+Fever"]),
        ("T 102.8 F, HR 112 bpm", ["+Fever", "+Tachycardia"]),
        ("Temp 34.1", ["+Hypothermia"]),
        ("temperature 37.0°C", ["-Fever"]),
        ("temperature 39.1º C", ["+Fever"]),
        ("temperature of 37.7 °C", []),
        ("T 4 vertebra", []),
        ("blood pressure is 178/110 mm Hg", ["+Pressure"]),
        ("BP 140/88", []),
        ("BP 120/76", ["-Pressure"]),
        ("BP is 84/40 mmHg", ["+Hypotension"]),
        ("fetal heart rate is 140/min", []),
        ("BMI 34 kg/m2", ["+Obesity"]),
        ("IgG 310 mg/dL", ["+LowIgG"]),
        ("IgG was high at 32 g/L", ["+HighIgG"]),
        ("IgG 11 g/L, IgG4 1.35 g/L", ["-IgG"]),
        ("anti-tetanus IgG 0.05 IU/mL", []),
        ("total IgE 2,400 kU/L", ["+IgE"]),
        ("peanut-specific IgE 520 kU/L", []),
        ("IgE 40 kU/L", []),  # perhaps one antigen's
        ("eGFR 28 mL/min/1.73 m2", ["+GFR"]),
        ("eGFR >60", []),
        ("creatinine clearance of 35 mL/min", ["+GFR"]),
        ("FVC 1.8 L (45% predicted), FEV1 40% of predicted, FEV1/FVC 0.51", ["+FVC", "+FEV1", "+Ratio"]),
        ("FVC 1.8 L", []),
        ("K 2.4 L (3.5-5.0)", ["+Hypokalemia"]),
        ("hs-troponin I 640 ng/L, BNP 1200", ["+TroponinI", "+BNP"]),
        ("IGF-1 380 ng/mL (ref 98-305)", ["+IGF1"]),
        ("C3 40 mg/dL", ["+C3"]),
        ("fusion of C3 and C4", []),
        ("testosterone 110 ng/dL", ["+LowTestosterone"]),
        ("testosterone 250 mg", []),
        ("PaCO2 72 mmHg", ["+Hypercapnia"]),
        ("glycine 900 (ref 150-350)", ["+Glycine"]),
        ("Cortisol: low", ["+LowCortisol"]),
        ("factor VIII <1%", ["+FactorVIII"]),
    ],
)
def test_values_of_an_adult(text, expected):
    assert signs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "tTG IgA 120 U/mL (normal <10)",
        "anti-tTG IgA was elevated",
        "EBV VCA IgG: high",
        "cardiolipin IgG 45 U/mL (ref <15)",
        "FEV1 increased 15% after salbutamol",
        "FEV1 was 1.2 L (12% improvement)",
        "FVC decreased 12% over one year",
        "eGFR decreased 12 mL/min over a year",
        "The ratio of FEV1 to FVC was 65%",
        "FEV1 / FVC 65%",
        "FEV1/FVC 88% predicted",
        "Liver copper was elevated",
        "Hair zinc was low",
        "RBC folate 120 ng/mL",
        "Iron was increased in the pallidum",
        "8 am cortisol 1.0 ug/dL after 1 mg dexamethasone",
        "lipase 25,000 USP units",
        "Lipoprotein lipase 420 U/L",
        "Newborn screen: C3 was elevated",
        "C3: reduced sensation",
        "total iron binding capacity 450 ug/dL",
        "Bioavailable testosterone 90 ng/dL",
        "A pregnant woman: prolactin 120 ng/mL, D-dimer 1.2 mg/L",
        "NT pro BNP 900 pg/mL",
    ],
)
def test_what_is_no_level_of_the_patients_blood_says_nothing(text):
    assert signs(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PaCO2 9.6 kPa, PaO2 22 kPa", ["+Hypercapnia"]),
        ("PaCO2 72mmHg, PaO2 41mmHg", ["+Hypercapnia", "+Hypoxemia"]),
        ("procalcitonin 0,125 ng/mL", []),
        ("renin 0.2 ng/mL/h (ref 0.5-4.0)", ["+HP:0003351"]),
        ("alkaline phosphatase 2110 U/I (normal range 35–129 U/I)", ["+HP:0003155"]),  # a scanned "U/l"
        ("IgA 120 U/mL (normal < 10)", []),
        ("phenylalanine 1.2 mmol/L", ["+Phenylalanine"]),
        ("NT-proBNP 4000 pg/mL", ["+HP:0031185"]),
        ("Serum IgG was low", ["+LowIgG"]),
        ("IgG, IgA and IgM were normal; IgE: high", ["+IgE"]),
    ],
)
def test_units_and_names(text, expected):
    assert signs(text) == expected


@pytest.mark.parametrize(
    ("text", "patient", "expected"),
    [
        ("hemoglobin 12.5 g/dL", MAN, ["+Anemia"]),
        ("hemoglobin 12.5 g/dL", WOMAN, ["-Anemia"]),
        ("hemoglobin 12.5 g/dL", ANYBODY, []),
        ("pulse is 112/min", CHILD, []),
        ("BP 178/110", CHILD, []),
        ("BP 178/110", ANYBODY, ["+Pressure"]),
        ("BP 150/100", ANYBODY, []),
        ("BP 120/76", ANYBODY, []),
        ("BP 80/50, HR 140, RR 34", ANYBODY, ["+Hypotension", "+Tachycardia", "+Tachypnea"]),
        ("HR 110", ANYBODY, []),
        ("The baby: BP 80/50, HR 160, RR 34", ANYBODY, []),
        ("Ca 2.95 mmol/L, WBC 24 x10^9/L", ANYBODY, ["+Calcium", "+Leukocytosis"]),
        ("This newborn: Ca 2.95 mmol/L", ANYBODY, []),
        ("BMI 34", CHILD, []),
        ("IgG 4.8 g/L", MAN, ["+LowIgG"]),
        ("IgG 4.8 g/L", CHILD, []),
        ("The newborn: IgG 0.9 g/L, phenylalanine 1800 µmol/L", ANYBODY, ["+LowIgG", "+Phenylalanine"]),
        ("testosterone 180 ng/dL", WOMAN, ["+HighTestosterone"]),
        ("sodium 120 mmol/L", ANYBODY, ["+Hyponatremia"]),
        ("A 60-year-old man. BP 178/110", None, ["+Pressure"]),
    ],
)
def test_the_patient_chooses_the_range(text, patient, expected):
    assert signs(text, patient) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plt 82", ["+Thrombocytopenia"]),
        ("platelets 250", ["-Platelets"]),
        ("WCC 24", ["+Leukocytosis"]),
        ("ESR 96, CRP 210", ["+ESR", "+CRP"]),
        ("lactate 4.8", ["+Lactate"]),
        ("pH 7.08, bicarb 8", ["+Acidosis", "+Bicarbonate"]),
        ("CK 14,500", ["+CK"]),
        ("Hb 72", ["+Anemia"]),
        ("Hb 9.1", ["+Anemia"]),
        ("Hb 150", ["-Anemia"]),
        ("albumin 22", ["+Albumin"]),
        ("creat 400", ["+Creatinine"]),
        ("sats 85 on air", ["+Hypoxemia"]),
        ("GCS 5/15", ["+Consciousness"]),
        ("GCS 15", ["-Consciousness"]),
        ("CSF: WCC 240", ["+Pleocytosis"]),
        # Fits two units, another name's number, or another thing.
        ("platelets 1200", []),
        ("platelets 1.2 lakh", []),
        ("creatinine 25", []),
        ("lactate 18", []),
        ("CRP 8", []),
        ("Ca 125 45", []),
        ("CK 7 positive", []),
        ("albumin 20 g was given", []),
        ("transfused platelets 6 units", []),
        ("Urine dipstick: pH 7.0", []),
        ("neutrophils 70", []),
        ("Hb: 20%gm", []),
        ("Platelet count 32,0000/mm3", []),
    ],
)
def test_a_number_without_a_unit_is_read_where_it_fits_one_only(text, expected):
    assert signs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CSF: glucose 30 mg/dL, protein 120 mg/dL", ["+Hypoglycorrhachia", "+CSFProtein"]),
        ("Cerebrospinal fluid:\nColor: clear\nGlucose: 30 mg/dL", ["+Hypoglycorrhachia"]),
        ("Urine glucose 30 mg/dL", []),
        ("pleural fluid: glucose 30 mg/dL", []),
        ("Urine was clear. Glucose 30 mg/dL", ["+Hypoglycemia"]),
    ],
)
def test_the_specimen_chooses_the_range(text, expected):
    assert signs(text) == expected


def test_the_quote_holds_name_number_unit_and_range():
    text = "Her lactate was 3.6 mmol/L (ref 0.5-2.2)."
    (found,) = find_measurements(text, WOMAN)
    assert text[found.start : found.end] == "lactate was 3.6 mmol/L (ref 0.5-2.2)"


@given(st.floats(20, 250).map(lambda x: round(x, 1)))
def test_no_value_is_low_and_high_at_once(value):
    assert len(signs(f"sodium {value} mmol/L")) <= 1


def test_the_limits_of_every_row_are_in_order():
    for row in load_reference_ranges():
        limits = [x for x in (row.low, row.normal_low, row.normal_high, row.high) if x is not None]
        assert limits == sorted(limits), row.analyte


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    text = "sodium " + text + " BP 120/80"
    assert all(0 <= m.start < m.end <= len(text) for m in find_measurements(text, MAN))


def test_a_table_that_is_none_is_refused(tmp_path):
    broken = tmp_path / "ranges.tsv"
    broken.write_text("# source: x\n# version: 1\n# licence: y\nanalyte\tnames\nsodium\tNa\n")
    with pytest.raises(SourceError, match="is not a table of analyte"):
        load_reference_ranges(broken)


@pytest.mark.release
def test_all_terms_are_of_the_release():
    ontology = load_graph().ontology
    ids = {i for row in load_reference_ranges() for i in (row.low_id, row.high_id, row.normal_id) if i}
    assert len(ids) > 90
    assert all(i in ontology.phenotypic_abnormalities for i in (*ids, *LABELS.values()))


def test_an_age_that_is_known_says_what_a_value_means_as_far_as_the_text_has_none():
    """A heart rate that is far out in a grown-up is usual in an infant."""
    infant = Demographics(age="P2M", years=2 / 12)
    assert find_measurements("HR 150") != ()
    assert find_measurements("HR 150", infant) == ()
    assert find_measurements("A 40-year-old man, HR 150", infant) != ()
