"""Patients to try the page with: common and rare, in three languages; made up, none of them a real person."""

from __future__ import annotations

from dataclasses import dataclass

from kg.translations import Language, is_at_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A story with what it is an example of."""

    title: str
    kind: str
    story: str
    language: Language = Language.ENGLISH


EXAMPLES = (
    Example(
        title="A girl who lost hand use and speech",
        kind="rare, English",
        story=(
            "A 3-year-old girl who lost purposeful hand use and speech after a normal first year, with repetitive hand "
            "wringing, seizures, deceleration of head growth and breathing irregularities while awake. "
            "No hearing impairment."
        ),
    ),
    Example(
        title="A tall man with a dislocated lens",
        kind="rare, English",
        story=(
            "A 24-year-old man with tall stature, arachnodactyly, ectopia lentis, scoliosis and dilatation of the "
            "aortic root. No intellectual disability."
        ),
    ),
    Example(
        title="A boy with salty sweat and a cough",
        kind="common, English",
        story=(
            "A 6-year-old boy with chronic cough, recurrent respiratory infections, bronchiectasis, steatorrhea, "
            "failure to thrive and an elevated sweat chloride. His brother had meconium ileus. No splenomegaly."
        ),
    ),
    Example(
        title="Una mujer con bultos en la piel",
        kind="rare, Spanish",
        language=Language.SPANISH,
        story=(
            "Mujer de 31 años con manchas café con leche desde la infancia, neurofibromas cutáneos, efélides axilares, "
            "nódulos de Lisch y escoliosis. No presenta hipoacusia. Su padre tiene neurofibromas."
        ),
    ),
    Example(
        title="Una mujer que sangra por la nariz",
        kind="rare, Spanish",
        language=Language.SPANISH,
        story=(
            "Mujer de 45 años con epistaxis de repetición desde la infancia, telangiectasias en labios y lengua, "
            "malformaciones arteriovenosas pulmonares y anemia ferropénica. No tiene hipertensión. Su madre sangra por "
            "la nariz."
        ),
    ),
    Example(
        title="一名关节疼痛、皮肤松弛的女性",
        kind="rare, Chinese",
        language=Language.CHINESE,
        story="患者女，28岁，关节过度活动，皮肤过度伸展，反复关节脱位，易瘀伤，伤口愈合不良。无主动脉夹层。母亲有关节过度活动。",
    ),
    Example(
        title="一名反复癫痫的男孩",
        kind="rare, Chinese",
        language=Language.CHINESE,
        story="男孩，4岁，癫痫发作，智力障碍，面部血管纤维瘤，皮肤色素减退斑，心脏横纹肌瘤，肾囊肿。否认听力障碍。",
    ),
)


def readable_examples() -> tuple[Example, ...]:
    """Those in languages that this installation reads."""
    return tuple(e for e in EXAMPLES if is_at_hand(e.language))
