"""Chinese for the lexicon: characters, and words that have synonyms, without word boundaries.

Promise: one normalised character for each of the text, so that offsets stay: half width, lower case, simplified. Words
with synonyms are units with a common meaning; every other Han character is a unit by itself, so no dictionary of the
language is needed. Deliberately not done here: which wordings there are (``retrieval.translated_lexicon``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from retrieval.traditional_chinese import TO_SIMPLIFIED
from retrieval.translated_lexicon import JOINT, Unit, unit_numbers

N_ORDERED = 2
"""In two characters the order matters: 白发 is white hair, 发白 is to turn pale."""
_EVERYDAY_WORDS = """
小指 小趾 小脑 小口 前臂 双眉 绒毛 缓解 平静 点头 哭泣 凝视 外翻 惰性 过敏 慢性 急性 僵硬 侧面 肌球 梁尖
"""
EVERYDAY = frozenset(_EVERYDAY_WORDS.split())
"""Labels that mostly mean something else in running text, or say nothing by themselves."""

# Words that name the same thing inside a longer wording; the first of a group stands for it.
_MEANINGS = """
低 低下 减低 减退 降低 下降 减少 过低 偏低 减弱 不足 | 高 升高 增高 增加 增多 过高 偏高 上升 亢进 增强 活跃 | 障碍
损害 受损 损伤 缺陷 功能障碍 功能受损 异常 畸形 异型 失常 形态异常 功能异常 结构异常 改变 | 迟缓 延迟 落后 滞后 迟滞
延缓 延后 缓慢 推迟 迟 晚 | 缺失 缺如 缺乏 消失 丧失 | 不良 不全 发育不良 发育不全 | 增大 肿大 扩大 膨大 大 巨大
过大 变大 扩张 | 短 短小 过短 变短 缩短 偏短 | 小 过小 细小 偏小 变小 缩小 | 宽 增宽 过宽 宽大 宽阔 变宽 加宽 | 长
过长 偏长 细长 | 窄 狭窄 缩窄 狭小 过窄 变窄 | 细 纤细 变细 | 薄 菲薄 变薄 | 厚 增厚 浓密 粗厚 | 稀疏 疏 稀少 稀 |
突出 前突 凸出 隆起 膨隆 外突 前凸 | 凹陷 塌陷 低平 低凹 塌 扁平 平坦 平 | 反复 复发性 反复发作 反复性 反复发作性
反复发作型 再发性 | 痛 疼痛 | 混浊 浑浊 | 困难 不能 无法 | 面 面容 面貌 面部 脸 颜面 脸部 | 眼 眼睛 眼部 眼球 | 耳
耳朵 外耳 耳廓 | 手 手部 | 足 足部 脚 | 头 头部 头颅 颅 | 听力障碍 听力受损 听力下降 听力减退 听力损失 听力损害
听力丧失 听力低下 听力差 听力缺陷 听觉障碍 耳聋 聋 | 视力障碍 视力下降 视力减退 视力低下 视力差 视力损害 视力受损
视觉障碍 视物模糊 | 智力障碍 智力低下 智能低下 智力残疾 智力落后 智力发育迟缓 智力缺陷 智力发育落后 精神发育迟滞
智障 智能障碍 | 认知障碍 认知功能损害 认知功能障碍 认知损害 认知受损 认知功能下降 | 孤独症 自闭症 | 癫痫 痫性 癫痫性
惊厥 抽搐 惊厥性 | 无力 乏力 力弱 | 肌肉 肌 | 骨骼 骨 | 侧弯 侧凸 | 心脏 心 | 肝脏 肝 | 肾脏 肾 | 脾脏 脾 | 肺部 肺
| 皮肤 皮 | 毛发 头发 发 | 牙齿 牙 齿 | 鼻梁 鼻根 | 上睑 眼睑 | 运动 动作 | 语言 言语 说话 讲话 | 全身 全身性 全面
全面性 泛发性 广泛性 全身型 | 行走 走路 步行 独走 | 浮肿 水肿 | 肿块 包块 | 易激惹 易怒 | 血液 血清 血浆 血 血中
外周血 | 尿液 尿 | 测不出 未引出 | 返流 反流 | 赘皮 皱襞 | 磷酸 | 肌酸激酶 肌酸磷酸激酶 | 转氨酶 氨基转移酶 | 蛋白质
蛋白 | 关节挛缩 挛缩
"""
_MODIFIERS = """
双侧 单侧 左侧 右侧 轻度 中度 重度 明显 显著 严重 轻微 稍 略 较 轻 极 非常 逐渐 渐 进行性 持续性 间断 间断性 间歇性
阵发性 时有 偶有 部分 部位 先天性 天生 两侧 较为 轻中度 中重度 性 水平 浓度 循环 含量
"""
_JOINTS = "、和与或跟兼"
_LEFT_OUT = "的之地得症"

_GROUPS = [group.split() for group in _MEANINGS.split("|")]
_MEANING_OF = {word: group[0] for group in _GROUPS for word in group}
_MODIFIER_SET = frozenset(_MODIFIERS.split())
_WORDS = sorted({*_MEANING_OF, *_MODIFIER_SET}, key=len, reverse=True)
_TOKEN = re.compile(
    rf"(?P<word>{'|'.join(map(re.escape, _WORDS))})"
    rf"|(?P<joint>以及|(?<![触扪闻可未涉波累探])及|[{_JOINTS}/])|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff])"
    r"|(?P<bracket>[（(](?=[\u4e00-\u9fff][）)])|(?<=[（(][\u4e00-\u9fff])[）)])"
    r"|(?P<latin>[^\W\u3400-\u4dbf\u4e00-\u9fff\d_]+|\d+)|(?P<barrier>[^\w\s\-·“”\"'])|(?P<newline>\n)"
)


@lru_cache(maxsize=1 << 14)
def _normal_character(character: str) -> str:
    normal = unicodedata.normalize("NFKC", character).casefold()
    return normal if len(normal) == 1 else character


def normalise(text: str) -> str:
    """The text in half width, lower case and simplified characters; one character for each of the text."""
    if text.isascii():
        return text.lower()
    return "".join(map(_normal_character, text)).translate(TO_SIMPLIFIED)


@lru_cache(maxsize=1 << 14)
def _numbers(word: str) -> tuple[int, int]:
    return unit_numbers(word, _MEANING_OF.get(word, word))


def analyse(text: str) -> Iterator[list[Unit]]:
    """Segments of a Chinese text, ended by every mark but the list mark 、 and by the end of a line."""
    segment: list[Unit] = []
    for match in _TOKEN.finditer(normalise(text)):
        start, end = match.span()
        if match.lastgroup in ("barrier", "newline"):
            yield segment
            segment = []
        elif match.lastgroup == "joint":
            if segment and segment[-1].kind != "joint":
                segment.append(JOINT._replace(start=start, end=end))
        elif match.lastgroup != "bracket" and match[0] not in _LEFT_OUT:
            form, meaning = _numbers(match[0])
            segment.append(Unit(start, end, form, meaning, "modifier" if match[0] in _MODIFIER_SET else ""))
    yield segment


_INSIDE = re.compile(r"[（(]([^）)]*)[）)]")
_SPLIT = re.compile(r"[；;]")
_SHAPED = re.compile(r"([小巨大短长斜尖扁][\u4e00-\u9fff]+)(?:畸形|症)")
_GROUPED = re.compile(r"(.)[（(]([趾指])[）)]")


def variants(label: str) -> tuple[str, ...]:
    """A label as it is and as people shorten it.

    短指（趾） stands for 短指, 短趾 and 短指趾; 脊柱后凸畸形（驼背） is told without the bracket too, 小头畸形 as 小头.
    """
    found = [label]
    for part in _SPLIT.split(label):
        plain = part.strip()
        if _GROUPED.search(plain):
            for choice in (r"\1", r"\2", r"\1\2"):
                found.append(_GROUPED.sub(choice, plain))
        else:
            found.append(_INSIDE.sub("", plain))
    for wording in tuple(found):
        if shaped := _SHAPED.fullmatch(wording):
            found.append(shaped[1])
    return tuple(dict.fromkeys(w for w in found if w))
