"""Words by which a page says that something treats, examines, makes likelier or is a sign of a disease, or does not.

Each was kept for what it did to edges that were read by eye (docs/decisions/0030). A sentence with a word against is
left out whole: a missed edge costs less than a wrong one.
"""

from __future__ import annotations

import re


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{p})" for p in patterns), re.IGNORECASE)


DENIED = _compile(
    r"\b(?:no|not|never|nor|neither|none|without|cannot|unable|lack|lacks|lacking|fails?|failed|unlikely)\b",
    r"n['’]t\b|\b(?:dont|doesnt|cant|isnt|arent|wont|havent|hasnt)\b",  # pages have lost apostrophes
    r"\b(?:rather than|instead of|unlike|in contrast|ineffective|unproven|unclear|inconclusive|poorly|unknown|"
    r"uncertain|controversial)\b",
    r"\b(?:rarely|seldom) (?:recommended|used|needed|necessary|required|done|indicated)\b|\bminimal\b",
    r"\b(?:limited|little|insufficient|conflicting) (?:\w+ )?(?:evidence|information|data)\b",
)
UNSETTLED = _compile(
    r"\b(?:clinical trials?|trials?|being (?:tested|studied|evaluated|investigated|developed)|research\w*|"
    r"experiment\w*|investigation\w*|investigator\w*|under study|stud(?:y|ies)(?! (?:show|have (?:shown|identified|"
    r"found))\b)|scientists?|hop(?:e|es|ed|ing)|talk (?:with|to)|ask your|theor\w+|case reports?|in the future|mice|"
    r"animals?|proposed|suggest\w*|believ\w+|incorrectly)\b",
)
HARM = _compile(
    r"\b(?:side[- ]effects?|adverse|complications?|allerg\w+|contraindicat\w*|avoid\w*|cautio\w*|warnings?|overdose|"
    r"poison\w*|toxic\w*|harm\w*|stop(?:ped|ping)?|adjust\w*|discontinu\w*|worsen\w*|interact\w*|dangerous|risks?)\b",
    r"\b(?:specialists?|oncologist|team)\b|\b(?:following|after|before) (?:surgery|treatment|the operation)\b",
    r"\b(?:caused|induced|triggered|worsened|brought on) by\b|\b(?:cause|causes|causing|trigger|triggers|lead to)\b",
)
OTHER_ILLNESS = _compile(
    r"\b(?:other|similar|related|associated|different|underlying) (?:\w+ )?(?:conditions?|diseases?|disorders?|"
    r"illness\w*|problems?|causes?)\b",
    r"\b(?:same as|similar to|like those)\b",
    r"\b(?:mistaken|confused|misdiagnosed|distinguish\w*|differentiat\w*|differential|rul(?:e|es|ed|ing) out|"
    r"exclud\w+|mimic\w*|resembl\w*)\b",
)
OF_A_KIND = _compile(
    r"\b(?:type|types|subtype|form|forms|variant|stage|grade|class) (?:[IVX]+|\d+|[A-D])\b|\bsubtypes?\b|\b(?:some|"
    r"one|this|rare|other|another|certain|these|severe|milder|mild|the \w+) (?:sub)?(?:types?|forms?|variants?)\b"
)

TREATED = _compile(
    r"\btreat(?:s|ed|ment|ments|ing)?\b|\bmanag(?:e|es|ed|ement|ing)\b|\bprescrib\w+",
    r"\b(?:used|given|needed|required|recommended|performed|done|indicated|necessary|helpful|useful|beneficial|"
    r"effective|administered|considered|offered|advised)\b",
    r"\b(?:helps?|relieves?|reliev\w+|reduces?|improves?|controls?|controlled|eases?|corrects?|corrected|cures?|cured|"
    r"alleviat\w+|respond\w*|benefit\w*|requires?)\b",
)
EXAMINED = _compile(
    r"\bdiagnos(?:e|es|ed|is|ing|tic)\b|\bconfirm\w*|\bdetect(?:s|ed|ing|ion)?\b(?! (?:and records? )?(?:your|"
    r"the) heart)|\bidentif\w+|\breveal\w*|\bevaluat\w+|\bassess\w*",
    r"\b(?:check|checks|look|looks|screen)(?:ing)? for\b|\bshows?\b|\bsuspect\w*",
    r"\btests? (?:may |might |can )?(?:also )?includ\w+|\btests and procedures (?:may|are)\b|\brecommend\w*",
)
DIAGNOSED = re.compile(
    r"\b(?:diagnos(?:e|es|ed|ing)|diagnosis of|confirm|detect) (?P<what>(?!based|by|with|using|the cause|whether|in |"
    r"on |from|through|after|when|at |is|and |or |if )[^.;:,]{3,60})",
    re.IGNORECASE,
)
NOT_FOR_DIAGNOSIS = _compile(
    r"\b(?:after|following|during|before) (?:the )?(?:surgery|treatment|transplant\w*|therapy|diagnosis)\b",
    r"\b(?:relatives|carriers?|family members|siblings|laborator(?:y|ies) (?:offer|perform)\w*|available|Registry|"
    r"GeneTests|clinical testing|spread|metasta\w+|prognosis|treatment options|monitor\w*|follow-up|"
    r"every \w+ (?:months|years)|pregnan\w+|unborn|fetus|challenging|difficult|complications?)\b",
    r"\b(?:during|before|after) (?:the|this|an?|your) (?:\w+ )?(?:test|procedure|exam|scan|biopsy)\b",
    r"\b(?:computer|needle|dye|sedation|anesthe\w+|waves|hospital|outpatient|technician|radiologist)\b",
)

RISK = _compile(
    r"\brisk factors?\b",
    r"\b(?:increas(?:e|es|ed|ing)|rais(?:e|es|ed|ing)|affect|affects|higher|high|greater|greatest|highest|elevated|"
    r"added) (?:\w+ ){0,4}(?:risks?|chances?|likelihood|odds)\b",
    r"\b(?:risks?|chances?|likelihood) (?:\w+ ){0,8}(?:is|are) (?:\w+ )?(?:higher|greater|increased|highest)\b",
    r"\bmore likely (?:to (?:get|have|develop|be (?:affected|diagnosed))|than)\b",
    r"\bat (?:\w+ )?(?:risk|higher risk|increased risk|greater risk|high risk)\b",
    r"\bmore (?:common|commonly|often|frequent|frequently|prevalent) (?:\w+ )?(?:in|among|affects?)\b",
    r"\b(?:risk|chance) (?:\w+ ){0,5}(?:increases|rises|goes up)\b",
)
RISK_OF = re.compile(
    r"\b(?:risks?|chances?|likelihood|risk factors?|odds|likely) (?:of|for|to (?:get|have|develop)|"
    r"that)\s+(?P<what>[^.;:]{3,70})",
    re.IGNORECASE,
)
AGAINST_RISK = _compile(
    r"\b(?:lower|lowers|lowering|reduc\w+|decreas\w+|protect\w*|prevent\w*|less (?:likely|common\w*|often|so)|"
    r"smaller)\b",
    r"\b(?:survival|prognosis|outlook|recurrence|relapse|died?|death|worsen\w*|metabolic risk factors|sex with men|"
    r"parent who|this risk|hard to know|unless|whether|harms?|premutation|at an older age|complications?|spread|"
    r"come back|recur)\b",
)
SAME_DISEASE = _compile(
    r"\b(?:the|this|these) (?:disease|condition|disorder|infection|syndrome|cancer|illness|tumou?r|problem)s?\b|^it\b|"
    r"^them\b"
)
TARGET_END = re.compile(r"\b(?:after|during|in|among|when|if|because|for|with)\b", re.IGNORECASE)
"""Ends the name of what is likelier, or is diagnosed: "retinal detachment after cataract surgery"."""
COMPARED = re.compile(r"\b(?:than|compared (?:to|with)|as opposed to|versus)\b", re.IGNORECASE)

SIGN_OF = re.compile(
    r"\b(?:signs?|symptoms?|features?|manifestations?|complications?) (?:and symptoms )?(?:of|for|seen in|in) "
    r"(?P<what>[^.;:,]{3,60})",
    re.IGNORECASE,
)
SIGN = _compile(
    r"\b(?:signs?|symptoms?|features?|findings?|manifestations?|characteristics?|abnormalities)\b",
    r"\b(?:characterized|characterised|marked|accompanied) by\b",
    r"\b(?:people|persons?|individuals?|patients?|children|infants?|babies|adults|men|women|girls|boys|newborns?|"
    r"those|many|most|males|females|affected|child|baby|person|you|your) (?:\w+ ){0,3}(?:with|who|have|has|may|might|"
    r"can|experience|develop|feel|are|also|often|typically|usually|had)\b",
    r"\b(?:may|can|might) (?:also )?(?:have|develop|experience|cause|include|occur|be|feel|lead to|result in|become)\b",
    r"\b(?:include|includes|including|causes?|present\w* with|results? in|leads? to)\b",
)
NOT_A_SIGN = _compile(
    r"\b(?:treat\w*|therap\w+|medicines?|medications?|drugs?|surgery|transplant\w*|vaccin\w+|procedures?|diagnos\w+|"
    r"tests?|call (?:your|a)|seek|emergency|contact|prevent\w*|avoid\w*|risk factors?|(?:at|the|increased|"
    r"higher) risk|risk (?:of|for)|caused by|due to|because of|relatives|mother|father|parents?|carriers?|gene|genes|"
    r"feels? like|refers to|causes? these symptoms|mutations?|doctor|if (?:you|the|it|a|left|un\w+))\b"
)
TREATED_FINDING = re.compile(
    r"\b(?:treat(?:s|ed|ing|ment of|ment for)?|for|relieves?|reliev\w+|reduces?|controls?|eases?|lessens?|manage|"
    r"alleviates?) "
    r"(?:the |any |of |with |\w+ )?$",
    re.IGNORECASE,
)
FINDING_TREATED = re.compile(
    r"^,? (?:(?:can|may|might|is|are|often|usually|also) )+(?:be )?(?:\w+ )?(?:treated|managed|controlled|corrected|"
    r"relieved)\b",
    re.IGNORECASE,
)
OTHER_CLAUSE = re.compile(r"[,;:()]|\balso\b|\bTreatment\b")
"""Parts what treats a finding from what treats something else."""
KIN_OF = re.compile(
    r"\s+(?:\w+ )?of (?P<what>.{3,60}?)(?=\s*(?:$|[.;:,()]|\b(?:also|are|can|have|has|in|increases?|is|may|or|puts?|"
    r"raises?|were|who)\b))",
    re.IGNORECASE,
)
HISTORY_OF_KIN = re.compile(r"\b(?:family histor(?:y|ies) of|relatives? (?:with|who))[^.;:]*$", re.IGNORECASE)
PREFIXED = re.compile(r"\b(?:anti|non)-$", re.IGNORECASE)
THOUGHT = _compile(r"\b(?:if|unless|whether|would|should|could have been|in case)\b")
