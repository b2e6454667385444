"""What patients and clinicians say, where a word more or less turns it into its opposite."""

from __future__ import annotations

import pytest

from llm.assistant import DiagnosisAssistant

pytestmark = [pytest.mark.release, pytest.mark.data]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("The mother does not speak English", set()),
        ("He does not speak English but has a fever", {"+Fever"}),
        ("She does not speak", {"+Absent speech"}),
        ("Hearing is not normal, he does not track objects", {"+Hearing impairment", "+Abnormal visual fixation"}),
        ("Niño que no oye bien y no duerme bien", {"+Hearing impairment", "+Sleep abnormality"}),
        ("Oye bien y come bien", {"-Hearing impairment", "-Poor appetite"}),
        ("No siente dolor torácico", {"-Chest pain"}),
        ("No orina sangre", {"-Hematuria"}),
        ("La madre no habla bien español; el niño tiene fiebre", {"+Fever"}),
        ("Desarrollo psicomotor no adecuado", {"+Global developmental delay"}),
        ("La marcha no es normal", {"+Gait disturbance"}),
        ("No puede ver de noche", {"+Nyctalopia"}),
        ("Presenta ectopia lentis y situs inversus", {"+Ectopia lentis", "+Situs inversus totalis"}),
        ("TTPa alargado", {"+Prolonged partial thromboplastin time"}),
        ("Secreción amarilla, diente flojo", set()),
        ("Manchas amarillas en la retina", {"+Retinal flecks"}),
        ("Pelo blanco, piel blanca", {"+White hair"}),
        ("Dismetría de miembros inferiores", {"+Lower limb asymmetry"}),
        ("听力不正常，视力正常", {"+Hearing impairment", "-Visual impairment"}),
        ("手指发白发紫", {"+Raynaud phenomenon"}),
        ("面部发白发青", set()),
        ("头颅磁共振见磨牙征，无夜间磨牙", {"+Molar tooth sign on MRI", "-Bruxism"}),
        ("手小鱼际肌萎缩", {"+Thenar muscle atrophy"}),
        ("无痛觉过敏", {"-Allodynia"}),
        ("双手小指弯曲", {"+Clinodactyly of the 5th finger"}),
        ("头发卷曲，皮肤易瘀伤", {"+Curly hair", "+Bruising susceptibility"}),
    ],
)
def test_as_it_is_meant(release_assistant: DiagnosisAssistant, story: str, expected: set[str]):
    found = release_assistant.find_findings(story)
    assert {("-" if f.excluded else "+") + f.label for f in found} == expected
