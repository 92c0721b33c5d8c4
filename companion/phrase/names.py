"""What the names of tracks say: which voice a track is, whether it holds the tune, what instrument plays it.

Names are those of English, German, French, Italian, Spanish and Latin scores and of the programs that write files.
"""

from __future__ import annotations

import re
import unicodedata

from companion.music.vocabulary import VOICES

EVERY_VOICE = frozenset(range(len(VOICES)))

_VOICES = (
    r"sopranos?|soprani|sopran|sop|discantus|cantus|s",
    r"altos?|alti|alt|altus|contralto|a",
    r"tenors?|tenori|tenore|ten|t",
    r"bass|basses|basso|bassi|bassus|bas|b",
)
_STAVES = (  # several voices on a staff
    (r"sa|women|damen|frauen|frauenstimmen|femmes|donne|mujeres", {0, 1}),
    (r"tb|men|herren|manner|mannerstimmen|hommes|uomini|hombres", {2, 3}),
    (r"satb|choir|chor|choeur|coro", EVERY_VOICE),
)
_AROUND = frozenset("choir chor choeur coro chorus voice voices part staff stave stimme".split())

# From what surely is the tune to what may be.
_TUNES = (
    r"melod(y|ies?|ia|ias|iestimme)|hauptmelodie|tune|tunes|cantus|firmus|air|weise|topline|melodi",
    r"vox|vocals?|vocalist|voc|voice|singer|sing|sung|gesang|gesangs?stimme|singstimme|hauptstimme|stimme"
    r"|chant|voix|canto|voce|voci|voz|leadvo(x|cals?)|sopranos?|soprani|sopran|discantus|oberstimme",
    r"lead|solo|theme|thema|tema|leadstimme",
)
_NOT_TUNES = re.compile(
    r"back(ing|ground|up)?|bg|bgvs?|bvs?|bvox|harmony|harmonies|harm|double[sd]?|doubling|dbl|ad|adlibs?|libs?|pads?|fx"
    r"|choir|choirs|chor|coro|choeur|counter|gegen|second|zweite|response|echo|chops?|begleit\w*|accomp\w*|guitar|gitarre"
    r"|synth|bass|brass|arp|chords?|akkorde|accords?|ooh|aah|oohs|aahs|formant|nebenstimme"
)
_HANDS = frozenset(
    "rh lh right left hand hands upper lower treble bass clef staff stave high low rechts links rechte linke hand main"
    " droite gauche destra sinistra mano derecha izquierda oberes unteres system md mg rechterhand linkerhand".split()
)
_NUMBERED = frozenset("track midi inst instrument spur piste traccia pista part channel kanal unnamed untitled".split())


def words_of(name: str) -> list[str]:
    """The words of a name in lower case, without accents and numbers: "LeadVox_2 (Mélodie)" has three."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+", plain.lower())


def named_voice(name: str) -> int | None:
    """The voice that a track's name says, or None: "Soprano", "Alto 1", "T.", "Choir - Bass"."""
    words = words_of(name)
    return next((voice for word in words if (voice := _voice(word, len(words) == 1)) is not None), None)


def _voice(word: str, alone: bool) -> int | None:
    if len(word) == 1 and not alone:
        return None
    return next((voice for voice, pattern in enumerate(_VOICES) if re.fullmatch(pattern, word)), None)


def voices_of_choir(name: str) -> frozenset[int]:
    """The voices of a track whose name says nothing else: "Soprano 1", "SA", "Tenor + Bass", "Women"; else none."""
    voices: set[int] = set()
    around = False
    words = words_of(name)
    for word in words:
        voice = _voice(word, alone=True)
        if voice is not None:
            voices.add(voice)
        elif staff := next((set(own) for pattern, own in _STAVES if re.fullmatch(pattern, word)), None):
            around, voices = around or staff == EVERY_VOICE, voices if staff == EVERY_VOICE else voices | staff
        elif word not in _AROUND:
            return frozenset()
    return frozenset(voices) if voices or not around else EVERY_VOICE


def tune_rank(name: str) -> int | None:
    """How surely a name is that of the tune, from 0 on; None for other names."""
    words = words_of(name)
    if any(_NOT_TUNES.fullmatch(word) for word in words):
        return None
    return next((rank for rank, own in enumerate(_TUNES) if any(re.fullmatch(own, word) for word in words)), None)


def instrument(name: str) -> str:
    """What is left of a name without hands, staves, voices and numbers: empty where a program numbered its tracks."""
    words = [word for word in words_of(name) if word not in _NUMBERED]
    return " ".join(word for word in words if word not in _HANDS and (len(words) > 1 or not voices_of_choir(word)))


def is_staff(name: str) -> bool:
    """A hand, a staff or voices, of whatever instrument."""
    return bool(_HANDS.intersection(words_of(name)) or voices_of_choir(name))
