"""Sentences of answers and claims in Chinese, by their English templates (``kg.phrases``)."""

from __future__ import annotations

CHINESE_ANSWERS = {
    # Joints
    " ": "",
    " and ": "和",
    "{parts}.": "{parts}。",
    "{said}.": "{said}。",
    "{what} ({more})": "{what}（{more}）",
    "{what}: {words}": "{what}：{words}",
    "{words} and {n} more": "{words}等另外 {n} 个",
    "and {findings}": "以及{findings}",
    "{question} {parts}.": "{question}{parts}。",
    # How often
    "patient": "患者",
    "patients": "患者",
    "female patient": "女性患者",
    "female patients": "女性患者",
    "male patient": "男性患者",
    "male patients": "男性患者",
    "{n} of {m} {who}": "{m} 名{who}中 {n} 名",
    "{share} of {who}": "{share} 的{who}",
    "{low} to {high} of {who}": "{low}–{high} 的{who}",
    "obligate": "必有",
    "very frequent": "很常见",
    "frequent": "常见",
    "occasional": "偶见",
    "very rare": "罕见",
    "excluded": "已排除",
    "seen in {of_whom}": "见于 {of_whom}",
    "reported": "有报道",
    "reported in {who}": "在{who}中有报道",
    "reported absent": "据报没有",
    "reported absent in {who}": "据报{who}没有",
    "reported absent ({of_whom})": "据报没有（{of_whom}）",
    "not stated": "来源未提",
    "1 in {few} people": "每 {few} 人中 1 人",
    "1 in {few} to {many} people": "每 {few} 至 {many} 人中 1 人",
    # Claims
    "this disease": "本病",
    "{label} is {how}": "{label}：{how}",
    "{label} is {how}.": "{label}：{how}。",
    "{label}: the more specific {annotated} is {how}": "{label}：更具体的“{annotated}”{how}",
    "{label}: the more general {annotated} is {how}": "{label}：更宽泛的“{annotated}”{how}",
    "{label} is absent here, and it is {how}": "{label}：此患者没有，{how}",
    "{label} is absent here, but it is {how}": "{label}：此患者没有，但{how}",
    "{label} is present here, but it is {how}": "{label}：此患者有，但{how}",
    "{label} is absent here, and {annotated} is {how}": "{label}：此患者没有，“{annotated}”{how}",
    "{label} is absent here, but {annotated} is {how}": "{label}：此患者没有，但“{annotated}”{how}",
    "{label} is present here, but {annotated} is {how}": "{label}：此患者有，但“{annotated}”{how}",
    "Expected and not mentioned: {label} is {how}": "本病常见而未提及：{label}，{how}",
    "{told} makes it likelier: a risk factor is {factor}": "{told}使本病更可能：危险因素有 {factor}",
    "Words of the story also in this disease's description: {words}": "病史中的用词见于关于本病的文字：{words}",
    "Published patients": "已发表的患者群",
    "A published patient": "一名已发表的患者",
    "{who} with {disease} had {shared}": "{who}（{disease}）有：{shared}",
    # Evidence
    "{disease} ({id}): associated with {genes}.": "{disease}（{id}）：与 {genes} 有关。",
    "{disease} ({id}): about {share}.": "{disease}（{id}）：约{share}。",
    "{disease} ({id}): a risk factor is {factor}.": "{disease}（{id}）：危险因素有 {factor}。",
    "{disease} ({id}): {finding}, {how}.": "{disease}（{id}）：{finding}，{how}。",
    "{disease} ({id}): {finding}, {how}, no frequency given.": "{disease}（{id}）：{finding}，{how}，未给出频率。",
    "{disease} ({id}): {said}.": "{disease}（{id}）：{said}。",
    "a test is {name}": "检查有 {name}",
    "a red flag is {flag}": "危险信号有{flag}",
    "no definition given.": "没有给出定义。",
    "Also called: {names}.": "又称：{names}。",
    "A kind of: {names}.": "属于：{names}。",
    "Published patient": "已发表的患者",
    "{who} with {disease}: {findings}.": "{who}，{disease}：{findings}。",
    "no findings listed": "没有列出表现",
    "Not seen: {findings}.": "未见：{findings}。",
    "{finding} ({n} of {m})": "{finding}（{m} 名中 {n} 名）",
    # Standing
    "first": "第一",
    "number {rank}": "第 {rank}",
    "{place} of {n} candidates, with a probability of {share}": "在 {n} 个候选中排{place}，概率 {share}",
    "none of the {n} candidates": "不在 {n} 个候选之中",
    "above 99.9%": "高于 99.9%",
    "below 0.1%": "低于 0.1%",
    "Number {rank} is {name}, with a probability of {share}.": "第 {rank} 是 {name}，概率 {share}。",
    "That it is none of the {n} shown: {share}.": "不是所列 {n} 个中任何一个的概率：{share}。",
    (
        "How soon this patient must be seen, and where, no source here decides. That nothing is listed does not mean "
        "that nothing is urgent."
    ): "这里没有来源决定此患者应在何时何地就诊。没有列出不等于不紧急。",
    "By these findings nothing is listed that must not be missed.": "按这些表现，没有列出不可漏诊的疾病。",
    "What must not be missed is listed in general practice and emergency, not in the genetics clinic.": (
        "不可漏诊的疾病在全科门诊和急诊科中列出，遗传门诊不列。"
    ),
    "Not to be missed: {name} ({urgency}), {share}": "不可漏诊：{name}（{urgency}），{share}",
    "red flags here: {flags}": "本患者的危险信号：{flags}",
    "to ask for: {flags}": "还应询问：{flags}",
    "emergency": "急症",
    "urgent": "紧急",
    "routine": "不急",
    "No disease reaches a probability of {least}, the least that an accepted risk of {risk} allows.": (
        "没有疾病达到 {least} 的概率，这是可接受风险 {risk} 所允许的最低概率。"
    ),
    # Why, and what tells apart
    "The sources state no finding of {name}, so it cannot be weighed.": "来源没有提到 {name} 的任何表现，无法权衡。",
    "The sources do not state of it: {findings}.": "来源未提到本病有：{findings}。",
    "{said} (likelihood ratio {ratio})": "{said}（似然比 {ratio}）",
    "{name} is not among the {n} candidates that the graph and published cases bring up.": (
        "{name} 不在图谱和已发表病例给出的 {n} 个候选之中。"
    ),
    "{name} is {standing}.": "{name} {standing}。",
    "{finding} (likelihood ratio {better} against {worse})": "{finding}（似然比 {better} 比 {worse}）",
    "Over the second, {name}, it is favoured most by: {findings}.": "与第二的 {name} 相比，最支持它的是：{findings}。",
    "The first, {name}, explains better: {findings}.": "排第一的 {name} 能更好地解释：{findings}。",
    "{finding} favours {name}: {parts}.": "{finding}支持 {name}：{parts}。",
    "{finding} favours {name} a little: {parts}.": "{finding}略支持 {name}：{parts}。",
    "None of the patient's findings tells them apart.": "此患者的表现都不能把它们区分开。",
    "the findings together": "各项表现合计",
    "how common the two are": "两者的患病率",
    "the story's own words": "病史的用词",
    "what the story tells beside findings": "病史在表现之外所说的",
    "what the ranking learned from published patients makes of that": "排序从已发表患者中学到的部分",
    "{what} {odds}": "{what} {odds}",
    "What puts {first} before {last} ({share} against {other}), in odds: {parts}.": (
        "{first} 排在 {last} 之前（{share} 比 {other}），按比值：{parts}。"
    ),
    "Of the published patients most like this one {one} have the one and {other} the other.": (
        "在与此患者最相似的已发表患者中，{one} 名患前者，{other} 名患后者。"
    ),
    "of their product the ranking takes a root, since what belongs to one disease comes together": (
        "排序对其乘积开方，因为同一疾病的表现往往一起出现"
    ),
    "{n} to 1": "{n} 比 1",
    "1 to {n}": "1 比 {n}",
    "over 10,000 to 1": "超过 10,000 比 1",
    "1 to over 10,000": "1 比超过 10,000",
    # Next
    "Worth looking for: {finding}: {parts}.": "值得查找：{finding}：{parts}。",
    "The sources name no finding that would tell more.": "来源没有提到能进一步区分的表现。",
    "What would change the order most, if it were known, the most telling first:": (
        "以下表现若能明确，最能改变排序，最有帮助的在前："
    ),
    "Does the patient have {finding}?": "患者有{finding}吗？",
    "Tests for {name}: {tests}.": "{name} 的检查：{tests}。",
    "To sequence for {name}: {genes}.": "{name} 应测序的基因：{genes}。",
    "The sources name no test of {names}.": "来源没有提到 {names} 的检查。",
    "To look for in {name}: {finding}, {words}.": "{name} 应查找：{finding}，{words}。",
    "Without that no finding is left to rank by; the case stays as it is.": "没有它就没有表现可供排序；病例保持不变。",
    "If the patient also had {findings}, the order would be as follows; the case stays as it is.": (
        "如果患者还有{findings}，排序如下；病例保持不变。"
    ),
    "no {finding}": "没有{finding}",
    "no candidate before": "此前不是候选",
    "before: number {rank}, {share}": "此前第 {rank}，{share}",
    "Number {rank} would be {name}, {share} ({was}).": "第 {rank} 为 {name}，{share}（{was}）。",
    "There are no published cases here.": "这里没有已发表的病例。",
    "No published patient was found who shares findings with this one.": "没有找到与此患者有共同表现的已发表患者。",
    "No published patient with {named} was found who shares findings with this one.": (
        "没有找到患 {named} 且与此患者有共同表现的已发表患者。"
    ),
    # Terms, diseases, genes
    "the ontology gives no definition.": "本体没有给出定义。",
    "{name} ({id}): {meaning}": "{name}（{id}）：{meaning}",
    "Also called {names}.": "又称 {names}。",
    "It is a kind of: {names}.": "属于：{names}。",
    "More specific: {names}.": "更具体的有：{names}。",
    "The graph states it, or something more specific, of {n} diseases.": "图谱中有 {n} 种疾病有它或更具体的表现。",
    "The graph states {finding}, or something more specific, of {n} diseases.": (
        "图谱中有 {n} 种疾病有“{finding}”或更具体的表现。"
    ),
    "In the differential: {parts}.": "在鉴别诊断中：{parts}。",
    "{name}: {finding}, {words}.": "{name}：{finding}，{words}。",
    "{finding} is not stated of {names}.": "来源未提到 {names} 有“{finding}”。",
    "{finding} {how}": "“{finding}”{how}",
    "{finding} (“{quote}”)": "{finding}（“{quote}”）",
    "This patient has {finding}.": "此患者有{finding}。",
    "This patient has no {finding}.": "此患者没有{finding}。",
    "The sources have nothing on {names} but the name.": "关于 {names}，来源只有名称。",
    "The sources name no gene of {names}.": "来源没有提到 {names} 的基因。",
    "{name}: gene {genes}.": "{name}：基因 {genes}。",
    "{name}: genes {genes}.": "{name}：基因 {genes}。",
    "By the findings alone; no variant is weighed.": "仅按表现；不评价变异。",
    "{symbol}: no candidate has it; it has {n}.": "{symbol}：候选中没有它的疾病；它有 {n}。",
    "{name}, {standing}": "{name}，{standing}",
    "{symbol}: {disease}": "{symbol}：{disease}",
    "{said}; {n} of this gene": "{said}；此基因{n}",
    "1 disease": "1 种疾病",
    "{n} diseases": "{n} 种疾病",
    "1 more disease": "另有 1 种疾病",
    "{n} more diseases": "另有 {n} 种疾病",
    "{gene} is associated with {n}.": "{gene} 与 {n}有关。",
    "And {n} more.": "另有 {n} 种。",
    "how it is inherited": "遗传方式",
    "when it begins": "起病时间",
    "The sources do not say {what}: {names}.": "来源没有说明{what}：{names}。",
    "{name}: {terms}.": "{name}：{terms}。",
    "{name}: about {share}.": "{name}：约{share}。",
    "Pages about diseases are not installed here: citedx data pull medquad.": (
        "这里没有安装疾病页面：citedx data pull medquad。"
    ),
    "No page in the sources speaks of {topic} in {names}.": "来源中没有页面谈到 {names} 的{topic}。",
    "{page} on {title}: “{quote}”": "{page}，{title}：“{quote}”",
    "this": "这一点",
    "pages": "页面",
    "treatment": "治疗",
    "outlook": "预后",
    "cause": "病因",
    "tests": "检查",
    "urgency": "紧急程度",
    # How a question was read
    "Not in the sources.": "来源中没有。",
    "“{said}” is taken for {name}.": "“{said}”理解为 {name}。",
    "1 other disease": "另 1 种疾病",
    "{n} other diseases": "另 {n} 种疾病",
    "{name} (number {rank})": "{name}（第 {rank}）",
    "{n} in the sources could be meant by “{said}”.": "“{said}”也可能指来源中的{n}。",
    "{n} in the sources could be meant by “{said}”, of which the list has {names}.": (
        "“{said}”也可能指来源中的{n}，其中列表里有 {names}。"
    ),
    "This is about the likeliest of all here, {name}.": "以下按其中最可能的 {name} 回答。",
    "This is about {names}.": "以下按 {names} 回答。",
    "{name} is taken for {kind}, which is in the list.": "{name} 理解为列表中的 {kind}。",
    "Of the diseases of {genes}, this is about {names}.": "{genes} 的疾病中，以下按 {names} 回答。",
    "{id} is not a disease of the sources.": "{id} 不是来源中的疾病。",
    "{id} is not a term of HPO {version}, nor an older id of one.": "{id} 不是 HPO {version} 的术语，也不是旧编号。",
    "There is no number {rank} in the list of {n}.": "列表只有 {n} 个，没有第 {rank}。",
    "{symbol} is no gene of these sources.": "{symbol} 不是这些来源中的基因。",
    (
        "I do not know “{said}”: no disease of these sources is called so. Ask with another name, an id such as "
        "OMIM:154700, or a number of the list."
    ): "不认识“{said}”：来源中没有叫这个名称的疾病。请换一个名称，或用编号（如 OMIM:154700）、列表中的序号提问。",
    "I know “{said}” as a finding, not as a disease of these sources.": "“{said}”在这里是表现，不是来源中的疾病。",
    "No page in the sources speaks of “{said}” in {name}, and no disease of the sources is called so.": (
        "来源中没有页面谈到 {name} 的“{said}”，也没有叫这个名称的疾病。"
    ),
    "It is a common condition: those are known in general practice and emergency, not in this setting.": (
        "这是常见病：在全科门诊和急诊科中才有，此就诊场所没有。"
    ),
    "There is no patient with a finding yet: tell the story first.": "还没有带表现的患者：请先讲述病史。",
    "No disease of the sources was recognised in the question; name one, its id, or its number in the list.": (
        "问题中没有识别出来源中的疾病；请给出名称、编号或列表中的序号。"
    ),
    "Name two diseases to compare, or their numbers in the list.": "请给出要比较的两种疾病，或它们在列表中的序号。",
    "No finding of the sources was recognised in the question; name one, or its HPO id.": (
        "问题中没有识别出来源中的表现；请给出名称或 HPO 编号。"
    ),
    "Understood as: diseases of {genes}.": "理解为：{genes} 的疾病。",
    "Understood as: which of the genes {genes} fits this patient.": "理解为：{genes} 中哪个基因符合此患者。",
    "Understood as: genes of {diseases}.": "理解为：{diseases} 的基因。",
    "Understood as: how common {diseases} is.": "理解为：{diseases} 的患病率。",
    "Understood as: how {diseases} is inherited.": "理解为：{diseases} 的遗传方式。",
    "Understood as: onset and course of {diseases}.": "理解为：{diseases} 的起病与病程。",
    "Understood as: published patients like this one.": "理解为：与此患者相似的已发表患者。",
    "Understood as: published patients like this one: {diseases}.": "理解为：与此患者相似的已发表患者：{diseases}。",
    "Understood as: the differential, and how sure it is.": "理解为：鉴别诊断及其把握。",
    "Understood as: the differential, if the patient also had {findings}.": (
        "理解为：如果患者还有{findings}，鉴别诊断如何。"
    ),
    "Understood as: what must not be missed, and the differential.": "理解为：不可漏诊的疾病，以及鉴别诊断。",
    "Understood as: what speaks for and against {diseases} in this patient.": (
        "理解为：此患者支持和反对 {diseases} 的依据。"
    ),
    "Understood as: what tells {diseases} apart in this patient.": "理解为：此患者中如何区分 {diseases}。",
    "Understood as: what to ask or examine next.": "理解为：下一步问什么、查什么。",
    "Understood as: what to ask or examine next: {diseases}.": "理解为：下一步问什么、查什么：{diseases}。",
    "Understood as: what to test, and what to ask or examine next.": "理解为：做什么检查，下一步问什么、查什么。",
    "Understood as: what to test, and what to ask or examine next: {diseases}.": (
        "理解为：做什么检查，下一步问什么、查什么：{diseases}。"
    ),
    "Understood as: what {diseases} is.": "理解为：{diseases} 是什么。",
    "Understood as: what {findings} means.": "理解为：{findings}是什么意思。",
    "Understood as: {findings} in the differential.": "理解为：鉴别诊断中的{findings}。",
    "Understood as: {findings} in {diseases}.": "理解为：{diseases} 中的{findings}。",
    "Understood as: {topic} of {diseases}.": "理解为：{diseases} 的{topic}。",
}
"""English template -> Chinese."""
