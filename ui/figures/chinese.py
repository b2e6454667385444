"""The figures' own text in Chinese; a test holds that nothing is missing.

Names of diseases stay as their sources have them.
"""

from __future__ import annotations

CHINESE = {
    ", ": "、",
    "{finding} (excluded)": "{finding}（已排除）",
    "annotated": "有注释",
    "a more specific term is annotated": "注释的是更具体的术语",
    "only a more general term is annotated": "仅注释了更宽泛的术语",
    "reported absent in others with it": "报道称其他患者无此表现",
    "reported present in others with it": "报道称其他患者有此表现",
    "reported absent in others with it, too": "报道称其他患者也无此表现",
    "not annotated": "无注释",
    "Evidence: findings of the patient, annotated terms, diseases": "证据：患者的表现、注释的术语、疾病",
    "{term} is more specific than {finding}": "“{term}”比“{finding}”更具体",
    "{term} is more general than {finding}": "“{term}”比“{finding}”更宽泛",
    "Not annotated for these diseases": "这些疾病均无此注释",
    "For": "支持",
    "Against": "不支持",
    "for": "支持",
    "against": "不支持",
    "{disease}: show what speaks for and against it": "{disease}：显示支持与不支持的证据",
    "speaks for (here ×100)": "支持（图示为 ×100）",
    "speaks against (here ÷10)": "不支持（图示为 ÷10）",
    "annotated is a more general or more specific term": "注释的是更宽泛或更具体的术语",
    "{n} findings that weigh less are left out.": "略去权重较小的 {n} 项表现。",
    "Width: how many times likelier a finding makes the disease, by the graph’s likelihood model.": (
        "线宽：按图谱的似然模型，该表现使疾病的可能性变为多少倍。"
    ),
    "Disease": "疾病",
    "Finding": "表现",
    "Annotated term": "注释的术语",
    "Speaks": "方向",
    "Ratio": "似然比",
    "Evidence": "证据",
    "The same as a table": "以表格显示",
    "How common it is": "疾病的常见程度",
    "against a disease of which no source says it": "与患病率不明的疾病相比",
    "The story’s own words": "病史中的用词",
    "The patient’s history": "病史中的危险因素",
    "beyond those in the average disease’s texts": "与一般疾病的文字相比",
    "Together": "合计",
    "What speaks for and against {disease}": "{disease}：支持与不支持的证据",
    "The graph’s likelihood model: how many times likelier (×) or less likely (÷) each finding makes the disease, "
    "compared with the average disease.": (
        "图谱的似然模型：与一般疾病相比，每项表现使该病的可能性增至（×）或减至（÷）多少倍。"
    ),
    "An excluded finding can speak for a disease in which its absence is often noted.": (
        "若某病常注明不具某表现，则排除该表现也可支持该病。"
    ),
    "The answer’s {probability} is no sum of these: it also weighs similar cases, related diseases and what goes "
    "together.": "答案的概率 {probability} 并非以上各项之和：它还考虑相似病例、相关疾病以及表现之间的关联。",
    "The answer’s {probability} is the sum against those of all other diseases, made milder, since findings of one "
    "disease come together.": (
        "答案的概率 {probability} 由以上合计与其他所有疾病的合计相比得出，并作了缓和，因为同一疾病的表现往往一起出现。"
    ),
    "The first diagnoses side by side": "前几项诊断对比",
    "The answer’s probability": "答案的概率",
    "Each cell: how many times likelier (×) or less likely (÷) the finding makes the disease, by the graph’s "
    "likelihood model; findings that tell the first two apart come first.": (
        "每格：按图谱的似然模型，该表现使疾病的可能性增至（×）或减至（÷）多少倍；最能区分前两项诊断的表现排在前面。"
    ),
    "Similarity: cosine of the findings’ embeddings. Findings count as shared when one is the other or implies it.": (
        "相似度：表现的嵌入向量的余弦。两项表现相同，或一项蕴含另一项，即视为共有。"
    ),
    "Published patients": "已发表的患者群",
    "Published patient": "已发表的患者",
    "Only this patient": "仅本患者",
    "Both": "共有",
    "Only the published case": "仅该病例",
    "Present in one, absent in the other": "一方有而另一方无",
    "Similarity": "相似度",
    "{n} more": "另有 {n} 项",
    "there: {finding}": "病例中：{finding}",
    "absent here": "本患者无",
    "absent there": "该病例无",
    "absent here; there: {finding}": "本患者无；病例中：{finding}",
    "absent there: {finding}": "该病例无：{finding}",
}
