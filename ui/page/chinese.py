"""The page's words in Chinese, by their English wording, which names them."""

from __future__ import annotations

CHINESE = {
    # Joints
    ", ": "、",
    ": ": "：",
    ". ": "。",
    "; ": "，",
    # Head, box, search, foot
    "Decision support for professionals, not a medical device.": "供专业人员使用的决策支持工具，不是医疗器械。",
    "Language": "语言",
    "New case": "新病例",
    "Patient’s story": "病史",
    "What is seen, and what is absent …": "有哪些表现，没有哪些表现……",
    "Send": "发送",
    "Stop": "停止",
    "Enter sends, Shift+Enter begins a new line.": "Enter 发送，Shift+Enter 换行。",
    "Search for a finding": "搜索表型",
    "Add a finding …": "添加表型……",
    "Replace {finding} by …": "将“{finding}”替换为……",
    "No finding has this name.": "没有这个名称的表型。",
    "The server cannot be reached.": "无法连接服务器。",
    "Cancel": "取消",
    "Findings and disease annotations": "表型与疾病注释",
    "licence": "许可",
    "OMIM and Orphanet names are those of the HPO annotations.": "OMIM 和 Orphanet 的疾病名称取自 HPO 注释。",
    # Welcome and examples
    "Tell the patient’s story": "请讲述病史",
    (
        "Write in plain words what is seen, and what was looked for and is absent, in English, Chinese or Spanish. "
        "citedx reads the findings, ranks the diseases that explain them, and cites the source of every statement."
    ): (
        "用平常的话写下有哪些表现，以及查过而没有的表现，可用中文、英文或西班牙文。citedx 识别表型，"
        "排列可以解释它们的疾病，并为每一句陈述注明出处。"
    ),
    "Names, dates and addresses are not needed: leave them out.": "不需要姓名、日期和地址，请勿填写。",
    "Or begin with an example": "或从示例开始",
    "A girl who lost hand use and speech": "失去手部功能和语言的女孩",
    "A tall man with a dislocated lens": "晶状体脱位的高个男性",
    "A boy with salty sweat and a cough": "咳嗽、汗液偏咸的男孩",
    "一名关节疼痛、皮肤松弛的女性": "关节过度活动、皮肤松弛的女性",
    "一名反复癫痫的男孩": "反复癫痫发作的男孩",
    "rare, English": "罕见病，英文",
    "common, English": "较常见病，英文",
    "rare, Chinese": "罕见病，中文",
    # Conversation
    "Conversation": "对话",
    "You": "您",
    "Reading the story": "正在阅读病史",
    "Ranking the diseases": "正在排列疾病",
    "Weighing the evidence": "正在权衡证据",
    "Looking for the question that would help most": "正在寻找最有帮助的问题",
    "The language model is reading the case": "语言模型正在阅读病例",
    "Present": "存在",
    "Excluded": "已排除",
    "Uncertain": "不确定",
    "Family": "家族",
    "No diagnosis.": "没有诊断。",
    "{name} leads with {share}.": "{name} 居首，概率 {share}。",
    "Then: {others}.": "其次：{others}。",
    "Earlier answer: its evidence is no longer shown.": "此前的回答：其证据不再显示。",
    "What would help most to know": "最有帮助的问题",
    "Does the patient have {finding}?": "患者有{finding}吗？",
    "Yes": "有",
    "No": "没有",
    "Not known": "不清楚",
    "Looking for the answer": "正在查找答案",
    "What the sources say": "来源的说法",
    "Worded by {model}": "由 {model} 措辞",
    "Also read by {model}": "另由 {model} 阅读",
    "Last change undone": "已撤销上一步",
    "{finding}: present": "{finding}：存在",
    "{finding}: absent": "{finding}：不存在",
    "{finding}: uncertain": "{finding}：不确定",
    "{finding}: of a relative": "{finding}：属于亲属",
    "{finding}: removed": "{finding}：已移除",
    "{finding}: not known": "{finding}：不清楚",
    "{old} replaced by {new}": "{old}已替换为{new}",
    "Patient: {who}": "患者：{who}",
    # Notes
    "No findings were recognised in this message, so the case is unchanged. Name signs or symptoms.": (
        "这条消息中没有识别出表型，病例未改变。请写出症状或体征。"
    ),
    "Something went wrong inside citedx. Your case and text are kept: try again, or see the server’s log.": (
        "citedx 内部出错。您的病例和文字已保留：请重试，或查看服务器日志。"
    ),
    "Stopped. The case keeps its findings.": "已停止。病例保留其表型。",
    "This page was opened anew or the server restarted: here is your case again. The story itself is not kept.": (
        "页面重新打开或服务器重启过：病例已恢复，病史原文不予保留。"
    ),
    (
        "No finding was recognised, so there is nothing to reason from. Describe signs and symptoms in words, or give "
        "HPO ids."
    ): "没有识别出表型，无从推断。请用文字描述症状和体征，或给出 HPO 编号。",
    "Only excluded findings were given. Add at least one finding that the patient has.": (
        "只给出了已排除的表型。请至少添加一个患者具有的表型。"
    ),
    # Patient and findings
    "Patient": "患者",
    "Findings": "表型",
    "Sex": "性别",
    "Age": "年龄",
    "age": "年龄",
    "Unit of the age": "年龄单位",
    "female": "女",
    "male": "男",
    "sex not known": "性别不详",
    "age not known": "年龄不详",
    "grown up": "成人",
    "years": "岁",
    "months": "个月",
    "days": "天",
    "Undo": "撤销",
    "Findings appear here, each to be changed or removed.": "表型显示在这里，每一项都可以修改或移除。",
    "counts as present until you say otherwise": "在您另行说明之前按存在计",
    "does not count": "不计入",
    "{finding}: mark as present": "{finding}：标为存在",
    "{finding}: mark as absent": "{finding}：标为不存在",
    "{finding}: replace": "{finding}：替换",
    "{finding}: remove": "{finding}：移除",
    "Replace": "替换",
    # Differential and evidence
    "Differential": "鉴别诊断",
    "Appears with the first findings.": "有了表型即显示。",
    "None of these: {share}": "以上都不是：{share}",
    " and {n} more": "等另外 {n} 个",
    "For": "支持",
    "Against": "反对",
    "and {n} more in the differential": "另有 {n} 条见鉴别诊断",
    "Published patients with this disease resemble this one": "已发表的本病患者与此患者相似",
    "Expected and not mentioned: {finding}": "本病常见而未提及：{finding}",
    "absent in this patient": "此患者没有",
    "present in this patient": "此患者有",
    "annotated as {finding}": "注释为“{finding}”",
    "known in this disease": "见于本病",
    "reported absent in this disease": "据报本病没有",
    "{n} of {m} patients": "本病 {m} 名患者中 {n} 名有",
    "{share} of patients": "见于 {share} 的本病患者",
    "{low} to {high} of patients": "见于 {low}–{high} 的本病患者",
    "Evidence": "证据",
    "Graph": "关系图",
    "Weights": "权重",
    "Similar patients": "相似患者",
    "Each statement’s source is listed here.": "每一句陈述的出处列在这里。",
    "annotation": "注释",
    "case": "病例",
    "passage": "文段",
    "fact": "事实",
    "definition": "定义",
    "Sources": "来源",
    "Removed for want of evidence: {n}": "因缺乏证据而删去：{n}",
}
"""English -> Chinese."""
