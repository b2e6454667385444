"""The words that deny, doubt, date and attribute a finding, as regular expressions over small letters.

Promise: tables only, grouped by what they say; ``retrieval.context`` decides how far each reaches. A space in a pattern
is any white space, since notes wrap their lines. Sources: the triggers of NegEx (Chapman et al. 2001,
doi:10.1006/jbin.2001.1029) and ConText (Harkema et al. 2009, doi:10.1016/j.jbi.2009.05.002), and case reports.
"""

from __future__ import annotations

import re

# Triggers are looked for in small letters: Python's regular expressions are several times slower without case. Only
# letters that keep their place are changed, so that offsets stay.
SMALL = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"))


def _any_of(*patterns: str) -> re.Pattern[str]:
    return _compile(rf"\b(?:{'|'.join(patterns)})")


BE = r"(?:is|are|was|were|has been|have been|had been)"
SEEN = (
    r"(?:seen|noted|observed|found|detected|present|reported|identified|evident|documented|noticed|elicited|apparent|"
    r"appreciated|palpated|palpable|heard|audible|visuali[sz]ed|visible|demonstrated|recorded|mentioned|made out)"
)
VERB = (
    r"(?:is|are|was|were|has|have|had|shows?|showed|reveal(?:s|ed)|demonstrated|developed|presented|became|"
    r"remain(?:s|ed)|suffer(?:s|ed)|began|feels?|felt|gets?|got|wakes?|woke|looks|seems|sees|saw|hears|thinks|eats|"
    r"drinks|drank|loses|lost|cannot|can[’']t)"
)

# A bullet, a line that begins with a header ("Skin: ...") and a header in capitals begin anew; other lines are wrapped.
SENTENCE_END = re.compile(
    r"(?:[.!]|\?(?!\s*(?:[Yy]es|[Nn]o|YES|NO)\b))"  # "Ataxia? No": a question and its answer are one
    r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bvs\.)(?<!\be\.g\.)(?<!\bi\.e\.)[\"”’)\]]*(?=\s|$)|;|"
    r"\.(?<=[a-zA-Z)]{2}\.)(?=[A-Z][a-z]+\s)|"
    r"\n\s*(?=[-*•\n]|[A-Z][\w ()/’'-]{1,40}:)|(?=\b[A-Z]{3,}(?: [A-Z]{2,}){0,5}:)"
)
ENTRY_END = re.compile(r"(?<=[\w%)])[ \t]*\n[ \t]*(?=[A-Z0-9])")

PSEUDO = _any_of(
    r"not only\b",
    r"not (?:necessarily|certain|sure|clear|yet clear|due|because|until|rule[ds]? out|excluded?)\b",
    r"(?:do|does|did) not (?:develop|have|experience|show|present with)\b(?=(?: [\w-]+){1,6} until\b)",
    r"(?:do|does|did) not know\b|not known (?:if|whether|why)\b",
    # What was not done, or did not help, says nothing of whether the finding is there.
    r"(?:not|never) (?:yet )?(?:been |be )?(?:\w+ly )?(?:sought|tested|examined|performed|done|obtain\w*|available|"
    r"assess\w*|"
    r"evaluated|measured|submitted|checked|treated|improved?|respond(?:ed)?|explain\w*|aware|reliev\w+|resolved?|"
    r"recover(?:ed)?|tolerated?|undergone)\b",
    r"no (?:\w+ ){0,2}(?:diagnosis|cause|a?etiology|explanation|reason|treatment|therapy) (?:for|of)\b",
    r"(?:with (?:and|or) )?without (?:\w+ )?contrast\b",
    r"(?:can|could)(?:not| not) (?:be (?:ruled out|excluded)|exclude|rule out)\b",
    # "He can't stop coughing": he coughs.
    r"(?:(?:can|could|does|did|do|would|wo)n?['’]t|cannot|(?:can|could|does|did|do|would|will) not) "
    r"(?:stop|help|control|get rid of|shake off|bear|tolerate)\b",
    r"no (?:\w+ )?(?:changes?|increase|decrease|improvement|response|doubt|difference|further|worsening|longer)\b"
    r"(?!\s?(?:,|or\b|/))",
    r"without (?:\w+ )?(?:difficulty|change|improvement|response|treatment|doubt|complications?)\b",
    r"gram negative\b",
)
NEGATION = _any_of(
    r"no\b(?!\.)",
    r"not consistent with\b",
    r"not\b",
    r"\w+n['’]t\b",
    r"cannot\b",
    r"nor (?:does|did|do|has|had|have|was|were|is|are) (?:(?:she|he|they|it|there|the \w+) )?(?:(?:was|were|have|"
    r"had) )?",
    r"(?:do|does|did) not (?:believe|think|feel|suspect) (?:that )?(?:(?:the|this|his|her) )?\w+ (?:is|was|has|had|"
    r"have|are)"
    r"(?: (?:having|a|an))?\b",
    r"never\b(?: had\b)?",
    r"neither\b",
    r"nor\b",
    r"none of\b",
    r"(?:nobody|no one|none) (?:\w+ ){0,4}?(?:has|had|have|is|was)\b",
    r"without\b",
    r"den(?:y|ies|ied|ying)\b",
    r"absent\b",
    r"absence of\b",
    r"lack(?:s|ed|ing)?\b(?: of\b)?",
    r"negative for\b",
    r"free (?:of|from)\b",
    r"(?:ruled|rules) out\b",
    r"exclu(?:ded|ding)\b",
    r"fail(?:s|ed) to (?:reveal|show|demonstrate|identify|detect)\b",
    r"unremarkable for\b",
    r"unlikely\b(?: to be\b)?",
    r"rather than\b",
    r"w/o\b",
    r"nil\b",
    r"neg\b(?: for\b)?(?!\s*(?:[,;.)]|$))",
    r"nothing (?:to suggest|suggestive of)\b",
    r"negative (?:\w+ ){0,2}history (?:of|for)\b",
    r"(?<=[-−–])ve for\b",
)
_ADVERB = r"(?:(?:yet|been|be|an?|clinically|readily|clearly|ever|definitely|obviously) )*"
POST_NEGATION = _any_of(
    r"(?:is|are|was|were|has|have|had|does|do|did) (?:not|never)(?: been)?"
    rf"(?: (?:ever )?{SEEN}| there| occur| develop)?\b(?=\s*(?:[,;.)]|$|in\b|on\b|at\b|and\b|by\b))",
    rf"{BE} (?:absent|negative|lacking|denied|excluded|ruled out|(?:very |highly )?unlikely|never {SEEN}|not {SEEN})\b"
    r"(?! until\b)",
    r"(?:absent|negative|denied)\b(?=\s*(?:[,;.)]|$))",
    # "Seizures never occurred", "carcinoma has not developed so far", "neuropathy was not clinically evident"
    rf"(?:is|are|was|were|has|have|had|did|does|do) (?:not|never) {_ADVERB}(?:{SEEN}|diagnosed|confirmed|established|"
    r"experienced|occur(?:red)?|develop(?:ed)?|features?|manifest(?:ed)?|part of the (?:phenotype|picture|disease))\b"
    r"(?! until\b)(?=\s*(?:[,;.)]|$|(?:in|on|at|and|by|so far|to date|up to|during|clinically|before|after|yet|with|or|"
    r"either)\b))",
    rf"never (?:occurred|developed|appeared|{SEEN})\b",
    rf"could(?: not|not| never) (?:yet )?be (?:{SEEN}|confirmed|established|felt|visuali[sz]ed)\b",
)
BARE_NEGATION = re.compile(r"absent|negative|denied")  # without a verb
# A finding that begins so ("doesn't sleep") is none that a list of denials before it denies.
DENYING_VERB = re.compile(
    r"(?:\w+n['’]t|cannot|can\s+not|(?:does|do|did|is|are|was|were|has|have|had|could|will|would)\s+not)\b"
)
# "Pneumonia excluded, chest pain", "embolism ruled out by CT": of the last of a list, where no verb says of what.
LAST_DENIED = _any_of(r"(?:excluded|ruled out)\b(?=\s*(?:[,;.)]|$|(?:by|on|with|via|after|and)\b))")
ABSENT = _compile(rf"absent\b(?! {BE}\b)")  # as an adjective; "absent were" opens a list
# What a form or a list of questions answers: "Seizures: no", "Ataxia? Yes", "Scoliosis\tno", and right after a finding
# "ptosis no, ...". Such an answer is of what stands before it, back to the answer before.
_NO = r"(?:no|n|never|nil|absent|negative|neg|denie[ds]|nkda|(?:none|not)\s(?:reported|noted|seen|present)|none)"
_YES = r"(?:yes|y|present|positive|pos|confirmed)"
ANSWER = re.compile(
    rf"(?:[ \t]*[:=][ \t]*|\s*\?\s*|\t[ \t]*|[ \t]+[-–—][ \t]+)(?:(?P<no>{_NO})|{_YES})\b(?=[ \t]*(?:[,;.)|\n]|$))|"
    r"[ \t]*[:=][ \t]*(?:(?P<mark>[-−–](?:ve)?|0)|\+{1,4}(?:ve)?)(?=[ \t]*(?:[,;.)|\n]|$))|"
    rf"[ \t]+[-–—][ \t]+(?P<none>none|absent|negative|denied)\b|"
    rf"\s*\((?:(?P<sign>[-−–]|-ve|{_NO})|\+|\+ve|{_YES})\)"
)
BARE_ANSWER = re.compile(
    r"[ \t]+(?:(?P<no>no)|yes)(?=[ \t]*(?:[,;\n]|$))|"
    r"[ \t]+(?P<neg>neg|nil)(?=[ \t]*(?:[,;.\n]|$))|"
    r"[ \t]*(?:(?P<sign>[-−–](?:ve)?)|\+{1,4}(?:ve)?)(?=[ \t]*(?:[,;.\n]|$))"
)
# "+ cough, - hemoptysis": signs before the members of a list.
SIGN_BEFORE = re.compile(r"(?:(?:^|[,;:(])\s*([-−–+])\s?|\s([-−–+]))$")
# What is asked of a list: "Any fever, cough, rash? No", "fever or rash? No".
ASKS_OF_ALL = _any_of(
    r"(?:and|or|any|ever|history of|does|do|did|is|are|was|were|has|have|had|h/o)\b",
)
ITEM_START = re.compile(r"[,\n;]")

CONTRAST = (
    r"(?:but|however|although|though|except|aside from|apart from|other than|whereas|yet|nevertheless|instead)\b",
    r"(?:due to|because|secondary to|caused by|resulting|consistent with|until|after|since)\b",
    r"(?:which|who)\b",
    rf"(?:she|he|they|it|we|i|there|the (?:patient|girl|boy|child|infant|proband)) (?:also )?{VERB}\b",
)
# Verbs of which nobody is denied when something before them is: "no progress and died of respiratory failure".
ACTED = (
    r"(?:died|required|received|underwent|walks?|walked|sits?|sat|speaks?|spoke|started|experienced|exhibit(?:s|ed)|"
    r"display(?:s|ed)|needed|needs|attend(?:s|ed)|continued|persisted|occurred|improved|presents|develops|attained|"
    r"achieved|acquired|lived)"
)
# A comma or "and" starts a new clause where a verb of its own follows; "were seen" after a list is the list's verb.
NEW_CLAUSE = (
    rf"(?:,(?: and)?|\band) (?=[^,;.]{{0,60}}?\b(?:{VERB}|{ACTED})\b"
    rf"(?! (?:\w+ )?{SEEN})(?! (?:also )?(?:absent|negative|ruled out)))"
)
_NOT_EXCLUDED = r"\b(?:can|could)(?:not| not) (?:exclude|rule out)\b"
# "No HbA, elevated HbA2": what is said to be there ends a denial.
STATED = r", (?:and )?(?:elevated|raised|normal|positive)\b"
# Dictated without a comma: "no wasting chest x-ray shows a mass".
SHOWN = (
    r"(?<!\bno\s)\b(?:exam(?:ination)?|imaging|x-?ray|mri|ct|scan|ultrasound|echo|eeg|ecg|biopsy) "
    r"(?:shows|showed|reveals|revealed|demonstrates|demonstrated)\b"
)
BREAK = _compile(
    rf"\b(?:{'|'.join(CONTRAST)})|, with\b| with\b(?= (?:a|an|mild|severe)\b)|{STATED}|{SHOWN}|{_NOT_EXCLUDED}|"
    rf"{NEW_CLAUSE}"
)
CONTRAST_BREAK = _any_of(*CONTRAST)
# What only a positive statement has, in a list that began with a denial: "no fever, cough for 3 weeks, night sweats".
_N = (
    r"(?:\d+(?:[.,]\d+)?(?:\s?(?:-|–|to|or)\s?\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|several|many|"
    r"some)"
)
_TIME = r"(?:minutes?|mins?|hours?|hrs?|h|days?|nights?|weeks?|wks?|months?|mths?|years?|yrs?)"
STATED_ITEM = _any_of(
    rf"(?:for|over|x|×)\s?(?:(?:about|around|nearly|almost|the|past|last|over|more than|at least) )*{_N}\s?{_TIME}\b",
    rf"{_N}[- ]{_TIME} (?:ago|history|hx|of|duration)\b",
    r"(?<![\d/])\d{1,2}/(?:7|52|12)\b(?!/)",  # days, weeks and months in notes
    r"since (?:yesterday|last|this|early|late|age|childhood|infancy|\d|\w+day\b|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|"
    r"oct|nov|dec)\w*)",
    r"(?:started|began|came on|onset|worsening|increasing)\b",
    rf"(?:{_N} (?:times|episodes|bouts)|twice|x\s?\d+)\b",
    r"\d{2,3}\s?/\s?\d{2,3}\b",
    r"(?:hr|rr|pulse|t|temp|temperature|sats?|spo2|gcs|hb|wbc|wcc|plt|platelets|crp|esr|na|k|lactate)\s?"
    r"(?:of |is |=\s?|:\s?)?\d",
    r"\d+(?:[.,]\d+)?\s?(?:cm|mm|kg|mg|g|ml|l|bpm|mmol|mmhg|µmol|umol)\b|\d\s?(?:%|°)|[1-6]\s?/\s?6\b",
    # That somebody tells of it, or that the finding is an absence.
    r"(?<=,\s)(?:and\s)?(?:reports|reported|endorses|endorsed|admits|complains|complained)\b",
    r"absent(?=\s*(?:[,;.]|$))",
)
# "No rash, mild ataxia": nobody denies a mild finding; a severe one is denied often.
MILD_ITEM = re.compile(r",\s(?:and\s)?(?:(?:very|only)\s)?(?:mild|slight|subtle)(?:ly)?\b")
BARE_NO = re.compile(r"(?:no|nil)\s(?!(?:family|past|prior|previous|recent|history|evidence|signs?)\b)")
# A limit ("no nodes > 1 cm") states nothing, and a bare adjective is no noun that "no" could deny: "no murmur, pale".
NOT_STATED = re.compile(r"[<>≤≥]|\b(?:more|less|greater|larger|longer)\s+than\b")
ADJECTIVE_ITEM = re.compile(
    r"\s*(?:(?:very|mildly|slightly|moderately|severely|visibly|also|and|now|quite|looks?|looked)\s+)*"
    r"(?:jaundiced|icteric|pale|cyanosed|cyanotic|blue|febrile|pyrexial|afebrile|\w+cardic|\w*pno?eic|hypoxic|"
    r"(?:hypo|hyper|normo)tensive|dehydrated|lethargic|drowsy|confused|irritable|unwell|alert|floppy|hypotonic|breathless|"
    r"wheezy|sweaty|clammy|obese|cachectic|thin|tender|bedridden|agitated|anxious|depressed|deaf|blind|ataxic|anaemic|"
    r"anemic|dysmorphic|microcephalic)\s*"
)
LIST_DENIAL = re.compile(r"(?:no|nil|without|w/o|den(?:y|ies|ied|ying)|negative\s+for|absence\s+of|free\s+(?:of|from))")
OF_ALTERNATIVES = re.compile(r"(?<!\d)\s+n?or\b(?!\s+\d)|\bnor\b|\bni\b")
FINITE_VERB = _any_of(rf"{VERB}\b", r"with\b")
LIST_JOINT = _compile(r",|\band\b|\bor\b")

RELATIVE = (
    r"(?:mother|father|mum|mom|dad|parents?|brothers?|sisters?|siblings?|sibs|twin|aunts?|uncles?|cousins?|"
    r"grand(?:mother|father|parents?)|nephews?|nieces?|relatives?|family members?|husband|wife|spouse|(?:boy|"
    r"girl)friend|"
    r"partner|neighbou?rs?|roommates?|classmates?|co-?workers?|colleagues?|[mp]g[mf]|"
    r"(?:her|his|their) (?:\w+ )?(?:sons?|daughters?))"
)
TELLING = (
    r"(?:reports?|reported|not(?:ed|ices?|iced)|says?|said|describes?|described|den(?:y|ies|ied)|brought|states?|"
    r"stated|recalls?|complain(?:s|ed)|observed|detected|found|recogni[sz]ed|discovered|sought|gave|felt|thinks?|thought|"
    r"(?:is|was|were) (?:concerned|worried))"
)
FAMILY = _any_of(
    rf"{RELATIVE}(?:'s|’s)?(?:,[^,;.]{{0,40}},)?"
    rf"(?= (?:(?:also|both|all|too|had|has|have|who|aged \d+|recently|reportedly)\s)*(?!{TELLING}\b)"
    rf"(?:{VERB}|with|died|affected|diagnosed|carr(?:y|ies|ied)|"
    rf"(?:takes|uses|needed|needs|wears|walked|sat|spoke|talked)(?! (?:him|her|them|the)\b))\b|\s?[:(]|\s[-–—]\s|'s|’s)"
    rf"(?!(?: \w+){{0,2}} {TELLING}\b)",
    # "The mother was found to have", "examination of the mother showed", "in the mother, ...", "a previous fetus had"
    rf"{RELATIVE}(?:,[^,;.]{{0,40}},)?(?= (?:(?:also|both|all|too) )?(?:(?:has|had) been|{BE}) "
    r"(?:(?:also|subsequently|later|both) )?(?:noted|found|reported|described|observed|known|said|recogni[sz]ed|"
    r"diagnosed|affected) (?:to|with|as)\b)",
    rf"(?:examination|evaluation|assessment|mri|echocardiography|audiometry) of (?:the|her|his|both) (?:\w+ )?"
    rf"{RELATIVE}\b",
    rf"in (?:the|her|his) (?:\w+ )?{RELATIVE}(?=,)",
    r"(?:a|the|one|two|first|second) (?:previous|prior|earlier) (?:\w+ )?(?:pregnanc(?:y|ies)|f(?:o)?etus(?:es)?|child|"
    r"conception)\b",
    r"(?:nobody|no one|none) (?:else )?in (?:the|her|his|my|their) family\b",
    r"family history\b",
    r"fhx?\b",
)
# "A woman whose husband died has chest pain", "a girl whose brother has epilepsy is deaf".
OWN_VERB = _compile(rf"\W*(?:{VERB}|died|had been|with)\b")
MAIN_VERB = _compile(rf"\b(?:{VERB}|presents?|comes?|came)\b")
# "The son of healthy parents presented with", "the patient and her mother have": the patient is (also) the subject.
PATIENT_BEFORE = _compile(
    r"(?:\b(?:of|to|from)(?: [\w-]+){0,3}|"
    r"\b(?:patient|proband|she|he|girl|boy|child|infant) and (?:her|his)|\bpersonal (?:or|and)) $"
)
# "Brought by his mother with nausea", "the mother says that her daughter has": the patient's own.
BROUGHT_BY = _compile(r"\bby (?:(?:her|his|their|the|both) )?(?:\w+ )?$")
OWN_CHILD = _compile(r"(?:her|his|their) (?:\w+ )?(?:sons?|daughters?)")
TOLD_BY_PARENT = _compile(rf"\b(?:mother|father|parents?|mom|mum|dad) (?:\w+ )?{TELLING}\b[^;]*$")
OF_RELATIVE = _any_of(
    rf"(?:{BE} (?:also )?(?:\w+ )?)?"
    rf"in (?:her|his|the|my|our|their|a|one|two|both|another|several|other)(?: \w+){{0,2}}? {RELATIVE}\b",
    r"(?:runs )?in (?:the|her|his|their) family\b",
    r"on (?:the|her|his) (?:maternal|paternal|mother['’]s|father['’]s) side\b",
)
# What follows is a list of the patient's own.
PATIENT_SHOWN = _compile(
    r"\b(?:patient|proband|girl|boy|man|woman|male|female|child|infant|newborn|neonate|baby|toddler|teenager|"
    r"adolescent|she|he)\b[^;]*\b(?:with|has|had|shows?|showed|presents?|presented|develops?|developed)\b[^;]*$"
)
PATIENT = _any_of(
    r"(?:she|he|i|we|the patient|our patient|the proband|the index|the (?:girl|boy|child|infant)|(?:her|his) own)\b"
)

POSSIBLE = _any_of(
    r"(?:possible|possibly|probable|probably|questionable|equivocal|presumed|presumptive|presumably|suspected|"
    r"suspects?|"
    r"suspicio(?:n|us) (?:of|for)|likely(?! (?:diagnos|cause|explan|etiolog))|perhaps|apparent)\b",
    r"(?:may|might|could|can) (?:also )?(?:have|be|represent|reflect)\b",
    r"suggest(?:s|ed|ing|ive)?(?: of)?\b",
    r"(?:concerning|worrisome) for\b|(?:can|could)(?:not| not) exclude\b",
    r"(?:thought|felt|believed) to (?:be|have)\b",
    r"(?:physician|doctor|clinician|attending|pediatrician|team|i|we) (?:believes?|thinks?) (?:that )?",
    r"(?:not |un)(?:certain|sure|clear) (?:if|whether)\b|not known (?:if|whether)\b",
)
# "Which ...?" asks about what is there, "does he have seizures?" whether.
WHICH = _compile(r"\s*(?:which|what|why|how|when|where|who)\b")
QUERY = _compile(r"(?<![\w?])\?\s?(?=[A-Za-z])")
POST_POSSIBLE = _compile(
    rf" {BE} (?:also )?(?:possible|probable|likely|suspected|questionable|presumed|equivocal|uncertain|"
    rf"unclear)\b(?=\s*(?:[,;.)]|$))|"
    r" (?:can|could)(?:not| not) (?:entirely |completely )?be (?:ruled out|excluded)\b|\s*\(?\s?\?|"
    r"\s*\((?:possible|probable|suspected|questionable)\)| (?:suspected|queried)\b(?=\s*(?:[,;.)]|$))"
)
# Doubt is of the words it stands by: a comma ends it.
DOUBT_BREAK = _compile(rf"[,)]|\b(?:patient['’]s|given|based on|in view of)\b|{BREAK.pattern}")

NO_PAST = _any_of(
    # How long the present illness has lasted.
    r"(?:hours?|days?|weeks?|months?|years?|decades?)['’]?[- ](?:long[- ])?history\b",
    r"(?:short|long|brief)[- ]?(?:standing )?history of\b",
    r"history of present(?:ing)? illness\b",
    r"\d+(?:/(?:12|52|7)|[\s-]?(?:hours?|hrs?|days?|d|weeks?|wks?|months?|mths?|mo|years?|yrs?|y)) "
    r"(?:h/o|hx)\b",
    r"(?:family|natural) history\b",
    r"no (?:prior|previous)\b",
)
PAST = _any_of(
    r"(?:history|hx) (?:of|includes?|(?:(?:is|was) )?(?:significant|notable|remarkable|positive) for)\b|h/o\b",
    r"previous(?:ly)?\b|prior(?! to)\b|formerly\b|in the past\b|(?:status[- ]?post|s/p)\b",
    r"as an? (?:infant|newborn|neonate|baby|toddler|child|teenager|adolescent)\b",
    r"no (?:longer|further|more)\b",
)
POST_PAST = _any_of(
    r"(?:resolved|subsided|remitted|disappeared|in remission|in the past|(?:in|during) (?:childhood|infancy)|"
    r"(?:years|decades) (?:ago|earlier|before))\b",
    r"(?:went|gone) away\b|(?:wore|worn|eased|died|passed) off\b|"
    r"(?:abated|ceased|vanished|cleared up|settled(?: down)?)\b",
    r"(?:(?<=has\s)|(?<=have\s))(?:gone|passed|stopped|cleared|eased|lifted|faded)\b"
    r"(?=\s*(?:[,;.!)]|$|(?:now|after|with|since|by|and)\b))",
    r"(?:(?<=is\s)|(?<=are\s)|(?<=all\s)|(?<=now\s))gone\b",
)
NOT_PAST = _compile(r"(?:\b(?:not|never|hardly|barely|yet to|if|unless|nor)\b|n['’]t\b)(?: \w+){0,2} $")
BEFORE_PAST = _compile(
    r"(?:(?: |,)(?:has|have|had|was|were|which|that|since|then|later|spontaneously|completely|fully|now|and|about|\d+|"
    r"several|"
    r"some|many|two|three|four|five))*,? $"
)
PRESENT_AGAIN = _any_of(
    r"(?:presents?|presented|presenting|now|currently|today|comes|came|(?:is|was) brought|admitted)\b", *CONTRAST
)

NO_THOUGHT = _any_of(
    r"as if\b(?! \w+(?: \w+){0,2} (?:going|about) to)|even if\b|if (?:any|present|not|so)\b|ask(?:s|ed)? if\b"
)
THOUGHT = _any_of(
    r"(?:if|unless)\b(?: (?:she|he|they|you|it|there|the \w+)(?: \w+)?)?",
    r"in case of\b|in the event of\b",
    r"(?:return|call|come back|contact \w+)\b(?: [\w,]+){0,12}? (?:if|for|when|should)\b",
    r"should (?:(?:he|she|they|it|you|the \w+|[a-z]+s) )(?:have|develop|occur|experience|recur|appear|worsen)\b",
    r"(?:rule|ruling) out\b|r/o\b|to exclude\b",
    r"(?:assess|look|screen|test|monitor|watch|surveillance)(?:ed|ing)? for\b",
    r"(?:risks?|chances?|likelihood|odds|fear) (?:of|for)\b|predispos(?:ed?|es|ing|ition)(?: \w+)? to\b",
    r"prevent(?:s|ed|ing|ion)?(?: of)?\b|prophyla(?:xis|ctic)(?: (?:of|for|against))?\b|vaccin\w+ (?:for|against)\b",
    r"(?:may|might|could|can|will|would) (?:also )?(?:develop|cause|lead to|result in|experience|include|occur|"
    r"present with)\b",
    r"(?:potential|possible|known|common) (?:side effects?|complications?|adverse effects?)\b|side effects? (?:of|"
    r"such as|like)\b",
    r"differential(?: diagnos[ei]s)? (?:includes?|included|of)\b",
    r"(?:differentiat|distinguish)\w* (?:between|among)\b",
    # What a book says, or a test that was not done.
    r"(?:would|typically|classically|characteristically|usually|commonly) (?:also )?(?:show|reveal|demonstrate)s?\b",
    # A wish: "trying to lose weight", "advised that weight loss could help".
    r"(?:trying|tr(?:y|ies|ied)|attempt(?:s|ed|ing)?|want(?:s|ed)?|wish(?:es|ed)?|hop(?:es|ed|ing)|diet\w*|exercis\w*|"
    r"daily|order) to\b(?= lose)",
    r"(?:^|[.,;] )to\b(?= lose weight)",
    r"(?:advised|counsel?led|encouraged|recommended)(?: \w+){0,3}\b(?= (?:weight|to lose))",
    r"as if (?:\w+ ){1,3}(?:going|about) to\b",
    # What is told of other patients.
    r"in the literature\b",
    r"(?:which of the following|what is the (?:most likely|best|next))\b",
)
# "No other skin lesions": neither that there are any, nor that there are none.
OTHER = _compile(r"\b(?:no|any|not|without|denies|denied|all) (?:\w+ )?other\b(?! than)")
OTHER_BREAK = _compile(r"[,;()]|\b(?:and|or|but|except|other than|aside from|apart from|besides)\b")
THOUGHT_BREAK = _compile(
    r", (?:she|he|they|you|i|we|it|then|the|otherwise|please)\b|\b(?:patient|child|infant|newborn|boy|girl)['’]s\b|"
    r"\b(?:but|however|otherwise|because|and (?:was|were|had|has|is))\b"
)

HEADER = re.compile(r"[.;\n][ \t]*((?:[\w'’/&-]{1,30}[ \t]+){0,4}[\w'’/&-]{1,30})[ \t]*:")
FAMILY_HEADER = re.compile(rf"(?i:\bfamily (?:\w+ )?history\b|\b{RELATIVE})$|^FHx?$")
PAST_HEADER = re.compile(r"(?i:\b(?:past|previous) (?:\w+ )?history\b|^(?:medical|surgical) history)$|^PMHx?$|^PSHx?$")
SECTION_END = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n|\b(?:[Tt]he|[Oo]ur) (?:patient|proband)\b")
