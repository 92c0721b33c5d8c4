"""The sounds of General MIDI, by which a file names what plays its voices."""

from __future__ import annotations

from companion.errors import BadSetting, one_line

NO_PROGRAM = "none"
CHOIR = "choir aahs"

# General MIDI 1, in the order of the programs, eight a family.
_FAMILIES = (
    "Acoustic Grand Piano, Bright Acoustic Piano, Electric Grand Piano, Honky-tonk Piano, Electric Piano 1,"
    " Electric Piano 2, Harpsichord, Clavinet",
    "Celesta, Glockenspiel, Music Box, Vibraphone, Marimba, Xylophone, Tubular Bells, Dulcimer",
    "Drawbar Organ, Percussive Organ, Rock Organ, Church Organ, Reed Organ, Accordion, Harmonica, Tango Accordion",
    "Acoustic Guitar (nylon), Acoustic Guitar (steel), Electric Guitar (jazz), Electric Guitar (clean),"
    " Electric Guitar (muted), Overdriven Guitar, Distortion Guitar, Guitar Harmonics",
    "Acoustic Bass, Electric Bass (finger), Electric Bass (pick), Fretless Bass, Slap Bass 1, Slap Bass 2,"
    " Synth Bass 1, Synth Bass 2",
    "Violin, Viola, Cello, Contrabass, Tremolo Strings, Pizzicato Strings, Orchestral Harp, Timpani",
    "String Ensemble 1, String Ensemble 2, Synth Strings 1, Synth Strings 2, Choir Aahs, Voice Oohs, Synth Voice,"
    " Orchestra Hit",
    "Trumpet, Trombone, Tuba, Muted Trumpet, French Horn, Brass Section, Synth Brass 1, Synth Brass 2",
    "Soprano Sax, Alto Sax, Tenor Sax, Baritone Sax, Oboe, English Horn, Bassoon, Clarinet",
    "Piccolo, Flute, Recorder, Pan Flute, Blown Bottle, Shakuhachi, Whistle, Ocarina",
    "Lead 1 (square), Lead 2 (sawtooth), Lead 3 (calliope), Lead 4 (chiff), Lead 5 (charang), Lead 6 (voice),"
    " Lead 7 (fifths), Lead 8 (bass + lead)",
    "Pad 1 (new age), Pad 2 (warm), Pad 3 (polysynth), Pad 4 (choir), Pad 5 (bowed), Pad 6 (metallic), Pad 7 (halo),"
    " Pad 8 (sweep)",
    "FX 1 (rain), FX 2 (soundtrack), FX 3 (crystal), FX 4 (atmosphere), FX 5 (brightness), FX 6 (goblins),"
    " FX 7 (echoes), FX 8 (sci-fi)",
    "Sitar, Banjo, Shamisen, Koto, Kalimba, Bagpipe, Fiddle, Shanai",
    "Tinkle Bell, Agogo, Steel Drums, Woodblock, Taiko Drum, Melodic Tom, Synth Drum, Reverse Cymbal",
    "Guitar Fret Noise, Breath Noise, Seashore, Bird Tweet, Telephone Ring, Helicopter, Applause, Gunshot",
)
PROGRAMS = tuple(name.strip() for family in _FAMILIES for name in family.split(","))

# What a chorale is given to in a word, where several programs have it in their names.
_USUAL = {
    "organ": "church organ",
    "choir": CHOIR,
    "aahs": CHOIR,
    "voice": "voice oohs",
    "piano": "acoustic grand piano",
    "strings": "string ensemble 1",
    "brass": "brass section",
    "guitar": "acoustic guitar (nylon)",
    "harp": "orchestral harp",
    "horn": "french horn",
    "bass": "acoustic bass",
    "sax": "alto sax",
}
MOST_LIKE = 8


def program_of(text: str) -> int | None:
    """The program that a name or a number from 1 to 128 says, from 0 on; None for ``none``.

    Raises:
        BadSetting: it says none, or several.
    """
    word = " ".join(text.lower().split())
    if word == NO_PROGRAM:
        return None
    if word.isascii() and word.isdigit():
        if not 1 <= int(word[:9]) <= len(PROGRAMS):
            raise BadSetting(f"program must be a number from 1 to {len(PROGRAMS)}, a name or none, not {word[:9]}")
        return int(word) - 1
    names = [name.lower() for name in PROGRAMS]
    if (name := _USUAL.get(word, word)) in names:
        return names.index(name)
    found = [number for number, name in enumerate(names) if word and word in name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadSetting(f"program must be a name of General MIDI, 1 to 128 or none, not {one_line(text)!r}")
    listed = ", ".join(f"{number + 1} {PROGRAMS[number]}" for number in found[:MOST_LIKE])
    raise BadSetting(f"{one_line(text)!r} are several programs: {listed}{', …' * (len(found) > MOST_LIKE)}; name one")
