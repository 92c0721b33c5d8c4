"""What the names of tracks say: which voice a track is, whether it holds the tune, what instrument plays it.

Names are those of English, German, French, Italian, Spanish and Latin scores and of the programs that write files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from companion.music.vocabulary import VOICES

EVERY_VOICE = frozenset(range(len(VOICES)))

_VOICES = (
    "soprano sopranos soprani sopran sop discantus cantus s",
    "alto altos alti alt altus contralto a",
    "tenor tenors tenori tenore ten t",
    "bass basses basso bassi bassus bas b",
)
_STAVES = (  # several voices on a staff
    ("sa women damen frauen frauenstimmen femmes donne mujeres", {0, 1}),
    ("tb men herren manner mannerstimmen hommes uomini hombres", {2, 3}),
    ("inner innen mittelstimmen", {1, 2}),
    ("satb choir chor choeur coro", EVERY_VOICE),
)
_AROUND = "choir chor choeur coro chorus voice voices part staff stave stimme i ii iii iv st nd rd th"
_VOICE_OF = {word: voice for voice, words in enumerate(_VOICES) for word in words.split()}
_VOICES_OF_STAFF = {word: frozenset(voices) for words, voices in _STAVES for word in words.split()}

# From what surely is the tune to what may be.
_TUNES = (
    r"melod(y|ies?|ia|ias|iestimme)|hauptmelodie|tune|tunes|cantus|firmus|air|weise|topline|melodi",
    r"vox|vocals?|vocalist|voc|voice|singer|sing|sung|gesang|gesangs?stimme|singstimme|hauptstimme|stimme"
    r"|chant|voix|canto|voce|voci|voz|leadvo(x|cals?)|sopranos?|soprani|sopran|discantus|oberstimme",
    r"lead|solo|theme|thema|tema|leadstimme",
)
_NOT_TUNES = (
    r"back(ing|ground|up)?|bg|bgvs?|bvs?|bvox|harmony|harmonies|harm|double[sd]?|doubling|dbl|ad|adlibs?|libs?|pads?|fx"
    r"|choir|choirs|chor|coro|choeur|counter|gegen|second|zweite|response|echo|chops?|begleit\w*|accomp\w*|bass"
    r"|arp|chords?|akkorde|accords?|ooh|aah|oohs|aahs|formant|nebenstimme"
)
_HANDS = (
    r"[rl]h|m[dg]|right|left|hands?|upper|lower|treble|bass|clef|staff|stave|high|low|rechts|links|rechte|linke|main"
    r"|droite|gauche|destra|sinistra|mano|derecha|izquierda|oberes|unteres|system"
)
_OF_ONE_LINE = (
    r"violins?|violon|violino|viol[ae]|cello|violoncello|geige|bratsche|alto|flutes?|flote|flauto|oboes?|hautbois|clarinets?"
    r"|klarinette|clarinette|clarinetto|bassoons?|fagott|fagotto|basson|trumpets?|trompete|trompette|tromba|horns?|cor|corno"
    r"|trombones?|posaune|tuba|sax|saxophones?|recorders?|blockflote|cornetto|zink|viols?|gambe|gamba"
)
_NUMBERED = r"track|midi|inst|instrument|spur|piste|traccia|pista|part|channel|kanal|unnamed|untitled"


def words_of(name: str) -> list[str]:
    """The words of a name in lower case, without accents and numbers: "LeadVox_2 (Mélodie)" has three."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+", plain.lower())


def telling(names: Sequence[str]) -> list[str]:
    """The names of tracks that tell anything; of the others "": A and B number tracks, but beside an S or a T."""
    letters = [_letter(name) for name in names]
    return [
        name if letter not in {"a", "b"} or {"s", "t"} & {*letters} else ""
        for name, letter in zip(names, letters, strict=True)
    ]


def _letter(name: str) -> str:
    """The only word of a name beside what goes with voices, if that is one letter."""
    words = [word for word in words_of(name) if word not in _AROUND.split()]
    return words[0] if len(words) == 1 and len(words[0]) == 1 else ""


def named_voice(name: str) -> int | None:
    """The voice that a track's name says, or None: "Soprano", "Alto 1", "T.", "Choir - Bass"."""
    words = words_of(name)
    return next((voice for word in words if (voice := _voice(word, len(words) == 1)) is not None), None)


def _voice(word: str, alone: bool) -> int | None:
    if len(word) == 1 and not alone:
        return None
    return _VOICE_OF.get(word)


def voices_of_choir(name: str) -> frozenset[int]:
    """The voices of a track whose name says nothing else: "Soprano 1", "SA", "Tenor + Bass", "Women"; else none."""
    voices: set[int] = set()
    around = False
    words = words_of(name)
    for word in words:
        voice = _voice(word, alone=True)
        if voice is not None:
            voices.add(voice)
        elif staff := _VOICES_OF_STAFF.get(word):
            around, voices = around or staff == EVERY_VOICE, voices if staff == EVERY_VOICE else voices | staff
        elif word not in _AROUND.split():
            return frozenset()
    return frozenset(voices) if voices or not around else EVERY_VOICE


def tune_rank(name: str) -> int | None:
    """How surely a name is that of the tune, from 0 on; None for other names."""
    if is_accompaniment(name):
        return None
    words = words_of(name)
    return next((rank for rank, own in enumerate(_TUNES) if any(re.fullmatch(own, word) for word in words)), None)


def is_accompaniment(name: str) -> bool:
    """A name of what goes with a tune: chords, a bass, other singers."""
    return any(re.fullmatch(_NOT_TUNES, word) for word in words_of(name))


def instrument(name: str) -> str:
    """What is left of a name without hands, staves, voices and numbers: empty where a program numbered its tracks."""
    words = [word for word in words_of(name) if not re.fullmatch(_NUMBERED, word)]
    return " ".join(
        word for word in words if not re.fullmatch(_HANDS, word) and (len(words) > 1 or not voices_of_choir(word))
    )


def is_of_one_line(name: str) -> bool:
    """An instrument that plays one line but for some double stops: a fiddle or a wind."""
    return any(re.fullmatch(_OF_ONE_LINE, word) for word in words_of(name))


def is_staff(name: str) -> bool:
    """A hand, a staff or voices, of whatever instrument."""
    return any(re.fullmatch(_HANDS, word) for word in words_of(name)) or bool(voices_of_choir(name))
