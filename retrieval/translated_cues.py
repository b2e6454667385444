"""The words that deny, doubt and attribute a finding in Chinese and Spanish, as regular expressions.

Promise: tables only, one a language, grouped by what they say; ``retrieval.translated_context`` decides how far each
reaches. A space in a pattern is any white space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg.translations import Language


def _any_of(*patterns: str) -> re.Pattern[str]:
    """A space in a pattern stands for any white space, since notes wrap their lines."""
    return re.compile("|".join(f"(?:{p})" for p in patterns).replace(" ", r"\s+"), re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRules:
    """The words of one language."""

    sentence_end: re.Pattern[str]
    clause_end: re.Pattern[str]
    """Ends the reach of a negation, beside the sentence's end and ``contrast``."""
    pseudo: re.Pattern[str]
    """Looks like a negation and is none."""
    negation: re.Pattern[str]
    """Denies what follows."""
    contrast: re.Pattern[str]
    """Opens a new, positive statement."""
    denied_at_once: re.Pattern[str]
    """Denies what follows directly, and that alone."""
    post_negation: re.Pattern[str]
    """Denies what stands before it in the clause."""
    post_start: re.Pattern[str]
    """Where the list that a ``post_negation`` denies begins: after the last of these."""
    possible: re.Pattern[str]
    """Puts what follows in doubt, up to the next comma."""
    post_possible: re.Pattern[str]
    """Puts what stands before it in the clause in doubt."""
    thought: re.Pattern[str]
    """Opens what is only thought of, up to a contrast or the sentence's end."""
    other_sense: re.Pattern[str]
    """Phrases inside which a wording means something else."""
    family: re.Pattern[str]
    """Opens a statement about a relative."""
    child: re.Pattern[str]
    """A parent tells the story."""
    parent: re.Pattern[str]
    """Opens a statement about the parent who tells it."""
    patient: re.Pattern[str]
    """Comes back to the patient."""
    normal: tuple[tuple[re.Pattern[str], str], ...]
    """A normal result, and the term that it excludes."""


_CHINESE_RELATIVE = (
    "(?:母亲|父亲|父母|妈妈|爸爸|哥哥|姐姐|弟弟|妹妹|兄弟|姐妹|同胞|舅舅|姨妈?|叔叔|伯父|姑姑|外婆|外公|"
    "外祖[父母]|祖[父母]|爷爷|奶奶|姥姥|姥爷|爸妈|爱人|老伴|大伯|大姨|小姨|大姑|侄[子女]|外甥女?|婆婆|公公|同(?:桌|班|学|事)|[表堂][兄弟姐妹哥]|其[母父兄姐弟妹]|亲属|家属|妻子|丈夫|"
    "(?<!我)(?<!我的)(?<!我家)(?:儿子|女儿))"  # a parent tells the story
)
# The relative tells, or is told of for the patient's sake (pregnancy).
_CHINESE_TELLING = "(?:诉|代诉|述|发现|否认|孕|怀孕|妊娠|带|陪|抱|观察|描述|要求|注意到|感|说|介绍|补充)"
_CHINESE = ContextRules(
    sentence_end=_any_of(r"[。！？!?；;\n]"),
    clause_end=_any_of("[，,：:]"),
    pseudo=_any_of(
        "无(?:明显)?诱因",
        "不仅|不但|不只",
        "不除外|不能除外|不能排除|不排除|未排除|未除外",
        "(?:无|未|未见|没有)(?:好转|缓解|改善|加重|变化)",
        "未治疗|未予|未服|未诊治|未重视|无特殊处理",
        "无法|无效|无关|不详|不明",
        "无热(?=惊厥|抽搐)",
        "有无|有没有|(?:建议|需|待|为|进一步|应|拟|以)(?:进一步)?(?:排除|除外)",
    ),
    negation=_any_of(
        "否认(?:有|曾)?",
        "均?未(?:见|发现|发生|出现|提示|闻及|触及|及|引出|探及|诉|曾有?|查见|显示|伴|有)?(?:明显|显著|异常)?",
        "没有|没",
        "均?无(?:明显|显著|异常|任何)?",
        "不伴(?:有)?|不存在|非|排除|除外|阴性：",
        "不(?:发热|咳|抽搐|痛)",
    ),
    denied_at_once=re.compile("不$"),
    contrast=_any_of(
        "但|却|然而|不过|仅|只有|之后|后来",
        "伴有?|(?<![没未无])有(?!无)|现(?=有|出现)",
        "出现|可见|提示|表现为|存在",
    ),
    post_negation=_any_of(
        "(?:均|皆|都)?(?:为|呈)?(?:阴性|不存在)",
        "(?:未见|没有|未闻及|未触及)(?=[，,。；;]|$)",
        "[（(][-－—–][)）]",
        r"[:：]\s*(?:无|否|阴性|没有|未见|[-－])",
        "(?:已|可)(?:被)?(?:排除|除外)(?=[，,。；;]|$)",
        "(?:病史|史)(?:均)?否认",
        "(?:均|都|皆|也|亦)无(?=[，,。；;、]|$)",
        "[（(](?:无|否|阴性)[）)]",
    ),
    post_start=_any_of("[，,]", "但|有|阳性", "[（(][+＋][)）]"),
    possible=_any_of(
        "疑似|可疑|怀疑(?:为|有)?|疑(?![难问虑])",
        "(?:不|未|不能|无法)(?:除外|排除)",
        "可能(?:有|为|是|存在)?|也许|或许|大概",
        "拟诊|初步考虑|似(?:有|为)",
    ),
    post_possible=_any_of(
        "(?:不|未|不能)?(?:除外|排除)?待排(?:查|除)?",
        "可能性?(?:大|较大)?(?=[，,。；;]|$)",
        "[?？]",
        "(?:不能?|尚?未|无法)(?:完全)?(?:除外|排除)(?=[，,。；;]|$)",
    ),
    thought=_any_of(
        "(?:^|[，,；。])(?:如果?(?!下|今|何|厕)|若|一旦)(?:再?有|再?出现|发生|发现)?",
        "注意(?!力|缺陷)|警惕|预防|谨防|避免|密切观察|有无|有没有|是否",
        "(?:建议|需|待|为|进一步|应|拟|以)(?:进一步)?(?:排除|除外)",
    ),
    other_sense=_any_of(
        "方面|平面|精神状[态况]|[止镇祛]痛|痛[觉苦快哭恨]|无精打采|小脑(?=半球|体征|形态|未见)|大面积|脾气急",
        "抗(?:癫痫|惊厥|抑郁|焦虑|过敏|精神病|痉挛)|妊娠期?(?:糖尿病|高血压)|妊高症|发白发(?=[紫绀青凉冷])",
    ),
    family=_any_of(rf"{_CHINESE_RELATIVE}(?![^，。；]{{0,4}}{_CHINESE_TELLING})", "家族史|家族中|家系"),
    child=_any_of("我(?:的|家)?(?:女儿|儿子|孩子|宝宝|闺女|小孩)"),
    parent=_any_of("我(?:自己|本人)?(?:小时候|从小|以前|也|曾|患有|得过)"),
    patient=_any_of(
        "患者|患儿|病人|先证者|本人|患孩",
        "(?:孩子|宝宝|小孩|小儿|娃)(?!的?[母父妈爸哥姐弟妹爷奶姥])",
        "(?:我|他|她)(?!的?[母父妈爸哥姐弟妹们])",
        "查体|体格检查|体检|入院|现病史|既往史|个人史",
    ),
    normal=tuple(
        (re.compile(pattern), term_id)
        for pattern, term_id in (
            ("听力(?:检查|筛查|测试)?(?:均|双侧)?(?:正常|通过|无异常|未见异常)", "HP:0000365"),
            ("视力(?:检查)?(?:均|双侧)?(?:正常|无异常|未见异常)", "HP:0000505"),
            ("智力(?:发育|测试|水平)?(?:均)?(?:正常|无异常)", "HP:0001249"),
            ("肌力(?:均|四肢)?(?:正常|[5Ⅴ]级)", "HP:0001324"),
            ("步态(?:正常|平稳|无异常)", "HP:0001288"),
            ("肝脾(?:肋下)?(?:均)?(?:不大|未及|未触及|未扪及|无肿大)", "HP:0001433"),
            *(
                ("肝、?脾(?:肋下)?(?:均)?(?:不大|未及|未触及|未扪及)(?:肿大)?", term_id)
                for term_id in ("HP:0002240", "HP:0001744")
            ),
            ("淋巴结(?:均)?(?:未触及|未扪及|未及)(?:明显)?(?:肿大|异常)?", "HP:0002716"),
            ("颈(?:软|无抵抗|部?柔软)", "HP:0025258"),
            ("神志?清(?:楚|醒)?", "HP:0004372"),
            ("瞳孔等大(?:等圆)?", "HP:0009916"),
            ("体重(?:近期)?无(?:明显)?(?:变化|减轻|下降)", "HP:0001824"),
            ("(?:睡眠|夜眠)(?:正常|好|可)", "HP:0002360"),
            ("(?:食欲|胃纳|纳食)(?:正常|好|可)", "HP:0004396"),
            ("听力(?:可|没问题|尚可)", "HP:0000365"),
            ("视力(?:可|尚可|没问题)", "HP:0000505"),
            ("肝脏?(?:肋下)?(?:不大|未及|未触及|未扪及)", "HP:0002240"),
            ("(?<!肝)脾脏?(?:肋下)?(?:不大|未及|未触及|未扪及)", "HP:0001744"),
            ("体温正常", "HP:0001945"),
            ("血压正常", "HP:0000822"),
        )
    ),
)

_SPANISH_RELATIVE = (
    r"(?:madre|padre|padres|progenitor(?:a|es)?|herman[oa]s?|abuel[oa]s?|t[íi][oa]s?|prim[oa]s?(?! infecci)|"
    r"sobrin[oa]s?|familiar(?:es)?|parientes?|(?<!\bmi\s)(?<!\bnuestr[oa]\s)hij[oa]s?|espos[oa]|marido|mellizo|"
    r"gemel[oa]|mamá|papá|suegr[oa]s?|cuñad[oa]s?|niet[oa]s?|bisabuel[oa]s?)\b"
    # The patient is the son of these; a mother who brings or notices tells of the patient.
    r"(?! (?:sanos|(?:no )?consanguíneos|jóvenes|primos)\b)"
    r"(?! (?:\w+ )?(?:lo|la|le|les|los|las) (?:tra|ve|nota|encontr|vio|halla)\w*)"
    r"(?! (?:\w+ ){0,2}preocupad)(?!\s*: (?:refier|dice|cuent))(?! ha (?:notado|visto|observado)\b)"
)
_UNDENIED = r"(?<!\bno\s)(?<!\bni\s)(?<!\bnunca\s)(?<!\btampoco\s)"
"""Before a normal result: "no oye bien" is the opposite of one."""
_NOT_TELLING = r"(?<!\bpor\ssu\s)(?<!\bpor\ssus\s)(?<!\bcon\ssu\s)(?<!\bcon\ssus\s)" + "".join(
    rf"(?<!\bsegún\s{of}\s)(?<!\bdecir\sde\s{of}\s)" for of in ("la", "el", "su")
)
_SPANISH_TELLING = (
    r"(?:refier|refir|relat|nieg|neg[óa]|cuent|cont[óa]|coment|not[óa]|dice|dij|describ|observ|acud|consult|inform|"
    r"report|señal|explic|san[oa]s?\b|está\b preocupad)"
)
_SEEN = (
    r"(?:observ|apreci|detect|objetiv|encontr|evidenci|constat|hall|refier|refir|present|palp|auscult|identific|muestr|"
    r"demostr|describ|ve|vio|dan?|tiene|tuvo|hay|había|existe)\w*"
)
_END = r"(?=\s*(?:[,;.)]|$))"
_SPANISH = ContextRules(
    sentence_end=_any_of(r"(?<!\bDr)(?<!\bDra)(?<!\bSr)(?<!\bSra)[.!?](?=\s|$)", ";", r"\n\s*(?=[-*•\n])"),
    clause_end=_any_of(r":(?!\s*no\b)"),
    pseudo=_any_of(
        r"\bno (?:solo|sólo|solamente|únicamente|obstante|siempre)\b",
        r"\bno (?:se )?(?:puede\w* )?(?:descarta|exclu[iy])\w*",
        r"\bno (?:mejor|respond|cambi|ced(?:e|ía|ió)\b)\w*",
        r"\bsin (?:mejoría|respuesta|cambios?|tratamiento|embargo|duda|éxito|causa|desencadenante\w*)\b",
        r"\bsi no\b",
        r"\bno (?:se )?(?:le |la |lo )?(?:ha |han |había )?(?:mejor|respond|remit|ced|desaparec|quit|control|toler|tom|"
        r"recib|precis|necesit|dej|calm)\w*",
    ),
    negation=_any_of(
        rf"\bno\b(?: se)?(?: le| les| ha| han| había| habían)?(?: {_SEEN})?",
        r"\bsin\b|\bausencia de\b|\bausentes?\b|\blibre de\b|\bcarece de\b",
        r"\bnieg(?:a|an|o)\b|\bneg(?:aba|ó|ado|aron|ando)\b",
        r"\bdescart(?:a|an|ó|ado|ada|ados|adas|amos|aron|ándose)\b|\bexclu(?:ye|yó|ido|ida|idos|idas)\b",
        rf"\bni\b(?:(?: se)?(?: le| ha| han)? {_SEEN})?",
        r"\bnunca\b|\btampoco\b|\bningun[oa]?s?\b|\bningún\b",
        r"\bnegativ[oa]s? (?:para|a)\b",
        r"\bnadie\b(?: (?:más )?(?:en|de) (?:la|su|mi) familia)?(?: (?:tiene|tuvo|ha tenido|padece|presenta))?",
    ),
    denied_at_once=re.compile(r"(?!)"),  # nothing
    contrast=_any_of(
        r"\b(?:pero|aunque|sin embargo|salvo|excepto|sino|mientras|solo|sólo|únicamente|debid[oa] a|por|que|sí)\b",
        r",\s*con\b",
        r"\b(?:y )?(?:le|me|se le) (?:ha|han) (?:salido|aparecido|dado|empezado)\b",
        # "Sin fiebre, tos desde hace 3 semanas, ...": only what is there has an onset, a duration or a number of times.
        r",(?=(?:(?!\b(?:n[io]|o|u)\b)[^,;.])*\b(?:desde (?:hace|ayer|anoche|esta|el (?:lunes|martes|miércoles|jueves|"
        r"viernes|sábado|domingo|año)|la (?:semana|infancia|niñez))|hace (?:\d|una?|dos|tres|cuatro|cinco|vari[oa]s)|"
        r"de \d+ (?:horas|días|semanas|meses|años) de evolución|\d+ veces)\b)",
        r",?\s*\b(?:y )?(?:presenta|refiere|refería|tiene|tenía|muestra|mostraba|padece|destaca|desarrolló|debutó|"
        r"asocia|existe|hay)\w*",
    ),
    post_negation=_any_of(
        r"(?:(?:es|son|eran?|fue|fueron|están?|estaban?|resulta|resultó|resultaron) )?"
        r"\b(?:ausentes?|negativ[oa]s?|descartad[oa]s?|excluid[oa]s?|inexistentes?)\b(?=\s*(?:[,;.)]|$|y\b|e\b))",
        rf"\bno (?:se )?(?:han? )?(?:sido )?{_SEEN}{_END}",
        rf"\s*:\s*(?:no|nunca|ningun[oa]|ausentes?|negativ[oa]s?|niega)\b{_END}",
        r"\s*\(-\)",
        r"\s*:\s*no (?:conocid|refier|present)\w*|(?<=\w) [-−](?=\s*(?:[,;.]|$))|,? que se descart\w+",
    ),
    post_start=_any_of(r"[,:]", r"\bpero\b|\baunque\b|\bcon\b|\bpresenta\w*|\brefiere\b|\btiene\b"),
    possible=_any_of(
        r"\b(?:posibles?|probables?|presuntos?|presuntas?|dudos[oa]s?|aparentes?|quizás?|tal vez|a descartar)\b",
        r"\bsospech\w+(?: (?:de|que))?",
        r"\bno (?:se )?(?:puede\w* )?(?:descarta|exclu[iy])\w*",
        r"\b(?:podría|pudiera|puede)n? (?:tener|ser|haber|tratarse de|presentar|corresponder a)\b",
        r"\bposibilidad de\b|\bcompatibles? con\b|\bimpresiona\w* de\b|\bdudas? de\b|\borient\w+ a\b",
        r"\bsugesti\w+ de\b|\bsugier\w+\b",
    ),
    post_possible=_any_of(rf"\b(?:posibles?|probables?|dudos[oa]s?|sospechad[oa]s?|a descartar){_END}", r"\?"),
    thought=_any_of(
        r"\bsi(?! bien\b| no (?:hay|tiene)\b)\b"
        r"(?: (?:se )?(?:present|tien|aparec|hay|hubiera|not|refier|muestr)\w*)?",
        r"\ben caso de\b|\b(?:signos|síntomas|datos) de alarma\b",
        r"\briesgo (?:\w+ )?de\b",
        r"\b(?:prevención|prevenir|evitar|profilaxis|vigilar)\b|\bvacun\w+ (?:contra|de|frente a)\b",
        r"\b(?:para|a) (?:descartar|excluir)\b|\bcribado de\b",
    ),
    other_sense=_any_of(
        r"\bsistemas? nerviosos?\b|\bintestino grueso\b|\bpicos? (?:de|febril)|\bdiabetes gestacional\b|\bgotas\b",
        r"\bdepresi[óo]n (?:del? (?:segmento )?ST|respiratoria|medular)\b|\b(?:hasta|en|del?) (?:el )?ciego\b",
        r"\baspiraci[óo]n de secreciones\b|\bman[íi](?![aá])\b",
        r"\b(?:escala|cuestionario|test|unidad|consulta|cl[íi]nica) de (?:la )?(?:depresi[óo]n|ansiedad|autismo|dolor|"
        r"epilepsia)",
        r"\bno habla (?:bien )?(?:el )?(?:español|castellano|inglés|francés|idioma)\b",
    ),
    family=_any_of(
        rf"{_NOT_TELLING}\b(?!hij[oa]s? (?:de (?:padres|madre|padre|pareja)|únic[oa]))"
        rf"{_SPANISH_RELATIVE}(?!\s+(?:y\s+\w+\s+)?(?:\w+\s+){{0,2}}?{_SPANISH_TELLING})",
        r"\bantecedentes? familiar(?:es)?\b|\bhistoria familiar\b|\bAF\b\s*:",
        r"\bnadie (?:más )?(?:en|de) (?:la|su|mi) familia\b",
    ),
    child=_any_of(r"\b(?:mi|nuestr[oa]) (?:hij[oa]|bebé|niñ[oa]|pequeñ[oa])\b"),
    parent=_any_of(r"\byo (?:también |mism[oa] )?(?=\w+[éí]\b|(?:tuve|tenía|tengo|padezco|sufro|soy|era|fui)\b)"),
    patient=_any_of(
        r"\b(?:el|la|nuestr[oa]) (?:paciente|niñ[oa]|lactante|proband[oa]|caso índice|menor|bebé|enferm[oa])\b",
        r"\b(?:ella|él)\b",
        r"\bexploración\b|\bexamen físico\b|\bantecedentes personales\b",
    ),
    normal=tuple(
        (_any_of(rf"{_UNDENIED}\b(?:{phrase})\b"), term_id)
        for phrase, term_id in (
            ("pupilas isocóricas|isocoria|PICNR", "HP:0009916"),
            ("afebril|apirétic[oa]", "HP:0001945"),
            ("anictéric[oa]", "HP:0000952"),
            ("eupneic[oa]", "HP:0002094"),
            ("normotens[oa]", "HP:0032263"),
            ("consciente y orientad[oa]", "HP:0001289"),
            ("(?:oye|escucha) (?:y ve )?bien", "HP:0000365"),
            ("duerme bien|sueño (?:normal|conservado)", "HP:0002360"),
            ("come bien|apetito (?:normal|conservado)", "HP:0004396"),
            (r"desarrollo psicomotor (?:(?!no\s)\w+ ){0,2}adecuado|desarrollo psicomotor: normal", "HP:0001263"),
            ("no se palpan? hígado", "HP:0002240"),
            ("no se palpan? (?:el )?bazo", "HP:0001744"),
        )
    )
    + tuple(
        (_any_of(rf"\b{pattern}(?: (?:es|era|fue|está|estaba|ha sido))? (?:normal(?:es)?|conservad[oa]s?)\b"), term_id)
        for pattern, term_id in (
            ("(?:audición|audiometría|cribado auditivo)", "HP:0000365"),
            ("(?:visión|agudeza visual)", "HP:0000505"),
            ("(?:inteligencia|desarrollo intelectual|cociente intelectual)", "HP:0001249"),
            ("(?:fuerza|fuerza muscular|balance muscular)", "HP:0001324"),
            ("(?:marcha)", "HP:0001288"),
            ("(?:desarrollo psicomotor)", "HP:0001263"),
            ("(?:tensión arterial|presión arterial|TA)", "HP:0000822"),
        )
    ),
)

RULES = {Language.CHINESE: _CHINESE, Language.SPANISH: _SPANISH}
